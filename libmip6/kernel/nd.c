// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Neighbour Discovery messages over one raw ICMPv6 socket (RFC 4861 sections 6.1 and 7.1, RFC 6275
 * sections 6.5 to 6.8 and 7), beside the kernel's own: the kernel keeps doing its part.
 *
 * Messages are validated as the RFC demands before anybody hears of them; the kernel has verified
 * the checksum. Owns the sockets and their group memberships. Keeps nothing about neighbours.
 */
#include <errno.h>
#include <linux/icmpv6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/nd.h"
#include "kernel/pktinfo.h"

#include "io/log.h"

#define ND_HOP_LIMIT 255
#define HEADER_LEN 40
#define ND_PACKET_MAX 1500 /* longer messages are no Neighbour Discovery of this world */
#define READS_PER_TURN 64
#define RECEIVE_BUFFER (1024 * 1024)

struct nd {
	struct ev_loop *loop;
	struct nd_handler handler;
	int fd;
	ev_io watcher;
	int header_fd; /* sends packets whose header we make */
	uint64_t malformed;
};

struct control {
	union {
		struct cmsghdr header;
		uint8_t data[CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(int))];
	};
};

/* ff02::1:ffXX:XXXX (RFC 4291 section 2.7.1). */
static const uint8_t solicited_node[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

static bool is_solicited_node(const struct mip6_addr *addr)
{
	return memcmp(addr->b, solicited_node, sizeof(solicited_node)) == 0;
}

struct mip6_addr nd_solicited_node(const struct mip6_addr *addr)
{
	struct mip6_addr group = *addr;

	memcpy(group.b, solicited_node, sizeof(solicited_node));
	return group;
}

/* What the codec cannot know: rules about the addresses of the packet. */
static bool is_valid(const struct nd_packet *p)
{
	const struct mip6_icmp6 *m = p->msg;
	bool unspecified = mip6_addr_is_unspecified(&p->src);

	if (mip6_addr_is_multicast(&p->src))
		return false;
	switch (m->type) {
	case MIP6_ICMP6_RS:
		/* RFC 4861 section 6.1.1: no source link-layer address from nobody. */
		return !unspecified || m->opt.lladdr_len == 0;
	case MIP6_ICMP6_RA:
		/* Section 6.1.2: the source MUST be link-local. */
		return mip6_addr_is_link_local(&p->src);
	case MIP6_ICMP6_NS:
		/* Section 7.1.1: DAD asks the solicited-node group, without link-layer address. */
		return !unspecified || (is_solicited_node(&p->dst) && m->opt.lladdr_len == 0);
	case MIP6_ICMP6_NA:
		/* Section 7.1.2: a solicited one is not multicast. */
		return !unspecified &&
		       !(mip6_addr_is_multicast(&p->dst) && (m->neighbour.flags & MIP6_NA_S));
	default:
		return !unspecified;
	}
}

/* 1 when *ret is filled, 0 when there is nothing more, or a negative errno. */
static int receive(struct nd *nd, uint8_t *data, size_t size, size_t *ret_len,
		   struct nd_packet *ret)
{
	struct control control;
	struct sockaddr_in6 from;
	struct iovec iov = {.iov_base = data, .iov_len = size};
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data),
	};
	bool has_info = false, has_hop_limit = false;
	ssize_t n;

	do
		n = recvmsg(nd->fd, &msg, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		struct in6_pktinfo info;
		int hop_limit;

		if (c->cmsg_level != IPPROTO_IPV6)
			continue;
		if (c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			memcpy(ret->dst.b, &info.ipi6_addr, sizeof(ret->dst.b));
			ret->ifindex = (uint32_t)info.ipi6_ifindex;
			has_info = true;
		} else if (c->cmsg_type == IPV6_HOPLIMIT) {
			memcpy(&hop_limit, CMSG_DATA(c), sizeof(hop_limit));
			ret->hop_limit = (uint8_t)hop_limit;
			has_hop_limit = true;
		}
	}
	if (!has_info || !has_hop_limit || msg.msg_namelen < sizeof(from) ||
	    (msg.msg_flags & MSG_TRUNC))
		return -EBADMSG;
	memcpy(ret->src.b, &from.sin6_addr, sizeof(ret->src.b));
	*ret_len = (size_t)n;
	return 1;
}

static void readable(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct nd *nd = watcher->data;
	uint8_t data[ND_PACKET_MAX];

	(void)loop;
	(void)revents;
	for (int i = 0; i < READS_PER_TURN; i++) {
		struct nd_packet packet = {0};
		struct mip6_icmp6 msg;
		size_t offset, len = 0;
		int r = receive(nd, data, sizeof(data), &len, &packet);

		if (r == 0)
			return;
		packet.msg = &msg;
		if (r < 0 ||
		    mip6_icmp6_decode(data, len, packet.hop_limit, &msg, &offset) !=
			    MIP6_DECODE_OK ||
		    !is_valid(&packet)) {
			nd->malformed++;
			continue;
		}
		nd->handler.packet(nd->handler.ctx, &packet);
	}
}

static int set_option(int fd, int option, int value)
{
	return setsockopt(fd, IPPROTO_IPV6, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int open_receiver(struct nd *nd, const uint8_t *types, size_t count)
{
	struct icmp6_filter filter;
	int size = RECEIVE_BUFFER;
	int r;

	memset(&filter, 0xff, sizeof(filter)); /* a set bit blocks */
	for (size_t i = 0; i < count; i++)
		filter.data[types[i] >> 5] &= ~(1U << (types[i] & 31));
	nd->fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMPV6);
	if (nd->fd < 0)
		return -errno;
	if (setsockopt(nd->fd, IPPROTO_ICMPV6, ICMPV6_FILTER, &filter, sizeof(filter)) < 0)
		return -errno;
	r = set_option(nd->fd, IPV6_RECVPKTINFO, 1);
	if (r == 0)
		r = set_option(nd->fd, IPV6_RECVHOPLIMIT, 1);
	if (r == 0)
		r = set_option(nd->fd, IPV6_MULTICAST_HOPS, ND_HOP_LIMIT);
	if (r == 0)
		r = set_option(nd->fd, IPV6_UNICAST_HOPS, ND_HOP_LIMIT);
	/* What we multicast is not for ourselves. */
	if (r == 0)
		r = set_option(nd->fd, IPV6_MULTICAST_LOOP, 0);
	/* A source that is still tentative, or that we defend for somebody, is all right. */
	(void)set_option(nd->fd, IPV6_FREEBIND, 1);
	if (setsockopt(nd->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(nd->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return r;
}

int nd_open(struct nd **ret, struct ev_loop *loop, const uint8_t *types, size_t count,
	    const struct nd_handler *handler)
{
	struct nd *nd = calloc(1, sizeof(*nd));
	int r;

	if (!nd)
		return -ENOMEM;
	nd->loop = loop;
	nd->handler = *handler;
	nd->header_fd = -1;
	r = open_receiver(nd, types, count);
	if (r == 0) {
		nd->header_fd =
			socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW);
		r = nd->header_fd < 0 ? -errno : set_option(nd->header_fd, IPV6_FREEBIND, 1);
		if (r == 0)
			r = set_option(nd->header_fd, IPV6_MULTICAST_LOOP, 0);
	}
	if (r < 0) {
		log_err("nd raw-socket error=\"%s\"%s", strerror(-r),
			r == -EPERM ? " needs=CAP_NET_RAW" : "");
		if (nd->fd >= 0)
			close(nd->fd);
		if (nd->header_fd >= 0)
			close(nd->header_fd);
		free(nd);
		return r;
	}
	ev_io_init(&nd->watcher, readable, nd->fd, EV_READ);
	nd->watcher.data = nd;
	ev_io_start(loop, &nd->watcher);
	*ret = nd;
	return 0;
}

static int membership(struct nd *nd, int option, uint32_t ifindex, const struct mip6_addr *group)
{
	struct ipv6_mreq request = {.ipv6mr_interface = ifindex};

	memcpy(&request.ipv6mr_multiaddr, group->b, sizeof(group->b));
	return setsockopt(nd->fd, IPPROTO_IPV6, option, &request, sizeof(request)) < 0 ? -errno : 0;
}

int nd_join(struct nd *nd, uint32_t ifindex, const struct mip6_addr *group)
{
	int r = mip6_addr_is_multicast(group) ? membership(nd, IPV6_JOIN_GROUP, ifindex, group)
					      : -EINVAL;

	return r == -EADDRINUSE ? 0 : r;
}

int nd_leave(struct nd *nd, uint32_t ifindex, const struct mip6_addr *group)
{
	int r = membership(nd, IPV6_LEAVE_GROUP, ifindex, group);

	/* The membership goes with the link. */
	return r == -EADDRNOTAVAIL || r == -ENODEV ? 0 : r;
}

int nd_join_anycast(struct nd *nd, uint32_t ifindex, const struct mip6_addr *addr)
{
	return membership(nd, IPV6_JOIN_ANYCAST, ifindex, addr);
}

int nd_leave_anycast(struct nd *nd, uint32_t ifindex, const struct mip6_addr *addr)
{
	return membership(nd, IPV6_LEAVE_ANYCAST, ifindex, addr);
}

int nd_send_unspecified(struct nd *nd, uint32_t ifindex, const struct mip6_addr *dst,
			const struct mip6_icmp6 *msg)
{
	/*
	 * The header is ours, but the kernel insists on a source to find the route with, and would
	 * choose one in vain: it gets some.
	 */
	const struct mip6_addr some = {{0xfe, 0x80, [15] = 1}};
	const struct mip6_addr any = {{0}};
	uint8_t data[HEADER_LEN + ND_PACKET_MAX];
	size_t len = mip6_icmp6_encode(msg, &any, dst, data + HEADER_LEN, ND_PACKET_MAX);
	struct mip6_writer w;

	if (!len)
		return -EMSGSIZE;
	mip6_writer_init(&w, data, HEADER_LEN);
	mip6_writer_u32(&w, (uint32_t)6 << 28);
	mip6_writer_u16(&w, (uint16_t)len);
	mip6_writer_u8(&w, IPPROTO_ICMPV6);
	mip6_writer_u8(&w, ND_HOP_LIMIT);
	mip6_writer_addr(&w, &any);
	mip6_writer_addr(&w, dst);
	return pktinfo_send(nd->header_fd, &some, ifindex, dst, data, HEADER_LEN + len);
}

int nd_send(struct nd *nd, uint32_t ifindex, const struct mip6_addr *src,
	    const struct mip6_addr *dst, const struct mip6_icmp6 *msg)
{
	uint8_t data[ND_PACKET_MAX];
	/* The kernel writes the checksum, with the source that it may choose only then. */
	size_t len = mip6_icmp6_encode(msg, src, dst, data, sizeof(data));
	int r;

	if (!len)
		return -EMSGSIZE;
	r = pktinfo_send(nd->fd, src, ifindex, dst, data, len);
	/* RFC 4861 section 6.3.7: a host without a usable address solicits all the same. */
	if (r == -EADDRNOTAVAIL && msg->type == MIP6_ICMP6_RS && msg->opt.lladdr_len == 0)
		return nd_send_unspecified(nd, ifindex, dst, msg);
	return r;
}

void nd_close(struct nd *nd)
{
	if (!nd)
		return;
	ev_io_stop(nd->loop, &nd->watcher);
	close(nd->fd);
	close(nd->header_fd);
	free(nd);
}

uint64_t nd_malformed(const struct nd *nd)
{
	return nd->malformed;
}
