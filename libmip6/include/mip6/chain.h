/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The chain core of a PGW: for a WTRU that visits another operator it stands between the WTRU and
 * the D-GW that anchors a home address (docs/protocol.md, chain), as a pure state machine. Same
 * rules as mip6/ha.h: one way in, actions out, no re-entrance, wants are idempotent.
 *
 * A chain has two legs. Towards the WTRU it is a home agent: a home-agent core of its own
 * (mip6/ha.h) authenticates, keeps the binding HoA to CoA, and answers. Towards the anchoring D-GW
 * it is what RFC 6275 calls a mobile node: it binds the HoA to its own address and keeps that
 * binding alive. A chain is made only when the anchor has accepted, and no leg is ever kept without
 * the other.
 */
#ifndef MIP6_CHAIN_H
#define MIP6_CHAIN_H

#include <mip6/ha.h>
#include <mip6/icmp6.h>

#define CHAIN_ROAMING_MAX 32       /* entries of the roaming list */
#define CHAIN_ROAMING_PREFIX_MAX 8 /* home prefixes of one entry */
#define CHAIN_ROAMING_ANCHOR_MAX 8 /* D-GWs of one entry */
#define CHAIN_ANCHOR_MAX 64        /* D-GWs with chains at the same time */

/* Home addresses that may be chained, and the D-GWs that anchor them. */
struct chain_roaming {
	char operator_name[MIP6_OPERATOR_MAX + 1]; /* for display */
	size_t prefix_count;
	struct mip6_prefix prefixes[CHAIN_ROAMING_PREFIX_MAX];
	size_t anchor_count;
	struct mip6_addr anchors[CHAIN_ROAMING_ANCHOR_MAX];
};

struct chain_config {
	struct mip6_addr address; /* ours: end of both tunnels */
	size_t chains_max;        /* hard limit */
	uint32_t identity_chains_max;
	uint32_t lifetime_max_s;  /* granted at most; asked for at the anchors */
	uint32_t refresh_percent; /* refresh advice to WTRUs; 0: none */
	uint32_t replay_window_s;
	uint32_t error_rate;      /* error answers per second, all peers together */
	bool open;                /* lab: WTRUs need not authenticate */
	uint32_t restart_counter; /* RFC 5847 */
	uint32_t retransmit_initial_ms; /* of BUs to anchors */
	uint32_t retransmit_max_ms;
	uint32_t retransmit_count;      /* transmissions of the first BU, and of the last */
	uint32_t heartbeat_interval_ms; /* to anchors with chains; 0: none */
	uint32_t heartbeat_missing_max;
	size_t roaming_count;
	struct chain_roaming roaming[CHAIN_ROAMING_MAX];
};

struct chain_env {
	void *ctx;
	uint32_t (*random)(void *ctx);
	int64_t (*unix_us)(void *ctx);
	/* The WTRUs of our operator; as in mip6/ha.h. */
	const struct ha_identity *(*find_identity)(void *ctx, const char *nai);
	/* The SA between us and this anchor, or NULL for none; valid during the step. */
	const struct mip6_auth_sa *(*find_anchor_sa)(void *ctx, const struct mip6_addr *anchor);
};

/* A chain as kept on disk. */
struct chain_record {
	struct ha_record wtru; /* the WTRU's leg; claimed and owned_until mean nothing */
	struct mip6_addr anchor;
	uint16_t anchor_seq;
	uint32_t anchor_lifetime_s;
	int64_t anchor_expires_unix_us;
};

enum chain_event_type {
	CHAIN_EVENT_MH,      /* a Mobility Header packet, checksum verified */
	CHAIN_EVENT_MH_BAD,  /* one that mip6_packet_decode() refused */
	CHAIN_EVENT_TIMER,   /* now >= chain_deadline() */
	CHAIN_EVENT_UNBOUND, /* a tunnelled packet that matches no chain */
	CHAIN_EVENT_REVOKE,  /* operator: end this chain */
	CHAIN_EVENT_RESTORE, /* a record of the last run; before all other events */
};

struct chain_event {
	enum chain_event_type type;
	union {
		const struct mip6_packet *mh;
		struct {
			struct mip6_addr src;
			struct mip6_addr dst;
			enum mip6_decode result;
		} bad;
		struct {
			struct mip6_addr outer_src;
			struct mip6_addr outer_dst;
			struct mip6_addr inner_src;
		} unbound;
		struct {
			struct mip6_addr hoa;
		} revoke;
		const struct chain_record *restore;
	};
};

enum chain_action_type {
	CHAIN_ACTION_SEND,         /* send packet (complete but for the Mobility Header checksum) */
	CHAIN_ACTION_WANT_CHAIN,   /* forward for hoa: coa <-> address <-> anchor */
	CHAIN_ACTION_UNWANT_CHAIN,
	CHAIN_ACTION_SAVE,         /* keep this record */
	CHAIN_ACTION_FORGET,       /* drop the record of hoa */
	CHAIN_ACTION_NOTIFY,
};

enum chain_notice {
	CHAIN_NOTICE_REGISTERED, /* a chain is made */
	CHAIN_NOTICE_MOVED,      /* other CoA */
	CHAIN_NOTICE_REFRESHED,  /* the WTRU's leg */
	CHAIN_NOTICE_RELEASED,   /* by the WTRU */
	CHAIN_NOTICE_EXPIRED,    /* the WTRU's leg did */
	CHAIN_NOTICE_REVOKED,    /* by an operator, ours or the anchor's */
	CHAIN_NOTICE_REFUSED,    /* a BU of a WTRU; status says why */
	CHAIN_NOTICE_LOST,       /* the anchor refused (status) or its leg ran out (status 0) */
	CHAIN_NOTICE_LEFT,       /* the anchor says that the WTRU is bound there without us */
	CHAIN_NOTICE_SILENT,     /* an anchor does not answer heartbeats */
	CHAIN_NOTICE_RESTARTED,  /* an anchor came back without its state */
};

struct chain_action {
	enum chain_action_type type;
	union {
		struct mip6_packet packet; /* valid during the call */
		struct {
			struct mip6_addr hoa;
			struct mip6_addr coa;
			struct mip6_addr address; /* ours */
			struct mip6_addr anchor;
		} chain;
		const struct chain_record *save;
		struct mip6_addr forget;
		struct {
			enum chain_notice what;
			struct mip6_addr hoa; /* unspecified: the notice is about an anchor */
			struct mip6_addr coa;
			struct mip6_addr anchor; /* unspecified when there is none (yet) */
			const char *nai;         /* valid during the call */
			uint32_t lifetime_s;
			uint8_t status;
		} notice;
	};
};

struct chain_actions {
	void *ctx;
	void (*emit)(void *ctx, const struct chain_action *action);
};

/* Of the anchors' side; the WTRUs' side is counted by chain_wtru_side(). */
enum chain_stat {
	CHAIN_STAT_BU_NO_OPTION,   /* without Anchoring D-GW option: 131 */
	CHAIN_STAT_BU_BAD_OPTION,  /* several of them, or of a wrong length: 128 */
	CHAIN_STAT_BU_SELF,        /* the option names ourselves: 129 */
	CHAIN_STAT_BU_NOT_ROAMING, /* not in the roaming list, for that HoA: 129 */
	CHAIN_STAT_BU_OTHER_ANCHOR, /* there is a chain to another anchor: 129 */
	CHAIN_STAT_ANCHOR_BU_SENT,
	CHAIN_STAT_ANCHOR_BU_RETRANSMITTED,
	CHAIN_STAT_ANCHOR_ACCEPTED,
	CHAIN_STAT_ANCHOR_REFUSED,
	CHAIN_STAT_ANCHOR_NO_ANSWER, /* to a first BU: 130 to the WTRU; or to a last one */
	CHAIN_STAT_ANCHOR_REVOKED,
	CHAIN_STAT_ANCHOR_LOST, /* chains that ended because the anchor's leg did */
	CHAIN_STAT_BA_UNMATCHED,
	CHAIN_STAT_BA_BAD_AUTH,
	CHAIN_STAT_HINTS, /* Binding Errors and Refresh Requests of anchors */
	CHAIN_STAT_HEARTBEAT_SENT,
	CHAIN_STAT_HEARTBEAT_ANSWERED,
	CHAIN_STAT_HEARTBEAT_LOST,
	CHAIN_STAT_ANCHOR_RESTARTED,
	CHAIN_STAT_UNEXPECTED, /* messages that match nothing, or cannot be read */
	CHAIN_STAT_CHAINS_MADE,
	CHAIN_STAT_CHAINS_ENDED,
	CHAIN_STAT_COUNT,
};

/* Where the anchor's leg stands; names as in docs/protocol.md. */
enum chain_state {
	CHAIN_REGISTERING, /* first BU sent, the WTRU waits */
	CHAIN_BOUND,
	CHAIN_CLOSING, /* the WTRU's leg is over, or ends with this */
};

const char *chain_stat_name(enum chain_stat stat);
const char *chain_notice_name(enum chain_notice notice);
const char *chain_state_name(enum chain_state state);

struct chain_info {
	struct mip6_addr hoa;
	struct mip6_addr coa; /* unspecified: no WTRU's leg (REGISTERING, CLOSING) */
	struct mip6_addr anchor;
	const char *operator_name; /* of the roaming list; "" when it is no longer there */
	const char *nai;           /* valid until the next step */
	enum chain_state state;
	uint32_t wtru_lifetime_s;
	mip6_time wtru_expires; /* MIP6_TIME_NEVER without that leg */
	uint32_t anchor_lifetime_s;
	mip6_time anchor_expires; /* MIP6_TIME_NEVER while there is no binding */
	uint16_t wtru_seq;
	uint16_t anchor_seq;
	uint32_t rtt_us; /* of the last exchange with the anchor; 0: none */
};

struct chain;

size_t chain_memory_size(const struct chain_config *config);
/* memory stays the caller's and need not be zeroed; it is aligned for any object. Cannot fail. */
struct chain *chain_init(void *memory, const struct chain_config *config,
			 const struct chain_env *env);
/*
 * New values at run time. chains_max and address must not change: then false, and nothing is
 * changed. Chains that the roaming list no longer allows end at their next refresh.
 */
bool chain_reconfigure(struct chain *chain, const struct chain_config *config);

void chain_step(struct chain *chain, const struct chain_event *event, mip6_time now,
		const struct chain_env *env, const struct chain_actions *actions);
mip6_time chain_deadline(const struct chain *chain);

size_t chain_count(const struct chain *chain); /* all states */
bool chain_find(const struct chain *chain, const struct mip6_addr *hoa, struct chain_info *ret);
/* Walk in no order: *cursor from 0 until false; stable while no step happens in between. */
bool chain_next(const struct chain *chain, size_t *cursor, struct chain_info *ret);
uint64_t chain_stat_get(const struct chain *chain, enum chain_stat stat);
/* The home-agent core of the WTRUs' legs, to look at: bindings and statistics. */
const struct ha *chain_wtru_side(const struct chain *chain);

#endif
