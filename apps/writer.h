/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How mip6ctl puts out what a daemon said: one small table of operations, for people and for
 * programs. What is shown, in which order and under which names stands in the views (view.c).
 */
#ifndef MIP6_APPS_WRITER_H
#define MIP6_APPS_WRITER_H

#include <json.h>
#include <stdbool.h>
#include <stdio.h>

enum view_format {
	VIEW_TEXT,  /* strings and numbers as they are; arrays joined by commas */
	VIEW_STATE, /* a state name, coloured */
	VIEW_MS,    /* a duration in milliseconds */
	VIEW_S,
	VIEW_US,
	VIEW_COUNT,
	VIEW_YES, /* label when true, nothing when false */
	VIEW_BA_STATUS,
};

struct view_field {
	const char *key; /* "a.b": member b of object a; NULL ends a view */
	const char *label;
	enum view_format format;
	bool optional; /* a table's column that is left out when nothing is in it */
};

struct view {
	const char *title; /* what is counted, for "no …" */
	const struct view_field *fields;
};

struct writer {
	const struct writer_ops *ops;
	FILE *out;
	bool colour;
	size_t rows; /* of the present table */
	size_t widths[24];
};

struct writer_ops {
	/* One object under a heading: an object's members as the view orders them. */
	void (*object)(struct writer *writer, const char *daemon, const struct view *view,
	               struct json_object *object);
	/* Groups of counters. */
	void (*groups)(struct writer *writer, const char *daemon, struct json_object *object);
	/* A table in any number of parts. key: name of the array. */
	void (*table_begin)(struct writer *writer, const char *daemon, const char *key);
	void (*table_rows)(struct writer *writer, const struct view *view,
	                   struct json_object *rows);
	void (*table_end)(struct writer *writer, const struct view *view);
	void (*event)(struct writer *writer, const char *daemon, struct json_object *event);
	/* A command without content did its work. */
	void (*done)(struct writer *writer, const char *daemon, const char *text);
};

extern const struct writer_ops writer_text;
extern const struct writer_ops writer_json;

extern const struct view view_status, view_instances, view_links, view_bindings, view_chains,
	view_leases, view_home_agents;

/* The member that key names ("a.b"), or NULL. */
struct json_object *view_get(struct json_object *object, const char *key);
/*
 * The value as people read it, without control characters; "" for what is absent. Returns its width
 * in characters.
 */
size_t view_text(const struct view_field *field, struct json_object *object, char *text,
                 size_t size);
/*
 * Replace what could steer a terminal (control characters, C1 included): names come from the
 * network. Returns the width in characters.
 */
size_t view_clean(char *text);

#endif
