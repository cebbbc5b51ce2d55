/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The client's side of the control protocol (docs/control.md). */
#ifndef MIP6_APPS_CLIENT_H
#define MIP6_APPS_CLIENT_H

#include <json.h>
#include <stdbool.h>
#include <stddef.h>

/* Exit codes of mip6ctl, documented in mip6ctl(1). */
enum ctl_exit {
	CTL_EXIT_OK = 0,
	CTL_EXIT_REFUSED = 1, /* the daemon answered with an error */
	CTL_EXIT_USAGE = 2,
	CTL_EXIT_NOT_RUNNING = 3,
	CTL_EXIT_PERMISSION = 4,
	CTL_EXIT_CONNECTION = 5, /* lost, timed out, or not understood */
};

struct client {
	int fd; /* -1: not connected */
	const char *path;
	char daemon[32]; /* "mip6-mnd", as the daemon says */
	char *in;
	size_t in_start, in_len, in_cap;
};

/*
 * Connect and ask for the version. CTL_EXIT_OK, or the exit code that fits after a message to
 * standard error that says what to do; quiet: no message when nothing runs there.
 */
enum ctl_exit client_open(struct client *client, const char *path, const char *expected,
                          bool quiet);
/* One request (not taken over) and its answer: the content of "ok". Messages as above. */
enum ctl_exit client_request(struct client *client, struct json_object *request,
                             struct json_object **ret);
/*
 * The next line as an object, waiting at most timeout_ms (negative: for ever). NULL when it timed
 * out, after an interruption by a signal, or when the connection is lost (client->fd is then -1).
 */
struct json_object *client_next(struct client *client, int timeout_ms);
/* True when client_next() has a line already, without asking the kernel. */
bool client_has_line(const struct client *client);
void client_close(struct client *client);

#endif
