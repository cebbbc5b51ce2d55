// SPDX-License-Identifier: GPL-2.0-or-later
/* What mip6ctl shows of each object, and values as people read them. */
#include <inttypes.h>
#include <string.h>

#include <mip6/mh.h>

#include "writer.h"

static const struct view_field status_fields[] = {
	{"identity", "Identity", VIEW_TEXT, true},
	{"primary.interface", "Link", VIEW_TEXT, true},
	{"primary.router", "Router", VIEW_TEXT, true},
	{"primary.coa", "Care-of address", VIEW_TEXT, true},
	{"primary.anchor", "Anchor here", VIEW_TEXT, true},
	{"primary.operator", "Operator", VIEW_TEXT, true},
	{"instances", "Instances", VIEW_COUNT, true},
	{"instances_max", "Instances at most", VIEW_COUNT, true},
	{"links", "Links", VIEW_COUNT, true},
	{"role", "Role", VIEW_TEXT, true},
	{"operator", "Operator", VIEW_TEXT, true},
	{"addresses", "Addresses", VIEW_TEXT, true},
	{"prefixes", "Prefixes", VIEW_TEXT, true},
	{"interfaces", "Interfaces", VIEW_TEXT, true},
	{"chains", "Chains", VIEW_COUNT, true},
	{"chains_max", "Chains at most", VIEW_COUNT, true},
	{"roaming", "Roaming entries", VIEW_COUNT, true},
	{"bindings", "Bindings", VIEW_COUNT, true},
	{"ownerships", "Entries", VIEW_COUNT, true},
	{"bindings_max", "Entries at most", VIEW_COUNT, true},
	{"identities", "Identities", VIEW_COUNT, true},
	{"config", "Configuration", VIEW_TEXT, true},
	{"dataplane.name", "Data plane", VIEW_TEXT, true},
	{"dataplane.why", "", VIEW_TEXT, true},
	{"transport", "Transport", VIEW_TEXT, true},
	{NULL, NULL, VIEW_TEXT, false},
};

static const struct view_field instance_fields[] = {
	{"hoa", "HOME ADDRESS", VIEW_TEXT, false},
	{"state", "STATE", VIEW_STATE, false},
	{"anchor", "ANCHOR", VIEW_TEXT, false},
	{"via", "VIA", VIEW_TEXT, true},
	{"operator", "OPERATOR", VIEW_TEXT, true},
	{"coa", "CARE-OF ADDRESS", VIEW_TEXT, true},
	{"interface", "LINK", VIEW_TEXT, true},
	{"sockets", "SOCKETS", VIEW_COUNT, false},
	{"idle_ms", "IDLE", VIEW_MS, true},
	{"expires_ms", "EXPIRES", VIEW_MS, true},
	{"rtt_us", "RTT", VIEW_US, true},
	{"tunnel.tx_packets", "SENT", VIEW_COUNT, true},
	{"tunnel.rx_packets", "RECEIVED", VIEW_COUNT, true},
	{"claim", "CLAIM", VIEW_TEXT, false},
	{"protection", "PROTECTION", VIEW_TEXT, true},
	{"sa", "SA", VIEW_TEXT, true},
	{"sa_error", "SA ERROR", VIEW_TEXT, true},
	{"payload", "payload in ESP", VIEW_YES, true},
	{"status", "STATUS", VIEW_BA_STATUS, true},
	{"primary", "new connections", VIEW_YES, true},
	{"keep", "kept", VIEW_YES, true},
	{"static", "static", VIEW_YES, true},
	{NULL, NULL, VIEW_TEXT, false},
};

static const struct view_field link_fields[] = {
	{"interface", "LINK", VIEW_TEXT, false},
	{"rank", "RANK", VIEW_COUNT, false},
	{"up", "up", VIEW_YES, true},
	{"attached", "attached", VIEW_YES, true},
	{"primary", "primary", VIEW_YES, true},
	{"router", "ROUTER", VIEW_TEXT, false},
	{"coa", "CARE-OF ADDRESS", VIEW_TEXT, false},
	{"anchor", "ANCHOR", VIEW_TEXT, true},
	{"operator", "OPERATOR", VIEW_TEXT, true},
	{NULL, NULL, VIEW_TEXT, false},
};

static const struct view_field binding_fields[] = {
	{"hoa", "HOME ADDRESS", VIEW_TEXT, false},
	{"prefix", "PREFIX", VIEW_TEXT, false},
	{"coa", "CARE-OF ADDRESS", VIEW_TEXT, false},
	{"nai", "IDENTITY", VIEW_TEXT, false},
	{"seq", "SEQ", VIEW_COUNT, false},
	{"flags", "FLAGS", VIEW_TEXT, false},
	{"expires_ms", "EXPIRES", VIEW_MS, false},
	{"owned_ms", "OWNED", VIEW_MS, false},
	{"protection", "PROTECTION", VIEW_TEXT, true},
	{"sa", "SA", VIEW_TEXT, true},
	{"payload", "payload in ESP", VIEW_YES, true},
	{"tunnel.tx_packets", "SENT", VIEW_COUNT, false},
	{"tunnel.rx_packets", "RECEIVED", VIEW_COUNT, false},
	{"pending_dad", "checking", VIEW_YES, true},
	{NULL, NULL, VIEW_TEXT, false},
};

static const struct view_field chain_fields[] = {
	{"hoa", "HOME ADDRESS", VIEW_TEXT, false},
	{"state", "STATE", VIEW_STATE, false},
	{"coa", "CARE-OF ADDRESS", VIEW_TEXT, false},
	{"anchor", "ANCHOR", VIEW_TEXT, false},
	{"operator", "OPERATOR", VIEW_TEXT, true},
	{"nai", "IDENTITY", VIEW_TEXT, false},
	{"wtru_expires_ms", "WTRU EXPIRES", VIEW_MS, false},
	{"anchor_expires_ms", "ANCHOR EXPIRES", VIEW_MS, false},
	{"rtt_us", "RTT", VIEW_US, true},
	{"tunnel.tx_packets", "SENT", VIEW_COUNT, false},
	{"tunnel.rx_packets", "RECEIVED", VIEW_COUNT, false},
	{NULL, NULL, VIEW_TEXT, false},
};

static const struct view_field lease_fields[] = {
	{"prefix", "PREFIX", VIEW_TEXT, false},
	{"neighbour", "GIVEN TO", VIEW_TEXT, false},
	{"expires_ms", "EXPIRES", VIEW_MS, false},
	{"confirmed", "confirmed", VIEW_YES, true},
	{"present", "present", VIEW_YES, true},
	{"tunnelled", "tunnelled", VIEW_YES, true},
	{NULL, NULL, VIEW_TEXT, false},
};

static const struct view_field home_agent_fields[] = {
	{"addresses", "ADDRESSES", VIEW_TEXT, false},
	{"preference", "PREFERENCE", VIEW_COUNT, false},
	{"link_local", "HEARD FROM", VIEW_TEXT, true},
	{"expires_ms", "EXPIRES", VIEW_MS, true},
	{"lifetime_s", "LIFETIME (s)", VIEW_COUNT, true},
	{"self", "ourselves", VIEW_YES, true},
	{NULL, NULL, VIEW_TEXT, false},
};

const struct view view_status = {"status", status_fields};
const struct view view_instances = {"instances", instance_fields};
const struct view view_links = {"links", link_fields};
const struct view view_bindings = {"bindings", binding_fields};
const struct view view_chains = {"chains", chain_fields};
const struct view view_leases = {"leases", lease_fields};
const struct view view_home_agents = {"home agents", home_agent_fields};

struct json_object *view_get(struct json_object *object, const char *key)
{
	const char *dot = strchr(key, '.');
	struct json_object *value = NULL;
	char head[32];

	if (dot == NULL) {
		json_object_object_get_ex(object, key, &value);
		return value;
	}
	snprintf(head, sizeof(head), "%.*s", (int)(dot - key), key);
	if (!json_object_object_get_ex(object, head, &value) ||
	    !json_object_is_type(value, json_type_object))
		return NULL;
	return view_get(value, dot + 1);
}

/* Two units at most: more nobody reads. */
static void two_units(int64_t a, const char *unit_a, int64_t b, const char *unit_b, char *text,
                      size_t size)
{
	if (b == 0)
		snprintf(text, size, "%" PRId64 " %s", a, unit_a);
	else
		snprintf(text, size, "%" PRId64 " %s %" PRId64 " %s", a, unit_a, b, unit_b);
}

static void duration_text(int64_t us, char *text, size_t size)
{
	int64_t s = us / 1000000;

	if (us < 1000)
		snprintf(text, size, "%" PRId64 " us", us);
	else if (us < 10000)
		snprintf(text, size, "%.1f ms", (double)us / 1e3);
	else if (us < 1000000)
		snprintf(text, size, "%" PRId64 " ms", us / 1000);
	else if (s < 10)
		snprintf(text, size, "%.1f s", (double)us / 1e6);
	else if (s < 60)
		snprintf(text, size, "%" PRId64 " s", s);
	else if (s < 3600)
		two_units(s / 60, "min", s % 60, "s", text, size);
	else if (s < 86400)
		two_units(s / 3600, "h", s % 3600 / 60, "min", text, size);
	else
		two_units(s / 86400, "d", s % 86400 / 3600, "h", text, size);
}

static size_t text_append(char *text, size_t size, size_t len, const char *more)
{
	int n = snprintf(text + len, size - len, "%s%s", len > 0 ? ", " : "", more);

	if (n < 0)
		return len;
	return len + (size_t)n < size ? len + (size_t)n : size - 1;
}

/* Arrays: their elements; of objects their first member. */
static void plain_text(struct json_object *value, char *text, size_t size)
{
	size_t len = 0;

	if (!json_object_is_type(value, json_type_array)) {
		snprintf(text, size, "%s", json_object_get_string(value));
		return;
	}
	text[0] = '\0';
	for (size_t i = 0; i < json_object_array_length(value); i++) {
		struct json_object *element = json_object_array_get_idx(value, i);

		if (json_object_is_type(element, json_type_object)) {
			json_object_object_foreach (element, key, first) {
				(void)key;
				len = text_append(text, size, len, json_object_get_string(first));
				break;
			}
		} else {
			len = text_append(text, size, len, json_object_get_string(element));
		}
	}
}

size_t view_clean(char *text)
{
	size_t width = 0;

	for (unsigned char *p = (unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		else if (*p == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f)
			p[0] = p[1] = '?';
		if ((*p & 0xc0) != 0x80)
			width++;
	}
	return width;
}

size_t view_text(const struct view_field *field, struct json_object *object, char *text,
                 size_t size)
{
	struct json_object *value = view_get(object, field->key);

	text[0] = '\0';
	if (value == NULL)
		return 0;
	switch (field->format) {
	case VIEW_TEXT:
	case VIEW_STATE:
	case VIEW_COUNT:
		plain_text(value, text, size);
		break;
	case VIEW_US:
		duration_text(json_object_get_int64(value), text, size);
		break;
	case VIEW_MS:
		duration_text(json_object_get_int64(value) * 1000, text, size);
		break;
	case VIEW_S:
		duration_text(json_object_get_int64(value) * 1000000, text, size);
		break;
	case VIEW_YES:
		snprintf(text, size, "%s", json_object_get_boolean(value) ? field->label : "");
		break;
	case VIEW_BA_STATUS:
		snprintf(text, size, "%d %s", json_object_get_int(value),
		         mip6_ba_status_name((unsigned int)json_object_get_int(value)));
		break;
	}
	return view_clean(text);
}
