// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Method "ike" of the WTRU daemon. A connection for each home address is loaded as soon as the
 * instance is made, which is at home: charon negotiates while the WTRU is attached there, and the
 * anchor claim is the first message inside the SA. At a move nothing is negotiated: the SA is of
 * home address and home agent, and when the home agent has accepted the Binding Update both sides
 * tell their charon where the other one is now.
 *
 * With a PGW in place of the anchor, and where the configuration says so, RFC 4285 is used instead.
 * Without an SA the kernel drops what the core sends; nothing leaves unprotected.
 */
#include "mnd.h"

#include <errno.h>

static bool in_use(const struct mnd *mnd, const struct mip6_addr *hoa)
{
	return mnd->keying.ike &&
	       mnd_config_protection(&mnd->config, hoa, NULL) == MND_PROTECTION_IKE;
}

static uint32_t reqid_of(void *ctx, const struct mip6_addr *hoa)
{
	const struct mnd *mnd = ctx;

	return in_use(mnd, hoa) ? ike_reqid(mnd->keying.ike, addr_text(hoa)) : XFRM_REQID_NODE;
}

/*
 * The kernel would note for minutes that it wants one, and ask charon, which has nothing to go by.
 * What it has counts, not what charon says: a charon that was killed has left what still serves.
 */
int keying_prepare(struct mnd *mnd, const struct mip6_addr *hoa, const struct mip6_addr *agent)
{
	uint32_t reqids[4], wanted = reqid_of(mnd, hoa);
	int count = xfrm_reqids(mnd->esp.xfrm, hoa, agent, reqids, 4);

	for (int i = 0; i < count && i < 4; i++)
		if (reqids[i] == wanted)
			return 0;
	return count < 0 ? count : -EAGAIN;
}

/* The core waits for an answer that the kernel let nobody ask for: it asks again. */
static bool on_up(void *ctx, const char *nai, const struct mip6_addr *hoa, uint32_t reqid)
{
	struct mnd *mnd = ctx;
	struct wtru_event event = {.type = WTRU_EVENT_PROTECTED, .esp = {.hoa = *hoa}};

	(void)nai;
	(void)reqid;
	mnd_step(mnd, &event);
	return true;
}

static void on_down(void *ctx, const char *nai, const struct mip6_addr *hoa)
{
	(void)ctx;
	(void)nai;
	(void)hoa;
}

static int read_credentials(const struct mnd_config *config, struct ike_credentials *ret,
                            config_report report, void *ctx)
{
	return ike_credentials_read(ret, config->ike_certificate, config->ike_private_key,
	                            config->ike_ca, report, ctx);
}

int keying_check(const struct mnd_config *config, config_report report, void *ctx)
{
	struct ike_credentials read;
	int err;

	if (!mnd_config_uses(config, MND_PROTECTION_IKE))
		return 0;
	err = read_credentials(config, &read, report, ctx);
	ike_credentials_free(&read);
	return err;
}

int keying_open(struct mnd *mnd)
{
	struct mnd_config *config = &mnd->config;
	const struct ike_handler handler = {.ctx = mnd, .up = on_up, .down = on_down};
	struct ike_config ike = {
		.socket = mnd->keying.socket,
		.credentials = &mnd->keying.credentials,
		.mobike = !config->ike_migrate,
		.kernel = ike_kernel_of(mnd->esp.xfrm),
	};
	int err;

	if (!mnd_config_uses(config, MND_PROTECTION_IKE))
		return 0;
	memcpy(mnd->keying.socket, config->ike_socket, sizeof(mnd->keying.socket));
	memcpy(mnd->keying.identity, config->identity, sizeof(mnd->keying.identity));
	mnd->keying.migrate = config->ike_migrate;
	memcpy(ike.identity, config->identity, sizeof(ike.identity));
	err = read_credentials(config, &mnd->keying.credentials, config_report_log, NULL);
	if (!err)
		err = transport_use_reqids(mnd->transport, reqid_of, mnd);
	if (!err)
		err = ike_open(&mnd->keying.ike, mnd->loop, &ike, &handler);
	if (err)
		log_err("cannot use IKE error=\"%s\"", strerror(-err));
	return err;
}

static void want(struct mnd *mnd, const struct mip6_addr *hoa, const struct mip6_addr *anchor,
                 const struct mip6_addr *coa)
{
	const struct mip6_auth_sa *sa = mnd->keys ? keys_wtru_find(mnd->keys, anchor) : NULL;
	bool payload;

	mnd_config_protection(&mnd->config, hoa, &payload);
	if (!in_use(mnd, hoa) || mip6_addr_is_unspecified(anchor))
		return;
	if (!ike_want(mnd->keying.ike, hoa, anchor, mip6_addr_is_unspecified(coa) ? hoa : coa,
	              sa ? sa->key : NULL, sa ? sa->key_len : 0))
		log_err("out of memory: no IKE hoa=%s", addr_text(hoa));
	ike_want_payload(mnd->keying.ike, hoa, payload);
}

static bool is_at_home(const struct wtru_instance_info *info)
{
	return info->state == WTRU_HOME || info->state == WTRU_RETURNING;
}

static void want_instance(struct mnd *mnd, const struct wtru_instance_info *info)
{
	want(mnd, &info->hoa, &info->anchor, is_at_home(info) ? &info->hoa : &info->coa);
}

void keying_sync(struct mnd *mnd)
{
	struct wtru_instance_info info;

	for (size_t i = 0; mnd->keying.ike && wtru_instance_get(mnd->core, i, &info); i++) {
		if (in_use(mnd, &info.hoa))
			want_instance(mnd, &info);
		else
			ike_unwant(mnd->keying.ike, &info.hoa);
	}
}

void keying_reload(struct mnd *mnd)
{
	struct keying *keying = &mnd->keying;
	struct ike_credentials read;

	if (keying->ike && !mnd_config_uses(&mnd->config, MND_PROTECTION_IKE)) {
		keying_close(mnd, false);
	} else if (keying->ike &&
	           read_credentials(&mnd->config, &read, config_report_log, NULL) == 0) {
		/* As by a restart: charon is told everything, and says what SAs there are. */
		if (!ike_credentials_equal(&read, &keying->credentials) ||
		    strcmp(keying->socket, mnd->config.ike_socket) != 0 ||
		    strcmp(keying->identity, mnd->config.identity) != 0 ||
		    keying->migrate != mnd->config.ike_migrate)
			keying_close(mnd, true);
		ike_credentials_free(&read);
	}
	if (!keying->ike)
		(void)keying_open(mnd);
	keying_sync(mnd);
}

/* Its messages are inside ESP now: no PGW stands between us and the anchor. */
static bool is_direct(struct mnd *mnd, const struct mip6_addr *hoa)
{
	struct wtru_instance_info info;

	for (size_t i = 0; wtru_instance_get(mnd->core, i, &info); i++)
		if (mip6_addr_equal(&info.hoa, hoa))
			return mip6_addr_is_unspecified(&info.peer) ||
			       mip6_addr_equal(&info.peer, &info.anchor);
	return true;
}

/* Tell charon where our end of IKE is from now on. */
static void move(struct mnd *mnd, const struct mip6_addr *hoa, const struct mip6_addr *anchor,
                 const struct mip6_addr *coa)
{
	int err = xfrm_move_keying(mnd->esp.xfrm, reqid_of(mnd, hoa), coa, anchor);

	/* The SA of the tunnel is between care-of address and home agent: charon moves it, too. */
	if (!err && keying_has_payload(mnd, hoa))
		err = xfrm_move_keying(mnd->esp.xfrm, IKE_PAYLOAD_REQID(reqid_of(mnd, hoa)), coa,
		                       anchor);
	if (err)
		log_warning("cannot move IKE hoa=%s error=\"%s\"", addr_text(hoa),
		            xfrm_error(mnd->esp.xfrm));
}

/* The home agent has moved its end, or says that it does not. */
static void moved(struct mnd *mnd, const struct wtru_action *action, const struct mip6_addr *coa)
{
	const struct mip6_addr *hoa = &action->notice.hoa;

	if (action->notice.k)
		move(mnd, hoa, &action->notice.anchor, coa);
	else
		ike_use_mobike(mnd->keying.ike, hoa);
}

/*
 * A Binding Update has left from where the instance is now. A home agent that has answered with the
 * flag K will do so again: charon, which sees the address change, must not begin anew meanwhile.
 */
static void follow(struct mnd *mnd, const struct mip6_addr *hoa)
{
	struct wtru_instance_info info;

	for (size_t i = 0; wtru_instance_get(mnd->core, i, &info); i++) {
		if (!mip6_addr_equal(&info.hoa, hoa))
			continue;
		want_instance(mnd, &info);
		if (is_direct(mnd, hoa) && ike_moves(mnd->keying.ike, hoa) &&
		    ike_state(mnd->keying.ike, hoa) == IKE_UP)
			move(mnd, hoa, &info.anchor, is_at_home(&info) ? hoa : &info.coa);
	}
}

void keying_notice(struct mnd *mnd, const struct wtru_action *action)
{
	const struct mip6_addr *hoa = &action->notice.hoa;

	if (!in_use(mnd, hoa))
		return;
	switch (action->notice.what) {
	case WTRU_NOTICE_CREATED:
		want(mnd, hoa, &action->notice.anchor, hoa);
		break;
	case WTRU_NOTICE_BU_SENT:
		follow(mnd, hoa);
		break;
	case WTRU_NOTICE_TIMEOUT:
		if (is_direct(mnd, hoa))
			ike_silent(mnd->keying.ike, hoa);
		break;
	case WTRU_NOTICE_BOUND:
		if (!is_direct(mnd, hoa))
			break;
		ike_answered(mnd->keying.ike, hoa);
		moved(mnd, action, &action->notice.coa);
		break;
	case WTRU_NOTICE_HOME:
		ike_answered(mnd->keying.ike, hoa);
		want(mnd, hoa, &action->notice.anchor, hoa);
		if (action->notice.k)
			moved(mnd, action, hoa);
		break;
	case WTRU_NOTICE_CLAIMED:
		ike_answered(mnd->keying.ike, hoa);
		/* Told before the first move: that is the time to negotiate again. */
		if (!action->notice.k)
			ike_use_mobike(mnd->keying.ike, hoa);
		break;
	case WTRU_NOTICE_REFUSED:
		ike_answered(mnd->keying.ike, hoa);
		break;
	case WTRU_NOTICE_ENDED:
		ike_unwant(mnd->keying.ike, hoa);
		break;
	case WTRU_NOTICE_ATTACHED:
	case WTRU_NOTICE_DETACHED:
	case WTRU_NOTICE_RESTARTED:
	case WTRU_NOTICE_REVOKED:
	case WTRU_NOTICE_LIMIT:
	case WTRU_NOTICE_FALLBACK:
	case WTRU_NOTICE_AGENT:
	case WTRU_NOTICE_PREFIX:
	case WTRU_NOTICE_INVALID:
		break;
	}
}

bool keying_find_payload(const struct mnd *mnd, const struct dataplane_binding *binding,
                         uint32_t *ret_in, uint32_t *ret_out)
{
	uint32_t reqid =
		mnd->keying.ike ? ike_reqid(mnd->keying.ike, addr_text(&binding->home.addr)) : 0;

	if (mip6_addr_equal(&binding->peer, &mnd->config.home_pgw))
		return false;
	/* The home agent may have one association for several of our home addresses. */
	*ret_in = 0;
	/* Not known yet: nothing passes. */
	*ret_out = reqid ? IKE_PAYLOAD_REQID(reqid) : XFRM_REQID_PAYLOAD;
	return true;
}

bool keying_has_payload(const struct mnd *mnd, const struct mip6_addr *hoa)
{
	const struct mip6_prefix home = mip6_prefix_make(hoa, 128);

	return mnd->keying.ike && ike_payload(mnd->keying.ike, &home) != 0;
}

const char *keying_state(const struct mnd *mnd, const struct mip6_addr *hoa)
{
	return ike_state_name(mnd->keying.ike ? ike_state(mnd->keying.ike, hoa) : IKE_NONE);
}

const char *keying_error(const struct mnd *mnd, const struct mip6_addr *hoa)
{
	return mnd->keying.ike ? ike_reason(mnd->keying.ike, hoa) : NULL;
}

void keying_close(struct mnd *mnd, bool keep)
{
	if (!mnd->keying.ike)
		return;
	ike_close(mnd->keying.ike, keep);
	mnd->keying.ike = NULL;
	ike_credentials_free(&mnd->keying.credentials);
	if (!keep)
		(void)xfrm_stop_keying(mnd->esp.xfrm);
}
