/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Client of charon's VICI socket (docs/security.md, "IPsec by IKE"). Nothing blocks: requests wait
 * in a queue, one is under way at a time, as the protocol wants it; answers and events come from
 * the loop.
 *
 * charon may be absent, go away and come back: the client tries again after 100 ms, then twice as
 * long each time, up to 5 s, for ever. Memory is bounded: VICI_PACKET_MAX for what comes in,
 * VICI_QUEUE_MAX for what waits to go out. Requests may hold secrets: their memory is wiped when
 * freed.
 */
#ifndef MIP6_IO_VICI_H
#define MIP6_IO_VICI_H

#include <ev.h>

#include "io/vici_message.h"

#define VICI_SOCKET "/run/charon.vici"
#define VICI_PACKET_MAX (512 * 1024) /* charon's own limit */
#define VICI_QUEUE_MAX (4 * 1024 * 1024)
#define VICI_EVENTS_MAX 8

struct vici;

struct vici_handler {
	void *ctx;
	/* Connected, and the events are registered: charon may know nothing, load everything. */
	void (*up)(void *ctx);
	/* Was up, is no more. Called after every waiting request was answered. */
	void (*down)(void *ctx, int error);
	/* The message is well-formed. */
	void (*event)(void *ctx, const char *name, const struct vici_message *message);
};

/*
 * error: 0; -EREMOTEIO: charon says no (message has "errmsg"); -EOPNOTSUPP: it does not know the
 * command; -ECONNRESET: it went away or does not answer. message: NULL when there is none.
 */
typedef void (*vici_answer)(void *ctx, int error, const struct vici_message *message);

/*
 * Starts to connect. events: their names, at most VICI_EVENTS_MAX, NULL at the end; kept, not
 * copied. 0 or a negative errno: an absent charon is none.
 */
int vici_open(struct vici **ret, struct ev_loop *loop, const char *path, const char *const *events,
              const struct vici_handler *handler);
bool vici_is_up(const struct vici *vici);
/*
 * The result of the last attempt to connect: 0, -EINPROGRESS or why there is no connection
 * (-ENOENT: no such socket, -ECONNREFUSED: nobody listens).
 */
int vici_error(const struct vici *vici);
/*
 * Queue a request; message NULL: an empty one; answer may be NULL. Copies. 0; -ENOTCONN when not
 * up; -ENOBUFS: too much waits; -ENOMEM; -EMSGSIZE. After 0 the answer comes exactly once, unless
 * vici_close() is first.
 */
int vici_request(struct vici *vici, const char *command, const struct vici_message *message,
                 vici_answer answer, void *ctx);
/* Requests queued or under way. */
size_t vici_pending(const struct vici *vici);
/*
 * At the end of a daemon: sends what waits, and waits for the answers, up to time_s in all. The
 * only function that blocks. Answers are not delivered.
 */
void vici_flush(struct vici *vici, double time_s);
/* Not from inside a callback. NULL is allowed. */
void vici_close(struct vici *vici);

#endif
