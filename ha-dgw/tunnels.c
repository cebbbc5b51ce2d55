// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The data plane's tunnels as either core wants them, and taking up where an earlier run ended,
 * whichever way it ended: bindings or chains come from the disk, tunnels that are still in the
 * kernel and still wanted stay untouched, the others go.
 *
 * When the disk knows none, the restart counter grows, so that the heartbeats tell the peers that
 * they must register again (RFC 5847 section 3.3).
 */
#include <errno.h>
#include <stdlib.h>

#include "dgwd.h"
#include "io/clock.h"

#define REPAIR_S 1.0

struct found_tunnel {
	struct mip6_prefix home;
	bool wanted;
};

static void failed(struct dgwd *d, const char *what, const struct mip6_prefix *home, int error)
{
	d->dataplane_errors++;
	log_limited(&d->log_dataplane, d->now, LOG_LEVEL_ERR, "cannot %s tunnel of=%s error=\"%s\"",
	            what, prefix_text(home), strerror(-error));
}

static void on_repair(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct dgwd *d = timer->data;

	(void)loop;
	(void)events;
	d->role->repair(d);
}

void tunnels_init(struct dgwd *d)
{
	ev_init(&d->repair_timer, on_repair);
	d->repair_timer.data = d;
}

static int compare(const void *a, const void *b)
{
	const struct found_tunnel *x = a, *y = b;
	int order = memcmp(x->home.addr.b, y->home.addr.b, sizeof(x->home.addr.b));

	return order != 0 ? order : (int)x->home.len - (int)y->home.len;
}

static void mark_found(struct dgwd *d, const struct mip6_prefix *home, bool wanted)
{
	struct found_tunnel key = {.home = *home}, *found = NULL;

	if (d->found_count > 0)
		found = bsearch(&key, d->found, d->found_count, sizeof(key), compare);
	if (found != NULL)
		found->wanted = wanted;
}

void tunnels_want(struct dgwd *d, const struct dataplane_binding *binding)
{
	int error = d->dp_ops->want_binding(d->dp, binding);

	mark_found(d, &binding->home, true);
	if (error == 0)
		return;
	failed(d, "set", &binding->home, error);
	/* The item stands all the same: the kernel may have been short of memory for a moment. */
	if (!ev_is_active(&d->repair_timer)) {
		ev_timer_set(&d->repair_timer, REPAIR_S, 0.);
		ev_timer_start(d->loop, &d->repair_timer);
	}
}

void tunnels_unwant(struct dgwd *d, const struct mip6_prefix *home)
{
	int error = d->dp_ops->unwant_binding(d->dp, home);

	mark_found(d, home, false);
	if (error != 0)
		failed(d, "remove", home, error);
}

/* --- restart --- */

static void collect(void *ctx, const struct dataplane_binding *binding)
{
	struct dgwd *d = ctx;

	if (d->found_count == d->found_space) {
		size_t space = d->found_space == 0 ? 256 : d->found_space * 2;
		struct found_tunnel *more = reallocarray(d->found, space, sizeof(*more));

		if (more == NULL)
			return; /* it stays in the kernel until it is wanted again */
		d->found = more;
		d->found_space = space;
	}
	d->found[d->found_count++] = (struct found_tunnel){.home = binding->home};
}

static void count_restart(struct dgwd *d)
{
	/* Without the file of before, the clock serves: it too only grows. */
	d->restart_counter = d->restart_counter != 0 ? d->restart_counter + 1
	                                             : (uint32_t)(clock_unix_us() / 1000000);
	if (d->restart_counter == 0)
		d->restart_counter = 1;
	records_set_restart_counter(d->records, d->restart_counter);
}

void tunnels_restore(struct dgwd *d)
{
	size_t removed = 0, items;
	int error = d->dp_ops->list(d->dp, collect, d);

	if (error != 0)
		log_warning("cannot list tunnels of an earlier run error=\"%s\"", strerror(-error));
	if (d->found_count > 0)
		qsort(d->found, d->found_count, sizeof(*d->found), compare);
	items = d->role->restore(d);
	for (size_t i = 0; i < d->found_count; i++) {
		if (d->found[i].wanted)
			continue;
		removed++;
		tunnels_unwant(d, &d->found[i].home);
	}
	if (items > 0 || d->found_count > 0)
		log_info("restored home-addresses=%zu tunnels-adopted=%zu tunnels-removed=%zu",
		         items, d->found_count - removed, removed);
	free(d->found);
	d->found = NULL;
	d->found_count = d->found_space = 0;
	if (items == 0 || d->restart_counter == 0)
		count_restart(d);
}
