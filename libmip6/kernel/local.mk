# Kernel interfaces.
libmip6d_kernel_sources = \
	libmip6/kernel/nd.c \
	libmip6/kernel/nd.h \
	libmip6/kernel/netlink.h \
	libmip6/kernel/pktinfo.c \
	libmip6/kernel/pktinfo.h \
	libmip6/kernel/rtnl.c \
	libmip6/kernel/rtnl.h \
	libmip6/kernel/rtnl_internal.h \
	libmip6/kernel/rtnl_monitor.c \
	libmip6/kernel/rtnl_objects.c \
	libmip6/kernel/rtnl_parse.c \
	libmip6/kernel/rtnl_route.c \
	libmip6/kernel/rtnl_tunnel.c \
	libmip6/kernel/sockets.c \
	libmip6/kernel/sockets.h \
	libmip6/kernel/sockets_internal.h \
	libmip6/kernel/suppress.c \
	libmip6/kernel/suppress.h \
	libmip6/kernel/transport.c \
	libmip6/kernel/transport.h \
	libmip6/kernel/transport_esp.c \
	libmip6/kernel/transport_esp.h \
	libmip6/kernel/transport_filter.c \
	libmip6/kernel/transport_filter.h \
	libmip6/kernel/xfrm.c \
	libmip6/kernel/xfrm.h \
	libmip6/kernel/xfrm_internal.h \
	libmip6/kernel/xfrm_message.c
libmip6d_kernel_built =

# The BPF data plane.
libmip6d_kernel_sources += \
	libmip6/kernel/dataplane.c \
	libmip6/kernel/dataplane.h \
	libmip6/kernel/dataplane_bpf.c \
	libmip6/kernel/dataplane_bpf.h \
	libmip6/kernel/dataplane_bpf_hand.c \
	libmip6/kernel/dataplane_bpf_mtu.c \
	libmip6/kernel/dataplane_bpf_state.h \
	libmip6/kernel/dataplane_bpf_load.c \
	libmip6/kernel/dataplane_bpf_tc.c \
	libmip6/kernel/dataplane_esp.c \
	libmip6/kernel/dataplane_esp.h \
	libmip6/kernel/dataplane_fragment.c \
	libmip6/kernel/dataplane_icmp.c \
	libmip6/kernel/dataplane_peers.c \
	libmip6/kernel/dataplane_peers.h \
	libmip6/kernel/dataplane_ip6tnl.c \
	libmip6/kernel/dataplane_ip6tnl.h \
	libmip6/kernel/dataplane_ip6tnl_filter.c \
	libmip6/kernel/dataplane_ip6tnl_mtu.c \
	libmip6/kernel/dataplane_ip6tnl_narrow.c \
	libmip6/kernel/dataplane_ip6tnl_open.c \
	libmip6/kernel/dataplane_ip6tnl_route.c \
	libmip6/kernel/dataplane_ip6tnl_rules.c \
	libmip6/kernel/dataplane_ip6tnl_state.h \
	libmip6/kernel/dataplane_ip6tnl_unbound.c \
	libmip6/kernel/dataplane_locals.c \
	libmip6/kernel/dataplane_locals.h \
	libmip6/kernel/dataplane_path.c \
	libmip6/kernel/dataplane_path.h \
	libmip6/kernel/dataplane_slow.c \
	libmip6/kernel/dataplane_table.c \
	libmip6/kernel/dataplane_table.h \
	libmip6/kernel/dataplane_tun.c \
	libmip6/kernel/bpf/tunnel.h
bpf_skeletons = libmip6/kernel/bpf/gateway.skel.h libmip6/kernel/bpf/wtru.skel.h
libmip6d_kernel_built += $(bpf_skeletons)
BUILT_SOURCES += $(bpf_skeletons)
CLEANFILES += $(bpf_skeletons) libmip6/kernel/bpf/gateway.bpf.o libmip6/kernel/bpf/wtru.bpf.o
EXTRA_DIST += libmip6/kernel/bpf/tunnel.bpf.h libmip6/kernel/bpf/gateway.bpf.c \
	libmip6/kernel/bpf/wtru.bpf.c

# `bpftool gen object` leaves out the DWARF sections. -idirafter: <asm/types.h> is per architecture.
libmip6/kernel/bpf/gateway.skel.h: libmip6/kernel/bpf/gateway.bpf.c
libmip6/kernel/bpf/wtru.skel.h: libmip6/kernel/bpf/wtru.bpf.c
$(bpf_skeletons): libmip6/kernel/bpf/tunnel.bpf.h libmip6/kernel/bpf/tunnel.h
	$(AM_V_GEN)$(MKDIR_P) libmip6/kernel/bpf && \
	name=`basename $@ .skel.h` && base=libmip6/kernel/bpf/$$name && \
	$(CLANG) -target bpf -O2 -g -Wall -Wextra -Werror $(BPF_CFLAGS) \
		-idirafter /usr/include/`$(CC) -print-multiarch` \
		-c $(srcdir)/$$base.bpf.c -o $$base.tmp.o && \
	$(BPFTOOL) gen object $$base.bpf.o $$base.tmp.o && rm -f $$base.tmp.o && \
	$(BPFTOOL) gen skeleton $$base.bpf.o name $${name}_bpf >$@.tmp && mv $@.tmp $@
