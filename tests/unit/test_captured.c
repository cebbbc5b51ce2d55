// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Packets captured from an independent implementation (tests/vectors/README): every frame is
 * decoded, known fields are compared, and every Mobility Header packet is encoded again to the same
 * octets.
 */
#include <check.h>
#include <mip6/icmp6.h>
#include <mip6/packet.h>
#include <stdio.h>
#include <stdlib.h>

#include "../common/wire.h"

#define PCAP_HEADER 24
#define PCAP_RECORD 16
#define ETHERNET 14
#define IPV6 40
#define FRAMES_MAX 64

struct frame {
	const uint8_t *ip;
	size_t len;
	struct mip6_addr src, dst;
	uint8_t next_header;
	uint8_t hop_limit;
	const uint8_t *payload;
	size_t payload_len;
};

struct capture {
	uint8_t data[65536];
	size_t count;
	struct frame frames[FRAMES_MAX];
};

static struct capture cap;

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* A classic little-endian pcap of Ethernet frames that carry IPv6, fully captured. */
static void load(const char *name)
{
	const char *srcdir = getenv("srcdir");
	char path[512];
	size_t len, at;
	FILE *f;

	snprintf(path, sizeof(path), "%s/tests/vectors/%s", srcdir ? srcdir : ".", name);
	f = fopen(path, "rb");
	ck_assert_msg(f != NULL, "cannot open %s (is srcdir set?)", path);
	len = fread(cap.data, 1, sizeof(cap.data), f);
	fclose(f);
	ck_assert_uint_gt(len, PCAP_HEADER);
	ck_assert_uint_eq(le32(cap.data), 0xa1b2c3d4);
	ck_assert_uint_eq(le32(cap.data + 20), 1);
	cap.count = 0;
	for (at = PCAP_HEADER; at < len;) {
		size_t frame_len = le32(cap.data + at + 8);
		struct frame *fr = &cap.frames[cap.count++];

		ck_assert_uint_le(at + PCAP_RECORD + frame_len, len);
		ck_assert_uint_le(cap.count, FRAMES_MAX);
		fr->ip = cap.data + at + PCAP_RECORD + ETHERNET;
		fr->len = frame_len - ETHERNET;
		ck_assert_uint_ge(fr->len, IPV6);
		ck_assert_uint_eq(fr->ip[0] >> 4, 6);
		fr->next_header = fr->ip[6];
		fr->hop_limit = fr->ip[7];
		memcpy(&fr->src, fr->ip + 8, 16);
		memcpy(&fr->dst, fr->ip + 24, 16);
		fr->payload = fr->ip + IPV6;
		fr->payload_len = (size_t)fr->ip[4] << 8 | fr->ip[5];
		ck_assert_uint_le(fr->payload_len, fr->len - IPV6);
		at += PCAP_RECORD + frame_len;
	}
}

static bool addr_is(const struct mip6_addr *a, const char *hex)
{
	uint8_t want[16];

	ck_assert_uint_eq(test_unhex(hex, want, sizeof(want)), sizeof(want));
	return memcmp(a->b, want, sizeof(want)) == 0;
}

/* Frame number as capture tools count, from 1. */
static void decode_mh(size_t number, struct mip6_packet *ret, struct mip6_mh *ret_mh)
{
	const struct frame *fr = &cap.frames[number - 1];
	size_t offset;

	ck_assert_int_eq(mip6_packet_decode(&fr->src, &fr->dst, fr->next_header, fr->payload,
	                                    fr->payload_len, ret, &offset),
	                 MIP6_DECODE_OK);
	ck_assert_int_eq(mip6_mh_decode(ret->mh, ret->mh_len, ret_mh, &offset), MIP6_DECODE_OK);
}

/* The message from its fields, the packet from its parts: the octets that were captured. */
static void encode_again(const struct frame *fr, const struct mip6_packet *p,
                         const struct mip6_mh *mh)
{
	uint8_t buf[MIP6_PACKET_MAX], msg[MIP6_MH_MAX];
	struct mip6_packet again = *p;
	size_t len;

	again.mh = msg;
	again.mh_len = mip6_mh_encode(mh, msg, sizeof(msg), NULL);
	len = mip6_packet_encode(&again, buf, sizeof(buf));
	ck_assert_uint_eq(len, IPV6 + fr->payload_len);
	/* Flow label and hop limit are theirs. */
	ck_assert_mem_eq(buf + 4, fr->ip + 4, 3);
	ck_assert_mem_eq(buf + 8, fr->ip + 8, len - 8);
}

struct tally {
	size_t bu, ba, icmp6, headers, skipped;
};

static struct tally decode_all(void)
{
	struct tally tally = {0};

	for (size_t i = 0; i < cap.count; i++) {
		const struct frame *fr = &cap.frames[i];
		struct mip6_packet p;
		struct mip6_icmp6 icmp6;
		struct mip6_mh mh;
		enum mip6_decode result;
		uint8_t next;
		size_t offset;

		ck_assert_int_eq(mip6_packet_decode_headers(&fr->src, &fr->dst, fr->next_header,
		                                            fr->payload, fr->payload_len, &p, &next,
		                                            &offset),
		                 MIP6_DECODE_OK);
		tally.headers += p.has_hao || p.has_rh2;
		result = mip6_packet_decode(&fr->src, &fr->dst, fr->next_header, fr->payload,
		                            fr->payload_len, &p, &offset);
		if (next == MIP6_PROTO_MH) {
			ck_assert_int_eq(result, MIP6_DECODE_OK);
			decode_mh(i + 1, &p, &mh);
			tally.bu += mh.type == MIP6_MH_BU;
			tally.ba += mh.type == MIP6_MH_BA;
			encode_again(fr, &p, &mh);
			continue;
		}
		ck_assert_int_eq(result, MIP6_DECODE_NOT_MH);
		if (next != MIP6_PROTO_ICMP6) { /* multicast listener reports behind hop-by-hop */
			ck_assert_uint_eq(next, 0);
			tally.skipped++;
			continue;
		}
		result = mip6_icmp6_decode(p.mh, p.mh_len, fr->hop_limit, &icmp6, &offset);
		if (result == MIP6_DECODE_UNKNOWN_TYPE) { /* echo */
			ck_assert(p.mh[0] == 128 || p.mh[0] == 129);
			tally.skipped++;
			continue;
		}
		ck_assert_int_eq(result, MIP6_DECODE_OK);
		tally.icmp6++;
		/* The sender's checksum offload is not in the capture of a Router Solicitation. */
		if (icmp6.type != MIP6_ICMP6_RS)
			ck_assert_uint_eq(mip6_checksum(mip6_packet_source(&p),
			                                mip6_packet_destination(&p), next, p.mh,
			                                p.mh_len),
			                  0);
	}
	return tally;
}

START_TEST(registrations)
{
	struct mip6_packet p;
	struct mip6_mh mh;
	struct tally tally;

	load("registrations.pcap");
	tally = decode_all();
	ck_assert_uint_eq(cap.count, 26);
	ck_assert_uint_eq(tally.bu, 14);
	ck_assert_uint_eq(tally.ba, 12);

	/* A matched pair. */
	decode_mh(7, &p, &mh);
	ck_assert(p.has_hao && !p.has_rh2);
	ck_assert(addr_is(&p.src, "20010db8000c00003ca22cfffed5fc0e"));
	ck_assert(addr_is(mip6_packet_source(&p), "20010db8000a00000000000000000100"));
	ck_assert_int_eq(mh.type, MIP6_MH_BU);
	ck_assert_uint_eq(mh.bu.seq, 0x1fa1);
	ck_assert_uint_eq(mh.bu.flags, MIP6_BU_A | MIP6_BU_H);
	ck_assert_uint_eq(mh.bu.lifetime_s4, 21597);
	ck_assert_uint_eq(mh.opt.has, MIP6_HAS_ALT_COA);
	ck_assert(mip6_addr_equal(&mh.opt.alt_coa, &p.src));

	decode_mh(8, &p, &mh);
	ck_assert(!p.has_hao && p.has_rh2);
	ck_assert(addr_is(&p.rh2, "20010db8000a00000000000000000100"));
	ck_assert_int_eq(mh.type, MIP6_MH_BA);
	ck_assert_uint_eq(mh.ba.status, MIP6_BA_ACCEPTED);
	ck_assert_uint_eq(mh.ba.seq, 0x1fa1);
	ck_assert_uint_eq(mh.ba.lifetime_s4, 21597);
	ck_assert_uint_eq(mh.opt.has, 0);
}
END_TEST

START_TEST(returning_home)
{
	struct mip6_packet p;
	struct mip6_mh mh;
	struct mip6_icmp6 icmp6;
	const struct frame *fr;
	struct tally tally;
	size_t offset;

	load("returning-home.pcap");
	tally = decode_all();
	ck_assert_uint_eq(cap.count, 49);
	ck_assert_uint_eq(tally.bu + tally.ba + tally.icmp6, 49);

	/* De-registration: from the HoA itself, without HAO, lifetime 0; the answer likewise. */
	decode_mh(8, &p, &mh);
	ck_assert(!p.has_hao && !p.has_rh2);
	ck_assert_int_eq(mh.type, MIP6_MH_BU);
	ck_assert_uint_eq(mh.bu.lifetime_s4, 0);
	ck_assert(mip6_addr_equal(&mh.opt.alt_coa, &p.src));
	decode_mh(10, &p, &mh);
	ck_assert(!p.has_rh2);
	ck_assert_int_eq(mh.type, MIP6_MH_BA);

	/* The node then tells the link that the HoA is its own again. */
	fr = &cap.frames[11 - 1];
	ck_assert_int_eq(
		mip6_icmp6_decode(fr->payload, fr->payload_len, fr->hop_limit, &icmp6, &offset),
		MIP6_DECODE_OK);
	ck_assert_uint_eq(icmp6.type, MIP6_ICMP6_NA);
	ck_assert_uint_eq(icmp6.neighbour.flags, MIP6_NA_O);
	ck_assert(mip6_addr_equal(&icmp6.neighbour.target, &fr->src));
	ck_assert_uint_eq(icmp6.opt.lladdr_len, 6);
	ck_assert_uint_eq(icmp6.opt.lladdr[0], 0x32);
	ck_assert_uint_eq(icmp6.opt.lladdr[5], 0xbb);
	/* Not from off the link. */
	ck_assert_int_eq(mip6_icmp6_decode(fr->payload, fr->payload_len, 254, &icmp6, &offset),
	                 MIP6_DECODE_DISCARD);
}
END_TEST

START_TEST(start_away_from_home)
{
	struct mip6_packet p;
	struct mip6_icmp6 icmp6;
	const struct frame *fr;
	struct tally tally;
	uint16_t id;
	size_t offset;
	uint8_t next;

	load("start-away.pcap");
	tally = decode_all();
	ck_assert_uint_eq(cap.count, 42);
	ck_assert_uint_eq(tally.bu, 1);
	ck_assert_uint_eq(tally.ba, 1);

	fr = &cap.frames[2 - 1];
	ck_assert_int_eq(
		mip6_icmp6_decode(fr->payload, fr->payload_len, fr->hop_limit, &icmp6, &offset),
		MIP6_DECODE_OK);
	ck_assert_uint_eq(icmp6.type, MIP6_ICMP6_RA);
	ck_assert_uint_eq(icmp6.ra.hop_limit, 64);
	ck_assert_uint_eq(icmp6.ra.flags, 0);
	ck_assert_uint_eq(icmp6.ra.router_lifetime_s, 4);
	ck_assert_uint_eq(icmp6.opt.pio_count, 1);
	ck_assert_uint_eq(icmp6.opt.pio[0].len, 64);
	ck_assert_uint_eq(icmp6.opt.pio[0].flags, MIP6_PIO_L | MIP6_PIO_A | MIP6_PIO_R);
	ck_assert_uint_eq(icmp6.opt.pio[0].valid_s, 86400);
	ck_assert_uint_eq(icmp6.opt.pio[0].preferred_s, 14400);
	ck_assert_uint_eq(icmp6.opt.pio[0].prefix.b[15], 1);
	ck_assert_uint_eq(icmp6.opt.lladdr_len, 6);

	/* A Mobile Prefix Solicitation with HAO, its answer by type 2 routing header. */
	fr = &cap.frames[17 - 1];
	ck_assert_int_eq(mip6_packet_decode_headers(&fr->src, &fr->dst, fr->next_header,
	                                            fr->payload, fr->payload_len, &p, &next,
	                                            &offset),
	                 MIP6_DECODE_OK);
	ck_assert(p.has_hao);
	/* The checksum is that between home address and home agent. */
	ck_assert_uint_eq(next, 58);
	ck_assert_uint_eq(mip6_checksum(&p.hao, &p.dst, 58, p.mh, p.mh_len), 0);
	ck_assert_int_eq(mip6_icmp6_decode(p.mh, p.mh_len, fr->hop_limit, &icmp6, &offset),
	                 MIP6_DECODE_OK);
	ck_assert_uint_eq(icmp6.type, MIP6_ICMP6_MPS);
	id = icmp6.discovery.id;
	fr = &cap.frames[18 - 1];
	ck_assert_int_eq(mip6_packet_decode_headers(&fr->src, &fr->dst, fr->next_header,
	                                            fr->payload, fr->payload_len, &p, &next,
	                                            &offset),
	                 MIP6_DECODE_OK);
	ck_assert(p.has_rh2);
	ck_assert_uint_eq(mip6_checksum(&p.src, &p.rh2, 58, p.mh, p.mh_len), 0);
	ck_assert_int_eq(mip6_icmp6_decode(p.mh, p.mh_len, fr->hop_limit, &icmp6, &offset),
	                 MIP6_DECODE_OK);
	ck_assert_uint_eq(icmp6.type, MIP6_ICMP6_MPA);
	ck_assert_uint_eq(icmp6.discovery.id, id);
	ck_assert_uint_eq(icmp6.opt.pio_count, 1);
	ck_assert_uint_eq(icmp6.opt.pio[0].len, 64);
}
END_TEST

START_TEST(echo_between_home_agent_and_mobile_node)
{
	struct tally tally;

	load("echo-hao-rh2.pcap");
	tally = decode_all();
	ck_assert_uint_eq(cap.count, 8);
	ck_assert_uint_eq(tally.headers, 2);
	ck_assert_uint_eq(tally.bu + tally.ba, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("captured");
	TCase *t = tcase_create("captured");
	SRunner *runner = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_test(t, registrations);
	tcase_add_test(t, returning_home);
	tcase_add_test(t, start_away_from_home);
	tcase_add_test(t, echo_between_home_agent_and_mobile_node);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
