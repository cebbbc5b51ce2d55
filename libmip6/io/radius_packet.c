// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * RADIUS packets (RFC 2865 sections 3 to 5, RFC 3579 section 3.2, RFC 2868 section 3.5): one kind
 * of request, and the answers to it. Nothing of an answer is looked at before it is authentic, but
 * for where its attributes begin and end.
 */
#include "io/radius_packet.h"

#include <nettle/hmac.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <string.h>

#define CODE_REQUEST 1
#define CODE_ACCEPT 2
#define CODE_REJECT 3
#define HEADER_LEN 20
#define ATTRIBUTE_HEADER 2

enum {
	ATTRIBUTE_USER_NAME = 1,
	ATTRIBUTE_VENDOR = 26,
	ATTRIBUTE_SESSION_TIMEOUT = 27,
	ATTRIBUTE_MESSAGE_AUTHENTICATOR = 80, /* RFC 3579 */
	ATTRIBUTE_NAS_IPV6_ADDRESS = 95,      /* RFC 3162 */
	ATTRIBUTE_FRAMED_IPV6_ADDRESS = 168,  /* RFC 6911 */
	/* Of the numbers for experiments (RFC 3575 section 2.1); docs/protocol.md. */
	ATTRIBUTE_MOBILITY_DATA = 192,
	ATTRIBUTE_AUTHENTICATOR = 193,
};

#define VENDOR_3GPP2 5535
#define VENDOR_HEADER 6 /* vendor's number, type, length */
enum {
	VENDOR_MN_HA_SPI = 57,
	VENDOR_MN_HA_KEY = 58,
};

#define SALT_LEN 2

/* --- requests --- */

static void write_attribute(struct mip6_writer *w, uint8_t type, const void *data, size_t len)
{
	mip6_writer_u8(w, type);
	mip6_writer_u8(w, (uint8_t)(ATTRIBUTE_HEADER + len));
	mip6_writer_bytes(w, data, len);
}

static void hmac_md5(const char *secret, const uint8_t *data, size_t len, uint8_t *ret)
{
	struct hmac_md5_ctx ctx;

	hmac_md5_set_key(&ctx, strlen(secret), (const uint8_t *)secret);
	hmac_md5_update(&ctx, len, data);
	hmac_md5_digest(&ctx, MD5_DIGEST_SIZE, ret);
	mip6_auth_wipe(&ctx, sizeof(ctx));
}

size_t radius_encode(const struct radius_request *request, const char *secret, uint8_t *data,
                     size_t cap)
{
	static const uint8_t zeros[MD5_DIGEST_SIZE];
	struct mip6_writer w;

	mip6_writer_init(&w, data, cap);
	mip6_writer_u8(&w, CODE_REQUEST);
	mip6_writer_u8(&w, request->id);
	mip6_writer_u16(&w, 0);
	mip6_writer_bytes(&w, request->authenticator, sizeof(request->authenticator));
	/* In front of everything that an attacker may choose. */
	write_attribute(&w, ATTRIBUTE_MESSAGE_AUTHENTICATOR, zeros, sizeof(zeros));
	write_attribute(&w, ATTRIBUTE_USER_NAME, request->nai, strlen(request->nai));
	write_attribute(&w, ATTRIBUTE_NAS_IPV6_ADDRESS, request->home_agent.b, 16);
	write_attribute(&w, ATTRIBUTE_FRAMED_IPV6_ADDRESS, request->hoa.b, 16);
	write_attribute(&w, ATTRIBUTE_MOBILITY_DATA, request->digest, sizeof(request->digest));
	write_attribute(&w, ATTRIBUTE_AUTHENTICATOR, request->mn_authenticator,
	                sizeof(request->mn_authenticator));
	if (w.failed)
		return 0;
	data[2] = (uint8_t)(w.pos >> 8);
	data[3] = (uint8_t)w.pos;
	hmac_md5(secret, data, w.pos, data + HEADER_LEN + ATTRIBUTE_HEADER);
	return w.pos;
}

/* --- answers --- */

/* The attributes of a packet, one at a time. False at the end, or where they are malformed. */
static bool next_attribute(struct mip6_reader *r, uint8_t *ret_type, const uint8_t **ret_data,
                           size_t *ret_len)
{
	size_t len;

	if (mip6_reader_left(r) == 0)
		return false;
	*ret_type = mip6_reader_u8(r);
	len = mip6_reader_u8(r);
	if (len < ATTRIBUTE_HEADER)
		r->failed = true;
	*ret_len = r->failed ? 0 : len - ATTRIBUTE_HEADER;
	*ret_data = mip6_reader_view(r, *ret_len);
	return !r->failed;
}

/* Where the one Message-Authenticator of a well-formed packet is; 0: something is wrong. */
static size_t find_message_authenticator(const uint8_t *packet, size_t len)
{
	struct mip6_reader r;
	const uint8_t *data;
	size_t at = 0, data_len;
	uint8_t type;

	mip6_reader_init(&r, packet, len);
	mip6_reader_skip(&r, HEADER_LEN);
	while (next_attribute(&r, &type, &data, &data_len)) {
		if (type != ATTRIBUTE_MESSAGE_AUTHENTICATOR)
			continue;
		if (at != 0 || data_len != MD5_DIGEST_SIZE)
			return 0;
		at = (size_t)(data - packet);
	}
	return r.failed ? 0 : at;
}

/* packet is a copy of the answer, which this may change. */
static bool is_authentic(const struct radius_request *request, const char *secret, uint8_t *packet,
                         size_t len, size_t message_authenticator)
{
	uint8_t said[MD5_DIGEST_SIZE], right[MD5_DIGEST_SIZE];
	struct md5_ctx md5;
	bool authentic;

	/* MD5(code | id | length | request's authenticator | attributes | secret) */
	memcpy(said, packet + 4, sizeof(said));
	memcpy(packet + 4, request->authenticator, sizeof(request->authenticator));
	md5_init(&md5);
	md5_update(&md5, len, packet);
	md5_update(&md5, strlen(secret), (const uint8_t *)secret);
	md5_digest(&md5, sizeof(right), right);
	authentic = memeql_sec(said, right, sizeof(said));
	/* HMAC-MD5(secret, the same with 16 zeros in place of the attribute's value) */
	memcpy(said, packet + message_authenticator, sizeof(said));
	memset(packet + message_authenticator, 0, sizeof(said));
	hmac_md5(secret, packet, len, right);
	return memeql_sec(said, right, sizeof(said)) && authentic;
}

/* RFC 2868 section 3.5: salt, then the length and the octets of the value, and padding, encrypted.
 */
static void read_key(const struct radius_request *request, const char *secret, const uint8_t *data,
                     size_t len, struct radius_answer *ret)
{
	const uint8_t *before = request->authenticator;
	size_t before_len = RADIUS_AUTHENTICATOR_LEN, blocks;
	uint8_t plain[256], mask[MD5_DIGEST_SIZE];

	/* The first bit of a salt is set; the value comes in blocks of 16. */
	if (len <= SALT_LEN || len > sizeof(plain) || !(data[0] & 0x80) ||
	    (len - SALT_LEN) % MD5_DIGEST_SIZE != 0)
		return;
	blocks = (len - SALT_LEN) / MD5_DIGEST_SIZE;
	for (size_t i = 0; i < blocks; i++) {
		const uint8_t *block = data + SALT_LEN + i * MD5_DIGEST_SIZE;
		struct md5_ctx md5;

		md5_init(&md5);
		md5_update(&md5, strlen(secret), (const uint8_t *)secret);
		md5_update(&md5, before_len, before);
		if (i == 0)
			md5_update(&md5, SALT_LEN, data);
		md5_digest(&md5, sizeof(mask), mask);
		for (size_t n = 0; n < MD5_DIGEST_SIZE; n++)
			plain[i * MD5_DIGEST_SIZE + n] = block[n] ^ mask[n];
		before = block;
		before_len = MD5_DIGEST_SIZE;
	}
	if (plain[0] < blocks * MD5_DIGEST_SIZE && plain[0] <= sizeof(ret->key)) {
		ret->key_len = plain[0];
		memcpy(ret->key, plain + 1, plain[0]);
	}
	mip6_auth_wipe(plain, sizeof(plain));
	mip6_auth_wipe(mask, sizeof(mask));
}

static uint32_t read_u32(const uint8_t *data)
{
	return (uint32_t)data[0] << 24 | (uint32_t)data[1] << 16 | (uint32_t)data[2] << 8 | data[3];
}

static void read_accept(const struct radius_request *request, const char *secret,
                        const uint8_t *packet, size_t packet_len, struct radius_answer *ret)
{
	struct mip6_reader r;
	const uint8_t *data;
	size_t len;
	uint8_t type;
	bool usable = true;

	mip6_reader_init(&r, packet, packet_len);
	mip6_reader_skip(&r, HEADER_LEN);
	while (next_attribute(&r, &type, &data, &len)) {
		const uint8_t *value = data + VENDOR_HEADER;

		if (type == ATTRIBUTE_SESSION_TIMEOUT && len == 4)
			ret->lifetime_s = read_u32(data);
		/* One of the vendor's attributes in each (RFC 2865 section 5.26, SHOULD). */
		if (type != ATTRIBUTE_VENDOR || len < VENDOR_HEADER ||
		    read_u32(data) != VENDOR_3GPP2 || data[5] != len - 4)
			continue;
		if (data[4] == VENDOR_MN_HA_KEY)
			read_key(request, secret, value, len - VENDOR_HEADER, ret);
		else if (data[4] == VENDOR_MN_HA_SPI && len - VENDOR_HEADER == 4)
			usable = usable && read_u32(value) == MIP6_AUTH_SPI_DEFAULT;
	}
	if (!usable)
		ret->key_len = 0;
}

enum radius_result radius_decode(const struct radius_request *request, const char *secret,
                                 const uint8_t *data, size_t len, struct radius_answer *ret)
{
	uint8_t packet[RADIUS_PACKET_MAX];
	struct radius_answer answer = {.key_len = 0};
	size_t said, message_authenticator;

	if (len < HEADER_LEN || len > RADIUS_PACKET_MAX)
		return RADIUS_BAD_FORM;
	/* Octets behind the length MUST be treated as padding and ignored (RFC 2865 section 3). */
	said = (size_t)data[2] << 8 | data[3];
	if (said < HEADER_LEN || said > len || data[1] != request->id ||
	    (data[0] != CODE_ACCEPT && data[0] != CODE_REJECT))
		return RADIUS_BAD_FORM;
	message_authenticator = find_message_authenticator(data, said);
	if (message_authenticator == 0)
		return RADIUS_BAD_FORM;
	memcpy(packet, data, said);
	if (!is_authentic(request, secret, packet, said, message_authenticator))
		return RADIUS_NOT_AUTHENTIC;
	if (data[0] == CODE_REJECT)
		return RADIUS_REJECT;
	read_accept(request, secret, data, said, &answer);
	*ret = answer;
	mip6_auth_wipe(&answer, sizeof(answer));
	return RADIUS_ACCEPT;
}
