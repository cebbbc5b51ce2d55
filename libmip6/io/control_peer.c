// SPDX-License-Identifier: LGPL-2.1-or-later
/* Rights of a control client, from SO_PEERCRED and SO_PEERGROUPS. */
#include "io/control_peer.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* SO_PEERGROUPS: the supplementary groups; SO_PEERCRED has only the primary one. */
static bool peer_in_group(int fd, gid_t wanted)
{
	socklen_t len = 0;
	gid_t *groups;
	bool found = false;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0 || errno != ERANGE ||
	    len == 0)
		return false;
	groups = malloc(len);
	if (groups == NULL)
		return false;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == 0)
		for (size_t i = 0; i < len / sizeof(*groups); i++)
			found = found || groups[i] == wanted;
	free(groups);
	return found;
}

void control_peer_get(int fd, struct control_peer *ret)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	struct group *group;

	*ret = (struct control_peer){false, false};
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0)
		return;
	if (cred.uid == 0 || cred.uid == geteuid()) {
		*ret = (struct control_peer){true, true};
		return;
	}
	group = getgrnam("mip6");
	if (group != NULL)
		ret->may_read = cred.gid == group->gr_gid || peer_in_group(fd, group->gr_gid);
}
