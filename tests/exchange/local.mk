# Both cores in one process, message by message.
if HAVE_CHECK
check_PROGRAMS += tests/exchange/test_exchange
tests_exchange_test_exchange_SOURCES = tests/exchange/test_exchange.c $(sim_world)
tests_exchange_test_exchange_CFLAGS = $(unit_cflags)
tests_exchange_test_exchange_LDADD = $(unit_libs)
check_PROGRAMS += tests/exchange/test_chain_exchange
tests_exchange_test_chain_exchange_SOURCES = tests/exchange/test_chain_exchange.c \
	tests/unit/wtru_world.c tests/unit/wtru_world.h
tests_exchange_test_chain_exchange_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_exchange_test_chain_exchange_CFLAGS = $(unit_cflags)
tests_exchange_test_chain_exchange_LDADD = $(unit_libs)
endif
