// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mip6-dgwd: the D-GW daemon. Options, checks, privileges; the rest is in dgwd.c.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "dgwd.h"
#include "io/process.h"

#define CONFIG_FILE MIP6_SYSCONFDIR "/dgwd.conf"

/* What the start needs, most of it to load BPF programs; process_settle() keeps less. */
static const cap_value_t start_capabilities[] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_PERFMON};
#define START_CAPABILITY_COUNT (sizeof(start_capabilities) / sizeof(start_capabilities[0]))

static const char usage[] =
	"Usage: mip6-dgwd [OPTION]…\n"
	"Access router and home agent for nodes that keep their addresses when they move.\n"
	"\n"
	"  -c, --config FILE     read FILE (default " CONFIG_FILE ")\n"
	"  -t, --test            check the configuration and exit\n"
	"  -d, --debug           log everything\n"
	"      --rundir DIR      control socket and lock (default " MIP6_RUNDIR ")\n"
	"      --statedir DIR    bindings and leases (default " MIP6_STATEDIR ")\n"
	"      --print-options   list the configuration keys and exit\n"
	"      --version         print the version and exit\n"
	"  -h, --help            print this and exit\n";

enum {
	OPTION_RUNDIR = 256,
	OPTION_STATEDIR,
	OPTION_PRINT_OPTIONS,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"test", no_argument, NULL, 't'},
	{"debug", no_argument, NULL, 'd'},
	{"rundir", required_argument, NULL, OPTION_RUNDIR},
	{"statedir", required_argument, NULL, OPTION_STATEDIR},
	{"print-options", no_argument, NULL, OPTION_PRINT_OPTIONS},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int exit_code(int error)
{
	switch (error) {
	case 0:
		return PROCESS_EXIT_OK;
	case -EADDRINUSE:
	case -EBUSY:
		return PROCESS_EXIT_RUNNING;
	case -EOPNOTSUPP:
	case -EPROTONOSUPPORT:
	case -EAFNOSUPPORT:
	case -EPERM:
		return PROCESS_EXIT_KERNEL;
	default:
		return PROCESS_EXIT_FAILURE;
	}
}

/* 0 with the lock held until the process ends. */
static int lock(const struct dgwd_options *options)
{
	char path[PATH_MAX];
	int fd, pid = 0, error;

	error = process_make_directory(options->rundir);
	if (error != 0)
		log_warning("cannot make rundir=%s error=\"%s\"", options->rundir,
		            strerror(-error));
	error = process_make_directory(options->statedir);
	if (error != 0)
		log_warning("cannot make statedir=%s error=\"%s\"", options->statedir,
		            strerror(-error));
	snprintf(path, sizeof(path), "%s/dgwd.lock", options->rundir);
	error = process_lock(path, &fd, &pid);
	if (error == -EBUSY)
		log_err("mip6-dgwd runs already pid=%d lock=%s", pid, path);
	else if (error != 0)
		log_err("cannot lock file=%s error=\"%s\"", path, strerror(-error));
	return error;
}

static int run(const struct dgwd_options *options, struct dgw_config *config, struct keys *keys)
{
	static struct dgwd d;
	int error = lock(options);

	if (error != 0)
		return exit_code(error);
	if (process_check_capabilities(start_capabilities, START_CAPABILITY_COUNT) != 0)
		return PROCESS_EXIT_KERNEL;
	error = dgwd_open(&d, options, config, keys);
	if (error == 0)
		error = process_settle(CONFINE_DGWD);
	if (error != 0) {
		/* What an earlier process left may carry sessions: keep it. */
		dgwd_close(&d, true);
		return exit_code(error);
	}
	process_notify("READY=1");
	log_info("running version=" MIP6_VERSION " interface=%s", d.config.interface);
	ev_run(d.loop, 0);
	process_notify("STOPPING=1");
	dgwd_close(&d, d.keep);
	return PROCESS_EXIT_OK;
}

int main(int argc, char **argv)
{
	struct dgwd_options options = {
		.config_file = CONFIG_FILE,
		.rundir = MIP6_RUNDIR,
		.statedir = MIP6_STATEDIR,
	};
	struct dgw_config config;
	struct keys *keys = NULL;
	bool test = false;
	int option;

	while ((option = getopt_long(argc, argv, "c:tdh", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			options.config_file = optarg;
			break;
		case 't':
			test = true;
			break;
		case 'd':
			options.debug = true;
			break;
		case OPTION_RUNDIR:
			options.rundir = optarg;
			break;
		case OPTION_STATEDIR:
			options.statedir = optarg;
			break;
		case OPTION_PRINT_OPTIONS:
			config_print_options(dgw_config_options, stdout);
			return PROCESS_EXIT_OK;
		case OPTION_VERSION:
			puts("mip6-dgwd " MIP6_VERSION);
			return PROCESS_EXIT_OK;
		case 'h':
			fputs(usage, stdout);
			return PROCESS_EXIT_OK;
		default:
			fputs("Try 'mip6-dgwd --help'.\n", stderr);
			return PROCESS_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "mip6-dgwd: unexpected argument \"%s\"; try 'mip6-dgwd --help'\n",
		        argv[optind]);
		return PROCESS_EXIT_USAGE;
	}
	process_ignore_signals();
	if (!test && process_protect_memory() != 0)
		fputs("mip6-dgwd: cannot protect memory from core dumps\n", stderr);
	if (dgw_config_read(options.config_file, &config, config_report_stderr, NULL) != 0)
		return PROCESS_EXIT_USAGE;
	if (config.keys_file[0] != '\0' &&
	    keys_read(&keys, config.keys_file, config_report_stderr, NULL) != 0) {
		dgw_config_free(&config);
		return PROCESS_EXIT_USAGE;
	}
	if (test) {
		keys_free(keys);
		dgw_config_free(&config);
		return PROCESS_EXIT_OK;
	}
	log_init("mip6-dgwd",
	         options.debug ? LOG_LEVEL_DEBUG : (enum log_level)dgw_config_log_level(&config));
	return run(&options, &config, keys);
}
