/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world for the WTRU core: a clock, a random source, D-GWs that are numbers, and a record of
 * every action. D-GW n has the link-local address fe80::n, the home agent address 2001:db8:n::1,
 * and gives the WTRU the prefix 2001:db8:n:1::/64, in which its address is 2001:db8:n:1::100.
 */
#ifndef TESTS_UNIT_WTRU_WORLD_H
#define TESTS_UNIT_WTRU_WORLD_H

#include <mip6/wtru.h>

#define WORLD_ACTIONS_MAX 4096

struct world_action {
	struct wtru_action a;
	mip6_time at;
	struct mip6_mh mh; /* of SEND */
	uint8_t data[MIP6_MH_MAX];
};

struct world {
	struct wtru *w;
	void *memory;
	struct wtru_config config;
	mip6_time now;
	int64_t unix_us; /* at now 0 */
	uint32_t random;
	bool fixed_random;
	bool has_sa;
	struct mip6_addr sa_peer; /* with this one only; unspecified: with all */
	enum wtru_esp esp;
	struct mip6_auth_sa sa;
	size_t count;
	struct world_action *actions; /* since the last world_clear() */
	uint64_t timer_steps;
};

/* A configuration that tests may change before world_open(). */
void world_init(struct world *world);
void world_open(struct world *world);
void world_close(struct world *world);
void world_clear(struct world *world);

void world_step(struct world *world, const struct wtru_event *event);
/* Let time pass until t, with a TIMER event at each deadline on the way. */
void world_until(struct world *world, mip6_time t);

struct mip6_addr world_router(unsigned int dgw); /* fe80::n */
struct mip6_addr world_anchor(unsigned int dgw);
struct mip6_addr world_addr(unsigned int dgw, unsigned int host); /* 2001:db8:n:1::host */

void world_link(struct world *world, uint32_t ifindex, uint32_t rank, bool up);
void world_link_gone(struct world *world, uint32_t ifindex);
void world_flap(struct world *world, uint32_t ifindex, uint32_t rank);
/* The unicast RA with our prefix, or (prefix false) the multicast one without. */
void world_ra(struct world *world, uint32_t ifindex, unsigned int dgw, bool prefix);
/* The same from the given link-local address. */
void world_ra_from(struct world *world, uint32_t ifindex, unsigned int dgw, bool prefix,
                   struct mip6_addr router, uint16_t lifetime_s);
void world_ra_fill(struct mip6_icmp6 *msg, unsigned int dgw, bool prefix);
void world_address(struct world *world, uint32_t ifindex, struct mip6_addr addr, bool present);
void world_neighbour(struct world *world, uint32_t ifindex, unsigned int dgw, bool reachable);
void world_use(struct world *world, struct mip6_addr hoa, uint32_t sockets, mip6_time last_use);
/* RA with prefix, then the address: attached. */
void world_attach(struct world *world, uint32_t ifindex, unsigned int dgw);
void world_mh(struct world *world, const struct mip6_packet *packet);

/* The n-th action of this type since world_clear(), NULL without. */
const struct world_action *world_find(const struct world *world, enum wtru_action_type type,
                                      size_t n);
size_t world_count(const struct world *world, enum wtru_action_type type);
size_t world_notices(const struct world *world, enum wtru_notice what);
const struct world_action *world_notice(const struct world *world, enum wtru_notice what);
/* The last BU for hoa since world_clear(), NULL without; how many there were. */
const struct world_action *world_bu(const struct world *world, struct mip6_addr hoa);
size_t world_bu_count(const struct world *world, struct mip6_addr hoa);

/* A BA as the anchor would answer this BU; then world_mh() with it. */
struct world_ba {
	struct mip6_mh mh;
	struct mip6_packet packet;
	uint8_t data[MIP6_MH_MAX];
	struct mip6_addr coa, hoa;
};
void world_ba_make(struct world *world, struct world_ba *ba, const struct world_action *bu,
                   uint8_t status, uint32_t lifetime_s);
/* Encode and deliver. */
void world_ba_send(struct world *world, struct world_ba *ba);
void world_answer(struct world *world, const struct world_action *bu, uint8_t status,
                  uint32_t lifetime_s);

/* State of the instance of hoa; -1 without one. */
int world_state(const struct world *world, struct mip6_addr hoa);
bool world_info(const struct world *world, struct mip6_addr hoa, struct wtru_instance_info *ret);

#endif
