/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys and algorithms as they stand in key files; shared by the files of keys.h. */
#ifndef MIP6_IO_KEYS_TEXT_H
#define MIP6_IO_KEYS_TEXT_H

#include <mip6/auth.h>

#include "io/config.h"

#define KEYS_TEXT_MAX (4 + 2 * MIP6_AUTH_KEY_MAX) /* "hex:" and the digits */
#define KEYS_KEY_MIN 16

/* Names of algorithms, NULL-terminated, and the algorithm of an index. */
extern const char *const keys_algorithms[];
enum mip6_auth_algorithm keys_algorithm(int index);

/* Octets of the key (KEYS_KEY_MIN to MIP6_AUTH_KEY_MAX) put into key, or 0 when text is no key. */
uint8_t keys_parse(const char *text, uint8_t key[MIP6_AUTH_KEY_MAX]);
/* A `check` for configuration options of keys. */
const char *keys_check(const void *value);
/* The security association of an entry that was read: as its options below have it. */
void keys_make_sa(uint32_t spi, int algorithm, const char *key, struct mip6_auth_sa *ret);

/* The options of an entry with a key. place: ".offset = …"; peer: who has the same key. */
#define KEYS_OPTION_SPI(place, peer)                                                    \
	{                                                                               \
		.key = "spi", .type = CONFIG_UINT, place, .min = MIP6_AUTH_SPI_DEFAULT, \
		.max = UINT32_MAX, .standard = "3",                                     \
		.doc = "Security parameter index, as at the " peer ".",                 \
	}
#define KEYS_OPTION_ALGORITHM(place, peer)                                                  \
	{                                                                                   \
		.key = "algorithm", .type = CONFIG_ENUM, place, .choices = keys_algorithms, \
		.standard = "\"hmac-sha1\"",                                                \
		.doc = "Authentication algorithm, as at the " peer ".",                     \
	}
#define KEYS_OPTION_KEY(place)                                                   \
	{                                                                        \
		.key = "key", .type = CONFIG_STRING, place, .min = KEYS_KEY_MIN, \
		.size = KEYS_TEXT_MAX + 1, .check = keys_check,                  \
		.doc = "The key, as text or \"hex:…\".",                         \
	}

#endif
