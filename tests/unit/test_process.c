// SPDX-License-Identifier: GPL-2.0-or-later
/* Lock files, readiness, directories, log lines, and addresses as text. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "io/process.h"
#include "io_fixture.h"

START_TEST(test_lock)
{
	int pipes[2], fd, other_pid = 0, status;
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		c = process_lock(io_path("lock"), &fd, &other_pid) == 0;
		if (write(pipes[1], &c, 1) == 1)
			pause();
		_exit(0);
	}
	ck_assert_int_eq(read(pipes[0], &c, 1), 1);
	ck_assert_int_eq(c, 1);
	ck_assert_int_eq(process_lock(io_path("lock"), &fd, &other_pid), -EBUSY);
	ck_assert_int_eq(other_pid, pid);
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(process_lock(io_path("lock"), &fd, &other_pid), 0);
	close(fd);
	ck_assert_int_lt(process_lock(io_path("no/lock"), &fd, &other_pid), 0);
}
END_TEST

START_TEST(test_notify)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	char text[64] = "";

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", io_path("notify"));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	unsetenv("NOTIFY_SOCKET");
	process_notify("READY=1");
	ck_assert_int_lt(recv(fd, text, sizeof(text), 0), 0);
	setenv("NOTIFY_SOCKET", sun.sun_path, 1);
	process_notify("READY=1");
	ck_assert_int_eq(recv(fd, text, sizeof(text) - 1, 0), 7);
	ck_assert_str_eq(text, "READY=1");
	setenv("NOTIFY_SOCKET", "relative", 1);
	process_notify("STOPPING=1");
	ck_assert_int_lt(recv(fd, text, sizeof(text), 0), 0);
	close(fd);
}
END_TEST

START_TEST(test_directory)
{
	ck_assert_int_eq(process_make_directory(io_path("a/b/c")), 0);
	ck_assert_int_eq(process_make_directory(io_path("a/b/c")), 0);
	ck_assert_int_eq(process_make_directory(io_path("a/b/c/")), 0);
	ck_assert(io_exists("a/b/c"));
	io_write("file", "", 0, 0600);
	ck_assert_int_eq(process_make_directory(io_path("file")), -ENOTDIR);
	ck_assert_int_lt(process_make_directory(io_path("file/x")), 0);
	ck_assert_int_eq(process_make_directory(""), -EINVAL);
}
END_TEST

START_TEST(test_memory)
{
	struct rlimit limit;

	ck_assert_int_eq(process_protect_memory(), 0);
	ck_assert_int_eq(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), 0);
	ck_assert_int_eq(prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0), 1);
	ck_assert_int_eq(getrlimit(RLIMIT_CORE, &limit), 0);
	ck_assert_uint_eq(limit.rlim_cur, 0);
	ck_assert_uint_eq(limit.rlim_max, 0);
}
END_TEST

START_TEST(test_capabilities)
{
	const cap_value_t keep[] = {CAP_NET_RAW}, both[] = {CAP_NET_RAW, CAP_NET_ADMIN};

	log_set_level(0);
	if (process_check_capabilities(both, 2) < 0)
		return; /* has none to drop */
	ck_assert_int_eq(process_drop_capabilities(keep, 1), 0);
	ck_assert_int_eq(process_check_capabilities(keep, 1), 0);
	ck_assert_int_eq(process_check_capabilities(both, 2), -EPERM);
	ck_assert_int_eq(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), 1);
	ck_assert_int_eq(process_drop_capabilities(NULL, 0), 0);
	ck_assert_int_eq(process_check_capabilities(keep, 1), -EPERM);
}
END_TEST

#if defined(MIP6_SECCOMP) && !defined(MIP6_SECCOMP_STRICT)
/* Status of a child that does one thing under the filter of a daemon. */
static int confined(enum confine_program program, bool (*body)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || confine_system_calls(program) < 0)
			_exit(2);
		_exit(body() ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static bool body_needed(void)
{
	int fd = open(io_path("file"), O_RDWR | O_CREAT | O_CLOEXEC, 0600), s;
	void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	s = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0 && close(fd) == 0 &&
	       memory != MAP_FAILED && mprotect(memory, 4096, PROT_READ) == 0 &&
	       (s >= 0 || errno == EAFNOSUPPORT) && clock_monotonic() > 0;
}

static bool body_refused(void)
{
	if (socket(AF_PACKET, SOCK_RAW, 0) >= 0 || errno != ENOSYS)
		return false;
	if (mmap(NULL, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
		    MAP_FAILED ||
	    errno != ENOSYS)
		return false;
	if (syscall(SYS_bpf, 5 /* BPF_PROG_LOAD */, NULL, 0) >= 0 || errno != ENOSYS)
		return false;
	if (kill(getppid(), 0) == 0 || errno != ENOSYS)
		return false;
	return fork() < 0 && errno == ENOSYS;
}

static bool body_program(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return false;
}

static bool body_trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0;
}

static bool body_namespace(void)
{
	return unshare(CLONE_NEWUSER) < 0;
}

START_TEST(test_confined)
{
	static const enum confine_program programs[] = {CONFINE_MND, CONFINE_DGWD};
	bool (*const fatal[])(void) = {body_program, body_trace, body_namespace};

	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(confined(programs[i], body_needed), 0);
		ck_assert_int_eq(confined(programs[i], body_refused), 0);
		for (size_t j = 0; j < sizeof(fatal) / sizeof(fatal[0]); j++) {
			int status = confined(programs[i], fatal[j]);

			ck_assert(WIFSIGNALED(status));
			ck_assert_int_eq(WTERMSIG(status), SIGSYS);
		}
	}
}
END_TEST
#endif

/* Run body with standard error in a file, and give back what was written. */
static const char *logged(void (*body)(void))
{
	static char text[16384];
	int fd = open(io_path("stderr"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int saved = dup(STDERR_FILENO);
	ssize_t n;

	dup2(fd, STDERR_FILENO);
	body();
	dup2(saved, STDERR_FILENO);
	close(saved);
	n = pread(fd, text, sizeof(text) - 1, 0);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	close(fd);
	return text;
}

static void body_lines(void)
{
	char longer[5000];

	unsetenv("JOURNAL_STREAM");
	log_init("mip6-test", LOG_LEVEL_INFO);
	log_info("one nai=%s", "a\nb\x1b[31m");
	log_err("two");
	log_debug("not shown");
	setenv("JOURNAL_STREAM", "1:2", 1);
	log_init("mip6-test", LOG_LEVEL_DEBUG);
	log_warning("three");
	memset(longer, 'l', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	log_debug("%s", longer);
}

START_TEST(test_log)
{
	static const char expected[] =
		"mip6-test: one nai=a?b?[31m\nmip6-test: error: two\n<4>three\n<7>llll";
	const char *text = logged(body_lines);

	ck_assert_msg(strncmp(text, expected, strlen(expected)) == 0, "%s", text);
	ck_assert_uint_lt(strlen(text), 2200);
	ck_assert_int_eq(text[strlen(text) - 1], '\n');
}
END_TEST

static void body_limited(void)
{
	struct log_limit limit = {.count = 0};

	log_init("t", LOG_LEVEL_INFO);
	for (mip6_time now = 1; now <= 100; now++)
		log_limited(&limit, now, LOG_LEVEL_WARNING, "x");
	log_limited(&limit, 10 * MIP6_S + 1, LOG_LEVEL_WARNING, "y");
}

START_TEST(test_log_limited)
{
	unsigned int lines = 0;
	const char *text;

	unsetenv("JOURNAL_STREAM");
	text = logged(body_limited);
	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	ck_assert_uint_eq(lines, 7);
	ck_assert_ptr_nonnull(strstr(text, "95 more lines"));
}
END_TEST

START_TEST(test_text)
{
	static const char *const bad[] = {"",      "::/",    "::/129", "::/-1",        "::/00",
	                                  "::/1x", "::1/64", "x::/64", "192.0.2.0/24", "::/+1",
	                                  "/64",   "::/ 1"};
	struct mip6_prefix prefix;
	struct mip6_addr addr;

	ck_assert_int_eq(addr_parse("2001:DB8::0:1", &addr), 0);
	ck_assert_str_eq(addr_text(&addr), "2001:db8::1");
	ck_assert_int_eq(addr_parse("2001:db8::1%eth0", &addr), -EINVAL);
	ck_assert_int_eq(prefix_parse("2001:db8::/32", &prefix), 0);
	ck_assert_str_eq(prefix_text(&prefix), "2001:db8::/32");
	ck_assert_int_eq(prefix_parse("2001:db8::1", &prefix), 0);
	ck_assert_uint_eq(prefix.len, 128);
	ck_assert_int_eq(prefix_parse("::/0", &prefix), 0);
	ck_assert_int_eq(prefix_parse("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/128", &prefix),
	                 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_msg(prefix_parse(bad[i], &prefix) == -EINVAL, "%s", bad[i]);
}
END_TEST

START_TEST(test_clock)
{
	mip6_time a = clock_monotonic(), b = clock_monotonic();

	ck_assert_int_gt(a, 0);
	ck_assert_int_ge(b, a);
	ck_assert_int_gt(clock_unix_us(), 1600000000000000);
	ck_assert(clock_random() != clock_random() || clock_random() != clock_random());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("process");
	TCase *tcase = tcase_create("process");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, io_fixture_setup, io_fixture_teardown);
	tcase_add_test(tcase, test_lock);
	tcase_add_test(tcase, test_notify);
	tcase_add_test(tcase, test_directory);
	tcase_add_test(tcase, test_memory);
	tcase_add_test(tcase, test_capabilities);
#if defined(MIP6_SECCOMP) && !defined(MIP6_SECCOMP_STRICT)
	tcase_add_test(tcase, test_confined);
#endif
	tcase_add_test(tcase, test_log);
	tcase_add_test(tcase, test_log_limited);
	tcase_add_test(tcase, test_text);
	tcase_add_test(tcase, test_clock);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
