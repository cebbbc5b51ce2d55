// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All anchors of a WTRU are told of a move at the same time: with sixteen, each at a D-GW of its own,
 * everything is bound as soon as with one, directly and through the PGW. In virtual time, in which the
 * cores take none: that one message waits for another would show.
 */
#include "exchange.h"

#include <stdio.h>

#define ANCHORS 16

struct seen {
	unsigned int bu_count, bound_count;
	mip6_time first_bu, last_bu, last_bound;
};

static void notice(void *ctx, unsigned int wtru, const struct wtru_action *action)
{
	struct seen *seen = ctx;

	(void)wtru;
	if (action->notice.what == WTRU_NOTICE_BU_SENT) {
		if (seen->bu_count++ == 0)
			seen->first_bu = net->now;
		seen->last_bu = net->now;
	} else if (action->notice.what == WTRU_NOTICE_BOUND) {
		seen->bound_count++;
		seen->last_bound = net->now;
	}
}

/*
 * Connections at so many D-GWs, then a move to another. With two operators, the even D-GWs are of ours,
 * and the last one, where it ends, is of the other.
 */
static mip6_time time_of_move(unsigned int anchors, unsigned int operators)
{
	unsigned int step = operators > 0 ? 2 : 1;
	unsigned int gateways = operators > 0 ? 2 * ANCHORS : ANCHORS + 1;
	struct seen seen = {0};

	begin(&(struct world_options){
		.gateways = gateways, .operators = operators, .linger_s = 1000});
	for (unsigned int n = 0; n < anchors; n++) {
		move(n * step);
		use(n * step, 1);
	}
	world_advance(net, 2 * MIP6_S); /* MAX_UPDATE_RATE */
	net->notice = notice;
	net->notice_ctx = &seen;
	move(gateways - 1);
	/* One BU for each, in one instant; and the claim of the new address. */
	ck_assert_uint_eq(seen.bu_count, anchors + 1);
	ck_assert_int_eq(seen.last_bu, seen.first_bu);
	ck_assert_uint_eq(seen.bound_count, anchors);
	for (unsigned int n = 0; n < anchors; n++)
		ck_assert(reaches(n * step));
	for (unsigned int p = 0; p < operators; p++)
		ck_assert_uint_eq(net->pgws[p].chains.count, p == 0 ? anchors : 0);
	finish();
	return seen.last_bound - seen.first_bu;
}

START_TEST(directly)
{
	ck_assert_int_eq(time_of_move(ANCHORS, 0), time_of_move(1, 0));
}
END_TEST

START_TEST(through_the_pgw)
{
	mip6_time one = time_of_move(1, 2);

	/* WTRU, PGW, anchor and back, 2 ms each. */
	ck_assert_int_eq(one, 8 * MIP6_MS);
	ck_assert_int_eq(time_of_move(ANCHORS, 2), one);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("parallel");
	TCase *tcase = tcase_create("parallel");

	tcase_add_test(tcase, directly);
	tcase_add_test(tcase, through_the_pgw);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
