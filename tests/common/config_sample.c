// SPDX-License-Identifier: GPL-2.0-or-later
/* See config_sample.h. */
#include "config_sample.h"

#include <string.h>

static const char *const planes[] = {"auto", "bpf", "ip6tnl", NULL};

static const char *check_even(const void *value)
{
	return *(const uint32_t *)value % 2 == 0 ? NULL : "is odd; allowed: even numbers";
}

static const char *take(void *target, void *object)
{
	struct sample *conf = target;

	conf->each++;
	return strcmp(((struct sample_link *)object)->name, "bad") == 0 ? "is bad" : NULL;
}

static const struct config_option link_options[] = {
	{
		.key = "name",
		.type = CONFIG_STRING,
		.offset = offsetof(struct sample_link, name),
		.size = 16,
		.min = 1,
		.doc = "Name.",
	},
	{
		.key = "rank",
		.type = CONFIG_UINT,
		.offset = offsetof(struct sample_link, rank),
		.max = 10,
		.standard = "1",
		.doc = "Rank.",
	},
	{
		.key = "tags",
		.type = CONFIG_STRINGS,
		.offset = offsetof(struct sample_link, tags),
		.max = 4,
		.standard = "[\"x\"]",
		.doc = "Tags.",
	},
	{.key = NULL},
};

const struct config_option sample_options[] = {
	{
		.key = "open",
		.type = CONFIG_BOOL,
		.offset = offsetof(struct sample, open),
		.standard = "false",
		.doc = "Open.",
	},
	{
		.key = "linger-s",
		.type = CONFIG_UINT,
		.offset = offsetof(struct sample, linger_s),
		.min = 2,
		.max = 3600,
		.standard = "60",
		.check = check_even,
		.doc = "Linger.",
	},
	{
		.key = "identity",
		.type = CONFIG_STRING,
		.offset = offsetof(struct sample, identity),
		.size = 32,
		.standard = "",
		.doc = "Identity.",
	},
	{
		.key = "data-plane",
		.type = CONFIG_ENUM,
		.offset = offsetof(struct sample, data_plane),
		.choices = planes,
		.standard = "\"auto\"",
		.doc = "Data plane.",
	},
	{
		.key = "anchor",
		.type = CONFIG_ADDRESS,
		.offset = offsetof(struct sample, anchor),
		.standard = "",
		.doc = "Anchor.",
	},
	{
		.key = "prefix",
		.type = CONFIG_PREFIX,
		.offset = offsetof(struct sample, prefix),
		.standard = "\"2001:db8::/32\"",
		.doc = "Prefix.",
	},
	{
		.key = "names",
		.type = CONFIG_STRINGS,
		.offset = offsetof(struct sample, names),
		.max = 2,
		.standard = "[]",
		.doc = "Names.",
	},
	{
		.key = "links",
		.type = CONFIG_OBJECTS,
		.offset = offsetof(struct sample, links),
		.size = sizeof(struct sample_link),
		.members = link_options,
		.max = 3,
		.standard = "[]",
		.doc = "Links.",
	},
	{
		.key = "many",
		.type = CONFIG_EACH,
		.size = sizeof(struct sample_link),
		.members = link_options,
		.each = take,
		.standard = "[]",
		.doc = "Many.",
	},
	{.key = NULL},
};
