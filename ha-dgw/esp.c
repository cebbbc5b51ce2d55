// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * IPsec of the daemon with static keys (RFC 6275 sections 5.1 and 5.4).
 *
 * From a WTRU: one security association for each entry of the keys file, whose selector says which
 * home addresses may come in it: the kernel drops others. To a WTRU: one for each home address,
 * made when the first answer goes there, because the kernel looks for them by destination. The
 * policies are those of the transport's socket, the same for all.
 *
 * Owns the security associations with XFRM_OWNER. Those that an earlier process left stay when they
 * are still right.
 */
#include "dgwd.h"

#include <errno.h>
#include <stdlib.h>

#include "kernel/dataplane_esp.h"

static bool wanted(const struct dgw_config *config, const struct keys *keys)
{
	return config->role == DGW_ROLE_DGW && (config->protection != DGW_PROTECTION_RFC4285 ||
	                                        (keys != NULL && keys_get_esp(keys, 0) != NULL));
}

static struct esp_made *find(struct esp *esp, const struct mip6_addr *dst, uint32_t spi)
{
	for (size_t i = 0; i < esp->count; i++)
		if (esp->made[i].spi == spi && mip6_addr_equal(&esp->made[i].dst, dst))
			return &esp->made[i];
	return NULL;
}

static void note(struct esp *esp, const struct mip6_addr *dst, uint32_t spi, bool fresh)
{
	struct esp_made *made = find(esp, dst, spi);

	if (made != NULL) {
		made->fresh = fresh;
		return;
	}
	if (esp->count == esp->space) {
		size_t space = esp->space != 0 ? esp->space * 2 : 64;
		struct esp_made *more = reallocarray(esp->made, space, sizeof(*more));

		if (more == NULL)
			return; /* it stays until the daemon ends */
		esp->made = more;
		esp->space = space;
	}
	esp->made[esp->count++] = (struct esp_made){*dst, spi, fresh};
}

static void found(void *ctx, const struct xfrm_sa *sa)
{
	if (sa->ours && sa->reqid == XFRM_REQID_NODE)
		note(ctx, &sa->dst, sa->spi, false);
}

static void forget_esp(struct dgwd *d)
{
	xfrm_close(d->esp.xfrm);
	free(d->esp.made);
	d->esp = (struct esp){.xfrm = NULL};
}

static bool find_payload(void *ctx, const struct dataplane_binding *binding, struct xfrm_sa *ret_in,
                         struct xfrm_sa *ret_out)
{
	const struct dgwd *d = ctx;
	const struct keys_esp *keys =
		d->keys != NULL ? keys_find_esp(d->keys, &binding->home.addr, KEYS_ESP_PAYLOAD)
				: NULL;

	if (keys == NULL && d->config.protection == DGW_PROTECTION_IKE &&
	    keying_find_payload(d, binding, &ret_in->reqid)) {
		ret_out->reqid = ret_in->reqid;
		return true;
	}
	if (keys == NULL)
		return false;
	keys_esp_fill(keys, true, ret_in);
	keys_esp_fill(keys, false, ret_out);
	ret_in->match.src = ret_out->match.dst = keys->home;
	return true;
}

/* All of it, or nothing and a sentence in why. */
static int open_esp(struct dgwd *d, char *why, size_t size)
{
	int error = xfrm_open(&d->esp.xfrm);

	snprintf(why, size, "no XFRM");
	if (error == 0)
		error = xfrm_probe(d->esp.xfrm, why, size);
	if (error == 0)
		error = xfrm_sa_list(d->esp.xfrm, found, &d->esp);
	if (error == 0) {
		snprintf(why, size, "no socket for ESP");
		error = transport_open_esp(d->transport, d->esp.xfrm, true);
	}
	if (error == 0) {
		snprintf(why, size, "no tunnels inside ESP");
		error = dataplane_esp_wrap(&d->dp_ops, &d->dp, DATAPLANE_GATEWAY, d->esp.xfrm,
		                           find_payload, d);
		if (error != 0)
			transport_close_esp(d->transport, false);
	}
	if (error != 0)
		forget_esp(d);
	return error;
}

int esp_open(struct dgwd *d)
{
	char why[160];
	int error;

	if (!wanted(&d->config, d->keys))
		return 0;
	error = open_esp(d, why, sizeof(why));
	if (error != 0)
		log_err("cannot protect Binding Updates by ESP: %s error=\"%s\"", why,
		        strerror(-error));
	return error != 0 ? error : keying_open(d);
}

int esp_admit(struct dgwd *d, const struct dgw_config *config, const struct keys *keys,
              config_report report, void *ctx)
{
	char why[160];
	int error;

	if (!wanted(config, keys))
		return 0;
	error = keying_check(config, report, ctx);
	if (error != 0 || d->esp.xfrm != NULL)
		return error;
	error = open_esp(d, why, sizeof(why));
	if (error != 0)
		report(ctx, d->options.config_file, 0, why);
	return error;
}

static int set_sa(struct dgwd *d, const struct xfrm_sa *sa)
{
	int error = xfrm_sa_set(d->esp.xfrm, sa);

	if (error != 0)
		log_err("cannot set security association spi=%u dst=%s error=\"%s\"", sa->spi,
		        addr_text(&sa->dst), xfrm_error(d->esp.xfrm));
	else
		note(&d->esp, &sa->dst, sa->spi, true);
	return error;
}

/* Is there a pair of its own for what all of these home addresses ask about prefixes? */
static bool has_prefix_pair(const struct dgwd *d, const struct mip6_prefix *home)
{
	const struct keys_esp *pair = keys_find_esp(d->keys, &home->addr, KEYS_ESP_PREFIXES);

	return pair != NULL && pair->home.len <= home->len;
}

/* What comes from the home addresses of this entry. */
static struct xfrm_sa make_in(const struct dgwd *d, const struct keys_esp *keys,
                              const struct mip6_addr *home_agent)
{
	struct xfrm_sa sa = {
		.dst = *home_agent,
		.reqid = XFRM_REQID_NODE,
		.match = {.src = keys->home,
	                  .dst = mip6_prefix_make(home_agent, 128),
	                  .protocol = keys_esp_protocol(keys, has_prefix_pair(d, &keys->home))},
	};

	keys_esp_fill(keys, true, &sa);
	return sa;
}

void esp_configure(struct dgwd *d)
{
	const struct mip6_addr *home_agent = links_home_agent(d->links);
	const struct keys_esp *keys;

	if (d->esp.xfrm == NULL)
		return;
	/* It is called again after restoring. */
	if (d->dgw.core != NULL) {
		d->esp.restored = d->esp.collect_due = true;
		dgw_repair(d); /* tunnels with other keys */
	}
	/* Made again, with the keys of now, before the next message. */
	for (size_t i = 0; i < d->esp.count; i++)
		d->esp.made[i].fresh = false;
	for (size_t i = 0;
	     d->keys != NULL && home_agent != NULL && (keys = keys_get_esp(d->keys, i)) != NULL;
	     i++) {
		struct xfrm_sa sa = make_in(d, keys, home_agent);

		if (keys->use != KEYS_ESP_PAYLOAD)
			set_sa(d, &sa);
		mip6_auth_wipe(&sa, sizeof(sa));
	}
	keying_configure(d);
}

/* The association towards this home address for one use, if there is a pair for that. */
static int set_out(struct dgwd *d, const struct mip6_addr *home_agent, const struct mip6_addr *hoa,
                   enum keys_esp_use use)
{
	const struct mip6_prefix home = mip6_prefix_make(hoa, 128);
	const struct keys_esp *keys = keys_find_esp(d->keys, hoa, use);
	const struct esp_made *made = keys != NULL ? find(&d->esp, hoa, keys->spi_out) : NULL;
	struct xfrm_sa sa = {
		.src = *home_agent,
		.dst = *hoa,
		.reqid = XFRM_REQID_NODE,
		.match = {.src = mip6_prefix_make(home_agent, 128), .dst = home},
	};
	int error;

	if (keys == NULL || (made != NULL && made->fresh))
		return 0;
	sa.match.protocol = keys_esp_protocol(keys, has_prefix_pair(d, &home));
	keys_esp_fill(keys, false, &sa);
	error = set_sa(d, &sa);
	mip6_auth_wipe(&sa, sizeof(sa));
	/* An answer to somebody who has nothing here needs it for this message only. */
	d->esp.collect_due = true;
	return error;
}

int esp_prepare(struct dgwd *d, const struct mip6_packet *packet)
{
	const struct mip6_addr *hoa = mip6_packet_destination(packet);
	int error;

	if (d->keys == NULL)
		return 0; /* not with static keys */
	error = set_out(d, &packet->src, hoa, KEYS_ESP_SIGNALLING);
	return error != 0 ? error : set_out(d, &packet->src, hoa, KEYS_ESP_PREFIXES);
}

bool esp_is_needed(struct dgwd *d, const struct mip6_addr *hoa)
{
	return d->esp.xfrm != NULL &&
	       (d->config.protection != DGW_PROTECTION_RFC4285 || esp_find_owner(d, hoa) != NULL);
}

static bool is_wanted(const struct dgwd *d, const struct esp_made *made)
{
	const struct mip6_addr *home_agent = links_home_agent(d->links);
	const struct keys_esp *keys;
	struct ha_binding_info info;

	if (d->keys == NULL)
		return false;
	for (size_t i = 0; (keys = keys_get_esp(d->keys, i)) != NULL; i++)
		if (keys->use != KEYS_ESP_PAYLOAD && keys->spi_in == made->spi &&
		    home_agent != NULL && mip6_addr_equal(home_agent, &made->dst))
			return true;
	if (!ha_binding_find(d->dgw.core, &made->dst, &info))
		return false;
	keys = keys_find_esp(d->keys, &made->dst, KEYS_ESP_SIGNALLING);
	if (keys != NULL && keys->spi_out == made->spi)
		return true;
	keys = keys_find_esp(d->keys, &made->dst, KEYS_ESP_PREFIXES);
	return keys != NULL && keys->spi_out == made->spi;
}

void esp_collect(struct dgwd *d)
{
	struct esp *esp = &d->esp;

	if (!esp->collect_due || !esp->restored)
		return;
	esp->collect_due = false;
	for (size_t i = esp->count; i-- > 0;) {
		if (is_wanted(d, &esp->made[i]))
			continue;
		if (xfrm_sa_remove(esp->xfrm, &esp->made[i].dst, esp->made[i].spi) != 0)
			log_warning("cannot remove security association spi=%u error=\"%s\"",
			            esp->made[i].spi, xfrm_error(esp->xfrm));
		esp->made[i] = esp->made[--esp->count];
	}
}

void esp_close(struct dgwd *d, bool keep)
{
	if (d->esp.xfrm == NULL)
		return;
	keying_close(d, keep);
	if (d->transport != NULL)
		transport_close_esp(d->transport, keep);
	if (!keep && xfrm_flush(d->esp.xfrm) != 0)
		log_warning("cannot remove security associations error=\"%s\"",
		            xfrm_error(d->esp.xfrm));
	forget_esp(d);
}

const struct ha_identity *esp_find_owner(void *ctx, const struct mip6_addr *hoa)
{
	struct dgwd *d = ctx;
	const struct ha_identity *owner =
		d->esp.xfrm != NULL && d->keys != NULL ? keys_find_esp_owner(d->keys, hoa) : NULL;

	return owner != NULL ? owner : keying_find_owner(d, hoa);
}

void esp_add(struct dgwd *d, struct json_object *binding, const struct ha_binding_info *info)
{
	const struct keys_esp *keys =
		d->esp.xfrm != NULL && d->keys != NULL
			? keys_find_esp(d->keys, &info->hoa, KEYS_ESP_SIGNALLING)
			: NULL;
	struct xfrm_sa sa;
	bool up;

	if (keys == NULL && d->config.protection == DGW_PROTECTION_IKE) {
		control_add_string(binding, "protection", "ike");
		control_add_string(binding, "sa", keying_state(d, &info->hoa));
		if (dataplane_esp_has(d->dp_ops, d->dp, &info->prefix))
			control_add_bool(binding, "payload", true);
		return;
	}
	if (keys == NULL) {
		control_add_string(binding, "protection",
		                   d->config.open_lab_mode ? "none" : "rfc4285");
		return;
	}
	up = xfrm_sa_get(d->esp.xfrm, &info->hoa, keys->spi_out, &sa) == 0 &&
	     xfrm_sa_get(d->esp.xfrm, &info->home_agent, keys->spi_in, &sa) == 0;
	mip6_auth_wipe(&sa, sizeof(sa));
	control_add_string(binding, "protection", "manual");
	control_add_string(binding, "sa", up ? "up" : "none");
	if (dataplane_esp_has(d->dp_ops, d->dp, &info->prefix))
		control_add_bool(binding, "payload", true);
}
