// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Security associations in the kernel that no charon knows any more: one that was killed leaves
 * them. They carry Binding Updates until others have been negotiated, then they are removed; and at
 * once where nobody wants the home address any more.
 *
 * An SA is an orphan when it was in the kernel before charon was asked for a list, and that list,
 * which is complete, lacks it. So none that a living charon owns is taken for one: what it makes,
 * it lists from before the kernel has it until after the kernel has it not.
 *
 * Asks the kernel only after a connection to charon was made, and as long as orphans stay: at a
 * gateway that is a long list.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/ike_internal.h"
#include "io/log.h"

#define EVERY (30 * MIP6_S)
#define GAP MIP6_S
#define SHARE 200 /* dumps of the kernel, which block, take no more of the time */

struct ike_orphan {
	struct mip6_addr src, dst;
	uint32_t spi, reqid;
	bool listed;
};

static int compare(const void *a, const void *b)
{
	uint32_t x = ((const struct ike_orphan *)a)->spi, y = ((const struct ike_orphan *)b)->spi;

	return x < y ? -1 : x > y;
}

static bool is_tunnel(const struct ike *ike, uint32_t reqid)
{
	return (reqid & IKE_REQID_MASK) == IKE_PAYLOAD_REQID(ike_reqid_base(ike));
}

static bool is_of_our_kind(const struct ike *ike, uint32_t reqid)
{
	return (reqid & IKE_REQID_MASK) == ike_reqid_base(ike) || is_tunnel(ike, reqid);
}

static void found(void *ctx, const struct xfrm_sa *sa)
{
	struct ike *ike = ctx;
	struct ike_orphan *more;

	if (!is_of_our_kind(ike, sa->reqid))
		return;
	if (ike->orphan_count == ike->orphan_space) {
		size_t space = ike->orphan_space ? 2 * ike->orphan_space : 64;

		more = reallocarray(ike->orphans, space, sizeof(*more));
		if (!more)
			return; /* it is seen next time */
		ike->orphans = more;
		ike->orphan_space = space;
	}
	ike->orphans[ike->orphan_count++] =
		(struct ike_orphan){sa->src, sa->dst, sa->spi, sa->reqid, false};
}

/* What may be one, by the SPI. */
static int look(struct ike *ike)
{
	mip6_time began = clock_monotonic(), now;
	int err;

	ike->orphan_count = 0;
	err = ike->config.kernel.list(ike->config.kernel.ctx, found, ike);
	if (err)
		log_warning("cannot list security associations error=\"%s\"", strerror(-err));
	if (ike->orphan_count)
		qsort(ike->orphans, ike->orphan_count, sizeof(*ike->orphans), compare);
	now = clock_monotonic();
	ike->orphans_earliest = now + (SHARE * (now - began) > GAP ? SHARE * (now - began) : GAP);
	return err;
}

static void forget(struct ike *ike)
{
	free(ike->orphans);
	ike->orphans = NULL;
	ike->orphan_count = ike->orphan_space = 0;
}

static void remove_one(struct ike *ike, const struct ike_orphan *orphan)
{
	int err = ike->config.kernel.remove(ike->config.kernel.ctx, &orphan->dst, orphan->spi);

	if (err)
		log_warning("cannot remove security association spi=%08x dst=%s error=\"%s\"",
		            orphan->spi, addr_text(&orphan->dst), strerror(-err));
	else
		log_info("removed security association without a charon spi=%08x dst=%s",
		         orphan->spi, addr_text(&orphan->dst));
}

static const struct mip6_addr *hoa_of(const struct ike *ike, const struct ike_orphan *orphan)
{
	const struct ike_peer *peer;

	if (ike->config.gateway)
		return mip6_addr_equal(&orphan->src, &ike->config.address) ? &orphan->dst
		                                                           : &orphan->src;
	peer = ike_peer_of_reqid(ike, orphan->reqid);
	return peer && mip6_addr_equal(&orphan->dst, &peer->hoa) ? &orphan->dst : &orphan->src;
}

/* Which home address a tunnel is for, the kernel does not say: as long as the peer wants any. */
static bool is_wanted_tunnel(const struct ike *ike, const struct ike_orphan *orphan)
{
	const struct ike_peer *peer = ike_peer_of_reqid(ike, IKE_PAYLOAD_REQID(orphan->reqid));

	return peer && !peer->gone && peer->payload && !ike_tunnels_seen(peer);
}

static bool is_wanted(const struct ike *ike, const struct ike_orphan *orphan)
{
	const struct ike_peer *peer = ike_peer_of_reqid(ike, orphan->reqid);
	const struct mip6_addr *hoa = hoa_of(ike, orphan);
	const struct mip6_addr *agent = hoa == &orphan->src ? &orphan->dst : &orphan->src;

	if (is_tunnel(ike, orphan->reqid))
		return is_wanted_tunnel(ike, orphan);
	if (!peer || peer->gone)
		return false;
	if (!ike->config.gateway)
		return mip6_addr_equal(hoa, &peer->hoa) && mip6_addr_equal(agent, &peer->anchor);
	return mip6_addr_equal(agent, &ike->config.address) &&
	       ike->handler.wanted(ike->handler.ctx, peer->label, hoa);
}

/* There is one that charon has, and it was in the list. */
static bool is_replaced(const struct ike *ike, const struct ike_orphan *orphan)
{
	const struct ike_sa *sa = ike_sa_find(ike, hoa_of(ike, orphan));

	return sa && sa->peer->reqid == orphan->reqid && sa->seen == ike->list_number;
}

void ike_orphans_begin(struct ike *ike, mip6_time now)
{
	if (!ike->config.kernel.list || !ike->orphans_due || now < ike->orphans_after)
		return;
	ike->orphans_looking = look(ike) == 0;
	ike->orphans_after = now + EVERY;
}

static void listed(void *ctx, uint32_t spi)
{
	struct ike *ike = ctx;
	struct ike_orphan key = {.spi = spi}, *at;
	size_t low = 0, high = ike->orphan_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&ike->orphans[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (at = ike->orphans + low; at < ike->orphans + ike->orphan_count && at->spi == spi; at++)
		at->listed = true;
}

void ike_orphans_listed(struct ike *ike, const struct vici_message *event)
{
	if (ike->orphans_looking && ike->orphan_count)
		ike_read_spis(event, listed, ike);
}

void ike_orphans_end(struct ike *ike, bool complete)
{
	size_t kept = 0;

	if (!ike->orphans_looking)
		return;
	ike->orphans_looking = false;
	for (size_t i = 0; complete && i < ike->orphan_count; i++) {
		const struct ike_orphan *orphan = &ike->orphans[i];

		if (orphan->listed)
			continue;
		if (is_wanted(ike, orphan) && !is_replaced(ike, orphan))
			kept++;
		else
			remove_one(ike, orphan);
	}
	if (complete && !kept)
		ike->orphans_due = false;
	forget(ike);
}

mip6_time ike_orphans_next(struct ike *ike, mip6_time now)
{
	if (!ike->orphans_due || ike->listing || !ike->config.kernel.list)
		return MIP6_TIME_NEVER;
	if (now < ike->orphans_after)
		return ike->orphans_after;
	ike->list_due = true;
	return MIP6_TIME_NEVER;
}

void ike_orphans_changed(struct ike *ike)
{
	if (ike->orphans_after > ike->orphans_earliest)
		ike->orphans_after = ike->orphans_earliest;
}

void ike_orphans_unwanted(struct ike *ike)
{
	if (!ike->config.kernel.list)
		return;
	if (look(ike) == 0)
		for (size_t i = 0; i < ike->orphan_count; i++)
			if (!is_wanted(ike, &ike->orphans[i]))
				remove_one(ike, &ike->orphans[i]);
	forget(ike);
}

void ike_orphans_all(struct ike *ike)
{
	if (!ike->config.kernel.list)
		return;
	if (look(ike) == 0)
		for (size_t i = 0; i < ike->orphan_count; i++)
			remove_one(ike, &ike->orphans[i]);
	forget(ike);
}

/* The kernel */

static int list_kernel(void *ctx, void (*each)(void *ctx, const struct xfrm_sa *sa), void *each_ctx)
{
	return xfrm_sa_list_all(ctx, each, each_ctx);
}

static int remove_kernel(void *ctx, const struct mip6_addr *dst, uint32_t spi)
{
	return xfrm_sa_remove(ctx, dst, spi);
}

struct ike_kernel ike_kernel_of(struct xfrm *xfrm)
{
	return (struct ike_kernel){xfrm, list_kernel, remove_kernel};
}
