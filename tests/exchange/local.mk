# Both cores in one process, message by message.
if HAVE_CHECK
exchange = tests/common/suite.h tests/exchange/exchange.c tests/exchange/exchange.h $(sim_world)
check_PROGRAMS += tests/exchange/test_exchange tests/exchange/test_exchange_refused
tests_exchange_test_exchange_SOURCES = tests/exchange/test_exchange.c $(exchange)
tests_exchange_test_exchange_CFLAGS = $(unit_cflags)
tests_exchange_test_exchange_LDADD = $(unit_libs)
tests_exchange_test_exchange_refused_SOURCES = tests/exchange/test_exchange_refused.c $(exchange)
tests_exchange_test_exchange_refused_CFLAGS = $(unit_cflags)
tests_exchange_test_exchange_refused_LDADD = $(unit_libs)
check_PROGRAMS += tests/exchange/test_parallel
tests_exchange_test_parallel_SOURCES = tests/exchange/test_parallel.c $(exchange)
tests_exchange_test_parallel_CFLAGS = $(unit_cflags)
tests_exchange_test_parallel_LDADD = $(unit_libs)
check_PROGRAMS += tests/exchange/test_chain_exchange
tests_exchange_test_chain_exchange_SOURCES = tests/exchange/test_chain_exchange.c \
	tests/unit/wtru_world.c tests/unit/wtru_world.h
tests_exchange_test_chain_exchange_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_exchange_test_chain_exchange_CFLAGS = $(unit_cflags)
tests_exchange_test_chain_exchange_LDADD = $(unit_libs)
endif
