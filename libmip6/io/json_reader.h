/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A pull reader of JSON (RFC 8259) with comments, for files that people write: it knows the line
 * and column of everything, holds no tree, and so reads a file of a million keys in constant
 * memory.
 *
 * Strict: no trailing commas, no NaN, nothing after the document, no NUL and only well-formed UTF-8
 * in strings. The one extension are comments, slash-slash to the end of the line and slash-star.
 */
#ifndef MIP6_IO_JSON_READER_H
#define MIP6_IO_JSON_READER_H

#include <stdbool.h>
#include <stddef.h>

enum json_token {
	JSON_TOKEN_ERROR, /* once an error, always an error */
	JSON_TOKEN_END,
	JSON_TOKEN_OBJECT, /* { */
	JSON_TOKEN_OBJECT_END,
	JSON_TOKEN_ARRAY, /* [ */
	JSON_TOKEN_ARRAY_END,
	JSON_TOKEN_COMMA,
	JSON_TOKEN_COLON,
	JSON_TOKEN_STRING,
	JSON_TOKEN_NUMBER,
	JSON_TOKEN_TRUE,
	JSON_TOKEN_FALSE,
	JSON_TOKEN_NULL,
};

struct json_reader {
	char *p, *end;
	char *line_start;
	unsigned int line; /* of the reading position, from 1 */
	/* The token read last. */
	unsigned int token_line, token_column;
	/* STRING: the decoded text, NUL-terminated in place; NUMBER: its text, not terminated. */
	const char *text;
	size_t text_len;
	const char *error; /* what is wrong, at token_line and token_column */
};

/* text is changed by reading (strings are decoded in place); text[len] must be NUL. */
void json_reader_init(struct json_reader *reader, char *text, size_t len);
enum json_token json_reader_next(struct json_reader *reader);
/*
 * Pass over the value that starts with token (whole objects and arrays too); false after an error,
 * also when they are nested deeper than 32.
 */
bool json_reader_skip(struct json_reader *reader, enum json_token token);
/* Make the reader fail with this text (static) at the token read last. */
enum json_token json_reader_fail(struct json_reader *reader, const char *text);
/* "a string", "an object", …, for messages. */
const char *json_token_name(enum json_token token);

#endif
