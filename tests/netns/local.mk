# Namespace tests: run by tests/netns/runner.py as root, not by `make check`.
EXTRA_DIST += tests/netns/runner.py \
	tests/netns/mip6net/__init__.py \
	tests/netns/mip6net/base.py \
	tests/netns/mip6net/bench.py \
	tests/netns/mip6net/case.py \
	tests/netns/mip6net/daemons.py \
	tests/netns/mip6net/demo.py \
	tests/netns/mip6net/flows.py \
	tests/netns/mip6net/leftovers.py \
	tests/netns/mip6net/netlink.py \
	tests/netns/mip6net/report.py \
	tests/netns/mip6net/svg.py \
	tests/netns/mip6net/topology.py \
	tests/netns/test_dataplane.py \
	tests/netns/test_harness.py

# The kernel modules against the running kernel, one namespace per case: `make check` as root runs it.
check_PROGRAMS += tests/netns/test_kernel_io
tests_netns_test_kernel_io_SOURCES = \
	tests/netns/kernel_io.h \
	tests/netns/kernel_nd.c \
	tests/netns/kernel_rtnl.c \
	tests/netns/kernel_sockets.c \
	tests/netns/kernel_transport.c \
	tests/netns/test_kernel_io.c
tests_netns_test_kernel_io_LDADD = libmip6d.la
