// SPDX-License-Identifier: LGPL-2.1-or-later
/* The JSON reader: tokens with their place. It owns nothing and reads only inside [p, end). */
#include "io/json_reader.h"

#include <stdint.h>
#include <string.h>

#include "io/utf8.h"

#define JSON_DEPTH_MAX 32

void json_reader_init(struct json_reader *reader, char *text, size_t len)
{
	*reader = (struct json_reader){
		.p = text,
		.end = text + len,
		.line_start = text,
		.line = 1,
		.token_line = 1,
		.token_column = 1,
	};
}

enum json_token json_reader_fail(struct json_reader *reader, const char *text)
{
	if (reader->error == NULL)
		reader->error = text;
	return JSON_TOKEN_ERROR;
}

static void json_here(struct json_reader *reader)
{
	reader->token_line = reader->line;
	reader->token_column = (unsigned int)(reader->p - reader->line_start) + 1;
}

static void json_newline(struct json_reader *reader)
{
	reader->line++;
	reader->line_start = reader->p + 1;
}

/* White space and comments; false for a comment that is not one or never ends. */
static bool json_skip_space(struct json_reader *reader)
{
	for (; reader->p < reader->end; reader->p++) {
		char c = *reader->p;

		if (c == '\n') {
			json_newline(reader);
			continue;
		}
		if (c == ' ' || c == '\t' || c == '\r')
			continue;
		if (c != '/')
			return true;
		json_here(reader);
		if (reader->end - reader->p >= 2 && reader->p[1] == '/') {
			while (reader->p < reader->end && *reader->p != '\n')
				reader->p++;
			reader->p--;
		} else if (reader->end - reader->p >= 2 && reader->p[1] == '*') {
			for (reader->p += 2; reader->end - reader->p >= 2; reader->p++) {
				if (reader->p[0] == '*' && reader->p[1] == '/')
					break;
				if (*reader->p == '\n')
					json_newline(reader);
			}
			if (reader->end - reader->p < 2) {
				json_reader_fail(reader, "a comment that does not end");
				return false;
			}
			reader->p++;
		} else {
			json_reader_fail(reader, "a lone '/'");
			return false;
		}
	}
	return true;
}

/* Four hexadecimal digits at p; -1: they are not. */
static int32_t json_hex4(const struct json_reader *reader, const char *p)
{
	int32_t value = 0;

	if (reader->end - p < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		char c = p[i];
		int digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if (c >= 'a' && c <= 'f')
			digit = c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			digit = c - 'A' + 10;
		else
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static char *json_put_utf8(char *out, int32_t code)
{
	if (code < 0x80) {
		*out++ = (char)code;
	} else if (code < 0x800) {
		*out++ = (char)(0xc0 | code >> 6);
		*out++ = (char)(0x80 | (code & 0x3f));
	} else if (code < 0x10000) {
		*out++ = (char)(0xe0 | code >> 12);
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	} else {
		*out++ = (char)(0xf0 | code >> 18);
		*out++ = (char)(0x80 | (code >> 12 & 0x3f));
		*out++ = (char)(0x80 | (code >> 6 & 0x3f));
		*out++ = (char)(0x80 | (code & 0x3f));
	}
	return out;
}

/* \uXXXX, p at the 'u'; surrogates come in pairs. Advances p past it; -1: not valid. */
static int32_t json_unicode(struct json_reader *reader)
{
	int32_t code = json_hex4(reader, reader->p + 1), low;

	if (code <= 0 || (code >= 0xdc00 && code <= 0xdfff))
		return -1;
	reader->p += 5;
	if (code < 0xd800 || code > 0xdbff)
		return code;
	if (reader->end - reader->p < 6 || reader->p[0] != '\\' || reader->p[1] != 'u')
		return -1;
	low = json_hex4(reader, reader->p + 2);
	if (low < 0xdc00 || low > 0xdfff)
		return -1;
	reader->p += 6;
	return 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
}

/* An escape, p past the backslash; writes to *out, never more than was read. */
static bool json_escape(struct json_reader *reader, char **out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (reader->p >= reader->end)
		return false;
	if (*reader->p == 'u') {
		int32_t code = json_unicode(reader);

		if (code < 0)
			return false;
		*out = json_put_utf8(*out, code);
		return true;
	}
	found = *reader->p != '\0' ? strchr(from, *reader->p) : NULL;
	if (found == NULL)
		return false;
	*(*out)++ = to[found - from];
	reader->p++;
	return true;
}

static enum json_token json_string(struct json_reader *reader)
{
	char *out = ++reader->p;
	char *start = out;

	while (reader->p < reader->end) {
		char c = *reader->p;
		size_t n;

		if (c == '"') {
			reader->p++;
			*out = '\0';
			reader->text = start;
			reader->text_len = (size_t)(out - start);
			return JSON_TOKEN_STRING;
		}
		if (c == '\n')
			return json_reader_fail(reader,
			                        "a string without closing quote on its line");
		if ((unsigned char)c < 0x20)
			return json_reader_fail(reader, "a control character in a string");
		if (c == '\\') {
			reader->p++;
			if (!json_escape(reader, &out))
				return json_reader_fail(reader, "a bad escape in a string");
			continue;
		}
		n = utf8_length(reader->p, (size_t)(reader->end - reader->p));
		if (n == 0)
			return json_reader_fail(reader, "a string that is not UTF-8");
		memmove(out, reader->p, n);
		out += n;
		reader->p += n;
	}
	return json_reader_fail(reader, "a string that does not end");
}

static size_t json_digits(struct json_reader *reader)
{
	const char *start = reader->p;

	while (reader->p < reader->end && *reader->p >= '0' && *reader->p <= '9')
		reader->p++;
	return (size_t)(reader->p - start);
}

static enum json_token json_number(struct json_reader *reader)
{
	const char *start = reader->p;
	bool good;

	if (*reader->p == '-')
		reader->p++;
	if (reader->p < reader->end && *reader->p == '0') {
		reader->p++;
		good = reader->p >= reader->end || *reader->p < '0' || *reader->p > '9';
	} else {
		good = json_digits(reader) > 0;
	}
	if (good && reader->p < reader->end && *reader->p == '.') {
		reader->p++;
		good = json_digits(reader) > 0;
	}
	if (good && reader->p < reader->end && (*reader->p | 0x20) == 'e') {
		reader->p++;
		if (reader->p < reader->end && (*reader->p == '+' || *reader->p == '-'))
			reader->p++;
		good = json_digits(reader) > 0;
	}
	if (!good)
		return json_reader_fail(reader, "a malformed number");
	reader->text = start;
	reader->text_len = (size_t)(reader->p - start);
	return JSON_TOKEN_NUMBER;
}

static enum json_token json_word(struct json_reader *reader)
{
	static const struct {
		const char *text;
		enum json_token token;
	} words[] = {
		{"true", JSON_TOKEN_TRUE},
		{"false", JSON_TOKEN_FALSE},
		{"null", JSON_TOKEN_NULL},
	};
	char *start = reader->p;
	size_t len;

	while (reader->p < reader->end && (*reader->p | 0x20) >= 'a' && (*reader->p | 0x20) <= 'z')
		reader->p++;
	len = (size_t)(reader->p - start);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strlen(words[i].text) == len && memcmp(words[i].text, start, len) == 0)
			return words[i].token;
	return json_reader_fail(reader, len > 0 ? "a word that is not true, false or null"
	                                        : "a character that JSON does not have here");
}

enum json_token json_reader_next(struct json_reader *reader)
{
	static const char marks[] = "{}[],:";
	static const enum json_token tokens[] = {
		JSON_TOKEN_OBJECT,    JSON_TOKEN_OBJECT_END, JSON_TOKEN_ARRAY,
		JSON_TOKEN_ARRAY_END, JSON_TOKEN_COMMA,      JSON_TOKEN_COLON,
	};
	const char *mark;

	if (reader->error != NULL || !json_skip_space(reader))
		return JSON_TOKEN_ERROR;
	json_here(reader);
	if (reader->p >= reader->end)
		return JSON_TOKEN_END;
	mark = *reader->p != '\0' ? strchr(marks, *reader->p) : NULL;
	if (mark != NULL) {
		reader->p++;
		return tokens[mark - marks];
	}
	if (*reader->p == '"')
		return json_string(reader);
	if (*reader->p == '-' || (*reader->p >= '0' && *reader->p <= '9'))
		return json_number(reader);
	return json_word(reader);
}

static bool json_skip_value(struct json_reader *reader, enum json_token token, unsigned int depth)
{
	enum json_token close = JSON_TOKEN_END;

	switch (token) {
	case JSON_TOKEN_STRING:
	case JSON_TOKEN_NUMBER:
	case JSON_TOKEN_TRUE:
	case JSON_TOKEN_FALSE:
	case JSON_TOKEN_NULL:
		return true;
	case JSON_TOKEN_OBJECT:
		close = JSON_TOKEN_OBJECT_END;
		break;
	case JSON_TOKEN_ARRAY:
		close = JSON_TOKEN_ARRAY_END;
		break;
	case JSON_TOKEN_ERROR:
	case JSON_TOKEN_END:
	case JSON_TOKEN_OBJECT_END:
	case JSON_TOKEN_ARRAY_END:
	case JSON_TOKEN_COMMA:
	case JSON_TOKEN_COLON:
		json_reader_fail(reader, "expected a value");
		return false;
	}
	if (depth >= JSON_DEPTH_MAX) {
		json_reader_fail(reader, "nested too deeply");
		return false;
	}
	token = json_reader_next(reader);
	if (token == close)
		return true;
	for (;;) {
		if (close == JSON_TOKEN_OBJECT_END) {
			if (token != JSON_TOKEN_STRING) {
				json_reader_fail(reader, "expected a key in double quotes");
				return false;
			}
			if (json_reader_next(reader) != JSON_TOKEN_COLON) {
				json_reader_fail(reader, "expected ':' after the key");
				return false;
			}
			token = json_reader_next(reader);
		}
		if (!json_skip_value(reader, token, depth + 1))
			return false;
		token = json_reader_next(reader);
		if (token == close)
			return true;
		if (token != JSON_TOKEN_COMMA) {
			json_reader_fail(reader, close == JSON_TOKEN_ARRAY_END
			                                 ? "expected ',' or ']'"
			                                 : "expected ',' or '}'");
			return false;
		}
		token = json_reader_next(reader);
	}
}

bool json_reader_skip(struct json_reader *reader, enum json_token token)
{
	return json_skip_value(reader, token, 0);
}

const char *json_token_name(enum json_token token)
{
	switch (token) {
	case JSON_TOKEN_ERROR:
	case JSON_TOKEN_END:
		return "nothing";
	case JSON_TOKEN_OBJECT:
		return "an object";
	case JSON_TOKEN_ARRAY:
		return "an array";
	case JSON_TOKEN_STRING:
		return "a string";
	case JSON_TOKEN_NUMBER:
		return "a number";
	case JSON_TOKEN_TRUE:
	case JSON_TOKEN_FALSE:
		return "true or false";
	case JSON_TOKEN_NULL:
		return "null";
	case JSON_TOKEN_OBJECT_END:
	case JSON_TOKEN_ARRAY_END:
	case JSON_TOKEN_COMMA:
	case JSON_TOKEN_COLON:
		return "punctuation";
	}
	return "nothing";
}
