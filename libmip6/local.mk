# libmip6: the protocol library, pure; libmip6d: everything of the daemons that touches the world.
lib_LTLIBRARIES += libmip6.la
libmip6_la_SOURCES = $(libmip6_headers) $(libmip6_wire_sources) $(libmip6_core_sources)
libmip6_la_CFLAGS = $(AM_CFLAGS) $(NETTLE_CFLAGS)
libmip6_la_LIBADD = $(NETTLE_LIBS)
libmip6_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -no-undefined

libmip6_headers = \
	libmip6/include/mip6/auth.h \
	libmip6/include/mip6/base.h \
	libmip6/include/mip6/chain.h \
	libmip6/include/mip6/ha.h \
	libmip6/include/mip6/home_agents.h \
	libmip6/include/mip6/icmp6.h \
	libmip6/include/mip6/mh.h \
	libmip6/include/mip6/mobile_prefix.h \
	libmip6/include/mip6/packet.h \
	libmip6/include/mip6/wire.h \
	libmip6/include/mip6/wtru.h
mip6includedir = $(includedir)/mip6
mip6include_HEADERS = $(libmip6_headers)
pkgconfig_DATA += libmip6/libmip6.pc

noinst_LTLIBRARIES += libmip6d.la
libmip6d_la_SOURCES = $(libmip6d_io_sources) $(libmip6d_kernel_sources)
nodist_libmip6d_la_SOURCES = $(libmip6d_kernel_built)
libmip6d_la_CFLAGS = $(AM_CFLAGS) $(NETTLE_CFLAGS) $(MNL_CFLAGS) $(NFTNL_CFLAGS) $(JSON_CFLAGS) $(BPF_CFLAGS) \
	$(CAP_CFLAGS) $(SECCOMP_CFLAGS) $(SQLITE_CFLAGS)
libmip6d_la_LIBADD = libmip6.la $(NETTLE_LIBS) $(MNL_LIBS) $(NFTNL_LIBS) $(JSON_LIBS) $(BPF_LIBS) $(CAP_LIBS) \
	$(SECCOMP_LIBS) $(SQLITE_LIBS) $(EV_LIBS)
