// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reverse tunnels inside ESP.
 *
 * What goes into such a tunnel is said by policies: all packets from (WTRU) or to (gateway) the
 * home addresses of the binding. What comes out of it must have come out of it: a packet from
 * (gateway) or for (WTRU) these home addresses without ESP is dropped, so the policies are source
 * and destination check in one. A home address that still works natively over another link takes
 * both.
 *
 * The kernel takes the care-of address from the outgoing policy and security association; a move
 * replaces those two. The incoming association of a gateway is for any care-of address: ESP proves
 * the sender. That of a WTRU for the previous care-of address stays until the next move.
 *
 * Where key management (IKE) makes the associations, only the policies are ours, with the reqid
 * that it uses: a move replaces them, and key management moves the associations when it is told.
 *
 * The kernel makes the MTU right by itself: it knows what ESP adds, and sends Packet Too Big.
 *
 * A policy costs the kernel a walk through its routes: this is for gateways with few such bindings.
 */
#include "kernel/dataplane_esp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <mip6/auth.h>

#include "io/clock.h"
#include "io/log.h"

struct end { /* what identifies a security association */
	struct mip6_addr dst;
	uint32_t spi;
};

struct counts {
	uint64_t packets, bytes;
};

struct tunnel {
	struct dataplane_binding binding;
	bool negotiated; /* no association is ours: the ends have SPI 0 */
	uint32_t in_reqid, out_reqid;
	struct counts last_in, last_out; /* negotiated: at the last look */
	struct end in, out;
	struct end old_in;               /* of the care-of address before; spi 0: none */
	uint64_t out_packets, out_bytes; /* of associations that were replaced */
	uint64_t in_packets, in_bytes;
	uint64_t seen; /* packets sent at the last look */
	mip6_time last_tx;
};

struct dataplane {
	struct dataplane_ops ops; /* with the name of what is behind */
	const struct dataplane_ops *inner_ops;
	struct dataplane *inner;
	enum dataplane_role role;
	struct xfrm *xfrm;
	dataplane_esp_find *find;
	void *ctx;
	size_t count, space;
	struct tunnel *tunnels;
};

static struct tunnel *find_tunnel(const struct dataplane *dp, const struct mip6_prefix *home)
{
	for (size_t i = 0; i < dp->count; i++)
		if (mip6_prefix_equal(&dp->tunnels[i].binding.home, home))
			return &dp->tunnels[i];
	return NULL;
}

static struct tunnel *add_tunnel(struct dataplane *dp, const struct mip6_prefix *home)
{
	if (dp->count == dp->space) {
		size_t space = dp->space != 0 ? dp->space * 2 : 16;
		struct tunnel *more = reallocarray(dp->tunnels, space, sizeof(*more));

		if (more == NULL)
			return NULL;
		dp->tunnels = more;
		dp->space = space;
	}
	dp->tunnels[dp->count] = (struct tunnel){.binding.home = *home};
	return &dp->tunnels[dp->count++];
}

static bool same_end(const struct end *a, const struct end *b)
{
	return a->spi == b->spi && mip6_addr_equal(&a->dst, &b->dst);
}

/* Bindings of one identity share their associations. */
static bool in_use(const struct dataplane *dp, const struct end *end)
{
	for (size_t i = 0; i < dp->count; i++) {
		const struct tunnel *t = &dp->tunnels[i];

		if (same_end(&t->in, end) || same_end(&t->out, end) || same_end(&t->old_in, end))
			return true;
	}
	return false;
}

static int drop_sa(struct dataplane *dp, const struct end *end)
{
	return end->spi == 0 || in_use(dp, end) ? 0 : xfrm_sa_remove(dp->xfrm, &end->dst, end->spi);
}

/* What there is of each tunnel: at a WTRU, the home address is what packets come from. */
static struct xfrm_policy policy_of(const struct dataplane *dp, const struct mip6_prefix *home,
                                    enum xfrm_direction direction)
{
	bool from_home = (direction == XFRM_DIRECTION_OUT) == (dp->role == DATAPLANE_WTRU);
	struct xfrm_policy policy = {
		.direction = direction,
		.priority = XFRM_PRIORITY_TUNNEL,
		.tunnel = true,
	};

	if (from_home)
		policy.match.src = *home;
	else
		policy.match.dst = *home;
	return policy;
}

static int set_policies(struct dataplane *dp, const struct tunnel *tunnel,
                        const struct dataplane_binding *binding)
{
	struct xfrm_policy in = policy_of(dp, &binding->home, XFRM_DIRECTION_IN);
	struct xfrm_policy out = policy_of(dp, &binding->home, XFRM_DIRECTION_OUT);
	int error;

	in.reqid = tunnel->in_reqid;
	out.reqid = tunnel->out_reqid;
	/* Whoever else has an association with us is not this peer. */
	if (in.reqid == 0)
		in.tunnel_src = binding->peer;
	in.tunnel_dst = binding->local;
	in.optional = binding->receive_only;
	error = xfrm_policy_set(dp->xfrm, &in);
	if (error == 0 && dp->role == DATAPLANE_GATEWAY) {
		in.direction = XFRM_DIRECTION_FORWARD;
		error = xfrm_policy_set(dp->xfrm, &in);
	}
	out.tunnel_src = binding->local;
	out.tunnel_dst = binding->peer;
	if (error == 0)
		error = binding->receive_only ? xfrm_policy_remove(dp->xfrm, &out)
		                              : xfrm_policy_set(dp->xfrm, &out);
	return error;
}

/* Counters of an association that is about to be replaced or removed. */
static void keep_counts(struct dataplane *dp, struct tunnel *tunnel, const struct end *end, bool in)
{
	struct xfrm_sa sa;

	if (end->spi == 0 || xfrm_sa_get(dp->xfrm, &end->dst, end->spi, &sa) != 0)
		return;
	*(in ? &tunnel->in_packets : &tunnel->out_packets) += sa.packets;
	*(in ? &tunnel->in_bytes : &tunnel->out_bytes) += sa.bytes;
	mip6_auth_wipe(&sa, sizeof(sa));
}

static int set_sas(struct dataplane *dp, struct tunnel *tunnel,
                   const struct dataplane_binding *binding, struct xfrm_sa *in, struct xfrm_sa *out)
{
	const struct end was_in = tunnel->in, older = tunnel->old_in;
	struct end end;
	int error;

	in->tunnel = out->tunnel = true;
	in->reqid = out->reqid = XFRM_REQID_PAYLOAD;
	in->dst = binding->local;
	out->src = binding->local;
	out->dst = binding->peer;
	end = (struct end){in->dst, in->spi};
	if (!same_end(&end, &was_in)) {
		bool moved = !mip6_addr_equal(&end.dst, &was_in.dst);

		keep_counts(dp, tunnel, &was_in, true);
		tunnel->in = end;
		/* Other keys: those of before are not good any more. */
		tunnel->old_in = moved ? was_in : (struct end){.spi = 0};
		drop_sa(dp, &older);
		if (!moved)
			drop_sa(dp, &was_in);
	}
	end = (struct end){out->dst, out->spi};
	if (!same_end(&end, &tunnel->out) || !mip6_addr_equal(&tunnel->binding.local, &out->src))
		keep_counts(dp, tunnel, &tunnel->out, false);
	error = xfrm_sa_set(dp->xfrm, in);
	if (error == 0)
		error = xfrm_sa_set(dp->xfrm, out);
	return error;
}

struct leftovers {
	size_t count;
	struct end ends[64];
};

static void found_sa(void *ctx, const struct xfrm_sa *sa)
{
	struct leftovers *left = ctx;

	if (sa->ours && sa->reqid == XFRM_REQID_PAYLOAD &&
	    left->count < sizeof(left->ends) / sizeof(left->ends[0]))
		left->ends[left->count++] = (struct end){sa->dst, sa->spi};
}

/* Associations of an earlier process that no tunnel has taken over, once all had their chance. */
static void sweep(struct dataplane *dp)
{
	struct leftovers left = {.count = 0};

	for (size_t i = 0; i < dp->count; i++)
		if (dp->tunnels[i].out.spi == 0 && !dp->tunnels[i].negotiated)
			return;
	if (xfrm_sa_list(dp->xfrm, found_sa, &left) != 0)
		return;
	for (size_t i = 0; i < left.count; i++)
		drop_sa(dp, &left.ends[i]);
}

static int unwant(struct dataplane *dp, struct tunnel *tunnel)
{
	static const enum xfrm_direction directions[] = {XFRM_DIRECTION_OUT, XFRM_DIRECTION_IN,
	                                                 XFRM_DIRECTION_FORWARD};
	struct tunnel gone = *tunnel;
	int error = 0;

	*tunnel = dp->tunnels[--dp->count];
	for (size_t i = 0; i < sizeof(directions) / sizeof(directions[0]); i++) {
		struct xfrm_policy policy = policy_of(dp, &gone.binding.home, directions[i]);
		int r = xfrm_policy_remove(dp->xfrm, &policy);

		error = error != 0 ? error : r;
	}
	drop_sa(dp, &gone.in);
	drop_sa(dp, &gone.old_in);
	drop_sa(dp, &gone.out);
	if (gone.out.spi == 0 && !gone.negotiated)
		sweep(dp);
	return error;
}

/* The policies alone are ours; what we made before is not. */
static void leave_sas(struct dataplane *dp, struct tunnel *tunnel)
{
	const struct end ends[] = {tunnel->in, tunnel->old_in, tunnel->out};

	tunnel->in = tunnel->old_in = tunnel->out = (struct end){.spi = 0};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		drop_sa(dp, &ends[i]);
}

static int esp_want(struct dataplane *dp, const struct dataplane_binding *binding)
{
	struct tunnel *tunnel = find_tunnel(dp, &binding->home);
	struct xfrm_sa in = {.spi = 0}, out = {.spi = 0};
	struct end old_out;
	int error;

	if (!dp->find(dp->ctx, binding, &in, &out)) {
		error = tunnel != NULL ? unwant(dp, tunnel) : 0;
		return error != 0 ? error : dp->inner_ops->want_binding(dp->inner, binding);
	}
	error = dp->inner_ops->unwant_binding(dp->inner, &binding->home);
	if (tunnel == NULL)
		tunnel = add_tunnel(dp, &binding->home);
	if (tunnel == NULL)
		error = -ENOMEM;
	if (error == 0 && out.reqid == DATAPLANE_ESP_AS_IT_IS) {
		tunnel->negotiated = true;
		tunnel->binding = *binding;
	} else if (error == 0 && out.spi == 0) {
		tunnel->negotiated = true;
		tunnel->in_reqid = in.reqid;
		tunnel->out_reqid = out.reqid;
		tunnel->binding = *binding;
		error = set_policies(dp, tunnel, binding);
		leave_sas(dp, tunnel);
	} else if (error == 0) {
		old_out = tunnel->out;
		tunnel->negotiated = false;
		tunnel->in_reqid = tunnel->out_reqid = XFRM_REQID_PAYLOAD;
		error = set_sas(dp, tunnel, binding, &in, &out);
		tunnel->out = (struct end){out.dst, out.spi};
		tunnel->binding = *binding;
		if (error == 0)
			error = set_policies(dp, tunnel, binding);
		drop_sa(dp, &old_out);
	}
	if (error != 0)
		log_debug("esp tunnel of=%s error=\"%s\"", prefix_text(&binding->home),
		          xfrm_error(dp->xfrm));
	mip6_auth_wipe(&in, sizeof(in));
	mip6_auth_wipe(&out, sizeof(out));
	return error;
}

static int esp_unwant(struct dataplane *dp, const struct mip6_prefix *home)
{
	struct tunnel *tunnel = find_tunnel(dp, home);

	return tunnel != NULL ? unwant(dp, tunnel) : dp->inner_ops->unwant_binding(dp->inner, home);
}

static int esp_list(struct dataplane *dp,
                    void (*each)(void *ctx, const struct dataplane_binding *binding), void *ctx)
{
	for (size_t i = 0; i < dp->count; i++)
		each(ctx, &dp->tunnels[i].binding);
	return dp->inner_ops->list(dp->inner, each, ctx);
}

/* Counters of associations that key management replaces begin again. */
static void add_counts(struct dataplane *dp, const struct mip6_addr *src,
                       const struct mip6_addr *dst, uint32_t reqid, struct counts *last,
                       uint64_t *packets, uint64_t *bytes)
{
	struct counts now;

	if (xfrm_counts(dp->xfrm, src, dst, reqid, &now.packets, &now.bytes) != 0)
		return;
	*packets += now.packets >= last->packets ? now.packets - last->packets : now.packets;
	*bytes += now.bytes >= last->bytes ? now.bytes - last->bytes : now.bytes;
	*last = now;
}

static void count_negotiated(struct dataplane *dp, struct tunnel *t)
{
	const struct mip6_addr *local = &t->binding.local, *peer = &t->binding.peer;

	add_counts(dp, local, peer, t->out_reqid, &t->last_out, &t->out_packets, &t->out_bytes);
	add_counts(dp, peer, local, t->in_reqid, &t->last_in, &t->in_packets, &t->in_bytes);
}

static int esp_stats(struct dataplane *dp, const struct mip6_prefix *home,
                     struct dataplane_stats *ret)
{
	struct tunnel *t = find_tunnel(dp, home);
	struct dataplane_stats stats = {0};
	struct xfrm_sa sa;

	if (t == NULL)
		return dp->inner_ops->stats(dp->inner, home, ret);
	if (t->negotiated)
		count_negotiated(dp, t);
	stats.tx_packets = t->out_packets;
	stats.tx_bytes = t->out_bytes;
	stats.rx_packets = t->in_packets;
	stats.rx_bytes = t->in_bytes;
	if (xfrm_sa_get(dp->xfrm, &t->out.dst, t->out.spi, &sa) == 0) {
		stats.tx_packets += sa.packets;
		stats.tx_bytes += sa.bytes;
	}
	if (xfrm_sa_get(dp->xfrm, &t->in.dst, t->in.spi, &sa) == 0) {
		stats.rx_packets += sa.packets;
		stats.rx_bytes += sa.bytes;
	}
	mip6_auth_wipe(&sa, sizeof(sa));
	/* The kernel does not say when; between two looks is near enough. */
	if (stats.tx_packets > t->seen)
		t->last_tx = clock_monotonic();
	t->seen = stats.tx_packets;
	stats.last_tx = t->last_tx;
	*ret = stats;
	return 0;
}

static int esp_route(struct dataplane *dp, const struct mip6_prefix *home, struct rtnl_route *ret)
{
	const struct tunnel *tunnel = find_tunnel(dp, home);

	if (tunnel == NULL)
		return dp->inner_ops->route(dp->inner, home, ret);
	/* The policy leads them into ESP, and on to the home agent, from any route. */
	ret->ifindex = tunnel->binding.ifindex;
	ret->gateway = tunnel->binding.router;
	return 0;
}

static int esp_attach(struct dataplane *dp, uint32_t ifindex)
{
	return dp->inner_ops->attach(dp->inner, ifindex);
}

static int esp_detach(struct dataplane *dp, uint32_t ifindex)
{
	return dp->inner_ops->detach(dp->inner, ifindex);
}

static int esp_counters(struct dataplane *dp, struct dataplane_counters *ret)
{
	return dp->inner_ops->counters(dp->inner, ret);
}

static int esp_path_mtu(struct dataplane *dp, const struct mip6_addr *peer, uint32_t outer_mtu)
{
	return dp->inner_ops->path_mtu(dp->inner, peer, outer_mtu);
}

static void esp_close(struct dataplane *dp, bool keep)
{
	while (!keep && dp->count > 0)
		unwant(dp, &dp->tunnels[dp->count - 1]);
	dp->inner_ops->close(dp->inner, keep);
	free(dp->tunnels);
	free(dp);
}

/* Adoption: a policy of each tunnel; its associations are taken over when it is wanted. */

static void found_policy(void *ctx, const struct xfrm_policy *policy)
{
	struct dataplane *dp = ctx;
	struct tunnel *tunnel;

	if (policy->priority != XFRM_PRIORITY_TUNNEL || policy->direction != XFRM_DIRECTION_IN)
		return;
	tunnel = add_tunnel(dp,
	                    dp->role == DATAPLANE_WTRU ? &policy->match.dst : &policy->match.src);
	if (tunnel == NULL)
		return;
	tunnel->binding.local = policy->tunnel_dst;
	tunnel->in_reqid = tunnel->out_reqid = policy->reqid;
}

int dataplane_esp_wrap(const struct dataplane_ops **ops, struct dataplane **dp,
                       enum dataplane_role role, struct xfrm *xfrm, dataplane_esp_find *find,
                       void *ctx)
{
	struct dataplane *esp = calloc(1, sizeof(*esp));
	int error;

	if (esp == NULL)
		return -ENOMEM;
	*esp = (struct dataplane){
		.ops = **ops,
		.inner_ops = *ops,
		.inner = *dp,
		.role = role,
		.xfrm = xfrm,
		.find = find,
		.ctx = ctx,
	};
	esp->ops.attach = esp_attach;
	esp->ops.detach = esp_detach;
	esp->ops.want_binding = esp_want;
	esp->ops.unwant_binding = esp_unwant;
	esp->ops.list = esp_list;
	esp->ops.stats = esp_stats;
	esp->ops.counters = esp_counters;
	esp->ops.route = esp_route;
	esp->ops.path_mtu = esp_path_mtu;
	esp->ops.close = esp_close;
	error = xfrm_policy_list(xfrm, found_policy, esp);
	if (error == 0)
		sweep(esp);
	if (error != 0) {
		free(esp->tunnels);
		free(esp);
		return error;
	}
	*ops = &esp->ops;
	*dp = esp;
	return 0;
}

bool dataplane_esp_has(const struct dataplane_ops *ops, const struct dataplane *dp,
                       const struct mip6_prefix *home)
{
	return ops->want_binding == esp_want && find_tunnel(dp, home) != NULL;
}
