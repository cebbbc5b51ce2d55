/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef TESTS_COMMON_SUITE_H
#define TESTS_COMMON_SUITE_H

#include <check.h>
#include <stdlib.h>

/* Runs the suite; what main() returns. */
static inline int run_suite(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
