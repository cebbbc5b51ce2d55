# Unit tests: ha.
ha_fixture = tests/unit/ha_fixture.c tests/unit/ha_fixture.h
check_PROGRAMS += tests/unit/test_ha_bu
tests_unit_test_ha_bu_SOURCES = tests/unit/test_ha_bu.c $(ha_fixture)
tests_unit_test_ha_bu_CFLAGS = $(unit_cflags)
tests_unit_test_ha_bu_LDADD = $(unit_libs)
check_PROGRAMS += tests/unit/test_ha_auth
tests_unit_test_ha_auth_SOURCES = tests/unit/test_ha_auth.c $(ha_fixture)
tests_unit_test_ha_auth_CFLAGS = $(unit_cflags)
tests_unit_test_ha_auth_LDADD = $(unit_libs)
check_PROGRAMS += tests/unit/test_ha_life
tests_unit_test_ha_life_SOURCES = tests/unit/test_ha_life.c $(ha_fixture)
tests_unit_test_ha_life_CFLAGS = $(unit_cflags)
tests_unit_test_ha_life_LDADD = $(unit_libs)
check_PROGRAMS += tests/unit/test_ha_random
tests_unit_test_ha_random_SOURCES = tests/unit/test_ha_random.c $(ha_fixture)
tests_unit_test_ha_random_CFLAGS = $(unit_cflags)
tests_unit_test_ha_random_LDADD = $(unit_libs)
