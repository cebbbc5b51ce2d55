// SPDX-License-Identifier: LGPL-2.1-or-later
/* The keys of a WTRU: one for all anchors, or one per prefix of anchors. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "io/keys.h"
#include "io/keys_text.h"

struct wtru_anchor {
	struct mip6_prefix prefix;
	uint32_t spi;
	int algorithm;
	int shared_with;
	char key[KEYS_TEXT_MAX + 1];
};

struct wtru_file {
	uint32_t spi;
	int algorithm;
	int shared_with;
	char key[KEYS_TEXT_MAX + 1];
	struct config_objects anchors;
	struct config_objects sas;
};

static const char *const holders[] = {"anchor", "aaa", NULL};
enum { HOLDER_ANCHOR, HOLDER_AAA };

#define ANCHOR(member) .offset = offsetof(struct wtru_anchor, member)
#define OUTER(member) .offset = offsetof(struct wtru_file, member)

static const struct config_option anchor_options[] = {
	{
		.key = "prefix",
		.type = CONFIG_PREFIX,
		ANCHOR(prefix),
		.doc = "Addresses of anchors that this key is for.",
	},
	{
		.key = "spi",
		.type = CONFIG_UINT,
		ANCHOR(spi),
		.min = MIP6_AUTH_SPI_DEFAULT,
		.max = UINT32_MAX,
		.standard = "3",
		.doc = "Security parameter index, as at the D-GW.",
	},
	{
		.key = "algorithm",
		.type = CONFIG_ENUM,
		ANCHOR(algorithm),
		.choices = keys_algorithms,
		.standard = "\"hmac-sha1\"",
		.doc = "Authentication algorithm, as at the D-GW.",
	},
	{
		.key = "shared-with",
		.type = CONFIG_ENUM,
		ANCHOR(shared_with),
		.choices = holders,
		.standard = "\"anchor\"",
		.doc = "Who else has the key: the anchors, or our operator's AAA server.",
	},
	{
		.key = "key",
		.type = CONFIG_STRING,
		ANCHOR(key),
		.min = KEYS_KEY_MIN,
		.size = KEYS_TEXT_MAX + 1,
		.check = keys_check,
		.doc = "The key, as text or \"hex:…\".",
	},
	{.key = NULL},
};

const struct config_option keys_wtru_options[] = {
	{
		.key = "spi",
		.type = CONFIG_UINT,
		OUTER(spi),
		.min = MIP6_AUTH_SPI_DEFAULT,
		.max = UINT32_MAX,
		.standard = "3",
		.doc = "Security parameter index, as at the D-GW.",
	},
	{
		.key = "algorithm",
		.type = CONFIG_ENUM,
		OUTER(algorithm),
		.choices = keys_algorithms,
		.standard = "\"hmac-sha1\"",
		.doc = "Authentication algorithm, as at the D-GW.",
	},
	{
		.key = "shared-with",
		.type = CONFIG_ENUM,
		OUTER(shared_with),
		.choices = holders,
		.standard = "\"anchor\"",
		.doc = "Who else has the key: the anchors, or our operator's AAA server.",
	},
	{
		.key = "key",
		.type = CONFIG_STRING,
		OUTER(key),
		.min = KEYS_KEY_MIN,
		.size = KEYS_TEXT_MAX + 1,
		.standard = "",
		.check = keys_check,
		.doc = "The key for all anchors without one of their own, as text or \"hex:…\".",
	},
	{
		.key = "anchors",
		.type = CONFIG_OBJECTS,
		OUTER(anchors),
		.size = sizeof(struct wtru_anchor),
		.max = 256,
		.members = anchor_options,
		.standard = "[]",
		.doc = "Keys for some anchors; the longest prefix wins.",
	},
	{
		.key = "sas",
		.type = CONFIG_OBJECTS,
		OUTER(sas),
		.size = sizeof(struct keys_esp_entry),
		.max = KEYS_ESP_MAX,
		.members = keys_esp_wtru_options,
		.standard = "[]",
		.doc = "Static security associations of ESP, for \"protection\": \"manual\".",
	},
	{.key = NULL},
};

struct wtru_key {
	struct mip6_prefix prefix;
	struct mip6_auth_sa sa; /* or the MN-AAA key */
	bool aaa;
};

struct keys_wtru {
	size_t esp_count;
	struct keys_esp *esp;
	/* Made of MN-AAA keys for some anchors. */
	struct {
		struct mip6_addr anchor;
		const struct wtru_key *key;
		struct mip6_auth_sa sa;
	} scratch[KEYS_SCRATCH];
	size_t scratch_next;
	size_t count;
	struct wtru_key keys[];
};

/* False: an MN-AAA key has one method only. */
static bool wtru_add(struct keys_wtru *keys, const struct wtru_anchor *anchor)
{
	struct wtru_key *key = &keys->keys[keys->count++];

	key->prefix = anchor->prefix;
	key->aaa = anchor->shared_with == HOLDER_AAA;
	key->sa.spi = anchor->spi;
	key->sa.algorithm = keys_algorithm(anchor->algorithm);
	key->sa.key_len = keys_parse(anchor->key, key->sa.key);
	return !key->aaa ||
	       (anchor->spi == MIP6_AAA_SPI && key->sa.algorithm == MIP6_AUTH_HMAC_SHA1);
}

static bool wtru_has(const struct keys_wtru *keys, const struct mip6_prefix *prefix)
{
	for (size_t i = 0; i < keys->count; i++)
		if (mip6_prefix_equal(&keys->keys[i].prefix, prefix))
			return true;
	return false;
}

static const char *add_sas(struct keys_wtru *keys, const struct config_objects *sas)
{
	const struct keys_esp_entry *entries = sas->v;

	if (sas->count == 0)
		return NULL;
	keys->esp = calloc(sas->count, sizeof(*keys->esp));
	if (keys->esp == NULL)
		return "out of memory";
	for (size_t i = 0; i < sas->count; i++) {
		const char *wrong = keys_esp_parse(&entries[i], &keys->esp[i]);

		keys->esp_count = i + 1;
		if (wrong != NULL)
			return wrong;
	}
	return NULL;
}

int keys_wtru_read(struct keys_wtru **ret, const char *path, config_report report, void *ctx)
{
	static const char method[] =
		"a key shared with \"aaa\" is used with \"spi\" 3 and \"hmac-sha1\" only";
	static const struct mip6_prefix everywhere;
	struct wtru_file file = {.spi = 0};
	const struct wtru_anchor *anchors;
	struct keys_wtru *keys;
	size_t count;
	int err = config_read_secret(path, keys_wtru_options, &file, report, ctx);

	if (err < 0)
		return err;
	anchors = file.anchors.v;
	count = file.anchors.count;
	keys = calloc(1, sizeof(*keys) + (count + 1) * sizeof(keys->keys[0]));
	if (keys == NULL) {
		report(ctx, path, 0, "out of memory");
		err = -ENOMEM;
	}
	for (size_t i = 0; i < count && err == 0; i++) {
		if (wtru_has(keys, &anchors[i].prefix)) {
			report(ctx, path, 0, "two of \"anchors\" have the same prefix");
			err = -EINVAL;
			break;
		}
		if (!wtru_add(keys, &anchors[i])) {
			report(ctx, path, 0, method);
			err = -EINVAL;
		}
	}
	if (err == 0 && file.key[0] != '\0' && !wtru_has(keys, &everywhere)) {
		struct wtru_anchor other = {
			.prefix = everywhere,
			.spi = file.spi,
			.algorithm = file.algorithm,
			.shared_with = file.shared_with,
		};

		memcpy(other.key, file.key, sizeof(other.key));
		if (!wtru_add(keys, &other)) {
			report(ctx, path, 0, method);
			err = -EINVAL;
		}
		mip6_auth_wipe(&other, sizeof(other));
	}
	if (err == 0) {
		const char *wrong = add_sas(keys, &file.sas);

		if (wrong != NULL) {
			report(ctx, path, 0, wrong);
			err = -EINVAL;
		}
	}
	if (err == 0 && keys->count == 0 && keys->esp_count == 0) {
		report(ctx, path, 0, "has no key; allowed: \"key\", \"anchors\", \"sas\"");
		err = -EINVAL;
	}
	config_free(keys_wtru_options, &file);
	if (err < 0) {
		keys_wtru_free(keys);
		return err;
	}
	*ret = keys;
	return 0;
}

static const struct wtru_key *best_key(const struct keys_wtru *keys, const struct mip6_addr *anchor)
{
	const struct wtru_key *best = NULL;

	for (size_t i = 0; i < keys->count; i++) {
		const struct wtru_key *key = &keys->keys[i];

		if (mip6_prefix_contains(&key->prefix, anchor) &&
		    (best == NULL || key->prefix.len > best->prefix.len))
			best = key;
	}
	return best;
}

const struct mip6_auth_sa *keys_wtru_find(struct keys_wtru *keys, const struct mip6_addr *anchor)
{
	const struct wtru_key *key = best_key(keys, anchor);
	size_t next = keys->scratch_next;

	if (key == NULL || !key->aaa)
		return key != NULL ? &key->sa : NULL;
	for (size_t i = 0; i < KEYS_SCRATCH; i++)
		if (keys->scratch[i].key == key &&
		    mip6_addr_equal(&keys->scratch[i].anchor, anchor))
			return &keys->scratch[i].sa;
	keys->scratch_next = (next + 1) % KEYS_SCRATCH;
	keys->scratch[next].key = key;
	keys->scratch[next].anchor = *anchor;
	mip6_aaa_derive(&key->sa, anchor, &keys->scratch[next].sa);
	return &keys->scratch[next].sa;
}

const struct mip6_auth_sa *keys_wtru_find_aaa(const struct keys_wtru *keys,
                                              const struct mip6_addr *anchor)
{
	const struct wtru_key *key = best_key(keys, anchor);

	return key != NULL && key->aaa ? &key->sa : NULL;
}

const struct keys_esp *keys_wtru_find_esp(const struct keys_wtru *keys, const struct mip6_addr *hoa,
                                          const struct mip6_addr *anchor, enum keys_esp_use use)
{
	return keys_esp_find(keys->esp, keys->esp_count, hoa, anchor, use);
}

void keys_wtru_free(struct keys_wtru *keys)
{
	if (keys == NULL)
		return;
	if (keys->esp != NULL)
		mip6_auth_wipe(keys->esp, keys->esp_count * sizeof(keys->esp[0]));
	free(keys->esp);
	mip6_auth_wipe(keys, sizeof(*keys) + keys->count * sizeof(keys->keys[0]));
	free(keys);
}
