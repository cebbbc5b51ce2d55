/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What tests of the WTRU core have in common: one WTRU with up to two links in a world (see
 * wtru_world.h), and its way from D-GW 1 to D-GW 2.
 */
#ifndef TESTS_UNIT_WTRU_FIXTURE_H
#define TESTS_UNIT_WTRU_FIXTURE_H

#include "../common/suite.h"
#include "wtru_world.h"

#define LINK 2
#define OTHER 3
#define HOA(n) world_addr(n, 0x100)

#define assert_addr(got, want)                                 \
	do {                                                   \
		struct mip6_addr got_ = (got), want_ = (want); \
		ck_assert_mem_eq(&got_, &want_, sizeof(got_)); \
	} while (0)
#define assert_before(first, second)                                              \
	do {                                                                      \
		const struct world_action *first_ = (first), *second_ = (second); \
		ck_assert(first_ && second_ && first_ < second_);                 \
	} while (0)
#define assert_state(n, s) ck_assert_int_eq(world_state(&world, HOA(n)), (int)(s))
#define stat(s) wtru_stat_get(world.w, WTRU_STAT_##s)

extern struct world world;

void setup(void);
void teardown(void);
void pass(mip6_time time);
/* Carrier at D-GW dgw: flap, RA, address. */
void move(unsigned int dgw);
/* At D-GW 1, claim answered. */
void at_first(void);
/* Then at D-GW 2, with its claim answered. Returns the BU for HoA 1, not answered yet. */
const struct world_action *away(void);
void keep(struct mip6_addr hoa, bool on);
/* The WTRU gets mh; rh2: with this type 2 routing header; sa: authenticated by it. Or NULL. */
void message(struct mip6_mh *mh, struct mip6_addr src, struct mip6_addr dst,
             const struct mip6_addr *rh2, const struct mip6_auth_sa *sa);
#endif
