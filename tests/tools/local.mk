# Programs for the network tests, the demo and the benchmarks; not installed.
noinst_PROGRAMS += tests/tools/traffic
tests_tools_traffic_SOURCES = tests/tools/traffic.c tests/tools/traffic.h \
	tests/tools/traffic_client.c tests/tools/traffic_server.c
