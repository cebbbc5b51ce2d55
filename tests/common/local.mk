# What several kinds of tests share: link $(wire_test_libs), include "../common/wire.h".
check_LTLIBRARIES += tests/common/libtestwire.la
tests_common_libtestwire_la_SOURCES = tests/common/wire.c tests/common/wire.h
tests_common_libtestwire_la_LIBADD = libmip6.la
wire_test_libs = tests/common/libtestwire.la libmip6.la
EXTRA_DIST += tests/vectors
config_sample = tests/common/config_sample.c tests/common/config_sample.h

# Another decoder's opinion of what we encode. Skipped without tshark.
TESTS += tests/check-tshark.sh
EXTRA_DIST += tests/check-tshark.sh

# Purity of libmip6 and direction of dependencies.
TESTS += tests/check-layers.sh
EXTRA_DIST += tests/check-layers.sh
