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

uint32_t dataplane_mtu_of_path(const struct mip6_addr *peer)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0), mtu = 0;
	socklen_t size = sizeof(mtu);

	memcpy(&to.sin6_addr, peer, 16);
	if (fd < 0)
		return MTU_STANDARD;
	/* Connecting a datagram socket sends nothing. */
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 ||
	    getsockopt(fd, IPPROTO_IPV6, IPV6_MTU, &mtu, &size) < 0 || mtu < MTU_MIN)
		mtu = MTU_STANDARD;
	close(fd);
	return (uint32_t)mtu;
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
