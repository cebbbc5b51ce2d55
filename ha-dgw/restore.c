// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Taking up where an earlier run ended, whichever way it ended: leases and bindings come from the
 * disk, tunnels that are still in the kernel and still wanted stay untouched, the others go.
 *
 * Without records of bindings the restart counter grows, so that the heartbeats tell the WTRUs that
 * they must register again (RFC 5847 section 3.3).
 */
#include <errno.h>
#include <stdlib.h>

#include "dgwd.h"
#include "io/clock.h"

struct found_binding {
	struct mip6_prefix home;
	bool wanted;
};

static void restore_lease(void *ctx, const struct pool_key *key, const struct mip6_prefix *prefix,
                          const struct mip6_addr *link_local)
{
	struct dgwd *d = ctx;

	/* Whoever has it may have heard an advertisement just before the end. */
	router_restore(d->router, key, prefix, link_local,
	               d->now + d->config.valid_lifetime_s * MIP6_S);
}

void restore_leases(struct dgwd *d)
{
	records_walk_leases(d->records, restore_lease, d);
}

static void collect(void *ctx, const struct dataplane_binding *binding)
{
	struct dgwd *d = ctx;

	if (d->found_count == d->found_space) {
		size_t space = d->found_space == 0 ? 256 : d->found_space * 2;
		struct found_binding *more = reallocarray(d->found, space, sizeof(*more));

		if (more == NULL)
			return; /* what is not collected stays in the kernel until it is wanted
			           again */
		d->found = more;
		d->found_space = space;
	}
	d->found[d->found_count++] = (struct found_binding){.home = binding->home};
}

static int compare(const void *a, const void *b)
{
	const struct found_binding *x = a, *y = b;
	int order = memcmp(x->home.addr.b, y->home.addr.b, sizeof(x->home.addr.b));

	return order != 0 ? order : (int)x->home.len - (int)y->home.len;
}

void restore_wanted(struct dgwd *d, const struct mip6_prefix *home)
{
	struct found_binding key = {.home = *home}, *found = NULL;

	if (d->found_count > 0)
		found = bsearch(&key, d->found, d->found_count, sizeof(key), compare);
	if (found != NULL)
		found->wanted = true;
}

static void restore_record(void *ctx, const struct ha_record *record)
{
	struct ha_event event = {.type = HA_EVENT_RESTORE, .restore = record};

	dgwd_step(ctx, &event);
}

static void count_restart(struct dgwd *d)
{
	uint32_t counter = records_restart_counter(d->records);

	/* Without the file of before, the clock serves: it too only grows. */
	d->restart_counter = counter != 0 ? counter + 1 : (uint32_t)(clock_unix_us() / 1000000);
	if (d->restart_counter == 0)
		d->restart_counter = 1;
	records_set_restart_counter(d->records, d->restart_counter);
}

void restore_bindings(struct dgwd *d)
{
	size_t removed = 0, bindings, all;
	int error = d->dp_ops->list(d->dp, collect, d);

	if (error != 0)
		log_warning("cannot list tunnels of an earlier run error=\"%s\"", strerror(-error));
	if (d->found_count > 0)
		qsort(d->found, d->found_count, sizeof(*d->found), compare);
	store_walk(d->store, restore_record, d);
	bindings = ha_binding_count(d->core);
	all = ha_ownership_count(d->core);
	for (size_t i = 0; i < d->found_count; i++) {
		if (d->found[i].wanted)
			continue;
		removed++;
		error = d->dp_ops->unwant_binding(d->dp, &d->found[i].home);
		if (error != 0)
			log_warning("cannot remove tunnel of=%s error=\"%s\"",
			            prefix_text(&d->found[i].home), strerror(-error));
	}
	if (all > 0 || d->found_count > 0)
		log_info("restored bindings=%zu owned=%zu tunnels-adopted=%zu tunnels-removed=%zu",
		         bindings, all, d->found_count - removed, removed);
	free(d->found);
	d->found = NULL;
	d->found_count = d->found_space = 0;
	if (all == 0)
		count_restart(d);
}
