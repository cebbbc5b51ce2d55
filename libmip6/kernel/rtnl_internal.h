/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the parts of the rtnetlink module share: the handle, requests and their answers, and the
 * parser of messages, which touches no socket and so can be tested and fuzzed alone.
 */
#ifndef MIP6_KERNEL_RTNL_INTERNAL_H
#define MIP6_KERNEL_RTNL_INTERNAL_H

#include <linux/rtnetlink.h>

#include "kernel/netlink.h"
#include "kernel/rtnl.h"

#define RTNL_REQUEST_MAX 512     /* the longest request that we make takes about 200 octets */
#define RTNL_RX_SIZE (32 * 1024) /* what the kernel fills at most in one answer of a dump */

enum rtnl_object_type {
	RTNL_OBJECT_LINK,
	RTNL_OBJECT_ADDRESS,
	RTNL_OBJECT_ROUTE,
	RTNL_OBJECT_RULE,
	RTNL_OBJECT_NEIGHBOUR,
};

/* One decoded message. */
struct rtnl_object {
	enum rtnl_object_type type;
	uint8_t protocol; /* who made it; 0: nobody said */
	union {
		struct rtnl_link link;
		struct rtnl_address address;
		struct rtnl_route route;
		struct rtnl_rule rule;
		struct rtnl_neighbour neighbour;
	};
	struct {
		uint64_t rx, tx;
	} errors; /* of a link, when they were asked for */
};

/* Which errors mean that the wanted result is there already. */
enum rtnl_tolerate {
	RTNL_TOLERATE_NONE,
	RTNL_TOLERATE_EXISTS,
	RTNL_TOLERATE_GONE,
};

struct rtnl {
	struct mnl_socket *nl;
	uint32_t seq;
	char error[256];
	/* Monitor; mon NULL until it starts. */
	struct mnl_socket *mon;
	struct ev_loop *loop;
	ev_io watcher;
	struct rtnl_monitor monitor;
	uint8_t rx[RTNL_RX_SIZE];
};

/* A request under construction. */
struct rtnl_request {
	union {
		struct nlmsghdr nlh; /* for the alignment */
		uint8_t data[RTNL_REQUEST_MAX];
	};
};

/* The objects that a dump gave; items is malloc()ed. */
struct rtnl_list {
	struct rtnl_object *items;
	size_t count;
	size_t capacity;
};

/*
 * Decode one message, which lies complete and aligned in memory. False for what concerns another
 * address family, another kind of message, or does not keep its format.
 */
bool rtnl_parse(const struct nlmsghdr *nlh, struct rtnl_object *ret);

/*
 * What an NLMSG_ERROR message says: 0 or negative errno. *ret_text is set to its extended text if
 * it has one, and points into the message.
 */
int rtnl_parse_ack(const struct nlmsghdr *nlh, const char **ret_text);

/*
 * Start a request of this type (RTM_*) with a family header of header_len zeroed octets, which is
 * returned in *ret_header.
 */
struct nlmsghdr *rtnl_request_begin(struct rtnl_request *request, uint16_t type, uint16_t flags,
				    size_t header_len, void *ret_header);
void rtnl_put_addr(struct nlmsghdr *nlh, uint16_t type, const struct mip6_addr *addr);
/*
 * Send a request and wait for its acknowledgement. ret, unless NULL, gets the object in the answer.
 */
int rtnl_talk(struct rtnl *rtnl, struct nlmsghdr *nlh, enum rtnl_tolerate tolerate,
	      struct rtnl_object *ret);
/* Collect all objects of a dump; an interrupted one is repeated. free(ret->items) after success. */
int rtnl_dump(struct rtnl *rtnl, struct nlmsghdr *nlh, struct rtnl_list *ret);
/* The dumps that the monitor needs: RTM_GETLINK, RTM_GETADDR, RTM_GETNEIGH. */
int rtnl_dump_type(struct rtnl *rtnl, uint16_t type, struct rtnl_list *ret);
void rtnl_monitor_stop(struct rtnl *rtnl);

#endif
