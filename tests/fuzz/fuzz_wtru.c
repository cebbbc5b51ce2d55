// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The WTRU core under any sequence of events: links, Router Advertisements of any octets and such as are
 * nearly right, addresses, answers of its anchors right and wrong, replies about home agents and prefixes,
 * the operator, time, restarts with what was kept. After every event: tables within their limits, what is wanted in pairs, no timer that spins,
 * nothing sent to or from an address that cannot be.
 */
#include <mip6/wtru.h>
#include <stdlib.h>

#include "fuzz.h"
#include "stream.h"

#define DGWS 4
#define HOSTS 2
#define HOAS (DGWS * HOSTS)
#define LINKS 3
#define INSTANCES_MAX 5
#define EVENTS_MAX 64

struct world {
	struct stream stream;
	struct wtru *wtru;
	void *memory;
	struct wtru_config config;
	struct wtru_env env;
	struct wtru_actions actions;
	struct mip6_auth_sa sa;
	mip6_time now;
	int64_t offset;
	uint32_t random;
	bool hoa[HOAS], binding[HOAS], attached;
	struct mip6_mh bu; /* the last that was sent, and where */
	struct mip6_packet bu_packet;
	bool has_bu;
	struct wtru_home home;
	struct mip6_packet asked; /* the last question about the home link */
	uint16_t asked_id;
	size_t sent;
};

static struct mip6_addr anchor_of(unsigned int n)
{
	return (struct mip6_addr){{0x20, 0x01, 0x0d, 0xb8, 0, (uint8_t)(n % DGWS + 1), [15] = 1}};
}

static struct mip6_addr hoa_of(unsigned int n)
{
	struct mip6_addr addr = anchor_of(n / HOSTS);

	addr.b[7] = 1;
	addr.b[15] = (uint8_t)(0x10 + n % HOSTS);
	return addr;
}

static struct mip6_addr router_of(unsigned int n)
{
	return (struct mip6_addr){{0xfe, 0x80, [15] = (uint8_t)(n % DGWS + 1)}};
}

static unsigned int index_of(const struct mip6_addr *hoa)
{
	for (unsigned int n = 0; n < HOAS; n++) {
		struct mip6_addr addr = hoa_of(n);

		if (mip6_addr_equal(&addr, hoa))
			return n;
	}
	fputs("a home address that never was an address\n", stderr);
	abort();
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

static const struct mip6_auth_sa *env_find_sa(void *ctx, const struct mip6_addr *anchor)
{
	const struct world *w = ctx;

	(void)anchor;
	return w->sa.key_len != 0 ? &w->sa : NULL;
}

static void follow_send(struct world *w, const struct mip6_packet *packet)
{
	struct mip6_mh mh;
	size_t offset;

	w->sent++;
	FUZZ_CHECK(mip6_addr_is_routable(&packet->src) && mip6_addr_is_routable(&packet->dst));
	FUZZ_CHECK(mip6_mh_decode(packet->mh, packet->mh_len, &mh, &offset) == MIP6_DECODE_OK);
	if (mh.type != MIP6_MH_BU)
		return;
	index_of(mip6_packet_source(packet));
	FUZZ_CHECK((mh.bu.flags & (MIP6_BU_A | MIP6_BU_H)) == (MIP6_BU_A | MIP6_BU_H));
	w->bu = mh;
	w->bu_packet = *packet;
	w->bu_packet.mh = NULL;
	w->has_bu = true;
}

static void emit(void *ctx, const struct wtru_action *action)
{
	struct world *w = ctx;
	unsigned int n;

	switch (action->type) {
	case WTRU_ACTION_SEND:
		follow_send(w, &action->packet);
		break;
	case WTRU_ACTION_WANT_DEFAULT:
		FUZZ_CHECK(mip6_addr_is_routable(&action->attachment.coa));
		w->attached = true;
		break;
	case WTRU_ACTION_UNWANT_DEFAULT:
		FUZZ_CHECK(w->attached);
		w->attached = false;
		break;
	case WTRU_ACTION_WANT_HOA:
		w->hoa[index_of(&action->hoa.hoa)] = true;
		break;
	case WTRU_ACTION_UNWANT_HOA:
		n = index_of(&action->hoa.hoa);
		FUZZ_CHECK(w->hoa[n]);
		w->hoa[n] = false;
		break;
	case WTRU_ACTION_WANT_BINDING:
		FUZZ_CHECK(mip6_addr_is_routable(&action->binding.coa));
		FUZZ_CHECK(!mip6_addr_equal(&action->binding.coa, &action->binding.hoa));
		w->binding[index_of(&action->binding.hoa)] = true;
		break;
	case WTRU_ACTION_UNWANT_BINDING:
		n = index_of(&action->binding.hoa);
		FUZZ_CHECK(w->binding[n]);
		w->binding[n] = false;
		break;
	case WTRU_ACTION_SEND_ICMP6:
		FUZZ_CHECK(mip6_addr_is_routable(&action->icmp6.packet.src));
		FUZZ_CHECK(mip6_addr_is_routable(&action->icmp6.packet.dst));
		FUZZ_CHECK((action->icmp6.type == MIP6_ICMP6_MPS) == action->icmp6.packet.has_hao);
		w->asked = action->icmp6.packet;
		w->asked_id = action->icmp6.id;
		break;
	case WTRU_ACTION_SEND_RS:
	case WTRU_ACTION_SEND_PROBE:
	case WTRU_ACTION_FIND_AGENT:
	case WTRU_ACTION_SEND_NA:
	case WTRU_ACTION_WANT_NATIVE:
	case WTRU_ACTION_UNWANT_NATIVE:
	case WTRU_ACTION_WITHOUT_DAD:
	case WTRU_ACTION_LEARN_NEIGHBOUR:
	case WTRU_ACTION_CHECK_USE:
	case WTRU_ACTION_SAVE:
	case WTRU_ACTION_NOTIFY:
		break;
	}
}

static void step(struct world *w, const struct wtru_event *event)
{
	wtru_step(w->wtru, event, w->now, &w->env, &w->actions);
}

static void check(const struct world *w)
{
	struct wtru_instance_info info;
	size_t count = 0;

	while (wtru_instance_get(w->wtru, count, &info)) {
		unsigned int n = index_of(&info.hoa);

		if (info.state == WTRU_HOME)
			FUZZ_CHECK(!w->hoa[n] && !w->binding[n]);
		if (info.state == WTRU_BOUND)
			FUZZ_CHECK(w->hoa[n] && w->binding[n]);
		FUZZ_CHECK(strlen(info.operator_name) <= MIP6_OPERATOR_MAX);
		count++;
	}
	FUZZ_CHECK(count <= INSTANCES_MAX);
}

/* Octets as they come in from the link, decoded as the daemon does. */
static void ra_octets(struct world *w)
{
	struct wtru_event event = {.type = WTRU_EVENT_RA};
	struct mip6_icmp6 msg;
	const uint8_t *data;
	size_t len = stream_octets(&w->stream, &data), offset;
	uint8_t copy[16 + 255] = {MIP6_ICMP6_RA, [4] = 64, MIP6_RA_H, 0, 100};

	memcpy(copy + 16, data, len);
	if (mip6_icmp6_decode(copy, 16 + len, 255, &msg, &offset) != MIP6_DECODE_OK)
		return;
	event.ra.ifindex = 1u + stream_u8(&w->stream) % LINKS;
	event.ra.router = router_of(stream_u8(&w->stream));
	event.ra.msg = &msg;
	step(w, &event);
}

static void ra(struct world *w)
{
	struct wtru_event event = {.type = WTRU_EVENT_RA};
	uint8_t dgw = stream_u8(&w->stream), bits = stream_u8(&w->stream);
	struct mip6_icmp6 msg = {.type = MIP6_ICMP6_RA};

	msg.ra.flags = bits & 1 ? stream_u8(&w->stream) : MIP6_RA_H;
	msg.ra.router_lifetime_s = bits & 2 ? stream_u8(&w->stream) : 1800;
	msg.opt.has_interval = bits & 4;
	msg.opt.interval_ms = bits & 4 ? stream_u32(&w->stream) : 0;
	msg.opt.has_pvd = bits & 8;
	memcpy(msg.opt.pvd, bits & 16 ? "o.example" : "p.example", 10);
	msg.opt.pio[0].prefix = hoa_of(dgw % DGWS * HOSTS);
	msg.opt.pio[0].len = bits & 32 ? stream_u8(&w->stream) % 129 : 64;
	msg.opt.pio[0].flags = MIP6_PIO_A;
	msg.opt.pio[0].valid_s = bits & 64 ? stream_u16(&w->stream) : 7200;
	msg.opt.pio[1].prefix = anchor_of(bits & 128 ? stream_u8(&w->stream) : dgw);
	msg.opt.pio[1].len = 64;
	msg.opt.pio[1].flags = MIP6_PIO_R;
	msg.opt.pio[1].valid_s = 7200;
	msg.opt.pio_count = 2;
	event.ra.ifindex = 1u + dgw / DGWS % LINKS;
	event.ra.router = router_of(dgw);
	event.ra.msg = &msg;
	step(w, &event);
}

static void link_or_address(struct world *w)
{
	struct wtru_event event = {.type = WTRU_EVENT_LINK};
	uint8_t which = stream_u8(&w->stream), bits = stream_u8(&w->stream);

	if (which < 128) {
		event.link.ifindex = 1u + which % (LINKS + 1);
		event.link.present = (bits & 15) != 15;
		event.link.up = bits & 16 || bits & 32;
		event.link.rank = bits >> 6;
		event.link.flapped = bits & 1;
	} else {
		event.type = WTRU_EVENT_ADDRESS;
		event.address.ifindex = 1u + which % LINKS;
		event.address.addr = hoa_of(bits % HOAS);
		event.address.prefix_len = 64;
		event.address.present = (bits >> 3 & 7) != 7;
		event.address.usable = (bits >> 3 & 7) != 6;
		event.address.deprecated = (bits >> 3 & 7) == 5;
		event.address.temporary = bits >> 7;
		event.address.valid_s = bits & 64 ? stream_u16(&w->stream) : MIP6_LIFETIME_INFINITE;
	}
	step(w, &event);
}

static void receive(struct world *w, struct mip6_packet *packet)
{
	struct wtru_event event = {.type = WTRU_EVENT_MH, .mh.packet = packet};

	step(w, &event);
}

/* What may come from where the last BU went. */
static struct mip6_packet answer_packet(struct world *w, uint8_t bits)
{
	struct mip6_packet packet = {.src = w->bu_packet.dst, .dst = w->bu_packet.src};

	packet.has_rh2 = w->bu_packet.has_hao;
	packet.rh2 = w->bu_packet.hao;
	if (!w->has_bu || (bits & 7) == 7) {
		packet.src = anchor_of(stream_u8(&w->stream));
		packet.dst = hoa_of(stream_u8(&w->stream) % HOAS);
		packet.rh2 = hoa_of(stream_u8(&w->stream) % HOAS);
		packet.has_rh2 = bits & 8;
	}
	return packet;
}

static void answer(struct world *w)
{
	static const uint8_t statuses[] = {0,   0,   0,   0,   1,   128, 129, 130,
					   133, 134, 135, 139, 144, 145, 146, 174};
	uint8_t data[MIP6_MH_MAX], bits = stream_u8(&w->stream);
	struct mip6_packet packet = answer_packet(w, bits);
	struct mip6_mh mh = {.type = MIP6_MH_BA};

	mh.ba.seq = bits & 16 ? stream_u16(&w->stream) : w->bu.bu.seq;
	mh.ba.status = statuses[stream_u8(&w->stream) % 16];
	mh.ba.lifetime_s4 = bits & 32 ? stream_u16(&w->stream) : w->bu.bu.lifetime_s4;
	mh.opt.has = w->bu.opt.has & (MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID);
	mh.opt.mn_id_subtype = MIP6_MN_ID_NAI;
	mh.opt.mn_id_len = w->bu.opt.mn_id_len;
	memcpy(mh.opt.mn_id, w->bu.opt.mn_id, sizeof(mh.opt.mn_id));
	mh.opt.mesg_id = w->bu.opt.mesg_id;
	if (mh.ba.status == MIP6_BA_ID_MISMATCH)
		mh.opt.mesg_id += (uint64_t)stream_u32(&w->stream) << 24;
	if (bits & 64) {
		mh.opt.has |= MIP6_HAS_REFRESH_ADVICE;
		mh.opt.refresh_interval_s4 = stream_u16(&w->stream);
	}
	packet.mh = data;
	packet.mh_len =
		mip6_auth_encode(&mh, bits & 128 ? NULL : env_find_sa(w, &packet.src), &packet.dst,
				 mip6_packet_destination(&packet), data, sizeof(data));
	if (packet.mh_len > 0)
		receive(w, &packet);
}

/* BE, BRR, revocation, heartbeat; or any octets. */
static void other(struct world *w)
{
	static const enum mip6_mh_type types[] = {MIP6_MH_BE, MIP6_MH_BRR, MIP6_MH_REVOCATION,
						  MIP6_MH_HEARTBEAT};
	uint8_t data[MIP6_MH_MAX], bits = stream_u8(&w->stream);
	struct mip6_packet packet = answer_packet(w, bits);
	struct mip6_mh mh = {.type = types[bits >> 4 & 3]};

	if (bits >> 6 == 3) {
		packet.mh_len = stream_octets(&w->stream, &packet.mh);
		receive(w, &packet);
		return;
	}
	if (mh.type == MIP6_MH_BE) {
		mh.be.status = 1 + (stream_u8(&w->stream) & 1);
		mh.be.hoa = hoa_of(stream_u8(&w->stream) % HOAS);
	} else if (mh.type == MIP6_MH_REVOCATION) {
		mh.revocation.type = MIP6_REVOCATION_BRI;
		mh.revocation.trigger = stream_u8(&w->stream);
		mh.revocation.seq = stream_u16(&w->stream);
	} else if (mh.type == MIP6_MH_HEARTBEAT) {
		mh.heartbeat.flags = stream_u8(&w->stream) & 3;
		mh.heartbeat.seq = stream_u32(&w->stream);
		mh.opt.has = MIP6_HAS_RESTART_COUNTER;
		mh.opt.restart_counter = stream_u8(&w->stream);
	}
	packet.mh = data;
	packet.mh_len =
		mip6_auth_encode(&mh, bits & 64 ? env_find_sa(w, &packet.src) : NULL, &packet.dst,
				 mip6_packet_destination(&packet), data, sizeof(data));
	if (packet.mh_len > 0)
		receive(w, &packet);
}

/* Home agents, and prefixes, as an answer or unasked. */
static void about_home(struct world *w)
{
	uint8_t bits = stream_u8(&w->stream);
	bool prefixes = bits & 1;
	struct mip6_icmp6 msg = {.type = prefixes ? MIP6_ICMP6_MPA : MIP6_ICMP6_HAAD_REPLY};
	struct mip6_packet packet = {
		.src = w->asked.dst, .dst = w->asked.src, .has_rh2 = prefixes, .rh2 = w->asked.hao};
	struct wtru_event event = {
		.type = WTRU_EVENT_ICMP6, .icmp6 = {.packet = &packet, .msg = &msg}};

	if (bits & 2)
		packet = answer_packet(w, bits);
	msg.discovery.id = (bits & 12) == 12 ? stream_u16(&w->stream) : w->asked_id;
	if (prefixes) {
		msg.opt.pio_count = bits >> 4 & 1 ? 2 : 1;
		for (size_t i = 0; i < msg.opt.pio_count; i++)
			msg.opt.pio[i] = (struct mip6_pio){
				.prefix = hoa_of(bits & 32 ? stream_u8(&w->stream) : HOAS - 1),
				.len = bits & 64 ? stream_u8(&w->stream) % 129 : 64,
				.flags = MIP6_PIO_A,
				.valid_s = stream_u32(&w->stream) >> (bits & 31),
				.preferred_s = bits & 128 ? stream_u8(&w->stream) : 0,
			};
	} else {
		msg.discovery.count = bits >> 4 & 7;
		for (size_t i = 0; i < msg.discovery.count; i++)
			msg.discovery.addr[i] = anchor_of(stream_u8(&w->stream));
	}
	step(w, &event);
}

static void operator_or_use(struct world *w)
{
	struct wtru_event event = {.type = WTRU_EVENT_USE};
	uint8_t bits = stream_u8(&w->stream);

	switch (bits >> 3 & 7) {
	case 0:
		event.type = WTRU_EVENT_RELEASE;
		event.release.hoa = hoa_of(bits % HOAS);
		break;
	case 1:
		event.type = WTRU_EVENT_KEEP;
		event.keep.hoa = hoa_of(bits % HOAS);
		event.keep.keep = bits & 128;
		break;
	case 2:
		event.type = WTRU_EVENT_RESUME;
		break;
	case 3:
		if (bits & 64) {
			event.type = WTRU_EVENT_ADVERTISED;
			event.advertised.ifindex = 1u + bits % LINKS;
			event.advertised.target = hoa_of(bits % HOAS);
			event.advertised.lladdr_len = stream_u8(&w->stream);
			break;
		}
		event.type = WTRU_EVENT_NEIGHBOUR;
		event.neighbour.ifindex = 1u + bits % LINKS;
		event.neighbour.addr = router_of(stream_u8(&w->stream));
		event.neighbour.reachable = bits & 128;
		break;
	default:
		event.use.hoa = hoa_of(bits % HOAS);
		event.use.sockets = bits & 128 ? stream_u8(&w->stream) : 0;
		event.use.last_use = bits & 64 ? w->now : 0;
		break;
	}
	step(w, &event);
}

static void start(struct world *w)
{
	w->wtru = wtru_init(w->memory, &w->config);
	memset(w->hoa, 0, sizeof(w->hoa));
	memset(w->binding, 0, sizeof(w->binding));
	w->attached = false;
}

static void restart(struct world *w)
{
	struct wtru_record records[INSTANCES_MAX];
	size_t count = 0;

	while (count < INSTANCES_MAX && wtru_record_get(w->wtru, count, &records[count]))
		count++;
	start(w);
	while (count-- > 0) {
		struct wtru_event event = {.type = WTRU_EVENT_RESTORE, .restore = &records[count]};
		uint8_t damage = stream_u8(&w->stream);

		if (damage == 255)
			records[count].ifindex = stream_u8(&w->stream);
		else if (damage == 254)
			records[count].valid_until_unix_us = (int64_t)stream_u32(&w->stream) << 20;
		else if (damage == 253)
			records[count].anchor = (struct mip6_addr){{0}};
		step(w, &event);
	}
}

static void setup(struct world *w)
{
	uint8_t bits = stream_u8(&w->stream);

	w->now = 1000 * MIP6_S;
	w->offset = INT64_C(1700000000000000);
	w->random = bits;
	w->config = (struct wtru_config){
		.instances_max = INSTANCES_MAX,
		.links_max = LINKS,
		.lifetime_s = 600,
		.linger_s = 10,
		.use_interval_ms = 1000,
		.heartbeat_interval_ms = bits & 1 ? 5000 : 0,
		.heartbeat_missing_max = 2,
		.retransmit_initial_ms = 1000,
		.retransmit_max_ms = 32000,
		.probe_ms = 40,
		.claim = !(bits & 2),
		.identity = "a@x",
	};
	if (bits & 8) {
		w->home = (struct wtru_home){
			.hoa = hoa_of(HOAS - 1), .prefix_len = 64, .prefer = bits & 32};
		if (bits & 16)
			w->home.agent = anchor_of(DGWS - 1);
		w->config.homes = &w->home;
		w->config.home_count = 1;
	}
	if (!(bits & 4))
		w->sa = (struct mip6_auth_sa){
			.spi = 256, .algorithm = MIP6_AUTH_HMAC_SHA1, .key_len = 16, .key = {1}};
	w->env = (struct wtru_env){w, env_random, env_unix_us, env_find_sa, NULL, NULL};
	w->actions = (struct wtru_actions){w, emit};
	w->memory = malloc(wtru_memory_size(&w->config));
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
		mip6_time until = w->now + stream_time(&w->stream);

		for (unsigned int turns = 0; wtru_deadline(w->wtru) <= until && turns < 2000; turns++) {
			mip6_time deadline = wtru_deadline(w->wtru);

			w->now = deadline > w->now ? deadline : w->now;
			step(w, &(struct wtru_event){.type = WTRU_EVENT_TIMER});
			/* At most a few things are due at one instant. */
			FUZZ_CHECK(wtru_deadline(w->wtru) > w->now || turns < 1999);
		}
		w->now = until;
		if (what < 70)
			link_or_address(w);
		else if (what < 110)
			ra(w);
		else if (what < 120)
			ra_octets(w);
		else if (what < 180)
			answer(w);
		else if (what < 200)
			other(w);
		else if (what < 215)
			about_home(w);
		else if (what < 248)
			operator_or_use(w);
		else
			restart(w);
		check(w);
	}
	w->now += MIP6_S;
	step(w, &(struct wtru_event){.type = WTRU_EVENT_STOP});
	free(w->memory);
	return 0;
}
