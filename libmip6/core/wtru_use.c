// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Who still uses an old HoA, and is its anchor still there (RFC 5847).
 *
 * While at least one HoA is away from its link, a use check is due each use interval; without one
 * there is no timer at all. The daemon answers with sockets and last packet per HoA. A HoA that
 * nobody used for the linger time is released; one that is pinned never is. A release that is under
 * way is taken back when sockets appear.
 *
 * Heartbeats ride on the use checks, so that they cost no wake-up of their own: one per anchor that
 * binds us, however many HoAs it has. A changed restart counter says that the anchor lost its
 * bindings; too many missing answers say that it may have. Either makes the instances register
 * again, at most once per second: heartbeats are not authenticated, and registering again is
 * harmless.
 *
 * Owned here: the use timer and the table of anchors.
 */
#include "wtru_private.h"

void wtru_use_event(struct wtru *w, const struct wtru_event *event)
{
	struct wtru_instance *i = wtru_instance_find(w, &event->use.hoa);

	if (!i || !wtru_instance_is_away(i))
		return;
	i->sockets = event->use.sockets;
	i->last_use_known = true;
	if (event->use.last_use > i->last_use && event->use.last_use <= w->now)
		i->last_use = event->use.last_use;
	if (i->sockets > 0) {
		i->last_use = w->now;
		if (i->state == WTRU_RELEASING || i->release_pending)
			wtru_instance_take_back(w, i);
		return;
	}
	if (i->keep || i->fixed || i->state == WTRU_RELEASING || i->gone_due != MIP6_TIME_NEVER ||
	    w->now - i->last_use < w->config.linger_s * MIP6_S)
		return;
	wtru_instance_release(w, i);
}

static struct wtru_anchor *anchor_find(struct wtru *w, const struct mip6_addr *addr)
{
	for (size_t n = 0; n < w->config.instances_max; n++) {
		if (w->anchor[n].used && mip6_addr_equal(&w->anchor[n].addr, addr))
			return &w->anchor[n];
	}
	return NULL;
}

static struct wtru_anchor *anchor_add(struct wtru *w, const struct mip6_addr *addr)
{
	for (size_t n = 0; n < w->config.instances_max; n++) {
		struct wtru_anchor *anchor = &w->anchor[n];

		if (anchor->used)
			continue;
		memset(anchor, 0, sizeof(*anchor));
		anchor->used = true;
		anchor->addr = *addr;
		/* RFC 5847 matches answers by this number: it must not be guessed. */
		anchor->seq = w->env->random(w->env->ctx);
		return anchor;
	}
	return NULL;
}

static const struct wtru_instance *bound_at(const struct wtru *w, const struct mip6_addr *anchor)
{
	for (size_t n = 0; n < w->instance_count; n++) {
		const struct wtru_instance *i = &w->instance[w->order[n]];

		if (i->state == WTRU_BOUND && mip6_addr_equal(&i->peer, anchor))
			return i;
	}
	return NULL;
}

static void send_heartbeat(struct wtru *w, const struct mip6_addr *to, const struct mip6_addr *from,
                           uint16_t flags, uint32_t seq)
{
	struct mip6_mh mh = {.type = MIP6_MH_HEARTBEAT};
	struct mip6_packet packet = {.src = *from, .dst = *to};
	uint8_t data[MIP6_MH_MAX];

	mh.heartbeat.flags = flags;
	mh.heartbeat.seq = seq;
	packet.mh = data;
	packet.mh_len = mip6_mh_encode(&mh, data, sizeof(data), NULL);
	if (packet.mh_len > 0)
		wtru_send(w, &packet);
}

/* Every instance of this anchor registers again. */
static void register_again(struct wtru *w, const struct mip6_addr *anchor, bool restarted)
{
	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];

		if (i->state != WTRU_BOUND || !mip6_addr_equal(&i->peer, anchor))
			continue;
		if (wtru_binding_hint(w, i) && restarted)
			wtru_notify(w, WTRU_NOTICE_RESTARTED, i, 0);
	}
}

static void heartbeat_tick(struct wtru *w, struct wtru_anchor *anchor)
{
	const struct wtru_instance *i = bound_at(w, &anchor->addr);

	/* RFC 5847 section 3: only while the peer has a binding of ours. */
	if (!i || anchor->off || w->now < anchor->next)
		return;
	if (anchor->outstanding) {
		wtru_count(w, WTRU_STAT_HEARTBEAT_LOST);
		anchor->missing++;
		/* A plain home agent need not know heartbeats, nor say so. */
		if (i->fixed && !anchor->heard &&
		    anchor->missing >= w->config.heartbeat_missing_max) {
			anchor->off = true;
			return;
		}
		if (anchor->missing > w->config.heartbeat_missing_max) {
			anchor->missing = 0;
			register_again(w, &anchor->addr, false);
		}
	}
	anchor->outstanding = true;
	anchor->seq++;
	anchor->next = w->now + w->config.heartbeat_interval_ms * MIP6_MS;
	send_heartbeat(w, &anchor->addr, &i->coa, 0, anchor->seq);
	wtru_count(w, WTRU_STAT_HEARTBEAT_SENT);
}

static void heartbeats(struct wtru *w)
{
	if (w->config.heartbeat_interval_ms == 0 || !w->primary.valid || w->primary.suspended)
		return;
	for (size_t n = 0; n < w->instance_count; n++) {
		struct wtru_instance *i = &w->instance[w->order[n]];

		if (i->state == WTRU_BOUND && !anchor_find(w, &i->peer))
			anchor_add(w, &i->peer);
	}
	for (size_t n = 0; n < w->config.instances_max; n++) {
		if (w->anchor[n].used)
			heartbeat_tick(w, &w->anchor[n]);
	}
}

void wtru_use_timer(struct wtru *w)
{
	static const struct wtru_action check = {.type = WTRU_ACTION_CHECK_USE};

	if (w->now < w->use_due)
		return;
	w->use_due = w->now + w->config.use_interval_ms * MIP6_MS;
	wtru_emit(w, &check);
	heartbeats(w);
}

void wtru_use_update(struct wtru *w)
{
	bool away = false;

	for (size_t n = 0; n < w->instance_count && !away; n++)
		away = wtru_instance_is_away(&w->instance[w->order[n]]);
	if (!away)
		w->use_due = MIP6_TIME_NEVER;
	else if (w->use_due == MIP6_TIME_NEVER)
		w->use_due = w->now + w->config.use_interval_ms * MIP6_MS;
	for (size_t n = 0; n < w->config.instances_max; n++) {
		struct wtru_anchor *anchor = &w->anchor[n];
		bool needed = false;

		for (size_t k = 0; anchor->used && k < w->instance_count && !needed; k++) {
			const struct wtru_instance *i = &w->instance[w->order[k]];

			needed = wtru_instance_is_away(i) &&
			         mip6_addr_equal(&i->peer, &anchor->addr);
		}
		anchor->used = needed;
	}
}

void wtru_heartbeat(struct wtru *w, const struct mip6_packet *packet, const struct mip6_mh *mh)
{
	struct wtru_anchor *anchor = anchor_find(w, &packet->src);
	bool restarted;

	if (!anchor && bound_at(w, &packet->src))
		anchor = anchor_add(w, &packet->src);
	if (!anchor) {
		wtru_count(w, WTRU_STAT_MH_UNEXPECTED);
		return;
	}
	anchor->heard = true;
	if (!(mh->heartbeat.flags & MIP6_HEARTBEAT_R)) {
		/*
		 * RFC 5847 section 3: MUST be answered. Without a Restart Counter, because a WTRU
		 * keeps its bindings in the anchor's cache, not the other way round.
		 */
		if (anchor->ever_answered && w->now - anchor->answered < WTRU_HINT_INTERVAL)
			return;
		anchor->ever_answered = true;
		anchor->answered = w->now;
		send_heartbeat(w, &packet->src, &packet->dst, MIP6_HEARTBEAT_R, mh->heartbeat.seq);
		return;
	}
	if (!(mh->heartbeat.flags & MIP6_HEARTBEAT_U)) {
		if (!anchor->outstanding || mh->heartbeat.seq != anchor->seq) {
			wtru_count(w, WTRU_STAT_MH_UNEXPECTED);
			return;
		}
		anchor->outstanding = false;
		anchor->missing = 0;
		wtru_count(w, WTRU_STAT_HEARTBEAT_ANSWERED);
	}
	if (!(mh->opt.has & MIP6_HAS_RESTART_COUNTER))
		return;
	restarted = anchor->has_counter && anchor->counter != mh->opt.restart_counter;
	anchor->has_counter = true;
	anchor->counter = mh->opt.restart_counter;
	if (restarted)
		register_again(w, &packet->src, true);
}

void wtru_heartbeat_unknown(struct wtru *w, const struct mip6_addr *addr)
{
	struct wtru_anchor *anchor = anchor_find(w, addr);

	/* RFC 5847 section 3: MUST NOT use heartbeats with it again. */
	if (anchor && anchor->outstanding)
		anchor->off = true;
}
