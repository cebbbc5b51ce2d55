# Unit tests: the D-GW daemon's pure parts.
check_PROGRAMS += tests/unit/test_dgw_pool
tests_unit_test_dgw_pool_SOURCES = tests/unit/test_dgw_pool.c ha-dgw/pool.c ha-dgw/pool.h
tests_unit_test_dgw_pool_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_test_dgw_pool_CFLAGS = $(unit_cflags)
tests_unit_test_dgw_pool_LDADD = $(unit_libs)
