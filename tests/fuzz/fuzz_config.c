// SPDX-License-Identifier: GPL-2.0-or-later
/* A configuration file of any octets: read without a report, or refused with at least one. */
#include <string.h>

#include "fuzz.h"
#include "io/config.h"

struct link {
	char name[16];
	struct config_strings tags;
};

struct conf {
	bool open;
	uint32_t linger_s;
	char identity[32];
	int plane;
	struct mip6_addr anchor;
	struct mip6_prefix prefix;
	struct config_objects links;
	size_t each;
};

static const char *const planes[] = {"auto", "bpf", NULL};

static const char *take(void *target, void *object)
{
	(void)object;
	((struct conf *)target)->each++;
	return NULL;
}

static const struct config_option members[] = {
	{
		.key = "name",
		.type = CONFIG_STRING,
		.offset = offsetof(struct link, name),
		.size = 16,
		.doc = "",
	},
	{
		.key = "tags",
		.type = CONFIG_STRINGS,
		.offset = offsetof(struct link, tags),
		.max = 3,
		.standard = "[\"x\"]",
		.doc = "",
	},
	{.key = NULL},
};

static const struct config_option options[] = {
	{
		.key = "open",
		.type = CONFIG_BOOL,
		.offset = offsetof(struct conf, open),
		.standard = "false",
		.doc = "",
	},
	{
		.key = "linger-s",
		.type = CONFIG_UINT,
		.offset = offsetof(struct conf, linger_s),
		.max = 99,
		.standard = "9",
		.doc = "",
	},
	{
		.key = "identity",
		.type = CONFIG_STRING,
		.offset = offsetof(struct conf, identity),
		.size = 32,
		.standard = "",
		.doc = "",
	},
	{
		.key = "data-plane",
		.type = CONFIG_ENUM,
		.offset = offsetof(struct conf, plane),
		.choices = planes,
		.standard = "\"auto\"",
		.doc = "",
	},
	{
		.key = "anchor",
		.type = CONFIG_ADDRESS,
		.offset = offsetof(struct conf, anchor),
		.standard = "",
		.doc = "",
	},
	{
		.key = "prefix",
		.type = CONFIG_PREFIX,
		.offset = offsetof(struct conf, prefix),
		.standard = "",
		.doc = "",
	},
	{
		.key = "links",
		.type = CONFIG_OBJECTS,
		.offset = offsetof(struct conf, links),
		.size = sizeof(struct link),
		.members = members,
		.max = 5,
		.standard = "[]",
		.doc = "",
	},
	{
		.key = "many",
		.type = CONFIG_EACH,
		.size = sizeof(struct link),
		.members = members,
		.each = take,
		.standard = "[]",
		.doc = "",
	},
	{.key = NULL},
};

static void report(void *ctx, const char *file, unsigned int line, const char *text)
{
	FUZZ_CHECK(file != NULL && text[0] != '\0');
	FUZZ_CHECK(strchr(text, '\n') == NULL && strchr(text, '\x1b') == NULL);
	FUZZ_CHECK(line > 0);
	++*(size_t *)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct conf conf = {.open = false};
	size_t reports = 0;
	int err =
		config_read_text("fuzz", (const char *)data, len, options, &conf, report, &reports);

	FUZZ_CHECK((err == 0) == (reports == 0));
	if (err < 0) {
		FUZZ_CHECK(conf.links.v == NULL);
		return 0;
	}
	FUZZ_CHECK(conf.linger_s <= 99 && conf.plane >= 0 && conf.plane <= 1);
	FUZZ_CHECK(conf.links.count <= 5);
	FUZZ_CHECK(memchr(conf.identity, '\0', sizeof(conf.identity)) != NULL);
	FUZZ_CHECK(conf.prefix.len <= 128);
	config_free(options, &conf);
	return 0;
}
