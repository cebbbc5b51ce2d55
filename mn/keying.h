/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Method "ike" of the WTRU daemon: strongSwan's charon negotiates the security associations of ESP,
 * and its end moves with us (RFC 4877; RFC 6275 sections 10.3.1, 11.7.1: flag K). Part of esp.h.
 */
#ifndef MIP6_MN_KEYING_H
#define MIP6_MN_KEYING_H

#include <mip6/wtru.h>

#include "config.h"
#include "io/ike.h"
#include "kernel/dataplane.h"

struct mnd;

struct keying {
	struct ike *ike; /* NULL: not in use */
	struct ike_credentials credentials;
	/* Of the configuration that it was opened with. */
	char socket[sizeof(((struct mnd_config *)NULL)->ike_socket)];
	char identity[MIP6_NAI_MAX + 1];
	bool migrate;
};

/* After esp_open(). 0, or a negative errno after an error line. */
int keying_open(struct mnd *mnd);
/* Can what this configuration names be read? 0, or a negative errno after reports. */
int keying_check(const struct mnd_config *config, config_report report, void *ctx);
/* What instances there are, and their keys: after a start, and after a reload. */
void keying_sync(struct mnd *mnd);
/*
 * The configuration is another one: what is not needed any more ends; other credentials or another
 * charon are used from now on, while SAs stay.
 */
void keying_reload(struct mnd *mnd);
void keying_close(struct mnd *mnd, bool keep);
/* Before a message inside ESP is sent: -EAGAIN when there is no SA for it, or a negative errno. */
int keying_prepare(struct mnd *mnd, const struct mip6_addr *hoa, const struct mip6_addr *agent);
/* What the core tells about an instance. */
void keying_notice(struct mnd *mnd, const struct wtru_action *action);
/* "sa_error" of an instance; NULL: none. */
const char *keying_error(const struct mnd *mnd, const struct mip6_addr *hoa);
/*
 * The reqids of the tunnel of this binding: what comes in, and goes out. False: it goes in clear, to a
 * PGW.
 */
bool keying_find_payload(const struct mnd *mnd, const struct dataplane_binding *binding,
                         uint32_t *ret_in, uint32_t *ret_out);
/* There is a security association for the tunnel of this home address. */
bool keying_has_payload(const struct mnd *mnd, const struct mip6_addr *hoa);
/* "sa" of an instance. */
const char *keying_state(const struct mnd *mnd, const struct mip6_addr *hoa);

#endif
