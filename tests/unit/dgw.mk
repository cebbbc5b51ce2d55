# Unit tests: the D-GW daemon's pure parts.
check_PROGRAMS += tests/unit/test_dgw_pool
tests_unit_test_dgw_pool_SOURCES = tests/unit/test_dgw_pool.c ha-dgw/pool.c ha-dgw/pool.h
tests_unit_test_dgw_pool_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_test_dgw_pool_CFLAGS = $(unit_cflags)
tests_unit_test_dgw_pool_LDADD = $(unit_libs)

check_PROGRAMS += tests/unit/test_dgw_ra
tests_unit_test_dgw_ra_SOURCES = tests/unit/test_dgw_ra.c ha-dgw/ra.c ha-dgw/ra.h
tests_unit_test_dgw_ra_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_test_dgw_ra_CFLAGS = $(unit_cflags)
tests_unit_test_dgw_ra_LDADD = $(unit_libs)

check_PROGRAMS += tests/unit/test_dgw_config
tests_unit_test_dgw_config_SOURCES = tests/unit/test_dgw_config.c ha-dgw/config.c ha-dgw/config.h
tests_unit_test_dgw_config_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_test_dgw_config_CFLAGS = $(unit_cflags) $(JSON_CFLAGS)
tests_unit_test_dgw_config_LDADD = libmip6d.la $(unit_libs) $(JSON_LIBS)

check_PROGRAMS += tests/unit/test_dgw_records
tests_unit_test_dgw_records_SOURCES = \
	tests/unit/test_dgw_records.c \
	ha-dgw/pool.h \
	ha-dgw/records.c \
	ha-dgw/records.h \
	ha-dgw/sysctls.h
tests_unit_test_dgw_records_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_test_dgw_records_CFLAGS = $(unit_cflags) $(SQLITE_CFLAGS)
tests_unit_test_dgw_records_LDADD = libmip6d.la $(unit_libs) $(SQLITE_LIBS)
