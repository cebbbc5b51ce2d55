// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The daemons' own files of any octets: configuration of the WTRU and of the D-GW, certificate and private
 * key. Taken without a report, or refused with at least one, and then nothing is kept.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz.h"
#include "ha-dgw/config.h"
#include "io/ike.h"
#include "io/log.h"
#include "mn/config.h"

static char path[64];

static void remove_file(void)
{
	unlink(path);
}

static void report(void *ctx, const char *file, unsigned int line, const char *text)
{
	(void)line;
	FUZZ_CHECK(file != NULL && text[0] != '\0' && strchr(text, '\n') == NULL);
	++*(size_t *)ctx;
}

static void write_file(const uint8_t *data, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	FUZZ_CHECK(fd >= 0 && write(fd, data, len) == (ssize_t)len);
	close(fd);
}

static void wtru(void)
{
	struct mnd_config config;
	struct wtru_config core;
	size_t reports = 0;

	if (mnd_config_read(path, &config, report, &reports) < 0) {
		FUZZ_CHECK(reports > 0);
		return;
	}
	FUZZ_CHECK(reports == 0);
	mnd_config_core(&config, &core);
	mnd_config_free(&config);
}

static void gateway(void)
{
	struct chain_config core = {0};
	struct dgw_config config;
	struct mip6_addr addr;
	size_t reports = 0;

	if (dgw_config_read(path, &config, report, &reports) < 0) {
		FUZZ_CHECK(reports > 0);
		return;
	}
	FUZZ_CHECK(reports == 0);
	dgw_config_roaming(&config, &core);
	(void)dgw_config_home_agent(&config, &addr);
	(void)dgw_config_shared_address(&config, &addr);
	FUZZ_CHECK(dgw_config_needs_restart(&config, &config) == NULL);
	dgw_config_free(&config);
}

static void credentials(void)
{
	struct ike_credentials found = {0};
	size_t reports = 0;

	if (ike_credentials_read(&found, path, path, path, report, &reports) < 0) {
		FUZZ_CHECK(reports > 0);
		return;
	}
	FUZZ_CHECK(reports == 0 && found.certificate != NULL && found.key != NULL);
	ike_credentials_free(&found);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (path[0] == '\0') {
		log_init("fuzz", 0);
		snprintf(path, sizeof(path), "%s/mip6-fuzz-files-%ld",
		         access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (long)getpid());
		atexit(remove_file);
	}
	write_file(data, len);
	wtru();
	gateway();
	credentials();
	return 0;
}
