/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages of the XFRM module: builders and parsers, which touch no socket, so that they can be
 * tested octet by octet and fuzzed.
 */
#ifndef MIP6_KERNEL_XFRM_INTERNAL_H
#define MIP6_KERNEL_XFRM_INTERNAL_H

#include <linux/xfrm.h>

#include "kernel/netlink.h"
#include "kernel/xfrm.h"

#define XFRM_REQUEST_MAX 1024 /* the longest, an SA with two keys, takes some 600 octets */

struct xfrm_request {
	union {
		struct nlmsghdr nlh; /* for the alignment */
		uint8_t data[XFRM_REQUEST_MAX];
	};
};

struct xfrm_care_of_state {
	enum xfrm_care_of kind;
	struct mip6_addr src, dst, coa;
	uint32_t mark; /* not parsed */
};

/* All return request's header; sequence number and NLM_F_ACK are the sender's matter. */
struct nlmsghdr *xfrm_build_sa(struct xfrm_request *request, uint16_t type,
                               const struct xfrm_sa *sa);
struct nlmsghdr *xfrm_build_sa_id(struct xfrm_request *request, uint16_t type,
                                  const struct mip6_addr *dst, uint32_t spi);
struct nlmsghdr *xfrm_build_care_of(struct xfrm_request *request, uint16_t type,
                                    const struct xfrm_care_of_state *state);
struct nlmsghdr *xfrm_build_care_of_id(struct xfrm_request *request,
                                       const struct xfrm_care_of_state *state);
struct nlmsghdr *xfrm_build_policy(struct xfrm_request *request, const struct xfrm_policy *policy);
struct nlmsghdr *xfrm_build_policy_id(struct xfrm_request *request,
                                      const struct xfrm_policy *policy);
struct nlmsghdr *xfrm_build_migrate(struct xfrm_request *request,
                                    const struct xfrm_migration *migration);
struct nlmsghdr *xfrm_build_dump(struct xfrm_request *request, uint16_t type);
struct nlmsghdr *xfrm_build_dump_between(struct xfrm_request *request, const struct mip6_addr *src,
                                         const struct mip6_addr *dst);
/* The policy of xfrm_move_keying(), and its migration. */
struct nlmsghdr *xfrm_build_keying(struct xfrm_request *request, bool remove);
struct nlmsghdr *xfrm_build_move_keying(struct xfrm_request *request, uint32_t reqid,
                                        const struct mip6_addr *local,
                                        const struct mip6_addr *remote);

/* A policy and its templates; the number of templates. */
size_t xfrm_fill_policy(const struct xfrm_policy *policy, struct xfrm_userpolicy_info *info,
                        struct xfrm_user_tmpl tmpl[2]);

/* One message of XFRM_MSG_NEWSA or XFRM_MSG_NEWPOLICY. False: not of this kind, or not IPv6. */
bool xfrm_parse_sa(const struct nlmsghdr *nlh, struct xfrm_sa *ret);
bool xfrm_parse_care_of(const struct nlmsghdr *nlh, struct xfrm_care_of_state *ret);
bool xfrm_parse_policy(const struct nlmsghdr *nlh, struct xfrm_policy *ret);

bool xfrm_sa_equal(const struct xfrm_sa *a, const struct xfrm_sa *b);

#endif
