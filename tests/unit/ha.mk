# Unit tests: ha.
ha_fixture = tests/unit/ha_fixture.c tests/unit/ha_fixture.h
check_PROGRAMS += tests/unit/test_ha_bu
tests_unit_test_ha_bu_SOURCES = tests/unit/test_ha_bu.c $(ha_fixture)
tests_unit_test_ha_bu_CFLAGS = $(unit_cflags)
tests_unit_test_ha_bu_LDADD = $(unit_libs)
