// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The mobility message authentication options (RFC 4285 sections 5, 5.1, 5.2) and NTP timestamps
 * (section 6). HMAC comes from nettle. It owns nothing: keys are the caller's, and every copy of
 * key-dependent state is wiped before return. Whether a timestamp is fresh is for the cores to say.
 */
#include <mip6/auth.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>

#define KEY_MIN 16 /* octets, RFC 4285 section 5.1 */
#define SPI_MIN 3  /* the lowest that has a meaning (RFC 4285 section 8) */
#define DIGEST_MAX SHA256_DIGEST_SIZE
#define CHECKSUM_OFFSET 4
#define CHECKSUM_LEN 2

/* Seconds from 1900 to 1970 (RFC 1305). */
#define NTP_UNIX_S INT64_C(2208988800)
#define US_PER_S 1000000

union hmac_ctx {
	struct hmac_sha1_ctx sha1;
	struct hmac_sha256_ctx sha256;
};

size_t mip6_auth_data_len(enum mip6_auth_algorithm algorithm)
{
	switch (algorithm) {
	case MIP6_AUTH_HMAC_SHA1:
		return 12;
	case MIP6_AUTH_HMAC_SHA256_128:
		return 16;
	}
	return 0;
}

void mip6_auth_wipe(void *data, size_t len)
{
	if (len == 0)
		return; /* data may be NULL then */
	memset(data, 0, len);
	/* The compiler must assume that somebody reads it now, and so keeps the memset. */
	__asm__ __volatile__("" : : "r"(data) : "memory");
}

static bool sa_is_usable(const struct mip6_auth_sa *sa)
{
	return sa->spi >= SPI_MIN && sa->key_len >= KEY_MIN && sa->key_len <= MIP6_AUTH_KEY_MAX &&
	       mip6_auth_data_len(sa->algorithm) != 0;
}

static void mac_update(union hmac_ctx *ctx, enum mip6_auth_algorithm algorithm, const uint8_t *data,
                       size_t len)
{
	if (algorithm == MIP6_AUTH_HMAC_SHA1)
		hmac_sha1_update(&ctx->sha1, len, data);
	else
		hmac_sha256_update(&ctx->sha256, len, data);
}

/*
 * First(n, HMAC(key, care-of address | home address | MH data)), the MH data ending with the SPI,
 * its checksum taken as 0 (RFC 4285 section 5.1). covered is at least a Mobility Header's fixed
 * octets.
 */
static void compute(const struct mip6_auth_sa *sa, const struct mip6_addr *coa,
                    const struct mip6_addr *hoa, const uint8_t *data, size_t covered,
                    uint8_t digest[DIGEST_MAX])
{
	static const uint8_t zero_checksum[CHECKSUM_LEN];
	const size_t behind = CHECKSUM_OFFSET + CHECKSUM_LEN;
	union hmac_ctx ctx;

	if (sa->algorithm == MIP6_AUTH_HMAC_SHA1)
		hmac_sha1_set_key(&ctx.sha1, sa->key_len, sa->key);
	else
		hmac_sha256_set_key(&ctx.sha256, sa->key_len, sa->key);
	mac_update(&ctx, sa->algorithm, coa->b, sizeof(coa->b));
	mac_update(&ctx, sa->algorithm, hoa->b, sizeof(hoa->b));
	mac_update(&ctx, sa->algorithm, data, CHECKSUM_OFFSET);
	mac_update(&ctx, sa->algorithm, zero_checksum, CHECKSUM_LEN);
	mac_update(&ctx, sa->algorithm, data + behind, covered - behind);
	if (sa->algorithm == MIP6_AUTH_HMAC_SHA1)
		hmac_sha1_digest(&ctx.sha1, mip6_auth_data_len(sa->algorithm), digest);
	else
		hmac_sha256_digest(&ctx.sha256, mip6_auth_data_len(sa->algorithm), digest);
	mip6_auth_wipe(&ctx, sizeof(ctx));
}

/* SHA1(care-of address | home address | MH data), as section 5.2, the MH data as in compute(). */
static void aaa_digest(const struct mip6_addr *coa, const struct mip6_addr *hoa,
                       const uint8_t *data, size_t covered, uint8_t ret[MIP6_AAA_LEN])
{
	static const uint8_t zero_checksum[CHECKSUM_LEN];
	const size_t behind = CHECKSUM_OFFSET + CHECKSUM_LEN;
	struct sha1_ctx ctx;

	sha1_init(&ctx);
	sha1_update(&ctx, sizeof(coa->b), coa->b);
	sha1_update(&ctx, sizeof(hoa->b), hoa->b);
	sha1_update(&ctx, CHECKSUM_OFFSET, data);
	sha1_update(&ctx, CHECKSUM_LEN, zero_checksum);
	sha1_update(&ctx, covered - behind, data + behind);
	sha1_digest(&ctx, MIP6_AAA_LEN, ret);
}

static void hmac_sha1(const struct mip6_auth_sa *aaa, const uint8_t *data, size_t len,
                      uint8_t ret[MIP6_AAA_LEN])
{
	struct hmac_sha1_ctx ctx;

	hmac_sha1_set_key(&ctx, aaa->key_len, aaa->key);
	hmac_sha1_update(&ctx, len, data);
	hmac_sha1_digest(&ctx, MIP6_AAA_LEN, ret);
	mip6_auth_wipe(&ctx, sizeof(ctx));
}

size_t mip6_auth_encode_aaa(const struct mip6_mh *mh, const struct mip6_auth_sa *sa,
                            const struct mip6_auth_sa *aaa, const struct mip6_addr *coa,
                            const struct mip6_addr *hoa, uint8_t *data, size_t cap)
{
	uint8_t digest[DIGEST_MAX];
	struct mip6_mh with = *mh, back;
	size_t len, at = 0, offset;

	with.opt.has &= ~(uint32_t)(MIP6_HAS_AUTH | MIP6_HAS_AAA);
	if (aaa) {
		with.opt.has |= MIP6_HAS_AAA;
		with.opt.aaa_spi = MIP6_AAA_SPI;
		with.opt.aaa_len = MIP6_AAA_LEN;
		memset(with.opt.aaa_data, 0, sizeof(with.opt.aaa_data));
	}
	if (sa) {
		if (!sa_is_usable(sa))
			return 0;
		with.opt.has |= MIP6_HAS_AUTH;
		with.opt.auth_spi = sa->spi;
		with.opt.auth_len = (uint8_t)mip6_auth_data_len(sa->algorithm);
		memset(with.opt.auth_data, 0, sizeof(with.opt.auth_data));
	}
	len = mip6_mh_encode(&with, data, cap, &at);
	if (len == 0)
		return 0;
	if (sa) {
		compute(sa, coa, hoa, data, at, digest);
		memcpy(data + at, digest, with.opt.auth_len);
	}
	if (aaa) {
		/* Where it is, decoding says; it covers the MN-HA authenticator, too. */
		if (mip6_mh_decode(data, len, &back, &offset) != MIP6_DECODE_OK)
			return 0;
		aaa_digest(coa, hoa, data, back.opt.aaa_offset, digest);
		hmac_sha1(aaa, digest, MIP6_AAA_LEN, data + back.opt.aaa_offset);
	}
	mip6_auth_wipe(digest, sizeof(digest));
	return len;
}

size_t mip6_auth_encode(const struct mip6_mh *mh, const struct mip6_auth_sa *sa,
                        const struct mip6_addr *coa, const struct mip6_addr *hoa, uint8_t *data,
                        size_t cap)
{
	return mip6_auth_encode_aaa(mh, sa, NULL, coa, hoa, data, cap);
}

bool mip6_aaa_digest(const struct mip6_mh *mh, const uint8_t *data, size_t len,
                     const struct mip6_addr *coa, const struct mip6_addr *hoa,
                     uint8_t ret[MIP6_AAA_LEN])
{
	const struct mip6_options *o = &mh->opt;

	if (!(o->has & MIP6_HAS_AAA) || o->aaa_spi != MIP6_AAA_SPI || o->aaa_len != MIP6_AAA_LEN ||
	    o->aaa_offset < CHECKSUM_OFFSET + CHECKSUM_LEN ||
	    (size_t)o->aaa_offset + o->aaa_len > len)
		return false;
	aaa_digest(coa, hoa, data, o->aaa_offset, ret);
	return true;
}

void mip6_aaa_derive(const struct mip6_auth_sa *aaa, const struct mip6_addr *home_agent,
                     struct mip6_auth_sa *ret)
{
	/* Never as long as MAC_Mobility Data is: no authenticator is a key. */
	uint8_t data[5 + 16] = {'M', 'N', '-', 'H', 'A'};
	static const char digits[] = "0123456789abcdef";
	uint8_t digest[MIP6_AAA_LEN];

	memcpy(data + 5, home_agent->b, sizeof(home_agent->b));
	hmac_sha1(aaa, data, sizeof(data), digest);
	*ret = (struct mip6_auth_sa){
		.spi = MIP6_AUTH_SPI_DEFAULT,
		.algorithm = MIP6_AUTH_HMAC_SHA1,
		.key_len = 2 * MIP6_AAA_LEN,
	};
	for (size_t i = 0; i < MIP6_AAA_LEN; i++) {
		ret->key[2 * i] = (uint8_t)digits[digest[i] >> 4];
		ret->key[2 * i + 1] = (uint8_t)digits[digest[i] & 15];
	}
	mip6_auth_wipe(digest, sizeof(digest));
}

bool mip6_auth_verify(const struct mip6_mh *mh, const uint8_t *data, size_t len,
                      const struct mip6_auth_sa *sa, const struct mip6_addr *coa,
                      const struct mip6_addr *hoa)
{
	const struct mip6_options *o = &mh->opt;
	uint8_t digest[DIGEST_MAX];
	bool right;

	if (!sa_is_usable(sa) || !(o->has & MIP6_HAS_AUTH) || o->auth_spi != sa->spi ||
	    o->auth_len != mip6_auth_data_len(sa->algorithm))
		return false;
	/* An offset that decoding did not give, or data that is not the decoded one. */
	if (o->auth_offset < CHECKSUM_OFFSET + CHECKSUM_LEN ||
	    (size_t)o->auth_offset + o->auth_len > len)
		return false;
	compute(sa, coa, hoa, data, o->auth_offset, digest);
	right = memeql_sec(digest, data + o->auth_offset, o->auth_len);
	mip6_auth_wipe(digest, sizeof(digest));
	return right;
}

uint64_t mip6_ntp_from_unix_us(int64_t unix_us)
{
	int64_t s = unix_us / US_PER_S;
	int64_t us = unix_us % US_PER_S;

	if (us < 0) {
		us += US_PER_S;
		s--;
	}
	/* Seconds are modulo 2^32: the NTP era ends in 2036. */
	return (uint64_t)(uint32_t)(s + NTP_UNIX_S) << 32 | ((uint64_t)us << 32) / US_PER_S;
}

int64_t mip6_ntp_to_unix_us(uint64_t ntp)
{
	int64_t s = (int64_t)(ntp >> 32);
	int64_t us = (int64_t)(((ntp & UINT32_MAX) * US_PER_S + (UINT64_C(1) << 31)) >> 32);

	/* A clear top bit means the next era: 2036 to 2104 (RFC 4330 section 3). */
	if (!(ntp >> 63))
		s += INT64_C(1) << 32;
	return (s - NTP_UNIX_S) * US_PER_S + us;
}
