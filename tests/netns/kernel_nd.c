// SPDX-License-Identifier: GPL-2.0-or-later
/* Neighbour Discovery over the raw socket, between two namespaces. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/nd.h"

#include "kernel_io.h"

static const struct mip6_addr any;

struct seen {
	unsigned int count;
	struct nd_packet last;
	struct mip6_icmp6 msg;
};

static void got_packet(void *ctx, const struct nd_packet *packet)
{
	struct seen *seen = ctx;

	/* The kernel's own business. */
	if (packet->msg->type == MIP6_ICMP6_NA && (packet->msg->neighbour.flags & MIP6_NA_S))
		return;
	seen->count++;
	seen->last = *packet;
	seen->msg = *packet->msg;
}

static struct nd *open_nd(struct ev_loop *loop, struct seen *seen)
{
	static const uint8_t types[] = {MIP6_ICMP6_RS, MIP6_ICMP6_RA, MIP6_ICMP6_NA};
	const struct nd_handler handler = {.ctx = seen, .packet = got_packet};
	struct nd *nd;

	CHECK_OK(nd_open(&nd, loop, types, sizeof(types), &handler));
	return nd;
}

static struct mip6_icmp6 make_ra(void)
{
	struct mip6_icmp6 ra = {
		.type = MIP6_ICMP6_RA,
		.ra = {.hop_limit = 64, .flags = MIP6_RA_H, .router_lifetime_s = 30},
		.opt = {.pio_count = 1},
	};

	ra.opt.pio[0] = (struct mip6_pio){
		.prefix = kernel_io_addr("2001:db8:5::"),
		.len = 64,
		.flags = MIP6_PIO_L | MIP6_PIO_A,
		.valid_s = 100,
		.preferred_s = 50,
	};
	return ra;
}

void test_nd_exchange(void)
{
	const struct mip6_addr all_nodes = kernel_io_addr("ff02::1");
	const struct mip6_addr all_routers = kernel_io_addr("ff02::2");
	struct mip6_icmp6 rs = {.type = MIP6_ICMP6_RS}, ra = make_ra();
	struct ev_loop *loop = ev_loop_new(0);
	struct seen a = {0}, b = {0};
	struct kernel_io_pair pair;
	struct nd *na, *nb;

	kernel_io_make_pair(&pair);
	na = open_nd(loop, &a);
	kernel_io_enter(&pair, KERNEL_IO_B);
	nb = open_nd(loop, &b);

	/* Not a member yet: nothing comes. */
	CHECK_OK(nd_send(na, pair.ifindex[0], &any, &all_routers, &rs));
	CHECK_OK(nd_join(nb, pair.ifindex[1], &all_routers));
	CHECK_OK(nd_join(nb, pair.ifindex[1], &all_routers));
	CHECK(!kernel_io_wait(loop, &b.count, 1, 20));
	CHECK_OK(nd_send(na, pair.ifindex[0], &any, &all_routers, &rs));
	CHECK(kernel_io_wait(loop, &b.count, 1, 20000));
	CHECK(b.msg.type == MIP6_ICMP6_RS && b.last.hop_limit == 255);
	CHECK(b.last.ifindex == pair.ifindex[1] && mip6_addr_is_link_local(&b.last.src));
	CHECK(mip6_addr_equal(&b.last.dst, &all_routers));

	/* The answer, by unicast and to all. */
	CHECK_OK(nd_send(nb, pair.ifindex[1], &any, &b.last.src, &ra));
	CHECK(kernel_io_wait(loop, &a.count, 1, 20000));
	CHECK(a.msg.type == MIP6_ICMP6_RA && a.msg.ra.flags == MIP6_RA_H);
	CHECK(a.msg.opt.pio_count == 1 && a.msg.opt.pio[0].preferred_s == 50);
	CHECK(mip6_addr_is_link_local(&a.last.src));
	CHECK_OK(nd_send(nb, pair.ifindex[1], &any, &all_nodes, &ra));
	CHECK(kernel_io_wait(loop, &a.count, 2, 20000));
	CHECK(mip6_addr_equal(&a.last.dst, &all_nodes));
	/* Its own multicast does not come back. */
	CHECK(b.count == 1);

	CHECK_OK(nd_leave(nb, pair.ifindex[1], &all_routers));
	CHECK_OK(nd_leave(nb, pair.ifindex[1], &all_routers));
	CHECK_OK(nd_leave(nb, 4711, &all_routers));
	CHECK(nd_join(nb, 4711, &all_routers) == -ENODEV);
	CHECK(nd_join(nb, pair.ifindex[1], &any) == -EINVAL);
	CHECK_OK(nd_send(na, pair.ifindex[0], &any, &all_routers, &rs));
	CHECK(!kernel_io_wait(loop, &b.count, 2, 20));
	CHECK(nd_malformed(na) == 0 && nd_malformed(nb) == 0);
	CHECK(nd_send(na, 4711, &any, &all_routers, &rs) < 0);
	nd_close(na);
	nd_close(nb);
	ev_loop_destroy(loop);
}

/* An ICMPv6 message with any header. */
static void send_forged(uint32_t ifindex, const char *src, const char *dst, uint8_t hop_limit,
			const struct mip6_icmp6 *msg)
{
	struct mip6_addr from = kernel_io_addr(src), to = kernel_io_addr(dst);
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_scope_id = ifindex};
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	uint8_t data[512];
	size_t len = mip6_icmp6_encode(msg, &from, &to, data + 40, sizeof(data) - 40);
	struct mip6_writer w;

	CHECK(fd >= 0 && len);
	mip6_writer_init(&w, data, 40);
	mip6_writer_u32(&w, 6U << 28);
	mip6_writer_u16(&w, (uint16_t)len);
	mip6_writer_u8(&w, IPPROTO_ICMPV6);
	mip6_writer_u8(&w, hop_limit);
	mip6_writer_addr(&w, &from);
	mip6_writer_addr(&w, &to);
	memcpy(&sin6.sin6_addr, to.b, sizeof(to.b));
	CHECK(sendto(fd, data, 40 + len, 0, (struct sockaddr *)&sin6, sizeof(sin6)) ==
	      (ssize_t)(40 + len));
	close(fd);
}

void test_nd_invalid(void)
{
	struct mip6_icmp6 ra = make_ra();
	struct mip6_icmp6 rs = {.type = MIP6_ICMP6_RS, .opt = {.lladdr_len = 6}};
	struct mip6_icmp6 na = {
		.type = MIP6_ICMP6_NA,
		.neighbour = {.flags = MIP6_NA_S, .target = kernel_io_addr("2001:db8::a")}};
	struct ev_loop *loop = ev_loop_new(0);
	struct kernel_io_pair pair;
	struct seen b = {0};
	uint32_t ifindex;
	struct nd *nb;

	kernel_io_make_pair(&pair);
	kernel_io_enter(&pair, KERNEL_IO_B);
	nb = open_nd(loop, &b);
	CHECK_OK(nd_join(nb, pair.ifindex[1], &(struct mip6_addr){{0xff, 2, [15] = 2}}));
	kernel_io_enter(&pair, KERNEL_IO_A);
	ifindex = pair.ifindex[0];

	send_forged(ifindex, "fe80::1", "ff02::1", 64, &ra);      /* from beyond the link */
	send_forged(ifindex, "2001:db8::a", "ff02::1", 255, &ra); /* not link-local */
	send_forged(ifindex, "::", "ff02::2", 255, &rs);          /* nobody's link-layer address */
	send_forged(ifindex, "fe80::1", "ff02::1", 255, &na);     /* solicited by all */
	ra.code = 1;
	na.neighbour.flags = 0;
	send_forged(ifindex, "fe80::1", "ff02::1", 255, &na);
	CHECK(kernel_io_wait(loop, &b.count, 1, 20000));
	CHECK(b.count == 1 && b.msg.type == MIP6_ICMP6_NA);
	CHECK(nd_malformed(nb) == 4);
	nd_close(nb);
	ev_loop_destroy(loop);
}

/* An RS at once after the link came up, while no address is ready. */
void test_nd_unspecified(void)
{
	const struct mip6_addr all_routers = kernel_io_addr("ff02::2");
	struct mip6_addr tentative = kernel_io_addr("fe80::77");
	struct mip6_icmp6 rs = {.type = MIP6_ICMP6_RS};
	struct ev_loop *loop = ev_loop_new(0);
	struct kernel_io_pair pair;
	struct seen b = {0};
	struct nd *na, *nb;

	kernel_io_make_pair(&pair);
	kernel_io_run("ip -6 addr flush dev v0 && ip -6 addr flush dev lo");
	na = open_nd(loop, &(struct seen){0});
	kernel_io_enter(&pair, KERNEL_IO_B);
	nb = open_nd(loop, &b);
	CHECK_OK(nd_join(nb, pair.ifindex[1], &all_routers));
	kernel_io_enter(&pair, KERNEL_IO_A);

	CHECK_OK(nd_send(na, pair.ifindex[0], &any, &all_routers, &rs));
	CHECK(kernel_io_wait(loop, &b.count, 1, 20000));
	CHECK(mip6_addr_is_unspecified(&b.last.src));

	kernel_io_run("echo 2 >/proc/sys/net/ipv6/conf/v0/accept_dad; "
		      "echo 10 >/proc/sys/net/ipv6/conf/v0/dad_transmits; "
		      "ip addr add fe80::77/64 dev v0");
	CHECK(kernel_io_count("tentative", "ip -6 addr show dev v0") == 1);
	CHECK_OK(nd_send(na, pair.ifindex[0], &any, &all_routers, &rs));
	CHECK(kernel_io_wait(loop, &b.count, 2, 20000));
	CHECK(mip6_addr_is_unspecified(&b.last.src));
	CHECK_OK(nd_send(na, pair.ifindex[0], &tentative, &all_routers, &rs));
	CHECK(kernel_io_wait(loop, &b.count, 3, 20000));
	CHECK(mip6_addr_equal(&b.last.src, &tentative));
	nd_close(na);
	nd_close(nb);
	ev_loop_destroy(loop);
}
