// SPDX-License-Identifier: GPL-2.0-or-later
/* See ha_fixture.h. */
#include "ha_fixture.h"

#include <arpa/inet.h>
#include <stdlib.h>

struct mip6_addr fx_addr(const char *text)
{
	struct mip6_addr addr;

	ck_assert_msg(inet_pton(AF_INET6, text, &addr) == 1, "%s", text);
	return addr;
}

static uint32_t fx_random(void *ctx)
{
	struct fx *fx = ctx;

	fx->random = fx->random * 1664525 + 1013904223;
	return fx->random;
}

static int64_t fx_unix_us(void *ctx)
{
	const struct fx *fx = ctx;

	return fx->now + fx->unix_offset_us;
}

static const struct ha_identity *fx_find_identity(void *ctx, const char *nai)
{
	const struct fx *fx = ctx;

	for (size_t i = 0; i < FX_IDENTITIES; i++) {
		if (strcmp(fx->identities[i].nai, nai) == 0)
			return &fx->identities[i];
	}
	return NULL;
}

static const struct ha_identity *fx_find_esp(void *ctx, const struct mip6_addr *hoa)
{
	const struct fx *fx = ctx;

	return !mip6_addr_is_unspecified(hoa) && mip6_addr_equal(hoa, &fx->esp_hoa)
	               ? &fx->identities[0]
	               : NULL;
}

static const struct ha_identity *fx_find_owner(void *ctx, const struct mip6_addr *hoa)
{
	const struct fx *fx = ctx;

	return !mip6_addr_is_unspecified(&fx->configured_hoa) &&
	                       mip6_addr_equal(&fx->configured_hoa, hoa)
	               ? &fx->identities[1]
	               : NULL;
}

static void fx_emit(void *ctx, const struct ha_action *action)
{
	static const char letters[] = "SBbPpDVFRAN";
	struct fx *fx = ctx;
	size_t len = strlen(fx->order);

	fx->count[action->type]++;
	fx->last[action->type] = *action;
	if (len + 1 < sizeof(fx->order)) {
		fx->order[len] = letters[action->type];
		fx->order[len + 1] = '\0';
	}
	if (action->type == HA_ACTION_SAVE)
		fx->saved = *action->save;
	if (action->type == HA_ACTION_SEND && fx->sent_count < FX_SENT_MAX) {
		struct fx_sent *sent = &fx->sent[fx->sent_count++];
		uint8_t wire[MIP6_PACKET_MAX];
		size_t offset;

		/* What is sent can be sent and read. */
		ck_assert_uint_gt(mip6_packet_encode(&action->packet, wire, sizeof(wire)), 0);
		sent->packet = action->packet;
		memcpy(sent->data, action->packet.mh, action->packet.mh_len);
		sent->packet.mh = sent->data;
		ck_assert_int_eq(
			mip6_mh_decode(sent->data, sent->packet.mh_len, &sent->mh, &offset),
			MIP6_DECODE_OK);
	}
}

void fx_clear(struct fx *fx)
{
	fx->sent_count = 0;
	memset(fx->count, 0, sizeof(fx->count));
	fx->order[0] = '\0';
}

void fx_restart(struct fx *fx)
{
	size_t size = ha_memory_size(&fx->config);

	free(fx->memory);
	fx->memory = malloc(size);
	ck_assert_ptr_nonnull(fx->memory);
	memset(fx->memory, 0xa5, size < 4 << 20 ? size : 4 << 20);
	fx->ha = ha_init(fx->memory, &fx->config, &fx->env);
	fx_clear(fx);
	fx->now += MIP6_S;
}

void fx_start(struct fx *fx)
{
	static const char *const names[FX_IDENTITIES] = {"alice@example.org", "bob@example.org",
	                                                 "carol@example.org"};

	memset(fx, 0, sizeof(*fx));
	fx->now = 1000 * MIP6_S;
	fx->unix_offset_us = INT64_C(1800000000) * MIP6_S;
	fx->random = 1;
	fx->env = (struct ha_env){
		.ctx = fx,
		.random = fx_random,
		.unix_us = fx_unix_us,
		.find_identity = fx_find_identity,
		.find_owner = fx_find_owner,
		.find_esp = fx_find_esp,
	};
	fx->actions = (struct ha_actions){fx, fx_emit};
	for (unsigned int i = 0; i < FX_IDENTITIES; i++) {
		struct ha_identity *id = &fx->identities[i];

		memcpy(id->nai, names[i], strlen(names[i]) + 1);
		id->sa_count = i < 2 ? 2 : 0;
		id->sa[0] = (struct mip6_auth_sa){.spi = MIP6_AUTH_SPI_DEFAULT,
		                                  .algorithm = MIP6_AUTH_HMAC_SHA1,
		                                  .key_len = 16};
		memset(id->sa[0].key, 'a' + (int)i, 16);
		id->sa[1] = (struct mip6_auth_sa){
			.spi = 1000, .algorithm = MIP6_AUTH_HMAC_SHA256_128, .key_len = 32};
		memset(id->sa[1].key, 'A' + (int)i, 32);
	}
	fx->config = (struct ha_config){
		.bindings_max = 100,
		.identity_bindings_max = 8,
		.lifetime_max_s = 600,
		.ownership_s = 300,
		.replay_window_s = 7,
		.error_rate = 10,
		.restart_counter = 42,
		.address_count = 2,
		.addresses = {fx_addr(FX_GW), fx_addr("2001:db8:b::1")},
		.prefix_count = 2,
	};
	fx->config.prefixes[0].prefix = (struct mip6_prefix){fx_addr("2001:db8:a::"), 64};
	fx->config.prefixes[1].prefix = (struct mip6_prefix){fx_addr("2001:db8:b::"), 48};
	fx->config.prefixes[1].unique_len = 64;
	fx_restart(fx);
}

void fx_stop(struct fx *fx)
{
	free(fx->memory);
}

void fx_event(struct fx *fx, const struct ha_event *event)
{
	ha_step(fx->ha, event, fx->now, &fx->env, &fx->actions);
}

uint64_t fx_ntp(const struct fx *fx)
{
	return mip6_ntp_from_unix_us(fx->now + fx->unix_offset_us);
}

void fx_mh(struct fx *fx, const struct mip6_packet *head, const struct mip6_mh *mh,
           const struct mip6_auth_sa *sa, const char *coa, const char *hoa)
{
	struct mip6_addr c = fx_addr(coa), h = fx_addr(hoa);
	struct mip6_packet packet = *head;
	uint8_t data[MIP6_MH_MAX];
	struct ha_event event = {.type = HA_EVENT_MH};

	packet.mh = data;
	packet.mh_len = mip6_auth_encode(mh, sa, &c, &h, data, sizeof(data));
	ck_assert_uint_gt(packet.mh_len, 0);
	event.mh.packet = &packet;
	event.mh.on_access_link = false;
	fx_event(fx, &event);
}

void fx_send_bu(struct fx *fx, const struct fx_bu *bu)
{
	const char *src = bu->src != NULL ? bu->src : FX_COA;
	struct mip6_packet packet = {
		.src = fx_addr(src),
		.dst = fx_addr(bu->dst != NULL ? bu->dst : FX_GW),
		.has_hao = bu->hoa != NULL,
		.has_rh2 = bu->rh2,
		.esp = bu->esp,
	};
	struct mip6_mh mh = {
		.type = MIP6_MH_BU,
		.bu =
			{
				.seq = bu->seq,
				.flags = (uint16_t)(((MIP6_BU_A | MIP6_BU_H) & ~bu->clear_flags) |
	                                            bu->set_flags),
				.lifetime_s4 = (uint16_t)(bu->lifetime_s / 4),
			},
		.opt.has = bu->extra_has,
	};
	const struct mip6_auth_sa *sa = bu->sa;
	struct mip6_addr coa, hoa;
	uint8_t data[MIP6_MH_MAX];
	struct ha_event event = {.type = HA_EVENT_MH};

	fx->now += MIP6_MS; /* no two messages at the same time */
	fx_clear(fx);
	if (bu->hoa != NULL)
		packet.hao = fx_addr(bu->hoa);
	if (bu->alt_coa != NULL) {
		mh.opt.has |= MIP6_HAS_ALT_COA;
		mh.opt.alt_coa = fx_addr(bu->alt_coa);
	}
	if (bu->nai != NULL) {
		const struct ha_identity *id = fx_find_identity(fx, bu->nai);

		mh.opt.has |= MIP6_HAS_MN_ID;
		mh.opt.mn_id_subtype = MIP6_MN_ID_NAI;
		mh.opt.mn_id_len = (uint8_t)strlen(bu->nai);
		memcpy(mh.opt.mn_id, bu->nai, strlen(bu->nai) + 1);
		if (!bu->no_mesg_id) {
			mh.opt.has |= MIP6_HAS_MESG_ID;
			mh.opt.mesg_id =
				bu->mesg_id != 0
					? bu->mesg_id
					: mip6_ntp_from_unix_us(fx->now + fx->unix_offset_us +
			                                        bu->skew_us);
		}
		if (sa == NULL && id != NULL && id->sa_count > 0)
			sa = &id->sa[0];
	}
	coa = bu->alt_coa != NULL ? mh.opt.alt_coa : packet.src;
	hoa = bu->hoa != NULL ? packet.hao : packet.src;
	packet.mh = data;
	packet.mh_len = mip6_auth_encode_aaa(&mh, bu->no_auth ? NULL : sa, bu->aaa, &coa, &hoa,
	                                     data, sizeof(data));
	ck_assert_uint_gt(packet.mh_len, 0);
	event.mh.packet = &packet;
	event.mh.on_access_link = !bu->off_link && bu->hoa == NULL;
	fx_event(fx, &event);
}

int fx_bu(struct fx *fx, const struct fx_bu *bu)
{
	fx_send_bu(fx, bu);
	if (fx->sent_count == 0)
		return -1;
	ck_assert_uint_eq(fx->sent_count, 1);
	ck_assert_int_eq(fx->sent[0].mh.type, MIP6_MH_BA);
	return fx->sent[0].mh.ba.status;
}

void fx_advance(struct fx *fx, mip6_time by)
{
	mip6_time until = fx->now + by;
	const struct ha_event event = {.type = HA_EVENT_TIMER};

	fx_clear(fx);
	while (ha_deadline(fx->ha) <= until) {
		if (ha_deadline(fx->ha) > fx->now)
			fx->now = ha_deadline(fx->ha);
		fx_event(fx, &event);
	}
	fx->now = until;
}

void fx_dad(struct fx *fx, const char *hoa, bool duplicate)
{
	struct ha_event event = {.type = HA_EVENT_DAD};

	event.dad.hoa = fx_addr(hoa);
	event.dad.duplicate = duplicate;
	fx_clear(fx);
	fx_event(fx, &event);
}

bool fx_bound(const struct fx *fx, const char *hoa, const char *coa)
{
	struct mip6_addr h = fx_addr(hoa), c = fx_addr(coa);
	struct ha_binding_info info;

	return ha_binding_find(fx->ha, &h, &info) && mip6_addr_equal(&info.coa, &c);
}

bool fx_owned(const struct fx *fx, const char *hoa, const char *nai)
{
	struct mip6_addr h = fx_addr(hoa);
	struct ha_binding_info info;

	return ha_binding_find(fx->ha, &h, &info) && strcmp(info.nai, nai) == 0;
}

const struct fx_sent *fx_only(const struct fx *fx)
{
	ck_assert_uint_eq(fx->sent_count, 1);
	return &fx->sent[0];
}
