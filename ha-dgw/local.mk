# mip6-dgwd, the D-GW daemon.
sbin_PROGRAMS += ha-dgw/mip6-dgwd
ha_dgw_mip6_dgwd_SOURCES = \
	ha-dgw/aaa.c \
	ha-dgw/commands.c \
	ha-dgw/config.c \
	ha-dgw/config.h \
	ha-dgw/dgw.c \
	ha-dgw/dgw.h \
	ha-dgw/dgw_actions.c \
	ha-dgw/dgw_commands.c \
	ha-dgw/dgwd.c \
	ha-dgw/dgwd.h \
	ha-dgw/discovery.c \
	ha-dgw/discovery.h \
	ha-dgw/esp.c \
	ha-dgw/esp.h \
	ha-dgw/esp_peers.c \
	ha-dgw/esp_peers.h \
	ha-dgw/keying.c \
	ha-dgw/keying.h \
	ha-dgw/links.c \
	ha-dgw/links.h \
	ha-dgw/main.c \
	ha-dgw/pgw.c \
	ha-dgw/pgw.h \
	ha-dgw/pgw_actions.c \
	ha-dgw/pgw_commands.c \
	ha-dgw/pool.c \
	ha-dgw/pool.h \
	ha-dgw/proxy.c \
	ha-dgw/proxy.h \
	ha-dgw/ra.c \
	ha-dgw/ra.h \
	ha-dgw/records.c \
	ha-dgw/records.h \
	ha-dgw/router.c \
	ha-dgw/router.h \
	ha-dgw/sysctls.c \
	ha-dgw/sysctls.h \
	ha-dgw/tunnels.c
ha_dgw_mip6_dgwd_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS) $(CAP_CFLAGS) $(SQLITE_CFLAGS)
ha_dgw_mip6_dgwd_LDADD = libmip6d.la libmip6.la $(JSON_LIBS) $(CAP_LIBS) $(SQLITE_LIBS) $(EV_LIBS)
