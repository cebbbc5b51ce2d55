// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * traffic: the connections of the network tests, the demo and the benchmark. `traffic server` answers,
 * `traffic client` keeps any number of flows (interactive TCP, bulk TCP with checked content, UDP in
 * both directions) as its standard input tells it. Every packet received is logged with its times.
 *
 * This file: the poll loop, the log, clocks. It never decides what counts as an interruption: the
 * readers of the log do.
 */
#include "traffic.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>

#define SOURCE_MAX 1024
#define FLUSH_NS 50000000

static struct source *sources[SOURCE_MAX];
static size_t source_count;
static bool stopped;
static FILE *record_file;
static int64_t record_flushed;

void die(const char *format, ...)
{
	va_list args;

	fputs("traffic: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

int64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

void loop_add(struct source *source)
{
	if (source_count == SOURCE_MAX)
		die("more than %d flows", SOURCE_MAX);
	sources[source_count++] = source;
}

void loop_stop(void)
{
	stopped = true;
}

static void loop_bury(void)
{
	size_t kept = 0;

	for (size_t i = 0; i < source_count; i++) {
		if (!sources[i]->dead)
			sources[kept++] = sources[i];
		else if (sources[i]->release)
			sources[i]->release(sources[i]);
	}
	source_count = kept;
}

static void loop_turn(void)
{
	static struct pollfd fds[SOURCE_MAX];
	size_t polled = source_count; /* a handler may add sources: they wait for the next turn */
	int64_t now = now_ns(), wake = INT64_MAX;
	struct timespec timeout;
	int n;

	for (size_t i = 0; i < polled; i++) {
		fds[i].fd = sources[i]->fd;
		fds[i].events = sources[i]->events;
		fds[i].revents = 0;
		if (sources[i]->due_ns < wake)
			wake = sources[i]->due_ns;
	}
	if (record_file && wake > record_flushed + FLUSH_NS)
		wake = record_flushed + FLUSH_NS;
	if (wake < now)
		wake = now;
	timeout.tv_sec = (time_t)((wake - now) / 1000000000);
	timeout.tv_nsec = (long)((wake - now) % 1000000000);
	n = ppoll(fds, polled, wake == INT64_MAX ? NULL : &timeout, NULL);
	if (n < 0 && errno != EINTR)
		die("ppoll: %s", strerror(errno));
	now = now_ns();
	for (size_t i = 0; i < polled; i++) {
		struct source *source = sources[i];

		if (!source->dead && source->due_ns <= now)
			source->due(source, now);
		if (!source->dead && n > 0 && fds[i].revents)
			source->ready(source, fds[i].revents);
	}
	loop_bury();
	if (record_file && now - record_flushed >= FLUSH_NS) {
		record_flush();
		record_flushed = now;
	}
}

void loop_run(void)
{
	/* A timer's slack of 50 µs is the better part of what is to be measured. */
	prctl(PR_SET_TIMERSLACK, 1UL);
	while (!stopped)
		loop_turn();
	record_flush();
}

void record_open(const char *path)
{
	if (!path)
		return;
	record_file = fopen(path, "we");
	if (!record_file)
		die("%s: %s", path, strerror(errno));
}

void record_write(enum record_kind kind, uint32_t flow, uint32_t seq, uint64_t tx_ns, int64_t rx_ns)
{
	struct record record = {
		.rx_ns = (uint64_t)rx_ns,
		.tx_ns = tx_ns,
		.seq = seq,
		.flow = (uint16_t)flow,
		.kind = (uint16_t)kind,
	};

	if (record_file && fwrite(&record, sizeof(record), 1, record_file) != 1)
		die("writing the log: %s", strerror(errno));
}

void record_flush(void)
{
	if (record_file)
		fflush(record_file);
}

void content_init(struct content *content, uint32_t seed)
{
	content->state = 0x9e3779b97f4a7c15ull ^ ((uint64_t)seed << 17 | seed);
	content->sum = 0xcbf29ce484222325ull;
}

/* xorshift64* */
static uint8_t content_next(struct content *content)
{
	uint64_t x = content->state;
	uint8_t octet;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	content->state = x;
	octet = (uint8_t)((x * 0x2545f4914f6cdd1dull) >> 56);
	content->sum = (content->sum ^ octet) * 0x100000001b3ull;
	return octet;
}

void content_fill(struct content *content, uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		data[i] = content_next(content);
}

bool content_check(struct content *content, const uint8_t *data, size_t len)
{
	bool same = true;

	for (size_t i = 0; i < len; i++)
		same &= data[i] == content_next(content);
	return same;
}

void socket_stamp(int fd)
{
	int one = 1;

	if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof(one)))
		die("SO_TIMESTAMPNS: %s", strerror(errno));
}

ssize_t receive_stamped(int fd, void *data, size_t cap, struct sockaddr_in6 *ret_from, int64_t *ret_ns)
{
	union {
		struct cmsghdr align;
		char space[CMSG_SPACE(sizeof(struct timespec))];
	} control;
	struct iovec iov = { data, cap };
	struct msghdr msg = {
		.msg_name = ret_from,
		.msg_namelen = ret_from ? sizeof(*ret_from) : 0,
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(fd, &msg, MSG_DONTWAIT);

	if (n < 0)
		return n;
	*ret_ns = now_ns();
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c)) {
		struct timespec ts;
		int64_t age;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		age = clock_ns(CLOCK_REALTIME) - ((int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec);
		if (age > 0 && age < 1000000000) /* unless the wall clock was set meanwhile */
			*ret_ns -= age;
	}
	return n;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc >= 2 && !strcmp(argv[1], "server"))
		return server_main(argc - 1, argv + 1);
	if (argc >= 2 && !strcmp(argv[1], "client"))
		return client_main(argc - 1, argv + 1);
	fputs("usage: traffic server --port N [--log FILE]\n"
	      "       traffic client [--log FILE]   (commands on standard input)\n",
	      stderr);
	return 2;
}
