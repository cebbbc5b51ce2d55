/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Static security associations of ESP as they stand in key files ("sas"): with WTRUs or anchors for
 * their Mobility Headers and what they ask about prefixes, or for their reverse tunnels. Part of
 * keys.h.
 */
#ifndef MIP6_IO_KEYS_ESP_H
#define MIP6_IO_KEYS_ESP_H

#include <mip6/mh.h>

#include "io/config.h"
#include "io/keys_text.h"
#include "kernel/xfrm.h"

#define KEYS_ESP_MAX 1024

/* What a pair is for. */
enum keys_esp_use {
	KEYS_ESP_SIGNALLING, /* Mobility Headers, and mobile prefixes if those have no other pair */
	KEYS_ESP_PREFIXES,   /* Mobile Prefix Solicitations and Advertisements */
	KEYS_ESP_PAYLOAD,    /* the reverse tunnel, in tunnel mode */
};

/* A pair of security associations, one in each direction, with the same keys. */
struct keys_esp {
	struct mip6_prefix home;    /* home addresses that they are for */
	struct mip6_prefix anchor;  /* WTRU: home agents they are with; gateways: the other */
	char nai[MIP6_NAI_MAX + 1]; /* D-GW: whose they are */
	uint32_t spi_in;
	uint32_t spi_out;
	enum keys_esp_use use;
	bool tunnels; /* gateways: the tunnels with it are inside ESP too */
	enum xfrm_cipher cipher;
	enum xfrm_auth auth;
	uint8_t cipher_key_len, auth_key_len;
	uint8_t cipher_key[XFRM_KEY_MAX], auth_key[XFRM_KEY_MAX];
};

/* One element of "sas", in the file of either side. */
struct keys_esp_entry {
	char nai[MIP6_NAI_MAX + 1];
	struct mip6_prefix home, anchor;
	uint32_t spi_in, spi_out;
	bool payload, prefixes, tunnels;
	int encryption, authentication;
	char encryption_key[KEYS_TEXT_MAX + 1], authentication_key[KEYS_TEXT_MAX + 1];
};

extern const struct config_option keys_esp_gateway_options[];
extern const struct config_option keys_esp_wtru_options[];
extern const struct config_option keys_esp_peer_options[]; /* "gateways" */

/* NULL, or what is wrong with the entry. */
const char *keys_esp_parse(const struct keys_esp_entry *entry, struct keys_esp *ret);
/* The one of count with the longest home prefix; anchor NULL: any. NULL: there is none. */
const struct keys_esp *keys_esp_find(const struct keys_esp *sas, size_t count,
                                     const struct mip6_addr *hoa, const struct mip6_addr *anchor,
                                     enum keys_esp_use use);
/* Algorithms and keys of the pair into sa, and the SPI of this direction. */
void keys_esp_fill(const struct keys_esp *esp, bool in, struct xfrm_sa *sa);
/*
 * The upper-layer protocol that a pair for signalling or prefixes is for; 0: either of the two.
 * has_other: mobile prefixes have a pair of their own.
 */
uint8_t keys_esp_protocol(const struct keys_esp *esp, bool has_other);

#endif
