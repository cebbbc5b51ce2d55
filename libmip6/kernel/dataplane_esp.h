/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reverse tunnels inside ESP (RFC 6275 section 5.5, RFC 4877 section 4.4): a data plane in front of
 * another. Bindings for which there are security associations become tunnels of the kernel's IPsec,
 * in tunnel mode between care-of address and home agent; all others, and everything else, are the
 * other's.
 */
#ifndef MIP6_KERNEL_DATAPLANE_ESP_H
#define MIP6_KERNEL_DATAPLANE_ESP_H

#include "kernel/dataplane.h"
#include "kernel/xfrm.h"

#define DATAPLANE_ESP_AS_IT_IS UINT32_MAX

/*
 * The pair of security associations for this binding: SPIs, algorithms, keys, and for match the
 * home addresses that they may carry. Addresses, mode and reqid are filled in here. Or SPI 0 and a reqid
 * in both: key management makes and moves them, if there are none nothing passes; in ret_in, reqid 0
 * is any of the peer's; DATAPLANE_ESP_AS_IT_IS: what an earlier process left stays so. False: there is none, the binding goes in clear.
 */
typedef bool dataplane_esp_find(void *ctx, const struct dataplane_binding *binding,
                                struct xfrm_sa *ret_in, struct xfrm_sa *ret_out);

/*
 * Put it in front of *ops and *dp, which are others afterwards and end with the new one's close().
 * xfrm is borrowed. What an earlier process left is in list(). 0, or a negative errno and nothing
 * changed.
 */
int dataplane_esp_wrap(const struct dataplane_ops **ops, struct dataplane **dp,
                       enum dataplane_role role, struct xfrm *xfrm, dataplane_esp_find *find,
                       void *ctx);
/* Is this binding a tunnel inside ESP? ops and dp as wrapped, or not. */
bool dataplane_esp_has(const struct dataplane_ops *ops, const struct dataplane *dp,
                       const struct mip6_prefix *home);

#endif
