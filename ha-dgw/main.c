// SPDX-License-Identifier: GPL-2.0-or-later
/* mip6-dgwd: the D-GW daemon. Its start; the rest is in dgwd.c. */
#include <stdio.h>

#include "dgwd.h"

static const struct daemon_program program = {
	.name = "mip6-dgwd",
	.purpose =
		"Access router and home agent for nodes that keep their addresses when they move.",
	.lock_name = "dgwd.lock",
	.config_file = MIP6_SYSCONFDIR "/dgwd.conf",
	.state_doc = "bindings and leases",
	.options = dgw_config_options,
};

static enum process_exit run(const struct daemon_options *options, struct dgw_config *config,
                             struct keys *keys)
{
	static struct dgwd d;
	enum process_exit code = daemon_prepare(&program, options);
	int error;

	if (code != PROCESS_EXIT_OK)
		return code;
	error = dgwd_open(&d, options, config, keys);
	if (error == 0)
		error = process_settle(CONFINE_DGWD);
	if (error != 0) {
		/* What an earlier process left may carry sessions: keep it. */
		dgwd_close(&d, true);
		return daemon_exit_code(error);
	}
	process_notify("READY=1");
	if (d.config.role == DGW_ROLE_PGW)
		log_info("running version=" MIP6_VERSION " role=%s address=%s", d.role->name,
		         addr_text(&d.config.address));
	else
		log_info("running version=" MIP6_VERSION " role=%s interface=%s", d.role->name,
		         d.config.interface);
	ev_run(d.loop, 0);
	process_notify("STOPPING=1");
	dgwd_close(&d, d.keep);
	return PROCESS_EXIT_OK;
}

int main(int argc, char **argv)
{
	struct daemon_options options;
	struct dgw_config config;
	struct keys *keys = NULL;
	enum process_exit code;

	if (!daemon_parse(&program, argc, argv, &options, &code))
		return (int)code;
	process_ignore_signals();
	if (!options.test && process_protect_memory() != 0)
		fputs("mip6-dgwd: cannot protect memory from core dumps\n", stderr);
	if (dgw_config_read(options.config_file, &config, config_report_stderr, NULL) != 0)
		return PROCESS_EXIT_USAGE;
	if (config.keys_file[0] != '\0' &&
	    keys_read(&keys, config.keys_file, config_report_stderr, NULL) != 0) {
		dgw_config_free(&config);
		return PROCESS_EXIT_USAGE;
	}
	if (options.test) {
		keys_free(keys);
		dgw_config_free(&config);
		return PROCESS_EXIT_OK;
	}
	log_init(program.name,
	         options.debug ? LOG_LEVEL_DEBUG : (enum log_level)dgw_config_log_level(&config));
	return (int)run(&options, &config, keys);
}
