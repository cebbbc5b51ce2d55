// SPDX-License-Identifier: GPL-2.0-or-later
/* A simulated WTRU: the WTRU core with its links, addresses, sockets, tunnels and disk. */
#include "world_private.h"

#include <stdio.h>
#include <stdlib.h>

#define UNIX_BASE_US (INT64_C(1800000000) * MIP6_S)

static uint32_t wtru_random(void *ctx)
{
	struct world_wtru *w = ctx;

	return world_random(w->world, UINT32_MAX);
}

static int64_t wtru_unix_us(void *ctx)
{
	const struct world_wtru *w = ctx;

	return UNIX_BASE_US + w->world->now + w->clock_us;
}

static const struct mip6_auth_sa *find_sa(void *ctx, const struct mip6_addr *anchor)
{
	const struct world_wtru *w = ctx;

	(void)anchor;
	return w->world->options.open ? NULL : &w->sa;
}

static struct world_address *address_find(struct world_wtru *w, unsigned int link,
                                          const struct mip6_addr *addr)
{
	for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
		struct world_address *a = &w->addresses[i];

		if (a->used && a->link == link && mip6_addr_equal(&a->addr, addr))
			return a;
	}
	return NULL;
}

bool world_wtru_native(const struct world_wtru *w, const struct mip6_addr *addr,
                       unsigned int gateway)
{
	for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
		const struct world_address *a = &w->addresses[i];

		if (a->used && w->at[a->link] == (int)gateway && mip6_addr_equal(&a->addr, addr))
			return true;
	}
	return false;
}

static struct world_session *session_find(struct world_wtru *w, const struct mip6_addr *hoa)
{
	for (size_t i = 0; i < w->session_count; i++) {
		if (mip6_addr_equal(&w->sessions[i].hoa, hoa))
			return &w->sessions[i];
	}
	return NULL;
}

void world_use(struct world *world, unsigned int wtru, const struct mip6_addr *hoa,
               uint32_t sockets)
{
	struct world_wtru *w = &world->wtrus[wtru];
	struct world_session *s = session_find(w, hoa);

	if (s == NULL && sockets > 0 && w->session_count < WORLD_SESSIONS) {
		s = &w->sessions[w->session_count++];
		s->hoa = *hoa;
	}
	if (s != NULL)
		s->sockets = sockets;
	if (s != NULL && sockets == 0)
		*s = w->sessions[--w->session_count];
}

/* --- what the core wants --- */

static void end_hoa(struct world_wtru *w, const struct wtru_action *action)
{
	struct world *world = w->world;

	world_map_remove(&w->hoas, &action->hoa.hoa);
	if (!action->hoa.ended)
		return;
	/* The address goes everywhere; the kernel tells the daemon. */
	for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
		struct world_address *a = &w->addresses[i];

		if (!a->used || !mip6_addr_equal(&a->addr, &action->hoa.hoa))
			continue;
		a->used = false;
		world_push(world, &(struct world_event){.type = WORLD_ADDRESS_GONE,
		                                        .at = world->now,
		                                        .node = w->index,
		                                        .link = a->link,
		                                        .addr = a->addr});
	}
}

static void want_tunnel(struct world_wtru *w, const struct wtru_action *action)
{
	struct wtru_tunnel *tunnel = world_alloc(sizeof(*tunnel));

	*tunnel = action->binding;
	world_map_put(&w->tunnels, &tunnel->hoa, tunnel);
	if (world_owner(&tunnel->hoa) != w->index || world_owner(&tunnel->coa) != w->index)
		world_fail(w->world, "w%u wants a tunnel for somebody else", w->index);
}

static void save(struct world_wtru *w)
{
	w->record_count = 0;
	while (w->record_count < WORLD_RECORDS &&
	       wtru_record_get(w->core, w->record_count, &w->records[w->record_count]))
		w->record_count++;
}

static void send_rs(struct world_wtru *w, unsigned int link)
{
	struct world *world = w->world;

	if (w->at[link] < 0 || !world->gateways[w->at[link]].up ||
	    world_random(world, 1000) < world->faults.loss)
		return;
	world_push(world, &(struct world_event){
				  .type = WORLD_RA,
				  .at = world->now + 1 + world_random(world, 2000),
				  .node = w->index,
				  .link = link,
				  .visit = w->visit[link],
			  });
}

static void probe(struct world_wtru *w, const struct wtru_action *action)
{
	unsigned int link = action->probe.ifindex - 1;
	struct world *world = w->world;

	if (w->at[link] < 0 ||
	    !mip6_addr_equal(&world->gateways[w->at[link]].router, &action->probe.router))
		return;
	world_push(world, &(struct world_event){
				  .type = WORLD_PROBE_ANSWER,
				  .at = world->now + 1 + world_random(world, 2000),
				  .node = w->index,
				  .link = link,
				  .visit = w->visit[link],
				  .addr = action->probe.router,
			  });
}

static void emit(void *ctx, const struct wtru_action *action)
{
	struct world_wtru *w = ctx;
	struct world *world = w->world;

	switch (action->type) {
	case WTRU_ACTION_SEND:
		world_send(world, &action->packet, (int)w->index);
		break;
	case WTRU_ACTION_SEND_RS:
		send_rs(w, action->probe.ifindex - 1);
		break;
	case WTRU_ACTION_SEND_PROBE:
		probe(w, action);
		break;
	case WTRU_ACTION_WANT_HOA:
		world_map_put(&w->hoas, &action->hoa.hoa, world_alloc(1));
		break;
	case WTRU_ACTION_UNWANT_HOA:
		end_hoa(w, action);
		break;
	case WTRU_ACTION_WANT_BINDING:
		want_tunnel(w, action);
		break;
	case WTRU_ACTION_UNWANT_BINDING:
		if (world_map_get(&w->tunnels, &action->binding.hoa) == NULL)
			world_fail(world, "w%u drops a tunnel that is not there", w->index);
		world_map_remove(&w->tunnels, &action->binding.hoa);
		break;
	case WTRU_ACTION_CHECK_USE:
		world_push(world, &(struct world_event){
					  .type = WORLD_USE, .at = world->now, .node = w->index});
		break;
	case WTRU_ACTION_SAVE:
		save(w);
		break;
	case WTRU_ACTION_NOTIFY:
		if (action->notice.what != WTRU_NOTICE_BU_SENT)
			world_note_address(world, 'w', w->index,
			                   wtru_notice_name(action->notice.what),
			                   &action->notice.hoa, action->notice.status);
		if (world->notice != NULL)
			world->notice(world->notice_ctx, w->index, action);
		break;
	case WTRU_ACTION_SEND_ICMP6:
	case WTRU_ACTION_FIND_AGENT:
	case WTRU_ACTION_SEND_NA:
	case WTRU_ACTION_WANT_NATIVE:
	case WTRU_ACTION_UNWANT_NATIVE:
	case WTRU_ACTION_WITHOUT_DAD:
	case WTRU_ACTION_LEARN_NEIGHBOUR:
	case WTRU_ACTION_WANT_DEFAULT:
	case WTRU_ACTION_UNWANT_DEFAULT:
		break;
	}
}

static void arm(struct world_wtru *w)
{
	mip6_time at = wtru_deadline(w->core);

	if (at == w->timer)
		return;
	w->timer = at;
	if (at != MIP6_TIME_NEVER)
		world_push(w->world, &(struct world_event){
					     .type = WORLD_WTRU_TIMER, .at = at, .node = w->index});
}

void world_wtru_step(struct world_wtru *w, const struct wtru_event *event)
{
	static const struct wtru_event timer = {.type = WTRU_EVENT_TIMER};
	unsigned int rounds = 0;

	if (!w->up)
		return;
	wtru_step(w->core, event, w->world->now, &w->env, &w->actions);
	while (wtru_deadline(w->core) <= w->world->now) {
		wtru_step(w->core, &timer, w->world->now, &w->env, &w->actions);
		if (++rounds > 1000) {
			world_fail(w->world, "w%u: a timer that is never done", w->index);
			return;
		}
	}
	arm(w);
}

/* --- what happens to it --- */

void world_wtru_receive(struct world_wtru *w, const struct world_event *event)
{
	struct wtru_event mh = {.type = WTRU_EVENT_MH};
	struct mip6_packet packet;
	size_t offset;

	if (mip6_packet_decode(&event->src, &event->dst, event->next_header, event->data,
	                       event->len, &packet, &offset) != MIP6_DECODE_OK)
		return;
	mh.mh.packet = &packet;
	world_wtru_step(w, &mh);
}

void world_wtru_timer(struct world_wtru *w, const struct world_event *event)
{
	if (!w->up || event->at < w->timer)
		return;
	w->timer = MIP6_TIME_NEVER;
	world_wtru_step(w, &(struct wtru_event){.type = WTRU_EVENT_TIMER});
}

static void tell_link(struct world_wtru *w, unsigned int link, bool flapped)
{
	struct wtru_event event = {.type = WTRU_EVENT_LINK};

	event.link.ifindex = link + 1;
	event.link.present = true;
	event.link.up = w->carrier[link];
	event.link.rank = link;
	event.link.flapped = flapped;
	world_wtru_step(w, &event);
}

static void tell_address(struct world_wtru *w, unsigned int link, const struct mip6_addr *addr,
                         const struct world_address *a)
{
	struct wtru_event event = {.type = WTRU_EVENT_ADDRESS};

	event.address.ifindex = link + 1;
	event.address.addr = *addr;
	event.address.prefix_len = 64;
	if (a != NULL) {
		event.address.present = true;
		event.address.usable = true;
		event.address.valid_s = (uint32_t)((a->valid_until - w->world->now) / MIP6_S);
	}
	world_wtru_step(w, &event);
}

/* The RA of D-GW g for this WTRU; multicast has no unique prefix in it. */
static struct mip6_icmp6 make_ra(struct world_gateway *g, unsigned int wtru, bool multicast)
{
	struct mip6_icmp6 ra = {.type = MIP6_ICMP6_RA};
	struct mip6_pio *pio = ra.opt.pio;

	ra.ra.hop_limit = 64;
	ra.ra.flags = MIP6_RA_H;
	ra.ra.router_lifetime_s = WORLD_ROUTER_LIFETIME_S;
	ra.opt.lladdr_len = 6;
	ra.opt.lladdr[0] = 2;
	ra.opt.lladdr[5] = (uint8_t)g->index;
	ra.opt.has_pvd = true;
	if (g->world->options.operators > 0)
		snprintf(ra.opt.pvd, sizeof(ra.opt.pvd), "op%u.example",
		         g->index % g->world->options.operators);
	else
		memcpy(ra.opt.pvd, "operator.example", sizeof("operator.example"));
	if (g->unique && !multicast) {
		pio->prefix = world_unique_address(g->index, world_gateway_assign(g, wtru), 0);
		pio->len = 64;
		pio->flags = MIP6_PIO_A;
		pio->valid_s = pio->preferred_s = WORLD_PREFIX_VALID_S;
		pio++;
	}
	pio->prefix = g->addr;
	pio->len = 64;
	pio->flags = (uint8_t)(MIP6_PIO_R | (g->unique ? 0 : MIP6_PIO_A | MIP6_PIO_L));
	pio->valid_s = pio->preferred_s = WORLD_PREFIX_VALID_S;
	pio++;
	ra.opt.pio_count = (uint8_t)(pio - ra.opt.pio);
	return ra;
}

/* The kernel's part: address autoconfiguration. */
static void autoconfigure(struct world_wtru *w, unsigned int link, struct world_gateway *g)
{
	struct world *world = w->world;
	/* Each interface has an identifier of its own. */
	uint32_t iid = (w->index + 1) | link << 24;
	struct mip6_addr addr =
		g->unique ? world_unique_address(g->index, g->unique_of[w->index], iid)
			  : world_shared_address(g->index, iid);
	struct world_address *a = address_find(w, link, &addr);

	if (a != NULL) {
		a->valid_until = world->now + WORLD_PREFIX_VALID_S * MIP6_S;
		tell_address(w, link, &addr, a);
		return;
	}
	world_push(world, &(struct world_event){
				  .type = WORLD_ADDRESS,
				  .at = world->now + 1 + world_random(world, 3000),
				  .node = w->index,
				  .link = link,
				  .visit = w->visit[link],
				  .addr = addr,
			  });
}

void world_wtru_ra(struct world_wtru *w, const struct world_event *event)
{
	struct world *world = w->world;
	bool multicast = event->next_header == 1, periodic = event->next_header == 2;
	struct world_gateway *g;
	struct wtru_event ra = {.type = WTRU_EVENT_RA};
	static const struct mip6_addr all_nodes = {{0xff, 2, [15] = 1}};
	struct mip6_icmp6 made, msg;
	uint8_t data[1280];
	size_t len, offset;

	if (w->visit[event->link] != event->visit || w->at[event->link] < 0)
		return;
	g = &world->gateways[w->at[event->link]];
	if (periodic) {
		struct world_event next = *event;

		next.at = world->now + WORLD_RA_INTERVAL_S * MIP6_S;
		world_push(world, &next);
	}
	if (!g->up || !w->carrier[event->link])
		return;
	made = make_ra(g, w->index, multicast);
	len = mip6_icmp6_encode(&made, &g->router, &all_nodes, data, sizeof(data));
	if (len == 0 || mip6_icmp6_decode(data, len, 255, &msg, &offset) != MIP6_DECODE_OK) {
		world_fail(world, "an RA that cannot be sent");
		return;
	}
	ra.ra.ifindex = event->link + 1;
	ra.ra.router = g->router;
	ra.ra.msg = &msg;
	world_wtru_step(w, &ra);
	if (!(g->unique && multicast))
		autoconfigure(w, event->link, g);
}

void world_wtru_address(struct world_wtru *w, const struct world_event *event)
{
	struct world *world = w->world;
	struct world_address *a = NULL;

	if (w->visit[event->link] != event->visit)
		return;
	a = address_find(w, event->link, &event->addr);
	for (size_t i = 0; a == NULL && i < WORLD_ADDRESSES; i++) {
		if (!w->addresses[i].used)
			a = &w->addresses[i];
	}
	if (a == NULL)
		return;
	*a = (struct world_address){
		.used = true,
		.addr = event->addr,
		.link = event->link,
		.prefix_len = 64,
		.valid_until = world->now + WORLD_PREFIX_VALID_S * MIP6_S,
	};
	world_push(world, &(struct world_event){.type = WORLD_ADDRESS_EXPIRY,
	                                        .at = a->valid_until,
	                                        .node = w->index,
	                                        .link = event->link,
	                                        .addr = event->addr});
	tell_address(w, event->link, &event->addr, a);
}

void world_wtru_address_expiry(struct world_wtru *w, const struct world_event *event)
{
	struct world_address *a = address_find(w, event->link, &event->addr);
	struct world_event again = *event;

	if (a == NULL)
		return;
	if (a->valid_until > w->world->now) {
		again.at = a->valid_until;
		world_push(w->world, &again);
		return;
	}
	world_note_address(w->world, 'w', w->index, "address expired", &event->addr, 0);
	a->used = false;
	tell_address(w, event->link, &event->addr, NULL);
}

void world_wtru_address_gone(struct world_wtru *w, const struct world_event *event)
{
	if (address_find(w, event->link, &event->addr) == NULL)
		tell_address(w, event->link, &event->addr, NULL);
}

void world_wtru_use(struct world_wtru *w)
{
	struct wtru_instance_info info;
	struct wtru_event events[WORLD_SESSIONS];
	size_t count = 0;

	if (!w->up)
		return;
	for (size_t i = 0; count < WORLD_SESSIONS && wtru_instance_get(w->core, i, &info); i++) {
		const struct world_session *s = session_find(w, &info.hoa);

		events[count] = (struct wtru_event){.type = WTRU_EVENT_USE};
		events[count].use.hoa = info.hoa;
		events[count].use.sockets = s != NULL ? s->sockets : 0;
		count++;
	}
	for (size_t i = 0; i < count; i++)
		world_wtru_step(w, &events[i]);
}

void world_wtru_probe_answer(struct world_wtru *w, const struct world_event *event)
{
	struct wtru_event answer = {.type = WTRU_EVENT_NEIGHBOUR};

	if (w->visit[event->link] != event->visit)
		return;
	answer.neighbour.ifindex = event->link + 1;
	answer.neighbour.addr = event->addr;
	answer.neighbour.reachable = true;
	world_wtru_step(w, &answer);
}

/* --- what the test does with it --- */

void world_attach(struct world *world, unsigned int wtru, unsigned int link, unsigned int gateway,
                  bool carrier)
{
	struct world_wtru *w = &world->wtrus[wtru];
	bool was_up = w->carrier[link];
	struct world_event ra = {
		.type = WORLD_RA,
		.node = wtru,
		.link = link,
		.visit = ++w->visit[link],
	};

	world_note(world, "w%u link %u at g%u%s\n", wtru, link, gateway,
	           carrier ? "" : ", silently");
	w->at[link] = (int)gateway;
	w->carrier[link] = true;
	if (carrier || !was_up) {
		tell_link(w, link, was_up);
	} else {
		ra.at = world->now + 1 + world_random(world, 1000000);
		ra.next_header = 1;
		world_push(world, &ra);
	}
	ra.at = world->now + WORLD_RA_INTERVAL_S * MIP6_S;
	ra.next_header = 2;
	world_push(world, &ra);
}

void world_detach(struct world *world, unsigned int wtru, unsigned int link)
{
	struct world_wtru *w = &world->wtrus[wtru];

	world_note(world, "w%u link %u down\n", wtru, link);
	w->at[link] = -1;
	w->visit[link]++;
	w->carrier[link] = false;
	tell_link(w, link, false);
}

void world_release(struct world *world, unsigned int wtru, const struct mip6_addr *hoa)
{
	struct wtru_event event = {.type = WTRU_EVENT_RELEASE};

	event.release.hoa = *hoa;
	world_wtru_step(&world->wtrus[wtru], &event);
}

void world_crash_wtru(struct world *world, unsigned int wtru)
{
	struct world_wtru *w = &world->wtrus[wtru];

	world_note(world, "w%u crashes\n", wtru);
	w->up = false;
	world_map_clear(&w->tunnels);
	world_map_clear(&w->hoas);
}

void world_start_wtru(struct world *world, unsigned int wtru, bool with_state)
{
	struct world_wtru *w = &world->wtrus[wtru];
	struct wtru_record records[WORLD_RECORDS];
	size_t count = with_state ? w->record_count : 0;

	if (w->up)
		return;
	world_note(world, "w%u starts with %zu records\n", wtru, count);
	memcpy(records, w->records, sizeof(records));
	if (w->memory == NULL)
		w->memory = world_alloc(wtru_memory_size(&w->config));
	w->core = wtru_init(w->memory, &w->config);
	w->up = true;
	w->timer = MIP6_TIME_NEVER;
	for (size_t i = 0; i < count; i++)
		world_wtru_step(w, &(struct wtru_event){.type = WTRU_EVENT_RESTORE,
		                                        .restore = &records[i]});
	if (!with_state)
		w->record_count = 0;
	for (unsigned int l = 0; l < world->options.links; l++)
		tell_link(w, l, false);
	for (size_t i = 0; i < WORLD_ADDRESSES; i++) {
		if (w->addresses[i].used)
			tell_address(w, w->addresses[i].link, &w->addresses[i].addr,
			             &w->addresses[i]);
	}
}

struct mip6_addr world_newest(const struct world *world, unsigned int wtru)
{
	struct wtru_link_info info;
	struct mip6_addr none = {{0}};

	for (size_t i = 0; wtru_link_get(world->wtrus[wtru].core, i, &info); i++) {
		if (info.primary)
			return info.coa;
	}
	return none;
}

struct mip6_addr world_address_at(const struct world *world, unsigned int wtru,
                                  unsigned int gateway)
{
	const struct world_gateway *g = &world->gateways[gateway];

	if (!g->unique)
		return world_shared_address(gateway, wtru + 1);
	if (g->unique_of[wtru] == 0)
		return (struct mip6_addr){{0}};
	return world_unique_address(gateway, g->unique_of[wtru], wtru + 1);
}

bool world_instance(const struct world *world, unsigned int wtru, const struct mip6_addr *hoa,
                    struct wtru_instance_info *ret)
{
	for (size_t i = 0; wtru_instance_get(world->wtrus[wtru].core, i, ret); i++) {
		if (mip6_addr_equal(&ret->hoa, hoa))
			return true;
	}
	return false;
}

void world_wtru_init(struct world *world, unsigned int index)
{
	const struct world_options *options = &world->options;
	struct world_wtru *w = &world->wtrus[index];
	struct ha_identity *identity = &world->identities[index];

	w->index = index;
	w->world = world;
	w->env = (struct wtru_env){w, wtru_random, wtru_unix_us, find_sa, NULL, NULL};
	w->actions = (struct wtru_actions){w, emit};
	w->sa = (struct mip6_auth_sa){
		.spi = index % 2 ? 1000 : MIP6_AUTH_SPI_DEFAULT,
		.algorithm = index % 2 ? MIP6_AUTH_HMAC_SHA256_128 : MIP6_AUTH_HMAC_SHA1,
		.key_len = 16,
	};
	for (unsigned int i = 0; i < 16; i++)
		w->sa.key[i] = (uint8_t)(index >> i % 4 * 8 ^ i * 17);
	if (options->operators > 0)
		snprintf(identity->nai, sizeof(identity->nai), "w%u@op%u.example", index,
		         index % options->operators);
	else
		snprintf(identity->nai, sizeof(identity->nai), "w%u@example.org", index);
	identity->sa_count = 1;
	identity->sa[0] = w->sa;
	w->config = (struct wtru_config){
		.instances_max = 32,
		.links_max = WORLD_LINKS,
		.lifetime_s = options->lifetime_s,
		.linger_s = options->linger_s,
		.use_interval_ms = 1000,
		.heartbeat_interval_ms = options->heartbeat_ms,
		.heartbeat_missing_max = 3,
		.retransmit_initial_ms = 1000,
		.retransmit_max_ms = 16000,
		.probe_ms = 200,
		.claim = !options->no_claim,
	};
	memcpy(w->config.identity, identity->nai, strlen(identity->nai) + 1);
	if (options->operators > 0) {
		w->config.home_pgw = world_shared_address(0x3000 + index % options->operators, 1);
		snprintf(w->config.operator_name, sizeof(w->config.operator_name), "op%u.example",
		         index % options->operators);
	}
	for (unsigned int l = 0; l < WORLD_LINKS; l++)
		w->at[l] = -1;
}

void world_wtru_free(struct world_wtru *w)
{
	world_map_clear(&w->tunnels);
	world_map_clear(&w->hoas);
	free(w->memory);
}
