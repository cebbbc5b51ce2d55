// SPDX-License-Identifier: LGPL-2.1-or-later
/* Keys as text: hexadecimal after "hex:", otherwise the octets themselves. */
#include "io/keys_text.h"

#include <string.h>

const char *const keys_algorithms[] = {"hmac-sha1", "hmac-sha256-128", NULL};

enum mip6_auth_algorithm keys_algorithm(int index)
{
	return index == 0 ? MIP6_AUTH_HMAC_SHA1 : MIP6_AUTH_HMAC_SHA256_128;
}

static int keys_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

uint8_t keys_parse(const char *text, uint8_t key[MIP6_AUTH_KEY_MAX])
{
	size_t len = strlen(text);

	if (strncmp(text, "hex:", 4) != 0) {
		if (len < KEYS_KEY_MIN || len > MIP6_AUTH_KEY_MAX)
			return 0;
		memcpy(key, text, len);
		return (uint8_t)len;
	}
	text += 4;
	len -= 4;
	if (len % 2 != 0 || len / 2 < KEYS_KEY_MIN || len / 2 > MIP6_AUTH_KEY_MAX)
		return 0;
	for (size_t i = 0; i < len / 2; i++) {
		int high = keys_digit(text[2 * i]), low = keys_digit(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return 0;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return (uint8_t)(len / 2);
}

const char *keys_check(const void *value)
{
	uint8_t key[MIP6_AUTH_KEY_MAX];
	uint8_t len;

	if (*(const char *)value == '\0')
		return NULL; /* not given; where that is a mistake the table says so */
	len = keys_parse(value, key);
	mip6_auth_wipe(key, sizeof(key));
	return len > 0 ? NULL
	               : "is no key; allowed: \"hex:\" and 32 to 128 hexadecimal digits, an even "
	                 "number, or text of 16 to 64 octets";
}

void keys_make_sa(uint32_t spi, int algorithm, const char *key, struct mip6_auth_sa *ret)
{
	ret->spi = spi;
	ret->algorithm = keys_algorithm(algorithm);
	ret->key_len = keys_parse(key, ret->key);
}
