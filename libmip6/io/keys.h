/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Key files (mode 0600): the identities of a D-GW, and the keys of a WTRU. JSON with comments,
 * mistakes reported as for configuration files. Everything is wiped when freed.
 *
 * D-GW: {"identities":[{"nai":"a@example.org","spi":3,"algorithm":"hmac-sha1","key":"…","home":
 * ["2001:db8::1","2001:db8:1::/64"]},…]}. An NAI may come again with another spi: a second SA, for
 * the time of a key change; `home` then stands in one of the entries.
 *
 * Other gateways that authenticate messages with us stand in "peers": [{"address":"2001:db8::1",
 * "realm":"example.org","spi":…,"algorithm":…,"key":…},…]: at a D-GW the PGWs, each with the realm of the
 * identities that it may speak for; at a PGW the D-GWs. An address may come again with another spi.
 *
 * AAA servers of operators whose WTRUs are asked about: "radius": [{"realm":"example.org","address":
 * "2001:db8::5","port":1812,"secret":"…"},…]; several of one realm stand in for each other.
 *
 * WTRU: {"spi":3,"algorithm":"hmac-sha1","key":"…","anchors":[{"prefix":"2001:db8::/32","spi":…,
 * "algorithm":…,"key":…},…]}; the longest prefix that holds the anchor's address wins, the outer
 * key is for all others and may be left out. "shared-with":"aaa" beside a key: not the anchors have
 * it, but our operator's AAA server, which they ask; what they and we use follows from it.
 *
 * Static security associations of ESP (RFC 6275 section 5.1) are in "sas". D-GW: [{"nai":…,"home":
 * PREFIX,"spi-in":…,"spi-out":…,"encryption":"aes-cbc","encryption-key":…,"authentication":
 * "hmac-sha256-128","authentication-key":…,"payload":false,"prefixes":false},…]; WTRU: the same with
 * "anchor", a prefix of home agents, instead of "nai".
 *
 * Those with other gateways, for the Mobility Headers between them, are in "gateways": the same with
 * "address" instead of "nai" and "home".
 *
 * A key is "hex:" and an even number of hexadecimal digits, or text whose octets are the key; 16 to
 * 64 octets either way.
 */
#ifndef MIP6_IO_KEYS_H
#define MIP6_IO_KEYS_H

#include <mip6/ha.h>

#include "io/config.h"
#include "io/keys_esp.h"
#include "io/radius.h"

struct keys;

/* 0 or a negative errno, after reports. */
int keys_read(struct keys **ret, const char *path, config_report report, void *ctx);
/*
 * NULL when unknown. The result is made up from a compact form: it stays valid for at least the
 * next KEYS_SCRATCH - 1 look-ups of other identities, and until keys_free().
 */
#define KEYS_SCRATCH 8
const struct ha_identity *keys_find(struct keys *keys, const char *nai);
/* The identity whose `home` has the longest prefix that holds hoa; NULL: nobody's. */
const struct ha_identity *keys_find_owner(struct keys *keys, const struct mip6_addr *hoa);
size_t keys_count(const struct keys *keys); /* identities */
/* Walk: index from 0 until NULL; valid as the result of keys_find(). */
const struct ha_identity *keys_get(struct keys *keys, size_t index);
#define KEYS_PEERS_MAX 256
/* The peer with this address, or NULL; valid until keys_free(). */
const struct ha_peer *keys_find_peer(const struct keys *keys, const struct mip6_addr *addr);
/*
 * The static SAs for this home address, or NULL; and whom they prove as its owner. Valid until
 * keys_free().
 */
const struct keys_esp *keys_find_esp(const struct keys *keys, const struct mip6_addr *hoa,
				     enum keys_esp_use use);
const struct ha_identity *keys_find_esp_owner(const struct keys *keys, const struct mip6_addr *hoa);
/* Walk: index from 0 until NULL. */
const struct keys_esp *keys_get_esp(const struct keys *keys, size_t index);
/* The RADIUS servers, valid until keys_free(). */
const struct radius_server_config *keys_radius(const struct keys *keys, size_t *ret_count);
/* The same of the gateways whose messages are inside ESP; anchor is the address. */
const struct keys_esp *keys_get_esp_gateway(const struct keys *keys, size_t index);
/* Wipes. NULL is allowed. */
void keys_free(struct keys *keys);

struct keys_wtru;

int keys_wtru_read(struct keys_wtru **ret, const char *path, config_report report, void *ctx);
/*
 * The SA for this anchor or NULL. It stays valid for at least the next KEYS_SCRATCH - 1 look-ups of
 * other anchors, and until keys_wtru_free().
 */
const struct mip6_auth_sa *keys_wtru_find(struct keys_wtru *keys, const struct mip6_addr *anchor);
/* The MN-AAA key that this SA follows from; NULL: it does not. Valid until keys_wtru_free(). */
const struct mip6_auth_sa *keys_wtru_find_aaa(const struct keys_wtru *keys,
                                              const struct mip6_addr *anchor);
/* The static SAs for this home address and home agent, or NULL; valid until keys_wtru_free(). */
const struct keys_esp *keys_wtru_find_esp(const struct keys_wtru *keys, const struct mip6_addr *hoa,
					  const struct mip6_addr *anchor,
					  enum keys_esp_use use);
void keys_wtru_free(struct keys_wtru *keys);

/* The tables, for --print-options and the man page. */
extern const struct config_option keys_options[];
extern const struct config_option keys_wtru_options[];

#endif
