// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Static security associations of ESP in key files. Counter modes are not on offer: with keys that
 * outlive a restart they would use a counter twice (RFC 3686 section 7, RFC 4106 section 3).
 */
#include "io/keys_esp.h"

#include <netinet/in.h>
#include <string.h>

static const char *const encryptions[] = {"null", "aes-cbc", NULL};
static const char *const authentications[] = {"hmac-sha1-96", "hmac-sha256-128", NULL};

#define ENTRY(member) .offset = offsetof(struct keys_esp_entry, member)
/* RFC 4303 section 2.1: 1 to 255 are reserved. */
#define SPI(key_, member_, doc_)                                                                   \
	{                                                                                          \
		.key = (key_), .type = CONFIG_UINT, ENTRY(member_), .min = 256, .max = UINT32_MAX, \
		.doc = (doc_)                                                                      \
	}
#define ALGORITHMS                                                                          \
	{                                                                                   \
		.key = "encryption",                                                        \
		.type = CONFIG_ENUM,                                                        \
		ENTRY(encryption),                                                          \
		.choices = encryptions,                                                     \
		.standard = "\"aes-cbc\"",                                                  \
		.doc = "Encryption, as at the other end.",                                  \
	},                                                                                  \
		{                                                                           \
			.key = "encryption-key",                                            \
			.type = CONFIG_STRING,                                              \
			ENTRY(encryption_key),                                              \
			.min = KEYS_KEY_MIN,                                                \
			.size = KEYS_TEXT_MAX + 1,                                          \
			.standard = "",                                                     \
			.check = keys_check,                                                \
			.doc = "Its key of 16, 24 or 32 octets, as text or \"hex:…\".",     \
		},                                                                          \
		{                                                                           \
			.key = "authentication",                                            \
			.type = CONFIG_ENUM,                                                \
			ENTRY(authentication),                                              \
			.choices = authentications,                                         \
			.standard = "\"hmac-sha256-128\"",                                  \
			.doc = "Authentication, as at the other end.",                      \
		},                                                                          \
		{                                                                           \
			.key = "authentication-key",                                        \
			.type = CONFIG_STRING,                                              \
			ENTRY(authentication_key),                                          \
			.min = KEYS_KEY_MIN,                                                \
			.size = KEYS_TEXT_MAX + 1,                                          \
			.check = keys_check,                                                \
			.doc = "Its key, as text or \"hex:…\".",                            \
		},                                                                          \
	{                                                                                   \
		.key = "payload", .type = CONFIG_BOOL, ENTRY(payload), .standard = "false", \
		.doc = "For the reverse tunnel instead of Binding Updates.",                \
	}
/* RFC 4877 section 6.3 has a pair of its own. */
#define PREFIXES                                                                                  \
	{                                                                                         \
		.key = "prefixes", .type = CONFIG_BOOL, ENTRY(prefixes), .standard = "false",     \
		.doc = "For mobile prefix discovery alone; else the pair for Binding Updates is " \
		       "for that, too.",                                                          \
	}

const struct config_option keys_esp_gateway_options[] = {
	{
		.key = "nai",
		.type = CONFIG_STRING,
		ENTRY(nai),
		.min = 1,
		.size = MIP6_NAI_MAX + 1,
		.doc = "Network access identifier of the WTRU.",
	},
	{
		.key = "home",
		.type = CONFIG_PREFIX,
		ENTRY(home),
		.doc = "Home address, or prefix of home addresses, that is this identity's alone.",
	},
	SPI("spi-in", spi_in, "Security parameter index of what comes from the WTRU."),
	SPI("spi-out", spi_out, "Security parameter index of what goes to the WTRU."),
	ALGORITHMS,
	PREFIXES,
	{.key = NULL},
};

const struct config_option keys_esp_wtru_options[] = {
	{
		.key = "anchor",
		.type = CONFIG_PREFIX,
		ENTRY(anchor),
		.doc = "Address, or prefix of addresses, of home agents.",
	},
	{
		.key = "home",
		.type = CONFIG_PREFIX,
		ENTRY(home),
		.standard = "\"::/0\"",
		.doc = "Home addresses; the longest prefix wins.",
	},
	SPI("spi-in", spi_in, "Security parameter index of what comes from the home agent."),
	SPI("spi-out", spi_out, "Security parameter index of what goes to the home agent."),
	ALGORITHMS,
	PREFIXES,
	{.key = NULL},
};

static const char *check_gateway(const void *value)
{
	const struct mip6_prefix *prefix = value;

	return prefix->len == 128 && mip6_addr_is_routable(&prefix->addr)
	               ? NULL
	               : "not a global unicast address";
}

const struct config_option keys_esp_peer_options[] = {
	{
		.key = "address",
		.type = CONFIG_PREFIX,
		ENTRY(anchor),
		.check = check_gateway,
		.doc = "Address of the other gateway.",
	},
	SPI("spi-in", spi_in, "Security parameter index of what comes from it."),
	SPI("spi-out", spi_out, "Security parameter index of what goes to it."),
	ALGORITHMS,
	{
		.key = "tunnels",
		.type = CONFIG_BOOL,
		ENTRY(tunnels),
		.standard = "false",
		.doc = "Protect the tunnels with it too, not only Mobility Headers. Both sides must.",
	},
	{.key = NULL},
};

const char *keys_esp_parse(const struct keys_esp_entry *entry, struct keys_esp *ret)
{
	struct keys_esp esp = {
		.home = entry->home,
		.anchor = entry->anchor,
		.spi_in = entry->spi_in,
		.spi_out = entry->spi_out,
		.tunnels = entry->tunnels,
		.use = entry->payload    ? KEYS_ESP_PAYLOAD
	               : entry->prefixes ? KEYS_ESP_PREFIXES
	                                 : KEYS_ESP_SIGNALLING,
		.cipher = entry->encryption == 0 ? XFRM_CIPHER_NULL : XFRM_CIPHER_AES_CBC,
		.auth = entry->authentication == 0 ? XFRM_AUTH_SHA1_96 : XFRM_AUTH_SHA256_128,
	};

	if (entry->payload && entry->prefixes)
		return "\"payload\" and \"prefixes\" are for different pairs";
	_Static_assert(XFRM_KEY_MAX >= MIP6_AUTH_KEY_MAX, "keys fit");
	memcpy(esp.nai, entry->nai, sizeof(esp.nai));
	esp.auth_key_len = keys_parse(entry->authentication_key, esp.auth_key);
	if (entry->encryption_key[0] != '\0')
		esp.cipher_key_len = keys_parse(entry->encryption_key, esp.cipher_key);
	if (esp.cipher == XFRM_CIPHER_NULL && esp.cipher_key_len != 0)
		return "\"encryption\": \"null\" has no \"encryption-key\"";
	if (esp.cipher != XFRM_CIPHER_NULL && esp.cipher_key_len != 16 &&
	    esp.cipher_key_len != 24 && esp.cipher_key_len != 32)
		return "\"encryption-key\" must have 16, 24 or 32 octets";
	*ret = esp;
	mip6_auth_wipe(&esp, sizeof(esp));
	return NULL;
}

const struct keys_esp *keys_esp_find(const struct keys_esp *sas, size_t count,
                                     const struct mip6_addr *hoa, const struct mip6_addr *anchor,
                                     enum keys_esp_use use)
{
	const struct keys_esp *best = NULL;

	for (size_t i = 0; i < count; i++) {
		if (sas[i].use != use || !mip6_prefix_contains(&sas[i].home, hoa) ||
		    (anchor != NULL && !mip6_prefix_contains(&sas[i].anchor, anchor)))
			continue;
		if (best == NULL || sas[i].home.len > best->home.len ||
		    (sas[i].home.len == best->home.len && sas[i].anchor.len > best->anchor.len))
			best = &sas[i];
	}
	return best;
}

void keys_esp_fill(const struct keys_esp *esp, bool in, struct xfrm_sa *sa)
{
	sa->spi = in ? esp->spi_in : esp->spi_out;
	sa->cipher = esp->cipher;
	sa->auth = esp->auth;
	sa->cipher_key_len = esp->cipher_key_len;
	sa->auth_key_len = esp->auth_key_len;
	memcpy(sa->cipher_key, esp->cipher_key, sizeof(sa->cipher_key));
	memcpy(sa->auth_key, esp->auth_key, sizeof(sa->auth_key));
}

uint8_t keys_esp_protocol(const struct keys_esp *esp, bool has_other)
{
	if (esp->use == KEYS_ESP_PREFIXES)
		return IPPROTO_ICMPV6;
	return has_other ? MIP6_PROTO_MH : 0;
}
