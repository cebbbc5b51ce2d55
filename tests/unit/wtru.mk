# Unit tests: wtru.
tests_unit_wtru_world = tests/unit/wtru_world.c tests/unit/wtru_world.h
wtru_fixture = tests/common/suite.h tests/unit/wtru_fixture.c tests/unit/wtru_fixture.h \
	$(tests_unit_wtru_world)

check_PROGRAMS += tests/unit/test_wtru_binding tests/unit/test_wtru_home tests/unit/test_wtru_mh \
	tests/unit/test_wtru_move tests/unit/test_wtru_random tests/unit/test_wtru_use

tests_unit_test_wtru_binding_SOURCES = tests/unit/test_wtru_binding.c $(wtru_fixture)
tests_unit_test_wtru_binding_CFLAGS = $(unit_cflags)
tests_unit_test_wtru_binding_LDADD = $(unit_libs)

tests_unit_test_wtru_mh_SOURCES = tests/unit/test_wtru_mh.c $(wtru_fixture)
tests_unit_test_wtru_mh_CFLAGS = $(unit_cflags)
tests_unit_test_wtru_mh_LDADD = $(unit_libs)

tests_unit_test_wtru_move_SOURCES = tests/unit/test_wtru_move.c $(wtru_fixture)
tests_unit_test_wtru_move_CFLAGS = $(unit_cflags)
tests_unit_test_wtru_move_LDADD = $(unit_libs)

tests_unit_test_wtru_use_SOURCES = tests/unit/test_wtru_use.c $(wtru_fixture)
tests_unit_test_wtru_use_CFLAGS = $(unit_cflags)
tests_unit_test_wtru_use_LDADD = $(unit_libs)

tests_unit_test_wtru_random_SOURCES = tests/unit/test_wtru_random.c $(tests_unit_wtru_world)
tests_unit_test_wtru_random_CFLAGS = $(unit_cflags)
tests_unit_test_wtru_random_LDADD = $(unit_libs)

tests_unit_test_wtru_home_SOURCES = tests/unit/test_wtru_home.c $(wtru_fixture)
tests_unit_test_wtru_home_CFLAGS = $(unit_cflags)
tests_unit_test_wtru_home_LDADD = $(unit_libs)
check_PROGRAMS += tests/unit/test_wtru_pgw tests/unit/test_wtru_static
tests_unit_test_wtru_static_SOURCES = tests/unit/test_wtru_static.c $(wtru_fixture)
tests_unit_test_wtru_static_CFLAGS = $(unit_cflags)
tests_unit_test_wtru_static_LDADD = $(unit_libs)
tests_unit_test_wtru_pgw_SOURCES = tests/unit/test_wtru_pgw.c $(wtru_fixture)
tests_unit_test_wtru_pgw_CFLAGS = $(unit_cflags)
tests_unit_test_wtru_pgw_LDADD = $(unit_libs)
check_PROGRAMS += tests/unit/test_wtru_discovery
tests_unit_test_wtru_discovery_SOURCES = tests/unit/test_wtru_discovery.c tests/unit/wtru_world.c tests/unit/wtru_world.h
tests_unit_test_wtru_discovery_CFLAGS = $(unit_cflags)
tests_unit_test_wtru_discovery_LDADD = $(unit_libs)
