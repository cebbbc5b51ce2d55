# Unit tests: io.
io_fixture = tests/unit/io_fixture.c tests/unit/io_fixture.h
io_cflags = $(unit_cflags) $(JSON_CFLAGS)
io_libs = libmip6d.la libmip6.la $(CHECK_LIBS) $(JSON_LIBS) $(CAP_LIBS) $(EV_LIBS)

check_PROGRAMS += tests/unit/test_config
tests_unit_test_config_SOURCES = tests/unit/test_config.c $(config_sample) $(io_fixture)
tests_unit_test_config_CFLAGS = $(io_cflags)
tests_unit_test_config_LDADD = $(io_libs)

check_PROGRAMS += tests/unit/test_store
tests_unit_test_store_SOURCES = tests/unit/test_store.c $(io_fixture)
tests_unit_test_store_CFLAGS = $(io_cflags)
tests_unit_test_store_LDADD = $(io_libs)

check_PROGRAMS += tests/unit/test_keys
tests_unit_test_keys_SOURCES = tests/unit/test_keys.c $(io_fixture)
tests_unit_test_keys_CFLAGS = $(io_cflags)
tests_unit_test_keys_LDADD = $(io_libs)

check_PROGRAMS += tests/unit/test_radius
tests_unit_test_radius_SOURCES = tests/unit/test_radius.c tests/common/radius.c tests/common/radius.h \
	$(io_fixture)
tests_unit_test_radius_CFLAGS = $(io_cflags) $(NETTLE_CFLAGS)
tests_unit_test_radius_LDADD = tests/common/libtestwire.la $(io_libs) $(NETTLE_LIBS)

check_PROGRAMS += tests/unit/test_control
tests_unit_test_control_SOURCES = tests/unit/test_control.c $(io_fixture)
tests_unit_test_control_CFLAGS = $(io_cflags)
tests_unit_test_control_LDADD = $(io_libs)

check_PROGRAMS += tests/unit/test_process
tests_unit_test_process_SOURCES = tests/unit/test_process.c $(io_fixture)
tests_unit_test_process_CFLAGS = $(io_cflags) $(SECCOMP_CFLAGS)
tests_unit_test_process_LDADD = $(io_libs)

check_PROGRAMS += tests/unit/test_vici
tests_unit_test_vici_SOURCES = tests/unit/test_vici.c $(io_fixture)
tests_unit_test_vici_CFLAGS = $(io_cflags)
tests_unit_test_vici_LDADD = $(io_libs)

check_PROGRAMS += tests/unit/test_ike
tests_unit_test_ike_SOURCES = tests/unit/test_ike.c $(io_fixture)
tests_unit_test_ike_CFLAGS = $(io_cflags)
tests_unit_test_ike_LDADD = $(io_libs)
