// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mobility Header transport and suppression between two namespaces. Parameter Problems are counted
 * by a raw socket at the end that would get them.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/icmpv6.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/rtnl.h"
#include "kernel/suppress.h"
#include "kernel/transport.h"

#include "io/log.h"

#include "kernel_io.h"

#define HOA "2001:db8:77::1"
#define BURST 10000

struct seen {
	unsigned int packets, bad;
	struct mip6_packet last; /* mh points to mh_data */
	uint8_t mh_data[64];
	uint32_t ifindex;
	enum mip6_decode bad_result;
};

static void got_packet(void *ctx, const struct mip6_packet *packet, uint32_t ifindex)
{
	struct seen *seen = ctx;

	seen->packets++;
	seen->last = *packet;
	seen->ifindex = ifindex;
	CHECK(packet->mh_len <= sizeof(seen->mh_data));
	memcpy(seen->mh_data, packet->mh, packet->mh_len);
}

static void got_bad(void *ctx, const struct mip6_addr *src, const struct mip6_addr *dst,
		    enum mip6_decode result, size_t offset)
{
	struct seen *seen = ctx;

	(void)src;
	(void)dst;
	(void)offset;
	seen->bad++;
	seen->bad_result = result;
}

static struct transport *open_transport(struct ev_loop *loop, struct seen *seen)
{
	const struct transport_handler handler = {
		.ctx = seen, .packet = got_packet, .bad = got_bad};
	struct transport *t;

	CHECK_OK(transport_open(&t, loop, &handler));
	return t;
}

/* A raw ICMPv6 socket that gets Parameter Problems only. */
static int open_problems(void)
{
	struct icmp6_filter filter;
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);

	memset(&filter, 0xff, sizeof(filter));
	filter.data[0] &= ~(1U << ICMPV6_PARAMPROB);
	CHECK(fd >= 0);
	CHECK(setsockopt(fd, IPPROTO_ICMPV6, ICMPV6_FILTER, &filter, sizeof(filter)) == 0);
	return fd;
}

/* Parameter Problems until now; a round trip makes sure that what was on the way is there. */
static unsigned int count_problems(int fd)
{
	unsigned int n = 0;
	uint8_t data[1500];

	kernel_io_run("ping -6 -q -c 1 -W 2 2001:db8::b >/dev/null");
	while (recv(fd, data, sizeof(data), 0) > 0)
		n++;
	return n;
}

static const uint8_t bu[24] = {59, 2, 5, 0, 0, 0, 0x12, 0x34, 0xc0, 0, 0, 100, 1, 10};

/* A BU as it leaves a WTRU that is away. */
static struct mip6_packet make_bu(void)
{
	return (struct mip6_packet){
		.src = kernel_io_addr("2001:db8::a"),
		.dst = kernel_io_addr("2001:db8::b"),
		.has_hao = true,
		.hao = kernel_io_addr(HOA),
		.mh = bu,
		.mh_len = sizeof(bu),
	};
}

/* Payload of next header `first` from 2001:db8::a to 2001:db8::b. */
static void send_raw(uint8_t first, const uint8_t *payload, size_t len)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6};
	struct mip6_addr src = kernel_io_addr("2001:db8::a"), dst = kernel_io_addr("2001:db8::b");
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	struct mip6_writer w;
	uint8_t data[256];

	CHECK(fd >= 0);
	mip6_writer_init(&w, data, sizeof(data));
	mip6_writer_u32(&w, 6U << 28);
	mip6_writer_u16(&w, (uint16_t)len);
	mip6_writer_u8(&w, first);
	mip6_writer_u8(&w, 64);
	mip6_writer_addr(&w, &src);
	mip6_writer_addr(&w, &dst);
	mip6_writer_bytes(&w, payload, len);
	CHECK(!w.failed);
	memcpy(&to.sin6_addr, dst.b, sizeof(dst.b));
	CHECK(sendto(fd, data, w.pos, 0, (struct sockaddr *)&to, sizeof(to)) == (ssize_t)w.pos);
	close(fd);
}

void test_transport_exchange(void)
{
	struct ev_loop *loop = ev_loop_new(0);
	struct kernel_io_pair pair;
	struct seen a = {0}, b = {0};
	struct transport *ta, *tb;
	struct mip6_packet p = make_bu();
	int problems_a, problems_b;
	mip6_time t0, t1;

	kernel_io_make_pair(&pair);
	ta = open_transport(loop, &a);
	problems_a = open_problems();
	kernel_io_enter(&pair, KERNEL_IO_B);
	tb = open_transport(loop, &b);
	problems_b = open_problems();
	kernel_io_enter(&pair, KERNEL_IO_A);
	printf("     %s\n", transport_describe(tb));

	/* A BU with HAO. */
	t0 = kernel_io_now();
	CHECK_OK(transport_send(ta, &p));
	t1 = kernel_io_now();
	CHECK(kernel_io_wait(loop, &b.packets, 1, 20000));
	printf("     first send %d us, arrived after %d us\n", (int)(t1 - t0),
	       (int)(kernel_io_now() - t0));
	CHECK(b.last.has_hao && !b.last.has_rh2 && mip6_addr_equal(&b.last.hao, &p.hao));
	CHECK(mip6_addr_equal(&b.last.src, &p.src) && mip6_addr_equal(&b.last.dst, &p.dst));
	CHECK(b.ifindex == pair.ifindex[KERNEL_IO_B] && b.last.mh_len == sizeof(bu));
	CHECK(memcmp(b.mh_data, bu, 4) == 0 && memcmp(b.mh_data + 6, bu + 6, sizeof(bu) - 6) == 0);

	/* A BA with a type 2 routing header. */
	p = (struct mip6_packet){
		.src = kernel_io_addr("2001:db8::b"),
		.dst = kernel_io_addr("2001:db8::a"),
		.has_rh2 = true,
		.rh2 = kernel_io_addr(HOA),
		.mh = bu,
		.mh_len = sizeof(bu),
	};
	CHECK_OK(transport_send(tb, &p));
	CHECK(kernel_io_wait(loop, &a.packets, 1, 20000));
	CHECK(a.last.has_rh2 && !a.last.has_hao && mip6_addr_equal(&a.last.rh2, &p.rh2));
	CHECK(mip6_addr_equal(&a.last.src, &p.src) && mip6_addr_equal(&a.last.dst, &p.dst));

	/* A claim, without both. */
	p = make_bu();
	p.has_hao = false;
	CHECK_OK(transport_send(ta, &p));
	CHECK(kernel_io_wait(loop, &b.packets, 2, 20000));
	CHECK(!b.last.has_hao && !b.last.has_rh2);

	/* Both at once, and the same one again: two packets on the wire are two packets. */
	p = make_bu();
	p.has_rh2 = true;
	p.rh2 = kernel_io_addr("2001:db8:77::2");
	CHECK_OK(transport_send(ta, &p));
	CHECK_OK(transport_send(ta, &p));
	CHECK(kernel_io_wait(loop, &b.packets, 4, 20000));
	CHECK(b.last.has_hao && b.last.has_rh2);

	CHECK(count_problems(problems_a) == 0);
	CHECK(count_problems(problems_b) == 0);
	CHECK(!kernel_io_wait(loop, &b.packets, 5, 20));
	CHECK(a.packets == 1 && a.bad == 0 && b.bad == 0);
	CHECK(transport_send_errors(ta) == 0 && transport_send_errors(tb) == 0);

	/* What cannot be sent is counted. */
	p = make_bu();
	p.dst = kernel_io_addr("2001:db8:ffff::1");
	CHECK(transport_send(ta, &p) == -ENETUNREACH);
	p.mh_len = 7;
	CHECK(transport_send(ta, &p) == -EMSGSIZE);
	CHECK(transport_send_errors(ta) == 2);
	transport_close(ta);
	transport_close(tb);
	ev_loop_destroy(loop);
}

/* Append an MH with its checksum for a packet from 2001:db8::a to 2001:db8::b. */
static size_t put_mh(uint8_t *data, size_t at)
{
	struct mip6_addr src = kernel_io_addr("2001:db8::a"), dst = kernel_io_addr("2001:db8::b");
	uint16_t sum;

	memcpy(data + at, bu, sizeof(bu));
	sum = mip6_checksum(&src, &dst, 135, data + at, sizeof(bu));
	data[at + 4] = (uint8_t)(sum >> 8);
	data[at + 5] = (uint8_t)sum;
	return at + sizeof(bu);
}

/* Headers that every kernel can process lead to several sockets. */
void test_transport_once(void)
{
	static const uint8_t padded[8] = {135, 0, 1, 4};  /* PadN */
	static const uint8_t routed[24] = {135, 2, 0, 0}; /* type 0, nothing left */
	static const uint8_t both[16] = {60, 0, 1, 4, [8] = 135, 0, 1, 4}; /* two headers */
	struct ev_loop *loop = ev_loop_new(0);
	struct kernel_io_pair pair;
	struct seen b = {0};
	struct transport *tb;
	uint8_t data[128];

	kernel_io_make_pair(&pair);
	kernel_io_enter(&pair, KERNEL_IO_B);
	tb = open_transport(loop, &b);
	kernel_io_enter(&pair, KERNEL_IO_A);
	for (unsigned int i = 1; i <= 3; i++) {
		memcpy(data, padded, sizeof(padded));
		send_raw(60, data, put_mh(data, sizeof(padded)));
		CHECK(kernel_io_wait(loop, &b.packets, 4 * i - 3, 20000));
		memcpy(data, routed, sizeof(routed));
		send_raw(43, data, put_mh(data, sizeof(routed)));
		CHECK(kernel_io_wait(loop, &b.packets, 4 * i - 2, 20000));
		memcpy(data, both, sizeof(both));
		send_raw(60, data, put_mh(data, sizeof(both)));
		CHECK(kernel_io_wait(loop, &b.packets, 4 * i - 1, 20000));
		send_raw(135, data, put_mh(data, 0));
		CHECK(kernel_io_wait(loop, &b.packets, 4 * i, 20000));
	}
	CHECK(!kernel_io_wait(loop, &b.packets, 13, 50));
	CHECK(b.bad == 0);
	transport_close(tb);
	ev_loop_destroy(loop);
}

void test_transport_bad(void)
{
	static const uint8_t other[16] = {59, 0, 1, 4};     /* nothing behind */
	static const uint8_t truncated[8] = {135, 9, 1, 4}; /* longer than the packet */
	struct ev_loop *loop = ev_loop_new(0);
	struct kernel_io_pair pair;
	struct seen b = {0};
	struct transport *tb;
	uint8_t data[128] = {0};
	size_t len;

	kernel_io_make_pair(&pair);
	kernel_io_enter(&pair, KERNEL_IO_B);
	tb = open_transport(loop, &b);
	kernel_io_enter(&pair, KERNEL_IO_A);
	send_raw(60, other, sizeof(other));
	/* HAO with a wrong checksum behind. */
	memcpy(data, (uint8_t[8]){135, 2, 1, 2, 0, 0, 201, 16}, 8);
	data[8] = 0x20;
	data[9] = 1;
	data[23] = 1;
	len = put_mh(data, 24);
	data[len - 1] ^= 1;
	send_raw(60, data, len);
	CHECK(kernel_io_wait(loop, &b.bad, 1, 20000));
	CHECK(b.bad_result == MIP6_DECODE_BAD_CHECKSUM);
	send_raw(60, truncated, sizeof(truncated));
	CHECK(kernel_io_wait(loop, &b.bad, 2, 20000));
	CHECK(b.bad_result != MIP6_DECODE_OK && b.packets == 0);
	transport_close(tb);
	ev_loop_destroy(loop);
}

struct tentative {
	struct mip6_addr addr;
	bool yes;
};

static void look_tentative(void *ctx, const struct rtnl_address *address)
{
	struct tentative *t = ctx;

	if (mip6_addr_equal(&address->addr, &t->addr))
		t->yes = address->flags & 0x40; /* IFA_F_TENTATIVE */
}

/* The source chooses the route, and need not have passed DAD. */
void test_transport_source(void)
{
	struct ev_loop *loop = ev_loop_new(0);
	struct tentative tentative = {.addr = kernel_io_addr("2001:db8::c")};
	struct mip6_packet p = make_bu();
	struct kernel_io_pair pair;
	struct seen b = {0};
	struct transport *ta, *tb;
	struct rtnl *rtnl;

	kernel_io_make_pair(&pair);
	CHECK_OK(rtnl_open(&rtnl));
	ta = open_transport(loop, &(struct seen){0});
	kernel_io_enter(&pair, KERNEL_IO_B);
	tb = open_transport(loop, &b);
	kernel_io_run("ip addr add 2001:db8:b::1/128 dev lo nodad");
	kernel_io_enter(&pair, KERNEL_IO_A);

	p.dst = kernel_io_addr("2001:db8:b::1");
	CHECK(transport_send(ta, &p) == -ENETUNREACH);
	kernel_io_run("ip -6 rule add pref 100 from 2001:db8::a lookup 77 && "
		      "ip -6 route add default via 2001:db8::b dev v0 table 77");
	CHECK_OK(transport_send(ta, &p));
	CHECK(kernel_io_wait(loop, &b.packets, 1, 20000));

	kernel_io_run("echo 2 >/proc/sys/net/ipv6/conf/v0/accept_dad; "
		      "echo 10 >/proc/sys/net/ipv6/conf/v0/dad_transmits; "
		      "ip addr add 2001:db8::c/64 dev v0");
	p.src = tentative.addr;
	p.dst = kernel_io_addr("2001:db8::b");
	CHECK_OK(transport_send(ta, &p));
	CHECK(kernel_io_wait(loop, &b.packets, 2, 20000));
	CHECK(mip6_addr_equal(&b.last.src, &p.src));
	CHECK_OK(rtnl_address_list(rtnl, look_tentative, &tentative));
	CHECK(tentative.yes);
	rtnl_close(rtnl);
	transport_close(ta);
	transport_close(tb);
	ev_loop_destroy(loop);
}

/* Said plainly, and nothing left open. */
void test_transport_denied(void)
{
	const struct transport_handler handler = {.packet = got_packet, .bad = got_bad};
	struct ev_loop *loop = ev_loop_new(0);
	int before = open("/dev/null", O_RDONLY), after;
	struct transport *t = NULL;

	close(before);
	log_set_level(LOG_LEVEL_ERR - 1);
	CHECK(setresuid(65534, 65534, 65534) == 0);
	CHECK(transport_open(&t, loop, &handler) == -EPERM);
	CHECK(!t);
	after = open("/dev/null", O_RDONLY);
	CHECK(after == before);
	ev_loop_destroy(loop);
}

/* All WTRUs at once, while the daemon is busy. */
void test_transport_burst(void)
{
	struct ev_loop *loop = ev_loop_new(0);
	struct mip6_packet p = make_bu();
	struct kernel_io_pair pair;
	struct seen b = {0};
	struct transport *ta, *tb;
	mip6_time t0, t1;

	kernel_io_make_pair(&pair);
	ta = open_transport(loop, &(struct seen){0});
	kernel_io_enter(&pair, KERNEL_IO_B);
	tb = open_transport(loop, &b);
	t0 = kernel_io_now();
	for (unsigned int i = 0; i < BURST; i++) {
		int r;

		/* The sender's own buffer may be full; this is about the receiver's. */
		do
			r = transport_send(ta, &p);
		while (r == -EAGAIN && kernel_io_now() < t0 + 5 * MIP6_S);
		CHECK_OK(r);
	}
	t1 = kernel_io_now();
	CHECK(b.packets == 0);
	CHECK(kernel_io_wait(loop, &b.packets, BURST, 5000));
	printf("     %d BUs: sent in %d ms, received in %d ms\n", BURST, (int)((t1 - t0) / 1000),
	       (int)((kernel_io_now() - t1) / 1000));
	CHECK(b.packets == BURST);
	transport_close(ta);
	transport_close(tb);
	ev_loop_destroy(loop);
}

/* Exactly the errors around Mobility Headers are dropped, exactly while the transport is open. */
void test_suppress_scope(void)
{
	/* An unknown option that asks for a Parameter Problem, in front of nothing. */
	static const uint8_t unknown[8] = {59, 0, 0x80, 4};
	struct ev_loop *loop = ev_loop_new(0);
	struct mip6_packet p = make_bu();
	struct kernel_io_pair pair;
	struct transport *ta, *tb;
	int problems;

	if (suppress_kernel_has_mip6())
		return;
	kernel_io_make_pair(&pair);
	ta = open_transport(loop, &(struct seen){0});
	problems = open_problems();
	kernel_io_enter(&pair, KERNEL_IO_B);
	/* Errors are limited in rate. */
	kernel_io_run("echo 0 >/proc/sys/net/ipv6/icmp/ratelimit");
	tb = open_transport(loop, &(struct seen){0});
	CHECK(kernel_io_count("table ip6 mip6_", "nft list tables") == 1);
	kernel_io_enter(&pair, KERNEL_IO_A);

	CHECK_OK(transport_send(ta, &p));
	p.has_rh2 = true;
	p.rh2 = p.hao;
	CHECK_OK(transport_send(ta, &p));
	p.has_hao = false;
	CHECK_OK(transport_send(ta, &p));
	CHECK(count_problems(problems) == 0);
	send_raw(60, unknown, sizeof(unknown));
	CHECK(count_problems(problems) == 1);

	transport_close(tb);
	kernel_io_enter(&pair, KERNEL_IO_B);
	CHECK(kernel_io_count("mip6", "nft list tables") == 0);
	kernel_io_enter(&pair, KERNEL_IO_A);
	CHECK_OK(transport_send(ta, &p));
	p.has_rh2 = false;
	p.has_hao = true;
	CHECK_OK(transport_send(ta, &p));
	CHECK(count_problems(problems) == 2);
	transport_close(ta);
	ev_loop_destroy(loop);
}

void test_suppress_kill(void)
{
	struct suppress *one;
	char why[96], c;
	int fds[2];
	pid_t pid;

	CHECK(pipe(fds) == 0);
	CHECK_OK(suppress_open(&one, true, why, sizeof(why)));
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		struct suppress *two;

		/*
		 * A second daemon in the namespace; the copy of the first one's socket must not
		 * count.
		 */
		close(fds[0]);
		CHECK_OK(suppress_open(&two, true, why, sizeof(why)));
		CHECK(write(fds[1], "x", 1) == 1);
		pause();
		_exit(1);
	}
	CHECK(read(fds[0], &c, 1) == 1);
	CHECK(kernel_io_count("mip6_", "nft list tables") == 2);
	/* Other programs that load their own rules leave it alone. */
	kernel_io_run("nft flush ruleset");
	CHECK(kernel_io_count("mip6_", "nft list tables") == 2);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, NULL, 0) == pid);
	CHECK(kernel_io_count("mip6_", "nft list tables") == 1);
	CHECK(kernel_io_count(suppress_table(one), "nft list tables") == 1);
	suppress_close(one);
	CHECK(kernel_io_count("mip6_", "nft list tables") == 0);
}
