/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the home-agent core.
 *
 * Everything lives in the caller's block of memory: tables of fixed size whose members refer to
 * each other by 32-bit index. Free slots beyond the high-water mark of a table were never touched,
 * so that a large bindings_max costs address space, not memory, until it is needed. Every lookup is
 * a keyed hash, every timer a heap operation: no step walks a table.
 */
#ifndef HA_PRIVATE_H
#define HA_PRIVATE_H

#include "tables.h"

#include <mip6/ha.h>

#define HA_NONE CORE_NONE

#define HA_MAX_DELETE_BCE_TIMEOUT (10 * MIP6_S) /* RFC 6275 section 12 */
#define HA_BRR_MAX 2                            /* Binding Refresh Requests per lifetime */
#define HA_BRI_RETRIES_MAX 1                    /* BRIMaxRetriesNumber, RFC 5846 section 11 */
#define HA_BRI_DELAY (1 * MIP6_S)               /* InitMINDelayBRIs */
#define HA_BRI_DELAY_MAX (2 * MIP6_S)           /* MAX_BRACK_TIMEOUT */
#define HA_DAD_TIMEOUT (10 * MIP6_S)     /* the daemon's answer to START_DAD is lost after this */
#define HA_RELAY_TIMEOUT (120 * MIP6_S)  /* the same for the answer of a relay */
#define HA_PENDING_MAX 4096              /* BUs that wait for DAD at the same time */
#define HA_TIMERS_PER_STEP 256           /* a step does at most so many; the rest is due at once */
#define HA_RECONFIGURED 0                /* a timer that ha_reconfigure() set: look at the entry */
#define HA_PEER_SLOTS 4096               /* buckets of answers to authenticated peers */
#define HA_REFUSED_SLOTS 4096            /* authentic messages that are remembered as refused */
#define HA_PEER_INTERVAL (200 * MIP6_MS) /* one error answer per identity and interval … */
#define HA_PEER_BURST 10                 /* … after so many at once */
#define HA_AAA_TIMEOUT (60 * MIP6_S)     /* the answer to ASK_AAA is lost after this */
#define HA_AAA_WAITS_MAX 256             /* BUs that wait for it, half of them for neighbours */
#define HA_AAA_MH_MAX 512                /* octets of a BU that may wait */
#define HA_AAA_KEY_MIN 16
#define HA_AAA_SCRATCH 4                 /* identities made up during a step */
#define HA_NAI_SHORT 64                  /* octets of an NAI slot of the small kind, with NUL */

enum ha_entry_flag {
	HA_ENTRY_USED = 1 << 0,
	HA_ENTRY_BOUND = 1 << 1,    /* coa, expires, lifetime_s mean something; tunnel wanted */
	HA_ENTRY_CLAIMED = 1 << 2,  /* its owner was seen with it on the access link: no DAD */
	HA_ENTRY_PENDING = 1 << 3,  /* waits for DAD, or for a relay's answer */
	HA_ENTRY_REVOKING = 1 << 4, /* BRI sent to coa, no BRA yet; not bound */
	HA_ENTRY_OWNED = 1 << 5,    /* owned_until means something */
	HA_ENTRY_VIA_PEER = 1 << 6, /* bound by a chaining agent, to its own address */
	HA_ENTRY_PARTING = 1 << 7,  /* peer is being told that the WTRU left it */
};

/* The link-local address that belongs to a HoA with the flag L. */
enum ha_link_local {
	HA_LINK_LOCAL_NONE,
	HA_LINK_LOCAL_ASKED,    /* DAD goes on */
	HA_LINK_LOCAL_DEFENDED, /* while bound */
};

/* A home address: its owner and, while the WTRU is away, its binding. */
struct ha_entry {
	struct mip6_addr hoa;
	struct mip6_addr coa;
	struct mip6_addr home_agent;
	struct mip6_addr peer; /* PARTING: who is told */
	uint64_t mesg_id;      /* last accepted RFC 4285 timestamp of its owner; 0: none */
	uint64_t peer_mesg_id; /* and of a chaining agent for it: another clock */
	mip6_time expires;     /* of the binding */
	mip6_time owned_until;
	mip6_time seq_until;  /* without a binding, the sequence number still counts until then */
	mip6_time retry_at;   /* REVOKING: next BRI, or giving up */
	mip6_time parting_at; /* the same for PARTING */
	uint32_t lifetime_s;
	uint32_t spi; /* of the last accepted BU, 0: none */
	uint32_t identity;
	uint32_t group;   /* HA_NONE in a shared prefix */
	uint32_t pending; /* HA_NONE unless PENDING */
	uint16_t seq;
	uint16_t bu_flags;
	uint16_t revoke_seq;
	uint16_t parting_seq;
	uint8_t flags; /* enum ha_entry_flag */
	uint8_t tries; /* BRRs or BRIs sent */
	uint8_t parting_tries;
	uint8_t link_local; /* enum ha_link_local */
};

/* A unique prefix in use: all its home addresses belong to one identity. */
struct ha_group {
	struct mip6_prefix prefix;
	uint32_t identity;
	uint32_t count;
};

/*
 * An NAI. It outlives its last entry until a replay of what it sent would be outside the replay
 * window, so that a replay cannot bring back what was given up.
 */
struct ha_name {
	uint64_t floor;                    /* greatest timestamp of the entries that were dropped */
	uint64_t peer_floor;               /* the same of chaining agents */
	uint32_t count;                    /* entries */
	uint32_t refs;                     /* others that keep it */
	uint32_t nai;                      /* slot; the large kind when long_nai */
	uint32_t aaa;                      /* key that an AAA server gave, or HA_NONE */
	uint32_t linger_prev, linger_next; /* names without entries, oldest first */
	bool long_nai;
};

/* A BU that waits for DAD, or for a relay. */
struct ha_pending {
	struct mip6_addr src; /* where the answer goes */
	struct mip6_addr coa;
	struct mip6_addr home_agent;
	uint64_t mesg_id;
	mip6_time deadline;
	uint32_t spi;
	uint32_t lifetime_s;
	uint16_t seq;
	uint16_t bu_flags;
	bool has_mesg_id, has_mn_id;
	bool from_peer;
};

/* The MN-HA key of an identity that an AAA server vouched for. */
struct ha_aaa_key {
	mip6_time until;
	mip6_time renew_at; /* ask again when the WTRU gives occasion */
	uint32_t name;
	uint32_t prev, next; /* in the order of acceptance */
	uint8_t key_len;
	uint8_t key[MIP6_AUTH_KEY_MAX];
};

/* A BU that waits for an AAA server. */
struct ha_aaa_wait {
	struct mip6_packet packet;
	struct mip6_addr hoa;
	mip6_time deadline;
	uint32_t generation;
	uint8_t asked[MIP6_AAA_LEN];         /* MAC_Mobility Data of the question */
	uint8_t digest[MIP6_AAA_LEN];        /* and that of the BU that waits now */
	uint8_t authenticator[MIP6_AAA_LEN]; /* of that */
	bool used;
	bool on_access_link;
	bool renewal; /* nothing waits */
	char nai[MIP6_NAI_MAX + 1];
	uint8_t mh[HA_AAA_MH_MAX];
};

struct ha {
	struct ha_config config;
	uint64_t key[2]; /* of the hash tables: nobody outside can make keys collide */
	uint64_t stats[HA_STAT_COUNT];

	uint32_t hash_mask;
	uint32_t *entry_hash, *group_hash, *name_hash;
	struct core_pool entry_pool, group_pool, name_pool, nai_pool, long_nai_pool, pending_pool;
	struct ha_entry *entries;
	struct ha_group *groups;
	struct ha_name *names;
	struct ha_pending *pendings;
	char (*nais)[HA_NAI_SHORT];
	char (*long_nais)[MIP6_NAI_MAX + 1];
	struct core_heap timers; /* of entries */
	uint32_t linger_first, linger_last;
	struct core_pool aaa_pool;
	struct ha_aaa_key *aaa_keys;
	struct ha_aaa_wait *aaa_waits;
	uint32_t aaa_first, aaa_last;
	struct ha_identity aaa_scratch[HA_AAA_SCRATCH];
	size_t aaa_scratch_next;
	struct core_bucket aaa_bucket[2]; /* everywhere else; neighbours */
	uint32_t entry_count, bound_count;

	/*
	 * Our time of day for RFC 4285 is monotonic time plus this, and only ever moves forward:
	 * were it to follow a wall clock that is set back, no peer could send a timestamp that is
	 * both newer than its last and close to ours.
	 */
	int64_t clock_offset_us;
	uint64_t start_floor; /* older timestamps are refused for home addresses without an entry */
	bool clock_started;

	struct core_bucket error_bucket, heartbeat_bucket;
	mip6_time peer_slots[HA_PEER_SLOTS]; /* when the bucket of these peers is full again */
	/*
	 * Authentic messages that were refused: because their time had not come, or for what was true
	 * then. It changes, and then whoever recorded such a message could send it again.
	 */
	uint64_t refused[HA_REFUSED_SLOTS];
	uint16_t revoke_seq;
};

/* One step: what every function needs. */
struct ha_ctx {
	struct ha *ha;
	mip6_time now;
	const struct ha_env *env;
	const struct ha_actions *actions;
	bool aaa_asked;            /* the BU in hand has waited for the answer: do not ask again */
	const uint8_t *aaa_proved; /* MAC_Mobility Data that was accepted, or NULL */
};

/* A BU on its way through the tests, and what its answer needs. */
struct ha_bu {
	struct mip6_addr src;        /* as in the IPv6 header; the answer goes there */
	struct mip6_addr home_agent; /* where it was sent to; the answer comes from there */
	struct mip6_addr hoa;
	struct mip6_addr coa;
	uint16_t seq;
	uint16_t flags;
	uint32_t lifetime_s; /* asked for */
	bool at_home;        /* the CoA is the HoA: claim or return */
	bool deregister;     /* lifetime 0 or at_home */
	bool direct;         /* came from the HoA itself: no type 2 routing header in the answer */
	bool on_access_link;
	bool authentic; /* the authenticator was right */
	bool has_mn_id, has_mesg_id;
	uint64_t mesg_id;
	uint64_t answer_id; /* timestamp of the answer */
	uint32_t spi;
	const char *nai;                   /* "" without one */
	const struct ha_peer *peer;        /* the chaining agent that it comes from, or NULL */
	const struct mip6_auth_sa *sa;     /* signs the answer; NULL: nothing does */
	const struct ha_home_prefix *home; /* NULL: not our home prefix */
	/* As it came; NULL once the BU has waited for DAD. */
	const struct mip6_packet *packet;
	const struct mip6_mh *mh;
};

/* ha_cache.c */
uint64_t ha_hash(const struct ha *ha, const void *data, size_t len);
struct ha_entry *ha_entry_find(const struct ha *ha, const struct mip6_addr *hoa);
/* NULL when full. The entry has hoa and no owner, timer, or state. */
struct ha_entry *ha_entry_new(struct ha *ha, const struct mip6_addr *hoa);
void ha_entry_delete(struct ha *ha, struct ha_entry *entry);
uint32_t ha_entry_index(const struct ha *ha, const struct ha_entry *entry);
/* Set the timer of an entry to what its state asks for. */
void ha_entry_arm(struct ha *ha, struct ha_entry *entry);
struct ha_group *ha_group_find(const struct ha *ha, const struct mip6_prefix *prefix);
/* Put the entry, whose identity is set, in the group of its unique prefix. */
void ha_group_join(struct ha *ha, struct ha_entry *entry, const struct mip6_prefix *prefix);
/* True when the group is gone with this entry. */
bool ha_group_leave(struct ha *ha, struct ha_entry *entry);
/* The entry waits for DAD with a BU that the caller fills in; NULL: too many do. */
struct ha_pending *ha_pending_new(struct ha *ha, struct ha_entry *entry);
void ha_pending_delete(struct ha *ha, struct ha_entry *entry);

/* ha_name.c */
uint32_t ha_name_find(const struct ha *ha, const char *nai);
/* Find or make; HA_NONE when full. now is our RFC 4285 time. */
uint32_t ha_name_get(struct ha *ha, const char *nai, uint64_t now);
const char *ha_name_text(const struct ha *ha, uint32_t name);
/* Count an entry of that name in or out; at the last one out the name lingers. */
void ha_name_hold(struct ha *ha, uint32_t name);
/* The same for what is no entry, and does not count as one. */
void ha_name_ref(struct ha *ha, uint32_t name);
void ha_name_unref(struct ha *ha, uint32_t name);
void ha_name_drop(struct ha *ha, uint32_t name, uint64_t mesg_id, uint64_t peer_mesg_id);

/* ha_auth.c */
/* Our time of day as an NTP timestamp. */
uint64_t ha_clock(const struct ha_ctx *c);
/* Follow the wall clock forward; at the start of each step. */
void ha_clock_update(const struct ha_ctx *c);
/*
 * Identity, authenticator and timestamp of a BU. *ret_status is the status to answer, 0 when all is
 * right; false: discard without an answer.
 */
bool ha_authenticate(const struct ha_ctx *c, struct ha_bu *bu, const struct ha_entry *entry,
                     uint8_t *ret_status);
/* Never accept this very message. */
void ha_refused(const struct ha_ctx *c, const struct ha_bu *bu);
/* The SA with this SPI (0: any), or NULL; identity may be NULL. */
const struct mip6_auth_sa *ha_find_sa(const struct ha_identity *identity, uint32_t spi);
/* May this identity have this HoA? */
bool ha_authorise(const struct ha_ctx *c, const struct ha_bu *bu, const struct ha_entry *entry);
/* May the owner of the HoA be reached through this CoA? */
bool ha_coa_allowed(const struct ha_ctx *c, const struct ha_bu *bu);
/* The SA for messages to the owner of an entry, or NULL. */
const struct mip6_auth_sa *ha_entry_sa(const struct ha_ctx *c, const struct ha_entry *entry);
/* The SA for messages to the chaining agent that is being left, or NULL. */
const struct mip6_auth_sa *ha_parting_sa(const struct ha_ctx *c, const struct ha_entry *entry);
/* Whom ESP proves as the sender of what comes from this HoA, or NULL. */
const struct ha_identity *ha_find_esp(const struct ha_ctx *c, const struct mip6_addr *hoa);
const struct ha_peer *ha_find_peer(const struct ha_ctx *c, const struct mip6_addr *addr);
/* The SA of a peer with this SPI (0: any), or NULL. */
const struct mip6_auth_sa *ha_peer_sa(const struct ha_peer *peer, uint32_t spi);

/* ha_aaa.c */
/* Who this is by our configuration, or by the word of an AAA server; NULL: unknown. */
const struct ha_identity *ha_identity(const struct ha_ctx *c, const char *nai);
/* True when somebody else is to judge this BU, which is not authentic by what we know. */
bool ha_aaa_ask(const struct ha_ctx *c, const struct ha_bu *bu);
/* True when that has been done, and the BU is good. */
bool ha_aaa_proves(const struct ha_ctx *c, const struct ha_bu *bu);
/* An authentic BU: use it to ask again when the key of its sender ages. */
void ha_aaa_renew(const struct ha_ctx *c, const struct ha_bu *bu);
void ha_process_aaa(const struct ha_ctx *c, const struct ha_aaa_answer *answer);

/* ha_bu.c */
void ha_process_bu(const struct ha_ctx *c, const struct mip6_packet *packet,
                   const struct mip6_mh *mh, bool on_access_link);
void ha_process_dad(const struct ha_ctx *c, const struct mip6_addr *hoa, bool duplicate);
/* DAD is over, or never answered: status 0 accepts the BU that waits. The entry may be gone then.
 */
void ha_finish_dad(const struct ha_ctx *c, struct ha_entry *entry, uint8_t status);
void ha_process_relayed(const struct ha_ctx *c, const struct mip6_addr *hoa, uint8_t status);

/* ha_entry.c: what happens to an entry, with all its actions */
const struct ha_home_prefix *ha_home_prefix(const struct ha *ha, const struct mip6_addr *hoa);
bool ha_is_own_address(const struct ha *ha, const struct mip6_addr *addr);
/* A binding starts or changes: entry has coa, home_agent, lifetime_s set. */
void ha_bind(const struct ha_ctx *c, struct ha_entry *entry);
/* The binding ends; the ownership stays. */
void ha_unbind(const struct ha_ctx *c, struct ha_entry *entry);
/* Defend the HoA on its home link, and the link-local address as far as that is ours to defend. */
void ha_defend(const struct ha_ctx *c, const struct ha_entry *entry);
/* Nobody owns the HoA any more; entry is gone after this. */
void ha_give_up(const struct ha_ctx *c, struct ha_entry *entry);
void ha_save(const struct ha_ctx *c, const struct ha_entry *entry);
void ha_restore(const struct ha_ctx *c, const struct ha_record *record);
void ha_revoke(const struct ha_ctx *c, const struct mip6_addr *hoa);
void ha_process_lost(const struct ha_ctx *c, const struct mip6_addr *hoa);
/* The WTRU has left the chaining agent at coa, where it was bound: tell that. */
void ha_part(const struct ha_ctx *c, struct ha_entry *entry);
void ha_process_revocation(const struct ha_ctx *c, const struct mip6_packet *packet,
                           const struct mip6_mh *mh);
void ha_run_timers(const struct ha_ctx *c);
/* Do what is due for this entry; NULL when it is gone with that. */
struct ha_entry *ha_entry_run(const struct ha_ctx *c, struct ha_entry *entry);
void ha_notify(const struct ha_ctx *c, enum ha_notice what, const struct ha_entry *entry);

/* ha_send.c */
void ha_emit(const struct ha_ctx *c, const struct ha_action *action);
/* May an answer to somebody unauthenticated be sent now? Counts when not. */
bool ha_error_allowed(const struct ha_ctx *c);
bool ha_peer_error_allowed(const struct ha_ctx *c, const char *nai);
void ha_send_ba(const struct ha_ctx *c, const struct ha_bu *bu, uint8_t status, uint16_t seq,
                uint32_t lifetime_s);
void ha_send_brr(const struct ha_ctx *c, const struct ha_entry *entry);
void ha_send_bri(const struct ha_ctx *c, const struct ha_entry *entry);
void ha_send_parting(const struct ha_ctx *c, const struct ha_entry *entry);
void ha_send_be(const struct ha_ctx *c, enum mip6_be_status status, const struct mip6_addr *from,
                const struct mip6_addr *to, const struct mip6_addr *hoa);
void ha_process_heartbeat(const struct ha_ctx *c, const struct mip6_packet *packet,
                          const struct mip6_mh *mh);

/* The bucket of a key whose hash this is. */
static inline uint32_t *ha_bucket(const struct ha *ha, uint32_t *hash, uint64_t key)
{
	return &hash[key & ha->hash_mask];
}

static inline void ha_count(const struct ha_ctx *c, enum ha_stat stat)
{
	c->ha->stats[stat]++;
}

#endif
