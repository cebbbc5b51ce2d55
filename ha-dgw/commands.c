// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Commands and events of mip6-dgwd on its control socket, as far as both roles have them alike
 * (docs/control.md).
 */
#include <errno.h>
#include <stdio.h>

#include "dgwd.h"

#define PAGE_STANDARD 256
#define PAGE_MAX 1000

struct json_object *commands_status(void *ctx, struct json_object *request, const char **ret_code,
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
	struct json_object *ok = control_status_new(&status);
	const char *problem = NULL;

	(void)request;
	(void)ret_code;
	(void)ret_text;
	if (d->config.open_lab_mode)
		control_status_warning(ok, DGWD_OPEN_WARNING);
	control_add_string(ok, "role", d->role->name);
	control_add_bool(ok, "open", d->config.open_lab_mode);
	control_add_string_if(ok, "operator", d->config.operator_name);
	d->role->status(d, ok);
	control_add_int(ok, "identities", d->keys != NULL ? (int64_t)keys_count(d->keys) : 0);
	for (size_t i = 0; i < DGWD_STORES && problem == NULL; i++)
		problem = d->stores[i] != NULL ? store_problem(d->stores[i]) : NULL;
	if (problem != NULL)
		control_status_warning(ok, problem);
	if (records_problem(d->records) != NULL)
		control_status_warning(ok, records_problem(d->records));
	return ok;
}

void commands_add_core(struct json_object *stats, const struct ha *core)
{
	struct json_object *group = json_object_new_object();

	for (int i = 0; i < HA_STAT_COUNT; i++)
		control_add_int(group, ha_stat_name((enum ha_stat)i),
		                (int64_t)ha_stat_get(core, (enum ha_stat)i));
	json_object_object_add(stats, "core", group);
}

struct json_object *commands_stats(void *ctx, struct json_object *request, const char **ret_code,
                                   const char **ret_text)
{
	struct dgwd *d = ctx;
	struct json_object *ok = json_object_new_object();
	struct dataplane_counters counters;

	(void)request;
	(void)ret_code;
	(void)ret_text;
	d->role->stats(d, ok);
	control_add_group_dropped(ok, d->bad_packets);
	if (d->dp_ops->counters(d->dp, &counters) == 0)
		control_add_group_dataplane(ok, &counters);
	control_add_group_transport(ok, transport_send_errors(d->transport));
	control_add_group_control(ok, d->control);
	return ok;
}

static bool get_hoa(struct json_object *request, struct mip6_addr *ret, const char **ret_code,
                    const char **ret_text)
{
	if (control_get_addr(request, "hoa", ret) == 0)
		return true;
	*ret_code = "bad-request";
	*ret_text = "\"hoa\" must be an IPv6 address";
	return false;
}

static void not_found(const struct dgwd *d, const char **ret_code, const char **ret_text)
{
	static char text[64];

	snprintf(text, sizeof(text), "no %s has this home address", d->role->item);
	*ret_code = "not-found";
	*ret_text = text;
}

static struct json_object *list_of_one(struct dgwd *d, const struct commands_list *list,
                                       struct json_object *request, const char **ret_code,
                                       const char **ret_text)
{
	struct json_object *ok, *array, *element;
	struct mip6_addr hoa;

	if (!get_hoa(request, &hoa, ret_code, ret_text))
		return NULL;
	element = list->find(d, &hoa);
	if (element == NULL) {
		not_found(d, ret_code, ret_text);
		return NULL;
	}
	array = json_object_new_array();
	json_object_array_add(array, element);
	ok = json_object_new_object();
	json_object_object_add(ok, list->name, array);
	return ok;
}

struct json_object *commands_list(struct dgwd *d, const struct commands_list *list,
                                  struct json_object *request, const char **ret_code,
                                  const char **ret_text)
{
	struct json_object *ok, *array;
	uint32_t limit, after;
	size_t cursor;
	bool more = true;

	if (list->find != NULL && json_object_object_get_ex(request, "hoa", NULL))
		return list_of_one(d, list, request, ret_code, ret_text);
	if (control_get_uint(request, "limit", PAGE_STANDARD, PAGE_MAX, &limit) != 0 ||
	    limit == 0 || control_get_uint(request, "after", 0, UINT32_MAX, &after) != 0) {
		*ret_code = "bad-request";
		*ret_text = "\"limit\" must be 1 to 1000, \"after\" what \"next\" was";
		return NULL;
	}
	cursor = after;
	array = json_object_new_array();
	for (uint32_t n = 0; n < limit && more; n++) {
		struct json_object *element = list->next(d, &cursor);

		more = element != NULL;
		if (more)
			json_object_array_add(array, element);
	}
	ok = json_object_new_object();
	json_object_object_add(ok, list->name, array);
	if (more)
		control_add_int(ok, "next", (int64_t)cursor);
	return ok;
}

struct json_object *commands_release(void *ctx, struct json_object *request, const char **ret_code,
                                     const char **ret_text)
{
	struct dgwd *d = ctx;
	struct mip6_addr hoa;

	if (!get_hoa(request, &hoa, ret_code, ret_text))
		return NULL;
	if (d->role->revoke(d, &hoa))
		return json_object_new_object();
	not_found(d, ret_code, ret_text);
	return NULL;
}

struct json_object *commands_reload(void *ctx, struct json_object *request, const char **ret_code,
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

struct json_object *commands_event(const struct dgwd *d, const struct mip6_addr *hoa,
                                   const struct mip6_addr *coa, const char *nai)
{
	struct json_object *object;

	/* What is restored is restored before there is a socket. */
	if (d->control == NULL || !control_has_subscribers(d->control))
		return NULL;
	object = json_object_new_object();
	control_add_addr_if(object, "hoa", hoa);
	control_add_addr_if(object, "coa", coa);
	control_add_string_if(object, "nai", nai != NULL ? nai : "");
	return object;
}
