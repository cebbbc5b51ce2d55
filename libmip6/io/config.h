/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Configuration files: JSON with comments, described by one table per daemon. The table is the only
 * place where a key, its type, range, default and documentation stand; the man page's list is made
 * from it (`--print-options`) and checked against it.
 *
 * Every mistake of a file is reported, not just the first: one line each,
 * `FILE:LINE: key "x": what is wrong; allowed: …`.
 */
#ifndef MIP6_IO_CONFIG_H
#define MIP6_IO_CONFIG_H

#include <stdio.h>

#include <mip6/base.h>

enum config_type {
	CONFIG_BOOL,    /* bool */
	CONFIG_UINT,    /* uint32_t, min to max */
	CONFIG_STRING,  /* char[size], at most size - 1 octets; min: least length */
	CONFIG_ENUM,    /* int: index into choices */
	CONFIG_ADDRESS, /* struct mip6_addr */
	CONFIG_PREFIX,  /* struct mip6_prefix */
	CONFIG_STRINGS, /* struct config_strings: array of strings */
	CONFIG_OBJECTS, /* array of objects, each described by `members`; struct config_objects */
	/*
	 * As CONFIG_OBJECTS, but each object is handed to `each` as soon as it is read and not
	 * kept: for files of a million entries. Has no place in the structure; offset is not used.
	 */
	CONFIG_EACH,
};

struct config_strings {
	size_t count;
	char **v; /* owned; config_free() */
};

struct config_objects {
	size_t count;
	void *v; /* owned array of count objects of object_size octets; config_free() */
};

struct config_option {
	const char *key; /* kebab case, unit in the name: "linger-s" */
	enum config_type type;
	size_t offset; /* of the member in the caller's structure */
	size_t size; /* CONFIG_STRING: size of the array; CONFIG_OBJECTS, _EACH: size of one object
	              */
	uint32_t min, max;          /* CONFIG_UINT; arrays: number of elements, max 0: any */
	const char *const *choices; /* CONFIG_ENUM, NULL-terminated */
	const struct config_option *members; /* CONFIG_OBJECTS, CONFIG_EACH; ends with key NULL */
	const char *standard; /* the default, as JSON text; NULL: must be given; "" : absent means
	                         unset */
	const char *doc;      /* one line for the man page */
	/* Further check of one value after type and range; returns NULL or what is wrong. May be
	 * NULL. */
	const char *(*check)(const void *value);
	/*
	 * CONFIG_EACH: takes over what it wants of object, whose strings are freed and wiped
	 * afterwards; target is the structure that holds the array. Returns NULL or what is wrong
	 * with the object (reported with its line; need only live until the next call).
	 */
	const char *(*each)(void *target, void *object);
};

#define CONFIG_OPTIONS_MAX 64 /* keys of one table */

/* Called once per mistake; line 0: the file as a whole. text ends without newline. */
typedef void (*config_report)(void *ctx, const char *file, unsigned int line, const char *text);

/*
 * Read file into the zeroed structure target. 0; -EINVAL after at least one report; or a negative
 * errno when the file cannot be read (reported too). path NULL: all defaults. On failure target
 * holds nothing to free.
 */
int config_read(const char *path, const struct config_option *options, void *target,
                config_report report, void *ctx);
/*
 * As config_read() for files with secrets: refused (-EACCES, reported) unless owned by the user of
 * this process or root, regular, and without any permission for group and others (mode 0600 or
 * less).
 */
int config_read_secret(const char *path, const struct config_option *options, void *target,
                       config_report report, void *ctx);
/* As config_read(), from memory; text need not end with NUL. name: what reports call it. */
int config_read_text(const char *name, const char *text, size_t len,
                     const struct config_option *options, void *target, config_report report,
                     void *ctx);
/*
 * A file name in a configuration file is relative to that file's directory: makes value (an array of size
 * octets) say so. "" and absolute names stay. 0 or -ENAMETOOLONG, with value unchanged.
 */
int config_resolve(const char *path, char *value, size_t size);
/* Frees what target owns and wipes its strings: they may be keys. */
void config_free(const struct config_option *options, void *target);
/*
 * --print-options, from which the man page is checked: one line per key, tab-separated: key
 * ("links[].name" for a member), type and range, default ("required", "unset" or JSON), doc.
 */
void config_print_options(const struct config_option *options, FILE *out);
/* A report function for main(): prints to standard error; ctx unused. */
void config_report_stderr(void *ctx, const char *file, unsigned int line, const char *text);
/* The same for a running daemon: log_err(). */
void config_report_log(void *ctx, const char *file, unsigned int line, const char *text);

#endif
