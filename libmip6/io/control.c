// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The control socket (docs/control.md): listening, peers and their rights, requests, answers,
 * events.
 *
 * Every output goes through the client's buffer and leaves in the next loop turn, so publishing an
 * event costs no system call in the turn of a handover. All that a client can make us keep is
 * bounded: length of a request, number of clients, octets not read yet. A client that is to go is
 * only marked and reaped later, because the code that finds out may run inside that client's own
 * request.
 */
#include "io/control.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/control_peer.h"
#include "io/log.h"
#include "io/process.h"

#define CONTROL_CLIENTS_MAX 32
#define CONTROL_REQUEST_MAX 65536
#define CONTROL_OUTPUT_MAX (1024 * 1024)
/* With more than this waiting, no further request of that client is taken up. */
#define CONTROL_OUTPUT_BUSY 65536
#define CONTROL_JSON_DEPTH 8
#define CONTROL_JSON_FLAGS (JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)

struct control_client {
	struct control_client *next;
	struct control *control;
	ev_io io;
	struct control_peer peer;
	bool subscribed;
	bool closing; /* no more input; gone when the output is flushed */
	bool dead;    /* to be reaped by its next callback */
	char *in;
	size_t in_len, in_cap;
	char *out;
	size_t out_start, out_len, out_cap; /* waiting: out[out_start .. out_len) */
};

struct control {
	struct ev_loop *loop;
	ev_io io;
	const char *daemon;
	const struct control_command *commands;
	void *ctx;
	char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
	dev_t dev;
	ino_t ino;
	struct control_client *clients;
	size_t client_count, subscriber_count;
	struct control_counters counters;
};

static void client_watch(struct control_client *client)
{
	size_t waiting = client->out_len - client->out_start;
	int events = waiting > 0 ? EV_WRITE : 0;

	if (!client->closing && waiting <= CONTROL_OUTPUT_BUSY)
		events |= EV_READ;
	if (ev_is_active(&client->io) && client->io.events == events)
		return;
	ev_io_stop(client->control->loop, &client->io);
	ev_io_set(&client->io, client->io.fd, events);
	ev_io_start(client->control->loop, &client->io);
}

/* The client's memory goes in its next callback, when nobody up the stack holds it. */
static void client_kill(struct control_client *client)
{
	if (client->dead)
		return;
	client->dead = true;
	if (client->subscribed)
		client->control->subscriber_count--;
	client->subscribed = false;
	ev_io_stop(client->control->loop, &client->io);
	ev_feed_event(client->control->loop, &client->io, EV_CUSTOM);
}

static void client_free(struct control_client *client)
{
	struct control *control = client->control;
	struct control_client **p = &control->clients;

	while (*p != client)
		p = &(*p)->next;
	*p = client->next;
	control->client_count--;
	if (client->subscribed)
		control->subscriber_count--;
	ev_io_stop(control->loop, &client->io);
	close(client->io.fd);
	free(client->in);
	free(client->out);
	free(client);
}

/* Append to the output; false when the client is cut off instead. */
static bool client_put(struct control_client *client, const char *text, size_t len)
{
	size_t waiting = client->out_len - client->out_start;
	size_t cap;
	char *out;

	if (client->dead)
		return false;
	if (waiting + len + 1 > CONTROL_OUTPUT_MAX) {
		client->control->counters.cut_off++;
		client_kill(client);
		return false;
	}
	if (client->out_len + len + 1 > client->out_cap) {
		if (client->out_start > 0)
			memmove(client->out, client->out + client->out_start, waiting);
		client->out_start = 0;
		client->out_len = waiting;
		for (cap = client->out_cap > 0 ? client->out_cap : 1024; cap < waiting + len + 1;)
			cap *= 2;
		out = cap > client->out_cap ? realloc(client->out, cap) : client->out;
		if (out == NULL) {
			client_kill(client);
			return false;
		}
		client->out = out;
		client->out_cap = cap;
	}
	memcpy(client->out + client->out_len, text, len);
	client->out[client->out_len + len] = '\n';
	client->out_len += len + 1;
	client_watch(client);
	return true;
}

static void client_put_error(struct control_client *client, const char *code, const char *text)
{
	struct json_object *answer = json_object_new_object();
	struct json_object *error = json_object_new_object();
	const char *line;
	size_t len;

	control_add_string(error, "code", code);
	control_add_string(error, "text", text);
	json_object_object_add(answer, "error", error);
	line = json_object_to_json_string_length(answer, CONTROL_JSON_FLAGS, &len);
	client_put(client, line, len);
	json_object_put(answer);
}

static void client_put_ok(struct control_client *client, struct json_object *content)
{
	struct json_object *answer = json_object_new_object();
	const char *line;
	size_t len;

	json_object_object_add(answer, "ok", content);
	line = json_object_to_json_string_length(answer, CONTROL_JSON_FLAGS, &len);
	if (line == NULL || len + 1 > CONTROL_OUTPUT_MAX - CONTROL_OUTPUT_BUSY)
		client_put_error(client, "failed",
		                 "the answer is too long; ask with a smaller limit");
	else
		client_put(client, line, len);
	json_object_put(answer);
}

static struct json_object *client_version(const struct control *control)
{
	struct json_object *ok = json_object_new_object();

	control_add_string(ok, "daemon", control->daemon);
	control_add_string(ok, "version", MIP6_VERSION);
	control_add_int(ok, "protocol", CONTROL_PROTOCOL_VERSION);
	return ok;
}

static void client_run(struct control_client *client, const char *name, struct json_object *request)
{
	const struct control *control = client->control;
	const struct control_command *command = control->commands;
	const char *code = "failed", *text = "the request failed";
	struct json_object *ok;

	if (strcmp(name, "version") == 0) {
		client_put_ok(client, client_version(control));
		return;
	}
	if (strcmp(name, "subscribe") == 0) {
		if (!client->subscribed)
			client->control->subscriber_count++;
		client->subscribed = true;
		client_put_ok(client, json_object_new_object());
		return;
	}
	while (command->name != NULL && strcmp(command->name, name) != 0)
		command++;
	if (command->name == NULL) {
		client->control->counters.bad_requests++;
		client_put_error(client, "unknown-command", "this daemon has no such command");
		return;
	}
	if (!command->read_only && !client->peer.may_change) {
		client->control->counters.not_allowed++;
		client_put_error(client, "not-allowed",
		                 "only root and the daemon's own user may do this");
		return;
	}
	ok = command->run(control->ctx, request, &code, &text);
	if (ok != NULL) {
		client_put_ok(client, ok);
		return;
	}
	client_put_error(client, code, text);
}

static void client_request(struct control_client *client, const char *line, size_t len)
{
	struct json_tokener *tokener = json_tokener_new_ex(CONTROL_JSON_DEPTH);
	struct json_object *request, *name;

	if (tokener == NULL) {
		client_kill(client);
		return;
	}
	client->control->counters.requests++;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	request = json_tokener_parse_ex(tokener, line, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(tokener) != len ||
	    !json_object_is_type(request, json_type_object)) {
		client->control->counters.bad_requests++;
		client_put_error(client, "bad-request", "a request is one JSON object on one line");
	} else if (!json_object_object_get_ex(request, "command", &name) ||
	           !json_object_is_type(name, json_type_string)) {
		client->control->counters.bad_requests++;
		client_put_error(client, "bad-request", "\"command\" is missing or not a string");
	} else {
		client_run(client, json_object_get_string(name), request);
	}
	json_object_put(request);
	json_tokener_free(tokener);
}

/* Take up the complete lines of the input, until the output is busy. */
static void client_requests(struct control_client *client)
{
	size_t start = 0;

	while (!client->dead && client->out_len - client->out_start <= CONTROL_OUTPUT_BUSY) {
		char *line = client->in + start;
		char *end =
			client->in_len > start ? memchr(line, '\n', client->in_len - start) : NULL;
		size_t len;

		if (end == NULL)
			break;
		len = (size_t)(end - line);
		start += len + 1;
		if (len > 0 && line[len - 1] == '\r')
			len--;
		if (len > 0)
			client_request(client, line, len);
	}
	if (client->dead)
		return;
	client->in_len -= start;
	if (start > 0)
		memmove(client->in, client->in + start, client->in_len);
	if (client->in_len >= CONTROL_REQUEST_MAX &&
	    memchr(client->in, '\n', client->in_len) == NULL) {
		client->control->counters.bad_requests++;
		client->closing = true;
		client->in_len = 0;
		client_put_error(client, "bad-request", "a request has at most 65535 octets");
	}
}

static void client_read(struct control_client *client)
{
	size_t cap = client->in_cap;
	ssize_t n;

	if (client->in_len == cap && cap < CONTROL_REQUEST_MAX) {
		char *in;

		cap = cap > 0 ? cap * 4 : 1024;
		in = realloc(client->in, cap);
		if (in == NULL) {
			client_kill(client);
			return;
		}
		client->in = in;
		client->in_cap = cap;
	}
	if (client->in_len == client->in_cap)
		return; /* complete requests wait until the peer has read its answers */
	n = read(client->io.fd, client->in + client->in_len, client->in_cap - client->in_len);
	if (n > 0) {
		client->in_len += (size_t)n;
		client_requests(client);
	} else if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		/* A peer that has said all may still want its answers. */
		if (n == 0 && client->out_len > client->out_start)
			client->closing = true;
		else
			client_kill(client);
	}
}

static void client_write(struct control_client *client)
{
	ssize_t n = send(client->io.fd, client->out + client->out_start,
	                 client->out_len - client->out_start, MSG_NOSIGNAL);

	if (n < 0) {
		if (errno != EAGAIN && errno != EINTR)
			client_kill(client);
		return;
	}
	client->out_start += (size_t)n;
	if (client->out_start == client->out_len)
		client->out_start = client->out_len = 0;
	if (client->in_len > 0)
		client_requests(client);
	if (client->closing && client->out_len == 0)
		client_kill(client);
}

static void client_event(struct ev_loop *loop, ev_io *io, int events)
{
	struct control_client *client = io->data;

	(void)loop;
	if (client->dead) {
		client_free(client);
		return;
	}
	if (events & EV_WRITE)
		client_write(client);
	if (!client->dead && (events & EV_READ) && !client->closing)
		client_read(client);
	if (!client->dead)
		client_watch(client);
}

static void control_accept(struct ev_loop *loop, ev_io *io, int events)
{
	struct control *control = io->data;
	struct control_client *client;
	int fd;

	(void)events;
	fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0)
		return;
	client = calloc(1, sizeof(*client));
	if (client == NULL || control->client_count >= 2 * CONTROL_CLIENTS_MAX) {
		/* Even those that only wait to be told "busy" are bounded. */
		control->counters.refused++;
		free(client);
		close(fd);
		return;
	}
	client->control = control;
	ev_io_init(&client->io, client_event, fd, EV_READ);
	client->io.data = client;
	client->next = control->clients;
	control->clients = client;
	control->client_count++;
	ev_io_start(loop, &client->io);
	control_peer_get(fd, &client->peer);
	if (!client->peer.may_read) {
		control->counters.not_allowed++;
		client->closing = true;
		client_put_error(client, "not-allowed",
		                 "only root, the daemon's own user and group mip6 may connect");
	} else if (control->client_count > CONTROL_CLIENTS_MAX) {
		control->counters.refused++;
		client->closing = true;
		client_put_error(client, "busy", "too many clients are connected");
	}
}

/* 0: path is free (a stale socket was removed); -EADDRINUSE: somebody answers there. */
static int control_clear_path(const struct sockaddr_un *sun)
{
	struct stat st;
	int fd, err = 0;

	if (lstat(sun->sun_path, &st) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(st.st_mode))
		return -EEXIST;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 || errno == EAGAIN)
		err = -EADDRINUSE;
	else if (errno != ECONNREFUSED && errno != ENOENT)
		err = -errno;
	close(fd);
	if (err == 0 && unlink(sun->sun_path) < 0 && errno != ENOENT)
		err = -errno;
	return err;
}

static int control_listen(struct control *control)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct group *group = getgrnam("mip6");
	struct stat st;
	int fd, err;

	memcpy(sun.sun_path, control->path, sizeof(sun.sun_path));
	err = control_clear_path(&sun);
	if (err < 0)
		return err;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* fchmod() before bind() decides the mode of the file, so that it is never open to others.
	 */
	if (fchmod(fd, 0600) < 0 || bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	/* Without CAP_CHOWN the group cannot be set: the socket then stays ours alone. */
	if (group != NULL && chown(sun.sun_path, (uid_t)-1, group->gr_gid) == 0 &&
	    chmod(sun.sun_path, 0660) < 0)
		log_warning("%s: mode not set: %s", sun.sun_path, strerror(errno));
	if (listen(fd, 16) < 0 || lstat(sun.sun_path, &st) < 0) {
		err = -errno;
		unlink(sun.sun_path);
		close(fd);
		return err;
	}
	control->dev = st.st_dev;
	control->ino = st.st_ino;
	return fd;
}

int control_open(struct control **ret, struct ev_loop *loop, const char *path, const char *daemon,
                 const struct control_command *commands, void *ctx)
{
	struct control *control;
	const char *slash = strrchr(path, '/');
	int fd, err;

	if (strlen(path) >= sizeof(control->path))
		return -ENAMETOOLONG;
	control = calloc(1, sizeof(*control));
	if (control == NULL)
		return -ENOMEM;
	control->loop = loop;
	control->daemon = daemon;
	control->commands = commands;
	control->ctx = ctx;
	memcpy(control->path, path, strlen(path));
	if (slash != NULL && slash != path) {
		control->path[slash - path] = '\0';
		err = process_make_directory(control->path);
		control->path[slash - path] = '/';
		if (err < 0) {
			free(control);
			return err;
		}
	}
	fd = control_listen(control);
	if (fd < 0) {
		free(control);
		return fd;
	}
	ev_io_init(&control->io, control_accept, fd, EV_READ);
	control->io.data = control;
	ev_io_start(loop, &control->io);
	*ret = control;
	return 0;
}

bool control_has_subscribers(const struct control *control)
{
	return control->subscriber_count > 0;
}

void control_publish(struct control *control, const char *event, struct json_object *object)
{
	struct json_object *line;
	const char *text;
	size_t len;

	if (control->subscriber_count == 0) {
		json_object_put(object);
		return;
	}
	/* "event" and the time come first, for people who read the raw lines. */
	line = json_object_new_object();
	control_add_string(line, "event", event);
	control_add_time(line, "time_us");
	if (object != NULL) {
		json_object_object_foreach (object, key, value)
			json_object_object_add(line, key, json_object_get(value));
	}
	json_object_put(object);
	text = json_object_to_json_string_length(line, CONTROL_JSON_FLAGS, &len);
	for (struct control_client *client = control->clients; client != NULL;
	     client = client->next)
		if (client->subscribed)
			client_put(client, text, len);
	json_object_put(line);
}

void control_counters_get(const struct control *control, struct control_counters *ret)
{
	*ret = control->counters;
	ret->clients = control->client_count;
	ret->subscribers = control->subscriber_count;
}

void control_close(struct control *control)
{
	struct stat st;

	if (control == NULL)
		return;
	while (control->clients != NULL)
		client_free(control->clients);
	ev_io_stop(control->loop, &control->io);
	close(control->io.fd);
	/* Not if somebody else has put another socket there meanwhile. */
	if (lstat(control->path, &st) == 0 && st.st_dev == control->dev &&
	    st.st_ino == control->ino)
		unlink(control->path);
	free(control);
}
