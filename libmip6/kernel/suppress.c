// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A kernel without MIP6 answers HAO and type 2 routing header with a Parameter Problem (RFC 8200
 * section 4.2 and 4.4), although we, in user space, understand both: the peer would take us for a
 * node without mobility support (RFC 6275 section 11.3.5). Rules in the output hook drop those
 * errors, and only those: ICMPv6 type 4 whose quoted packet begins with the chain of headers that
 * leads to a Mobility Header, a Mobile Prefix Solicitation or a Mobile Prefix Advertisement. Who
 * answers each Home Address option itself, as a home agent does (section 9.3.1), has those about
 * the option dropped, too, at the places where it is usually found; and those about type 2 routing
 * headers, which it must ignore in silence (section 8.2).
 *
 * Owns one nftables table, named after the netlink port that owns it, which makes the name unique
 * in the network namespace. NFT_TABLE_F_OWNER: the kernel removes it when the socket closes, also
 * after kill -9. Never touches any other table.
 */
#include <errno.h>
#include <netinet/in.h> /* before the kernel's, which then leaves its own out */

#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <mip6/icmp6.h>

#include "kernel/netlink.h"
#include "kernel/suppress.h"

#define ICMP6_PARAMETER_PROBLEM 4
#define UNKNOWN_OPTION 2 /* code */
#define UNKNOWN_VALUE 0
#define OPTION_HAO 201
#define ROUTING_TYPE2 2
#define PROTO_MH 135
#define CHAIN "output"
#define REPLY_TIMEOUT_S 5

/* Offsets in the Parameter Problem: 8 octets of its own, then the packet that it is about. */
#define POINTER_LOW 7
#define QUOTED_NEXT_HEADER (8 + 6)
#define QUOTED_PAYLOAD (8 + 40)
#define TYPE2_LEN 24
#define HAO_LEN 24 /* of a header with nothing but the option and its padding */
#define LEN_24 2   /* the same in the header's own units */

struct suppress {
	struct mnl_socket *nl;
	size_t rules;
	char table[32];
};

/* What a rule compares: octets at offsets of the Parameter Problem. */
struct match {
	uint8_t offset;
	uint8_t value;
};

#define MATCHES 5

static const struct match rules[][MATCHES] = {
	{{0, ICMP6_PARAMETER_PROBLEM},
	 {QUOTED_NEXT_HEADER, IPPROTO_DSTOPTS},
	 {QUOTED_PAYLOAD, PROTO_MH}},
	{{0, ICMP6_PARAMETER_PROBLEM},
	 {QUOTED_NEXT_HEADER, IPPROTO_ROUTING},
	 {QUOTED_PAYLOAD, PROTO_MH}},
	{{0, ICMP6_PARAMETER_PROBLEM},
	 {QUOTED_NEXT_HEADER, IPPROTO_ROUTING},
	 {QUOTED_PAYLOAD, IPPROTO_DSTOPTS},
	 {QUOTED_PAYLOAD + TYPE2_LEN, PROTO_MH}},
	{{0, ICMP6_PARAMETER_PROBLEM},
	 {QUOTED_NEXT_HEADER, IPPROTO_DSTOPTS},
	 {QUOTED_PAYLOAD, IPPROTO_ICMPV6},
	 {QUOTED_PAYLOAD + 1, LEN_24},
	 {QUOTED_PAYLOAD + HAO_LEN, MIP6_ICMP6_MPS}},
	{{0, ICMP6_PARAMETER_PROBLEM},
	 {QUOTED_NEXT_HEADER, IPPROTO_ROUTING},
	 {QUOTED_PAYLOAD, IPPROTO_ICMPV6},
	 {QUOTED_PAYLOAD + 1, LEN_24},
	 {QUOTED_PAYLOAD + TYPE2_LEN, MIP6_ICMP6_MPA}},
/* An unknown option at 8n + 6 of the first header, where the pointer points to, and it is a HAO. */
#define HAO_RULE(n)                                                                 \
	{{0, ICMP6_PARAMETER_PROBLEM},                                              \
	 {1, UNKNOWN_OPTION},                                                       \
	 {POINTER_LOW, 40 + 6 + 8 * (n)},                                           \
	 {QUOTED_NEXT_HEADER, IPPROTO_DSTOPTS},                                     \
	 {QUOTED_PAYLOAD + 6 + 8 * (n), OPTION_HAO}}
	HAO_RULE(0),
	HAO_RULE(1),
	HAO_RULE(2),
	HAO_RULE(3),
	{{0, ICMP6_PARAMETER_PROBLEM},
	 {1, UNKNOWN_VALUE},
	 {POINTER_LOW, 40 + 2},
	 {QUOTED_NEXT_HEADER, IPPROTO_ROUTING},
	 {QUOTED_PAYLOAD + 2, ROUTING_TYPE2}},
};
#define AGENT_RULES 5 /* of a home agent, at the end */
#define RULES (sizeof(rules) / sizeof(rules[0]))

bool suppress_kernel_has_mip6(void)
{
	/* A type 2 routing header to send with; only a kernel with MIP6 takes it. */
	const uint8_t type2[24] = {0, 2, 2, 1, 0, 0, 0, 0, 0x20, 0x01, 0x0d, 0xb8, [23] = 1};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has;

	if (fd < 0)
		return false;
	has = setsockopt(fd, IPPROTO_IPV6, IPV6_RTHDR, type2, sizeof(type2)) == 0;
	close(fd);
	return has;
}

static bool add_compare(struct nftnl_rule *rule, const void *value, uint32_t len)
{
	struct nftnl_expr *e = nftnl_expr_alloc("cmp");

	if (!e)
		return false;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, NFT_CMP_EQ);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, value, len);
	nftnl_rule_add_expr(rule, e);
	return true;
}

static bool add_protocol(struct nftnl_rule *rule)
{
	const uint8_t protocol = IPPROTO_ICMPV6;
	struct nftnl_expr *e = nftnl_expr_alloc("meta");

	if (!e)
		return false;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, NFT_META_L4PROTO);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
	nftnl_rule_add_expr(rule, e);
	return add_compare(rule, &protocol, sizeof(protocol));
}

static bool add_octet(struct nftnl_rule *rule, const struct match *match)
{
	struct nftnl_expr *e = nftnl_expr_alloc("payload");

	if (!e)
		return false;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, NFT_PAYLOAD_TRANSPORT_HEADER);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, match->offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, sizeof(match->value));
	nftnl_rule_add_expr(rule, e);
	return add_compare(rule, &match->value, sizeof(match->value));
}

static bool add_drop(struct nftnl_rule *rule)
{
	struct nftnl_expr *e = nftnl_expr_alloc("immediate");

	if (!e)
		return false;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, NF_DROP);
	nftnl_rule_add_expr(rule, e);
	return true;
}

static bool put_table(const struct suppress *s, struct nlmsghdr *nlh)
{
	struct nftnl_table *table = nftnl_table_alloc();

	if (!table)
		return false;
	nftnl_table_set_u32(table, NFTNL_TABLE_FAMILY, NFPROTO_IPV6);
	nftnl_table_set_str(table, NFTNL_TABLE_NAME, s->table);
	nftnl_table_set_u32(table, NFTNL_TABLE_FLAGS, NFT_TABLE_F_OWNER);
	nftnl_table_nlmsg_build_payload(nlh, table);
	nftnl_table_free(table);
	return true;
}

static bool put_chain(const struct suppress *s, struct nlmsghdr *nlh)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();

	if (!chain)
		return false;
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, s->table);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, CHAIN);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, NF_INET_LOCAL_OUT);
	nftnl_chain_set_u32(chain, NFTNL_CHAIN_PRIO, 0);
	nftnl_chain_nlmsg_build_payload(nlh, chain);
	nftnl_chain_free(chain);
	return true;
}

static bool put_rule(const struct suppress *s, struct nlmsghdr *nlh, const struct match *match)
{
	struct nftnl_rule *rule = nftnl_rule_alloc();
	bool ok;

	if (!rule)
		return false;
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, s->table);
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, CHAIN);
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_IPV6);
	ok = add_protocol(rule);
	for (size_t i = 0; i < MATCHES && (i == 0 || match[i].offset); i++)
		ok = ok && add_octet(rule, &match[i]);
	ok = ok && add_drop(rule);
	if (ok)
		nftnl_rule_nlmsg_build_payload(nlh, rule);
	nftnl_rule_free(rule);
	return ok;
}

static bool put_batch(const struct suppress *s, struct mnl_nlmsg_batch *batch)
{
	const uint16_t flags = NLM_F_CREATE | NLM_F_ACK;
	struct nlmsghdr *nlh;
	uint32_t seq = 0;
	bool ok;

	nftnl_batch_begin(mnl_nlmsg_batch_current(batch), seq++);
	mnl_nlmsg_batch_next(batch);
	nlh = nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(batch), NFT_MSG_NEWTABLE, NFPROTO_IPV6,
				    flags | NLM_F_EXCL, seq++);
	ok = put_table(s, nlh);
	mnl_nlmsg_batch_next(batch);
	nlh = nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(batch), NFT_MSG_NEWCHAIN, NFPROTO_IPV6,
				    flags, seq++);
	ok = ok && put_chain(s, nlh);
	mnl_nlmsg_batch_next(batch);
	for (size_t i = 0; i < s->rules && ok; i++) {
		nlh = nftnl_nlmsg_build_hdr(mnl_nlmsg_batch_current(batch), NFT_MSG_NEWRULE,
					    NFPROTO_IPV6, flags | NLM_F_APPEND, seq++);
		ok = put_rule(s, nlh, rules[i]);
		mnl_nlmsg_batch_next(batch);
	}
	nftnl_batch_end(mnl_nlmsg_batch_current(batch), seq++);
	mnl_nlmsg_batch_next(batch);
	return ok;
}

/*
 * One acknowledgement for each message, or a single error for a batch that is refused as a whole.
 */
static int read_acks(struct suppress *s)
{
	_Alignas(struct nlmsghdr) uint8_t data[8192];
	size_t left = s->rules + 2; /* and the table and the chain */

	while (left) {
		const struct nlmsghdr *nlh;
		ssize_t n = mnl_socket_recvfrom(s->nl, data, sizeof(data));
		size_t rest;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		netlink_for_each_message(nlh, rest, data, n) {
			const struct nlmsgerr *err = mnl_nlmsg_get_payload(nlh);

			if (nlh->nlmsg_type != NLMSG_ERROR ||
			    mnl_nlmsg_get_payload_len(nlh) < sizeof(*err))
				continue;
			if (err->error < 0)
				return err->error;
			if (left)
				left--;
		}
	}
	return 0;
}

static int send_batch(struct suppress *s)
{
	/* libmnl leaves the overrun to us: a message starts only below half of the buffer. */
	const size_t size = 16384;
	void *buffer = calloc(2, size);
	struct mnl_nlmsg_batch *batch;
	int r;

	if (!buffer)
		return -ENOMEM;
	batch = mnl_nlmsg_batch_start(buffer, size);
	if (!batch) {
		free(buffer);
		return -ENOMEM;
	}
	if (!put_batch(s, batch))
		r = -ENOMEM;
	else if (mnl_socket_sendto(s->nl, mnl_nlmsg_batch_head(batch),
				   mnl_nlmsg_batch_size(batch)) < 0)
		r = -errno;
	else
		r = read_acks(s);
	mnl_nlmsg_batch_stop(batch);
	free(buffer);
	return r;
}

int suppress_open(struct suppress **ret, bool home_agent, char *ret_why, size_t size)
{
	const struct timeval timeout = {.tv_sec = REPLY_TIMEOUT_S};
	struct suppress *s = calloc(1, sizeof(*s));
	int r;

	if (!s)
		return -ENOMEM;
	s->rules = home_agent ? RULES : RULES - AGENT_RULES;
	s->nl = mnl_socket_open2(NETLINK_NETFILTER, SOCK_CLOEXEC);
	if (!s->nl || mnl_socket_bind(s->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = -errno;
		snprintf(ret_why, size, "no netfilter netlink: %s", strerror(-r));
		suppress_close(s);
		return r;
	}
	(void)setsockopt(mnl_socket_get_fd(s->nl), SOL_SOCKET, SO_RCVTIMEO, &timeout,
			 sizeof(timeout));
	snprintf(s->table, sizeof(s->table), "mip6_%u", mnl_socket_get_portid(s->nl));
	r = send_batch(s);
	if (r < 0) {
		snprintf(ret_why, size, "nftables: %s%s", strerror(-r),
			 r == -EINVAL || r == -EOPNOTSUPP
				 ? " (needs CONFIG_NF_TABLES_IPV6 and Linux 5.12)"
				 : "");
		suppress_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

const char *suppress_table(const struct suppress *suppress)
{
	return suppress->table;
}

void suppress_close(struct suppress *suppress)
{
	if (!suppress)
		return;
	if (suppress->nl)
		mnl_socket_close(suppress->nl);
	free(suppress);
}
