// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Outer packets in fragments (RFC 2473 section 7.1 (b)): on a path narrower than 1320 octets an
 * inner packet of 1280, which every sender may use, fits only in a fragmented outer packet. BPF
 * cannot fragment, so such packets leave through a TUN device, are read here, and are sent in
 * fragments. And a peer may do the same: what the kernel reassembled comes in on the raw socket of
 * protocol 41, and goes up the stack through the TUN device when its addresses match a binding.
 *
 * While that raw socket is open the kernel also learns the path MTU to tunnel peers, and does not
 * answer a tunnelled packet with Parameter Problem. What BPF has taken or dropped never gets here.
 */
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "kernel/dataplane_bpf.h"
#include "kernel/pktinfo.h"

#define HOP_LIMIT 64
#define HEADER_LEN 40
#define FRAGMENT_HEADER_LEN 8
#define MTU_MIN 1280 /* of every IPv6 link */
/* Packets per turn of the loop. */
#define BUDGET 64
#define PACKET_MAX 65575

static void put_u16(uint8_t *at, size_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/*
 * False: our own link takes no packet so large. Routed by its source: by the router that a care-of
 * address belongs to, and not into a tunnel as what has no source yet may be.
 */
static bool send_raw(const struct dataplane_fragment *fragment, const struct mip6_addr *local,
                     const struct mip6_addr *peer, uint8_t *packet, size_t len)
{
	int err = pktinfo_send(fragment->out, local, 0, peer, packet, len);

	if (err == -EMSGSIZE)
		return false;
	if (err)
		log_debug("data plane: cannot send a fragment peer=%s: %s", addr_text(peer),
		          strerror(-err));
	return true;
}

/* The IPv6 header of an outer packet with `payload` octets behind it. */
static void put_header(uint8_t *at, const uint8_t *inner, size_t payload, uint8_t next_header,
                       const struct mip6_addr *local, const struct mip6_addr *peer)
{
	memcpy(at, inner, 4); /* version, traffic class, flow label */
	put_u16(at + 4, payload);
	at[6] = next_header;
	at[7] = HOP_LIMIT;
	memcpy(at + 8, local, 16);
	memcpy(at + 24, peer, 16);
}

/* inner has HEADER_LEN + FRAGMENT_HEADER_LEN octets of room in front, for the headers of each
 * fragment. */
static void send_tunnelled(struct dataplane_fragment *fragment, uint8_t *inner, size_t len,
                           const struct mip6_addr *local, const struct mip6_addr *peer,
                           uint32_t mtu)
{
	size_t part, at = 0;
	uint8_t first[4];
	uint32_t id;

	memcpy(first, inner, sizeof(first));
	if (len + HEADER_LEN <= mtu) {
		put_header(inner - HEADER_LEN, first, len, IPPROTO_IPV6, local, peer);
		if (send_raw(fragment, local, peer, inner - HEADER_LEN, len + HEADER_LEN))
			return;
		mtu = MTU_MIN; /* the link has become narrower than what we know of the path */
	}
	part = (mtu - HEADER_LEN - FRAGMENT_HEADER_LEN) & ~(size_t)7;
	/* RFC 8200 section 4.5: different from other recent ones between these addresses. */
	id = fragment->id++;
	while (at < len) {
		size_t now = len - at < part ? len - at : part;
		uint8_t *header = inner + at - FRAGMENT_HEADER_LEN;

		header[0] = IPPROTO_IPV6;
		header[1] = 0;
		put_u16(header + 2, at | (at + now < len));
		memcpy(header + 4, &id, sizeof(id));
		put_header(header - HEADER_LEN, first, now + FRAGMENT_HEADER_LEN, IPPROTO_FRAGMENT,
		           local, peer);
		if (!send_raw(fragment, local, peer, header - HEADER_LEN,
		              HEADER_LEN + FRAGMENT_HEADER_LEN + now)) {
			if (at > 0 || mtu == MTU_MIN)
				return;
			mtu = MTU_MIN;
			part = (mtu - HEADER_LEN - FRAGMENT_HEADER_LEN) & ~(size_t)7;
			continue;
		}
		at += now;
	}
}

static void tun_readable(struct ev_loop *loop, struct ev_io *watcher, int revents)
{
	struct dataplane_fragment *fragment = watcher->data;
	static uint8_t buf[HEADER_LEN + FRAGMENT_HEADER_LEN + PACKET_MAX];
	uint8_t *inner = buf + HEADER_LEN + FRAGMENT_HEADER_LEN;

	(void)revents;
	for (int i = 0; i < BUDGET; i++) {
		struct mip6_addr local, peer;
		uint32_t mtu;
		ssize_t len = read(fragment->tun, inner, PACKET_MAX);

		if (len < 0) {
			if (errno != EAGAIN && errno != EINTR)
				ev_io_stop(loop, watcher);
			return;
		}
		if (len < HEADER_LEN || inner[0] >> 4 != 6)
			continue;
		if (fragment->second && fragment->second(fragment->ctx, inner, (size_t)len, &local,
		                                         &peer, &mtu))
			send_tunnelled(fragment, inner + HEADER_LEN, (size_t)len - HEADER_LEN,
			               &local, &peer, mtu);
		else if (fragment->entry(fragment->ctx, inner, (size_t)len, &local, &peer,
		                         &mtu))
			send_tunnelled(fragment, inner, (size_t)len, &local, &peer, mtu);
	}
}

/* 0, or negative when there is nothing to read. */
static int receive_one(struct dataplane_fragment *fragment)
{
	static uint8_t space[HEADER_LEN + FRAGMENT_HEADER_LEN + PACKET_MAX];
	uint8_t *buf = space + HEADER_LEN + FRAGMENT_HEADER_LEN;
	union {
		struct cmsghdr align;
		uint8_t space[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control;
	struct sockaddr_in6 from;
	struct iovec iov = {.iov_base = buf, .iov_len = PACKET_MAX};
	struct msghdr msg = {.msg_name = &from,
	                     .msg_namelen = sizeof(from),
	                     .msg_iov = &iov,
	                     .msg_iovlen = 1,
	                     .msg_control = &control,
	                     .msg_controllen = sizeof(control)};
	ssize_t len = recvmsg(fragment->raw, &msg, MSG_DONTWAIT);
	struct mip6_addr src, dst, local, peer;
	int tun, chained;
	uint32_t mtu;

	if (len < 0)
		return -errno;
	memcpy(&src, &from.sin6_addr, sizeof(src));
	if (len < HEADER_LEN || buf[0] >> 4 != 6 || !pktinfo_destination(&msg, &dst, NULL))
		return 0;
	chained = fragment->chain ? fragment->chain(fragment->ctx, &src, &dst, buf, (size_t)len,
	                                            &local, &peer, &mtu)
	                          : 0;
	if (chained > 0)
		send_tunnelled(fragment, buf, (size_t)len, &local, &peer, mtu);
	if (chained != 0 || !fragment->exit(fragment->ctx, &src, &dst, buf, (size_t)len))
		return 0;
	tun = fragment->device(fragment->ctx);
	if (tun >= 0 && write(tun, buf, (size_t)len) < 0)
		log_debug("data plane: cannot deliver a reassembled packet: %s", strerror(errno));
	return 0;
}

static void raw_readable(struct ev_loop *loop, struct ev_io *watcher, int revents)
{
	(void)loop;
	(void)revents;
	for (int i = 0; i < BUDGET && receive_one(watcher->data) == 0; i++)
		;
}

static int open_raw(int protocol)
{
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);

	return fd < 0 ? -errno : fd;
}

static int open_sockets(struct dataplane_fragment *fragment)
{
	int yes = 1;

	fragment->out = open_raw(IPPROTO_RAW);
	if (fragment->out < 0)
		return fragment->out;
	/* An address that is on its way, or gone with a move, is all right. */
	if (setsockopt(fragment->out, IPPROTO_IPV6, IPV6_FREEBIND, &yes, sizeof(yes)) < 0)
		return -errno;
	if (!fragment->exit)
		return 0;
	fragment->raw = open_raw(IPPROTO_IPV6);
	if (fragment->raw < 0)
		return fragment->raw;
	if (setsockopt(fragment->raw, IPPROTO_IPV6, IPV6_RECVPKTINFO, &yes, sizeof(yes)) < 0)
		return -errno;
	return 0;
}

int dataplane_fragment_open(struct dataplane_fragment *fragment)
{
	int rc = open_sockets(fragment);

	fragment->id = clock_random();
	if (rc < 0) {
		log_err("data plane: raw socket: %s%s", strerror(-rc),
		        rc == -EPERM ? " (needs CAP_NET_RAW)" : "");
		dataplane_fragment_close(fragment);
		return rc;
	}
	if (!fragment->exit)
		return 0;
	ev_io_init(&fragment->raw_watcher, raw_readable, fragment->raw, EV_READ);
	fragment->raw_watcher.data = fragment;
	ev_io_start(fragment->loop, &fragment->raw_watcher);
	return 0;
}

void dataplane_fragment_device(struct dataplane_fragment *fragment, int tun)
{
	fragment->tun = tun;
	ev_io_init(&fragment->tun_watcher, tun_readable, tun, EV_READ);
	fragment->tun_watcher.data = fragment;
	ev_io_start(fragment->loop, &fragment->tun_watcher);
}

void dataplane_fragment_close(struct dataplane_fragment *fragment)
{
	if (ev_is_active(&fragment->tun_watcher))
		ev_io_stop(fragment->loop, &fragment->tun_watcher);
	if (ev_is_active(&fragment->raw_watcher))
		ev_io_stop(fragment->loop, &fragment->raw_watcher);
	if (fragment->raw >= 0)
		close(fragment->raw);
	if (fragment->out >= 0)
		close(fragment->out);
	fragment->raw = fragment->out = -1;
}
