// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flood RATE SECONDS FILE: sends the IPv6 packets of a file, over and over, at RATE per second, as a
 * host would that forges them: whatever their source address says. FILE: packets one after another,
 * whole, each as long as its header says.
 *
 * Prints one JSON object at its end or on SIGTERM: {"sent", "failed", "bytes", "seconds"}. Behind its
 * time it catches up in bursts of at most BURST; it never sleeps longer than a millisecond.
 */
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define PACKETS_MAX 65536
#define HEADER 40
#define BURST 64

static uint8_t *data;
static struct iovec packets[PACKETS_MAX];
static struct sockaddr_in6 targets[PACKETS_MAX];
static size_t packet_count;
static volatile sig_atomic_t stopped;

static void on_signal(int signo)
{
	(void)signo;
	stopped = 1;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int load(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t size = 0, n, room = 1 << 24;

	if (f == NULL)
		return -errno;
	data = malloc(room);
	if (data == NULL) {
		fclose(f);
		return -ENOMEM;
	}
	while ((n = fread(data + size, 1, room - size, f)) > 0)
		size += n;
	fclose(f);
	for (size_t at = 0; packet_count < PACKETS_MAX && at + HEADER <= size;) {
		size_t len = HEADER + (size_t)(data[at + 4] << 8 | data[at + 5]);

		if (len > size - at)
			return -EBADMSG;
		packets[packet_count] = (struct iovec){.iov_base = data + at, .iov_len = len};
		targets[packet_count].sin6_family = AF_INET6;
		memcpy(&targets[packet_count].sin6_addr, data + at + 24, 16);
		packet_count++;
		at += len;
	}
	return packet_count > 0 ? 0 : -ENODATA;
}

int main(int argc, char **argv)
{
	double rate = argc == 4 ? strtod(argv[1], NULL) : 0, seconds, start, elapsed = 0;
	uint64_t sent = 0, failed = 0, bytes = 0, due;
	const struct timespec pause = {.tv_nsec = 500000};
	int fd, error;

	if (rate < 1) {
		fputs("Usage: flood RATE SECONDS FILE\n", stderr);
		return 2;
	}
	seconds = strtod(argv[2], NULL);
	error = load(argv[3]);
	fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
	if (error == 0 && fd < 0)
		error = -errno;
	if (error != 0) {
		fprintf(stderr, "flood: %s: %s\n", argv[3], strerror(-error));
		return 1;
	}
	signal(SIGTERM, on_signal);
	start = now();
	while (!stopped && (elapsed = now() - start) < seconds) {
		struct mmsghdr messages[BURST] = {0};
		unsigned int count = 0;
		int n;

		due = (uint64_t)(elapsed * rate);
		for (; count < BURST && sent + failed + count < due; count++) {
			size_t i = (size_t)((sent + failed + count) % packet_count);

			messages[count].msg_hdr.msg_iov = &packets[i];
			messages[count].msg_hdr.msg_iovlen = 1;
			messages[count].msg_hdr.msg_name = &targets[i];
			messages[count].msg_hdr.msg_namelen = sizeof(targets[i]);
		}
		if (count == 0) {
			nanosleep(&pause, NULL);
			continue;
		}
		n = sendmmsg(fd, messages, count, 0);
		if (n <= 0) {
			failed++; /* the first of them */
			continue;
		}
		sent += (uint64_t)n;
		for (int i = 0; i < n; i++)
			bytes += messages[i].msg_len;
	}
	printf("{\"sent\": %llu, \"failed\": %llu, \"bytes\": %llu, \"seconds\": %.3f}\n",
	       (unsigned long long)sent, (unsigned long long)failed, (unsigned long long)bytes,
	       elapsed);
	free(data);
	return 0;
}
