// SPDX-License-Identifier: LGPL-2.1-or-later
/* Command line and first steps of the daemons; daemon.h says what they share. */
#include "io/daemon.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "io/log.h"

/* What every start needs; without CAP_BPF and CAP_PERFMON only some data planes are possible. */
static const cap_value_t capabilities[] = {CAP_NET_ADMIN, CAP_NET_RAW};

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

static void print_help(const struct daemon_program *program)
{
	printf("Usage: %s [OPTION]…\n"
	       "%s\n"
	       "\n"
	       "  -c, --config FILE     read FILE (default %s%s)\n"
	       "  -t, --test            check the configuration and exit\n"
	       "  -d, --debug           log everything\n"
	       "      --rundir DIR      control socket and lock (default " MIP6_RUNDIR ")\n"
	       "      --statedir DIR    %s (default " MIP6_STATEDIR ")\n"
	       "      --print-options   list the configuration keys and exit\n"
	       "      --version         print the version and exit\n"
	       "  -h, --help            print this and exit\n",
	       program->name, program->purpose, program->config_file,
	       program->config_optional ? ", if it exists" : "", program->state_doc);
}

bool daemon_parse(const struct daemon_program *program, int argc, char **argv,
                  struct daemon_options *ret, enum process_exit *ret_exit)
{
	struct daemon_options options = {.rundir = MIP6_RUNDIR, .statedir = MIP6_STATEDIR};
	int option;

	*ret_exit = PROCESS_EXIT_OK;
	while ((option = getopt_long(argc, argv, "c:tdh", long_options, NULL)) != -1) {
		switch (option) {
		case 'c':
			options.config_file = optarg;
			break;
		case 't':
			options.test = true;
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
			config_print_options(program->options, stdout);
			return false;
		case OPTION_VERSION:
			printf("%s " MIP6_VERSION "\n", program->name);
			return false;
		case 'h':
			print_help(program);
			return false;
		default:
			fprintf(stderr, "Try '%s --help'.\n", program->name);
			*ret_exit = PROCESS_EXIT_USAGE;
			return false;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "%s: unexpected argument \"%s\"; try '%s --help'\n", program->name,
		        argv[optind], program->name);
		*ret_exit = PROCESS_EXIT_USAGE;
		return false;
	}
	/* A file that was asked for must be there. */
	if (!options.config_file &&
	    (!program->config_optional || access(program->config_file, F_OK) == 0))
		options.config_file = program->config_file;
	*ret = options;
	return true;
}

static void make_directory(const char *what, const char *path)
{
	int err = process_make_directory(path);

	if (err)
		log_warning("cannot make %s=%s error=\"%s\"", what, path, strerror(-err));
}

enum process_exit daemon_prepare(const struct daemon_program *program,
                                 const struct daemon_options *options)
{
	char path[PATH_MAX];
	int fd, pid = 0, err;

	make_directory("rundir", options->rundir);
	make_directory("statedir", options->statedir);
	snprintf(path, sizeof(path), "%s/%s", options->rundir, program->lock_name);
	err = process_lock(path, &fd, &pid);
	if (err == -EBUSY)
		log_err("%s runs already pid=%d lock=%s", program->name, pid, path);
	else if (err)
		log_err("cannot lock file=%s error=\"%s\"", path, strerror(-err));
	if (!err)
		err = process_check_capabilities(capabilities,
		                                 sizeof(capabilities) / sizeof(capabilities[0]));
	return daemon_exit_code(err);
}

enum process_exit daemon_exit_code(int err)
{
	switch (err) {
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
