# Unit tests: kernel.
check_PROGRAMS += tests/unit/test_netlink
tests_unit_test_netlink_SOURCES = tests/unit/test_netlink.c
tests_unit_test_netlink_CFLAGS = $(unit_cflags)
tests_unit_test_netlink_LDADD = libmip6d.la $(unit_libs)

check_PROGRAMS += tests/unit/test_dataplane_table
tests_unit_test_dataplane_table_SOURCES = tests/unit/test_dataplane_table.c
tests_unit_test_dataplane_table_CFLAGS = $(unit_cflags)
tests_unit_test_dataplane_table_LDADD = libmip6d.la $(unit_libs)

check_PROGRAMS += tests/unit/test_xfrm
tests_unit_test_xfrm_SOURCES = tests/unit/test_xfrm.c
tests_unit_test_xfrm_CFLAGS = $(unit_cflags)
tests_unit_test_xfrm_LDADD = libmip6d.la $(unit_libs)

check_PROGRAMS += tests/unit/test_transport_filter
tests_unit_test_transport_filter_SOURCES = tests/unit/test_transport_filter.c
tests_unit_test_transport_filter_CFLAGS = $(unit_cflags)
tests_unit_test_transport_filter_LDADD = libmip6d.la $(unit_libs)
