// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Binding Updates: every answer that the home agent can give, with what causes it (RFC 6275
 * sections 9.5.1, 10.3.1, 10.3.2), and that a refused one changes nothing.
 */
#include "ha_fixture.h"

#include <stdlib.h>

#define ALICE "alice@example.org"
#define BOB "bob@example.org"

/* alice's HoA in a unique prefix, away at coa. */
static void register_unique(struct fx *fx, const char *coa)
{
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = coa,
	                                           .hoa = FX_UNIQUE,
	                                           .seq = 10,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 MIP6_BA_ACCEPTED);
	ck_assert(fx_bound(fx, FX_UNIQUE, coa));
}

static void open_mode(struct fx *fx)
{
	fx->config.open = true;
	fx_restart(fx);
}

fx_test(registration)
{
	const struct fx_sent *ba;

	fx->config.refresh_percent = 80;
	fx_restart(fx);
	register_unique(fx, FX_COA);
	ck_assert_str_eq(fx->order, "BVSN");
	ck_assert_int_eq(fx->last[HA_ACTION_NOTIFY].notice.what, HA_NOTICE_REGISTERED);
	ba = fx_only(fx);
	ck_assert(mip6_addr_equal(&ba->packet.src, &fx->config.addresses[0]));
	struct mip6_addr coa = fx_addr(FX_COA), hoa = fx_addr(FX_UNIQUE);
	ck_assert(mip6_addr_equal(&ba->packet.dst, &coa));
	ck_assert(ba->packet.has_rh2);
	ck_assert(mip6_addr_equal(&ba->packet.rh2, &hoa));
	ck_assert_uint_eq(ba->mh.ba.seq, 10);
	ck_assert_uint_eq(ba->mh.ba.lifetime_s4, 15);
	ck_assert_uint_eq(ba->mh.ba.flags, 0);
	ck_assert(ba->mh.opt.has & MIP6_HAS_REFRESH_ADVICE);
	ck_assert_uint_eq(ba->mh.opt.refresh_interval_s4, 12);
	ck_assert(ba->mh.opt.has & MIP6_HAS_MN_ID);
	ck_assert_str_eq(ba->mh.opt.mn_id, ALICE);
	ck_assert(ba->mh.opt.has & MIP6_HAS_MESG_ID);
	ck_assert_uint_eq(ba->mh.opt.mesg_id, fx_ntp(fx));
	ck_assert(mip6_auth_verify(&ba->mh, ba->data, ba->packet.mh_len, &fx->identities[0].sa[0],
	                           &coa, &hoa));
	ck_assert_uint_eq(fx->last[HA_ACTION_WANT_BINDING].binding.prefix.len, 128);
	ck_assert(mip6_addr_equal(&fx->last[HA_ACTION_WANT_BINDING].binding.coa, &coa));
	ck_assert(mip6_addr_equal(&fx->saved.coa, &coa));
	ck_assert_str_eq(fx->saved.nai, ALICE);
	ck_assert_uint_eq(fx->saved.mesg_id, fx_ntp(fx));
	ck_assert_uint_eq(ha_binding_count(fx->ha), 1);
}

fx_test(move_and_refresh)
{
	register_unique(fx, FX_COA);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_COA2,
	                                           .hoa = FX_UNIQUE,
	                                           .seq = 11,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 0);
	ck_assert_int_eq(fx->last[HA_ACTION_NOTIFY].notice.what, HA_NOTICE_MOVED);
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA2));
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_COA2,
	                                           .hoa = FX_UNIQUE,
	                                           .seq = 12,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 0);
	ck_assert_int_eq(fx->last[HA_ACTION_NOTIFY].notice.what, HA_NOTICE_REFRESHED);
	ck_assert_uint_eq(ha_binding_count(fx->ha), 1);
	/* No A flag: acknowledged all the same (10.3.1). */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_COA2,
	                                           .hoa = FX_UNIQUE,
	                                           .seq = 13,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE,
	                                           .clear_flags = MIP6_BU_A}),
	                 0);
}

fx_test(alternate_coa)
{
	struct mip6_addr src = fx_addr(FX_COA);

	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_COA,
	                                           .alt_coa = FX_COA2,
	                                           .hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 0);
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA2));
	/* The answer goes to where the BU came from. */
	ck_assert(mip6_addr_equal(&fx->sent[0].packet.dst, &src));
}

fx_test(lifetime_limit)
{
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .lifetime_s = 40000, .nai = ALICE}), 0);
	ck_assert_uint_eq(fx->sent[0].mh.ba.lifetime_s4, 150);
}

fx_test(prohibited_not_owner)
{
	register_unique(fx, FX_COA);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_COA2,
	                                           .hoa = FX_UNIQUE,
	                                           .seq = 11,
	                                           .lifetime_s = 60,
	                                           .nai = BOB}),
	                 MIP6_BA_PROHIBITED);
	ck_assert_str_eq(fx->order, "SN");
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA));
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU_NOT_OWNER), 1);
	/* Nor another address of the same unique prefix, by claim or by registration. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE_B, .nai = BOB}),
	                 MIP6_BA_PROHIBITED);
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE_B, .lifetime_s = 60, .nai = BOB}),
		MIP6_BA_PROHIBITED);
	/* De-registration of another's binding. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .seq = 20, .nai = BOB}),
	                 MIP6_BA_PROHIBITED);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE, .seq = 20, .nai = BOB}),
	                 MIP6_BA_PROHIBITED);
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA));
	/* The owner may have more of it. */
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE_B, .lifetime_s = 60, .nai = ALICE}), 0);
}

fx_test(prohibited_configured)
{
	fx->configured_hoa = fx_addr(FX_UNIQUE);
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .lifetime_s = 60, .nai = ALICE}),
		MIP6_BA_PROHIBITED);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .lifetime_s = 60, .nai = BOB}),
	                 0);
}

fx_test(prohibited_our_addresses)
{
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_GW, .lifetime_s = 60, .nai = ALICE}),
	                 MIP6_BA_PROHIBITED);
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.hoa = "2001:db8:a::", .lifetime_s = 60, .nai = ALICE}),
		MIP6_BA_PROHIBITED);
}

fx_test(prohibited_extended)
{
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE,
	                                           .extra_has = MIP6_HAS_ANCHOR}),
	                 MIP6_BA_PROHIBITED);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
}

fx_test(insufficient_identity)
{
	fx->config.identity_bindings_max = 2;
	fx_restart(fx);
	register_unique(fx, FX_COA);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = "2001:db8:b:7::1", .nai = ALICE}), 0);
	ck_assert_int_eq(
		fx_bu(fx,
	              &(struct fx_bu){.hoa = "2001:db8:b:8::1", .lifetime_s = 60, .nai = ALICE}),
		MIP6_BA_INSUFFICIENT_RESOURCES);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU_LIMIT), 1);
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.hoa = "2001:db8:b:9::1", .lifetime_s = 60, .nai = BOB}),
		0);
	/* What exists can be refreshed. */
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .lifetime_s = 60, .nai = ALICE}), 0);
}

fx_test(insufficient_total)
{
	fx->config.bindings_max = 2;
	fx_restart(fx);
	register_unique(fx, FX_COA);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = "2001:db8:b:7::1", .nai = BOB}), 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = "2001:db8:b:8::1", .nai = BOB}),
	                 MIP6_BA_INSUFFICIENT_RESOURCES);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 2);
}

fx_test(insufficient_open)
{
	fx->config.open = true;
	fx->config.identity_bindings_max = 2;
	fx_restart(fx);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .lifetime_s = 60}), 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE_B, .lifetime_s = 60}), 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = "2001:db8:b:1::3", .lifetime_s = 60}),
	                 MIP6_BA_INSUFFICIENT_RESOURCES);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = "2001:db8:b:2::3", .lifetime_s = 60}), 0);
}

fx_test(home_registration_unsupported)
{
	fx->config.prefix_count = 0;
	fx_restart(fx);
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .lifetime_s = 60, .nai = ALICE}),
		MIP6_BA_HOME_REG_UNSUPPORTED);
}

fx_test(not_home_subnet)
{
	ck_assert_int_eq(
		fx_bu(fx,
	              &(struct fx_bu){.hoa = "2001:db8:ffff::1", .lifetime_s = 60, .nai = ALICE}),
		MIP6_BA_NOT_HOME_SUBNET);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU_NOT_HOME), 1);
}

fx_test(not_home_agent)
{
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .nai = ALICE}),
	                 MIP6_BA_NOT_HOME_AGENT);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = "2001:db8:ffff::1", .nai = ALICE}),
	                 MIP6_BA_NOT_HOME_AGENT);
	/* On the link or not, it has no address of the link. */
	ck_assert(!fx->last[HA_ACTION_SEND].on_link);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
}

fx_test(sequence_window)
{
	open_mode(fx);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .seq = 15, .lifetime_s = 60}),
	                 0);
	/* The RFC's own example: 0 to 15 and 32783 to 65535 are not greater than 15. */
	static const struct {
		uint16_t seq;
		int status;
	} cases[] = {{15, 135}, {0, 135}, {65535, 135}, {32783, 135}};
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_COA2,
		                                           .hoa = FX_UNIQUE,
		                                           .seq = cases[i].seq,
		                                           .lifetime_s = 60}),
		                 cases[i].status);
		ck_assert_uint_eq(fx->sent[0].mh.ba.seq, 15);
		ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA));
	}
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU_BAD_SEQ), 4);
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .seq = 32782, .lifetime_s = 60}), 0);
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .seq = 65535, .lifetime_s = 60}), 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .seq = 0, .lifetime_s = 60}),
	                 0);
}

fx_test(sequence_after_return)
{
	open_mode(fx);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .seq = 10, .lifetime_s = 60}),
	                 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE, .seq = 12}), 0);
	/* A refresh that was under way must not undo the return (10.3.2). */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .seq = 11, .lifetime_s = 60}),
	                 MIP6_BA_SEQ_OUT_OF_WINDOW);
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
	/* After MAX_DELETE_BCE_TIMEOUT any number will do. */
	fx_advance(fx, 10 * MIP6_S);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .seq = 3, .lifetime_s = 60}),
	                 0);
}

fx_test(type_change)
{
	register_unique(fx, FX_COA);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE,
	                                           .seq = 11,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE,
	                                           .clear_flags = MIP6_BU_H}),
	                 MIP6_BA_TYPE_CHANGE);
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA));
	ck_assert_uint_eq(ha_binding_count(fx->ha), 1);
	/* Not a home registration, and none there: a correspondent's matter, which we are not. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_HOA,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE,
	                                           .clear_flags = MIP6_BU_H}),
	                 -1);
}

fx_test(invalid_coa)
{
	register_unique(fx, FX_COA);
	/* Our own address, an address that is bound here, another WTRU's prefix here. */
	static const char *const bad[] = {FX_GW, "2001:db8:b::1", FX_UNIQUE, FX_UNIQUE_B};
	for (size_t i = 0; i < 4; i++) {
		ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.alt_coa = bad[i],
		                                           .hoa = "2001:db8:b:5::1",
		                                           .lifetime_s = 60,
		                                           .nai = BOB}),
		                 MIP6_BA_INVALID_COA);
	}
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU_BAD_COA), 4);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 1);
}

fx_test(loop)
{
	/* A and B at home; A bound to B; B bound to A would send packets round. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = "2001:db8:b:2::1",
	                                           .hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE,
	                                           .hoa = "2001:db8:b:2::1",
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 MIP6_BA_INVALID_COA);
	/* But a WTRU that was at B moves on: B's binding is made, and A's follows. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_COA,
	                                           .hoa = "2001:db8:b:2::1",
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_COA,
	                                           .hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 0);
}

/* No answer at all: what RFC 6275 says to discard. */
fx_test(silently_discarded)
{
	static const char *const coas[] = {"::", "::1", "ff02::1", "fe80::1", "::ffff:1.2.3.4"};

	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.alt_coa = coas[i],
		                                           .hoa = FX_UNIQUE,
		                                           .lifetime_s = 60,
		                                           .nai = ALICE}),
		                 -1);
	for (size_t i = 0; i < 5; i++)
		ck_assert_int_eq(
			fx_bu(fx, &(struct fx_bu){.hoa = coas[i], .lifetime_s = 60, .nai = ALICE}),
			-1);
	/* No HAO: the source would be the HoA, and has another CoA. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE,
	                                           .alt_coa = FX_COA,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 -1);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU_NO_HAO), 1);
	/* Nonce indices in a home registration. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE,
	                                           .extra_has = MIP6_HAS_NONCE_INDICES}),
	                 -1);
	/* To an address that is not ours; with a type 2 routing header; from a multicast address.
	 */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.dst = "2001:db8:a::2",
	                                           .hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 -1);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.rh2 = true,
	                                           .hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 -1);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = "ff02::1",
	                                           .alt_coa = FX_COA,
	                                           .hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .nai = ALICE}),
	                 -1);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_BU), 15);
}

fx_test(claim)
{
	struct mip6_addr hoa = fx_addr(FX_HOA);
	const struct fx_sent *ba;

	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_HOA, .seq = 5, .nai = ALICE}), 0);
	ck_assert_str_eq(fx->order, "VSN");
	ck_assert_int_eq(fx->last[HA_ACTION_NOTIFY].notice.what, HA_NOTICE_CLAIMED);
	ba = fx_only(fx);
	ck_assert(!ba->packet.has_rh2);
	ck_assert(mip6_addr_equal(&ba->packet.dst, &hoa));
	ck_assert_uint_eq(ba->mh.ba.lifetime_s4, 0);
	ck_assert(!(ba->mh.opt.has & MIP6_HAS_REFRESH_ADVICE));
	ck_assert(mip6_auth_verify(&ba->mh, ba->data, ba->packet.mh_len, &fx->identities[0].sa[0],
	                           &hoa, &hoa));
	ck_assert(fx_owned(fx, FX_HOA, ALICE));
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
	ck_assert(fx->saved.claimed);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_CLAIMS), 1);
	/* Somebody else's; told to the neighbour itself, whatever tunnel there is (10.3.2). */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_HOA, .seq = 5, .nai = BOB}),
	                 MIP6_BA_PROHIBITED);
	ck_assert(fx->last[HA_ACTION_SEND].on_link);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .lifetime_s = 60, .nai = BOB}),
	                 MIP6_BA_PROHIBITED);
	ck_assert(fx_owned(fx, FX_HOA, ALICE));
	/* Away: no DAD, as the owner was seen with it. */
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .seq = 6, .lifetime_s = 60, .nai = ALICE}),
		0);
	ck_assert_str_eq(fx->order, "BPVSN");
}

fx_test(return_home)
{
	register_unique(fx, FX_COA);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_UNIQUE, .seq = 11, .nai = ALICE}), 0);
	ck_assert_str_eq(fx->order, "bVSN");
	ck_assert_int_eq(fx->last[HA_ACTION_NOTIFY].notice.what, HA_NOTICE_RETURNED);
	ck_assert(!fx->sent[0].packet.has_rh2);
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
	ck_assert(fx_owned(fx, FX_UNIQUE, ALICE));
	ck_assert(mip6_addr_is_unspecified(&fx->saved.coa));
	/* The same by CoA = HoA with a lifetime. */
	register_unique(fx, FX_COA);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.alt_coa = FX_UNIQUE,
	                                           .hoa = FX_UNIQUE,
	                                           .lifetime_s = 60,
	                                           .seq = 12,
	                                           .nai = ALICE}),
	                 0);
	ck_assert_uint_eq(fx->sent[0].mh.ba.lifetime_s4, 0);
	ck_assert(fx->sent[0].packet.has_rh2);
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
}

fx_test(return_home_shared)
{
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_HOA, .nai = ALICE}), 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .lifetime_s = 60, .nai = ALICE}),
	                 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_HOA, .nai = ALICE}), 0);
	ck_assert_str_eq(fx->order, "pbVSN");
}

/* Section 10.3.1: with the L flag the link-local address, too. */
fx_test(link_local)
{
	struct fx_bu bu = {.hoa = FX_HOA, .seq = 1, .lifetime_s = 60, .nai = ALICE};

	bu.set_flags = MIP6_BU_L;
	fx_send_bu(fx, &bu);
	ck_assert_str_eq(fx->order, "D");
	ck_assert(fx->last[HA_ACTION_START_DAD].dad.link_local);
	fx_dad(fx, FX_HOA, true);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, MIP6_BA_DAD_FAILED);
	fx_send_bu(fx, &bu);
	fx_dad(fx, FX_HOA, false);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, 0);
	ck_assert(fx->last[HA_ACTION_WANT_PROXY].proxy.link_local);
	ck_assert(fx->saved.flags & MIP6_BU_L);
	/* Without it in a refresh. */
	bu.set_flags = 0;
	bu.seq++;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert_str_eq(fx->order, "BPVSN");
	ck_assert(!fx->last[HA_ACTION_WANT_PROXY].proxy.link_local);
	/* And with it again: the binding stays, the link-local address is asked for. */
	bu.set_flags = MIP6_BU_L;
	bu.seq++;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert_str_eq(fx->order, "BVSDN");
	ck_assert(fx->last[HA_ACTION_START_DAD].dad.only_link_local);
	ck_assert(!(fx->saved.flags & MIP6_BU_L));
	fx_dad(fx, FX_HOA, false);
	ck_assert_str_eq(fx->order, "PV");
	ck_assert(fx->last[HA_ACTION_WANT_PROXY].proxy.link_local);
	ck_assert(fx->saved.flags & MIP6_BU_L);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_HOA, .nai = ALICE}), 0);
	ck_assert_str_eq(fx->order, "pbVSN");
	ck_assert(fx->last[HA_ACTION_UNWANT_PROXY].proxy.link_local);
}

/* A claim says nothing of the link-local address; its WTRU does not wait, but DAD must agree. */
fx_test(link_local_of_claimed)
{
	struct fx_bu bu = {
		.hoa = FX_HOA, .seq = 1, .lifetime_s = 60, .nai = ALICE, .set_flags = MIP6_BU_L};

	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_HOA, .nai = ALICE}), 0);
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert_str_eq(fx->order, "BPVSDN");
	ck_assert(!fx->last[HA_ACTION_WANT_PROXY].proxy.link_local);
	ck_assert(fx->last[HA_ACTION_START_DAD].dad.link_local);
	ck_assert(fx->last[HA_ACTION_START_DAD].dad.only_link_local);
	/* It is another's: so it stays, and the next BU asks again. */
	fx_dad(fx, FX_HOA, true);
	ck_assert(!fx->last[HA_ACTION_WANT_PROXY].proxy.link_local);
	ck_assert(fx_bound(fx, FX_HOA, FX_COA));
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_DAD_FAILED), 1);
	bu.seq++;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert_str_eq(fx->order, "BVSDN");
	bu.seq++;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert_str_eq(fx->order, "BVSN"); /* it is being asked for */
	fx_dad(fx, FX_HOA, false);
	ck_assert(fx->last[HA_ACTION_WANT_PROXY].proxy.link_local);
	bu.seq++;
	ck_assert_int_eq(fx_bu(fx, &bu), 0);
	ck_assert_str_eq(fx->order, "BVSN");
}

fx_test(release)
{
	struct mip6_prefix unique;

	register_unique(fx, FX_COA);
	ck_assert_int_eq(
		fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE_B, .lifetime_s = 60, .nai = ALICE}), 0);
	unique = mip6_prefix_make(&(struct mip6_addr){{0x20, 1, 0xd, 0xb8, 0, 0xb, 0, 1}}, 64);
	ck_assert(ha_prefix_in_use(fx->ha, &unique));
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .seq = 11, .nai = ALICE}), 0);
	ck_assert_str_eq(fx->order, "NbFS"); /* the prefix has another address in use */
	ck_assert(fx->sent[0].packet.has_rh2);
	ck_assert(ha_prefix_in_use(fx->ha, &unique));
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE_B, .seq = 11, .nai = ALICE}),
	                 0);
	ck_assert_str_eq(fx->order, "NbFRS");
	ck_assert_uint_eq(fx->last[HA_ACTION_RELEASED].released.len, 64);
	ck_assert(!ha_prefix_in_use(fx->ha, &unique));
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	/* Its answer was lost. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .seq = 12, .nai = ALICE}),
	                 MIP6_BA_NOT_HOME_AGENT);
	/* Anybody may have it now. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .lifetime_s = 60, .nai = BOB}),
	                 0);
}

fx_test(open_without_identity)
{
	open_mode(fx);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE, .seq = 1, .lifetime_s = 60}),
	                 0);
	ck_assert_uint_eq(fx->sent[0].mh.opt.has & ~(uint32_t)MIP6_HAS_REFRESH_ADVICE, 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_COA2,
	                                           .hoa = FX_UNIQUE,
	                                           .seq = 2,
	                                           .lifetime_s = 60}),
	                 0);
	ck_assert(fx_bound(fx, FX_UNIQUE, FX_COA2));
	/* Who names itself is remembered, though not proved. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = "2001:db8:b:6::1",
	                                           .lifetime_s = 60,
	                                           .nai = "dave@example.org"}),
	                 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = "2001:db8:b:6::1",
	                                           .lifetime_s = 60,
	                                           .seq = 1,
	                                           .nai = "erin@example.org"}),
	                 MIP6_BA_PROHIBITED);
	/* Who can authenticate gets an authentic answer. */
	struct mip6_addr coa = fx_addr(FX_COA), hoa = fx_addr("2001:db8:b:9::1");
	ck_assert_int_eq(
		fx_bu(fx,
	              &(struct fx_bu){.hoa = "2001:db8:b:9::1", .lifetime_s = 60, .nai = ALICE}),
		0);
	ck_assert(mip6_auth_verify(&fx->sent[0].mh, fx->sent[0].data, fx->sent[0].packet.mh_len,
	                           &fx->identities[0].sa[0], &coa, &hoa));
}

/* --- DAD --- */

fx_test(dad)
{
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .seq = 1, .lifetime_s = 60, .nai = ALICE});
	ck_assert_str_eq(fx->order, "D");
	fx_send_bu(
		fx,
		&(struct fx_bu){
			.src = FX_COA2, .hoa = FX_HOA, .seq = 2, .lifetime_s = 80, .nai = ALICE});
	ck_assert_str_eq(fx->order, "");
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .lifetime_s = 60, .nai = BOB}),
	                 MIP6_BA_PROHIBITED);
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
	fx_dad(fx, FX_HOA, false);
	ck_assert_str_eq(fx->order, "BPVSN");
	struct mip6_addr coa = fx_addr(FX_COA2), hoa = fx_addr(FX_HOA);
	/* The latest BU counts, and gets the answer, signed. */
	ck_assert_uint_eq(fx->sent[0].mh.ba.seq, 2);
	ck_assert_uint_eq(fx->sent[0].mh.ba.lifetime_s4, 20);
	ck_assert(mip6_addr_equal(&fx->sent[0].packet.dst, &coa));
	ck_assert(mip6_auth_verify(&fx->sent[0].mh, fx->sent[0].data, fx->sent[0].packet.mh_len,
	                           &fx->identities[0].sa[0], &coa, &hoa));
	ck_assert(fx_bound(fx, FX_HOA, FX_COA2));
	fx_dad(fx, FX_HOA, true); /* an answer too many */
	ck_assert(fx_bound(fx, FX_HOA, FX_COA2));
}

fx_test(dad_failed)
{
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .seq = 1, .lifetime_s = 60, .nai = ALICE});
	fx_dad(fx, FX_HOA, true);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, MIP6_BA_DAD_FAILED);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_DAD_FAILED), 1);
}

fx_test(dad_never_answered)
{
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .seq = 1, .lifetime_s = 60, .nai = ALICE});
	fx_advance(fx, 11 * MIP6_S);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, MIP6_BA_UNSPECIFIED);
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	ck_assert_int_eq(ha_deadline(fx->ha), MIP6_TIME_NEVER);
}

fx_test(dad_overtaken)
{
	/* It comes home while DAD runs: DAD would find the WTRU itself. */
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .seq = 1, .lifetime_s = 60, .nai = ALICE});
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_HOA, .seq = 2, .nai = ALICE}), 0);
	fx_dad(fx, FX_HOA, true);
	ck_assert_str_eq(fx->order, "");
	ck_assert(fx_owned(fx, FX_HOA, ALICE));
	/* It gives the address up while DAD runs. */
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_HOA2, .seq = 1, .lifetime_s = 60, .nai = ALICE});
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_HOA2, .seq = 2, .nai = ALICE}),
	                 MIP6_BA_NOT_HOME_AGENT);
	fx_dad(fx, FX_HOA2, false);
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
}

fx_test(dad_after_expiry)
{
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_HOA, .nai = ALICE}), 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .lifetime_s = 60, .nai = ALICE}),
	                 0);
	fx_advance(fx, 61 * MIP6_S);
	ck_assert(fx_owned(fx, FX_HOA, ALICE));
	/* Nobody defended it meanwhile. */
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .lifetime_s = 60, .nai = ALICE});
	ck_assert_str_eq(fx->order, "D");
	fx_dad(fx, FX_HOA, true);
	ck_assert(fx_owned(fx, FX_HOA, ALICE));
	/* A claim from elsewhere proves nothing about the link. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_HOA2, .nai = ALICE, .off_link = true}),
	                 0);
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_HOA2, .lifetime_s = 60, .nai = ALICE});
	ck_assert_str_eq(fx->order, "D");
}

fx_test(dad_open_repeats)
{
	open_mode(fx);
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .seq = 7, .lifetime_s = 60});
	ck_assert_str_eq(fx->order, "D");
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .seq = 8, .lifetime_s = 60});
	ck_assert_str_eq(fx->order, "");
	fx_dad(fx, FX_HOA, false);
	ck_assert_uint_eq(fx_only(fx)->mh.ba.seq, 8);
}

int main(void)
{
	Suite *suite = suite_create("ha_bu");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, registration);
	tcase_add_test(tcase, move_and_refresh);
	tcase_add_test(tcase, alternate_coa);
	tcase_add_test(tcase, lifetime_limit);
	tcase_add_test(tcase, prohibited_not_owner);
	tcase_add_test(tcase, prohibited_configured);
	tcase_add_test(tcase, prohibited_our_addresses);
	tcase_add_test(tcase, prohibited_extended);
	tcase_add_test(tcase, insufficient_identity);
	tcase_add_test(tcase, insufficient_total);
	tcase_add_test(tcase, insufficient_open);
	tcase_add_test(tcase, home_registration_unsupported);
	tcase_add_test(tcase, not_home_subnet);
	tcase_add_test(tcase, not_home_agent);
	tcase_add_test(tcase, sequence_window);
	tcase_add_test(tcase, sequence_after_return);
	tcase_add_test(tcase, type_change);
	tcase_add_test(tcase, invalid_coa);
	tcase_add_test(tcase, loop);
	tcase_add_test(tcase, silently_discarded);
	tcase_add_test(tcase, claim);
	tcase_add_test(tcase, return_home);
	tcase_add_test(tcase, return_home_shared);
	tcase_add_test(tcase, link_local);
	tcase_add_test(tcase, link_local_of_claimed);
	tcase_add_test(tcase, release);
	tcase_add_test(tcase, open_without_identity);
	tcase_add_test(tcase, dad);
	tcase_add_test(tcase, dad_failed);
	tcase_add_test(tcase, dad_never_answered);
	tcase_add_test(tcase, dad_overtaken);
	tcase_add_test(tcase, dad_after_expiry);
	tcase_add_test(tcase, dad_open_repeats);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
