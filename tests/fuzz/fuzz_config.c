// SPDX-License-Identifier: GPL-2.0-or-later
/* A configuration file of any octets: read without a report, or refused with at least one. */
#include <string.h>

#include "../common/config_sample.h"
#include "fuzz.h"

static void report(void *ctx, const char *file, unsigned int line, const char *text)
{
	FUZZ_CHECK(file != NULL && text[0] != '\0');
	FUZZ_CHECK(strchr(text, '\n') == NULL && strchr(text, '\x1b') == NULL);
	FUZZ_CHECK(line > 0);
	++*(size_t *)ctx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct sample conf = {.open = false};
	size_t reports = 0;
	int err = config_read_text("fuzz", (const char *)data, len, sample_options, &conf, report,
	                           &reports);

	FUZZ_CHECK((err == 0) == (reports == 0));
	if (err < 0) {
		FUZZ_CHECK(conf.links.v == NULL);
		return 0;
	}
	FUZZ_CHECK(conf.linger_s >= 2 && conf.linger_s <= 3600 && conf.linger_s % 2 == 0);
	FUZZ_CHECK(conf.data_plane >= 0 && conf.data_plane <= 2);
	FUZZ_CHECK(conf.names.count <= 2 && conf.links.count <= 3);
	FUZZ_CHECK(memchr(conf.identity, '\0', sizeof(conf.identity)) != NULL);
	FUZZ_CHECK(conf.prefix.len <= 128);
	config_free(sample_options, &conf);
	return 0;
}
