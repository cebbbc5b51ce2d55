// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Encoding and decoding of VICI messages (README.md of strongSwan's vici plugin, "Message format").
 *
 * Reading checks the nesting as it goes, so that nobody above has to: an element out of place ends
 * the message with an error. Owns nothing, allocates nothing, and never looks at what a message
 * means.
 */
#include "io/vici_message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writer */

void vici_writer_init(struct vici_writer *w, void *data, size_t cap)
{
	*w = (struct vici_writer){.data = data, .cap = cap};
}

static void put(struct vici_writer *w, const void *octets, size_t len)
{
	/* len goes on growing, so that the end can tell "no space" from "not well-formed". */
	if (w->len <= w->cap && len <= w->cap - w->len && len)
		memcpy(w->data + w->len, octets, len);
	w->len += len;
}

static void put_type(struct vici_writer *w, enum vici_type type)
{
	uint8_t octet = (uint8_t)type;

	put(w, &octet, 1);
}

static void put_name(struct vici_writer *w, const char *name)
{
	size_t len = strlen(name);
	uint8_t octet = (uint8_t)len;

	if (len == 0 || len > 255) {
		w->failed = true;
		return;
	}
	put(w, &octet, 1);
	put(w, name, len);
}

static void put_value(struct vici_writer *w, const void *value, size_t len)
{
	uint8_t octets[2] = {(uint8_t)(len >> 8), (uint8_t)len};

	if (len > UINT16_MAX) {
		w->failed = true;
		return;
	}
	put(w, octets, sizeof(octets));
	put(w, value, len);
}

void vici_section(struct vici_writer *w, const char *name)
{
	w->failed |= w->in_list || w->depth == VICI_DEPTH_MAX;
	w->depth++;
	put_type(w, VICI_SECTION_START);
	put_name(w, name);
}

void vici_section_end(struct vici_writer *w)
{
	w->failed |= w->in_list || w->depth == 0;
	w->depth--;
	put_type(w, VICI_SECTION_END);
}

void vici_value(struct vici_writer *w, const char *key, const void *value, size_t len)
{
	w->failed |= w->in_list;
	put_type(w, VICI_KEY_VALUE);
	put_name(w, key);
	put_value(w, value, len);
}

void vici_text(struct vici_writer *w, const char *key, const char *text)
{
	vici_value(w, key, text, strlen(text));
}

void vici_number(struct vici_writer *w, const char *key, uint32_t number)
{
	char text[12];

	snprintf(text, sizeof(text), "%u", number);
	vici_text(w, key, text);
}

void vici_list(struct vici_writer *w, const char *name)
{
	w->failed |= w->in_list;
	w->in_list = true;
	put_type(w, VICI_LIST_START);
	put_name(w, name);
}

void vici_item(struct vici_writer *w, const char *text)
{
	w->failed |= !w->in_list;
	put_type(w, VICI_LIST_ITEM);
	put_value(w, text, strlen(text));
}

void vici_list_end(struct vici_writer *w)
{
	w->failed |= !w->in_list;
	w->in_list = false;
	put_type(w, VICI_LIST_END);
}

void vici_list_of(struct vici_writer *w, const char *name, const char *text)
{
	vici_list(w, name);
	vici_item(w, text);
	vici_list_end(w);
}

int vici_writer_end(const struct vici_writer *w, struct vici_message *ret)
{
	if (w->failed || w->depth || w->in_list)
		return -EINVAL;
	if (w->len > w->cap)
		return -EMSGSIZE;
	*ret = (struct vici_message){.data = w->data, .len = w->len};
	return 0;
}

/* Reader */

void vici_reader_init(struct vici_reader *r, const struct vici_message *message)
{
	*r = (struct vici_reader){.depth = 0};
	mip6_reader_init(&r->octets, message->data, message->len);
}

static void read_name(struct vici_reader *r, char name[256])
{
	size_t len = mip6_reader_u8(&r->octets);
	const uint8_t *octets = mip6_reader_view(&r->octets, len);

	if (!octets || len == 0 || memchr(octets, '\0', len)) {
		r->octets.failed = true;
		return;
	}
	memcpy(name, octets, len);
	name[len] = '\0';
}

static void read_value(struct vici_reader *r, struct vici_element *element)
{
	element->value_len = mip6_reader_u16(&r->octets);
	element->value = mip6_reader_view(&r->octets, element->value_len);
}

static void read_element(struct vici_reader *r, struct vici_element *element)
{
	bool wrong = true;

	switch (element->type) {
	case VICI_END:
		break;
	case VICI_SECTION_START:
		wrong = r->in_list || r->depth == VICI_DEPTH_MAX;
		read_name(r, element->name);
		r->depth++;
		break;
	case VICI_SECTION_END:
		wrong = r->in_list || r->depth == 0;
		if (!wrong)
			element->depth = --r->depth;
		break;
	case VICI_KEY_VALUE:
		wrong = r->in_list;
		read_name(r, element->name);
		read_value(r, element);
		break;
	case VICI_LIST_START:
		wrong = r->in_list;
		read_name(r, element->name);
		r->in_list = true;
		break;
	case VICI_LIST_ITEM:
		wrong = !r->in_list;
		read_value(r, element);
		break;
	case VICI_LIST_END:
		wrong = !r->in_list;
		r->in_list = false;
		break;
	}
	if (wrong)
		r->octets.failed = true;
}

int vici_read(struct vici_reader *r, struct vici_element *ret)
{
	uint8_t type;

	ret->type = VICI_END;
	ret->depth = r->depth;
	ret->name[0] = '\0';
	ret->value = NULL;
	ret->value_len = 0;
	if (!r->octets.failed && mip6_reader_left(&r->octets) == 0) {
		if (r->depth == 0 && !r->in_list)
			return 0;
		r->octets.failed = true; /* cut between two elements */
	}
	type = mip6_reader_u8(&r->octets);
	if (type < VICI_SECTION_START || type > VICI_LIST_END)
		r->octets.failed = true;
	ret->type = (enum vici_type)type;
	if (!r->octets.failed)
		read_element(r, ret);
	if (!r->octets.failed)
		return 0;
	ret->type = VICI_END;
	return -EBADMSG;
}

int vici_check(const struct vici_message *message)
{
	struct vici_element element;
	struct vici_reader r;
	int err;

	vici_reader_init(&r, message);
	do
		err = vici_read(&r, &element);
	while (!err && element.type != VICI_END);
	return err;
}

bool vici_skip(struct vici_reader *r, struct vici_message *ret_section)
{
	unsigned int outside = r->depth - 1;
	size_t start = r->octets.pos, end;
	struct vici_element element;

	do {
		end = r->octets.pos;
		if (vici_read(r, &element) || element.type == VICI_END)
			return false;
	} while (element.type != VICI_SECTION_END || element.depth != outside);
	if (ret_section)
		*ret_section = (struct vici_message){r->octets.data + start, end - start};
	return true;
}

static void copy_text(const struct vici_element *element, char *ret, size_t size)
{
	size_t len = element->value_len < size ? element->value_len : size - 1;

	for (size_t i = 0; i < len; i++) {
		uint8_t octet = element->value[i];

		ret[i] = octet >= 0x20 && octet < 0x7f ? (char)octet : '?';
	}
	ret[len] = '\0';
}

/* The element of that type and name in the outermost section; r stands behind it. */
static bool find(struct vici_reader *r, const struct vici_message *message, enum vici_type type,
                 const char *name, struct vici_element *ret)
{
	vici_reader_init(r, message);
	while (vici_read(r, ret) == 0 && ret->type != VICI_END) {
		if (ret->depth == 0 && ret->type == type && strcmp(ret->name, name) == 0)
			return true;
	}
	return false;
}

bool vici_find(const struct vici_message *message, const char *key, char *ret, size_t size)
{
	struct vici_element element;
	struct vici_reader r;

	ret[0] = '\0';
	if (!find(&r, message, VICI_KEY_VALUE, key, &element))
		return false;
	copy_text(&element, ret, size);
	return true;
}

bool vici_find_number(const struct vici_message *message, const char *key, int base, uint32_t *ret)
{
	char text[24], *end;
	unsigned long long number;

	if (!vici_find(message, key, text, sizeof(text)) ||
	    !((text[0] >= '0' && text[0] <= '9') ||
	      (base == 16 &&
	       ((text[0] >= 'a' && text[0] <= 'f') || (text[0] >= 'A' && text[0] <= 'F')))))
		return false;
	errno = 0;
	number = strtoull(text, &end, base);
	if (*end || errno || number > UINT32_MAX)
		return false;
	*ret = (uint32_t)number;
	return true;
}

bool vici_find_section(const struct vici_message *message, const char *name,
                       struct vici_message *ret)
{
	struct vici_element element;
	struct vici_reader r;

	return find(&r, message, VICI_SECTION_START, name, &element) && vici_skip(&r, ret);
}

bool vici_find_item(const struct vici_message *message, const char *name, char *ret, size_t size)
{
	struct vici_element element;
	struct vici_reader r;

	ret[0] = '\0';
	if (!find(&r, message, VICI_LIST_START, name, &element) || vici_read(&r, &element) ||
	    element.type != VICI_LIST_ITEM)
		return false;
	copy_text(&element, ret, size);
	return true;
}
