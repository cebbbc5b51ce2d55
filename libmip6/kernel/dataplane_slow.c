// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The gateway's slow path: one route per bound home, with an LWT program on it that encapsulates, through
 * a device of our own. It carries what the gateway itself sends to a HoA, and what the fast path
 * leaves to the stack so that the kernel answers Packet Too Big and Time Exceeded.
 *
 * Why a device: the kernel sends Redirects when a packet leaves by the link that it came from, so the
 * route must name a link that nothing ever comes from. It is a TUN device that nobody reads: the LWT
 * program takes every packet before it gets there. It is persistent, and its removal removes all routes.
 *
 * The routes are in a table of our own, looked up before the main table: there the on-link route of a
 * shared home prefix, or the one to a WTRU's own prefix, would be in the way.
 *
 * Cost: about 1 kB of kernel memory per route.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "io/log.h"
#include "kernel/dataplane_bpf.h"

#define DEVICE "mip6"
#define DEVICE_MTU 65535
#define TABLE 10500
#define RULE_PRIORITY 31900

static const struct rtnl_rule table_rule = {
	.priority = RULE_PRIORITY, .table = TABLE, .suppress_prefix_len = -1};

static int device_open(bool persist)
{
	struct ifreq request = {.ifr_name = DEVICE, .ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), rc;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, TUNSETIFF, &request) < 0 || ioctl(fd, TUNSETPERSIST, persist ? 1UL : 0UL) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

/* No link-local address, no Router Solicitations, and its routes hold without a reader too. */
static void device_quiet(void)
{
	rtnl_sysctl_set("net/ipv6/conf/" DEVICE "/addr_gen_mode", 1);
	rtnl_sysctl_set("net/ipv6/conf/" DEVICE "/accept_ra", 0);
	rtnl_sysctl_set("net/ipv6/conf/" DEVICE "/ignore_routes_with_linkdown", 0);
}

static int device_up(void)
{
	struct ifreq request = {.ifr_name = DEVICE};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

	if (fd < 0)
		return -errno;
	request.ifr_mtu = DEVICE_MTU;
	if (ioctl(fd, SIOCSIFMTU, &request) < 0)
		rc = -errno;
	if (rc == 0 && ioctl(fd, SIOCGIFFLAGS, &request) < 0)
		rc = -errno;
	request.ifr_flags |= IFF_UP;
	if (rc == 0 && ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

int dataplane_slow_open(struct dataplane_slow *slow, struct rtnl *rtnl, bool fresh)
{
	int fd, rc;

	if (fresh && if_nametoindex(DEVICE)) {
		fd = device_open(false);
		if (fd >= 0)
			close(fd);
	}
	fd = device_open(true);
	if (fd < 0) {
		log_err("data plane: cannot make the device " DEVICE ": %s%s", strerror(-fd),
			fd == -EBUSY ? " (another process has it)" : "");
		return fd;
	}
	device_quiet();
	rc = device_up();
	if (rc < 0)
		log_err("data plane: cannot bring the device " DEVICE " up: %s", strerror(-rc));
	else
		rc = rtnl_rule_set(rtnl, &table_rule);
	if (rc < 0) {
		close(fd);
		return rc;
	}
	slow->tun = fd;
	slow->ifindex = if_nametoindex(DEVICE);
	return 0;
}

static struct rtnl_route route_of(const struct dataplane_slow *slow, const struct mip6_prefix *home)
{
	return (struct rtnl_route){.dst = *home, .table = TABLE, .ifindex = slow->ifindex};
}

int dataplane_slow_set(const struct dataplane_slow *slow, struct rtnl *rtnl, int program,
		       const struct mip6_prefix *home, uint32_t outer_mtu)
{
	struct rtnl_route route = route_of(slow, home);

	/* The kernel subtracts the headroom itself: 1500 here is Packet Too Big 1460 for the sender. */
	route.mtu = outer_mtu;
	route.lwt_xmit_fd = program;
	route.lwt_headroom = TUNNEL_OVERHEAD;
	return rtnl_route_set(rtnl, &route);
}

int dataplane_slow_remove(const struct dataplane_slow *slow, struct rtnl *rtnl,
			  const struct mip6_prefix *home)
{
	struct rtnl_route route = route_of(slow, home);

	return rtnl_route_remove(rtnl, &route);
}

void dataplane_slow_close(struct dataplane_slow *slow, struct rtnl *rtnl, bool keep)
{
	if (slow->tun < 0)
		return;
	if (!keep) {
		rtnl_rule_remove(rtnl, &table_rule);
		ioctl(slow->tun, TUNSETPERSIST, 0UL);
	}
	close(slow->tun);
	slow->tun = -1;
}
