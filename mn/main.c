// SPDX-License-Identifier: GPL-2.0-or-later
/* mip6-mnd: the WTRU daemon. Its start; the rest is in mnd.c. */
#include <stdio.h>

#include "mnd.h"

static const struct daemon_program program = {
	.name = "mip6-mnd",
	.purpose = "Keeps the connections of this node alive while it moves between gateways.",
	.lock_name = "mnd.lock",
	.config_file = MND_CONFIG_FILE,
	.config_optional = true,
	.state_doc = "state file",
	.options = mnd_config_options,
};

static enum process_exit run(const struct daemon_options *options, struct mnd_config *config,
                             struct keys_wtru *keys)
{
	static struct mnd mnd;
	enum process_exit code = daemon_prepare(&program, options);
	int err;

	if (code != PROCESS_EXIT_OK)
		return code;
	err = mnd_open(&mnd, options, config, keys);
	if (!err)
		err = process_settle(CONFINE_MND);
	if (err) {
		/* What an earlier process left may carry sessions: a failed start removes nothing.
		 */
		mnd_close(&mnd, MND_END_KEEP);
		return daemon_exit_code(err);
	}
	process_notify("READY=1");
	ev_run(mnd.loop, 0);
	process_notify("STOPPING=1");
	mnd_close(&mnd, mnd.end);
	return PROCESS_EXIT_OK;
}

int main(int argc, char **argv)
{
	struct daemon_options options;
	struct mnd_config config;
	struct keys_wtru *keys = NULL;
	enum process_exit code;

	if (!daemon_parse(&program, argc, argv, &options, &code))
		return (int)code;
	process_ignore_signals();
	if (!options.test && process_protect_memory())
		fputs("mip6-mnd: cannot protect memory from core dumps\n", stderr);
	if (mnd_config_read(options.config_file, &config, config_report_stderr, NULL))
		return PROCESS_EXIT_USAGE;
	if (config.key_file[0] &&
	    keys_wtru_read(&keys, config.key_file, config_report_stderr, NULL)) {
		mnd_config_free(&config);
		return PROCESS_EXIT_USAGE;
	}
	if (options.test) {
		keys_wtru_free(keys);
		mnd_config_free(&config);
		return PROCESS_EXIT_OK;
	}
	log_init(program.name,
	         options.debug ? LOG_LEVEL_DEBUG : (enum log_level)mnd_config_log_level(&config));
	return (int)run(&options, &config, keys);
}
