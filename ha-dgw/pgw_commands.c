// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands and events of a PGW on its control socket (docs/control.md). */
#include <errno.h>
#include <stdio.h>

#include "pgw.h"

#define PAGE_STANDARD 256
#define PAGE_MAX 1000

static void add_warning(void *ctx, const char *text)
{
	control_status_warning(ctx, text);
}

static struct json_object *run_status(void *ctx, struct json_object *request, const char **ret_code,
                                      const char **ret_text)
{
	struct pgw *p = ctx;
	const struct control_status status = {
		.daemon = "mip6-dgwd",
		.started = p->started,
		.now = p->now,
		.config = p->options.config_file,
		.dataplane = p->dp_ops->name,
		.dataplane_why = p->dp_why,
		.transport = transport_describe(p->transport),
	};
	struct json_object *ok = control_status_new(&status), *array;

	(void)request;
	(void)ret_code;
	(void)ret_text;
	pgw_warnings(p, add_warning, ok);
	control_add_string(ok, "role", "pgw");
	control_add_bool(ok, "open", p->config.open_lab_mode);
	control_add_string_if(ok, "operator", p->config.operator_name);
	array = json_object_new_array();
	json_object_array_add(array, json_object_new_string(addr_text(&p->config.address)));
	json_object_object_add(ok, "addresses", array);
	control_add_int(ok, "chains", (int64_t)chain_count(p->core));
	control_add_int(ok, "chains_max", p->config.bindings_max);
	control_add_int(ok, "roaming", (int64_t)p->config.roaming.count);
	control_add_int(ok, "identities", p->keys != NULL ? (int64_t)keys_count(p->keys) : 0);
	return ok;
}

static struct json_object *chain_json(struct pgw *p, const struct chain_info *info)
{
	struct json_object *object = json_object_new_object();
	struct mip6_prefix home = mip6_prefix_make(&info->hoa, 128);
	struct dataplane_stats stats;

	control_add_addr(object, "hoa", &info->hoa);
	control_add_string(object, "state", chain_state_name(info->state));
	control_add_addr_if(object, "coa", &info->coa);
	control_add_addr(object, "anchor", &info->anchor);
	control_add_string_if(object, "operator", info->operator_name);
	control_add_string_if(object, "nai", info->nai);
	control_add_int(object, "wtru_seq", info->wtru_seq);
	control_add_int(object, "wtru_lifetime_s", info->wtru_lifetime_s);
	control_add_after(object, "wtru_expires_ms", info->wtru_expires, p->now);
	control_add_int(object, "anchor_seq", info->anchor_seq);
	control_add_int(object, "anchor_lifetime_s", info->anchor_lifetime_s);
	control_add_after(object, "anchor_expires_ms", info->anchor_expires, p->now);
	if (info->rtt_us != 0)
		control_add_int(object, "rtt_us", info->rtt_us);
	if (!mip6_addr_is_unspecified(&info->coa) && p->dp_ops->stats(p->dp, &home, &stats) == 0)
		control_add_tunnel(object, &stats);
	return object;
}

static bool find_chain(struct pgw *p, struct json_object *request, struct chain_info *ret,
                       const char **ret_code, const char **ret_text)
{
	struct mip6_addr hoa;

	if (control_get_addr(request, "hoa", &hoa) != 0) {
		*ret_code = "bad-request";
		*ret_text = "\"hoa\" must be an IPv6 address";
		return false;
	}
	if (!chain_find(p->core, &hoa, ret)) {
		*ret_code = "not-found";
		*ret_text = "no chain has this home address";
		return false;
	}
	return true;
}

static struct json_object *run_chains(void *ctx, struct json_object *request, const char **ret_code,
                                      const char **ret_text)
{
	struct pgw *p = ctx;
	struct json_object *ok, *array;
	struct chain_info info;
	uint32_t limit, after;
	size_t cursor;
	bool more = true;

	if (json_object_object_get_ex(request, "hoa", NULL)) {
		if (!find_chain(p, request, &info, ret_code, ret_text))
			return NULL;
		array = json_object_new_array();
		json_object_array_add(array, chain_json(p, &info));
		ok = json_object_new_object();
		json_object_object_add(ok, "chains", array);
		return ok;
	}
	if (control_get_uint(request, "limit", PAGE_STANDARD, PAGE_MAX, &limit) != 0 ||
	    limit == 0 || control_get_uint(request, "after", 0, UINT32_MAX, &after) != 0) {
		*ret_code = "bad-request";
		*ret_text = "\"limit\" must be 1 to 1000, \"after\" what \"next\" was";
		return NULL;
	}
	cursor = after;
	array = json_object_new_array();
	for (uint32_t n = 0; n < limit && more; n++) {
		more = chain_next(p->core, &cursor, &info);
		if (more)
			json_object_array_add(array, chain_json(p, &info));
	}
	ok = json_object_new_object();
	json_object_object_add(ok, "chains", array);
	if (more)
		control_add_int(ok, "next", (int64_t)cursor);
	return ok;
}

static struct json_object *run_stats(void *ctx, struct json_object *request, const char **ret_code,
                                     const char **ret_text)
{
	struct pgw *p = ctx;
	struct json_object *ok = json_object_new_object(), *group = json_object_new_object();
	struct dataplane_counters counters;

	(void)request;
	(void)ret_code;
	(void)ret_text;
	for (int i = 0; i < HA_STAT_COUNT; i++)
		control_add_int(group, ha_stat_name((enum ha_stat)i),
		                (int64_t)ha_stat_get(chain_wtru_side(p->core), (enum ha_stat)i));
	json_object_object_add(ok, "core", group);
	group = json_object_new_object();
	for (int i = 0; i < CHAIN_STAT_COUNT; i++)
		control_add_int(group, chain_stat_name((enum chain_stat)i),
		                (int64_t)chain_stat_get(p->core, (enum chain_stat)i));
	control_add_int(group, "tunnel-errors", (int64_t)p->dataplane_errors);
	json_object_object_add(ok, "chain", group);
	control_add_group_dropped(ok, p->bad_packets);
	if (p->dp_ops->counters(p->dp, &counters) == 0)
		control_add_group_dataplane(ok, &counters);
	control_add_group_transport(ok, transport_send_errors(p->transport));
	control_add_group_control(ok, p->control);
	return ok;
}

static struct json_object *run_release(void *ctx, struct json_object *request,
                                       const char **ret_code, const char **ret_text)
{
	struct pgw *p = ctx;
	struct chain_event event = {.type = CHAIN_EVENT_REVOKE};
	struct chain_info info;

	if (!find_chain(p, request, &info, ret_code, ret_text))
		return NULL;
	event.revoke.hoa = info.hoa;
	pgw_step(p, &event);
	return json_object_new_object();
}

static struct json_object *run_reload(void *ctx, struct json_object *request, const char **ret_code,
                                      const char **ret_text)
{
	static struct control_mistakes mistakes;
	static char text[128];
	struct pgw *p = ctx;
	const char *key = NULL;
	int error;

	(void)request;
	mistakes = (struct control_mistakes){0};
	error = pgw_reload(p, &mistakes, &key);
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

const struct control_command pgw_commands[] = {
	{"status", true, run_status},    {"chains", true, run_chains},  {"stats", true, run_stats},
	{"release", false, run_release}, {"reload", false, run_reload}, {NULL, false, NULL},
};

void pgw_publish(struct pgw *p, const struct chain_action *action)
{
	struct json_object *object;

	/* Chains are restored before there is a socket. */
	if (p->control == NULL || !control_has_subscribers(p->control))
		return;
	object = json_object_new_object();
	control_add_addr_if(object, "hoa", &action->notice.hoa);
	control_add_addr_if(object, "coa", &action->notice.coa);
	control_add_addr_if(object, "anchor", &action->notice.anchor);
	control_add_string_if(object, "nai", action->notice.nai != NULL ? action->notice.nai : "");
	if (action->notice.lifetime_s != 0)
		control_add_int(object, "lifetime_s", action->notice.lifetime_s);
	if (action->notice.status != 0)
		control_add_int(object, "status", action->notice.status);
	control_publish(p->control, chain_notice_name(action->notice.what), object);
}
