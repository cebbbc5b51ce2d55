// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Connecting to a daemon, asking, and listening. It trusts the daemon with the length of its lines,
 * but waits for no answer longer than CLIENT_TIMEOUT_MS: a daemon that hangs must not hang its
 * operator.
 */
#include "client.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define CLIENT_TIMEOUT_MS 10000
#define CLIENT_LINE_MAX (4 * 1024 * 1024)
#define CLIENT_PROTOCOL 1

static enum ctl_exit client_explain(const char *path, const char *daemon, int error, bool quiet)
{
	switch (error) {
	case ENOENT:
	case ECONNREFUSED:
		if (!quiet)
			fprintf(stderr,
			        "mip6ctl: %s does not run (%s: %s).\n"
			        "Start it with: systemctl start %s\n",
			        daemon, path, strerror(error), daemon);
		return CTL_EXIT_NOT_RUNNING;
	case EACCES:
	case EPERM:
		fprintf(stderr,
		        "mip6ctl: no permission for %s.\n"
		        "Run it as root (sudo mip6ctl ...), or join group mip6 to look without "
		        "changing.\n",
		        path);
		return CTL_EXIT_PERMISSION;
	default:
		fprintf(stderr, "mip6ctl: %s: %s\n", path, strerror(error));
		return CTL_EXIT_CONNECTION;
	}
}

void client_close(struct client *client)
{
	if (client->fd >= 0)
		close(client->fd);
	free(client->in);
	client->in = NULL;
	client->in_start = client->in_len = client->in_cap = 0;
	client->fd = -1;
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool client_has_line(const struct client *client)
{
	return client->in_len > 0 &&
	       memchr(client->in + client->in_start, '\n', client->in_len) != NULL;
}

/* More input; false when there will be none. */
static bool client_fill(struct client *client)
{
	ssize_t n;

	if (client->in_start > 0) {
		memmove(client->in, client->in + client->in_start, client->in_len);
		client->in_start = 0;
	}
	if (client->in_len == client->in_cap) {
		size_t cap = client->in_cap > 0 ? client->in_cap * 2 : 65536;
		char *in = cap <= CLIENT_LINE_MAX ? realloc(client->in, cap) : NULL;

		if (in == NULL)
			return false;
		client->in = in;
		client->in_cap = cap;
	}
	n = read(client->fd, client->in + client->in_len, client->in_cap - client->in_len);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return true;
	if (n <= 0)
		return false;
	client->in_len += (size_t)n;
	return true;
}

struct json_object *client_next(struct client *client, int timeout_ms)
{
	int64_t deadline = now_ms() + timeout_ms;
	struct json_object *object;
	char *line, *end;

	while (!client_has_line(client)) {
		int64_t left = timeout_ms < 0 ? -1 : deadline - now_ms();
		struct pollfd pfd = {.fd = client->fd, .events = POLLIN};
		int n = poll(&pfd, 1, timeout_ms < 0 ? -1 : left > 0 ? (int)left : 0);

		if (n <= 0)
			return NULL;
		if (!client_fill(client)) {
			client_close(client);
			return NULL;
		}
	}
	line = client->in + client->in_start;
	end = memchr(line, '\n', client->in_len);
	*end = '\0';
	object = json_tokener_parse(line);
	client->in_start += (size_t)(end + 1 - line);
	client->in_len -= (size_t)(end + 1 - line);
	if (object == NULL)
		client_close(client);
	return object;
}

static bool client_send(struct client *client, struct json_object *request)
{
	const char *text = json_object_to_json_string_ext(request, JSON_C_TO_STRING_PLAIN);
	struct iovec parts[2] = {{(void *)(uintptr_t)text, strlen(text)},
	                         {(void *)(uintptr_t) "\n", 1}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

	/* A blocking socket takes it whole; requests are small. */
	return sendmsg(client->fd, &message, MSG_NOSIGNAL) == (ssize_t)(parts[0].iov_len + 1);
}

static const char *member_text(struct json_object *object, const char *key)
{
	struct json_object *value;

	return json_object_object_get_ex(object, key, &value) ? json_object_get_string(value) : "";
}

enum ctl_exit client_request(struct client *client, struct json_object *request,
                             struct json_object **ret)
{
	struct json_object *answer = NULL, *content;
	enum ctl_exit code = CTL_EXIT_CONNECTION;

	if (client_send(client, request))
		answer = client_next(client, CLIENT_TIMEOUT_MS);
	if (answer == NULL) {
		fprintf(stderr, "mip6ctl: %s: %s\n", client->path,
		        client->fd < 0 ? "the daemon closed the connection"
		                       : "no answer from the daemon within 10 s");
	} else if (json_object_object_get_ex(answer, "ok", &content)) {
		*ret = json_object_get(content);
		code = CTL_EXIT_OK;
	} else if (json_object_object_get_ex(answer, "error", &content)) {
		bool denied = strcmp(member_text(content, "code"), "not-allowed") == 0;

		fprintf(stderr, "mip6ctl: %s\n", member_text(content, "text"));
		code = denied ? CTL_EXIT_PERMISSION : CTL_EXIT_REFUSED;
	} else {
		fprintf(stderr, "mip6ctl: %s: the answer is not understood\n", client->path);
	}
	json_object_put(answer);
	return code;
}

static enum ctl_exit client_handshake(struct client *client)
{
	struct json_object *request = json_object_new_object(), *answer, *protocol;
	enum ctl_exit code;

	json_object_object_add(request, "command", json_object_new_string("version"));
	code = client_request(client, request, &answer);
	json_object_put(request);
	if (code != CTL_EXIT_OK)
		return code;
	snprintf(client->daemon, sizeof(client->daemon), "%s", member_text(answer, "daemon"));
	if (!json_object_object_get_ex(answer, "protocol", &protocol) ||
	    json_object_get_int(protocol) != CLIENT_PROTOCOL) {
		fprintf(stderr,
		        "mip6ctl: %s speaks another control protocol: use the mip6ctl of version "
		        "%s\n",
		        client->daemon, member_text(answer, "version"));
		code = CTL_EXIT_CONNECTION;
	}
	json_object_put(answer);
	return code;
}

enum ctl_exit client_open(struct client *client, const char *path, const char *expected, bool quiet)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	enum ctl_exit code;

	*client = (struct client){.fd = -1, .path = path};
	if (strlen(path) >= sizeof(sun.sun_path))
		return client_explain(path, expected, ENAMETOOLONG, quiet);
	memcpy(sun.sun_path, path, strlen(path));
	client->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 || connect(client->fd, (struct sockaddr *)&sun, sizeof(sun)) < 0) {
		int error = errno;

		client_close(client);
		return client_explain(path, expected, error, quiet);
	}
	code = client_handshake(client);
	if (code != CTL_EXIT_OK)
		client_close(client);
	return code;
}
