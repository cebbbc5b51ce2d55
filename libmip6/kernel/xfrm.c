// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requests to the kernel's IPsec (NETLINK_XFRM): one socket, synchronous, every change
 * acknowledged. Messages are made and read by xfrm_message.c.
 *
 * Owns the socket and its sequence numbers. Buffers that keys went through are wiped.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <mip6/auth.h>

#include "kernel/rtnl_internal.h"
#include "kernel/xfrm_internal.h"

#include "io/log.h"

#define REQUEST_TIMEOUT_S 5
#define RX_SIZE (32 * 1024)
/* An SPI of the range that IANA keeps for local use within the kernel (RFC 4303 section 2.1). */
#define PROBE_SPI 1

struct xfrm {
	struct mnl_socket *nl;
	uint32_t seq;
	bool keying; /* the policy of xfrm_move_keying() is there */
	char error[256];
	uint8_t rx[RX_SIZE];
};

/* The entries of a dump, kept until it is complete: what is done with each makes new requests. */
struct list {
	void *items;
	size_t count, capacity, size;
};

static const char *request_name(uint16_t type)
{
	switch (type) {
	case XFRM_MSG_NEWSA:
		return "XFRM_MSG_NEWSA";
	case XFRM_MSG_UPDSA:
		return "XFRM_MSG_UPDSA";
	case XFRM_MSG_DELSA:
		return "XFRM_MSG_DELSA";
	case XFRM_MSG_GETSA:
		return "XFRM_MSG_GETSA";
	case XFRM_MSG_UPDPOLICY:
		return "XFRM_MSG_UPDPOLICY";
	case XFRM_MSG_DELPOLICY:
		return "XFRM_MSG_DELPOLICY";
	case XFRM_MSG_GETPOLICY:
		return "XFRM_MSG_GETPOLICY";
	case XFRM_MSG_MIGRATE:
		return "XFRM_MSG_MIGRATE";
	default:
		return "xfrm";
	}
}

static int fail(struct xfrm *xfrm, uint16_t type, int error, const char *detail)
{
	snprintf(xfrm->error, sizeof(xfrm->error), "%s: %s%s%s", request_name(type),
	         strerror(-error), detail != NULL ? ": " : "", detail != NULL ? detail : "");
	log_debug("xfrm error=\"%s\"", xfrm->error);
	return error;
}

const char *xfrm_error(const struct xfrm *xfrm)
{
	return xfrm->error;
}

int xfrm_open(struct xfrm **ret)
{
	const struct timeval timeout = {.tv_sec = REQUEST_TIMEOUT_S};
	struct xfrm *xfrm = calloc(1, sizeof(*xfrm));
	int one = 1;
	int r;

	if (xfrm == NULL)
		return -ENOMEM;
	xfrm->nl = mnl_socket_open2(NETLINK_XFRM, SOCK_CLOEXEC);
	if (xfrm->nl == NULL || mnl_socket_bind(xfrm->nl, 0, MNL_SOCKET_AUTOPID) < 0 ||
	    setsockopt(mnl_socket_get_fd(xfrm->nl), SOL_SOCKET, SO_RCVTIMEO, &timeout,
	               sizeof(timeout)) < 0) {
		r = -errno;
		xfrm_close(xfrm);
		return r;
	}
	(void)mnl_socket_setsockopt(xfrm->nl, NETLINK_EXT_ACK, &one, sizeof(one));
	(void)mnl_socket_setsockopt(xfrm->nl, NETLINK_CAP_ACK, &one, sizeof(one));
	*ret = xfrm;
	return 0;
}

void xfrm_close(struct xfrm *xfrm)
{
	if (xfrm == NULL)
		return;
	if (xfrm->nl != NULL)
		mnl_socket_close(xfrm->nl);
	mip6_auth_wipe(xfrm->rx, sizeof(xfrm->rx));
	free(xfrm);
}

static ssize_t receive(struct xfrm *xfrm)
{
	ssize_t n;

	do
		n = mnl_socket_recvfrom(xfrm->nl, xfrm->rx, sizeof(xfrm->rx));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return n;
}

static int send_request(struct xfrm *xfrm, struct nlmsghdr *nlh)
{
	ssize_t n;

	nlh->nlmsg_seq = ++xfrm->seq;
	do
		n = mnl_socket_sendto(xfrm->nl, nlh, nlh->nlmsg_len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? fail(xfrm, nlh->nlmsg_type, -errno, NULL) : 0;
}

/*
 * Send a request and wait for its acknowledgement; 0 also for this error. ret, unless NULL, gets
 * the SA that is the answer (which then has no acknowledgement). The request is wiped.
 */
static int talk(struct xfrm *xfrm, struct nlmsghdr *nlh, int tolerated, struct xfrm_sa *ret)
{
	const uint16_t type = nlh->nlmsg_type;
	uint32_t seq;
	int r;

	nlh->nlmsg_flags |= NLM_F_ACK;
	r = send_request(xfrm, nlh);
	seq = nlh->nlmsg_seq;
	mip6_auth_wipe(nlh, nlh->nlmsg_len);
	while (r == 0) {
		ssize_t n = receive(xfrm);
		const struct nlmsghdr *answer;
		bool got = false;
		size_t left;

		if (n < 0)
			return fail(xfrm, type, (int)n, NULL);
		netlink_for_each_message (answer, left, xfrm->rx, n) {
			const char *text = NULL;

			/* An answer to a request that timed out may still come. */
			if (answer->nlmsg_seq != seq)
				continue;
			if (answer->nlmsg_type != NLMSG_ERROR) {
				got = got || (ret != NULL && xfrm_parse_sa(answer, ret));
				continue;
			}
			r = rtnl_parse_ack(answer, &text);
			if (r < 0 && r != tolerated)
				return fail(xfrm, type, r, text);
			return 0;
		}
		if (got) {
			mip6_auth_wipe(xfrm->rx, (size_t)n);
			ret = NULL; /* the acknowledgement follows */
		}
	}
	return r;
}

/* One entry of a dump into item; false: not wanted. */
typedef bool parse_item(const struct nlmsghdr *nlh, void *item);

static int list_add(struct list *list, const void *item)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity != 0 ? 2 * list->capacity : 32;
		void *items = calloc(capacity, list->size);

		if (items == NULL)
			return -ENOMEM;
		if (list->items != NULL) {
			memcpy(items, list->items, list->count * list->size);
			mip6_auth_wipe(list->items, list->count * list->size);
			free(list->items);
		}
		list->items = items;
		list->capacity = capacity;
	}
	memcpy((char *)list->items + list->count++ * list->size, item, list->size);
	return 0;
}

static void list_free(struct list *list)
{
	if (list->items != NULL)
		mip6_auth_wipe(list->items, list->count * list->size);
	free(list->items);
}

/*
 * All entries of a dump. One that was interrupted by a change is good enough: what is ours, nobody
 * else changes.
 */
static int dump_request(struct xfrm *xfrm, struct nlmsghdr *nlh, struct list *list,
                        parse_item *parse)
{
	const uint16_t type = nlh->nlmsg_type;
	union {
		struct xfrm_sa sa;
		struct xfrm_policy policy;
		struct xfrm_care_of_state state;
	} item;
	int failed = 0;
	int r = send_request(xfrm, nlh);

	while (r == 0) {
		ssize_t n = receive(xfrm);
		const struct nlmsghdr *answer;
		size_t left;

		if (n < 0)
			return fail(xfrm, type, (int)n, NULL);
		netlink_for_each_message (answer, left, xfrm->rx, n) {
			const char *text = NULL;

			if (answer->nlmsg_seq != nlh->nlmsg_seq)
				continue;
			if (answer->nlmsg_type == NLMSG_DONE)
				r = 1;
			else if (answer->nlmsg_type == NLMSG_ERROR) {
				failed = rtnl_parse_ack(answer, &text);
				return fail(xfrm, type, failed < 0 ? failed : -EBADMSG, text);
			} else if (failed == 0 && parse(answer, &item)) {
				failed = list_add(list, &item);
			}
		}
		mip6_auth_wipe(xfrm->rx, (size_t)n);
	}
	mip6_auth_wipe(&item, sizeof(item));
	return r < 0 ? r : failed;
}

static int dump(struct xfrm *xfrm, uint16_t type, struct list *list, parse_item *parse)
{
	struct xfrm_request request;

	return dump_request(xfrm, xfrm_build_dump(&request, type), list, parse);
}

static bool reqid_is_ours(uint32_t reqid)
{
	return reqid >= XFRM_REQID_NODE && reqid <= XFRM_REQID_LAST;
}

static bool parse_our_sa(const struct nlmsghdr *nlh, void *item)
{
	struct xfrm_sa *sa = item;

	return xfrm_parse_sa(nlh, sa) && reqid_is_ours(sa->reqid);
}

static bool parse_our_policy(const struct nlmsghdr *nlh, void *item)
{
	struct xfrm_policy *policy = item;

	return xfrm_parse_policy(nlh, policy) && !policy->bypass &&
	       (reqid_is_ours(policy->reqid) ||
	        (policy->tunnel && policy->priority == XFRM_PRIORITY_TUNNEL));
}

static bool parse_state(const struct nlmsghdr *nlh, void *item)
{
	return xfrm_parse_care_of(nlh, item);
}

static bool parse_bound_state(const struct nlmsghdr *nlh, void *item)
{
	struct xfrm_care_of_state *state = item;

	return xfrm_parse_care_of(nlh, state) && !mip6_addr_is_unspecified(&state->dst);
}

int xfrm_sa_get(struct xfrm *xfrm, const struct mip6_addr *dst, uint32_t spi, struct xfrm_sa *ret)
{
	struct xfrm_request request;
	struct xfrm_sa sa = {0};
	int r = talk(xfrm, xfrm_build_sa_id(&request, XFRM_MSG_GETSA, dst, spi), -ESRCH, &sa);

	if (r == 0 && sa.spi != spi)
		r = -ESRCH;
	if (r == 0)
		*ret = sa;
	mip6_auth_wipe(&sa, sizeof(sa));
	return r;
}

int xfrm_sa_set(struct xfrm *xfrm, const struct xfrm_sa *sa)
{
	struct xfrm_request request;
	struct xfrm_sa found;
	int r = xfrm_sa_get(xfrm, &sa->dst, sa->spi, &found);
	bool same = r == 0 && found.ours && xfrm_sa_equal(sa, &found);

	mip6_auth_wipe(&found, sizeof(found));
	if (same)
		return 0;
	/* XFRM_MSG_UPDSA would leave the keys as they are. */
	if (r == 0)
		r = xfrm_sa_remove(xfrm, &sa->dst, sa->spi);
	if (r < 0 && r != -ESRCH)
		return r;
	return talk(xfrm, xfrm_build_sa(&request, XFRM_MSG_NEWSA, sa), 0, NULL);
}

int xfrm_sa_remove(struct xfrm *xfrm, const struct mip6_addr *dst, uint32_t spi)
{
	struct xfrm_request request;

	return talk(xfrm, xfrm_build_sa_id(&request, XFRM_MSG_DELSA, dst, spi), -ESRCH, NULL);
}

static bool parse_sa(const struct nlmsghdr *nlh, void *item)
{
	struct xfrm_sa *sa = item;

	return xfrm_parse_sa(nlh, sa) && sa->spi != 0;
}

static int list_sas(struct xfrm *xfrm, parse_item *parse,
                    void (*each)(void *ctx, const struct xfrm_sa *), void *ctx)
{
	struct list list = {.size = sizeof(struct xfrm_sa)};
	int r = dump(xfrm, XFRM_MSG_GETSA, &list, parse);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		each(ctx, (const struct xfrm_sa *)list.items + i);
	list_free(&list);
	return r;
}

int xfrm_sa_list(struct xfrm *xfrm, void (*each)(void *ctx, const struct xfrm_sa *), void *ctx)
{
	return list_sas(xfrm, parse_our_sa, each, ctx);
}

int xfrm_sa_list_all(struct xfrm *xfrm, void (*each)(void *ctx, const struct xfrm_sa *), void *ctx)
{
	return list_sas(xfrm, parse_sa, each, ctx);
}

int xfrm_policy_set(struct xfrm *xfrm, const struct xfrm_policy *policy)
{
	struct xfrm_request request;

	return talk(xfrm, xfrm_build_policy(&request, policy), 0, NULL);
}

int xfrm_policy_remove(struct xfrm *xfrm, const struct xfrm_policy *policy)
{
	struct xfrm_request request;

	return talk(xfrm, xfrm_build_policy_id(&request, policy), -ENOENT, NULL);
}

int xfrm_policy_list(struct xfrm *xfrm, void (*each)(void *ctx, const struct xfrm_policy *),
                     void *ctx)
{
	struct list list = {.size = sizeof(struct xfrm_policy)};
	int r = dump(xfrm, XFRM_MSG_GETPOLICY, &list, parse_our_policy);

	for (size_t i = 0; r == 0 && i < list.count; i++)
		each(ctx, (const struct xfrm_policy *)list.items + i);
	list_free(&list);
	return r;
}

int xfrm_care_of_set(struct xfrm *xfrm, enum xfrm_care_of kind, const struct mip6_addr *src,
                     const struct mip6_addr *dst, const struct mip6_addr *coa, uint32_t mark)
{
	const struct xfrm_care_of_state state = {kind, *src, *dst, *coa, mark};
	struct xfrm_request request;
	int r;

	/*
	 * An update first: at a move the state is there; and over one that a packet without it made
	 * (larval), only an update is accepted.
	 */
	r = talk(xfrm, xfrm_build_care_of(&request, XFRM_MSG_UPDSA, &state), 0, NULL);
	if (r != -ESRCH)
		return r;
	return talk(xfrm, xfrm_build_care_of(&request, XFRM_MSG_NEWSA, &state), 0, NULL);
}

int xfrm_care_of_remove(struct xfrm *xfrm, enum xfrm_care_of kind, const struct mip6_addr *src,
                        const struct mip6_addr *dst)
{
	const struct xfrm_care_of_state state = {.kind = kind, .src = *src, .dst = *dst};
	struct xfrm_request request;

	return talk(xfrm, xfrm_build_care_of_id(&request, &state), -ESRCH, NULL);
}

int xfrm_care_of_list(struct xfrm *xfrm,
                      void (*each)(void *ctx, enum xfrm_care_of kind, const struct mip6_addr *src,
                                   const struct mip6_addr *dst, const struct mip6_addr *coa),
                      void *ctx)
{
	struct list list = {.size = sizeof(struct xfrm_care_of_state)};
	const struct xfrm_care_of_state *states;
	int r = dump(xfrm, XFRM_MSG_GETSA, &list, parse_bound_state);

	states = list.items;
	for (size_t i = 0; r == 0 && i < list.count; i++)
		each(ctx, states[i].kind, &states[i].src, &states[i].dst, &states[i].coa);
	list_free(&list);
	return r;
}

static bool parse_transport_sa(const struct nlmsghdr *nlh, void *item)
{
	struct xfrm_sa *sa = item;

	/* SPI 0: not one, but the kernel's note that one is wanted. */
	return xfrm_parse_sa(nlh, sa) && !sa->tunnel && sa->spi != 0;
}

int xfrm_reqids(struct xfrm *xfrm, const struct mip6_addr *src, const struct mip6_addr *dst,
                uint32_t *ret, size_t count)
{
	struct list list = {.size = sizeof(struct xfrm_sa)};
	const struct xfrm_sa *sas;
	struct xfrm_request request;
	size_t found = 0;
	int r = dump_request(xfrm, xfrm_build_dump_between(&request, src, dst), &list,
	                     parse_transport_sa);

	sas = list.items;
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		size_t known = 0;

		/* An old kernel does not know the filter. */
		if (!mip6_addr_equal(&sas[i].src, src) || !mip6_addr_equal(&sas[i].dst, dst))
			continue;
		while (known < found && known < count && ret[known] != sas[i].reqid)
			known++;
		if (known < found)
			continue;
		if (found < count)
			ret[found] = sas[i].reqid;
		found++;
	}
	list_free(&list);
	return r < 0 ? r : (int)found;
}

static bool parse_tunnel_sa(const struct nlmsghdr *nlh, void *item)
{
	struct xfrm_sa *sa = item;

	return xfrm_parse_sa(nlh, sa) && sa->tunnel;
}

int xfrm_counts(struct xfrm *xfrm, const struct mip6_addr *src, const struct mip6_addr *dst,
                uint32_t reqid, uint64_t *ret_packets, uint64_t *ret_bytes)
{
	struct list list = {.size = sizeof(struct xfrm_sa)};
	const struct xfrm_sa *sas;
	struct xfrm_request request;
	int r = dump_request(xfrm, xfrm_build_dump_between(&request, src, dst), &list,
	                     parse_tunnel_sa);

	*ret_packets = *ret_bytes = 0;
	sas = list.items;
	for (size_t i = 0; r == 0 && i < list.count; i++) {
		if (!mip6_addr_equal(&sas[i].src, src) || !mip6_addr_equal(&sas[i].dst, dst) ||
		    (reqid != 0 && sas[i].reqid != reqid))
			continue;
		*ret_packets += sas[i].packets;
		*ret_bytes += sas[i].bytes;
	}
	list_free(&list);
	return r;
}

int xfrm_move_keying(struct xfrm *xfrm, uint32_t reqid, const struct mip6_addr *local,
                     const struct mip6_addr *remote)
{
	struct xfrm_request request;
	int r = 0;

	if (!xfrm->keying)
		r = talk(xfrm, xfrm_build_keying(&request, false), 0, NULL);
	if (r == 0)
		r = talk(xfrm, xfrm_build_move_keying(&request, reqid, local, remote), 0, NULL);
	xfrm->keying = r == 0;
	return r;
}

int xfrm_stop_keying(struct xfrm *xfrm)
{
	struct xfrm_request request;

	return talk(xfrm, xfrm_build_keying(&request, true), -ENOENT, NULL);
}

int xfrm_migrate(struct xfrm *xfrm, const struct xfrm_migration *migration)
{
	struct xfrm_request request;

	return talk(xfrm, xfrm_build_migrate(&request, migration), 0, NULL);
}

static int flush_sas(struct xfrm *xfrm)
{
	struct list list = {.size = sizeof(struct xfrm_sa)};
	int error = dump(xfrm, XFRM_MSG_GETSA, &list, parse_our_sa);

	for (size_t i = 0; error == 0 && i < list.count; i++) {
		const struct xfrm_sa *sa = (const struct xfrm_sa *)list.items + i;

		if (sa->ours)
			error = xfrm_sa_remove(xfrm, &sa->dst, sa->spi);
	}
	list_free(&list);
	return error;
}

static int flush_policies(struct xfrm *xfrm)
{
	struct list list = {.size = sizeof(struct xfrm_policy)};
	int error = dump(xfrm, XFRM_MSG_GETPOLICY, &list, parse_our_policy);

	for (size_t i = 0; error == 0 && i < list.count; i++)
		error = xfrm_policy_remove(xfrm, (const struct xfrm_policy *)list.items + i);
	list_free(&list);
	return error;
}

static int flush_states(struct xfrm *xfrm)
{
	struct list list = {.size = sizeof(struct xfrm_care_of_state)};
	int error = dump(xfrm, XFRM_MSG_GETSA, &list, parse_state);

	for (size_t i = 0; error == 0 && i < list.count; i++) {
		const struct xfrm_care_of_state *state =
			(const struct xfrm_care_of_state *)list.items + i;

		error = xfrm_care_of_remove(xfrm, state->kind, &state->src, &state->dst);
	}
	list_free(&list);
	return error;
}

int xfrm_flush(struct xfrm *xfrm)
{
	int policies = flush_policies(xfrm), sas = flush_sas(xfrm), states = flush_states(xfrm);

	return policies != 0 ? policies : sas != 0 ? sas : states;
}

int xfrm_probe(struct xfrm *xfrm, char *why, size_t size)
{
	struct xfrm_sa sa = {
		.dst = {{[15] = 1}},
		.spi = PROBE_SPI,
		.reqid = XFRM_REQID_LAST,
		.auth_key_len = 20,
	};
	const struct xfrm_care_of_state state = {
		.kind = XFRM_CARE_OF_HAO, .src = sa.dst, .dst = sa.dst};
	struct xfrm_request request;
	int r = talk(xfrm, xfrm_build_sa(&request, XFRM_MSG_NEWSA, &sa), -EEXIST, NULL);

	if (r < 0) {
		snprintf(why, size, "this kernel has no ESP: %s", xfrm->error);
		return r == -EPERM ? r : -EPROTONOSUPPORT;
	}
	r = xfrm_sa_remove(xfrm, &sa.dst, sa.spi);
	if (r == 0)
		r = talk(xfrm, xfrm_build_care_of(&request, XFRM_MSG_NEWSA, &state), -EEXIST, NULL);
	if (r < 0) {
		snprintf(why, size, "this kernel has no Mobile IPv6 (CONFIG_IPV6_MIP6): %s",
		         xfrm->error);
		return -EPROTONOSUPPORT;
	}
	return xfrm_care_of_remove(xfrm, state.kind, &state.src, &state.dst);
}

int xfrm_socket_policy(int fd, const struct xfrm_policy *policy)
{
	struct {
		struct xfrm_userpolicy_info info;
		struct xfrm_user_tmpl tmpl[2];
	} data;
	struct xfrm_policy any = *policy;
	size_t count;

	any.match = (struct xfrm_match){.protocol = 0};
	memset(&data, 0, sizeof(data));
	count = xfrm_fill_policy(&any, &data.info, data.tmpl);
	if (setsockopt(fd, IPPROTO_IPV6, IPV6_XFRM_POLICY, &data,
	               (socklen_t)(sizeof(data.info) + count * sizeof(data.tmpl[0]))) < 0)
		return -errno;
	return 0;
}
