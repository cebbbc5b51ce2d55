// SPDX-License-Identifier: GPL-2.0-or-later
/* The world of the WTRU core's tests: see wtru_world.h. */
#include "wtru_world.h"

#include <assert.h>
#include <stdlib.h>

static uint32_t world_random(void *ctx)
{
	struct world *world = ctx;

	if (!world->fixed_random)
		world->random = world->random * 1664525u + 1013904223u;
	return world->random;
}

static int64_t world_unix(void *ctx)
{
	struct world *world = ctx;

	return world->unix_us + world->now;
}

static const struct mip6_auth_sa *world_sa(void *ctx, const struct mip6_addr *anchor)
{
	struct world *world = ctx;

	if (!mip6_addr_is_unspecified(&world->sa_peer) &&
	    !mip6_addr_equal(&world->sa_peer, anchor))
		return NULL;
	return world->has_sa ? &world->sa : NULL;
}

void world_init(struct world *world)
{
	memset(world, 0, sizeof(*world));
	world->config = (struct wtru_config){
		.instances_max = 32,
		.links_max = 4,
		.lifetime_s = 600,
		.linger_s = 10,
		.use_interval_ms = 1000,
		.heartbeat_interval_ms = 0,
		.heartbeat_missing_max = 2,
		.retransmit_initial_ms = 1000,
		.retransmit_max_ms = 32000,
		.probe_ms = 40,
		.claim = true,
		.identity = "wtru@example.net",
	};
	world->now = 1000 * MIP6_S;
	world->unix_us = INT64_C(1700000000000000);
	world->random = 12345;
	world->sa = (struct mip6_auth_sa){.spi = 3,
	                                  .algorithm = MIP6_AUTH_HMAC_SHA1,
	                                  .key_len = 16,
	                                  .key = "0123456789abcdef"};
	world->actions = calloc(WORLD_ACTIONS_MAX, sizeof(*world->actions));
	assert(world->actions);
}

void world_open(struct world *world)
{
	world->memory = malloc(wtru_memory_size(&world->config));
	assert(world->memory);
	/* It need not be zeroed. */
	memset(world->memory, 0xa5, wtru_memory_size(&world->config));
	world->w = wtru_init(world->memory, &world->config);
}

void world_close(struct world *world)
{
	free(world->memory);
	free(world->actions);
	memset(world, 0, sizeof(*world));
}

void world_clear(struct world *world)
{
	world->count = 0;
}

static void world_emit(void *ctx, const struct wtru_action *action)
{
	struct world *world = ctx;
	struct world_action *slot;

	assert(world->count < WORLD_ACTIONS_MAX);
	slot = &world->actions[world->count++];
	slot->a = *action;
	slot->at = world->now;
	if (action->type == WTRU_ACTION_SEND) {
		size_t offset;

		assert(action->packet.mh_len <= sizeof(slot->data));
		memcpy(slot->data, action->packet.mh, action->packet.mh_len);
		slot->a.packet.mh = slot->data;
		assert(mip6_mh_decode(slot->data, action->packet.mh_len, &slot->mh, &offset) ==
		       MIP6_DECODE_OK);
	}
}

static enum wtru_esp world_esp(void *ctx, const struct mip6_addr *hoa,
                               const struct mip6_addr *anchor)
{
	const struct world *world = ctx;

	(void)hoa;
	(void)anchor;
	return world->esp;
}

void world_step(struct world *world, const struct wtru_event *event)
{
	const struct wtru_env env = {
		.ctx = world,
		.random = world_random,
		.unix_us = world_unix,
		.find_sa = world_sa,
		.esp = world_esp,
	};
	const struct wtru_actions actions = {.ctx = world, .emit = world_emit};

	wtru_step(world->w, event, world->now, &env, &actions);
}

void world_until(struct world *world, mip6_time t)
{
	static const struct wtru_event timer = {.type = WTRU_EVENT_TIMER};
	unsigned int same = 0;

	for (;;) {
		mip6_time deadline = wtru_deadline(world->w);

		if (deadline > t)
			break;
		/* A timer step always moves the deadline on: nothing spins. */
		same = deadline <= world->now ? same + 1 : 0;
		assert(same < 2);
		if (deadline > world->now)
			world->now = deadline;
		world->timer_steps++;
		world_step(world, &timer);
	}
	world->now = t;
}

struct mip6_addr world_router(unsigned int dgw)
{
	struct mip6_addr addr = {.b = {0xfe, 0x80}};

	addr.b[15] = (uint8_t)dgw;
	return addr;
}

struct mip6_addr world_anchor(unsigned int dgw)
{
	struct mip6_addr addr = {.b = {0x20, 0x01, 0x0d, 0xb8}};

	addr.b[5] = (uint8_t)dgw;
	addr.b[15] = 1;
	return addr;
}

struct mip6_addr world_addr(unsigned int dgw, unsigned int host)
{
	struct mip6_addr addr = world_anchor(dgw);

	addr.b[7] = 1;
	addr.b[14] = (uint8_t)(host >> 8);
	addr.b[15] = (uint8_t)host;
	return addr;
}

void world_link(struct world *world, uint32_t ifindex, uint32_t rank, bool up)
{
	struct wtru_event event = {.type = WTRU_EVENT_LINK};

	event.link.ifindex = ifindex;
	event.link.present = true;
	event.link.up = up;
	event.link.rank = rank;
	world_step(world, &event);
}

void world_link_gone(struct world *world, uint32_t ifindex)
{
	struct wtru_event event = {.type = WTRU_EVENT_LINK};

	event.link.ifindex = ifindex;
	world_step(world, &event);
}

void world_flap(struct world *world, uint32_t ifindex, uint32_t rank)
{
	struct wtru_event event = {.type = WTRU_EVENT_LINK};

	event.link.ifindex = ifindex;
	event.link.present = true;
	event.link.up = true;
	event.link.rank = rank;
	event.link.flapped = true;
	world_step(world, &event);
}

void world_ra_fill(struct mip6_icmp6 *msg, unsigned int dgw, bool prefix)
{
	struct mip6_pio *pio;

	memset(msg, 0, sizeof(*msg));
	msg->type = MIP6_ICMP6_RA;
	msg->ra.flags = MIP6_RA_H;
	msg->ra.router_lifetime_s = 1800;
	msg->opt.has_pvd = true;
	memcpy(msg->opt.pvd, "operator.example", 17);
	if (prefix) {
		pio = &msg->opt.pio[msg->opt.pio_count++];
		pio->prefix = world_addr(dgw, 0);
		pio->len = 64;
		pio->flags = MIP6_PIO_A;
		pio->valid_s = 7200;
		pio->preferred_s = 60;
	}
	pio = &msg->opt.pio[msg->opt.pio_count++];
	pio->prefix = world_anchor(dgw);
	pio->len = 64;
	pio->flags = MIP6_PIO_R;
	pio->valid_s = 7200;
	pio->preferred_s = 60;
}

void world_ra_from(struct world *world, uint32_t ifindex, unsigned int dgw, bool prefix,
                   struct mip6_addr router, uint16_t lifetime_s)
{
	struct wtru_event event = {.type = WTRU_EVENT_RA};
	struct mip6_icmp6 msg;

	world_ra_fill(&msg, dgw, prefix);
	msg.ra.router_lifetime_s = lifetime_s;
	event.ra.ifindex = ifindex;
	event.ra.router = router;
	event.ra.msg = &msg;
	world_step(world, &event);
}

void world_ra(struct world *world, uint32_t ifindex, unsigned int dgw, bool prefix)
{
	world_ra_from(world, ifindex, dgw, prefix, world_router(dgw), 1800);
}

void world_address(struct world *world, uint32_t ifindex, struct mip6_addr addr, bool present)
{
	struct wtru_event event = {.type = WTRU_EVENT_ADDRESS};

	event.address.ifindex = ifindex;
	event.address.addr = addr;
	event.address.prefix_len = 64;
	event.address.present = present;
	event.address.usable = present;
	event.address.valid_s = 7200;
	world_step(world, &event);
}

void world_neighbour(struct world *world, uint32_t ifindex, unsigned int dgw, bool reachable)
{
	struct wtru_event event = {.type = WTRU_EVENT_NEIGHBOUR};

	event.neighbour.ifindex = ifindex;
	event.neighbour.addr = world_router(dgw);
	event.neighbour.reachable = reachable;
	world_step(world, &event);
}

void world_use(struct world *world, struct mip6_addr hoa, uint32_t sockets, mip6_time last_use)
{
	struct wtru_event event = {.type = WTRU_EVENT_USE};

	event.use.hoa = hoa;
	event.use.sockets = sockets;
	event.use.last_use = last_use;
	world_step(world, &event);
}

void world_attach(struct world *world, uint32_t ifindex, unsigned int dgw)
{
	world_ra(world, ifindex, dgw, true);
	world_address(world, ifindex, world_addr(dgw, 0x100), true);
}

void world_mh(struct world *world, const struct mip6_packet *packet)
{
	struct wtru_event event = {.type = WTRU_EVENT_MH};

	event.mh.packet = packet;
	world_step(world, &event);
}

const struct world_action *world_find(const struct world *world, enum wtru_action_type type,
                                      size_t n)
{
	for (size_t k = 0; k < world->count; k++) {
		if (world->actions[k].a.type == type && n-- == 0)
			return &world->actions[k];
	}
	return NULL;
}

size_t world_count(const struct world *world, enum wtru_action_type type)
{
	size_t count = 0;

	for (size_t k = 0; k < world->count; k++)
		count += world->actions[k].a.type == type;
	return count;
}

const struct world_action *world_notice(const struct world *world, enum wtru_notice what)
{
	for (size_t k = world->count; k > 0; k--) {
		const struct world_action *action = &world->actions[k - 1];

		if (action->a.type == WTRU_ACTION_NOTIFY && action->a.notice.what == what)
			return action;
	}
	return NULL;
}

size_t world_notices(const struct world *world, enum wtru_notice what)
{
	size_t count = 0;

	for (size_t k = 0; k < world->count; k++)
		count += world->actions[k].a.type == WTRU_ACTION_NOTIFY &&
		         world->actions[k].a.notice.what == what;
	return count;
}

static bool is_bu(const struct world_action *action, const struct mip6_addr *hoa)
{
	return action->a.type == WTRU_ACTION_SEND && action->mh.type == MIP6_MH_BU &&
	       mip6_addr_equal(mip6_packet_source(&action->a.packet), hoa);
}

const struct world_action *world_bu(const struct world *world, struct mip6_addr hoa)
{
	for (size_t k = world->count; k > 0; k--) {
		if (is_bu(&world->actions[k - 1], &hoa))
			return &world->actions[k - 1];
	}
	return NULL;
}

size_t world_bu_count(const struct world *world, struct mip6_addr hoa)
{
	size_t count = 0;

	for (size_t k = 0; k < world->count; k++)
		count += is_bu(&world->actions[k], &hoa);
	return count;
}

void world_ba_make(struct world *world, struct world_ba *ba, const struct world_action *bu,
                   uint8_t status, uint32_t lifetime_s)
{
	(void)world;
	memset(ba, 0, sizeof(*ba));
	ba->mh.type = MIP6_MH_BA;
	ba->mh.ba.status = status;
	ba->mh.ba.seq = bu->mh.bu.seq;
	ba->mh.ba.lifetime_s4 = (uint16_t)(lifetime_s / MIP6_LIFETIME_UNIT_S);
	if (bu->mh.opt.has & MIP6_HAS_MESG_ID) {
		ba->mh.opt.has |= MIP6_HAS_MESG_ID;
		ba->mh.opt.mesg_id = bu->mh.opt.mesg_id;
	}
	ba->packet.src = bu->a.packet.dst;
	ba->packet.dst = bu->a.packet.src;
	ba->coa = bu->a.packet.src;
	ba->hoa = bu->a.packet.src;
	if (bu->a.packet.has_hao) {
		ba->packet.has_rh2 = true;
		ba->packet.rh2 = bu->a.packet.hao;
		ba->hoa = bu->a.packet.hao;
	}
}

void world_ba_send(struct world *world, struct world_ba *ba)
{
	ba->packet.mh = ba->data;
	ba->packet.mh_len = mip6_auth_encode(&ba->mh, world->has_sa ? &world->sa : NULL, &ba->coa,
	                                     &ba->hoa, ba->data, sizeof(ba->data));
	assert(ba->packet.mh_len > 0);
	world_mh(world, &ba->packet);
}

void world_answer(struct world *world, const struct world_action *bu, uint8_t status,
                  uint32_t lifetime_s)
{
	struct world_ba ba;

	world_ba_make(world, &ba, bu, status, lifetime_s);
	world_ba_send(world, &ba);
}

bool world_info(const struct world *world, struct mip6_addr hoa, struct wtru_instance_info *ret)
{
	for (size_t n = 0; wtru_instance_get(world->w, n, ret); n++) {
		if (mip6_addr_equal(&ret->hoa, &hoa))
			return true;
	}
	return false;
}

int world_state(const struct world *world, struct mip6_addr hoa)
{
	struct wtru_instance_info info;

	return world_info(world, hoa, &info) ? (int)info.state : -1;
}
