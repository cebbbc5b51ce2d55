# Namespace tests: run by tests/netns/runner.py as root, not by `make check`.
EXTRA_DIST += tests/netns/runner.py \
	tests/netns/mip6net/__init__.py \
	tests/netns/mip6net/base.py \
	tests/netns/mip6net/case.py \
	tests/netns/mip6net/flows.py \
	tests/netns/mip6net/netlink.py \
	tests/netns/mip6net/topology.py \
	tests/netns/test_harness.py
