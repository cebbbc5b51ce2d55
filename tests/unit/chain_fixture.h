/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A chain core with a clock and a memory of what it emitted, for unit tests.
 *
 * The network: PGW 2001:db8:f::1 of operator example.org; its D-GW 2001:db8:a::1 with the home
 * prefix 2001:db8:a::/48, which alice's home address is out of; WTRUs visit 2001:db8:c::/48.
 */
#ifndef CHAIN_FIXTURE_H
#define CHAIN_FIXTURE_H

#include <check.h>
#include <mip6/chain.h>

#define CX_PGW "2001:db8:f::1"
#define CX_ANCHOR "2001:db8:a::1"
#define CX_ANCHOR2 "2001:db8:b::1"
#define CX_HOA "2001:db8:a:1::100"
#define CX_HOA2 "2001:db8:a:2::100"
#define CX_HOA_B "2001:db8:b:1::100"
#define CX_COA "2001:db8:c::100"
#define CX_COA2 "2001:db8:c:1::100"
#define CX_SENT_MAX 64

struct cx_sent {
	struct mip6_packet packet; /* mh points to data */
	struct mip6_mh mh;
	uint8_t data[MIP6_MH_MAX];
};

struct cx {
	struct chain_config config;
	struct chain_env env;
	struct chain_actions actions;
	struct chain *chain;
	void *memory;
	mip6_time now;
	int64_t unix_offset_us;
	uint32_t random;
	struct ha_identity alice;
	struct mip6_auth_sa anchor_sa;
	bool no_anchor_sa;
	uint16_t wtru_seq;

	/* What happened since the last cx_clear(). */
	size_t sent_count;
	struct cx_sent sent[CX_SENT_MAX];
	size_t count[CHAIN_ACTION_NOTIFY + 1];
	struct chain_action last[CHAIN_ACTION_NOTIFY + 1];
	struct chain_record saved;
};

/* An extended BU of alice; zero members mean the usual. */
struct cx_bu {
	const char *hoa;    /* default: CX_HOA */
	const char *coa;    /* default: CX_COA */
	const char *anchor; /* default: CX_ANCHOR */
	bool no_anchor;
	uint32_t lifetime_s;
	const char *nai;               /* default: alice's */
	const struct mip6_auth_sa *sa; /* default: alice's */
};

struct mip6_addr cx_addr(const char *text);
void cx_start(struct cx *cx);
void cx_restart(struct cx *cx); /* with cx->config */
void cx_stop(struct cx *cx);
void cx_clear(struct cx *cx);
void cx_event(struct cx *cx, const struct chain_event *event);
void cx_mh(struct cx *cx, const struct mip6_packet *head, const struct mip6_mh *mh,
           const struct mip6_auth_sa *sa, const char *coa, const char *hoa);
/* All of these clear the memory first. */
void cx_bu(struct cx *cx, const struct cx_bu *bu);
void cx_advance(struct cx *cx, mip6_time by);
void cx_revoke(struct cx *cx, const char *hoa);
/* The anchor's answer to a BU that it got. */
void cx_ba(struct cx *cx, const struct cx_sent *bu, uint8_t status, uint32_t lifetime_s);
void cx_bri(struct cx *cx, const char *hoa, uint8_t trigger, uint16_t seq);
/* Make a chain for hoa. */
void cx_chain(struct cx *cx, const char *hoa, uint32_t lifetime_s);

/* The only packet sent to dst, or NULL when there is none. */
const struct cx_sent *cx_to(const struct cx *cx, const char *dst);
/* Status of the only BA sent to dst, -1: none. */
int cx_status(const struct cx *cx, const char *dst);
bool cx_info(const struct cx *cx, const char *hoa, struct chain_info *ret);
bool cx_bound(const struct cx *cx, const char *hoa, const char *coa);

/* cx_test(name) { … } is a test that has a fresh `struct cx *cx`. */
#define cx_test(name)                         \
	static void name##_in(struct cx *cx); \
	START_TEST(name)                      \
	{                                     \
		static struct cx cx;          \
                                              \
		cx_start(&cx);                \
		name##_in(&cx);               \
		cx_stop(&cx);                 \
	}                                     \
	END_TEST                              \
	static void name##_in(struct cx *cx)

#endif
