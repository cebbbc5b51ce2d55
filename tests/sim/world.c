// SPDX-License-Identifier: GPL-2.0-or-later
/* Time, network and trace of the simulated world; see world.h. */
#include "world_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void *world_alloc(size_t size)
{
	void *memory = calloc(1, size);

	if (memory == NULL)
		abort();
	return memory;
}

uint32_t world_random(struct world *world, uint32_t below)
{
	/* xorshift64* */
	world->random ^= world->random >> 12;
	world->random ^= world->random << 25;
	world->random ^= world->random >> 27;
	return (uint32_t)((world->random * UINT64_C(2685821657736338717) >> 16) % below);
}

void world_fail(struct world *world, const char *format, ...)
{
	va_list ap;

	if (world->failure[0] != '\0')
		return;
	va_start(ap, format);
	vsnprintf(world->failure, sizeof(world->failure), format, ap);
	va_end(ap);
}

/* --- addresses --- */

static struct mip6_addr group(unsigned int number, uint16_t subnet)
{
	return (struct mip6_addr){{0x20, 0x01, 0x0d, 0xb8, (uint8_t)(number >> 8), (uint8_t)number,
	                           (uint8_t)(subnet >> 8), (uint8_t)subnet}};
}

static void set_iid(struct mip6_addr *addr, uint32_t iid)
{
	for (unsigned int i = 0; i < 4; i++)
		addr->b[15 - i] = (uint8_t)(iid >> i * 8);
}

struct mip6_addr world_shared_address(unsigned int gateway, uint32_t iid)
{
	struct mip6_addr addr = group(0x1000 + gateway, 0);

	set_iid(&addr, iid);
	return addr;
}

struct mip6_addr world_unique_address(unsigned int gateway, uint16_t prefix, uint32_t iid)
{
	struct mip6_addr addr = group(0x2000 + gateway, prefix);

	set_iid(&addr, iid);
	return addr;
}

int world_home(const struct world *world, const struct mip6_addr *addr)
{
	static const uint8_t head[4] = {0x20, 0x01, 0x0d, 0xb8};
	unsigned int number = (unsigned int)addr->b[4] << 8 | addr->b[5];
	unsigned int g = number & 0xfff;

	if (memcmp(addr->b, head, 4) != 0 || g >= world->options.gateways)
		return -1;
	if (number >> 12 == (world->gateways[g].unique ? 2 : 1))
		return (int)g;
	return -1;
}

unsigned int world_owner(const struct mip6_addr *addr)
{
	return ((unsigned int)addr->b[13] << 16 | (unsigned int)addr->b[14] << 8 | addr->b[15]) - 1;
}

/* Where what the D-GW tunnels comes out, whether or not a PGW is on the way; NULL: nowhere. */
static const struct mip6_addr *tunnel_end(const struct world *world, unsigned int g,
                                          const struct mip6_addr *hoa,
                                          const struct world_tunnel *tunnel)
{
	int p = world_pgw_at(world, &tunnel->coa);
	const struct world_chain *chain;

	if (p < 0)
		return world_border_passes(world, &world->gateways[g].addr, &tunnel->coa)
		               ? &tunnel->coa
		               : NULL;
	chain = world_map_get(&world->pgws[p].chains, hoa);
	return chain != NULL && mip6_addr_equal(&chain->anchor, &world->gateways[g].addr)
	               ? &chain->coa
	               : NULL;
}

int world_route(struct world *world, const struct mip6_addr *addr)
{
	struct mip6_addr at = *addr;

	for (unsigned int hops = 0; hops < 8; hops++) {
		int g = world_home(world, &at);
		const struct world_tunnel *tunnel;
		unsigned int w;

		if (g < 0)
			return -1;
		tunnel = world_map_get(&world->gateways[g].tunnels, &at);
		if (tunnel != NULL) {
			const struct mip6_addr *end =
				tunnel_end(world, (unsigned int)g, &at, tunnel);

			if (end == NULL)
				return -1;
			at = *end;
			continue;
		}
		w = world_owner(&at);
		if (w < world->options.wtrus &&
		    world_wtru_native(&world->wtrus[w], &at, (unsigned int)g))
			return (int)w;
		return -1;
	}
	return WORLD_LOOP;
}

/* --- queue: a binary heap by time, then by order of making --- */

static bool before(const struct world_event *a, const struct world_event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void world_push(struct world *world, const struct world_event *event)
{
	struct world_event new = *event;
	size_t at = world->queue_len++;

	if (world->queue_len > world->queue_cap) {
		world->queue_cap = world->queue_cap ? world->queue_cap * 2 : 1024;
		world->queue = realloc(world->queue, world->queue_cap * sizeof(*world->queue));
		if (world->queue == NULL)
			abort();
	}
	if (new.at < world->now)
		new.at = world->now;
	new.order = world->order++;
	for (; at > 0 && before(&new, &world->queue[(at - 1) / 2]); at = (at - 1) / 2)
		world->queue[at] = world->queue[(at - 1) / 2];
	world->queue[at] = new;
}

static struct world_event pop(struct world *world)
{
	struct world_event first = world->queue[0];
	struct world_event last = world->queue[--world->queue_len];
	size_t at = 0;

	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= world->queue_len)
			break;
		if (child + 1 < world->queue_len &&
		    before(&world->queue[child + 1], &world->queue[child]))
			child++;
		if (!before(&world->queue[child], &last))
			break;
		world->queue[at] = world->queue[child];
		at = child;
	}
	if (world->queue_len > 0)
		world->queue[at] = last;
	return first;
}

void world_schedule(struct world *world, mip6_time at, unsigned int node)
{
	world_push(world, &(struct world_event){.type = WORLD_DRIVER, .at = at, .node = node});
}

/* --- trace --- */

/* "1.2": the address at g1 of link 2; of link 0 just "1". */
static const char *home_text(const struct world *world, const struct mip6_addr *addr)
{
	static char texts[4][16];
	static unsigned int next;
	char *text = texts[next++ % 4];
	int n = snprintf(text, 16, "%d", world_home(world, addr));

	if (n > 0 && addr->b[12] != 0 && world_home(world, addr) >= 0)
		snprintf(text + n, 16 - (size_t)n, ".%u", addr->b[12]);
	return text;
}

static void append(struct world *world, const char *format, va_list ap)
{
	if (world->trace_len + 256 > world->trace_cap) {
		world->trace_cap = world->trace_cap ? world->trace_cap * 2 : 4096;
		world->trace = realloc(world->trace, world->trace_cap);
		if (world->trace == NULL)
			abort();
	}
	world->trace_len += (size_t)vsnprintf(world->trace + world->trace_len, 256, format, ap);
}

static void trace(struct world *world, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void trace(struct world *world, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	append(world, format, ap);
	va_end(ap);
}

void world_note_address(struct world *world, char kind, unsigned int node, const char *what,
                        const struct mip6_addr *addr, unsigned int status)
{
	world_note(world, "%c%u %s h%s status %u\n", kind, node, what, home_text(world, addr),
	           status);
}

void world_note(struct world *world, const char *format, ...)
{
	va_list ap;

	if (!world->options.notes)
		return;
	trace(world, "%.6f ", (double)world->now / 1e6);
	va_start(ap, format);
	append(world, format, ap);
	va_end(ap);
}

const char *world_trace(struct world *world)
{
	if (world->trace_len == 0)
		return "";
	world->trace_len = 0;
	return world->trace;
}

int world_gateway_at(const struct world *world, const struct mip6_addr *addr)
{
	unsigned int number = (unsigned int)addr->b[4] << 8 | addr->b[5];
	unsigned int g = number & 0xfff;

	if (g < world->options.gateways && mip6_addr_equal(addr, &world->gateways[g].addr))
		return (int)g;
	return -1;
}

static void trace_node(struct world *world, const struct mip6_addr *addr)
{
	int g = world_gateway_at(world, addr), p = world_pgw_at(world, addr);

	if (g >= 0)
		trace(world, "g%d", g);
	else if (p >= 0)
		trace(world, "p%d", p);
	else
		trace(world, "w%u", world_owner(addr));
}

static void trace_packet(struct world *world, const struct mip6_packet *p, const struct mip6_mh *mh,
                         bool lost)
{
	const struct mip6_addr *coa = mh->opt.has & MIP6_HAS_ALT_COA ? &mh->opt.alt_coa : &p->src;
	const struct mip6_addr *hoa = mip6_packet_source(p);

	world_note(world, "%s", "");
	if (p->has_rh2 || (!p->has_hao && world_home(world, hoa) < 0))
		hoa = mip6_packet_destination(p);
	trace_node(world, &p->src);
	trace(world, ">");
	trace_node(world, &p->dst);
	trace(world, " ");
	switch (mh->type) {
	case MIP6_MH_BU:
		if (mip6_addr_equal(coa, hoa))
			trace(world, "BU claim h%s", home_text(world, hoa));
		else
			trace(world, "BU%s h%s c%s", mh->bu.lifetime_s4 == 0 ? " release" : "",
			      home_text(world, hoa), home_text(world, coa));
		break;
	case MIP6_MH_BA:
		trace(world, "BA %u h%s", mh->ba.status, home_text(world, hoa));
		break;
	case MIP6_MH_BE:
		trace(world, "BE %u h%s", mh->be.status, home_text(world, &mh->be.hoa));
		break;
	case MIP6_MH_HEARTBEAT:
		trace(world, mh->heartbeat.flags & MIP6_HEARTBEAT_R ? "alive" : "alive?");
		break;
	case MIP6_MH_REVOCATION:
		if (mh->revocation.type == MIP6_REVOCATION_BRI)
			trace(world, "BRI h%s", home_text(world, hoa));
		else
			trace(world, "BRA %u h%s", mh->revocation.trigger, home_text(world, hoa));
		break;
	case MIP6_MH_BRR:
	case MIP6_MH_HOTI:
	case MIP6_MH_COTI:
	case MIP6_MH_HOT:
	case MIP6_MH_COT:
		trace(world, "%s h%s", mip6_mh_type_name(mh->type), home_text(world, hoa));
		break;
	}
	trace(world, lost ? " lost\n" : "\n");
}

/* --- network --- */

static mip6_time delay(struct world *world)
{
	const struct world_faults *f = &world->faults;
	mip6_time d = f->delay_min;

	if (f->delay_max > f->delay_min)
		d += world_random(world, (uint32_t)(f->delay_max - f->delay_min));
	if (world_random(world, 1000) < f->late)
		d += world_random(world, (uint32_t)f->late_max);
	return d;
}

/* event has addresses, data (not owned) and what it is; it arrives so often and then as the faults
 * say. */
static void transmit(struct world *world, const struct world_event *packet)
{
	unsigned int copies = 1 + (world_random(world, 1000) < world->faults.duplicate);

	for (unsigned int i = 0; i < copies; i++) {
		struct world_event event = *packet;

		if (world_random(world, 1000) < world->faults.loss) {
			world->lost++;
			continue;
		}
		event.type = WORLD_PACKET;
		event.at = world->now + delay(world);
		event.data = world_alloc(event.len);
		memcpy(event.data, packet->data, event.len);
		world_push(world, &event);
	}
}

static uint64_t capture(struct world *world, const struct mip6_packet *packet, const uint8_t *wire,
                        size_t len)
{
	uint64_t serial = ++world->capture_serial;
	struct world_capture *c = &world->captures[serial % WORLD_CAPTURES];

	if (world->capture_count < WORLD_CAPTURES)
		world->capture_count++;
	c->serial = serial;
	c->delivered = 0;
	c->accepted = false;
	c->src = packet->src;
	c->dst = packet->dst;
	c->next_header = wire[6];
	c->len = len - 40;
	memcpy(c->data, wire + 40, len - 40);
	return serial;
}

void world_send(struct world *world, const struct mip6_packet *packet, int sender)
{
	uint8_t wire[MIP6_PACKET_MAX];
	size_t len = mip6_packet_encode(packet, wire, sizeof(wire)), offset;
	struct mip6_mh mh;
	bool lost = false;

	world->packets++;
	if (len == 0 ||
	    mip6_mh_decode(packet->mh, packet->mh_len, &mh, &offset) != MIP6_DECODE_OK) {
		world_fail(world, "somebody made a packet that cannot be sent");
		return;
	}
	/* It must come from where its source address is (ingress filtering). */
	if (sender >= 0) {
		int g = world_home(world, &packet->src);

		lost = g < 0 ||
		       !world_wtru_native(&world->wtrus[sender], &packet->src, (unsigned int)g);
	}
	lost = lost || !world_border_passes(world, &packet->src, &packet->dst);
	if (!lost && world->drop != NULL)
		lost = world->drop(world->drop_ctx, packet, &mh);
	if (world->options.trace)
		trace_packet(world, packet, &mh, lost);
	if (lost) {
		world->lost++;
		return;
	}
	transmit(world,
	         &(struct world_event){
			 .src = packet->src,
			 .dst = packet->dst,
			 .next_header = wire[6],
			 .data = wire + 40,
			 .len = len - 40,
			 .sender = sender,
			 .capture = mh.type == MIP6_MH_BU ? capture(world, packet, wire, len) : 0,
		 });
}

void world_inject(struct world *world, const struct mip6_packet *head, const struct mip6_mh *mh,
                  const struct mip6_auth_sa *sa, const struct mip6_addr *coa,
                  const struct mip6_addr *hoa)
{
	uint8_t data[MIP6_MH_MAX];
	struct mip6_packet packet = *head;

	packet.mh = data;
	packet.mh_len = mip6_auth_encode(mh, sa, coa, hoa, data, sizeof(data));
	world_send(world, &packet, -1);
}

void world_replay(struct world *world, uint64_t serial)
{
	struct world_capture *c = &world->captures[serial % WORLD_CAPTURES];

	transmit(world, &(struct world_event){
				.src = c->src,
				.dst = c->dst,
				.next_header = c->next_header,
				.data = c->data,
				.len = c->len,
				.sender = -1,
				.capture = serial,
				.replay = true,
			});
}

/* Through the PGW, and from there to the anchor. */
static bool send_chained(struct world *world, struct world_pgw *p, const struct mip6_addr *hoa,
                         const struct wtru_tunnel *tunnel)
{
	const struct world_chain *chain = world_map_get(&p->chains, hoa);
	const struct world_tunnel *binding;
	struct chain_event unbound = {.type = CHAIN_EVENT_UNBOUND};
	struct ha_event event = {.type = HA_EVENT_UNBOUND};
	struct world_gateway *g;

	if (chain == NULL || !mip6_addr_equal(&chain->coa, &tunnel->coa)) {
		unbound.unbound.outer_src = tunnel->coa;
		unbound.unbound.outer_dst = p->config.address;
		unbound.unbound.inner_src = *hoa;
		if (p->up)
			world_pgw_step(p, &unbound);
		return false;
	}
	g = &world->gateways[world_gateway_at(world, &chain->anchor)];
	binding = world_map_get(&g->tunnels, hoa);
	if (binding != NULL && mip6_addr_equal(&binding->coa, &p->config.address))
		return true;
	event.unbound.outer_src = p->config.address;
	event.unbound.outer_dst = g->addr;
	event.unbound.inner_src = *hoa;
	if (g->up)
		world_gateway_step(g, &event);
	return false;
}

bool world_send_data(struct world *world, unsigned int wtru, const struct mip6_addr *hoa)
{
	struct world_wtru *w = &world->wtrus[wtru];
	const struct wtru_tunnel *tunnel = world_map_get(&w->tunnels, hoa);
	const struct world_tunnel *binding;
	struct ha_event event = {.type = HA_EVENT_UNBOUND};
	int g = world_home(world, hoa), p;

	if (g < 0)
		return false;
	if (tunnel == NULL || tunnel->receive_only)
		return world_wtru_native(w, hoa, (unsigned int)g);
	p = world_pgw_at(world, &tunnel->anchor);
	if (p >= 0)
		return send_chained(world, &world->pgws[p], hoa, tunnel);
	binding = world_map_get(&world->gateways[g].tunnels, hoa);
	if (binding != NULL && mip6_addr_equal(&binding->coa, &tunnel->coa))
		return true;
	event.unbound.outer_src = tunnel->coa;
	event.unbound.outer_dst = tunnel->anchor;
	event.unbound.inner_src = *hoa;
	if (world->gateways[g].up &&
	    world_border_passes(world, &tunnel->coa, &world->gateways[g].addr))
		world_gateway_step(&world->gateways[g], &event);
	return false;
}

static void deliver(struct world *world, const struct world_event *event)
{
	int g = world_gateway_at(world, &event->dst), p = world_pgw_at(world, &event->dst);
	int w;

	if (g >= 0) {
		if (world->gateways[g].up)
			world_gateway_receive(&world->gateways[g], event);
		return;
	}
	if (p >= 0) {
		if (world->pgws[p].up)
			world_pgw_receive(&world->pgws[p], event);
		return;
	}
	w = world_route(world, &event->dst);
	if (event->sender == WORLD_ON_LINK) {
		/* Past the tunnel, if any. */
		w = (int)world_owner(&event->dst);
		g = world_home(world, &event->dst);
		if (!world_wtru_native(&world->wtrus[w], &event->dst, (unsigned int)g))
			w = -1;
	}
	if (w < 0) {
		world->lost++;
		return;
	}
	world->delivered++;
	if (world->wtrus[w].up)
		world_wtru_receive(&world->wtrus[w], event);
}

static void handle(struct world *world, const struct world_event *event)
{
	struct world_gateway *g = &world->gateways[event->node];
	struct world_wtru *w = &world->wtrus[event->node];

	switch (event->type) {
	case WORLD_PACKET:
		deliver(world, event);
		break;
	case WORLD_GATEWAY_TIMER:
		world_gateway_timer(g, event);
		break;
	case WORLD_PGW_TIMER:
		world_pgw_timer(&world->pgws[event->node], event);
		break;
	case WORLD_WTRU_TIMER:
		world_wtru_timer(w, event);
		break;
	case WORLD_RA:
		world_wtru_ra(w, event);
		break;
	case WORLD_ADDRESS:
		world_wtru_address(w, event);
		break;
	case WORLD_ADDRESS_EXPIRY:
		world_wtru_address_expiry(w, event);
		break;
	case WORLD_ADDRESS_GONE:
		world_wtru_address_gone(w, event);
		break;
	case WORLD_USE:
		world_wtru_use(w);
		break;
	case WORLD_DAD:
		world_gateway_dad(g, event);
		break;
	case WORLD_PROBE_ANSWER:
		world_wtru_probe_answer(w, event);
		break;
	case WORLD_DRIVER:
		if (world->driver != NULL)
			world->driver(world->driver_ctx, event);
		break;
	}
}

void world_run(struct world *world, mip6_time until, uint64_t events)
{
	uint64_t stop = events == 0 ? UINT64_MAX : world->events + events;

	while (world->queue_len > 0 && world->queue[0].at <= until && world->events < stop &&
	       world->failure[0] == '\0') {
		struct world_event event = pop(world);

		world->now = event.at;
		world->events++;
		handle(world, &event);
		free(event.data);
	}
	if (world->failure[0] == '\0' && world->events < stop && until != MIP6_TIME_NEVER)
		world->now = until;
}

void world_advance(struct world *world, mip6_time by)
{
	world_run(world, world->now + by, 0);
}

void world_init(struct world *world, const struct world_options *options)
{
	memset(world, 0, sizeof(*world));
	world->options = *options;
	if (world->options.links == 0)
		world->options.links = 1;
	if (world->options.lifetime_s == 0)
		world->options.lifetime_s = WORLD_LIFETIME_S;
	if (world->options.linger_s == 0)
		world->options.linger_s = WORLD_LINGER_S;
	world->random = options->seed * UINT64_C(0x9e3779b97f4a7c15) + 0x1234567;
	if (world->random == 0)
		world->random = 1;
	world->now = 1000 * MIP6_S;
	world->faults.delay_min = 2 * MIP6_MS;
	world->faults.delay_max = 2 * MIP6_MS;
	world->captures = world_alloc(WORLD_CAPTURES * sizeof(*world->captures));
	world->gateways = world_alloc(options->gateways * sizeof(*world->gateways));
	world->wtrus = world_alloc(options->wtrus * sizeof(*world->wtrus));
	world->identities = world_alloc(options->wtrus * sizeof(*world->identities));
	for (unsigned int i = 0; i < options->wtrus; i++)
		world_wtru_init(world, i);
	for (unsigned int i = 0; i < options->gateways; i++)
		world_gateway_init(world, i);
	world->pgws = world_alloc((options->operators + 1) * sizeof(*world->pgws));
	for (unsigned int i = 0; i < options->operators; i++)
		world_pgw_init(world, i);
	/* Nobody starts at the very moment of the D-GWs: see the home agent's first timestamp. */
	world->now += 60 * MIP6_S;
	for (unsigned int i = 0; i < options->wtrus; i++)
		world_start_wtru(world, i, false);
}

void world_free(struct world *world)
{
	for (unsigned int i = 0; i < world->options.gateways; i++)
		world_gateway_free(&world->gateways[i]);
	for (unsigned int i = 0; i < world->options.operators; i++)
		world_pgw_free(&world->pgws[i]);
	for (unsigned int i = 0; i < world->options.wtrus; i++)
		world_wtru_free(&world->wtrus[i]);
	for (size_t i = 0; i < world->queue_len; i++)
		free(world->queue[i].data);
	free(world->queue);
	free(world->gateways);
	free(world->pgws);
	free(world->wtrus);
	free(world->identities);
	free(world->captures);
	free(world->trace);
}
