/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who is at the other end of a control connection, and what it may do. */
#ifndef MIP6_IO_CONTROL_PEER_H
#define MIP6_IO_CONTROL_PEER_H

#include <stdbool.h>

struct control_peer {
	bool may_read;   /* root, the daemon's user, members of group mip6 */
	bool may_change; /* root and the daemon's user */
};

/* From the credentials that the kernel keeps since connect(2); nothing is allowed when it has none.
 */
void control_peer_get(int fd, struct control_peer *ret);

#endif
