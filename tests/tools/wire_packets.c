// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Every message and every option that the library encodes, for decoders that are not ours.
 *
 *   wire_packets pcap FILE     writes them as raw IPv6 packets; on standard output one line per
 * packet says what another decoder must find: field=value, tab-separated wire_packets corpus DIR
 * writes them as seeds to DIR/mh, DIR/packet and DIR/icmp6, which exist
 */
#include <errno.h>
#include <mip6/auth.h>
#include <mip6/icmp6.h>
#include <mip6/packet.h>
#include <stdio.h>
#include <stdlib.h>

#define LINKTYPE_RAW 101
#define IPV6 40

/* Initialisers, because clang does not take a const object for a constant. */
#define COA                                                      \
	{                                                        \
		{                                                \
			0x20, 0x01, 0x0d, 0xb8, 0, 0xb, [15] = 2 \
		}                                                \
	}
#define HOA                                                      \
	{                                                        \
		{                                                \
			0x20, 0x01, 0x0d, 0xb8, 0, 0xa, [15] = 1 \
		}                                                \
	}
#define HA                                                          \
	{                                                           \
		{                                                   \
			0x20, 0x01, 0x0d, 0xb8, 0, 0xa, [15] = 0xff \
		}                                                   \
	}

static const struct mip6_addr coa = COA;
static const struct mip6_addr hoa = HOA;
static const struct mip6_addr ha = HA;
static const struct mip6_addr router = {{0xfe, 0x80, [15] = 1}};
static const struct mip6_addr all_nodes = {{0xff, 0x02, [15] = 1}};

static const struct mip6_auth_sa sa_sha1 = {.spi = MIP6_AUTH_SPI_DEFAULT,
                                            .algorithm = MIP6_AUTH_HMAC_SHA1,
                                            .key_len = 16,
                                            .key = "0123456789abcdef"};
static const struct mip6_auth_sa sa_sha256 = {.spi = 0x1000,
                                              .algorithm = MIP6_AUTH_HMAC_SHA256_128,
                                              .key_len = 16,
                                              .key = "0123456789abcdef"};

/* How a Mobility Header travels. */
enum shape {
	SHAPE_PLAIN,
	SHAPE_HAO, /* WTRU to home agent */
	SHAPE_RH2, /* home agent to WTRU */
	SHAPE_BOTH,
};

struct mh_case {
	const char *expect;
	enum shape shape;
	const struct mip6_auth_sa *sa;
	struct mip6_mh mh;
};

struct icmp6_case {
	const char *expect;
	struct mip6_icmp6 msg;
};

/* tshark shows experimental data without its last two octets, and a CoT's token as a HoT's. */
static const struct mh_case mh_cases[] = {
	{"mip6.mhtype=0", SHAPE_RH2, NULL, {.type = MIP6_MH_BRR}},
	{"mip6.mhtype=1\tmip6.hoti.cookie=0x0102030405060708",
         SHAPE_PLAIN,
         NULL,
         {.type = MIP6_MH_HOTI, .test_init.cookie = 0x0102030405060708}},
	{"mip6.mhtype=2\tmip6.coti.cookie=0x00000000000000ff",
         SHAPE_PLAIN,
         NULL,
         {.type = MIP6_MH_COTI, .test_init.cookie = 255}},
	{"mip6.mhtype=3\tmip6.hot.nindex=4386\tmip6.hot.cookie=0x0000000000000001\tmip6.hot.token="
         "0x0000000000000002",
         SHAPE_PLAIN,
         NULL,
         {.type = MIP6_MH_HOT, .test = {0x1122, 1, 2}}},
	{"mip6.mhtype=4\tmip6.cot.nindex=1\tmip6.cot.cookie=0x0000000000000003\tmip6.hot.token="
         "0x0000000000000004",
         SHAPE_PLAIN,
         NULL,
         {.type = MIP6_MH_COT, .test = {1, 3, 4}}},
	{"mip6.mhtype=5\tmip6.bu.seqnr=8093\tmip6.bu.lifetime=21599\tmip6.bu.a_flag=1\t"
         "mip6.bu.h_flag=1\tmip6.bu.l_flag=0\tmip6.bu.k_flag=0\tipv6.src=2001:db8:b::2\t"
         "ipv6.opt.mipv6.home_address=2001:db8:a::1",
         SHAPE_HAO,
         NULL,
         {.type = MIP6_MH_BU, .bu = {8093, MIP6_BU_A | MIP6_BU_H, 21599}}},
	{"mip6.mhtype=5\tmip6.bu.seqnr=0\tmip6.bu.lifetime=0\tmip6.bu.a_flag=0\t"
         "mip6.bu.l_flag=1\tmip6.bu.k_flag=1",
         SHAPE_PLAIN,
         NULL,
         {.type = MIP6_MH_BU, .bu = {0, MIP6_BU_L | MIP6_BU_K, 0}}},
	{"mip6.mhtype=5\tmip6.acoa.acoa=2001:db8:b::2",
         SHAPE_HAO,
         NULL,
         {.type = MIP6_MH_BU, .opt = {.has = MIP6_HAS_ALT_COA, .alt_coa = COA}}},
	{"mip6.mhtype=5\tmip6.ni.hni=258\tmip6.ni.cni=772\t"
         "mip6.bad.auth=6162636465666768696a6b6c",
         SHAPE_HAO,
         NULL,
         {.type = MIP6_MH_BU,
          .opt = {.has = MIP6_HAS_NONCE_INDICES | MIP6_HAS_BINDING_AUTH,
                  .home_nonce = 0x0102,
                  .coa_nonce = 0x0304,
                  .binding_auth = "abcdefghijkl"}}},
	{"mip6.mhtype=5\tmip6.mnid.subtype=1\tmip6.mnid.identifier=alice@example.org\t"
         "mip6.auth.subtype=1\tmip6.auth.mobility_spi=3\tmip6x.anchor=2001:db8:a::ff\t"
         "mip6x.auth.subtype=1\tmip6x.auth.spi=3\tmip6x.auth.data=1d1c7cb0cd7c7190fd1ed223\t"
         "mip6x.mesg_id=Jun 20, 2025 15:42:56.500000000 UTC",
         SHAPE_HAO,
         &sa_sha1,
         {.type = MIP6_MH_BU,
          .bu = {5, MIP6_BU_A | MIP6_BU_H, 10},
          .opt = {.has = MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID | MIP6_HAS_ANCHOR,
                  .mn_id_subtype = MIP6_MN_ID_NAI,
                  .mn_id_len = 17,
                  .mn_id = "alice@example.org",
                  .mesg_id = UINT64_C(0xec00000080000000),
                  .anchor = HA}}},
	{"mip6.mhtype=5\tmip6.mnid.identifier=a@b\tmip6.auth.mobility_spi=4096",
         SHAPE_HAO,
         &sa_sha256,
         {.type = MIP6_MH_BU,
          .opt = {.has = MIP6_HAS_MN_ID | MIP6_HAS_MESG_ID,
                  .mn_id_subtype = MIP6_MN_ID_NAI,
                  .mn_id_len = 3,
                  .mn_id = "a@b",
                  .mesg_id = UINT64_C(0xec00000080000000)}}},
	{"mip6.mhtype=5\tmip6.em.data=010020010db8000a0000000000000000\tmip6x.anchor=2001:db8:a::ff\t"
         "mip6x.anchor.subtype=1\tmip6x.anchor.reserved=0\tmip6x.auth.subtype=",
         SHAPE_PLAIN,
         NULL,
         {.type = MIP6_MH_BU, .opt = {.has = MIP6_HAS_ANCHOR, .anchor = HA}}},
	{"mip6.mhtype=5\tmip6.em.data=09\tmip6x.anchor=",
         SHAPE_PLAIN,
         NULL,
         {.type = MIP6_MH_BU,
          .opt = {.has = MIP6_HAS_EXPERIMENTAL, .experimental_len = 3, .experimental = {9, 8, 7}}}},
	{"mip6.mhtype=5\tmip6.vsm.vendorId=32473\tmip6.vsm.subtype=7",
         SHAPE_PLAIN,
         NULL,
         {.type = MIP6_MH_BU,
          .opt = {.has = MIP6_HAS_VENDOR,
                  .vendor_id = 32473, /* for documentation, RFC 5612 */
                  .vendor_subtype = 7,
                  .vendor_len = 3,
                  .vendor = {1, 2, 3}}}},
	{"mip6.mhtype=6\tmip6.ba.status=0\tmip6.ba.seqnr=8093\tmip6.ba.lifetime=21599\t"
         "mip6.ba.k_flag=0\tmip6.bra.interval=15000\tipv6.dst=2001:db8:b::2\t"
         "ipv6.routing.mipv6.home_address=2001:db8:a::1",
         SHAPE_RH2,
         NULL,
         {.type = MIP6_MH_BA,
          .ba = {0, 0, 8093, 21599},
          .opt = {.has = MIP6_HAS_REFRESH_ADVICE, .refresh_interval_s4 = 15000}}},
	{"mip6.mhtype=6\tmip6.ba.status=135\tmip6.ba.seqnr=1\tmip6.ba.k_flag=1\t"
         "mip6.auth.mobility_spi=3",
         SHAPE_RH2,
         &sa_sha1,
         {.type = MIP6_MH_BA,
          .ba = {MIP6_BA_SEQ_OUT_OF_WINDOW, MIP6_BA_K, 1, 0},
          .opt = {.has = MIP6_HAS_MESG_ID, .mesg_id = UINT64_C(0xec00000080000000)}}},
	{"mip6.mhtype=6\tmip6.ba.status=144\tmip6x.ba.status=144",
         SHAPE_RH2,
         NULL,
         {.type = MIP6_MH_BA, .ba = {MIP6_BA_ID_MISMATCH, 0, 3, 0}}},
	{"mip6.mhtype=6\tmip6x.ba.status=\tmip6.ba.status=174\tipv6.src=2001:db8:b::2",
         SHAPE_BOTH,
         NULL,
         {.type = MIP6_MH_BA, .ba = {MIP6_BA_INVALID_COA, 0, 2, 0}}},
	{"mip6.mhtype=7\tmip6.be.status=1\tmip6.be.haddr=2001:db8:a::1",
         SHAPE_PLAIN,
         NULL,
         {.type = MIP6_MH_BE, .be = {MIP6_BE_UNKNOWN_BINDING, HOA}}},
	{"mip6.mhtype=13\tmip6.hb.r_flag=0\tmip6.hb.u_flag=0\tmip6.hb.seqnr=77",
         SHAPE_HAO,
         NULL,
         {.type = MIP6_MH_HEARTBEAT, .heartbeat = {0, 77}}},
	{"mip6.mhtype=13\tmip6.hb.r_flag=1\tmip6.hb.u_flag=1\tmip6.hb.seqnr=77\tmip6.rc=5",
         SHAPE_RH2,
         NULL,
         {.type = MIP6_MH_HEARTBEAT,
          .heartbeat = {MIP6_HEARTBEAT_R | MIP6_HEARTBEAT_U, 77},
          .opt = {.has = MIP6_HAS_RESTART_COUNTER, .restart_counter = 5}}},
	{"mip6.mhtype=16\tmip6.bri_br.type=1\tmip6.bri_r.trigger=1\tmip6.bri_seqnr=4660\t"
         "mip6.bri_ip=0\tmip6.bri_iv=0\tmip6.bri_ig=1",
         SHAPE_RH2,
         NULL,
         {.type = MIP6_MH_REVOCATION,
          .revocation = {MIP6_REVOCATION_BRI, MIP6_REVOCATION_ADMINISTRATIVE, 0x1234,
                         MIP6_REVOCATION_G}}},
	{"mip6.mhtype=16\tmip6.bri_br.type=2\tmip6.bri_status=128\tmip6.bri_seqnr=4660\t"
         "mip6x.bra.status=128",
         SHAPE_HAO,
         NULL,
         {.type = MIP6_MH_REVOCATION, .revocation = {MIP6_REVOCATION_BRA, 128, 0x1234, 0}}},
};

/* What an error message quotes: the beginning of an IPv6 packet with UDP. */
static const uint8_t quoted[48] = {
	0x60,        [5] = 8,  [6] = 17,    [7] = 64, [8] = 0x20, [24] = 0x20,
	[40] = 0x10, [41] = 0, [42] = 0x10, [43] = 1, [45] = 8};

static const struct icmp6_case icmp6_cases[] = {
	{"icmpv6.type=1\ticmpv6.code=3",
         {.type = MIP6_ICMP6_UNREACHABLE, .code = 3, .error = {0, quoted, sizeof(quoted)}}},
	{"icmpv6.type=2\ticmpv6.mtu=1460",
         {.type = MIP6_ICMP6_TOO_BIG, .error = {1460, quoted, sizeof(quoted)}}},
	{"icmpv6.type=3\ticmpv6.code=0",
         {.type = MIP6_ICMP6_TIME_EXCEEDED, .error = {0, quoted, sizeof(quoted)}}},
	{"icmpv6.type=4\ticmpv6.code=2\ticmpv6.pointer=40",
         {.type = MIP6_ICMP6_PARAMETER_PROBLEM, .code = 2, .error = {40, quoted, sizeof(quoted)}}},
	{"icmpv6.type=133\ticmpv6.opt.src_linkaddr=02:00:00:00:00:01",
         {.type = MIP6_ICMP6_RS, .opt = {.lladdr_len = 6, .lladdr = {2, [5] = 1}}}},
	{"icmpv6.type=134\ticmpv6.nd.ra.cur_hop_limit=64\ticmpv6.nd.ra.flag.h=1\t"
         "icmpv6.nd.ra.flag.m=0\ticmpv6.nd.ra.flag.prf=1\ticmpv6.nd.ra.router_lifetime=1800\t"
         "icmpv6.nd.ra.reachable_time=7\ticmpv6.nd.ra.retrans_timer=8\t"
         "icmpv6.opt.src_linkaddr=02:00:00:00:00:01\ticmpv6.opt.mtu=1400\t"
         "icmpv6.opt.prefix=2001:db8:c::,2001:db8:a::ff\ticmpv6.opt.prefix.length=64,64\t"
         "icmpv6.opt.prefix.flag.l=0,0\ticmpv6.opt.prefix.flag.a=1,0\t"
         "icmpv6.opt.prefix.flag.r=0,1\ticmpv6.opt.prefix.valid_lifetime=600,4294967295\t"
         "icmpv6.opt.prefix.preferred_lifetime=300,0\ticmpv6.opt.advertisement_interval=70\t"
         "icmpv6.opt.home_agent_preference=9\ticmpv6.opt.home_agent_lifetime=1800\t"
         "icmpv6.opt.type=1,3,3,5,7,8,21\tmip6x.pvd=operator.example\tmip6x.pvd.h_flag=1\t"
         "mip6x.pvd.l_flag=0\tmip6x.pvd.r_flag=0\tmip6x.pvd.delay=1\tmip6x.pvd.seq=123",
         {.type = MIP6_ICMP6_RA,
          .ra = {64, MIP6_RA_H, 1, 1800, 7, 8},
          .opt = {.lladdr_len = 6,
                  .lladdr = {2, [5] = 1},
                  .has_mtu = true,
                  .mtu = 1400,
                  .has_interval = true,
                  .interval_ms = 70,
                  .has_home_agent = true,
                  .home_agent_preference = 9,
                  .home_agent_lifetime_s = 1800,
                  .has_pvd = true,
                  .pvd_flags = MIP6_PVD_H,
                  .pvd_delay = 1,
                  .pvd_seq = 123,
                  .pvd = "operator.example",
                  .pio_count = 2,
                  .pio = {{{{0x20, 0x01, 0x0d, 0xb8, 0, 0xc}}, 64, MIP6_PIO_A, 600, 300},
                          {HA, 64, MIP6_PIO_R, MIP6_LIFETIME_INFINITE, 0}}}}},
	{"icmpv6.type=134\ticmpv6.nd.ra.flag.m=1\ticmpv6.nd.ra.flag.o=1\ticmpv6.nd.ra.flag.prf=3",
         {.type = MIP6_ICMP6_RA, .ra = {0, MIP6_RA_M | MIP6_RA_O, 3, 1, 0, 0}}},
	{"icmpv6.type=135\ticmpv6.nd.ns.target_address=2001:db8:a::1",
         {.type = MIP6_ICMP6_NS, .neighbour.target = HOA}},
	{"icmpv6.type=136\ticmpv6.nd.na.target_address=2001:db8:a::1\ticmpv6.nd.na.flag.r=1\t"
         "icmpv6.nd.na.flag.s=0\ticmpv6.nd.na.flag.o=1\t"
         "icmpv6.opt.target_linkaddr=02:00:00:00:00:01",
         {.type = MIP6_ICMP6_NA,
          .neighbour = {MIP6_NA_R | MIP6_NA_O, HOA},
          .opt = {.lladdr_len = 6, .lladdr = {2, [5] = 1}}}},
	{"icmpv6.type=144\ticmpv6.mip6.identifier=4660",
         {.type = MIP6_ICMP6_HAAD_REQUEST, .discovery.id = 0x1234}},
	{"icmpv6.type=145\ticmpv6.mip6.identifier=4660\t"
         "icmpv6.mip6.home_agent_address=2001:db8:a::ff,2001:db8:b::2",
         {.type = MIP6_ICMP6_HAAD_REPLY,
          .discovery = {.id = 0x1234, .count = 2, .addr = {HA, COA}}}},
	{"icmpv6.type=146\ticmpv6.mip6.identifier=1", {.type = MIP6_ICMP6_MPS, .discovery.id = 1}},
	{"icmpv6.type=147\ticmpv6.mip6.identifier=1\ticmpv6.mip6.flag.m=1\ticmpv6.mip6.flag.o=0\t"
         "icmpv6.opt.prefix=2001:db8:a::ff\ticmpv6.opt.prefix.flag.r=1",
         {.type = MIP6_ICMP6_MPA,
          .discovery = {.id = 1, .flags = 0x8000},
          .opt = {.pio_count = 1, .pio = {{HA, 64, MIP6_PIO_A | MIP6_PIO_R, 100, 50}}}}},
};

#define MH_CASES (sizeof(mh_cases) / sizeof(mh_cases[0]))
#define ICMP6_CASES (sizeof(icmp6_cases) / sizeof(icmp6_cases[0]))

static void die(const char *what)
{
	fprintf(stderr, "wire_packets: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static void check_encoded(size_t len, const char *expect)
{
	if (len == 0) {
		fprintf(stderr, "wire_packets: not encodable: %s\n", expect);
		exit(EXIT_FAILURE);
	}
}

/* A whole packet; *ret_mh_len is the length of the message at its end. */
static size_t encode_mh_case(const struct mh_case *c, uint8_t buf[MIP6_PACKET_MAX],
                             size_t *ret_mh_len)
{
	uint8_t mh[MIP6_MH_MAX];
	struct mip6_packet p = {.src = hoa, .dst = ha, .mh = mh};
	size_t len;

	p.mh_len = mip6_auth_encode(&c->mh, c->sa, &coa, &hoa, mh, sizeof(mh));
	check_encoded(p.mh_len, c->expect);
	if (c->shape == SHAPE_HAO || c->shape == SHAPE_BOTH) {
		p.has_hao = true;
		p.hao = hoa;
		p.src = coa;
	}
	if (c->shape == SHAPE_RH2 || c->shape == SHAPE_BOTH) {
		p.has_rh2 = true;
		p.rh2 = hoa;
		p.dst = coa;
		if (c->shape == SHAPE_RH2)
			p.src = ha;
	}
	len = mip6_packet_encode(&p, buf, MIP6_PACKET_MAX);
	check_encoded(len, c->expect);
	*ret_mh_len = p.mh_len;
	return len;
}

static size_t encode_icmp6_case(const struct icmp6_case *c, uint8_t buf[MIP6_PACKET_MAX])
{
	bool nd = c->msg.type >= MIP6_ICMP6_RS && c->msg.type <= MIP6_ICMP6_NA;
	const struct mip6_addr *src = nd ? &router : &ha, *dst = nd ? &all_nodes : &coa;
	struct mip6_writer w;
	size_t len;

	len = mip6_icmp6_encode(&c->msg, src, dst, buf + IPV6, MIP6_PACKET_MAX - IPV6);
	check_encoded(len, c->expect);
	mip6_writer_init(&w, buf, IPV6);
	mip6_writer_u32(&w, 0x60000000);
	mip6_writer_u16(&w, (uint16_t)len);
	mip6_writer_u8(&w, MIP6_PROTO_ICMP6);
	mip6_writer_u8(&w, nd ? 255 : 64);
	mip6_writer_addr(&w, src);
	mip6_writer_addr(&w, dst);
	return IPV6 + len;
}

/* pcap is in host byte order, which its magic number tells. */
static void put_u32(FILE *f, uint32_t v)
{
	fwrite(&v, sizeof(v), 1, f);
}

static void put_packet(FILE *f, const uint8_t *packet, size_t len)
{
	static uint32_t seconds;

	put_u32(f, seconds++);
	put_u32(f, 0);
	put_u32(f, (uint32_t)len);
	put_u32(f, (uint32_t)len);
	fwrite(packet, 1, len, f);
}

static void write_pcap(const char *path)
{
	FILE *f = fopen(path, "wb");
	uint8_t buf[MIP6_PACKET_MAX];
	size_t mh_len;

	if (!f)
		die(path);
	put_u32(f, 0xa1b2c3d4);
	put_u32(f, 4u << 16 | 2); /* version 2.4, as two 16-bit numbers */
	put_u32(f, 0);
	put_u32(f, 0);
	put_u32(f, 65535);
	put_u32(f, LINKTYPE_RAW);
	for (size_t i = 0; i < MH_CASES; i++) {
		put_packet(f, buf, encode_mh_case(&mh_cases[i], buf, &mh_len));
		puts(mh_cases[i].expect);
	}
	for (size_t i = 0; i < ICMP6_CASES; i++) {
		put_packet(f, buf, encode_icmp6_case(&icmp6_cases[i], buf));
		puts(icmp6_cases[i].expect);
	}
	if (fclose(f) != 0)
		die(path);
}

static void write_seed(const char *dir, const char *target, size_t number, const uint8_t *data,
                       size_t len)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s/seed-%02zu", dir, target, number);
	f = fopen(path, "wb");
	if (!f)
		die(path);
	fwrite(data, 1, len, f);
	if (fclose(f) != 0)
		die(path);
}

static void write_corpus(const char *dir)
{
	uint8_t buf[MIP6_PACKET_MAX], seed[MIP6_PACKET_MAX];
	size_t len, mh_len;

	for (size_t i = 0; i < MH_CASES; i++) {
		len = encode_mh_case(&mh_cases[i], buf, &mh_len);
		write_seed(dir, "mh", i, buf + len - mh_len, mh_len);
		/* The front of a packet seed: which first header, source, destination. */
		seed[0] = buf[6] == MIP6_PROTO_DSTOPTS ? 0 : buf[6] == MIP6_PROTO_ROUTING ? 1 : 2;
		memcpy(seed + 1, buf + 8, 32);
		memcpy(seed + 33, buf + IPV6, len - IPV6);
		if (i % 4 == 0 || mh_cases[i].shape == SHAPE_BOTH)
			write_seed(dir, "packet", i, seed, 33 + len - IPV6);
	}
	for (size_t i = 0; i < ICMP6_CASES; i++) {
		len = encode_icmp6_case(&icmp6_cases[i], buf);
		write_seed(dir, "icmp6", i, buf + IPV6, len - IPV6);
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "pcap") == 0) {
		write_pcap(argv[2]);
	} else if (argc == 3 && strcmp(argv[1], "corpus") == 0) {
		write_corpus(argv[2]);
	} else {
		fprintf(stderr, "usage: wire_packets pcap FILE | corpus DIR\n");
		return 2;
	}
	return EXIT_SUCCESS;
}
