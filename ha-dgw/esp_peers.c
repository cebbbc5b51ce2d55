// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mobility Headers between gateways inside ESP, with static keys; by configuration ("tunnels" of the
 * entry) the tunnels between them too.
 *
 * A PGW speaks for home addresses and is itself the care-of address, so its messages have Home
 * Address options, and the answers routing headers. They go as they are through a tunnel of ESP
 * between the two gateways' addresses, which the security associations name: what comes out of it
 * has that source. The policies ask for it in both directions: what comes from such a gateway's
 * address without ESP is dropped before the daemon sees it. On top of that the authentication
 * option stays (RFC 4285).
 *
 * Tunnels have policies of their own, for IPv6 in IPv6, in the same associations: the data plane's
 * outer packets are routed by the kernel, and so meet them. What comes in is checked by the data
 * plane, which may take it before the kernel's policies see it (dataplane_ops.protect).
 *
 * Owns the security associations and policies with XFRM_REQID_GATEWAY.
 */
#include "dgwd.h"

#include <errno.h>
#include <stdlib.h>

#define PROTO_IPV6 41
#define PROTO_MH 135
#define PROTO_RAW \
	255 /* what the kernel takes for the protocol of packets that we have made whole */
#define PRIORITY 1500

struct leftovers {
	struct dgwd *d;
	size_t sas, policies;
	struct xfrm_sa sa[64];
	struct xfrm_policy policy[64];
};

static const struct keys_esp *get(const struct dgwd *d, size_t index)
{
	return d->keys != NULL ? keys_get_esp_gateway(d->keys, index) : NULL;
}

int esp_peers_open(struct dgwd *d)
{
	char why[160] = "no XFRM";
	int error;

	if (get(d, 0) == NULL)
		return 0;
	error = xfrm_open(&d->esp_peers);
	if (error == 0)
		error = xfrm_probe(d->esp_peers, why, sizeof(why));
	if (error != 0)
		log_err("cannot protect messages between gateways by ESP: %s error=\"%s\"", why,
		        strerror(-error));
	return error;
}

static struct xfrm_sa make_sa(const struct keys_esp *keys, const struct mip6_addr *own, bool in)
{
	const struct mip6_addr *peer = &keys->anchor.addr;
	struct xfrm_sa sa = {
		.src = in ? *peer : *own,
		.dst = in ? *own : *peer,
		.reqid = XFRM_REQID_GATEWAY,
		.tunnel = true,
	};

	sa.match.src = mip6_prefix_make(&sa.src, 128);
	sa.match.dst = mip6_prefix_make(&sa.dst, 128);
	keys_esp_fill(keys, in, &sa);
	return sa;
}

static struct xfrm_policy make_policy(const struct keys_esp *keys, const struct mip6_addr *own,
                                      bool in, uint8_t protocol)
{
	const struct mip6_addr *peer = &keys->anchor.addr;

	return (struct xfrm_policy){
		.direction = in ? XFRM_DIRECTION_IN : XFRM_DIRECTION_OUT,
		.match = {.src = mip6_prefix_make(in ? peer : own, 128),
	                  .dst = mip6_prefix_make(in ? own : peer, 128),
	                  .protocol = protocol},
		.priority = PRIORITY,
		.reqid = XFRM_REQID_GATEWAY,
		.tunnel = true,
		.tunnel_src = in ? *peer : *own,
		.tunnel_dst = in ? *own : *peer,
	};
}

/* spi 0: a policy for this protocol. */
static bool is_wanted(const struct dgwd *d, const struct mip6_addr *src,
                      const struct mip6_addr *dst, uint32_t spi, uint8_t protocol)
{
	const struct mip6_addr *own = links_home_agent(d->links);
	const struct keys_esp *keys;

	for (size_t i = 0; own != NULL && (keys = get(d, i)) != NULL; i++) {
		const struct mip6_addr *peer = &keys->anchor.addr;

		if (protocol == PROTO_IPV6 && !keys->tunnels)
			continue;
		if (mip6_addr_equal(src, own) && mip6_addr_equal(dst, peer) &&
		    (spi == 0 || spi == keys->spi_out))
			return true;
		if (mip6_addr_equal(src, peer) && mip6_addr_equal(dst, own) &&
		    (spi == 0 || spi == keys->spi_in))
			return true;
	}
	return false;
}

static void found_sa(void *ctx, const struct xfrm_sa *sa)
{
	struct leftovers *left = ctx;

	if (sa->ours && sa->reqid == XFRM_REQID_GATEWAY &&
	    left->sas < sizeof(left->sa) / sizeof(left->sa[0]) &&
	    !is_wanted(left->d, &sa->src, &sa->dst, sa->spi, 0))
		left->sa[left->sas++] = *sa;
}

static void found_policy(void *ctx, const struct xfrm_policy *policy)
{
	struct leftovers *left = ctx;

	if (policy->reqid == XFRM_REQID_GATEWAY &&
	    left->policies < sizeof(left->policy) / sizeof(left->policy[0]) &&
	    !is_wanted(left->d, &policy->match.src.addr, &policy->match.dst.addr, 0,
	               policy->match.protocol))
		left->policy[left->policies++] = *policy;
}

/* What an earlier run, or earlier keys, left. */
static int remove_others(struct dgwd *d)
{
	struct leftovers left = {.d = d};
	int error = xfrm_policy_list(d->esp_peers, found_policy, &left);

	if (error == 0)
		error = xfrm_sa_list(d->esp_peers, found_sa, &left);
	for (size_t i = 0; error == 0 && i < left.policies; i++)
		error = xfrm_policy_remove(d->esp_peers, &left.policy[i]);
	for (size_t i = 0; error == 0 && i < left.sas; i++)
		error = xfrm_sa_remove(d->esp_peers, &left.sa[i].dst, left.sa[i].spi);
	mip6_auth_wipe(left.sa, sizeof(left.sa));
	return error;
}

static int set_peer(struct dgwd *d, const struct keys_esp *keys, const struct mip6_addr *own)
{
	int error = 0;

	for (int in = 0; in < 2 && error == 0; in++) {
		struct xfrm_sa sa = make_sa(keys, own, in != 0);
		struct xfrm_policy policy =
			make_policy(keys, own, in != 0, in ? PROTO_MH : PROTO_RAW);

		error = xfrm_sa_set(d->esp_peers, &sa);
		if (error == 0)
			error = xfrm_policy_set(d->esp_peers, &policy);
		policy.match.protocol = PROTO_IPV6;
		if (error == 0 && keys->tunnels)
			error = xfrm_policy_set(d->esp_peers, &policy);
		mip6_auth_wipe(&sa, sizeof(sa));
	}
	return error;
}

static void protect_tunnels(struct dgwd *d)
{
	struct mip6_addr peers[DATAPLANE_PEERS_MAX];
	const struct keys_esp *keys;
	size_t count = 0;
	int error;

	for (size_t i = 0; (keys = get(d, i)) != NULL; i++)
		if (keys->tunnels && d->esp_peers != NULL && count < DATAPLANE_PEERS_MAX)
			peers[count++] = keys->anchor.addr;
	error = d->dp_ops->protect(d->dp, peers, count);
	if (error != 0)
		log_err("cannot protect tunnels between gateways by ESP error=\"%s\"",
		        strerror(-error));
}

void esp_peers_configure(struct dgwd *d)
{
	const struct mip6_addr *own = links_home_agent(d->links);
	const struct keys_esp *keys;
	int error;

	if (d->esp_peers == NULL) {
		if (get(d, 0) != NULL)
			log_warning(
				"\"gateways\" of the keys file take effect at the next restart");
		protect_tunnels(d);
		return;
	}
	error = remove_others(d);
	for (size_t i = 0; own != NULL && error == 0 && (keys = get(d, i)) != NULL; i++)
		error = set_peer(d, keys, own);
	if (error != 0)
		log_err("cannot protect messages between gateways by ESP error=\"%s\"",
		        xfrm_error(d->esp_peers));
	protect_tunnels(d);
}

void esp_peers_close(struct dgwd *d, bool keep)
{
	if (d->esp_peers == NULL)
		return;
	if (!keep) {
		keys_free(d->keys);
		d->keys = NULL; /* then nothing is wanted */
		if (remove_others(d) != 0)
			log_warning("cannot remove security associations error=\"%s\"",
			            xfrm_error(d->esp_peers));
	}
	xfrm_close(d->esp_peers);
	d->esp_peers = NULL;
}
