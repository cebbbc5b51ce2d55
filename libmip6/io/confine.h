/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Confinement of a running daemon: which system calls it may still make (seccomp).
 */
#ifndef MIP6_IO_CONFINE_H
#define MIP6_IO_CONFINE_H

enum confine_program {
	CONFINE_MND,
	CONFINE_DGWD,
};

/*
 * From now on only what the loop of this daemon needs; for good. After everything is open and no_new_privs
 * is set (process_drop_capabilities()). 0 or negative errno. Does nothing when built with --disable-seccomp.
 */
int confine_system_calls(enum confine_program program);

#endif
