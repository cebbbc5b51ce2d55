/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A RADIUS client over UDP that never blocks: questions go out, answers come back as calls from the
 * event loop. Each realm has its servers, which are asked in their order; one that does not answer
 * is passed over for a while when there is another.
 */
#ifndef MIP6_IO_RADIUS_H
#define MIP6_IO_RADIUS_H

#include <ev.h>

#include "io/radius_packet.h"

#define RADIUS_SECRET_MAX 128
#define RADIUS_SERVERS_MAX 256
#define RADIUS_REALM_SERVERS_MAX 4
#define RADIUS_QUESTIONS_MAX 256

struct radius_server_config {
	char realm[MIP6_NAI_MAX + 1];
	struct mip6_addr address;
	uint16_t port;
	char secret[RADIUS_SECRET_MAX + 1];
};

/* Whom the answer is for, and what it is. */
struct radius_handler {
	void *ctx;
	/* Called from the loop, never from radius_ask(). answer is NULL unless accepted. */
	void (*answered)(void *ctx, uint32_t query, enum radius_result result,
	                 const struct radius_answer *answer);
	/* No server of the realm answered, or the configuration has changed meanwhile. */
	void (*unanswered)(void *ctx, uint32_t query);
};

enum radius_stat {
	RADIUS_STAT_SENT,          /* requests, with those sent again */
	RADIUS_STAT_RETRANSMITTED, /* of them */
	RADIUS_STAT_ACCEPTED,
	RADIUS_STAT_REJECTED,
	RADIUS_STAT_UNANSWERED, /* by all servers of the realm */
	RADIUS_STAT_BAD_FORM,
	RADIUS_STAT_NOT_AUTHENTIC,
	RADIUS_STAT_COUNT,
};

const char *radius_stat_name(enum radius_stat stat);

struct radius;

#define RADIUS_FIRST_WAIT_MS 1000

/*
 * 0 or -ENOMEM. now is the time of the turn of the loop. A request is repeated when there was no
 * answer within first_wait_ms.
 */
int radius_open(struct radius **ret, struct ev_loop *loop, const mip6_time *now,
                unsigned int first_wait_ms, const struct radius_handler *handler);
/*
 * The servers from now on (copied), and the address of ours that requests come from (unspecified:
 * the kernel's choice). Questions that are under way end unanswered when anything is different.
 */
void radius_configure(struct radius *radius, const struct radius_server_config *servers,
                      size_t count, const struct mip6_addr *source);
/* Is there a server for the realm of this NAI? Realms are compared without regard to case. */
bool radius_serves(const struct radius *radius, const char *nai);
/*
 * Ask; of request all but id and authenticator is given. 0: the handler will be called. -EBUSY: too
 * many questions are under way; -ENOENT: there is no server.
 */
int radius_ask(struct radius *radius, uint32_t query, const struct radius_request *request);
uint64_t radius_stat_get(const struct radius *radius, enum radius_stat stat);
/* The n-th server that does not answer; NULL: there are no more. */
const struct radius_server_config *radius_silent(const struct radius *radius, size_t n);
/* NULL is allowed. No handler is called any more. */
void radius_close(struct radius *radius);

#endif
