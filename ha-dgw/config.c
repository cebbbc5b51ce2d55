// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of configuration keys of mip6-dgwd, and the checks across keys.
 *
 * The table is the only place where a key's name, range, default and documentation stand.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/log.h"
#include "kernel/dataplane.h"

const char *const dgw_protection_names[] = {"rfc4285", "manual", "ike", NULL};

static const char *const roles[] = {"dgw", "pgw", NULL};
static const char *const dataplanes[] = {"auto", "bpf", "ip6tnl", NULL};
static const char *const mobile_prefixes[] = {"all", "solicited", "none", NULL};
static const char *const log_levels[] = {"err", "warning", "info", "debug", NULL};

static const char *check_routable(const void *value)
{
	const struct mip6_addr *addr = value;

	if (!mip6_addr_is_routable(addr))
		return "not a global unicast address";
	return NULL;
}

static const char *check_pool(const void *value)
{
	const struct mip6_prefix *prefix = value;

	if (prefix->len < 16 || prefix->len > 63)
		return "the pool must be between /16 and /63: one /64 per WTRU is cut out of it";
	return mip6_addr_is_routable(&prefix->addr) ? NULL : "not a global unicast prefix";
}

static const char *check_shared(const void *value)
{
	const struct mip6_prefix *prefix = value;

	if (prefix->len != 64)
		return "must be a /64: hosts make their addresses in it (RFC 4862)";
	return mip6_addr_is_routable(&prefix->addr) ? NULL : "not a global unicast prefix";
}

/* A domain name with at least two labels, as RFC 8801 section 3.1 wants. */
static const char *check_operator(const void *value)
{
	static const char wrong[] = "not a domain name such as operator.example";
	const char *text = value;
	size_t label = 0;
	bool dot = false;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '.') {
			if (label == 0 || p[1] == '\0')
				return wrong;
			label = 0;
			dot = true;
			continue;
		}
		if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
		      (*p >= '0' && *p <= '9') || *p == '-' || *p == '_') ||
		    ++label > 63)
			return wrong;
	}
	return dot || text[0] == '\0' ? NULL : wrong;
}

static const char *check_prefixes(const void *value)
{
	const struct config_strings *strings = value;
	struct mip6_prefix prefix;

	for (size_t i = 0; i < strings->count; i++)
		if (prefix_parse(strings->v[i], &prefix) < 0 ||
		    !mip6_addr_is_routable(&prefix.addr))
			return "an element is not a global unicast prefix";
	return NULL;
}

static const char *check_anchors(const void *value)
{
	const struct config_strings *strings = value;
	struct mip6_addr addr;

	for (size_t i = 0; i < strings->count; i++)
		if (addr_parse(strings->v[i], &addr) < 0 || !mip6_addr_is_routable(&addr))
			return "an element is not a global unicast address";
	return NULL;
}

static const struct config_option roaming_members[] = {
	{.key = "operator",
         .type = CONFIG_STRING,
         .offset = offsetof(struct dgw_roaming, operator_name),
         .size = MIP6_OPERATOR_MAX + 1,
         .standard = "\"\"",
         .check = check_operator,
         .doc = "Operator's name, for display."},
	{.key = "prefixes",
         .type = CONFIG_STRINGS,
         .offset = offsetof(struct dgw_roaming, prefixes),
         .min = 1,
         .max = CHAIN_ROAMING_PREFIX_MAX,
         .check = check_prefixes,
         .doc = "Home prefixes that these D-GWs anchor."},
	{.key = "anchors",
         .type = CONFIG_STRINGS,
         .offset = offsetof(struct dgw_roaming, anchors),
         .min = 1,
         .max = CHAIN_ROAMING_ANCHOR_MAX,
         .check = check_anchors,
         .doc = "Home agent addresses of these D-GWs."},
	{.key = NULL},
};

#define OPTION(key_, type_, member_, ...)                                                       \
	{                                                                                       \
		.key = (key_), .type = (type_), .offset = offsetof(struct dgw_config, member_), \
		.size = sizeof(((struct dgw_config *)0)->member_), __VA_ARGS__                  \
	}

const struct config_option dgw_config_options[] = {
	OPTION("role", CONFIG_ENUM, role, .choices = roles, .standard = "\"dgw\"",
               .doc = "A distributed gateway, or the PGW that chains WTRUs in other operators' "
                      "networks to their gateways; needs a restart."),
	OPTION("interface", CONFIG_STRING, interface, .standard = "\"\"",
               .doc = "Access link: the interface on which WTRUs attach. Must be given, except to "
                      "a "
                      "PGW, which has none."),
	OPTION("core-interfaces", CONFIG_STRINGS, core_interfaces, .max = 16, .standard = "[]",
               .doc = "Interfaces towards the core; none given: every other interface that is up."),
	OPTION("address", CONFIG_ADDRESS, address, .standard = "", .check = check_routable,
               .doc = "Home agent address, set if no interface has it; default: ::1 of the shared "
                      "prefix, else the first global address of lo or a core interface."),
	OPTION("operator", CONFIG_STRING, operator_name, .standard = "\"\"",
               .check = check_operator,
               .doc = "Operator's name, a domain name, advertised to WTRUs (RFC 8801)."),
	OPTION("unique-prefixes", CONFIG_PREFIX, unique_prefixes, .standard = "",
               .check = check_pool,
               .doc = "Pool out of which every WTRU gets a /64 of its own (RFC 8273)."),
	OPTION("shared-prefix", CONFIG_PREFIX, shared_prefix, .standard = "", .check = check_shared,
               .doc = "A /64 on the access link that all WTRUs share."),
	OPTION("keys-file", CONFIG_STRING, keys_file, .standard = "\"\"",
               .doc = "File of the identities and keys that may register, mode 0600; relative to "
                      "the directory of this file."),
	OPTION("open-lab-mode", CONFIG_BOOL, open_lab_mode, .standard = "false",
               .doc = "No authentication: anybody may register. For labs only."),
	OPTION("protection", CONFIG_ENUM, protection, .choices = dgw_protection_names,
               .standard = "\"rfc4285\"",
               .doc = "What WTRUs must protect Binding Updates by: what the keys file has for "
                      "each, "
                      "ESP with keys of that file only, or ESP with keys from IKEv2."),
	OPTION("payload", CONFIG_BOOL, payload, .standard = "false",
               .doc = "Let WTRUs have their reverse tunnels inside ESP with keys from IKEv2. With "
                      "static keys the keys file says so."),
	OPTION("ike-socket", CONFIG_STRING, ike_socket, .standard = "\"/run/charon.vici\"",
               .doc = "Socket on which charon listens for VICI."),
	OPTION("ike-certificate", CONFIG_STRING, ike_certificate, .standard = "\"\"",
               .doc = "PEM file with our certificate for IKE, which names the home agent's "
                      "address; empty: the keys of the keys file are pre-shared keys."),
	OPTION("ike-private-key", CONFIG_STRING, ike_private_key, .standard = "\"\"",
               .doc = "PEM file of mode 0600 with its private key."),
	OPTION("ike-ca", CONFIG_STRING, ike_ca, .standard = "\"\"",
               .doc = "PEM file with the certificate of the authority whose certificates WTRUs "
                      "must have; each must name its identity."),
	OPTION("ike-migrate", CONFIG_BOOL, ike_migrate, .standard = "true",
               .doc = "IKE follows a WTRU without a message of its own (flag K of RFC 6275, "
                      "XFRM_MSG_MIGRATE); false: by MOBIKE, for a kernel or charon that cannot."),
	OPTION("valid-lifetime-s", CONFIG_UINT, valid_lifetime_s, .min = 4, .max = 2592000,
               .standard = "900", .doc = "Valid lifetime of advertised prefixes."),
	OPTION("preferred-lifetime-s", CONFIG_UINT, preferred_lifetime_s, .min = 0, .max = 2592000,
               .standard = "600",
               .doc = "Preferred lifetime of advertised prefixes; a unique prefix is advertised "
                      "again at each third of it. 0: deprecated, for renumbering. Below the "
                      "lifetime of a binding its WTRU is told to ask for prefixes."),
	OPTION("router-lifetime-s", CONFIG_UINT, router_lifetime_s, .min = 0, .max = 9000,
               .standard = "60", .doc = "Lifetime as default router; 0: not a default router."),
	OPTION("ra-interval-min-ms", CONFIG_UINT, ra_interval_min_ms, .min = 30, .max = 1350000,
               .standard = "3000", .doc = "Least interval of multicast Router Advertisements."),
	OPTION("ra-interval-max-ms", CONFIG_UINT, ra_interval_max_ms, .min = 70, .max = 1800000,
               .standard = "4000", .doc = "Greatest interval of multicast Router Advertisements."),
	OPTION("home-agent-preference", CONFIG_UINT, home_agent_preference, .min = 0, .max = 65535,
               .standard = "0",
               .doc = "Preference among the home agents of the shared prefix, higher is better: "
                      "advertised, and the order of what WTRUs that ask for home agents are told."),
	OPTION("home-agent-lifetime-s", CONFIG_UINT, home_agent_lifetime_s, .min = 0, .max = 65535,
               .standard = "0",
               .doc = "Advertised lifetime as home agent; 0: \"router-lifetime-s\", or 1800 if "
                      "that is 0."),
	OPTION("home-agents-learn", CONFIG_BOOL, home_agents_learn, .standard = "true",
               .doc = "Tell WTRUs that ask for home agents of the others on the access link, too, "
                      "as their Router Advertisements say; false where WTRUs could send such."),
	OPTION("mobile-prefix-advertisements", CONFIG_ENUM, mobile_prefix_advertisements,
               .choices = mobile_prefixes, .standard = "\"all\"",
               .doc = "What WTRUs that are away are told of their home prefixes: changes and, "
                      "when they ask, "
                      "the present state; the answers only; or nothing (RFC 6275 section 8.4)."),
	OPTION("mobile-prefix-interval-min-s", CONFIG_UINT, mobile_prefix_interval_min_s, .min = 1,
               .max = 86400, .standard = "600",
               .doc = "Least wait before a WTRU that is away is told of changed prefixes "
                      "(MinMobPfxAdvInterval of RFC 6275)."),
	OPTION("mobile-prefix-interval-max-s", CONFIG_UINT, mobile_prefix_interval_max_s, .min = 1,
               .max = 2592000, .standard = "86400",
               .doc = "Time after which it is told of the prefixes in any case "
                      "(MaxMobPfxAdvInterval)."),
	OPTION("binding-lifetime-max-s", CONFIG_UINT, binding_lifetime_max_s, .min = 4,
               .max = 262140, .standard = "600",
               .doc = "Greatest lifetime that a binding is granted."),
	OPTION("bindings-max", CONFIG_UINT, bindings_max, .min = 1, .max = 1000000,
               .standard = "4096", .doc = "Bindings and owned addresses in all; needs a restart."),
	OPTION("identity-bindings-max", CONFIG_UINT, identity_bindings_max, .min = 1,
               .max = 1000000, .standard = "16",
               .doc = "Bindings and owned addresses per identity; in open lab mode per unique "
                      "prefix."),
	OPTION("refresh-percent", CONFIG_UINT, refresh_percent, .min = 0, .max = 100,
               .standard = "80",
               .doc = "Binding refresh advice as a part of the lifetime granted, while bindings "
                      "cannot be kept on disk; 0: none."),
	OPTION("replay-window-s", CONFIG_UINT, replay_window_s, .min = 1, .max = 3600,
               .standard = "30", .doc = "How far the clock of a WTRU may be off (RFC 4285)."),
	OPTION("ownership-s", CONFIG_UINT, ownership_s, .min = 10, .max = 31536000,
               .standard = "3600",
               .doc = "How long an address belongs to its WTRU after the last proof."),
	{.key = "roaming",
         .type = CONFIG_OBJECTS,
         .offset = offsetof(struct dgw_config, roaming),
         .size = sizeof(struct dgw_roaming),
         .max = CHAIN_ROAMING_MAX,
         .members = roaming_members,
         .standard = "[]",
         .doc = "PGW: whose home addresses may be chained, and to which D-GWs."},
	OPTION("heartbeat-interval-ms", CONFIG_UINT, heartbeat_interval_ms, .min = 0, .max = 600000,
               .standard = "3000",
               .doc = "PGW: time between heartbeats to a D-GW that has chains; 0: none."),
	OPTION("heartbeat-missing-max", CONFIG_UINT, heartbeat_missing_max, .min = 1, .max = 20,
               .standard = "3",
               .doc = "PGW: unanswered heartbeats after which a D-GW is registered with again."),
	OPTION("retransmit-initial-ms", CONFIG_UINT, retransmit_initial_ms, .min = 50, .max = 10000,
               .standard = "1000",
               .doc = "PGW: first wait for a D-GW's Binding Acknowledgement; doubles twice before "
                      "the WTRU is told that there was none."),
	OPTION("dataplane", CONFIG_ENUM, dataplane, .choices = dataplanes, .standard = "\"auto\"",
               .doc = "Data plane: bpf (programs on the links) or ip6tnl (the kernel's tunnel "
                      "driver); "
                      "auto: the first of these that this kernel can do. Needs a restart."),
	OPTION("log-level", CONFIG_ENUM, log_level, .choices = log_levels, .standard = "\"info\"",
               .doc = "How much is logged."),
	{.key = NULL},
};

struct checker {
	config_report report;
	void *ctx;
	const char *file;
	int error;
};

static void wrong(struct checker *checker, const char *text)
{
	checker->report(checker->ctx, checker->file, 0, text);
	checker->error = -EINVAL;
}

static bool overlaps(const struct mip6_prefix *a, const struct mip6_prefix *b)
{
	return mip6_prefix_contains(a, &b->addr) || mip6_prefix_contains(b, &a->addr);
}

static void check_pgw(const struct dgw_config *c, struct checker *checker)
{
	if (mip6_addr_is_unspecified(&c->address))
		wrong(checker, "key \"address\": missing; a PGW's peers must know its address");
	if (c->roaming.count == 0)
		wrong(checker, "key \"roaming\": empty: nothing could be chained; allowed: 1 to 32 "
		               "entries");
	if (c->protection != DGW_PROTECTION_RFC4285)
		wrong(checker, "key \"protection\": not for a PGW; allowed: \"rfc4285\"");
	if (c->interface[0] != '\0' || c->unique_prefixes.len != 0 || c->shared_prefix.len != 0)
		wrong(checker,
		      "keys \"interface\", \"unique-prefixes\" and \"shared-prefix\": not for "
		      "a PGW, which has no access link; allowed: \"core-interfaces\"");
	for (size_t i = 0; i < c->roaming.count; i++) {
		const struct dgw_roaming *entry = (const struct dgw_roaming *)c->roaming.v + i;

		for (size_t n = 0; n < entry->anchors.count; n++) {
			struct mip6_addr addr;

			if (addr_parse(entry->anchors.v[n], &addr) == 0 &&
			    mip6_addr_equal(&addr, &c->address))
				wrong(checker, "key \"roaming[].anchors\": has our own "
				               "\"address\"; allowed: those of D-GWs");
		}
	}
}

static void check_dgw(const struct dgw_config *c, struct checker *checker)
{
	if (c->interface[0] == '\0')
		wrong(checker, "key \"interface\": missing; it must be given");
	if (c->roaming.count != 0)
		wrong(checker, "key \"roaming\": only for \"role\": \"pgw\"");
	if (c->unique_prefixes.len == 0 && c->shared_prefix.len == 0)
		wrong(checker,
		      "no prefix to anchor; allowed: \"unique-prefixes\", \"shared-prefix\", "
		      "or both");
	if (c->unique_prefixes.len != 0 && c->shared_prefix.len != 0 &&
	    overlaps(&c->unique_prefixes, &c->shared_prefix))
		wrong(checker,
		      "key \"shared-prefix\": lies in \"unique-prefixes\"; allowed: prefixes "
		      "that do not overlap");
	if (c->preferred_lifetime_s > c->valid_lifetime_s)
		wrong(checker,
		      "key \"preferred-lifetime-s\": above \"valid-lifetime-s\"; allowed: at "
		      "most that (RFC 4861 section 4.6.2)");
	if (c->ra_interval_min_ms >
	    c->ra_interval_max_ms / 4 * 3 + c->ra_interval_max_ms % 4 * 3 / 4)
		wrong(checker,
		      "key \"ra-interval-min-ms\": too near to \"ra-interval-max-ms\"; allowed: "
		      "at most 3/4 of it (RFC 4861 section 6.2.1)");
	if (c->mobile_prefix_interval_min_s > c->mobile_prefix_interval_max_s)
		wrong(checker, "key \"mobile-prefix-interval-min-s\": above "
		               "\"mobile-prefix-interval-max-s\"; allowed: at most that");
	if (c->router_lifetime_s != 0 &&
	    (uint64_t)c->router_lifetime_s * 1000 < c->ra_interval_max_ms)
		wrong(checker,
		      "key \"router-lifetime-s\": shorter than \"ra-interval-max-ms\"; allowed: "
		      "0, or at least that (RFC 4861 section 6.2.1)");
}

static void check(const struct dgw_config *c, struct checker *checker)
{
	if (c->role == DGW_ROLE_PGW)
		check_pgw(c, checker);
	else
		check_dgw(c, checker);
	if (c->open_lab_mode && c->protection != DGW_PROTECTION_RFC4285)
		wrong(checker,
		      "keys \"open-lab-mode\" and \"protection\" exclude each other; allowed: "
		      "one of them");
	if (c->open_lab_mode && c->keys_file[0] != '\0')
		wrong(checker,
		      "keys \"open-lab-mode\" and \"keys-file\" exclude each other; allowed: "
		      "one of them");
	if (!c->open_lab_mode && c->keys_file[0] == '\0')
		wrong(checker,
		      "nobody could register: give \"keys-file\" (who may, with which key), or, "
		      "in a lab only, \"open-lab-mode\": true");
	for (size_t i = 0; i < c->core_interfaces.count; i++)
		if (strcmp(c->core_interfaces.v[i], c->interface) == 0)
			wrong(checker,
			      "key \"core-interfaces\": contains \"interface\"; allowed: other "
			      "interfaces");
}

int dgw_config_read(const char *path, struct dgw_config *ret, config_report report, void *ctx)
{
	struct checker checker = {report, ctx, path != NULL ? path : "(no file)", 0};
	struct dgw_config config = {0};
	int error = config_read(path, dgw_config_options, &config, report, ctx);

	if (error != 0)
		return error;
	if (config_resolve(path, config.keys_file, sizeof(config.keys_file)) != 0 ||
	    config_resolve(path, config.ike_certificate, sizeof(config.ike_certificate)) != 0 ||
	    config_resolve(path, config.ike_private_key, sizeof(config.ike_private_key)) != 0 ||
	    config_resolve(path, config.ike_ca, sizeof(config.ike_ca)) != 0)
		wrong(&checker,
		      "a file name with this file's directory before it is too long; allowed: a "
		      "shorter or an absolute one");
	check(&config, &checker);
	if (checker.error != 0) {
		config_free(dgw_config_options, &config);
		return checker.error;
	}
	*ret = config;
	return 0;
}

void dgw_config_free(struct dgw_config *config)
{
	config_free(dgw_config_options, config);
}

void dgw_config_roaming(const struct dgw_config *config, struct chain_config *ret)
{
	const struct dgw_roaming *from = config->roaming.v;

	ret->roaming_count = config->roaming.count;
	for (size_t i = 0; i < ret->roaming_count; i++) {
		struct chain_roaming *to = &ret->roaming[i];

		*to = (struct chain_roaming){.prefix_count = from[i].prefixes.count,
		                             .anchor_count = from[i].anchors.count};
		memcpy(to->operator_name, from[i].operator_name, sizeof(to->operator_name));
		/* All of them were parsed when they were checked. */
		for (size_t n = 0; n < to->prefix_count; n++)
			prefix_parse(from[i].prefixes.v[n], &to->prefixes[n]);
		for (size_t n = 0; n < to->anchor_count; n++)
			addr_parse(from[i].anchors.v[n], &to->anchors[n]);
	}
}

int dgw_config_log_level(const struct dgw_config *config)
{
	static const enum log_level levels[] = {LOG_LEVEL_ERR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO,
	                                        LOG_LEVEL_DEBUG};

	return (int)levels[config->log_level];
}

const char *dgw_config_dataplane(const struct dgw_config *config)
{
	if (config->dataplane != DGW_DATAPLANE_AUTO)
		return dataplanes[config->dataplane];
	return config->role == DGW_ROLE_PGW ? DATAPLANE_CHAINING : NULL;
}

bool dgw_config_shared_address(const struct dgw_config *config, struct mip6_addr *ret)
{
	if (config->shared_prefix.len == 0)
		return false;
	*ret = config->shared_prefix.addr;
	if (!mip6_addr_is_unspecified(&config->address) &&
	    mip6_prefix_contains(&config->shared_prefix, &config->address))
		*ret = config->address;
	else
		ret->b[15] = 1;
	return true;
}

bool dgw_config_home_agent(const struct dgw_config *config, struct mip6_addr *ret)
{
	if (mip6_addr_is_unspecified(&config->address))
		return dgw_config_shared_address(config, ret);
	*ret = config->address;
	return true;
}

const char *dgw_config_needs_restart(const struct dgw_config *was, const struct dgw_config *is)
{
	if (was->role != is->role)
		return "role";
	if (strcmp(was->interface, is->interface) != 0)
		return "interface";
	if (was->core_interfaces.count != is->core_interfaces.count)
		return "core-interfaces";
	for (size_t i = 0; i < is->core_interfaces.count; i++)
		if (strcmp(was->core_interfaces.v[i], is->core_interfaces.v[i]) != 0)
			return "core-interfaces";
	if (!mip6_addr_equal(&was->address, &is->address))
		return "address";
	if (!mip6_prefix_equal(&was->unique_prefixes, &is->unique_prefixes))
		return "unique-prefixes";
	if (!mip6_prefix_equal(&was->shared_prefix, &is->shared_prefix))
		return "shared-prefix";
	if (was->bindings_max != is->bindings_max)
		return "bindings-max";
	if (was->dataplane != is->dataplane)
		return "dataplane";
	return NULL;
}
