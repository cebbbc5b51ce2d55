# Unit tests: wire.
wire_unit_libs = tests/common/libtestwire.la $(unit_libs)

check_PROGRAMS += tests/unit/test_wire
tests_unit_test_wire_SOURCES = tests/unit/test_wire.c
tests_unit_test_wire_CFLAGS = $(unit_cflags)
tests_unit_test_wire_LDADD = $(wire_unit_libs)

check_PROGRAMS += tests/unit/test_mh
tests_unit_test_mh_SOURCES = tests/unit/test_mh.c
tests_unit_test_mh_CFLAGS = $(unit_cflags)
tests_unit_test_mh_LDADD = $(wire_unit_libs)

check_PROGRAMS += tests/unit/test_packet
tests_unit_test_packet_SOURCES = tests/unit/test_packet.c
tests_unit_test_packet_CFLAGS = $(unit_cflags)
tests_unit_test_packet_LDADD = $(wire_unit_libs)

check_PROGRAMS += tests/unit/test_icmp6
tests_unit_test_icmp6_SOURCES = tests/unit/test_icmp6.c
tests_unit_test_icmp6_CFLAGS = $(unit_cflags)
tests_unit_test_icmp6_LDADD = $(wire_unit_libs)

check_PROGRAMS += tests/unit/test_auth
tests_unit_test_auth_SOURCES = tests/unit/test_auth.c
tests_unit_test_auth_CFLAGS = $(unit_cflags)
tests_unit_test_auth_LDADD = $(wire_unit_libs)

check_PROGRAMS += tests/unit/test_captured
tests_unit_test_captured_SOURCES = tests/unit/test_captured.c
tests_unit_test_captured_CFLAGS = $(unit_cflags)
tests_unit_test_captured_LDADD = $(wire_unit_libs)
