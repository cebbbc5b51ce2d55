// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands and events of the D-GW daemon on its control socket (docs/control.md).
 */
#include <errno.h>

#include "dgwd.h"

#define PAGE_STANDARD 256
#define PAGE_MAX 1000

static void add_warning(void *ctx, const char *text)
{
	control_status_warning(ctx, text);
}

static struct json_object *prefix_json(const struct dgwd *d, const struct mip6_prefix *prefix,
                                       uint8_t unique_len)
{
	struct json_object *object = json_object_new_object();
	const struct pool *pool = router_pool(d->router);

	control_add_prefix(object, "prefix", prefix);
	control_add_int(object, "unique_len", unique_len);
	if (unique_len != 0 && pool != NULL) {
		control_add_int(object, "delegated", (int64_t)pool_count(pool));
		control_add_int(object, "size", (int64_t)pool_size(pool));
	}
	return object;
}

static struct json_object *run_status(void *ctx, struct json_object *request, const char **ret_code,
                                      const char **ret_text)
{
	struct dgwd *d = ctx;
	const struct control_status status = {
		.daemon = "mip6-dgwd",
		.started = d->started,
		.now = d->now,
		.config = d->options.config_file,
		.dataplane = d->dp_ops->name,
		.dataplane_why = d->dp_why,
		.transport = transport_describe(d->transport),
	};
	struct json_object *ok = control_status_new(&status), *array;
	struct mip6_addr addresses[LINKS_ADDRESS_MAX];
	size_t count = links_addresses(d->links, addresses);

	(void)request;
	(void)ret_code;
	(void)ret_text;
	dgwd_warnings(d, add_warning, ok);
	control_add_string(ok, "role", "dgw");
	control_add_bool(ok, "open", d->config.open_lab_mode);
	control_add_string_if(ok, "operator", d->config.operator_name);
	array = json_object_new_array();
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
	control_add_int(ok, "bindings", (int64_t)ha_binding_count(d->core));
	control_add_int(ok, "ownerships", (int64_t)ha_ownership_count(d->core));
	control_add_int(ok, "bindings_max", d->config.bindings_max);
	control_add_int(ok, "identities", d->keys != NULL ? (int64_t)keys_count(d->keys) : 0);
	return ok;
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
	if (bound && d->dp_ops->stats(d->dp, &info->prefix, &stats) == 0)
		control_add_tunnel(object, &stats);
	return object;
}

/* True when the request names a home address that we know; false with code and text else. */
static bool find_binding(struct dgwd *d, struct json_object *request, struct ha_binding_info *ret,
                         const char **ret_code, const char **ret_text)
{
	struct mip6_addr hoa;

	if (control_get_addr(request, "hoa", &hoa) != 0) {
		*ret_code = "bad-request";
		*ret_text = "\"hoa\" must be an IPv6 address";
		return false;
	}
	if (!ha_binding_find(d->core, &hoa, ret)) {
		*ret_code = "not-found";
		*ret_text = "no binding has this home address";
		return false;
	}
	return true;
}

/* Which page of a long list is asked for. */
static bool get_page(struct json_object *request, uint32_t *ret_limit, uint32_t *ret_after,
                     const char **ret_code, const char **ret_text)
{
	if (control_get_uint(request, "limit", PAGE_STANDARD, PAGE_MAX, ret_limit) == 0 &&
	    *ret_limit > 0 && control_get_uint(request, "after", 0, UINT32_MAX, ret_after) == 0)
		return true;
	*ret_code = "bad-request";
	*ret_text = "\"limit\" must be 1 to 1000, \"after\" what \"next\" was";
	return false;
}

static struct json_object *run_bindings(void *ctx, struct json_object *request,
                                        const char **ret_code, const char **ret_text)
{
	struct dgwd *d = ctx;
	struct json_object *ok, *array;
	struct ha_binding_info info;
	uint32_t limit, after;
	size_t cursor;
	bool more = true;

	if (json_object_object_get_ex(request, "hoa", NULL)) {
		if (!find_binding(d, request, &info, ret_code, ret_text))
			return NULL;
		array = json_object_new_array();
		json_object_array_add(array, binding_json(d, &info));
		ok = json_object_new_object();
		json_object_object_add(ok, "bindings", array);
		return ok;
	}
	if (!get_page(request, &limit, &after, ret_code, ret_text))
		return NULL;
	cursor = after;
	array = json_object_new_array();
	for (uint32_t n = 0; n < limit && more; n++) {
		more = ha_binding_next(d->core, &cursor, &info);
		if (more)
			json_object_array_add(array, binding_json(d, &info));
	}
	ok = json_object_new_object();
	json_object_object_add(ok, "bindings", array);
	if (more)
		control_add_int(ok, "next", (int64_t)cursor);
	return ok;
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

static struct json_object *run_leases(void *ctx, struct json_object *request, const char **ret_code,
                                      const char **ret_text)
{
	struct dgwd *d = ctx;
	struct pool *pool = router_pool(d->router);
	struct json_object *ok, *array;
	uint32_t limit, after;
	size_t cursor;
	bool more = pool != NULL;

	if (!get_page(request, &limit, &after, ret_code, ret_text))
		return NULL;
	cursor = after;
	array = json_object_new_array();
	for (uint32_t n = 0; n < limit && more; n++) {
		const struct pool_lease *lease = pool_next(pool, &cursor);

		more = lease != NULL;
		if (more)
			json_object_array_add(array, lease_json(d, lease));
	}
	ok = json_object_new_object();
	json_object_object_add(ok, "leases", array);
	if (more)
		control_add_int(ok, "next", (int64_t)cursor);
	return ok;
}

static struct json_object *run_stats(void *ctx, struct json_object *request, const char **ret_code,
                                     const char **ret_text)
{
	struct dgwd *d = ctx;
	struct json_object *ok = json_object_new_object(), *group = json_object_new_object();
	struct dataplane_counters counters;
	const struct pool *pool = router_pool(d->router);

	(void)request;
	(void)ret_code;
	(void)ret_text;
	for (int i = 0; i < HA_STAT_COUNT; i++)
		control_add_int(group, ha_stat_name((enum ha_stat)i),
		                (int64_t)ha_stat_get(d->core, (enum ha_stat)i));
	json_object_object_add(ok, "core", group);
	group = json_object_new_object();
	for (int i = 0; i < ROUTER_STAT_COUNT; i++)
		control_add_int(group, router_stat_name((enum router_stat)i),
		                (int64_t)router_stat_get(d->router, (enum router_stat)i));
	if (pool != NULL) {
		control_add_int(group, "leases", (int64_t)pool_count(pool));
		control_add_int(group, "leases-unconfirmed", (int64_t)pool_unconfirmed_count(pool));
	}
	control_add_int(group, "tunnel-errors", (int64_t)d->dataplane_errors);
	control_add_int(group, "proxied", (int64_t)proxy_count(d->proxy));
	control_add_int(group, "nd-malformed", (int64_t)nd_malformed(d->nd));
	json_object_object_add(ok, "router", group);
	control_add_group_dropped(ok, d->bad_packets);
	if (d->dp_ops->counters(d->dp, &counters) == 0)
		control_add_group_dataplane(ok, &counters);
	control_add_group_transport(ok, transport_send_errors(d->transport));
	control_add_group_control(ok, d->control);
	return ok;
}

static struct json_object *run_release(void *ctx, struct json_object *request,
                                       const char **ret_code, const char **ret_text)
{
	struct dgwd *d = ctx;
	struct ha_event event = {.type = HA_EVENT_REVOKE};
	struct ha_binding_info info;

	if (!find_binding(d, request, &info, ret_code, ret_text))
		return NULL;
	event.revoke.hoa = info.hoa;
	dgwd_step(d, &event);
	return json_object_new_object();
}

static struct json_object *run_reload(void *ctx, struct json_object *request, const char **ret_code,
                                      const char **ret_text)
{
	static struct control_mistakes mistakes;
	static char text[128];
	struct dgwd *d = ctx;
	const char *key = NULL;
	int error;

	(void)request;
	mistakes = (struct control_mistakes){0};
	error = dgwd_reload(d, &mistakes, &key);
	if (error == 0)
		return json_object_new_object();
	if (error == -ENOTSUP) {
		snprintf(text, sizeof(text), "\"%s\" changes only with a restart", key);
		*ret_code = "failed";
		*ret_text = text;
	} else {
		*ret_code = "bad-config";
		*ret_text = mistakes.text;
	}
	return NULL;
}

const struct control_command dgwd_commands[] = {
	{"status", true, run_status},
	{"bindings", true, run_bindings},
	{"leases", true, run_leases},
	{"stats", true, run_stats},
	{"release", false, run_release},
	{"reload", false, run_reload},
	{NULL, false, NULL},
};

void commands_publish(struct dgwd *d, const struct ha_action *action)
{
	struct json_object *object;

	/* Bindings are restored before there is a socket. */
	if (d->control == NULL || !control_has_subscribers(d->control))
		return;
	object = json_object_new_object();
	control_add_addr_if(object, "hoa", &action->notice.hoa);
	control_add_addr_if(object, "coa", &action->notice.coa);
	control_add_string_if(object, "nai", action->notice.nai != NULL ? action->notice.nai : "");
	if (action->notice.what == HA_NOTICE_REGISTERED || action->notice.what == HA_NOTICE_MOVED ||
	    action->notice.what == HA_NOTICE_REFRESHED)
		control_add_int(object, "lifetime_s", action->notice.lifetime_s);
	if (action->notice.what == HA_NOTICE_REFUSED)
		control_add_int(object, "status", action->notice.status);
	control_publish(d->control, ha_notice_name(action->notice.what), object);
}
