/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the world share. */
#ifndef WORLD_PRIVATE_H
#define WORLD_PRIVATE_H

#include "world.h"

#define WORLD_PREFIX_VALID_S 240
#define WORLD_LIFETIME_S 60
#define WORLD_OWNERSHIP_S 300
#define WORLD_LINGER_S 20
#define WORLD_ROUTER_LIFETIME_S 900
#define WORLD_RA_INTERVAL_S 60

void *world_alloc(size_t size); /* zeroed; aborts when there is none */

void world_map_put(struct world_map *map, const struct mip6_addr *key, void *value);
void world_map_remove(struct world_map *map, const struct mip6_addr *key);
void world_map_clear(struct world_map *map);

void world_push(struct world *world, const struct world_event *event);
/* Send what a core has made; sender as in struct world_event, or from D-GW to neighbour. */
#define WORLD_ON_LINK (-2)
void world_send(struct world *world, const struct mip6_packet *packet, int sender);

/* A line of the trace, when notes are wanted. */
void world_note(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

void world_note_address(struct world *world, char kind, unsigned int node, const char *what,
                        const struct mip6_addr *addr, unsigned int status);

/* world_gateway.c */
void world_gateway_init(struct world *world, unsigned int index);
void world_gateway_free(struct world_gateway *g);
void world_gateway_step(struct world_gateway *g, const struct ha_event *event);
void world_gateway_receive(struct world_gateway *g, const struct world_event *event);
void world_gateway_timer(struct world_gateway *g, const struct world_event *event);
void world_gateway_dad(struct world_gateway *g, const struct world_event *event);
/* The /64 that this D-GW gives the WTRU; makes one when there is none. 0: shared prefix. */
uint16_t world_gateway_assign(struct world_gateway *g, unsigned int wtru);

/* world_pgw.c */
void world_pgw_init(struct world *world, unsigned int index);
void world_pgw_free(struct world_pgw *p);
void world_pgw_step(struct world_pgw *p, const struct chain_event *event);
void world_pgw_receive(struct world_pgw *p, const struct world_event *event);
void world_pgw_timer(struct world_pgw *p, const struct world_event *event);
const struct ha_peer *world_find_peer(const struct world *world, const struct mip6_addr *addr);
bool world_border_passes(const struct world *world, const struct mip6_addr *src,
                         const struct mip6_addr *dst);

/* world_wtru.c */
void world_wtru_init(struct world *world, unsigned int index);
void world_wtru_free(struct world_wtru *w);
void world_wtru_step(struct world_wtru *w, const struct wtru_event *event);
void world_wtru_receive(struct world_wtru *w, const struct world_event *event);
void world_wtru_timer(struct world_wtru *w, const struct world_event *event);
void world_wtru_ra(struct world_wtru *w, const struct world_event *event);
void world_wtru_address(struct world_wtru *w, const struct world_event *event);
void world_wtru_address_expiry(struct world_wtru *w, const struct world_event *event);
void world_wtru_address_gone(struct world_wtru *w, const struct world_event *event);
void world_wtru_use(struct world_wtru *w);
void world_wtru_probe_answer(struct world_wtru *w, const struct world_event *event);
/* Does this WTRU have addr on its link to that D-GW? */
bool world_wtru_native(const struct world_wtru *w, const struct mip6_addr *addr,
                       unsigned int gateway);

struct mip6_addr world_shared_address(unsigned int gateway, uint32_t iid);
struct mip6_addr world_unique_address(unsigned int gateway, uint16_t prefix, uint32_t iid);

#endif
