// SPDX-License-Identifier: LGPL-2.1-or-later
/* State files: load, save by rename, and what to do when the disk does not play along. */
#include "io/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/log.h"
#include "io/process.h"

#define STATE_FILE_MAX (16 * 1024 * 1024)
#define STATE_JSON_DEPTH 16

int state_file_init(struct state_file *file, const char *path)
{
	size_t len = strlen(path);
	char *slash;

	if (len + sizeof(".corrupt") > sizeof(file->path))
		return -ENAMETOOLONG;
	memcpy(file->path, path, len + 1);
	file->error = 0;
	slash = strrchr(file->path, '/');
	if (slash != NULL && slash != file->path) {
		*slash = '\0';
		process_make_directory(file->path);
		*slash = '/';
	}
	return 0;
}

static int state_read(const char *path, char **ret_text, size_t *ret_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;
	char *text = NULL;
	size_t len = 0;
	ssize_t n = 1;
	int err = 0;

	if (fd < 0)
		return -errno;
	if (fstat(fd, &st) < 0)
		err = -errno;
	else if (!S_ISREG(st.st_mode) || st.st_size > STATE_FILE_MAX)
		err = -EBADMSG;
	if (err == 0) {
		text = malloc((size_t)st.st_size + 1);
		err = text == NULL ? -ENOMEM : 0;
	}
	while (err == 0 && n > 0 && len < (size_t)st.st_size) {
		n = read(fd, text + len, (size_t)st.st_size - len);
		if (n < 0 && errno != EINTR)
			err = -errno;
		len += n > 0 ? (size_t)n : 0;
		n = n < 0 ? 1 : n;
	}
	close(fd);
	if (err < 0) {
		free(text);
		return err;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}

static struct json_object *state_parse(const char *text, size_t len)
{
	struct json_tokener *tokener = json_tokener_new_ex(STATE_JSON_DEPTH);
	struct json_object *object = NULL;

	if (tokener == NULL)
		return NULL;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	while (len > 0 && text[len - 1] == '\n')
		len--;
	object = json_tokener_parse_ex(tokener, text, (int)len);
	if (json_tokener_get_error(tokener) != json_tokener_success ||
	    json_tokener_get_parse_end(tokener) != len ||
	    !json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		object = NULL;
	}
	json_tokener_free(tokener);
	return object;
}

int state_file_load(struct state_file *file, struct json_object **ret)
{
	char aside[PATH_MAX + sizeof(".corrupt")];
	struct json_object *object = NULL;
	char *text = NULL;
	size_t len = 0;
	int err = state_read(file->path, &text, &len);

	if (err == -ENOENT)
		return err;
	if (err == 0) {
		object = state_parse(text, len);
		free(text);
		err = object != NULL ? 0 : -EBADMSG;
	}
	if (err == -EBADMSG) {
		snprintf(aside, sizeof(aside), "%s.corrupt", file->path);
		if (rename(file->path, aside) < 0)
			log_err("%s: is corrupt and cannot be moved aside: %s; starting without it",
			        file->path, strerror(errno));
		else
			log_err("%s: is corrupt; moved to %s; starting without it", file->path,
			        aside);
		return err;
	}
	if (err < 0) {
		log_err("%s: cannot be read: %s; starting without it", file->path, strerror(-err));
		return err;
	}
	*ret = object;
	return 0;
}

static int state_write(const char *path, const char *text, size_t len)
{
	char temporary[PATH_MAX + sizeof(".tmp")];
	size_t done = 0;
	int fd, err = 0;

	snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	while (err == 0 && done < len) {
		ssize_t n = write(fd, text + done, len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			err = -errno;
	}
	/* Some file systems tell of a full disk only here. */
	if (close(fd) < 0 && err == 0)
		err = -errno;
	if (err == 0 && rename(temporary, path) < 0)
		err = -errno;
	if (err < 0)
		unlink(temporary);
	return err;
}

int state_file_save(struct state_file *file, struct json_object *object)
{
	const char *text;
	size_t len;
	int err;

	text = json_object_to_json_string_length(
		object, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	err = text != NULL ? state_write(file->path, text, len) : -ENOMEM;
	if (err != file->error) {
		if (err < 0)
			log_err("%s: state cannot be saved: %s; running on without", file->path,
			        strerror(-err));
		else
			log_info("%s: state is saved again", file->path);
	}
	file->error = err;
	return err;
}
