// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The WTRU core, what anchors send unasked: BRR, BE, revocation (RFC 5846); and messages that are
 * malformed or not expected.
 */
#include "wtru_fixture.h"

START_TEST(refresh_request)
{
	struct mip6_mh brr = {.type = MIP6_MH_BRR};
	struct mip6_addr hoa = HOA(1), other = HOA(2);

	world_answer(&world, away(), 0, 600);
	pass(2 * MIP6_S);
	world_clear(&world);
	message(&brr, world_anchor(9), HOA(2), &hoa, NULL);
	message(&brr, world_anchor(2), HOA(2), &other, NULL); /* at home */
	ck_assert_uint_eq(stat(MH_UNEXPECTED), 2);
	ck_assert_uint_eq(world.count, 0);
	message(&brr, world_anchor(1), HOA(2), &hoa, NULL);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	/* Not authenticated: one BU per second and no more. */
	for (unsigned int n = 0; n < 9; n++) {
		pass(100 * MIP6_MS);
		message(&brr, world_anchor(1), HOA(2), &hoa, NULL);
	}
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
	pass(100 * MIP6_MS);
	message(&brr, world_anchor(1), HOA(2), &hoa, NULL);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 2);
	ck_assert_uint_eq(stat(BRR), 11);
}
END_TEST

START_TEST(binding_error)
{
	struct mip6_mh be = {.type = MIP6_MH_BE};

	world_answer(&world, away(), 0, 600);
	be.be.status = MIP6_BE_UNKNOWN_BINDING;
	be.be.hoa = HOA(1);
	/* Caused by data that overtook the BU: no news. */
	world_clear(&world);
	message(&be, world_anchor(1), HOA(2), NULL, NULL);
	ck_assert_uint_eq(stat(BE), 1);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 0);
	pass(2 * MIP6_S);
	world_clear(&world);
	message(&be, world_anchor(9), HOA(2), NULL, NULL);
	be.be.hoa = HOA(5);
	message(&be, world_anchor(1), HOA(2), NULL, NULL);
	be.be.hoa = HOA(1);
	be.be.status = 3;
	message(&be, world_anchor(1), HOA(2), NULL, NULL);
	ck_assert_uint_eq(stat(BE_UNMATCHED), 3);
	ck_assert_uint_eq(world.count, 0);
	be.be.status = MIP6_BE_UNKNOWN_BINDING;
	message(&be, world_anchor(1), HOA(2), NULL, NULL);
	message(&be, world_anchor(1), HOA(2), NULL, NULL);
	ck_assert_uint_eq(stat(BE), 3);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
	assert_state(1, WTRU_BOUND);
}
END_TEST

static const struct world_action *bra(void)
{
	for (size_t n = 0; n < world.count; n++) {
		if (world.actions[n].a.type == WTRU_ACTION_SEND &&
		    world.actions[n].mh.type == MIP6_MH_REVOCATION)
			return &world.actions[n];
	}
	return NULL;
}

START_TEST(revocation)
{
	static const struct {
		uint8_t trigger;
		uint16_t flags;
		uint8_t status;
	} refused[] = {
		{1, MIP6_REVOCATION_P, 135},
		{1, MIP6_REVOCATION_V, 129},
		{129, MIP6_REVOCATION_G, 130},
		{3, 0, 133},
		{200, 0, 133},
	};
	struct mip6_mh bri = {.type = MIP6_MH_REVOCATION};
	struct mip6_addr hoa = HOA(1), other = HOA(2);
	const struct world_action *bu;
	uint64_t accepted_at;

	world.has_sa = true;
	bu = away();
	accepted_at = bu->mh.opt.mesg_id;
	world_answer(&world, bu, 0, 600);
	pass(2 * MIP6_S);
	world_clear(&world);
	bri.revocation.type = MIP6_REVOCATION_BRI;
	bri.revocation.trigger = MIP6_REVOCATION_ADMINISTRATIVE;
	bri.revocation.seq = 4711;
	/* Silently discarded: no routing header, no such entry, wrong sender, not authenticated. */
	message(&bri, world_anchor(1), HOA(2), NULL, &world.sa);
	message(&bri, world_anchor(2), HOA(2), &other, &world.sa);
	message(&bri, world_anchor(2), HOA(2), &hoa, &world.sa);
	message(&bri, world_anchor(1), HOA(2), &hoa, NULL);
	ck_assert_uint_eq(world.count, 0);
	ck_assert_uint_eq(stat(MH_UNEXPECTED), 3);
	ck_assert_uint_eq(stat(BA_BAD_AUTH), 1);
	for (size_t n = 0; n < sizeof(refused) / sizeof(refused[0]); n++) {
		bri.revocation.trigger = refused[n].trigger;
		bri.revocation.flags = refused[n].flags;
		world_clear(&world);
		message(&bri, world_anchor(1), HOA(2), &hoa, &world.sa);
		ck_assert_ptr_nonnull(bra());
		ck_assert_uint_eq(bra()->mh.revocation.trigger, refused[n].status);
		ck_assert_uint_eq(bra()->mh.revocation.flags, refused[n].flags);
		assert_state(1, WTRU_BOUND);
	}
	/* Of an earlier binding, sent again: its time is not after that of the BU accepted last. */
	world_clear(&world);
	bri.revocation.flags = 0;
	bri.revocation.trigger = MIP6_REVOCATION_ADMINISTRATIVE;
	bri.opt.has = MIP6_HAS_MESG_ID;
	for (unsigned int n = 0; n < 2; n++) {
		bri.opt.mesg_id = accepted_at - n;
		message(&bri, world_anchor(1), HOA(2), &hoa, &world.sa);
	}
	ck_assert_uint_eq(world.count, 0);
	ck_assert_uint_eq(stat(BA_BAD_AUTH), 3);
	bri.opt.mesg_id = accepted_at + (UINT64_C(100) << 32);
	/* Possibly out of sync: register again. */
	bri.revocation.trigger = 7;
	message(&bri, world_anchor(1), HOA(2), &hoa, &world.sa);
	ck_assert_uint_eq(bra()->mh.revocation.trigger, 0);
	ck_assert_uint_eq(world_bu_count(&world, HOA(1)), 1);
	world_answer(&world, world_bu(&world, HOA(1)), 0, 600);
	/* Revoked. */
	world_clear(&world);
	bri.revocation.trigger = MIP6_REVOCATION_ADMINISTRATIVE;
	message(&bri, world_anchor(1), HOA(2), &hoa, &world.sa);
	ck_assert_uint_eq(bra()->mh.revocation.type, MIP6_REVOCATION_BRA);
	ck_assert_uint_eq(bra()->mh.revocation.seq, 4711);
	ck_assert_uint_eq(bra()->mh.revocation.trigger, 0);
	assert_addr(bra()->a.packet.dst, world_anchor(1));
	ck_assert(mip6_auth_verify(&bra()->mh, bra()->data, bra()->a.packet.mh_len, &world.sa,
	                           &other, &hoa));
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_REVOKED), 1);
	ck_assert_uint_eq(world_notices(&world, WTRU_NOTICE_ENDED), 1);
	ck_assert_uint_eq(world_count(&world, WTRU_ACTION_UNWANT_BINDING), 1);
	ck_assert_int_eq(world_state(&world, HOA(1)), -1);
	ck_assert_uint_eq(stat(REVOKED), 1);
}
END_TEST

START_TEST(malformed_and_unexpected)
{
	static const enum mip6_mh_type types[] = {MIP6_MH_HOTI, MIP6_MH_COTI, MIP6_MH_HOT,
	                                          MIP6_MH_COT, MIP6_MH_BU};
	struct mip6_packet packet = {.src = world_anchor(1), .dst = HOA(1)};
	uint8_t data[24] = {59, 2, 6};

	away();
	world_clear(&world);
	packet.mh = data;
	packet.mh_len = 5;
	world_mh(&world, &packet);
	packet.mh_len = sizeof(data);
	data[0] = 41;
	world_mh(&world, &packet);
	ck_assert_uint_eq(stat(MH_MALFORMED), 2);
	for (size_t n = 0; n < 5; n++) {
		struct mip6_mh mh = {.type = types[n]};

		message(&mh, world_anchor(1), HOA(2), NULL, NULL);
	}
	ck_assert_uint_eq(stat(MH_UNEXPECTED), 5);
	ck_assert_uint_eq(world.count, 0);
}
END_TEST

/* RFC 6275 sections 9.2 and 9.3.3. */
START_TEST(unknown_type)
{
	const struct mip6_addr nobody[] = {
		{{0}}, {{0xff, 0x02, [15] = 1}}, {{0xfe, 0x80, [15] = 1}}};
	struct mip6_packet packet = {.src = world_anchor(1), .dst = HOA(1)};
	struct mip6_addr unspecified = {{0}};
	uint8_t data[24] = {59, 2, 99};
	const struct world_action *be;

	away();
	world_clear(&world);
	packet.mh = data;
	packet.mh_len = sizeof(data);
	for (size_t n = 0; n < 3; n++) {
		packet.src = nobody[n];
		world_mh(&world, &packet);
	}
	ck_assert_uint_eq(world.count, 0);
	packet.src = world_anchor(1);
	world_mh(&world, &packet);
	be = world_find(&world, WTRU_ACTION_SEND, 0);
	ck_assert_ptr_nonnull(be);
	ck_assert_int_eq(be->mh.type, MIP6_MH_BE);
	ck_assert_uint_eq(be->mh.be.status, MIP6_BE_UNKNOWN_MH_TYPE);
	assert_addr(be->mh.be.hoa, unspecified);
	assert_addr(be->a.packet.src, HOA(1));
	assert_addr(be->a.packet.dst, world_anchor(1));
	ck_assert(!be->a.packet.has_hao && !be->a.packet.has_rh2);
	/* Not more than one a second. */
	for (unsigned int n = 0; n < 9; n++) {
		world_mh(&world, &packet);
		pass(100 * MIP6_MS);
	}
	ck_assert_uint_eq(stat(BE_SENT), 1);
	pass(100 * MIP6_MS);
	world_clear(&world);
	packet.has_hao = true;
	packet.hao = HOA(7);
	world_mh(&world, &packet);
	assert_addr(world_find(&world, WTRU_ACTION_SEND, 0)->mh.be.hoa, HOA(7));
	ck_assert_uint_eq(stat(MH_MALFORMED), 14);
	assert_state(1, WTRU_REGISTERING);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("wtru_mh");
	TCase *tc = tcase_create("mh");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, refresh_request);
	tcase_add_test(tc, binding_error);
	tcase_add_test(tc, revocation);
	tcase_add_test(tc, malformed_and_unexpected);
	tcase_add_test(tc, unknown_type);
	suite_add_tcase(suite, tc);
	return run_suite(suite);
}
