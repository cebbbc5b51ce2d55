// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Notifications about links, IPv6 addresses and neighbours, from the loop. When the kernel had to
 * drop some (ENOBUFS), what is queued is thrown away and everything is told anew from dumps,
 * between resync_begin and resync_end.
 *
 * Owns the notification socket. Never changes anything in the kernel.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "kernel/rtnl_internal.h"

#include "io/log.h"

#define MONITOR_BUFFER (2 * 1024 * 1024)
#define MONITOR_DRAIN 1000000 /* datagrams; far more than the buffer holds */
#define MONITOR_READS 32      /* datagrams per turn of the loop, so that timers get theirs */

static void deliver(struct rtnl *rtnl, const struct rtnl_object *object)
{
	const struct rtnl_monitor *m = &rtnl->monitor;

	switch (object->type) {
	case RTNL_OBJECT_LINK:
		if (m->link)
			m->link(m->ctx, &object->link);
		break;
	case RTNL_OBJECT_ADDRESS:
		if (m->address)
			m->address(m->ctx, &object->address);
		break;
	case RTNL_OBJECT_NEIGHBOUR:
		if (m->neighbour)
			m->neighbour(m->ctx, &object->neighbour);
		break;
	case RTNL_OBJECT_ROUTE:
	case RTNL_OBJECT_RULE:
		break;
	}
}

static int deliver_all(struct rtnl *rtnl)
{
	static const uint16_t types[] = {RTM_GETLINK, RTM_GETADDR, RTM_GETNEIGH};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct rtnl_list list;
		int r;

		if (types[i] == RTM_GETNEIGH && !rtnl->monitor.neighbour)
			continue;
		r = rtnl_dump_type(rtnl, types[i], &list);
		if (r < 0)
			return r;
		for (size_t j = 0; j < list.count; j++)
			deliver(rtnl, &list.items[j]);
		free(list.items);
	}
	return 0;
}

int rtnl_monitor_resync(struct rtnl *rtnl)
{
	const struct rtnl_monitor *m = &rtnl->monitor;
	int r;

	/*
	 * What is still queued is older than the dump that follows. It must go to the last one:
	 * until the queue was empty once, the kernel drops more without another ENOBUFS.
	 */
	for (int i = 0; i < MONITOR_DRAIN; i++) {
		ssize_t n = mnl_socket_recvfrom(rtnl->mon, rtnl->rx, sizeof(rtnl->rx));

		if (n < 0 && errno != ENOBUFS && errno != EINTR && errno != ENOSPC)
			break;
	}
	if (m->resync_begin)
		m->resync_begin(m->ctx);
	r = deliver_all(rtnl);
	if (r < 0)
		log_err("rtnl resync=failed error=\"%s\"", rtnl->error);
	else if (m->resync_end)
		m->resync_end(m->ctx);
	return r;
}

static void resync(struct rtnl *rtnl)
{
	log_info("rtnl changes=lost action=resync");
	rtnl_monitor_resync(rtnl);
}

static void monitor_read(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct rtnl *rtnl = watcher->data;

	(void)loop;
	(void)revents;
	for (int i = 0; i < MONITOR_READS; i++) {
		/*
		 * The handlers may make requests of their own, which use rtnl->rx: notifications
		 * have their own buffer. They come one or few to a datagram.
		 */
		_Alignas(struct nlmsghdr) uint8_t data[8192];
		const struct nlmsghdr *nlh;
		ssize_t n = mnl_socket_recvfrom(rtnl->mon, data, sizeof(data));
		struct rtnl_object object;
		size_t left;

		/* ENOSPC: libmnl's word for a datagram that did not fit. */
		if (n < 0 && (errno == ENOBUFS || errno == ENOSPC)) {
			resync(rtnl);
			return;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EAGAIN)
				log_err("rtnl monitor error=\"%s\"", strerror(errno));
			return;
		}
		netlink_for_each_message(nlh, left, data, n) {
			if (rtnl_parse(nlh, &object))
				deliver(rtnl, &object);
		}
	}
}

int rtnl_monitor_start(struct rtnl *rtnl, struct ev_loop *loop, const struct rtnl_monitor *monitor)
{
	static const int groups[] = {RTNLGRP_LINK, RTNLGRP_IPV6_IFADDR, RTNLGRP_NEIGH};
	int size = MONITOR_BUFFER;
	size_t count = sizeof(groups) / sizeof(groups[0]);
	int fd, r;

	if (rtnl->mon)
		return -EALREADY;
	rtnl->mon = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (!rtnl->mon)
		return -errno;
	if (mnl_socket_bind(rtnl->mon, 0, MNL_SOCKET_AUTOPID) < 0)
		goto fail;
	fd = mnl_socket_get_fd(rtnl->mon);
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (!monitor->neighbour)
		count--;
	for (size_t i = 0; i < count; i++) {
		int group = groups[i];

		if (mnl_socket_setsockopt(rtnl->mon, NETLINK_ADD_MEMBERSHIP, &group,
					  sizeof(group)) < 0)
			goto fail;
	}
	rtnl->monitor = *monitor;
	rtnl->loop = loop;
	ev_io_init(&rtnl->watcher, monitor_read, fd, EV_READ);
	rtnl->watcher.data = rtnl;
	ev_io_start(loop, &rtnl->watcher);
	r = deliver_all(rtnl);
	if (r < 0)
		rtnl_monitor_stop(rtnl);
	return r;
fail:
	r = -errno;
	mnl_socket_close(rtnl->mon);
	rtnl->mon = NULL;
	return r;
}

void rtnl_monitor_stop(struct rtnl *rtnl)
{
	if (!rtnl->mon)
		return;
	ev_io_stop(rtnl->loop, &rtnl->watcher);
	mnl_socket_close(rtnl->mon);
	rtnl->mon = NULL;
}
