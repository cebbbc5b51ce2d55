// SPDX-License-Identifier: GPL-2.0-or-later
/* Which extension headers pass the socket filter of the Mobility Header transport. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/transport_filter.h"

#define ADDR "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
#define HAO "\xc9\x10" ADDR
#define UDP "\x11"
#define MH "\x87"
#define ICMP6 "\x3a"
#define TUNNEL "\x29"

/* The kernel's own filter, on a socket that needs no privilege. */
static bool passes(bool home_addresses, const char *data, size_t len)
{
	int fds[2];
	char buf[512];
	bool passed;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, fds), 0);
	ck_assert_int_eq(transport_filter_attach(fds[1], home_addresses), 0);
	/* What the filter drops is an error to the sender of such a socket, or none. */
	(void)!write(fds[0], data, len);
	passed = read(fds[1], buf, sizeof(buf)) == (ssize_t)len;
	close(fds[0]);
	close(fds[1]);
	return passed;
}

#define PASSES(home_addresses, data) passes(home_addresses, data, sizeof(data) - 1)

START_TEST(what_follows)
{
	for (int home_addresses = 0; home_addresses < 2; home_addresses++) {
		ck_assert(PASSES(home_addresses, MH "\0\1\4\0\0\0\0"
		                                    "12345678"));
		ck_assert(PASSES(home_addresses, "\x3c"
		                                 "\0\1\4\0\0\0\0"
		                                 "12345678"));
		ck_assert(PASSES(home_addresses, "\x2b"
		                                 "\0\1\4\0\0\0\0"
		                                 "12345678"));
		ck_assert(!PASSES(home_addresses, UDP "\0\1\4\0\0\0\0"
		                                      "12345678"));
		/* Mobile prefixes, and other messages. */
		ck_assert(PASSES(home_addresses, ICMP6 "\0\1\4\0\0\0\0"
		                                       "\x92\0345678"));
		ck_assert(PASSES(home_addresses, ICMP6 "\1\1\12\0\0\0\0"
		                                       "\0\0\0\0\0\0\0\0\x93\0345678"));
		ck_assert(!PASSES(home_addresses, ICMP6 "\0\1\4\0\0\0\0"
		                                        "\x80\0345678"));
	}
}
END_TEST

START_TEST(home_address_options)
{
	/* At the usual place, elsewhere, at the end, misplaced, behind an unknown option. */
	ck_assert(PASSES(true, UDP "\2\1\2\0\0" HAO "data"));
	ck_assert(PASSES(true, UDP "\3\1\12\0\0\0\0\0\0\0\0\0\0" HAO "data"));
	ck_assert(PASSES(true, UDP "\3\4\1\4\0\0\0\0\0\0\0\0\0" HAO "data"));
	ck_assert(PASSES(true, UDP "\2\0\0\0\0" HAO));
	ck_assert(PASSES(true, UDP "\2" HAO "\1\2\0\0"
	                           "data"));
	ck_assert(PASSES(true, UDP "\3\x1e\4\1\2\3\4\1\4\0\0\0\0" HAO "data"));
	/* Too many options before it: another looks. */
	ck_assert(PASSES(true, UDP "\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0" HAO "data"));
	/* Nobody wants it. */
	ck_assert(!PASSES(false, UDP "\2\1\2\0\0" HAO "data"));
}
END_TEST

START_TEST(no_home_address_option)
{
	/* The type as data, as a length, behind the header. */
	ck_assert(!PASSES(true, UDP "\1\1\14\xc9\x10\xc9\x10\xc9\x10\xc9\x10\xc9\x10\xc9\x10"
	                            "data"));
	ck_assert(!PASSES(true, UDP "\0\1\4\0\0\0\0"
	                            "\xc9\x10" ADDR));
	/* Tunnelled data with an encapsulation limit is much, and not ours. */
	ck_assert(!PASSES(true, TUNNEL "\0\4\1\4\1\1\0"
	                               "\x60\0\0\0\xc9\x10\xc9\x10\xc9\x10"));
	/* Lengths that are not true. */
	ck_assert(!PASSES(true, UDP "\2\1\xff\0\0\0\0"
	                            "data"));
	ck_assert(!PASSES(true, UDP "\0\1\xc9\0\0\0\0" HAO));
	ck_assert(!PASSES(true, UDP));
	ck_assert(!PASSES(true, UDP "\0"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("transport_filter");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, what_follows);
	tcase_add_test(tcase, home_address_options);
	tcase_add_test(tcase, no_home_address_option);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
