// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Defence of home addresses on the shared prefix.
 *
 * While a WTRU is away, the kernel answers Neighbour Solicitations for its HoA (a proxy entry per
 * HoA, without the kernel's random delay), and unsolicited advertisements with the override flag
 * tell the neighbours of before at once (RFC 6275 section 10.4.1). Before a HoA that nobody claimed
 * is accepted, it is asked for as RFC 4862 section 5.4 does: one solicitation from the unspecified
 * address, then a second of listening for an advertisement, or for somebody who asks for the same.
 *
 * Owns the table of defended HoAs, which outlives the access link's ups and downs, and one queue of
 * what is due a second after it began: repeated advertisements, and ends of detections.
 */
#include "proxy.h"

#include <errno.h>
#include <stdlib.h>

#include "io/log.h"

#define RETRANS MIP6_S   /* RFC 4861 section 10: RETRANS_TIMER */
#define ADVERTISEMENTS 3 /* RFC 4861 section 10: MAX_NEIGHBOR_ADVERTISEMENT */
#define BUCKETS 1024

struct defended {
	struct defended *next; /* in the bucket */
	struct mip6_addr hoa;
	bool link_local;
	bool router;
};

struct due {
	struct due *next;
	struct mip6_addr hoa;
	mip6_time at;
	unsigned int advertisements_left; /* 0: a detection */
	bool address, link_local;         /* what is detected */
	bool duplicate;
};

struct proxy {
	struct proxy_env env;
	bool up;
	struct rtnl_link link;
	size_t count;
	struct defended *buckets[BUCKETS];
	struct due *head, **tail;
	ev_timer timer;
	struct log_limit log_send;
};

static const struct mip6_addr all_nodes = {{0xff, 0x02, [15] = 1}};

static struct mip6_addr link_local_of(const struct mip6_addr *hoa)
{
	struct mip6_addr addr = {{0xfe, 0x80}};

	memcpy(&addr.b[8], &hoa->b[8], 8);
	return addr;
}

static struct defended **find(struct proxy *proxy, const struct mip6_addr *hoa)
{
	uint32_t hash = 2166136261u;
	struct defended **link;

	for (size_t i = 0; i < sizeof(hoa->b); i++)
		hash = (hash ^ hoa->b[i]) * 16777619u;
	hash ^= hash >> 15;
	for (link = &proxy->buckets[hash % BUCKETS]; *link != NULL; link = &(*link)->next)
		if (mip6_addr_equal(&(*link)->hoa, hoa))
			break;
	return link;
}

static void arm(struct proxy *proxy)
{
	mip6_time in;

	ev_timer_stop(proxy->env.loop, &proxy->timer);
	if (proxy->head == NULL)
		return;
	in = proxy->head->at - *proxy->env.now;
	ev_timer_set(&proxy->timer, in > 0 ? (double)in / 1e6 : 0., 0.);
	ev_timer_start(proxy->env.loop, &proxy->timer);
}

static struct due *enqueue(struct proxy *proxy, const struct mip6_addr *hoa, mip6_time in,
                           unsigned int advertisements_left)
{
	struct due *due = calloc(1, sizeof(*due));

	if (due == NULL) {
		log_err("out of memory: hoa=%s not defended at once", addr_text(hoa));
		return NULL;
	}
	due->hoa = *hoa;
	due->at = *proxy->env.now + in;
	due->advertisements_left = advertisements_left;
	*proxy->tail = due;
	proxy->tail = &due->next;
	if (proxy->head == due)
		arm(proxy);
	return due;
}

static void advertise_one(struct proxy *proxy, const struct mip6_addr *target, bool router)
{
	static const struct mip6_addr any;
	struct mip6_icmp6 na = {.type = MIP6_ICMP6_NA};
	int error;

	/* RFC 6275 section 10.4.1: the override flag MUST be set, the solicited flag MUST NOT. */
	na.neighbour.flags = (uint8_t)(MIP6_NA_O | (router ? MIP6_NA_R : 0));
	na.neighbour.target = *target;
	na.opt.lladdr_len = proxy->link.lladdr_len;
	memcpy(na.opt.lladdr, proxy->link.lladdr, sizeof(na.opt.lladdr));
	error = nd_send(proxy->env.nd, proxy->link.ifindex, &any, &all_nodes, &na);
	if (error != 0)
		log_limited(&proxy->log_send, *proxy->env.now, LOG_LEVEL_WARNING,
		            "cannot advertise hoa=%s interface=%s error=\"%s\"", addr_text(target),
		            proxy->link.name, strerror(-error));
}

static void advertise(struct proxy *proxy, const struct defended *d)
{
	struct mip6_addr ll = link_local_of(&d->hoa);

	advertise_one(proxy, &d->hoa, d->router);
	if (d->link_local)
		advertise_one(proxy, &ll, d->router);
}

static void set_entry(struct proxy *proxy, const struct mip6_addr *addr)
{
	int error;

	/* A cache entry of the WTRU that left would be used instead of asking. */
	rtnl_neighbour_remove(proxy->env.rtnl, proxy->link.ifindex, addr);
	error = rtnl_proxy_set(proxy->env.rtnl, proxy->link.ifindex, addr);
	if (error != 0)
		log_err("cannot defend address=%s interface=%s error=\"%s\"", addr_text(addr),
		        proxy->link.name, rtnl_error(proxy->env.rtnl));
}

static void set_up(struct proxy *proxy, const struct defended *d)
{
	struct mip6_addr ll = link_local_of(&d->hoa);

	if (!proxy->up)
		return;
	set_entry(proxy, &d->hoa);
	if (d->link_local)
		set_entry(proxy, &ll);
	advertise(proxy, d);
}

static void take_down(struct proxy *proxy, const struct defended *d)
{
	struct mip6_addr ll = link_local_of(&d->hoa);

	if (!proxy->up)
		return;
	rtnl_proxy_remove(proxy->env.rtnl, proxy->link.ifindex, &d->hoa);
	if (d->link_local)
		rtnl_proxy_remove(proxy->env.rtnl, proxy->link.ifindex, &ll);
}

void proxy_want(struct proxy *proxy, const struct mip6_addr *hoa, bool link_local, bool router)
{
	struct defended **link = find(proxy, hoa), *d = *link;

	if (d != NULL && d->link_local == link_local && d->router == router)
		return;
	if (d == NULL) {
		d = calloc(1, sizeof(*d));
		if (d == NULL) {
			log_err("out of memory: hoa=%s not defended", addr_text(hoa));
			return;
		}
		d->hoa = *hoa;
		*link = d;
		proxy->count++;
	} else {
		take_down(proxy, d);
	}
	d->link_local = link_local;
	d->router = router;
	set_up(proxy, d);
	enqueue(proxy, hoa, RETRANS, ADVERTISEMENTS - 1);
}

void proxy_unwant(struct proxy *proxy, const struct mip6_addr *hoa)
{
	struct defended **link = find(proxy, hoa), *d = *link;

	if (d == NULL)
		return;
	take_down(proxy, d);
	*link = d->next;
	free(d);
	proxy->count--;
}

/* RFC 4862 section 5.4.2. */
static int solicit(struct proxy *proxy, const struct mip6_addr *hoa)
{
	struct mip6_addr group = nd_solicited_node(hoa);
	struct mip6_icmp6 ns = {.type = MIP6_ICMP6_NS, .neighbour.target = *hoa};

	return nd_send_unspecified(proxy->env.nd, proxy->link.ifindex, &group, &ns);
}

/*
 * Somebody else who asks for the same address would otherwise not be heard. (The link-local address
 * has the same group.)
 */
static void listen_for(struct proxy *proxy, const struct mip6_addr *hoa, bool on)
{
	struct mip6_addr group = nd_solicited_node(hoa), other;

	for (const struct due *due = proxy->head; !on && due != NULL; due = due->next) {
		other = nd_solicited_node(&due->hoa);
		if (due->advertisements_left == 0 && mip6_addr_equal(&group, &other))
			return;
	}
	if (on)
		nd_join(proxy->env.nd, proxy->link.ifindex, &group);
	else
		nd_leave(proxy->env.nd, proxy->link.ifindex, &group);
}

void proxy_detect(struct proxy *proxy, const struct mip6_addr *hoa, bool address, bool link_local)
{
	struct mip6_addr ll = link_local_of(hoa);
	struct due *due;
	int error = 0;

	if (!proxy->up) {
		/* Nobody is on a link that is down. */
		enqueue(proxy, hoa, 0, 0);
		return;
	}
	listen_for(proxy, hoa, true);
	if (address)
		error = solicit(proxy, hoa);
	if (error == 0 && link_local)
		error = solicit(proxy, &ll);
	if (error != 0)
		log_limited(&proxy->log_send, *proxy->env.now, LOG_LEVEL_WARNING,
		            "cannot look for duplicates of hoa=%s interface=%s error=\"%s\"",
		            addr_text(hoa), proxy->link.name, strerror(-error));
	due = enqueue(proxy, hoa, RETRANS, 0);
	if (due != NULL) {
		due->address = address;
		due->link_local = link_local;
	}
}

/* Is it about an address that we are looking for? */
static bool concerns(const struct due *due, const struct mip6_addr *target)
{
	struct mip6_addr ll = link_local_of(&due->hoa);

	return (due->address && mip6_addr_equal(&due->hoa, target)) ||
	       (due->link_local && mip6_addr_equal(&ll, target));
}

void proxy_heard(struct proxy *proxy, const struct nd_packet *packet)
{
	const struct mip6_icmp6 *msg = packet->msg;

	if (!proxy->up || packet->ifindex != proxy->link.ifindex)
		return;
	/* A solicitation from an address asks; one from nowhere wants the address itself. */
	if (msg->type == MIP6_ICMP6_NS ? !mip6_addr_is_unspecified(&packet->src)
	                               : msg->type != MIP6_ICMP6_NA)
		return;
	for (struct due *due = proxy->head; due != NULL; due = due->next)
		if (due->advertisements_left == 0 && !due->duplicate &&
		    concerns(due, &msg->neighbour.target)) {
			due->duplicate = true;
			due->at =
				*proxy->env.now; /* told when its turn comes, at the latest then */
			log_debug("duplicate hoa=%s heard from=%s", addr_text(&due->hoa),
			          addr_text(&packet->src));
		}
}

static void finish(struct proxy *proxy, struct due *due)
{
	struct defended *d;

	if (due->advertisements_left == 0) {
		if (proxy->up)
			listen_for(proxy, &due->hoa, false);
		proxy->env.detected(proxy->env.ctx, &due->hoa, due->duplicate);
		return;
	}
	d = *find(proxy, &due->hoa);
	if (d == NULL)
		return;
	if (proxy->up)
		advertise(proxy, d);
	if (due->advertisements_left > 1)
		enqueue(proxy, &due->hoa, RETRANS, due->advertisements_left - 1);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct proxy *proxy = timer->data;

	(void)loop;
	(void)events;
	while (proxy->head != NULL && proxy->head->at <= *proxy->env.now) {
		struct due *due = proxy->head;

		proxy->head = due->next;
		if (proxy->head == NULL)
			proxy->tail = &proxy->head;
		finish(proxy, due);
		free(due);
	}
	arm(proxy);
}

void proxy_link(struct proxy *proxy, const struct rtnl_link *link)
{
	bool same = proxy->up && link != NULL && link->ifindex == proxy->link.ifindex &&
	            link->lladdr_len == proxy->link.lladdr_len &&
	            memcmp(link->lladdr, proxy->link.lladdr, sizeof(link->lladdr)) == 0;

	proxy->up = link != NULL;
	if (link == NULL)
		return;
	proxy->link = *link;
	if (same)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		for (const struct defended *d = proxy->buckets[i]; d != NULL; d = d->next)
			set_up(proxy, d);
}

struct leftovers {
	struct proxy *proxy;
	size_t count;
	struct mip6_addr addrs[64];
};

static void collect(void *ctx, const struct rtnl_neighbour *neighbour)
{
	struct leftovers *left = ctx;
	const struct mip6_addr *addr = &neighbour->addr;
	bool wanted = *find(left->proxy, addr) != NULL;

	if (neighbour->ifindex != left->proxy->link.ifindex)
		return;
	for (size_t i = 0; i < BUCKETS && !wanted && mip6_addr_is_link_local(addr); i++)
		for (const struct defended *d = left->proxy->buckets[i]; d != NULL; d = d->next) {
			struct mip6_addr ll = link_local_of(&d->hoa);

			wanted = wanted || (d->link_local && mip6_addr_equal(&ll, addr));
		}
	if (!wanted && left->count < sizeof(left->addrs) / sizeof(left->addrs[0]))
		left->addrs[left->count++] = *addr;
}

void proxy_adopt(struct proxy *proxy)
{
	struct leftovers left = {.proxy = proxy};

	do {
		left.count = 0;
		if (!proxy->up || rtnl_proxy_list(proxy->env.rtnl, collect, &left) != 0)
			return;
		for (size_t i = 0; i < left.count; i++) {
			log_info("removed proxy address=%s of an earlier run",
			         addr_text(&left.addrs[i]));
			if (rtnl_proxy_remove(proxy->env.rtnl, proxy->link.ifindex,
			                      &left.addrs[i]) != 0)
				return;
		}
	} while (left.count == sizeof(left.addrs) / sizeof(left.addrs[0]));
}

size_t proxy_count(const struct proxy *proxy)
{
	return proxy->count;
}

int proxy_open(struct proxy **ret, const struct proxy_env *env)
{
	struct proxy *proxy = calloc(1, sizeof(*proxy));

	if (proxy == NULL)
		return -ENOMEM;
	proxy->env = *env;
	proxy->tail = &proxy->head;
	ev_init(&proxy->timer, on_timer);
	/* After what arrived in time, also when we are late to look. */
	ev_set_priority(&proxy->timer, EV_MINPRI + 1);
	proxy->timer.data = proxy;
	*ret = proxy;
	return 0;
}

void proxy_close(struct proxy *proxy)
{
	if (proxy == NULL)
		return;
	ev_timer_stop(proxy->env.loop, &proxy->timer);
	while (proxy->head != NULL) {
		struct due *due = proxy->head;

		proxy->head = due->next;
		free(due);
	}
	for (size_t i = 0; i < BUCKETS; i++)
		while (proxy->buckets[i] != NULL) {
			struct defended *d = proxy->buckets[i];

			take_down(proxy, d);
			proxy->buckets[i] = d->next;
			free(d);
		}
	free(proxy);
}
