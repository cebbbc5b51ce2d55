# Kernel interfaces.
libmip6d_kernel_sources = \
	libmip6/kernel/rtnl.c \
	libmip6/kernel/rtnl.h \
	libmip6/kernel/rtnl_internal.h \
	libmip6/kernel/rtnl_monitor.c \
	libmip6/kernel/rtnl_objects.c \
	libmip6/kernel/rtnl_parse.c \
	libmip6/kernel/rtnl_route.c
libmip6d_kernel_built =
