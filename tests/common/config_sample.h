/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration table with an option of every type, for what reads tables: io/config.h. */
#ifndef TESTS_COMMON_CONFIG_SAMPLE_H
#define TESTS_COMMON_CONFIG_SAMPLE_H

#include "io/config.h"

struct sample_link {
	char name[16];
	uint32_t rank;
	struct config_strings tags;
};

struct sample {
	bool open;
	uint32_t linger_s;
	char identity[32];
	int data_plane;
	struct mip6_addr anchor;
	struct mip6_prefix prefix;
	struct config_strings names;
	struct config_objects links;
	size_t each; /* elements of "many" */
};

extern const struct config_option sample_options[];

#endif
