/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mip6-dgwd as an object: one daemon with one of two cores, the home-agent core in the role of a
 * D-GW or the chain core in that of a PGW. The modules of this folder share it; nothing outside
 * does.
 *
 * dgwd.c, tunnels.c and commands.c serve both roles and reach the core through struct dgwd_role;
 * dgw*.c and pgw*.c are the roles.
 */
#ifndef DGW_DGWD_H
#define DGW_DGWD_H

#include "config.h"
#include "dgw.h"
#include "esp.h"
#include "esp_peers.h"
#include "io/control_common.h"
#include "io/daemon.h"
#include "io/keys.h"
#include "io/log.h"
#include "io/store.h"
#include "kernel/dataplane.h"
#include "kernel/rtnl.h"
#include "kernel/transport.h"
#include "keying.h"
#include "links.h"
#include "pgw.h"
#include "records.h"
#include "sysctls.h"

#define DGWD_STORES 2

/* Answers to strangers per second, all of them together. */
#define DGWD_ERROR_RATE 100

/* In the log and among the warnings of `status`. */
#define DGWD_OPEN_WARNING "open-lab-mode: anybody may register; never do this outside a lab"

/* What a role is to the rest of the daemon. NULL where it has nothing to do. */
struct dgwd_role {
	const char *name;                /* as in the configuration */
	const char *title;               /* of the machine, for people */
	const char *item;                /* what the core keeps of a home address, for people */
	const char *stores[DGWD_STORES]; /* file names */
	const char *records;             /* file name */
	const struct control_command *commands;

	/*
	 * The daemon's own sockets and files are open: open the role's. 0, or a negative errno
	 * after an error line.
	 */
	int (*open)(struct dgwd *d);
	/* Links and addresses are known: make the core. 0 or -ENOMEM. */
	int (*start)(struct dgwd *d);
	/* Step the core with what the stores hold. Returns how many home addresses it knows. */
	size_t (*restore)(struct dgwd *d);
	/* Also after a failure, before or after any of the above. */
	void (*close)(struct dgwd *d, bool keep);

	/* The configuration or our addresses are others than before; also before start. */
	void (*configure)(struct dgwd *d);
	/* Save again what is in the records besides what dgwd.c saves. */
	void (*save)(struct dgwd *d);
	/* Want the tunnels of all items again. */
	void (*repair)(struct dgwd *d);

	/* Events of the network, the kernel, the loop (at the deadline) and the operator. */
	void (*packet)(struct dgwd *d, const struct mip6_packet *packet, uint32_t ifindex);
	/* One that is not about mobility, with a Home Address option. May be NULL. */
	void (*home_address)(struct dgwd *d, const struct mip6_packet *packet);
	void (*bad_packet)(struct dgwd *d, const struct mip6_addr *src, const struct mip6_addr *dst,
	                   enum mip6_decode result);
	void (*unbound)(struct dgwd *d, const struct mip6_addr *outer_src,
	                const struct mip6_addr *outer_dst, const struct mip6_addr *inner_src);
	void (*icmp6)(struct dgwd *d, const struct mip6_packet *packet,
	              const struct mip6_icmp6 *msg); /* as in kernel/transport.h */
	void (*access)(struct dgwd *d, const struct rtnl_link *link); /* as in links.h */
	void (*neighbour)(struct dgwd *d, const struct rtnl_neighbour *neighbour);
	mip6_time (*deadline)(const struct dgwd *d);
	void (*timer)(struct dgwd *d);
	bool (*revoke)(struct dgwd *d, const struct mip6_addr *hoa); /* false: unknown */

	/* What the role adds to the answers to `status` and `stats`. */
	void (*status)(struct dgwd *d, struct json_object *ok);
	void (*stats)(struct dgwd *d, struct json_object *ok);
};

struct dgwd {
	const struct dgwd_role *role;
	struct daemon_options options;
	struct dgw_config config;
	struct keys *keys; /* NULL in open lab mode */
	mip6_time started;
	mip6_time now; /* of this turn of the loop */

	struct ev_loop *loop;
	ev_check turn_begin;
	ev_prepare turn_end;
	ev_timer core_timer;
	ev_timer flush_timer;
	ev_timer repair_timer;
	ev_signal signals[4];
	bool keep; /* the end is a change of guards: leave everything in the kernel */

	struct rtnl *rtnl;
	struct transport *transport;
	struct esp esp;
	struct xfrm *esp_peers; /* NULL: not in use */
	struct keying keying;
	const struct dataplane_ops *dp_ops;
	struct dataplane *dp;
	char dp_why[256];
	struct store *stores[DGWD_STORES];
	struct records *records;
	struct control *control;
	struct links *links;
	struct sysctls sysctls;
	uint32_t restart_counter;
	bool unstored; /* something cannot be kept on disk at present */

	/* While restoring: tunnels found in the kernel, sorted; and which are wanted. */
	size_t found_count, found_space;
	struct found_tunnel *found;

	void *core_memory;
	union { /* of the role */
		struct dgw dgw;
		struct pgw pgw;
	};

	uint64_t bad_packets[MIP6_DECODE_DISCARD + 1];
	uint64_t dataplane_errors;
	struct log_limit log_send, log_bad, log_dataplane, log_notice;
};

/*
 * Takes over config and keys, also on failure. 0 or a negative errno after an error line; after a
 * failure dgwd_close(…, true).
 */
int dgwd_open(struct dgwd *d, const struct daemon_options *options, struct dgw_config *config,
              struct keys *keys);
/* keep: leave the kernel as it is, for the next process; else nothing of ours remains. */
void dgwd_close(struct dgwd *d, bool keep);
/*
 * Read the configuration and keys files again. 0; -EINVAL with mistakes; -ENOTSUP with *ret_key,
 * the key that would need a restart. On failure nothing was changed.
 */
int dgwd_reload(struct dgwd *d, struct control_mistakes *mistakes, const char **ret_key);
/*
 * ifindex: to a neighbour on this link, whatever tunnel there is; 0: by any route. A failure is
 * logged; retransmission repairs it, the peer's or ours.
 */
void dgwd_send(struct dgwd *d, const struct mip6_packet *packet, uint32_t ifindex);

/* For the environment of either core; ctx is the struct dgwd. */
uint32_t dgwd_random(void *ctx);
int64_t dgwd_unix_us(void *ctx);
const struct ha_identity *dgwd_find_identity(void *ctx, const char *nai);
const struct ha_peer *dgwd_find_peer(void *ctx, const struct mip6_addr *addr);

/* tunnels.c */
void tunnels_init(struct dgwd *d);
/* Idempotent. A failure is logged, and repaired when possible. */
void tunnels_want(struct dgwd *d, const struct dataplane_binding *binding);
void tunnels_unwant(struct dgwd *d, const struct mip6_prefix *home);
/* Restore what the stores hold, and remove the tunnels of an earlier run that nobody wants then. */
void tunnels_restore(struct dgwd *d);

/* commands.c: commands of both roles, and what those of one are made of; see io/control.h. */
struct json_object *commands_status(void *ctx, struct json_object *request, const char **ret_code,
                                    const char **ret_text);
struct json_object *commands_stats(void *ctx, struct json_object *request, const char **ret_code,
                                   const char **ret_text);
struct json_object *commands_release(void *ctx, struct json_object *request, const char **ret_code,
                                     const char **ret_text);
struct json_object *commands_reload(void *ctx, struct json_object *request, const char **ret_code,
                                    const char **ret_text);

/* A list that is asked for by pages; find: or one element of it by home address. */
struct commands_list {
	const char *name;
	/* The element at *cursor (0: the first), moving it on; NULL at the end. */
	struct json_object *(*next)(struct dgwd *d, size_t *cursor);
	struct json_object *(*find)(struct dgwd *d, const struct mip6_addr *hoa);
};

struct json_object *commands_list(struct dgwd *d, const struct commands_list *list,
                                  struct json_object *request, const char **ret_code,
                                  const char **ret_text);
/* The group "core" of `stats`. */
void commands_add_core(struct json_object *stats, const struct ha *core);
/* A new event with what all have; NULL when nobody listens. */
struct json_object *commands_event(const struct dgwd *d, const struct mip6_addr *hoa,
                                   const struct mip6_addr *coa, const char *nai);

#endif
