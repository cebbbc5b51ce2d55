// SPDX-License-Identifier: GPL-2.0-or-later
/* See wtru_fixture.h. */
#include "wtru_fixture.h"

struct world world;

void setup(void)
{
	world_init(&world);
	world_open(&world);
}

void teardown(void)
{
	world_close(&world);
}

void pass(mip6_time time)
{
	world_until(&world, world.now + time);
}

void move(unsigned int dgw)
{
	world_flap(&world, LINK, 0);
	world_attach(&world, LINK, dgw);
}

void at_first(void)
{
	world_link(&world, LINK, 0, true);
	world_attach(&world, LINK, 1);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 0);
	world_clear(&world);
}

const struct world_action *away(void)
{
	at_first();
	pass(2 * MIP6_S);
	world_clear(&world);
	move(2);
	world_answer(&world, world_bu(&world, HOA(2)), 0, 0);
	return world_bu(&world, HOA(1));
}

void keep(struct mip6_addr hoa, bool on)
{
	struct wtru_event event = {.type = WTRU_EVENT_KEEP};

	event.keep.hoa = hoa;
	event.keep.keep = on;
	world_step(&world, &event);
}

void message(struct mip6_mh *mh, struct mip6_addr src, struct mip6_addr dst,
             const struct mip6_addr *rh2, const struct mip6_auth_sa *sa)
{
	struct mip6_packet packet = {.src = src, .dst = dst};
	uint8_t data[MIP6_MH_MAX];

	if (rh2) {
		packet.has_rh2 = true;
		packet.rh2 = *rh2;
	}
	packet.mh = data;
	packet.mh_len = mip6_auth_encode(mh, sa, &dst, rh2 ? rh2 : &dst, data, sizeof(data));
	ck_assert_uint_gt(packet.mh_len, 0);
	world_mh(&world, &packet);
}
