// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands and events of the WTRU daemon on its control socket (docs/control.md).
 */
#include "io/clock.h"
#include "mnd.h"

static int64_t ms_until(mip6_time then, mip6_time now)
{
	return then > now ? (then - now) / MIP6_MS : 0;
}

static struct json_object *run_status(void *ctx, struct json_object *request, const char **ret_code,
                                      const char **ret_text)
{
	struct mnd *mnd = ctx;
	struct control_status status = {
		.daemon = "mip6-mnd",
		.started = mnd->started,
		.now = clock_monotonic(),
		.config = mnd->options.config_file,
		.dataplane = mnd->dp_ops->name,
		.dataplane_why = mnd->dp_why,
		.transport = transport_describe(mnd->transport),
	};
	struct json_object *ok = control_status_new(&status);
	struct wtru_instance_info instance;
	struct wtru_link_info link;
	size_t instances = 0, links = 0;

	(void)request;
	(void)ret_code;
	(void)ret_text;
	if (!mnd->keys)
		control_status_warning(ok, "no keys: binding updates are not authenticated; set "
		                           "\"identity\" and \"key-file\"");
	if (mnd->state.error)
		control_status_warning(ok, "the state file cannot be written: a restart of the "
		                           "daemon would lose the old addresses");
	if (path_failing(mnd->path))
		control_status_warning(ok, "the kernel refused a change; trying again");
	control_add_string_if(ok, "identity", mnd->config.identity);
	while (wtru_instance_get(mnd->core, instances, &instance))
		instances++;
	for (; wtru_link_get(mnd->core, links, &link); links++) {
		struct json_object *primary;

		if (!link.primary)
			continue;
		primary = json_object_new_object();
		control_add_interface(primary, link.ifindex);
		control_add_addr_if(primary, "router", &link.router);
		control_add_addr_if(primary, "coa", &link.coa);
		control_add_addr_if(primary, "anchor", &link.anchor);
		control_add_string_if(primary, "operator", link.operator_name);
		json_object_object_add(ok, "primary", primary);
	}
	control_add_int(ok, "instances", (int64_t)instances);
	control_add_int(ok, "instances_max", mnd->config.instances_max);
	control_add_int(ok, "links", (int64_t)links);
	return ok;
}

static struct json_object *instance_json(struct mnd *mnd, const struct wtru_instance_info *info,
                                         mip6_time now)
{
	struct json_object *object = json_object_new_object();
	struct mip6_prefix home = mip6_prefix_make(&info->hoa, 128);
	struct dataplane_stats stats;

	control_add_addr(object, "hoa", &info->hoa);
	control_add_int(object, "prefix_len", info->prefix_len);
	control_add_addr_if(object, "anchor", &info->anchor);
	if (!mip6_addr_equal(&info->peer, &info->anchor))
		control_add_addr(object, "via", &info->peer);
	control_add_string_if(object, "operator", info->operator_name);
	control_add_string(object, "state", wtru_instance_state_name(info->state));
	control_add_string(object, "claim", wtru_claim_state_name(info->claim));
	control_add_bool(object, "primary", info->primary);
	control_add_bool(object, "keep", info->keep);
	control_add_bool(object, "static", info->fixed);
	if (info->fixed) {
		control_add_bool(object, "discovering", info->discovering);
		control_add_after(object, "valid_ms", info->valid_until, now);
	}
	control_add_addr_if(object, "coa", &info->coa);
	control_add_interface(object, info->ifindex);
	control_add_int(object, "sockets", info->sockets);
	if (info->last_use)
		control_add_int(object, "idle_ms", ms_until(now, info->last_use));
	if (info->expires != MIP6_TIME_NEVER) {
		control_add_int(object, "lifetime_s", info->lifetime_s);
		control_add_int(object, "expires_ms", ms_until(info->expires, now));
	}
	if (info->next_bu != MIP6_TIME_NEVER)
		control_add_int(object, "next_bu_ms", ms_until(info->next_bu, now));
	control_add_int(object, "seq", info->seq);
	if (info->rtt_us || info->status) {
		control_add_int(object, "status", info->status);
		control_add_int(object, "rtt_us", info->rtt_us);
	}
	esp_add(mnd, object, info);
	if (mnd->dp_ops->stats(mnd->dp, &home, &stats) == 0)
		control_add_tunnel(object, &stats);
	return object;
}

static struct json_object *run_instances(void *ctx, struct json_object *request,
                                         const char **ret_code, const char **ret_text)
{
	struct mnd *mnd = ctx;
	struct json_object *ok = json_object_new_object();
	struct json_object *array = json_object_new_array();
	struct wtru_instance_info info;
	mip6_time now = clock_monotonic();

	(void)request;
	(void)ret_code;
	(void)ret_text;
	for (size_t i = 0; wtru_instance_get(mnd->core, i, &info); i++)
		json_object_array_add(array, instance_json(mnd, &info, now));
	json_object_object_add(ok, "instances", array);
	return ok;
}

static struct json_object *run_links(void *ctx, struct json_object *request, const char **ret_code,
                                     const char **ret_text)
{
	struct mnd *mnd = ctx;
	struct json_object *ok = json_object_new_object();
	struct json_object *array = json_object_new_array();
	struct wtru_link_info info;

	(void)request;
	(void)ret_code;
	(void)ret_text;
	for (size_t i = 0; wtru_link_get(mnd->core, i, &info); i++) {
		struct json_object *object = json_object_new_object();

		control_add_interface(object, info.ifindex);
		control_add_bool(object, "up", info.up);
		control_add_int(object, "rank", info.rank);
		control_add_bool(object, "attached", info.attached);
		control_add_bool(object, "primary", info.primary);
		control_add_addr_if(object, "router", &info.router);
		control_add_addr_if(object, "coa", &info.coa);
		control_add_addr_if(object, "anchor", &info.anchor);
		control_add_string_if(object, "operator", info.operator_name);
		json_object_array_add(array, object);
	}
	json_object_object_add(ok, "links", array);
	return ok;
}

static struct json_object *run_stats(void *ctx, struct json_object *request, const char **ret_code,
                                     const char **ret_text)
{
	struct mnd *mnd = ctx;
	struct json_object *ok = json_object_new_object();
	struct json_object *core = json_object_new_object();
	struct json_object *packets;
	struct dataplane_counters counters;

	(void)request;
	(void)ret_code;
	(void)ret_text;
	for (int i = 0; i < WTRU_STAT_COUNT; i++)
		control_add_int(core, wtru_stat_name((enum wtru_stat)i),
		                (int64_t)wtru_stat_get(mnd->core, (enum wtru_stat)i));
	json_object_object_add(ok, "core", core);
	control_add_group_dropped(ok, mnd->malformed);
	if (mnd->dp_ops->counters(mnd->dp, &counters) == 0)
		control_add_group_dataplane(ok, &counters);
	control_add_group_transport(ok, transport_send_errors(mnd->transport));
	packets = json_object_new_object();
	control_add_int(packets, "malformed", (int64_t)links_malformed(mnd->links));
	control_add_int(packets, "send-errors", (int64_t)links_send_errors(mnd->links));
	json_object_object_add(ok, "neighbour-discovery", packets);
	control_add_group_control(ok, mnd->control);
	return ok;
}

/* The instance that a request names; NULL, with code and text, when there is none. */
static bool find_instance(struct mnd *mnd, struct json_object *request,
                          struct wtru_instance_info *ret, const char **ret_code,
                          const char **ret_text)
{
	struct mip6_addr hoa;

	if (control_get_addr(request, "hoa", &hoa)) {
		*ret_code = "bad-request";
		*ret_text = "\"hoa\" must be an IPv6 address";
		return false;
	}
	for (size_t i = 0; wtru_instance_get(mnd->core, i, ret); i++)
		if (mip6_addr_equal(&ret->hoa, &hoa))
			return true;
	*ret_code = "not-found";
	*ret_text = "no instance has this home address";
	return false;
}

static struct json_object *run_release(void *ctx, struct json_object *request,
                                       const char **ret_code, const char **ret_text)
{
	struct mnd *mnd = ctx;
	struct wtru_event event = {.type = WTRU_EVENT_RELEASE};
	struct wtru_instance_info info;

	if (!find_instance(mnd, request, &info, ret_code, ret_text))
		return NULL;
	if (info.fixed) {
		*ret_code = "failed";
		*ret_text = "this address is one of \"homes\" in the configuration";
		return NULL;
	}
	if (info.state == WTRU_HOME || info.state == WTRU_RETURNING) {
		*ret_code = "failed";
		*ret_text = "this address is at home on its link: there is nothing to tear down";
		return NULL;
	}
	event.release.hoa = info.hoa;
	mnd_step(mnd, &event);
	return json_object_new_object();
}

static struct json_object *run_keep(void *ctx, struct json_object *request, const char **ret_code,
                                    const char **ret_text)
{
	struct mnd *mnd = ctx;
	struct wtru_event event = {.type = WTRU_EVENT_KEEP, .keep = {.keep = true}};
	struct wtru_instance_info info;
	struct json_object *keep;

	if (!find_instance(mnd, request, &info, ret_code, ret_text))
		return NULL;
	event.keep.hoa = info.hoa;
	if (json_object_object_get_ex(request, "keep", &keep)) {
		if (!json_object_is_type(keep, json_type_boolean)) {
			*ret_code = "bad-request";
			*ret_text = "\"keep\" must be true or false";
			return NULL;
		}
		event.keep.keep = json_object_get_boolean(keep);
	}
	mnd_step(mnd, &event);
	return json_object_new_object();
}

static struct json_object *run_reload(void *ctx, struct json_object *request, const char **ret_code,
                                      const char **ret_text)
{
	static struct control_mistakes mistakes;
	struct mnd *mnd = ctx;

	(void)request;
	mistakes = (struct control_mistakes){0};
	if (mnd_reload(mnd, &mistakes)) {
		*ret_code = "bad-config";
		*ret_text = mistakes.text;
		return NULL;
	}
	return json_object_new_object();
}

const struct control_command mnd_commands[] = {
	{"status", true, run_status},    {"instances", true, run_instances},
	{"links", true, run_links},      {"stats", true, run_stats},
	{"release", false, run_release}, {"keep", false, run_keep},
	{"reload", false, run_reload},   {NULL, false, NULL},
};

void commands_publish(struct mnd *mnd, const struct wtru_action *action)
{
	struct json_object *object;

	if (!control_has_subscribers(mnd->control))
		return;
	object = json_object_new_object();
	control_add_interface(object, action->notice.ifindex);
	control_add_addr_if(object, "hoa", &action->notice.hoa);
	control_add_addr_if(object, "coa", &action->notice.coa);
	control_add_addr_if(object, "anchor", &action->notice.anchor);
	if (action->notice.what == WTRU_NOTICE_BOUND || action->notice.what == WTRU_NOTICE_PREFIX)
		control_add_int(object, "lifetime_s", action->notice.lifetime_s);
	if (action->notice.what == WTRU_NOTICE_REFUSED ||
	    action->notice.what == WTRU_NOTICE_CLAIMED)
		control_add_int(object, "status", action->notice.status);
	control_publish(mnd->control, wtru_notice_name(action->notice.what), object);
}
