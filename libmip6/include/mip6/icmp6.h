/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The ICMPv6 messages that mobility needs, in host order: Router and Neighbour Discovery (RFC 4861
 * with the fields that RFC 6275 section 7 adds), Packet Too Big and Parameter Problem (RFC 4443),
 * and the home agent address and mobile prefix discovery messages (RFC 6275 sections 6.5 to 6.8).
 */
#ifndef MIP6_ICMP6_H
#define MIP6_ICMP6_H

#include <mip6/wire.h>

enum mip6_icmp6_type {
	MIP6_ICMP6_UNREACHABLE = 1,
	MIP6_ICMP6_TOO_BIG = 2,
	MIP6_ICMP6_TIME_EXCEEDED = 3,
	MIP6_ICMP6_PARAMETER_PROBLEM = 4,
	MIP6_ICMP6_RS = 133,
	MIP6_ICMP6_RA = 134,
	MIP6_ICMP6_NS = 135,
	MIP6_ICMP6_NA = 136,
	MIP6_ICMP6_HAAD_REQUEST = 144,
	MIP6_ICMP6_HAAD_REPLY = 145,
	MIP6_ICMP6_MPS = 146,
	MIP6_ICMP6_MPA = 147,
};

enum mip6_ra_flag {
	MIP6_RA_M = 0x80,
	MIP6_RA_O = 0x40,
	MIP6_RA_H = 0x20, /* home agent (RFC 6275 section 7.1) */
};

enum mip6_pio_flag {
	MIP6_PIO_L = 0x80,
	MIP6_PIO_A = 0x40,
	MIP6_PIO_R = 0x20, /* the prefix field holds the router's address (RFC 6275 section 7.2) */
};

enum mip6_na_flag {
	MIP6_NA_R = 0x80,
	MIP6_NA_S = 0x40,
	MIP6_NA_O = 0x20,
};

/*
 * Flags of the PvD option (RFC 8801 section 3.1). R is not among them: what it announces is
 * skipped.
 */
enum mip6_pvd_flag {
	/* additional information by HTTP; delay and sequence number mean something */
	MIP6_PVD_H = 0x80,
	MIP6_PVD_L = 0x40, /* goes with DHCPv4 */
};

#define MIP6_LIFETIME_INFINITE UINT32_MAX
#define MIP6_PIO_MAX 16
#define MIP6_HAAD_MAX 16
#define MIP6_OPERATOR_MAX 253 /* characters of a PvD identifier as dotted text */
#define MIP6_LLADDR_MAX 8

/* Prefix Information option. prefix is as on the wire: with R set, the router's whole address. */
struct mip6_pio {
	struct mip6_addr prefix;
	uint8_t len;
	uint8_t flags; /* enum mip6_pio_flag */
	uint32_t valid_s;
	uint32_t preferred_s;
};

/* ND options of one message. An absent option leaves its `has_` member false. */
struct mip6_nd_options {
	/* Source (RS, NS, RA) or target (NA) link-layer address: 6 or 8 octets; 0: absent. */
	uint8_t lladdr_len;
	uint8_t lladdr[MIP6_LLADDR_MAX];
	bool has_mtu;
	uint32_t mtu;
	bool has_interval; /* Advertisement Interval (RFC 6275 section 7.3) */
	uint32_t interval_ms;
	bool has_home_agent; /* Home Agent Information (section 7.4) */
	uint16_t home_agent_preference;
	uint16_t home_agent_lifetime_s;
	bool has_pvd; /* PvD option (RFC 8801): the operator's name */
	uint8_t pvd_flags; /* enum mip6_pvd_flag */
	uint8_t pvd_delay; /* 4 bits */
	uint16_t pvd_seq;
	/* Dotted, without a dot at the end: letters, digits, '-' and '_' in labels of 1 to 63. */
	char pvd[MIP6_OPERATOR_MAX + 1];
	uint8_t pio_count; /* more than MIP6_PIO_MAX: the rest is ignored */
	struct mip6_pio pio[MIP6_PIO_MAX];
};

struct mip6_ra {
	uint8_t hop_limit;
	uint8_t flags;              /* enum mip6_ra_flag */
	uint8_t preference;         /* 2 bits of RFC 4191: 0 medium, 1 high, 3 low */
	uint16_t router_lifetime_s;
	uint32_t reachable_ms;
	uint32_t retrans_ms;
};

struct mip6_icmp6 {
	uint8_t type; /* enum mip6_icmp6_type */
	uint8_t code;
	union {
		struct mip6_ra ra;
		struct {
			uint8_t flags; /* NA: enum mip6_na_flag */
			struct mip6_addr target;
		} neighbour; /* NS, NA */
		struct {
			uint32_t value;      /* MTU or pointer */
			const uint8_t *data; /* as much of the packet as came; borrowed */
			size_t len;
		} error; /* TOO_BIG, UNREACHABLE, TIME_EXCEEDED, PARAMETER_PROBLEM */
		struct {
			uint16_t id;
			uint16_t flags; /* MPA: M 0x8000, O 0x4000 */
			uint8_t count;  /* HAAD reply: addresses */
			struct mip6_addr addr[MIP6_HAAD_MAX];
		} discovery; /* HAAD, MPS, MPA; prefixes of an MPA are in opt.pio */
	};
	struct mip6_nd_options opt;
};

/*
 * Decode an ICMPv6 message (from its type octet). hop_limit is that of the packet: ND messages with
 * another than 255 give DISCARD, as does whatever else RFC 4861 sections 6.1 and 7.1 forbid in the
 * message itself. The checksum and what concerns the packet's addresses are the caller's business.
 *
 * Options that are unknown or not defined for the message are ignored, as are a prefix length over
 * 128, a link-layer address of another length and a PvD whose name is no domain name; of a repeated
 * option the first counts (prefixes excepted). An unknown type gives MIP6_DECODE_UNKNOWN_TYPE. On
 * failure *ret is untouched.
 */
enum mip6_decode mip6_icmp6_decode(const uint8_t *data, size_t len, uint8_t hop_limit,
				   struct mip6_icmp6 *ret, size_t *ret_offset);

/*
 * Encode with the checksum over src and dst. Returns the length or 0 when it does not fit or a
 * value is out of range (an operator's name that is no domain name, an option that this message
 * cannot have). A router lifetime of 0 makes the preference medium (RFC 4191 section 2.2).
 */
size_t mip6_icmp6_encode(const struct mip6_icmp6 *msg, const struct mip6_addr *src,
			 const struct mip6_addr *dst, uint8_t *data, size_t cap);

#endif
