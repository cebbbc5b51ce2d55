// SPDX-License-Identifier: GPL-2.0-or-later
/* Commands and events of a PGW on its control socket (docs/control.md). */
#include "dgwd.h"

void pgw_status(struct dgwd *d, struct json_object *ok)
{
	struct json_object *array = json_object_new_array();

	json_object_array_add(array, json_object_new_string(addr_text(&d->config.address)));
	json_object_object_add(ok, "addresses", array);
	control_add_int(ok, "chains", (int64_t)chain_count(d->pgw.core));
	control_add_int(ok, "chains_max", d->config.bindings_max);
	control_add_int(ok, "roaming", (int64_t)d->config.roaming.count);
}

static struct json_object *chain_json(struct dgwd *d, const struct chain_info *info)
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
	control_add_after(object, "wtru_expires_ms", info->wtru_expires, d->now);
	control_add_int(object, "anchor_seq", info->anchor_seq);
	control_add_int(object, "anchor_lifetime_s", info->anchor_lifetime_s);
	control_add_after(object, "anchor_expires_ms", info->anchor_expires, d->now);
	if (info->rtt_us != 0)
		control_add_int(object, "rtt_us", info->rtt_us);
	if (!mip6_addr_is_unspecified(&info->coa) && d->dp_ops->stats(d->dp, &home, &stats) == 0)
		control_add_tunnel(object, &stats);
	return object;
}

static struct json_object *next_chain(struct dgwd *d, size_t *cursor)
{
	struct chain_info info;

	return chain_next(d->pgw.core, cursor, &info) ? chain_json(d, &info) : NULL;
}

static struct json_object *find_chain(struct dgwd *d, const struct mip6_addr *hoa)
{
	struct chain_info info;

	return chain_find(d->pgw.core, hoa, &info) ? chain_json(d, &info) : NULL;
}

static struct json_object *run_chains(void *ctx, struct json_object *request, const char **ret_code,
                                      const char **ret_text)
{
	static const struct commands_list list = {"chains", next_chain, find_chain};

	return commands_list(ctx, &list, request, ret_code, ret_text);
}

void pgw_stats(struct dgwd *d, struct json_object *ok)
{
	struct json_object *group = json_object_new_object();

	commands_add_core(ok, chain_wtru_side(d->pgw.core));
	for (int i = 0; i < CHAIN_STAT_COUNT; i++)
		control_add_int(group, chain_stat_name((enum chain_stat)i),
		                (int64_t)chain_stat_get(d->pgw.core, (enum chain_stat)i));
	control_add_int(group, "tunnel-errors", (int64_t)d->dataplane_errors);
	json_object_object_add(ok, "chain", group);
}

const struct control_command pgw_commands[] = {
	{"status", true, commands_status},  {"chains", true, run_chains},
	{"stats", true, commands_stats},    {"release", false, commands_release},
	{"reload", false, commands_reload}, {NULL, false, NULL},
};

void pgw_publish(struct dgwd *d, const struct chain_action *action)
{
	struct json_object *object =
		commands_event(d, &action->notice.hoa, &action->notice.coa, action->notice.nai);

	if (object == NULL)
		return;
	control_add_addr_if(object, "anchor", &action->notice.anchor);
	if (action->notice.lifetime_s != 0)
		control_add_int(object, "lifetime_s", action->notice.lifetime_s);
	if (action->notice.status != 0)
		control_add_int(object, "status", action->notice.status);
	control_publish(d->control, chain_notice_name(action->notice.what), object);
}
