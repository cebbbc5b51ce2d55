# Fuzz targets. One more is three lines here, as fuzz_mh below, and seeds in corpus/NAME/ (NAME is that
# of the program without fuzz_). `make check` replays the corpora; --enable-fuzzers with CC=clang
# builds libFuzzer programs instead: tests/fuzz/fuzz_mh -max_total_time=60 FOUND SEEDS, which writes
# what it finds to the first directory.
fuzz_libs = $(wire_test_libs) $(FUZZER_LIBS)
if FUZZERS
fuzz_main = tests/fuzz/fuzz.h
noinst_PROGRAMS += $(fuzz_targets)
else
fuzz_main = tests/fuzz/fuzz.h tests/fuzz/replay.c
check_PROGRAMS += $(fuzz_targets)
endif
fuzz_targets =
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/run.py
CLEANFILES += fuzz-crash.bin

fuzz_targets += tests/fuzz/fuzz_mh
tests_fuzz_fuzz_mh_SOURCES = tests/fuzz/fuzz_mh.c $(fuzz_main)
tests_fuzz_fuzz_mh_LDADD = $(fuzz_libs)

fuzz_targets += tests/fuzz/fuzz_packet
tests_fuzz_fuzz_packet_SOURCES = tests/fuzz/fuzz_packet.c $(fuzz_main)
tests_fuzz_fuzz_packet_LDADD = $(fuzz_libs)

fuzz_targets += tests/fuzz/fuzz_icmp6
tests_fuzz_fuzz_icmp6_SOURCES = tests/fuzz/fuzz_icmp6.c $(fuzz_main)
tests_fuzz_fuzz_icmp6_LDADD = $(fuzz_libs)

fuzz_targets += tests/fuzz/fuzz_netlink
tests_fuzz_fuzz_netlink_SOURCES = tests/fuzz/fuzz_netlink.c $(fuzz_main)
tests_fuzz_fuzz_netlink_LDADD = libmip6d.la $(fuzz_libs)

fuzz_io_libs = libmip6d.la libmip6.la $(JSON_LIBS) $(EV_LIBS) $(FUZZER_LIBS)

fuzz_targets += tests/fuzz/fuzz_config
tests_fuzz_fuzz_config_SOURCES = tests/fuzz/fuzz_config.c $(config_sample) $(fuzz_main)
tests_fuzz_fuzz_config_LDADD = $(fuzz_io_libs)

fuzz_targets += tests/fuzz/fuzz_control
tests_fuzz_fuzz_control_SOURCES = tests/fuzz/fuzz_control.c $(fuzz_main)
tests_fuzz_fuzz_control_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
tests_fuzz_fuzz_control_LDADD = $(fuzz_io_libs)

fuzz_targets += tests/fuzz/fuzz_state
tests_fuzz_fuzz_state_SOURCES = tests/fuzz/fuzz_state.c $(fuzz_main)
tests_fuzz_fuzz_state_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
tests_fuzz_fuzz_state_LDADD = $(fuzz_io_libs)

fuzz_targets += tests/fuzz/fuzz_ha
tests_fuzz_fuzz_ha_SOURCES = tests/fuzz/fuzz_ha.c tests/fuzz/stream.h $(fuzz_main)
tests_fuzz_fuzz_ha_LDADD = $(fuzz_libs)

fuzz_targets += tests/fuzz/fuzz_chain
tests_fuzz_fuzz_chain_SOURCES = tests/fuzz/fuzz_chain.c tests/fuzz/stream.h $(fuzz_main)
tests_fuzz_fuzz_chain_LDADD = $(fuzz_libs)

fuzz_targets += tests/fuzz/fuzz_wtru
tests_fuzz_fuzz_wtru_SOURCES = tests/fuzz/fuzz_wtru.c tests/fuzz/stream.h $(fuzz_main)
tests_fuzz_fuzz_wtru_LDADD = $(fuzz_libs)

fuzz_targets += tests/fuzz/fuzz_store
tests_fuzz_fuzz_store_SOURCES = tests/fuzz/fuzz_store.c $(fuzz_main)
tests_fuzz_fuzz_store_LDADD = $(fuzz_io_libs)

fuzz_targets += tests/fuzz/fuzz_vici
tests_fuzz_fuzz_vici_SOURCES = tests/fuzz/fuzz_vici.c $(fuzz_main)
tests_fuzz_fuzz_vici_LDADD = $(fuzz_io_libs)

fuzz_targets += tests/fuzz/fuzz_radius
tests_fuzz_fuzz_radius_SOURCES = tests/fuzz/fuzz_radius.c tests/common/radius.c tests/common/radius.h \
	$(fuzz_main)
tests_fuzz_fuzz_radius_CFLAGS = $(AM_CFLAGS) $(NETTLE_CFLAGS)
tests_fuzz_fuzz_radius_LDADD = libmip6d.la $(fuzz_libs) $(NETTLE_LIBS)

fuzz_targets += tests/fuzz/fuzz_discovery
tests_fuzz_fuzz_discovery_SOURCES = tests/fuzz/fuzz_discovery.c tests/fuzz/stream.h $(fuzz_main)
tests_fuzz_fuzz_discovery_LDADD = $(fuzz_libs)

fuzz_targets += tests/fuzz/fuzz_icmp_error
tests_fuzz_fuzz_icmp_error_SOURCES = tests/fuzz/fuzz_icmp_error.c $(fuzz_main)
tests_fuzz_fuzz_icmp_error_LDADD = libmip6d.la $(fuzz_libs)

fuzz_targets += tests/fuzz/fuzz_files
tests_fuzz_fuzz_files_SOURCES = tests/fuzz/fuzz_files.c mn/config.c mn/config.h ha-dgw/config.c \
	ha-dgw/config.h $(fuzz_main)
tests_fuzz_fuzz_files_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_fuzz_fuzz_files_CFLAGS = $(AM_CFLAGS) $(JSON_CFLAGS)
tests_fuzz_fuzz_files_LDADD = $(fuzz_io_libs)
