/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parts of answers that both daemons give alike (docs/control.md). */
#ifndef MIP6_IO_CONTROL_COMMON_H
#define MIP6_IO_CONTROL_COMMON_H

#include <mip6/wire.h>

#include "io/config.h"
#include "io/control.h"
#include "kernel/dataplane.h"

/* What `status` of both daemons begins with. Strings are copied. */
struct control_status {
	const char *daemon;
	mip6_time started, now;
	const char *config; /* path, or NULL */
	const char *dataplane, *dataplane_why;
	const char *transport;
};

/* The answer to `status` with an empty array of warnings; the caller adds its own members. */
struct json_object *control_status_new(const struct control_status *status);
void control_status_warning(struct json_object *status, const char *text);

/* "interface" and "ifindex"; nothing for 0, no name when the interface is gone. */
void control_add_interface(struct json_object *object, uint32_t ifindex);
/* addr unless it is unspecified; text unless it is "". */
void control_add_addr_if(struct json_object *object, const char *key, const struct mip6_addr *addr);
void control_add_string_if(struct json_object *object, const char *key, const char *value);
/* "tunnel": counters and MTU of one binding. */
void control_add_tunnel(struct json_object *object, const struct dataplane_stats *stats);

/* Groups "dataplane", "dropped", "transport" and "control" of `stats`. */
void control_add_group_dataplane(struct json_object *stats,
                                 const struct dataplane_counters *counters);
/*
 * "dropped": packets that are no good Mobility Header, by cause; counts is indexed by enum
 * mip6_decode.
 */
#define CONTROL_DROPPED_COUNT (MIP6_DECODE_DISCARD + 1)
void control_add_group_dropped(struct json_object *stats,
                               const uint64_t counts[CONTROL_DROPPED_COUNT]);
void control_add_group_transport(struct json_object *stats, uint64_t send_errors);
void control_add_group_control(struct json_object *stats, const struct control *control);

/*
 * A config_report for `reload`: logs every mistake and keeps their lines for the answer
 * ("bad-config"); what does not fit is counted in a last line. ctx: a zeroed struct
 * control_mistakes.
 */
struct control_mistakes {
	char text[4096];
	size_t len;
	unsigned int left_out;
};

void control_report_mistake(void *mistakes, const char *file, unsigned int line, const char *text);

#endif
