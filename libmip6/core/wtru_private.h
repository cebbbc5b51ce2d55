/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Inside the WTRU core: its tables and the functions that its files share. See wtru.c for the
 * whole.
 *
 * The members now, env and actions of struct wtru are those of the step that runs; outside a step
 * they mean nothing.
 */
#ifndef MIP6_WTRU_PRIVATE_H
#define MIP6_WTRU_PRIVATE_H

#include <mip6/wtru.h>

#define WTRU_ROUTERS_MAX 8    /* remembered per link; the one unheard longest makes room */
#define WTRU_PREFIXES_MAX 8   /* per router */
#define WTRU_ADDRESSES_MAX 16 /* per link */
#define WTRU_SENT_MAX 8       /* transmissions of one BU that a BA may still answer */

/* MAX_UPDATE_RATE: BUs per second for one HoA (RFC 6275 sections 11.5.3 and 11.8, value in 12). */
#define WTRU_UPDATE_RATE_MAX 3
/* InitialBindackTimeoutFirstReg (RFC 6275 section 13): leaves a home agent the time for DAD. */
#define WTRU_FIRST_REGISTRATION_MS 1500u
/* Never more than one RS in this time; the wait doubles up to the maximum (as RFC 7559 has it). */
#define WTRU_RS_INITIAL_MS 50u
#define WTRU_RS_MAX_MS 3600000u
/* A refusing anchor is asked again after this long, doubled up to the maximum. */
#define WTRU_REFUSED_INITIAL_S 10u
#define WTRU_REFUSED_MAX_S 300u
/* BUs without an answer, while others are answered, that make us ask the PGW instead. */
#define WTRU_SILENT_TRIES 2u
/* An address that went while its router stayed gets this long to come back, or its link to move. */
#define WTRU_GONE_GRACE (2 * MIP6_S)
/* Back on the HoA's link, the kernel gets this long to configure the HoA there again. */
#define WTRU_HOME_WAIT (1 * MIP6_S)
/* Transmissions of the BU that releases a HoA. */
#define WTRU_RELEASE_TRIES 3u
/* Transmissions of a claim in a row; then silence for WTRU_CLAIM_PAUSE. */
#define WTRU_CLAIM_TRIES 8u
#define WTRU_CLAIM_PAUSE (900 * MIP6_S)
/* Least time between two re-registrations, or two heartbeat answers, that a packet can cause. */
#define WTRU_HINT_INTERVAL (1 * MIP6_S)
/* The D-GW of a HoA that returns has this long to answer before other anchors are told. */
#define WTRU_HOME_FIRST (20 * MIP6_MS)
/* After DAD found somebody else with the HoA on the home link, or somebody removed it there. */
#define WTRU_NATIVE_DUPLICATE_WAIT (30 * MIP6_S)
#define WTRU_NATIVE_GONE_WAIT (1 * MIP6_S)
/* A restored sequence number jumps over what was sent since the record was written. */
#define WTRU_RESTORE_SEQ_JUMP 64u

struct wtru_prefix {
	struct mip6_prefix prefix;
	struct mip6_addr anchor; /* unspecified: none known */
	uint32_t valid_s;
	mip6_time valid_until;
	bool autonomous;
	bool on_link;
};

struct wtru_router {
	bool used;
	struct mip6_addr addr;   /* link-local; not unique among links */
	struct mip6_addr anchor; /* first address that came with an R bit; unspecified: none */
	bool home_agent;         /* H bit */
	bool managed;            /* M bit: addresses come by DHCPv6 */
	uint8_t lladdr_len;      /* 0: not given */
	uint8_t lladdr[MIP6_LLADDR_MAX];
	mip6_time heard;
	mip6_time expires;    /* router lifetime */
	uint32_t interval_ms; /* Advertisement Interval option; 0: not given */
	size_t prefix_count;
	struct wtru_prefix prefix[WTRU_PREFIXES_MAX];
	char operator_name[MIP6_OPERATOR_MAX + 1];
};

struct wtru_address {
	bool used;
	struct mip6_addr addr;
	uint8_t prefix_len;
	bool usable;
	bool deprecated;
	bool temporary;
	bool limit_told; /* WTRU_NOTICE_LIMIT was given for it */
	uint64_t order;  /* the newest has the highest */
	uint32_t valid_s;
	mip6_time valid_until;
};

struct wtru_link {
	bool used;
	uint32_t ifindex;
	bool up;
	uint32_t rank;

	int current;         /* index into router, -1: none */
	bool confirmed;      /* the current router was heard since the last doubt */
	uint32_t generation; /* counts changes of the current router */
	bool want_prefix;    /* the D-GW has not announced our prefix on this visit yet */

	bool attached; /* up, confirmed, with a usable address of the current router */
	struct mip6_addr coa;

	mip6_time rs_last;
	mip6_time rs_due;
	uint32_t rs_wait_ms;

	int probe_candidate; /* router to switch to unless the current one answers; -1: no probe */
	mip6_time probe_until;

	struct mip6_addr link_local;
	bool link_local_failed; /* DAD found it on the link */

	struct wtru_router router[WTRU_ROUTERS_MAX];
	struct wtru_address address[WTRU_ADDRESSES_MAX];
};

/* The attachment that serves new connections and carries all tunnels. */
struct wtru_primary {
	bool valid;
	bool suspended; /* its link is down or in doubt, and there is no other: everything stays */
	bool detached;  /* and the subscribers were told, because it is down */
	uint32_t ifindex;
	struct mip6_addr router;
	struct mip6_addr coa;
};

/* What a BU that waits for its BA is for. */
enum wtru_exchange {
	WTRU_EXCHANGE_NONE,
	WTRU_EXCHANGE_REGISTER, /* from the CoA, with HAO */
	WTRU_EXCHANGE_RELEASE,  /* from the CoA, with HAO, lifetime 0 */
	WTRU_EXCHANGE_CLAIM,    /* from the HoA, lifetime 0, at home all along */
	WTRU_EXCHANGE_RETURN,   /* from the HoA, lifetime 0, after a time away */
};

struct wtru_sent {
	uint16_t seq;
	uint64_t mesg_id;
	mip6_time at;
};

/* What is asked about the home link of an instance (wtru_discovery.c). */
struct wtru_discovery {
	/* Home agents. */
	bool failing; /* the present one does not serve */
	bool fresh;   /* the present one has never accepted anything from us */
	uint16_t agents_id;
	uint32_t agents_tries; /* transmissions of the request under way; 0: none is */
	mip6_time agents_due;
	mip6_time agents_sent;
	struct mip6_addr agents_coa; /* where it was sent from */
	size_t agent_count, agent_next;
	struct mip6_addr agent[MIP6_HAAD_MAX + 1]; /* of the last reply, in its order */
	struct mip6_addr given;                    /* the configured one, when it has failed */
	/* Prefixes. */
	bool told;       /* an advertisement was accepted: it counts */
	bool wanted;     /* something asks for a solicitation */
	bool solicited;  /* the last one is not answered yet */
	bool unanswered; /* all transmissions were in vain */
	bool invalid;    /* the home prefix is over */
	uint16_t prefixes_id;
	uint32_t prefixes_tries;
	mip6_time prefixes_due;
	mip6_time prefixes_sent;
	mip6_time preferred_until;
};

/* The home agent as a neighbour on the home link (wtru_return.c). */
struct wtru_agent {
	uint32_t ifindex;    /* link that it was asked for on; 0: none */
	uint32_t generation; /* of that link */
	uint32_t tries;
	mip6_time due; /* next question, or the end of waiting; MIP6_TIME_NEVER: none */
	bool elapsed;  /* that time has come */
	uint8_t lladdr_len;
	uint8_t lladdr[MIP6_LLADDR_MAX];
};

struct wtru_instance {
	bool used;
	struct mip6_addr hoa;
	uint8_t prefix_len;
	struct mip6_addr anchor;
	struct mip6_addr peer;  /* whom BUs from away go to: the anchor, or our PGW */
	bool fallback;          /* peer is the PGW because the anchor would not be told directly */
	mip6_time direct_since; /* first BU to the anchor itself for the present CoA */
	char operator_name[MIP6_OPERATOR_MAX + 1];
	uint32_t ifindex;    /* link that has or had the HoA; 0: not known */
	uint32_t generation; /* of that link when the HoA was last at home */

	enum wtru_instance_state state;
	enum wtru_claim_state claim;
	bool keep;
	bool maybe_bound;     /* a binding may exist at the anchor */
	bool shared;          /* the home link's prefix is on link: others are on it */
	bool link_local;      /* flag L of that binding (wtru_link_local.c) */
	uint32_t failed_ifindex; /* link where DAD has found the HoA; 0: none */
	struct wtru_agent agent;
	bool release_pending; /* restored while a release was under way */
	uint32_t prefix_valid_s;
	mip6_time valid_until;       /* of the HoA */
	int64_t valid_until_unix_us; /* the same for the record */

	/* Binding update list entry (RFC 6275 section 11.1). */
	enum wtru_exchange exchange;
	struct mip6_addr coa; /* asked for or bound; an exchange at home has the HoA instead */
	struct mip6_addr router;
	uint32_t coa_ifindex;
	uint16_t seq;
	uint64_t mesg_id;          /* last sent */
	uint64_t mesg_id_accepted; /* last accepted */
	int64_t clock_offset_us;
	struct wtru_sent sent[WTRU_SENT_MAX];
	size_t sent_count; /* of this exchange, at most WTRU_SENT_MAX */
	size_t sent_next;
	uint32_t asked_s4;
	uint32_t tries;
	uint32_t wait_ms;  /* time-out of the next transmission */
	bool seq_resynced; /* status 135 was answered at once already */
	bool id_resynced;  /* status 144 too */
	bool auth_fail_told;
	bool k; /* flag K of the last BA */
	bool put_off;  /* due is no time-out: it waits for the rate limit, or for another to be home
	                */
	mip6_time due; /* next BU: retransmission, refresh, claim or another try */
	mip6_time recent[WTRU_UPDATE_RATE_MAX]; /* last transmissions, for the rate limit */
	size_t recent_next;
	size_t recent_count;
	uint32_t refused_wait_s;
	mip6_time hinted;   /* last re-registration that a packet caused */
	mip6_time accepted; /* last acceptance of a registration */
	mip6_time answered; /* last BA that accepted anything */
	uint32_t lifetime_s;
	mip6_time expires;
	uint8_t status;
	uint32_t rtt_us;

	/* What the kernel was asked for. */
	bool want_hoa;
	bool want_binding;
	struct mip6_addr path_coa;
	struct mip6_addr path_peer;
	struct mip6_addr path_router;
	uint32_t path_ifindex;
	bool path_receive_only;

	uint32_t sockets;
	mip6_time last_use;
	bool last_use_known; /* a use check has answered since the HoA is away */

	mip6_time gone_due;  /* the address went; ends the instance unless something happens */
	mip6_time home_wait; /* waiting for the kernel to configure the HoA at home */
	bool home_waited;
	bool rebind; /* decided in this step: send a BU for the primary attachment */

	/* A configured home (wtru_home.c). */
	bool fixed;
	bool agent_given; /* anchor is that of the configuration */
	bool plain;
	bool prefer;
	bool duplicate;       /* status 134: not used again */
	mip6_time live_until; /* until then a binding may exist at the home agent */
	struct wtru_discovery discovery;
	uint32_t native_ifindex; /* link where the HoA was asked for; 0: none */
	mip6_time native_due;    /* not before */
	mip6_time native_gone;   /* when it was taken off its home link for a better one */
};

/* An anchor that binds at least one instance: heartbeats are per anchor (RFC 5847). */
struct wtru_anchor {
	bool used;
	struct mip6_addr addr;
	bool heard; /* it has sent or answered one */
	bool off;   /* knows no heartbeat (BE status 2): MUST NOT be sent any more */
	bool outstanding;
	bool has_counter;
	uint32_t seq;
	uint32_t missing;
	uint32_t counter;
	mip6_time next;
	mip6_time answered; /* last time that we answered a request of its */
	bool ever_answered;
};

struct wtru {
	struct wtru_config config;
	struct wtru_link *link;         /* links_max */
	struct wtru_instance *instance; /* instances_max */
	uint16_t *order;                /* used instances, newest first */
	size_t instance_count;
	struct wtru_anchor *anchor; /* instances_max */
	struct wtru_primary primary;
	uint64_t address_order;
	struct mip6_addr default_source; /* of the last WANT_DEFAULT */
	bool place;                      /* an MH changed what wtru_reconcile() decides */
	bool homes_changed;              /* wtru_homes_sync() is due */
	mip6_time use_due;
	mip6_time error_next; /* no Binding Error before */
	bool dirty; /* a SAVE is due at the end of the step */
	uint64_t stat[WTRU_STAT_COUNT];

	mip6_time now;
	const struct wtru_env *env;
	const struct wtru_actions *actions;
};

/* wtru.c */
void wtru_emit(struct wtru *w, const struct wtru_action *action);
void wtru_notify(struct wtru *w, enum wtru_notice what, const struct wtru_instance *i,
                 uint8_t status);
void wtru_send(struct wtru *w, const struct mip6_packet *packet);
void wtru_count(struct wtru *w, enum wtru_stat stat);

/* wtru_link.c: links, routers, addresses, and the choice of the primary attachment */
void wtru_link_event(struct wtru *w, const struct wtru_event *event);
void wtru_link_ra(struct wtru *w, const struct wtru_event *event);
void wtru_link_address(struct wtru *w, const struct wtru_event *event);
void wtru_link_neighbour(struct wtru *w, const struct wtru_event *event);
void wtru_link_timer(struct wtru *w);
/* Router Solicitations everywhere, and no router is taken for granted any more. */
void wtru_link_resume(struct wtru *w);
mip6_time wtru_link_deadline(const struct wtru *w);
struct wtru_link *wtru_link_find(struct wtru *w, uint32_t ifindex);
struct wtru_address *wtru_link_find_address(struct wtru_link *link, const struct mip6_addr *addr);
struct wtru_router *wtru_link_router(struct wtru_link *link);
/* The prefix of this router that holds addr, or NULL. */
const struct wtru_prefix *wtru_router_prefix(const struct wtru_router *router,
                                             const struct mip6_addr *addr, mip6_time now);
/* End of an address's valid lifetime, by the kernel or the current router, whichever is later. */
mip6_time wtru_link_valid_until(struct wtru *w, struct wtru_link *link,
                                const struct wtru_address *a);
/* The attached link that has the HoA as an address of its own; the primary one when it is that. */
struct wtru_link *wtru_link_home(struct wtru *w, const struct wtru_instance *i);
/* Say again where new connections go, when that or their source has changed. */
void wtru_link_want_default(struct wtru *w);
/* Bring attachments, instances and wants into line with what is known. Ends every event but MH. */
void wtru_reconcile(struct wtru *w);

/* wtru_instance.c: life of an instance */
struct wtru_instance *wtru_instance_find(struct wtru *w, const struct mip6_addr *hoa);
void wtru_instances_place(struct wtru *w, bool moved, uint32_t old_ifindex);
void wtru_instances_create(struct wtru *w);
void wtru_instances_lost_link(struct wtru *w);
/* The primary attachment is back as it was: say again what is wanted, send what had to wait. */
void wtru_instances_resume(struct wtru *w);
void wtru_instance_address_gone(struct wtru *w, uint32_t ifindex, const struct mip6_addr *addr);
/* A release, under way or to come, is not wanted any more. */
void wtru_instance_take_back(struct wtru *w, struct wtru_instance *i);
void wtru_instance_tunnel(struct wtru *w, struct wtru_instance *i);
/* No tunnel any more, if one was wanted. */
void wtru_instance_untunnel(struct wtru *w, struct wtru_instance *i);
void wtru_instance_at_home(struct wtru *w, struct wtru_instance *i);
void wtru_instance_release(struct wtru *w, struct wtru_instance *i);
void wtru_instance_end(struct wtru *w, struct wtru_instance *i);
void wtru_instance_restore(struct wtru *w, const struct wtru_record *record);
bool wtru_instance_is_away(const struct wtru_instance *i);
void wtru_instance_timer(struct wtru *w, struct wtru_instance *i);
mip6_time wtru_instance_deadline(const struct wtru_instance *i);
void wtru_instances_stop(struct wtru *w);

struct wtru_instance *wtru_instance_add(struct wtru *w, const struct mip6_addr *hoa);
/* Keep the HoA on our own interface; not any more, nor on any other. */
void wtru_instance_want_hoa(struct wtru *w, struct wtru_instance *i);
void wtru_instance_unwant_hoa(struct wtru *w, struct wtru_instance *i);
void wtru_instance_set_away(struct wtru *w, struct wtru_instance *i);

/* wtru_home.c: configured homes */
/* Make the instances of the configuration, let go of those that are no longer in it. */
void wtru_homes_sync(struct wtru *w);
/* Ask for each HoA on the link that is its home link; best: where new connections go, or NULL. */
void wtru_homes_native(struct wtru *w, const struct wtru_link *best);
/* After all instances were placed: a HoA that is away is on none of our links. */
void wtru_homes_drop(struct wtru *w);
void wtru_home_unwant_native(struct wtru *w, struct wtru_instance *i);
/* DAD failed, or the address went. */
void wtru_home_address(struct wtru *w, const struct wtru_event *event);
/* Does this link's router announce the home subnet prefix? */
bool wtru_home_is_on(const struct wtru *w, const struct wtru_link *link,
                     const struct wtru_instance *i);
/* Discovery has found the home agent of an instance that had none, or another one. */
void wtru_home_set_agent(struct wtru *w, struct wtru_instance *i, const struct mip6_addr *agent);
/* The source for new connections. */
const struct mip6_addr *wtru_home_source(const struct wtru *w);
mip6_time wtru_home_deadline(const struct wtru_instance *i);

/* wtru_link_local.c: the link-local address at home, and DAD that finds the home agent */
/* At the first BU of a binding: is the link-local address to be defended too? */
void wtru_link_local_choose(struct wtru *w, struct wtru_instance *i);
/* The HoA is on a link with this prefix now. */
void wtru_link_local_shared(struct wtru_instance *i, const struct wtru_prefix *prefix);
void wtru_link_local_address(struct wtru *w, struct wtru_link *link,
                             const struct wtru_event *event);
/* Take back what DAD found in vain. */
void wtru_link_local_undo_dad(struct wtru *w);
/* After the BA that says that we are home. */
void wtru_link_local_advertise(struct wtru *w, const struct wtru_instance *i);

/* wtru_return.c: the home agent's link-layer address, before the de-registration */
/* May the BU of the return be sent on this link now? False: it is waited for. */
bool wtru_return_ready(struct wtru *w, struct wtru_instance *i, struct wtru_link *link);
void wtru_return_timer(struct wtru *w, struct wtru_instance *i);
/* True when somebody waited for it. */
bool wtru_return_advertised(struct wtru *w, const struct wtru_event *event);
/* Record what is known of the home agent. */
void wtru_return_learn_agent(struct wtru *w, struct wtru_instance *i,
                             const struct wtru_router *router);

/* wtru_discovery.c: home agents and prefixes of a home link that we are not on */
void wtru_discovery_init(struct wtru_discovery *d);
void wtru_discovery_icmp6(struct wtru *w, const struct mip6_packet *packet,
                          const struct mip6_icmp6 *msg);
/*
 * The home agent refuses a registration, or (silent) lets it wait: true when another one was
 * chosen, and the exchange is over.
 */
bool wtru_discovery_failed(struct wtru *w, struct wtru_instance *i);
bool wtru_discovery_silent(struct wtru *w, struct wtru_instance *i);
/* It accepted one, with that status. */
void wtru_discovery_accepted(struct wtru_instance *i, uint8_t status);
void wtru_discovery_at_home(struct wtru_instance *i);
/* Preferred lifetime over: no source for new connections (RFC 4862 section 5.5.4). */
bool wtru_discovery_deprecated(const struct wtru *w, const struct wtru_instance *i);
/* After every step: start and stop asking. */
void wtru_discovery_update(struct wtru *w);
void wtru_discovery_timer(struct wtru *w, struct wtru_instance *i);
mip6_time wtru_discovery_deadline(const struct wtru *w, const struct wtru_instance *i);

/* The operator of an address that this router gives. */
const char *wtru_operator_of(const struct wtru *w, const struct wtru_router *router,
                             const struct mip6_addr *hoa);

/* wtru_binding.c: binding update list, exchanges, BUs */
void wtru_binding_start(struct wtru *w, struct wtru_instance *i, enum wtru_exchange exchange);
void wtru_binding_cancel(struct wtru_instance *i);
/* Transmit the BU of the exchange under way, or put it off for the rate limit or a dead link. */
void wtru_binding_transmit(struct wtru *w, struct wtru_instance *i);
/*
 * The same at once, if *done does not say that this was so before: the anchor has told what was
 * wrong with the last transmission. Else the back-off paces it.
 */
void wtru_binding_correct(struct wtru *w, struct wtru_instance *i, bool *done);
void wtru_binding_due(struct wtru *w, struct wtru_instance *i);
/* The anchor will not have it, but it is not ours to end: asked again with back-off. */
void wtru_binding_refused(struct wtru *w, struct wtru_instance *i, uint8_t status);
/* A packet suggests that the anchor has no binding: register again, at most once per second. */
bool wtru_binding_hint(struct wtru *w, struct wtru_instance *i);
void wtru_binding_claim(struct wtru *w, struct wtru_instance *i);
/* The claim was answered: when to renew it. */
void wtru_binding_claim_again(struct wtru *w, struct wtru_instance *i);
/*
 * The anchor will not be told from here (129), or does not hear us while others do: a border
 * between operators of which nobody said anything. False when there is nothing to fall back to.
 */
bool wtru_binding_fall_back(struct wtru *w, struct wtru_instance *i, uint8_t status);
/* Whom the exchange is with. */
const struct mip6_addr *wtru_binding_peer(const struct wtru_instance *i);
bool wtru_exchange_at_home(enum wtru_exchange exchange);
enum wtru_esp wtru_binding_esp(struct wtru *w, const struct wtru_instance *i,
                               const struct mip6_addr *peer);
/* The SA of the authentication option; NULL: what we exchange with this peer has none. */
const struct mip6_auth_sa *wtru_binding_sa(struct wtru *w, const struct wtru_instance *i,
                                           const struct mip6_addr *peer);

/* wtru_ba.c: Binding Acknowledgements */
void wtru_ba(struct wtru *w, const struct mip6_packet *packet, const struct mip6_mh *mh);

/* wtru_mh.c: all Mobility Header messages */
void wtru_mh(struct wtru *w, const struct mip6_packet *packet);

/* wtru_use.c: use checks, heartbeats */
void wtru_use_event(struct wtru *w, const struct wtru_event *event);
void wtru_use_timer(struct wtru *w);
/* After every step: arm or disarm the use check, forget anchors that bind nothing. */
void wtru_use_update(struct wtru *w);
void wtru_heartbeat(struct wtru *w, const struct mip6_packet *packet, const struct mip6_mh *mh);
void wtru_heartbeat_unknown(struct wtru *w, const struct mip6_addr *anchor);

#endif
