/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A world of WTRUs and D-GWs in one process and in virtual time: the real protocol cores on both
 * sides, and around them a mock of everything else: links, Router Advertisements, addresses,
 * clocks, disks, the network with its faults, and the kernel's tunnels as far as a packet's way
 * depends on them.
 *
 * All randomness comes from one seed, all time from one queue: the same seed and calls give the
 * same run.
 *
 * Addresses tell whose they are. D-GW g has 2001:db8:1g::/64 as shared prefix or 2001:db8:2g::/48
 * as pool of unique /64s; the last three octets of an
 * address of WTRU w are its number plus 1, the one before them is its link. PGW p is at
 * 2001:db8:4p::1.
 */
#ifndef WORLD_H
#define WORLD_H

#include <mip6/chain.h>
#include <mip6/ha.h>
#include <mip6/wtru.h>

#define WORLD_LINKS 2
#define WORLD_ADDRESSES 48
#define WORLD_SESSIONS 48
#define WORLD_RECORDS 48
#define WORLD_CAPTURES 512

struct world_options {
	uint64_t seed;
	unsigned int wtrus;
	unsigned int gateways;
	unsigned int links; /* per WTRU, 1 or 2 */
	/*
	 * With a PGW each, and a border between them; D-GW g and WTRU w are of operator g and w
	 * modulo their number. 0: one, and no PGW.
	 */
	unsigned int operators;
	bool open;                     /* no authentication */
	bool shared_only, unique_only; /* default: even D-GWs shared, odd ones unique */
	bool no_claim;
	uint32_t lifetime_s, linger_s, heartbeat_ms;
	bool trace; /* keep a trace of the messages: see world_trace() */
	bool notes; /* with times, moves, crashes and what the WTRUs tell */
};

/* Faults of the network, in thousandths of packets; delays in microseconds. */
struct world_faults {
	unsigned int loss, duplicate, late;
	mip6_time delay_min, delay_max, late_max;
};

struct world_map { /* address → pointer */
	struct world_slot {
		struct mip6_addr key;
		void *value; /* NULL: free */
	} * slots;
	size_t cap, count;
};

struct world_gateway {
	unsigned int index;
	bool up; /* the daemon runs */
	unsigned int runs;
	bool unique;
	struct ha *ha;
	void *memory;
	struct ha_config config;
	struct mip6_addr addr;   /* home agent address */
	struct mip6_addr router; /* link-local */
	struct ha_env env;
	struct ha_actions actions;
	int64_t clock_us;         /* wall clock less true time */
	mip6_time timer;          /* of the queue's event; MIP6_TIME_NEVER: none */
	struct world_map tunnels; /* hoa → struct world_tunnel */
	struct world_map proxies; /* hoa → itself */
	struct world_map disk;    /* hoa → struct ha_record */
	uint16_t *unique_of;      /* WTRU → its /64 of the pool, 0: none */
	uint16_t unique_last;
	struct world *world;
};

struct world_chain {
	struct mip6_addr coa, anchor;
};

struct world_half { /* a leg without the other */
	enum chain_state state;
	unsigned int seconds;
};

struct world_pgw {
	unsigned int index;
	bool up;
	unsigned int runs;
	struct chain *chain;
	void *memory;
	struct chain_config config;
	struct chain_env env;
	struct chain_actions actions;
	struct ha_peer peer;    /* what D-GWs know of it */
	unsigned int remembers; /* first run of which it has records */
	int64_t clock_us;
	mip6_time timer;
	struct world_map chains; /* hoa → struct world_chain */
	struct world_map disk;   /* hoa → struct chain_record */
	struct world_map half;   /* hoa → struct world_half, at the last check */
	struct world *world;
};

struct world_tunnel {
	struct mip6_addr coa;
	unsigned int looping; /* seconds; see sim.c */
};

struct world_address {
	bool used;
	struct mip6_addr addr;
	unsigned int link;
	uint8_t prefix_len;
	mip6_time valid_until;
};

struct world_session {
	struct mip6_addr hoa;
	uint32_t sockets;
};

struct world_wtru {
	unsigned int index;
	bool up;
	struct wtru *core;
	void *memory;
	struct wtru_config config;
	struct wtru_env env;
	struct wtru_actions actions;
	struct mip6_auth_sa sa;
	int64_t clock_us;
	mip6_time timer;
	int at[WORLD_LINKS];             /* D-GW, -1: none */
	unsigned int visit[WORLD_LINKS]; /* counts attachments */
	bool carrier[WORLD_LINKS];
	struct world_address addresses[WORLD_ADDRESSES];
	size_t session_count;
	struct world_session sessions[WORLD_SESSIONS];
	struct world_map tunnels; /* hoa → struct wtru_tunnel */
	struct world_map hoas;    /* kept on our own interface: hoa → itself */
	size_t record_count;
	struct wtru_record records[WORLD_RECORDS]; /* disk */
	struct world *world;
};

enum world_event_type {
	WORLD_PACKET,
	WORLD_GATEWAY_TIMER,
	WORLD_PGW_TIMER,
	WORLD_WTRU_TIMER,
	WORLD_RA,
	WORLD_ADDRESS,
	WORLD_ADDRESS_EXPIRY,
	WORLD_ADDRESS_GONE,
	WORLD_USE,
	WORLD_DAD,
	WORLD_PROBE_ANSWER,
	WORLD_DRIVER, /* the test's own: world->driver() */
};

struct world_event {
	mip6_time at;
	uint64_t order;
	enum world_event_type type;
	unsigned int node, link, visit;
	int sender;       /* WORLD_PACKET: WTRU that sent it, -1: none */
	uint64_t capture; /* serial number of the BU, 0: not one */
	bool replay;
	struct mip6_addr src, dst, addr;
	uint8_t next_header;
	size_t len;
	uint8_t *data; /* owned */
};

struct world_capture {
	uint64_t serial;
	bool accepted;
	unsigned int delivered; /* in which run of its D-GW's daemon; 0: not yet */
	struct mip6_addr src, dst;
	uint8_t next_header;
	size_t len;
	uint8_t data[MIP6_PACKET_MAX];
};

struct world {
	struct world_options options;
	struct world_faults faults;
	mip6_time now;
	uint64_t random;
	struct world_gateway *gateways;
	struct world_pgw *pgws;
	struct world_wtru *wtrus;
	struct ha_identity *identities;
	struct world_event *queue;
	size_t queue_len, queue_cap;
	uint64_t order;
	uint64_t events, packets, lost, delivered;
	void *driver_ctx;
	void (*driver)(void *ctx, const struct world_event *event);
	/* What broke a law: "" while none is. The first counts. */
	char failure[256];
	size_t capture_count;
	uint64_t capture_serial;        /* of the last; it is in slot serial % WORLD_CAPTURES */
	struct world_capture *captures; /* of BUs, for replays */
	char *trace;
	size_t trace_len, trace_cap;
	/* What the WTRUs' cores tell their subscribers. */
	void (*notice)(void *ctx, unsigned int wtru, const struct wtru_action *action);
	void *notice_ctx;
	bool dad_duplicate; /* every address is somebody else's too */
	/* Tests may drop single packets: return true to lose it. */
	bool (*drop)(void *ctx, const struct mip6_packet *packet, const struct mip6_mh *mh);
	void *drop_ctx;
};

void world_init(struct world *world, const struct world_options *options);
void world_free(struct world *world);

uint32_t world_random(struct world *world, uint32_t below);
void world_fail(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Run until the queue is empty, time is up, so many events are done (0: any), or a law is broken.
 */
void world_run(struct world *world, mip6_time until, uint64_t events);
void world_advance(struct world *world, mip6_time by);
void world_schedule(struct world *world, mip6_time at, unsigned int node);

/* Moves. carrier: the WTRU sees its link go and come; otherwise only the RA tells. */
void world_attach(struct world *world, unsigned int wtru, unsigned int link, unsigned int gateway,
                  bool carrier);
void world_detach(struct world *world, unsigned int wtru, unsigned int link);

/* Crashes; restart with or without what is on disk. */
void world_crash_gateway(struct world *world, unsigned int gateway);
void world_start_gateway(struct world *world, unsigned int gateway, bool with_state);
void world_crash_pgw(struct world *world, unsigned int pgw);
void world_start_pgw(struct world *world, unsigned int pgw, bool with_state);
void world_crash_wtru(struct world *world, unsigned int wtru);
void world_start_wtru(struct world *world, unsigned int wtru, bool with_state);

void world_revoke(struct world *world, unsigned int gateway, const struct mip6_addr *hoa);
void world_revoke_chain(struct world *world, unsigned int pgw, const struct mip6_addr *hoa);
/* The laws of chains that one action alone cannot break; once a second. */
void world_pgw_check(struct world_pgw *p);
void world_release(struct world *world, unsigned int wtru, const struct mip6_addr *hoa);
/* A packet from the WTRU's HoA comes out of its tunnel. False: it would be lost on the way. */
bool world_send_data(struct world *world, unsigned int wtru, const struct mip6_addr *hoa);
/* A message from anywhere, encoded with sa (NULL: none). */
void world_inject(struct world *world, const struct mip6_packet *head, const struct mip6_mh *mh,
                  const struct mip6_auth_sa *sa, const struct mip6_addr *coa,
                  const struct mip6_addr *hoa);
/* A BU of the last WORLD_CAPTURES again, byte for byte: none before serial 1. */
void world_replay(struct world *world, uint64_t serial);

/* Sessions keep a HoA in use. */
void world_use(struct world *world, unsigned int wtru, const struct mip6_addr *hoa,
               uint32_t sockets);
/* The address that new connections of the WTRU use; unspecified: none. */
struct mip6_addr world_newest(const struct world *world, unsigned int wtru);
/* The address of the WTRU's first link at that D-GW, whether or not it has it now; unspecified:
 * never had one. */
struct mip6_addr world_address_at(const struct world *world, unsigned int wtru,
                                  unsigned int gateway);
bool world_instance(const struct world *world, unsigned int wtru, const struct mip6_addr *hoa,
                    struct wtru_instance_info *ret);

/* Which WTRU gets a packet sent to addr now; -1: nobody; or WORLD_LOOP. */
#define WORLD_LOOP (-2)
int world_route(struct world *world, const struct mip6_addr *addr);
unsigned int world_owner(const struct mip6_addr *addr);
/* The D-GW that has addr in its home prefix, or -1. */
int world_home(const struct world *world, const struct mip6_addr *addr);

/* The D-GW, the PGW with this address, or -1. */
int world_gateway_at(const struct world *world, const struct mip6_addr *addr);
int world_pgw_at(const struct world *world, const struct mip6_addr *addr);

/* The messages since the last call, a line each: "w0>g1 BU h0 c1". Valid until the next call. */
const char *world_trace(struct world *world);

void *world_map_get(const struct world_map *map, const struct mip6_addr *key);

#endif
