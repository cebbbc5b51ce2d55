// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the lifetimes of a home prefix make of its bindings: what is granted, with which status, and
 * what becomes of it when the prefix is reconfigured or goes (RFC 6275 sections 10.3.1 and 10.6.4).
 */
#include "ha_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#define ALICE "alice@example.org"

static void set_lifetimes(struct fx *fx, uint32_t valid_s, uint32_t preferred_s)
{
	for (size_t i = 0; i < fx->config.prefix_count; i++) {
		fx->config.prefixes[i].valid_s = valid_s;
		fx->config.prefixes[i].preferred_s = preferred_s;
	}
	ck_assert(ha_reconfigure(fx->ha, &fx->config));
}

/* Register for so long: the status. */
static int ask(struct fx *fx, uint32_t lifetime_s)
{
	static uint16_t seq;

	return fx_bu(fx, &(struct fx_bu){.hoa = FX_UNIQUE,
	                                 .seq = ++seq,
	                                 .lifetime_s = lifetime_s,
	                                 .nai = ALICE});
}

static uint32_t granted_s(const struct fx *fx)
{
	return fx_only(fx)->mh.ba.lifetime_s4 * MIP6_LIFETIME_UNIT_S;
}

static struct ha_binding_info binding(const struct fx *fx)
{
	struct mip6_addr hoa = fx_addr(FX_UNIQUE);
	struct ha_binding_info info;

	ck_assert(ha_binding_find(fx->ha, &hoa, &info));
	return info;
}

fx_test(limits)
{
	set_lifetimes(fx, 103, 103);
	ck_assert_int_eq(ask(fx, 400), MIP6_BA_PREFIX_DISCOVERY_NEEDED);
	ck_assert_uint_eq(granted_s(fx), 100); /* in units of 4 s */
	ck_assert_int_eq(ask(fx, 96), 0);
	ck_assert_uint_eq(granted_s(fx), 96);
	set_lifetimes(fx, UINT32_MAX, UINT32_MAX);
	ck_assert_int_eq(ask(fx, 4000), 0);
	ck_assert_uint_eq(granted_s(fx), 600); /* the configured limit */
}

fx_test(status)
{
	static const struct {
		uint32_t valid_s, preferred_s, lifetime_s;
		int status;
	} cases[] = {
		{900, 300, 300, 0}, {900, 303, 300, 0}, /* the two least significant bits are
	                                                   ignored … */
		{900, 300, 304, 1},                     /* it becomes deprecated meanwhile */
		{900, 299, 300, 1},                     /* … 296 s it is */
		{900, 0, 60, 1},                        /* deprecated already */
		{300, 300, 300, 1},                     /* invalid at the end */
		{303, 303, 300, 1}, {304, 304, 300, 0}, {UINT32_MAX, 0, 60, 1},
		{0, 0, 600, 0}, /* nothing known of lifetimes */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_lifetimes(fx, cases[i].valid_s, cases[i].preferred_s);
		ck_assert_msg(ask(fx, cases[i].lifetime_s) == cases[i].status, "case %zu", i);
		ck_assert_uint_eq(granted_s(fx), cases[i].lifetime_s);
	}
	/* A de-registration is answered with 0. */
	set_lifetimes(fx, 900, 0);
	ck_assert_int_eq(ask(fx, 0), 0);
}

/* A binding that waited for DAD is of the prefix as it is then. */
fx_test(after_dad)
{
	const struct fx_bu bu = {.hoa = FX_HOA, .lifetime_s = 400, .nai = ALICE};

	fx_send_bu(fx, &bu);
	set_lifetimes(fx, 100, 50);
	fx_dad(fx, FX_HOA, false);
	ck_assert_int_eq(fx_only(fx)->mh.ba.status, MIP6_BA_PREFIX_DISCOVERY_NEEDED);
	ck_assert_uint_eq(granted_s(fx), 100);
	/* Or is none of ours any more. */
	fx_send_bu(fx, &(struct fx_bu){.hoa = FX_HOA2, .lifetime_s = 400, .nai = ALICE});
	fx->config.prefixes[0] = fx->config.prefixes[1];
	fx->config.prefix_count = 1;
	ck_assert(ha_reconfigure(fx->ha, &fx->config));
	fx_dad(fx, FX_HOA2, false);
	ck_assert_int_eq(fx->sent[fx->sent_count - 1].mh.ba.status, MIP6_BA_NOT_HOME_SUBNET);
	ck_assert(!fx_owned(fx, FX_HOA2, ALICE));
}

/* MUST NOT outlive the prefix: what was granted for longer is cut, and its WTRU asked to refresh.
 */
fx_test(shortened)
{
	mip6_time before;

	set_lifetimes(fx, 900, 900);
	ck_assert_int_eq(ask(fx, 600), 0);
	fx_advance(fx, 10 * MIP6_S);
	before = binding(fx).expires;
	/* Longer, or preferred for less: not its business. */
	set_lifetimes(fx, 1000, 100);
	fx_advance(fx, MIP6_S);
	ck_assert_str_eq(fx->order, "");
	ck_assert_int_eq(binding(fx).expires, before);
	/* Shorter, but not than what is left. */
	set_lifetimes(fx, 595, 100);
	fx_advance(fx, MIP6_S);
	ck_assert_str_eq(fx->order, "");
	ck_assert_int_eq(binding(fx).expires, before);

	set_lifetimes(fx, 100, 100);
	ck_assert_int_le(ha_deadline(fx->ha), fx->now);
	before = fx->now;
	fx_advance(fx, 0);
	ck_assert_str_eq(fx->order, "VS");
	ck_assert_int_eq(fx->sent[0].mh.type, MIP6_MH_BRR);
	ck_assert_int_eq(binding(fx).expires, before + 100 * MIP6_S);
	ck_assert_uint_eq(binding(fx).lifetime_s, 100);
	ck_assert_int_eq(fx->saved.expires_unix_us, fx->now + fx->unix_offset_us + 100 * MIP6_S);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_SHORTENED), 1);
	/* It refreshes: the answer tells. */
	ck_assert_int_eq(ask(fx, 600), MIP6_BA_PREFIX_DISCOVERY_NEEDED);
	ck_assert_uint_eq(granted_s(fx), 100);
	/* It does not any more: two requests, as ever, and the tunnel goes with the prefix. */
	fx_advance(fx, 100 * MIP6_S);
	ck_assert_str_eq(fx->order, "SSbNV");
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
}

/* Nothing that comes before the timer may use the old lifetime. */
fx_test(shortened_at_once)
{
	struct ha_event event = {.type = HA_EVENT_HOME_ADDRESS};

	ck_assert_int_eq(ask(fx, 600), 0);
	set_lifetimes(fx, 20, 20);
	fx->now += MIP6_S;
	event.home_address.src = fx_addr(FX_COA);
	event.home_address.dst = fx_addr(FX_GW);
	event.home_address.hoa = fx_addr(FX_UNIQUE);
	fx_clear(fx);
	fx_event(fx, &event);
	ck_assert_str_eq(fx->order, "VS");
	ck_assert_int_eq(binding(fx).expires, fx->now + 20 * MIP6_S);
}

static void acknowledge(struct fx *fx, uint16_t seq)
{
	const struct mip6_packet head = {.src = fx_addr(FX_COA),
	                                 .dst = fx_addr(FX_GW),
	                                 .has_hao = true,
	                                 .hao = fx_addr(FX_UNIQUE)};
	const struct mip6_mh bra = {.type = MIP6_MH_REVOCATION,
	                            .revocation = {.type = MIP6_REVOCATION_BRA, .seq = seq}};

	fx_clear(fx);
	fx_mh(fx, &head, &bra, &fx->identities[0].sa[0], FX_COA, FX_UNIQUE);
}

static void withdraw(struct fx *fx)
{
	fx->config.prefix_count = 1;
	ck_assert(ha_reconfigure(fx->ha, &fx->config));
}

/* The prefix goes: so do its bindings, and their WTRUs are told until they answer. */
fx_test(withdrawn)
{
	ck_assert_int_eq(ask(fx, 600), 0);
	/* Another of that prefix, owned only. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = "2001:db8:b:2::1", .nai = ALICE}), 0);
	/* And one of a prefix that stays. */
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.src = FX_HOA, .nai = ALICE}), 0);
	ck_assert_int_eq(fx_bu(fx, &(struct fx_bu){.hoa = FX_HOA, .lifetime_s = 600, .nai = ALICE}),
	                 0);
	withdraw(fx);
	fx_advance(fx, 0);
	ck_assert_uint_eq(ha_binding_count(fx->ha), 1);
	ck_assert(fx_bound(fx, FX_HOA, FX_COA));
	ck_assert(!fx_owned(fx, "2001:db8:b:2::1", ALICE));
	ck_assert_uint_eq(fx->count[HA_ACTION_UNWANT_BINDING], 1);
	ck_assert_int_eq(fx_only(fx)->mh.type, MIP6_MH_REVOCATION);
	ck_assert(mip6_addr_is_unspecified(&fx->saved.coa)); /* nor after a restart */
	ck_assert_int_eq(ask(fx, 60), MIP6_BA_NOT_HOME_SUBNET);
	fx_advance(fx, MIP6_S);
	ck_assert_int_eq(fx_only(fx)->mh.type, MIP6_MH_REVOCATION);
	acknowledge(fx, fx->sent[0].mh.revocation.seq);
	ck_assert_str_eq(fx->order, "FR");
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 1);
}

fx_test(withdrawn_unanswered)
{
	ck_assert_int_eq(ask(fx, 600), 0);
	withdraw(fx);
	fx_advance(fx, 5 * MIP6_S);
	ck_assert_str_eq(fx->order, "NbVSSFR");
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
	ck_assert_int_eq(ha_deadline(fx->ha), MIP6_TIME_NEVER);
}

static void restore(struct fx *fx, const struct ha_record *record)
{
	const struct ha_event event = {.type = HA_EVENT_RESTORE, .restore = record};

	fx_clear(fx);
	fx_event(fx, &event);
}

/* The same when the configuration changed while we were not running. */
fx_test(restored)
{
	struct ha_record record;

	ck_assert_int_eq(ask(fx, 600), 0);
	record = fx->saved;
	fx->config.prefixes[1].valid_s = fx->config.prefixes[1].preferred_s = 40;
	fx_restart(fx);
	restore(fx, &record);
	ck_assert_int_eq(binding(fx).expires, fx->now + 40 * MIP6_S);
	fx->config.prefix_count = 1;
	fx_restart(fx);
	restore(fx, &record);
	ck_assert_str_eq(fx->order, "NVS");
	ck_assert_int_eq(fx_only(fx)->mh.type, MIP6_MH_REVOCATION);
	ck_assert(mip6_addr_is_unspecified(&fx->saved.coa));
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
	acknowledge(fx, fx->sent[0].mh.revocation.seq);
	ck_assert_str_eq(fx->order, "FR");
	/* Told once: the record that was saved then is of no use. */
	record.coa = (struct mip6_addr){0};
	fx_restart(fx);
	restore(fx, &record);
	ck_assert_str_eq(fx->order, "F");
	ck_assert_uint_eq(ha_ownership_count(fx->ha), 0);
}

/* More of them than one step takes. */
fx_test(many)
{
	enum { COUNT = 600 };
	char hoa[40];

	fx->config.bindings_max = COUNT;
	fx->config.identity_bindings_max = COUNT;
	fx_restart(fx);
	for (unsigned int i = 0; i < COUNT; i++) {
		snprintf(hoa, sizeof(hoa), "2001:db8:b:%x::1", i + 1);
		ck_assert_int_eq(
			fx_bu(fx, &(struct fx_bu){.hoa = hoa, .lifetime_s = 600, .nai = ALICE}), 0);
	}
	set_lifetimes(fx, 60, 60);
	fx_advance(fx, 0);
	ck_assert_uint_eq(ha_stat_get(fx->ha, HA_STAT_SHORTENED), COUNT);
	ck_assert_uint_eq(fx->count[HA_ACTION_SEND], COUNT);
	fx_advance(fx, 61 * MIP6_S);
	ck_assert_uint_eq(ha_binding_count(fx->ha), 0);
}

int main(void)
{
	Suite *suite = suite_create("ha_prefix");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, limits);
	tcase_add_test(tcase, status);
	tcase_add_test(tcase, after_dad);
	tcase_add_test(tcase, shortened);
	tcase_add_test(tcase, shortened_at_once);
	tcase_add_test(tcase, withdrawn);
	tcase_add_test(tcase, withdrawn_unanswered);
	tcase_add_test(tcase, restored);
	tcase_add_test(tcase, many);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
