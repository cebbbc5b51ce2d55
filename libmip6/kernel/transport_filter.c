// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The socket filter of the Mobility Header transport: classic BPF, made at run time because it has
 * no loops, and the options of a header are a list (RFC 8200 section 4.2, RFC 6275 section 6.3).
 *
 * It only spares work: whatever it lets pass is looked at again. A header that is not what its
 * length fields say does not pass. No state.
 */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include <mip6/icmp6.h>

#include "kernel/transport_filter.h"

#define PROTO_MH 135
#define OPTION_PAD1 0
#define OPTION_HAO 201 /* RFC 6275 section 6.3 */
/* Options of a header that are looked at; one with more passes. The usual place is the second. */
#define OPTIONS_MAX 12
#define PROGRAM_MAX (32 + 18 * OPTIONS_MAX)
/* Scratch memory */
#define END 0 /* of the header */
#define POS 1 /* of the option */

struct program {
	uint16_t len;
	struct sock_filter code[PROGRAM_MAX];
};

static void put(struct program *p, uint16_t code, uint32_t k)
{
	p->code[p->len++] = (struct sock_filter)BPF_STMT(code, k);
}

/* The next `skip` instructions only when A is k. */
static void put_when(struct program *p, uint32_t k, uint8_t skip)
{
	p->code[p->len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, skip);
}

static void put_pass_when(struct program *p, uint32_t k)
{
	put_when(p, k, 1);
	put(p, BPF_RET | BPF_K, UINT32_MAX);
}

/* M[END] = length of the header, in A and X, too. */
static void put_length(struct program *p)
{
	put(p, BPF_LD | BPF_B | BPF_ABS, 1);
	put(p, BPF_ALU | BPF_ADD | BPF_K, 1);
	put(p, BPF_ALU | BPF_LSH | BPF_K, 3);
	put(p, BPF_ST, END);
	put(p, BPF_MISC | BPF_TAX, 0);
}

/* Pass when the option at M[POS] is the Home Address option; else go on to the next. */
static void put_option(struct program *p, uint16_t *ret_leave)
{
	put(p, BPF_LD | BPF_MEM, POS);
	put(p, BPF_LDX | BPF_MEM, END);
	*ret_leave = p->len;
	put(p, BPF_JMP | BPF_JGE | BPF_X, 0); /* to be told where the end is */
	put(p, BPF_JMP | BPF_JA, 0);
	put(p, BPF_MISC | BPF_TAX, 0);
	put(p, BPF_LD | BPF_B | BPF_IND, 0);
	put_pass_when(p, OPTION_HAO);
	put_when(p, OPTION_PAD1, 3);
	put(p, BPF_MISC | BPF_TXA, 0);
	put(p, BPF_ALU | BPF_ADD | BPF_K, 1);
	put(p, BPF_JMP | BPF_JA, 3);
	put(p, BPF_LD | BPF_B | BPF_IND, 1);
	put(p, BPF_ALU | BPF_ADD | BPF_X, 0);
	put(p, BPF_ALU | BPF_ADD | BPF_K, 2);
	put(p, BPF_ST, POS);
}

static void put_options(struct program *p)
{
	uint16_t leave[OPTIONS_MAX];

	put(p, BPF_LD | BPF_IMM, 2);
	put(p, BPF_ST, POS);
	for (unsigned int i = 0; i < OPTIONS_MAX; i++)
		put_option(p, &leave[i]);
	put(p, BPF_LD | BPF_MEM, POS);
	put(p, BPF_LDX | BPF_MEM, END);
	p->code[p->len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_X, 0, 1, 0);
	put(p, BPF_RET | BPF_K, UINT32_MAX);
	/* Conditional jumps are too short: over the unconditional one behind them, or by it to
	 * here. */
	for (unsigned int i = 0; i < OPTIONS_MAX; i++) {
		p->code[leave[i]].jf = 1;
		p->code[leave[i] + 1].k = (uint32_t)(p->len - (leave[i] + 2));
	}
}

int transport_filter_attach(int fd, bool home_addresses)
{
	struct program p = {0};
	struct sock_fprog program = {.filter = p.code};

	put(&p, BPF_LD | BPF_B | BPF_ABS, 0); /* next header */
	put_pass_when(&p, PROTO_MH);
	put_pass_when(&p, IPPROTO_DSTOPTS);
	put_pass_when(&p, IPPROTO_ROUTING);
	put_length(&p);
	if (home_addresses)
		put_options(&p);
	put(&p, BPF_LD | BPF_B | BPF_ABS, 0);
	put_when(&p, IPPROTO_ICMPV6, 6);
	put(&p, BPF_LDX | BPF_MEM, END);
	put(&p, BPF_LD | BPF_B | BPF_IND, 0); /* type of the message */
	put_pass_when(&p, MIP6_ICMP6_MPS);
	put_pass_when(&p, MIP6_ICMP6_MPA);
	put(&p, BPF_RET | BPF_K, 0);
	program.len = p.len;
	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) < 0 ? -errno
	                                                                                   : 0;
}
