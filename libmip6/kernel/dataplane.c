// SPDX-License-Identifier: LGPL-2.1-or-later
/* The choice of a data plane: backends in order of preference, each asked whether this kernel can.
 */
#include <stdio.h>
#include <string.h>

#include "kernel/dataplane.h"

static const struct dataplane_ops *const backends[] = {&dataplane_bpf, &dataplane_ip6tnl};

const struct dataplane_ops *dataplane_choose(enum dataplane_role role, const char *forced,
                                             char *ret_why, size_t size)
{
	bool chaining = forced && strcmp(forced, DATAPLANE_CHAINING) == 0;
	bool any = !forced || chaining || strcmp(forced, "auto") == 0;
	size_t used = 0;

	if (size)
		ret_why[0] = '\0';
	for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
		char why[256] = "";
		int written;

		if (!any && strcmp(forced, backends[i]->name) != 0)
			continue;
		if (backends[i]->probe(role, why, sizeof(why)) == 0 &&
		    (!chaining || !backends[i]->probe_chains ||
		     backends[i]->probe_chains(why, sizeof(why)) == 0)) {
			snprintf(ret_why + used, size - used, "%s%s: %s", used ? "; " : "",
			         backends[i]->name, any ? "works on this kernel" : "configured");
			return backends[i];
		}
		written = snprintf(ret_why + used, size - used, "%s%s: %s", used ? "; " : "",
		                   backends[i]->name, why);
		used += (size_t)written < size - used ? (size_t)written : size - used;
	}
	if (!used)
		snprintf(ret_why, size, "no data plane is called \"%s\"", forced ? forced : "");
	return NULL;
}
