// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * watch: what happens on a WTRU's interface at a move, a line each, with CLOCK_MONOTONIC in
 * nanoseconds:
 *
 *   NS carrier up|down          the interface, as rtnetlink tells it
 *   NS address ADDR usable|tentative|deprecated|gone
 *   NS in|out rs|ra|ns|na       Neighbour Discovery
 *   NS in|out mh TYPE           a Mobility Header message (5: BU, 6: BA, …) behind any extension
 * headers
 *
 * Packets carry the kernel's own time stamps. It looks on and never sends. Usage: watch INTERFACE
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <libmnl/libmnl.h>
#include <linux/filter.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <net/ethernet.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stamp.h"

#define IP6_LEN 40
#define NEXT_HOP 0
#define NEXT_ROUTING 43
#define NEXT_ESP 50
#define NEXT_ICMP6 58
#define NEXT_DSTOPTS 60
#define NEXT_MH 135

static unsigned int watched;

/* Pass IPv6 with Hop-by-Hop, Routing, ESP, ICMPv6, Destination Options and Mobility Header: no user
 * traffic. */
static void attach_filter(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PROTOCOL)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 8),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NEXT_HOP, 5, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NEXT_ROUTING, 4, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NEXT_ESP, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NEXT_ICMP6, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NEXT_DSTOPTS, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, NEXT_MH, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 2048),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)))
		die("packet filter: %s", strerror(errno));
}

static unsigned int find_interface(const char *name)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool found;

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	found = fd >= 0 && ioctl(fd, SIOCGIFINDEX, &request) == 0;
	close(fd);
	return found ? (unsigned int)request.ifr_ifindex : 0;
}

static int open_packet(void)
{
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL), /* any other sees no outgoing packet */
		.sll_ifindex = (int)watched,
	};

	if (fd < 0)
		die("packet socket: %s", strerror(errno));
	attach_filter(fd);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("bind: %s", strerror(errno));
	socket_stamp(fd);
	return fd;
}

static int open_netlink(void)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct sockaddr_nl addr = {
		.nl_family = AF_NETLINK,
		.nl_groups = RTMGRP_LINK | RTMGRP_IPV6_IFADDR,
	};

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("netlink: %s", strerror(errno));
	return fd;
}

static void print_icmp6(int64_t at, const char *way, unsigned int type)
{
	static const char *const names[] = {"rs", "ra", "ns", "na"};

	if (type >= 133 && type <= 136)
		printf("%" PRId64 " %s %s\n", at, way, names[type - 133]);
}

static void handle_packet(int fd)
{
	uint8_t data[2048];
	struct sockaddr_ll from;
	int64_t at;
	ssize_t n = receive_stamped(fd, data, sizeof(data), &from, sizeof(from), &at);
	const char *way = n >= 0 && from.sll_pkttype == PACKET_OUTGOING ? "out" : "in";
	size_t len = (size_t)n, offset = IP6_LEN;
	unsigned int next;

	if (n < IP6_LEN)
		return;
	next = data[6];
	while (offset + 8 <= len &&
	       (next == NEXT_HOP || next == NEXT_DSTOPTS || next == NEXT_ROUTING)) {
		next = data[offset];
		offset += ((size_t)data[offset + 1] + 1) * 8;
	}
	if (offset + 4 > len)
		return;
	if (next == NEXT_ICMP6)
		print_icmp6(at, way, data[offset]);
	else if (next == NEXT_MH)
		printf("%" PRId64 " %s mh %u\n", at, way, data[offset + 2]);
	else if (next == NEXT_ESP)
		printf("%" PRId64 " %s esp\n", at, way);
}

static void handle_link(const struct nlmsghdr *nlh, int64_t at)
{
	static int last = -1;
	const struct ifinfomsg *info = mnl_nlmsg_get_payload(nlh);
	int up = (info->ifi_flags & IFF_LOWER_UP) != 0;

	if ((unsigned int)info->ifi_index != watched || up == last)
		return;
	last = up;
	printf("%" PRId64 " carrier %s\n", at, up ? "up" : "down");
}

static const char *address_state(const struct nlmsghdr *nlh, uint32_t flags)
{
	if (nlh->nlmsg_type == RTM_DELADDR)
		return "gone";
	if (flags & IFA_F_DEPRECATED)
		return "deprecated";
	if (flags & IFA_F_TENTATIVE && !(flags & IFA_F_OPTIMISTIC))
		return "tentative";
	return "usable";
}

static int collect(const struct nlattr *attribute, void *data)
{
	const struct nlattr **attributes = data;

	if (mnl_attr_get_type(attribute) <= IFA_MAX)
		attributes[mnl_attr_get_type(attribute)] = attribute;
	return MNL_CB_OK;
}

static void handle_address(const struct nlmsghdr *nlh, int64_t at)
{
	const struct ifaddrmsg *info = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attributes[IFA_MAX + 1] = {0};
	uint32_t flags = info->ifa_flags;
	char text[INET6_ADDRSTRLEN] = "";

	if (info->ifa_index != watched)
		return;
	mnl_attr_parse(nlh, sizeof(*info), collect, attributes);
	if (attributes[IFA_ADDRESS])
		inet_ntop(AF_INET6, mnl_attr_get_payload(attributes[IFA_ADDRESS]), text,
		          sizeof(text));
	if (attributes[IFA_FLAGS])
		flags = mnl_attr_get_u32(attributes[IFA_FLAGS]);
	printf("%" PRId64 " address %s %s\n", at, text, address_state(nlh, flags));
}

static void handle_netlink(int fd)
{
	_Alignas(struct nlmsghdr) char data[32768];
	ssize_t n = recv(fd, data, sizeof(data), MSG_DONTWAIT);
	int64_t at = now_ns();
	int len = (int)n;

	if (n < 0)
		return;
	for (const struct nlmsghdr *nlh = (void *)data; mnl_nlmsg_ok(nlh, len);
	     nlh = mnl_nlmsg_next(nlh, &len)) {
		if (nlh->nlmsg_type == RTM_NEWLINK)
			handle_link(nlh, at);
		else if (nlh->nlmsg_type == RTM_NEWADDR || nlh->nlmsg_type == RTM_DELADDR)
			handle_address(nlh, at);
	}
}

int main(int argc, char **argv)
{
	struct pollfd fds[2];

	if (argc != 2 || !(watched = find_interface(argv[1]))) {
		fputs("usage: watch INTERFACE\n", stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	fds[0] = (struct pollfd){.fd = open_packet(), .events = POLLIN};
	fds[1] = (struct pollfd){.fd = open_netlink(), .events = POLLIN};
	printf("%" PRId64 " ready\n", now_ns());
	for (;;) {
		if (poll(fds, 2, -1) < 0)
			die("poll: %s", strerror(errno));
		if (fds[0].revents)
			handle_packet(fds[0].fd);
		if (fds[1].revents)
			handle_netlink(fds[1].fd);
	}
}
