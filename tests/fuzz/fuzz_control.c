// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any octets from a client of the control socket: afterwards the daemon still answers another
 * client, and with the same answer as before.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz.h"
#include "io/control.h"
#include "io/log.h"

static struct ev_loop *loop;
static struct control *control;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int witness;

static struct json_object *run_echo(void *ctx, struct json_object *request, const char **ret_code,
                                    const char **ret_text)
{
	struct mip6_addr addr;

	(void)ctx;
	if (control_get_addr(request, "hoa", &addr) == 0) {
		*ret_code = "not-found";
		*ret_text = addr_text(&addr);
		return NULL;
	}
	control_publish(control, "echo", NULL);
	return json_object_get(request);
}

static const struct control_command commands[] = {{"echo", true, run_echo}, {NULL, false, NULL}};

static int connect_peer(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	FUZZ_CHECK(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	ev_run(loop, EVRUN_NOWAIT);
	return fd;
}

static void remove_socket(void)
{
	control_close(control);
}

static void setup(void)
{
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/mip6-fuzz-%ld.sock",
	         (long)getpid());
	log_init("fuzz", 0);
	loop = ev_default_loop(0);
	FUZZ_CHECK(control_open(&control, loop, address.sun_path, "fuzz", commands, NULL) == 0);
	atexit(remove_socket);
	witness = connect_peer();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char request[] = "{\"command\":\"version\"}\n",
			  start[] = "{\"ok\":{\"daemon\":\"fuzz\",";
	static char text[65536];
	size_t sent = 0, got = 0;
	int fd;

	if (loop == NULL)
		setup();
	fd = connect_peer();
	for (unsigned int idle = 0; sent < len && idle < 8; idle++) {
		ssize_t n = send(fd, data + sent, len - sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			break;
		if (n > 0) {
			sent += (size_t)n;
			idle = 0;
		}
		ev_run(loop, EVRUN_NOWAIT);
		while (read(fd, text, sizeof(text)) > 0)
			idle = 0;
	}
	ev_run(loop, EVRUN_NOWAIT);
	close(fd);
	FUZZ_CHECK(send(witness, request, strlen(request), MSG_NOSIGNAL) ==
	           (ssize_t)strlen(request));
	for (unsigned int i = 0; i < 100 && got == 0; i++) {
		ssize_t n;

		ev_run(loop, EVRUN_NOWAIT);
		n = read(witness, text, sizeof(text));
		got = n > 0 ? (size_t)n : 0;
	}
	FUZZ_CHECK(got > strlen(start) && memcmp(text, start, strlen(start)) == 0);
	return 0;
}
