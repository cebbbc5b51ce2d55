// SPDX-License-Identifier: LGPL-2.1-or-later
/* TUN devices of the data plane: made, brought up, kept silent, removed. */
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/log.h"
#include "kernel/dataplane_bpf.h"

/* Routes through it carry the MTU that holds. */
#define DEVICE_MTU 65535

static int device_open(const char *name, bool persist)
{
	struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK), rc;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, TUNSETIFF, &request) < 0 ||
	    ioctl(fd, TUNSETPERSIST, persist ? 1UL : 0UL) < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	return fd;
}

static void set_value(const char *name, const char *key, int value)
{
	char path[80];

	snprintf(path, sizeof(path), "net/ipv6/conf/%s/%s", name, key);
	rtnl_sysctl_set(path, value);
}

static int device_up(const char *name)
{
	struct ifreq request = {0};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), rc = 0;

	if (fd < 0)
		return -errno;
	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
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

int dataplane_tun_open(const char *name, bool fresh, bool persist, uint32_t *ret_ifindex)
{
	int fd, rc;

	if (fresh && if_nametoindex(name)) {
		fd = device_open(name, false);
		if (fd >= 0)
			close(fd);
	}
	fd = device_open(name, persist);
	if (fd < 0) {
		log_err("data plane: cannot make the device %s: %s%s", name, strerror(-fd),
		        fd == -EBUSY ? " (another process has it)" : "");
		return fd;
	}
	/* No link-local address, no Router Solicitations, and its routes hold without a reader too.
	 */
	set_value(name, "addr_gen_mode", 1);
	set_value(name, "accept_ra", 0);
	set_value(name, "ignore_routes_with_linkdown", 0);
	rc = device_up(name);
	if (rc < 0) {
		log_err("data plane: cannot bring the device %s up: %s", name, strerror(-rc));
		dataplane_tun_close(fd, false);
		return rc;
	}
	*ret_ifindex = if_nametoindex(name);
	return fd;
}

void dataplane_tun_close(int fd, bool keep)
{
	if (!keep)
		ioctl(fd, TUNSETPERSIST, 0UL);
	close(fd);
}
