// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Method "ike" of a D-GW. charon waits with a connection for each identity; what it has negotiated
 * is allowed or ended here, by who owns the home address. Each identity has a reqid of its own, and
 * what comes inside an SA counts as that identity's only when no other has an SA for the same
 * address.
 *
 * A binding outlives its SA: until the WTRU has negotiated again, what it owns stays its own.
 */
#include "dgwd.h"

#include <errno.h>
#include <linux/rtnetlink.h>

#define RULE_PRIORITY 31890 /* before that of the data plane's home addresses */

#include "kernel/dataplane_esp.h"

/* Who has this home address, by configuration or by what the core knows; NULL: nobody. */
static const struct ha_identity *known_owner(struct dgwd *d, const struct mip6_addr *hoa)
{
	const struct ha_identity *owner = d->keys != NULL ? keys_find_owner(d->keys, hoa) : NULL;
	struct ha_binding_info info;

	if (owner != NULL)
		return owner;
	if (d->dgw.core == NULL || !ha_binding_find(d->dgw.core, hoa, &info) || info.nai == NULL)
		return NULL;
	return dgwd_find_identity(d, info.nai);
}

const struct ha_identity *keying_find_owner(struct dgwd *d, const struct mip6_addr *hoa)
{
	const struct ha_identity *owner = d->keying.ike != NULL ? known_owner(d, hoa) : NULL;
	const char *nai;

	if (owner != NULL || d->keying.ike == NULL)
		return owner;
	nai = ike_owner(d->keying.ike, hoa);
	return nai != NULL ? dgwd_find_identity(d, nai) : NULL;
}

static uint32_t reqid_of(void *ctx, const struct mip6_addr *hoa)
{
	struct dgwd *d = ctx;
	const struct ha_identity *owner;

	if (d->keys != NULL && keys_find_esp(d->keys, hoa, KEYS_ESP_SIGNALLING) != NULL)
		return XFRM_REQID_NODE;
	owner = keying_find_owner(d, hoa);
	return owner != NULL ? ike_reqid(d->keying.ike, owner->nai) : 0;
}

static bool on_up(void *ctx, const char *nai, const struct mip6_addr *hoa, uint32_t reqid)
{
	const struct ha_identity *owner = known_owner(ctx, hoa);

	(void)reqid;
	return owner == NULL || strcmp(owner->nai, nai) == 0;
}

static void on_down(void *ctx, const char *nai, const struct mip6_addr *hoa)
{
	(void)ctx;
	(void)nai;
	(void)hoa;
}

/* From now on the tunnel is inside ESP, or is not any more. */
static bool on_tunnel(void *ctx, const char *nai, const struct mip6_addr *hoa, bool up)
{
	const struct ha_identity *owner = known_owner(ctx, hoa);
	struct dgwd *d = ctx;

	if (up && owner != NULL && strcmp(owner->nai, nai) != 0)
		return false;
	dgw_repair_one(d, hoa);
	return true;
}

static bool wanted(void *ctx, const char *nai, const struct mip6_addr *hoa)
{
	const struct dgwd *d = ctx;
	struct ha_binding_info info;

	if (!d->esp.restored)
		return true;
	return ha_binding_find(d->dgw.core, hoa, &info) && info.nai != NULL &&
	       strcmp(info.nai, nai) == 0;
}

static int read_credentials(const struct dgw_config *config, struct ike_credentials *ret,
                            config_report report, void *ctx)
{
	return ike_credentials_read(ret, config->ike_certificate, config->ike_private_key,
	                            config->ike_ca, report, ctx);
}

int keying_check(const struct dgw_config *config, config_report report, void *ctx)
{
	struct ike_credentials read;
	int error;

	if (config->protection != DGW_PROTECTION_IKE)
		return 0;
	error = read_credentials(config, &read, report, ctx);
	ike_credentials_free(&read);
	return error;
}

int keying_open(struct dgwd *d)
{
	int error;

	if (d->config.protection != DGW_PROTECTION_IKE)
		return 0;
	memcpy(d->keying.socket, d->config.ike_socket, sizeof(d->keying.socket));
	d->keying.payload = d->config.payload;
	error = read_credentials(&d->config, &d->keying.credentials, config_report_log, NULL);
	if (error == 0)
		error = transport_use_reqids(d->transport, reqid_of, d);
	if (error != 0)
		log_err("cannot use IKE error=\"%s\"", strerror(-error));
	d->keying.read = error == 0;
	return error;
}

/*
 * What charon says to a home address leaves by the access link, whatever its binding says: to a
 * WTRU that is away it speaks at its care-of address. One that has come back, but whose SA was lost
 * before we heard so, negotiates from its home address.
 */
static void set_routing(struct dgwd *d, bool set)
{
	static const uint16_t ports[] = {500, 4500};

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		const struct rtnl_rule rule = {
			.priority = RULE_PRIORITY,
			.src = mip6_prefix_make(&d->keying.home_agent, 128),
			.udp_src = ports[i],
			.table = RT_TABLE_MAIN,
			.suppress_prefix_len = -1,
		};
		int error = set ? rtnl_rule_set(d->rtnl, &rule) : rtnl_rule_remove(d->rtnl, &rule);

		if (error != 0)
			log_warning("kernel refused what=\"rule for IKE\" error=\"%s\"",
			            rtnl_error(d->rtnl));
	}
}

static void start_ike(struct dgwd *d, const struct mip6_addr *home_agent)
{
	const struct ike_handler handler = {
		.ctx = d,
		.up = on_up,
		.down = on_down,
		.tunnel = on_tunnel,
		.wanted = wanted,
	};
	struct ike_config config = {
		.socket = d->keying.socket,
		.gateway = true,
		.payload = d->keying.payload,
		.address = *home_agent,
		.credentials = &d->keying.credentials,
		.kernel = ike_kernel_of(d->esp.xfrm),
	};
	int error;

	if (d->config.shared_prefix.len != 0)
		config.prefixes[config.prefix_count++] = d->config.shared_prefix;
	if (d->config.unique_prefixes.len != 0)
		config.prefixes[config.prefix_count++] = d->config.unique_prefixes;
	error = ike_open(&d->keying.ike, d->loop, &config, &handler);
	if (error != 0)
		log_err("cannot use IKE error=\"%s\"", strerror(-error));
	d->keying.home_agent = *home_agent;
	if (d->keying.ike != NULL)
		set_routing(d, true);
}

static void set_identities(struct dgwd *d)
{
	const bool by_certificate = d->keying.credentials.key != NULL;
	const struct ha_identity *identity;
	int error = 0;

	ike_identities_begin(d->keying.ike);
	for (size_t i = 0; d->keys != NULL && (identity = keys_get(d->keys, i)) != NULL; i++) {
		const struct mip6_auth_sa *sa = identity->sa;

		if (by_certificate)
			error = ike_identity(d->keying.ike, identity->nai, NULL, 0);
		else if (identity->sa_count != 0)
			error = ike_identity(d->keying.ike, identity->nai, sa->key, sa->key_len);
		if (error != 0) {
			log_err("no IKE for nai=%s and those behind it error=\"%s\"", identity->nai,
			        strerror(-error));
			break;
		}
	}
	ike_identities_end(d->keying.ike);
}

/* What somebody has got before: he may negotiate from anywhere. */
static void learn_entries(struct dgwd *d)
{
	struct ha_binding_info info;
	size_t cursor = 0;

	while (ha_binding_next(d->dgw.core, &cursor, &info))
		if (info.nai != NULL)
			(void)ike_learn(d->keying.ike, info.nai, &info.hoa);
}

void keying_reload(struct dgwd *d)
{
	struct ike_credentials read;

	if (d->keying.read && d->config.protection != DGW_PROTECTION_IKE) {
		keying_close(d, false);
	} else if (d->keying.read &&
	           read_credentials(&d->config, &read, config_report_log, NULL) == 0) {
		/* As by a restart: charon is told everything, and says what SAs there are. */
		if (!ike_credentials_equal(&read, &d->keying.credentials) ||
		    strcmp(d->keying.socket, d->config.ike_socket) != 0 ||
		    d->keying.payload != d->config.payload)
			keying_close(d, true);
		ike_credentials_free(&read);
	}
	if (!d->keying.read && d->esp.xfrm != NULL)
		(void)keying_open(d);
}

void keying_configure(struct dgwd *d)
{
	const struct mip6_addr *home_agent = links_home_agent(d->links);

	if (!d->keying.read || home_agent == NULL || d->dgw.core == NULL)
		return;
	if (d->keying.ike != NULL && !mip6_addr_equal(home_agent, &d->keying.home_agent)) {
		/* What it leaves with charon is not waited for: the next one finds and ends it. */
		ike_close(d->keying.ike, true);
		d->keying.ike = NULL;
		set_routing(d, false);
	}
	if (d->keying.ike == NULL)
		start_ike(d, home_agent);
	if (d->keying.ike != NULL) {
		set_identities(d);
		learn_entries(d);
	}
}

void keying_notice(struct dgwd *d, const struct ha_action *action)
{
	const struct mip6_addr *hoa = &action->notice.hoa, *coa = &action->notice.coa;
	struct ha_binding_info info;
	uint32_t reqid;
	int error;

	switch (action->notice.what) {
	case HA_NOTICE_REGISTERED:
	case HA_NOTICE_MOVED:
		break;
	case HA_NOTICE_RETURNED:
		coa = hoa;
		break;
	case HA_NOTICE_CLAIMED:
		if (d->keying.ike != NULL && action->notice.nai != NULL)
			(void)ike_learn(d->keying.ike, action->notice.nai, hoa);
		return;
	case HA_NOTICE_REFRESHED:
	case HA_NOTICE_RELEASED:
	case HA_NOTICE_EXPIRED:
	case HA_NOTICE_REVOKED:
	case HA_NOTICE_REFUSED:
		return;
	}
	if (d->keying.ike == NULL || !d->config.ike_migrate ||
	    !ha_binding_find(d->dgw.core, hoa, &info) || !(info.flags & MIP6_BU_K))
		return;
	reqid = reqid_of(d, hoa);
	error = reqid != 0 ? xfrm_move_keying(d->esp.xfrm, reqid, &d->keying.home_agent, coa) : 0;
	/* The SA of the tunnel is between care-of address and us: charon moves it, too. */
	reqid = ike_payload(d->keying.ike, &info.prefix);
	if (error == 0 && reqid != 0)
		error = xfrm_move_keying(d->esp.xfrm, reqid, &d->keying.home_agent, coa);
	if (error != 0)
		log_warning("cannot move IKE hoa=%s error=\"%s\"", addr_text(hoa),
		            xfrm_error(d->esp.xfrm));
}

bool keying_find_payload(const struct dgwd *d, const struct dataplane_binding *binding,
                         uint32_t *ret_reqid)
{
	const struct ike *ike = d->keying.ike;

	if (!d->keying.payload)
		return false;
	*ret_reqid = ike != NULL ? ike_payload(ike, &binding->home) : 0;
	if (*ret_reqid != 0)
		return true;
	/* After a start nobody knows, but what goes through ESP goes on so. */
	*ret_reqid = DATAPLANE_ESP_AS_IT_IS;
	return (ike == NULL || !ike_is_listed(ike)) &&
	       dataplane_esp_has(d->dp_ops, d->dp, &binding->home);
}

const char *keying_state(const struct dgwd *d, const struct mip6_addr *hoa)
{
	if (d->keying.ike == NULL)
		return ike_state_name(IKE_NONE);
	if (ike_owner(d->keying.ike, hoa) != NULL)
		return ike_state_name(IKE_UP);
	return ike_state_name(ike_error(d->keying.ike) != 0 ? IKE_NO_CHARON : IKE_WAITING);
}

void keying_close(struct dgwd *d, bool keep)
{
	if (!d->keying.read)
		return;
	if (d->keying.ike != NULL && !keep)
		set_routing(d, false);
	ike_close(d->keying.ike, keep);
	d->keying.ike = NULL;
	ike_credentials_free(&d->keying.credentials);
	d->keying.read = false;
	if (!keep)
		(void)xfrm_stop_keying(d->esp.xfrm);
}
