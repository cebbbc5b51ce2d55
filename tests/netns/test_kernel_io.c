// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel modules against the running kernel: every function, checked by the getters and by
 * iproute2. Needs root; exits 77 (skip) otherwise. An argument picks the cases whose names contain
 * it.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "io/log.h"

#include "kernel_io.h"

static const struct {
	const char *name;
	void (*run)(void);
} cases[] = {
	{"rtnl_links", test_rtnl_links},
	{"rtnl_addresses", test_rtnl_addresses},
	{"rtnl_routes", test_rtnl_routes},
	{"rtnl_encap_route", test_rtnl_encap_route},
	{"rtnl_shared_table", test_rtnl_shared_table},
	{"rtnl_rules", test_rtnl_rules},
	{"rtnl_neighbours", test_rtnl_neighbours},
	{"rtnl_many", test_rtnl_many},
	{"rtnl_monitor", test_rtnl_monitor},
	{"rtnl_resync", test_rtnl_resync},
	{"rtnl_sysctl", test_rtnl_sysctl},
	{"transport_exchange", test_transport_exchange},
	{"transport_once", test_transport_once},
	{"transport_bad", test_transport_bad},
	{"transport_source", test_transport_source},
	{"transport_denied", test_transport_denied},
	{"transport_burst", test_transport_burst},
	{"suppress_scope", test_suppress_scope},
	{"suppress_kill", test_suppress_kill},
	{"nd_exchange", test_nd_exchange},
	{"nd_invalid", test_nd_invalid},
	{"nd_unspecified", test_nd_unspecified},
	{"sockets_kinds", test_sockets_kinds},
	{"sockets_many_addresses", test_sockets_many_addresses},
	{"sockets_cost", test_sockets_cost},
};

#define CASE_TIMEOUT_S 60

void kernel_io_fail(const char *file, int line, const char *what, const char *detail)
{
	fprintf(stderr, "%s:%d: %s%s%s\n", file, line, what, detail ? ": " : "",
		detail ? detail : "");
	_exit(1);
}

void kernel_io_run(const char *format, ...)
{
	char command[1024];
	va_list args;
	int status;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	status = system(command);
	if (status != 0)
		kernel_io_fail(command, 0, "failed", NULL);
}

unsigned int kernel_io_count(const char *text, const char *format, ...)
{
	char command[1024], line[4096];
	unsigned int n = 0;
	va_list args;
	FILE *out;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	out = popen(command, "r");
	CHECK(out);
	while (fgets(line, sizeof(line), out))
		n += strstr(line, text) != NULL;
	pclose(out);
	return n;
}

struct mip6_addr kernel_io_addr(const char *text)
{
	struct mip6_addr addr;

	CHECK_OK(addr_parse(text, &addr));
	return addr;
}

struct mip6_prefix kernel_io_prefix(const char *text)
{
	struct mip6_prefix prefix;

	CHECK_OK(prefix_parse(text, &prefix));
	return prefix;
}

mip6_time kernel_io_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * MIP6_S + ts.tv_nsec / 1000;
}

static void timer_expired(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)timer;
	(void)revents;
	ev_break(loop, EVBREAK_ONE);
}

bool kernel_io_wait(struct ev_loop *loop, const unsigned int *flag, unsigned int wanted,
		    unsigned int ms)
{
	mip6_time end = kernel_io_now() + ms * MIP6_MS;
	ev_timer timer;

	ev_timer_init(&timer, timer_expired, 0.005, 0.005);
	ev_timer_start(loop, &timer);
	while (*flag < wanted && kernel_io_now() < end)
		ev_run(loop, EVRUN_ONCE);
	ev_timer_stop(loop, &timer);
	return *flag >= wanted;
}

void kernel_io_enter(const struct kernel_io_pair *pair, enum kernel_io_side side)
{
	CHECK(setns(pair->ns[side], CLONE_NEWNET) == 0);
}

void kernel_io_make_pair(struct kernel_io_pair *ret)
{
	ret->ns[KERNEL_IO_A] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	CHECK(unshare(CLONE_NEWNET) == 0);
	ret->ns[KERNEL_IO_B] = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	CHECK(ret->ns[KERNEL_IO_A] >= 0 && ret->ns[KERNEL_IO_B] >= 0);
	kernel_io_enter(ret, KERNEL_IO_A);
	kernel_io_run("ip link set lo up && ip link add v0 type veth peer name v1 && "
		      "ip link set v1 netns /proc/%d/fd/%d",
		      getpid(), ret->ns[KERNEL_IO_B]);
	for (enum kernel_io_side side = KERNEL_IO_A; side <= KERNEL_IO_B; side++) {
		kernel_io_enter(ret, side);
		/*
		 * No DAD: the addresses can be used at once. No solicitations but those of the
		 * test.
		 */
		kernel_io_run("ip link set lo up; cd /proc/sys/net/ipv6/conf/v%d; "
			      "echo 0 >accept_dad; echo 0 >router_solicitations; "
			      "ip link set v%d up; "
			      "ip addr add 2001:db8::%c/64 dev v%d nodad",
			      side, side, 'a' + (int)side, side);
		ret->ifindex[side] = if_nametoindex(side == KERNEL_IO_A ? "v0" : "v1");
		CHECK(ret->ifindex[side]);
	}
	kernel_io_enter(ret, KERNEL_IO_A);
	kernel_io_run("ping -6 -q -c 1 -W 2 2001:db8::b >/dev/null");
}

static void run_child(void (*run)(void))
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		kernel_io_fail("unshare", 0, strerror(errno), NULL);
	/* sysfs shows the links of the namespace that mounted it. */
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		kernel_io_fail("mount", 0, strerror(errno), NULL);
	alarm(CASE_TIMEOUT_S);
	run();
	fflush(NULL);
	_exit(0);
}

static bool run_case(const char *name, void (*run)(void))
{
	mip6_time start = kernel_io_now();
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		/* Helpers that a case starts end with it. */
		setpgid(0, 0);
		run_child(run);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return false;
	kill(-pid, SIGKILL);
	printf("%s %s %.3f s\n", status == 0 ? "ok  " : "FAIL", name,
	       (double)(kernel_io_now() - start) / 1e6);
	return status == 0;
}

static bool can_unshare(void)
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWNET | CLONE_NEWNS) < 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

int main(int argc, char **argv)
{
	unsigned int failed = 0, ran = 0;

	if (geteuid() != 0) {
		fprintf(stderr, "skipped: needs root\n");
		return 77;
	}
	if (!can_unshare()) {
		fprintf(stderr, "skipped: may not make network namespaces\n");
		return 77;
	}
	log_init("test_kernel_io", getenv("MIP6_TEST_DEBUG") ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc > 1 && !strstr(cases[i].name, argv[1]))
			continue;
		ran++;
		failed += !run_case(cases[i].name, cases[i].run);
	}
	printf("%u cases, %u failed\n", ran, failed);
	return failed || !ran;
}
