/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The home-agent core of a D-GW: binding cache, ownership of home addresses, authorisation (RFC
 * 6275 sections 9.5 and 10), as a pure state machine. Same rules as mip6/wtru.h: one way in,
 * actions out, no re-entrance, wants are idempotent.
 *
 * Ownership: who may bind a HoA. It is made by an anchor claim (a de-registration from the HoA
 * itself), by the first accepted binding, or by configuration; with unique prefixes it covers the
 * whole prefix. It outlives the binding for ownership_s and ends at a de-registration from away
 * (the WTRU has no use for the address any more).
 */
#ifndef MIP6_HA_H
#define MIP6_HA_H

#include <mip6/auth.h>
#include <mip6/packet.h>

#define HA_PREFIX_MAX 16
#define HA_ADDRESS_MAX 16
#define HA_SA_MAX 4

/* A home prefix that this D-GW anchors. */
struct ha_home_prefix {
	struct mip6_prefix prefix;
	/*
	 * 0: a shared prefix on the access link: proxy ND defends, DAD for a HoA that nobody
	 * claimed. Otherwise the length of the unique prefixes (RFC 8273) that are delegated out of
	 * this pool, one per WTRU: routed, no proxy ND and no DAD.
	 */
	uint8_t unique_len;
	/*
	 * Its lifetimes as the home link is told them, each time anew: a binding is granted for
	 * valid_s at most, and preferred_s says when its WTRU must ask for prefixes (RFC 6275 section
	 * 10.3.1). valid_s 0: for ever, and preferred_s is not looked at.
	 */
	uint32_t valid_s, preferred_s;
};

struct ha_config {
	size_t bindings_max;     /* hard limit of binding cache and ownership entries together */
	uint32_t identity_bindings_max; /* per identity, or per unique prefix in open mode */
	uint32_t lifetime_max_s; /* granted at most */
	uint32_t refresh_percent; /* refresh advice as a part of the lifetime granted; 0: no advice */
	uint32_t ownership_s;    /* ownership outlives its last proof by this */
	uint32_t replay_window_s; /* RFC 4285 timestamps may be off by this */
	uint32_t error_rate;     /* error BAs, BEs and unsolicited answers per second, all peers together */
	/*
	 * Keys of identities that AAA servers have vouched for, kept at most; and questions per second at
	 * most, of neighbours and of all others each. 0 keys: nobody is asked. Fixed after ha_init().
	 */
	size_t aaa_keys_max;
	uint32_t aaa_rate;
	bool open;               /* lab: no authentication, every identity welcome */
	bool esp_only;           /* whatever is not from a chaining agent must come inside ESP */
	bool moves_keying;       /* IKE endpoints follow the CoA: flag K in the answer (section 10.3.1) */
	uint32_t restart_counter; /* RFC 5847; counts starts without restored bindings */
	size_t address_count;    /* our own global addresses; the first is the home agent address */
	struct mip6_addr addresses[HA_ADDRESS_MAX];
	size_t prefix_count;
	struct ha_home_prefix prefixes[HA_PREFIX_MAX];
};

/* An identity that the D-GW knows. */
struct ha_identity {
	char nai[MIP6_NAI_MAX + 1];
	size_t sa_count;
	struct mip6_auth_sa sa[HA_SA_MAX];
	/* Home addresses or prefixes that this identity owns by configuration; borrowed. */
	const struct mip6_prefix *home;
	size_t home_count;
};

/*
 * The chaining agent of an operator: it may bind its own address to the home addresses that WTRUs
 * of that operator own here (docs/protocol.md, chain).
 */
struct ha_peer {
	struct mip6_addr addr;
	char realm[MIP6_NAI_MAX + 1]; /* of the NAIs that it may speak for */
	size_t sa_count;
	struct mip6_auth_sa sa[HA_SA_MAX];
};

/*
 * What makes a chaining agent of a home-agent core (mip6/chain.h): every new binding and every
 * release is put to somebody else first, as HA_EVENT_RELAYED tells. Nothing of it may call
 * ha_step().
 */
struct ha_relay {
	void *ctx;
	/*
	 * An authentic BU from a WTRU that may have hoa: the status to refuse it with, 0 to go on.
	 */
	uint8_t (*admit)(void *ctx, const struct mip6_mh *bu, const struct mip6_addr *hoa);
	/* Ask for hoa, or for its release; the same may be asked again, or the other. */
	void (*ask)(void *ctx, const struct mip6_addr *hoa, bool release);
	/* How long hoa may be granted for at most, now. */
	uint32_t (*lifetime_s)(void *ctx, const struct mip6_addr *hoa);
};

struct ha_env {
	void *ctx;
	uint32_t (*random)(void *ctx);
	int64_t (*unix_us)(void *ctx); /* wall clock, for RFC 4285 timestamps and records only */
	/* NULL when unknown; valid during the step. nai is NUL-terminated. */
	const struct ha_identity *(*find_identity)(void *ctx, const char *nai);
	/*
	 * The identity that owns hoa by configuration, or NULL. Somebody else asking for it is
	 * refused.
	 */
	const struct ha_identity *(*find_owner)(void *ctx, const struct mip6_addr *hoa);
	/*
	 * Whom the security association of ESP for this HoA proves as the sender (struct
	 * mip6_packet.esp), or NULL: there is none. What a WTRU sends for such a HoA without ESP is
	 * dropped. NULL: never.
	 */
	const struct ha_identity *(*find_esp)(void *ctx, const struct mip6_addr *hoa);
	/*
	 * The chaining agent with this address, or NULL; valid during the step. NULL: there are
	 * none.
	 */
	const struct ha_peer *(*find_peer)(void *ctx, const struct mip6_addr *addr);
	const struct ha_relay *relay; /* NULL in a D-GW */
	/* Is there an AAA server that may know this identity? NULL: there are none. */
	bool (*asks_aaa)(void *ctx, const char *nai);
};

enum ha_aaa_result {
	HA_AAA_ACCEPTED,
	HA_AAA_REJECTED,
	HA_AAA_NO_ANSWER, /* no server answered, or none could be asked */
};

/* What an AAA server says (RFC 4285 section 5.2). */
struct ha_aaa_answer {
	uint32_t query; /* as in the action */
	enum ha_aaa_result result;
	/* Accepted: the MN-HA key (HMAC-SHA-1, SPI 3) of the WTRU and this home agent. */
	uint32_t lifetime_s; /* how long it may be used */
	uint8_t key_len;
	uint8_t key[MIP6_AUTH_KEY_MAX];
};

/* A binding and its owner, as kept on disk. */
struct ha_record {
	struct mip6_addr hoa;
	struct mip6_addr coa; /* unspecified: ownership only */
	struct mip6_addr home_agent; /* our address that the WTRU uses */
	char nai[MIP6_NAI_MAX + 1]; /* "" in open mode without MN-ID */
	uint16_t seq;
	uint16_t flags;          /* enum mip6_bu_flag of the binding */
	uint32_t lifetime_s;     /* granted */
	int64_t expires_unix_us; /* end of the binding */
	int64_t owned_until_unix_us;
	uint64_t mesg_id;        /* last accepted RFC 4285 timestamp */
	bool claimed;            /* its owner showed up with it on the access link: no DAD needed */
};

enum ha_event_type {
	HA_EVENT_MH,       /* a Mobility Header packet, checksum verified */
	HA_EVENT_MH_BAD,   /* one that mip6_packet_decode() refused; what to answer is the core's matter */
	HA_EVENT_HOME_ADDRESS, /* no Mobility Header behind a Home Address option (section 9.3.1) */
	HA_EVENT_TIMER,    /* now >= ha_deadline() */
	HA_EVENT_DAD,      /* answer to HA_ACTION_START_DAD */
	HA_EVENT_UNBOUND,  /* a tunnelled packet that matches no binding (rate-limited by the data plane) */
	HA_EVENT_REVOKE,   /* operator: end this binding (RFC 5846) */
	HA_EVENT_RESTORE,  /* a record of the last run; before all other events */
	HA_EVENT_RELAYED,  /* answer to ha_relay.ask */
	HA_EVENT_AAA,      /* answer to HA_ACTION_ASK_AAA */
	HA_EVENT_LOST,     /* what the relay asked for has ended: drop hoa, and tell its WTRU by BE */
};

struct ha_event {
	enum ha_event_type type;
	union {
		struct {
			const struct mip6_packet *packet;
			bool on_access_link; /* came in over the access link, from a neighbour */
		} mh;
		struct {
			struct mip6_addr src;
			struct mip6_addr dst;
			enum mip6_decode result;
		} bad;
		struct {
			struct mip6_addr src;
			struct mip6_addr dst;
			struct mip6_addr hoa;
		} home_address;
		struct {
			struct mip6_addr hoa;
			bool duplicate;
		} dad;
		struct {
			struct mip6_addr outer_src;
			struct mip6_addr outer_dst;
			struct mip6_addr inner_src;
		} unbound;
		struct {
			struct mip6_addr hoa;
		} revoke;
		const struct ha_record *restore;
		struct {
			struct mip6_addr hoa;
			uint8_t status; /* 0: granted */
		} relayed;
		const struct ha_aaa_answer *aaa;
		struct {
			struct mip6_addr hoa;
		} lost;
	};
};

enum ha_action_type {
	HA_ACTION_SEND,           /* send packet (complete but for the Mobility Header checksum) */
	HA_ACTION_WANT_BINDING,   /* tunnel for prefix: home_agent <-> coa */
	HA_ACTION_UNWANT_BINDING,
	HA_ACTION_WANT_PROXY,     /* defend hoa on the access link: proxy ND, one override NA at once */
	HA_ACTION_UNWANT_PROXY,
	HA_ACTION_START_DAD,      /* is hoa in use on the access link? answer by HA_EVENT_DAD */
	HA_ACTION_SAVE,           /* keep this record */
	HA_ACTION_FORGET,         /* drop the record of hoa */
	HA_ACTION_RELEASED,       /* nobody owns this unique prefix (or HoA) any more: back to the pool */
	HA_ACTION_ASK_AAA,        /* ask the operator's AAA server; answer by HA_EVENT_AAA, in another step */
	HA_ACTION_NOTIFY,
};

enum ha_notice {
	HA_NOTICE_CLAIMED,    /* ownership made or renewed at home */
	HA_NOTICE_REGISTERED, /* new binding */
	HA_NOTICE_MOVED,      /* other CoA */
	HA_NOTICE_REFRESHED,
	HA_NOTICE_RETURNED,   /* de-registered from home */
	HA_NOTICE_RELEASED,   /* de-registered from away: address given up */
	HA_NOTICE_EXPIRED,
	HA_NOTICE_REVOKED,
	HA_NOTICE_REFUSED,    /* status says why */
};

struct ha_action {
	enum ha_action_type type;
	/*
	 * SEND: the answer to a neighbour on the access link, whose HoA (packet.dst) may be bound.
	 * It MUST go to that neighbour's link-layer address and not into the tunnel (RFC 6275
	 * section 10.3.2).
	 */
	bool on_link;
	union {
		struct mip6_packet packet; /* valid during the call */
		struct {
			struct mip6_prefix prefix; /* the HoA as /128, or the unique prefix */
			struct mip6_addr hoa;
			struct mip6_addr coa;
			struct mip6_addr home_agent;
		} binding;
		struct {
			struct mip6_addr hoa;
			bool link_local; /* L flag: defend the link-local address too (RFC 6275 section 10.4.1) */
			bool router;     /* unused by hosts; R flag of the NA */
		} proxy;
		struct {
			struct mip6_addr hoa;
			bool link_local; /* L flag: the link-local address made of it, too */
			bool only_link_local; /* hoa itself is accounted for */
		} dad;
		const struct ha_record *save;
		struct mip6_addr forget;
		struct mip6_prefix released;
		struct {
			uint32_t query;
			const char *nai; /* valid during the call */
			struct mip6_addr hoa;
			struct mip6_addr home_agent;
			uint8_t digest[MIP6_AAA_LEN];        /* MAC_Mobility Data */
			uint8_t authenticator[MIP6_AAA_LEN]; /* what the WTRU made of it */
		} aaa;
		struct {
			enum ha_notice what;
			struct mip6_addr hoa;
			struct mip6_addr coa;
			const char *nai; /* valid during the call */
			uint32_t lifetime_s;
			uint8_t status;
		} notice;
	};
};

struct ha_actions {
	void *ctx;
	void (*emit)(void *ctx, const struct ha_action *action);
};

enum ha_stat {
	HA_STAT_BU,               /* received, well-formed */
	HA_STAT_BU_ACCEPTED,
	HA_STAT_BU_REFUSED,
	HA_STAT_BU_BAD_AUTH,
	HA_STAT_BU_REPLAYED,      /* timestamp not new, or outside the window */
	HA_STAT_BU_BAD_SEQ,
	HA_STAT_BU_NOT_OWNER,
	HA_STAT_BU_BAD_COA,
	HA_STAT_BU_NOT_HOME,
	HA_STAT_BU_LIMIT,
	HA_STAT_BU_NO_HAO,        /* no Home Address option where one is needed */
	HA_STAT_DAD_FAILED,
	HA_STAT_CLAIMS,
	HA_STAT_EXPIRED,
	HA_STAT_BRR_SENT,
	HA_STAT_BE_SENT,
	HA_STAT_REVOKED,
	HA_STAT_HEARTBEAT,
	HA_STAT_UNBOUND,          /* tunnelled packets without a binding that were reported */
	HA_STAT_MH_TRUNCATED,
	HA_STAT_MH_BAD_CHECKSUM,
	HA_STAT_MH_BAD_FORMAT,
	HA_STAT_MH_UNKNOWN_TYPE,
	HA_STAT_MH_UNEXPECTED,    /* a message that a home agent has no use for */
	HA_STAT_HAO_UNVERIFIED, /* packets with a Home Address option, but without its binding */
	HA_STAT_RATE_LIMITED,     /* answers not sent */
	HA_STAT_BU_NOT_RELAYED,   /* BUs for a chaining agent at a D-GW, or that one may not relay */
	HA_STAT_PEER_BU,          /* BUs from chaining agents */
	HA_STAT_BU_UNPROTECTED,   /* BUs and answers to revocations that need ESP and came without */
	HA_STAT_AAA_ASKED,        /* questions to AAA servers */
	HA_STAT_AAA_ACCEPTED,
	HA_STAT_AAA_REJECTED,
	HA_STAT_AAA_FAILED,       /* no answer, or one without a key */
	HA_STAT_AAA_BUSY,         /* questions not asked: too many, or too often */
	HA_STAT_SHORTENED,        /* bindings cut because their prefix does not live so long any more */
	HA_STAT_COUNT,
};

const char *ha_stat_name(enum ha_stat stat);
const char *ha_notice_name(enum ha_notice notice);

struct ha_binding_info {
	struct mip6_addr hoa;
	struct mip6_prefix prefix; /* what the tunnel carries */
	struct mip6_addr coa;      /* unspecified: ownership only */
	struct mip6_addr home_agent;
	const char *nai; /* valid until the next step */
	uint16_t seq;
	uint16_t flags;
	uint32_t lifetime_s;
	mip6_time expires;     /* MIP6_TIME_NEVER without a binding */
	mip6_time owned_until;
	bool pending_dad;
};

struct ha;

size_t ha_memory_size(const struct ha_config *config);
/* memory stays the caller's and need not be zeroed; it is aligned for any object. Cannot fail. */
struct ha *ha_init(void *memory, const struct ha_config *config, const struct ha_env *env);
/*
 * New values at run time. bindings_max must not change, nor unique_len of a home prefix that stays:
 * then false, and nothing is changed. What is bound in a home prefix whose valid lifetime became
 * shorter is cut, in a home prefix that goes it is revoked, by the steps that follow: ask
 * ha_deadline() again.
 */
bool ha_reconfigure(struct ha *ha, const struct ha_config *config);

void ha_step(struct ha *ha, const struct ha_event *event, mip6_time now, const struct ha_env *env,
	     const struct ha_actions *actions);
mip6_time ha_deadline(const struct ha *ha);

size_t ha_binding_count(const struct ha *ha);   /* with a CoA */
size_t ha_ownership_count(const struct ha *ha); /* all entries */
bool ha_binding_find(const struct ha *ha, const struct mip6_addr *hoa, struct ha_binding_info *ret);
/* Walk in no order: *cursor from 0 until false; stable while no step happens in between. */
bool ha_binding_next(const struct ha *ha, size_t *cursor, struct ha_binding_info *ret);
/*
 * True when prefix overlaps an entry: a pool must not hand it out. A hash lookup for a unique
 * prefix of a pool or anything longer; a walk over all entries for other prefixes.
 */
bool ha_prefix_in_use(const struct ha *ha, const struct mip6_prefix *prefix);
uint64_t ha_stat_get(const struct ha *ha, enum ha_stat stat);

#endif
