// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a WTRU asks about a home link that it is not on: its home agents (RFC 6275 section 11.4.1)
 * and its prefixes (sections 11.4.2 and 11.4.3). For configured homes; a D-GW's HoA has its anchor
 * from the start, and its lifetime from each registration.
 *
 * Home agents are asked for when none is known, or the present one fails: it refuses, or leaves
 * several BUs in a row unanswered. The addresses of a reply are tried in its order, and kept for
 * the next failure; the configured one, if any, is the last. While the reply is awaited the present
 * home agent is asked on, and when it accepts, nothing changes.
 *
 * Prefixes are asked for once bound when nothing is known of them, before the HoA's valid lifetime
 * ends, when a BA says so (status 1), and when an advertisement comes unasked. Once an
 * advertisement has been accepted, the HoA lives as long as those say, and no longer; until then
 * each registration counts as a renewal.
 *
 * Owned here: struct wtru_discovery of each instance.
 */
#include <mip6/home_agents.h>

#include "wtru_private.h"

/* RFC 6275 section 12. */
#define DHAAD_RETRIES 4
#define INITIAL_DHAAD_TIMEOUT (3 * MIP6_S)
#define INITIAL_SOLICIT_TIMER (3 * MIP6_S)
/* After all retransmissions; and never more than one request or solicitation in this time. */
#define PAUSE (300 * MIP6_S)
#define SPACING MIP6_S
#define SOLICIT_TRIES 5u
/* BUs without an answer before another home agent is tried. */
#define TRIES_KNOWN 4u
#define TRIES_NEW 2u
/* RFC 4862 section 5.5.3: what comes without ESP shortens a lifetime to this at most. */
#define TWO_HOURS (7200 * MIP6_S)

void wtru_discovery_init(struct wtru_discovery *d)
{
	memset(d, 0, sizeof(*d));
	d->agents_due = d->prefixes_due = d->preferred_until = MIP6_TIME_NEVER;
	d->agents_sent = d->prefixes_sent = INT64_MIN / 2;
}

static void emit(struct wtru *w, uint8_t type, uint16_t id, const struct mip6_packet *packet)
{
	struct wtru_action action = {.type = WTRU_ACTION_SEND_ICMP6};

	action.icmp6.packet = *packet;
	action.icmp6.type = type;
	action.icmp6.id = id;
	wtru_emit(w, &action);
}

/* Home agents */

static bool wants_agents(struct wtru *w, const struct wtru_instance *i)
{
	struct wtru_link *link = w->primary.valid ? wtru_link_find(w, w->primary.ifindex) : NULL;

	return i->fixed && !i->duplicate && !i->discovery.invalid && wtru_instance_is_away(i) &&
	       link && !w->primary.suspended && !wtru_home_is_on(w, link, i) &&
	       (i->discovery.failing || !mip6_addr_is_routable(&i->anchor));
}

static void request(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_discovery *d = &i->discovery;
	struct mip6_prefix home = mip6_prefix_make(&i->hoa, i->prefix_len);
	struct mip6_packet packet = {.src = w->primary.coa, .dst = home_agents_anycast(&home)};

	if (d->agents_tries == 0)
		d->agents_id = (uint16_t)w->env->random(w->env->ctx);
	d->agents_coa = w->primary.coa;
	d->agents_sent = w->now;
	/* Section 11.4.1: MUST be delayed by twice the interval of the previous one. */
	d->agents_due = w->now + (INITIAL_DHAAD_TIMEOUT << d->agents_tries);
	d->agents_tries++;
	wtru_count(w, WTRU_STAT_HAAD_SENT);
	emit(w, MIP6_ICMP6_HAAD_REQUEST, d->agents_id, &packet);
}

static void update_agents(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_discovery *d = &i->discovery;

	if (!wants_agents(w, i)) {
		d->agents_tries = 0;
		d->agents_due = MIP6_TIME_NEVER;
		return;
	}
	/* For the first time, or from another care-of address: at once, and all over again. */
	if (d->agents_due != MIP6_TIME_NEVER && mip6_addr_equal(&d->agents_coa, &w->primary.coa))
		return;
	d->agents_tries = 0;
	d->agents_coa = w->primary.coa;
	if (w->now - d->agents_sent >= SPACING)
		request(w, i);
	else
		d->agents_due = d->agents_sent + SPACING;
}

static void agents_timer(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_discovery *d = &i->discovery;

	if (w->now < d->agents_due)
		return;
	d->agents_due = MIP6_TIME_NEVER;
	if (!wants_agents(w, i))
		return;
	if (d->agents_tries <= DHAAD_RETRIES) {
		request(w, i);
		return;
	}
	d->agents_tries = 0;
	d->agents_due = w->now + PAUSE;
}

static bool is_protected(struct wtru *w, const struct wtru_instance *i,
                         const struct mip6_addr *agent)
{
	return wtru_binding_esp(w, i, agent) != WTRU_ESP_NONE || wtru_binding_sa(w, i, agent);
}

/*
 * Replies are not authenticated: none of them may lead from a home agent whose answers are to one
 * that anybody could be.
 */
static bool may_try(struct wtru *w, const struct wtru_instance *i, const struct mip6_addr *agent)
{
	const struct mip6_addr *given = &i->discovery.given;

	return mip6_addr_is_unspecified(given) || !is_protected(w, i, given) ||
	       is_protected(w, i, agent);
}

/* Try the next address of the list; false: there is none. */
static bool next_agent(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_discovery *d = &i->discovery;

	while (d->agent_next < d->agent_count) {
		struct mip6_addr agent = d->agent[d->agent_next++];

		if (mip6_addr_equal(&agent, &i->anchor) || mip6_addr_equal(&agent, &i->hoa) ||
		    mip6_addr_equal(&agent, &w->primary.coa) || !may_try(w, i, &agent))
			continue;
		d->failing = false;
		d->fresh = true;
		d->told = d->solicited = false;
		d->prefixes_tries = 0;
		w->place = true;
		wtru_home_set_agent(w, i, &agent);
		wtru_notify(w, WTRU_NOTICE_AGENT, i, 0);
		return true;
	}
	d->agent_count = d->agent_next = 0;
	return false;
}

static void on_reply(struct wtru *w, const struct mip6_packet *packet, const struct mip6_icmp6 *msg)
{
	struct wtru_instance *i = NULL;
	struct wtru_discovery *d;

	for (size_t n = 0; n < w->instance_count && !i; n++) {
		struct wtru_instance *one = &w->instance[w->order[n]];

		if (one->discovery.agents_tries > 0 &&
		    one->discovery.agents_id == msg->discovery.id &&
		    mip6_addr_equal(&one->discovery.agents_coa, &packet->dst))
			i = one;
	}
	if (!i || packet->has_hao || packet->has_rh2) {
		wtru_count(w, WTRU_STAT_HAAD_UNMATCHED);
		return;
	}
	d = &i->discovery;
	wtru_count(w, WTRU_STAT_HAAD_ANSWERED);
	d->agent_count = d->agent_next = 0;
	for (size_t n = 0; n < msg->discovery.count; n++)
		if (mip6_addr_is_routable(&msg->discovery.addr[n]))
			d->agent[d->agent_count++] = msg->discovery.addr[n];
	if (mip6_addr_is_routable(&d->given))
		d->agent[d->agent_count++] = d->given;
	d->agents_tries = 0;
	/* Another time, when none of them serves. */
	d->agents_due = w->now + PAUSE;
	next_agent(w, i);
}

bool wtru_discovery_failed(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_discovery *d = &i->discovery;

	if (!i->fixed || i->exchange != WTRU_EXCHANGE_REGISTER ||
	    !mip6_addr_equal(&i->peer, &i->anchor))
		return false;
	if (i->agent_given && mip6_addr_is_unspecified(&d->given))
		d->given = i->anchor;
	d->failing = true;
	return next_agent(w, i);
}

bool wtru_discovery_silent(struct wtru *w, struct wtru_instance *i)
{
	return i->tries >= (i->discovery.fresh ? TRIES_NEW : TRIES_KNOWN) &&
	       wtru_discovery_failed(w, i);
}

/* Prefixes */

static bool may_solicit(const struct wtru_instance *i)
{
	return i->state == WTRU_BOUND && mip6_addr_equal(&i->peer, &i->anchor);
}

/* RFC 6275 sections 6.7 and 11.4.2. */
static void solicit(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_discovery *d = &i->discovery;
	struct mip6_packet packet = {
		.src = i->coa,
		.dst = i->anchor,
		/* MUST carry the home address in a Home Address option. */
		.has_hao = true,
		.hao = i->hoa,
		/* SHOULD be protected as Binding Updates are (section 5.4). */
		.esp = wtru_binding_esp(w, i, &i->anchor) != WTRU_ESP_NONE,
	};

	/* MUST be a random value. */
	d->prefixes_id = (uint16_t)w->env->random(w->env->ctx);
	d->solicited = true;
	d->prefixes_sent = w->now;
	d->prefixes_due = w->now + (INITIAL_SOLICIT_TIMER << d->prefixes_tries);
	d->prefixes_tries++;
	wtru_count(w, WTRU_STAT_MPS_SENT);
	emit(w, MIP6_ICMP6_MPS, d->prefixes_id, &packet);
}

/* How long before the end of its valid lifetime a HoA is about to become invalid. */
static mip6_time margin(const struct wtru_instance *i)
{
	uint32_t quarter_s = i->prefix_valid_s / 4;

	return (quarter_s < 10 ? 10 : quarter_s > 3600 ? 3600 : quarter_s) * MIP6_S;
}

static void update_prefixes(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_discovery *d = &i->discovery;
	mip6_time at = MIP6_TIME_NEVER;

	if (!may_solicit(i)) {
		d->prefixes_tries = 0;
		d->prefixes_due = MIP6_TIME_NEVER;
		return;
	}
	if (d->prefixes_tries > 0)
		return; /* under way */
	if (i->fixed && !d->told && !d->unanswered && i->valid_until == MIP6_TIME_NEVER)
		d->wanted = true;
	if (d->wanted)
		at = w->now;
	else if (i->fixed && i->valid_until != MIP6_TIME_NEVER)
		at = i->valid_until - margin(i);
	if (at < d->prefixes_sent + (d->unanswered ? PAUSE : SPACING))
		at = d->prefixes_sent + (d->unanswered ? PAUSE : SPACING);
	d->prefixes_due = at;
	if (at <= w->now)
		solicit(w, i);
}

static void prefixes_timer(struct wtru *w, struct wtru_instance *i)
{
	struct wtru_discovery *d = &i->discovery;

	if (w->now < d->prefixes_due)
		return;
	d->prefixes_due = MIP6_TIME_NEVER;
	if (!may_solicit(i))
		return;
	if (d->prefixes_tries < SOLICIT_TRIES) {
		solicit(w, i);
		return;
	}
	/* A home agent that does not know the question. */
	d->unanswered = true;
	d->wanted = d->solicited = false;
	d->prefixes_tries = 0;
}

static void set_valid(struct wtru *w, struct wtru_instance *i, uint32_t valid_s)
{
	mip6_time left = valid_s * MIP6_S;

	i->prefix_valid_s = valid_s;
	i->valid_until = valid_s == MIP6_LIFETIME_INFINITE ? MIP6_TIME_NEVER : w->now + left;
	i->valid_until_unix_us =
		valid_s == MIP6_LIFETIME_INFINITE ? INT64_MAX : w->env->unix_us(w->env->ctx) + left;
}

/* As if it had come in a Router Advertisement on the home link (RFC 4862 section 5.5.3). */
static void take_prefix(struct wtru *w, struct wtru_instance *i, const struct mip6_pio *pio,
                        bool authentic)
{
	mip6_time left =
		i->valid_until == MIP6_TIME_NEVER ? MIP6_TIME_NEVER : i->valid_until - w->now;
	bool known = i->discovery.told || i->valid_until != MIP6_TIME_NEVER;

	if (authentic || !known || pio->valid_s == MIP6_LIFETIME_INFINITE ||
	    pio->valid_s * MIP6_S > TWO_HOURS || pio->valid_s * MIP6_S > left)
		set_valid(w, i, pio->valid_s);
	else if (left > TWO_HOURS)
		set_valid(w, i, (uint32_t)(TWO_HOURS / MIP6_S));
	i->discovery.preferred_until = pio->preferred_s == MIP6_LIFETIME_INFINITE
	                                       ? MIP6_TIME_NEVER
	                                       : w->now + pio->preferred_s * MIP6_S;
}

static void on_advertisement(struct wtru *w, const struct mip6_packet *packet,
                             const struct mip6_icmp6 *msg)
{
	struct wtru_instance *i = packet->has_rh2 ? wtru_instance_find(w, &packet->rh2) : NULL;
	struct wtru_discovery *d;

	/*
	 * RFC 6275 section 11.4.3: MUST be from the home agent of the last accepted registration,
	 * MUST have a type 2 routing header; else it MUST be silently discarded.
	 */
	if (!i || packet->has_hao || !may_solicit(i) ||
	    !mip6_addr_equal(&packet->src, &i->anchor) || !mip6_addr_equal(&packet->dst, &i->coa)) {
		wtru_count(w, WTRU_STAT_MPA_UNMATCHED);
		return;
	}
	if (!packet->esp && wtru_binding_esp(w, i, &i->anchor) != WTRU_ESP_NONE) {
		wtru_count(w, WTRU_STAT_MPA_UNPROTECTED);
		return;
	}
	d = &i->discovery;
	if (!d->solicited || msg->discovery.id != d->prefixes_id) {
		/* Unsolicited: MUST be discarded; SHOULD send a solicitation. */
		wtru_count(w, WTRU_STAT_MPA_UNSOLICITED);
		d->wanted = true;
		d->unanswered = false;
		return;
	}
	wtru_count(w, WTRU_STAT_MPA);
	d->solicited = d->wanted = d->unanswered = false;
	d->prefixes_tries = 0;
	if (!i->fixed)
		return; /* its registrations say how long it lives */
	for (size_t n = 0; n < msg->opt.pio_count; n++) {
		const struct mip6_pio *pio = &msg->opt.pio[n];
		struct mip6_prefix prefix = mip6_prefix_make(&pio->prefix, pio->len);

		if (pio->len != i->prefix_len || !mip6_prefix_contains(&prefix, &i->hoa) ||
		    !(pio->flags & (MIP6_PIO_L | MIP6_PIO_A)) || pio->preferred_s > pio->valid_s)
			continue;
		take_prefix(w, i, pio, packet->esp);
		d->told = true;
	}
	wtru_notify(w, WTRU_NOTICE_PREFIX, i, 0);
	w->dirty = true;
	/* No binding may outlive the HoA (section 11.7.1): say so to the home agent. */
	if (i->valid_until < i->expires && i->valid_until > w->now &&
	    i->exchange == WTRU_EXCHANGE_NONE)
		wtru_binding_start(w, i, WTRU_EXCHANGE_REGISTER);
}

/* The home prefix is not valid any more, so the HoA is not either. */
static void invalidate(struct wtru *w, struct wtru_instance *i)
{
	i->discovery.invalid = true;
	wtru_binding_cancel(i);
	i->state = WTRU_REFUSED;
	i->expires = MIP6_TIME_NEVER;
	i->maybe_bound = false;
	wtru_notify(w, WTRU_NOTICE_INVALID, i, 0);
	wtru_instance_untunnel(w, i);
	wtru_instance_unwant_hoa(w, i);
	w->dirty = true;
}

/* All together */

void wtru_discovery_icmp6(struct wtru *w, const struct mip6_packet *packet,
                          const struct mip6_icmp6 *msg)
{
	if (msg->type == MIP6_ICMP6_HAAD_REPLY)
		on_reply(w, packet, msg);
	else if (msg->type == MIP6_ICMP6_MPA)
		on_advertisement(w, packet, msg);
}

void wtru_discovery_accepted(struct wtru_instance *i, uint8_t status)
{
	struct wtru_discovery *d = &i->discovery;

	d->failing = d->fresh = false;
	if (status == MIP6_BA_PREFIX_DISCOVERY_NEEDED) {
		d->wanted = true;
		d->unanswered = false;
	}
}

void wtru_discovery_at_home(struct wtru_instance *i)
{
	struct wtru_discovery *d = &i->discovery;

	/* Here the router's advertisements tell. */
	d->failing = d->fresh = d->told = d->solicited = d->wanted = d->unanswered = false;
	d->invalid = false;
	d->preferred_until = MIP6_TIME_NEVER;
}

bool wtru_discovery_deprecated(const struct wtru *w, const struct wtru_instance *i)
{
	return i->discovery.preferred_until <= w->now;
}

void wtru_discovery_update(struct wtru *w)
{
	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];

		update_agents(w, i);
		update_prefixes(w, i);
	}
}

void wtru_discovery_timer(struct wtru *w, struct wtru_instance *i)
{
	if (i->discovery.told && !i->discovery.invalid && wtru_instance_is_away(i) &&
	    w->now >= i->valid_until) {
		invalidate(w, i);
		return;
	}
	agents_timer(w, i);
	prefixes_timer(w, i);
}

mip6_time wtru_discovery_deadline(const struct wtru *w, const struct wtru_instance *i)
{
	const struct wtru_discovery *d = &i->discovery;
	mip6_time at = d->agents_due < d->prefixes_due ? d->agents_due : d->prefixes_due;

	if (d->told && !d->invalid && wtru_instance_is_away(i) && i->valid_until < at)
		at = i->valid_until;
	/* The source of new connections changes. */
	if (i->prefer && d->preferred_until > w->now && d->preferred_until < at)
		at = d->preferred_until;
	return at;
}
