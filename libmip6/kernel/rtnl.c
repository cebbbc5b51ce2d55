// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * rtnetlink requests: one socket, synchronous, every change acknowledged. The kernel answers inside
 * the sending call; the receive time-out is only there so that a daemon can never hang on a lost
 * answer. A request takes some 3 µs, and queueing many for one system call would save a third of
 * that: not worth having.
 *
 * Owns the request socket and its sequence numbers. Never reads notifications: those have their own
 * socket in rtnl_monitor.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "kernel/rtnl_internal.h"

#include "io/log.h"

#define REQUEST_TIMEOUT_S 5
#define DUMP_ATTEMPTS 8

static const char *request_name(uint16_t type)
{
	switch (type) {
	case RTM_NEWLINK:
		return "RTM_NEWLINK";
	case RTM_DELLINK:
		return "RTM_DELLINK";
	case RTM_GETLINK:
		return "RTM_GETLINK";
	case RTM_NEWADDR:
		return "RTM_NEWADDR";
	case RTM_DELADDR:
		return "RTM_DELADDR";
	case RTM_GETADDR:
		return "RTM_GETADDR";
	case RTM_NEWROUTE:
		return "RTM_NEWROUTE";
	case RTM_DELROUTE:
		return "RTM_DELROUTE";
	case RTM_GETROUTE:
		return "RTM_GETROUTE";
	case RTM_NEWRULE:
		return "RTM_NEWRULE";
	case RTM_DELRULE:
		return "RTM_DELRULE";
	case RTM_GETRULE:
		return "RTM_GETRULE";
	case RTM_NEWNEIGH:
		return "RTM_NEWNEIGH";
	case RTM_DELNEIGH:
		return "RTM_DELNEIGH";
	case RTM_GETNEIGH:
		return "RTM_GETNEIGH";
	default:
		return "rtnetlink";
	}
}

static int fail(struct rtnl *rtnl, uint16_t type, int error, const char *detail)
{
	snprintf(rtnl->error, sizeof(rtnl->error), "%s: %s%s%s", request_name(type),
		 strerror(-error), detail ? ": " : "", detail ? detail : "");
	log_debug("rtnl error=\"%s\"", rtnl->error);
	return error;
}

const char *rtnl_error(const struct rtnl *rtnl)
{
	return rtnl->error;
}

int rtnl_open(struct rtnl **ret)
{
	const struct timeval timeout = {.tv_sec = REQUEST_TIMEOUT_S};
	struct rtnl *rtnl = calloc(1, sizeof(*rtnl));
	int one = 1;
	int r;

	if (!rtnl)
		return -ENOMEM;
	rtnl->nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!rtnl->nl || mnl_socket_bind(rtnl->nl, 0, MNL_SOCKET_AUTOPID) < 0) {
		r = -errno;
		rtnl_close(rtnl);
		return r;
	}
	/*
	 * Conveniences of newer kernels: without them filters are applied here only, and errors are
	 * bare numbers.
	 */
	(void)mnl_socket_setsockopt(rtnl->nl, NETLINK_EXT_ACK, &one, sizeof(one));
	(void)mnl_socket_setsockopt(rtnl->nl, NETLINK_CAP_ACK, &one, sizeof(one));
	(void)mnl_socket_setsockopt(rtnl->nl, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	if (setsockopt(mnl_socket_get_fd(rtnl->nl), SOL_SOCKET, SO_RCVTIMEO, &timeout,
		       sizeof(timeout)) < 0) {
		r = -errno;
		rtnl_close(rtnl);
		return r;
	}
	*ret = rtnl;
	return 0;
}

void rtnl_close(struct rtnl *rtnl)
{
	if (!rtnl)
		return;
	rtnl_monitor_stop(rtnl);
	if (rtnl->nl)
		mnl_socket_close(rtnl->nl);
	free(rtnl);
}

struct nlmsghdr *rtnl_request_begin(struct rtnl_request *request, uint16_t type, uint16_t flags,
				    size_t header_len, void *ret_header)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(request->data);

	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	*(void **)ret_header = mnl_nlmsg_put_extra_header(nlh, header_len);
	return nlh;
}

void rtnl_put_addr(struct nlmsghdr *nlh, uint16_t type, const struct mip6_addr *addr)
{
	mnl_attr_put(nlh, type, sizeof(addr->b), addr->b);
}

static bool tolerated(int error, enum rtnl_tolerate tolerate)
{
	switch (tolerate) {
	case RTNL_TOLERATE_NONE:
		return false;
	case RTNL_TOLERATE_EXISTS:
		return error == -EEXIST;
	case RTNL_TOLERATE_GONE:
		return error == -ENOENT || error == -ESRCH || error == -EADDRNOTAVAIL ||
		       error == -ENODEV || error == -ENXIO;
	}
	return false;
}

/* One datagram into rtnl->rx. Its length or negative errno. */
static ssize_t receive(struct rtnl *rtnl)
{
	ssize_t n;

	do
		n = mnl_socket_recvfrom(rtnl->nl, rtnl->rx, sizeof(rtnl->rx));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	return n;
}

static int send_all(struct rtnl *rtnl, const void *data, size_t len)
{
	ssize_t n;

	do
		n = mnl_socket_sendto(rtnl->nl, data, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

int rtnl_talk(struct rtnl *rtnl, struct nlmsghdr *nlh, enum rtnl_tolerate tolerate,
	      struct rtnl_object *ret)
{
	struct rtnl_object object;
	bool got = false;
	int r;

	nlh->nlmsg_flags |= NLM_F_ACK;
	nlh->nlmsg_seq = ++rtnl->seq;
	r = send_all(rtnl, nlh, nlh->nlmsg_len);
	if (r < 0)
		return fail(rtnl, nlh->nlmsg_type, r, NULL);
	for (;;) {
		ssize_t n = receive(rtnl);
		const struct nlmsghdr *answer;
		size_t left;

		if (n < 0)
			return fail(rtnl, nlh->nlmsg_type, (int)n, NULL);
		netlink_for_each_message(answer, left, rtnl->rx, n) {
			const char *text = NULL;

			/* An answer to a request that timed out may still come. */
			if (answer->nlmsg_seq != nlh->nlmsg_seq)
				continue;
			if (answer->nlmsg_type != NLMSG_ERROR) {
				got = got || rtnl_parse(answer, &object);
				continue;
			}
			r = rtnl_parse_ack(answer, &text);
			if (r < 0 && !tolerated(r, tolerate))
				return fail(rtnl, nlh->nlmsg_type, r, text);
			if (ret && !got)
				return fail(rtnl, nlh->nlmsg_type, -EBADMSG, NULL);
			if (ret)
				*ret = object;
			return 0;
		}
	}
}

static int list_add(struct rtnl_list *list, const struct rtnl_object *object)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 32;
		struct rtnl_object *items = realloc(list->items, capacity * sizeof(*items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->capacity = capacity;
	}
	list->items[list->count++] = *object;
	return 0;
}

/* One run of a dump. 0, -EINTR when the kernel's table changed meanwhile, or another negative
 * errno. */
static int dump_once(struct rtnl *rtnl, struct nlmsghdr *nlh, struct rtnl_list *list)
{
	bool interrupted = false;
	int failed = 0;
	int r;

	list->count = 0;
	nlh->nlmsg_seq = ++rtnl->seq;
	r = send_all(rtnl, nlh, nlh->nlmsg_len);
	if (r < 0)
		return fail(rtnl, nlh->nlmsg_type, r, NULL);
	for (;;) {
		ssize_t n = receive(rtnl);
		const struct nlmsghdr *answer;
		size_t left;

		if (n < 0)
			return fail(rtnl, nlh->nlmsg_type, (int)n, NULL);
		netlink_for_each_message(answer, left, rtnl->rx, n) {
			struct rtnl_object object;
			const char *text = NULL;

			if (answer->nlmsg_seq != nlh->nlmsg_seq)
				continue;
			if (answer->nlmsg_flags & NLM_F_DUMP_INTR)
				interrupted = true;
			if (answer->nlmsg_type == NLMSG_DONE) {
				if (mnl_nlmsg_get_payload_len(answer) >= sizeof(int) && !failed)
					failed = *(const int *)mnl_nlmsg_get_payload(answer);
				if (failed < 0)
					return fail(rtnl, nlh->nlmsg_type, failed, NULL);
				return interrupted ? -EINTR : 0;
			}
			if (answer->nlmsg_type == NLMSG_ERROR) {
				r = rtnl_parse_ack(answer, &text);
				/* A filter on a table that does not exist: nothing is in it. */
				if (r == -ENOENT)
					return 0;
				return fail(rtnl, nlh->nlmsg_type, r < 0 ? r : -EBADMSG, text);
			}
			/* The rest must be read even when there is no memory to keep it. */
			if (!failed && rtnl_parse(answer, &object))
				failed = list_add(list, &object);
		}
	}
}

int rtnl_dump(struct rtnl *rtnl, struct nlmsghdr *nlh, struct rtnl_list *ret)
{
	struct rtnl_list list = {0};
	int r = -EINTR;

	nlh->nlmsg_flags |= NLM_F_DUMP;
	for (int i = 0; i < DUMP_ATTEMPTS && r == -EINTR; i++)
		r = dump_once(rtnl, nlh, &list);
	if (r == -EINTR) {
		/* A table that never rests; what changed in between is also told to the monitor. */
		log_debug("rtnl request=%s interrupted=%d", request_name(nlh->nlmsg_type),
			  DUMP_ATTEMPTS);
		r = 0;
	}
	if (r < 0) {
		free(list.items);
		return r;
	}
	*ret = list;
	return 0;
}

static int sysctl_open(const char *path, int flags)
{
	char full[256];
	int n = snprintf(full, sizeof(full), "/proc/sys/%s", path);
	int fd;

	if (n < 0 || (size_t)n >= sizeof(full) || strstr(path, ".."))
		return -EINVAL;
	fd = open(full, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int rtnl_sysctl_get(const char *path, int *ret)
{
	char text[32];
	char *end;
	long value;
	ssize_t n;
	int fd = sysctl_open(path, O_RDONLY);

	if (fd < 0)
		return fd;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0) {
		n = -errno;
		close(fd);
		return (int)n;
	}
	close(fd);
	text[n] = '\0';
	errno = 0;
	value = strtol(text, &end, 10);
	if (end == text || errno || value < INT32_MIN || value > INT32_MAX)
		return -EINVAL;
	*ret = (int)value;
	return 0;
}

int rtnl_sysctl_set(const char *path, int value)
{
	char text[16];
	int n = snprintf(text, sizeof(text), "%d\n", value);
	int fd = sysctl_open(path, O_WRONLY);
	int r = 0;

	if (fd < 0)
		return fd;
	if (write(fd, text, (size_t)n) < 0)
		r = -errno;
	close(fd);
	return r;
}
