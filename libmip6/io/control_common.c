// SPDX-License-Identifier: LGPL-2.1-or-later
/* Parts of answers that both daemons give alike. */
#include "io/control_common.h"

#include <net/if.h>
#include <stdio.h>
#include <unistd.h>

struct json_object *control_status_new(const struct control_status *status)
{
	struct json_object *object = json_object_new_object();
	struct json_object *dataplane = json_object_new_object();

	control_add_string(object, "daemon", status->daemon);
	control_add_string(object, "version", MIP6_VERSION);
	control_add_int(object, "protocol", CONTROL_PROTOCOL_VERSION);
	control_add_int(object, "pid", getpid());
	control_add_int(object, "uptime_s", (status->now - status->started) / MIP6_S);
	if (status->config != NULL)
		control_add_string(object, "config", status->config);
	control_add_string(dataplane, "name", status->dataplane);
	control_add_string(dataplane, "why", status->dataplane_why);
	json_object_object_add(object, "dataplane", dataplane);
	control_add_string(object, "transport", status->transport);
	json_object_object_add(object, "warnings", json_object_new_array());
	return object;
}

void control_status_warning(struct json_object *status, const char *text)
{
	struct json_object *warnings;

	if (json_object_object_get_ex(status, "warnings", &warnings))
		json_object_array_add(warnings, json_object_new_string(text));
}

void control_add_interface(struct json_object *object, uint32_t ifindex)
{
	char name[IF_NAMESIZE];

	if (ifindex == 0)
		return;
	if (if_indextoname(ifindex, name) != NULL)
		control_add_string(object, "interface", name);
	control_add_int(object, "ifindex", ifindex);
}

void control_add_addr_if(struct json_object *object, const char *key, const struct mip6_addr *addr)
{
	if (!mip6_addr_is_unspecified(addr))
		control_add_addr(object, key, addr);
}

void control_add_string_if(struct json_object *object, const char *key, const char *value)
{
	if (value != NULL && value[0] != '\0')
		control_add_string(object, key, value);
}

static void add_count(struct json_object *object, const char *key, uint64_t value)
{
	json_object_object_add(object, key, json_object_new_uint64(value));
}

void control_add_tunnel(struct json_object *object, const struct dataplane_stats *stats)
{
	struct json_object *tunnel = json_object_new_object();

	add_count(tunnel, "tx_packets", stats->tx_packets);
	add_count(tunnel, "tx_bytes", stats->tx_bytes);
	add_count(tunnel, "rx_packets", stats->rx_packets);
	add_count(tunnel, "rx_bytes", stats->rx_bytes);
	add_count(tunnel, "mtu", stats->mtu);
	json_object_object_add(object, "tunnel", tunnel);
}

void control_add_group_dataplane(struct json_object *stats,
                                 const struct dataplane_counters *counters)
{
	struct json_object *group = json_object_new_object();

	add_count(group, "encapsulated", counters->encapsulated);
	add_count(group, "decapsulated", counters->decapsulated);
	add_count(group, "drop-no-binding", counters->drop_no_binding);
	add_count(group, "drop-wrong-source", counters->drop_wrong_source);
	add_count(group, "drop-malformed", counters->drop_malformed);
	add_count(group, "drop-multicast", counters->drop_multicast);
	add_count(group, "drop-loop", counters->drop_loop);
	add_count(group, "drop-unprotected", counters->drop_unprotected);
	add_count(group, "drop-failed", counters->drop_failed);
	add_count(group, "too-big", counters->too_big);
	json_object_object_add(stats, "dataplane", group);
}

void control_add_group_dropped(struct json_object *stats,
                               const uint64_t counts[CONTROL_DROPPED_COUNT])
{
	static const char *const names[CONTROL_DROPPED_COUNT] = {
		[MIP6_DECODE_TRUNCATED] = "truncated",
		[MIP6_DECODE_BAD_CHECKSUM] = "bad-checksum",
		[MIP6_DECODE_BAD_PROTO] = "bad-payload-proto",
		[MIP6_DECODE_BAD_LENGTH] = "bad-length",
		[MIP6_DECODE_UNKNOWN_TYPE] = "unknown-type",
		[MIP6_DECODE_BAD_OPTION] = "bad-option",
		[MIP6_DECODE_BAD_HEADER] = "bad-header",
		[MIP6_DECODE_DISCARD] = "discarded",
	};
	struct json_object *group = json_object_new_object();

	for (size_t i = 0; i < CONTROL_DROPPED_COUNT; i++)
		if (names[i] != NULL)
			add_count(group, names[i], counts[i]);
	json_object_object_add(stats, "dropped", group);
}

void control_add_group_transport(struct json_object *stats, uint64_t send_errors)
{
	struct json_object *group = json_object_new_object();

	add_count(group, "send-errors", send_errors);
	json_object_object_add(stats, "transport", group);
}

void control_add_group_control(struct json_object *stats, const struct control *control)
{
	struct json_object *group = json_object_new_object();
	struct control_counters counters;

	control_counters_get(control, &counters);
	add_count(group, "clients", counters.clients);
	add_count(group, "subscribers", counters.subscribers);
	add_count(group, "requests", counters.requests);
	add_count(group, "bad-requests", counters.bad_requests);
	add_count(group, "not-allowed", counters.not_allowed);
	add_count(group, "refused", counters.refused);
	add_count(group, "cut-off", counters.cut_off);
	json_object_object_add(stats, "control", group);
}

void control_report_mistake(void *ctx, const char *file, unsigned int line, const char *text)
{
	struct control_mistakes *mistakes = ctx;
	size_t room = sizeof(mistakes->text) - mistakes->len;
	char one[2048];
	int n;

	config_report_log(NULL, file, line, text);
	if (line > 0)
		n = snprintf(one, sizeof(one), "%s%s:%u: %s", mistakes->len > 0 ? "\n" : "", file,
		             line, text);
	else
		n = snprintf(one, sizeof(one), "%s%s: %s", mistakes->len > 0 ? "\n" : "", file,
		             text);
	if (n < 0)
		return;
	if ((size_t)n >= sizeof(one))
		n = sizeof(one) - 1;
	/* 32 octets are kept back for the count of what is left out. */
	if (mistakes->left_out == 0 && (size_t)n + 32 < room) {
		memcpy(mistakes->text + mistakes->len, one, (size_t)n + 1);
		mistakes->len += (size_t)n;
		return;
	}
	mistakes->left_out++;
	snprintf(mistakes->text + mistakes->len, room, "\nand %u more", mistakes->left_out);
}
