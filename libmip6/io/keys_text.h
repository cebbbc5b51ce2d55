/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys and algorithms as they stand in key files; shared by the files of keys.h. */
#ifndef MIP6_IO_KEYS_TEXT_H
#define MIP6_IO_KEYS_TEXT_H

#include <mip6/auth.h>

#define KEYS_TEXT_MAX (4 + 2 * MIP6_AUTH_KEY_MAX) /* "hex:" and the digits */
#define KEYS_KEY_MIN 16

/* Names of algorithms, NULL-terminated, and the algorithm of an index. */
extern const char *const keys_algorithms[];
enum mip6_auth_algorithm keys_algorithm(int index);

/* Octets of the key (KEYS_KEY_MIN to MIP6_AUTH_KEY_MAX) put into key, or 0 when text is no key. */
uint8_t keys_parse(const char *text, uint8_t key[MIP6_AUTH_KEY_MAX]);
/* A `check` for configuration options of keys. */
const char *keys_check(const void *value);

#endif
