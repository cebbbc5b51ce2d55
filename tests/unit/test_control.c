// SPDX-License-Identifier: GPL-2.0-or-later
/* The control socket: requests and events, and clients that do not behave. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/control.h"
#include "io/log.h"
#include "io_fixture.h"

#define DEADLINE (10 * MIP6_S)

static struct ev_loop *loop;
static struct control *control;
static unsigned int changes;

static struct json_object *run_echo(void *ctx, struct json_object *request, const char **ret_code,
                                    const char **ret_text)
{
	(void)ctx;
	(void)ret_code;
	(void)ret_text;
	return json_object_get(request);
}

static struct json_object *run_find(void *ctx, struct json_object *request, const char **ret_code,
                                    const char **ret_text)
{
	struct mip6_addr addr;

	(void)ctx;
	*ret_code = control_get_addr(request, "hoa", &addr) < 0 ? "bad-request" : "not-found";
	*ret_text = "no such home address";
	return NULL;
}

static struct json_object *run_change(void *ctx, struct json_object *request, const char **ret_code,
                                      const char **ret_text)
{
	(void)ctx;
	(void)request;
	(void)ret_code;
	(void)ret_text;
	changes++;
	return json_object_new_object();
}

/* An event from inside a request of a subscriber. */
static struct json_object *run_publish(void *ctx, struct json_object *request,
                                       const char **ret_code, const char **ret_text)
{
	(void)ctx;
	(void)request;
	(void)ret_code;
	(void)ret_text;
	for (unsigned int i = 0; i < 300; i++) {
		struct json_object *event = json_object_new_object();
		char text[8192];

		memset(text, 'e', sizeof(text));
		text[sizeof(text) - 1] = '\0';
		control_add_string(event, "fill", text);
		control_publish(control, "big", event);
	}
	return json_object_new_object();
}

static struct json_object *run_huge(void *ctx, struct json_object *request, const char **ret_code,
                                    const char **ret_text)
{
	struct json_object *answer = json_object_new_object();
	char *text = malloc(2 * 1024 * 1024);

	(void)ctx;
	(void)request;
	(void)ret_code;
	(void)ret_text;
	memset(text, 'h', 2 * 1024 * 1024 - 1);
	text[2 * 1024 * 1024 - 1] = '\0';
	control_add_string(answer, "fill", text);
	free(text);
	return answer;
}

static const struct control_command commands[] = {
	{"echo", true, run_echo},       {"find", true, run_find}, {"change", false, run_change},
	{"publish", true, run_publish}, {"huge", true, run_huge}, {NULL, false, NULL},
};

static void setup(void)
{
	io_fixture_setup();
	changes = 0;
	loop = ev_loop_new(EVFLAG_AUTO);
	ck_assert_int_eq(
		control_open(&control, loop, io_path("run/sock"), "mip6-test", commands, NULL), 0);
}

static void teardown(void)
{
	control_close(control);
	ev_loop_destroy(loop);
	io_fixture_teardown();
}

struct peer {
	int fd;
	char in[2 * 1024 * 1024];
	size_t len;
};

static struct peer peers[2];

static int peer_connect(void)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", io_path("run/sock"));
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ev_run(loop, EVRUN_NOWAIT);
	return fd;
}

static struct peer *peer_open(unsigned int n)
{
	peers[n].fd = peer_connect();
	peers[n].len = 0;
	return &peers[n];
}

/* Run the daemon's loop until the peer has a line (returned without LF), or its connection ended.
 */
static const char *peer_line(struct peer *peer)
{
	static char line[sizeof(peers[0].in)];
	mip6_time deadline = clock_monotonic() + DEADLINE;

	while (clock_monotonic() < deadline) {
		char *end = memchr(peer->in, '\n', peer->len);
		ssize_t n;

		if (end != NULL) {
			size_t len = (size_t)(end - peer->in);

			memcpy(line, peer->in, len);
			line[len] = '\0';
			peer->len -= len + 1;
			memmove(peer->in, end + 1, peer->len);
			return line;
		}
		ev_run(loop, EVRUN_NOWAIT);
		n = read(peer->fd, peer->in + peer->len, sizeof(peer->in) - peer->len);
		if (n == 0 || (n < 0 && errno != EAGAIN))
			return NULL;
		peer->len += n > 0 ? (size_t)n : 0;
	}
	ck_abort_msg("no line and no end within 10 s");
	return NULL;
}

static void peer_send(struct peer *peer, const char *text, size_t len)
{
	mip6_time deadline = clock_monotonic() + DEADLINE;

	while (len > 0 && clock_monotonic() < deadline) {
		ssize_t n = send(peer->fd, text, len, MSG_NOSIGNAL);

		ck_assert(n > 0 || errno == EAGAIN);
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
		ev_run(loop, EVRUN_NOWAIT);
	}
	ck_assert_uint_eq(len, 0);
}

static const char *peer_ask(struct peer *peer, const char *text)
{
	peer_send(peer, text, strlen(text));
	peer_send(peer, "\n", 1);
	return peer_line(peer);
}

static void expect_error(struct peer *peer, const char *request, const char *code)
{
	char part[64];
	const char *line = peer_ask(peer, request);

	snprintf(part, sizeof(part), "{\"error\":{\"code\":\"%s\",\"text\":\"", code);
	ck_assert_msg(line != NULL && strncmp(line, part, strlen(part)) == 0, "%s -> %s", request,
	              line);
}

START_TEST(test_requests)
{
	struct peer *peer = peer_open(0);

	ck_assert_str_eq(peer_ask(peer, "{\"command\":\"version\"}"),
	                 "{\"ok\":{\"daemon\":\"mip6-test\",\"version\":\"" MIP6_VERSION
	                 "\",\"protocol\":1}}");
	ck_assert_str_eq(peer_ask(peer, " {\"command\":\"echo\", \"x\":[1,{\"y\":null}]} \r"),
	                 "{\"ok\":{\"command\":\"echo\",\"x\":[1,{\"y\":null}]}}");
	ck_assert_str_eq(peer_ask(peer, "{\"command\":\"change\"}"), "{\"ok\":{}}");
	ck_assert_uint_eq(changes, 1);
	expect_error(peer, "{\"command\":\"nothing\"}", "unknown-command");
	expect_error(peer, "{\"command\":\"find\"}", "bad-request");
	expect_error(peer, "{\"command\":\"find\",\"hoa\":7}", "bad-request");
	expect_error(peer, "{\"command\":\"find\",\"hoa\":\"::1\"}", "not-found");
	expect_error(peer, "{\"command\":\"huge\"}", "failed");
	close(peer->fd);
}
END_TEST

static const char *const garbage[] = {
	"x",
	"{",
	"}",
	"[]",
	"\"version\"",
	"7",
	"null",
	"{}",
	"{\"command\":7}",
	"{\"command\":null}",
	"{'command':'version'}",
	"{\"command\":\"version\"} x",
	"{\"command\":\"version\"}{}",
	"{\"command\":\"\xff\"}",
	"{\"command\":\"version\",}",
	"[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]",
	"\x01\x02\x03",
	"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":1}}}}}}}}}",
};

START_TEST(test_garbage)
{
	struct peer *peer = peer_open(0);

	expect_error(peer, garbage[_i], "bad-request");
	ck_assert_str_eq(peer_ask(peer, "{\"command\":\"change\"}"), "{\"ok\":{}}");
	close(peer->fd);
}
END_TEST

START_TEST(test_split)
{
	static const char text[] = "{\"command\":\"change\"}\n\n\r\n{\"command\":\"change\"}\n";
	struct peer *peer = peer_open(0);

	for (size_t i = 0; i < strlen(text); i++)
		peer_send(peer, text + i, 1);
	ck_assert_str_eq(peer_line(peer), "{\"ok\":{}}");
	ck_assert_str_eq(peer_line(peer), "{\"ok\":{}}");
	ck_assert_uint_eq(changes, 2);
	close(peer->fd);
}
END_TEST

START_TEST(test_long_line)
{
	static char text[70000];
	struct peer *peer = peer_open(0);
	struct control_counters counters;

	memset(text, ' ', sizeof(text));
	memcpy(text, "{\"command\":\"change\"}", 20);
	text[65534] = '\n';
	peer_send(peer, text, 65535);
	ck_assert_str_eq(peer_line(peer), "{\"ok\":{}}");
	text[65534] = ' ';
	peer_send(peer, text, 65536);
	ck_assert_ptr_nonnull(strstr(peer_line(peer), "\"bad-request\""));
	ck_assert_ptr_null(peer_line(peer));
	close(peer->fd);
	control_counters_get(control, &counters);
	ck_assert_uint_eq(counters.clients, 0);
	ck_assert_uint_eq(counters.bad_requests, 1);
}
END_TEST

/* Answers wait in the client's own buffers; the daemon takes up no more requests meanwhile. */
START_TEST(test_no_reading)
{
	static char request[5000];
	struct peer *peer = peer_open(0);
	unsigned int sent = 0, answers = 0;
	size_t at = 0;

	snprintf(request, sizeof(request), "{\"command\":\"echo\",\"x\":\"%0*d\"}\n", 4900, 0);
	for (unsigned int idle = 0; idle < 100;) {
		ssize_t n = send(peer->fd, request + at, strlen(request) - at, MSG_NOSIGNAL);

		idle = n > 0 ? 0 : idle + 1;
		at += n > 0 ? (size_t)n : 0;
		if (at == strlen(request)) {
			at = 0;
			sent++;
		}
		ck_assert_uint_lt(sent, 4000);
		ev_run(loop, EVRUN_NOWAIT);
	}
	while (at > 0) {
		ssize_t n = send(peer->fd, request + at, strlen(request) - at, MSG_NOSIGNAL);

		if (n > 0 && (at += (size_t)n) == strlen(request)) {
			at = 0;
			sent++;
		}
		if (n <= 0)
			answers += peer_line(peer) != NULL;
	}
	while (answers < sent) {
		ck_assert_ptr_nonnull(peer_line(peer));
		answers++;
	}
	close(peer->fd);
}
END_TEST

START_TEST(test_events)
{
	struct peer *one = peer_open(0), *two = peer_open(1);
	struct json_object *event = json_object_new_object();
	const char *line;

	ck_assert(!control_has_subscribers(control));
	control_publish(control, "unheard", json_object_new_object());
	ck_assert_str_eq(peer_ask(one, "{\"command\":\"subscribe\"}"), "{\"ok\":{}}");
	ck_assert_str_eq(peer_ask(two, "{\"command\":\"change\"}"), "{\"ok\":{}}");
	ck_assert(control_has_subscribers(control));
	control_add_string(event, "operator", "a\xff\x1b");
	control_publish(control, "bound", event);
	line = peer_line(one);
	ck_assert_int_eq(strncmp(line, "{\"event\":\"bound\",\"time_us\":", 27), 0);
	ck_assert_ptr_nonnull(strstr(line, ",\"operator\":\"a?\\u001b\"}"));
	ck_assert_str_eq(peer_ask(two, "{\"command\":\"change\"}"), "{\"ok\":{}}");
	close(one->fd);
	ck_assert_str_eq(peer_ask(two, "{\"command\":\"change\"}"), "{\"ok\":{}}");
	ck_assert(!control_has_subscribers(control));
	close(two->fd);
}
END_TEST

/* A subscriber that does not read is cut off; everybody else is served on. */
START_TEST(test_slow_reader)
{
	struct peer *slow = peer_open(0), *other = peer_open(1);
	struct control_counters counters;

	ck_assert_str_eq(peer_ask(slow, "{\"command\":\"subscribe\"}"), "{\"ok\":{}}");
	ck_assert_str_eq(peer_ask(other, "{\"command\":\"publish\"}"), "{\"ok\":{}}");
	ck_assert(!control_has_subscribers(control));
	ck_assert_str_eq(peer_ask(other, "{\"command\":\"change\"}"), "{\"ok\":{}}");
	control_counters_get(control, &counters);
	ck_assert_uint_eq(counters.cut_off, 1);
	ck_assert_uint_eq(counters.clients, 1);
	while (peer_line(slow) != NULL)
		;
	close(slow->fd);
	/* Also when it is cut off in the middle of its own request. */
	slow = peer_open(0);
	ck_assert_str_eq(peer_ask(slow, "{\"command\":\"subscribe\"}"), "{\"ok\":{}}");
	peer_send(slow, "{\"command\":\"publish\"}\n{\"command\":\"publish\"}\n", 44);
	while (peer_line(slow) != NULL)
		;
	ck_assert_str_eq(peer_ask(other, "{\"command\":\"change\"}"), "{\"ok\":{}}");
	close(slow->fd);
	close(other->fd);
}
END_TEST

START_TEST(test_many_clients)
{
	struct control_counters counters;
	int fds[80];
	char text[256] = "";
	ssize_t n;

	for (size_t i = 0; i < 80; i++)
		fds[i] = peer_connect();
	ev_run(loop, EVRUN_NOWAIT);
	n = read(fds[31], text, sizeof(text) - 1);
	ck_assert(n < 0 && errno == EAGAIN);
	n = read(fds[79], text, sizeof(text) - 1);
	ck_assert(n == 0 || strstr(text, "\"busy\"") != NULL);
	control_counters_get(control, &counters);
	ck_assert_uint_le(counters.clients, 64);
	ck_assert_uint_ge(counters.refused, 48);
	for (size_t i = 0; i < 80; i++)
		close(fds[i]);
	for (mip6_time end = clock_monotonic() + DEADLINE; clock_monotonic() < end;) {
		ev_run(loop, EVRUN_NOWAIT);
		control_counters_get(control, &counters);
		if (counters.clients == 0)
			break;
	}
	ck_assert_uint_eq(counters.clients, 0);
	ck_assert_str_eq(peer_ask(peer_open(0), "{\"command\":\"change\"}"), "{\"ok\":{}}");
}
END_TEST

START_TEST(test_second_daemon)
{
	struct control *second;
	struct stat st;

	ck_assert_int_eq(control_open(&second, loop, io_path("run/sock"), "second", commands, NULL),
	                 -EADDRINUSE);
	ck_assert_int_eq(stat(io_path("run/sock"), &st), 0);
	ck_assert(S_ISSOCK(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07, 0);
	ck_assert_int_eq(stat(io_path("run"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0755);
	io_write("file", "", 0, 0600);
	ck_assert_int_eq(control_open(&second, loop, io_path("file"), "second", commands, NULL),
	                 -EEXIST);
	ck_assert(io_exists("file"));
}
END_TEST

/* A daemon that was killed leaves its socket: the next one takes the place. */
START_TEST(test_stale)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct control *second;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", io_path("stale"));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	close(fd);
	ck_assert(io_exists("stale"));
	ck_assert_int_eq(control_open(&second, loop, io_path("stale"), "second", commands, NULL),
	                 0);
	control_close(second);
	ck_assert(!io_exists("stale"));
}
END_TEST

/* Root opens the door for others: they get in, are told so, and nothing is done for them. */
START_TEST(test_other_user)
{
	struct control_counters counters;
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	char text[256] = "";
	int status;
	pid_t pid;

	if (geteuid() != 0)
		return; /* cannot become somebody else */
	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", io_path("run/sock"));
	ck_assert_int_eq(chmod(sun.sun_path, 0666), 0);
	ck_assert_int_eq(chmod(io_path("."), 0755), 0);
	pid = fork();
	if (pid == 0) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		if (setgroups(0, NULL) < 0 || setgid(12345) < 0 || setuid(12345) < 0 ||
		    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
			_exit(2);
		if (send(fd, "{\"command\":\"change\"}\n", 21, MSG_NOSIGNAL) < 0)
			_exit(3);
		while (strchr(text, '\n') == NULL)
			if (read(fd, text + strlen(text), sizeof(text) - 1 - strlen(text)) <= 0)
				_exit(4);
		_exit(strstr(text, "\"not-allowed\"") != NULL ? 0 : 5);
	}
	for (mip6_time end = clock_monotonic() + DEADLINE; clock_monotonic() < end;) {
		ev_run(loop, EVRUN_NOWAIT);
		if (waitpid(pid, &status, WNOHANG) == pid)
			break;
	}
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	ck_assert_uint_eq(changes, 0);
	control_counters_get(control, &counters);
	ck_assert_uint_eq(counters.not_allowed, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("control");
	TCase *tcase = tcase_create("control");
	SRunner *runner = srunner_create(suite);
	int failed;

	log_init("test", 0);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, test_requests);
	tcase_add_loop_test(tcase, test_garbage, 0, sizeof(garbage) / sizeof(garbage[0]));
	tcase_add_test(tcase, test_split);
	tcase_add_test(tcase, test_long_line);
	tcase_add_test(tcase, test_no_reading);
	tcase_add_test(tcase, test_events);
	tcase_add_test(tcase, test_slow_reader);
	tcase_add_test(tcase, test_many_clients);
	tcase_add_test(tcase, test_second_daemon);
	tcase_add_test(tcase, test_stale);
	tcase_add_test(tcase, test_other_user);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
