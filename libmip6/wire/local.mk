# Wire codec.
libmip6_wire_sources = \
	libmip6/wire/base.c
