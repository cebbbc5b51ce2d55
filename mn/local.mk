# mip6-mnd, the WTRU daemon.
sbin_PROGRAMS += mn/mip6-mnd
mn_mip6_mnd_SOURCES = \
	mn/commands.c \
	mn/config.c \
	mn/config.h \
	mn/esp.c \
	mn/esp.h \
	mn/keying.c \
	mn/keying.h \
	mn/links.c \
	mn/links.h \
	mn/main.c \
	mn/mnd.c \
	mn/mnd.h \
	mn/path.c \
	mn/path.h \
	mn/path_source.c \
	mn/path_source.h \
	mn/state.c
mn_mip6_mnd_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS) $(CAP_CFLAGS)
mn_mip6_mnd_LDADD = libmip6d.la libmip6.la $(JSON_LIBS) $(CAP_LIBS) $(EV_LIBS)
