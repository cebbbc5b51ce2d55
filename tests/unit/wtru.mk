# Unit tests: wtru.
check_PROGRAMS += tests/unit/test_wtru_move
tests_unit_wtru_world = tests/unit/wtru_world.c tests/unit/wtru_world.h

tests_unit_test_wtru_move_SOURCES = tests/unit/test_wtru_move.c $(tests_unit_wtru_world)
tests_unit_test_wtru_move_CFLAGS = $(unit_cflags)
tests_unit_test_wtru_move_LDADD = $(unit_libs)
