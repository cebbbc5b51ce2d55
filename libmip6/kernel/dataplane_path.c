// SPDX-License-Identifier: LGPL-2.1-or-later
/* MTUs of paths and links, asked from the kernel. Keeps no state. */
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "kernel/dataplane_path.h"
#include "kernel/rtnl.h"

#define MTU_MIN 1280
#define MTU_STANDARD 1500

static int mtu_of(int fd, const struct mip6_addr *local, const struct mip6_addr *peer,
                  uint16_t port)
{
	struct sockaddr_in6 from = {.sin6_family = AF_INET6},
			    to = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	socklen_t size = sizeof(int);
	int mtu = 0;

	memcpy(&from.sin6_addr, local, 16);
	memcpy(&to.sin6_addr, peer, 16);
	/* Connecting sends nothing. An address that is not there yet is one for the kernel to
	 * choose. */
	(void)bind(fd, (struct sockaddr *)&from, sizeof(from));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &size) < 0)
		return 0;
	return mtu;
}

uint32_t dataplane_mtu_of_path(const struct mip6_addr *local, const struct mip6_addr *peer)
{
	/* IPsec policies look at the protocol. */
	int fd = socket(AF_INET6, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_IPV6), mtu;
	uint16_t port = 0;

	if (fd < 0) {
		fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
		port = 9;
	}
	if (fd < 0)
		return MTU_STANDARD;
	mtu = mtu_of(fd, local, peer, port);
	close(fd);
	return mtu < MTU_MIN ? MTU_STANDARD : (uint32_t)mtu;
}

uint32_t dataplane_mtu_of_link(uint32_t ifindex)
{
	char name[IF_NAMESIZE], path[64];
	int mtu;

	if (!ifindex || !if_indextoname(ifindex, name))
		return MTU_STANDARD;
	snprintf(path, sizeof(path), "net/ipv6/conf/%s/mtu", name);
	if (rtnl_sysctl_get(path, &mtu) < 0 || mtu < MTU_MIN)
		return MTU_STANDARD;
	return (uint32_t)mtu;
}
