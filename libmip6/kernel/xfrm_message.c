// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Messages of the XFRM module, built and parsed: <linux/xfrm.h> structures in host order but for
 * addresses, SPI and ports. Touches no socket and keeps no state.
 *
 * The kernel takes the type of a Mobility Header for the source port of a selector, and its
 * unspecified address for any. Lifetimes of static states and policies are infinite; there is no
 * replay window, because with keys that outlive a restart there can be none (RFC 4303 section
 * 3.4.3: anti-replay SHOULD NOT be used with manual keys). Binding Updates carry their own.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <mip6/auth.h>

#include "kernel/rtnl_internal.h"
#include "kernel/xfrm_internal.h"

#define PROTO_MH 135

struct algorithm {
	const char *name;
	uint32_t truncated; /* bits */
};

static const struct algorithm ciphers[] = {
	[XFRM_CIPHER_NULL] = {"ecb(cipher_null)", 0},
	[XFRM_CIPHER_AES_CBC] = {"cbc(aes)", 0},
};
static const struct algorithm auths[] = {
	[XFRM_AUTH_SHA1_96] = {"hmac(sha1)", 96},
	[XFRM_AUTH_SHA256_128] = {"hmac(sha256)", 128},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Headers as in rtnl_request_begin(). */
static struct nlmsghdr *begin(struct xfrm_request *request, uint16_t type, size_t header_len,
                              void *ret_header)
{
	struct nlmsghdr *nlh;

	memset(request, 0, sizeof(*request)); /* padding too */
	nlh = mnl_nlmsg_put_header(request->data);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = NLM_F_REQUEST;
	*(void **)ret_header = mnl_nlmsg_put_extra_header(nlh, header_len);
	return nlh;
}

static void put_addr(xfrm_address_t *to, const struct mip6_addr *from)
{
	memcpy(to->a6, from->b, sizeof(from->b));
}

static struct mip6_addr get_addr(const xfrm_address_t *from)
{
	struct mip6_addr addr;

	memcpy(addr.b, from->a6, sizeof(addr.b));
	return addr;
}

static void put_match(struct xfrm_selector *sel, const struct xfrm_match *match)
{
	sel->family = AF_INET6;
	put_addr(&sel->saddr, &match->src.addr);
	put_addr(&sel->daddr, &match->dst.addr);
	sel->prefixlen_s = match->src.len;
	sel->prefixlen_d = match->dst.len;
	sel->proto = match->protocol;
	if (match->mh_type != 0) {
		sel->sport = htons(match->mh_type);
		sel->sport_mask = UINT16_MAX;
	}
}

static struct xfrm_match get_match(const struct xfrm_selector *sel)
{
	struct mip6_addr src = get_addr(&sel->saddr), dst = get_addr(&sel->daddr);

	return (struct xfrm_match){
		.src = mip6_prefix_make(&src, sel->prefixlen_s),
		.dst = mip6_prefix_make(&dst, sel->prefixlen_d),
		.protocol = sel->proto,
		.mh_type = sel->proto == PROTO_MH && sel->sport_mask != 0
	                           ? (uint8_t)ntohs(sel->sport)
	                           : 0,
	};
}

static void put_forever(struct xfrm_lifetime_cfg *lft)
{
	lft->soft_byte_limit = lft->hard_byte_limit = XFRM_INF;
	lft->soft_packet_limit = lft->hard_packet_limit = XFRM_INF;
}

static uint8_t care_of_protocol(enum xfrm_care_of kind)
{
	return kind == XFRM_CARE_OF_HAO ? IPPROTO_DSTOPTS : IPPROTO_ROUTING;
}

struct nlmsghdr *xfrm_build_sa(struct xfrm_request *request, uint16_t type,
                               const struct xfrm_sa *sa)
{
	union {
		struct xfrm_algo algo;
		struct xfrm_algo_auth auth;
		uint8_t data[sizeof(struct xfrm_algo_auth) + XFRM_KEY_MAX];
	} u;
	struct xfrm_usersa_info *info;
	struct nlmsghdr *nlh = begin(request, type, sizeof(*info), &info);

	info->family = AF_INET6;
	info->id.proto = IPPROTO_ESP;
	info->id.spi = htonl(sa->spi);
	put_addr(&info->id.daddr, &sa->dst);
	put_addr(&info->saddr, &sa->src);
	put_match(&info->sel, &sa->match);
	put_forever(&info->lft);
	info->reqid = sa->reqid;
	info->mode = sa->tunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
	info->seq = XFRM_OWNER;

	memset(&u, 0, sizeof(u));
	strncpy(u.auth.alg_name, auths[sa->auth].name, sizeof(u.auth.alg_name) - 1);
	u.auth.alg_key_len = sa->auth_key_len * 8u;
	u.auth.alg_trunc_len = auths[sa->auth].truncated;
	memcpy(u.auth.alg_key, sa->auth_key, sa->auth_key_len);
	mnl_attr_put(nlh, XFRMA_ALG_AUTH_TRUNC, sizeof(u.auth) + sa->auth_key_len, &u);

	memset(&u, 0, sizeof(u));
	strncpy(u.algo.alg_name, ciphers[sa->cipher].name, sizeof(u.algo.alg_name) - 1);
	u.algo.alg_key_len = sa->cipher_key_len * 8u;
	memcpy(u.algo.alg_key, sa->cipher_key, sa->cipher_key_len);
	mnl_attr_put(nlh, XFRMA_ALG_CRYPT, sizeof(u.algo) + sa->cipher_key_len, &u);
	mip6_auth_wipe(&u, sizeof(u));
	return nlh;
}

struct nlmsghdr *xfrm_build_sa_id(struct xfrm_request *request, uint16_t type,
                                  const struct mip6_addr *dst, uint32_t spi)
{
	struct xfrm_usersa_id *id;
	struct nlmsghdr *nlh = begin(request, type, sizeof(*id), &id);

	id->family = AF_INET6;
	id->proto = IPPROTO_ESP;
	id->spi = htonl(spi);
	put_addr(&id->daddr, dst);
	return nlh;
}

struct nlmsghdr *xfrm_build_care_of(struct xfrm_request *request, uint16_t type,
                                    const struct xfrm_care_of_state *state)
{
	struct xfrm_usersa_info *info;
	struct nlmsghdr *nlh = begin(request, type, sizeof(*info), &info);

	info->family = AF_INET6;
	info->id.proto = care_of_protocol(state->kind);
	put_addr(&info->id.daddr, &state->dst);
	put_addr(&info->saddr, &state->src);
	info->sel.family = AF_INET6;
	put_forever(&info->lft);
	info->mode = XFRM_MODE_ROUTEOPTIMIZATION;
	if (mip6_addr_is_unspecified(&state->src) && mip6_addr_is_unspecified(&state->dst))
		info->flags = XFRM_STATE_WILDRECV;
	rtnl_put_addr(nlh, XFRMA_COADDR, &state->coa);
	/* The mark of the packet itself does not count where the route from a CoA is looked up. */
	if (state->mark != 0)
		mnl_attr_put_u32(nlh, XFRMA_SET_MARK, state->mark);
	return nlh;
}

struct nlmsghdr *xfrm_build_care_of_id(struct xfrm_request *request,
                                       const struct xfrm_care_of_state *state)
{
	struct xfrm_usersa_id *id;
	struct nlmsghdr *nlh = begin(request, XFRM_MSG_DELSA, sizeof(*id), &id);

	id->family = AF_INET6;
	id->proto = care_of_protocol(state->kind);
	put_addr(&id->daddr, &state->dst);
	rtnl_put_addr(nlh, XFRMA_SRCADDR, &state->src);
	return nlh;
}

static void put_template(struct xfrm_user_tmpl *tmpl, uint8_t protocol, uint8_t mode)
{
	tmpl->family = AF_INET6;
	tmpl->id.proto = protocol;
	tmpl->mode = mode;
	tmpl->aalgos = tmpl->ealgos = tmpl->calgos = UINT32_MAX;
}

static uint8_t kernel_direction(enum xfrm_direction direction)
{
	switch (direction) {
	case XFRM_DIRECTION_IN:
		return XFRM_POLICY_IN;
	case XFRM_DIRECTION_OUT:
		return XFRM_POLICY_OUT;
	case XFRM_DIRECTION_FORWARD:
		return XFRM_POLICY_FWD;
	}
	return XFRM_POLICY_OUT;
}

size_t xfrm_fill_policy(const struct xfrm_policy *policy, struct xfrm_userpolicy_info *info,
                        struct xfrm_user_tmpl tmpl[2])
{
	put_match(&info->sel, &policy->match);
	put_forever(&info->lft);
	info->priority = policy->priority != 0 ? policy->priority : XFRM_PRIORITY;
	info->dir = kernel_direction(policy->direction);
	info->action = XFRM_POLICY_ALLOW;
	if (policy->bypass)
		return 0;
	put_template(&tmpl[0], IPPROTO_ESP,
	             policy->tunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT);
	tmpl[0].reqid = policy->reqid;
	tmpl[0].optional = policy->optional;
	if (policy->tunnel) {
		put_addr(&tmpl[0].saddr, &policy->tunnel_src);
		put_addr(&tmpl[0].id.daddr, &policy->tunnel_dst);
		return 1;
	}
	if (!policy->has_care_of)
		return 1;
	put_template(&tmpl[1], care_of_protocol(policy->care_of), XFRM_MODE_ROUTEOPTIMIZATION);
	tmpl[1].optional = 1;
	return 2;
}

struct nlmsghdr *xfrm_build_policy(struct xfrm_request *request, const struct xfrm_policy *policy)
{
	struct xfrm_user_tmpl tmpl[2];
	struct xfrm_userpolicy_info *info;
	struct nlmsghdr *nlh = begin(request, XFRM_MSG_UPDPOLICY, sizeof(*info), &info);
	size_t count;

	memset(tmpl, 0, sizeof(tmpl));
	count = xfrm_fill_policy(policy, info, tmpl);
	if (count > 0)
		mnl_attr_put(nlh, XFRMA_TMPL, count * sizeof(tmpl[0]), tmpl);
	return nlh;
}

struct nlmsghdr *xfrm_build_policy_id(struct xfrm_request *request,
                                      const struct xfrm_policy *policy)
{
	struct xfrm_userpolicy_id *id;
	struct nlmsghdr *nlh = begin(request, XFRM_MSG_DELPOLICY, sizeof(*id), &id);

	put_match(&id->sel, &policy->match);
	id->dir = kernel_direction(policy->direction);
	return nlh;
}

struct nlmsghdr *xfrm_build_migrate(struct xfrm_request *request,
                                    const struct xfrm_migration *migration)
{
	struct xfrm_userpolicy_type type = {.type = XFRM_POLICY_TYPE_MAIN};
	struct xfrm_user_kmaddress km;
	struct xfrm_user_migrate move;
	struct xfrm_userpolicy_id *id;
	struct nlmsghdr *nlh = begin(request, XFRM_MSG_MIGRATE, sizeof(*id), &id);

	put_match(&id->sel, &migration->match);
	id->dir = kernel_direction(migration->direction);
	mnl_attr_put(nlh, XFRMA_POLICY_TYPE, sizeof(type), &type);

	memset(&move, 0, sizeof(move));
	put_addr(&move.old_saddr, &migration->old_src);
	put_addr(&move.old_daddr, &migration->old_dst);
	put_addr(&move.new_saddr, &migration->new_src);
	put_addr(&move.new_daddr, &migration->new_dst);
	move.proto = IPPROTO_ESP;
	move.mode = migration->tunnel ? XFRM_MODE_TUNNEL : XFRM_MODE_TRANSPORT;
	move.reqid = migration->reqid;
	move.old_family = move.new_family = AF_INET6;
	mnl_attr_put(nlh, XFRMA_MIGRATE, sizeof(move), &move);

	if (!mip6_addr_is_unspecified(&migration->km_local)) {
		memset(&km, 0, sizeof(km));
		put_addr(&km.local, &migration->km_local);
		put_addr(&km.remote, &migration->km_remote);
		km.family = AF_INET6;
		mnl_attr_put(nlh, XFRMA_KMADDRESS, sizeof(km), &km);
	}
	return nlh;
}

struct nlmsghdr *xfrm_build_dump(struct xfrm_request *request, uint16_t type)
{
	void *header;
	struct nlmsghdr *nlh = begin(request, type,
	                             type == XFRM_MSG_GETSA ? sizeof(struct xfrm_usersa_id)
	                                                    : sizeof(struct xfrm_userpolicy_id),
	                             &header);

	nlh->nlmsg_flags |= NLM_F_DUMP;
	return nlh;
}

struct nlmsghdr *xfrm_build_dump_between(struct xfrm_request *request, const struct mip6_addr *src,
                                         const struct mip6_addr *dst)
{
	struct xfrm_address_filter filter = {.family = AF_INET6, .splen = 128, .dplen = 128};
	void *header;
	/* The kernel looks for the attributes right behind the message header. */
	struct nlmsghdr *nlh = begin(request, XFRM_MSG_GETSA, 0, &header);

	put_addr(&filter.saddr, src);
	put_addr(&filter.daddr, dst);
	mnl_attr_put(nlh, XFRMA_ADDRESS_FILTER, sizeof(filter), &filter);
	nlh->nlmsg_flags |= NLM_F_DUMP;
	return nlh;
}

/* Both ends in the prefix that discards packets (RFC 6666): it matches none. */
static const struct xfrm_policy keying = {
	.direction = XFRM_DIRECTION_OUT,
	.match = {.src = {.addr = {{0x01, [15] = 1}}, .len = 128},
	          .dst = {.addr = {{0x01, [15] = 2}}, .len = 128},
	          .protocol = PROTO_MH},
};

struct nlmsghdr *xfrm_build_keying(struct xfrm_request *request, bool remove)
{
	return remove ? xfrm_build_policy_id(request, &keying)
	              : xfrm_build_policy(request, &keying);
}

/*
 * Two migrations in one: the first is the policy's own template, without a reqid, so that the kernel
 * takes the message; the second names the reqid for whoever listens. Neither is about an SA that exists.
 */
struct nlmsghdr *xfrm_build_move_keying(struct xfrm_request *request, uint32_t reqid,
                                        const struct mip6_addr *local,
                                        const struct mip6_addr *remote)
{
	struct xfrm_userpolicy_type type = {.type = XFRM_POLICY_TYPE_MAIN};
	struct xfrm_user_migrate moves[2];
	struct xfrm_user_kmaddress km;
	struct xfrm_userpolicy_id *id;
	struct nlmsghdr *nlh = begin(request, XFRM_MSG_MIGRATE, sizeof(*id), &id);

	put_match(&id->sel, &keying.match);
	id->dir = kernel_direction(keying.direction);
	mnl_attr_put(nlh, XFRMA_POLICY_TYPE, sizeof(type), &type);
	memset(moves, 0, sizeof(moves));
	for (size_t i = 0; i < COUNT(moves); i++) {
		put_addr(&moves[i].old_saddr, &keying.match.src.addr);
		put_addr(&moves[i].old_daddr, &keying.match.dst.addr);
		put_addr(&moves[i].new_saddr, &keying.match.src.addr);
		put_addr(&moves[i].new_daddr, &keying.match.dst.addr);
		moves[i].proto = IPPROTO_ESP;
		moves[i].mode = XFRM_MODE_TRANSPORT;
		moves[i].old_family = moves[i].new_family = AF_INET6;
	}
	moves[1].reqid = reqid;
	mnl_attr_put(nlh, XFRMA_MIGRATE, sizeof(moves), moves);
	memset(&km, 0, sizeof(km));
	put_addr(&km.local, local);
	put_addr(&km.remote, remote);
	km.family = AF_INET6;
	mnl_attr_put(nlh, XFRMA_KMADDRESS, sizeof(km), &km);
	return nlh;
}

/*
 * The payload of a message when it is of this type and long enough. A copy: messages are aligned to four
 * octets, these structures to eight.
 */
static bool take_payload(const struct nlmsghdr *nlh, uint16_t type, void *ret, size_t len)
{
	if (nlh->nlmsg_type != type || nlh->nlmsg_len < NLMSG_HDRLEN + len)
		return false;
	memcpy(ret, mnl_nlmsg_get_payload(nlh), len);
	return true;
}

/* The index of a NUL-terminated name of at most size octets, or count. */
static size_t find_algorithm(const char *name, size_t size, const struct algorithm *table,
                             size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(table[i].name) < size && strncmp(name, table[i].name, size) == 0)
			return i;
	return count;
}

static bool parse_auth(const struct nlattr *attr, struct xfrm_sa *sa)
{
	size_t len = mnl_attr_get_payload_len(attr), index;
	struct xfrm_algo_auth algo;

	if (len < sizeof(algo))
		return false;
	memcpy(&algo, mnl_attr_get_payload(attr), sizeof(algo));
	index = find_algorithm(algo.alg_name, sizeof(algo.alg_name), auths, COUNT(auths));
	if (index == COUNT(auths) || algo.alg_key_len % 8 != 0 ||
	    algo.alg_key_len / 8 > XFRM_KEY_MAX || len - sizeof(algo) < algo.alg_key_len / 8 ||
	    algo.alg_trunc_len != auths[index].truncated)
		return false;
	sa->auth = (enum xfrm_auth)index;
	sa->auth_key_len = (uint8_t)(algo.alg_key_len / 8);
	memcpy(sa->auth_key, (const uint8_t *)mnl_attr_get_payload(attr) + sizeof(algo),
	       sa->auth_key_len);
	return true;
}

static bool parse_cipher(const struct nlattr *attr, struct xfrm_sa *sa)
{
	size_t len = mnl_attr_get_payload_len(attr), index;
	struct xfrm_algo algo;

	if (len < sizeof(algo))
		return false;
	memcpy(&algo, mnl_attr_get_payload(attr), sizeof(algo));
	index = find_algorithm(algo.alg_name, sizeof(algo.alg_name), ciphers, COUNT(ciphers));
	if (index == COUNT(ciphers) || algo.alg_key_len % 8 != 0 ||
	    algo.alg_key_len / 8 > XFRM_KEY_MAX || len - sizeof(algo) < algo.alg_key_len / 8)
		return false;
	sa->cipher = (enum xfrm_cipher)index;
	sa->cipher_key_len = (uint8_t)(algo.alg_key_len / 8);
	memcpy(sa->cipher_key, (const uint8_t *)mnl_attr_get_payload(attr) + sizeof(algo),
	       sa->cipher_key_len);
	return true;
}

bool xfrm_parse_sa(const struct nlmsghdr *nlh, struct xfrm_sa *ret)
{
	struct xfrm_usersa_info info;
	struct xfrm_sa sa = {0};
	const struct nlattr *attr;

	if (!take_payload(nlh, XFRM_MSG_NEWSA, &info, sizeof(info)) || info.family != AF_INET6 ||
	    info.id.proto != IPPROTO_ESP || info.sel.prefixlen_s > 128 || info.sel.prefixlen_d > 128)
		return false;
	sa.src = get_addr(&info.saddr);
	sa.dst = get_addr(&info.id.daddr);
	sa.spi = ntohl(info.id.spi);
	sa.reqid = info.reqid;
	sa.tunnel = info.mode == XFRM_MODE_TUNNEL;
	sa.ours = info.seq == XFRM_OWNER;
	sa.match = get_match(&info.sel);
	sa.packets = info.curlft.packets;
	sa.bytes = info.curlft.bytes;
	/* What we do not know of an SA of somebody else stays as it is: null, without a key. */
	netlink_for_each_attr (attr, nlh, sizeof(info)) {
		if (mnl_attr_get_type(attr) == XFRMA_ALG_AUTH_TRUNC)
			parse_auth(attr, &sa);
		else if (mnl_attr_get_type(attr) == XFRMA_ALG_CRYPT)
			parse_cipher(attr, &sa);
	}
	*ret = sa;
	mip6_auth_wipe(&sa, sizeof(sa));
	return true;
}

bool xfrm_parse_care_of(const struct nlmsghdr *nlh, struct xfrm_care_of_state *ret)
{
	struct xfrm_usersa_info info;
	struct xfrm_care_of_state state = {0};
	const struct nlattr *attr;

	if (!take_payload(nlh, XFRM_MSG_NEWSA, &info, sizeof(info)) || info.family != AF_INET6 ||
	    (info.id.proto != IPPROTO_DSTOPTS && info.id.proto != IPPROTO_ROUTING))
		return false;
	state.kind = info.id.proto == IPPROTO_DSTOPTS ? XFRM_CARE_OF_HAO : XFRM_CARE_OF_ROUTE2;
	state.src = get_addr(&info.saddr);
	state.dst = get_addr(&info.id.daddr);
	netlink_for_each_attr (attr, nlh, sizeof(info)) {
		if (mnl_attr_get_type(attr) == XFRMA_COADDR &&
		    mnl_attr_get_payload_len(attr) >= sizeof(state.coa.b))
			memcpy(state.coa.b, mnl_attr_get_payload(attr), sizeof(state.coa.b));
	}
	*ret = state;
	return true;
}

static void parse_template(const struct xfrm_user_tmpl *tmpl, struct xfrm_policy *policy)
{
	if (tmpl->id.proto == IPPROTO_ESP) {
		policy->reqid = tmpl->reqid;
		policy->tunnel = tmpl->mode == XFRM_MODE_TUNNEL;
		policy->optional = tmpl->optional != 0;
		policy->tunnel_src = get_addr(&tmpl->saddr);
		policy->tunnel_dst = get_addr(&tmpl->id.daddr);
	} else if (tmpl->id.proto == IPPROTO_DSTOPTS || tmpl->id.proto == IPPROTO_ROUTING) {
		policy->has_care_of = true;
		policy->care_of =
			tmpl->id.proto == IPPROTO_DSTOPTS ? XFRM_CARE_OF_HAO : XFRM_CARE_OF_ROUTE2;
	}
}

bool xfrm_parse_policy(const struct nlmsghdr *nlh, struct xfrm_policy *ret)
{
	struct xfrm_userpolicy_info info;
	struct xfrm_policy policy = {.bypass = true};
	const struct nlattr *attr;

	/* Those of sockets have directions beyond these three. */
	if (!take_payload(nlh, XFRM_MSG_NEWPOLICY, &info, sizeof(info)) ||
	    info.sel.family != AF_INET6 || info.dir >= XFRM_POLICY_MAX || info.sel.prefixlen_s > 128 || info.sel.prefixlen_d > 128)
		return false;
	policy.direction = info.dir == XFRM_POLICY_IN    ? XFRM_DIRECTION_IN
	                   : info.dir == XFRM_POLICY_OUT ? XFRM_DIRECTION_OUT
	                                                 : XFRM_DIRECTION_FORWARD;
	policy.priority = info.priority;
	policy.match = get_match(&info.sel);
	netlink_for_each_attr (attr, nlh, sizeof(info)) {
		struct xfrm_user_tmpl tmpl;
		const uint8_t *at = mnl_attr_get_payload(attr);

		if (mnl_attr_get_type(attr) != XFRMA_TMPL)
			continue;
		for (size_t left = mnl_attr_get_payload_len(attr); left >= sizeof(tmpl);
		     left -= sizeof(tmpl), at += sizeof(tmpl)) {
			memcpy(&tmpl, at, sizeof(tmpl));
			parse_template(&tmpl, &policy);
			policy.bypass = false;
		}
	}
	*ret = policy;
	return true;
}

static bool match_equal(const struct xfrm_match *a, const struct xfrm_match *b)
{
	return mip6_prefix_equal(&a->src, &b->src) && mip6_prefix_equal(&a->dst, &b->dst) &&
	       a->protocol == b->protocol && a->mh_type == b->mh_type;
}

bool xfrm_sa_equal(const struct xfrm_sa *a, const struct xfrm_sa *b)
{
	return mip6_addr_equal(&a->src, &b->src) && mip6_addr_equal(&a->dst, &b->dst) &&
	       a->spi == b->spi && a->reqid == b->reqid && a->tunnel == b->tunnel &&
	       match_equal(&a->match, &b->match) && a->cipher == b->cipher && a->auth == b->auth &&
	       a->cipher_key_len == b->cipher_key_len && a->auth_key_len == b->auth_key_len &&
	       memcmp(a->cipher_key, b->cipher_key, a->cipher_key_len) == 0 &&
	       memcmp(a->auth_key, b->auth_key, a->auth_key_len) == 0;
}
