// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The rules around the tunnel device of the ip6tnl data plane. A device in external mode
 * decapsulates whatever comes, so what may come is decided here:
 *
 * input: what a gateway that we share ESP with sends in clear is dropped. A tunnelled packet for an
 * address of ours is marked when (outer source, home) is in the set of bindings (RFC 6275
 * sections 10.4.5 and 11.3.2), else dropped and counted by its cause, or left without mark when it
 * has no binding, so that raw sockets still see it.
 *
 * prerouting: what comes out of the device without mark is dropped.
 *
 * postrouting: what goes into the device, or into the one for narrow paths, is counted.
 *
 * forward: the gateway's own tunnel packets, come back in a circle, are dropped.
 *
 * Chains (a gateway's homes with two tunnels): what comes from the anchor for such a home, and what
 * comes from it, has another mark beside, until it is in the next tunnel; a rule of the routing
 * table looks at it.
 *
 * output: multicast from a HoA beyond the link is dropped (WTRU), and Packet Too Big is counted.
 *
 * @th is the inner IPv6 header: the kernel looks past extension headers of the outer one, so a
 * tunnel encapsulation limit option (RFC 2473 section 4.1.1) is tolerated. Of outer packets in
 * fragments the first has the inner addresses and is checked; without it the others come to
 * nothing, and the reassembled packet has its mark.
 *
 * Only builds messages; keeps no state.
 */
#include <netinet/in.h> /* before the kernel's, which then leaves its own out */
#include <stdio.h>      /* libnftnl's headers need it */

#include <libnftnl/chain.h>
#include <libnftnl/common.h>
#include <libnftnl/expr.h>
#include <libnftnl/object.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <net/if.h>
#include <string.h>

#include "kernel/dataplane_ip6tnl.h"
#include "kernel/netlink.h"

/* Offsets in an IPv6 header. */
#define HEADER_LEN 40
#define NEXT_HEADER 6
#define SRC 8
#define DST 24

#define ICMP6_TOO_BIG 2
#define ICMP6_QUOTE 8 /* offset of the packet that an error quotes */

#define ALL_MARKS (IP6TNL_MARK | IP6TNL_MARK_UP | IP6TNL_MARK_DOWN)

/* Tunnels in each other that are looked into. */
#define NESTED_MAX 5

const char *const ip6tnl_set_names[IP6TNL_SETS] = {"accept", "homes",  "tx",      "rx",
                                                   "locals", "chains", "anchors", "peers"};
const char *const ip6tnl_counter_names[IP6TNL_COUNTERS] = {
	"no-binding",  "wrong-source", "malformed",    "multicast",   "loop",
	"unprotected", "too-big",      "encapsulated", "decapsulated"};

struct builder {
	struct ip6tnl_batch *batch;
	const char *table;
	const char *chain;
	struct nftnl_rule *rule;
};

static struct nftnl_expr *expr(struct builder *b, const char *name)
{
	struct nftnl_expr *e = b->rule ? nftnl_expr_alloc(name) : NULL;

	if (e)
		nftnl_rule_add_expr(b->rule, e);
	else
		b->batch->failed = true;
	return e;
}

static void rule_begin(struct builder *b, const char *chain)
{
	b->rule = nftnl_rule_alloc();
	if (!b->rule) {
		b->batch->failed = true;
		return;
	}
	nftnl_rule_set_str(b->rule, NFTNL_RULE_TABLE, b->table);
	nftnl_rule_set_str(b->rule, NFTNL_RULE_CHAIN, chain);
	nftnl_rule_set_u32(b->rule, NFTNL_RULE_FAMILY, NFPROTO_IPV6);
}

static void rule_end(struct builder *b)
{
	struct nlmsghdr *nlh =
		ip6tnl_batch_message(b->batch, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	if (nlh && b->rule) {
		nftnl_rule_nlmsg_build_payload(nlh, b->rule);
		ip6tnl_batch_end_message(b->batch, nlh);
	}
	if (b->rule)
		nftnl_rule_free(b->rule);
	b->rule = NULL;
}

static void load(struct builder *b, uint32_t base, uint32_t offset, uint32_t len, uint32_t reg)
{
	struct nftnl_expr *e = expr(b, "payload");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_DREG, reg);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(e, NFTNL_EXPR_PAYLOAD_LEN, len);
}

static void outer(struct builder *b, uint32_t offset, uint32_t len, uint32_t reg)
{
	load(b, NFT_PAYLOAD_NETWORK_HEADER, offset, len, reg);
}

static void inner(struct builder *b, uint32_t offset, uint32_t len, uint32_t reg)
{
	load(b, NFT_PAYLOAD_TRANSPORT_HEADER, offset, len, reg);
}

static void compare(struct builder *b, uint32_t op, const void *value, uint32_t len)
{
	struct nftnl_expr *e = expr(b, "cmp");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(e, NFTNL_EXPR_CMP_DATA, value, len);
}

static void compare_u8(struct builder *b, uint32_t op, uint8_t value)
{
	compare(b, op, &value, sizeof(value));
}

static void bitwise(struct builder *b, const void *mask, const void *flip, uint32_t len)
{
	struct nftnl_expr *e = expr(b, "bitwise");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_SREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_DREG, NFT_REG_1);
	nftnl_expr_set_u32(e, NFTNL_EXPR_BITWISE_LEN, len);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_MASK, mask, len);
	nftnl_expr_set(e, NFTNL_EXPR_BITWISE_XOR, flip, len);
}

static void masked_u8(struct builder *b, uint8_t mask, uint32_t op, uint8_t value)
{
	const uint8_t zero = 0;

	bitwise(b, &mask, &zero, 1);
	compare_u8(b, op, value);
}

static void meta(struct builder *b, uint32_t key)
{
	struct nftnl_expr *e = expr(b, "meta");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_DREG, NFT_REG_1);
}

static void protocol(struct builder *b, uint32_t op, uint8_t value)
{
	meta(b, NFT_META_L4PROTO);
	compare_u8(b, op, value);
}

static void interface(struct builder *b, uint32_t key, uint32_t op, const char *device)
{
	char name[IFNAMSIZ] = "";

	strncpy(name, device, sizeof(name) - 1);
	meta(b, key);
	compare(b, op, name, sizeof(name));
}

static void mark(struct builder *b, uint32_t keep, uint32_t flip)
{
	struct nftnl_expr *e;

	meta(b, NFT_META_MARK);
	bitwise(b, &keep, &flip, sizeof(keep));
	e = expr(b, "meta");
	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_KEY, NFT_META_MARK);
	nftnl_expr_set_u32(e, NFTNL_EXPR_META_SREG, NFT_REG_1);
}

static void marked(struct builder *b, uint32_t bit, bool on)
{
	const uint32_t zero = 0;

	meta(b, NFT_META_MARK);
	bitwise(b, &bit, &zero, sizeof(bit));
	compare(b, on ? NFT_CMP_NEQ : NFT_CMP_EQ, &zero, sizeof(zero));
}

static void lookup(struct builder *b, enum ip6tnl_set set, bool absent)
{
	struct nftnl_expr *e = expr(b, "lookup");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_SREG, NFT_REG_1);
	nftnl_expr_set_str(e, NFTNL_EXPR_LOOKUP_SET, ip6tnl_set_names[set]);
	nftnl_expr_set_u32(e, NFTNL_EXPR_LOOKUP_FLAGS, absent ? NFT_LOOKUP_F_INV : 0);
}

static void count(struct builder *b, enum ip6tnl_counter counter)
{
	struct nftnl_expr *e = expr(b, "objref");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_OBJREF_IMM_TYPE, NFT_OBJECT_COUNTER);
	nftnl_expr_set_str(e, NFTNL_EXPR_OBJREF_IMM_NAME, ip6tnl_counter_names[counter]);
}

static void verdict(struct builder *b, uint32_t what)
{
	struct nftnl_expr *e = expr(b, "immediate");

	if (!e)
		return;
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, what);
}

static void jump(struct builder *b, const char *chain)
{
	struct nftnl_expr *e = expr(b, "immediate");

	if (e) {
		nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
		nftnl_expr_set_u32(e, NFTNL_EXPR_IMM_VERDICT, (uint32_t)NFT_JUMP);
		nftnl_expr_set_str(e, NFTNL_EXPR_IMM_CHAIN, chain);
	}
	rule_end(b);
}

static void drop(struct builder *b, enum ip6tnl_counter counter)
{
	count(b, counter);
	verdict(b, NF_DROP);
	rule_end(b);
}

static void pass(struct builder *b)
{
	verdict(b, NF_ACCEPT);
	rule_end(b);
}

/* An inner address that is never routed: group, link-local, or of ::/64 with all its special ones.
 */
static void drop_unroutable(struct builder *b, const char *chain, uint32_t offset)
{
	const uint8_t link_local_mask[2] = {0xff, 0xc0}, link_local[2] = {0xfe, 0x80},
		      zero[8] = {0};

	rule_begin(b, chain);
	inner(b, offset, 1, NFT_REG_1);
	compare_u8(b, NFT_CMP_EQ, 0xff);
	drop(b, IP6TNL_MALFORMED);
	rule_begin(b, chain);
	inner(b, offset, 2, NFT_REG_1);
	bitwise(b, link_local_mask, zero, 2);
	compare(b, NFT_CMP_EQ, link_local, 2);
	drop(b, IP6TNL_MALFORMED);
	rule_begin(b, chain);
	inner(b, offset, 8, NFT_REG_1);
	compare(b, NFT_CMP_EQ, zero, 8);
	drop(b, IP6TNL_MALFORMED);
}

/* A chain's anchor sends what came for its home, from anywhere. */
static void accept_from_anchor(struct builder *b, const char *chain)
{
	const uint32_t both = IP6TNL_MARK | IP6TNL_MARK_DOWN;

	rule_begin(b, chain);
	outer(b, DST, 16, NFT_REG_1);
	lookup(b, IP6TNL_LOCALS, false);
	outer(b, SRC, 16, NFT_REG_1);
	inner(b, DST, 16, NFT_REG_2);
	lookup(b, IP6TNL_ANCHORS, false);
	mark(b, ~both, both);
	rule_end(b);
}

/*
 * In clear from a gateway that we share ESP with: tunnelled, or with extension headers, so perhaps
 * a piece of such a packet. What is inside ESP comes by here once more, and is known by its path.
 */
static void build_clear(struct builder *b)
{
	static const uint8_t tunnelled[] = {IPPROTO_HOPOPTS, IPPROTO_IPV6, IPPROTO_ROUTING,
	                                    IPPROTO_FRAGMENT, IPPROTO_DSTOPTS};

	rule_begin(b, "input");
	meta(b, NFT_META_SECPATH);
	compare_u8(b, NFT_CMP_EQ, 0);
	outer(b, SRC, 16, NFT_REG_1);
	lookup(b, IP6TNL_PEERS, false);
	jump(b, "clear");
	for (size_t i = 0; i < sizeof(tunnelled); i++) {
		rule_begin(b, "clear");
		outer(b, NEXT_HEADER, 1, NFT_REG_1);
		compare_u8(b, NFT_CMP_EQ, tunnelled[i]);
		drop(b, IP6TNL_UNPROTECTED);
	}
}

static void build_input(struct builder *b, bool wtru, bool chains)
{
	const char *chain = "input";
	const uint16_t offset_mask = htons(0xfff8), zero = 0;
	const uint32_t home = wtru ? DST : SRC;
	struct nftnl_expr *e;

	rule_begin(b, chain);
	protocol(b, NFT_CMP_NEQ, IPPROTO_IPV6);
	pass(b);
	rule_begin(b, chain);
	mark(b, ~ALL_MARKS, 0);
	rule_end(b);
	/* Fragments but the first. */
	rule_begin(b, chain);
	e = expr(b, "exthdr");
	if (e) {
		nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_DREG, NFT_REG_1);
		nftnl_expr_set_u8(e, NFTNL_EXPR_EXTHDR_TYPE, IPPROTO_FRAGMENT);
		nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_OFFSET, 2);
		nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_LEN, 2);
		nftnl_expr_set_u32(e, NFTNL_EXPR_EXTHDR_OP, NFT_EXTHDR_OP_IPV6);
	}
	bitwise(b, &offset_mask, &zero, 2);
	compare(b, NFT_CMP_NEQ, &zero, 2);
	pass(b);
	if (chains)
		accept_from_anchor(b, chain);
	/* Of a binding? The WTRU takes it from its anchor at any address of its own. */
	rule_begin(b, chain);
	if (chains)
		marked(b, IP6TNL_MARK, false);
	if (!wtru) {
		outer(b, DST, 16, NFT_REG_1);
		lookup(b, IP6TNL_LOCALS, false);
	}
	inner(b, DST, 16, NFT_REG_2); /* the header is complete */
	outer(b, SRC, 16, NFT_REG_1);
	inner(b, home, 16, NFT_REG_2);
	lookup(b, IP6TNL_ACCEPT, false);
	mark(b, ~IP6TNL_MARK, IP6TNL_MARK);
	if (chains) { /* or of a chain? */
		inner(b, SRC, 16, NFT_REG_1);
		lookup(b, IP6TNL_CHAINS, false);
		mark(b, ~IP6TNL_MARK_UP, IP6TNL_MARK_UP);
	}
	rule_end(b);
	/* Somebody else's tunnel. */
	rule_begin(b, chain);
	marked(b, IP6TNL_MARK, false);
	outer(b, DST, 16, NFT_REG_1);
	lookup(b, IP6TNL_LOCALS, true);
	pass(b);
	rule_begin(b, chain);
	inner(b, 0, 1, NFT_REG_1);
	masked_u8(b, 0xf0, NFT_CMP_NEQ, 0x60);
	drop(b, IP6TNL_MALFORMED);
	drop_unroutable(b, chain, SRC);
	drop_unroutable(b, chain, DST);
	/* A tunnel within the tunnel to us. */
	rule_begin(b, chain);
	inner(b, NEXT_HEADER, 1, NFT_REG_1);
	compare_u8(b, NFT_CMP_EQ, IPPROTO_IPV6);
	inner(b, DST, 16, NFT_REG_1);
	lookup(b, IP6TNL_LOCALS, false);
	drop(b, IP6TNL_LOOP);
	if (wtru) { /* from ourselves */
		rule_begin(b, chain);
		inner(b, SRC, 16, NFT_REG_1);
		lookup(b, IP6TNL_HOMES, false);
		drop(b, IP6TNL_WRONG_SOURCE);
	}
	rule_begin(b, chain);
	marked(b, IP6TNL_MARK, true);
	pass(b);
	rule_begin(b, chain);
	inner(b, DST, 16, NFT_REG_1);
	inner(b, home, 16, NFT_REG_1);
	lookup(b, IP6TNL_HOMES, false);
	drop(b, IP6TNL_WRONG_SOURCE);
	/* No binding; the prerouting chain drops it. */
	rule_begin(b, chain);
	inner(b, DST, 16, NFT_REG_1);
	count(b, IP6TNL_NO_BINDING);
	pass(b);
	/* No complete header. */
	rule_begin(b, chain);
	drop(b, IP6TNL_MALFORMED);
}

/* What came out of a tunnel is counted for this home. */
static void count_out(struct builder *b, uint32_t home)
{
	count(b, IP6TNL_DECAPSULATED);
	outer(b, home, 16, NFT_REG_1);
	lookup(b, IP6TNL_RX, false);
	rule_end(b);
}

/* What goes into one. */
static void count_into(struct builder *b, const char *device, uint32_t home, bool chains, bool up)
{
	rule_begin(b, "postrouting");
	interface(b, NFT_META_OIFNAME, NFT_CMP_EQ, device);
	if (chains)
		marked(b, IP6TNL_MARK_UP, up);
	count(b, IP6TNL_ENCAPSULATED);
	outer(b, home, 16, NFT_REG_1);
	lookup(b, IP6TNL_TX, false);
	rule_end(b);
}

static void build_device(struct builder *b, bool wtru, const struct ip6tnl_devices *devices)
{
	const uint32_t home = wtru ? DST : SRC;
	bool chains = devices->narrow_up != NULL;

	rule_begin(b, "prerouting");
	interface(b, NFT_META_IIFNAME, NFT_CMP_NEQ, devices->tunnel);
	pass(b);
	rule_begin(b, "prerouting");
	marked(b, IP6TNL_MARK, false);
	verdict(b, NF_DROP);
	rule_end(b);
	rule_begin(b, "prerouting");
	mark(b, ~IP6TNL_MARK, 0);
	if (chains)
		marked(b, IP6TNL_MARK_DOWN, false);
	count_out(b, home);
	if (chains) {
		rule_begin(b, "prerouting");
		marked(b, IP6TNL_MARK_DOWN, true);
		mark(b, ~IP6TNL_MARK_DOWN, 0);
		count_out(b, DST);
	}

	count_into(b, devices->tunnel, wtru ? SRC : DST, chains, false);
	count_into(b, devices->narrow, wtru ? SRC : DST, chains, false);
	if (!chains)
		return;
	count_into(b, devices->tunnel, SRC, true, true);
	count_into(b, devices->narrow_up, SRC, true, true);
	rule_begin(b, "postrouting");
	marked(b, IP6TNL_MARK_UP, true);
	mark(b, ~IP6TNL_MARK_UP, 0);
	rule_end(b);
}

static void build_output(struct builder *b, bool wtru)
{
	rule_begin(b, "output");
	protocol(b, NFT_CMP_EQ, IPPROTO_ICMPV6);
	inner(b, 0, 1, NFT_REG_1);
	compare_u8(b, NFT_CMP_EQ, ICMP6_TOO_BIG);
	inner(b, ICMP6_QUOTE + (wtru ? SRC : DST), 16, NFT_REG_1);
	lookup(b, IP6TNL_HOMES, false);
	count(b, IP6TNL_TOO_BIG);
	rule_end(b);
	if (!wtru)
		return;
	rule_begin(b, "output");
	outer(b, DST, 1, NFT_REG_1);
	compare_u8(b, NFT_CMP_EQ, 0xff);
	outer(b, DST + 1, 1, NFT_REG_1);
	masked_u8(b, 0x0f, NFT_CMP_GT, 2); /* beyond the link (RFC 4291 section 2.7) */
	outer(b, SRC, 16, NFT_REG_1);
	lookup(b, IP6TNL_HOMES, false);
	drop(b, IP6TNL_MULTICAST);
}

/* What a WTRU sends from a chain's home goes to its anchor, or nowhere. */
static void build_forward_up(struct builder *b, const struct ip6tnl_devices *devices)
{
	rule_begin(b, "forward");
	marked(b, IP6TNL_MARK_UP, true);
	interface(b, NFT_META_OIFNAME, NFT_CMP_NEQ, devices->tunnel);
	interface(b, NFT_META_OIFNAME, NFT_CMP_NEQ, devices->narrow_up);
	drop(b, IP6TNL_NO_BINDING);
}

static void build_forward(struct builder *b)
{
	rule_begin(b, "forward");
	protocol(b, NFT_CMP_NEQ, IPPROTO_IPV6);
	pass(b);
	/* Into a tunnel of ours. */
	rule_begin(b, "forward");
	outer(b, DST, 16, NFT_REG_1);
	lookup(b, IP6TNL_HOMES, true);
	pass(b);
	rule_begin(b, "forward");
	outer(b, SRC, 16, NFT_REG_1);
	lookup(b, IP6TNL_LOCALS, false);
	drop(b, IP6TNL_LOOP);
	/* In the tunnels of other gateways; nobody needs so many in each other as are looked into.
	 */
	for (uint32_t depth = 1; depth <= NESTED_MAX; depth++) {
		rule_begin(b, "forward");
		for (uint32_t i = 0; i < depth; i++) {
			inner(b, i * HEADER_LEN + NEXT_HEADER, 1, NFT_REG_1);
			compare_u8(b, NFT_CMP_EQ, IPPROTO_IPV6);
		}
		if (depth < NESTED_MAX) {
			inner(b, (depth - 1) * HEADER_LEN + SRC, 16, NFT_REG_1);
			lookup(b, IP6TNL_LOCALS, false);
		}
		drop(b, IP6TNL_LOOP);
	}
}

static void put_table(struct builder *b, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh = ip6tnl_batch_message(b->batch, type, flags);
	struct nftnl_table *table = nftnl_table_alloc();

	if (table && nlh) {
		nftnl_table_set_u32(table, NFTNL_TABLE_FAMILY, NFPROTO_IPV6);
		nftnl_table_set_str(table, NFTNL_TABLE_NAME, b->table);
		nftnl_table_nlmsg_build_payload(nlh, table);
		ip6tnl_batch_end_message(b->batch, nlh);
	} else {
		b->batch->failed = true;
	}
	if (table)
		nftnl_table_free(table);
}

/* hook: NF_INET_NUMHOOKS: one that others jump to. */
static void put_chain(struct builder *b, const char *name, uint32_t hook, int priority)
{
	struct nlmsghdr *nlh = ip6tnl_batch_message(b->batch, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	struct nftnl_chain *chain = nftnl_chain_alloc();

	if (chain && nlh) {
		nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, b->table);
		nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
		if (hook != NF_INET_NUMHOOKS) {
			nftnl_chain_set_str(chain, NFTNL_CHAIN_TYPE, "filter");
			nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, hook);
			nftnl_chain_set_s32(chain, NFTNL_CHAIN_PRIO, priority);
		}
		nftnl_chain_nlmsg_build_payload(nlh, chain);
		ip6tnl_batch_end_message(b->batch, nlh);
	} else {
		b->batch->failed = true;
	}
	if (chain)
		nftnl_chain_free(chain);
}

static void put_set(struct builder *b, enum ip6tnl_set which)
{
	/* Numbers that nft(8) knows: ipv6_addr, and two of them joined. */
	const uint32_t address = 8, pair = 8u << 6 | 8;
	struct nlmsghdr *nlh = ip6tnl_batch_message(b->batch, NFT_MSG_NEWSET, NLM_F_CREATE);
	struct nftnl_set *set = nftnl_set_alloc();
	bool counted = which == IP6TNL_TX || which == IP6TNL_RX;
	struct nftnl_expr *counter = counted ? nftnl_expr_alloc("counter") : NULL;

	if (set && nlh && (!counted || counter)) {
		nftnl_set_set_str(set, NFTNL_SET_TABLE, b->table);
		nftnl_set_set_str(set, NFTNL_SET_NAME, ip6tnl_set_names[which]);
		nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_IPV6);
		nftnl_set_set_u32(set, NFTNL_SET_ID, which + 1);
		nftnl_set_set_u32(set, NFTNL_SET_KEY_TYPE,
		                  ip6tnl_set_has_outer(which) ? pair : address);
		nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, ip6tnl_set_has_outer(which) ? 32 : 16);
		if (counter)
			nftnl_set_add_expr(set, counter);
		nftnl_set_nlmsg_build_payload(nlh, set);
		ip6tnl_batch_end_message(b->batch, nlh);
	} else {
		b->batch->failed = true;
	}
	if (set)
		nftnl_set_free(set);
}

static void put_counter(struct builder *b, enum ip6tnl_counter which)
{
	struct nlmsghdr *nlh = ip6tnl_batch_message(b->batch, NFT_MSG_NEWOBJ, NLM_F_CREATE);
	struct nftnl_obj *object = nftnl_obj_alloc();

	if (object && nlh) {
		nftnl_obj_set_str(object, NFTNL_OBJ_TABLE, b->table);
		nftnl_obj_set_str(object, NFTNL_OBJ_NAME, ip6tnl_counter_names[which]);
		nftnl_obj_set_u32(object, NFTNL_OBJ_FAMILY, NFPROTO_IPV6);
		nftnl_obj_set_u32(object, NFTNL_OBJ_TYPE, NFT_OBJECT_COUNTER);
		nftnl_obj_set_u64(object, NFTNL_OBJ_CTR_PKTS, 0);
		nftnl_obj_set_u64(object, NFTNL_OBJ_CTR_BYTES, 0);
		nftnl_obj_nlmsg_build_payload(nlh, object);
		ip6tnl_batch_end_message(b->batch, nlh);
	} else {
		b->batch->failed = true;
	}
	if (object)
		nftnl_obj_free(object);
}

/* All rules of the table. */
static void put_no_rules(struct builder *b)
{
	struct nlmsghdr *nlh = ip6tnl_batch_message(b->batch, NFT_MSG_DELRULE, 0);

	if (!nlh)
		return;
	mnl_attr_put_strz(nlh, NFTA_RULE_TABLE, b->table);
	ip6tnl_batch_end_message(b->batch, nlh);
}

void ip6tnl_rules_build(struct ip6tnl_batch *batch, enum dataplane_role role, const char *table,
                        const struct ip6tnl_devices *devices, bool fresh)
{
	struct builder b = {.batch = batch, .table = table};
	bool wtru = role == DATAPLANE_WTRU, chains = devices->narrow_up != NULL;

	if (fresh) { /* a table that may be there is replaced */
		put_table(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
		put_table(&b, NFT_MSG_DELTABLE, 0);
		put_table(&b, NFT_MSG_NEWTABLE, NLM_F_CREATE);
		for (unsigned int i = 0; i < IP6TNL_SETS; i++)
			put_set(&b, i);
		for (unsigned int i = 0; i < IP6TNL_COUNTERS; i++)
			put_counter(&b, i);
		/* Before all others see what comes out, after all others have seen what goes in. */
		put_chain(&b, "prerouting", NF_INET_PRE_ROUTING, -300);
		put_chain(&b, "input", NF_INET_LOCAL_IN, 300);
		put_chain(&b, "output", NF_INET_LOCAL_OUT, 0);
		put_chain(&b, "postrouting", NF_INET_POST_ROUTING, 300);
		if (!wtru) {
			put_chain(&b, "forward", NF_INET_FORWARD, 0);
			put_chain(&b, "clear", NF_INET_NUMHOOKS, 0);
		}
	} else {
		put_no_rules(&b);
	}
	if (!wtru)
		build_clear(&b);
	build_input(&b, wtru, chains);
	build_device(&b, wtru, devices);
	build_output(&b, wtru);
	if (chains)
		build_forward_up(&b, devices);
	if (!wtru)
		build_forward(&b);
}
