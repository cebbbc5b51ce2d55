// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Sockets by local address, from sock_diag dumps. The kernel compares the addresses itself when
 * they are not too many, so that a host with many connections sends us only those that matter. Raw
 * sockets come from /proc/net/raw6 where the kernel has no raw_diag.
 *
 * Owns one netlink socket. Never looks at what a socket carries, nor at IPv4 sockets.
 */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "kernel/netlink.h"
#include "kernel/sockets_internal.h"

#include "io/log.h"

#define REPLY_TIMEOUT_S 5
#define DUMP_ATTEMPTS 3
#define FILTER_MAX 2048 /* octets: 64 addresses */
#define RX_SIZE (32 * 1024)

#define STATE(state) (1U << (state))
/*
 * Open ends: a TCP socket that only listens, waits for stray segments, or is closed uses no path.
 */
#define TCP_STATES (~(STATE(TCP_TIME_WAIT) | STATE(TCP_CLOSE) | STATE(TCP_LISTEN)))
#define ALL_STATES (~0U)

static const struct protocol {
	const char *name;
	uint8_t number;
	uint32_t states;
	const char *proc; /* instead, where sock_diag does not know it */
	bool optional;    /* a kernel without its module has no such sockets either */
} protocols[] = {
	{"TCP", IPPROTO_TCP, TCP_STATES, NULL, false},
	{"UDP", IPPROTO_UDP, ALL_STATES, NULL, false},
	{"UDP-Lite", IPPROTO_UDPLITE, ALL_STATES, NULL, true},
	{"raw", IPPROTO_RAW, ALL_STATES, "/proc/net/raw6", false},
};
#define PROTOCOLS (sizeof(protocols) / sizeof(protocols[0]))

struct sockets {
	struct mnl_socket *nl;
	uint32_t seq;
	bool missing[PROTOCOLS]; /* sock_diag does not know it */
	bool warned[PROTOCOLS];
	uint8_t rx[RX_SIZE];
};

int sockets_open(struct sockets **ret)
{
	const struct timeval timeout = {.tv_sec = REPLY_TIMEOUT_S};
	struct sockets *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->nl = mnl_socket_open2(NETLINK_SOCK_DIAG, SOCK_CLOEXEC);
	if (!s->nl || mnl_socket_bind(s->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(s->nl), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) < 0) {
		r = -errno;
		sockets_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void sockets_close(struct sockets *sockets)
{
	if (!sockets)
		return;
	if (sockets->nl)
		mnl_socket_close(sockets->nl);
	free(sockets);
}

static void count_addr(const struct mip6_addr *addr, const struct mip6_addr *addrs, size_t count,
		       uint32_t *counts)
{
	for (size_t i = 0; i < count; i++) {
		if (mip6_addr_equal(addr, &addrs[i])) {
			counts[i]++;
			return;
		}
	}
}

void sockets_count_message(const struct nlmsghdr *nlh, const struct mip6_addr *addrs, size_t count,
			   uint32_t *counts)
{
	const struct inet_diag_msg *msg = mnl_nlmsg_get_payload(nlh);
	struct mip6_addr local;

	if (nlh->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*msg) || msg->idiag_family != AF_INET6)
		return;
	memcpy(local.b, msg->id.idiag_src, sizeof(local.b));
	count_addr(&local, addrs, count, counts);
}

void sockets_count_line(const char *line, const struct mip6_addr *addrs, size_t count,
			uint32_t *counts)
{
	uint32_t words[4];
	struct mip6_addr local;

	/* "   0: " and the address as four words, each as it lies in memory. */
	if (sscanf(line, " %*u: %8x%8x%8x%8x:", &words[0], &words[1], &words[2], &words[3]) != 4)
		return;
	memcpy(local.b, words, sizeof(local.b));
	count_addr(&local, addrs, count, counts);
}

size_t sockets_filter(const struct mip6_addr *addrs, size_t count, void *program, size_t size)
{
	/*
	 * One comparison per address. True goes to the operation after it, which jumps to the end:
	 * pass. False goes over that to the next address, from the last one beyond the end: no.
	 */
	const struct inet_diag_hostcond host = {
		.family = AF_INET6,
		.prefix_len = 128,
		.port = -1,
	};
	struct inet_diag_bc_op compare = {.code = INET_DIAG_BC_S_COND};
	struct inet_diag_bc_op jump = {.code = INET_DIAG_BC_JMP, .yes = sizeof(jump)};
	const size_t compare_len = sizeof(compare) + sizeof(host) + sizeof(struct mip6_addr);
	const size_t total = count * (compare_len + sizeof(jump)) - sizeof(jump);
	uint8_t *at = program;

	if (count == 0 || count > UINT16_MAX / 64 || total > size)
		return 0;
	compare.yes = (uint8_t)compare_len;
	compare.no = (uint16_t)(compare_len + sizeof(jump));
	for (size_t i = 0; i < count; i++) {
		memcpy(at, &compare, sizeof(compare));
		at += sizeof(compare);
		memcpy(at, &host, sizeof(host));
		at += sizeof(host);
		memcpy(at, addrs[i].b, sizeof(addrs[i].b));
		at += sizeof(addrs[i].b);
		if (i == count - 1)
			break;
		jump.no = (uint16_t)(total - (size_t)(at - (uint8_t *)program));
		memcpy(at, &jump, sizeof(jump));
		at += sizeof(jump);
	}
	return total;
}

/* Read the answers to one dump. 0, -EINTR when it must be repeated, or another negative errno. */
static int read_dump(struct sockets *s, const struct mip6_addr *addrs, size_t count,
		     uint32_t *counts)
{
	bool interrupted = false;

	for (;;) {
		ssize_t n = mnl_socket_recvfrom(s->nl, s->rx, sizeof(s->rx));
		const struct nlmsghdr *nlh;
		size_t left;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		netlink_for_each_message(nlh, left, s->rx, n) {
			if (nlh->nlmsg_seq != s->seq)
				continue;
			if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				interrupted = true;
			/* Both begin with an error number. */
			if (nlh->nlmsg_type == NLMSG_DONE || nlh->nlmsg_type == NLMSG_ERROR) {
				int error = 0;

				if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(error))
					memcpy(&error, mnl_nlmsg_get_payload(nlh), sizeof(error));
				if (error < 0)
					return error;
				return interrupted ? -EINTR : 0;
			}
			sockets_count_message(nlh, addrs, count, counts);
		}
	}
}

static int count_diag(struct sockets *s, const struct protocol *protocol,
		      const struct mip6_addr *addrs, size_t count, uint32_t *counts)
{
	union {
		struct nlmsghdr align;
		uint8_t data[FILTER_MAX + 256];
	} request;
	uint8_t filter[FILTER_MAX];
	size_t filter_len = sockets_filter(addrs, count, filter, sizeof(filter));
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request.data);
	struct inet_diag_req_v2 *req;

	nlh->nlmsg_type = SOCK_DIAG_BY_FAMILY;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++s->seq;
	req = mnl_nlmsg_put_extra_header(nlh, sizeof(*req));
	req->sdiag_family = AF_INET6;
	req->sdiag_protocol = protocol->number;
	req->idiag_states = protocol->states;
	if (filter_len)
		mnl_attr_put(nlh, INET_DIAG_REQ_BYTECODE, filter_len, filter);
	if (mnl_socket_sendto(s->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	return read_dump(s, addrs, count, counts);
}

static int count_proc(const char *path, const struct mip6_addr *addrs, size_t count,
		      uint32_t *counts)
{
	FILE *file = fopen(path, "re");
	char line[256];

	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file))
		sockets_count_line(line, addrs, count, counts);
	fclose(file);
	return 0;
}

static int count_protocol(struct sockets *s, size_t which, const struct mip6_addr *addrs,
			  size_t count, uint32_t *counts)
{
	const struct protocol *protocol = &protocols[which];
	int r = -EINTR;

	for (int i = 0; i < DUMP_ATTEMPTS && r == -EINTR && !s->missing[which]; i++) {
		memset(counts, 0, count * sizeof(*counts));
		r = count_diag(s, protocol, addrs, count, counts);
	}
	if (r == -EINTR)
		r = 0;
	if (r == -ENOENT)
		s->missing[which] = true;
	if (s->missing[which]) {
		memset(counts, 0, count * sizeof(*counts));
		r = protocol->proc ? count_proc(protocol->proc, addrs, count, counts) : -ENOENT;
	}
	if (r == -ENOENT) {
		if (!s->warned[which] && !protocol->optional)
			log_warning(
				"sockets protocol=%s missing=sock_diag effect=\"not seen as use\"",
				protocol->name);
		s->warned[which] = true;
		r = 0;
	}
	return r;
}

int sockets_count(struct sockets *sockets, const struct mip6_addr *addrs, size_t count,
		  uint32_t *ret_counts)
{
	uint32_t *counts;
	int r = 0;

	if (count == 0)
		return 0;
	counts = calloc(2 * count, sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	for (size_t which = 0; which < PROTOCOLS && r == 0; which++) {
		r = count_protocol(sockets, which, addrs, count, counts);
		for (size_t i = 0; i < count; i++)
			counts[count + i] += counts[i];
	}
	if (r == 0)
		memcpy(ret_counts, counts + count, count * sizeof(*counts));
	free(counts);
	return r;
}
