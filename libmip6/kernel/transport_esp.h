/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The part of the Mobility Header transport whose messages travel inside ESP in transport mode (RFC
 * 6275 section 5.1, RFC 4877): with the kernel's IPsec and its Mobile IPv6, on a socket whose own
 * policy lets nothing else in or out. Used by transport.c.
 */
#ifndef MIP6_KERNEL_TRANSPORT_ESP_H
#define MIP6_KERNEL_TRANSPORT_ESP_H

#include <ev.h>

#include "kernel/transport.h"
#include "kernel/xfrm.h"

struct transport_esp;

int transport_esp_open(struct transport_esp **ret, struct ev_loop *loop,
                       const struct transport_handler *handler, struct xfrm *xfrm, bool home_agent);
void transport_esp_close(struct transport_esp *esp, bool keep);
/* See transport_use_reqids(). */
int transport_esp_use_reqids(struct transport_esp *esp, transport_reqid reqid, void *ctx);
/* ifindex: over this link and no other; 0: any. */
int transport_esp_send(struct transport_esp *esp, const struct mip6_packet *packet,
                       uint32_t ifindex);
/*
 * True when this message without HAO and routing header was also received inside ESP: the kernel
 * hands what it decrypted to every socket.
 */
bool transport_esp_seen(struct transport_esp *esp, const struct mip6_packet *packet);
void transport_esp_retain(struct transport_esp *esp,
                          bool (*is_wanted)(void *ctx, const struct mip6_addr *hoa), void *ctx);

#endif
