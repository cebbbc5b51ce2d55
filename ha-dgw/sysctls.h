/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel settings that a D-GW needs, set while it runs and put back when it stops. */
#ifndef DGW_SYSCTLS_H
#define DGW_SYSCTLS_H

#include <stdbool.h>
#include <stddef.h>

#define SYSCTLS_MAX 64

struct sysctls {
	size_t count;
	struct {
		char path[96]; /* relative to /proc/sys */
		int was, is;
	} saved[SYSCTLS_MAX];
};

/*
 * See to it that path has this value. A change is remembered and logged with why. 0 or a negative
 * errno (logged). Repeating it is harmless.
 */
int sysctls_want(struct sysctls *sysctls, const char *path, int value, const char *why);
/* The same for net/ipv6/KIND/IFNAME/KEY; kind is "conf" or "neigh". */
int sysctls_want_of(struct sysctls *sysctls, const char *kind, const char *ifname, const char *key,
                    int value, const char *why);
/* Raise a value that is lower than this; not where it does not exist (outside the first namespace).
 */
void sysctls_at_least(struct sysctls *sysctls, const char *path, int value, const char *why);
/* Put back what was changed, unless somebody else changed it since. */
void sysctls_restore(struct sysctls *sysctls);

#endif
