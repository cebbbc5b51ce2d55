// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Values and objects of a configuration file, checked against the table. A wrong value is reported,
 * passed over, and reading goes on, so that one run shows every mistake; only a syntax error ends
 * it.
 */
#include <errno.h>
#include <stdlib.h>

#include "io/config_internal.h"
#include "io/log.h"

static void *config_member(const struct config_option *option, void *target)
{
	return (char *)target + option->offset;
}

/* Key material may pass through any array: what is given up is wiped. */
static void *config_grow(void *old, size_t old_size, size_t size)
{
	void *memory = malloc(size);

	if (memory != NULL && old != NULL)
		memcpy(memory, old, old_size);
	if (memory == NULL)
		return NULL;
	if (old != NULL)
		explicit_bzero(old, old_size);
	free(old);
	return memory;
}

static bool config_wrong_type(struct config_state *state, const struct config_path *path,
                              const struct config_option *option, enum json_token token)
{
	char allowed[CONFIG_TEXT_MAX / 2];
	unsigned int line = state->reader.token_line;

	if (!json_reader_skip(&state->reader, token))
		return false;
	config_describe(option, allowed, sizeof(allowed));
	config_fail(state, line, path, "%s has no place here; allowed: %s", json_token_name(token),
	            allowed);
	return true;
}

static void config_wrong_value(struct config_state *state, const struct config_path *path,
                               const struct config_option *option)
{
	const struct json_reader *reader = &state->reader;
	char allowed[CONFIG_TEXT_MAX / 2];

	config_describe(option, allowed, sizeof(allowed));
	if (state->secret) {
		/* A key that was put in the wrong place is still a key. */
		config_fail(state, reader->token_line, path, "is not valid; allowed: %s", allowed);
		return;
	}
	config_fail(state, reader->token_line, path, "%.*s is not valid; allowed: %s",
	            reader->text_len > 64 ? 64 : (int)reader->text_len, reader->text, allowed);
}

static void config_uint(struct config_state *state, const struct config_path *path,
                        const struct config_option *option, uint32_t *ret)
{
	const struct json_reader *reader = &state->reader;
	uint64_t value = 0;

	for (size_t i = 0; i < reader->text_len; i++) {
		char c = reader->text[i];

		if (c < '0' || c > '9' || value > UINT32_MAX) {
			config_wrong_value(state, path, option);
			return;
		}
		value = value * 10 + (uint64_t)(c - '0');
	}
	if (value < option->min || value > option->max)
		config_wrong_value(state, path, option);
	else
		*ret = (uint32_t)value;
}

static void config_string(struct config_state *state, const struct config_path *path,
                          const struct config_option *option, char *ret)
{
	const struct json_reader *reader = &state->reader;
	char allowed[CONFIG_TEXT_MAX / 2];

	if (reader->text_len < option->min || reader->text_len >= option->size) {
		/* Without the text: it may be a key. */
		config_describe(option, allowed, sizeof(allowed));
		config_fail(state, reader->token_line, path, "has %zu octets; allowed: %s",
		            reader->text_len, allowed);
		return;
	}
	memcpy(ret, reader->text, reader->text_len + 1);
}

static void config_enum(struct config_state *state, const struct config_path *path,
                        const struct config_option *option, int *ret)
{
	for (int i = 0; option->choices[i] != NULL; i++) {
		if (strcmp(state->reader.text, option->choices[i]) == 0) {
			*ret = i;
			return;
		}
	}
	config_wrong_value(state, path, option);
}

static bool config_count(struct config_state *state, const struct config_path *path,
                         const struct config_option *option, unsigned int line, size_t count)
{
	char allowed[CONFIG_TEXT_MAX / 2];

	if (count >= option->min && (option->max == 0 || count <= option->max))
		return true;
	config_describe(option, allowed, sizeof(allowed));
	config_fail(state, line, path, "has %zu elements; allowed: %s", count, allowed);
	return false;
}

/* One element of a CONFIG_STRINGS array; elements that are too many are counted, not kept. */
static bool config_strings_add(struct config_state *state, const struct config_path *path,
                               struct config_strings *strings, enum json_token token)
{
	char **v;

	if (token != JSON_TOKEN_STRING) {
		unsigned int line = state->reader.token_line;

		if (!json_reader_skip(&state->reader, token))
			return false;
		config_fail(state, line, path, "%s has no place here; allowed: a string",
		            json_token_name(token));
		return true;
	}
	v = strings->v;
	if ((strings->count & (strings->count - 1)) == 0) /* 0, 1, 2, 4, …: full */
		v = config_grow(v, strings->count * sizeof(*v),
		                (strings->count > 0 ? 2 * strings->count : 1) * sizeof(*v));
	if (v != NULL) {
		strings->v = v;
		v[strings->count] = strdup(state->reader.text);
	}
	if (v == NULL || v[strings->count] == NULL) {
		config_fail(state, state->reader.token_line, path, "out of memory");
		return true;
	}
	strings->count++;
	return true;
}

static bool config_objects_add(struct config_state *state, const struct config_path *path,
                               const struct config_option *option, struct config_objects *objects,
                               enum json_token token)
{
	void *v = objects->v, *object;

	if (token != JSON_TOKEN_OBJECT) {
		unsigned int line = state->reader.token_line;

		if (!json_reader_skip(&state->reader, token))
			return false;
		config_fail(state, line, path, "%s has no place here; allowed: an object",
		            json_token_name(token));
		return true;
	}
	if ((objects->count & (objects->count - 1)) == 0)
		v = config_grow(v, objects->count * option->size,
		                (objects->count > 0 ? 2 * objects->count : 1) * option->size);
	if (v == NULL) {
		config_fail(state, state->reader.token_line, path, "out of memory");
		return json_reader_skip(&state->reader, token);
	}
	objects->v = v;
	object = (char *)v + objects->count * option->size;
	memset(object, 0, option->size);
	objects->count++;
	return config_object(state, path, option->members, object);
}

static bool config_each_add(struct config_state *state, const struct config_path *path,
                            const struct config_option *option, void *target, enum json_token token)
{
	struct config_objects one = {0, NULL};
	unsigned int line = state->reader.token_line;
	bool was_bad = state->bad, go_on;
	const char *wrong = NULL;

	state->bad = false;
	go_on = config_objects_add(state, path, option, &one, token);
	if (go_on && !state->bad && one.count == 1)
		wrong = option->each(target, one.v);
	if (wrong != NULL)
		config_fail(state, line, path, "%s", wrong);
	state->bad = state->bad || was_bad;
	if (one.count == 1) {
		config_free(option->members, one.v);
		explicit_bzero(one.v, option->size);
	}
	free(one.v);
	return go_on;
}

static bool config_array(struct config_state *state, const struct config_path *path,
                         const struct config_option *option, void *target)
{
	unsigned int line = state->reader.token_line;
	struct config_path element = {.parent = path};
	enum json_token token = json_reader_next(&state->reader);
	bool go_on = true;

	while (token != JSON_TOKEN_ARRAY_END || element.index > 0) {
		if (option->max > 0 && element.index >= option->max)
			go_on = json_reader_skip(&state->reader, token);
		else if (option->type == CONFIG_STRINGS)
			go_on = config_strings_add(state, &element, config_member(option, target),
			                           token);
		else if (option->type == CONFIG_OBJECTS)
			go_on = config_objects_add(state, &element, option,
			                           config_member(option, target), token);
		else
			go_on = config_each_add(state, &element, option, target, token);
		if (!go_on)
			return false;
		element.index++;
		token = json_reader_next(&state->reader);
		if (token == JSON_TOKEN_ARRAY_END)
			break;
		if (token != JSON_TOKEN_COMMA) {
			json_reader_fail(&state->reader, "expected ',' or ']'");
			return false;
		}
		token = json_reader_next(&state->reader);
	}
	config_count(state, path, option, line, element.index);
	return true;
}

bool config_value(struct config_state *state, const struct config_path *path,
                  const struct config_option *option, void *target, enum json_token token)
{
	void *member = config_member(option, target);
	unsigned int line = state->reader.token_line;
	bool was_bad = state->bad, go_on = true;
	const char *wrong = NULL;

	state->bad = false;
	switch (option->type) {
	case CONFIG_BOOL:
		if (token != JSON_TOKEN_TRUE && token != JSON_TOKEN_FALSE)
			go_on = config_wrong_type(state, path, option, token);
		else
			*(bool *)member = token == JSON_TOKEN_TRUE;
		break;
	case CONFIG_UINT:
		if (token != JSON_TOKEN_NUMBER)
			go_on = config_wrong_type(state, path, option, token);
		else
			config_uint(state, path, option, member);
		break;
	case CONFIG_STRING:
	case CONFIG_ENUM:
	case CONFIG_ADDRESS:
	case CONFIG_PREFIX:
		if (token != JSON_TOKEN_STRING)
			go_on = config_wrong_type(state, path, option, token);
		else if (option->type == CONFIG_STRING)
			config_string(state, path, option, member);
		else if (option->type == CONFIG_ENUM)
			config_enum(state, path, option, member);
		else if (option->type == CONFIG_ADDRESS
		                 ? addr_parse(state->reader.text, member) < 0
		                 : prefix_parse(state->reader.text, member) < 0)
			config_wrong_value(state, path, option);
		break;
	case CONFIG_STRINGS:
	case CONFIG_OBJECTS:
	case CONFIG_EACH:
		if (token != JSON_TOKEN_ARRAY)
			go_on = config_wrong_type(state, path, option, token);
		else
			go_on = config_array(state, path, option, target);
		break;
	}
	if (go_on && !state->bad && option->check != NULL)
		wrong = option->check(member);
	if (wrong != NULL)
		config_fail(state, line, path, "%s", wrong);
	state->bad = state->bad || was_bad;
	return go_on;
}

static void config_unknown(struct config_state *state, const struct config_path *path,
                           const struct config_option *options, unsigned int line)
{
	const char *nearest = config_nearest(options, path->key);
	struct config_path unnamed = {.parent = path->parent, .key = "…"};
	char keys[CONFIG_TEXT_MAX / 2] = "";
	size_t len = 0;

	if (nearest != NULL) {
		config_fail(state, line, path, "unknown; did you mean \"%s\"?", nearest);
		return;
	}
	for (size_t i = 0;
	     options[i].key != NULL && len + strlen(options[i].key) + 3 < sizeof(keys); i++) {
		if (i > 0) {
			memcpy(keys + len, ", ", 3);
			len += 2;
		}
		memcpy(keys + len, options[i].key, strlen(options[i].key) + 1);
		len += strlen(options[i].key);
	}
	config_fail(state, line, state->secret ? &unnamed : path, "unknown; allowed: %s", keys);
}

/* The default is JSON of the table's own: read by the same code, so that it is checked too. */
static void config_default(struct config_state *state, const struct config_path *path,
                           const struct config_option *option, void *target, unsigned int line)
{
	char allowed[CONFIG_TEXT_MAX / 2];
	struct config_state inner = {
		.file = state->file,
		.report = state->report,
		.ctx = state->ctx,
	};
	char *text;

	if (option->standard == NULL) {
		config_describe(option, allowed, sizeof(allowed));
		config_fail(state, line, path, "missing; allowed: %s", allowed);
		return;
	}
	if (option->standard[0] == '\0')
		return;
	text = strdup(option->standard);
	if (text == NULL) {
		config_fail(state, line, path, "out of memory");
		return;
	}
	json_reader_init(&inner.reader, text, strlen(text));
	if (!config_value(&inner, path, option, target, json_reader_next(&inner.reader)) ||
	    inner.bad)
		config_fail(state, line, path, "its built-in default %s is wrong",
		            option->standard);
	free(text);
}

bool config_object(struct config_state *state, const struct config_path *path,
                   const struct config_option *options, void *target)
{
	unsigned int seen[CONFIG_OPTIONS_MAX] = {0};
	unsigned int first_line = state->reader.token_line;
	struct json_reader *reader = &state->reader;
	enum json_token token = json_reader_next(reader);
	bool empty = token == JSON_TOKEN_OBJECT_END;

	while (!empty) {
		struct config_path here = {.parent = path};
		unsigned int line = reader->token_line;
		size_t i = 0;

		if (token != JSON_TOKEN_STRING) {
			json_reader_fail(reader, "expected a key in double quotes");
			return false;
		}
		here.key = reader->text;
		while (options[i].key != NULL && strcmp(options[i].key, here.key) != 0)
			i++;
		if (options[i].key != NULL)
			here.key = options[i].key;
		if (json_reader_next(reader) != JSON_TOKEN_COLON) {
			json_reader_fail(reader, "expected ':' after the key");
			return false;
		}
		token = json_reader_next(reader);
		if (options[i].key == NULL || seen[i] > 0) {
			if (!json_reader_skip(reader, token))
				return false;
			if (options[i].key == NULL)
				config_unknown(state, &here, options, line);
			else
				config_fail(state, line, &here,
				            "given a second time; allowed: once (line %u has it)",
				            seen[i]);
		} else {
			seen[i] = line;
			if (!config_value(state, &here, &options[i], target, token))
				return false;
		}
		token = json_reader_next(reader);
		if (token == JSON_TOKEN_OBJECT_END)
			break;
		if (token != JSON_TOKEN_COMMA) {
			json_reader_fail(reader, "expected ',' or '}'");
			return false;
		}
		token = json_reader_next(reader);
	}
	for (size_t i = 0; options[i].key != NULL; i++) {
		struct config_path here = {.parent = path, .key = options[i].key};

		if (seen[i] == 0)
			config_default(state, &here, &options[i], target, first_line);
	}
	return true;
}
