/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bounded iteration over netlink messages and attributes, in place of libmnl's: that compares
 * lengths as signed numbers, rounds the end of a message up, and does not pass -Wconversion.
 */
#ifndef MIP6_KERNEL_NETLINK_H
#define MIP6_KERNEL_NETLINK_H

#include <libmnl/libmnl.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>

static inline bool netlink_message_ok(const struct nlmsghdr *nlh, size_t left)
{
	return left >= sizeof(*nlh) && nlh->nlmsg_len >= sizeof(*nlh) && nlh->nlmsg_len <= left;
}

static inline const struct nlmsghdr *netlink_message_next(const struct nlmsghdr *nlh, size_t *left)
{
	size_t step = ((size_t)nlh->nlmsg_len + 3) & ~(size_t)3; /* NLMSG_ALIGN */

	*left = step < *left ? *left - step : 0;
	return (const struct nlmsghdr *)((const char *)nlh + step);
}

/* All messages in data of len octets (one datagram); left is a size_t of the caller's. */
#define netlink_for_each_message(nlh, left, data, len)                                       \
	for ((nlh) = (const struct nlmsghdr *)(data), (left) = (size_t)(len);                \
	     netlink_message_ok((nlh), (left)); (nlh) = netlink_message_next((nlh), &(left)))

static inline const char *netlink_message_end(const struct nlmsghdr *nlh)
{
	return (const char *)nlh + nlh->nlmsg_len;
}

static inline bool netlink_attr_ok(const struct nlattr *attr, const char *end)
{
	ptrdiff_t left = end - (const char *)attr;

	return left >= (ptrdiff_t)sizeof(*attr) && attr->nla_len >= sizeof(*attr) &&
	       attr->nla_len <= left;
}

static inline const char *netlink_attr_end(const struct nlattr *nest)
{
	return (const char *)nest + nest->nla_len;
}

/* All attributes of a message behind a header of offset octets. */
#define netlink_for_each_attr(attr, nlh, offset)                     \
	for ((attr) = mnl_nlmsg_get_payload_offset((nlh), (offset)); \
	     netlink_attr_ok((attr), netlink_message_end(nlh)); (attr) = mnl_attr_next(attr))
#define netlink_for_each_nested(attr, nest)                                                    \
	for ((attr) = mnl_attr_get_payload(nest); netlink_attr_ok((attr), netlink_attr_end(nest)); \
	     (attr) = mnl_attr_next(attr))

#endif
