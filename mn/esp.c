// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IPsec of the WTRU daemon with static keys (RFC 6275 sections 5.1 and 5.4): a pair of security
 * associations for each home address and home agent, made before the first message, which is the
 * anchor claim. They name the home address, so no move touches them.
 *
 * Owns the security associations with XFRM_OWNER. Those that an earlier process left stay when they
 * are still right.
 */
#include "mnd.h"

#include <errno.h>
#include <stdlib.h>

#include "io/clock.h"
#include "kernel/dataplane_esp.h"

static bool wanted(const struct mnd_config *config)
{
	return mnd_config_uses(config, MND_PROTECTION_MANUAL) ||
	       mnd_config_uses(config, MND_PROTECTION_IKE);
}

static struct esp_made *find(struct esp *esp, const struct mip6_addr *hoa,
                             const struct mip6_addr *dst, uint32_t spi)
{
	for (size_t i = 0; i < esp->count; i++)
		if (esp->made[i].spi == spi && mip6_addr_equal(&esp->made[i].dst, dst) &&
		    mip6_addr_equal(&esp->made[i].hoa, hoa))
			return &esp->made[i];
	return NULL;
}

static void note(struct esp *esp, const struct mip6_addr *hoa, const struct mip6_addr *dst,
                 uint32_t spi, bool fresh)
{
	struct esp_made *made = find(esp, hoa, dst, spi);

	if (made) {
		made->fresh = fresh;
		return;
	}
	if (esp->count == esp->space) {
		size_t space = esp->space ? esp->space * 2 : 16;
		struct esp_made *more = reallocarray(esp->made, space, sizeof(*more));

		if (!more)
			return; /* it stays until the daemon ends */
		esp->made = more;
		esp->space = space;
	}
	esp->made[esp->count++] = (struct esp_made){*hoa, *dst, spi, fresh};
}

/* The home address is one end of what we make: that which the selector of the other way has too. */
static void found(void *ctx, const struct xfrm_sa *sa)
{
	struct esp *esp = ctx;

	if (!sa->ours || sa->reqid != XFRM_REQID_NODE)
		return;
	note(esp, &sa->src, &sa->dst, sa->spi, false);
	note(esp, &sa->dst, &sa->dst, sa->spi, false);
}

static bool find_payload(void *ctx, const struct dataplane_binding *binding, struct xfrm_sa *ret_in,
                         struct xfrm_sa *ret_out)
{
	const struct mnd *mnd = ctx;
	const struct keys_esp *keys = mnd->keys
	                                      ? keys_wtru_find_esp(mnd->keys, &binding->home.addr,
	                                                           &binding->peer, KEYS_ESP_PAYLOAD)
	                                      : NULL;
	enum mnd_protection protection;
	bool payload;

	protection = mnd_config_protection(&mnd->config, &binding->home.addr, &payload);
	if (!payload)
		return false;
	if (protection == MND_PROTECTION_IKE)
		return keying_find_payload(mnd, binding, &ret_in->reqid, &ret_out->reqid);
	if (protection != MND_PROTECTION_MANUAL || !keys)
		return false;
	keys_esp_fill(keys, true, ret_in);
	keys_esp_fill(keys, false, ret_out);
	ret_in->match.dst = ret_out->match.src = keys->home;
	return true;
}

static int open_xfrm(struct mnd *mnd, char *why, size_t size)
{
	int err = xfrm_open(&mnd->esp.xfrm);

	snprintf(why, size, "no XFRM");
	if (!err)
		err = xfrm_probe(mnd->esp.xfrm, why, size);
	if (!err)
		err = xfrm_sa_list(mnd->esp.xfrm, found, &mnd->esp);
	return err;
}

static int wrap_dataplane(struct mnd *mnd)
{
	return dataplane_esp_wrap(&mnd->dp_ops, &mnd->dp, DATAPLANE_WTRU, mnd->esp.xfrm,
	                          find_payload, mnd);
}

int esp_open(struct mnd *mnd)
{
	char why[160];
	int err;

	if (!wanted(&mnd->config))
		return 0;
	err = open_xfrm(mnd, why, sizeof(why));
	if (!err) {
		snprintf(why, sizeof(why), "no tunnels inside ESP");
		err = wrap_dataplane(mnd);
	}
	if (err)
		log_err("cannot protect Binding Updates by ESP: %s error=\"%s\"", why,
		        strerror(-err));
	return err;
}

int esp_start(struct mnd *mnd)
{
	int err;

	if (!mnd->esp.xfrm)
		return 0;
	path_mark_home(mnd->path);
	err = transport_open_esp(mnd->transport, mnd->esp.xfrm, false);
	if (err)
		log_err("cannot protect Binding Updates by ESP: no socket for it error=\"%s\"",
		        strerror(-err));
	return err ? err : keying_open(mnd);
}

static void forget_xfrm(struct mnd *mnd)
{
	xfrm_close(mnd->esp.xfrm);
	free(mnd->esp.made);
	mnd->esp = (struct esp){.xfrm = NULL};
}

int esp_admit(struct mnd *mnd, const struct mnd_config *config, config_report report, void *ctx)
{
	const char *file = mnd->options.config_file;
	char why[160];
	int err;

	if (!wanted(config))
		return 0;
	err = keying_check(config, report, ctx);
	if (err || mnd->esp.xfrm)
		return err;
	err = open_xfrm(mnd, why, sizeof(why));
	if (!err) {
		snprintf(why, sizeof(why), "cannot open ESP");
		err = transport_open_esp(mnd->transport, mnd->esp.xfrm, false);
	}
	if (!err) {
		err = wrap_dataplane(mnd);
		if (err)
			transport_close_esp(mnd->transport, false);
	}
	if (err) {
		report(ctx, file, 0, why);
		forget_xfrm(mnd);
		return err;
	}
	path_set_dataplane(mnd->path, mnd->dp_ops, mnd->dp);
	path_mark_home(mnd->path);
	return 0;
}

enum wtru_esp esp_of(void *ctx, const struct mip6_addr *hoa, const struct mip6_addr *anchor)
{
	const struct mnd *mnd = ctx;

	switch (mnd_config_protection(&mnd->config, hoa, NULL)) {
	case MND_PROTECTION_RFC4285:
		break;
	case MND_PROTECTION_MANUAL:
		return WTRU_ESP_STATIC;
	case MND_PROTECTION_IKE:
		/* A PGW has an authentication option. */
		if (mip6_addr_equal(anchor, &mnd->config.home_pgw))
			return WTRU_ESP_NONE;
		return mnd->config.ike_migrate ? WTRU_ESP_IKE : WTRU_ESP_STATIC;
	}
	return WTRU_ESP_NONE;
}

static int set_sa(struct mnd *mnd, const struct keys_esp *keys, const struct mip6_addr *hoa,
                  const struct mip6_addr *peer, uint8_t protocol, bool in)
{
	const struct mip6_addr *src = in ? peer : hoa, *dst = in ? hoa : peer;
	struct xfrm_sa sa = {
		.src = *src,
		.dst = *dst,
		.reqid = XFRM_REQID_NODE,
		.match = {.src = mip6_prefix_make(src, 128),
	                  .dst = mip6_prefix_make(dst, 128),
	                  .protocol = protocol},
	};
	const struct esp_made *made;
	int err;

	keys_esp_fill(keys, in, &sa);
	made = find(&mnd->esp, hoa, dst, sa.spi);
	err = made && made->fresh ? 0 : xfrm_sa_set(mnd->esp.xfrm, &sa);
	if (err)
		log_limited(&mnd->limit_send, clock_monotonic(), LOG_LEVEL_ERR,
		            "cannot set security association spi=%u dst=%s error=\"%s\"", sa.spi,
		            addr_text(dst), xfrm_error(mnd->esp.xfrm));
	else
		note(&mnd->esp, hoa, dst, sa.spi, true);
	mip6_auth_wipe(&sa, sizeof(sa));
	return err;
}

static int set_pair(struct mnd *mnd, const struct keys_esp *keys, const struct mip6_addr *hoa,
                    const struct mip6_addr *peer, bool has_other)
{
	uint8_t protocol = keys_esp_protocol(keys, has_other);
	int err = set_sa(mnd, keys, hoa, peer, protocol, true);

	return err ? err : set_sa(mnd, keys, hoa, peer, protocol, false);
}

/* What static keys there are for this home address and home agent; -ENOKEY: none. */
static int set_pairs(struct mnd *mnd, const struct mip6_addr *hoa, const struct mip6_addr *peer)
{
	const struct keys_esp *keys = NULL, *prefixes = NULL;
	int err;

	if (mnd->keys) {
		keys = keys_wtru_find_esp(mnd->keys, hoa, peer, KEYS_ESP_SIGNALLING);
		prefixes = keys_wtru_find_esp(mnd->keys, hoa, peer, KEYS_ESP_PREFIXES);
	}
	if (!keys)
		return -ENOKEY;
	err = set_pair(mnd, keys, hoa, peer, prefixes);
	/* What the home agent says about prefixes may come unasked. */
	return err || !prefixes ? err : set_pair(mnd, prefixes, hoa, peer, true);
}

static bool is_manual(const struct mnd *mnd, const struct mip6_addr *hoa)
{
	return mnd_config_protection(&mnd->config, hoa, NULL) == MND_PROTECTION_MANUAL;
}

int esp_prepare(struct mnd *mnd, const struct mip6_packet *packet)
{
	const struct mip6_addr *hoa = mip6_packet_source(packet), *peer = &packet->dst;
	int err;

	if (!mnd->esp.xfrm)
		return -EPROTONOSUPPORT;
	if (mnd_config_protection(&mnd->config, hoa, NULL) == MND_PROTECTION_IKE)
		return keying_prepare(mnd, hoa, peer);
	err = is_manual(mnd, hoa) ? set_pairs(mnd, hoa, peer) : 0;
	if (err == -ENOKEY)
		log_limited(&mnd->limit_send, clock_monotonic(), LOG_LEVEL_ERR,
		            "no security association hoa=%s anchor=%s: \"sas\" in the key file has "
		            "none",
		            addr_text(hoa), addr_text(peer));
	return err;
}

static bool is_instance(void *ctx, const struct mip6_addr *hoa)
{
	const struct mnd *mnd = ctx;
	struct wtru_instance_info info;

	for (size_t i = 0; wtru_instance_get(mnd->core, i, &info); i++)
		if (mip6_addr_equal(&info.hoa, hoa))
			return true;
	return false;
}

static bool is_wanted(struct mnd *mnd, const struct mip6_addr *dst, uint32_t spi)
{
	for (size_t i = 0; i < mnd->esp.count; i++)
		if (mnd->esp.made[i].spi == spi && mip6_addr_equal(&mnd->esp.made[i].dst, dst) &&
		    is_instance(mnd, &mnd->esp.made[i].hoa))
			return true;
	return false;
}

static void drop(struct mnd *mnd, size_t index)
{
	struct esp *esp = &mnd->esp;
	struct esp_made made = esp->made[index];

	esp->made[index] = esp->made[--esp->count];
	if (!is_wanted(mnd, &made.dst, made.spi) && xfrm_sa_remove(esp->xfrm, &made.dst, made.spi))
		log_warning("cannot remove security association spi=%u error=\"%s\"", made.spi,
		            xfrm_error(esp->xfrm));
}

void esp_collect(struct mnd *mnd)
{
	if (!mnd->esp.xfrm)
		return;
	for (size_t i = mnd->esp.count; i-- > 0;)
		if (!is_instance(mnd, &mnd->esp.made[i].hoa))
			drop(mnd, i);
	transport_retain(mnd->transport, is_instance, mnd);
}

static const struct mip6_addr *peer_of(const struct wtru_instance_info *info)
{
	return mip6_addr_is_unspecified(&info->peer) ? &info->anchor : &info->peer;
}

void esp_reload(struct mnd *mnd)
{
	struct wtru_instance_info info;

	if (!mnd->esp.xfrm)
		return;
	for (size_t i = 0; i < mnd->esp.count; i++)
		mnd->esp.made[i].fresh = false;
	for (size_t i = 0; wtru_instance_get(mnd->core, i, &info); i++)
		if (is_manual(mnd, &info.hoa))
			(void)set_pairs(mnd, &info.hoa, peer_of(&info));
	/* Nothing comes in any more with keys that were taken away. */
	for (size_t i = mnd->esp.count; i-- > 0;)
		if (!mnd->esp.made[i].fresh)
			drop(mnd, i);
	mnd->refresh_due = true;
	keying_reload(mnd);
}

void esp_close(struct mnd *mnd, bool keep)
{
	if (!mnd->esp.xfrm)
		return;
	keying_close(mnd, keep);
	if (mnd->transport)
		transport_close_esp(mnd->transport, keep);
	if (!keep && xfrm_flush(mnd->esp.xfrm))
		log_warning("cannot remove security associations error=\"%s\"",
		            xfrm_error(mnd->esp.xfrm));
	forget_xfrm(mnd);
}

void esp_add(struct mnd *mnd, struct json_object *object, const struct wtru_instance_info *info)
{
	enum mnd_protection protection = mnd_config_protection(&mnd->config, &info->hoa, NULL);
	const struct mip6_addr *peer = peer_of(info);
	const struct keys_esp *keys;
	struct mip6_prefix home = mip6_prefix_make(&info->hoa, 128);
	struct xfrm_sa sa;
	const char *why;
	bool up;

	control_add_string(object, "protection",
	                   protection == MND_PROTECTION_RFC4285 && !mnd->keys
	                           ? "none"
	                           : mnd_protection_names[protection]);
	if (protection == MND_PROTECTION_IKE) {
		control_add_string(object, "sa", keying_state(mnd, &info->hoa));
		why = keying_error(mnd, &info->hoa);
		if (why)
			control_add_string(object, "sa_error", why);
		if (keying_has_payload(mnd, &info->hoa) &&
		    dataplane_esp_has(mnd->dp_ops, mnd->dp, &home))
			control_add_bool(object, "payload", true);
	}
	if (protection != MND_PROTECTION_MANUAL || !mnd->esp.xfrm)
		return;
	keys = mnd->keys ? keys_wtru_find_esp(mnd->keys, &info->hoa, peer, KEYS_ESP_SIGNALLING)
	                 : NULL;
	up = keys && xfrm_sa_get(mnd->esp.xfrm, peer, keys->spi_out, &sa) == 0 &&
	     xfrm_sa_get(mnd->esp.xfrm, &info->hoa, keys->spi_in, &sa) == 0;
	mip6_auth_wipe(&sa, sizeof(sa));
	control_add_string(object, "sa", up ? "up" : "none");
	if (dataplane_esp_has(mnd->dp_ops, mnd->dp, &home))
		control_add_bool(object, "payload", true);
}
