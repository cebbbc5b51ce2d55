/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * IPsec of the WTRU daemon: Binding Updates inside ESP (RFC 6275 section 5.1), with the static
 * security associations of the key file.
 */
#ifndef MIP6_MN_ESP_H
#define MIP6_MN_ESP_H

#include <mip6/wtru.h>

#include "io/config.h"
#include "kernel/xfrm.h"

struct mnd;
struct mnd_config;
struct json_object;

/* A security association of ours. */
struct esp_made {
	struct mip6_addr hoa;
	struct mip6_addr dst;
	uint32_t spi;
	bool fresh; /* as the keys of now say; else of an earlier run, or of before a reload */
};

struct esp {
	struct xfrm *xfrm; /* NULL: not in use */
	size_t count, space;
	struct esp_made *made;
};

/*
 * Opens what the configuration asks for; the data plane is open, nothing uses it yet. 0, or a
 * negative errno after an error line.
 */
int esp_open(struct mnd *mnd);
/* The same, when path and transport are open. */
int esp_start(struct mnd *mnd);
/*
 * Before a reload: opens what a configuration asks for that is not open yet. 0, or a negative errno
 * after reports, and nothing has changed.
 */
int esp_admit(struct mnd *mnd, const struct mnd_config *config, config_report report, void *ctx);
/* After it: keys and methods may be others. Sessions go on with those of now. */
void esp_reload(struct mnd *mnd);
/* When instances came or went: SAs and states of home addresses that are gone. */
void esp_collect(struct mnd *mnd);
/* After the data plane, before the transport. */
void esp_close(struct mnd *mnd, bool keep);

/* Before a packet with mip6_packet.esp is sent. 0 or a negative errno. */
int esp_prepare(struct mnd *mnd, const struct mip6_packet *packet);
/* For struct wtru_env; ctx is the struct mnd. */
enum wtru_esp esp_of(void *ctx, const struct mip6_addr *hoa, const struct mip6_addr *anchor);
/* "protection" and "sa" of an instance. */
void esp_add(struct mnd *mnd, struct json_object *object, const struct wtru_instance_info *info);

#endif
