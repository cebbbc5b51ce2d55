// SPDX-License-Identifier: GPL-2.0-or-later
/* Counting sockets by local address. */
#include <errno.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/sockets.h"

#include "kernel_io.h"

#define MANY 10000

static struct sockaddr_in6 address(const char *text, uint16_t port)
{
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct mip6_addr addr = kernel_io_addr(text);

	memcpy(&sin6.sin6_addr, addr.b, sizeof(addr.b));
	return sin6;
}

static int bound(int type, int protocol, const char *text, uint16_t port)
{
	struct sockaddr_in6 local = address(text, port);
	int fd = socket(AF_INET6, type | SOCK_CLOEXEC, protocol);
	int one = 1;

	CHECK(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one));
	CHECK(bind(fd, (struct sockaddr *)&local, sizeof(local)) == 0);
	return fd;
}

static void connect_to(int fd, const char *text, uint16_t port)
{
	struct sockaddr_in6 peer = address(text, port);

	CHECK(connect(fd, (struct sockaddr *)&peer, sizeof(peer)) == 0);
}

void test_sockets_kinds(void)
{
	const struct mip6_addr addrs[3] = {
		kernel_io_addr("2001:db8::1"),
		kernel_io_addr("2001:db8::2"),
		kernel_io_addr("2001:db8::3"),
	};
	uint32_t counts[3] = {9, 9, 9};
	struct sockets *s;
	int listener, client, server, fd;
	mip6_time end;

	kernel_io_run("ip link set lo up && ip addr add 2001:db8::1/128 dev lo nodad && "
		      "ip addr add 2001:db8::2/128 dev lo nodad && "
		      "ip addr add 2001:db8::3/128 dev lo nodad");
	CHECK_OK(sockets_open(&s));
	CHECK_OK(sockets_count(s, addrs, 0, NULL));
	CHECK_OK(sockets_count(s, addrs, 3, counts));
	CHECK(counts[0] == 0 && counts[1] == 0 && counts[2] == 0);

	/* A listener does not count; both ends of its connection do. */
	listener = bound(SOCK_STREAM, 0, "2001:db8::1", 80);
	CHECK(listen(listener, 5) == 0);
	CHECK_OK(sockets_count(s, addrs, 3, counts));
	CHECK(counts[0] == 0);
	client = bound(SOCK_STREAM, 0, "2001:db8::2", 0);
	connect_to(client, "2001:db8::1", 80);
	server = accept(listener, NULL, NULL);
	CHECK(server >= 0);
	CHECK_OK(sockets_count(s, addrs, 3, counts));
	CHECK(counts[0] == 1 && counts[1] == 1 && counts[2] == 0);
	/* Closed: the client's end becomes TIME_WAIT when the last segments have crossed. */
	close(client);
	close(server);
	end = kernel_io_now() + 2 * MIP6_S;
	do
		CHECK_OK(sockets_count(s, addrs, 3, counts));
	while ((counts[0] || counts[1]) && kernel_io_now() < end);
	CHECK(counts[0] == 0 && counts[1] == 0);
	CHECK(kernel_io_count("2001:db8::2", "ss -6 -t -n state time-wait") == 1);

	/* UDP: bound, connected, unbound; dual-stack sockets of IPv4 are somebody else's. */
	fd = bound(SOCK_DGRAM, 0, "2001:db8::1", 1000);
	CHECK_OK(sockets_count(s, addrs, 3, counts));
	CHECK(counts[0] == 1);
	close(fd);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	CHECK_OK(sockets_count(s, addrs, 3, counts));
	CHECK(counts[0] == 0 && counts[1] == 0 && counts[2] == 0);
	connect_to(fd, "2001:db8::3", 1000);
	CHECK_OK(sockets_count(s, addrs, 3, counts));
	CHECK(counts[0] + counts[1] + counts[2] == 1);
	close(fd);

	fd = bound(SOCK_RAW, IPPROTO_ICMPV6, "2001:db8::3", 0);
	CHECK_OK(sockets_count(s, addrs, 3, counts));
	CHECK(counts[2] == 1 && counts[0] == 0);
	close(fd);
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDPLITE);
	if (fd >= 0) {
		close(fd);
		fd = bound(SOCK_DGRAM, IPPROTO_UDPLITE, "2001:db8::2", 1000);
		CHECK_OK(sockets_count(s, addrs, 3, counts));
		CHECK(counts[1] == 1);
		close(fd);
	}
	sockets_close(s);
}

/* More than the kernel's filter takes. */
void test_sockets_many_addresses(void)
{
	static struct mip6_addr addrs[300];
	static uint32_t counts[300];
	struct sockets *s;
	int fds[4];

	for (uint16_t i = 0; i < 300; i++) {
		addrs[i] = kernel_io_addr("2001:db8::");
		addrs[i].b[14] = (uint8_t)(i >> 8);
		addrs[i].b[15] = (uint8_t)i;
	}
	kernel_io_run("ip link set lo up");
	fds[0] = bound(SOCK_DGRAM, 0, "2001:db8::0", 7);
	fds[1] = bound(SOCK_DGRAM, 0, "2001:db8::3f", 7);
	fds[2] = bound(SOCK_DGRAM, 0, "2001:db8::40", 7);
	fds[3] = bound(SOCK_DGRAM, 0, "2001:db8::12b", 7);
	CHECK_OK(sockets_open(&s));
	/* Every number of addresses around the limit, so that each shape of the filter is run. */
	for (size_t n = 1; n <= 300; n = n < 70 ? n + 1 : n + 115) {
		memset(counts, 0xff, sizeof(counts));
		CHECK_OK(sockets_count(s, addrs, n, counts));
		for (size_t i = 0; i < n; i++)
			CHECK(counts[i] == (i == 0 || i == 0x3f || i == 0x40 || i == 0x12b));
	}
	for (size_t i = 0; i < 4; i++)
		close(fds[i]);
	sockets_close(s);
}

void test_sockets_cost(void)
{
	const struct rlimit limit = {.rlim_cur = MANY + 100, .rlim_max = MANY + 100};
	struct mip6_addr addrs[16];
	uint32_t counts[16];
	struct sockets *s;
	mip6_time t0, t1;

	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	kernel_io_run("ip link set lo up");
	for (uint8_t i = 0; i < 16; i++) {
		addrs[i] = kernel_io_addr("2001:db8::");
		addrs[i].b[15] = i;
	}
	bound(SOCK_DGRAM, 0, "2001:db8::5", 7);
	for (uint16_t i = 0; i < MANY; i++)
		bound(SOCK_DGRAM, 0, "2001:db8:1::1", (uint16_t)(i + 1000));
	CHECK_OK(sockets_open(&s));
	t0 = kernel_io_now();
	CHECK_OK(sockets_count(s, addrs, 16, counts));
	t1 = kernel_io_now();
	CHECK(counts[5] == 1 && counts[6] == 0);
	printf("     16 addresses among %d sockets: %d us\n", MANY, (int)(t1 - t0));
	addrs[0] = kernel_io_addr("2001:db8:1::1");
	t0 = kernel_io_now();
	CHECK_OK(sockets_count(s, addrs, 16, counts));
	t1 = kernel_io_now();
	CHECK(counts[0] == MANY);
	printf("     and %d of one of them: %d us\n", MANY, (int)(t1 - t0));
	sockets_close(s);
}
