# Wire codec.
libmip6_wire_sources = \
	libmip6/wire/auth.c \
	libmip6/wire/base.c \
	libmip6/wire/icmp6.c \
	libmip6/wire/mh.c \
	libmip6/wire/names.c \
	libmip6/wire/nd_options.c \
	libmip6/wire/nd_options.h \
	libmip6/wire/options.c \
	libmip6/wire/options.h \
	libmip6/wire/packet.c \
	libmip6/wire/wire.c
