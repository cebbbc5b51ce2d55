// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands and events of a D-GW on its control socket (docs/control.md). */
#include "dgwd.h"

static struct json_object *prefix_json(const struct dgwd *d, const struct mip6_prefix *prefix,
                                       uint8_t unique_len)
{
	struct json_object *object = json_object_new_object();
	const struct pool *pool = router_pool(d->dgw.router);

	control_add_prefix(object, "prefix", prefix);
	control_add_int(object, "unique_len", unique_len);
	if (unique_len != 0 && pool != NULL) {
		control_add_int(object, "delegated", (int64_t)pool_count(pool));
		control_add_int(object, "size", (int64_t)pool_size(pool));
	}
	return object;
}

void dgw_status(struct dgwd *d, struct json_object *ok)
{
	struct json_object *array = json_object_new_array();
	struct mip6_addr addresses[LINKS_ADDRESS_MAX];
	size_t count = links_addresses(d->links, addresses);

	if (links_access(d->links) == NULL)
		control_status_warning(ok, "waiting for the access interface to be there and up");
	if (links_home_agent(d->links) == NULL)
		control_status_warning(
			ok, "waiting for a home agent address: give \"address\", or a global "
			    "address to lo or to a core interface");
	aaa_status(d, ok);
	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, json_object_new_string(addr_text(&addresses[i])));
	json_object_object_add(ok, "addresses", array);
	array = json_object_new_array();
	if (d->config.unique_prefixes.len != 0)
		json_object_array_add(array, prefix_json(d, &d->config.unique_prefixes, 64));
	if (d->config.shared_prefix.len != 0)
		json_object_array_add(array, prefix_json(d, &d->config.shared_prefix, 0));
	json_object_object_add(ok, "prefixes", array);
	array = json_object_new_array();
	json_object_array_add(array, json_object_new_string(d->config.interface));
	json_object_object_add(ok, "interfaces", array);
	control_add_int(ok, "bindings", (int64_t)ha_binding_count(d->dgw.core));
	control_add_int(ok, "ownerships", (int64_t)ha_ownership_count(d->dgw.core));
	control_add_int(ok, "bindings_max", d->config.bindings_max);
}

static void add_flags(struct json_object *object, uint16_t flags)
{
	static const struct {
		uint16_t bit;
		char letter;
	} letters[] = {{MIP6_BU_A, 'A'}, {MIP6_BU_H, 'H'}, {MIP6_BU_L, 'L'}, {MIP6_BU_K, 'K'}};
	char text[8];
	size_t len = 0;

	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (flags & letters[i].bit)
			text[len++] = letters[i].letter;
	text[len] = '\0';
	control_add_string(object, "flags", text);
}

static struct json_object *binding_json(struct dgwd *d, const struct ha_binding_info *info)
{
	struct json_object *object = json_object_new_object();
	bool bound = !mip6_addr_is_unspecified(&info->coa);
	struct dataplane_stats stats;

	control_add_addr(object, "hoa", &info->hoa);
	control_add_prefix(object, "prefix", &info->prefix);
	control_add_addr_if(object, "coa", &info->coa);
	control_add_addr_if(object, "home_agent", &info->home_agent);
	control_add_string_if(object, "nai", info->nai != NULL ? info->nai : "");
	control_add_int(object, "seq", info->seq);
	add_flags(object, info->flags);
	if (bound) {
		control_add_int(object, "lifetime_s", info->lifetime_s);
		control_add_after(object, "expires_ms", info->expires, d->now);
	}
	control_add_after(object, "owned_ms", info->owned_until, d->now);
	if (info->pending_dad)
		control_add_bool(object, "pending_dad", true);
	esp_add(d, object, info);
	if (bound && d->dp_ops->stats(d->dp, &info->prefix, &stats) == 0)
		control_add_tunnel(object, &stats);
	return object;
}

static struct json_object *next_binding(struct dgwd *d, size_t *cursor)
{
	struct ha_binding_info info;

	return ha_binding_next(d->dgw.core, cursor, &info) ? binding_json(d, &info) : NULL;
}

static struct json_object *find_binding(struct dgwd *d, const struct mip6_addr *hoa)
{
	struct ha_binding_info info;

	return ha_binding_find(d->dgw.core, hoa, &info) ? binding_json(d, &info) : NULL;
}

static struct json_object *run_bindings(void *ctx, struct json_object *request,
                                        const char **ret_code, const char **ret_text)
{
	static const struct commands_list list = {"bindings", next_binding, find_binding};

	return commands_list(ctx, &list, request, ret_code, ret_text);
}

static struct json_object *lease_json(const struct dgwd *d, const struct pool_lease *lease)
{
	struct json_object *object = json_object_new_object();

	control_add_prefix(object, "prefix", &lease->prefix);
	control_add_addr_if(object, "neighbour", &lease->link_local);
	control_add_bool(object, "confirmed", lease->confirmed);
	control_add_bool(object, "present", lease->present);
	control_add_bool(object, "tunnelled", lease->tunnelled);
	control_add_after(object, "expires_ms", lease->expires, d->now);
	return object;
}

static struct json_object *next_lease(struct dgwd *d, size_t *cursor)
{
	struct pool *pool = router_pool(d->dgw.router);
	const struct pool_lease *lease = pool != NULL ? pool_next(pool, cursor) : NULL;

	return lease != NULL ? lease_json(d, lease) : NULL;
}

static struct json_object *run_leases(void *ctx, struct json_object *request, const char **ret_code,
                                      const char **ret_text)
{
	static const struct commands_list list = {"leases", next_lease, NULL};

	return commands_list(ctx, &list, request, ret_code, ret_text);
}

static struct json_object *run_home_agents(void *ctx, struct json_object *request,
                                           const char **ret_code, const char **ret_text)
{
	struct dgwd *d = ctx;

	(void)request;
	(void)ret_code;
	(void)ret_text;
	return discovery_json(d->dgw.discovery);
}

void dgw_stats(struct dgwd *d, struct json_object *ok)
{
	struct json_object *group = json_object_new_object();
	const struct pool *pool = router_pool(d->dgw.router);

	commands_add_core(ok, d->dgw.core);
	aaa_stats(d, ok);
	for (int i = 0; i < ROUTER_STAT_COUNT; i++)
		control_add_int(group, router_stat_name((enum router_stat)i),
		                (int64_t)router_stat_get(d->dgw.router, (enum router_stat)i));
	if (pool != NULL) {
		control_add_int(group, "leases", (int64_t)pool_count(pool));
		control_add_int(group, "leases-unconfirmed", (int64_t)pool_unconfirmed_count(pool));
	}
	control_add_int(group, "tunnel-errors", (int64_t)d->dataplane_errors);
	control_add_int(group, "proxied", (int64_t)proxy_count(d->dgw.proxy));
	control_add_int(group, "nd-malformed", (int64_t)nd_malformed(d->dgw.nd));
	json_object_object_add(ok, "router", group);
	group = json_object_new_object();
	for (int i = 0; i < DISCOVERY_STAT_COUNT; i++)
		control_add_int(
			group, discovery_stat_name((enum discovery_stat)i),
			(int64_t)discovery_stat_get(d->dgw.discovery, (enum discovery_stat)i));
	control_add_int(group, "malformed", (int64_t)transport_malformed_icmp6(d->transport));
	json_object_object_add(ok, "discovery", group);
}

const struct control_command dgw_commands[] = {
	{"status", true, commands_status},  {"bindings", true, run_bindings},
	{"leases", true, run_leases},       {"home-agents", true, run_home_agents},
	{"stats", true, commands_stats},    {"release", false, commands_release},
	{"reload", false, commands_reload}, {NULL, false, NULL},
};

void dgw_publish(struct dgwd *d, const struct ha_action *action)
{
	struct json_object *object =
		commands_event(d, &action->notice.hoa, &action->notice.coa, action->notice.nai);

	if (object == NULL)
		return;
	if (action->notice.what == HA_NOTICE_REGISTERED || action->notice.what == HA_NOTICE_MOVED ||
	    action->notice.what == HA_NOTICE_REFRESHED)
		control_add_int(object, "lifetime_s", action->notice.lifetime_s);
	if (action->notice.what == HA_NOTICE_REFUSED)
		control_add_int(object, "status", action->notice.status);
	control_publish(d->control, ha_notice_name(action->notice.what), object);
}
