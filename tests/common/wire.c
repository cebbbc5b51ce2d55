// SPDX-License-Identifier: GPL-2.0-or-later
/* Shared by the tests of the wire codec; see wire.h. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "wire.h"

static unsigned int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a' + 10);
	fprintf(stderr, "not a hexadecimal digit: '%c'\n", c);
	abort();
}

size_t test_unhex(const char *text, uint8_t *ret, size_t cap)
{
	size_t n = 0;

	for (const char *p = text; *p != '\0';) {
		if (isspace((unsigned char)*p)) {
			p++;
			continue;
		}
		if (n == cap)
			abort();
		ret[n++] = (uint8_t)(hex_digit(p[0]) << 4 | hex_digit(p[1]));
		p += 2;
	}
	return n;
}

uint64_t test_rng_u64(struct test_rng *rng)
{
	uint64_t z = rng->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

uint32_t test_rng_below(struct test_rng *rng, uint32_t below)
{
	return (uint32_t)((test_rng_u64(rng) >> 32) * below >> 32);
}

void test_rng_bytes(struct test_rng *rng, void *ret, size_t len)
{
	uint8_t *p = ret;

	for (size_t i = 0; i < len; i++)
		p[i] = (uint8_t)test_rng_u64(rng);
}

struct test_rng test_rng_seeded(const char *test)
{
	const char *text = getenv("TEST_SEED");
	struct test_rng rng;
	struct timespec now;

	if (text) {
		rng.state = strtoull(text, NULL, 0);
	} else {
		clock_gettime(CLOCK_REALTIME, &now);
		rng.state = (uint64_t)now.tv_sec * 1000000007u + (uint64_t)now.tv_nsec;
	}
	printf("%s: TEST_SEED=%llu\n", test, (unsigned long long)rng.state);
	fflush(stdout);
	return rng;
}

static bool coin(struct test_rng *rng)
{
	return test_rng_u64(rng) >> 63;
}

/* Everything that can be encoded. */
#define RANDOM_HAS (((MIP6_HAS_ANCHOR << 1) - 1) | MIP6_HAS_AAA)

static void random_options(struct test_rng *rng, struct mip6_options *o)
{
	/* Each present with the same chance, and now and then none or all. */
	switch (test_rng_below(rng, 8)) {
	case 0:
		o->has = 0;
		break;
	case 1:
		o->has = RANDOM_HAS;
		break;
	default:
		o->has = (uint32_t)test_rng_u64(rng) & RANDOM_HAS;
	}
	o->refresh_interval_s4 = (uint16_t)test_rng_u64(rng);
	test_rng_bytes(rng, &o->alt_coa, sizeof(o->alt_coa));
	o->home_nonce = (uint16_t)test_rng_u64(rng);
	o->coa_nonce = (uint16_t)test_rng_u64(rng);
	test_rng_bytes(rng, o->binding_auth, sizeof(o->binding_auth));
	o->mn_id_subtype = coin(rng) ? MIP6_MN_ID_NAI : (uint8_t)test_rng_u64(rng);
	o->mn_id_len = (uint8_t)(1 + test_rng_below(rng, MIP6_NAI_MAX));
	for (size_t i = 0; i < o->mn_id_len; i++)
		o->mn_id[i] = (char)(1 + test_rng_below(rng, 255));
	o->auth_spi = (uint32_t)test_rng_u64(rng);
	o->auth_len = (uint8_t)test_rng_below(rng, MIP6_AUTH_DATA_MAX + 1);
	test_rng_bytes(rng, o->auth_data, o->auth_len);
	o->aaa_spi = (uint32_t)test_rng_u64(rng);
	o->aaa_len = (uint8_t)test_rng_below(rng, MIP6_AUTH_DATA_MAX + 1);
	test_rng_bytes(rng, o->aaa_data, o->aaa_len);
	o->mesg_id = test_rng_u64(rng);
	o->restart_counter = (uint32_t)test_rng_u64(rng);
	test_rng_bytes(rng, &o->anchor, sizeof(o->anchor));
	o->experimental_len = (uint8_t)test_rng_below(rng, MIP6_OPAQUE_MAX + 1);
	test_rng_bytes(rng, o->experimental, o->experimental_len);
	if (o->experimental_len > 0 && o->experimental[0] == MIP6_EXPERIMENTAL_ANCHOR)
		o->experimental[0] = 2;
	o->vendor_id = (uint32_t)test_rng_u64(rng);
	o->vendor_subtype = (uint8_t)test_rng_u64(rng);
	o->vendor_len = (uint8_t)test_rng_below(rng, MIP6_OPAQUE_MAX + 1);
	test_rng_bytes(rng, o->vendor, o->vendor_len);
}

void test_random_mh(struct test_rng *rng, struct mip6_mh *ret)
{
	static const enum mip6_mh_type types[] = {
		MIP6_MH_BRR, MIP6_MH_HOTI, MIP6_MH_COTI, MIP6_MH_HOT,       MIP6_MH_COT,
		MIP6_MH_BU,  MIP6_MH_BA,   MIP6_MH_BE,   MIP6_MH_HEARTBEAT, MIP6_MH_REVOCATION,
	};

	memset(ret, 0, sizeof(*ret));
	ret->type = types[test_rng_below(rng, sizeof(types) / sizeof(types[0]))];
	random_options(rng, &ret->opt);
	switch (ret->type) {
	case MIP6_MH_BRR:
		break;
	case MIP6_MH_HOTI:
	case MIP6_MH_COTI:
		ret->test_init.cookie = test_rng_u64(rng);
		break;
	case MIP6_MH_HOT:
	case MIP6_MH_COT:
		ret->test.nonce_index = (uint16_t)test_rng_u64(rng);
		ret->test.cookie = test_rng_u64(rng);
		ret->test.keygen_token = test_rng_u64(rng);
		break;
	case MIP6_MH_BU:
		ret->bu.seq = (uint16_t)test_rng_u64(rng);
		ret->bu.flags = (uint16_t)test_rng_u64(rng) & 0xf000;
		ret->bu.lifetime_s4 = (uint16_t)test_rng_u64(rng);
		break;
	case MIP6_MH_BA:
		ret->ba.status = (uint8_t)test_rng_u64(rng);
		ret->ba.flags = (uint8_t)test_rng_u64(rng) & 0x80;
		ret->ba.seq = (uint16_t)test_rng_u64(rng);
		ret->ba.lifetime_s4 = (uint16_t)test_rng_u64(rng);
		break;
	case MIP6_MH_BE:
		ret->be.status = (uint8_t)test_rng_u64(rng);
		test_rng_bytes(rng, &ret->be.hoa, sizeof(ret->be.hoa));
		break;
	case MIP6_MH_HEARTBEAT:
		ret->heartbeat.flags = (uint16_t)test_rng_u64(rng) & 3;
		ret->heartbeat.seq = (uint32_t)test_rng_u64(rng);
		break;
	case MIP6_MH_REVOCATION:
		ret->revocation.type = (uint8_t)test_rng_u64(rng);
		ret->revocation.trigger = (uint8_t)test_rng_u64(rng);
		ret->revocation.seq = (uint16_t)test_rng_u64(rng);
		ret->revocation.flags = (uint16_t)test_rng_u64(rng) & 0xe000;
		break;
	}
}

static bool addr_equal(const struct mip6_addr *a, const struct mip6_addr *b)
{
	return mip6_addr_equal(a, b);
}

static bool options_equal(const struct mip6_options *a, const struct mip6_options *b)
{
	uint32_t has = a->has;

	if (has != b->has)
		return false;
	if ((has & MIP6_HAS_REFRESH_ADVICE) && a->refresh_interval_s4 != b->refresh_interval_s4)
		return false;
	if ((has & MIP6_HAS_ALT_COA) && !addr_equal(&a->alt_coa, &b->alt_coa))
		return false;
	if ((has & MIP6_HAS_NONCE_INDICES) &&
	    (a->home_nonce != b->home_nonce || a->coa_nonce != b->coa_nonce))
		return false;
	if ((has & MIP6_HAS_BINDING_AUTH) &&
	    memcmp(a->binding_auth, b->binding_auth, sizeof(a->binding_auth)) != 0)
		return false;
	if ((has & MIP6_HAS_MN_ID) &&
	    (a->mn_id_subtype != b->mn_id_subtype || a->mn_id_len != b->mn_id_len ||
	     memcmp(a->mn_id, b->mn_id, a->mn_id_len) != 0))
		return false;
	if ((has & MIP6_HAS_AUTH) &&
	    (a->auth_spi != b->auth_spi || a->auth_len != b->auth_len ||
	     memcmp(a->auth_data, b->auth_data, a->auth_len) != 0))
		return false;
	if ((has & MIP6_HAS_AAA) && (a->aaa_spi != b->aaa_spi || a->aaa_len != b->aaa_len ||
	                             memcmp(a->aaa_data, b->aaa_data, a->aaa_len) != 0))
		return false;
	if ((has & MIP6_HAS_MESG_ID) && a->mesg_id != b->mesg_id)
		return false;
	if ((has & MIP6_HAS_RESTART_COUNTER) && a->restart_counter != b->restart_counter)
		return false;
	if ((has & MIP6_HAS_ANCHOR) && !addr_equal(&a->anchor, &b->anchor))
		return false;
	if ((has & MIP6_HAS_EXPERIMENTAL) &&
	    (a->experimental_len != b->experimental_len ||
	     memcmp(a->experimental, b->experimental, a->experimental_len) != 0))
		return false;
	if ((has & MIP6_HAS_VENDOR) &&
	    (a->vendor_id != b->vendor_id || a->vendor_subtype != b->vendor_subtype ||
	     a->vendor_len != b->vendor_len || memcmp(a->vendor, b->vendor, a->vendor_len) != 0))
		return false;
	return true;
}

bool test_mh_equal(const struct mip6_mh *a, const struct mip6_mh *b)
{
	if (a->type != b->type || !options_equal(&a->opt, &b->opt))
		return false;
	switch (a->type) {
	case MIP6_MH_BRR:
		return true;
	case MIP6_MH_HOTI:
	case MIP6_MH_COTI:
		return a->test_init.cookie == b->test_init.cookie;
	case MIP6_MH_HOT:
	case MIP6_MH_COT:
		return a->test.nonce_index == b->test.nonce_index &&
		       a->test.cookie == b->test.cookie &&
		       a->test.keygen_token == b->test.keygen_token;
	case MIP6_MH_BU:
		return a->bu.seq == b->bu.seq && a->bu.flags == b->bu.flags &&
		       a->bu.lifetime_s4 == b->bu.lifetime_s4;
	case MIP6_MH_BA:
		return a->ba.status == b->ba.status && a->ba.flags == b->ba.flags &&
		       a->ba.seq == b->ba.seq && a->ba.lifetime_s4 == b->ba.lifetime_s4;
	case MIP6_MH_BE:
		return a->be.status == b->be.status && addr_equal(&a->be.hoa, &b->be.hoa);
	case MIP6_MH_HEARTBEAT:
		return a->heartbeat.flags == b->heartbeat.flags &&
		       a->heartbeat.seq == b->heartbeat.seq;
	case MIP6_MH_REVOCATION:
		return a->revocation.type == b->revocation.type &&
		       a->revocation.trigger == b->revocation.trigger &&
		       a->revocation.seq == b->revocation.seq &&
		       a->revocation.flags == b->revocation.flags;
	}
	return false;
}

/* A domain name of 1 to 4 labels. */
static void random_name(struct test_rng *rng, char ret[MIP6_OPERATOR_MAX + 1])
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-_XYZ";
	uint32_t labels = 1 + test_rng_below(rng, 4);
	size_t at = 0;

	for (uint32_t l = 0; l < labels; l++) {
		uint32_t len = 1 + test_rng_below(rng, 62);

		if (l > 0)
			ret[at++] = '.';
		for (uint32_t i = 0; i < len; i++)
			ret[at++] = chars[test_rng_below(rng, sizeof(chars) - 1)];
	}
	ret[at] = '\0';
}

static void random_lladdr(struct test_rng *rng, struct mip6_nd_options *o)
{
	static const uint8_t lens[] = {0, 6, 8};

	o->lladdr_len = lens[test_rng_below(rng, 3)];
	test_rng_bytes(rng, o->lladdr, o->lladdr_len);
}

static void random_pios(struct test_rng *rng, struct mip6_nd_options *o)
{
	o->pio_count = (uint8_t)test_rng_below(rng, MIP6_PIO_MAX + 1);
	for (size_t i = 0; i < o->pio_count; i++) {
		struct mip6_pio *pio = &o->pio[i];

		test_rng_bytes(rng, &pio->prefix, sizeof(pio->prefix));
		pio->len = (uint8_t)test_rng_below(rng, 129);
		pio->flags = (uint8_t)test_rng_u64(rng) & 0xe0;
		pio->valid_s = (uint32_t)test_rng_u64(rng);
		pio->preferred_s = (uint32_t)test_rng_u64(rng);
	}
}

static void random_ra(struct test_rng *rng, struct mip6_icmp6 *m)
{
	static const uint8_t preferences[] = {0, 1, 3};
	struct mip6_nd_options *o = &m->opt;

	m->ra.hop_limit = (uint8_t)test_rng_u64(rng);
	m->ra.flags = (uint8_t)test_rng_u64(rng) & 0xe0;
	m->ra.router_lifetime_s = coin(rng) ? (uint16_t)test_rng_u64(rng) : 0;
	m->ra.preference = m->ra.router_lifetime_s ? preferences[test_rng_below(rng, 3)] : 0;
	m->ra.reachable_ms = (uint32_t)test_rng_u64(rng);
	m->ra.retrans_ms = (uint32_t)test_rng_u64(rng);
	random_lladdr(rng, o);
	random_pios(rng, o);
	o->has_mtu = coin(rng);
	o->mtu = (uint32_t)test_rng_u64(rng);
	o->has_interval = coin(rng);
	o->interval_ms = (uint32_t)test_rng_u64(rng);
	o->has_home_agent = coin(rng);
	o->home_agent_preference = (uint16_t)test_rng_u64(rng);
	o->home_agent_lifetime_s = (uint16_t)test_rng_u64(rng);
	o->has_pvd = coin(rng);
	o->pvd_flags = (uint8_t)test_rng_u64(rng) & 0xc0;
	o->pvd_delay = (uint8_t)test_rng_below(rng, 16);
	o->pvd_seq = (uint16_t)test_rng_u64(rng);
	random_name(rng, o->pvd);
}

void test_random_icmp6(struct test_rng *rng, struct mip6_icmp6 *ret, uint8_t data[64])
{
	static const uint8_t types[] = {1,   2,   3,   4,   133, 134, 134,
	                                134, 135, 136, 144, 145, 146, 147};

	memset(ret, 0, sizeof(*ret));
	ret->type = types[test_rng_below(rng, sizeof(types))];
	switch (ret->type) {
	case MIP6_ICMP6_RS:
		random_lladdr(rng, &ret->opt);
		break;
	case MIP6_ICMP6_RA:
		random_ra(rng, ret);
		break;
	case MIP6_ICMP6_NA:
		ret->neighbour.flags = (uint8_t)test_rng_u64(rng) & 0xe0;
		/* fall through */
	case MIP6_ICMP6_NS:
		random_lladdr(rng, &ret->opt);
		test_rng_bytes(rng, &ret->neighbour.target, sizeof(ret->neighbour.target));
		ret->neighbour.target.b[0] &= 0x7f; /* not multicast */
		break;
	case MIP6_ICMP6_HAAD_REPLY:
		ret->discovery.count = (uint8_t)test_rng_below(rng, MIP6_HAAD_MAX + 1);
		test_rng_bytes(rng, ret->discovery.addr,
		               ret->discovery.count * sizeof(struct mip6_addr));
		ret->discovery.id = (uint16_t)test_rng_u64(rng);
		break;
	case MIP6_ICMP6_HAAD_REQUEST:
	case MIP6_ICMP6_MPS:
		ret->discovery.id = (uint16_t)test_rng_u64(rng);
		break;
	case MIP6_ICMP6_MPA:
		ret->discovery.id = (uint16_t)test_rng_u64(rng);
		ret->discovery.flags = (uint16_t)test_rng_u64(rng) & 0xc000;
		random_pios(rng, &ret->opt);
		break;
	default:
		ret->code = (uint8_t)test_rng_u64(rng);
		ret->error.value = (uint32_t)test_rng_u64(rng);
		ret->error.len = test_rng_below(rng, 65);
		test_rng_bytes(rng, data, 64);
		ret->error.data = data;
	}
}

static bool nd_options_equal(const struct mip6_nd_options *a, const struct mip6_nd_options *b)
{
	if (a->lladdr_len != b->lladdr_len || memcmp(a->lladdr, b->lladdr, a->lladdr_len) != 0)
		return false;
	if (a->has_mtu != b->has_mtu || (a->has_mtu && a->mtu != b->mtu))
		return false;
	if (a->has_interval != b->has_interval ||
	    (a->has_interval && a->interval_ms != b->interval_ms))
		return false;
	if (a->has_home_agent != b->has_home_agent ||
	    (a->has_home_agent && (a->home_agent_preference != b->home_agent_preference ||
	                           a->home_agent_lifetime_s != b->home_agent_lifetime_s)))
		return false;
	if (a->has_pvd != b->has_pvd ||
	    (a->has_pvd && (a->pvd_flags != b->pvd_flags || a->pvd_delay != b->pvd_delay ||
	                    a->pvd_seq != b->pvd_seq || strcmp(a->pvd, b->pvd) != 0)))
		return false;
	if (a->pio_count != b->pio_count)
		return false;
	for (size_t i = 0; i < a->pio_count; i++) {
		const struct mip6_pio *p = &a->pio[i], *q = &b->pio[i];

		if (!addr_equal(&p->prefix, &q->prefix) || p->len != q->len ||
		    p->flags != q->flags || p->valid_s != q->valid_s ||
		    p->preferred_s != q->preferred_s)
			return false;
	}
	return true;
}

bool test_icmp6_equal(const struct mip6_icmp6 *a, const struct mip6_icmp6 *b)
{
	if (a->type != b->type || a->code != b->code || !nd_options_equal(&a->opt, &b->opt))
		return false;
	switch (a->type) {
	case MIP6_ICMP6_RS:
		return true;
	case MIP6_ICMP6_RA:
		return a->ra.hop_limit == b->ra.hop_limit && a->ra.flags == b->ra.flags &&
		       a->ra.preference == b->ra.preference &&
		       a->ra.router_lifetime_s == b->ra.router_lifetime_s &&
		       a->ra.reachable_ms == b->ra.reachable_ms &&
		       a->ra.retrans_ms == b->ra.retrans_ms;
	case MIP6_ICMP6_NS:
	case MIP6_ICMP6_NA:
		return a->neighbour.flags == b->neighbour.flags &&
		       addr_equal(&a->neighbour.target, &b->neighbour.target);
	case MIP6_ICMP6_HAAD_REQUEST:
	case MIP6_ICMP6_HAAD_REPLY:
	case MIP6_ICMP6_MPS:
	case MIP6_ICMP6_MPA:
		return a->discovery.id == b->discovery.id &&
		       a->discovery.flags == b->discovery.flags &&
		       a->discovery.count == b->discovery.count &&
		       memcmp(a->discovery.addr, b->discovery.addr,
		              a->discovery.count * sizeof(struct mip6_addr)) == 0;
	default:
		return a->error.value == b->error.value && a->error.len == b->error.len &&
		       (a->error.len == 0 ||
		        memcmp(a->error.data, b->error.data, a->error.len) == 0);
	}
}
