// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The nftables table of the ip6tnl data plane: its elements are the bindings, its counters the
 * statistics.
 *
 * It has no owner flag: when the process ends by itself the tunnels go on, and so must the check of
 * what comes out of them. The next process adopts it.
 *
 * One request batch at a time, synchronous; each is carried out by the kernel as a whole or not at
 * all.
 */
#include <errno.h>
#include <netinet/in.h> /* before the kernel's, which then leaves its own out */
#include <stdio.h>      /* libnftnl's headers need it */

#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/object.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "io/log.h"
#include "kernel/dataplane_ip6tnl.h"
#include "kernel/netlink.h"

#define REPLY_TIMEOUT_S 5
#define MESSAGE_ROOM 2048 /* no message of ours is longer */
#define CHANGE_SIZE 8192  /* a dozen elements, and room */
#define RULES_SIZE (64 * 1024)
#define RX_SIZE (32 * 1024)

static size_t message_room(size_t len)
{
	return (len + 3) & ~(size_t)3; /* NLMSG_ALIGN */
}

struct nlmsghdr *ip6tnl_batch_message(struct ip6tnl_batch *batch, uint16_t type, uint16_t flags)
{
	if (batch->failed || batch->used + MESSAGE_ROOM > batch->size) {
		batch->failed = true;
		return NULL;
	}
	return nftnl_nlmsg_build_hdr((char *)batch->data + batch->used, type, NFPROTO_IPV6, flags,
	                             ++batch->last);
}

void ip6tnl_batch_end_message(struct ip6tnl_batch *batch, const struct nlmsghdr *nlh)
{
	batch->used += message_room(nlh->nlmsg_len);
}

static void batch_begin(struct ip6tnl_batch *batch, uint8_t *data, size_t size, uint32_t seq)
{
	*batch = (struct ip6tnl_batch){.data = data, .size = size, .first = seq, .last = seq};
	if (!data) {
		batch->failed = true;
		return;
	}
	ip6tnl_batch_end_message(batch, nftnl_batch_begin((char *)data, seq));
}

/* What the kernel says to a batch: the first error, which may concern any message. */
static int read_answer(struct ip6tnl_filter *filter, const struct ip6tnl_batch *batch,
                       uint32_t wait_for)
{
	_Alignas(struct nlmsghdr) uint8_t data[8192];
	int first = 0;

	for (;;) {
		ssize_t n = mnl_socket_recvfrom(filter->nl, data, sizeof(data));
		const struct nlmsghdr *nlh;
		size_t left;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? (first ? first : -ETIMEDOUT) : -errno;
		netlink_for_each_message (nlh, left, data, n) {
			const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);

			if (nlh->nlmsg_type != NLMSG_ERROR ||
			    nlh->nlmsg_seq - batch->first > 0x10000 ||
			    mnl_nlmsg_get_payload_len(nlh) < sizeof(*err))
				continue;
			if (err->error < 0 && !first)
				first = err->error;
			/* A refusal of the whole batch comes for its beginning. */
			if (nlh->nlmsg_seq == wait_for ||
			    (nlh->nlmsg_seq == batch->first && err->error < 0))
				return first;
		}
	}
}

/* commit false: without its end the kernel checks a batch, says what is wrong, and forgets it. */
static int batch_send(struct ip6tnl_filter *filter, struct ip6tnl_batch *batch, bool commit)
{
	struct nlmsghdr *nlh;
	uint32_t wait_for;

	/* The answer to this last request closes the answers to all. */
	nlh = ip6tnl_batch_message(batch, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_ACK);
	if (!nlh)
		return -ENOMEM;
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, filter->table);
	ip6tnl_batch_end_message(batch, nlh);
	wait_for = batch->last;
	if (commit)
		ip6tnl_batch_end_message(
			batch, nftnl_batch_end((char *)batch->data + batch->used, ++batch->last));
	filter->seq = batch->last + 1;
	if (mnl_socket_sendto(filter->nl, batch->data, batch->used) < 0)
		return -errno;
	return read_answer(filter, batch, wait_for);
}

static int send_rules(struct ip6tnl_filter *filter, enum dataplane_role role,
                      const struct ip6tnl_devices *devices, bool fresh, bool commit)
{
	uint8_t *data = calloc(1, RULES_SIZE);
	struct ip6tnl_batch batch;
	int rc;

	batch_begin(&batch, data, RULES_SIZE, filter->seq);
	ip6tnl_rules_build(&batch, role, filter->table, devices, fresh);
	rc = batch.failed ? -ENOMEM : batch_send(filter, &batch, commit);
	free(data);
	return rc;
}

int ip6tnl_filter_open(struct ip6tnl_filter *filter, const char *table)
{
	const struct timeval timeout = {.tv_sec = REPLY_TIMEOUT_S};
	int rc;

	*filter =
		(struct ip6tnl_filter){.table = table, .seq = 1, .buffer = calloc(1, CHANGE_SIZE)};
	filter->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!filter->buffer || !filter->nl ||
	    mnl_socket_bind(filter->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		rc = filter->buffer ? -errno : -ENOMEM;
		ip6tnl_filter_close(filter);
		return rc;
	}
	(void)setsockopt(mnl_socket_get_fd(filter->nl), SOL_SOCKET, SO_RCVTIMEO, &timeout,
	                 sizeof(timeout));
	return 0;
}

void ip6tnl_filter_close(struct ip6tnl_filter *filter)
{
	if (filter->nl)
		mnl_socket_close(filter->nl);
	free(filter->buffer);
	*filter = (struct ip6tnl_filter){0};
}

int ip6tnl_filter_probe(enum dataplane_role role)
{
	const struct ip6tnl_devices devices = {"mip6probe", "mip6probe2",
	                                       role == DATAPLANE_GATEWAY ? "mip6probe3" : NULL};
	struct ip6tnl_filter filter;
	int rc = ip6tnl_filter_open(&filter, "mip6_probe");

	if (rc < 0)
		return rc;
	rc = send_rules(&filter, role, &devices, true, false);
	ip6tnl_filter_close(&filter);
	return rc;
}

int ip6tnl_filter_install(struct ip6tnl_filter *filter, enum dataplane_role role,
                          const struct ip6tnl_devices *devices, bool fresh)
{
	return send_rules(filter, role, devices, fresh, true);
}

void ip6tnl_filter_remove(struct ip6tnl_filter *filter)
{
	struct nlmsghdr *nlh;

	ip6tnl_filter_begin(filter);
	nlh = ip6tnl_batch_message(&filter->batch, NFT_MSG_NEWTABLE, NLM_F_CREATE);
	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, filter->table);
	ip6tnl_batch_end_message(&filter->batch, nlh);
	nlh = ip6tnl_batch_message(&filter->batch, NFT_MSG_DELTABLE, NLM_F_ACK);
	mnl_attr_put_strz(nlh, NFTA_TABLE_NAME, filter->table);
	ip6tnl_batch_end_message(&filter->batch, nlh);
	nftnl_batch_end((char *)filter->batch.data + filter->batch.used, filter->batch.last + 1);
	filter->batch.used += message_room(sizeof(struct nlmsghdr) + sizeof(struct nfgenmsg));
	filter->seq = filter->batch.last + 2;
	if (mnl_socket_sendto(filter->nl, filter->batch.data, filter->batch.used) < 0 ||
	    read_answer(filter, &filter->batch, filter->batch.last) < 0)
		log_warning("data plane: cannot remove the nftables table %s", filter->table);
}

void ip6tnl_filter_begin(struct ip6tnl_filter *filter)
{
	batch_begin(&filter->batch, filter->buffer, CHANGE_SIZE, filter->seq);
}

/* A set of ours with this one element, as libnftnl wants it. NULL without memory. */
static struct nftnl_set *set_with(const struct ip6tnl_filter *filter, enum ip6tnl_set which,
                                  const struct mip6_addr *outer, const struct mip6_addr *addr,
                                  const void *data, uint32_t size)
{
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftnl_set_elem *elem = set && addr ? nftnl_set_elem_alloc() : NULL;
	uint8_t key[32];
	uint32_t len = 0;

	if (!set || (addr && !elem)) {
		if (set)
			nftnl_set_free(set);
		return NULL;
	}
	nftnl_set_set_str(set, NFTNL_SET_TABLE, filter->table);
	nftnl_set_set_str(set, NFTNL_SET_NAME, ip6tnl_set_names[which]);
	if (!addr)
		return set;
	if (ip6tnl_set_has_outer(which)) {
		memcpy(key, outer, 16);
		len = 16;
	}
	memcpy(key + len, addr, 16);
	nftnl_set_elem_set(elem, NFTNL_SET_ELEM_KEY, key, len + 16);
	if (size)
		nftnl_set_elem_set(elem, NFTNL_SET_ELEM_USERDATA, data, size);
	nftnl_set_elem_add(set, elem);
	return set;
}

static void put_element(struct ip6tnl_filter *filter, uint16_t type, uint16_t flags,
                        enum ip6tnl_set which, const struct mip6_addr *outer,
                        const struct mip6_addr *addr, const void *data, uint32_t size)
{
	struct nlmsghdr *nlh = ip6tnl_batch_message(&filter->batch, type, flags);
	struct nftnl_set *set = set_with(filter, which, outer, addr, data, size);

	if (nlh && set) {
		nftnl_set_elems_nlmsg_build_payload(nlh, set);
		ip6tnl_batch_end_message(&filter->batch, nlh);
	} else {
		filter->batch.failed = true;
	}
	if (set)
		nftnl_set_free(set);
}

void ip6tnl_filter_add(struct ip6tnl_filter *filter, enum ip6tnl_set set,
                       const struct mip6_addr *outer, const struct mip6_addr *addr,
                       const void *data, uint32_t size)
{
	put_element(filter, NFT_MSG_NEWSETELEM, NLM_F_CREATE, set, outer, addr, data, size);
}

void ip6tnl_filter_delete(struct ip6tnl_filter *filter, enum ip6tnl_set set,
                          const struct mip6_addr *outer, const struct mip6_addr *addr)
{
	put_element(filter, NFT_MSG_DELSETELEM, 0, set, outer, addr, NULL, 0);
}

int ip6tnl_filter_commit(struct ip6tnl_filter *filter)
{
	return filter->batch.failed ? -ENOMEM : batch_send(filter, &filter->batch, true);
}

/*
 * A question outside of a batch. each gets every answer but acknowledgements. 0 or negative errno.
 */
static int ask(struct ip6tnl_filter *filter, struct nlmsghdr *nlh,
               void (*each)(void *ctx, const struct nlmsghdr *nlh), void *ctx)
{
	uint8_t *data;
	int rc = 1;

	if (mnl_socket_sendto(filter->nl, nlh, nlh->nlmsg_len) < 0)
		return -errno;
	data = malloc(RX_SIZE);
	if (!data)
		return -ENOMEM;
	while (rc > 0) {
		ssize_t n = mnl_socket_recvfrom(filter->nl, data, RX_SIZE);
		const struct nlmsghdr *answer;
		size_t left;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			rc = errno == EAGAIN ? -ETIMEDOUT : -errno;
		netlink_for_each_message (answer, left, data, n < 0 ? 0 : n) {
			const struct nlmsgerr *err = mnl_nlmsg_get_payload(answer);

			if (answer->nlmsg_seq != nlh->nlmsg_seq)
				continue;
			if (answer->nlmsg_type == NLMSG_DONE)
				rc = 0;
			else if (answer->nlmsg_type != NLMSG_ERROR)
				each(ctx, answer);
			else
				rc = mnl_nlmsg_get_payload_len(answer) < sizeof(*err) ? -EBADMSG
				                                                      : err->error;
		}
	}
	free(data);
	return rc;
}

static void ignore(void *ctx, const struct nlmsghdr *nlh)
{
	(void)ctx;
	(void)nlh;
}

bool ip6tnl_filter_exists(struct ip6tnl_filter *filter)
{
	_Alignas(struct nlmsghdr) char data[MESSAGE_ROOM];
	struct nlmsghdr *nlh =
		nftnl_nlmsg_build_hdr(data, NFT_MSG_GETSET, NFPROTO_IPV6, NLM_F_ACK, filter->seq++);

	/* The youngest of them. */
	mnl_attr_put_strz(nlh, NFTA_SET_TABLE, filter->table);
	mnl_attr_put_strz(nlh, NFTA_SET_NAME, ip6tnl_set_names[IP6TNL_SETS - 1]);
	return ask(filter, nlh, ignore, NULL) == 0;
}

struct walk {
	enum ip6tnl_set set;
	void (*each)(void *ctx, const struct mip6_addr *outer, const struct mip6_addr *addr,
	             const void *data, uint32_t size);
	void (*each_count)(void *ctx, const struct mip6_addr *addr, uint64_t packets,
	                   uint64_t bytes);
	void *ctx;
};

/* One of `each` and `each_count` is there. */
static void walk_element(const struct walk *walk, struct nftnl_set_elem *elem)
{
	struct mip6_addr outer = {{0}}, addr;
	uint32_t len = 0, size = 0, skip = ip6tnl_set_has_outer(walk->set) ? 16 : 0;
	const uint8_t *key = nftnl_set_elem_get(elem, NFTNL_SET_ELEM_KEY, &len);
	const struct nftnl_expr *counter;
	const void *data;

	if (!key || len != skip + 16)
		return;
	if (skip)
		memcpy(&outer, key, 16);
	memcpy(&addr, key + skip, 16);
	if (walk->each) {
		data = nftnl_set_elem_get(elem, NFTNL_SET_ELEM_USERDATA, &size);
		walk->each(walk->ctx, &outer, &addr, data, data ? size : 0);
		return;
	}
	counter = nftnl_set_elem_get(elem, NFTNL_SET_ELEM_EXPR, &len);
	if (counter)
		walk->each_count(walk->ctx, &addr,
		                 nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_PACKETS),
		                 nftnl_expr_get_u64(counter, NFTNL_EXPR_CTR_BYTES));
}

static void walk_elements(void *ctx, const struct nlmsghdr *nlh)
{
	const struct walk *walk = ctx;
	struct nftnl_set *set = nftnl_set_alloc();
	struct nftnl_set_elems_iter *iter;
	struct nftnl_set_elem *elem;

	if (!set || nftnl_set_elems_nlmsg_parse(nlh, set) < 0)
		goto out;
	iter = nftnl_set_elems_iter_create(set);
	while (iter && (elem = nftnl_set_elems_iter_next(iter)))
		walk_element(walk, elem);
	if (iter)
		nftnl_set_elems_iter_destroy(iter);
out:
	if (set)
		nftnl_set_free(set);
}

/* addr NULL: all elements. */
static int ask_elements(struct ip6tnl_filter *filter, enum ip6tnl_set which,
                        const struct mip6_addr *addr,
                        void (*each)(void *ctx, const struct nlmsghdr *nlh), void *ctx)
{
	_Alignas(struct nlmsghdr) char data[MESSAGE_ROOM];
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr(data, NFT_MSG_GETSETELEM, NFPROTO_IPV6,
	                                             addr ? NLM_F_ACK : NLM_F_DUMP, filter->seq++);
	struct nftnl_set *set = set_with(filter, which, addr, addr, NULL, 0);

	if (!set)
		return -ENOMEM;
	nftnl_set_elems_nlmsg_build_payload(nlh, set);
	nftnl_set_free(set);
	return ask(filter, nlh, each, ctx);
}

int ip6tnl_filter_walk(struct ip6tnl_filter *filter, enum ip6tnl_set set,
                       void (*each)(void *ctx, const struct mip6_addr *outer,
                                    const struct mip6_addr *addr, const void *data, uint32_t size),
                       void *ctx)
{
	struct walk walk = {.set = set, .each = each, .ctx = ctx};

	return ask_elements(filter, set, NULL, walk_elements, &walk);
}

int ip6tnl_filter_counts(struct ip6tnl_filter *filter, enum ip6tnl_set set,
                         const struct mip6_addr *addr,
                         void (*each)(void *ctx, const struct mip6_addr *addr, uint64_t packets,
                                      uint64_t bytes),
                         void *ctx)
{
	struct walk walk = {.set = set, .each_count = each, .ctx = ctx};

	return ask_elements(filter, set, addr, walk_elements, &walk);
}

static void read_counter(void *ctx, const struct nlmsghdr *nlh)
{
	uint64_t *counters = ctx;
	struct nftnl_obj *object = nftnl_obj_alloc();
	const char *name;

	if (!object)
		return;
	if (nftnl_obj_nlmsg_parse(nlh, object) >= 0 && nftnl_obj_is_set(object, NFTNL_OBJ_NAME)) {
		name = nftnl_obj_get_str(object, NFTNL_OBJ_NAME);
		for (unsigned int i = 0; i < IP6TNL_COUNTERS; i++)
			if (strcmp(name, ip6tnl_counter_names[i]) == 0)
				counters[i] = nftnl_obj_get_u64(object, NFTNL_OBJ_CTR_PKTS);
	}
	nftnl_obj_free(object);
}

int ip6tnl_filter_counters(struct ip6tnl_filter *filter, uint64_t *ret_counters)
{
	_Alignas(struct nlmsghdr) char data[MESSAGE_ROOM];
	struct nlmsghdr *nlh = nftnl_nlmsg_build_hdr(data, NFT_MSG_GETOBJ, NFPROTO_IPV6, NLM_F_DUMP,
	                                             filter->seq++);

	memset(ret_counters, 0, IP6TNL_COUNTERS * sizeof(*ret_counters));
	mnl_attr_put_strz(nlh, NFTA_OBJ_TABLE, filter->table);
	return ask(filter, nlh, read_counter, ret_counters);
}
