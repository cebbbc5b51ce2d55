/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small frame for tests of the kernel modules against the running kernel. Each case runs in a
 * process and a network namespace of its own, so nothing has to be cleaned up and no order matters.
 */
#ifndef MIP6_TESTS_KERNEL_IO_H
#define MIP6_TESTS_KERNEL_IO_H

#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

#include <mip6/base.h>

#define CHECK(condition)                                                      \
	do {                                                                  \
		if (!(condition))                                             \
			kernel_io_fail(__FILE__, __LINE__, #condition, NULL); \
	} while (0)
/* For calls that return 0 or a negative errno. */
#define CHECK_OK(call)                                                                 \
	do {                                                                           \
		int check_r = (call);                                                  \
		if (check_r < 0)                                                       \
			kernel_io_fail(__FILE__, __LINE__, #call, strerror(-check_r)); \
	} while (0)

void kernel_io_fail(const char *file, int line, const char *what, const char *detail)
	__attribute__((noreturn));
/* Run a command by the shell; its exit status must be 0. */
void kernel_io_run(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Output lines of a command that contain text. */
unsigned int kernel_io_count(const char *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
struct mip6_addr kernel_io_addr(const char *text);
struct mip6_prefix kernel_io_prefix(const char *text);
/* Run the loop until *flag is at least wanted or ms have passed; true when it is. */
bool kernel_io_wait(struct ev_loop *loop, const unsigned int *flag, unsigned int wanted,
		    unsigned int ms);
/* Microseconds of CLOCK_MONOTONIC. */
mip6_time kernel_io_now(void);

/* Two namespaces, joined by a veth pair: v0 in the first (the case's own), v1 in the second. */
enum kernel_io_side {
	KERNEL_IO_A,
	KERNEL_IO_B,
};

struct kernel_io_pair {
	int ns[2];
	uint32_t ifindex[2];
};

/*
 * Up, with 2001:db8::a/64 and 2001:db8::b/64, and link-local addresses ready. Ends in namespace A.
 */
void kernel_io_make_pair(struct kernel_io_pair *ret);
/* What is opened from now on is in this namespace. */
void kernel_io_enter(const struct kernel_io_pair *pair, enum kernel_io_side side);

/* The cases. */
void test_rtnl_links(void);
void test_rtnl_addresses(void);
void test_rtnl_routes(void);
void test_rtnl_encap_route(void);
void test_rtnl_shared_table(void);
void test_rtnl_rules(void);
void test_rtnl_neighbours(void);
void test_rtnl_many(void);
void test_rtnl_monitor(void);
void test_rtnl_resync(void);
void test_rtnl_sysctl(void);
void test_transport_exchange(void);
void test_transport_once(void);
void test_transport_bad(void);
void test_transport_source(void);
void test_transport_denied(void);
void test_transport_burst(void);
void test_suppress_scope(void);
void test_suppress_kill(void);
void test_nd_exchange(void);
void test_nd_invalid(void);
void test_nd_unspecified(void);
void test_sockets_kinds(void);
void test_sockets_many_addresses(void);
void test_sockets_cost(void);

#endif
