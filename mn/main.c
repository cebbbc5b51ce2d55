// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mip6-mnd: the WTRU daemon. Options, checks, privileges; the rest is in mnd.c.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/process.h"
#include "mnd.h"

/* What the start needs, most of it to load BPF programs; process_settle() keeps less. */
static const cap_value_t start_capabilities[] = {CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF, CAP_PERFMON};

static const char usage[] =
	"Usage: mip6-mnd [OPTION]…\n"
	"Keeps the connections of this node alive while it moves between gateways.\n"
	"\n"
	"  -c, --config FILE     read FILE (default " MND_CONFIG_FILE ", if it exists)\n"
	"  -t, --test            check the configuration and exit\n"
	"  -d, --debug           log everything\n"
	"      --rundir DIR      control socket and lock (default " MIP6_RUNDIR ")\n"
	"      --statedir DIR    state file (default " MIP6_STATEDIR ")\n"
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

static int exit_code(int err)
{
	switch (err) {
	case 0:
		return PROCESS_EXIT_OK;
	case -EADDRINUSE:
	case -EBUSY:
		return PROCESS_EXIT_RUNNING;
	case -EOPNOTSUPP:
	case -EPROTONOSUPPORT:
	case -EPERM:
		return PROCESS_EXIT_KERNEL;
	default:
		return PROCESS_EXIT_FAILURE;
	}
}

static int run(const struct mnd_options *options, struct mnd_config *config,
	       struct keys_wtru *keys)
{
	static struct mnd mnd;
	char path[256];
	int lock, pid = 0, err;

	if (process_make_directory(options->rundir) || process_make_directory(options->statedir))
		log_warning("cannot make rundir=%s or statedir=%s: %s", options->rundir,
			    options->statedir, strerror(errno));
	snprintf(path, sizeof(path), "%s/mnd.lock", options->rundir);
	err = process_lock(path, &lock, &pid);
	if (err) {
		if (err == -EBUSY)
			log_err("mip6-mnd runs already pid=%d lock=%s", pid, path);
		else
			log_err("cannot lock file=%s error=\"%s\"", path, strerror(-err));
		return exit_code(err);
	}
	if (process_check_capabilities(start_capabilities, sizeof(start_capabilities) /
								   sizeof(start_capabilities[0])))
		return PROCESS_EXIT_KERNEL;
	err = mnd_open(&mnd, options, config, keys);
	if (!err)
		err = process_settle(CONFINE_MND);
	if (err) {
		/* What an earlier process left may carry sessions: a failed start removes nothing. */
		mnd_close(&mnd, MND_END_KEEP);
		return exit_code(err);
	}
	process_notify("READY=1");
	ev_run(mnd.loop, 0);
	process_notify("STOPPING=1");
	mnd_close(&mnd, mnd.end);
	close(lock);
	return PROCESS_EXIT_OK;
}

int main(int argc, char **argv)
{
	struct mnd_options options = {.rundir = MIP6_RUNDIR, .statedir = MIP6_STATEDIR};
	struct mnd_config config;
	struct keys_wtru *keys = NULL;
	bool test = false;
	int option, err;

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
			config_print_options(mnd_config_options, stdout);
			return PROCESS_EXIT_OK;
		case OPTION_VERSION:
			puts("mip6-mnd " MIP6_VERSION);
			return PROCESS_EXIT_OK;
		case 'h':
			fputs(usage, stdout);
			return PROCESS_EXIT_OK;
		default:
			fputs("Try 'mip6-mnd --help'.\n", stderr);
			return PROCESS_EXIT_USAGE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "mip6-mnd: unexpected argument \"%s\"; try 'mip6-mnd --help'\n",
			argv[optind]);
		return PROCESS_EXIT_USAGE;
	}
	/* Without a file the defaults do; a file that was asked for must be there. */
	if (!options.config_file && access(MND_CONFIG_FILE, F_OK) == 0)
		options.config_file = MND_CONFIG_FILE;
	process_ignore_signals();
	if (!test && process_protect_memory())
		fputs("mip6-mnd: cannot protect memory from core dumps\n", stderr);
	if (mnd_config_read(options.config_file, &config, config_report_stderr, NULL))
		return PROCESS_EXIT_USAGE;
	if (config.key_file[0] &&
	    keys_wtru_read(&keys, config.key_file, config_report_stderr, NULL)) {
		mnd_config_free(&config);
		return PROCESS_EXIT_USAGE;
	}
	if (test) {
		keys_wtru_free(keys);
		mnd_config_free(&config);
		return PROCESS_EXIT_OK;
	}
	log_init("mip6-mnd", options.debug ? LOG_LEVEL_DEBUG
					   : (enum log_level)mnd_config_log_level(&config));
	err = run(&options, &config, keys);
	return err;
}
