// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names of message types, statuses and decoding results, for logs and displays. Wording as in
 * RFC 6275 sections 6.1.8 and 14, RFC 4285 section 8.
 */
#include <mip6/mh.h>

const char *mip6_decode_name(enum mip6_decode result)
{
	switch (result) {
	case MIP6_DECODE_OK:
		return "ok";
	case MIP6_DECODE_TRUNCATED:
		return "truncated";
	case MIP6_DECODE_BAD_CHECKSUM:
		return "bad checksum";
	case MIP6_DECODE_BAD_PROTO:
		return "payload after the Mobility Header";
	case MIP6_DECODE_BAD_LENGTH:
		return "bad header length";
	case MIP6_DECODE_UNKNOWN_TYPE:
		return "unknown message type";
	case MIP6_DECODE_BAD_OPTION:
		return "bad option";
	case MIP6_DECODE_BAD_HEADER:
		return "bad header";
	case MIP6_DECODE_NOT_MH:
		return "no Mobility Header";
	case MIP6_DECODE_DISCARD:
		return "to be discarded";
	}
	return "unknown";
}

const char *mip6_mh_type_name(unsigned int type)
{
	switch (type) {
	case MIP6_MH_BRR:
		return "BRR";
	case MIP6_MH_HOTI:
		return "HoTI";
	case MIP6_MH_COTI:
		return "CoTI";
	case MIP6_MH_HOT:
		return "HoT";
	case MIP6_MH_COT:
		return "CoT";
	case MIP6_MH_BU:
		return "BU";
	case MIP6_MH_BA:
		return "BA";
	case MIP6_MH_BE:
		return "BE";
	case MIP6_MH_HEARTBEAT:
		return "Heartbeat";
	case MIP6_MH_REVOCATION:
		return "Revocation";
	}
	return "unknown";
}

const char *mip6_ba_status_name(unsigned int status)
{
	switch (status) {
	case MIP6_BA_ACCEPTED:
		return "accepted";
	case MIP6_BA_PREFIX_DISCOVERY_NEEDED:
		return "accepted but prefix discovery necessary";
	case MIP6_BA_UNSPECIFIED:
		return "reason unspecified";
	case MIP6_BA_PROHIBITED:
		return "administratively prohibited";
	case MIP6_BA_INSUFFICIENT_RESOURCES:
		return "insufficient resources";
	case MIP6_BA_HOME_REG_UNSUPPORTED:
		return "home registration not supported";
	case MIP6_BA_NOT_HOME_SUBNET:
		return "not home subnet";
	case MIP6_BA_NOT_HOME_AGENT:
		return "not home agent for this mobile node";
	case MIP6_BA_DAD_FAILED:
		return "duplicate address detection failed";
	case MIP6_BA_SEQ_OUT_OF_WINDOW:
		return "sequence number out of window";
	case MIP6_BA_EXPIRED_HOME_NONCE:
		return "expired home nonce index";
	case MIP6_BA_EXPIRED_COA_NONCE:
		return "expired care-of nonce index";
	case MIP6_BA_EXPIRED_NONCES:
		return "expired nonces";
	case MIP6_BA_TYPE_CHANGE:
		return "registration type change disallowed";
	case MIP6_BA_ID_MISMATCH:
		return "message identifier mismatch";
	case MIP6_BA_MESG_ID_REQUIRED:
		return "message identifier required";
	case MIP6_BA_AUTH_FAIL:
		return "authentication failed";
	case MIP6_BA_INVALID_COA:
		return "invalid care-of address";
	}
	return "unknown";
}
