/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration file of mip6-dgwd: what io/config.h fills in, and the checks across keys. */
#ifndef DGW_CONFIG_H
#define DGW_CONFIG_H

#include <mip6/chain.h>

#include "io/config.h"

#define DGW_LEASES_MAX 65536

enum dgw_role {
	DGW_ROLE_DGW,
	DGW_ROLE_PGW,
};

/* One element of "roaming". */
struct dgw_roaming {
	char operator_name[MIP6_OPERATOR_MAX + 1];
	struct config_strings prefixes, anchors;
};

enum dgw_dataplane {
	DGW_DATAPLANE_AUTO,
	DGW_DATAPLANE_BPF,
	DGW_DATAPLANE_IP6TNL,
};

/* What must protect the Binding Updates of WTRUs, "protection". */
enum dgw_protection {
	DGW_PROTECTION_RFC4285, /* each by what the keys file has for it */
	DGW_PROTECTION_MANUAL,  /* ESP with static keys (RFC 6275 section 5.1) */
	DGW_PROTECTION_IKE,     /* ESP with keys from IKEv2 (RFC 4877) */
};

/* Which Mobile Prefix Advertisements are sent, "mobile-prefix-advertisements". */
enum dgw_mobile_prefixes {
	DGW_MOBILE_PREFIXES_ALL,
	DGW_MOBILE_PREFIXES_SOLICITED,
	DGW_MOBILE_PREFIXES_NONE,
};

struct dgw_config {
	int role;           /* enum dgw_role */
	char interface[16]; /* "" at a PGW */
	struct config_strings core_interfaces;
	struct mip6_addr address; /* unspecified: found */
	char operator_name[MIP6_OPERATOR_MAX + 1];
	struct mip6_prefix unique_prefixes; /* len 0: none */
	struct mip6_prefix shared_prefix;   /* len 0: none */
	char keys_file[256];
	bool open_lab_mode;
	int protection; /* enum dgw_protection */
	bool payload;
	char ike_socket[108];
	char ike_certificate[256];
	char ike_private_key[256];
	char ike_ca[256];
	bool ike_migrate;
	uint32_t valid_lifetime_s;
	uint32_t preferred_lifetime_s;
	uint32_t router_lifetime_s;
	uint32_t ra_interval_min_ms;
	uint32_t ra_interval_max_ms;
	uint32_t home_agent_preference;
	uint32_t home_agent_lifetime_s; /* 0: as the router's */
	bool home_agents_learn;
	int mobile_prefix_advertisements; /* enum dgw_mobile_prefixes */
	uint32_t mobile_prefix_interval_min_s;
	uint32_t mobile_prefix_interval_max_s;
	uint32_t binding_lifetime_max_s;
	uint32_t bindings_max;
	uint32_t identity_bindings_max;
	uint32_t refresh_percent;
	uint32_t replay_window_s;
	uint32_t ownership_s;
	struct config_objects roaming; /* struct dgw_roaming */
	uint32_t heartbeat_interval_ms;
	uint32_t heartbeat_missing_max;
	uint32_t retransmit_initial_ms;
	int dataplane; /* enum dgw_dataplane */
	int log_level; /* index into the table's choices; dgw_config_log_level() */
};

extern const struct config_option dgw_config_options[];
extern const char *const dgw_protection_names[];

/*
 * Read path (NULL: all defaults, which lack what must be given) and check what single keys cannot
 * show. 0, or a negative errno after at least one report; then *ret is untouched.
 */
int dgw_config_read(const char *path, struct dgw_config *ret, config_report report, void *ctx);
void dgw_config_free(struct dgw_config *config);
/* The roaming list as the chain core wants it. */
void dgw_config_roaming(const struct dgw_config *config, struct chain_config *ret);
/* enum log_level of the key "log-level". */
int dgw_config_log_level(const struct dgw_config *config);
/* The configured backend's name, or which may be chosen; as dataplane_choose() wants it. */
const char *dgw_config_dataplane(const struct dgw_config *config);
/* Our address in the shared prefix: "address" if it lies there, else ::1. False without such a
 * prefix. */
bool dgw_config_shared_address(const struct dgw_config *config, struct mip6_addr *ret);
/* The home agent address as far as the configuration says. */
bool dgw_config_home_agent(const struct dgw_config *config, struct mip6_addr *ret);
/*
 * The first key that differs between two configurations and takes effect only with a restart, or
 * NULL.
 */
const char *dgw_config_needs_restart(const struct dgw_config *was, const struct dgw_config *is);

#endif
