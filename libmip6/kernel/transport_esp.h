/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of the Mobility Header transport whose messages travel inside ESP in transport mode (RFC
 * 6275 sections 5.1 and 5.4, RFC 4877): with the kernel's IPsec and its Mobile IPv6, on sockets
 * whose own policy lets nothing else in or out. Used by transport.c.
 */
#ifndef MIP6_KERNEL_TRANSPORT_ESP_H
#define MIP6_KERNEL_TRANSPORT_ESP_H

#include <ev.h>
#include <sys/socket.h>

#include "kernel/transport.h"
#include "kernel/xfrm.h"

struct transport_esp;

struct transport_esp_handler {
	void *ctx;
	void (*packet)(void *ctx, const struct mip6_packet *packet, uint32_t ifindex);
	/* A message about mobile prefixes, in packet->mh; its form unverified. */
	void (*icmp6)(void *ctx, const struct mip6_packet *packet);
};

int transport_esp_open(struct transport_esp **ret, struct ev_loop *loop,
                       const struct transport_esp_handler *handler, struct xfrm *xfrm,
                       bool home_agent);
void transport_esp_close(struct transport_esp *esp, bool keep);
/* See transport_use_reqids(). */
int transport_esp_use_reqids(struct transport_esp *esp, transport_reqid reqid, void *ctx);
/* See transport_mark(). */
void transport_esp_mark(struct transport_esp *esp, uint32_t mark);
/* One more element of ancillary data; msg_control has space for it. */
void transport_add_control(struct msghdr *msg, int level, int type, const void *value, size_t size);
/*
 * packet->mh is the message of this protocol: the Mobility Header or ICMPv6. ifindex: over this
 * link and no other; 0: any.
 */
int transport_esp_send(struct transport_esp *esp, const struct mip6_packet *packet,
                       uint8_t protocol, uint32_t ifindex);
/*
 * True when this message without HAO and routing header was also received inside ESP: the kernel
 * hands what it decrypted to every socket.
 */
bool transport_esp_seen(struct transport_esp *esp, const struct mip6_packet *packet);
void transport_esp_retain(struct transport_esp *esp,
                          bool (*is_wanted)(void *ctx, const struct mip6_addr *hoa), void *ctx);

#endif
