/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The WTRU core: movement detection, one Mobile IPv6 instance per home address, and the binding
 * update list (RFC 6275 section 11), as a pure state machine.
 *
 * wtru_step(state, event, now, env, actions) is the only way in. It never sends, allocates, reads a
 * clock or logs: what the world must do comes out as actions, in order, during the step. The
 * receiver of an action must not call wtru_step() from inside it. Kernel actions say what is
 * wanted, idempotently: the same want may come again, also with new values, and a want replaces the
 * earlier one of that object.
 *
 * An instance is one HoA with its anchor. The attachment (link, router, CoA) in use is the primary
 * one; every live instance whose HoA is not on the primary attachment's own link is bound to its
 * CoA.
 */
#ifndef MIP6_WTRU_H
#define MIP6_WTRU_H

#include <mip6/auth.h>
#include <mip6/icmp6.h>
#include <mip6/packet.h>

/* Where an instance stands; names as in docs/protocol.md. */
enum wtru_instance_state {
	WTRU_HOME,        /* on the anchor's link, nothing to bind (claim may be under way) */
	WTRU_AWAY,        /* not on its link, and no CoA to bind it to */
	WTRU_REGISTERING, /* BU sent for the present CoA, no acceptance yet */
	WTRU_BOUND,       /* accepted by the anchor for the present CoA */
	WTRU_RETURNING,   /* back on its link, de-registration sent, not answered yet */
	WTRU_RELEASING,   /* not used any more, de-registration sent, not answered yet */
	WTRU_REFUSED,     /* the anchor refuses; tried again later with back-off */
};

/* How far the anchor claim of an instance has come (docs/protocol.md, anchor claim). */
enum wtru_claim_state {
	WTRU_CLAIM_NONE,     /* not tried yet, or no anchor known */
	WTRU_CLAIM_SENT,
	WTRU_CLAIM_ACCEPTED, /* status 0 */
	WTRU_CLAIM_UNKNOWN,  /* status 133: a plain RFC 6275 home agent; usable */
	WTRU_CLAIM_REFUSED,  /* any other error */
};

/* Configured answer to what an RA leaves open; the longest matching prefix wins. */
struct wtru_override {
	struct mip6_prefix prefix; /* of the HoA */
	bool has_anchor;
	struct mip6_addr anchor; /* use this home agent */
	char operator_name[MIP6_OPERATOR_MAX + 1]; /* "" : as the RA says */
};

/*
 * A home network in the sense of RFC 6275: a HoA that this node always has, whether it is used or
 * not, and whose home agent need not know anything beyond that RFC.
 */
struct wtru_home {
	struct mip6_addr hoa;
	uint8_t prefix_len;      /* of the home subnet prefix */
	struct mip6_addr agent;  /* unspecified: the home link's RA or discovery tells */
	/* "": the home agent is always told directly, never through our PGW. */
	char operator_name[MIP6_OPERATOR_MAX + 1];
	bool plain;  /* neither MN-ID nor RFC 4285 options, whatever keys there are */
	bool prefer; /* source of new connections wherever it works */
};

/* Ranges are those of the configuration table; wtru_init() takes them as given. */
struct wtru_config {
	uint16_t instances_max; /* hard limit of instances */
	uint16_t links_max;     /* hard limit of links */
	uint32_t lifetime_s;    /* asked for in BUs; rounded down to 4 s */
	uint32_t linger_s;      /* unused this long → torn down */
	uint32_t use_interval_ms;        /* between use checks while old anchors exist */
	uint32_t heartbeat_interval_ms;  /* between heartbeats to an anchor that binds us; 0: none */
	uint32_t heartbeat_missing_max;  /* unanswered heartbeats that make an anchor suspect (RFC 5847) */
	uint32_t retransmit_initial_ms;  /* INITIAL_BINDACK_TIMEOUT, RFC 6275 section 12 */
	uint32_t retransmit_max_ms;      /* MAX_BINDACK_TIMEOUT */
	uint32_t probe_ms;      /* a known router has this long to answer a reachability probe */
	bool claim;             /* send anchor claims */
	char identity[MIP6_NAI_MAX + 1]; /* NAI; "" : no MN-ID option */
	/*
	 * Our operator's chaining agent: what is anchored at another operator than the one we are
	 * attached to goes through it (docs/protocol.md, chain). Unspecified: every anchor is told
	 * directly.
	 */
	struct mip6_addr home_pgw;
	/* Our operator; also that of networks and anchors that do not say whose they are. */
	char operator_name[MIP6_OPERATOR_MAX + 1];
	const struct wtru_override *overrides; /* borrowed until wtru_reconfigure() or the end */
	size_t override_count;
	const struct wtru_home *homes; /* borrowed likewise; no HoA twice, at most instances_max */
	size_t home_count;
};

/* How Binding Updates for a home address are protected, other than by an authentication option. */
enum wtru_esp {
	WTRU_ESP_NONE,
	WTRU_ESP_STATIC, /* ESP with static keys, or IKE that does not move with us */
	WTRU_ESP_IKE,    /* ESP with keys from IKEv2, whose end moves with us: flag K */
};

/* What the core needs and may not do itself. All pointers must be set; ctx is handed back. */
struct wtru_env {
	void *ctx;
	/* 32 unpredictable bits. */
	uint32_t (*random)(void *ctx);
	/* Wall clock, microseconds since 1970, for RFC 4285 timestamps and records only. */
	int64_t (*unix_us)(void *ctx);
	/* The SA to use with this anchor, or NULL for none; valid during the step. */
	const struct mip6_auth_sa *(*find_sa)(void *ctx, const struct mip6_addr *anchor);
	/*
	 * For a HoA of this anchor (or the PGW that stands for it). Then struct mip6_packet.esp is
	 * set in what is sent, and nothing without it is believed. NULL: never.
	 */
	enum wtru_esp (*esp)(void *ctx, const struct mip6_addr *hoa, const struct mip6_addr *anchor);
	/*
	 * The MN-AAA key to have our operator tell this anchor who we are, or NULL; valid during the step.
	 * May be NULL: there is none. Only with an SA that follows from it (mip6_aaa_derive()).
	 */
	const struct mip6_auth_sa *(*find_aaa)(void *ctx, const struct mip6_addr *anchor);
};

/* What survives a restart of the daemon, one per instance. */
struct wtru_record {
	struct mip6_addr hoa;
	uint8_t prefix_len;
	struct mip6_addr anchor; /* unspecified when not known */
	char operator_name[MIP6_OPERATOR_MAX + 1];
	uint16_t seq;
	bool keep;
	bool bound;             /* coa, router, ifindex mean something; a binding may exist */
	bool link_local;        /* and it is one with the flag L */
	bool released;          /* de-registration was under way */
	struct mip6_addr peer;  /* where it is bound: the anchor, or the PGW */
	struct mip6_addr coa;
	struct mip6_addr router;
	uint32_t ifindex;
	int64_t clock_offset_us; /* anchor's clock minus ours, learnt from status 144 */
	int64_t valid_until_unix_us; /* end of the HoA's valid lifetime; INT64_MAX: infinite */
};

enum wtru_event_type {
	WTRU_EVENT_LINK,      /* a link came, went, or changed */
	WTRU_EVENT_RA,        /* a Router Advertisement, decoded and validated (RFC 4861 section 6.1.2) */
	WTRU_EVENT_ADDRESS,   /* an address of a managed link appeared, changed or went */
	WTRU_EVENT_NEIGHBOUR, /* an NA from a router, or the kernel's verdict on one */
	WTRU_EVENT_ADVERTISED, /* an NA that nobody solicited, with a link-layer address */
	WTRU_EVENT_MH,        /* a Mobility Header packet, checksum verified */
	WTRU_EVENT_ICMP6,     /* a Home Agent Address Discovery Reply or Mobile Prefix Advertisement */
	WTRU_EVENT_TIMER,     /* now >= wtru_deadline() */
	WTRU_EVENT_USE,       /* answer to WTRU_ACTION_CHECK_USE, one per HoA */
	WTRU_EVENT_RELEASE,   /* operator: tear this HoA down */
	WTRU_EVENT_KEEP,      /* operator: pin or unpin this HoA */
	WTRU_EVENT_RESTORE,   /* a record of the last run; before all other events */
	WTRU_EVENT_RESUME,    /* the machine slept or the clock jumped: every timer is suspect */
	WTRU_EVENT_PROTECTED, /* ESP works for this HoA now: what waits for an answer is sent again */
	WTRU_EVENT_STOP,      /* the daemon ends for good: de-register everything, once, unacknowledged */
};

struct wtru_event {
	enum wtru_event_type type;
	union {
		struct {
			uint32_t ifindex;
			bool present; /* false: gone, or no longer managed */
			bool up;      /* administratively up and carrier */
			uint32_t rank; /* lower is better; from configuration order */
			bool flapped; /* carrier was lost and came back since the last event */
		} link;
		struct {
			uint32_t ifindex;
			struct mip6_addr router; /* source: link-local */
			const struct mip6_icmp6 *msg;
		} ra;
		struct {
			uint32_t ifindex;
			struct mip6_addr addr;
			uint8_t prefix_len;
			bool present;
			bool usable;     /* not tentative without being optimistic, not duplicate */
			bool deprecated; /* preferred lifetime over */
			bool temporary;  /* RFC 8981 */
			bool duplicate;  /* DAD failed; the address stays, or is gone with it */
			uint32_t valid_s; /* MIP6_LIFETIME_INFINITE possible */
		} address;
		struct {
			uint32_t ifindex;
			struct mip6_addr addr;
			bool reachable; /* false: unreachable by NUD */
		} neighbour;
		struct {
			uint32_t ifindex;
			struct mip6_addr target;
			uint8_t lladdr_len;
			uint8_t lladdr[MIP6_LLADDR_MAX];
		} advertised;
		struct {
			const struct mip6_packet *packet;
		} mh;
		struct {
			const struct mip6_packet *packet; /* addresses and headers only */
			const struct mip6_icmp6 *msg;
		} icmp6;
		struct {
			struct mip6_addr hoa;
			uint32_t sockets;   /* that could still talk from this address */
			mip6_time last_use; /* last packet sent from it through its tunnel; 0: never */
		} use;
		struct {
			struct mip6_addr hoa;
		} release;
		struct {
			struct mip6_addr hoa;
		} esp; /* PROTECTED */
		struct {
			struct mip6_addr hoa;
			bool keep;
		} keep;
		const struct wtru_record *restore;
	};
};

enum wtru_action_type {
	WTRU_ACTION_SEND,           /* send packet (complete but for the Mobility Header checksum) */
	WTRU_ACTION_SEND_ICMP6,     /* send a Home Agent Address Discovery Request, or a Mobile Prefix
				       Solicitation (with Home Address option) */
	WTRU_ACTION_SEND_RS,        /* Router Solicitation on ifindex */
	WTRU_ACTION_SEND_PROBE,     /* unicast NS to router on ifindex (RFC 4861 section 7.2.2) */
	/*
	 * Multicast NA for hoa, or for our link-local address, on ifindex: back home (RFC 6275
	 * section 11.5.5).
	 */
	WTRU_ACTION_SEND_NA,
	/*
	 * NS for hoa on ifindex from the unspecified address: who defends it is its home agent;
	 * answer by WTRU_EVENT_ADVERTISED (section 11.5.5).
	 */
	WTRU_ACTION_FIND_AGENT,
	/*
	 * A static home's address on its home link, where nobody else configures it; with DAD or
	 * without (RFC 6275 section 11.5.5).
	 */
	WTRU_ACTION_WANT_NATIVE,
	WTRU_ACTION_UNWANT_NATIVE,
	/*
	 * DAD has found our own home agent, which defends this address of ours (the HoA, or a
	 * link-local one): configure it again, without DAD (RFC 6275 section 11.5.5).
	 */
	WTRU_ACTION_WITHOUT_DAD,
	/* Record who has this address, as its own advertisement said, in the neighbour cache. */
	WTRU_ACTION_LEARN_NEIGHBOUR,
	WTRU_ACTION_WANT_DEFAULT,   /* new connections: via router on ifindex, from source */
	WTRU_ACTION_UNWANT_DEFAULT, /* no attachment at all */
	WTRU_ACTION_WANT_HOA,       /* keep hoa configured on our own interface, deprecated everywhere */
	WTRU_ACTION_UNWANT_HOA,     /* home: only our copy goes; ended: the address goes everywhere */
	/*
	 * Tunnel hoa: coa <-> anchor (or the PGW that stands for it), over router on ifindex. What
	 * the anchor tunnels to any other address of ours is accepted too: between two working
	 * links it starts to use the new CoA before we do.
	 */
	WTRU_ACTION_WANT_BINDING,
	WTRU_ACTION_UNWANT_BINDING,
	WTRU_ACTION_CHECK_USE,      /* find out who uses the old HoAs; answer by WTRU_EVENT_USE each */
	WTRU_ACTION_SAVE,           /* records changed: write them by the end of the loop turn */
	WTRU_ACTION_NOTIFY,         /* tell the subscribers */
};

/* What WTRU_ACTION_NOTIFY tells; names are those of docs/control.md. */
enum wtru_notice {
	WTRU_NOTICE_ATTACHED,  /* new primary attachment */
	WTRU_NOTICE_DETACHED,  /* no attachment left */
	WTRU_NOTICE_CREATED,   /* instance made */
	WTRU_NOTICE_CLAIMED,   /* claim answered; status says how */
	WTRU_NOTICE_BU_SENT,
	WTRU_NOTICE_BOUND,     /* BA with acceptance; lifetime_s granted */
	WTRU_NOTICE_REFUSED,   /* BA with an error; status */
	WTRU_NOTICE_TIMEOUT,   /* no BA; retransmitting */
	WTRU_NOTICE_HOME,      /* returned home */
	WTRU_NOTICE_RESTARTED, /* the anchor lost its state; registering again */
	WTRU_NOTICE_REVOKED,   /* the anchor revoked the binding */
	WTRU_NOTICE_ENDED,     /* instance torn down */
	WTRU_NOTICE_LIMIT,     /* instances_max reached: the new address is not protected */
	WTRU_NOTICE_AGENT,     /* another home agent is tried, as discovery said */
	WTRU_NOTICE_PREFIX,    /* the home agent told of the home prefix; lifetime_s: valid lifetime */
	WTRU_NOTICE_INVALID,   /* the home prefix is not valid any more: neither is the HoA */
	WTRU_NOTICE_FALLBACK,  /* the anchor refuses us here (status), or is silent (0): by the PGW now */
};

struct wtru_action {
	enum wtru_action_type type;
	union {
		struct mip6_packet packet; /* valid during the call */
		struct {
			struct mip6_packet packet; /* addresses and headers only */
			uint8_t type;              /* enum mip6_icmp6_type */
			uint16_t id;
		} icmp6;
		struct {
			uint32_t ifindex;
			struct mip6_addr router;
		} probe; /* SEND_RS (router unused), SEND_PROBE */
		struct {
			uint32_t ifindex;
			struct mip6_addr hoa;
		} na; /* SEND_NA, FIND_AGENT */
		struct {
			uint32_t ifindex;
			struct mip6_addr hoa;
			uint8_t prefix_len;
			bool dad;
		} native; /* WANT_NATIVE, UNWANT_NATIVE */
		struct {
			uint32_t ifindex;
			struct mip6_addr addr;
			uint8_t prefix_len;
			uint32_t valid_s; /* MIP6_LIFETIME_INFINITE possible */
		} address; /* WITHOUT_DAD */
		struct {
			uint32_t ifindex;
			struct mip6_addr addr;
			uint8_t lladdr_len;
			uint8_t lladdr[MIP6_LLADDR_MAX];
		} neighbour;
		struct {
			uint32_t ifindex;
			struct mip6_addr router;
			struct mip6_addr coa;
			struct mip6_addr source; /* the coa, or a HoA that is preferred to it */
		} attachment; /* WANT_DEFAULT */
		struct {
			struct mip6_addr hoa;
			uint8_t prefix_len;
			uint32_t ifindex; /* link that has or had the address; 0: not known */
			bool ended;       /* UNWANT_HOA */
		} hoa;
		struct wtru_tunnel {
			struct mip6_addr hoa;
			uint8_t prefix_len; /* of the HoA's on-link prefix: its stale route must be overridden */
			struct mip6_addr coa;
			struct mip6_addr anchor; /* the other end of the tunnel */
			struct mip6_addr router;
			uint32_t ifindex;
			/*
			 * The HoA still works natively on a link that is up: accept tunnelled
			 * packets for it, but let what it sends leave natively. A want without it
			 * follows (or an unwant), so that no packet is lost between two working
			 * links.
			 */
			bool receive_only;
			uint32_t native_ifindex; /* with receive_only: the link and router of the HoA */
			struct mip6_addr native_router;
		} binding;
		struct {
			enum wtru_notice what;
			uint32_t ifindex;
			struct mip6_addr hoa;
			struct mip6_addr coa;
			struct mip6_addr anchor;
			uint32_t lifetime_s;
			uint8_t status;
			bool k; /* flag K of the last BA: the home agent moved the IKE endpoint */
		} notice;
	};
};

struct wtru_actions {
	void *ctx;
	void (*emit)(void *ctx, const struct wtru_action *action);
};

/* Counters, in the order of wtru_stat_name(). */
enum wtru_stat {
	WTRU_STAT_BU_SENT,
	WTRU_STAT_BU_RETRANSMITTED,
	WTRU_STAT_BA_ACCEPTED,
	WTRU_STAT_BA_ERROR,
	WTRU_STAT_BA_UNMATCHED,  /* no such binding update, or from somebody else */
	WTRU_STAT_BA_BAD_SEQ,
	WTRU_STAT_BA_BAD_AUTH,
	WTRU_STAT_BA_UNPROTECTED, /* BAs and revocations that should have come inside ESP */
	WTRU_STAT_BRR,
	WTRU_STAT_BE,
	WTRU_STAT_BE_UNMATCHED,
	WTRU_STAT_BE_SENT,
	WTRU_STAT_HEARTBEAT_SENT,
	WTRU_STAT_HEARTBEAT_ANSWERED,
	WTRU_STAT_HEARTBEAT_LOST,
	WTRU_STAT_REVOKED,
	WTRU_STAT_MH_MALFORMED,
	WTRU_STAT_MH_UNEXPECTED, /* a message that a WTRU has no use for */
	WTRU_STAT_RA,
	WTRU_STAT_RA_IGNORED,
	WTRU_STAT_HAAD_SENT,       /* requests for home agent addresses */
	WTRU_STAT_HAAD_ANSWERED,
	WTRU_STAT_HAAD_UNMATCHED,  /* replies to no request of ours */
	WTRU_STAT_MPS_SENT,        /* solicitations of mobile prefixes */
	WTRU_STAT_MPA,             /* advertisements accepted */
	WTRU_STAT_MPA_UNSOLICITED, /* discarded, and asked for again */
	WTRU_STAT_MPA_UNMATCHED,   /* not from our home agent, or without its routing header */
	WTRU_STAT_MPA_UNPROTECTED, /* that should have come inside ESP */
	WTRU_STAT_HANDOVERS,
	WTRU_STAT_INSTANCES_CREATED,
	WTRU_STAT_INSTANCES_ENDED,
	WTRU_STAT_COUNT,
};

const char *wtru_stat_name(enum wtru_stat stat);
const char *wtru_instance_state_name(enum wtru_instance_state state);
const char *wtru_claim_state_name(enum wtru_claim_state state);
const char *wtru_notice_name(enum wtru_notice notice);

/* A look at one instance. */
struct wtru_instance_info {
	struct mip6_addr hoa;
	uint8_t prefix_len;
	struct mip6_addr anchor;
	struct mip6_addr peer; /* where it is bound: the anchor, or the PGW */
	struct mip6_addr coa; /* unspecified when HOME or AWAY */
	uint32_t ifindex;
	char operator_name[MIP6_OPERATOR_MAX + 1];
	enum wtru_instance_state state;
	enum wtru_claim_state claim;
	bool keep;
	bool fixed;           /* a configured home: never torn down */
	bool discovering;     /* its home agents are asked for */
	mip6_time valid_until; /* of the HoA; MIP6_TIME_NEVER: not known, or infinite */
	bool primary;         /* serves new connections */
	uint32_t sockets;     /* at the last use check */
	mip6_time last_use;   /* last known use */
	uint32_t lifetime_s;  /* granted */
	mip6_time expires;    /* MIP6_TIME_NEVER when not bound */
	mip6_time next_bu;    /* refresh or retransmission; MIP6_TIME_NEVER: none due */
	uint16_t seq;
	uint8_t status;       /* of the last BA */
	uint32_t rtt_us;      /* of the last BU to BA exchange; 0: none */
};

struct wtru_link_info {
	uint32_t ifindex;
	bool up;
	uint32_t rank;
	bool attached; /* has a router and a usable address */
	bool primary;
	struct mip6_addr router;
	struct mip6_addr coa;
	struct mip6_addr anchor;
	char operator_name[MIP6_OPERATOR_MAX + 1];
};

struct wtru;

/* Octets that wtru_init() needs for this configuration, aligned for any object. */
size_t wtru_memory_size(const struct wtru_config *config);
/* Make a core in memory (which stays the caller's, and must outlive the core). Cannot fail. */
struct wtru *wtru_init(void *memory, const struct wtru_config *config);
/*
 * New values at run time; instances_max and links_max must not change. Returns false, and changes
 * nothing, when they do.
 */
bool wtru_reconfigure(struct wtru *wtru, const struct wtru_config *config);

void wtru_step(struct wtru *wtru, const struct wtru_event *event, mip6_time now,
	       const struct wtru_env *env, const struct wtru_actions *actions);

/*
 * When the next WTRU_EVENT_TIMER is due; MIP6_TIME_NEVER: nothing to wait for. Ask after every
 * step.
 */
mip6_time wtru_deadline(const struct wtru *wtru);

/* Walk: index from 0 until false. Order: newest instance first; no order among links. */
bool wtru_instance_get(const struct wtru *wtru, size_t index, struct wtru_instance_info *ret);
bool wtru_link_get(const struct wtru *wtru, size_t index, struct wtru_link_info *ret);
bool wtru_record_get(const struct wtru *wtru, size_t index, struct wtru_record *ret);
uint64_t wtru_stat_get(const struct wtru *wtru, enum wtru_stat stat);

#endif
