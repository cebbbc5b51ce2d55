/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The configuration of mip6-mnd: one table for the file, the man page and the cores. */
#ifndef MIP6_MN_CONFIG_H
#define MIP6_MN_CONFIG_H

#include <mip6/wtru.h>

#include "io/config.h"

#define MND_CONFIG_FILE MIP6_SYSCONFDIR "/mnd.conf"

enum mnd_log_level {
	MND_LOG_ERR,
	MND_LOG_WARNING,
	MND_LOG_INFO,
	MND_LOG_DEBUG,
};

/* What protects Binding Updates and Acknowledgements, "protection". */
enum mnd_protection {
	MND_PROTECTION_RFC4285, /* authentication option */
	MND_PROTECTION_MANUAL,  /* ESP with static keys (RFC 6275 section 5.1) */
	MND_PROTECTION_IKE,     /* ESP with keys from IKEv2 (RFC 4877) */
};

/* One element of "anchors". */
struct mnd_anchor {
	struct mip6_prefix prefix;
	struct mip6_addr anchor; /* unspecified: as the RA says */
	char operator_name[MIP6_OPERATOR_MAX + 1];
	int protection; /* 0: as for all; else enum mnd_protection plus 1 */
	bool payload;   /* the reverse tunnel inside ESP */
};

/* One element of "homes". */
struct mnd_home {
	char address[64]; /* with prefix length */
	struct mip6_addr agent;
	char operator_name[MIP6_OPERATOR_MAX + 1];
	bool authenticate;
	bool prefer;
	int protection; /* as in struct mnd_anchor */
};

#define MND_HOMES_MAX 16

struct mnd_config {
	char identity[MIP6_NAI_MAX + 1];
	char key_file[256];
	struct mip6_addr home_pgw; /* unspecified: none */
	char operator_name[MIP6_OPERATOR_MAX + 1];
	struct config_strings interfaces;
	uint32_t lifetime_s;
	uint32_t linger_s;
	uint32_t use_interval_ms;
	uint32_t heartbeat_interval_ms;
	uint32_t heartbeat_missing_max;
	uint32_t retransmit_initial_ms;
	uint32_t retransmit_max_ms;
	uint32_t probe_ms;
	uint32_t instances_max;
	uint32_t links_max;
	bool claim;
	bool optimistic_dad;
	int protection; /* enum mnd_protection, of what "anchors" say nothing about */
	char ike_socket[108];
	char ike_certificate[256], ike_private_key[256], ike_ca[256];
	bool ike_migrate;
	struct config_objects anchors; /* struct mnd_anchor */
	struct config_objects homes;   /* struct mnd_home */
	int dataplane;                 /* index into mnd_dataplane_names */
	int log_level;                 /* enum mnd_log_level */

	struct wtru_override *overrides; /* made from anchors; owned */
	struct wtru_home *home;          /* made from homes; owned */
};

extern const struct config_option mnd_config_options[];
extern const char *const mnd_dataplane_names[];

/*
 * Read path (NULL: defaults) into *ret. 0 or a negative errno after every mistake was reported.
 * mnd_config_free() when done with it.
 */
int mnd_config_read(const char *path, struct mnd_config *ret, config_report report, void *ctx);
void mnd_config_free(struct mnd_config *config);
/* The part that the core wants; borrows config->overrides. */
void mnd_config_core(const struct mnd_config *config, struct wtru_config *ret);
/* The method for a home address; *ret_payload (may be NULL): its tunnel inside ESP too. */
enum mnd_protection mnd_config_protection(const struct mnd_config *config,
                                          const struct mip6_addr *hoa, bool *ret_payload);
extern const char *const mnd_protection_names[];
/* Does any home address use this method? */
bool mnd_config_uses(const struct mnd_config *config, enum mnd_protection protection);
int mnd_config_log_level(const struct mnd_config *config);

#endif
