// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Tunnelled packets that our rules did not let pass: a raw socket of protocol 41 with a filter on
 * their mark, so that those that pass cost nothing here. Rate-limited where it reads, so that a
 * flood costs no more than a full socket buffer per report.
 */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/ip6.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "kernel/dataplane_ip6tnl.h"
#include "kernel/pktinfo.h"

#define HEADER_LEN 40
#define REPORT_PAUSE (10 * MIP6_MS)
#define BUDGET 64

static bool receive_one(struct ip6tnl_unbound *unbound)
{
	uint8_t header[HEADER_LEN];
	union {
		struct cmsghdr align;
		uint8_t space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct sockaddr_in6 from;
	struct iovec iov = {.iov_base = header, .iov_len = sizeof(header)};
	struct msghdr msg = {.msg_name = &from,
	                     .msg_namelen = sizeof(from),
	                     .msg_iov = &iov,
	                     .msg_iovlen = 1,
	                     .msg_control = &control,
	                     .msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(unbound->fd, &msg, MSG_DONTWAIT);
	mip6_time now = clock_monotonic();
	struct mip6_addr src, dst, inner;

	if (len < 0)
		return false;
	if (len < HEADER_LEN || header[0] >> 4 != 6 || now < unbound->next ||
	    !pktinfo_destination(&msg, &dst, NULL))
		return true;
	memcpy(&src, &from.sin6_addr, sizeof(src));
	memcpy(&inner, header + 8, sizeof(inner));
	if (unbound->arrived(unbound->ctx, &src, &dst, &inner))
		unbound->next = now + REPORT_PAUSE;
	return true;
}

static void readable(struct ev_loop *loop, struct ev_io *watcher, int revents)
{
	(void)loop;
	(void)revents;
	for (int i = 0; i < BUDGET && receive_one(watcher->data); i++)
		;
}

int ip6tnl_unbound_open(struct ip6tnl_unbound *unbound)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_MARK)),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, IP6TNL_MARK, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, HEADER_LEN),
	};
	const struct sock_fprog filter = {.len = 4, .filter = program};
	int yes = 1, rc;

	unbound->fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_IPV6);
	if (unbound->fd < 0 ||
	    setsockopt(unbound->fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) < 0 ||
	    setsockopt(unbound->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof(yes)) < 0) {
		rc = -errno;
		log_err("data plane: raw socket: %s%s", strerror(-rc),
		        rc == -EPERM ? " (needs CAP_NET_RAW)" : "");
		ip6tnl_unbound_close(unbound);
		return rc;
	}
	ev_io_init(&unbound->watcher, readable, unbound->fd, EV_READ);
	unbound->watcher.data = unbound;
	ev_io_start(unbound->loop, &unbound->watcher);
	return 0;
}

void ip6tnl_unbound_close(struct ip6tnl_unbound *unbound)
{
	if (ev_is_active(&unbound->watcher))
		ev_io_stop(unbound->loop, &unbound->watcher);
	if (unbound->fd >= 0)
		close(unbound->fd);
	unbound->fd = -1;
}
