// SPDX-License-Identifier: LGPL-2.1-or-later
/* The configuration table as text: messages, allowed values, the nearest key, --print-options. */
#include <stdio.h>
#include <stdlib.h>

#include "io/config_internal.h"
#include "io/log.h"

#define KEY_TEXT_MAX 64

__attribute__((format(printf, 4, 5))) static size_t text_add(char *text, size_t size, size_t len,
                                                             const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(text + len, size - len, format, ap);
	va_end(ap);
	if (n < 0)
		return len;
	return len + (size_t)n < size ? len + (size_t)n : size - 1;
}

static size_t path_text(const struct config_path *path, char *text, size_t size)
{
	size_t len = path->parent != NULL ? path_text(path->parent, text, size) : 0;

	if (path->key == NULL)
		return text_add(text, size, len, "[%zu]", path->index);
	return text_add(text, size, len, "%s%.*s", len > 0 ? "." : "", KEY_TEXT_MAX, path->key);
}

void config_fail(struct config_state *state, unsigned int line, const struct config_path *path,
                 const char *format, ...)
{
	char text[CONFIG_TEXT_MAX];
	size_t len = 0;
	va_list ap;

	if (path != NULL) {
		len = text_add(text, sizeof(text), len, "key \"");
		len += path_text(path, text + len, sizeof(text) - len);
		len = text_add(text, sizeof(text), len, "\": ");
	}
	va_start(ap, format);
	vsnprintf(text + len, sizeof(text) - len, format, ap);
	va_end(ap);
	/* Parts of the file are in it, and terminals and logs will show it. */
	for (char *p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	state->bad = true;
	state->report(state->ctx, state->file, line, text);
}

static void describe_count(const struct config_option *option, const char *what, char *text,
                           size_t size)
{
	if (option->max == 0)
		snprintf(text, size, "array of %s%s", option->min > 0 ? "at least one " : "", what);
	else
		snprintf(text, size, "array of %u to %u %s", option->min, option->max, what);
}

void config_describe(const struct config_option *option, char *text, size_t size)
{
	size_t len = 0;

	switch (option->type) {
	case CONFIG_BOOL:
		snprintf(text, size, "true or false");
		return;
	case CONFIG_UINT:
		snprintf(text, size, "%u to %u", option->min, option->max);
		return;
	case CONFIG_STRING:
		snprintf(text, size, "string of %u to %zu octets", option->min, option->size - 1);
		return;
	case CONFIG_ENUM:
		text[0] = '\0';
		for (size_t i = 0; option->choices[i] != NULL; i++)
			len = text_add(text, size, len, "%s\"%s\"",
			               i == 0                           ? ""
			               : option->choices[i + 1] == NULL ? " or "
			                                                : ", ",
			               option->choices[i]);
		return;
	case CONFIG_ADDRESS:
		snprintf(text, size, "IPv6 address");
		return;
	case CONFIG_PREFIX:
		snprintf(text, size, "IPv6 prefix, no bit set past its length");
		return;
	case CONFIG_STRINGS:
		describe_count(option, "strings", text, size);
		return;
	case CONFIG_OBJECTS:
	case CONFIG_EACH:
		describe_count(option, "objects", text, size);
		return;
	}
}

/* Levenshtein's distance; texts longer than KEY_TEXT_MAX count as far away. */
static unsigned int text_distance(const char *a, const char *b)
{
	size_t la = strlen(a), lb = strlen(b);
	unsigned int row[KEY_TEXT_MAX + 1];

	if (la > KEY_TEXT_MAX || lb > KEY_TEXT_MAX)
		return KEY_TEXT_MAX;
	for (unsigned int j = 0; j <= lb; j++)
		row[j] = j;
	for (unsigned int i = 1; i <= la; i++) {
		unsigned int diagonal = row[0];

		row[0] = i;
		for (unsigned int j = 1; j <= lb; j++) {
			unsigned int best = diagonal + (a[i - 1] != b[j - 1]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			diagonal = row[j];
			row[j] = best;
		}
	}
	return row[lb];
}

const char *config_nearest(const struct config_option *options, const char *key)
{
	unsigned int best = 3 + (unsigned int)strlen(key) / 4;
	const char *nearest = NULL;

	for (; options->key != NULL; options++) {
		unsigned int distance = text_distance(key, options->key);

		/* "linger" for "linger-s": the unit left out is the likeliest mistake. */
		if (strncmp(key, options->key, strlen(key)) == 0 && key[0] != '\0')
			distance = 1;
		if (distance < best && distance < strlen(options->key)) {
			best = distance;
			nearest = options->key;
		}
	}
	return nearest;
}

static void print_options(const char *head, const struct config_option *options, FILE *out)
{
	char text[CONFIG_TEXT_MAX], member[KEY_TEXT_MAX * 2];

	for (; options->key != NULL; options++) {
		config_describe(options, text, sizeof(text));
		fprintf(out, "%s%s\t%s\t%s\t%s\n", head, options->key, text,
		        options->standard == NULL      ? "required"
		        : options->standard[0] == '\0' ? "unset"
		                                       : options->standard,
		        options->doc);
		if (options->members != NULL) {
			snprintf(member, sizeof(member), "%s%s[].", head, options->key);
			print_options(member, options->members, out);
		}
	}
}

void config_print_options(const struct config_option *options, FILE *out)
{
	print_options("", options, out);
}

void config_report_stderr(void *ctx, const char *file, unsigned int line, const char *text)
{
	(void)ctx;
	if (line > 0)
		fprintf(stderr, "%s:%u: %s\n", file, line, text);
	else
		fprintf(stderr, "%s: %s\n", file, text);
}

void config_report_log(void *ctx, const char *file, unsigned int line, const char *text)
{
	(void)ctx;
	if (line > 0)
		log_err("%s:%u: %s", file, line, text);
	else
		log_err("%s: %s", file, text);
}
