// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The home-agent core under any sequence of events: Mobility Headers of any octets and such as are nearly
 * right, with and without a valid authenticator, from WTRUs and from a chaining agent, time, the daemon's
 * answers, restarts with what was kept.
 * After every event: limits hold, what is wanted is what is bound, no binding outlives its lifetime, a
 * message that is not authentic has changed nothing.
 */
#include <mip6/ha.h>
#include <stdlib.h>

#include "fuzz.h"
#include "stream.h"

#define HOAS 8
#define BINDINGS_MAX 6
#define EVENTS_MAX 64

static const struct mip6_addr agent = {{0x20, 0x01, 0x0d, 0xb8, 0, 0x0a, [15] = 1}};

struct world {
	struct stream stream;
	struct ha *ha;
	void *memory;
	struct ha_config config;
	struct ha_env env;
	struct ha_actions actions;
	mip6_time now;
	int64_t offset;
	uint32_t random;
	struct ha_record records[HOAS];
	bool saved[HOAS], wanted[HOAS];
	size_t sent;
	bool forged; /* the event that is under way is a message without a right authenticator */
	bool changed;
};

static struct ha_identity identities[2];
static struct ha_peer peer = {.addr = {{0x20, 0x01, 0x0d, 0xb8, 0, 0x0f, [15] = 1}}, .realm = "x"};

/* Two addresses in a shared prefix, four in unique ones (two of them in one), two elsewhere. */
static struct mip6_addr hoa_of(unsigned int n)
{
	struct mip6_addr addr = {{0x20, 0x01, 0x0d, 0xb8, 0, 0x0a, [15] = (uint8_t)(0x10 + n)}};

	if (n >= 2) {
		addr.b[5] = 0x0b;
		addr.b[7] = (uint8_t)(n == 3 ? 2 : n);
	}
	if (n >= 6)
		addr.b[4] = 0xff;
	return addr;
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

	if (choice % 4 == 0)
		return hoa_of(choice / 4 % HOAS);
	if (choice == 255)
		return agent;
	if (choice == 254)
		return (struct mip6_addr){{0xff, 0x02, [15] = 1}};
	if (choice == 253)
		return (struct mip6_addr){{0}};
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

static const struct ha_identity *env_find_owner(void *ctx, const struct mip6_addr *hoa)
{
	struct mip6_addr owned = hoa_of(1);

	(void)ctx;
	return mip6_addr_equal(hoa, &owned) ? &identities[0] : NULL;
}

static const struct ha_peer *env_find_peer(void *ctx, const struct mip6_addr *addr)
{
	(void)ctx;
	return mip6_addr_equal(addr, &peer.addr) ? &peer : NULL;
}

static void emit(void *ctx, const struct ha_action *action)
{
	struct world *w = ctx;
	struct mip6_mh mh;
	size_t offset;
	unsigned int n;

	switch (action->type) {
	case HA_ACTION_SEND:
		w->sent++;
		FUZZ_CHECK(!mip6_addr_is_multicast(&action->packet.dst));
		FUZZ_CHECK(mip6_mh_decode(action->packet.mh, action->packet.mh_len, &mh, &offset) ==
			   MIP6_DECODE_OK);
		break;
	case HA_ACTION_WANT_BINDING:
		n = index_of(&action->binding.hoa);
		FUZZ_CHECK(n < HOAS);
		FUZZ_CHECK(mip6_addr_is_routable(&action->binding.coa));
		FUZZ_CHECK(!mip6_addr_equal(&action->binding.coa, &agent));
		FUZZ_CHECK(!mip6_addr_equal(&action->binding.coa, &action->binding.hoa));
		w->wanted[n] = true;
		w->changed = true;
		break;
	case HA_ACTION_UNWANT_BINDING:
		n = index_of(&action->binding.hoa);
		FUZZ_CHECK(n < HOAS && w->wanted[n]);
		w->wanted[n] = false;
		break;
	case HA_ACTION_SAVE:
		n = index_of(&action->save->hoa);
		FUZZ_CHECK(n < HOAS);
		w->records[n] = *action->save;
		w->saved[n] = true;
		w->changed = true;
		break;
	case HA_ACTION_FORGET:
		n = index_of(&action->forget);
		FUZZ_CHECK(n < HOAS);
		w->saved[n] = false;
		break;
	case HA_ACTION_RELEASED:
		FUZZ_CHECK(!ha_prefix_in_use(w->ha, &action->released));
		break;
	case HA_ACTION_WANT_PROXY:
	case HA_ACTION_UNWANT_PROXY:
	case HA_ACTION_START_DAD:
	case HA_ACTION_ASK_AAA:
	case HA_ACTION_NOTIFY:
		break;
	}
}

static void step(struct world *w, const struct ha_event *event)
{
	ha_step(w->ha, event, w->now, &w->env, &w->actions);
}

static void check(const struct world *w)
{
	struct ha_binding_info info;
	size_t cursor = 0, entries = 0, bound = 0, wanted = 0;

	while (ha_binding_next(w->ha, &cursor, &info)) {
		unsigned int n = index_of(&info.hoa);

		FUZZ_CHECK(n < HOAS - 2); /* the last two are nobody's here */
		entries++;
		if (info.expires != MIP6_TIME_NEVER) {
			bound++;
			FUZZ_CHECK(w->wanted[n]);
			FUZZ_CHECK(info.expires > w->now || ha_deadline(w->ha) <= w->now);
			FUZZ_CHECK(info.expires - w->now <=
				   (mip6_time)w->config.lifetime_max_s * MIP6_S);
		}
	}
	for (unsigned int n = 0; n < HOAS; n++)
		wanted += w->wanted[n];
	FUZZ_CHECK(entries <= BINDINGS_MAX);
	FUZZ_CHECK(entries == ha_ownership_count(w->ha));
	FUZZ_CHECK(bound == ha_binding_count(w->ha) && bound == wanted);
}

static void start(struct world *w)
{
	w->ha = ha_init(w->memory, &w->config, &w->env);
	memset(w->wanted, 0, sizeof(w->wanted));
}

/* The daemon died, and comes back with what was kept, or with a part of it. */
static void restart(struct world *w)
{
	struct ha_record records[HOAS];
	uint8_t lost = stream_u8(&w->stream);

	memcpy(records, w->records, sizeof(records));
	start(w);
	for (unsigned int n = 0; n < HOAS; n++) {
		struct ha_event event = {.type = HA_EVENT_RESTORE, .restore = &records[n]};

		if (!w->saved[n])
			continue;
		w->saved[n] = false;
		if (lost >> n & 1)
			continue;
		step(w, &event);
	}
}

static void send(struct world *w, const struct mip6_packet *packet, bool forged)
{
	struct ha_event event = {.type = HA_EVENT_MH};

	event.mh.packet = packet;
	event.mh.on_access_link = stream_once(&w->stream, 2);
	w->forged = forged && !w->config.open;
	w->changed = false;
	step(w, &event);
	/* Time may have ended something, but nothing may begin. */
	FUZZ_CHECK(!w->forged || !w->changed);
	w->forged = false;
}

static struct mip6_packet any_packet(struct world *w)
{
	struct mip6_packet packet = {.src = any_address(w), .dst = agent};
	uint8_t bits = stream_u8(&w->stream);

	packet.has_hao = bits & 1;
	packet.hao = hoa_of(bits >> 1 & 7);
	packet.has_rh2 = (bits >> 4) == 15;
	packet.rh2 = packet.hao;
	if ((bits >> 4) == 14)
		packet.dst = any_address(w);
	return packet;
}

/* Whatever octets. */
static void raw(struct world *w)
{
	struct mip6_packet packet = any_packet(w);

	packet.mh_len = stream_octets(&w->stream, &packet.mh);
	send(w, &packet, false);
}

/* A message that is right but for a few decisions. */
static void update(struct world *w)
{
	uint8_t data[MIP6_MH_MAX], bits = stream_u8(&w->stream), kind = stream_u8(&w->stream);
	struct mip6_packet packet = any_packet(w);
	struct mip6_mh mh = {.type = MIP6_MH_BU};
	const struct ha_identity *identity = &identities[bits & 1];
	struct mip6_auth_sa sa = identity->sa[0];
	struct mip6_addr coa = packet.src;
	const struct mip6_addr *hoa = mip6_packet_source(&packet);
	bool wrong = (bits >> 1 & 7) == 7;

	if (kind & 8) {
		/* The chaining agent, for its WTRU. */
		packet.src = coa = peer.addr;
		sa = peer.sa[0];
	}
	mh.bu.seq = stream_u16(&w->stream);
	mh.bu.flags = kind & 16 ? stream_u16(&w->stream) : MIP6_BU_A | MIP6_BU_H;
	mh.bu.lifetime_s4 = kind & 32 ? stream_u16(&w->stream) : (uint16_t)(kind & 64 ? 100 : 0);
	if (kind & 1) {
		coa = any_address(w);
		mh.opt.has |= MIP6_HAS_ALT_COA;
		mh.opt.alt_coa = coa;
	}
	mh.opt.has |= MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID;
	mh.opt.mn_id_subtype = MIP6_MN_ID_NAI;
	mh.opt.mn_id_len = (uint8_t)strlen(identity->nai);
	memcpy(mh.opt.mn_id, identity->nai, (size_t)mh.opt.mn_id_len + 1);
	mh.opt.mesg_id = mip6_ntp_from_unix_us(env_unix_us(w));
	mh.opt.mesg_id += kind & 2 ? stream_u32(&w->stream) : (uint64_t)mh.bu.seq;
	if (kind & 4)
		mh.opt.mesg_id -= (uint64_t)stream_u16(&w->stream) << 28;
	if (kind == 255)
		mh.opt.has &= ~(unsigned int)MIP6_HAS_MESG_ID;
	if (wrong)
		sa.key[0] ^= 1;
	packet.mh = data;
	packet.mh_len = mip6_auth_encode(&mh, &sa, &coa, hoa, data, sizeof(data));
	if (packet.mh_len > 0)
		send(w, &packet, wrong);
}

/* Heartbeats, revocation acknowledgements, and what a home agent has no use for. */
static void other(struct world *w)
{
	static const enum mip6_mh_type types[] = {MIP6_MH_HEARTBEAT, MIP6_MH_REVOCATION, MIP6_MH_BRR,
						  MIP6_MH_BA, MIP6_MH_BE, MIP6_MH_HOTI};
	uint8_t data[MIP6_MH_MAX], type = stream_u8(&w->stream);
	struct mip6_packet packet = any_packet(w);
	struct mip6_mh mh = {.type = types[type % 6]};

	if (mh.type == MIP6_MH_HEARTBEAT) {
		mh.heartbeat.flags = type & 64 ? stream_u16(&w->stream) : 0;
		mh.heartbeat.seq = stream_u32(&w->stream);
	} else if (mh.type == MIP6_MH_REVOCATION) {
		mh.revocation.type = type & 64 ? MIP6_REVOCATION_BRI : MIP6_REVOCATION_BRA;
		mh.revocation.seq = stream_u16(&w->stream);
	}
	packet.mh = data;
	packet.mh_len =
		mip6_auth_encode(&mh, type & 128 ? &identities[0].sa[0] : NULL, &packet.src,
				 mip6_packet_source(&packet), data, sizeof(data));
	if (packet.mh_len > 0)
		send(w, &packet, false);
}

static void simple(struct world *w, enum ha_event_type type)
{
	struct ha_event event = {.type = type};
	uint8_t bits = stream_u8(&w->stream);

	if (type == HA_EVENT_DAD) {
		event.dad.hoa = hoa_of(bits & 7);
		event.dad.duplicate = bits & 8;
	} else if (type == HA_EVENT_REVOKE) {
		event.revoke.hoa = hoa_of(bits & 7);
	} else if (type == HA_EVENT_UNBOUND) {
		event.unbound.outer_src = any_address(w);
		event.unbound.outer_dst = agent;
		event.unbound.inner_src = any_address(w);
	} else if (type == HA_EVENT_MH_BAD) {
		event.bad.src = any_address(w);
		event.bad.dst = bits & 8 ? agent : any_address(w);
		event.bad.result = (enum mip6_decode)(bits & 7);
	}
	step(w, &event);
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
	peer.sa_count = 1;
	peer.sa[0] = (struct mip6_auth_sa){
		.spi = 300, .algorithm = MIP6_AUTH_HMAC_SHA256_128, .key_len = 16, .key = {9}};
	w->now = 1000 * MIP6_S;
	w->offset = INT64_C(1700000000000000);
	w->random = bits;
	w->config = (struct ha_config){
		.bindings_max = BINDINGS_MAX,
		.identity_bindings_max = 4,
		.lifetime_max_s = 600,
		.refresh_percent = 80,
		.ownership_s = 3600,
		.replay_window_s = 300,
		.error_rate = 100,
		.open = bits == 255,
		.address_count = 1,
		.addresses = {agent},
		.prefix_count = 2,
		.prefixes = {{.prefix = mip6_prefix_make(&agent, 48)}},
	};
	w->config.prefixes[1].prefix.addr = hoa_of(2);
	w->config.prefixes[1].prefix = mip6_prefix_make(&w->config.prefixes[1].prefix.addr, 48);
	w->config.prefixes[1].unique_len = 64;
	w->env = (struct ha_env){
		.ctx = w,
		.random = env_random,
		.unix_us = env_unix_us,
		.find_identity = env_find_identity,
		.find_owner = env_find_owner,
		.find_peer = env_find_peer,
	};
	w->actions = (struct ha_actions){w, emit};
	w->memory = malloc(ha_memory_size(&w->config));
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
		for (unsigned int turns = 0; ha_deadline(w->ha) <= w->now; turns++) {
			FUZZ_CHECK(turns < 100);
			step(w, &(struct ha_event){.type = HA_EVENT_TIMER});
		}
		if (what < 140)
			update(w);
		else if (what < 160)
			raw(w);
		else if (what < 190)
			other(w);
		else if (what < 200)
			restart(w);
		else if (what < 210)
			w->offset += (int64_t)(int16_t)stream_u16(&w->stream) * MIP6_S;
		else
			simple(w, what < 225   ? HA_EVENT_DAD
				  : what < 235 ? HA_EVENT_REVOKE
				  : what < 245 ? HA_EVENT_UNBOUND
					       : HA_EVENT_MH_BAD);
		check(w);
	}
	free(w->memory);
	return 0;
}
