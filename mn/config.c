// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of mip6-mnd's configuration keys, and what the core is told of them.
 *
 * Defaults let the daemon run without a file in a network whose D-GWs are in open lab mode.
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "io/log.h"

const char *const mnd_dataplane_names[] = {"auto", "bpf", "ip6tnl", NULL};

const char *const mnd_protection_names[] = {"rfc4285", "manual", "ike", NULL};

static const char *const anchor_protections[] = {"default", "rfc4285", "manual", "ike", NULL};
static const char *const log_levels[] = {"err", "warning", "info", "debug", NULL};

static const char *check_identity(const void *value)
{
	const char *nai = value;
	const char *at = strchr(nai, '@');

	/* RFC 7542 section 2.2: user@realm or @realm; the realm names the operator. */
	if (*nai && (!at || !at[1] || strchr(at + 1, '@')))
		return "not a network access identifier (user@realm)";
	return NULL;
}

static const char *check_anchor(const void *value)
{
	const struct mip6_addr *addr = value;

	return mip6_addr_is_routable(addr) ? NULL : "not a routable unicast address";
}

static const struct config_option anchor_members[] = {
	{.key = "prefix",
         .type = CONFIG_PREFIX,
         .offset = offsetof(struct mnd_anchor, prefix),
         .doc = "Home addresses that this entry speaks of; the longest prefix wins."},
	{.key = "anchor",
         .type = CONFIG_ADDRESS,
         .offset = offsetof(struct mnd_anchor, anchor),
         .standard = "",
         .check = check_anchor,
         .doc = "Home agent to use, whatever Router Advertisements say."},
	{.key = "operator",
         .type = CONFIG_STRING,
         .offset = offsetof(struct mnd_anchor, operator_name),
         .size = MIP6_OPERATOR_MAX + 1,
         .standard = "\"\"",
         .doc = "Operator of these addresses, whatever Router Advertisements say."},
	{.key = "protection",
         .type = CONFIG_ENUM,
         .offset = offsetof(struct mnd_anchor, protection),
         .choices = anchor_protections,
         .standard = "\"default\"",
         .doc = "What protects their Binding Updates; default: as outside of this list."},
	{.key = "payload",
         .type = CONFIG_BOOL,
         .offset = offsetof(struct mnd_anchor, payload),
         .standard = "false",
         .doc = "Their reverse tunnel inside ESP too, as at the D-GW; not with \"rfc4285\"."},
	{.key = NULL},
};

/* "2001:db8:1::100/64": a HoA and the length of its home subnet prefix. */
static int home_parse(const char *text, struct mip6_addr *ret, uint8_t *ret_len)
{
	const char *slash = strchr(text, '/');
	char addr[INET6_ADDRSTRLEN];
	size_t len = slash ? (size_t)(slash - text) : 0;
	char *end;
	long bits;

	if (!slash || len >= sizeof(addr) || slash[1] < '0' || slash[1] > '9')
		return -EINVAL;
	memcpy(addr, text, len);
	addr[len] = '\0';
	bits = strtol(slash + 1, &end, 10);
	if (*end || bits < 1 || bits > 128 || addr_parse(addr, ret) || !mip6_addr_is_routable(ret))
		return -EINVAL;
	*ret_len = (uint8_t)bits;
	return 0;
}

static const char *check_home(const void *value)
{
	struct mip6_addr addr;
	uint8_t len;

	return home_parse(value, &addr, &len)
	               ? "not a routable unicast address with its prefix length, as in "
	                 "2001:db8:1::100/64"
	               : NULL;
}

static const struct config_option home_members[] = {
	{.key = "address",
         .type = CONFIG_STRING,
         .offset = offsetof(struct mnd_home, address),
         .size = sizeof(((struct mnd_home *)0)->address),
         .check = check_home,
         .doc = "The home address, with the length of its home subnet prefix."},
	{.key = "home-agent",
         .type = CONFIG_ADDRESS,
         .offset = offsetof(struct mnd_home, agent),
         .standard = "",
         .check = check_anchor,
         .doc = "Its home agent; absent: learnt from Router Advertisements of the home link, or "
                "discovered (RFC 6275 section 11.4.1)."},
	{.key = "operator",
         .type = CONFIG_STRING,
         .offset = offsetof(struct mnd_home, operator_name),
         .size = MIP6_OPERATOR_MAX + 1,
         .standard = "\"\"",
         .doc = "Operator of the home agent, when it is to be asked through \"home-pgw\" from "
                "other operators' networks; empty: always directly."},
	{.key = "authenticate",
         .type = CONFIG_BOOL,
         .offset = offsetof(struct mnd_home, authenticate),
         .standard = "true",
         .doc = "Send identity and authentication options (RFC 4283, RFC 4285) when there is a key "
                "for this home agent; false: never."},
	{.key = "prefer",
         .type = CONFIG_BOOL,
         .offset = offsetof(struct mnd_home, prefer),
         .standard = "false",
         .doc = "Use this address as the source of new connections wherever it works; false: the "
                "newest address serves them."},
	{.key = "protection",
         .type = CONFIG_ENUM,
         .offset = offsetof(struct mnd_home, protection),
         .choices = anchor_protections,
         .standard = "\"default\"",
         .doc = "What protects its Binding Updates; default: as \"anchors\" or all say."},
	{.key = NULL},
};

#define UINT(k, member, lo, hi, def, text)                                                    \
	{                                                                                     \
		.key = k, .type = CONFIG_UINT, .offset = offsetof(struct mnd_config, member), \
		.min = lo, .max = hi, .standard = def, .doc = text                            \
	}

const struct config_option mnd_config_options[] = {
	{.key = "identity",
         .type = CONFIG_STRING,
         .offset = offsetof(struct mnd_config, identity),
         .size = MIP6_NAI_MAX + 1,
         .standard = "\"\"",
         .check = check_identity,
         .doc = "Network access identifier (user@realm) that D-GWs know this node by; empty: "
                "none."},
	{.key = "key-file",
         .type = CONFIG_STRING,
         .offset = offsetof(struct mnd_config, key_file),
         .size = 256,
         .standard = "\"\"",
         .doc = "File of mode 0600 with the keys shared with the D-GWs, relative to the directory "
                "of "
                "this file; empty: no authentication."},
	{.key = "home-pgw",
         .type = CONFIG_ADDRESS,
         .offset = offsetof(struct mnd_config, home_pgw),
         .standard = "",
         .check = check_anchor,
         .doc = "Our operator's PGW: through it go addresses of another operator than the one that "
                "we are attached to."},
	{.key = "operator",
         .type = CONFIG_STRING,
         .offset = offsetof(struct mnd_config, operator_name),
         .size = MIP6_OPERATOR_MAX + 1,
         .standard = "\"\"",
         .doc = "Our operator's name, also taken for networks that do not say whose they are."},
	{.key = "interfaces",
         .type = CONFIG_STRINGS,
         .offset = offsetof(struct mnd_config, interfaces),
         .min = 0,
         .max = 16,
         .standard = "[]",
         .doc = "Interfaces to use, best first; empty: all but loopback, in order of appearance."},
	UINT("linger-s", linger_s, 1, 86400, "30",
             "An old address that nobody has used for this long is torn down."),
	UINT("lifetime-s", lifetime_s, 16, 65535 * 4, "600",
             "Lifetime asked for in Binding Updates."),
	UINT("use-interval-ms", use_interval_ms, 100, 60000, "1000",
             "Time between checks for use, while old addresses exist."),
	UINT("heartbeat-interval-ms", heartbeat_interval_ms, 0, 600000, "3000",
             "Time between heartbeats to a D-GW that tunnels for us; 0: none."),
	UINT("heartbeat-missing-max", heartbeat_missing_max, 1, 20, "3",
             "Unanswered heartbeats after which the D-GW is registered with again."),
	UINT("retransmit-initial-ms", retransmit_initial_ms, 50, 60000, "1000",
             "First wait for a Binding Acknowledgement; doubles with each retransmission."),
	UINT("retransmit-max-ms", retransmit_max_ms, 1000, 600000, "32000",
             "Longest wait for a Binding Acknowledgement."),
	UINT("probe-ms", probe_ms, 5, 5000, "15",
             "Time that a router has to answer a probe before a move is assumed."),
	UINT("instances-max", instances_max, 1, 1024, "64", "Home addresses kept at most."),
	UINT("links-max", links_max, 1, 64, "16", "Interfaces watched at most."),
	{.key = "claim",
         .type = CONFIG_BOOL,
         .offset = offsetof(struct mnd_config, claim),
         .standard = "true",
         .doc = "Claim each new address at its D-GW while still attached there."},
	{.key = "optimistic-dad",
         .type = CONFIG_BOOL,
         .offset = offsetof(struct mnd_config, optimistic_dad),
         .standard = "true",
         .doc = "Switch on optimistic duplicate address detection (RFC 4429) on the interfaces "
                "used."},
	{.key = "protection",
         .type = CONFIG_ENUM,
         .offset = offsetof(struct mnd_config, protection),
         .choices = mnd_protection_names,
         .standard = "\"rfc4285\"",
         .doc = "What protects Binding Updates: authentication option (RFC 4285), ESP with keys "
                "of the key file, ESP with keys from IKEv2."},
	{.key = "ike-socket",
         .type = CONFIG_STRING,
         .offset = offsetof(struct mnd_config, ike_socket),
         .size = 108,
         .standard = "\"/run/charon.vici\"",
         .doc = "Socket on which charon listens for VICI."},
	{.key = "ike-certificate",
         .type = CONFIG_STRING,
         .offset = offsetof(struct mnd_config, ike_certificate),
         .size = 256,
         .standard = "\"\"",
         .doc = "PEM file with our certificate for IKE, which names our identity; empty: the keys "
                "of the key file are pre-shared keys."},
	{.key = "ike-private-key",
         .type = CONFIG_STRING,
         .offset = offsetof(struct mnd_config, ike_private_key),
         .size = 256,
         .standard = "\"\"",
         .doc = "PEM file of mode 0600 with its private key."},
	{.key = "ike-ca",
         .type = CONFIG_STRING,
         .offset = offsetof(struct mnd_config, ike_ca),
         .size = 256,
         .standard = "\"\"",
         .doc = "PEM file with the certificate of the authority whose certificates D-GWs must "
                "have; each must name the address of its home agent."},
	{.key = "ike-migrate",
         .type = CONFIG_BOOL,
         .offset = offsetof(struct mnd_config, ike_migrate),
         .standard = "true",
         .doc = "IKE follows our moves without a message of its own (flag K of RFC 6275, "
                "XFRM_MSG_MIGRATE), where the D-GW does so, too; false: by MOBIKE, for a kernel or "
                "charon that cannot. Needs a restart."},
	{.key = "anchors",
         .type = CONFIG_OBJECTS,
         .offset = offsetof(struct mnd_config, anchors),
         .size = sizeof(struct mnd_anchor),
         .min = 0,
         .max = 256,
         .members = anchor_members,
         .standard = "[]",
         .doc = "What Router Advertisements leave open, by home address prefix."},
	{.key = "homes",
         .type = CONFIG_OBJECTS,
         .offset = offsetof(struct mnd_config, homes),
         .size = sizeof(struct mnd_home),
         .min = 0,
         .max = MND_HOMES_MAX,
         .members = home_members,
         .standard = "[]",
         .doc = "Home addresses that this node always has, used or not, each with a plain RFC 6275 "
                "home agent or a D-GW."},
	{.key = "dataplane",
         .type = CONFIG_ENUM,
         .offset = offsetof(struct mnd_config, dataplane),
         .choices = mnd_dataplane_names,
         .standard = "\"auto\"",
         .doc = "Tunnel implementation: bpf (programs on the links) or ip6tnl (the kernel's tunnel "
                "driver); auto: the first of these that this kernel can do."},
	{.key = "log-level",
         .type = CONFIG_ENUM,
         .offset = offsetof(struct mnd_config, log_level),
         .choices = log_levels,
         .standard = "\"info\"",
         .doc = "Least important lines to log."},
	{.key = NULL},
};

static const char *make_homes(struct mnd_config *config)
{
	const struct mnd_home *homes = config->homes.v;

	if (config->homes.count > config->instances_max)
		return "key \"homes\": more than \"instances-max\"";
	config->home = calloc(config->homes.count + 1, sizeof(*config->home));
	if (!config->home)
		return "out of memory";
	for (size_t i = 0; i < config->homes.count; i++) {
		struct wtru_home *home = &config->home[i];

		*home = (struct wtru_home){
			.agent = homes[i].agent,
			.plain = !homes[i].authenticate,
			.prefer = homes[i].prefer,
		};
		if (home_parse(homes[i].address, &home->hoa, &home->prefix_len))
			return "key \"homes\": not an address with its prefix length";
		memcpy(home->operator_name, homes[i].operator_name, sizeof(home->operator_name));
		for (size_t k = 0; k < i; k++)
			if (mip6_addr_equal(&config->home[k].hoa, &home->hoa))
				return "key \"homes\": the same address twice";
	}
	return NULL;
}

int mnd_config_read(const char *path, struct mnd_config *ret, config_report report, void *ctx)
{
	struct mnd_config config = {0};
	const char *wrong;
	int err = config_read(path, mnd_config_options, &config, report, ctx);

	if (err)
		return err;
	if (config_resolve(path, config.key_file, sizeof(config.key_file)) ||
	    config_resolve(path, config.ike_certificate, sizeof(config.ike_certificate)) ||
	    config_resolve(path, config.ike_private_key, sizeof(config.ike_private_key)) ||
	    config_resolve(path, config.ike_ca, sizeof(config.ike_ca))) {
		report(ctx, path, 0,
		       "a file name is too long with this file's directory before it");
		config_free(mnd_config_options, &config);
		return -EINVAL;
	}
	if (config.retransmit_initial_ms > config.retransmit_max_ms) {
		report(ctx, path ? path : "defaults", 0,
		       "key \"retransmit-max-ms\": less than \"retransmit-initial-ms\"");
		config_free(mnd_config_options, &config);
		return -EINVAL;
	}
	for (size_t i = 0; i < config.anchors.count; i++) {
		const struct mnd_anchor *anchor = (const struct mnd_anchor *)config.anchors.v + i;

		if (anchor->payload && mnd_config_protection(&config, &anchor->prefix.addr, NULL) ==
		                               MND_PROTECTION_RFC4285) {
			report(ctx, path, 0,
			       "key \"anchors[].payload\": needs \"protection\": \"manual\" or "
			       "\"ike\"");
			config_free(mnd_config_options, &config);
			return -EINVAL;
		}
	}
	wrong = make_homes(&config);
	if (wrong) {
		report(ctx, path ? path : "defaults", 0, wrong);
		mnd_config_free(&config);
		return -EINVAL;
	}
	if (config.anchors.count) {
		const struct mnd_anchor *anchors = config.anchors.v;

		config.overrides = calloc(config.anchors.count, sizeof(*config.overrides));
		if (!config.overrides) {
			mnd_config_free(&config);
			return -ENOMEM;
		}
		for (size_t i = 0; i < config.anchors.count; i++) {
			struct wtru_override *o = &config.overrides[i];

			o->prefix = anchors[i].prefix;
			o->has_anchor = !mip6_addr_is_unspecified(&anchors[i].anchor);
			o->anchor = anchors[i].anchor;
			memcpy(o->operator_name, anchors[i].operator_name,
			       sizeof(o->operator_name));
		}
	}
	*ret = config;
	return 0;
}

void mnd_config_free(struct mnd_config *config)
{
	free(config->overrides);
	free(config->home);
	config->overrides = NULL;
	config->home = NULL;
	config_free(mnd_config_options, config);
}

void mnd_config_core(const struct mnd_config *config, struct wtru_config *ret)
{
	*ret = (struct wtru_config){
		.instances_max = (uint16_t)config->instances_max,
		.links_max = (uint16_t)config->links_max,
		.lifetime_s = config->lifetime_s,
		.linger_s = config->linger_s,
		.use_interval_ms = config->use_interval_ms,
		.heartbeat_interval_ms = config->heartbeat_interval_ms,
		.heartbeat_missing_max = config->heartbeat_missing_max,
		.retransmit_initial_ms = config->retransmit_initial_ms,
		.retransmit_max_ms = config->retransmit_max_ms,
		.probe_ms = config->probe_ms,
		.claim = config->claim,
		.home_pgw = config->home_pgw,
		.overrides = config->overrides,
		.override_count = config->anchors.count,
		.homes = config->home,
		.home_count = config->homes.count,
	};
	memcpy(ret->identity, config->identity, sizeof(ret->identity));
	memcpy(ret->operator_name, config->operator_name, sizeof(ret->operator_name));
}

enum mnd_protection mnd_config_protection(const struct mnd_config *config,
                                          const struct mip6_addr *hoa, bool *ret_payload)
{
	const struct mnd_anchor *anchors = config->anchors.v, *best = NULL;

	for (size_t i = 0; i < config->anchors.count; i++)
		if (mip6_prefix_contains(&anchors[i].prefix, hoa) &&
		    (!best || anchors[i].prefix.len > best->prefix.len))
			best = &anchors[i];
	if (ret_payload)
		*ret_payload = best && best->payload;
	for (size_t i = 0; i < config->homes.count; i++) {
		const struct mnd_home *home = (const struct mnd_home *)config->homes.v + i;

		if (config->home && home->protection && mip6_addr_equal(&config->home[i].hoa, hoa))
			return (enum mnd_protection)(home->protection - 1);
	}
	return (enum mnd_protection)(best && best->protection ? best->protection - 1
	                                                      : config->protection);
}

bool mnd_config_uses(const struct mnd_config *config, enum mnd_protection protection)
{
	const struct mnd_anchor *anchors = config->anchors.v;

	for (size_t i = 0; i < config->anchors.count; i++)
		if (anchors[i].protection == (int)protection + 1)
			return true;
	for (size_t i = 0; i < config->homes.count; i++)
		if (((const struct mnd_home *)config->homes.v)[i].protection == (int)protection + 1)
			return true;
	return config->protection == (int)protection;
}

int mnd_config_log_level(const struct mnd_config *config)
{
	static const int levels[] = {
		[MND_LOG_ERR] = LOG_LEVEL_ERR,
		[MND_LOG_WARNING] = LOG_LEVEL_WARNING,
		[MND_LOG_INFO] = LOG_LEVEL_INFO,
		[MND_LOG_DEBUG] = LOG_LEVEL_DEBUG,
	};

	return levels[config->log_level];
}
