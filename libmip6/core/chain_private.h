/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the chain core: the legs towards the anchors, and the anchors. The WTRUs' side is a
 * home-agent core, stepped from the same calls; what it emits comes back into chain.c.
 *
 * Nobody on that way calls ha_step() while it runs: what the home-agent core emits or asks changes
 * legs only, and what happens to a leg tells the home-agent core only from outside its step.
 */
#ifndef MIP6_CHAIN_PRIVATE_H
#define MIP6_CHAIN_PRIVATE_H

#include "ha_private.h"

#include <mip6/chain.h>

#define CHAIN_SENT_MAX 4                 /* transmissions that an answer may still match */
#define CHAIN_LEGS_PER_STEP 64           /* of an anchor that came back; the rest is due at once */
#define CHAIN_HINT_INTERVAL (1 * MIP6_S) /* an anchor can make us ask again this often, per leg */
#define CHAIN_RECOVER_PAUSE (10 * MIP6_MS)
/* The last BU for a HoA whose owner did not give it up: the D-GW lets the binding run out. */
#define CHAIN_RUN_OUT_S4 1u

enum chain_exchange {
	CHAIN_EXCHANGE_NONE,
	CHAIN_EXCHANGE_REGISTER, /* first registration, or refresh */
	CHAIN_EXCHANGE_CLOSE,
};

struct chain_sent {
	uint64_t mesg_id;
	mip6_time at;
	uint16_t seq;
};

/* The binding of a HoA to our address, at its anchor. */
struct chain_leg {
	struct mip6_addr hoa;
	mip6_time expires; /* MIP6_TIME_NEVER: no binding */
	mip6_time due;     /* next transmission; MIP6_TIME_NEVER: none */
	mip6_time hinted;
	uint64_t mesg_id; /* last used */
	uint64_t mesg_id_accepted;
	uint32_t lifetime_s;
	uint32_t wait_ms;
	uint32_t rtt_us;
	uint32_t identity;   /* name in the home-agent core, held */
	uint32_t anchor;     /* slot */
	uint32_t prev, next; /* in the anchor's ring */
	uint16_t seq;
	uint16_t asked_s4;
	uint8_t tries;
	uint8_t sent_count, sent_next;
	bool used;
	bool waiting;  /* the home-agent core waits for our answer */
	bool give_up;  /* CLOSE: ownership too */
	bool resynced; /* sequence number or clock, in this exchange */
	enum chain_state state;
	enum chain_exchange exchange;
	struct chain_sent sent[CHAIN_SENT_MAX];
};

/* A D-GW that has legs. */
struct chain_anchor {
	struct mip6_addr addr;
	int64_t clock_offset_us; /* its clock minus ours, learnt from status 144 */
	mip6_time heartbeat_at;
	uint32_t legs;    /* 0: the slot is free */
	uint32_t first;   /* leg of its ring */
	uint32_t recover; /* legs of the ring that are still to be registered again */
	uint32_t heartbeat_seq;
	uint32_t missing;
	uint32_t restart_counter;
	bool has_counter;
	bool asked;         /* the last heartbeat has no answer yet */
	bool no_heartbeats; /* it does not know them */
};

struct chain {
	struct chain_config config;
	struct ha *ha;
	uint64_t stats[CHAIN_STAT_COUNT];
	struct core_pool leg_pool;
	struct chain_leg *legs;
	uint32_t *leg_hash;
	uint32_t leg_count;
	struct core_heap timers; /* of legs; behind them, of anchors */
	struct chain_anchor anchors[CHAIN_ANCHOR_MAX];
	struct mip6_addr admitted;   /* the anchor that the BU in hand names */
	struct mip6_addr unanswered; /* asked for in this step of the home-agent core, in vain */
	bool has_unanswered;
};

/* One step: what every function needs. */
struct chain_ctx {
	struct chain *chain;
	mip6_time now;
	const struct chain_env *env;
	const struct chain_actions *actions;
};

/* chain.c */
void chain_emit(const struct chain_ctx *c, const struct chain_action *action);
void chain_notify(const struct chain_ctx *c, enum chain_notice what, const struct chain_leg *leg,
                  uint8_t status);
/* One step of the WTRUs' side. */
void chain_ha(const struct chain_ctx *c, const struct ha_event *event);
/* The WTRU's side of this HoA is told: the relay's answer, the end, the operator's wish. */
void chain_tell(const struct chain_ctx *c, enum ha_event_type type, const struct mip6_addr *hoa,
                uint8_t status);
/* NULL unless hoa may be chained to anchor. */
const struct chain_roaming *chain_roaming(const struct chain *chain, const struct mip6_addr *hoa,
                                          const struct mip6_addr *anchor);
/* Keep the records of both legs. */
void chain_save(const struct chain_ctx *c, const struct chain_leg *leg);

/* chain_leg.c */
struct chain_leg *chain_leg_find(const struct chain *chain, const struct mip6_addr *hoa);
/* NULL: no slot for a leg or its anchor. It is REGISTERING, and nothing was sent. */
struct chain_leg *chain_leg_new(const struct chain_ctx *c, const struct mip6_addr *hoa,
                                const struct mip6_addr *anchor, uint32_t identity);
void chain_leg_delete(const struct chain_ctx *c, struct chain_leg *leg);
void chain_leg_arm(struct chain *chain, struct chain_leg *leg);
/* Start to register, or to register again. */
void chain_leg_register(const struct chain_ctx *c, struct chain_leg *leg);
/* Tell the anchor that the binding is over; give_up: and that nobody wants the HoA. */
void chain_leg_close(const struct chain_ctx *c, struct chain_leg *leg, bool give_up);
/* The anchor's leg is gone or worthless: so is the chain. leg is deleted. */
void chain_leg_lost(const struct chain_ctx *c, struct chain_leg *leg, enum chain_notice why,
                    uint8_t status);
void chain_leg_due(const struct chain_ctx *c, struct chain_leg *leg);
uint32_t chain_leg_left_s(const struct chain_ctx *c, const struct chain_leg *leg);
void chain_process_ba(const struct chain_ctx *c, const struct mip6_packet *packet,
                      const struct mip6_mh *mh);
void chain_restore(const struct chain_ctx *c, const struct chain_record *record);

/* chain_anchor.c */
uint32_t chain_anchor_get(const struct chain_ctx *c, const struct mip6_addr *addr);
struct chain_anchor *chain_anchor_find(struct chain *chain, const struct mip6_addr *addr);
void chain_anchor_join(const struct chain_ctx *c, struct chain_leg *leg, uint32_t slot);
void chain_anchor_leave(const struct chain_ctx *c, struct chain_leg *leg);
void chain_anchor_due(const struct chain_ctx *c, struct chain_anchor *anchor);
void chain_process_heartbeat(const struct chain_ctx *c, const struct mip6_packet *packet,
                             const struct mip6_mh *mh);
void chain_process_be(const struct chain_ctx *c, const struct mip6_packet *packet,
                      const struct mip6_mh *mh);
void chain_process_brr(const struct chain_ctx *c, const struct mip6_packet *packet);
void chain_process_bri(const struct chain_ctx *c, const struct mip6_packet *packet,
                       const struct mip6_mh *mh);
void chain_send(const struct chain_ctx *c, const struct mip6_packet *head, const struct mip6_mh *mh,
                const struct mip6_auth_sa *sa);

static inline void chain_count_stat(const struct chain_ctx *c, enum chain_stat stat)
{
	c->chain->stats[stat]++;
}

static inline uint32_t chain_leg_slot(const struct chain *chain, const struct chain_leg *leg)
{
	return (uint32_t)(leg - chain->legs);
}

#endif
