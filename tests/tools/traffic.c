// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * traffic: the connections of the network tests, the demo and the benchmark. `traffic server`
 * answers, `traffic client` keeps any number of flows (interactive TCP, bulk TCP with checked
 * content, UDP in both directions) as its standard input tells it. Every packet received is logged
 * with its times.
 *
 * This file: the poll loop and the log. It never decides what counts as an interruption: the
 * readers of the log do.
 */
#include "traffic.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#define SOURCE_MAX 1024
#define FLUSH_NS 50000000

static struct source *sources[SOURCE_MAX];
static size_t source_count;
static bool stopped;
static FILE *record_file;
static int64_t record_flushed;

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
