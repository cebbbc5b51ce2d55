// SPDX-License-Identifier: GPL-2.0-or-later
/* The data plane's table against a plain model: random additions, changes, removals and adoptions.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>

#include "kernel/dataplane_table.h"

#define HOMES 40
#define PEERS 5
#define SLOTS 24

struct model {
	bool used;
	uint32_t slot;
	unsigned int peer;
};

static uint64_t state;

static unsigned int below(unsigned int limit)
{
	state = state * 6364136223846793005U + 1442695040888963407U;
	return (unsigned int)(state >> 33) % limit;
}

static struct dataplane_binding binding_of(unsigned int home, unsigned int peer)
{
	struct dataplane_binding binding = {.home.len = 128};

	binding.home.addr.b[0] = 0x20;
	binding.home.addr.b[15] = (uint8_t)home;
	binding.peer.b[0] = 0x30;
	binding.peer.b[15] = (uint8_t)peer;
	return binding;
}

static void check_all(struct dataplane_table *table, const struct model *model)
{
	size_t count = 0;

	for (unsigned int home = 0; home < HOMES; home++) {
		struct dataplane_binding binding = binding_of(home, model[home].peer);
		uint32_t slot = dataplane_table_find(table, &binding.home);

		if (!model[home].used) {
			ck_assert_uint_eq(slot, DATAPLANE_TABLE_NONE);
			continue;
		}
		count++;
		ck_assert_uint_eq(slot, model[home].slot);
		ck_assert(mip6_addr_equal(&dataplane_table_get(table, slot)->binding.peer,
		                          &binding.peer));
	}
	ck_assert_uint_eq(dataplane_table_count(table), count);
	for (unsigned int peer = 0; peer < PEERS; peer++) {
		struct dataplane_binding binding = binding_of(0, peer);
		size_t expected = 0, found = 0;

		for (unsigned int home = 0; home < HOMES; home++)
			expected += model[home].used && model[home].peer == peer;
		for (uint32_t slot = dataplane_table_first_of(table, &binding.peer);
		     slot != DATAPLANE_TABLE_NONE; slot = dataplane_table_next_of(table, slot))
			found++;
		ck_assert_uint_eq(found, expected);
	}
}

static void step(struct dataplane_table *table, struct model *model)
{
	unsigned int home = below(HOMES), peer = below(PEERS);
	struct dataplane_binding binding = binding_of(home, peer);
	struct model *m = &model[home];
	uint32_t slot = DATAPLANE_TABLE_NONE;
	int rc;

	if (m->used && below(2)) {
		dataplane_table_remove(table, m->slot);
		m->used = false;
	} else if (m->used) {
		dataplane_table_set(table, m->slot, &binding);
		m->peer = peer;
	} else {
		uint32_t wanted = below(4) ? DATAPLANE_TABLE_NONE : below(SLOTS + 1);
		bool taken = wanted != DATAPLANE_TABLE_NONE && dataplane_table_get(table, wanted);
		bool full = dataplane_table_count(table) == SLOTS;

		rc = dataplane_table_add(table, &binding, wanted, &slot);
		if (wanted == SLOTS)
			ck_assert_int_eq(rc, -EINVAL);
		else if (taken)
			ck_assert_int_eq(rc, -EEXIST);
		else
			ck_assert_int_eq(rc, full ? -ENOSPC : 0);
		if (rc == 0) {
			ck_assert(wanted == DATAPLANE_TABLE_NONE || slot == wanted);
			*m = (struct model){.used = true, .slot = slot, .peer = peer};
		}
	}
	check_all(table, model);
}

START_TEST(test_random)
{
	struct model model[HOMES] = {0};
	struct dataplane_table *table;

	state = (uint64_t)_i + 1;
	ck_assert_int_eq(dataplane_table_new(&table, SLOTS), 0);
	for (int i = 0; i < 2000; i++)
		step(table, model);
	dataplane_table_free(table);
}
END_TEST

START_TEST(test_limits)
{
	struct dataplane_binding binding = binding_of(1, 1);
	struct dataplane_table *table;
	uint32_t slot;

	ck_assert_int_eq(dataplane_table_new(&table, 0), -EINVAL);
	ck_assert_int_eq(dataplane_table_new(&table, 1), 0);
	ck_assert_int_eq(dataplane_table_add(table, &binding, DATAPLANE_TABLE_NONE, &slot), 0);
	ck_assert_int_eq(dataplane_table_add(table, &binding, DATAPLANE_TABLE_NONE, &slot),
	                 -EEXIST);
	/* The same address with another length is another home. */
	binding.home.len = 64;
	ck_assert_uint_eq(dataplane_table_find(table, &binding.home), DATAPLANE_TABLE_NONE);
	ck_assert_int_eq(dataplane_table_add(table, &binding, DATAPLANE_TABLE_NONE, &slot),
	                 -ENOSPC);
	ck_assert_ptr_null(dataplane_table_get(table, DATAPLANE_TABLE_NONE));
	dataplane_table_free(table);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dataplane_table");
	TCase *tc = tcase_create("table");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, test_random, 0, 10);
	tcase_add_test(tc, test_limits);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
