// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Interfaces and Neighbour Discovery of the WTRU daemon; links.h says what for.
 *
 * State: the managed links as last reported to the core, and the settings to put back. A link is
 * managed when the configuration names it, or, without names, when it is not the loopback
 * interface. Nothing here decides anything about mobility.
 */
#include "links.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <stdio.h>
#include <stdlib.h>

#include "io/log.h"
#include "kernel/nd.h"

#define LOOPBACK_IFINDEX 1
#define ADDRESSES_SPARE 16 /* addresses of a link that are not instances */
/* IFAPROT_KERNEL_RA and _LL, which the headers of older kernels do not have. */
#define PROTOCOL_KERNEL_RA 2
#define PROTOCOL_KERNEL_LL 3
#define RANK_UNNAMED \
	1000 /* links that the configuration does not name come after those that it does */

struct link {
	struct link *next;
	uint32_t ifindex;
	char name[16];
	bool seen; /* in the present resync */
	bool up;
	uint32_t rank;
	uint32_t carrier_changes;
	uint8_t lladdr_len;
	uint8_t lladdr[MIP6_LLADDR_MAX];
	bool has_link_local;
	struct mip6_addr link_local;
};

struct setting {
	struct setting *next;
	char path[96];
	int former;
};

struct links {
	struct rtnl *rtnl;
	struct nd *nd;
	struct ev_loop *loop;
	const struct mnd_config *config;
	struct links_handler handler;
	struct link *list;
	struct setting *settings;
	uint64_t send_errors;
};

static const struct mip6_addr all_nodes = {{0xff, 0x02, [15] = 1}};
static const struct mip6_addr all_routers = {{0xff, 0x02, [15] = 2}};

static struct link *find(const struct links *links, uint32_t ifindex)
{
	for (struct link *link = links->list; link; link = link->next)
		if (link->ifindex == ifindex)
			return link;
	return NULL;
}

const char *links_name(const struct links *links, uint32_t ifindex)
{
	const struct link *link = find(links, ifindex);

	return link ? link->name : "?";
}

static bool managed(const struct links *links, const struct rtnl_link *link, uint32_t *ret_rank)
{
	const struct config_strings *names = &links->config->interfaces;

	if (link->ifindex == LOOPBACK_IFINDEX)
		return false;
	for (size_t i = 0; i < names->count; i++) {
		if (strcmp(names->v[i], link->name) == 0) {
			*ret_rank = (uint32_t)i;
			return true;
		}
	}
	*ret_rank = RANK_UNNAMED + link->ifindex;
	return names->count == 0;
}

/* Settings */

static void change_setting(struct links *links, const char *name, const char *key, int value)
{
	struct setting *setting;
	char path[96];
	int former;

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/%s", name, key);
	if (rtnl_sysctl_get(path, &former) || former == value)
		return;
	for (setting = links->settings; setting; setting = setting->next)
		if (strcmp(setting->path, path) == 0)
			break;
	if (rtnl_sysctl_set(path, value)) {
		log_warning("cannot set sysctl=%s value=%d", path, value);
		return;
	}
	if (setting)
		return;
	setting = calloc(1, sizeof(*setting));
	if (!setting)
		return;
	memcpy(setting->path, path, sizeof(path));
	setting->former = former;
	setting->next = links->settings;
	links->settings = setting;
}

/*
 * Optimistic DAD, or Linux waits a second before an address can be used. And room: the link keeps
 * the addresses of gateways that were left for as long as they are used, and the kernel stops
 * at 16.
 */
static void prepare_link(struct links *links, const struct link *link)
{
	int room = (int)links->config->instances_max + ADDRESSES_SPARE, former;
	char path[96];

	if (links->config->optimistic_dad) {
		change_setting(links, link->name, "optimistic_dad", 1);
		change_setting(links, link->name, "use_optimistic", 1);
	}
	snprintf(path, sizeof(path), "net/ipv6/conf/%s/max_addresses", link->name);
	if (rtnl_sysctl_get(path, &former) == 0 && former > 0 && former < room)
		change_setting(links, link->name, "max_addresses", room);
}

struct json_object *links_save_settings(const struct links *links)
{
	struct json_object *array = json_object_new_array();

	for (const struct setting *s = links->settings; array && s; s = s->next) {
		struct json_object *object = json_object_new_object();

		json_object_object_add(object, "path", json_object_new_string(s->path));
		json_object_object_add(object, "value", json_object_new_int(s->former));
		json_object_array_add(array, object);
	}
	return array;
}

void links_load_settings(struct links *links, struct json_object *saved)
{
	static const char prefix[] = "net/ipv6/conf/";
	size_t count;

	if (!json_object_is_type(saved, json_type_array))
		return;
	count = json_object_array_length(saved);
	for (size_t i = 0; i < count && i < 256; i++) {
		struct json_object *object = json_object_array_get_idx(saved, i);
		struct json_object *path_json, *value;
		struct setting *setting;
		const char *path;

		if (!json_object_object_get_ex(object, "path", &path_json) ||
		    !json_object_object_get_ex(object, "value", &value))
			continue;
		path = json_object_get_string(path_json);
		if (strncmp(path, prefix, sizeof(prefix) - 1) != 0 || strstr(path, "..") ||
		    strlen(path) >= sizeof(setting->path))
			continue;
		setting = calloc(1, sizeof(*setting));
		if (!setting)
			return;
		strcpy(setting->path, path);
		setting->former = json_object_get_int(value);
		setting->next = links->settings;
		links->settings = setting;
	}
}

static void restore_settings(struct links *links, bool restore)
{
	while (links->settings) {
		struct setting *setting = links->settings;

		links->settings = setting->next;
		if (restore)
			rtnl_sysctl_set(setting->path, setting->former);
		free(setting);
	}
}

/* Links */

static void report_link(struct links *links, const struct link *link, bool present, bool flapped)
{
	struct wtru_event event = {
		.type = WTRU_EVENT_LINK,
		.link =
			{
				.ifindex = link->ifindex,
				.present = present,
				.up = present && link->up,
				.rank = link->rank,
				.flapped = flapped,
			},
	};

	links->handler.event(links->handler.ctx, &event);
}

static void remove_link(struct links *links, struct link *link)
{
	for (struct link **p = &links->list; *p; p = &(*p)->next) {
		if (*p == link) {
			*p = link->next;
			break;
		}
	}
	report_link(links, link, false, false);
	free(link);
}

static void on_link(void *ctx, const struct rtnl_link *rtnl_link)
{
	struct links *links = ctx;
	struct link *link = find(links, rtnl_link->ifindex);
	bool is_new = !link;
	bool was_up, flapped;
	uint32_t rank = 0, old_rank;

	if (!rtnl_link->present || !managed(links, rtnl_link, &rank)) {
		if (link)
			remove_link(links, link);
		return;
	}
	if (!link) {
		link = calloc(1, sizeof(*link));
		if (!link)
			return;
		link->ifindex = rtnl_link->ifindex;
		link->carrier_changes = rtnl_link->carrier_changes;
		link->next = links->list;
		links->list = link;
	}
	was_up = link->up;
	old_rank = link->rank;
	/* Down and up again between two of our looks: two changes, and the end looks like the
	 * start. */
	flapped = was_up && rtnl_link->up && link->carrier_changes != rtnl_link->carrier_changes;
	link->seen = true;
	link->up = rtnl_link->up;
	link->rank = rank;
	link->carrier_changes = rtnl_link->carrier_changes;
	memcpy(link->name, rtnl_link->name, sizeof(link->name));
	link->lladdr_len = rtnl_link->lladdr_len <= MIP6_LLADDR_MAX ? rtnl_link->lladdr_len : 0;
	memcpy(link->lladdr, rtnl_link->lladdr, link->lladdr_len);
	if (is_new)
		prepare_link(links, link);
	if (is_new || (link->up && !was_up))
		links->handler.attach(links->handler.ctx, link->ifindex);
	if (is_new || was_up != link->up || old_rank != rank || flapped)
		report_link(links, link, true, flapped);
}

static bool is_usable(const struct rtnl_address *address)
{
	return (!(address->flags & IFA_F_TENTATIVE) || (address->flags & IFA_F_OPTIMISTIC)) &&
	       !(address->flags & IFA_F_DADFAILED);
}

static void note_link_local(struct link *link, const struct rtnl_address *address)
{
	if (!mip6_addr_is_link_local(&address->addr))
		return;
	if (address->present && is_usable(address)) {
		link->has_link_local = true;
		link->link_local = address->addr;
	} else if (mip6_addr_equal(&link->link_local, &address->addr)) {
		link->has_link_local = false;
	}
}

static void on_address(void *ctx, const struct rtnl_address *address)
{
	struct links *links = ctx;
	struct link *link = find(links, address->ifindex);
	struct wtru_event event = {
		.type = WTRU_EVENT_ADDRESS,
		.address =
			{
				.ifindex = address->ifindex,
				.addr = address->addr,
				.prefix_len = address->prefix_len,
				.present = address->present,
				.usable = is_usable(address),
				.deprecated = (address->flags & IFA_F_DEPRECATED) != 0,
				.temporary = (address->flags & IFA_F_TEMPORARY) != 0,
				/* The kernel removes those that it made itself. */
				.duplicate = (address->flags & IFA_F_DADFAILED) != 0,
				.valid_s = address->valid_s,
			},
	};

	if (!link)
		return;
	note_link_local(link, address);
	links->handler.event(links->handler.ctx, &event);
}

static void on_neighbour(void *ctx, const struct rtnl_neighbour *neighbour)
{
	struct links *links = ctx;
	struct wtru_event event = {
		.type = WTRU_EVENT_NEIGHBOUR,
		.neighbour =
			{
				.ifindex = neighbour->ifindex,
				.addr = neighbour->addr,
				.reachable = false,
			},
	};

	/* Only the kernel's verdict "unreachable" is news; that it is reachable, NAs tell us. */
	if (neighbour->state == NUD_FAILED && find(links, neighbour->ifindex))
		links->handler.event(links->handler.ctx, &event);
}

static void on_resync_begin(void *ctx)
{
	struct links *links = ctx;

	for (struct link *link = links->list; link; link = link->next)
		link->seen = false;
}

static void on_resync_end(void *ctx)
{
	struct links *links = ctx;
	struct link *next;

	for (struct link *link = links->list; link; link = next) {
		next = link->next;
		if (!link->seen)
			remove_link(links, link);
	}
	links->handler.resync(links->handler.ctx);
}

/* Neighbour Discovery */

/* An answer to our own solicitation proves that the way there works (RFC 4861 section 7.3.1). */
static bool advertised(const struct nd_packet *packet, struct wtru_event *event)
{
	const struct mip6_icmp6 *msg = packet->msg;

	if (msg->neighbour.flags & MIP6_NA_S) {
		event->type = WTRU_EVENT_NEIGHBOUR;
		event->neighbour.ifindex = packet->ifindex;
		event->neighbour.addr = msg->neighbour.target;
		event->neighbour.reachable = true;
		return true;
	}
	event->type = WTRU_EVENT_ADVERTISED;
	event->advertised.ifindex = packet->ifindex;
	event->advertised.target = msg->neighbour.target;
	event->advertised.lladdr_len = msg->opt.lladdr_len;
	memcpy(event->advertised.lladdr, msg->opt.lladdr, sizeof(event->advertised.lladdr));
	return msg->opt.lladdr_len > 0;
}

static void on_nd(void *ctx, const struct nd_packet *packet)
{
	struct links *links = ctx;
	const struct mip6_packet addresses = {.src = packet->src, .dst = packet->dst};
	struct wtru_event event = {.type = WTRU_EVENT_RA};

	if (!find(links, packet->ifindex))
		return;
	switch (packet->msg->type) {
	case MIP6_ICMP6_RA:
		/* RFC 4861 section 6.1.2: the source MUST be link-local. */
		if (!mip6_addr_is_link_local(&packet->src))
			return;
		event.ra.ifindex = packet->ifindex;
		event.ra.router = packet->src;
		event.ra.msg = packet->msg;
		break;
	case MIP6_ICMP6_HAAD_REPLY:
		event.type = WTRU_EVENT_ICMP6;
		event.icmp6.packet = &addresses;
		event.icmp6.msg = packet->msg;
		break;
	case MIP6_ICMP6_NA:
		if (!advertised(packet, &event))
			return;
		break;
	default:
		return;
	}
	links->handler.event(links->handler.ctx, &event);
}

static void send_nd(struct links *links, const struct link *link, const struct mip6_addr *src,
                    const struct mip6_addr *dst, struct mip6_icmp6 *msg, bool with_lladdr)
{
	int err;

	if (with_lladdr) {
		msg->opt.lladdr_len = link->lladdr_len;
		memcpy(msg->opt.lladdr, link->lladdr, link->lladdr_len);
	}
	err = nd_send(links->nd, link->ifindex, src, dst, msg);
	if (err) {
		links->send_errors++;
		log_debug("cannot send type=%u interface=%s error=\"%s\"", msg->type, link->name,
		          strerror(-err));
	}
}

static void learn_link_local(void *ctx, const struct rtnl_address *address)
{
	struct link *link = find(ctx, address->ifindex);

	/* Not to the core, which is in the middle of a step: it hears of it as of all others. */
	if (link)
		note_link_local(link, address);
}

void links_send_rs(struct links *links, uint32_t ifindex)
{
	const struct link *link = find(links, ifindex);
	static const struct mip6_addr unspecified;
	struct mip6_icmp6 msg = {.type = MIP6_ICMP6_RS};

	/* A link is reported before its addresses. */
	if (link && !link->has_link_local)
		rtnl_address_list(links->rtnl, learn_link_local, links);
	/* RFC 4861 section 4.1: no source link-layer address option from the unspecified address.
	 */
	if (link && link->up)
		send_nd(links, link, link->has_link_local ? &link->link_local : &unspecified,
		        &all_routers, &msg, link->has_link_local);
}

void links_send_probe(struct links *links, uint32_t ifindex, const struct mip6_addr *router)
{
	const struct link *link = find(links, ifindex);
	struct mip6_icmp6 msg = {.type = MIP6_ICMP6_NS, .neighbour = {.target = *router}};

	if (link && link->up && link->has_link_local)
		send_nd(links, link, &link->link_local, router, &msg, true);
}

void links_send_na(struct links *links, uint32_t ifindex, const struct mip6_addr *hoa)
{
	const struct link *link = find(links, ifindex);
	struct mip6_icmp6 msg = {
		.type = MIP6_ICMP6_NA,
		.neighbour = {.flags = MIP6_NA_O, .target = *hoa},
	};

	if (link && link->up)
		send_nd(links, link, hoa, &all_nodes, &msg, true);
}

void links_find_agent(struct links *links, uint32_t ifindex, const struct mip6_addr *hoa)
{
	const struct link *link = find(links, ifindex);
	const struct mip6_addr group = nd_solicited_node(hoa);
	const struct mip6_icmp6 msg = {.type = MIP6_ICMP6_NS, .neighbour.target = *hoa};
	int err;

	if (!link || !link->up)
		return;
	err = nd_send_unspecified(links->nd, ifindex, &group, &msg);
	if (err) {
		links->send_errors++;
		log_debug("cannot look for a home agent interface=%s error=\"%s\"", link->name,
		          strerror(-err));
	}
}

void links_without_dad(struct links *links, uint32_t ifindex, const struct mip6_addr *addr,
                       uint8_t prefix_len, uint32_t valid_s)
{
	bool link_local = mip6_addr_is_link_local(addr);
	/* Whose it is does not change: it shall stay when this daemon ends. */
	struct rtnl_address address = {
		.ifindex = ifindex,
		.addr = *addr,
		.prefix_len = prefix_len,
		.flags = IFA_F_NODAD | (link_local ? 0 : IFA_F_NOPREFIXROUTE),
		.preferred_s = valid_s,
		.valid_s = valid_s,
		.protocol = link_local ? PROTOCOL_KERNEL_LL : PROTOCOL_KERNEL_RA,
	};
	int err = rtnl_address_remove(links->rtnl, ifindex, addr, prefix_len);

	if (!err)
		err = rtnl_address_set(links->rtnl, &address);
	if (err)
		log_warning("cannot configure address=%s interface=%s error=\"%s\"",
		            addr_text(addr), links_name(links, ifindex), rtnl_error(links->rtnl));
	else
		log_info("address=%s interface=%s again without DAD: the home agent defends it",
		         addr_text(addr), links_name(links, ifindex));
}

uint64_t links_malformed(const struct links *links)
{
	return nd_malformed(links->nd);
}

uint64_t links_send_errors(const struct links *links)
{
	return links->send_errors;
}

int links_open(struct links **ret, struct ev_loop *loop, struct rtnl *rtnl,
               const struct mnd_config *config, const struct links_handler *handler)
{
	static const uint8_t types[] = {MIP6_ICMP6_RA, MIP6_ICMP6_NA, MIP6_ICMP6_HAAD_REPLY};
	struct links *links = calloc(1, sizeof(*links));
	struct nd_handler nd_handler = {.ctx = links, .packet = on_nd};
	int err;

	if (!links)
		return -ENOMEM;
	links->loop = loop;
	links->rtnl = rtnl;
	links->config = config;
	links->handler = *handler;
	err = nd_open(&links->nd, loop, types, sizeof(types), &nd_handler);
	if (err) {
		log_err("cannot open an ICMPv6 socket error=\"%s\"; CAP_NET_RAW is needed",
		        strerror(-err));
		free(links);
		return err;
	}
	*ret = links;
	return 0;
}

int links_start(struct links *links)
{
	struct rtnl_monitor monitor = {
		.ctx = links,
		.link = on_link,
		.address = on_address,
		.neighbour = on_neighbour,
		.resync_begin = on_resync_begin,
		.resync_end = on_resync_end,
	};
	int err = rtnl_monitor_start(links->rtnl, links->loop, &monitor);

	if (err)
		log_err("cannot watch interfaces error=\"%s\" detail=\"%s\"", strerror(-err),
		        rtnl_error(links->rtnl));
	for (size_t i = 0; !err && i < links->config->interfaces.count; i++) {
		struct rtnl_link link;

		if (rtnl_link_by_name(links->rtnl, links->config->interfaces.v[i], &link))
			log_warning("interface=%s does not exist yet; waiting for it",
			            links->config->interfaces.v[i]);
	}
	return err;
}

void links_reconfigure(struct links *links)
{
	int err = rtnl_monitor_resync(links->rtnl);

	if (err)
		log_warning("cannot look at the interfaces again error=\"%s\"", strerror(-err));
}

void links_close(struct links *links, bool restore)
{
	if (!links)
		return;
	restore_settings(links, restore);
	while (links->list) {
		struct link *link = links->list;

		links->list = link->next;
		free(link);
	}
	nd_close(links->nd);
	free(links);
}
