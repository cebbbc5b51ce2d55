// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * WTRUs of other operators: connects the home-agent core's questions to the RADIUS client, and the
 * answers to the core. How long a key may be used is limited here; nothing else is decided.
 */
#include <string.h>

#include "dgwd.h"

/* Keys are kept so long unless the server says less (Session-Timeout). */
#define KEY_LIFETIME_MAX_S 86400
/* Less would have every handover wait. */
#define KEY_LIFETIME_MIN_S 60

static void tell(struct dgwd *d, struct ha_aaa_answer *answer)
{
	struct ha_event event = {.type = HA_EVENT_AAA, .aaa = answer};

	/* Before there is a core there are no questions. */
	dgw_step(d, &event);
	mip6_auth_wipe(answer, sizeof(*answer));
}

static void on_answered(void *ctx, uint32_t query, enum radius_result result,
                        const struct radius_answer *answer)
{
	struct dgwd *d = ctx;
	struct ha_aaa_answer told = {.query = query, .result = HA_AAA_REJECTED};

	if (result == RADIUS_ACCEPT) {
		uint32_t lifetime_s = answer->lifetime_s;

		if (lifetime_s == 0 || lifetime_s > KEY_LIFETIME_MAX_S)
			lifetime_s = KEY_LIFETIME_MAX_S;
		told.result = HA_AAA_ACCEPTED;
		told.lifetime_s = lifetime_s < KEY_LIFETIME_MIN_S ? KEY_LIFETIME_MIN_S : lifetime_s;
		told.key_len = answer->key_len;
		memcpy(told.key, answer->key, answer->key_len);
		if (answer->key_len == 0)
			log_limited(&d->log_notice, d->now, LOG_LEVEL_WARNING,
			            "radius server accepts, but gives no key that we can use: see "
			            "mip6-dgwd.conf(5), RADIUS");
	}
	tell(d, &told);
}

static void on_unanswered(void *ctx, uint32_t query)
{
	struct ha_aaa_answer told = {.query = query, .result = HA_AAA_NO_ANSWER};

	tell(ctx, &told);
}

bool aaa_serves(void *ctx, const char *nai)
{
	const struct dgwd *d = ctx;

	return d->dgw.radius != NULL && radius_serves(d->dgw.radius, nai);
}

void aaa_ask(struct dgwd *d, const struct ha_action *action)
{
	struct radius_request request = {
		.home_agent = action->aaa.home_agent,
		.hoa = action->aaa.hoa,
	};

	memcpy(request.nai, action->aaa.nai, strlen(action->aaa.nai) + 1);
	memcpy(request.digest, action->aaa.digest, sizeof(request.digest));
	memcpy(request.mn_authenticator, action->aaa.authenticator,
	       sizeof(request.mn_authenticator));
	/* When not: the core forgets it by itself, the WTRU sends again. */
	if (radius_ask(d->dgw.radius, action->aaa.query, &request) != 0)
		log_debug("radius question not asked hoa=%s", addr_text(&action->aaa.hoa));
}

int aaa_open(struct dgwd *d)
{
	const struct radius_handler handler = {d, on_answered, on_unanswered};

	return radius_open(&d->dgw.radius, d->loop, &d->now, RADIUS_FIRST_WAIT_MS, &handler);
}

void aaa_configure(struct dgwd *d)
{
	static const struct mip6_addr any;
	const struct mip6_addr *source = links_home_agent(d->links);
	const struct radius_server_config *servers = NULL;
	size_t count = 0;

	if (d->keys != NULL)
		servers = keys_radius(d->keys, &count);
	radius_configure(d->dgw.radius, servers, count, source != NULL ? source : &any);
}

void aaa_status(struct dgwd *d, struct json_object *ok)
{
	const struct radius_server_config *silent;
	char text[128 + MIP6_NAI_MAX];

	for (size_t i = 0; (silent = radius_silent(d->dgw.radius, i)) != NULL; i++) {
		snprintf(text, sizeof(text), "RADIUS server %s of realm %s does not answer",
		         addr_text(&silent->address), silent->realm);
		control_status_warning(ok, text);
	}
}

void aaa_stats(struct dgwd *d, struct json_object *ok)
{
	struct json_object *group = json_object_new_object();

	for (int i = 0; i < RADIUS_STAT_COUNT; i++)
		control_add_int(group, radius_stat_name((enum radius_stat)i),
		                (int64_t)radius_stat_get(d->dgw.radius, (enum radius_stat)i));
	json_object_object_add(ok, "radius", group);
}
