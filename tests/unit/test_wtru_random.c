// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The WTRU core under random events: links, RAs, addresses, answers right, wrong and late,
 * operators and time in any order. After every step: tables within their limits, every want and
 * unwant in pairs, no BU faster than MAX_UPDATE_RATE, no timer that spins; at the end, after STOP,
 * nothing is wanted any more.
 *
 * A failure prints its seed: WTRU_SEED in the environment replays it; WTRU_RUNS and WTRU_STEPS make
 * more.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "wtru_world.h"

#define DGWS 6
#define HOSTS 3
#define HOAS (DGWS * HOSTS)
#define LINKS 3

static struct world world;
static uint32_t seed;
static uint32_t state;

/* What the kernel would have, by what was wanted and unwanted. */
struct model {
	bool hoa[HOAS];
	bool binding[HOAS];
	bool attached;
	mip6_time bu[HOAS][4]; /* last four transmissions */
	size_t bu_count[HOAS];
	bool have_bu;
	struct world_action last_bu[8];
	size_t last_bus;
};

static struct model model;

static uint32_t pick(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 17;
	state ^= state << 5;
	return state % below;
}

#define require(what)                                       \
	do {                                                \
		if (!(what)) {                              \
			fprintf(stderr, "seed %u\n", seed); \
			ck_abort_msg("%s", #what);          \
		}                                           \
	} while (0)

static struct mip6_addr hoa_of(unsigned int n)
{
	return world_addr(n / HOSTS + 1, 0x100 + n % HOSTS);
}

static unsigned int index_of(const struct mip6_addr *hoa)
{
	for (unsigned int n = 0; n < HOAS; n++) {
		struct mip6_addr addr = hoa_of(n);

		if (mip6_addr_equal(&addr, hoa))
			return n;
	}
	ck_abort_msg("a HoA that never was an address, seed %u", seed);
	return 0;
}

static void follow_send(const struct world_action *action)
{
	unsigned int n;

	require(mip6_addr_is_routable(&action->a.packet.src));
	require(mip6_addr_is_routable(&action->a.packet.dst));
	if (action->mh.type != MIP6_MH_BU)
		return;
	n = index_of(mip6_packet_source(&action->a.packet));
	/* RFC 6275 section 11.5.3: the fourth last is more than a second ago. */
	if (model.bu_count[n] >= 3)
		require(action->at - model.bu[n][(model.bu_count[n] - 3) % 4] >= MIP6_S);
	model.bu[n][model.bu_count[n]++ % 4] = action->at;
	require((action->mh.bu.flags & (MIP6_BU_A | MIP6_BU_H)) == (MIP6_BU_A | MIP6_BU_H));
	require(action->mh.opt.has & MIP6_HAS_ALT_COA);
	require(mip6_addr_equal(&action->mh.opt.alt_coa, &action->a.packet.src));
	require(action->a.packet.has_hao || action->mh.bu.lifetime_s4 == 0);
	model.last_bu[model.last_bus % 8] = *action;
	model.last_bu[model.last_bus % 8].a.packet.mh = NULL;
	model.last_bus++;
}

/* Take in what the step did, and see that it was allowed. */
static void follow(void)
{
	struct wtru_instance_info info;
	size_t count = 0, saves = 0;

	for (size_t k = 0; k < world.count; k++) {
		const struct world_action *action = &world.actions[k];
		unsigned int n;

		switch (action->a.type) {
		case WTRU_ACTION_SEND:
			follow_send(action);
			break;
		case WTRU_ACTION_WANT_DEFAULT:
			model.attached = true;
			break;
		case WTRU_ACTION_UNWANT_DEFAULT:
			require(model.attached);
			model.attached = false;
			break;
		case WTRU_ACTION_WANT_HOA:
			model.hoa[index_of(&action->a.hoa.hoa)] = true;
			break;
		case WTRU_ACTION_UNWANT_HOA:
			n = index_of(&action->a.hoa.hoa);
			require(model.hoa[n]);
			model.hoa[n] = false;
			break;
		case WTRU_ACTION_WANT_BINDING:
			n = index_of(&action->a.binding.hoa);
			require(mip6_addr_is_routable(&action->a.binding.coa));
			require(!mip6_addr_equal(&action->a.binding.coa, &action->a.binding.hoa));
			model.binding[n] = true;
			break;
		case WTRU_ACTION_UNWANT_BINDING:
			n = index_of(&action->a.binding.hoa);
			require(model.binding[n]);
			model.binding[n] = false;
			break;
		case WTRU_ACTION_SAVE:
			saves++;
			break;
		case WTRU_ACTION_SEND_ICMP6:
		case WTRU_ACTION_SEND_RS:
		case WTRU_ACTION_SEND_PROBE:
		case WTRU_ACTION_FIND_AGENT:
		case WTRU_ACTION_SEND_NA:
		case WTRU_ACTION_WANT_NATIVE:
		case WTRU_ACTION_UNWANT_NATIVE:
		case WTRU_ACTION_WITHOUT_DAD:
		case WTRU_ACTION_LEARN_NEIGHBOUR:
		case WTRU_ACTION_CHECK_USE:
			break;
		case WTRU_ACTION_NOTIFY:
			/* What is made anew has no past. */
			if (action->a.notice.what == WTRU_NOTICE_ENDED)
				model.bu_count[index_of(&action->a.notice.hoa)] = 0;
			break;
		}
	}
	while (wtru_instance_get(world.w, count, &info)) {
		unsigned int n = index_of(&info.hoa);

		/* Away means configured by us; at home not; a tunnel only for what is away. */
		if (info.state == WTRU_HOME)
			require(!model.hoa[n] && !model.binding[n]);
		else if (info.state != WTRU_RETURNING)
			require(model.hoa[n]);
		if (info.state == WTRU_BOUND)
			require(model.binding[n]);
		/* An answer may come when what it grants is over; then its end is due now. */
		if (info.state == WTRU_BOUND && info.expires < world.now)
			require(wtru_deadline(world.w) <= info.expires);
		for (size_t k = 0; k < count; k++) {
			struct wtru_instance_info other;

			require(wtru_instance_get(world.w, k, &other));
			require(!mip6_addr_equal(&other.hoa, &info.hoa));
		}
		count++;
	}
	require(count <= world.config.instances_max);
	world_clear(&world);
}

static void random_ra(void)
{
	struct wtru_event event = {.type = WTRU_EVENT_RA};
	unsigned int dgw = 1 + pick(DGWS);
	struct mip6_icmp6 msg;

	world_ra_fill(&msg, dgw, pick(4) != 0);
	if (pick(8) == 0)
		msg.ra.flags = 0;
	if (pick(16) == 0)
		msg.ra.router_lifetime_s = (uint16_t)pick(3);
	if (pick(4) == 0) {
		msg.opt.has_interval = true;
		msg.opt.interval_ms = 70;
	}
	if (pick(8) == 0)
		msg.opt.pio_count = 0;
	if (pick(8) == 0)
		msg.opt.pio[0].valid_s = pick(2) ? MIP6_LIFETIME_INFINITE : pick(5);
	event.ra.ifindex = 1 + pick(LINKS + 1);
	event.ra.router = world_router(pick(4) == 0 ? 1 : dgw);
	event.ra.msg = &msg;
	world_step(&world, &event);
}

static void random_address(void)
{
	struct wtru_event event = {.type = WTRU_EVENT_ADDRESS};

	event.address.ifindex = 1 + pick(LINKS);
	event.address.addr = hoa_of(pick(HOAS));
	event.address.prefix_len = 64;
	event.address.present = pick(4) != 0;
	event.address.usable = pick(8) != 0;
	event.address.deprecated = pick(4) == 0;
	event.address.temporary = pick(4) == 0;
	event.address.valid_s = pick(4) == 0 ? MIP6_LIFETIME_INFINITE : pick(7200);
	world_step(&world, &event);
}

static void random_link(void)
{
	struct wtru_event event = {.type = WTRU_EVENT_LINK};

	event.link.ifindex = 1 + pick(LINKS + 1);
	event.link.present = pick(16) != 0;
	event.link.up = pick(4) != 0;
	event.link.rank = pick(3);
	event.link.flapped = pick(4) == 0;
	world_step(&world, &event);
}

static void random_ba(void)
{
	static const uint8_t statuses[] = {0,   0,   0,   0,   1,   128, 129, 130, 133,
	                                   134, 135, 139, 144, 145, 146, 174, 255};
	struct world_ba ba;

	if (model.last_bus == 0)
		return;
	world_ba_make(&world, &ba,
	              &model.last_bu[pick(8) % (uint32_t)(model.last_bus < 8 ? model.last_bus : 8)],
	              statuses[pick(sizeof(statuses))], pick(700));
	if (pick(16) == 0)
		ba.mh.ba.seq = (uint16_t)pick(65536);
	if (pick(32) == 0)
		ba.packet.src = world_anchor(1 + pick(DGWS));
	if (pick(32) == 0)
		ba.packet.has_rh2 = !ba.packet.has_rh2;
	if (pick(16) == 0) {
		ba.mh.opt.has |= MIP6_HAS_REFRESH_ADVICE;
		ba.mh.opt.refresh_interval_s4 = (uint16_t)pick(200);
	}
	world_ba_send(&world, &ba);
}

static void random_message(void)
{
	struct mip6_packet packet = {.src = world_anchor(1 + pick(DGWS)),
	                             .dst = hoa_of(pick(HOAS))};
	struct mip6_mh mh = {.type = MIP6_MH_BRR};
	uint8_t data[MIP6_MH_MAX];

	switch (pick(5)) {
	case 0:
		break;
	case 1:
		mh.type = MIP6_MH_BE;
		mh.be.status = (uint8_t)pick(4);
		mh.be.hoa = hoa_of(pick(HOAS));
		break;
	case 2:
		mh.type = MIP6_MH_HEARTBEAT;
		mh.heartbeat.flags = (uint16_t)pick(4);
		mh.opt.has = MIP6_HAS_RESTART_COUNTER;
		mh.opt.restart_counter = pick(3);
		break;
	case 3:
		mh.type = MIP6_MH_REVOCATION;
		mh.revocation.type = (uint8_t)(1 + pick(2));
		mh.revocation.trigger = (uint8_t)pick(9);
		mh.revocation.flags = (uint16_t)(pick(8) == 0 ? pick(8) << 13 : 0);
		break;
	default:
		mh.type = MIP6_MH_COTI;
		break;
	}
	if (pick(2)) {
		packet.has_rh2 = true;
		packet.rh2 = hoa_of(pick(HOAS));
	}
	packet.mh = data;
	packet.mh_len = mip6_auth_encode(&mh, world.has_sa ? &world.sa : NULL, &packet.dst,
	                                 mip6_packet_destination(&packet), data, sizeof(data));
	if (pick(16) == 0 && packet.mh_len > 0) {
		data[pick((uint32_t)packet.mh_len)] ^= (uint8_t)(1 + pick(255));
		packet.mh_len = pick((uint32_t)packet.mh_len + 1);
	}
	world_mh(&world, &packet);
}

static void random_operator(void)
{
	struct wtru_event event = {.type = WTRU_EVENT_RELEASE};

	event.release.hoa = hoa_of(pick(HOAS));
	if (pick(2)) {
		event.type = WTRU_EVENT_KEEP;
		event.keep.keep = pick(2);
		event.keep.hoa = hoa_of(pick(HOAS));
	} else if (pick(8) == 0) {
		event.type = WTRU_EVENT_RESUME;
	}
	world_step(&world, &event);
}

static void random_use(void)
{
	for (unsigned int n = 0; n < HOAS; n++) {
		if (pick(2))
			world_use(&world, hoa_of(n), pick(3) == 0,
			          pick(4) == 0 ? world.now - pick(20) * MIP6_S : 0);
	}
}

/* Killed and started again: what is wanted in the kernel stays; records come back in any order. */
static void random_restart(void)
{
	struct wtru_record record[32];
	size_t count = 0;

	while (count < 32 && wtru_record_get(world.w, count, &record[count]))
		count++;
	free(world.memory);
	world_open(&world);
	memset(model.hoa, 0, sizeof(model.hoa));
	memset(model.binding, 0, sizeof(model.binding));
	model.attached = false;
	/* The rate limit does not survive a restart. */
	memset(model.bu_count, 0, sizeof(model.bu_count));
	for (size_t n = 0; n < count; n++) {
		struct wtru_event event = {.type = WTRU_EVENT_RESTORE, .restore = &record[n]};

		world_step(&world, &event);
	}
}

static void run(uint32_t with_seed, unsigned int steps)
{
	static const struct wtru_event stop = {.type = WTRU_EVENT_STOP};

	seed = with_seed;
	state = seed | 1;
	memset(&model, 0, sizeof(model));
	world_init(&world);
	world.config.instances_max = (uint16_t)(1 + pick(HOAS));
	world.config.links_max = (uint16_t)(1 + pick(LINKS));
	world.config.heartbeat_interval_ms = pick(2) ? 2000 : 0;
	world.config.retransmit_initial_ms = pick(2) ? 1000 : 100;
	world.config.claim = pick(4) != 0;
	world.has_sa = pick(2);
	world_open(&world);
	for (unsigned int n = 0; n < steps; n++) {
		switch (pick(16)) {
		case 0:
			random_link();
			break;
		case 1:
		case 2:
		case 3:
			random_ra();
			break;
		case 4:
		case 5:
			random_address();
			break;
		case 6:
			world_neighbour(&world, 1 + pick(LINKS), 1 + pick(DGWS), pick(2));
			break;
		case 7:
		case 8:
		case 9:
		case 10:
			random_ba();
			break;
		case 11:
			random_message();
			break;
		case 12:
			random_use();
			break;
		case 13:
			if (pick(4) == 0)
				random_operator();
			else if (pick(64) == 0)
				random_restart();
			break;
		default:
			/* world_until() fails when a timer does not move on. */
			world_until(&world, world.now + (pick(8) == 0 ? pick(60) * MIP6_S
			                                              : pick(500) * MIP6_MS));
			break;
		}
		follow();
	}
	world_step(&world, &stop);
	follow();
	require(!model.attached);
	for (unsigned int n = 0; n < HOAS; n++)
		require(!model.hoa[n] && !model.binding[n]);
	require(wtru_deadline(world.w) == MIP6_TIME_NEVER);
	world_close(&world);
}

START_TEST(random_events)
{
	const char *one = getenv("WTRU_SEED"), *length = getenv("WTRU_STEPS");
	const char *many = getenv("WTRU_RUNS");
	unsigned int steps = length ? (unsigned int)strtoul(length, NULL, 10) : 1000;
	uint32_t runs = many ? (uint32_t)strtoul(many, NULL, 10) : 60;

	if (one) {
		run((uint32_t)strtoul(one, NULL, 10), steps);
		return;
	}
	for (uint32_t n = 1; n <= runs; n++)
		run(n * 2654435761u, steps);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wtru_random");
	TCase *tc = tcase_create("random");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, random_events);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
