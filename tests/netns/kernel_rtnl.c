// SPDX-License-Identifier: GPL-2.0-or-later
/* rtnetlink requests and notifications against the running kernel. */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/rtnl.h"

#include "kernel_io.h"

static struct rtnl *open_rtnl(void)
{
	struct rtnl *rtnl;

	CHECK_OK(rtnl_open(&rtnl));
	return rtnl;
}

/* A veth pair v0-v1, both up. Returns the index of v0. */
static uint32_t make_veth(struct rtnl *rtnl)
{
	struct rtnl_link link;

	kernel_io_run("ip link set lo up && ip link add v0 type veth peer name v1 && "
		      "ip link set v0 up && ip link set v1 up");
	CHECK_OK(rtnl_link_by_name(rtnl, "v0", &link));
	return link.ifindex;
}

void test_rtnl_links(void)
{
	struct rtnl *rtnl = open_rtnl();
	struct rtnl_link link, again;

	CHECK(rtnl_link_by_name(rtnl, "v0", &link) == -ENODEV);
	CHECK(strstr(rtnl_error(rtnl), "RTM_GETLINK"));
	CHECK(rtnl_link_by_name(rtnl, "", &link) == -ENODEV);
	CHECK(rtnl_link_by_name(rtnl, "a-name-that-is-far-too-long", &link) == -ENODEV);
	CHECK(rtnl_link_by_index(rtnl, 0, &link) == -ENODEV);
	kernel_io_run("ip link add v0 mtu 1400 address 02:00:00:00:00:01 type veth peer name v1");
	CHECK_OK(rtnl_link_by_name(rtnl, "v0", &link));
	CHECK(link.present && !link.up && link.mtu == 1400 && link.lladdr_len == 6);
	CHECK(link.lladdr[0] == 2 && link.lladdr[5] == 1);
	CHECK(strcmp(link.name, "v0") == 0);
	CHECK_OK(rtnl_link_set_up(rtnl, link.ifindex, true));
	CHECK_OK(rtnl_link_by_index(rtnl, link.ifindex, &again));
	CHECK(!again.up); /* the peer is down: no carrier */
	kernel_io_run("ip link set v1 up");
	CHECK_OK(rtnl_link_by_index(rtnl, link.ifindex, &again));
	CHECK(again.up && again.carrier_changes > link.carrier_changes);
	CHECK_OK(rtnl_link_set_up(rtnl, link.ifindex, false));
	CHECK_OK(rtnl_link_by_index(rtnl, link.ifindex, &again));
	CHECK(!again.up);
	CHECK(rtnl_link_set_up(rtnl, 4711, true) == -ENODEV);
	rtnl_close(rtnl);
}

struct found_address {
	struct mip6_addr addr;
	unsigned int count;
	struct rtnl_address last;
};

static void find_address(void *ctx, const struct rtnl_address *address)
{
	struct found_address *found = ctx;

	if (!mip6_addr_equal(&address->addr, &found->addr))
		return;
	found->count++;
	found->last = *address;
}

static struct found_address list_address(struct rtnl *rtnl, const struct mip6_addr *addr)
{
	struct found_address found = {.addr = *addr};

	CHECK_OK(rtnl_address_list(rtnl, find_address, &found));
	return found;
}

void test_rtnl_addresses(void)
{
	struct rtnl *rtnl = open_rtnl();
	uint32_t ifindex = make_veth(rtnl);
	struct found_address found;
	struct rtnl_address a = {
		.ifindex = ifindex,
		.addr = kernel_io_addr("2001:db8::1"),
		.prefix_len = 64,
		.flags = IFA_F_NODAD,
		.preferred_s = 100,
		.valid_s = 200,
	};

	CHECK_OK(rtnl_address_set(rtnl, &a));
	CHECK_OK(rtnl_address_set(rtnl, &a));
	found = list_address(rtnl, &a.addr);
	CHECK(found.count == 1 && found.last.ifindex == ifindex && found.last.prefix_len == 64);
	CHECK(found.last.preferred_s > 95 && found.last.preferred_s <= 100);
	CHECK(found.last.valid_s > 195 && found.last.valid_s <= 200);
	CHECK(found.last.protocol == RTNL_PROTOCOL);
	CHECK(!(found.last.flags & IFA_F_TENTATIVE));

	/* Deprecate for ever. */
	a.preferred_s = 0;
	a.valid_s = UINT32_MAX;
	CHECK_OK(rtnl_address_set(rtnl, &a));
	found = list_address(rtnl, &a.addr);
	CHECK(found.count == 1 && found.last.preferred_s == 0 && found.last.valid_s == UINT32_MAX);
	CHECK(found.last.flags & IFA_F_DEPRECATED);

	/* What the kernel made stays the kernel's. */
	a.addr = kernel_io_addr("2001:db8::2");
	a.preferred_s = 100;
	a.protocol = 2; /* IFAPROT_KERNEL_RA */
	CHECK_OK(rtnl_address_set(rtnl, &a));
	found = list_address(rtnl, &a.addr);
	CHECK(found.last.protocol == 2);
	a = found.last;
	a.preferred_s = 0;
	CHECK_OK(rtnl_address_set(rtnl, &a));
	found = list_address(rtnl, &a.addr);
	CHECK(found.count == 1 && found.last.protocol == 2 && found.last.preferred_s == 0);

	/* The same on lo, as a HoA that was left. */
	a = (struct rtnl_address){
		.ifindex = 1,
		.addr = kernel_io_addr("2001:db8:1::1"),
		.prefix_len = 128,
		.flags = IFA_F_NODAD,
		.valid_s = UINT32_MAX,
	};
	CHECK_OK(rtnl_address_set(rtnl, &a));
	CHECK(list_address(rtnl, &a.addr).last.flags & IFA_F_DEPRECATED);
	CHECK_OK(rtnl_address_remove(rtnl, 1, &a.addr, 128));
	CHECK_OK(rtnl_address_remove(rtnl, 1, &a.addr, 128));
	CHECK(list_address(rtnl, &a.addr).count == 0);
	CHECK_OK(rtnl_address_remove(rtnl, 4711, &a.addr, 128));

	a.ifindex = 4711;
	CHECK(rtnl_address_set(rtnl, &a) == -ENODEV);
	a.ifindex = ifindex;
	a.valid_s = 0;
	CHECK(rtnl_address_set(rtnl, &a) == -EINVAL);
	a.prefix_len = 129;
	CHECK(rtnl_address_set(rtnl, &a) == -EINVAL);
	rtnl_close(rtnl);
}

struct found_route {
	unsigned int count;
	struct rtnl_route last;
};

static void count_route(void *ctx, const struct rtnl_route *route)
{
	struct found_route *found = ctx;

	found->count++;
	found->last = *route;
}

static struct found_route list_routes(struct rtnl *rtnl)
{
	struct found_route found = {0};

	CHECK_OK(rtnl_route_list(rtnl, count_route, &found));
	return found;
}

void test_rtnl_routes(void)
{
	struct rtnl *rtnl = open_rtnl();
	uint32_t ifindex = make_veth(rtnl);
	struct found_route found;
	struct rtnl_route r = {
		.dst = {.len = 0},
		.table = 30001,
		.ifindex = ifindex,
		.gateway = kernel_io_addr("fe80::1"),
		.src = kernel_io_addr("2001:db8::1"),
		.mtu = 1460,
		.metric = 10,
	};

	/* A table that does not exist. */
	CHECK_OK(rtnl_route_remove(rtnl, &r));
	CHECK(list_routes(rtnl).count == 0);

	kernel_io_run("ip addr add 2001:db8::1/64 dev v0 nodad");
	CHECK_OK(rtnl_route_set(rtnl, &r));
	CHECK_OK(rtnl_route_set(rtnl, &r));
	found = list_routes(rtnl);
	CHECK(found.count == 1 && found.last.table == 30001 && found.last.ifindex == ifindex);
	CHECK(found.last.metric == 10 && found.last.mtu == 1460 && found.last.dst.len == 0);
	CHECK(mip6_addr_equal(&found.last.gateway, &r.gateway));
	CHECK(mip6_addr_equal(&found.last.src, &r.src));
	CHECK(found.last.protocol == RTNL_PROTOCOL && found.last.type == RTN_UNICAST);

	/* Another gateway, then on link, then unreachable: always one route. */
	r.gateway = kernel_io_addr("2001:db8:ffff::1"); /* on no prefix of the link */
	r.mtu = 0;
	CHECK_OK(rtnl_route_set(rtnl, &r));
	found = list_routes(rtnl);
	CHECK(found.count == 1 && found.last.mtu == 0);
	CHECK(mip6_addr_equal(&found.last.gateway, &r.gateway));
	memset(&r.gateway, 0, sizeof(r.gateway));
	CHECK_OK(rtnl_route_set(rtnl, &r));
	found = list_routes(rtnl);
	CHECK(found.count == 1 && mip6_addr_is_unspecified(&found.last.gateway));
	r.gateway = kernel_io_addr("fe80::2");
	CHECK_OK(rtnl_route_set(rtnl, &r));
	found = list_routes(rtnl);
	CHECK(found.count == 1 && mip6_addr_equal(&found.last.gateway, &r.gateway));
	r = (struct rtnl_route){.table = 30001, .metric = 10, .type = RTN_UNREACHABLE};
	CHECK_OK(rtnl_route_set(rtnl, &r));
	found = list_routes(rtnl);
	CHECK(found.count == 1 && found.last.type == RTN_UNREACHABLE);

	/* Other metric and other destination are other routes. */
	r.metric = 0;
	CHECK_OK(rtnl_route_set(rtnl, &r));
	r.dst = kernel_io_prefix("2001:db8:2::/48");
	CHECK_OK(rtnl_route_set(rtnl, &r));
	CHECK(list_routes(rtnl).count == 3);
	CHECK_OK(rtnl_route_remove(rtnl, &r));
	CHECK_OK(rtnl_route_remove(rtnl, &r));
	CHECK(list_routes(rtnl).count == 2);
	r.dst.len = 0;
	memset(&r.dst.addr, 0, sizeof(r.dst.addr));
	CHECK_OK(rtnl_route_remove(rtnl, &r));
	found = list_routes(rtnl);
	CHECK(found.count == 1 && found.last.metric == 10);

	r = (struct rtnl_route){.table = 30001,
				.ifindex = ifindex,
				.mtu = 1,
				.src = kernel_io_addr("2001:db8:3::3")};
	CHECK(rtnl_route_set(rtnl, &r) == -EINVAL); /* not an address of ours */
	CHECK(strstr(rtnl_error(rtnl), "RTM_NEWROUTE: Invalid argument"));
	r.table = 0;
	CHECK(rtnl_route_set(rtnl, &r) == -EINVAL);
	rtnl_close(rtnl);
}

/* A route whose packets go through a BPF program, in the main table as at a gateway. */
void test_rtnl_encap_route(void)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = BPF_DROP},
		{.code = BPF_JMP | BPF_EXIT},
	};
	struct rtnl *rtnl = open_rtnl();
	struct rtnl_route r = {
		.dst = kernel_io_prefix("2001:db8:2::/48"),
		.table = RT_TABLE_MAIN,
		.ifindex = make_veth(rtnl),
		.mtu = 1460,
		.lwt_headroom = 40,
	};
	struct found_route found;
	int fd;

	fd = bpf_prog_load(BPF_PROG_TYPE_LWT_XMIT, "drop", "GPL", code,
			   sizeof(code) / sizeof(code[0]), NULL);
	if (fd < 0)
		kernel_io_fail("bpf_prog_load", 0, strerror(-fd), NULL);
	r.lwt_xmit_fd = fd;
	CHECK_OK(rtnl_route_set(rtnl, &r));
	CHECK_OK(rtnl_route_set(rtnl, &r));
	close(fd);
	found = list_routes(rtnl);
	CHECK(found.count == 1 && found.last.lwt_xmit_fd == -1);
	CHECK(found.last.table == RT_TABLE_MAIN && found.last.metric == 1024 &&
	      found.last.mtu == 1460);
	CHECK(kernel_io_count("encap bpf xmit mip6", "ip -6 route show proto 106") == 1);
	/* Without the program again. */
	r.lwt_xmit_fd = 0;
	CHECK_OK(rtnl_route_set(rtnl, &r));
	found = list_routes(rtnl);
	CHECK(found.count == 1 && found.last.lwt_xmit_fd == 0);
	CHECK_OK(rtnl_route_remove(rtnl, &r));
	CHECK(list_routes(rtnl).count == 0);
	rtnl_close(rtnl);
}

void test_rtnl_shared_table(void)
{
	struct rtnl *rtnl = open_rtnl();
	uint32_t ifindex = make_veth(rtnl);
	struct rtnl_route r = {
		.table = RT_TABLE_MAIN,
		.ifindex = ifindex,
		.gateway = kernel_io_addr("fe80::1"),
	};

	/* A foreign default route of the same metric stays, and stays alone. */
	kernel_io_run("ip -6 route add default via fe80::99 dev v0");
	CHECK(rtnl_route_set(rtnl, &r) == -EEXIST);
	CHECK(kernel_io_count("fe80::99", "ip -6 route show default") == 1);
	CHECK_OK(rtnl_route_remove(rtnl, &r));
	CHECK(kernel_io_count("fe80::99", "ip -6 route show default") == 1);

	r.metric = 100;
	CHECK_OK(rtnl_route_set(rtnl, &r));
	CHECK_OK(rtnl_route_set(rtnl, &r));
	r.gateway = kernel_io_addr("fe80::2");
	CHECK_OK(rtnl_route_set(rtnl, &r));
	CHECK(kernel_io_count("fe80::2 dev v0 proto 106 metric 100", "ip -6 route show default") ==
	      1);
	CHECK(kernel_io_count("via", "ip -6 route show default") == 2);
	CHECK_OK(rtnl_route_remove(rtnl, &r));
	CHECK(kernel_io_count("via", "ip -6 route show default") == 1);

	rtnl_close(rtnl);
}

struct found_rule {
	unsigned int count;
	struct rtnl_rule last;
};

static void count_rule(void *ctx, const struct rtnl_rule *rule)
{
	struct found_rule *found = ctx;

	found->count++;
	found->last = *rule;
}

static unsigned int list_rules(struct rtnl *rtnl, struct rtnl_rule *ret)
{
	struct found_rule found = {0};

	CHECK_OK(rtnl_rule_list(rtnl, count_rule, &found));
	*ret = found.last;
	return found.count;
}

void test_rtnl_rules(void)
{
	struct rtnl *rtnl = open_rtnl();
	struct rtnl_rule got;
	struct rtnl_rule r = {
		.priority = 31990,
		.src = kernel_io_prefix("2001:db8::1/128"),
		.table = 30001,
		.suppress_prefix_len = -1,
	};
	struct rtnl_rule main_rule = {
		.priority = 31991,
		.table = RT_TABLE_MAIN,
		.suppress_prefix_len = 0,
	};

	CHECK_OK(rtnl_rule_remove(rtnl, &r));
	CHECK_OK(rtnl_rule_set(rtnl, &r));
	CHECK_OK(rtnl_rule_set(rtnl, &r));
	CHECK(list_rules(rtnl, &got) == 1);
	CHECK(got.priority == 31990 && got.table == 30001 && got.suppress_prefix_len == -1);
	CHECK(mip6_prefix_equal(&got.src, &r.src) && got.dst.len == 0);
	CHECK(kernel_io_count("2001:db8::1", "ip -6 rule") == 1);

	CHECK_OK(rtnl_rule_set(rtnl, &main_rule));
	CHECK_OK(rtnl_rule_set(rtnl, &main_rule));
	CHECK(kernel_io_count("suppress_prefixlength 0", "ip -6 rule") == 1);
	/* Someone else's rule of the same look is not ours to remove. */
	r.priority = 31992;
	kernel_io_run("ip -6 rule add pref 31992 from 2001:db8::1 lookup 30001");
	CHECK_OK(rtnl_rule_remove(rtnl, &r));
	CHECK(kernel_io_count("31992", "ip -6 rule") == 1);

	r.priority = 31990;
	r.dst = kernel_io_prefix("2001:db8:5::/48");
	CHECK_OK(rtnl_rule_set(rtnl, &r));
	CHECK(list_rules(rtnl, &got) >= 1);
	CHECK_OK(rtnl_rule_remove(rtnl, &r));
	CHECK(kernel_io_count("2001:db8:5::", "ip -6 rule") == 0);
	CHECK_OK(rtnl_rule_remove(rtnl, &main_rule));
	main_rule.mark = 0x6d000000;
	CHECK_OK(rtnl_rule_set(rtnl, &main_rule));
	CHECK(kernel_io_count("fwmark 0x6d000000", "ip -6 rule") == 1);
	CHECK_OK(rtnl_rule_remove(rtnl, &main_rule));
	CHECK(kernel_io_count("fwmark 0x6d000000", "ip -6 rule") == 0);
	r.dst.len = 0;
	r.udp_src = 500;
	CHECK_OK(rtnl_rule_set(rtnl, &r));
	CHECK(kernel_io_count("sport 500", "ip -6 rule") == 1);
	CHECK(list_rules(rtnl, &got) == 2);
	CHECK(got.udp_src == 500 || got.udp_src == 0);
	CHECK_OK(rtnl_rule_remove(rtnl, &r));
	CHECK(kernel_io_count("sport 500", "ip -6 rule") == 0);
	r.udp_src = 0;
	CHECK_OK(rtnl_rule_remove(rtnl, &r));
	CHECK_OK(rtnl_rule_remove(rtnl, &r));
	CHECK(list_rules(rtnl, &got) == 0);
	rtnl_close(rtnl);
}

static void count_neighbour(void *ctx, const struct rtnl_neighbour *neighbour)
{
	CHECK(neighbour->proxy);
	++*(unsigned int *)ctx;
}

void test_rtnl_neighbours(void)
{
	static const uint8_t lladdr[6] = {2, 0, 0, 0, 0, 9};
	struct rtnl *rtnl = open_rtnl();
	uint32_t ifindex = make_veth(rtnl);
	struct mip6_addr addr = kernel_io_addr("2001:db8::9");
	unsigned int n = 0;

	CHECK_OK(rtnl_proxy_remove(rtnl, ifindex, &addr));
	CHECK_OK(rtnl_proxy_set(rtnl, ifindex, &addr));
	CHECK_OK(rtnl_proxy_set(rtnl, ifindex, &addr));
	kernel_io_run("ip -6 neigh add proxy 2001:db8::a dev v0");
	CHECK(kernel_io_count("2001:db8::9", "ip -6 neigh show proxy") == 1);
	CHECK_OK(rtnl_proxy_list(rtnl, count_neighbour, &n));
	CHECK(n == 1);
	CHECK_OK(rtnl_proxy_remove(rtnl, ifindex, &addr));
	CHECK_OK(rtnl_proxy_remove(rtnl, ifindex, &addr));
	CHECK(kernel_io_count("2001:db8::9", "ip -6 neigh show proxy") == 0);

	CHECK_OK(rtnl_neighbour_remove(rtnl, ifindex, &addr));
	CHECK_OK(rtnl_neighbour_set(rtnl, ifindex, &addr, lladdr, sizeof(lladdr)));
	CHECK_OK(rtnl_neighbour_set(rtnl, ifindex, &addr, lladdr, sizeof(lladdr)));
	CHECK(kernel_io_count("02:00:00:00:00:09 STALE", "ip -6 neigh show dev v0") == 1);
	CHECK_OK(rtnl_neighbour_remove(rtnl, ifindex, &addr));
	CHECK(kernel_io_count("02:00:00:00:00:09", "ip -6 neigh show dev v0") == 0);
	rtnl_close(rtnl);
}

/* 16 HoAs at a handover: an address, a route and a rule each. */
static void change_all(struct rtnl *rtnl, uint32_t ifindex, const char *gateway)
{
	for (uint8_t i = 0; i < 16; i++) {
		struct mip6_prefix hoa = kernel_io_prefix("2001:db8:16::1/128");
		struct rtnl_route route = {
			.table = 30000U + i,
			.ifindex = ifindex,
			.gateway = kernel_io_addr(gateway),
			.mtu = 1460,
		};
		struct rtnl_rule rule = {
			.priority = 31990,
			.table = 30000U + i,
			.suppress_prefix_len = -1,
		};
		struct rtnl_address address = {
			.ifindex = 1,
			.prefix_len = 128,
			.flags = IFA_F_NODAD,
			.valid_s = UINT32_MAX,
		};

		hoa.addr.b[7] = i;
		rule.src = hoa;
		address.addr = hoa.addr;
		CHECK_OK(rtnl_address_set(rtnl, &address));
		CHECK_OK(rtnl_route_set(rtnl, &route));
		CHECK_OK(rtnl_rule_set(rtnl, &rule));
	}
}

void test_rtnl_many(void)
{
	struct rtnl *rtnl = open_rtnl();
	uint32_t ifindex = make_veth(rtnl);
	mip6_time t0, t1, t2;

	t0 = kernel_io_now();
	change_all(rtnl, ifindex, "fe80::1");
	t1 = kernel_io_now();
	change_all(rtnl, ifindex, "fe80::2");
	t2 = kernel_io_now();
	printf("     48 additions %d us, 48 changes %d us\n", (int)(t1 - t0), (int)(t2 - t1));
	CHECK(list_routes(rtnl).count == 16);
	CHECK(kernel_io_count("31990:", "ip -6 rule") == 16);
	CHECK(kernel_io_count("fe80::2", "ip -6 route show table all") == 16);
	rtnl_close(rtnl);
}

struct seen {
	unsigned int links, ups, downs, gone, renamed, addresses, removed, neighbours, resyncs, resynced;
	uint32_t ifindex;
	uint32_t carrier_changes;
	bool up;
	struct rtnl *rtnl;
};

static void saw_link(void *ctx, const struct rtnl_link *link)
{
	struct seen *seen = ctx;
	struct rtnl_link again;

	seen->links++;
	/* A request from inside a handler must not disturb it. */
	(void)rtnl_link_by_index(seen->rtnl, link->ifindex, &again);
	if (strcmp(link->name, "w0") == 0)
		seen->renamed++;
	if (strcmp(link->name, "v0") == 0)
		seen->ifindex = link->ifindex;
	if (link->ifindex != seen->ifindex)
		return;
	seen->ups += link->up && !seen->up;
	seen->downs += !link->up && seen->up;
	seen->up = link->up;
	seen->gone += !link->present;
	seen->carrier_changes = link->carrier_changes;
}

static void saw_address(void *ctx, const struct rtnl_address *address)
{
	struct seen *seen = ctx;

	if (mip6_addr_is_link_local(&address->addr) || mip6_addr_is_loopback(&address->addr))
		return;
	if (address->present)
		seen->addresses++;
	else
		seen->removed++;
}

static void saw_neighbour(void *ctx, const struct rtnl_neighbour *neighbour)
{
	struct seen *seen = ctx;

	if (neighbour->state == NUD_STALE && neighbour->lladdr_len == 6)
		seen->neighbours++;
}

static void saw_resync_begin(void *ctx)
{
	((struct seen *)ctx)->resyncs++;
}

static void saw_resync_end(void *ctx)
{
	((struct seen *)ctx)->resynced++;
}

static struct rtnl_monitor seen_monitor(struct seen *seen)
{
	return (struct rtnl_monitor){
		.ctx = seen,
		.link = saw_link,
		.address = saw_address,
		.neighbour = saw_neighbour,
		.resync_begin = saw_resync_begin,
		.resync_end = saw_resync_end,
	};
}

void test_rtnl_monitor(void)
{
	struct ev_loop *loop = ev_loop_new(0);
	struct rtnl *rtnl = open_rtnl();
	struct seen seen = {.rtnl = rtnl};
	struct rtnl_monitor monitor = seen_monitor(&seen);
	uint32_t changes;

	kernel_io_run("ip link set lo up && ip addr add 2001:db8::7/128 dev lo");
	CHECK_OK(rtnl_monitor_start(rtnl, loop, &monitor));
	CHECK(seen.links >= 1 && seen.addresses >= 1);
	CHECK(rtnl_monitor_start(rtnl, loop, &monitor) == -EALREADY);

	/* A link that comes later. */
	kernel_io_run("ip link add v0 type veth peer name v1 && ip link set v0 up && "
		      "ip link set v1 up");
	CHECK(kernel_io_wait(loop, &seen.ups, 1, 20000));
	changes = seen.carrier_changes;
	/* Its carrier goes and comes back. */
	kernel_io_run("ip link set v1 down");
	CHECK(kernel_io_wait(loop, &seen.downs, 1, 20000));
	kernel_io_run("ip link set v1 up");
	CHECK(kernel_io_wait(loop, &seen.ups, 2, 20000));
	CHECK(seen.carrier_changes >= changes + 2);
	kernel_io_run("ip addr add 2001:db8::8/64 dev v0 nodad");
	/* Reported when its DAD work is done: not at all, had it been removed before. */
	CHECK(kernel_io_wait(loop, &seen.addresses, 2, 20000));
	kernel_io_run("ip addr del 2001:db8::8/64 dev v0");
	CHECK(kernel_io_wait(loop, &seen.removed, 1, 20000));
	kernel_io_run("ip -6 neigh add 2001:db8::9 lladdr 02:00:00:00:00:01 nud stale dev v0");
	CHECK(kernel_io_wait(loop, &seen.neighbours, 1, 20000));
	kernel_io_run("ip link set v0 down && ip link set v0 name w0");
	CHECK(kernel_io_wait(loop, &seen.renamed, 1, 20000));
	/* Leaving a bridge is not vanishing. */
	kernel_io_run("ip link add br0 type bridge && ip link set w0 master br0 && "
		      "ip link set w0 nomaster && ip link set w0 up");
	CHECK(kernel_io_wait(loop, &seen.ups, 3, 20000));
	CHECK(seen.gone == 0);
	kernel_io_run("ip link del w0");
	CHECK(kernel_io_wait(loop, &seen.gone, 1, 20000));
	CHECK(seen.resyncs == 0);
	rtnl_close(rtnl);
	ev_loop_destroy(loop);
}

void test_rtnl_resync(void)
{
	struct ev_loop *loop = ev_loop_new(0);
	struct rtnl *rtnl = open_rtnl();
	struct seen seen = {.rtnl = rtnl};
	struct rtnl_monitor monitor = seen_monitor(&seen);
	struct rtnl *other = open_rtnl();

	kernel_io_run("ip link set lo up");
	CHECK_OK(rtnl_monitor_start(rtnl, loop, &monitor));
	/* More changes than the socket's buffer holds, while the loop does not run. */
	for (int round = 0; round < 30; round++) {
		for (uint32_t i = 0; i < 200; i++) {
			struct rtnl_address a = {
				.ifindex = 1,
				.addr = kernel_io_addr("2001:db8::"),
				.prefix_len = 128,
				.flags = IFA_F_NODAD,
				.preferred_s = 1000U + (uint32_t)round,
				.valid_s = 2000,
			};

			a.addr.b[15] = (uint8_t)i;
			CHECK_OK(rtnl_address_set(other, &a));
		}
	}
	CHECK(seen.addresses == 0);
	CHECK(kernel_io_wait(loop, &seen.resynced, 1, 20000));
	CHECK(seen.resyncs == 1 && seen.addresses >= 200 && seen.addresses < 6000);
	/* And it goes on after that. */
	kernel_io_run("ip addr del 2001:db8::5/128 dev lo");
	CHECK(kernel_io_wait(loop, &seen.removed, 1, 20000));
	rtnl_close(other);
	rtnl_close(rtnl);
	ev_loop_destroy(loop);
}

void test_rtnl_sysctl(void)
{
	int value = -1;

	CHECK_OK(rtnl_sysctl_get("net/ipv6/conf/lo/forwarding", &value));
	CHECK(value == 0);
	CHECK_OK(rtnl_sysctl_set("net/ipv6/conf/lo/forwarding", 1));
	CHECK_OK(rtnl_sysctl_get("net/ipv6/conf/lo/forwarding", &value));
	CHECK(value == 1);
	CHECK(rtnl_sysctl_get("net/ipv6/conf/none/forwarding", &value) == -ENOENT);
	CHECK(rtnl_sysctl_set("net/ipv6/conf/none/forwarding", 1) == -ENOENT);
	CHECK(rtnl_sysctl_get("net/ipv6/../../../../etc/hostname", &value) == -EINVAL);
	CHECK(rtnl_sysctl_get("net/ipv6/conf/lo/stable_secret", &value) < 0);
}
