// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The D-GW's configuration: what the least file gives, and what is refused across keys.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ha-dgw/config.h"
#include "io/log.h"

static char reports[4096];

static void report(void *ctx, const char *file, unsigned int line, const char *text)
{
	(void)ctx;
	(void)file;
	(void)line;
	strncat(reports, text, sizeof(reports) - strlen(reports) - 1);
	strncat(reports, "\n", sizeof(reports) - strlen(reports) - 1);
}

static int parse(const char *text, struct dgw_config *ret)
{
	char path[] = "/tmp/test_dgw_config_XXXXXX";
	int fd = mkstemp(path), error;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	reports[0] = '\0';
	error = dgw_config_read(path, ret, report, NULL);
	unlink(path);
	return error;
}

static void check_refused(const char *text, const char *why)
{
	struct dgw_config config;

	ck_assert_int_eq(parse(text, &config), -EINVAL);
	ck_assert_msg(strstr(reports, why) != NULL, "%s: \"%s\" is not in: %s", text, why, reports);
}

START_TEST(least)
{
	struct dgw_config config;
	struct mip6_addr addr;

	ck_assert_int_eq(parse("{\"interface\":\"eth1\",\"shared-prefix\":\"2001:db8:1::/64\","
	                       "\"open-lab-mode\":true}",
	                       &config),
	                 0);
	ck_assert_str_eq(config.interface, "eth1");
	ck_assert(config.open_lab_mode);
	ck_assert_uint_eq(config.core_interfaces.count, 0);
	ck_assert_int_eq(dgw_config_log_level(&config), LOG_LEVEL_INFO);
	ck_assert_ptr_null(dgw_config_dataplane(&config));
	ck_assert(dgw_config_shared_address(&config, &addr));
	ck_assert_str_eq(addr_text(&addr), "2001:db8:1::1");
	ck_assert(dgw_config_home_agent(&config, &addr));
	ck_assert_str_eq(addr_text(&addr), "2001:db8:1::1");
	dgw_config_free(&config);
}
END_TEST

START_TEST(addresses)
{
	struct dgw_config config;
	struct mip6_addr addr;

	ck_assert_int_eq(parse("{\"interface\":\"e\",\"shared-prefix\":\"2001:db8:1::/64\","
	                       "\"address\":\"2001:db8:1::99\",\"keys-file\":\"/k\"}",
	                       &config),
	                 0);
	ck_assert(dgw_config_shared_address(&config, &addr));
	ck_assert_str_eq(addr_text(&addr), "2001:db8:1::99");
	dgw_config_free(&config);
	ck_assert_int_eq(parse("{\"interface\":\"e\",\"shared-prefix\":\"2001:db8:1::/64\","
	                       "\"address\":\"2001:db8:2::99\",\"keys-file\":\"/k\"}",
	                       &config),
	                 0);
	ck_assert(dgw_config_shared_address(&config, &addr));
	ck_assert_str_eq(addr_text(&addr), "2001:db8:1::1");
	ck_assert(dgw_config_home_agent(&config, &addr));
	ck_assert_str_eq(addr_text(&addr), "2001:db8:2::99");
	dgw_config_free(&config);
	ck_assert_int_eq(parse("{\"interface\":\"e\",\"unique-prefixes\":\"2001:db8:1::/52\","
	                       "\"keys-file\":\"/k\"}",
	                       &config),
	                 0);
	ck_assert(!dgw_config_home_agent(&config, &addr));
	dgw_config_free(&config);
}
END_TEST

#define UNIQUE "\"interface\":\"e\",\"unique-prefixes\":\"2001:db8::/52\","

START_TEST(refused)
{
	check_refused("{\"shared-prefix\":\"2001:db8:1::/64\",\"open-lab-mode\":true}",
	              "interface");
	check_refused("{\"interface\":\"e\",\"open-lab-mode\":true}", "no prefix to anchor");
	check_refused("{" UNIQUE "\"log-level\":\"info\"}", "open-lab-mode");
	check_refused("{" UNIQUE "\"keys-file\":\"/k\",\"open-lab-mode\":true}",
	              "exclude each other");
	check_refused("{" UNIQUE "\"open-lab-mode\":true,\"shared-prefix\":\"2001:db8:0:1::/64\"}",
	              "overlap");
	check_refused("{" UNIQUE "\"open-lab-mode\":true,\"preferred-lifetime-s\":1000}",
	              "preferred-lifetime-s");
	check_refused("{" UNIQUE "\"open-lab-mode\":true,\"ra-interval-min-ms\":60,"
	              "\"ra-interval-max-ms\":70}",
	              "ra-interval-min-ms");
	check_refused("{" UNIQUE "\"open-lab-mode\":true,\"router-lifetime-s\":3}",
	              "router-lifetime-s");
	check_refused("{" UNIQUE "\"open-lab-mode\":true,\"operator\":\"nodots\"}", "domain name");
	check_refused("{" UNIQUE "\"open-lab-mode\":true,\"operator\":\"a..b\"}", "domain name");
	check_refused("{" UNIQUE "\"open-lab-mode\":true,\"address\":\"fe80::1\"}",
	              "global unicast");
	check_refused("{" UNIQUE "\"open-lab-mode\":true,\"core-interfaces\":[\"e\"]}",
	              "core-interfaces");
	check_refused("{\"interface\":\"e\",\"open-lab-mode\":true,"
	              "\"shared-prefix\":\"2001:db8::/60\"}",
	              "must be a /64");
	check_refused("{\"interface\":\"e\",\"open-lab-mode\":true,"
	              "\"unique-prefixes\":\"2001:db8::/64\"}",
	              "between /16 and /63");
	check_refused("{" UNIQUE "\"open-lab-mode\":true,\"no-such-key\":1}", "no-such-key");
}
END_TEST

#define ROAMING                                                                        \
	"\"roaming\":[{\"operator\":\"a.example\",\"prefixes\":[\"2001:db8:1::/48\"]," \
	"\"anchors\":[\"2001:db8:1::1\",\"2001:db8:1::2\"]}],"
#define PGW "\"role\":\"pgw\",\"address\":\"2001:db8:f::1\",\"open-lab-mode\":true"

START_TEST(pgw)
{
	static struct chain_config core;
	struct dgw_config config;
	struct mip6_addr hoa, anchor;

	ck_assert_int_eq(parse("{" ROAMING PGW "}", &config), 0);
	ck_assert_int_eq(config.role, DGW_ROLE_PGW);
	dgw_config_roaming(&config, &core);
	ck_assert_uint_eq(core.roaming_count, 1);
	ck_assert_str_eq(core.roaming[0].operator_name, "a.example");
	ck_assert_uint_eq(core.roaming[0].prefix_count, 1);
	ck_assert_uint_eq(core.roaming[0].anchor_count, 2);
	ck_assert_int_eq(addr_parse("2001:db8:1:5::1", &hoa), 0);
	ck_assert_int_eq(addr_parse("2001:db8:1::2", &anchor), 0);
	ck_assert(mip6_prefix_contains(&core.roaming[0].prefixes[0], &hoa));
	ck_assert(mip6_addr_equal(&core.roaming[0].anchors[1], &anchor));
	dgw_config_free(&config);
}
END_TEST

START_TEST(pgw_refused)
{
	check_refused("{" PGW "}", "roaming");
	check_refused("{" ROAMING "\"role\":\"pgw\",\"open-lab-mode\":true}", "address");
	check_refused("{" ROAMING PGW ",\"interface\":\"e\"}", "no access link");
	check_refused("{" ROAMING UNIQUE "\"open-lab-mode\":true}", "only for");
	check_refused("{\"roaming\":[{\"prefixes\":[\"x\"],\"anchors\":[\"2001:db8::1\"]}]," PGW
	              "}",
	              "global unicast prefix");
	check_refused("{\"roaming\":[{\"prefixes\":[\"2001:db8::/32\"],\"anchors\":[\"::1\"]}]," PGW
	              "}",
	              "global unicast address");
	check_refused("{\"roaming\":[{\"prefixes\":[\"2001:db8::/32\"],"
	              "\"anchors\":[\"2001:db8:f::1\"]}]," PGW "}",
	              "our own");
}
END_TEST

START_TEST(fastest_advertisements)
{
	struct dgw_config config;

	ck_assert_int_eq(parse("{" UNIQUE "\"open-lab-mode\":true,\"ra-interval-min-ms\":30,"
	                       "\"ra-interval-max-ms\":70,\"router-lifetime-s\":1}",
	                       &config),
	                 0);
	dgw_config_free(&config);
}
END_TEST

START_TEST(keys_beside_the_configuration)
{
	struct dgw_config config;

	ck_assert_int_eq(parse("{" UNIQUE "\"keys-file\":\"dgwd.keys\"}", &config), 0);
	ck_assert_str_eq(config.keys_file, "/tmp/dgwd.keys");
	dgw_config_free(&config);
	ck_assert_int_eq(parse("{" UNIQUE "\"keys-file\":\"/etc/k\"}", &config), 0);
	ck_assert_str_eq(config.keys_file, "/etc/k");
	dgw_config_free(&config);
}
END_TEST

START_TEST(restart_needed)
{
	struct dgw_config a, b;

	ck_assert_int_eq(parse("{" UNIQUE "\"open-lab-mode\":true}", &a), 0);
	ck_assert_int_eq(parse("{" UNIQUE "\"open-lab-mode\":true,\"log-level\":\"debug\","
	                       "\"valid-lifetime-s\":1000}",
	                       &b),
	                 0);
	ck_assert_ptr_null(dgw_config_needs_restart(&a, &b));
	dgw_config_free(&b);
	ck_assert_int_eq(
		parse("{" UNIQUE "\"open-lab-mode\":true,\"core-interfaces\":[\"c\"]}", &b), 0);
	ck_assert_str_eq(dgw_config_needs_restart(&a, &b), "core-interfaces");
	dgw_config_free(&b);
	ck_assert_int_eq(parse("{" UNIQUE "\"open-lab-mode\":true,\"bindings-max\":9}", &b), 0);
	ck_assert_str_eq(dgw_config_needs_restart(&a, &b), "bindings-max");
	dgw_config_free(&b);
	dgw_config_free(&a);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("dgw_config");
	TCase *tc = tcase_create("config");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(tc, least);
	tcase_add_test(tc, addresses);
	tcase_add_test(tc, refused);
	tcase_add_test(tc, pgw);
	tcase_add_test(tc, pgw_refused);
	tcase_add_test(tc, fastest_advertisements);
	tcase_add_test(tc, keys_beside_the_configuration);
	tcase_add_test(tc, restart_needed);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
