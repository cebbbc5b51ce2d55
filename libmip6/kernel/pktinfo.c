// SPDX-License-Identifier: LGPL-2.1-or-later
/* IPV6_PKTINFO, sent and received (RFC 3542 section 6). Keeps no state. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "kernel/pktinfo.h"

int pktinfo_send(int fd, const struct mip6_addr *src, uint32_t ifindex,
                 const struct mip6_addr *dst, void *data, size_t len)
{
	struct in6_pktinfo info = {.ipi6_ifindex = ifindex};
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_scope_id = ifindex};
	union {
		struct cmsghdr header;
		uint8_t data[CMSG_SPACE(sizeof(struct in6_pktinfo))];
	} control = {0};
	struct iovec iov = {.iov_base = data, .iov_len = len};
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.data,
		.msg_controllen = sizeof(control.data),
	};
	ssize_t n;

	memcpy(&to.sin6_addr, dst->b, sizeof(to.sin6_addr));
	memcpy(&info.ipi6_addr, src->b, sizeof(info.ipi6_addr));
	control.header.cmsg_level = IPPROTO_IPV6;
	control.header.cmsg_type = IPV6_PKTINFO;
	control.header.cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(&control.header), &info, sizeof(info));
	do
		n = sendmsg(fd, &msg, 0);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

bool pktinfo_destination(struct msghdr *msg, struct mip6_addr *ret, uint32_t *ret_ifindex)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct in6_pktinfo info;

		if (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_PKTINFO)
			continue;
		memcpy(&info, CMSG_DATA(c), sizeof(info));
		memcpy(ret->b, &info.ipi6_addr, sizeof(ret->b));
		if (ret_ifindex)
			*ret_ifindex = (uint32_t)info.ipi6_ifindex;
		return true;
	}
	return false;
}
