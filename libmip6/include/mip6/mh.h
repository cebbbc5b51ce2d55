/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The Mobility Header, its messages and its mobility options, in host order.
 *
 * RFC 6275 section 6.1 (messages) and 6.2 (options), RFC 5846 (revocation), RFC 5847 (heartbeat),
 * RFC 4283 (MN-ID), RFC 4285 (authentication), RFC 5096 (experimental), RFC 5094 (vendor-specific).
 *
 * Law, tested on random values: decode(encode(x)) == x.
 */
#ifndef MIP6_MH_H
#define MIP6_MH_H

#include <mip6/wire.h>

#define MIP6_PROTO_MH 135
#define MIP6_PROTO_DSTOPTS 60
#define MIP6_PROTO_ROUTING 43
#define MIP6_PROTO_NONE 59
#define MIP6_PROTO_IPV6 41
#define MIP6_PROTO_ICMP6 58

/* No message of ours is longer; longer ones from elsewhere are refused before they are read. */
#define MIP6_MH_MAX 1240

enum mip6_mh_type {
	MIP6_MH_BRR = 0,
	MIP6_MH_HOTI = 1,
	MIP6_MH_COTI = 2,
	MIP6_MH_HOT = 3,
	MIP6_MH_COT = 4,
	MIP6_MH_BU = 5,
	MIP6_MH_BA = 6,
	MIP6_MH_BE = 7,
	MIP6_MH_HEARTBEAT = 13,  /* RFC 5847 */
	MIP6_MH_REVOCATION = 16, /* RFC 5846 */
};

/* Flags of a BU (RFC 6275 section 6.1.7), as bits of its 16-bit flag field. */
enum mip6_bu_flag {
	MIP6_BU_A = 0x8000, /* acknowledge */
	MIP6_BU_H = 0x4000, /* home registration */
	MIP6_BU_L = 0x2000, /* link-local address compatibility */
	MIP6_BU_K = 0x1000, /* key management mobility capability */
};

/* Flags of a BA, as bits of its 8-bit flag field. */
enum mip6_ba_flag {
	MIP6_BA_K = 0x80,
};

/* Status of a BA (RFC 6275 section 6.1.8 and its registry). Below 128: accepted. */
enum mip6_ba_status {
	MIP6_BA_ACCEPTED = 0,
	MIP6_BA_PREFIX_DISCOVERY_NEEDED = 1,
	MIP6_BA_UNSPECIFIED = 128,
	MIP6_BA_PROHIBITED = 129,
	MIP6_BA_INSUFFICIENT_RESOURCES = 130,
	MIP6_BA_HOME_REG_UNSUPPORTED = 131,
	MIP6_BA_NOT_HOME_SUBNET = 132,
	MIP6_BA_NOT_HOME_AGENT = 133,
	MIP6_BA_DAD_FAILED = 134,
	MIP6_BA_SEQ_OUT_OF_WINDOW = 135,
	MIP6_BA_EXPIRED_HOME_NONCE = 136,
	MIP6_BA_EXPIRED_COA_NONCE = 137,
	MIP6_BA_EXPIRED_NONCES = 138,
	MIP6_BA_TYPE_CHANGE = 139,
	MIP6_BA_ID_MISMATCH = 144,       /* RFC 4285: timestamp outside the window */
	MIP6_BA_MESG_ID_REQUIRED = 145,  /* RFC 4285: no message identifier */
	MIP6_BA_AUTH_FAIL = 146,         /* RFC 4285: wrong authenticator or unknown SPI */
	MIP6_BA_INVALID_COA = 174,
};

enum mip6_be_status {
	MIP6_BE_UNKNOWN_BINDING = 1, /* for a Home Address option, or a tunnelled packet */
	MIP6_BE_UNKNOWN_MH_TYPE = 2,
};

/* RFC 5846 section 5: type octet of a Binding Revocation message. */
enum mip6_revocation_type {
	MIP6_REVOCATION_BRI = 1,
	MIP6_REVOCATION_BRA = 2,
};

enum mip6_revocation_trigger {
	MIP6_REVOCATION_UNSPECIFIED = 0,
	MIP6_REVOCATION_ADMINISTRATIVE = 1,
	MIP6_REVOCATION_HANDOVER = 4, /* the node has moved, the access technology is unknown */
};

enum mip6_revocation_flag {
	MIP6_REVOCATION_P = 0x8000, /* proxy binding */
	MIP6_REVOCATION_V = 0x4000, /* IPv4 HoA binding only */
	MIP6_REVOCATION_G = 0x2000, /* global */
};

enum mip6_heartbeat_flag {
	MIP6_HEARTBEAT_U = 0x0002, /* unsolicited response */
	MIP6_HEARTBEAT_R = 0x0001, /* response; clear: request */
};

/* Lifetimes of BU, BA: units of 4 seconds on the wire (RFC 6275 section 6.1.7). */
#define MIP6_LIFETIME_UNIT_S 4
/* Binding refresh advice (section 6.2.4): units of 4 seconds too. */

enum mip6_option_type {
	MIP6_OPT_PAD1 = 0,
	MIP6_OPT_PADN = 1,
	MIP6_OPT_REFRESH_ADVICE = 2,
	MIP6_OPT_ALT_COA = 3,
	MIP6_OPT_NONCE_INDICES = 4,
	MIP6_OPT_BINDING_AUTH = 5,
	MIP6_OPT_MN_ID = 8,
	MIP6_OPT_AUTH = 9,
	MIP6_OPT_MESG_ID = 10,
	MIP6_OPT_EXPERIMENTAL = 18,
	MIP6_OPT_VENDOR = 19,
	MIP6_OPT_RESTART_COUNTER = 28,
};

/* Which members of struct mip6_options are present. */
enum mip6_has {
	MIP6_HAS_REFRESH_ADVICE = 1u << 0,
	MIP6_HAS_ALT_COA = 1u << 1,
	MIP6_HAS_NONCE_INDICES = 1u << 2,
	MIP6_HAS_BINDING_AUTH = 1u << 3,
	MIP6_HAS_MN_ID = 1u << 4,
	MIP6_HAS_AUTH = 1u << 5,
	MIP6_HAS_MESG_ID = 1u << 6,
	MIP6_HAS_EXPERIMENTAL = 1u << 7,
	MIP6_HAS_VENDOR = 1u << 8,
	MIP6_HAS_RESTART_COUNTER = 1u << 9,
	MIP6_HAS_ANCHOR = 1u << 10,
	/*
	 * Decoding only: there were several Anchoring D-GW options (`anchor` is the first), or one of a
	 * wrong length. The BU is no good, but its sender is told so.
	 */
	MIP6_HAS_ANCHOR_BAD = 1u << 11,
	MIP6_HAS_AAA = 1u << 12,
};

#define MIP6_NAI_MAX 253       /* octets of an NAI (RFC 7542 section 2.2) */
#define MIP6_AUTH_DATA_MAX 32  /* octets of authentication data that we understand */
#define MIP6_OPAQUE_MAX 64     /* octets kept of experimental and vendor-specific data */
#define MIP6_UNKNOWN_MAX 8     /* unknown options kept for display */

/* Subtypes of the MN-ID option (RFC 4283) and of the authentication option (RFC 4285). */
#define MIP6_MN_ID_NAI 1
#define MIP6_AUTH_MN_HA 1
#define MIP6_AUTH_MN_AAA 2
#define MIP6_MESG_ID_TIMESTAMP 1
#define MIP6_EXPERIMENTAL_ANCHOR 1

struct mip6_unknown_option {
	uint8_t type;
	uint8_t len;
	uint16_t offset; /* of the type octet, from the start of the Mobility Header */
};

/* Mobility options of one message. Only members whose bit is set in `has` mean anything. */
struct mip6_options {
	uint32_t has; /* enum mip6_has */

	uint16_t refresh_interval_s4; /* units of 4 s, as on the wire */
	struct mip6_addr alt_coa;
	uint16_t home_nonce, coa_nonce;
	uint8_t binding_auth[12]; /* 96 bits; when present it is the last option */

	uint8_t mn_id_subtype;
	uint8_t mn_id_len;
	char mn_id[MIP6_NAI_MAX + 1]; /* NUL added; the octets on the wire have none */

	/* The MN-HA authentication option. */
	uint32_t auth_spi;
	uint8_t auth_len;
	uint8_t auth_data[MIP6_AUTH_DATA_MAX];
	/* Decoding only: offset of the authentication data from the start of the Mobility Header. */
	uint16_t auth_offset;
	/* The MN-AAA authentication option, in the same way. */
	uint32_t aaa_spi;
	uint8_t aaa_len;
	uint8_t aaa_data[MIP6_AUTH_DATA_MAX];
	uint16_t aaa_offset;

	uint64_t mesg_id; /* NTP timestamp, RFC 4285 section 6 */

	uint32_t restart_counter; /* RFC 5847 */

	/* The Anchoring D-GW option of an extended BU (experimental, subtype 1). */
	struct mip6_addr anchor;

	uint8_t experimental_len; /* any other experimental option */
	uint8_t experimental[MIP6_OPAQUE_MAX];
	uint32_t vendor_id;
	uint8_t vendor_subtype;
	uint8_t vendor_len;
	uint8_t vendor[MIP6_OPAQUE_MAX];

	/* Decoding only: what was skipped. unknown_total may exceed what is kept. */
	uint16_t unknown_total;
	struct mip6_unknown_option unknown[MIP6_UNKNOWN_MAX];
};

struct mip6_bu {
	uint16_t seq;
	uint16_t flags;       /* enum mip6_bu_flag; reserved bits are ignored on receipt, zero when sent */
	uint16_t lifetime_s4; /* units of 4 s */
};

struct mip6_ba {
	uint8_t status; /* enum mip6_ba_status */
	uint8_t flags;  /* enum mip6_ba_flag */
	uint16_t seq;
	uint16_t lifetime_s4; /* units of 4 s */
};

struct mip6_be {
	uint8_t status; /* enum mip6_be_status */
	struct mip6_addr hoa;
};

struct mip6_test_init { /* HoTI, CoTI */
	uint64_t cookie;
};

struct mip6_test { /* HoT, CoT */
	uint16_t nonce_index;
	uint64_t cookie;
	uint64_t keygen_token;
};

struct mip6_revocation {
	uint8_t type;    /* enum mip6_revocation_type */
	uint8_t trigger; /* BRI: enum mip6_revocation_trigger; BRA: status */
	uint16_t seq;
	uint16_t flags; /* enum mip6_revocation_flag */
};

struct mip6_heartbeat {
	uint16_t flags; /* enum mip6_heartbeat_flag */
	uint32_t seq;
};

struct mip6_mh {
	enum mip6_mh_type type;
	union {
		struct mip6_bu bu;
		struct mip6_ba ba;
		struct mip6_be be;
		struct mip6_test_init test_init;
		struct mip6_test test;
		struct mip6_revocation revocation;
		struct mip6_heartbeat heartbeat;
	};
	struct mip6_options opt;
};

/*
 * Decode one Mobility Header of exactly len octets, which the caller has taken out of its packet.
 * The checksum is not looked at: see mip6_packet_decode(). On failure *ret is untouched and
 * *ret_offset is the offset of the offending octet. Neither pointer may be NULL.
 */
enum mip6_decode mip6_mh_decode(const uint8_t *data, size_t len, struct mip6_mh *ret,
				size_t *ret_offset);

/*
 * Encode with the options in order of type, each aligned as its RFC says, padded to 8 octets, checksum
 * zero; the binding authorisation data option last, the RFC 4285 authentication options last but for
 * padding, MN-HA before MN-AAA (RFC 4285 section 5). Returns the length, or 0 when it does not fit or
 * the message is not encodable (a value out of its range). *ret_auth_offset (may be NULL) is where the
 * authentication data of the MN-HA option starts, 0 without one.
 */
size_t mip6_mh_encode(const struct mip6_mh *mh, uint8_t *data, size_t cap, size_t *ret_auth_offset);

/* "BU", "BA", …; "unknown" for a type not in the enum. */
const char *mip6_mh_type_name(unsigned int type);
/* A short phrase, as in RFC 6275: "accepted", "sequence number out of window", … */
const char *mip6_ba_status_name(unsigned int status);

#endif
