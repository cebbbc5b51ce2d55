// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Why there is no security association: from what charon writes into its log about a connection of
 * ours (VICI's event "log"), with a hint what to do.
 *
 * charon says it in no other way: a negotiation has no result but that nothing comes up. A text
 * that another version of charon words differently is missed, and nothing worse.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/clock.h"
#include "io/ike_internal.h"
#include "io/log.h"

#define REASON_MAX 320

#define HOME_AGENTS \
	"the home agent's certificate must name its address, and be of an authority in ike-ca"
#define WTRUS "the WTRU's certificate must name its identity, and be of an authority in ike-ca"

#define NO_ANSWER "retransmit 2 "

/* NULL: says nothing there. */
static const struct {
	const char *said;
	const char *at_wtru;
	const char *at_gateway;
} hints[] = {
	{"public key found for", HOME_AGENTS, WTRUS},
	{"constraint check failed", HOME_AGENTS, WTRUS},
	{"signature validation failed", HOME_AGENTS, WTRUS},
	{"certificate invalid", "a certificate is too old, or the clock is wrong",
         "a certificate is too old, or the clock is wrong"},
	{"received AUTHENTICATION_FAILED",
         "the home agent must know our identity, with the same key; or our certificate must name "
         "it, "
         "and be of an authority in the home agent's ike-ca",
         NULL},
	/* What an initiator says that does not take our proof. */
	{"parsed INFORMATIONAL request 2 [ N(AUTH_FAILED)", NULL,
         "the WTRU does not take our certificate, which must name the home agent's address, and be "
         "of "
         "an authority in the WTRU's ike-ca"},
	{"MAC mismatched", "the keys of the two sides differ", "the keys of the two sides differ"},
	{"no private key found", "ike-private-key must belong to ike-certificate",
         "ike-private-key must belong to ike-certificate"},
	{"no shared key found", "the other side asks for a pre-shared key, and there is none",
         "the other side asks for a pre-shared key, and there is none"},
	{"received NO_PROPOSAL_CHOSEN",
         "the home agent must have protection ike and know our identity; or algorithms differ",
         NULL},
	{"received TS_UNACCEPTABLE", "the home agent does not let us have this address", NULL},
	{"unable to install", "the kernel does not take it: it needs ESP",
         "the kernel does not take it: it needs ESP"},
	/* The first may be lost, or the other side slow. */
	{NO_ANSWER, "no answer: the home agent's charon must run, with UDP ports 500 and 4500 open",
         NULL},
};

static const char *find_hint(const struct ike *ike, const char *said)
{
	for (size_t i = 0; i < sizeof(hints) / sizeof(hints[0]); i++)
		if (strstr(said, hints[i].said))
			return ike->config.gateway ? hints[i].at_gateway : hints[i].at_wtru;
	return NULL;
}

void ike_reason_set(struct ike_peer *peer, const char *text)
{
	free(peer->reason);
	peer->reason = text ? strdup(text) : NULL;
}

/* "mip6-6d012345" */
static struct ike_peer *peer_of_name(const struct ike *ike, const char *name)
{
	char right[IKE_NAME_SIZE];
	struct ike_peer *peer;
	unsigned int reqid;

	if (sscanf(name, "mip6-%8x", &reqid) != 1)
		return NULL;
	peer = ike_peer_of_reqid(ike, reqid);
	ike_connection_name(right, reqid);
	return peer && !peer->gone && strcmp(name, right) == 0 ? peer : NULL;
}

void ike_reason_said(struct ike *ike, const struct vici_message *event)
{
	char name[IKE_NAME_SIZE + 1], said[160], text[REASON_MAX];
	struct ike_peer *peer;
	const char *hint;

	if (!vici_find(event, "ikesa-name", name, sizeof(name)) ||
	    !vici_find(event, "msg", said, sizeof(said)))
		return;
	peer = peer_of_name(ike, name);
	hint = peer ? find_hint(ike, said) : NULL;
	if (!hint)
		return;
	for (char *p = said; *p; p++)
		if (*p == '"')
			*p = '\'';
	snprintf(text, sizeof(text), "%s (charon: %s)", hint, said);
	if (ike->config.gateway) {
		log_limited(&ike->limit_reason, clock_monotonic(), LOG_LEVEL_WARNING,
		            "IKE fails nai=%s reason=\"%s\"", peer->label, text);
		return;
	}
	if (peer->sas || (peer->reason && strcmp(peer->reason, text) == 0))
		return;
	ike_reason_set(peer, text);
	log_limited(&ike->limit_reason, clock_monotonic(),
	            strstr(said, NO_ANSWER) ? LOG_LEVEL_WARNING : LOG_LEVEL_ERR,
	            "IKE fails hoa=%s anchor=%s reason=\"%s\"", peer->label,
	            addr_text(&peer->anchor), text);
}

const char *ike_reason(const struct ike *ike, const struct mip6_addr *hoa)
{
	const struct ike_peer *peer = ike_peer_of_hoa(ike, hoa);

	if (!peer || peer->sas)
		return NULL;
	if (!vici_is_up(ike->vici))
		return vici_error(ike->vici) == -EINPROGRESS
		               ? NULL
		               : "charon does not run, or ike-socket is not its socket";
	return peer->reason;
}
