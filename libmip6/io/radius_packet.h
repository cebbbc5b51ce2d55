/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * RADIUS packets of a home agent that asks about a WTRU (RFC 2865, RFC 4285 section 5.2; which
 * attributes: docs/protocol.md, AAA). No sockets, no time, no memory of their own.
 */
#ifndef MIP6_IO_RADIUS_PACKET_H
#define MIP6_IO_RADIUS_PACKET_H

#include <mip6/auth.h>

#define RADIUS_PORT 1812
#define RADIUS_PACKET_MAX 4096 /* RFC 2865 section 3 */
#define RADIUS_AUTHENTICATOR_LEN 16

/* An Access-Request. */
struct radius_request {
	uint8_t id;
	uint8_t authenticator[RADIUS_AUTHENTICATOR_LEN]; /* unpredictable (RFC 2865 section 3) */
	char nai[MIP6_NAI_MAX + 1];
	struct mip6_addr home_agent;
	struct mip6_addr hoa;
	uint8_t digest[MIP6_AAA_LEN];           /* MAC_Mobility Data */
	uint8_t mn_authenticator[MIP6_AAA_LEN]; /* of the MN-AAA option */
};

enum radius_result {
	RADIUS_ACCEPT,
	RADIUS_REJECT,
	/* Not an answer to this request by somebody who knows the secret: to be ignored. */
	RADIUS_BAD_FORM,
	RADIUS_NOT_AUTHENTIC,
};

/* What an answer says. */
struct radius_answer {
	uint8_t key_len; /* MN-HA key; 0: none that we can use */
	uint8_t key[MIP6_AUTH_KEY_MAX];
	uint32_t lifetime_s; /* Session-Timeout; 0: none */
};

/* Returns the length, 0 when it does not fit. */
size_t radius_encode(const struct radius_request *request, const char *secret, uint8_t *data,
                     size_t cap);

/*
 * Check and read a datagram that came as an answer. Both authenticators must be right: that of the
 * response (RFC 2865 section 3), which MD5 does not protect any more, and the Message-Authenticator
 * (RFC 3579 section 3.2). *ret is set for RADIUS_ACCEPT only, and the caller's to wipe.
 */
enum radius_result radius_decode(const struct radius_request *request, const char *secret,
                                 const uint8_t *data, size_t len, struct radius_answer *ret);

#endif
