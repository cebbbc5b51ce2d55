/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When a home agent sends Mobile Prefix Advertisements to whom (RFC 6275 sections 6.8 and 10.6.2):
 * the answers to solicitations, at most one per second and mobile node, and the unsolicited ones
 * after a change, repeated until they are acknowledged by a solicitation. What they say is the
 * caller's.
 *
 * One entry for each bound home address, in memory of the caller.
 */
#ifndef MIP6_MOBILE_PREFIX_H
#define MIP6_MOBILE_PREFIX_H

#include <mip6/base.h>

/* RFC 6275 section 12. */
#define MOBILE_PREFIX_RETRIES 3
#define MOBILE_PREFIX_TIMEOUT (3 * MIP6_S)
/* Section 6.8: not more than one advertisement per second to any mobile node. */
#define MOBILE_PREFIX_SPACING MIP6_S

struct mobile_prefix_config {
	uint32_t interval_min_s; /* MinMobPfxAdvInterval */
	uint32_t interval_max_s; /* MaxMobPfxAdvInterval */
	uint32_t preferred_s;    /* preferred lifetime of the prefixes */
	bool only_solicited;     /* answers, and nothing unasked (section 8.4) */
	uint32_t (*random)(void *ctx);
	void *ctx;
};

/* One advertisement to send now. */
struct mobile_prefix_due {
	struct mip6_addr hoa;
	bool solicited;
	uint16_t id;          /* of the solicitation; a random one otherwise */
	struct mip6_addr coa; /* where the solicitation came from; unspecified when unsolicited */
	bool again;           /* a retransmission */
};

struct mobile_prefix;

size_t mobile_prefix_memory_size(size_t entries_max);
/* memory is aligned for any object and need not be zeroed. Cannot fail. config is copied. */
struct mobile_prefix *mobile_prefix_init(void *memory, size_t entries_max,
					 const struct mobile_prefix_config *config);
/*
 * New values at run time; what is scheduled stays where it is, unless nothing unasked is to be sent
 * any more, or again.
 */
void mobile_prefix_configure(struct mobile_prefix *m, const struct mobile_prefix_config *config,
			     mip6_time now);

/* hoa is bound: for the first time, elsewhere, or again. */
void mobile_prefix_bound(struct mobile_prefix *m, const struct mip6_addr *hoa, mip6_time now);
/* It is not any more: nothing that is scheduled is sent. */
void mobile_prefix_unbound(struct mobile_prefix *m, const struct mip6_addr *hoa);
/* A valid solicitation. False: there is no entry for it (never bound, or the table was full). */
bool mobile_prefix_solicited(struct mobile_prefix *m, const struct mip6_addr *hoa,
			     const struct mip6_addr *coa, uint16_t id, mip6_time now);
/* The prefixes, their flags or lifetimes changed for another reason than the passing of time. */
void mobile_prefix_changed(struct mobile_prefix *m, mip6_time now);

/* When mobile_prefix_next() is to be asked; MIP6_TIME_NEVER. */
mip6_time mobile_prefix_deadline(const struct mobile_prefix *m);
/* Take the next advertisement that is due, which counts as sent; false: none. */
bool mobile_prefix_next(struct mobile_prefix *m, mip6_time now, struct mobile_prefix_due *ret);
size_t mobile_prefix_count(const struct mobile_prefix *m);

#endif
