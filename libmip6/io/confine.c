// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The seccomp filter of a daemon that has started: an allow-list, by libseccomp.
 *
 * Three outcomes. What the loop needs is allowed, where it matters only with certain arguments. What none
 * but an intruder would try (a new program, another process's memory, namespaces, modules) ends the process
 * at once: the kernel logs it, systemd starts the daemon again, and the sessions, which are on disk and in
 * the kernel, go on. Everything else fails with ENOSYS, as on an older kernel: so that a newer libc, or a
 * name service module that it loads, which tries a call that is not known here takes its way round it instead
 * of ending the sessions of everybody.
 *
 * Built with --enable-seccomp=strict everything else ends the process too: that shows, in a run of the
 * tests, what is missing in the lists.
 */
#include "io/confine.h"

#ifdef MIP6_SECCOMP

#include <errno.h>
#include <linux/bpf.h>
#include <seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef MIP6_SECCOMP_STRICT
#define OTHERS SCMP_ACT_KILL_PROCESS
#else
#define OTHERS SCMP_ACT_ERRNO(ENOSYS)
#endif

static const char *const common_calls[] = {
	/* The loop, and time. */
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll",
	"select", "pselect6", "timerfd_create", "timerfd_settime", "timerfd_gettime", "eventfd2",
	"clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "gettimeofday", "time",
	"restart_syscall",
	/* Sockets; socket() itself by its arguments, below. */
	"bind", "connect", "listen", "accept", "accept4", "getsockname", "getpeername", "getsockopt",
	"setsockopt", "sendto", "sendmsg", "sendmmsg", "recvfrom", "recvmsg", "recvmmsg", "shutdown",
	/* Files: configuration, keys, state, /proc/sys. Permissions and capabilities limit which. */
	"open", "openat", "close", "read", "readv", "pread64", "write", "writev", "pwrite64", "lseek",
	"stat", "fstat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2",
	"readlink", "readlinkat", "getcwd", "getdents64", "fcntl", "ioctl", "dup", "umask", "mkdir",
	"mkdirat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "ftruncate", "fsync",
	"fdatasync", "fchmod", "fchown",
	/* Memory; mmap() and mprotect() by their arguments. */
	"brk", "munmap", "mremap", "madvise", "futex",
	/* The process itself. */
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "getpid", "gettid", "getppid",
	"getuid", "geteuid", "getgid", "getegid", "getrandom", "uname", "sysinfo", "getrusage",
	"prlimit64", "sched_yield", "sched_getaffinity", "exit", "exit_group", NULL};

/* SQLite locks a byte range of the file by fcntl(), and its directory by nothing. */
static const char *const dgwd_calls[] = {"flock", "fallocate", "truncate", NULL};
static const char *const mnd_calls[] = {"fchmodat", "linkat", NULL};

static const char *const fatal_calls[] = {
	"execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "kcmp", "pidfd_getfd",
	"setns", "unshare", "mount", "umount2", "move_mount", "open_tree", "fsopen", "pivot_root",
	"chroot", "mknod", "mknodat", "init_module", "finit_module", "delete_module", "kexec_load",
	"kexec_file_load", "reboot", "swapon", "swapoff", "perf_event_open", "keyctl", "add_key",
	"request_key", "userfaultfd", "io_uring_setup", "open_by_handle_at", "acct", "setuid",
	"setgid", "setresuid", "setresgid", "setreuid", "setregid", "capset", "settimeofday",
	"clock_settime", "iopl", "ioperm", "personality", NULL};

/* Commands on maps that are open; no new program and no new map. */
static const unsigned int bpf_commands[] = {
	BPF_MAP_LOOKUP_ELEM,	    BPF_MAP_UPDATE_ELEM,  BPF_MAP_DELETE_ELEM, BPF_MAP_GET_NEXT_KEY,
	BPF_MAP_LOOKUP_BATCH,	    BPF_MAP_UPDATE_BATCH, BPF_MAP_DELETE_BATCH,
	BPF_OBJ_GET_INFO_BY_FD,
};

static int add_calls(scmp_filter_ctx filter, uint32_t action, const char *const *names)
{
	for (; *names != NULL; names++) {
		int call = seccomp_syscall_resolve_name(*names);
		int error;

		/* Negative: not on this architecture, or younger than the library. */
		if (call < 0)
			continue;
		error = seccomp_rule_add(filter, action, call, 0);
		if (error < 0 && error != -EEXIST)
			return error;
	}
	return 0;
}

static int add_fatal(scmp_filter_ctx filter)
{
#ifdef MIP6_SECCOMP_STRICT
	(void)filter; /* what is not allowed is fatal there anyway */
	(void)fatal_calls;
	return 0;
#else
	return add_calls(filter, SCMP_ACT_KILL_PROCESS, fatal_calls);
#endif
}

/* Calls that are allowed with some arguments only. */
static int add_conditions(scmp_filter_ctx filter)
{
	static const unsigned int families[] = {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK};
	const unsigned int write_exec = PROT_WRITE | PROT_EXEC;
	int error = 0;

	for (size_t i = 0; error == 0 && i < sizeof(families) / sizeof(families[0]); i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
					 SCMP_A0(SCMP_CMP_EQ, families[i], 0));
	for (size_t i = 0; error == 0 && i < sizeof(bpf_commands) / sizeof(bpf_commands[0]); i++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1,
					 SCMP_A0(SCMP_CMP_EQ, bpf_commands[i], 0));
	/*
	 * No memory that can be written and executed, and none that becomes executable later; code of a
	 * file may be mapped, for the name service's modules.
	 */
	for (unsigned int prot = 0; error == 0 && prot < 2; prot++)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
					 SCMP_A2(SCMP_CMP_MASKED_EQ, write_exec,
						 prot != 0 ? (unsigned int)PROT_EXEC : 0u));
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1,
					 SCMP_A2(SCMP_CMP_MASKED_EQ, write_exec,
						 (unsigned int)PROT_WRITE));
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
					 SCMP_A2(SCMP_CMP_MASKED_EQ, (unsigned int)PROT_EXEC, 0u));
	/* abort(), and no signals to others. */
	if (error == 0)
		error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
					 SCMP_A0(SCMP_CMP_EQ, (unsigned int)getpid(), 0));
	return error;
}

int confine_system_calls(enum confine_program program)
{
	scmp_filter_ctx filter = seccomp_init(OTHERS);
	int error;

	if (filter == NULL)
		return -ENOMEM;
	/* Calls of another architecture, which the lists do not name. */
	error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (error == 0)
		error = add_calls(filter, SCMP_ACT_ALLOW, common_calls);
	if (error == 0)
		error = add_calls(filter, SCMP_ACT_ALLOW,
				  program == CONFINE_MND ? mnd_calls : dgwd_calls);
	if (error == 0)
		error = add_fatal(filter);
	if (error == 0)
		error = add_conditions(filter);
	if (error == 0)
		error = seccomp_load(filter);
	seccomp_release(filter);
	return error;
}

#else

int confine_system_calls(enum confine_program program)
{
	(void)program;
	return 0;
}

#endif
