// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Errors from inside tunnels (RFC 2473 sections 7 and 8, RFC 6275 section 9.3.4): listens to ICMPv6
 * Packet Too Big (RFC 8201), hands those about outer packets to the data plane, and relays them to
 * the inner source; and Destination Unreachable and Time Exceeded, which that is told as an
 * unreachable address. It believes nothing that does not quote a packet of ours.
 */
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/ip6.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "kernel/dataplane_bpf.h"

/* What an ICMPv6 error may quote: 1280 less IPv6 and ICMPv6 header (RFC 4443 section 2.4 (c)). */
#define QUOTE_MAX (1280 - 40 - 8)
/* Relayed messages per second (RFC 4443 section 2.4 (f)). */
#define RELAY_RATE 100

static bool may_relay(struct dataplane_icmp *icmp)
{
	mip6_time now = clock_monotonic();

	if (now - icmp->window > MIP6_S) {
		icmp->window = now;
		icmp->sent = 0;
	}
	return icmp->sent++ < RELAY_RATE;
}

/* RFC 4443 section 2.4 (e): no error about an error, nor to nobody in particular. */
static bool may_be_told(const uint8_t *inner, size_t len)
{
	struct mip6_addr src;

	memcpy(src.b, inner + 8, sizeof(src.b));
	return mip6_addr_is_routable(&src) &&
	       !(inner[6] == IPPROTO_ICMPV6 && len > 40 && !(inner[40] & ICMP6_INFOMSG_MASK));
}

/* info: what the third 32 bits of the message say. */
static void relay(struct dataplane_icmp *icmp, uint8_t type, uint8_t code, uint32_t info,
                  const uint8_t *inner, size_t len)
{
	uint8_t message[8 + QUOTE_MAX] = {type, code};
	struct sockaddr_in6 to = {.sin6_family = AF_INET6};

	if (!may_be_told(inner, len) || !may_relay(icmp))
		return;
	for (int i = 0; i < 4; i++)
		message[4 + i] = (uint8_t)(info >> (24 - 8 * i));
	if (len > QUOTE_MAX)
		len = QUOTE_MAX;
	memcpy(message + 8, inner, len);
	memcpy(&to.sin6_addr, inner + 8, 16);
	if (sendto(icmp->fd, message, 8 + len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) <
	    0)
		log_debug("data plane: cannot relay ICMPv6 type=%u error=\"%s\"", type,
		          strerror(errno));
}

static void too_big(struct dataplane_icmp *icmp, const struct dataplane_quote *quote)
{
	uint32_t outer = quote->info, mtu;

	/* What ESP leaves of a path may be less, says our own kernel; pieces are smaller still. */
	if (outer < 1280 && icmp->peers && dataplane_peers_has(icmp->peers, &quote->dst))
		outer = 1280;
	/* RFC 8201 section 4: less than the IPv6 minimum link MTU MUST be ignored. */
	if (outer >= 1280 && icmp->too_big(icmp->ctx, &quote->src, &quote->dst, outer,
	                                   quote->inner, quote->inner_len, &mtu))
		relay(icmp, ICMP6_PACKET_TOO_BIG, 0, mtu, quote->inner, quote->inner_len);
}

bool dataplane_icmp_parse(const uint8_t *data, size_t len, struct dataplane_quote *ret)
{
	const uint8_t *outer = data + 8, *inner = outer + 40;

	if (len < 8 + 40 + 40)
		return false;
	/* The first fragment of an outer packet quotes the inner header too; no others of ours do.
	 */
	if (outer[0] >> 4 == 6 && outer[6] == IPPROTO_FRAGMENT && len >= 8 + 40 + 8 + 40) {
		if (outer[40] != IPPROTO_IPV6 || outer[42] != 0 || outer[43] >> 3 != 0)
			return false;
		inner += 8;
	} else if (outer[0] >> 4 != 6 || outer[6] != IPPROTO_IPV6) {
		return false;
	}
	if (inner[0] >> 4 != 6)
		return false;
	ret->type = data[0];
	ret->info = (uint32_t)data[4] << 24 | (uint32_t)data[5] << 16 | (uint32_t)data[6] << 8 |
	            data[7];
	memcpy(ret->src.b, outer + 8, 16);
	memcpy(ret->dst.b, outer + 24, 16);
	ret->inner = inner;
	ret->inner_len = (size_t)(data + len - inner);
	return true;
}

static void message_arrived(struct dataplane_icmp *icmp, const uint8_t *data, size_t len)
{
	struct dataplane_quote quote;

	if (!dataplane_icmp_parse(data, len, &quote))
		return;
	if (quote.type == ICMP6_PACKET_TOO_BIG)
		too_big(icmp, &quote);
	/*
	 * RFC 2473 section 8.2: an unreachable node and a hop limit exceeded are one to the source.
	 * (Not so a fragment that was lost, the other Time Exceeded.)
	 */
	else if ((quote.type == ICMP6_DST_UNREACH || data[1] == ICMP6_TIME_EXCEED_TRANSIT) &&
	         icmp->tunnelled && icmp->tunnelled(icmp->ctx, &quote.src, &quote.dst, quote.inner))
		relay(icmp, ICMP6_DST_UNREACH, ICMP6_DST_UNREACH_ADDR, 0, quote.inner,
		      quote.inner_len);
}

static void readable(struct ev_loop *loop, struct ev_io *watcher, int revents)
{
	struct dataplane_icmp *icmp = watcher->data;
	uint8_t data[2048];

	(void)loop;
	(void)revents;
	/* A bounded number per turn: others want to be served too. */
	for (int i = 0; i < 64; i++) {
		ssize_t len = recv(icmp->fd, data, sizeof(data), MSG_DONTWAIT);

		if (len < 0)
			return;
		message_arrived(icmp, data, (size_t)len);
	}
}

int dataplane_icmp_open(struct dataplane_icmp *icmp)
{
	struct icmp6_filter filter;
	int rc;

	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ICMP6_PACKET_TOO_BIG, &filter);
	if (icmp->tunnelled) {
		ICMP6_FILTER_SETPASS(ICMP6_DST_UNREACH, &filter);
		ICMP6_FILTER_SETPASS(ICMP6_TIME_EXCEEDED, &filter);
	}
	icmp->fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_ICMPV6);
	if (icmp->fd < 0 ||
	    setsockopt(icmp->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) < 0) {
		rc = -errno;
		log_err("data plane: raw ICMPv6 socket: %s%s", strerror(-rc),
		        rc == -EPERM ? " (needs CAP_NET_RAW)" : "");
		dataplane_icmp_close(icmp);
		return rc;
	}
	ev_io_init(&icmp->watcher, readable, icmp->fd, EV_READ);
	icmp->watcher.data = icmp;
	ev_io_start(icmp->loop, &icmp->watcher);
	return 0;
}

void dataplane_icmp_close(struct dataplane_icmp *icmp)
{
	if (ev_is_active(&icmp->watcher))
		ev_io_stop(icmp->loop, &icmp->watcher);
	if (icmp->fd >= 0)
		close(icmp->fd);
	icmp->fd = -1;
}
