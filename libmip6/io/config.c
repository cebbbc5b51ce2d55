// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Configuration files: opening them with care, reading them whole, and giving back what they own.
 * The text is wiped after use, because some of these files hold keys.
 */
#include "io/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/config_internal.h"

#define CONFIG_FILE_MAX ((size_t)1024 * 1024)
#define CONFIG_SECRET_MAX ((size_t)512 * 1024 * 1024) /* a million identities */

void config_free(const struct config_option *options, void *target)
{
	for (; options->key != NULL; options++) {
		void *member = (char *)target + options->offset;

		if (options->type == CONFIG_STRING) {
			explicit_bzero(member, options->size);
		} else if (options->type == CONFIG_STRINGS) {
			struct config_strings *strings = member;

			for (size_t i = 0; i < strings->count; i++) {
				explicit_bzero(strings->v[i], strlen(strings->v[i]));
				free(strings->v[i]);
			}
			free(strings->v);
			*strings = (struct config_strings){0, NULL};
		} else if (options->type == CONFIG_OBJECTS) {
			struct config_objects *objects = member;

			for (size_t i = 0; i < objects->count; i++)
				config_free(options->members,
				            (char *)objects->v + i * options->size);
			if (objects->v != NULL)
				explicit_bzero(objects->v, objects->count * options->size);
			free(objects->v);
			*objects = (struct config_objects){0, NULL};
		}
	}
}

/* text[len] is NUL, and text is changed. */
static int config_parse(const char *file, bool secret, char *text, size_t len,
                        const struct config_option *options, void *target, config_report report,
                        void *ctx)
{
	struct config_state state = {
		.file = file, .secret = secret, .report = report, .ctx = ctx};
	struct json_reader *reader = &state.reader;
	enum json_token token;
	size_t count = 0;
	bool whole = false;

	while (options[count].key != NULL)
		count++;
	if (count > CONFIG_OPTIONS_MAX)
		return -E2BIG;
	json_reader_init(reader, text, len);
	token = json_reader_next(reader);
	if (token != JSON_TOKEN_OBJECT)
		json_reader_fail(reader, "expected '{': the configuration is one object");
	else
		whole = config_object(&state, NULL, options, target);
	if (whole && json_reader_next(reader) != JSON_TOKEN_END)
		json_reader_fail(reader, "expected nothing after the closing '}'");
	if (reader->error != NULL)
		config_fail(&state, reader->token_line, NULL, "column %u: syntax error: %s",
		            reader->token_column, reader->error);
	if (!state.bad)
		return 0;
	config_free(options, target);
	return -EINVAL;
}

int config_read_text(const char *name, const char *text, size_t len,
                     const struct config_option *options, void *target, config_report report,
                     void *ctx)
{
	char *copy = malloc(len + 1);
	int err;

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, text, len);
	copy[len] = '\0';
	err = config_parse(name, false, copy, len, options, target, report, ctx);
	explicit_bzero(copy, len);
	free(copy);
	return err;
}

/* The whole of fd, NUL after it; *ret_text is the caller's to wipe and free. */
static int config_slurp(int fd, size_t size, char **ret_text, size_t *ret_len)
{
	char *text = malloc(size + 1);
	size_t len = 0;
	ssize_t n;

	if (text == NULL)
		return -ENOMEM;
	while (len < size) {
		n = read(fd, text + len, size - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			int err = -errno;

			explicit_bzero(text, len);
			free(text);
			return err;
		}
		if (n == 0)
			break;
		len += (size_t)n;
	}
	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	return 0;
}

/* What keeps a file from being read, or NULL with err untouched. */
static const char *config_refuse(const struct stat *st, bool secret, int *err)
{
	*err = -EINVAL;
	if (!S_ISREG(st->st_mode))
		return "is not a regular file";
	if ((size_t)st->st_size > (secret ? CONFIG_SECRET_MAX : CONFIG_FILE_MAX)) {
		*err = -EFBIG;
		return secret ? "is larger than 512 MiB" : "is larger than 1 MiB";
	}
	*err = -EACCES;
	if (secret && st->st_uid != geteuid() && st->st_uid != 0)
		return "holds keys, but belongs to another user; allowed: root or the daemon's "
		       "user";
	if (secret && (st->st_mode & 077) != 0)
		return "holds keys, but group or others have access; allowed: mode 0600 (chmod "
		       "600)";
	*err = 0;
	return NULL;
}

static int config_read_file(const char *path, bool secret, const struct config_option *options,
                            void *target, config_report report, void *ctx)
{
	const char *wrong = NULL;
	struct stat st;
	char *text = NULL;
	size_t len = 0;
	int fd, err = 0;

	/* O_NONBLOCK: a FIFO must not hang us before it is refused. */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		err = -errno;
	else
		wrong = config_refuse(&st, secret, &err);
	if (err == 0)
		err = config_slurp(fd, (size_t)st.st_size, &text, &len);
	if (fd >= 0)
		close(fd);
	if (err < 0) {
		report(ctx, path, 0, wrong != NULL ? wrong : strerror(-err));
		return err;
	}
	err = config_parse(path, secret, text, len, options, target, report, ctx);
	explicit_bzero(text, len);
	free(text);
	return err;
}

int config_read(const char *path, const struct config_option *options, void *target,
                config_report report, void *ctx)
{
	if (path == NULL)
		return config_read_text("(built-in defaults)", "{}", 2, options, target, report,
		                        ctx);
	return config_read_file(path, false, options, target, report, ctx);
}

int config_read_secret(const char *path, const struct config_option *options, void *target,
                       config_report report, void *ctx)
{
	return config_read_file(path, true, options, target, report, ctx);
}

int config_resolve(const char *path, char *value, size_t size)
{
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;
	size_t directory = slash != NULL ? (size_t)(slash - path) + 1 : 0, len = strlen(value);

	if (value[0] == '\0' || value[0] == '/' || directory == 0)
		return 0;
	if (directory + len >= size)
		return -ENAMETOOLONG;
	memmove(value + directory, value, len + 1);
	memcpy(value, path, directory);
	return 0;
}
