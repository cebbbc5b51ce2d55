// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What we say to charon about IKE for Mobility Headers and mobile prefix discovery, and what it
 * says about security associations (swanctl.conf(5) for the keys; RFC 4877 for the selectors).
 *
 * "transport_proxy": the SA is between home address and home agent, while IKE runs over the care-of
 * address (RFC 4877 section 7.2). "policies = no": the kernel wants the type of a Mobility Header
 * where strongSwan does not put it, and the Home Address option needs a template that it does not
 * know. The SA in the kernel names no protocol, whatever was negotiated.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/ike_internal.h"
#include "io/log.h"

#define PROTO_MH 135
#define PEM_MAX 65535
/* At a gateway: WTRUs that vanish without a word are forgotten some minutes after this. */
#define DPD_DELAY "120s"

const char *ike_state_name(enum ike_state state)
{
	switch (state) {
	case IKE_NONE:
		return "none";
	case IKE_NO_CHARON:
		return "no-charon";
	case IKE_LOADING:
		return "loading";
	case IKE_REFUSED:
		return "refused";
	case IKE_CONNECTING:
		return "connecting";
	case IKE_WAITING:
		return "waiting";
	case IKE_UP:
		return "up";
	}
	return "?";
}

/* Credentials */

static char *read_pem(const char *path, bool secret, const char **ret_wrong, int *ret_err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text = NULL;
	struct stat st;
	ssize_t n = -1;

	*ret_wrong = NULL;
	*ret_err = -EINVAL;
	if (fd < 0 || fstat(fd, &st) < 0)
		*ret_err = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > PEM_MAX)
		*ret_wrong = "is not a PEM file of at most 64 KiB";
	else if (secret && ((st.st_uid != geteuid() && st.st_uid != 0) || st.st_mode & 077))
		*ret_wrong = "holds a key, but others have access; allowed: mode 0600, root's";
	else
		text = calloc(1, (size_t)st.st_size + 1);
	if (text)
		n = read(fd, text, (size_t)st.st_size);
	if (fd >= 0)
		close(fd);
	if (text && (n < 0 || !strstr(text, "-----BEGIN "))) {
		*ret_wrong = "is not a PEM file";
		mip6_auth_wipe(text, (size_t)st.st_size);
		free(text);
		text = NULL;
	}
	return text;
}

int ike_credentials_read(
	struct ike_credentials *ret, const char *certificate, const char *key, const char *ca,
	void (*report)(void *ctx, const char *file, unsigned int line, const char *text), void *ctx)
{
	struct ike_credentials read = {0};
	const struct {
		const char *path;
		char **text;
		bool secret;
	} files[] = {
		{certificate, &read.certificate, false},
		{key, &read.key, true},
		{ca, &read.ca, false},
	};
	const char *wrong;
	int err;

	*ret = read;
	if (!certificate[0] && !key[0] && !ca[0])
		return 0;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		*files[i].text = read_pem(files[i].path, files[i].secret, &wrong, &err);
		if (*files[i].text)
			continue;
		report(ctx, files[i].path, 0, wrong ? wrong : strerror(-err));
		ike_credentials_free(&read);
		return err;
	}
	*ret = read;
	return 0;
}

void ike_credentials_free(struct ike_credentials *credentials)
{
	if (credentials->key)
		mip6_auth_wipe(credentials->key, strlen(credentials->key));
	free(credentials->certificate);
	free(credentials->key);
	free(credentials->ca);
	*credentials = (struct ike_credentials){0};
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool ike_credentials_equal(const struct ike_credentials *a, const struct ike_credentials *b)
{
	return same_text(a->certificate, b->certificate) && same_text(a->key, b->key) &&
	       same_text(a->ca, b->ca);
}

/* Requests */

void ike_connection_name(char ret[IKE_NAME_SIZE], uint32_t reqid)
{
	snprintf(ret, IKE_NAME_SIZE, "mip6-%08x", reqid);
}

/* Traffic selectors: Mobility Headers, and mobile prefix discovery, of these addresses. */
static void write_selector(struct vici_writer *w, const struct mip6_prefix *prefix)
{
	static const unsigned int protocols[] = {PROTO_MH, IPPROTO_ICMPV6};
	char text[80];

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++) {
		snprintf(text, sizeof(text), "%s/%u[%u]", addr_text(&prefix->addr), prefix->len,
		         protocols[i]);
		vici_item(w, text);
	}
}

static void write_selectors(struct vici_writer *w, const char *name,
                            const struct mip6_prefix *prefixes, size_t count)
{
	vici_list(w, name);
	for (size_t i = 0; i < count; i++)
		write_selector(w, &prefixes[i]);
	vici_list_end(w);
}

static void write_ends(struct vici_writer *w, const struct ike_connection *c)
{
	vici_section(w, "local");
	vici_text(w, "id", c->local_id);
	vici_text(w, "auth", c->credentials ? "pubkey" : "psk");
	if (c->credentials)
		vici_list_of(w, "certs", c->credentials->certificate);
	vici_section_end(w);
	vici_section(w, "remote");
	vici_text(w, "id", c->remote_id);
	vici_text(w, "auth", c->credentials ? "pubkey" : "psk");
	if (c->credentials)
		vici_list_of(w, "cacerts", c->credentials->ca);
	vici_section_end(w);
}

static void write_child(struct vici_writer *w, const char *name, uint32_t reqid,
                        const struct mip6_prefix *local, const struct mip6_prefix *remote,
                        size_t remote_count)
{
	vici_section(w, name);
	vici_text(w, "mode", "transport_proxy");
	vici_text(w, "policies", "no");
	vici_number(w, "reqid", reqid);
	write_selectors(w, "local_ts", local, 1);
	write_selectors(w, "remote_ts", remote, remote_count);
	vici_section_end(w);
}

/* The reverse tunnel of these home addresses: to and from anywhere. */
static void write_tunnel(struct vici_writer *w, const struct ike_connection *c)
{
	struct mip6_prefix hoa = mip6_prefix_make(&c->hoa, 128);
	const struct mip6_prefix *homes = c->gateway ? c->prefixes : &hoa;
	size_t count = c->gateway ? c->prefix_count : 1;
	char text[64];

	vici_section(w, IKE_CHILD_TUNNEL);
	vici_text(w, "mode", "tunnel");
	vici_text(w, "policies", "no");
	vici_number(w, "reqid", IKE_PAYLOAD_REQID(c->reqid));
	vici_list_of(w, c->gateway ? "local_ts" : "remote_ts", "::/0");
	vici_list(w, c->gateway ? "remote_ts" : "local_ts");
	for (size_t i = 0; i < count; i++) {
		snprintf(text, sizeof(text), "%s", prefix_text(&homes[i]));
		vici_item(w, text);
	}
	vici_list_end(w);
	vici_section_end(w);
}

/*
 * charon makes an SA between two addresses only when the selectors are these addresses, else with
 * the care-of address that IKE comes from: so a gateway has a child for each home address that it
 * knows.
 */
static void write_children(struct vici_writer *w, const struct ike_connection *c)
{
	struct mip6_prefix hoa = mip6_prefix_make(&c->hoa, 128);
	struct mip6_prefix anchor = mip6_prefix_make(&c->anchor, 128);

	vici_section(w, "children");
	if (c->gateway)
		write_child(w, IKE_CHILD, c->reqid, &anchor, c->prefixes, c->prefix_count);
	else
		write_child(w, IKE_CHILD, c->reqid, &hoa, &anchor, 1);
	for (size_t i = 0; i < c->hoa_count; i++) {
		char name[sizeof(IKE_CHILD) + 33] = IKE_CHILD "-";

		for (size_t n = 0; n < sizeof(hoa.addr.b); n++)
			snprintf(name + strlen(name), 3, "%02x", c->hoas[i].b[n]);
		hoa = mip6_prefix_make(&c->hoas[i], 128);
		write_child(w, name, c->reqid, &anchor, &hoa, 1);
	}
	if (c->payload)
		write_tunnel(w, c);
	vici_section_end(w);
}

void ike_write_connection(struct vici_writer *w, const struct ike_connection *c)
{
	vici_section(w, c->name);
	vici_text(w, "version", "2");
	vici_list_of(w, "local_addrs", addr_text(c->gateway ? &c->anchor : &c->coa));
	vici_list_of(w, "remote_addrs", c->gateway ? "%any" : addr_text(&c->anchor));
	/* A peer that does not offer it moves by MIGRATE; they must not be mixed. */
	vici_text(w, "mobike", c->gateway || c->mobike ? "yes" : "no");
	/* We begin again ourselves, from the care-of address of that time. */
	vici_text(w, "keyingtries", "1");
	/* One identity may have several home addresses, each with an SA of its own. */
	vici_text(w, "unique", "never");
	if (c->gateway)
		vici_text(w, "dpd_delay", DPD_DELAY);
	write_ends(w, c);
	write_children(w, c);
	vici_section_end(w);
}

void ike_write_secret(struct vici_writer *w, const struct ike_connection *c, const uint8_t *key,
                      size_t key_len)
{
	vici_text(w, "id", c->name);
	vici_text(w, "type", "IKE");
	vici_value(w, "data", key, key_len);
	vici_list(w, "owners");
	vici_item(w, c->local_id);
	vici_item(w, c->remote_id);
	vici_list_end(w);
}

void ike_write_initiate(struct vici_writer *w, const char *name, const char *child)
{
	vici_text(w, "child", child);
	vici_text(w, "ike", name);
	/* Answer at once: whether it comes up is an event. */
	vici_text(w, "timeout", "-1");
}

void ike_write_terminate(struct vici_writer *w, const char *name, uint32_t ike_id)
{
	if (ike_id)
		vici_number(w, "ike-id", ike_id);
	else
		vici_text(w, "ike", name);
	vici_text(w, "force", "yes");
	/* Answered when it is gone, which is at once: what begins next must not find it. */
	vici_text(w, "timeout", "1000");
}

void ike_write_terminate_child(struct vici_writer *w, const char *child, const char *name,
                               uint32_t ike_id)
{
	vici_text(w, "child", child);
	if (ike_id)
		vici_number(w, "ike-id", ike_id);
	else
		vici_text(w, "ike", name);
	vici_text(w, "timeout", "-1");
}

/* Events */

/* "2001:db8::1/128[mobility-header]": the address, when the selector is for one only. */
static bool parse_selector(const char *text, struct mip6_addr *ret)
{
	const char *slash = strchr(text, '/');
	char addr[64];

	if (!slash || (size_t)(slash - text) >= sizeof(addr) || strncmp(slash, "/128", 4) != 0 ||
	    (slash[4] >= '0' && slash[4] <= '9'))
		return false;
	memcpy(addr, text, (size_t)(slash - text));
	addr[slash - text] = '\0';
	return addr_parse(addr, ret) == 0;
}

static void read_child_spis(const struct vici_message *child, void (*each)(void *ctx, uint32_t spi),
                            void *ctx)
{
	uint32_t spi;

	if (vici_find_number(child, "spi-in", 16, &spi))
		each(ctx, spi);
	if (vici_find_number(child, "spi-out", 16, &spi))
		each(ctx, spi);
}

void ike_read_spis(const struct vici_message *event, void (*each)(void *ctx, uint32_t spi),
                   void *ctx)
{
	struct vici_message ike_sa, children, child;
	struct vici_element element;
	struct vici_reader r, all;

	vici_reader_init(&r, event);
	while (vici_read(&r, &element) == 0 && element.type != VICI_END) {
		if (element.type != VICI_SECTION_START || !vici_skip(&r, &ike_sa) ||
		    !vici_find_section(&ike_sa, "child-sas", &children))
			continue;
		vici_reader_init(&all, &children);
		while (vici_read(&all, &element) == 0 && element.type != VICI_END)
			if (element.type == VICI_SECTION_START && vici_skip(&all, &child))
				read_child_spis(&child, each, ctx);
	}
}

static bool read_child(const struct vici_message *message, struct ike_child *ret)
{
	char local[96], remote[96], state[16], name[8];
	bool is_local, is_remote;

	if (!vici_find_number(message, "reqid", 10, &ret->reqid) ||
	    !vici_find_item(message, "local-ts", local, sizeof(local)) ||
	    !vici_find_item(message, "remote-ts", remote, sizeof(remote)))
		return false;
	vici_find(message, "name", name, sizeof(name));
	ret->general = strcmp(name, IKE_CHILD) == 0;
	ret->tunnel = strcmp(name, IKE_CHILD_TUNNEL) == 0;
	ret->local = ret->remote = (struct mip6_addr){0};
	vici_find(message, "state", state, sizeof(state));
	ret->installed = strcmp(state, "INSTALLED") == 0 || strcmp(state, "REKEYING") == 0 ||
	                 strcmp(state, "UPDATING") == 0 || strcmp(state, "REKEYED") == 0;
	is_local = parse_selector(local, &ret->local);
	is_remote = parse_selector(remote, &ret->remote);
	ret->narrowed = ret->tunnel && is_local && is_remote;
	return ret->tunnel ? is_local || is_remote : is_local && is_remote;
}

static void read_ike_sa(const char *name, const struct vici_message *ike_sa,
                        void (*each)(void *ctx, const struct ike_child *child), void *ctx)
{
	struct vici_message children, message;
	struct ike_child child = {.ike_id = 0};
	struct vici_element element;
	struct vici_reader r;

	if (strlen(name) >= sizeof(child.connection) || strncmp(name, "mip6-", 5) != 0 ||
	    !vici_find_number(ike_sa, "uniqueid", 10, &child.ike_id) ||
	    !vici_find_section(ike_sa, "child-sas", &children))
		return;
	memcpy(child.connection, name, strlen(name) + 1);
	vici_reader_init(&r, &children);
	while (vici_read(&r, &element) == 0 && element.type != VICI_END)
		if (element.type == VICI_SECTION_START && vici_skip(&r, &message) &&
		    read_child(&message, &child))
			each(ctx, &child);
}

void ike_read_children(const struct vici_message *event,
                       void (*each)(void *ctx, const struct ike_child *child), void *ctx)
{
	struct vici_element element;
	struct vici_message ike_sa;
	struct vici_reader r;

	vici_reader_init(&r, event);
	while (vici_read(&r, &element) == 0 && element.type != VICI_END)
		if (element.type == VICI_SECTION_START && vici_skip(&r, &ike_sa))
			read_ike_sa(element.name, &ike_sa, each, ctx);
}
