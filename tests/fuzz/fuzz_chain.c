// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The chain core of a PGW under any sequence of events: what WTRUs, anchors and strangers send,
 * nearly right and of any octets, time, clock steps, the operator's wishes, restarts with what was
 * kept. After every event: limits hold, what is wanted is what is bound, no leg of a WTRU is
 * without one of an anchor, no leg outlives its lifetime, and a message that is not authentic has
 * made nothing.
 */
#include <mip6/chain.h>
#include <stdlib.h>

#include "fuzz.h"
#include "stream.h"

#define HOAS 6
#define CHAINS_MAX 4
#define EVENTS_MAX 64
#define HALF_MAX (60 * MIP6_S) /* one leg without the other */

static const struct mip6_addr pgw = {{0x20, 0x01, 0x0d, 0xb8, 0, 0x0f, [15] = 1}};

struct world {
	struct stream stream;
	struct chain *chain;
	void *memory;
	struct chain_config config;
	struct chain_env env;
	struct chain_actions actions;
	mip6_time now;
	int64_t offset;
	uint32_t random;
	struct chain_record records[HOAS];
	bool saved[HOAS], wanted[HOAS];
	/* The last BU that went to an anchor for each HoA. */
	uint16_t seq[HOAS];
	uint64_t mesg_id[HOAS];
	struct mip6_addr asked[HOAS];
	uint32_t heartbeat_seq;
	mip6_time half_since[HOAS];
	bool shortened[HOAS]; /* the anchor has granted less than it did before */
	bool forged; /* the event that is under way is a message without a right authenticator */
	bool changed;
};

static struct ha_identity identities[2];
static struct mip6_auth_sa anchor_sa;

/* Four behind the first anchor, one behind the second, one that may not be chained. */
static struct mip6_addr hoa_of(unsigned int n)
{
	return (struct mip6_addr){
		{0x20, 0x01, 0x0d, 0xb8, 0,
	         n < 4 ? 0x0a : (uint8_t)(0x0b + n - 4), [7] = (uint8_t)n, [15] = 0x10}};
}

static struct mip6_addr anchor_of(unsigned int n)
{
	return (struct mip6_addr){{0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)(0x0a + n % 3), [15] = 1}};
}

static unsigned int index_of(const struct mip6_addr *hoa)
{
	for (unsigned int n = 0; n < HOAS; n++) {
		struct mip6_addr addr = hoa_of(n);

		if (mip6_addr_equal(&addr, hoa))
			return n;
	}
	return HOAS;
}

static struct mip6_addr any_address(struct world *w)
{
	struct mip6_addr addr = {{0x20, 0x01, 0x0d, 0xb8, 0xcc, 0xcc, [15] = 1}};
	uint8_t choice = stream_u8(&w->stream);

	if (choice >= 250)
		return choice == 255   ? pgw
		       : choice == 254 ? (struct mip6_addr){{0xff, 0x02, [15] = 1}}
		       : choice == 253 ? (struct mip6_addr){{0}}
		                       : anchor_of(choice);
	if (choice % 8 == 7)
		return hoa_of(choice / 8 % HOAS);
	addr.b[14] = choice & 7;
	return addr;
}

static uint32_t env_random(void *ctx)
{
	struct world *w = ctx;

	return w->random = w->random * 1664525u + 1013904223u;
}

static int64_t env_unix_us(void *ctx)
{
	const struct world *w = ctx;

	return w->now + w->offset;
}

static const struct ha_identity *env_find_identity(void *ctx, const char *nai)
{
	(void)ctx;
	for (size_t i = 0; i < 2; i++)
		if (strcmp(identities[i].nai, nai) == 0)
			return &identities[i];
	return NULL;
}

static const struct mip6_auth_sa *env_find_anchor_sa(void *ctx, const struct mip6_addr *anchor)
{
	const struct world *w = ctx;
	struct mip6_addr trusting = anchor_of(1);

	/* The second anchor needs no authentication. */
	return w->config.open || mip6_addr_equal(anchor, &trusting) ? NULL : &anchor_sa;
}

static void sent(struct world *w, const struct mip6_packet *packet)
{
	struct mip6_mh mh;
	size_t offset;
	unsigned int n;

	FUZZ_CHECK(!mip6_addr_is_multicast(&packet->dst));
	FUZZ_CHECK(mip6_addr_equal(&packet->src, &pgw));
	FUZZ_CHECK(mip6_mh_decode(packet->mh, packet->mh_len, &mh, &offset) == MIP6_DECODE_OK);
	if (mh.type == MIP6_MH_HEARTBEAT)
		w->heartbeat_seq = mh.heartbeat.seq;
	if (mh.type != MIP6_MH_BU)
		return;
	n = index_of(&packet->hao);
	FUZZ_CHECK(packet->has_hao && n < HOAS - 1);
	w->seq[n] = mh.bu.seq;
	w->mesg_id[n] = mh.opt.mesg_id;
	w->asked[n] = packet->dst;
	w->changed = true;
}

static void emit(void *ctx, const struct chain_action *action)
{
	struct world *w = ctx;
	unsigned int n;

	switch (action->type) {
	case CHAIN_ACTION_SEND:
		sent(w, &action->packet);
		break;
	case CHAIN_ACTION_WANT_CHAIN:
		n = index_of(&action->chain.hoa);
		FUZZ_CHECK(n < HOAS - 1);
		FUZZ_CHECK(mip6_addr_is_routable(&action->chain.coa));
		FUZZ_CHECK(!mip6_addr_equal(&action->chain.coa, &pgw));
		FUZZ_CHECK(mip6_addr_equal(&action->chain.address, &pgw));
		FUZZ_CHECK(mip6_addr_equal(&action->chain.anchor, &w->asked[n]));
		w->wanted[n] = true;
		w->changed = true;
		break;
	case CHAIN_ACTION_UNWANT_CHAIN:
		n = index_of(&action->chain.hoa);
		FUZZ_CHECK(n < HOAS && w->wanted[n]);
		w->wanted[n] = false;
		break;
	case CHAIN_ACTION_SAVE:
		n = index_of(&action->save->wtru.hoa);
		FUZZ_CHECK(n < HOAS - 1);
		w->records[n] = *action->save;
		w->saved[n] = true;
		break;
	case CHAIN_ACTION_FORGET:
		n = index_of(&action->forget);
		FUZZ_CHECK(n < HOAS);
		w->saved[n] = false;
		break;
	case CHAIN_ACTION_NOTIFY:
		break;
	}
}

static void step(struct world *w, const struct chain_event *event)
{
	chain_step(w->chain, event, w->now, &w->env, &w->actions);
}

static void check_one(struct world *w, const struct chain_info *info, bool seen[HOAS])
{
	unsigned int n = index_of(&info->hoa);
	bool bound = info->wtru_expires != MIP6_TIME_NEVER;
	bool due = chain_deadline(w->chain) <= w->now;
	mip6_time max = (mip6_time)w->config.lifetime_max_s * MIP6_S;

	FUZZ_CHECK(n < HOAS - 1); /* the last one may not be chained */
	FUZZ_CHECK(bound == w->wanted[n]);
	FUZZ_CHECK(!bound || info->state != CHAIN_BOUND || w->saved[n]);
	if (bound)
		FUZZ_CHECK((due || info->wtru_expires > w->now) &&
		           info->wtru_expires - w->now <= max);
	if (info->anchor_expires != MIP6_TIME_NEVER)
		FUZZ_CHECK((due || info->anchor_expires > w->now) &&
		           info->anchor_expires - w->now <= max);
	if (bound && info->state == CHAIN_BOUND) {
		/* Where an anchor grants less at a refresh, the agent refreshes the more often. */
		FUZZ_CHECK(info->wtru_expires <= info->anchor_expires || w->shortened[n]);
		return;
	}
	/* Half a chain is being made, or being closed. */
	seen[n] = true;
	if (w->half_since[n] == 0)
		w->half_since[n] = w->now;
}

static void check(struct world *w)
{
	bool seen[HOAS] = {false};
	struct chain_info info;
	size_t cursor = 0, legs = 0, bound = 0, wanted = 0;

	while (chain_next(w->chain, &cursor, &info)) {
		legs++;
		bound += info.wtru_expires != MIP6_TIME_NEVER;
		check_one(w, &info, seen);
	}
	for (unsigned int n = 0; n < HOAS; n++) {
		wanted += w->wanted[n];
		if (!seen[n])
			w->half_since[n] = 0;
	}
	FUZZ_CHECK(legs <= CHAINS_MAX && legs == chain_count(w->chain));
	FUZZ_CHECK(bound == wanted && bound == ha_binding_count(chain_wtru_side(w->chain)));
}

/* Nobody sends anything for a while: no half chain stays so. */
static void quiet(struct world *w)
{
	mip6_time start = w->now, end = start + 3 * HALF_MAX;

	for (unsigned int turns = 0; chain_deadline(w->chain) <= end; turns++) {
		FUZZ_CHECK(turns < 10000);
		if (chain_deadline(w->chain) > w->now)
			w->now = chain_deadline(w->chain);
		step(w, &(struct chain_event){.type = CHAIN_EVENT_TIMER});
		check(w);
		for (unsigned int n = 0; n < HOAS; n++) {
			mip6_time since = w->half_since[n] > start ? w->half_since[n] : start;

			FUZZ_CHECK(w->half_since[n] == 0 || w->now - since <= HALF_MAX);
		}
	}
}

static void start(struct world *w)
{
	w->chain = chain_init(w->memory, &w->config, &w->env);
	memset(w->wanted, 0, sizeof(w->wanted));
	memset(w->half_since, 0, sizeof(w->half_since));
}

/* The daemon died, and comes back with what was kept, or with a part of it. */
static void restart(struct world *w)
{
	struct chain_record records[HOAS];
	uint8_t lost = stream_u8(&w->stream);

	memcpy(records, w->records, sizeof(records));
	start(w);
	for (unsigned int n = 0; n < HOAS; n++) {
		struct chain_event event = {.type = CHAIN_EVENT_RESTORE, .restore = &records[n]};

		if (lost >> n & 1)
			w->saved[n] = false;
		if (!w->saved[n])
			continue;
		w->asked[n] = records[n].anchor;
		step(w, &event);
	}
}

static void timers(struct world *w)
{
	for (unsigned int turns = 0; chain_deadline(w->chain) <= w->now; turns++) {
		FUZZ_CHECK(turns < 1000);
		step(w, &(struct chain_event){.type = CHAIN_EVENT_TIMER});
	}
}

static void send(struct world *w, const struct mip6_packet *packet, bool forged)
{
	struct chain_event event = {.type = CHAIN_EVENT_MH, .mh = packet};

	timers(w);
	w->forged = forged && !w->config.open;
	w->changed = false;
	step(w, &event);
	FUZZ_CHECK(!w->forged || !w->changed);
	w->forged = false;
}

static void raw(struct world *w)
{
	uint8_t bits = stream_u8(&w->stream);
	struct mip6_packet packet = {.src = any_address(w), .dst = pgw};

	packet.has_hao = bits & 1;
	packet.has_rh2 = bits & 2;
	packet.hao = packet.rh2 = hoa_of(bits >> 2 & 3);
	packet.mh_len = stream_octets(&w->stream, &packet.mh);
	send(w, &packet, false);
}

static uint64_t timestamp(struct world *w, uint8_t kind)
{
	uint64_t id = mip6_ntp_from_unix_us(env_unix_us(w)) + stream_u16(&w->stream);

	if (kind & 4)
		id -= (uint64_t)stream_u16(&w->stream) << 28;
	return id;
}

static void encode_and_send(struct world *w, struct mip6_packet *packet, const struct mip6_mh *mh,
                            const struct mip6_auth_sa *sa, const struct mip6_addr *coa,
                            const struct mip6_addr *hoa, bool forged)
{
	uint8_t data[MIP6_MH_MAX];

	packet->mh = data;
	packet->mh_len = mip6_auth_encode(mh, sa, coa, hoa, data, sizeof(data));
	if (packet->mh_len > 0)
		send(w, packet, forged);
}

/* A BU of a WTRU that is right but for a few decisions. */
static void update(struct world *w)
{
	uint8_t bits = stream_u8(&w->stream), kind = stream_u8(&w->stream);
	unsigned int n = (bits >> 4) % HOAS;
	const struct ha_identity *identity = &identities[bits & 1];
	struct mip6_packet packet = {.src = any_address(w), .dst = pgw, .has_hao = true};
	struct mip6_mh mh = {.type = MIP6_MH_BU};
	struct mip6_auth_sa sa = identity->sa[0];
	struct mip6_addr coa = packet.src;
	bool wrong = (bits >> 1 & 7) == 7;

	packet.hao = hoa_of(n);
	mh.bu.seq = stream_u16(&w->stream);
	mh.bu.flags = MIP6_BU_A | MIP6_BU_H;
	mh.bu.lifetime_s4 = kind & 32 ? stream_u16(&w->stream) : (uint16_t)(kind & 64 ? 0 : 100);
	mh.opt.has = MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID;
	if (kind & 1) {
		coa = any_address(w);
		mh.opt.has |= MIP6_HAS_ALT_COA;
		mh.opt.alt_coa = coa;
	}
	if (kind != 255) {
		mh.opt.has |= MIP6_HAS_ANCHOR;
		mh.opt.anchor = kind & 8 ? any_address(w) : anchor_of(n < 4 ? 0 : n - 3);
	}
	mh.opt.mn_id_subtype = MIP6_MN_ID_NAI;
	mh.opt.mn_id_len = (uint8_t)strlen(identity->nai);
	memcpy(mh.opt.mn_id, identity->nai, (size_t)mh.opt.mn_id_len + 1);
	mh.opt.mesg_id = timestamp(w, kind);
	if (wrong)
		sa.key[0] ^= 1;
	encode_and_send(w, &packet, &mh, &sa, &coa, &packet.hao, wrong);
}

/* An anchor's answer to the last BU, nearly right. */
static void answer(struct world *w)
{
	static const uint8_t statuses[] = {0, 0, 0, 1, 129, 133, 135, 144};
	uint8_t bits = stream_u8(&w->stream), kind = stream_u8(&w->stream);
	unsigned int n = bits % (HOAS - 1);
	struct mip6_packet packet = {.src = w->asked[n], .dst = pgw, .has_rh2 = true};
	struct mip6_mh mh = {.type = MIP6_MH_BA};
	struct mip6_auth_sa sa = anchor_sa;
	const struct mip6_auth_sa *with = env_find_anchor_sa(w, &packet.src);
	bool wrong = kind >= 224;

	packet.rh2 = hoa_of(n);
	if (kind & 16)
		packet.src = any_address(w);
	mh.ba.status = bits & 128 ? stream_u8(&w->stream) : statuses[bits >> 4 & 7];
	mh.ba.seq = kind & 8 ? stream_u16(&w->stream) : w->seq[n];
	mh.ba.lifetime_s4 = kind & 4 ? stream_u16(&w->stream) : 100;
	w->shortened[n] |= (kind & 4) != 0;
	if (kind & 2) {
		mh.opt.has |= MIP6_HAS_REFRESH_ADVICE;
		mh.opt.refresh_interval_s4 = stream_u16(&w->stream);
	}
	mh.opt.has |= MIP6_HAS_MESG_ID;
	mh.opt.mesg_id = w->mesg_id[n] + (kind & 1 ? stream_u32(&w->stream) : 0);
	if (wrong)
		sa.key[0] ^= 1;
	encode_and_send(w, &packet, &mh, with == NULL ? NULL : &sa, &pgw, &packet.rh2,
	                wrong && with != NULL);
}

/* What else an anchor may send, or somebody in its name. */
static void other(struct world *w)
{
	static const enum mip6_mh_type types[] = {MIP6_MH_HEARTBEAT, MIP6_MH_REVOCATION,
	                                          MIP6_MH_BRR, MIP6_MH_BE};
	uint8_t type = stream_u8(&w->stream), bits = stream_u8(&w->stream);
	struct mip6_packet packet = {.src = anchor_of(bits), .dst = pgw};
	struct mip6_mh mh = {.type = types[type % 4]};
	struct mip6_addr hoa = hoa_of(bits >> 2 & 7);

	if (type & 128)
		packet.src = any_address(w);
	packet.has_rh2 = mh.type == MIP6_MH_BRR || mh.type == MIP6_MH_REVOCATION;
	packet.rh2 = hoa;
	if (mh.type == MIP6_MH_HEARTBEAT) {
		mh.heartbeat.flags = MIP6_HEARTBEAT_R;
		mh.heartbeat.seq = type & 64 ? stream_u32(&w->stream) : w->heartbeat_seq;
		mh.opt.has = MIP6_HAS_RESTART_COUNTER;
		mh.opt.restart_counter = type >> 4 & 3;
	} else if (mh.type == MIP6_MH_REVOCATION) {
		mh.revocation.type = type & 64 ? MIP6_REVOCATION_BRA : MIP6_REVOCATION_BRI;
		mh.revocation.trigger = bits >> 5;
		mh.revocation.seq = stream_u16(&w->stream);
		mh.opt.has = MIP6_HAS_MESG_ID;
		mh.opt.mesg_id = timestamp(w, 0);
	} else if (mh.type == MIP6_MH_BE) {
		mh.be.status = type & 64 ? MIP6_BE_UNKNOWN_MH_TYPE : MIP6_BE_UNKNOWN_BINDING;
		mh.be.hoa = hoa;
	}
	encode_and_send(w, &packet, &mh, type & 32 ? NULL : &anchor_sa, &pgw, &hoa, false);
}

static void simple(struct world *w, enum chain_event_type type)
{
	struct chain_event event = {.type = type};
	uint8_t bits = stream_u8(&w->stream);

	if (type == CHAIN_EVENT_REVOKE) {
		event.revoke.hoa = hoa_of(bits % HOAS);
	} else if (type == CHAIN_EVENT_UNBOUND) {
		event.unbound.outer_src = any_address(w);
		event.unbound.outer_dst = pgw;
		event.unbound.inner_src = any_address(w);
	} else if (type == CHAIN_EVENT_MH_BAD) {
		event.bad.src = any_address(w);
		event.bad.dst = bits & 8 ? pgw : any_address(w);
		event.bad.result = (enum mip6_decode)(bits & 7);
	}
	step(w, &event);
}

static void reconfigure(struct world *w)
{
	uint8_t bits = stream_u8(&w->stream);

	w->config.roaming_count = bits & 1 ? 1 : 2;
	w->config.heartbeat_interval_ms = bits & 2 ? 0 : 5000;
	FUZZ_CHECK(chain_reconfigure(w->chain, &w->config));
}

static void setup(struct world *w)
{
	static const char *const nais[2] = {"a@x", "b@x"};
	uint8_t bits = stream_u8(&w->stream);

	for (uint8_t i = 0; i < 2; i++) {
		identities[i] = (struct ha_identity){.sa_count = 1};
		strcpy(identities[i].nai, nais[i]);
		identities[i].sa[0] = (struct mip6_auth_sa){
			.spi = 256, .algorithm = MIP6_AUTH_HMAC_SHA1, .key_len = 16, .key = {i, 1}};
	}
	anchor_sa = (struct mip6_auth_sa){
		.spi = 300, .algorithm = MIP6_AUTH_HMAC_SHA256_128, .key_len = 16, .key = {9}};
	w->now = 1000 * MIP6_S;
	w->offset = INT64_C(1700000000000000);
	w->random = bits;
	w->config = (struct chain_config){
		.address = pgw,
		.chains_max = CHAINS_MAX,
		.identity_chains_max = 3,
		.lifetime_max_s = 600,
		.refresh_percent = 80,
		.replay_window_s = 300,
		.error_rate = 100,
		.open = bits == 255,
		.retransmit_initial_ms = 1000,
		.retransmit_max_ms = 16000,
		.retransmit_count = 3,
		.heartbeat_interval_ms = 5000,
		.heartbeat_missing_max = 3,
		.roaming_count = 2,
	};
	for (unsigned int i = 0; i < 2; i++) {
		struct chain_roaming *entry = &w->config.roaming[i];
		struct mip6_addr hoa = hoa_of(i == 0 ? 0 : 4);

		entry->prefix_count = entry->anchor_count = 1;
		entry->prefixes[0] = mip6_prefix_make(&hoa, 48);
		entry->anchors[0] = anchor_of(i);
	}
	w->env = (struct chain_env){
		.ctx = w,
		.random = env_random,
		.unix_us = env_unix_us,
		.find_identity = env_find_identity,
		.find_anchor_sa = env_find_anchor_sa,
	};
	w->actions = (struct chain_actions){w, emit};
	w->memory = malloc(chain_memory_size(&w->config));
	FUZZ_CHECK(w->memory != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct world world;
	struct world *w = &world;

	*w = (struct world){.stream = {data, len}};
	setup(w);
	start(w);
	for (unsigned int i = 0; i < EVENTS_MAX && w->stream.len > 0; i++) {
		uint8_t what = stream_u8(&w->stream);

		w->now += stream_time(&w->stream);
		timers(w);
		if (what < 90)
			update(w);
		else if (what < 160)
			answer(w);
		else if (what < 170)
			raw(w);
		else if (what < 200)
			other(w);
		else if (what < 210)
			restart(w);
		else if (what < 218)
			w->offset += (int64_t)(int16_t)stream_u16(&w->stream) * MIP6_S;
		else if (what < 226)
			reconfigure(w);
		else
			simple(w, what < 236   ? CHAIN_EVENT_REVOKE
			          : what < 246 ? CHAIN_EVENT_UNBOUND
			                       : CHAIN_EVENT_MH_BAD);
		check(w);
	}
	quiet(w);
	free(w->memory);
	return 0;
}
