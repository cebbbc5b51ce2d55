// SPDX-License-Identifier: GPL-2.0-or-later
/* See radius.h. */
#include "radius.h"

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <string.h>

#define HEADER 20
#define MESSAGE_AUTHENTICATOR 18

size_t test_radius_answer(uint8_t code, uint8_t id, const uint8_t request_authenticator[16],
                          const char *secret, const uint8_t *attributes, size_t len, uint8_t *data)
{
	size_t all = HEADER + MESSAGE_AUTHENTICATOR + len;
	struct hmac_md5_ctx hmac;
	struct md5_ctx md5;

	data[0] = code;
	data[1] = id;
	data[2] = (uint8_t)(all >> 8);
	data[3] = (uint8_t)all;
	memcpy(data + 4, request_authenticator, 16);
	memset(data + HEADER, 0, MESSAGE_AUTHENTICATOR);
	data[HEADER] = 80;
	data[HEADER + 1] = MESSAGE_AUTHENTICATOR;
	if (len > 0)
		memcpy(data + HEADER + MESSAGE_AUTHENTICATOR, attributes, len);
	hmac_md5_set_key(&hmac, strlen(secret), (const uint8_t *)secret);
	hmac_md5_update(&hmac, all, data);
	hmac_md5_digest(&hmac, 16, data + HEADER + 2);
	md5_init(&md5);
	md5_update(&md5, all, data);
	md5_update(&md5, strlen(secret), (const uint8_t *)secret);
	md5_digest(&md5, 16, data + 4);
	return all;
}

size_t test_radius_key(const uint8_t request_authenticator[16], const char *secret,
                       const uint8_t *key, uint8_t key_len, uint8_t *data)
{
	static const uint8_t head[] = {26, 0, 0, 0, 0x15, 0x9f, 58, 0, 0x9a, 0xbc};
	const uint8_t *before = request_authenticator;
	size_t blocks = ((size_t)key_len + 16) / 16;
	uint8_t *value = data + sizeof(head), mask[16];

	memcpy(data, head, sizeof(head));
	data[1] = (uint8_t)(sizeof(head) + 16 * blocks);
	data[7] = (uint8_t)(data[1] - 6);
	memset(value, 0, 16 * blocks);
	value[0] = key_len;
	memcpy(value + 1, key, key_len);
	for (size_t i = 0; i < blocks; i++) {
		struct md5_ctx md5;

		md5_init(&md5);
		md5_update(&md5, strlen(secret), (const uint8_t *)secret);
		md5_update(&md5, 16, before);
		if (i == 0)
			md5_update(&md5, 2, head + 8);
		md5_digest(&md5, 16, mask);
		for (size_t n = 0; n < 16; n++)
			value[16 * i + n] ^= mask[n];
		before = value + 16 * i;
	}
	return data[1];
}
