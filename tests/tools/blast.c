// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * blast INTERFACE MAC CPU: puts IPv6 packets on a link as fast as one processor can, for the benchmark of
 * the gateways' forwarding: what follows (the gateway, the link behind it) runs on that processor too.
 *
 * Reads lines `COUNT PACKET` (hexadecimal, without link-layer header) from standard input, sends the
 * packet so often, and answers each with a line `SENT NANOSECONDS`.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define PACKET_MAX 2048
/* Less than the queue of a processor takes (net.core.netdev_max_backlog). */
#define BURST 64

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static size_t parse_hex(const char *text, uint8_t *data, size_t max)
{
	size_t len = 0;
	unsigned int octet;

	while (len < max && sscanf(text + 2 * len, "%2x", &octet) == 1)
		data[len++] = (uint8_t)octet;
	return len;
}

static unsigned long blast(int fd, const struct sockaddr_ll *to, uint8_t *packet, size_t len,
                           unsigned long count)
{
	struct iovec iov = {packet, len};
	struct mmsghdr messages[BURST] = {0};
	unsigned long sent = 0;

	for (size_t i = 0; i < BURST; i++) {
		messages[i].msg_hdr.msg_name = (void *)(uintptr_t)to;
		messages[i].msg_hdr.msg_namelen = sizeof(*to);
		messages[i].msg_hdr.msg_iov = &iov;
		messages[i].msg_hdr.msg_iovlen = 1;
	}
	while (sent < count) {
		unsigned long left = count - sent;
		int n = sendmmsg(fd, messages, left < BURST ? (unsigned int)left : BURST, 0);

		if (n <= 0)
			break;
		sent += (unsigned long)n;
		sched_yield(); /* what the kernel put off */
	}
	return sent;
}

int main(int argc, char **argv)
{
	static char line[2 * PACKET_MAX + 32];
	static uint8_t packet[PACKET_MAX];
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_halen = ETH_ALEN};
	unsigned int mac[ETH_ALEN];
	cpu_set_t cpus;
	int fd;

	if (argc != 4 || sscanf(argv[2], "%x:%x:%x:%x:%x:%x", mac, mac + 1, mac + 2, mac + 3,
	                        mac + 4, mac + 5) != ETH_ALEN) {
		fputs("Usage: blast INTERFACE MAC CPU\n", stderr);
		return 2;
	}
	for (size_t i = 0; i < ETH_ALEN; i++)
		to.sll_addr[i] = (uint8_t)mac[i];
	to.sll_ifindex = (int)if_nametoindex(argv[1]);
	to.sll_protocol = __builtin_bswap16(ETH_P_IPV6);
	CPU_ZERO(&cpus);
	CPU_SET(strtoul(argv[3], NULL, 10), &cpus);
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sched_setaffinity(0, sizeof(cpus), &cpus) < 0) {
		fprintf(stderr, "blast: %s\n", strerror(errno));
		return 1;
	}
	while (fgets(line, sizeof(line), stdin) != NULL) {
		char *text;
		unsigned long count = strtoul(line, &text, 10), sent;
		size_t len = parse_hex(text + (*text == ' '), packet, sizeof(packet));
		int64_t start = now_ns();

		sent = blast(fd, &to, packet, len, count);
		printf("%lu %lld\n", sent, (long long)(now_ns() - start));
		fflush(stdout);
	}
	return 0;
}
