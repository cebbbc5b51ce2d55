/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Control socket: a Unix stream socket with one JSON object per line, request and answer
 * (docs/control.md). Peers are checked by their credentials: root and the daemon's own user may do
 * everything, members of group `mip6` what is read-only.
 *
 * A request: {"command": NAME, …}. Answer: {"ok": {…}} or {"error": {"code": …, "text": …}}.
 * After "subscribe", {"event": NAME, …} lines follow.
 * Slow readers are cut off when their output passes a limit; requests are bounded in length; both
 * are counted.
 */
#ifndef MIP6_IO_CONTROL_H
#define MIP6_IO_CONTROL_H

#include <ev.h>
#include <json.h>

#include <mip6/base.h>

#define CONTROL_PROTOCOL_VERSION 1

struct control;

/*
 * Handle a request. Return the content of "ok" (ownership passes to the caller), or NULL with
 * *ret_code (a stable word: "bad-request", "not-found", "failed"; preset to "failed") and text set
 * to a static or ctx owned string.
 */
struct control_command {
	const char *name;
	bool read_only; /* allowed to group mip6 */
	struct json_object *(*run)(void *ctx, struct json_object *request, const char **ret_code,
	                           const char **ret_text);
};

/*
 * Listen on path (its directory is made, mode 0755; the socket has mode 0660 and group mip6 if that
 * group exists and we may). A stale socket is replaced; a live one gives -EADDRINUSE: a second
 * daemon. Commands end with name NULL; "subscribe" and "version" are built in. daemon: "mip6-mnd",
 * …; borrowed.
 */
int control_open(struct control **ret, struct ev_loop *loop, const char *path, const char *daemon,
                 const struct control_command *commands, void *ctx);
/* Send an event to all subscribers; takes ownership of object. Cheap when there are none. */
void control_publish(struct control *control, const char *event, struct json_object *object);
bool control_has_subscribers(const struct control *control);

struct control_counters {
	uint64_t clients, subscribers; /* at present */
	uint64_t requests;
	uint64_t bad_requests; /* not understood */
	uint64_t not_allowed;  /* connections and requests */
	uint64_t refused;      /* connections past the limit */
	uint64_t cut_off;      /* slow readers */
};

void control_counters_get(const struct control *control, struct control_counters *ret);
/* Closes all connections and removes the socket. NULL is allowed. */
void control_close(struct control *control);

/* Small helpers to build answers. */
void control_add_addr(struct json_object *object, const char *key, const struct mip6_addr *addr);
void control_add_prefix(struct json_object *object, const char *key,
                        const struct mip6_prefix *prefix);
/* value may come from the network: octets that are not UTF-8 become '?'. */
void control_add_string(struct json_object *object, const char *key, const char *value);
void control_add_int(struct json_object *object, const char *key, int64_t value);
void control_add_bool(struct json_object *object, const char *key, bool value);
/* The wall clock in microseconds since 1970. */
void control_add_time(struct json_object *object, const char *key);
/* How far ahead `when` is, in ms, 0 when past; left out for MIP6_TIME_NEVER. */
void control_add_after(struct json_object *object, const char *key, mip6_time when, mip6_time now);
/* The member `key` of a request as an address: 0 or -EINVAL. */
int control_get_addr(struct json_object *request, const char *key, struct mip6_addr *ret);
/* Optional members: `standard` when absent; -EINVAL when of another type or past max. */
int control_get_bool(struct json_object *request, const char *key, bool standard, bool *ret);
int control_get_uint(struct json_object *request, const char *key, uint32_t standard, uint32_t max,
                     uint32_t *ret);

#endif
