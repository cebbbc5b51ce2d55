/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The mobility message authentication options MN-HA and MN-AAA, and their replay protection (RFC 4285).
 *
 * Key material is the caller's; mip6_auth_wipe() clears it in a way that the compiler keeps.
 */
#ifndef MIP6_AUTH_H
#define MIP6_AUTH_H

#include <mip6/mh.h>

#define MIP6_AUTH_KEY_MAX 64
#define MIP6_AUTH_SPI_DEFAULT 3 /* HMAC_SHA1 (RFC 4285 section 5.1) */

enum mip6_auth_algorithm {
	MIP6_AUTH_HMAC_SHA1 = 1,       /* first 96 bits of HMAC-SHA-1, as RFC 4285 section 5.1 */
	MIP6_AUTH_HMAC_SHA256_128 = 2, /* first 128 bits of HMAC-SHA-256 */
};

/* One security association between a WTRU and its home agents. */
struct mip6_auth_sa {
	uint32_t spi; /* host order, at least 3 */
	enum mip6_auth_algorithm algorithm;
	uint8_t key_len; /* 16 to MIP6_AUTH_KEY_MAX octets */
	uint8_t key[MIP6_AUTH_KEY_MAX];
};

/* Octets of authentication data: 12 or 16. */
size_t mip6_auth_data_len(enum mip6_auth_algorithm algorithm);

/*
 * Encode mh with an MN-HA authentication option made with sa (which replaces whatever mh->opt says
 * of it). coa and hoa are the addresses that RFC 4285 section 5.1 puts before the message. sa NULL:
 * encode without. Returns the length or 0.
 */
size_t mip6_auth_encode(const struct mip6_mh *mh, const struct mip6_auth_sa *sa,
			const struct mip6_addr *coa, const struct mip6_addr *hoa, uint8_t *data,
			size_t cap);

/*
 * True when the message (data, len, decoded as mh) carries an MN-HA option of this SA whose
 * authenticator is right. Constant time in the authenticator.
 */
bool mip6_auth_verify(const struct mip6_mh *mh, const uint8_t *data, size_t len,
		      const struct mip6_auth_sa *sa, const struct mip6_addr *coa,
		      const struct mip6_addr *hoa);

/*
 * MN-AAA: a WTRU and its operator's AAA server share a key, and a home agent that does not know the WTRU
 * asks that server. The SPI says HMAC_SHA1 (RFC 4285 section 5.2), the only method that there is.
 */
#define MIP6_AAA_SPI 3
#define MIP6_AAA_LEN 20

/*
 * The same as mip6_auth_encode(), for a BU, with an MN-AAA option behind (RFC 4285 section 5.2: it must
 * be the last). aaa NULL: without that; its SPI and algorithm are not looked at.
 */
size_t mip6_auth_encode_aaa(const struct mip6_mh *mh, const struct mip6_auth_sa *sa,
			    const struct mip6_auth_sa *aaa, const struct mip6_addr *coa,
			    const struct mip6_addr *hoa, uint8_t *data, size_t cap);

/*
 * The MAC_Mobility Data of a message (data, len, decoded as mh): what the AAA server takes the
 * authenticator in mh->opt.aaa_data over. False without an MN-AAA option that it could judge.
 */
bool mip6_aaa_digest(const struct mip6_mh *mh, const uint8_t *data, size_t len,
		     const struct mip6_addr *coa, const struct mip6_addr *hoa,
		     uint8_t ret[MIP6_AAA_LEN]);

/*
 * The MN-HA association that follows from an MN-AAA key, for one home agent: its key is HMAC-SHA-1(MN-AAA
 * key, "MN-HA" | address of the home agent) as 40 lower-case hexadecimal digits (docs/protocol.md).
 */
void mip6_aaa_derive(const struct mip6_auth_sa *aaa, const struct mip6_addr *home_agent,
		     struct mip6_auth_sa *ret);

/* NTP timestamp (32.32 fixed point, seconds since 1900) from microseconds since 1970, and back. */
uint64_t mip6_ntp_from_unix_us(int64_t unix_us);
int64_t mip6_ntp_to_unix_us(uint64_t ntp);

void mip6_auth_wipe(void *data, size_t len);

#endif
