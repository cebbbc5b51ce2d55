// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What survives a restart of the WTRU daemon, as a JSON object in its state file: one record per
 * instance, and the kernel settings to put back at the end. A file that does not read, or records
 * that make no sense, cost a log line and never the start.
 */
#include "mnd.h"

#include <limits.h>
#include <stdlib.h>

#define STATE_VERSION 1

static struct json_object *record_json(const struct wtru_record *record)
{
	struct json_object *object = json_object_new_object();

	if (!object)
		return NULL;
	control_add_addr(object, "hoa", &record->hoa);
	control_add_int(object, "prefix-len", record->prefix_len);
	control_add_addr(object, "anchor", &record->anchor);
	control_add_string(object, "operator", record->operator_name);
	control_add_int(object, "seq", record->seq);
	control_add_bool(object, "keep", record->keep);
	control_add_bool(object, "bound", record->bound);
	control_add_bool(object, "link-local", record->link_local);
	control_add_bool(object, "released", record->released);
	control_add_addr(object, "peer", &record->peer);
	control_add_addr(object, "coa", &record->coa);
	control_add_addr(object, "router", &record->router);
	control_add_int(object, "ifindex", record->ifindex);
	control_add_int(object, "clock-offset-us", record->clock_offset_us);
	control_add_int(object, "valid-until-unix-us", record->valid_until_unix_us);
	return object;
}

void state_save(struct mnd *mnd)
{
	struct json_object *object = json_object_new_object();
	struct json_object *instances = json_object_new_array();
	struct wtru_record record;

	if (!object || !instances) {
		json_object_put(object);
		json_object_put(instances);
		return;
	}
	control_add_int(object, "version", STATE_VERSION);
	json_object_object_add(object, "settings", links_save_settings(mnd->links));
	for (size_t i = 0; wtru_record_get(mnd->core, i, &record); i++)
		json_object_array_add(instances, record_json(&record));
	json_object_object_add(object, "instances", instances);
	mnd->save_due = state_file_save(&mnd->state, object) != 0;
	json_object_put(object);
}

static int64_t get_int(struct json_object *object, const char *key, int64_t least, int64_t most,
                       bool *bad)
{
	struct json_object *member;
	int64_t value;

	if (!json_object_object_get_ex(object, key, &member) ||
	    !json_object_is_type(member, json_type_int)) {
		*bad = true;
		return 0;
	}
	value = json_object_get_int64(member);
	if (value < least || value > most)
		*bad = true;
	return value;
}

static bool get_bool(struct json_object *object, const char *key, bool *bad)
{
	struct json_object *member;

	if (!json_object_object_get_ex(object, key, &member) ||
	    !json_object_is_type(member, json_type_boolean)) {
		*bad = true;
		return false;
	}
	return json_object_get_boolean(member);
}

static bool record_parse(struct json_object *object, struct wtru_record *ret)
{
	struct wtru_record record = {0};
	struct json_object *operator_name, *member;
	bool bad = false;

	bad |= control_get_addr(object, "hoa", &record.hoa) != 0;
	bad |= control_get_addr(object, "anchor", &record.anchor) != 0;
	bad |= control_get_addr(object, "coa", &record.coa) != 0;
	bad |= control_get_addr(object, "router", &record.router) != 0;
	if (json_object_object_get_ex(object, "peer", &operator_name))
		bad |= control_get_addr(object, "peer", &record.peer) != 0;
	record.prefix_len = (uint8_t)get_int(object, "prefix-len", 0, 128, &bad);
	record.seq = (uint16_t)get_int(object, "seq", 0, UINT16_MAX, &bad);
	record.ifindex = (uint32_t)get_int(object, "ifindex", 0, INT_MAX, &bad);
	record.keep = get_bool(object, "keep", &bad);
	record.bound = get_bool(object, "bound", &bad);
	/* Not in the files of earlier versions. */
	if (json_object_object_get_ex(object, "link-local", &member))
		record.link_local = get_bool(object, "link-local", &bad);
	record.released = get_bool(object, "released", &bad);
	record.clock_offset_us =
		get_int(object, "clock-offset-us", INT64_MIN / 2, INT64_MAX / 2, &bad);
	record.valid_until_unix_us = get_int(object, "valid-until-unix-us", 0, INT64_MAX, &bad);
	if (json_object_object_get_ex(object, "operator", &operator_name)) {
		const char *text = json_object_get_string(operator_name);

		if (text && strlen(text) < sizeof(record.operator_name))
			strcpy(record.operator_name, text);
	}
	if (bad || !mip6_addr_is_routable(&record.hoa))
		return false;
	*ret = record;
	return true;
}

void state_load(struct mnd *mnd)
{
	struct json_object *object, *settings, *instances;
	size_t count, restored = 0;

	if (state_file_load(&mnd->state, &object))
		return;
	if (json_object_object_get_ex(object, "settings", &settings))
		links_load_settings(mnd->links, settings);
	if (json_object_object_get_ex(object, "instances", &instances) &&
	    json_object_is_type(instances, json_type_array)) {
		count = json_object_array_length(instances);
		for (size_t i = 0; i < count; i++) {
			struct wtru_record record;
			struct wtru_event event = {
				.type = WTRU_EVENT_RESTORE,
				.restore = &record,
			};

			if (!record_parse(json_object_array_get_idx(instances, i), &record)) {
				log_warning("ignoring a record of the state file index=%zu", i);
				continue;
			}
			mnd_step(mnd, &event);
			restored++;
		}
	}
	if (restored)
		log_info("continuing instances=%zu", restored);
	json_object_put(object);
}
