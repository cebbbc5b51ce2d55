/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPsec of the daemon: Binding Updates of WTRUs inside ESP (RFC 6275 section 5.1), with the static
 * security associations of the keys file.
 */
#ifndef DGW_ESP_H
#define DGW_ESP_H

#include <mip6/ha.h>

#include "io/config.h"
#include "kernel/xfrm.h"

struct dgwd;
struct dgw_config;
struct json_object;
struct keys;

/* A security association of ours: towards a WTRU, or from all that one entry is for. */
struct esp_made {
	struct mip6_addr dst;
	uint32_t spi;
	bool fresh; /* as the keys of now say; else of an earlier run, or of before a reload */
};

struct esp {
	struct xfrm *xfrm; /* NULL: not in use */
	bool restored;     /* the core knows what it knew before the start */
	bool collect_due;
	size_t count, space;
	struct esp_made *made;
};

/*
 * Opens what the configuration asks for; the transport is open. 0, or a negative errno after an
 * error line.
 */
int esp_open(struct dgwd *d);
/*
 * Before a reload: opens what these ask for that is not open yet. 0, or a negative errno after reports,
 * and nothing has changed.
 */
int esp_admit(struct dgwd *d, const struct dgw_config *config, const struct keys *keys,
              config_report report, void *ctx);
/* The configuration, the keys or our addresses are others than before. Also before the core is
 * there. */
void esp_configure(struct dgwd *d);
/* At the end of a turn, and once after restoring: SAs of home addresses that nobody has any more.
 */
void esp_collect(struct dgwd *d);
/* After the data plane, before the transport. */
void esp_close(struct dgwd *d, bool keep);

/* Before a packet with mip6_packet.esp is sent. 0 or a negative errno. */
int esp_prepare(struct dgwd *d, const struct mip6_packet *packet);
/* Must what comes from this home address, or goes there, be inside ESP? Not so by way of a PGW. */
bool esp_is_needed(struct dgwd *d, const struct mip6_addr *hoa);
/* For struct ha_env; ctx is the struct dgwd. */
const struct ha_identity *esp_find_owner(void *ctx, const struct mip6_addr *hoa);
/* "protection" and "sa" of a binding. */
void esp_add(struct dgwd *d, struct json_object *binding, const struct ha_binding_info *info);

#endif
