# mip6ctl.
bin_PROGRAMS += apps/mip6ctl
apps_mip6ctl_SOURCES = \
	apps/client.c \
	apps/client.h \
	apps/mip6ctl.c \
	apps/view.c \
	apps/writer.h \
	apps/writer_json.c \
	apps/writer_text.c
apps_mip6ctl_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
apps_mip6ctl_LDADD = libmip6.la $(JSON_LIBS)

# Wireshark loads it from its folder of plugins.
dist_wiresharkplugin_DATA = apps/wireshark/mip6.lua
