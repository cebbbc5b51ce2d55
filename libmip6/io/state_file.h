/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small JSON object on disk that survives the daemon: written to a temporary file and renamed, so
 * that a reader (and a restart after kill -9) sees the old or the new one, never half.
 *
 * There is no fsync(2): it would hold the loop up for milliseconds in the middle of a handover. A
 * power failure may therefore cost the last seconds, or leave a file that does not parse, which is
 * treated as below; a WTRU then starts without its earlier instances.
 */
#ifndef MIP6_IO_STATE_FILE_H
#define MIP6_IO_STATE_FILE_H

#include <json.h>
#include <limits.h>

struct state_file {
	char path[PATH_MAX];
	int error; /* of the last attempt to save: 0 or negative errno, for `status` */
};

/* -ENAMETOOLONG or 0. The directory is made when it is missing (failure to: reported when saving).
 */
int state_file_init(struct state_file *file, const char *path);
/*
 * 0 and a new reference to the object; -ENOENT; -EBADMSG after a file that is not a JSON object was
 * moved to PATH.corrupt (logged); or another negative errno (logged).
 */
int state_file_load(struct state_file *file, struct json_object **ret);
/*
 * 0, or a negative errno, logged only when it differs from that of the last attempt; success after
 * failure is logged too. The earlier file stays. After a failure try again with the next change and
 * every few seconds. Does not take object over.
 */
int state_file_save(struct state_file *file, struct json_object *object);

#endif
