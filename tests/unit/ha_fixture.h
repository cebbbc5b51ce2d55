/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A home-agent core with a clock, identities and a memory of what it emitted, for unit tests.
 *
 * The network: D-GW 2001:db8:a::1 with the shared home prefix 2001:db8:a::/64 and the pool
 * 2001:db8:b::/48 of unique /64s; WTRUs visit 2001:db8:c::/64.
 */
#ifndef HA_FIXTURE_H
#define HA_FIXTURE_H

#include <check.h>
#include <mip6/ha.h>

#define FX_SENT_MAX 64
#define FX_IDENTITIES 3 /* alice, bob, carol (who has no SA) */

struct fx_sent {
	struct mip6_packet packet; /* mh points to data */
	struct mip6_mh mh;
	uint8_t data[MIP6_MH_MAX];
};

struct fx {
	struct ha_config config;
	struct ha_env env;
	struct ha_actions actions;
	struct ha *ha;
	void *memory;
	mip6_time now;
	int64_t unix_offset_us;
	uint32_t random;
	struct ha_identity identities[FX_IDENTITIES];
	struct mip6_prefix alice_home;
	struct mip6_addr esp_hoa;        /* alice's by a security association of ESP, unless unspecified */
	struct mip6_addr configured_hoa; /* owned by bob when not unspecified */

	/* What the last fx_*() call emitted. */
	size_t sent_count;
	struct fx_sent sent[FX_SENT_MAX];
	size_t count[HA_ACTION_NOTIFY + 1];
	char order[128]; /* S send, B want binding, b unwant, P, p, D dad, V save, F forget, R
	                    released, A ask, N */
	struct ha_action last[HA_ACTION_NOTIFY + 1];
	struct ha_record saved;
};

/* A BU; zero members mean the usual. */
struct fx_bu {
	const char *src; /* default: coa */
	const char *dst; /* default: the D-GW */
	const char *hoa; /* in a HAO; NULL: none */
	const char *alt_coa;
	uint16_t seq;
	uint16_t clear_flags; /* out of A and H */
	uint16_t set_flags;
	uint32_t lifetime_s;
	const char *nai;               /* NULL: no MN-ID, and no authentication */
	const struct mip6_auth_sa *sa; /* default: the first of nai; see no_auth */
	const struct mip6_auth_sa *aaa; /* with an MN-AAA option, made of this */
	bool no_auth;
	bool no_mesg_id;
	int64_t skew_us;  /* of the timestamp */
	uint64_t mesg_id; /* 0: now */
	bool off_link;
	bool rh2;
	bool esp; /* came inside ESP */
	uint32_t extra_has; /* more of enum mip6_has */
};

void fx_start(
	struct fx *fx); /* closed; change fx->config and call fx_restart() for other settings */
void fx_restart(struct fx *fx);
void fx_stop(struct fx *fx);

struct mip6_addr fx_addr(const char *text);
void fx_event(struct fx *fx, const struct ha_event *event);
void fx_send_bu(struct fx *fx, const struct fx_bu *bu);
/* Send it, and expect just one BA, whose status is returned. -1: no BA. */
int fx_bu(struct fx *fx, const struct fx_bu *bu);
void fx_mh(struct fx *fx, const struct mip6_packet *packet, const struct mip6_mh *mh,
           const struct mip6_auth_sa *sa, const char *coa, const char *hoa);
void fx_advance(struct fx *fx, mip6_time by); /* running timers at their times */
void fx_dad(struct fx *fx, const char *hoa, bool duplicate);
void fx_clear(struct fx *fx);
bool fx_bound(const struct fx *fx, const char *hoa, const char *coa);
bool fx_owned(const struct fx *fx, const char *hoa, const char *nai);
const struct fx_sent *fx_only(const struct fx *fx);
uint64_t fx_ntp(const struct fx *fx);

#define FX_GW "2001:db8:a::1"
#define FX_HOA "2001:db8:a::100" /* shared */
#define FX_HOA2 "2001:db8:a::200"
#define FX_UNIQUE "2001:db8:b:1::100"   /* in a unique /64 */
#define FX_UNIQUE_B "2001:db8:b:1::200" /* the same /64 */
#define FX_COA "2001:db8:c::100"
#define FX_COA2 "2001:db8:c:1::100"

/* fx_test(name) { … } is a test that has a fresh `struct fx *fx`. */
#define fx_test(name)                         \
	static void name##_in(struct fx *fx); \
	START_TEST(name)                      \
	{                                     \
		struct fx fx;                 \
                                              \
		fx_start(&fx);                \
		name##_in(&fx);               \
		fx_stop(&fx);                 \
	}                                     \
	END_TEST                              \
	static void name##_in(struct fx *fx)

#endif
