/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The command line of a daemon and the first steps of its start, which are the same for all of
 * them.
 */
#ifndef MIP6_IO_DAEMON_H
#define MIP6_IO_DAEMON_H

#include "io/config.h"
#include "io/process.h"

/* What is particular to one daemon. All texts are borrowed. */
struct daemon_program {
	const char *name;        /* "mip6-mnd" */
	const char *purpose;     /* one sentence for --help */
	const char *lock_name;   /* "mnd.lock", in the run directory */
	const char *config_file; /* read when none is named */
	bool config_optional;    /* the defaults do when config_file does not exist */
	const char *state_doc;   /* what the state directory holds, for --help */
	const struct config_option *options;
};

struct daemon_options {
	const char *config_file; /* NULL: all defaults */
	const char *rundir;
	const char *statedir;
	bool test;  /* only check the configuration */
	bool debug; /* log everything, whatever the configuration says */
};

/*
 * Read the command line. True: go on with *ret. False: end with *ret_exit; what --help and the like
 * ask for, or what is wrong, has been printed.
 */
bool daemon_parse(const struct daemon_program *program, int argc, char **argv,
                  struct daemon_options *ret, enum process_exit *ret_exit);
/*
 * Directories, the lock of the only daemon of its kind (held until the process ends), capabilities.
 * PROCESS_EXIT_OK, or how to end after an error line.
 */
enum process_exit daemon_prepare(const struct daemon_program *program,
                                 const struct daemon_options *options);
/* The exit code for a negative errno with which a daemon could not start; 0: PROCESS_EXIT_OK. */
enum process_exit daemon_exit_code(int err);

#endif
