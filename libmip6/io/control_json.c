// SPDX-License-Identifier: LGPL-2.1-or-later
/* Building answers and reading requests of the control socket. */
#include <errno.h>
#include <stdlib.h>

#include "io/clock.h"
#include "io/control.h"
#include "io/log.h"
#include "io/utf8.h"

void control_add_addr(struct json_object *object, const char *key, const struct mip6_addr *addr)
{
	json_object_object_add(object, key, json_object_new_string(addr_text(addr)));
}

void control_add_prefix(struct json_object *object, const char *key,
                        const struct mip6_prefix *prefix)
{
	json_object_object_add(object, key, json_object_new_string(prefix_text(prefix)));
}

/* Names of operators and identities come from the network: what is not UTF-8 becomes '?'. */
void control_add_string(struct json_object *object, const char *key, const char *value)
{
	size_t len = strlen(value), step;
	char *text = strdup(value);

	if (text == NULL)
		return;
	for (size_t i = 0; i < len; i += step) {
		step = utf8_length(value + i, len - i);
		if (step == 0) {
			text[i] = '?';
			step = 1;
		}
	}
	json_object_object_add(object, key, json_object_new_string_len(text, (int)len));
	free(text);
}

void control_add_int(struct json_object *object, const char *key, int64_t value)
{
	json_object_object_add(object, key, json_object_new_int64(value));
}

void control_add_bool(struct json_object *object, const char *key, bool value)
{
	json_object_object_add(object, key, json_object_new_boolean(value));
}

void control_add_time(struct json_object *object, const char *key)
{
	control_add_int(object, key, clock_unix_us());
}

void control_add_after(struct json_object *object, const char *key, mip6_time when, mip6_time now)
{
	if (when == MIP6_TIME_NEVER)
		return;
	control_add_int(object, key, when > now ? (when - now) / MIP6_MS : 0);
}

int control_get_addr(struct json_object *request, const char *key, struct mip6_addr *ret)
{
	struct json_object *value;

	if (!json_object_object_get_ex(request, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return -EINVAL;
	return addr_parse(json_object_get_string(value), ret);
}

int control_get_bool(struct json_object *request, const char *key, bool standard, bool *ret)
{
	struct json_object *value;

	if (!json_object_object_get_ex(request, key, &value)) {
		*ret = standard;
		return 0;
	}
	if (!json_object_is_type(value, json_type_boolean))
		return -EINVAL;
	*ret = json_object_get_boolean(value);
	return 0;
}

int control_get_uint(struct json_object *request, const char *key, uint32_t standard, uint32_t max,
                     uint32_t *ret)
{
	struct json_object *value;
	int64_t number;

	if (!json_object_object_get_ex(request, key, &value)) {
		*ret = standard;
		return 0;
	}
	if (!json_object_is_type(value, json_type_int))
		return -EINVAL;
	number = json_object_get_int64(value);
	if (number < 0 || number > max)
		return -EINVAL;
	*ret = (uint32_t)number;
	return 0;
}
