// SPDX-License-Identifier: GPL-2.0-or-later
/* Output for people: headings, aligned columns, colours where the terminal has them. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "writer.h"

#define CELL_MAX 512

static const char *state_colour(const char *state)
{
	static const struct {
		const char *state, *colour;
	} colours[] = {
		{"home", "\033[32m"},      {"bound", "\033[32m"},     {"registering", "\033[33m"},
		{"returning", "\033[33m"}, {"releasing", "\033[33m"}, {"away", "\033[31m"},
		{"refused", "\033[31m"},
	};

	for (size_t i = 0; i < sizeof(colours) / sizeof(colours[0]); i++)
		if (strcmp(colours[i].state, state) == 0)
			return colours[i].colour;
	return "";
}

static void put_styled(struct writer *writer, const char *style, const char *text)
{
	if (writer->colour && style[0] != '\0')
		fprintf(writer->out, "%s%s\033[0m", style, text);
	else
		fputs(text, writer->out);
}

static void text_object(struct writer *writer, const char *daemon, const struct view *view,
                        struct json_object *object)
{
	static const struct view_field version = {"version", "", VIEW_TEXT, false};
	static const struct view_field uptime = {"uptime_s", "", VIEW_S, false};
	struct json_object *warnings = view_get(object, "warnings");
	char text[2 * CELL_MAX];

	put_styled(writer, "\033[1m", daemon);
	view_text(&version, object, text, sizeof(text));
	fprintf(writer->out, " %s", text);
	if (view_text(&uptime, object, text, sizeof(text)) > 0)
		fprintf(writer->out, ", up %s", text);
	fputc('\n', writer->out);
	for (const struct view_field *field = view->fields; field->key != NULL; field++)
		if (view_text(field, object, text, sizeof(text)) > 0)
			fprintf(writer->out, "  %-18s %s\n", field->label, text);
	for (size_t i = 0; warnings != NULL && i < json_object_array_length(warnings); i++) {
		snprintf(text, sizeof(text), "%s",
		         json_object_get_string(json_object_array_get_idx(warnings, i)));
		view_clean(text);
		put_styled(writer, "\033[33m", "  Warning            ");
		fprintf(writer->out, "%s\n", text);
	}
}

static void text_groups(struct writer *writer, const char *daemon, struct json_object *object)
{
	put_styled(writer, "\033[1m", daemon);
	fputc('\n', writer->out);
	json_object_object_foreach (object, group, counters) {
		if (!json_object_is_type(counters, json_type_object))
			continue;
		fprintf(writer->out, "  %s\n", group);
		json_object_object_foreach (counters, name, value)
			fprintf(writer->out, "    %-36s %12" PRIu64 "\n", name,
			        json_object_get_uint64(value));
	}
}

static void text_table_begin(struct writer *writer, const char *daemon, const char *key)
{
	(void)daemon;
	(void)key;
	writer->rows = 0;
	memset(writer->widths, 0, sizeof(writer->widths));
}

/* Columns of VIEW_YES share the last, unnamed one: notes. */
static void text_row(struct writer *writer, const struct view *view, struct json_object *row)
{
	char text[CELL_MAX];
	bool first = true;
	size_t pad = 0;

	for (size_t i = 0; view->fields[i].key != NULL; i++) {
		const struct view_field *field = &view->fields[i];
		size_t width;

		if (field->format == VIEW_YES || writer->widths[i] == 0)
			continue;
		if (row != NULL) {
			width = view_text(field, row, text, sizeof(text));
		} else {
			snprintf(text, sizeof(text), "%s", field->label);
			width = strlen(text);
		}
		if (width == 0) {
			memcpy(text, "-", 2);
			width = 1;
		}
		fprintf(writer->out, "%*s", (int)pad, "");
		/* Counts stand at the right of their column. */
		pad = writer->widths[i] > width ? writer->widths[i] - width : 0;
		if (field->format == VIEW_COUNT) {
			fprintf(writer->out, "%*s", (int)pad, "");
			pad = 0;
		}
		put_styled(writer,
		           row == NULL                   ? "\033[1m"
		           : field->format == VIEW_STATE ? state_colour(text)
		                                         : "",
		           text);
		pad += 2;
	}
	for (size_t i = 0; row != NULL && view->fields[i].key != NULL; i++) {
		if (view->fields[i].format != VIEW_YES ||
		    view_text(&view->fields[i], row, text, sizeof(text)) == 0)
			continue;
		fprintf(writer->out, "%*s%s%s", first ? (int)pad : 0, "", first ? "" : ", ", text);
		first = false;
	}
	fputc('\n', writer->out);
}

static void text_table_rows(struct writer *writer, const struct view *view,
                            struct json_object *rows)
{
	size_t count = json_object_array_length(rows);
	char text[CELL_MAX];

	if (count == 0)
		return;
	/* The first part settles which columns there are; later parts can only widen them. */
	for (size_t i = 0; view->fields[i].key != NULL; i++) {
		const struct view_field *field = &view->fields[i];
		size_t widest = field->optional ? 0 : 1;

		for (size_t row = 0; row < count; row++) {
			size_t width = view_text(field, json_object_array_get_idx(rows, row), text,
			                         sizeof(text));

			if (width > widest)
				widest = width;
		}
		if (widest > 0 && widest < strlen(field->label))
			widest = strlen(field->label);
		if (widest > writer->widths[i] && (writer->rows == 0 || writer->widths[i] > 0))
			writer->widths[i] = widest;
	}
	if (writer->rows == 0)
		text_row(writer, view, NULL);
	for (size_t row = 0; row < count; row++)
		text_row(writer, view, json_object_array_get_idx(rows, row));
	writer->rows += count;
}

static void text_table_end(struct writer *writer, const struct view *view)
{
	if (writer->rows == 0)
		fprintf(writer->out, "No %s.\n", view->title);
}

static void text_event(struct writer *writer, const char *daemon, struct json_object *event)
{
	static const struct view_field name = {"event", "", VIEW_TEXT, false};
	struct json_object *time_us = view_get(event, "time_us");
	int64_t us = json_object_get_int64(time_us);
	time_t seconds = (time_t)(us / 1000000);
	char text[CELL_MAX], when[16];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(when, sizeof(when), "%H:%M:%S", &tm);
	view_text(&name, event, text, sizeof(text));
	fprintf(writer->out, "%s.%06" PRId64 "  %s  ", when, us % 1000000, daemon);
	put_styled(writer, "\033[1m", text);
	fprintf(writer->out, "%*s", strlen(text) < 11 ? 11 - (int)strlen(text) : 1, "");
	json_object_object_foreach (event, key, value) {
		struct view_field field = {key, key, VIEW_TEXT, false};

		(void)value;
		if (strcmp(key, "event") == 0 || strcmp(key, "time_us") == 0 ||
		    strcmp(key, "ifindex") == 0)
			continue;
		if (strcmp(key, "status") == 0)
			field.format = VIEW_BA_STATUS;
		if (strcmp(key, "lifetime_s") == 0) {
			field.format = VIEW_S;
			field.label = "lifetime";
		}
		view_text(&field, event, text, sizeof(text));
		fprintf(writer->out, " %s %s", field.label, text);
	}
	fputc('\n', writer->out);
}

static void text_done(struct writer *writer, const char *daemon, const char *text)
{
	fprintf(writer->out, "%s: %s\n", daemon, text);
}

const struct writer_ops writer_text = {
	.object = text_object,
	.groups = text_groups,
	.table_begin = text_table_begin,
	.table_rows = text_table_rows,
	.table_end = text_table_end,
	.event = text_event,
	.done = text_done,
};
