/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Method "ike" of a D-GW: strongSwan's charon negotiates the security associations of ESP with each
 * identity of the keys file, and its end follows the WTRU (RFC 4877, RFC 6275 section 10.3.1). Part
 * of esp.h.
 */
#ifndef DGW_KEYING_H
#define DGW_KEYING_H

#include <mip6/ha.h>

#include "config.h"
#include "io/ike.h"
#include "kernel/dataplane.h"

struct dgwd;

struct keying {
	struct ike *ike; /* NULL: not in use, or no home agent address yet */
	struct mip6_addr home_agent;
	bool read; /* the credentials are */
	struct ike_credentials credentials;
	bool payload;
	char socket[sizeof(((struct dgw_config *)NULL)->ike_socket)]; /* when they were */
};

/* The files named in the configuration. 0, or a negative errno after error lines. */
int keying_open(struct dgwd *d);
/* Can what this configuration names be read? 0, or a negative errno after reports. */
int keying_check(const struct dgw_config *config, config_report report, void *ctx);
/*
 * The configuration is another one; before keying_configure(). What is not needed any more ends;
 * other credentials or another charon are used from now on, while SAs stay.
 */
void keying_reload(struct dgwd *d);
/* Keys or the home agent address may be others. */
void keying_configure(struct dgwd *d);
void keying_close(struct dgwd *d, bool keep);
/* Whose SA a home address has, or must have; NULL: nobody's. */
const struct ha_identity *keying_find_owner(struct dgwd *d, const struct mip6_addr *hoa);
/* The reqid of the tunnel of this binding; false: it goes in clear. */
bool keying_find_payload(const struct dgwd *d, const struct dataplane_binding *binding,
                         uint32_t *ret_reqid);
/* What the core tells about a binding. */
void keying_notice(struct dgwd *d, const struct ha_action *action);
/* "sa" of a binding. */
const char *keying_state(const struct dgwd *d, const struct mip6_addr *hoa);

#endif
