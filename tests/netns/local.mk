# Namespace tests: run by tests/netns/runner.py as root, not by `make check`.
EXTRA_DIST += tests/netns/runner.py \
	tests/netns/mip6net/__init__.py \
	tests/netns/mip6net/base.py \
	tests/netns/mip6net/bench.py \
	tests/netns/mip6net/case.py \
	tests/netns/mip6net/crossing.py \
	tests/netns/mip6net/daemons.py \
	tests/netns/mip6net/demo.py \
	tests/netns/mip6net/flood.py \
	tests/netns/mip6net/flows.py \
	tests/netns/mip6net/forward.py \
	tests/netns/mip6net/handover.py \
	tests/netns/mip6net/inject.py \
	tests/netns/mip6net/charon.py \
	tests/netns/mip6net/ipsec.py \
	tests/netns/mip6net/leftovers.py \
	tests/netns/mip6net/nd.py \
	tests/netns/mip6net/netlink.py \
	tests/netns/mip6net/operators.py \
	tests/netns/mip6net/radius.py \
	tests/netns/mip6net/report.py \
	tests/netns/mip6net/spoof.py \
	tests/netns/mip6net/throughput.py \
	tests/netns/mip6net/svg.py \
	tests/netns/mip6net/topology.py \
	tests/netns/mip6net/units.py \
	tests/netns/mip6net/wifi.py \
	tests/netns/test_anchors.py \
	tests/netns/test_attacks.py \
	tests/netns/test_bulk.py \
	tests/netns/test_dataplane.py \
	tests/netns/test_dataplane_choice.py \
	tests/netns/test_chain_faults.py \
	tests/netns/test_chain_netem.py \
	tests/netns/test_chain_pmtu.py \
	tests/netns/test_confined.py \
	tests/netns/test_credentials.py \
	tests/netns/test_dgw_defend.py \
	tests/netns/test_dgw_router.py \
	tests/netns/test_dgw_start.py \
	tests/netns/test_discovery.py \
	tests/netns/test_exhaustion.py \
	tests/netns/test_fallback.py \
	tests/netns/test_false_router.py \
	tests/netns/test_static_home.py \
	tests/netns/test_handover.py \
	tests/netns/test_harness.py \
	tests/netns/test_home.py \
	tests/netns/test_hostile.py \
	tests/netns/test_home_agents.py \
	tests/netns/test_interrupt.py \
	tests/netns/test_ipsec_absent.py \
	tests/netns/test_ipsec_attacks.py \
	tests/netns/test_ipsec_gateways.py \
	tests/netns/test_ipsec_ike.py \
	tests/netns/test_ipsec_ike_certificates.py \
	tests/netns/test_ipsec_ike_faults.py \
	tests/netns/test_ipsec_ike_mobike.py \
	tests/netns/test_ipsec_manual.py \
	tests/netns/test_ipsec_payload.py \
	tests/netns/test_kernel_headers.py \
	tests/netns/test_kernel_modules.py \
	tests/netns/test_kill_dgwd.py \
	tests/netns/test_kill_mnd.py \
	tests/netns/test_netem.py \
	tests/netns/test_newest.py \
	tests/netns/test_on_the_wire.py \
	tests/netns/test_operators.py \
	tests/netns/test_pmtu.py \
	tests/netns/test_radius.py \
	tests/netns/test_random.py \
	tests/netns/test_reflection.py \
	tests/netns/test_refuse.py \
	tests/netns/test_reload.py \
	tests/netns/test_replay.py \
	tests/netns/test_secrets.py \
	tests/netns/test_shared.py \
	tests/netns/test_silent.py \
	tests/netns/test_spoofed_tunnel.py \
	tests/netns/test_state_files.py \
	tests/netns/test_stop.py \
	tests/netns/test_teardown.py \
	tests/netns/test_two_interfaces.py \
	tests/netns/test_units.py \
	tests/netns/test_wifi.py \
	tests/netns/test_wifi_managers.py

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
