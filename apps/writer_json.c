// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Output for programs: what the daemon said, one JSON object per line, with "daemon" added where
 * the answer does not name it.
 */
#include "writer.h"

static void json_line(struct writer *writer, const char *daemon, struct json_object *object)
{
	struct json_object *line = json_object_new_object();

	json_object_object_add(line, "daemon", json_object_new_string(daemon));
	json_object_object_foreach (object, key, value)
		json_object_object_add(line, key, json_object_get(value));
	fprintf(writer->out, "%s\n",
	        json_object_to_json_string_ext(line, JSON_C_TO_STRING_PLAIN |
	                                                     JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(line);
}

static void json_object_op(struct writer *writer, const char *daemon, const struct view *view,
                           struct json_object *object)
{
	(void)view;
	json_line(writer, daemon, object);
}

static void json_table_begin(struct writer *writer, const char *daemon, const char *key)
{
	writer->rows = 0;
	fprintf(writer->out, "{\"daemon\":\"%s\",\"%s\":[", daemon, key);
}

static void json_table_rows(struct writer *writer, const struct view *view,
                            struct json_object *rows)
{
	(void)view;
	for (size_t i = 0; i < json_object_array_length(rows); i++)
		fprintf(writer->out, "%s%s", writer->rows++ > 0 ? "," : "",
		        json_object_to_json_string_ext(json_object_array_get_idx(rows, i),
		                                       JSON_C_TO_STRING_PLAIN |
		                                               JSON_C_TO_STRING_NOSLASHESCAPE));
}

static void json_table_end(struct writer *writer, const struct view *view)
{
	(void)view;
	fprintf(writer->out, "]}\n");
}

static void json_done(struct writer *writer, const char *daemon, const char *text)
{
	(void)text;
	fprintf(writer->out, "{\"daemon\":\"%s\"}\n", daemon);
}

const struct writer_ops writer_json = {
	.object = json_object_op,
	.groups = json_line,
	.table_begin = json_table_begin,
	.table_rows = json_table_rows,
	.table_end = json_table_end,
	.event = json_line,
	.done = json_done,
};
