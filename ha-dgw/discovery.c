// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers WTRUs that are away and ask about their home link (RFC 6275 sections 6.5 to 6.8, 10.5 and
 * 10.6): connects the Home Agents List and the schedule of Mobile Prefix Advertisements, which are
 * libmip6's and pure, with sockets and timers.
 *
 * The home link is the access link with the shared prefix; its Mobile IPv6 Home-Agents anycast
 * address is ours while that link is up. Prefixes are told for bindings of unique prefixes, too.
 *
 * A request for home agents comes from a stranger: it is answered, at a limited rate, by a message
 * of at most the minimum MTU. A solicitation of prefixes is answered only if its Home Address
 * option is the HoA of a binding, and it comes from that binding's CoA; inside ESP if the HoA's
 * Binding Updates have to be (RFC 6275 section 5.4), and so is the answer then.
 *
 * Owns the membership of the anycast address. Knows no binding but by asking.
 */
#include "discovery.h"

#include <errno.h>
#include <stdlib.h>

#include <mip6/home_agents.h>
#include <mip6/mobile_prefix.h>

#include "io/control.h"
#include "io/log.h"

#define REPLIES_PER_S 100
#define SEND_PER_TURN 64
#define TURN_PAUSE_S 0.01
#define JOIN_RETRY_S 1.0

struct discovery {
	struct discovery_config config;
	struct discovery_env env;
	struct home_agents others;
	void *memory;
	struct mobile_prefix *prefixes;
	ev_timer timer;
	bool up;
	struct rtnl_link link;
	bool joined;
	struct mip6_addr anycast;
	ev_timer join_timer;
	mip6_time replies_since;
	unsigned int replies;
	uint64_t stats[DISCOVERY_STAT_COUNT];
	struct log_limit log_join, log_send, log_other;
};

static const char *const stat_names[] = {
	[DISCOVERY_STAT_REQUEST] = "home-agent-requests",
	[DISCOVERY_STAT_REQUEST_INVALID] = "home-agent-requests-invalid",
	[DISCOVERY_STAT_REQUEST_LIMITED] = "home-agent-requests-limited",
	[DISCOVERY_STAT_REPLY] = "home-agent-replies",
	[DISCOVERY_STAT_MPS] = "mobile-prefix-solicitations",
	[DISCOVERY_STAT_MPS_NO_HAO] = "mobile-prefix-solicitations-without-home-address",
	[DISCOVERY_STAT_MPS_UNBOUND] = "mobile-prefix-solicitations-unbound",
	[DISCOVERY_STAT_MPS_UNPROTECTED] = "mobile-prefix-solicitations-unprotected",
	[DISCOVERY_STAT_MPS_LIMITED] = "mobile-prefix-solicitations-limited",
	[DISCOVERY_STAT_MPS_OFF] = "mobile-prefix-solicitations-off",
	[DISCOVERY_STAT_MPA_SOLICITED] = "mobile-prefix-advertisements-solicited",
	[DISCOVERY_STAT_MPA_UNSOLICITED] = "mobile-prefix-advertisements-unsolicited",
	[DISCOVERY_STAT_MPA_RETRANSMITTED] = "mobile-prefix-advertisements-retransmitted",
	[DISCOVERY_STAT_SEND_ERRORS] = "send-errors",
	[DISCOVERY_STAT_HOME_AGENTS_FULL] = "home-agents-full",
};

const char *discovery_stat_name(enum discovery_stat stat)
{
	return stat_names[stat];
}

static bool serves(const struct discovery *d)
{
	return d->config.ra.has_shared && d->config.has_home_agent;
}

/* What we are in the list. */
static struct home_agent self(const struct discovery *d)
{
	const struct ra_params *ra = &d->config.ra;
	struct home_agent agent = {
		.preference = ra->home_agent_preference,
		.address = {ra->shared_address},
		.address_count = 1,
	};

	if (!mip6_addr_equal(&ra->shared_address, &ra->home_agent))
		agent.address[agent.address_count++] = ra->home_agent;
	return agent;
}

static void send_message(struct discovery *d, const struct mip6_packet *packet,
                         const struct mip6_icmp6 *msg, enum discovery_stat sent)
{
	int error = packet->esp ? d->env.prepare_esp(d->env.ctx, packet) : 0;

	if (error == 0)
		error = transport_send_icmp6(d->env.transport, packet, msg);
	if (error == 0) {
		d->stats[sent]++;
		return;
	}
	d->stats[DISCOVERY_STAT_SEND_ERRORS]++;
	log_limited(&d->log_send, *d->env.now, LOG_LEVEL_WARNING,
	            "cannot send ICMPv6 type=%u to=%s error=\"%s\"", msg->type,
	            addr_text(&packet->dst), strerror(-error));
}

/* Home agents */

static void join(struct discovery *d)
{
	struct mip6_addr anycast = home_agents_anycast(&d->config.ra.shared);
	int error;

	if (d->joined || !d->up || !serves(d))
		return;
	error = nd_join_anycast(d->env.nd, d->link.ifindex, &anycast);
	if (error == 0) {
		d->joined = true;
		d->anycast = anycast;
		log_debug("home agents anycast=%s interface=%s", addr_text(&anycast), d->link.name);
		return;
	}
	log_limited(&d->log_join, *d->env.now, LOG_LEVEL_WARNING,
	            "cannot join anycast=%s interface=%s error=\"%s\"; trying again",
	            addr_text(&anycast), d->link.name, strerror(-error));
	ev_timer_stop(d->env.loop, &d->join_timer);
	ev_timer_set(&d->join_timer, JOIN_RETRY_S, 0.);
	ev_timer_start(d->env.loop, &d->join_timer);
}

static void leave(struct discovery *d)
{
	ev_timer_stop(d->env.loop, &d->join_timer);
	if (d->joined)
		nd_leave_anycast(d->env.nd, d->link.ifindex, &d->anycast);
	d->joined = false;
}

static void on_join(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	join(timer->data);
}

void discovery_link(struct discovery *d, const struct rtnl_link *link)
{
	if (d->up && (link == NULL || link->ifindex != d->link.ifindex)) {
		leave(d);
		d->others.count = 0;
	}
	d->up = link != NULL;
	if (link == NULL)
		return;
	d->link = *link;
	join(d);
}

/* RFC 6275 section 10.6.1: home agents of one link should agree about its prefixes. */
static void compare_prefixes(struct discovery *d, const struct nd_packet *packet)
{
	const struct mip6_nd_options *opt = &packet->msg->opt;

	for (size_t i = 0; i < opt->pio_count; i++)
		if (opt->pio[i].len == d->config.ra.shared.len &&
		    mip6_prefix_contains(&d->config.ra.shared, &opt->pio[i].prefix))
			return;
	log_limited(&d->log_other, *d->env.now, LOG_LEVEL_WARNING,
	            "home agent=%s on interface=%s does not advertise prefix=%s: WTRUs cannot "
	            "change to it",
	            addr_text(&packet->src), d->link.name, prefix_text(&d->config.ra.shared));
}

void discovery_heard(struct discovery *d, const struct nd_packet *packet)
{
	enum home_agents_result result;

	if (!d->up || packet->ifindex != d->link.ifindex || !serves(d) || !d->config.learn)
		return;
	result = home_agents_heard(&d->others, &packet->src, packet->msg, *d->env.now);
	switch (result) {
	case HOME_AGENTS_ADDED:
	case HOME_AGENTS_REMOVED:
		log_info("home-agent=%s %s", addr_text(&packet->src),
		         result == HOME_AGENTS_ADDED ? "found" : "gone");
		break;
	case HOME_AGENTS_FULL:
		d->stats[DISCOVERY_STAT_HOME_AGENTS_FULL]++;
		break;
	case HOME_AGENTS_RENEWED:
	case HOME_AGENTS_IGNORED:
		break;
	}
	if (result == HOME_AGENTS_ADDED)
		compare_prefixes(d, packet);
}

static bool take_reply(struct discovery *d)
{
	mip6_time now = *d->env.now;

	if (now - d->replies_since >= MIP6_S) {
		d->replies_since = now;
		d->replies = 0;
	}
	return d->replies++ < REPLIES_PER_S;
}

void discovery_request(struct discovery *d, const struct nd_packet *packet)
{
	struct mip6_packet answer = {.dst = packet->src, .src = d->config.ra.home_agent};
	struct home_agent we = self(d);
	struct mip6_icmp6 reply;

	d->stats[DISCOVERY_STAT_REQUEST]++;
	if (!d->joined || !serves(d) || !mip6_addr_equal(&packet->dst, &d->anycast) ||
	    !mip6_addr_is_routable(&packet->src)) {
		d->stats[DISCOVERY_STAT_REQUEST_INVALID]++;
		return;
	}
	if (!take_reply(d)) {
		d->stats[DISCOVERY_STAT_REQUEST_LIMITED]++;
		return;
	}
	home_agents_reply(&d->others, &we, packet->msg->discovery.id, *d->env.now, d->env.random,
	                  d->env.ctx, &reply);
	/* RFC 6275 section 6.5: the reply MUST go to the source of the request. */
	send_message(d, &answer, &reply, DISCOVERY_STAT_REPLY);
}

/* Prefixes */

static void arm(struct discovery *d)
{
	mip6_time deadline = mobile_prefix_deadline(d->prefixes), now = *d->env.now;

	ev_timer_stop(d->env.loop, &d->timer);
	if (deadline == MIP6_TIME_NEVER)
		return;
	ev_timer_set(&d->timer, deadline > now ? (double)(deadline - now) / 1e6 : 0., 0.);
	ev_timer_start(d->env.loop, &d->timer);
}

static bool find_bound(struct discovery *d, const struct mip6_addr *hoa,
                       struct ha_binding_info *ret)
{
	return d->env.find(d->env.ctx, hoa, ret) && !mip6_addr_is_unspecified(&ret->coa) &&
	       !ret->pending_dad;
}

/* RFC 6275 section 10.6.3. */
static void advertise(struct discovery *d, const struct mobile_prefix_due *due,
                      const struct ha_binding_info *binding)
{
	/* A type 2 routing header MUST be included, with the home address. */
	struct mip6_packet packet = {
		.src = binding->home_agent,
		/* If solicited it MUST be destined to where the solicitation came from. */
		.dst = due->solicited ? due->coa : binding->coa,
		.has_rh2 = true,
		.rh2 = due->hoa,
		.esp = d->env.needs_esp(d->env.ctx, &due->hoa),
	};
	struct mip6_icmp6 msg = {.type = MIP6_ICMP6_MPA};
	struct mip6_prefix unique = mip6_prefix_make(&due->hoa, d->config.unique_len);
	bool of_pool = d->config.has_pool && mip6_prefix_contains(&d->config.pool, &due->hoa);

	/* Section 6.8: M and O MUST be cleared without DHCPv6 support. */
	msg.discovery.id = due->id;
	ra_add_prefixes(&msg, &d->config.ra, of_pool ? &unique : NULL);
	log_debug("mobile prefixes to=%s hoa=%s solicited=%d", addr_text(&packet.dst),
	          addr_text(&due->hoa), due->solicited);
	send_message(d, &packet, &msg,
	             due->solicited ? DISCOVERY_STAT_MPA_SOLICITED
	             : due->again   ? DISCOVERY_STAT_MPA_RETRANSMITTED
	                            : DISCOVERY_STAT_MPA_UNSOLICITED);
}

static void send_due(struct discovery *d)
{
	struct mobile_prefix_due due;
	struct ha_binding_info binding;

	for (unsigned int n = 0; n < SEND_PER_TURN; n++) {
		if (!mobile_prefix_next(d->prefixes, *d->env.now, &due)) {
			arm(d);
			return;
		}
		if (!find_bound(d, &due.hoa, &binding))
			mobile_prefix_unbound(d->prefixes, &due.hoa);
		else if (d->config.has_home_agent)
			advertise(d, &due, &binding);
	}
	ev_timer_stop(d->env.loop, &d->timer);
	ev_timer_set(&d->timer, TURN_PAUSE_S, 0.);
	ev_timer_start(d->env.loop, &d->timer);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	send_due(timer->data);
}

void discovery_icmp6(struct discovery *d, const struct mip6_packet *packet,
                     const struct mip6_icmp6 *msg)
{
	struct ha_binding_info binding;

	if (msg->type != MIP6_ICMP6_MPS)
		return;
	d->stats[DISCOVERY_STAT_MPS]++;
	/* RFC 6275 section 6.7: a Home Address option MUST be included. */
	if (!packet->has_hao || packet->has_rh2) {
		d->stats[DISCOVERY_STAT_MPS_NO_HAO]++;
		return;
	}
	/* Section 9.3.1: the option is good for a binding with this CoA only. */
	if (!find_bound(d, &packet->hao, &binding) ||
	    !mip6_addr_equal(&binding.coa, &packet->src) ||
	    !mip6_addr_equal(&binding.home_agent, &packet->dst) ||
	    d->env.is_peer(d->env.ctx, &packet->src)) {
		d->stats[DISCOVERY_STAT_MPS_UNBOUND]++;
		d->env.unverified(d->env.ctx, packet);
		return;
	}
	if (!d->config.answer_prefixes) {
		d->stats[DISCOVERY_STAT_MPS_OFF]++;
		return;
	}
	if (!packet->esp && d->env.needs_esp(d->env.ctx, &packet->hao)) {
		d->stats[DISCOVERY_STAT_MPS_UNPROTECTED]++;
		return;
	}
	if (!mobile_prefix_solicited(d->prefixes, &packet->hao, &packet->src, msg->discovery.id,
	                             *d->env.now))
		d->stats[DISCOVERY_STAT_MPS_LIMITED]++;
	send_due(d);
}

void discovery_bound(struct discovery *d, const struct mip6_addr *hoa)
{
	struct ha_binding_info binding;

	if (find_bound(d, hoa, &binding) && !d->env.is_peer(d->env.ctx, &binding.coa))
		mobile_prefix_bound(d->prefixes, hoa, *d->env.now);
	else
		mobile_prefix_unbound(d->prefixes, hoa);
	arm(d);
}

void discovery_unbound(struct discovery *d, const struct mip6_addr *hoa)
{
	mobile_prefix_unbound(d->prefixes, hoa);
	arm(d);
}

/* Start, change, end */

static struct mobile_prefix_config schedule_config(const struct discovery_config *config,
                                                   const struct discovery_env *env)
{
	return (struct mobile_prefix_config){
		.interval_min_s = config->interval_min_s,
		.interval_max_s = config->interval_max_s,
		.preferred_s = config->ra.preferred_s,
		.only_solicited = !config->tell_prefixes,
		.random = env->random,
		.ctx = env->ctx,
	};
}

void discovery_configure(struct discovery *d, const struct discovery_config *config)
{
	struct mobile_prefix_config schedule = schedule_config(config, &d->env);
	const struct ra_params *was = &d->config.ra, *is = &config->ra;
	/* RFC 6275 section 10.6.2: what MUST be told. A home agent address that comes for the first
	 * time at a start is no change. */
	bool changed = was->valid_s != is->valid_s || was->preferred_s != is->preferred_s ||
	               was->has_shared != is->has_shared ||
	               !mip6_prefix_equal(&was->shared, &is->shared) ||
	               (d->config.has_home_agent && config->has_home_agent &&
	                !mip6_addr_equal(&was->home_agent, &is->home_agent));

	d->config = *config;
	mobile_prefix_configure(d->prefixes, &schedule, *d->env.now);
	if (!config->learn)
		d->others.count = 0;
	if (d->joined && !serves(d))
		leave(d);
	join(d);
	if (changed)
		mobile_prefix_changed(d->prefixes, *d->env.now);
	arm(d);
}

int discovery_open(struct discovery **ret, const struct discovery_config *config,
                   const struct discovery_env *env)
{
	struct mobile_prefix_config schedule = schedule_config(config, env);
	struct discovery *d = calloc(1, sizeof(*d));

	if (d == NULL)
		return -ENOMEM;
	d->memory = malloc(mobile_prefix_memory_size(env->bindings_max));
	if (d->memory == NULL) {
		free(d);
		return -ENOMEM;
	}
	d->config = *config;
	d->env = *env;
	d->prefixes = mobile_prefix_init(d->memory, env->bindings_max, &schedule);
	ev_init(&d->timer, on_timer);
	d->timer.data = d;
	ev_init(&d->join_timer, on_join);
	d->join_timer.data = d;
	*ret = d;
	return 0;
}

void discovery_close(struct discovery *d)
{
	if (d == NULL)
		return;
	leave(d);
	ev_timer_stop(d->env.loop, &d->timer);
	free(d->memory);
	free(d);
}

uint64_t discovery_stat_get(const struct discovery *d, enum discovery_stat stat)
{
	return d->stats[stat];
}

/* Seen from outside */

static struct json_object *agent_json(const struct home_agent *agent)
{
	struct json_object *object = json_object_new_object(), *array = json_object_new_array();

	for (size_t i = 0; i < agent->address_count; i++)
		json_object_array_add(array, json_object_new_string(addr_text(&agent->address[i])));
	json_object_object_add(object, "addresses", array);
	control_add_int(object, "preference", agent->preference);
	return object;
}

struct json_object *discovery_json(struct discovery *d)
{
	struct json_object *ok = json_object_new_object(), *array = json_object_new_array();
	struct home_agent we = self(d);
	struct json_object *object;

	if (serves(d)) {
		object = agent_json(&we);
		control_add_bool(object, "self", true);
		control_add_int(object, "lifetime_s", ra_home_agent_lifetime(&d->config.ra));
		json_object_array_add(array, object);
	}
	home_agents_expire(&d->others, *d->env.now);
	for (size_t i = 0; i < d->others.count; i++) {
		object = agent_json(&d->others.agent[i]);
		control_add_bool(object, "self", false);
		control_add_addr(object, "link_local", &d->others.agent[i].link_local);
		control_add_after(object, "expires_ms", d->others.agent[i].expires, *d->env.now);
		json_object_array_add(array, object);
	}
	json_object_object_add(ok, "home-agents", array);
	if (d->joined)
		control_add_addr(ok, "anycast", &d->anycast);
	return ok;
}
