# Unit tests: chain.
chain_fixture = tests/unit/chain_fixture.c tests/unit/chain_fixture.h
check_PROGRAMS += tests/unit/test_chain
tests_unit_test_chain_SOURCES = tests/unit/test_chain.c $(chain_fixture)
tests_unit_test_chain_CFLAGS = $(unit_cflags)
tests_unit_test_chain_LDADD = $(unit_libs)
check_PROGRAMS += tests/unit/test_chain_random
tests_unit_test_chain_random_SOURCES = tests/unit/test_chain_random.c
tests_unit_test_chain_random_CFLAGS = $(unit_cflags)
tests_unit_test_chain_random_LDADD = $(unit_libs)
