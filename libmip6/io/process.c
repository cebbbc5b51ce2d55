// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What both daemons do alike as processes: memory protection, capabilities, the lock file, and the
 * readiness protocol of sd_notify(3), which is one datagram and not worth a library.
 */
#include "io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/log.h"

void process_ignore_signals(void)
{
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

int process_protect_memory(void)
{
	const struct rlimit none = {0, 0};

	/* PR_SET_DUMPABLE also stops ptrace and /proc/PID/mem by other processes of the same user.
	 */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || setrlimit(RLIMIT_CORE, &none) < 0)
		return -errno;
	/* A few MiB need no rounding up to huge pages, which also come at any later time. */
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) < 0)
		log_debug("huge pages stay error=\"%s\"", strerror(errno));
	return 0;
}

int process_check_capabilities(const cap_value_t *caps, size_t count)
{
	cap_t have = cap_get_proc();
	char missing[256] = "";
	size_t len = 0;

	if (have == NULL) {
		log_err("capabilities cannot be read: %s", strerror(errno));
		return -EPERM;
	}
	for (size_t i = 0; i < count; i++) {
		cap_flag_value_t value = CAP_CLEAR;
		char *name;
		int n;

		if (cap_get_flag(have, caps[i], CAP_EFFECTIVE, &value) == 0 && value == CAP_SET)
			continue;
		name = cap_to_name(caps[i]);
		n = snprintf(missing + len, sizeof(missing) - len, "%s%s", len > 0 ? ", " : "",
		             name != NULL ? name : "?");
		cap_free(name);
		if (n > 0 && (size_t)n < sizeof(missing) - len)
			len += (size_t)n;
	}
	cap_free(have);
	if (len == 0)
		return 0;
	log_err("missing capability: %s; start the daemon by its systemd unit or as root", missing);
	return -EPERM;
}

int process_drop_capabilities(const cap_value_t *caps, size_t count)
{
	cap_t keep;
	int err = 0;

	/*
	 * The bounding set needs CAP_SETPCAP; without it, as under a systemd unit that has set the
	 * bounding set itself, no_new_privs already keeps an exec from gaining anything.
	 */
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++)
		if (cap_drop_bound(cap) < 0 && errno == EPERM)
			break;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	if (cap_reset_ambient() < 0 && errno != EINVAL)
		return -errno;
	keep = cap_init();
	if (keep == NULL)
		return -ENOMEM;
	if ((count > 0 && (cap_set_flag(keep, CAP_PERMITTED, (int)count, caps, CAP_SET) < 0 ||
	                   cap_set_flag(keep, CAP_EFFECTIVE, (int)count, caps, CAP_SET) < 0)) ||
	    cap_set_proc(keep) < 0)
		err = -errno;
	cap_free(keep);
	return err;
}

/*
 * Linux 5.19 and later asks for CAP_BPF only to make maps and programs; before, with
 * kernel.unprivileged_bpf_disabled set, for every bpf() call. No descriptor is touched: with the right, the
 * kernel gets as far as to see that -1 is none.
 */
static bool process_maps_need_capability(void)
{
	const cap_value_t bpf[] = {CAP_BPF, CAP_SYS_ADMIN};
	union bpf_attr attr = {.map_fd = (uint32_t)-1};
	cap_t before = cap_get_proc(), without = before != NULL ? cap_dup(before) : NULL;
	bool needed = true;

	if (without != NULL && cap_set_flag(without, CAP_EFFECTIVE, 2, bpf, CAP_CLEAR) == 0 &&
	    cap_set_proc(without) == 0) {
		needed = syscall(SYS_bpf, BPF_MAP_GET_NEXT_KEY, &attr, sizeof(attr)) >= 0 ||
			 errno != EBADF;
		if (cap_set_proc(before) < 0)
			log_warning("capabilities not restored: %s", strerror(errno));
	}
	cap_free(before);
	cap_free(without);
	return needed;
}

static bool process_may_have(cap_value_t cap)
{
	cap_t have = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	if (have != NULL)
		cap_get_flag(have, cap, CAP_PERMITTED, &value);
	cap_free(have);
	return value == CAP_SET;
}

int process_settle(enum confine_program program)
{
	const cap_value_t keep[] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF};
	bool bpf = process_may_have(CAP_BPF) && process_maps_need_capability();
	int error = process_drop_capabilities(keep, bpf ? 3 : 2);

	if (error < 0) {
		log_err("cannot drop capabilities error=\"%s\"", strerror(-error));
		return error;
	}
	/* The kernel may have taken the change of capabilities for a reason to allow core dumps again. */
	error = process_protect_memory();
	if (error < 0)
		log_warning("cannot protect memory from core dumps: %s", strerror(-error));
	error = confine_system_calls(program);
	if (error < 0)
		log_err("cannot confine system calls error=\"%s\"; the kernel needs "
			"CONFIG_SECCOMP_FILTER, or build with --disable-seccomp",
			strerror(-error));
	return error;
}

static int process_lock_owner(int fd)
{
	char text[32];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	long pid;

	if (n <= 0)
		return 0;
	text[n] = '\0';
	pid = strtol(text, NULL, 10);
	return pid > 0 && pid <= INT_MAX ? (int)pid : 0;
}

int process_lock(const char *path, int *ret_fd, int *ret_pid)
{
	char text[32];
	int fd, err, len;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		err = errno == EWOULDBLOCK ? -EBUSY : -errno;
		if (err == -EBUSY)
			*ret_pid = process_lock_owner(fd);
		close(fd);
		return err;
	}
	/*
	 * The file stays when we end: removing it would let two daemons hold two files of one name.
	 * A full disk costs the next daemon only the pid in its message.
	 */
	len = snprintf(text, sizeof(text), "%ld\n", (long)getpid());
	if (ftruncate(fd, 0) < 0 || pwrite(fd, text, (size_t)len, 0) != len)
		log_warning("%s: pid not written: %s", path, strerror(errno));
	*ret_fd = fd;
	return 0;
}

void process_notify(const char *notification)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	size_t len = path != NULL ? strlen(path) : 0;
	int fd;

	/* Any failure is the service manager's to notice: by its own time limit. */
	if (len < 2 || len >= sizeof(sun.sun_path) || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(sun.sun_path, path, len);
	if (path[0] == '@')
		sun.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	sendto(fd, notification, strlen(notification), MSG_NOSIGNAL, (struct sockaddr *)&sun,
	       (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

int process_make_directory(const char *path)
{
	char part[PATH_MAX];
	struct stat st;
	size_t len = strlen(path);

	if (len == 0)
		return -EINVAL;
	if (len >= sizeof(part))
		return -ENAMETOOLONG;
	memcpy(part, path, len + 1);
	for (size_t i = 1; i <= len; i++) {
		char c = part[i];

		if (c != '/' && c != '\0')
			continue;
		part[i] = '\0';
		if (mkdir(part, 0755) < 0 && errno != EEXIST)
			return -errno;
		part[i] = c;
	}
	if (stat(path, &st) < 0)
		return -errno;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}
