// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The RADIUS client: one connected UDP socket per server, opened when it is first needed; one slot
 * per question, whose number is the identifier of its packets. Retransmission as RFC 5080 section
 * 2.2.1 (its shape; the times are shorter, as a WTRU waits and retransmits itself).
 *
 * What an answer says is not judged here. ICMP errors are not believed: anybody can send them.
 */
#include "io/radius.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"

#define TRANSMISSIONS 3           /* to one server; the wait doubles each time, ± 10 % */
#define SILENT_TIME (30 * MIP6_S) /* a server that did not answer is passed over */
#define READS_PER_TURN 64         /* of one socket */

struct server {
	struct radius_server_config config;
	struct radius *radius;
	ev_io watcher;
	int fd; /* -1: not open */
	mip6_time silent_until;
	bool silent; /* the last question was not answered */
};

struct question {
	struct radius *radius;
	bool used;
	uint32_t query;
	struct radius_request request;
	struct server *server;
	unsigned int asked; /* servers so far */
	unsigned int transmissions;
	ev_timer timer;
};

struct radius {
	struct ev_loop *loop;
	const mip6_time *now;
	unsigned int first_wait_ms;
	struct radius_handler handler;
	struct mip6_addr source;
	size_t count;
	struct server servers[RADIUS_SERVERS_MAX];
	struct question questions[RADIUS_QUESTIONS_MAX];
	size_t next; /* where the search for a free slot begins: identifiers rest before they come
	                again */
	uint64_t stats[RADIUS_STAT_COUNT];
	struct log_limit log_silent, log_bad;
};

const char *radius_stat_name(enum radius_stat stat)
{
	static const char *const names[RADIUS_STAT_COUNT] = {
		[RADIUS_STAT_SENT] = "sent",
		[RADIUS_STAT_RETRANSMITTED] = "retransmitted",
		[RADIUS_STAT_ACCEPTED] = "accepted",
		[RADIUS_STAT_REJECTED] = "rejected",
		[RADIUS_STAT_UNANSWERED] = "unanswered",
		[RADIUS_STAT_BAD_FORM] = "bad-form",
		[RADIUS_STAT_NOT_AUTHENTIC] = "not-authentic",
	};

	return stat < RADIUS_STAT_COUNT ? names[stat] : "unknown";
}

static void forget(struct question *q)
{
	ev_timer_stop(q->radius->loop, &q->timer);
	mip6_auth_wipe(&q->request, sizeof(q->request));
	q->used = false;
}

/* --- servers --- */

static bool same_text(const char *a, const char *b)
{
	for (; *a != '\0' || *b != '\0'; a++, b++) {
		char x = *a, y = *b;

		x = (char)(x >= 'A' && x <= 'Z' ? x + 32 : x);
		y = (char)(y >= 'A' && y <= 'Z' ? y + 32 : y);
		if (x != y)
			return false;
	}
	return true;
}

static bool is_for(const struct radius_server_config *config, const char *nai)
{
	const char *at = strrchr(nai, '@');

	return at != NULL && same_text(at + 1, config->realm);
}

static bool passed_over(const struct server *server)
{
	return server->silent_until > *server->radius->now;
}

/* The first server for nai that answers, or the first of all. NULL: none. */
static struct server *first_server(struct radius *radius, const char *nai)
{
	struct server *first = NULL;

	for (size_t i = 0; i < radius->count; i++) {
		struct server *s = &radius->servers[i];

		if (!is_for(&s->config, nai))
			continue;
		if (!passed_over(s))
			return s;
		first = first != NULL ? first : s;
	}
	return first;
}

static void close_server(struct server *server)
{
	if (server->fd < 0)
		return;
	ev_io_stop(server->radius->loop, &server->watcher);
	close(server->fd);
	server->fd = -1;
}

static struct sockaddr_in6 socket_address(const struct mip6_addr *addr, uint16_t port)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	memcpy(&to.sin6_addr, addr->b, sizeof(addr->b));
	return to;
}

static void on_readable(struct ev_loop *loop, ev_io *watcher, int events);

static int open_server(struct server *server)
{
	const struct radius *radius = server->radius;
	struct sockaddr_in6 to = socket_address(&server->config.address, server->config.port);
	struct sockaddr_in6 from = socket_address(&radius->source, 0);
	int fd, error;

	if (server->fd >= 0)
		return 0;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	/* A server knows its clients by their address; not one of ours at the moment: any. */
	if (!mip6_addr_is_unspecified(&radius->source) &&
	    bind(fd, (const struct sockaddr *)&from, sizeof(from)) < 0)
		log_debug("radius source=%s error=\"%s\"", addr_text(&radius->source),
		          strerror(errno));
	if (connect(fd, (const struct sockaddr *)&to, sizeof(to)) < 0) {
		error = -errno;
		close(fd);
		return error;
	}
	server->fd = fd;
	ev_io_init(&server->watcher, on_readable, fd, EV_READ);
	server->watcher.data = server;
	ev_io_start(radius->loop, &server->watcher);
	return 0;
}

static void set_silent(struct server *server, bool silent)
{
	server->silent_until = silent ? *server->radius->now + SILENT_TIME : INT64_MIN;
	if (silent && !server->silent)
		log_limited(&server->radius->log_silent, *server->radius->now, LOG_LEVEL_WARNING,
		            "radius server=%s realm=%s does not answer: is it up, and is its "
		            "secret for us the same?",
		            addr_text(&server->config.address), server->config.realm);
	else if (!silent && server->silent)
		log_info("radius server=%s realm=%s answers again",
		         addr_text(&server->config.address), server->config.realm);
	server->silent = silent;
}

const struct radius_server_config *radius_silent(const struct radius *radius, size_t n)
{
	for (size_t i = 0; i < radius->count; i++)
		if (radius->servers[i].silent && n-- == 0)
			return &radius->servers[i].config;
	return NULL;
}

/* --- questions --- */

static void transmit(struct question *q)
{
	struct radius *radius = q->radius;
	double wait = radius->first_wait_ms / 1e3 * (double)(1u << q->transmissions);
	uint8_t data[RADIUS_PACKET_MAX];
	size_t len = radius_encode(&q->request, q->server->config.secret, data, sizeof(data));

	/* What cannot be sent is lost like what is lost on the way. */
	if (open_server(q->server) == 0 && len > 0 && send(q->server->fd, data, len, 0) < 0 &&
	    errno == ECONNREFUSED)
		(void)!send(q->server->fd, data, len, 0); /* that was of an earlier one */
	radius->stats[RADIUS_STAT_SENT]++;
	if (q->transmissions++ > 0)
		radius->stats[RADIUS_STAT_RETRANSMITTED]++;
	wait *= 0.9 + (double)(clock_random() % 1024) / 5120.;
	ev_timer_stop(radius->loop, &q->timer);
	ev_timer_set(&q->timer, wait, 0.);
	ev_timer_start(radius->loop, &q->timer);
}

/* The first transmission to this server: its own unpredictable authenticator. */
static void start(struct question *q, struct server *server)
{
	for (size_t i = 0; i < RADIUS_AUTHENTICATOR_LEN; i += 4) {
		uint32_t random = clock_random();

		memcpy(q->request.authenticator + i, &random, sizeof(random));
	}
	q->server = server;
	q->transmissions = 0;
	q->asked++;
	transmit(q);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct question *q = timer->data;
	struct radius *radius = q->radius;
	struct server *next;
	uint32_t query = q->query;

	(void)loop;
	(void)events;
	if (q->transmissions < TRANSMISSIONS) {
		transmit(q);
		return;
	}
	set_silent(q->server, true);
	next = q->asked < RADIUS_REALM_SERVERS_MAX ? first_server(radius, q->request.nai) : NULL;
	if (next != NULL && !passed_over(next)) {
		start(q, next);
		return;
	}
	forget(q);
	radius->stats[RADIUS_STAT_UNANSWERED]++;
	radius->handler.unanswered(radius->handler.ctx, query);
}

int radius_ask(struct radius *radius, uint32_t query, const struct radius_request *request)
{
	struct server *server = first_server(radius, request->nai);
	struct question *q = NULL;
	size_t slot = radius->next;

	if (server == NULL)
		return -ENOENT;
	for (size_t i = 0; i < RADIUS_QUESTIONS_MAX && q == NULL; i++) {
		slot = (radius->next + i) % RADIUS_QUESTIONS_MAX;
		if (!radius->questions[slot].used)
			q = &radius->questions[slot];
	}
	if (q == NULL)
		return -EBUSY;
	radius->next = (slot + 1) % RADIUS_QUESTIONS_MAX;
	*q = (struct question){.radius = radius, .used = true, .query = query, .request = *request};
	q->request.id = (uint8_t)slot;
	ev_init(&q->timer, on_timer);
	q->timer.data = q;
	start(q, server);
	return 0;
}

static void take(struct server *server, const uint8_t *data, size_t len)
{
	struct radius *radius = server->radius;
	struct question *q = &radius->questions[len > 1 ? data[1] : 0];
	struct radius_answer answer;
	enum radius_result result = RADIUS_BAD_FORM;
	uint32_t query = q->query;

	_Static_assert(RADIUS_QUESTIONS_MAX == 256, "an identifier is a slot");
	if (q->used && q->server == server)
		result = radius_decode(&q->request, server->config.secret, data, len, &answer);
	else if (len > 1)
		return; /* an answer that came twice, or too late */
	switch (result) {
	case RADIUS_BAD_FORM:
	case RADIUS_NOT_AUTHENTIC:
		/* The true one may still come. */
		radius->stats[result == RADIUS_BAD_FORM ? RADIUS_STAT_BAD_FORM
		                                        : RADIUS_STAT_NOT_AUTHENTIC]++;
		log_limited(&radius->log_bad, *radius->now, LOG_LEVEL_WARNING,
		            "radius server=%s answer ignored reason=\"%s\"",
		            addr_text(&server->config.address),
		            result == RADIUS_BAD_FORM
		                    ? "malformed, or without Message-Authenticator"
		                    : "not authentic: forged, or another secret");
		return;
	case RADIUS_ACCEPT:
	case RADIUS_REJECT:
		break;
	}
	set_silent(server, false);
	radius->stats[result == RADIUS_ACCEPT ? RADIUS_STAT_ACCEPTED : RADIUS_STAT_REJECTED]++;
	forget(q);
	radius->handler.answered(radius->handler.ctx, query, result,
	                         result == RADIUS_ACCEPT ? &answer : NULL);
	mip6_auth_wipe(&answer, sizeof(answer));
}

static void on_readable(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct server *server = watcher->data;
	uint8_t data[RADIUS_PACKET_MAX + 1];

	(void)loop;
	(void)events;
	for (unsigned int i = 0; i < READS_PER_TURN && server->fd >= 0; i++) {
		ssize_t len = recv(server->fd, data, sizeof(data), 0);

		if (len < 0 && errno == ECONNREFUSED)
			continue; /* what an ICMP error leaves behind */
		if (len < 0)
			return;
		take(server, data, (size_t)len);
	}
}

/* --- configuration, start, end --- */

static bool same_servers(const struct radius *radius, const struct radius_server_config *servers,
                         size_t count, const struct mip6_addr *source)
{
	for (size_t i = 0; i < count && i < radius->count; i++)
		if (memcmp(&radius->servers[i].config, &servers[i], sizeof(servers[i])) != 0)
			return false;
	return radius->count == count && mip6_addr_equal(&radius->source, source);
}

static void end_all(struct radius *radius, bool tell)
{
	for (size_t i = 0; i < RADIUS_QUESTIONS_MAX; i++) {
		struct question *q = &radius->questions[i];
		uint32_t query = q->query;

		if (!q->used)
			continue;
		forget(q);
		if (tell)
			radius->handler.unanswered(radius->handler.ctx, query);
	}
	for (size_t i = 0; i < radius->count; i++)
		close_server(&radius->servers[i]);
}

void radius_configure(struct radius *radius, const struct radius_server_config *servers,
                      size_t count, const struct mip6_addr *source)
{
	count = count < RADIUS_SERVERS_MAX ? count : RADIUS_SERVERS_MAX;
	if (same_servers(radius, servers, count, source))
		return;
	end_all(radius, true);
	mip6_auth_wipe(radius->servers, sizeof(radius->servers));
	radius->count = count;
	radius->source = *source;
	for (size_t i = 0; i < radius->count; i++)
		radius->servers[i] = (struct server){.config = servers[i],
		                                     .radius = radius,
		                                     .fd = -1,
		                                     .silent_until = INT64_MIN};
}

bool radius_serves(const struct radius *radius, const char *nai)
{
	for (size_t i = 0; i < radius->count; i++)
		if (is_for(&radius->servers[i].config, nai))
			return true;
	return false;
}

int radius_open(struct radius **ret, struct ev_loop *loop, const mip6_time *now,
                unsigned int first_wait_ms, const struct radius_handler *handler)
{
	struct radius *radius = calloc(1, sizeof(*radius));

	if (radius == NULL)
		return -ENOMEM;
	radius->loop = loop;
	radius->now = now;
	radius->first_wait_ms = first_wait_ms;
	radius->handler = *handler;
	*ret = radius;
	return 0;
}

uint64_t radius_stat_get(const struct radius *radius, enum radius_stat stat)
{
	return stat < RADIUS_STAT_COUNT ? radius->stats[stat] : 0;
}

void radius_close(struct radius *radius)
{
	if (radius == NULL)
		return;
	end_all(radius, false);
	mip6_auth_wipe(radius, sizeof(*radius));
	free(radius);
}
