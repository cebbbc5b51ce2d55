/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the configuration reader share; not for others. */
#ifndef MIP6_IO_CONFIG_INTERNAL_H
#define MIP6_IO_CONFIG_INTERNAL_H

#include "io/config.h"
#include "io/json_reader.h"

#define CONFIG_TEXT_MAX 1024

/* Where in the document a value stands: "links[1].name". The chain lives on the reader's stack. */
struct config_path {
	const struct config_path *parent;
	const char *key; /* NULL: element `index` of the parent */
	size_t index;
};

struct config_state {
	const char *file;
	config_report report;
	void *ctx;
	bool bad; /* something was reported */
	bool secret; /* what stands in the file must not get into a report */
	struct json_reader reader;
};

/* Report a mistake of the value at path (NULL: of the file). */
void config_fail(struct config_state *state, unsigned int line, const struct config_path *path,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));
/* The allowed values of option, for messages and documentation. */
void config_describe(const struct config_option *option, char *ret_text, size_t size);
/* The key of options nearest to key, or NULL when none is near. */
const char *config_nearest(const struct config_option *options, const char *key);
/* Read the value that starts with token into the option's place; false: the document ends here. */
bool config_value(struct config_state *state, const struct config_path *path,
                  const struct config_option *option, void *target, enum json_token token);
/* Read the rest of an object after its '{', and fill in defaults. */
bool config_object(struct config_state *state, const struct config_path *path,
                   const struct config_option *options, void *target);

#endif
