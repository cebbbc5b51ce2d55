// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The answering end of the traffic tool. TCP: the first line says what the client wants: "lines
 * FLOW" (everything is echoed) or "bulk FLOW SEED RATE" (pseudo-random content, RATE octets a
 * second, until the client writes anything more, then the checksum). UDP: each flow gets a stream
 * back at the interval that its datagrams ask for, whether or not the client's datagrams arrive,
 * until it says good-bye.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "traffic.h"

#define BULK_TICK_NS 5000000
#define UDP_FLOW_MAX 4096

enum conn_kind {
	CONN_NEW,
	CONN_LINES,
	CONN_BULK,
};

struct conn {
	struct source source; /* first: cast back */
	enum conn_kind kind;
	uint32_t flow;
	uint8_t in[4096]; /* received, not handled yet */
	size_t in_len;
	uint8_t out[TRAFFIC_CHUNK_MAX + sizeof(struct frame)];
	size_t out_len, out_done;
	struct content content;
	uint64_t rate;
	bool ending; /* bulk: the checksum is in out; close when it is written */
};

struct udp_flow {
	struct source source;
	struct sockaddr_in6 peer;
	uint32_t flow;
	uint32_t seq; /* next to send */
	uint32_t received;
	uint32_t interval_us;
	uint32_t size;
	bool used;
};

static struct udp_flow udp_flows[UDP_FLOW_MAX];
static int udp_fd;

static void conn_release(struct source *source)
{
	close(source->fd);
	free(source);
}

/* Write what is pending; false: the connection is over. */
static bool conn_write(struct conn *conn)
{
	while (conn->out_done < conn->out_len) {
		ssize_t n = send(conn->source.fd, conn->out + conn->out_done,
		                 conn->out_len - conn->out_done, MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN) {
			conn->source.events = POLLIN | POLLOUT;
			return true;
		}
		if (n < 0)
			return false;
		conn->out_done += (size_t)n;
	}
	conn->out_len = conn->out_done = 0;
	conn->source.events = POLLIN;
	return !conn->ending;
}

static void conn_bulk_due(struct source *source, int64_t now)
{
	struct conn *conn = (struct conn *)source;
	struct frame frame = {0};
	size_t len = (size_t)(conn->rate * BULK_TICK_NS / 1000000000);

	source->due_ns += BULK_TICK_NS;
	if (source->due_ns < now)
		source->due_ns = now + BULK_TICK_NS; /* was asleep: no burst to catch up */
	if (conn->out_len)
		return;
	if (len == 0)
		len = 1;
	if (len > TRAFFIC_CHUNK_MAX)
		len = TRAFFIC_CHUNK_MAX;
	frame.len = (uint32_t)len;
	content_fill(&conn->content, conn->out + sizeof(frame), len);
	memcpy(conn->out, &frame, sizeof(frame));
	conn->out_len = sizeof(frame) + len;
	conn->source.dead = !conn_write(conn);
}

static void conn_bulk_end(struct conn *conn)
{
	struct frame frame = {.sum = conn->content.sum};

	memcpy(conn->out + conn->out_len, &frame, sizeof(frame));
	conn->out_len += sizeof(frame);
	conn->source.due_ns = INT64_MAX;
	conn->ending = true;
}

/* The first line; false: not understood. */
static bool conn_start(struct conn *conn)
{
	uint8_t *end = memchr(conn->in, '\n', conn->in_len);
	unsigned int flow, seed;
	unsigned long long rate;
	size_t len;

	if (!end)
		return conn->in_len < 100;
	*end = 0;
	len = (size_t)(end - conn->in) + 1;
	if (sscanf((char *)conn->in, "bulk %u %u %llu", &flow, &seed, &rate) == 3) {
		conn->kind = CONN_BULK;
		conn->rate = rate;
		content_init(&conn->content, seed);
		conn->source.due_ns = now_ns();
	} else if (sscanf((char *)conn->in, "lines %u", &flow) == 1) {
		conn->kind = CONN_LINES;
	} else {
		return false;
	}
	conn->flow = flow;
	conn->in_len -= len;
	memmove(conn->in, conn->in + len, conn->in_len);
	return true;
}

static bool conn_echo(struct conn *conn)
{
	size_t done = 0;

	while (conn->in_len - done >= TRAFFIC_LINE_LEN &&
	       sizeof(conn->out) - conn->out_len >= TRAFFIC_LINE_LEN) {
		char line[TRAFFIC_LINE_LEN + 1] = "";
		unsigned int seq = 0;
		unsigned long long tx = 0;

		memcpy(line, conn->in + done, TRAFFIC_LINE_LEN);
		sscanf(line, "%u %llu", &seq, &tx);
		record_write(RECORD_LINE, conn->flow, seq, tx, now_ns());
		memcpy(conn->out + conn->out_len, line, TRAFFIC_LINE_LEN);
		conn->out_len += TRAFFIC_LINE_LEN;
		done += TRAFFIC_LINE_LEN;
	}
	conn->in_len -= done;
	memmove(conn->in, conn->in + done, conn->in_len);
	return conn_write(conn);
}

static void conn_ready(struct source *source, short revents)
{
	struct conn *conn = (struct conn *)source;
	ssize_t n;

	if (revents & POLLOUT && !conn_write(conn)) {
		source->dead = true;
		return;
	}
	if (!(revents & (POLLIN | POLLERR | POLLHUP)))
		return;
	n = recv(source->fd, conn->in + conn->in_len, sizeof(conn->in) - conn->in_len,
	         MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) { /* the client is done */
		source->dead = true;
		return;
	}
	conn->in_len += (size_t)n;
	if (conn->kind == CONN_NEW && !conn_start(conn)) {
		source->dead = true;
		return;
	}
	if (conn->kind == CONN_LINES)
		source->dead = !conn_echo(conn);
	if (conn->kind == CONN_BULK && conn->in_len > 0 && !conn->ending) {
		conn_bulk_end(conn);
		source->dead = !conn_write(conn);
	}
}

static void listener_ready(struct source *source, short revents)
{
	struct conn *conn;
	int fd = accept4(source->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)revents;
	if (fd < 0)
		return;
	conn = calloc(1, sizeof(*conn));
	if (!conn)
		die("out of memory");
	conn->source = (struct source){
		.fd = fd,
		.events = POLLIN,
		.due_ns = INT64_MAX,
		.ready = conn_ready,
		.due = conn_bulk_due,
		.release = conn_release,
	};
	loop_add(&conn->source);
}

static void udp_flow_send(struct udp_flow *flow, enum datagram_type type)
{
	uint8_t data[TRAFFIC_DATAGRAM_MAX] = {0};
	struct datagram head = {
		.magic = TRAFFIC_MAGIC,
		.flow = (uint16_t)flow->flow,
		.type = (uint16_t)type,
		.seq = flow->seq,
		.count = flow->received,
		.tx_ns = (uint64_t)now_ns(),
	};

	memcpy(data, &head, sizeof(head));
	sendto(udp_fd, data, flow->size, MSG_DONTWAIT, (struct sockaddr *)&flow->peer,
	       sizeof(flow->peer));
	if (type == DATAGRAM_DATA)
		flow->seq++;
}

static void udp_flow_due(struct source *source, int64_t now)
{
	struct udp_flow *flow = (struct udp_flow *)source;

	while (source->due_ns <= now) {
		udp_flow_send(flow, DATAGRAM_DATA);
		source->due_ns += (int64_t)flow->interval_us * 1000;
	}
}

static void udp_handle(const struct datagram *head, const struct sockaddr_in6 *from, int64_t rx_ns)
{
	struct udp_flow *flow = &udp_flows[head->flow % UDP_FLOW_MAX];

	if (!flow->used && head->type == DATAGRAM_DATA) {
		*flow = (struct udp_flow){
			.source = {.fd = -1, .due_ns = INT64_MAX, .due = udp_flow_due},
			.flow = head->flow,
			.interval_us = head->interval_us,
			.size = head->size < sizeof(*head) ? (uint32_t)sizeof(*head) : head->size,
			.used = true,
		};
		if (flow->size > TRAFFIC_DATAGRAM_MAX)
			flow->size = TRAFFIC_DATAGRAM_MAX;
		if (flow->interval_us)
			flow->source.due_ns = now_ns();
		loop_add(&flow->source);
	}
	if (!flow->used)
		return;
	flow->peer = *from;
	if (head->type == DATAGRAM_DATA) {
		flow->received++;
		record_write(RECORD_UDP, head->flow, head->seq, head->tx_ns, rx_ns);
	} else if (head->type == DATAGRAM_BYE) {
		flow->source.dead = true; /* sends no more, but goes on to answer good-byes */
		record_flush(); /* with the answer the client's owner may read the log */
		udp_flow_send(flow, DATAGRAM_BYE_ACK);
	}
}

static void udp_ready(struct source *source, short revents)
{
	uint8_t data[TRAFFIC_DATAGRAM_MAX];
	struct sockaddr_in6 from;
	struct datagram head;
	int64_t rx_ns;

	(void)revents;
	for (;;) {
		ssize_t n = receive_stamped(source->fd, data, sizeof(data), &from, sizeof(from),
		                            &rx_ns);

		if (n < 0)
			return; /* EAGAIN, or an ICMP error of a flow that is over */
		if ((size_t)n < sizeof(head))
			continue;
		memcpy(&head, data, sizeof(head));
		if (head.magic == TRAFFIC_MAGIC)
			udp_handle(&head, &from, rx_ns);
	}
}

int server_main(int argc, char **argv)
{
	static const struct option options[] = {
		{"port", required_argument, NULL, 'p'},
		{"log", required_argument, NULL, 'l'},
		{0},
	};
	static struct source listener, udp;
	struct sockaddr_in6 addr = {.sin6_family = AF_INET6};
	const char *log = NULL;
	int opt, one = 1;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (opt == 'p')
			addr.sin6_port = htons((uint16_t)atoi(optarg));
		else if (opt == 'l')
			log = optarg;
		else
			return 2;
	}
	record_open(log);
	listener = (struct source){
		.fd = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
		.events = POLLIN,
		.due_ns = INT64_MAX,
		.ready = listener_ready,
	};
	udp_fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	udp = (struct source){
		.fd = udp_fd, .events = POLLIN, .due_ns = INT64_MAX, .ready = udp_ready};
	if (listener.fd < 0 || udp.fd < 0)
		die("socket: %s", strerror(errno));
	setsockopt(listener.fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener.fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(listener.fd, 64) ||
	    bind(udp.fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("port %d: %s", ntohs(addr.sin6_port), strerror(errno));
	socket_stamp(udp.fd);
	loop_add(&listener);
	loop_add(&udp);
	puts("{\"event\": \"ready\"}");
	loop_run();
	return 0;
}
