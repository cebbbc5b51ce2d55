// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The opening end of the traffic tool. Standard input commands it, a line each:
 *
 *   open FLOW lines|bulk|udp DST PORT [src=ADDR] [interval-us=N] [size=N] [seed=N] [rate=N]
 * [oneway=1] close FLOW quit
 *
 * Standard output answers with a JSON object a line: "open" (with the local address and how long it
 * took to connect), "closed" (with the counts, after everything under way has arrived), "broken"
 * (with the reason). End of standard input ends the program.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"

#define FLOW_MAX 4096
#define BYE_NS 50000000 /* between good-byes */
#define BYE_MAX 200

enum flow_kind {
	FLOW_LINES,
	FLOW_BULK,
	FLOW_UDP,
};

static const char *const flow_kind_names[] = {"lines", "bulk", "udp"};

struct flow {
	struct source source; /* first: cast back */
	enum flow_kind kind;
	uint32_t id;
	bool connecting, closing, mismatch;
	int64_t opened_ns;
	uint32_t interval_us, size, seed;
	bool oneway; /* UDP: nothing comes back */
	uint64_t rate;
	uint32_t sent, received, peer_sent, peer_received, send_errors;
	unsigned int byes;
	char line[TRAFFIC_LINE_LEN]; /* being sent */
	size_t line_done;            /* 0: none */
	uint8_t in[8192];
	size_t in_len;
	struct content content;
	struct frame frame;
	size_t frame_len;    /* octets of the frame header that are here */
	uint32_t frame_left; /* octets of its data still to come */
	uint64_t octets;
	bool complete; /* bulk: the checksum came and is right */
};

static struct flow *flows[FLOW_MAX];

static void flow_release(struct source *source)
{
	struct flow *flow = (struct flow *)source;

	if (source->fd >= 0)
		close(source->fd);
	if (flows[flow->id] == flow)
		flows[flow->id] = NULL;
	free(flow);
}

static void flow_break(struct flow *flow, const char *why)
{
	record_flush();
	printf("{\"event\": \"broken\", \"flow\": %" PRIu32
	       ", \"kind\": \"%s\", \"at_ns\": %" PRId64 ", \"error\": \"%s\"}\n",
	       flow->id, flow_kind_names[flow->kind], now_ns(), why);
	flow->source.dead = true;
}

static void flow_closed(struct flow *flow)
{
	bool ok = flow->kind == FLOW_UDP || (flow->kind == FLOW_BULK && flow->complete) ||
	          (flow->kind == FLOW_LINES && flow->sent == flow->received && !flow->mismatch);

	record_flush();
	printf("{\"event\": \"closed\", \"flow\": %" PRIu32
	       ", \"kind\": \"%s\", \"at_ns\": %" PRId64 ", \"ok\": %s, \"sent\": %" PRIu32
	       ", \"received\": %" PRIu32 ", \"peer_sent\": %" PRIu32
	       ", \"peer_received\": %" PRIu32 ", \"send_errors\": %" PRIu32
	       ", \"octets\": %" PRIu64 ", \"sum\": \"%016" PRIx64 "\"}\n",
	       flow->id, flow_kind_names[flow->kind], now_ns(), ok ? "true" : "false", flow->sent,
	       flow->received, flow->peer_sent, flow->peer_received, flow->send_errors,
	       flow->octets, flow->content.sum);
	flow->source.dead = true;
}

static void flow_opened(struct flow *flow)
{
	struct sockaddr_in6 local = {0};
	socklen_t len = sizeof(local);
	char text[INET6_ADDRSTRLEN];
	int64_t now = now_ns();

	getsockname(flow->source.fd, (struct sockaddr *)&local, &len);
	inet_ntop(AF_INET6, &local.sin6_addr, text, sizeof(text));
	printf("{\"event\": \"open\", \"flow\": %" PRIu32 ", \"kind\": \"%s\", \"at_ns\": %" PRId64
	       ", \"local\": \"%s\", \"port\": %u, \"connect_us\": %" PRId64 "}\n",
	       flow->id, flow_kind_names[flow->kind], now, text, ntohs(local.sin6_port),
	       (now - flow->opened_ns) / 1000);
}

static void udp_send(struct flow *flow, enum datagram_type type)
{
	uint8_t data[TRAFFIC_DATAGRAM_MAX] = {0};
	struct datagram head = {
		.magic = TRAFFIC_MAGIC,
		.flow = (uint16_t)flow->id,
		.type = (uint16_t)type,
		.seq = flow->sent,
		.interval_us = flow->oneway ? 0 : flow->interval_us,
		.size = flow->size,
		.tx_ns = (uint64_t)now_ns(),
	};

	memcpy(data, &head, sizeof(head));
	if (send(flow->source.fd, data, flow->size, MSG_DONTWAIT) < 0)
		flow->send_errors++; /* a lost packet like any other */
	if (type == DATAGRAM_DATA)
		flow->sent++;
}

static void udp_due(struct flow *flow, int64_t now)
{
	if (flow->closing) {
		if (flow->byes++ == BYE_MAX) {
			flow_break(flow, "no answer to the good-bye");
			return;
		}
		udp_send(flow, DATAGRAM_BYE);
		flow->source.due_ns = now + BYE_NS;
		return;
	}
	while (flow->source.due_ns <= now) {
		udp_send(flow, DATAGRAM_DATA);
		flow->source.due_ns += (int64_t)flow->interval_us * 1000;
	}
}

static void udp_receive(struct flow *flow)
{
	uint8_t data[TRAFFIC_DATAGRAM_MAX];
	struct datagram head;
	int64_t rx_ns;

	for (;;) {
		ssize_t n = receive_stamped(flow->source.fd, data, sizeof(data), NULL, 0, &rx_ns);

		if (n < 0)
			return; /* EAGAIN, or an ICMP error: the stream goes on */
		if ((size_t)n < sizeof(head))
			continue;
		memcpy(&head, data, sizeof(head));
		if (head.magic != TRAFFIC_MAGIC || head.flow != flow->id)
			continue;
		if (head.type == DATAGRAM_DATA) {
			flow->received++;
			record_write(RECORD_UDP, flow->id, head.seq, head.tx_ns, rx_ns);
		} else if (head.type == DATAGRAM_BYE_ACK && flow->closing) {
			flow->peer_sent = head.seq;
			flow->peer_received = head.count;
			flow_closed(flow);
			return;
		}
	}
}

/* Send what is left of the line; false: the socket takes no more now, or the flow is broken. */
static bool lines_write(struct flow *flow)
{
	while (flow->line_done < TRAFFIC_LINE_LEN) {
		ssize_t n = send(flow->source.fd, flow->line + flow->line_done,
		                 TRAFFIC_LINE_LEN - flow->line_done, MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			return false;
		if (n < 0) {
			flow_break(flow, strerrorname_np(errno));
			return false;
		}
		flow->line_done += (size_t)n;
	}
	return true;
}

static void lines_due(struct flow *flow, int64_t now)
{
	if (!lines_write(flow)) {
		flow->source.due_ns = now + (int64_t)flow->interval_us * 1000;
		return;
	}
	if (flow->closing) { /* the last line is out: the echoes of all, then the end, follow */
		shutdown(flow->source.fd, SHUT_WR);
		flow->source.due_ns = INT64_MAX;
		return;
	}
	snprintf(flow->line, sizeof(flow->line), "%" PRIu32 " %" PRId64, flow->sent, now);
	memset(flow->line + strlen(flow->line), ' ', TRAFFIC_LINE_LEN - strlen(flow->line));
	flow->line[TRAFFIC_LINE_LEN - 1] = '\n';
	flow->line_done = 0;
	flow->sent++;
	flow->source.due_ns += (int64_t)flow->interval_us * 1000;
	if (flow->source.due_ns <= now)
		flow->source.due_ns = now + (int64_t)flow->interval_us * 1000;
	lines_write(flow);
}

static void lines_handle(struct flow *flow)
{
	while (flow->in_len >= TRAFFIC_LINE_LEN) {
		char line[TRAFFIC_LINE_LEN + 1] = "";
		unsigned int seq = 0;
		unsigned long long tx = 0;

		memcpy(line, flow->in, TRAFFIC_LINE_LEN);
		if (sscanf(line, "%u %llu", &seq, &tx) != 2 || seq != flow->received)
			flow->mismatch = true;
		flow->received++;
		record_write(RECORD_ECHO, flow->id, seq, tx, now_ns());
		flow->in_len -= TRAFFIC_LINE_LEN;
		memmove(flow->in, flow->in + TRAFFIC_LINE_LEN, flow->in_len);
	}
}

static void bulk_frame_end(struct flow *flow)
{
	flow->frame_left = flow->frame.len;
	if (flow->frame.len == 0)
		flow->complete = flow->frame.sum == flow->content.sum && !flow->mismatch;
	else
		flow->frame_len = 0;
}

static void bulk_handle(struct flow *flow)
{
	size_t at = 0;

	while (at < flow->in_len) {
		size_t n = flow->in_len - at;

		if (flow->frame_left) {
			if (n > flow->frame_left)
				n = flow->frame_left;
			if (!content_check(&flow->content, flow->in + at, n))
				flow->mismatch = true;
			flow->frame_left -= (uint32_t)n;
			flow->octets += n;
			at += n;
			continue;
		}
		if (n > sizeof(flow->frame) - flow->frame_len)
			n = sizeof(flow->frame) - flow->frame_len;
		if (n == 0) { /* data after the end */
			flow->mismatch = true;
			break;
		}
		memcpy((uint8_t *)&flow->frame + flow->frame_len, flow->in + at, n);
		flow->frame_len += n;
		at += n;
		if (flow->frame_len == sizeof(flow->frame))
			bulk_frame_end(flow);
	}
	flow->in_len = 0;
	record_write(RECORD_BULK, flow->id, 0, flow->octets, now_ns());
	if (flow->mismatch)
		flow_break(flow, "content differs");
}

static void tcp_receive(struct flow *flow)
{
	ssize_t n = recv(flow->source.fd, flow->in + flow->in_len, sizeof(flow->in) - flow->in_len,
	                 MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0) {
		flow_break(flow, strerrorname_np(errno));
		return;
	}
	if (n == 0) {
		if (flow->closing && (flow->kind == FLOW_LINES || flow->complete))
			flow_closed(flow);
		else
			flow_break(flow, "closed by the other end");
		return;
	}
	flow->in_len += (size_t)n;
	if (flow->kind == FLOW_LINES)
		lines_handle(flow);
	else
		bulk_handle(flow);
}

static void tcp_connected(struct flow *flow)
{
	char hello[64];
	int error = 0, one = 1, len;
	socklen_t size = sizeof(error);

	getsockopt(flow->source.fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error) {
		flow_break(flow, strerrorname_np(error));
		return;
	}
	flow->connecting = false;
	flow->source.events = POLLIN;
	setsockopt(flow->source.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (flow->kind == FLOW_BULK)
		len = snprintf(hello, sizeof(hello), "bulk %u %u %llu\n", flow->id, flow->seed,
		               (unsigned long long)flow->rate);
	else
		len = snprintf(hello, sizeof(hello), "lines %u\n", flow->id);
	if (send(flow->source.fd, hello, (size_t)len, 0) != len) {
		flow_break(flow, strerrorname_np(errno));
		return;
	}
	if (flow->kind == FLOW_LINES)
		flow->source.due_ns = now_ns();
	flow_opened(flow);
}

static void flow_ready(struct source *source, short revents)
{
	struct flow *flow = (struct flow *)source;

	(void)revents;
	if (flow->connecting)
		tcp_connected(flow);
	else if (flow->kind == FLOW_UDP)
		udp_receive(flow);
	else
		tcp_receive(flow);
}

static void flow_due(struct source *source, int64_t now)
{
	struct flow *flow = (struct flow *)source;

	if (flow->kind == FLOW_UDP)
		udp_due(flow, now);
	else
		lines_due(flow, now);
}

static bool flow_option(struct flow *flow, const char *text, struct sockaddr_in6 *src)
{
	char *value = strchr(text, '=');

	if (!value)
		return false;
	value++;
	if (!strncmp(text, "src=", 4))
		return inet_pton(AF_INET6, value, &src->sin6_addr) == 1;
	if (!strncmp(text, "interval-us=", 12))
		flow->interval_us = (uint32_t)strtoul(value, NULL, 10);
	else if (!strncmp(text, "size=", 5))
		flow->size = (uint32_t)strtoul(value, NULL, 10);
	else if (!strncmp(text, "seed=", 5))
		flow->seed = (uint32_t)strtoul(value, NULL, 10);
	else if (!strncmp(text, "rate=", 5))
		flow->rate = strtoull(value, NULL, 10);
	else if (!strncmp(text, "oneway=", 7))
		flow->oneway = *value == '1';
	else
		return false;
	return true;
}

static void flow_connect(struct flow *flow, const struct sockaddr_in6 *src,
                         const struct sockaddr_in6 *dst)
{
	int type = flow->kind == FLOW_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket: %s", strerror(errno));
	flow->source.fd = fd;
	flow->opened_ns = now_ns();
	loop_add(&flow->source);
	flows[flow->id] = flow;
	if (!IN6_IS_ADDR_UNSPECIFIED(&src->sin6_addr) &&
	    bind(fd, (const struct sockaddr *)src, sizeof(*src))) {
		flow_break(flow, strerrorname_np(errno));
		return;
	}
	if (connect(fd, (const struct sockaddr *)dst, sizeof(*dst)) && errno != EINPROGRESS) {
		flow_break(flow, strerrorname_np(errno));
		return;
	}
	if (flow->kind == FLOW_UDP) {
		socket_stamp(fd);
		flow->source.due_ns = now_ns();
		flow_opened(flow);
	} else {
		flow->connecting = true;
		flow->source.events = POLLOUT;
	}
}

static void command_open(char **save)
{
	struct sockaddr_in6 src = {.sin6_family = AF_INET6}, dst = src;
	const char *id = strtok_r(NULL, " ", save), *kind = strtok_r(NULL, " ", save);
	const char *addr = strtok_r(NULL, " ", save), *port = strtok_r(NULL, " ", save);
	struct flow *flow = calloc(1, sizeof(*flow));

	if (!flow)
		die("out of memory");
	if (!id || !kind || !addr || !port || inet_pton(AF_INET6, addr, &dst.sin6_addr) != 1)
		die("open: FLOW KIND DST PORT expected");
	dst.sin6_port = htons((uint16_t)atoi(port));
	flow->id = (uint32_t)strtoul(id, NULL, 10);
	flow->kind = !strcmp(kind, "udp")    ? FLOW_UDP
	             : !strcmp(kind, "bulk") ? FLOW_BULK
	                                     : FLOW_LINES;
	if (flow->id >= FLOW_MAX || flows[flow->id])
		die("open: flow %s is in use or too large", id);
	flow->interval_us = 20000;
	flow->size = 100;
	flow->seed = flow->id;
	flow->rate = 1000000;
	for (const char *opt; (opt = strtok_r(NULL, " ", save));)
		if (!flow_option(flow, opt, &src))
			die("open: %s?", opt);
	if (flow->size < sizeof(struct datagram) || flow->size > TRAFFIC_DATAGRAM_MAX ||
	    flow->interval_us == 0)
		die("open: size or interval out of range");
	content_init(&flow->content, flow->seed);
	flow->line_done = TRAFFIC_LINE_LEN;
	flow->source = (struct source){
		.fd = -1,
		.events = POLLIN,
		.due_ns = INT64_MAX,
		.ready = flow_ready,
		.due = flow_due,
		.release = flow_release,
	};
	flow_connect(flow, &src, &dst);
}

static void command_close(char **save)
{
	const char *id = strtok_r(NULL, " ", save);
	struct flow *flow = id ? flows[strtoul(id, NULL, 10) % FLOW_MAX] : NULL;

	if (!flow || flow->source.dead)
		return; /* broken already: that was reported */
	flow->closing = true;
	if (flow->connecting)
		flow_break(flow, "closed while connecting");
	else if (flow->kind == FLOW_BULK)
		send(flow->source.fd, "stop\n", 5, MSG_DONTWAIT);
	else
		flow->source.due_ns = now_ns();
}

static void command(char *line)
{
	char *save, *word = strtok_r(line, " ", &save);

	if (!word)
		return;
	if (!strcmp(word, "open"))
		command_open(&save);
	else if (!strcmp(word, "close"))
		command_close(&save);
	else if (!strcmp(word, "quit"))
		loop_stop();
	else
		die("unknown command %s", word);
}

static void stdin_ready(struct source *source, short revents)
{
	static char input[8192];
	static size_t len;
	char *end;
	ssize_t n = read(source->fd, input + len, sizeof(input) - len - 1);

	(void)revents;
	if (n <= 0) {
		loop_stop();
		return;
	}
	len += (size_t)n;
	while ((end = memchr(input, '\n', len))) {
		size_t used = (size_t)(end - input) + 1;

		*end = 0;
		command(input);
		len -= used;
		memmove(input, input + used, len);
	}
}

int client_main(int argc, char **argv)
{
	static const struct option options[] = {{"log", required_argument, NULL, 'l'}, {0}};
	static struct source commands;
	const char *log = NULL;
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt != 'l')
			return 2;
		log = optarg;
	}
	record_open(log);
	commands = (struct source){
		.fd = STDIN_FILENO,
		.events = POLLIN,
		.due_ns = INT64_MAX,
		.ready = stdin_ready,
	};
	loop_add(&commands);
	loop_run();
	return 0;
}
