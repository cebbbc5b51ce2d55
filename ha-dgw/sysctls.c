// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kernel settings that a D-GW needs: forwarding, no Router Advertisements accepted on its own
 * access link, proxy Neighbour Discovery.
 *
 * Owns the list of former values. After a crash that list is lost and the settings stay: the next
 * run finds them as they must be and leaves them so.
 */
#include "sysctls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "io/log.h"
#include "kernel/rtnl.h"

int sysctls_want(struct sysctls *sysctls, const char *path, int value, const char *why)
{
	size_t i;
	int was, error;

	error = rtnl_sysctl_get(path, &was);
	if (error == 0 && was == value)
		return 0;
	if (error == 0)
		error = rtnl_sysctl_set(path, value);
	if (error != 0) {
		log_warning("cannot set sysctl=%s value=%d error=\"%s\": %s", path, value,
		            strerror(-error), why);
		return error;
	}
	log_info("set sysctl=%s value=%d was=%d: %s", path, value, was, why);
	for (i = 0; i < sysctls->count; i++)
		if (strcmp(sysctls->saved[i].path, path) == 0)
			break;
	if (i == sysctls->count) {
		if (i == SYSCTLS_MAX)
			return 0;
		snprintf(sysctls->saved[i].path, sizeof(sysctls->saved[i].path), "%s", path);
		sysctls->saved[i].was = was;
		sysctls->count++;
	}
	sysctls->saved[i].is = value;
	return 0;
}

int sysctls_want_of(struct sysctls *sysctls, const char *kind, const char *ifname, const char *key,
                    int value, const char *why)
{
	char path[96];

	snprintf(path, sizeof(path), "net/ipv6/%s/%s/%s", kind, ifname, key);
	return sysctls_want(sysctls, path, value, why);
}

void sysctls_at_least(struct sysctls *sysctls, const char *path, int value, const char *why)
{
	int was;

	if (rtnl_sysctl_get(path, &was) == 0 && was < value)
		sysctls_want(sysctls, path, value, why);
}

void sysctls_restore(struct sysctls *sysctls)
{
	while (sysctls->count > 0) {
		int now;

		sysctls->count--;
		if (rtnl_sysctl_get(sysctls->saved[sysctls->count].path, &now) == 0 &&
		    now == sysctls->saved[sysctls->count].is)
			rtnl_sysctl_set(sysctls->saved[sysctls->count].path,
			                sysctls->saved[sysctls->count].was);
	}
}
