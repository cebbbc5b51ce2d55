// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mobility Header transport over raw sockets, the same on every kernel (RFC 6275 sections 6.1, 6.3,
 * 6.4).
 *
 * Raw sockets of protocols 43 (routing header), 60 (destination options) and 135 (Mobility Header)
 * get a packet at the moment that the kernel meets that header, before it decides about it. When
 * the kernel can process the header it goes on to the next one, and another of the sockets gets
 * what is left. Then the headers passed come as ancillary data, from which we know that the packet
 * was seen before.
 *
 * ICMPv6 behind a Home Address option or a routing header is taken too, as far as it is about
 * mobile prefixes (RFC 6275 sections 6.7 and 6.8): no raw ICMPv6 socket sees it on a kernel that
 * drops these headers. A home agent is also told of everything else behind a Home Address option,
 * which it must answer when there is no binding (RFC 6275 section 9.3.1).
 *
 * Owns the sockets and the suppression table. Never looks into Mobility
 * Headers.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/suppress.h"
#include "kernel/transport.h"
#include "kernel/transport_esp.h"
#include "kernel/transport_filter.h"

#include "io/log.h"

#define PROTO_MH 135
#define OPTION_HAO 201 /* RFC 6275 section 6.3 */
#define RECEIVE_BUFFER (16 * 1024 * 1024) /* 10,000 packets at once from a NIC of 2 kB buffers */
#define SEND_BUFFER (8 * 1024 * 1024)     /* and to answer as many */
#define RECEIVE_MAX 4096 /* a Mobility Header has at most 2048 octets */
#define READS_PER_TURN 64
#define CONTROL_MAX 1024 /* ancillary data; more is cut off, and the packet dropped */
#define RECEIVERS 3

static const uint8_t protocols[RECEIVERS] = {IPPROTO_ROUTING, IPPROTO_DSTOPTS, PROTO_MH};

struct receiver {
	struct transport *transport;
	uint8_t protocol;
	int fd;
	ev_io watcher;
};

struct transport {
	struct ev_loop *loop;
	struct transport_handler handler;
	struct suppress *suppress;
	struct transport_esp *esp; /* NULL: none */
	char description[160];
	struct receiver receivers[RECEIVERS];
	int send_fd;
	uint32_t mark; /* of what has a Home Address option */
	uint64_t send_errors;
	uint64_t malformed_icmp6;
};

struct received {
	struct mip6_addr src;
	struct mip6_addr dst;
	uint32_t ifindex;
	bool seen; /* by the receiver of an earlier header */
	size_t len;
	uint8_t data[RECEIVE_MAX];
};

/*
 * True for an extension header after which another receiver's filter let the packet pass. (Not so
 * when ESP follows: then only the kernel can get at the Mobility Header.)
 */
static bool leads_to_mh(uint8_t next_header)
{
	return next_header == PROTO_MH || next_header == IPPROTO_DSTOPTS ||
	       next_header == IPPROTO_ROUTING;
}

/* 0, or a negative errno; -EAGAIN: nothing there. */
static int receive(int fd, struct received *ret)
{
	union {
		struct cmsghdr align;
		uint8_t data[CONTROL_MAX];
	} control;
	struct sockaddr_in6 from;
	struct iovec iov = {.iov_base = ret->data, .iov_len = sizeof(ret->data)};
	struct msghdr msg = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data),
	};
	bool has_info = false;
	ssize_t n;

	do
		n = recvmsg(fd, &msg, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC))
		return -EMSGSIZE;
	ret->seen = false;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		struct in6_pktinfo info;

		if (c->cmsg_level != IPPROTO_IPV6)
			continue;
		if ((c->cmsg_type == IPV6_DSTOPTS || c->cmsg_type == IPV6_RTHDR) &&
		    leads_to_mh(*CMSG_DATA(c)))
			ret->seen = true;
		if (c->cmsg_type != IPV6_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		memcpy(ret->dst.b, &info.ipi6_addr, sizeof(ret->dst.b));
		ret->ifindex = (uint32_t)info.ipi6_ifindex;
		has_info = true;
	}
	if (!has_info || msg.msg_namelen < sizeof(from))
		return -EBADMSG;
	memcpy(ret->src.b, &from.sin6_addr, sizeof(ret->src.b));
	ret->len = (size_t)n;
	return 0;
}

static bool is_about_prefixes(const struct mip6_packet *packet, uint8_t last)
{
	return last == IPPROTO_ICMPV6 && packet->mh_len > 0 &&
	       (packet->mh[0] == MIP6_ICMP6_MPS || packet->mh[0] == MIP6_ICMP6_MPA);
}

/* RFC 6275 section 10.3.1: the binding MUST NOT be asked for when IPsec follows. */
static bool is_protected(uint8_t last)
{
	return last == IPPROTO_ESP || last == IPPROTO_AH;
}

static void handle_icmp6(struct transport *t, const struct mip6_packet *packet)
{
	const uint8_t hop_limit = 64; /* nothing that depends on it comes behind these headers */
	struct mip6_icmp6 msg;
	size_t offset;

	if (mip6_checksum(mip6_packet_source(packet), mip6_packet_destination(packet),
			  IPPROTO_ICMPV6, packet->mh, packet->mh_len) != 0 ||
	    mip6_icmp6_decode(packet->mh, packet->mh_len, hop_limit, &msg, &offset) !=
		    MIP6_DECODE_OK)
		t->malformed_icmp6++;
	else
		t->handler.icmp6(t->handler.ctx, packet, &msg);
}

static void handle_other(struct transport *t, uint8_t protocol, const struct received *r)
{
	struct mip6_packet packet;
	uint8_t last;
	size_t offset;

	if (mip6_packet_decode_headers(&r->src, &r->dst, protocol, r->data, r->len, &packet, &last,
				       &offset) != MIP6_DECODE_OK)
		return;
	if (is_about_prefixes(&packet, last)) {
		if (t->handler.icmp6)
			handle_icmp6(t, &packet);
	} else if (t->handler.home_address && packet.has_hao && !is_protected(last)) {
		struct mip6_packet head = {
			.src = packet.src, .dst = packet.dst, .has_hao = true, .hao = packet.hao};

		t->handler.home_address(t->handler.ctx, &head);
	}
}

/* RFC 6275 section 9.3.1: an option whose address is none is answered like one without a binding. */
static void tell_unroutable(struct transport *t, const struct received *r, size_t offset)
{
	struct mip6_packet head = {.src = r->src, .dst = r->dst, .has_hao = true};

	if (!t->handler.home_address || offset + 2 + sizeof(head.hao) > r->len ||
	    r->data[offset] != OPTION_HAO || r->data[offset + 1] != sizeof(head.hao))
		return;
	memcpy(&head.hao, &r->data[offset + 2], sizeof(head.hao));
	/* Else it is the second one. */
	if (!mip6_addr_is_routable(&head.hao))
		t->handler.home_address(t->handler.ctx, &head);
}

static void handle(struct transport *t, uint8_t protocol, const struct received *r)
{
	struct mip6_packet packet;
	enum mip6_decode result;
	size_t offset = 0;

	/*
	 * Mobility Headers are between two nodes; nothing could be answered from such an address.
	 */
	if (r->seen || mip6_addr_is_multicast(&r->dst))
		return;
	result = mip6_packet_decode(&r->src, &r->dst, protocol, r->data, r->len, &packet, &offset);
	if (result == MIP6_DECODE_OK && t->esp && protocol == PROTO_MH &&
	    transport_esp_seen(t->esp, &packet))
		return;
	if (result == MIP6_DECODE_OK)
		t->handler.packet(t->handler.ctx, &packet, r->ifindex);
	else if (result == MIP6_DECODE_NOT_MH)
		handle_other(t, protocol, r);
	else if (t->handler.bad)
		t->handler.bad(t->handler.ctx, &r->src, &r->dst, result, offset);
	if (result == MIP6_DECODE_DISCARD)
		tell_unroutable(t, r, offset);
}

static void readable(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct receiver *receiver = watcher->data;
	struct received r;

	(void)loop;
	(void)revents;
	for (int i = 0; i < READS_PER_TURN; i++) {
		int error = receive(receiver->fd, &r);

		if (error == -EAGAIN)
			return;
		if (error == 0)
			handle(receiver->transport, receiver->protocol, &r);
		else
			log_debug("transport receive protocol=%u error=\"%s\"", receiver->protocol,
				  strerror(-error));
	}
}

static int open_receiver(struct receiver *r, bool home_addresses)
{
	static const int options[] = {IPV6_RECVPKTINFO, IPV6_RECVDSTOPTS, IPV6_RECVRTHDR};
	int size = RECEIVE_BUFFER;
	int one = 1;

	r->fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, r->protocol);
	if (r->fd < 0)
		return -errno;
	/*
	 * What came between socket() and here has no ancillary data yet, and is dropped for that.
	 */
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (setsockopt(r->fd, IPPROTO_IPV6, options[i], &one, sizeof(one)) < 0)
			return -errno;
	}
	if (setsockopt(r->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(r->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	ev_io_init(&r->watcher, readable, r->fd, EV_READ);
	r->watcher.data = r;
	if (r->protocol == PROTO_MH)
		return 0;
	return transport_filter_attach(r->fd, home_addresses && r->protocol == IPPROTO_DSTOPTS);
}

static int open_sender(struct transport *t)
{
	int one = 1;
	int zero = 0;
	int size = SEND_BUFFER;

	t->send_fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_RAW);
	if (t->send_fd < 0)
		return -errno;
	/* The source selects the route (rules by source), also while the address is tentative. */
	if (setsockopt(t->send_fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one)) < 0)
		log_debug("transport option=IPV6_FREEBIND error=\"%s\"", strerror(errno));
	if (setsockopt(t->send_fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(t->send_fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	/* It only sends; nothing may pile up in it. */
	(void)setsockopt(t->send_fd, SOL_SOCKET, SO_RCVBUF, &zero, sizeof(zero));
	return 0;
}

static void open_suppression(struct transport *t)
{
	char why[96] = "";

	if (suppress_kernel_has_mip6()) {
		snprintf(t->description, sizeof(t->description),
			 "raw sockets; the kernel sends no Parameter Problem (it has MIP6)");
		return;
	}
	if (suppress_open(&t->suppress, t->handler.home_address != NULL, why, sizeof(why)) == 0) {
		snprintf(t->description, sizeof(t->description),
			 "raw sockets; Parameter Problem suppressed by nftables (table %s)",
			 suppress_table(t->suppress));
		return;
	}
	snprintf(t->description, sizeof(t->description),
		 "raw sockets; Parameter Problem not suppressed: %s", why);
	log_warning(
		"transport suppression=none reason=\"%s\" effect=\"peers get a Parameter Problem "
		"for each message\"",
		why);
}

int transport_open(struct transport **ret, struct ev_loop *loop,
		   const struct transport_handler *handler)
{
	struct transport *t = calloc(1, sizeof(*t));
	int r = 0;

	if (!t)
		return -ENOMEM;
	t->loop = loop;
	t->handler = *handler;
	t->send_fd = -1;
	for (size_t i = 0; i < RECEIVERS; i++) {
		t->receivers[i].transport = t;
		t->receivers[i].protocol = protocols[i];
		t->receivers[i].fd = -1;
	}
	/* First, so that no error leaves for a packet that the sockets get. */
	open_suppression(t);
	for (size_t i = 0; i < RECEIVERS && r == 0; i++)
		r = open_receiver(&t->receivers[i], handler->home_address != NULL);
	if (r == 0)
		r = open_sender(t);
	if (r < 0) {
		log_err("transport raw-sockets error=\"%s\"%s", strerror(-r),
			r == -EPERM ? " needs=CAP_NET_RAW" : "");
		transport_close(t);
		return r;
	}
	for (size_t i = 0; i < RECEIVERS; i++)
		ev_io_start(loop, &t->receivers[i].watcher);
	*ret = t;
	return 0;
}

static void take_esp(void *ctx, const struct mip6_packet *packet, uint32_t ifindex)
{
	struct transport *t = ctx;

	t->handler.packet(t->handler.ctx, packet, ifindex);
}

static void take_esp_icmp6(void *ctx, const struct mip6_packet *packet)
{
	struct transport *t = ctx;

	if (t->handler.icmp6)
		handle_icmp6(t, packet);
}

void transport_mark(struct transport *transport, uint32_t mark)
{
	transport->mark = mark;
	if (transport->esp)
		transport_esp_mark(transport->esp, mark);
}

int transport_open_esp(struct transport *transport, struct xfrm *xfrm, bool home_agent)
{
	const struct transport_esp_handler handler = {transport, take_esp, take_esp_icmp6};
	int r = transport_esp_open(&transport->esp, transport->loop, &handler, xfrm, home_agent);
	size_t len = strlen(transport->description);

	if (r == 0) {
		snprintf(transport->description + len, sizeof(transport->description) - len,
			 "; ESP by the kernel");
		transport_esp_mark(transport->esp, transport->mark);
	}
	return r;
}

int transport_use_reqids(struct transport *transport, transport_reqid reqid, void *ctx)
{
	return transport->esp ? transport_esp_use_reqids(transport->esp, reqid, ctx)
			      : -EPROTONOSUPPORT;
}

void transport_close_esp(struct transport *transport, bool keep)
{
	transport_esp_close(transport->esp, keep);
	transport->esp = NULL;
}

void transport_retain(struct transport *transport,
		      bool (*is_wanted)(void *ctx, const struct mip6_addr *hoa), void *ctx)
{
	if (transport->esp)
		transport_esp_retain(transport->esp, is_wanted, ctx);
}

static int send_esp(struct transport *transport, const struct mip6_packet *packet,
		    uint8_t protocol, uint32_t ifindex)
{
	int r = transport->esp ? transport_esp_send(transport->esp, packet, protocol, ifindex)
			       : -EPROTONOSUPPORT;

	if (r < 0)
		transport->send_errors++;
	return r;
}

void transport_add_control(struct msghdr *msg, int level, int type, const void *value, size_t size)
{
	struct cmsghdr header = {
		.cmsg_level = level, .cmsg_type = type, .cmsg_len = CMSG_LEN(size)};
	uint8_t *end = (uint8_t *)msg->msg_control + msg->msg_controllen;

	memcpy(end, &header, sizeof(header));
	memcpy(end + CMSG_LEN(0), value, size);
	msg->msg_controllen += CMSG_SPACE(size);
}

/* data of len octets is the whole packet; 0 is one that could not be made. */
static int send_data(struct transport *transport, const struct mip6_packet *packet, void *data,
		     size_t len)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6};
	struct in6_pktinfo info = {0};
	union {
		struct cmsghdr header;
		uint8_t data[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
			     CMSG_SPACE(sizeof(uint32_t))];
	} control = {0};
	struct iovec iov = {.iov_base = data, .iov_len = len};
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.data,
	};
	ssize_t n;
	int r;

	if (!len) {
		transport->send_errors++;
		return -EMSGSIZE;
	}
	memcpy(&to.sin6_addr, packet->dst.b, sizeof(to.sin6_addr));
	memcpy(&info.ipi6_addr, packet->src.b, sizeof(info.ipi6_addr));
	transport_add_control(&msg, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	if (packet->has_hao && transport->mark)
		transport_add_control(&msg, SOL_SOCKET, SO_MARK, &transport->mark,
				      sizeof(transport->mark));
	do
		n = sendmsg(transport->send_fd, &msg, 0);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	r = -errno;
	transport->send_errors++;
	log_debug("transport send dst=%s error=\"%s\"", addr_text(&packet->dst), strerror(-r));
	return r;
}

int transport_send(struct transport *transport, const struct mip6_packet *packet)
{
	uint8_t data[MIP6_PACKET_MAX];

	if (packet->esp)
		return send_esp(transport, packet, PROTO_MH, 0);
	return send_data(transport, packet, data, mip6_packet_encode(packet, data, sizeof(data)));
}

int transport_send_icmp6(struct transport *transport, const struct mip6_packet *packet,
			 const struct mip6_icmp6 *msg)
{
	uint8_t message[MIP6_PACKET_MAX], data[MIP6_PACKET_MAX];
	struct mip6_packet with = *packet;
	size_t len = 0;

	with.mh = message;
	with.mh_len = mip6_icmp6_encode(msg, mip6_packet_source(packet),
					mip6_packet_destination(packet), message, sizeof(message));
	if (with.mh_len && packet->esp)
		return send_esp(transport, &with, IPPROTO_ICMPV6, 0);
	if (with.mh_len)
		len = mip6_packet_encode_headers(&with, IPPROTO_ICMPV6, data, sizeof(data));
	return send_data(transport, packet, data, len);
}

static int bind_sender(const struct transport *t, uint32_t ifindex)
{
	int index = (int)ifindex;

	return setsockopt(t->send_fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof(index)) < 0
		       ? -errno
		       : 0;
}

int transport_send_on_link(struct transport *transport, const struct mip6_packet *packet,
			   uint32_t ifindex)
{
	int r;

	if (packet->esp)
		return send_esp(transport, packet, PROTO_MH, ifindex);
	/* Ancillary data would only prefer the interface: a bound socket insists on it. */
	r = bind_sender(transport, ifindex);
	if (r < 0) {
		transport->send_errors++;
		return r;
	}
	r = transport_send(transport, packet);
	bind_sender(transport, 0);
	return r;
}

void transport_close(struct transport *transport)
{
	if (!transport)
		return;
	transport_close_esp(transport, true);
	for (size_t i = 0; i < RECEIVERS; i++) {
		if (transport->receivers[i].fd < 0)
			continue;
		ev_io_stop(transport->loop, &transport->receivers[i].watcher);
		close(transport->receivers[i].fd);
	}
	if (transport->send_fd >= 0)
		close(transport->send_fd);
	suppress_close(transport->suppress);
	free(transport);
}

const char *transport_describe(const struct transport *transport)
{
	return transport->description;
}

uint64_t transport_send_errors(const struct transport *transport)
{
	return transport->send_errors;
}

uint64_t transport_malformed_icmp6(const struct transport *transport)
{
	return transport->malformed_icmp6;
}
