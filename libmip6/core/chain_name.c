// SPDX-License-Identifier: LGPL-2.1-or-later
/* The names of what the chain core counts, tells and shows; those of docs/control.md. */
#include <mip6/chain.h>

const char *chain_stat_name(enum chain_stat stat)
{
	static const char *const names[CHAIN_STAT_COUNT] = {
		[CHAIN_STAT_BU_NO_OPTION] = "bu-no-option",
		[CHAIN_STAT_BU_BAD_OPTION] = "bu-bad-option",
		[CHAIN_STAT_BU_SELF] = "bu-self",
		[CHAIN_STAT_BU_NOT_ROAMING] = "bu-not-roaming",
		[CHAIN_STAT_BU_OTHER_ANCHOR] = "bu-other-anchor",
		[CHAIN_STAT_ANCHOR_BU_SENT] = "anchor-bu-sent",
		[CHAIN_STAT_ANCHOR_BU_RETRANSMITTED] = "anchor-bu-retransmitted",
		[CHAIN_STAT_ANCHOR_ACCEPTED] = "anchor-accepted",
		[CHAIN_STAT_ANCHOR_REFUSED] = "anchor-refused",
		[CHAIN_STAT_ANCHOR_NO_ANSWER] = "anchor-no-answer",
		[CHAIN_STAT_ANCHOR_REVOKED] = "anchor-revoked",
		[CHAIN_STAT_ANCHOR_LOST] = "anchor-lost",
		[CHAIN_STAT_BA_UNMATCHED] = "ba-unmatched",
		[CHAIN_STAT_BA_BAD_AUTH] = "ba-bad-auth",
		[CHAIN_STAT_HINTS] = "hints",
		[CHAIN_STAT_HEARTBEAT_SENT] = "heartbeat-sent",
		[CHAIN_STAT_HEARTBEAT_ANSWERED] = "heartbeat-answered",
		[CHAIN_STAT_HEARTBEAT_LOST] = "heartbeat-lost",
		[CHAIN_STAT_ANCHOR_RESTARTED] = "anchor-restarted",
		[CHAIN_STAT_UNEXPECTED] = "unexpected",
		[CHAIN_STAT_CHAINS_MADE] = "chains-made",
		[CHAIN_STAT_CHAINS_ENDED] = "chains-ended",
	};

	return stat < CHAIN_STAT_COUNT ? names[stat] : "unknown";
}

const char *chain_notice_name(enum chain_notice notice)
{
	switch (notice) {
	case CHAIN_NOTICE_REGISTERED:
		return "registered";
	case CHAIN_NOTICE_MOVED:
		return "moved";
	case CHAIN_NOTICE_REFRESHED:
		return "refreshed";
	case CHAIN_NOTICE_RELEASED:
		return "released";
	case CHAIN_NOTICE_EXPIRED:
		return "expired";
	case CHAIN_NOTICE_REVOKED:
		return "revoked";
	case CHAIN_NOTICE_REFUSED:
		return "refused";
	case CHAIN_NOTICE_LOST:
		return "lost";
	case CHAIN_NOTICE_LEFT:
		return "left";
	case CHAIN_NOTICE_SILENT:
		return "silent";
	case CHAIN_NOTICE_RESTARTED:
		return "restarted";
	}
	return "unknown";
}

const char *chain_state_name(enum chain_state state)
{
	switch (state) {
	case CHAIN_REGISTERING:
		return "registering";
	case CHAIN_BOUND:
		return "bound";
	case CHAIN_CLOSING:
		return "closing";
	}
	return "unknown";
}
