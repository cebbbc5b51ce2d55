/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * WTRU core and home-agent core talking to each other, message by message, in a simulated network.
 * Above each step of a test stands what goes over the network; the trace must be just that. "h0" is
 * the home address from D-GW g0, "c1" the care-of address at g1. The WTRU is w0.
 */
#ifndef TESTS_EXCHANGE_EXCHANGE_H
#define TESTS_EXCHANGE_EXCHANGE_H

#include "../common/suite.h"
#include "../sim/world.h"

extern struct world *const net;

/* One WTRU and three D-GWs with unique prefixes, unless the options say otherwise. */
void begin(const struct world_options *given);
void finish(void);
/* Let what is under way arrive; no timer of the cores is that short. */
void settle(void);
void move(unsigned int gateway);
/* The WTRU's address at this gateway, and how many sockets use it. */
struct mip6_addr address(unsigned int gateway);
void use(unsigned int gateway, uint32_t sockets);
#define expect(text) ck_assert_str_eq(world_trace(net), text)
/* Packets for that address get to the WTRU, and its own get out. */
bool reaches(unsigned int gateway);
struct wtru_instance_info instance(unsigned int gateway);
bool has_instance(unsigned int gateway);
const struct ha *anchor(unsigned int gateway);
/* A WTRU that was claimed at g0, has a session, and moved on to g1. */
void away_from_g0(void);

/* For world.drop: drops the next count messages of this type, to or from this gateway. */
struct dropper {
	enum mip6_mh_type type;
	unsigned int count;
	unsigned int gateway;
};

bool drop(void *ctx, const struct mip6_packet *packet, const struct mip6_mh *mh);

#endif
