# Both cores in one process, message by message.
if HAVE_CHECK
check_PROGRAMS += tests/exchange/test_exchange
tests_exchange_test_exchange_SOURCES = tests/exchange/test_exchange.c $(sim_world)
tests_exchange_test_exchange_CFLAGS = $(unit_cflags)
tests_exchange_test_exchange_LDADD = $(unit_libs)
endif
