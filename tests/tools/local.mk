# Programs for the network tests, the demo and the benchmarks; not installed.
noinst_PROGRAMS += tests/tools/traffic tests/tools/watch
tests_tools_traffic_SOURCES = tests/tools/traffic.c tests/tools/traffic.h \
	tests/tools/traffic_client.c tests/tools/traffic_server.c \
	tests/tools/stamp.c tests/tools/stamp.h
tests_tools_watch_SOURCES = tests/tools/watch.c tests/tools/stamp.c tests/tools/stamp.h
tests_tools_watch_CFLAGS = $(AM_CFLAGS) $(MNL_CFLAGS)
tests_tools_watch_LDADD = $(MNL_LIBS)

noinst_PROGRAMS += tests/tools/dataplane
tests_tools_dataplane_SOURCES = tests/tools/dataplane.c
tests_tools_dataplane_LDADD = libmip6d.la $(EV_LIBS)

noinst_PROGRAMS += tests/tools/wire_packets
tests_tools_wire_packets_SOURCES = tests/tools/wire_packets.c
tests_tools_wire_packets_LDADD = libmip6.la

noinst_PROGRAMS += tests/tools/blast
tests_tools_blast_SOURCES = tests/tools/blast.c

noinst_PROGRAMS += tests/tools/flood
tests_tools_flood_SOURCES = tests/tools/flood.c
