// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a home agent knows for those who are away: the Home Agents List from any Router Advertisements on
 * its link, the reply that is made of it, and the schedule of Mobile Prefix Advertisements under any
 * bindings, solicitations and time. Limits hold, the list never has a home agent twice or one whose
 * lifetime is over, a reply fits, and nobody gets more than one advertisement per second.
 */
#include <mip6/home_agents.h>
#include <mip6/mobile_prefix.h>

#include "fuzz.h"
#include "stream.h"

#define HOAS 6
#define ENTRIES_MAX 4
#define EVENTS_MAX 64
#define NEVER (-1000 * MIP6_S)

struct world {
	struct stream stream;
	struct home_agents list;
	struct mobile_prefix *prefix;
	mip6_time now;
	mip6_time sent[HOAS];
	bool bound[HOAS];
	uint32_t random;
};

static const struct mip6_addr self_address = {{0x20, 0x01, 0x0d, 0xb8, [15] = 1}};

static uint32_t next_random(void *ctx)
{
	struct world *w = ctx;

	return w->random = w->random * 1103515245 + 12345;
}

static struct mip6_addr numbered(uint8_t n)
{
	return (struct mip6_addr){{0x20, 0x01, 0x0d, 0xb8, 0, 1, [15] = n}};
}

static void check_list(struct world *w)
{
	FUZZ_CHECK(w->list.count <= HOME_AGENTS_MAX);
	for (size_t i = 0; i < w->list.count; i++) {
		const struct home_agent *agent = &w->list.agent[i];

		FUZZ_CHECK(agent->expires > w->now);
		FUZZ_CHECK(agent->address_count <= HOME_AGENT_ADDRESSES_MAX);
		for (size_t k = 0; k < i; k++)
			FUZZ_CHECK(!mip6_addr_equal(&agent->link_local,
			                            &w->list.agent[k].link_local));
	}
}

static void advertisement(struct world *w)
{
	struct mip6_addr src = {{0xfe, 0x80, [15] = stream_u8(&w->stream)}};
	uint8_t message[16 + 256] = {134, [4] = 64};
	const uint8_t *options;
	struct mip6_icmp6 ra;
	size_t len, offset;

	message[5] = stream_u8(&w->stream);
	message[6] = stream_u8(&w->stream);
	message[7] = stream_u8(&w->stream);
	len = stream_octets(&w->stream, &options);
	if (len > 0)
		memcpy(message + 16, options, len);
	if (mip6_icmp6_decode(message, 16 + len, 255, &ra, &offset) == MIP6_DECODE_OK)
		home_agents_heard(&w->list, &src, &ra, w->now);
}

static void question(struct world *w)
{
	const struct home_agent self = {
		.preference = stream_u16(&w->stream),
		.expires = MIP6_TIME_NEVER,
		.address_count = 1,
		.address = {self_address},
	};
	static const struct mip6_addr asker = {{0x20, 0x01, 0x0d, 0xb8, 9, [15] = 9}};
	uint16_t id = stream_u16(&w->stream);
	struct mip6_icmp6 reply;
	uint8_t data[2048];
	size_t len;

	home_agents_reply(&w->list, &self, id, w->now, next_random, w, &reply);
	check_list(w);
	len = mip6_icmp6_encode(&reply, &self_address, &asker, data, sizeof(data));
	FUZZ_CHECK(len > 0 && len + 40 <= 1280);
}

static void solicitation(struct world *w, unsigned int n)
{
	const struct mip6_addr hoa = numbered((uint8_t)n), coa = numbered(200);

	(void)mobile_prefix_solicited(w->prefix, &hoa, &coa, stream_u16(&w->stream), w->now);
}

static void binding(struct world *w, unsigned int n, bool is_bound)
{
	const struct mip6_addr hoa = numbered((uint8_t)n);

	if (is_bound)
		mobile_prefix_bound(w->prefix, &hoa, w->now);
	else
		mobile_prefix_unbound(w->prefix, &hoa);
	w->bound[n] = is_bound;
}

static void configure(struct world *w)
{
	uint8_t bits = stream_u8(&w->stream);
	struct mobile_prefix_config config = {
		.interval_min_s = bits & 1 ? 600 : 1,
		.interval_max_s = bits & 2 ? 86400 : 2,
		.preferred_s = bits & 4 ? UINT32_MAX : (uint32_t)(bits >> 4),
		.only_solicited = (bits & 8) != 0,
		.random = next_random,
		.ctx = w,
	};

	mobile_prefix_configure(w->prefix, &config, w->now);
	if (bits & 128)
		mobile_prefix_changed(w->prefix, w->now);
}

static void send_due(struct world *w)
{
	struct mobile_prefix_due due;
	unsigned int count = 0;

	while (mobile_prefix_next(w->prefix, w->now, &due)) {
		unsigned int n = due.hoa.b[15];
		struct mip6_addr hoa = numbered((uint8_t)n);

		FUZZ_CHECK(++count <= ENTRIES_MAX);
		FUZZ_CHECK(n < HOAS && mip6_addr_equal(&due.hoa, &hoa));
		FUZZ_CHECK(w->bound[n]);
		FUZZ_CHECK(due.solicited || mip6_addr_is_unspecified(&due.coa));
		/* RFC 6275 section 6.8 */
		FUZZ_CHECK(w->now - w->sent[n] >= MOBILE_PREFIX_SPACING);
		w->sent[n] = w->now;
	}
	FUZZ_CHECK(mobile_prefix_deadline(w->prefix) > w->now);
	FUZZ_CHECK(mobile_prefix_count(w->prefix) <= ENTRIES_MAX);
}

static void event(struct world *w)
{
	uint8_t what = stream_u8(&w->stream);
	unsigned int n = what % HOAS;

	if (what < 80)
		advertisement(w);
	else if (what < 110)
		question(w);
	else if (what < 170)
		solicitation(w, n);
	else if (what < 220)
		binding(w, n, true);
	else if (what < 240)
		binding(w, n, false);
	else
		configure(w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct world world;
	struct world *w = &world;
	const struct mobile_prefix_config config = {
		.interval_min_s = 1,
		.interval_max_s = 4,
		.preferred_s = 100,
		.random = next_random,
		.ctx = w,
	};
	void *memory = malloc(mobile_prefix_memory_size(ENTRIES_MAX));

	FUZZ_CHECK(memory != NULL);
	*w = (struct world){.stream = {data, len}, .now = 1000 * MIP6_S};
	for (unsigned int n = 0; n < HOAS; n++)
		w->sent[n] = NEVER;
	w->prefix = mobile_prefix_init(memory, ENTRIES_MAX, &config);
	for (unsigned int i = 0; i < EVENTS_MAX && w->stream.len > 0; i++) {
		w->now += stream_time(&w->stream);
		home_agents_expire(&w->list, w->now);
		event(w);
		check_list(w);
		send_due(w);
	}
	free(memory);
	return 0;
}
