/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Messages of VICI, the control protocol of strongSwan's charon: a tree of sections, key/value
 * pairs and lists of values, as a sequence of elements. Names are 1 to 255 octets, values up to
 * 65,535, text by convention. No allocation: a writer into the caller's buffer, a reader over the
 * octets received.
 */
#ifndef MIP6_IO_VICI_MESSAGE_H
#define MIP6_IO_VICI_MESSAGE_H

#include <mip6/wire.h>

/* Octets of elements. Borrowed. An empty message is allowed. */
struct vici_message {
	const uint8_t *data;
	size_t len;
};

/* A failure (no space, a bad name, elements out of place) sticks; check vici_writer_end(). */
struct vici_writer {
	uint8_t *data;
	size_t cap;
	size_t len;
	unsigned int depth;
	bool in_list;
	bool failed;
};

#define VICI_DEPTH_MAX 16

void vici_writer_init(struct vici_writer *w, void *data, size_t cap);
void vici_section(struct vici_writer *w, const char *name);
void vici_section_end(struct vici_writer *w);
void vici_value(struct vici_writer *w, const char *key, const void *value, size_t len);
void vici_text(struct vici_writer *w, const char *key, const char *text);
void vici_number(struct vici_writer *w, const char *key, uint32_t number);
void vici_list(struct vici_writer *w, const char *name);
void vici_item(struct vici_writer *w, const char *text);
void vici_list_end(struct vici_writer *w);
/* A list of one: key = [text]. */
void vici_list_of(struct vici_writer *w, const char *name, const char *text);
/* 0 and the message, which borrows the buffer; -EMSGSIZE: no space; -EINVAL: not well-formed. */
int vici_writer_end(const struct vici_writer *w, struct vici_message *ret);

enum vici_type {
	VICI_END = 0, /* of the message; not on the wire */
	VICI_SECTION_START = 1,
	VICI_SECTION_END = 2,
	VICI_KEY_VALUE = 3,
	VICI_LIST_START = 4,
	VICI_LIST_ITEM = 5,
	VICI_LIST_END = 6,
};

struct vici_element {
	enum vici_type type;
	unsigned int
		depth;  /* number of sections around it; around the section, for start and end */
	char name[256]; /* of SECTION_START, KEY_VALUE, LIST_START; else "" */
	const uint8_t *value; /* of KEY_VALUE and LIST_ITEM; borrows the message */
	size_t value_len;
};

struct vici_reader {
	struct mip6_reader octets;
	unsigned int depth;
	bool in_list;
};

void vici_reader_init(struct vici_reader *r, const struct vici_message *message);
/*
 * The next element: 0; with type VICI_END after the last one. -EBADMSG when the message is cut
 * short, nested wrongly or deeper than VICI_DEPTH_MAX, or a name is empty or has an octet that is
 * NUL; it stays so.
 */
int vici_read(struct vici_reader *r, struct vici_element *ret);
/* 0 or -EBADMSG: the whole of it. What has passed may be read without looking at errors. */
int vici_check(const struct vici_message *message);
/*
 * Read on to the end of the section that was just started (ret_section: what is in it, may be
 * NULL). False at the end of a message that is cut short.
 */
bool vici_skip(struct vici_reader *r, struct vici_message *ret_section);
/*
 * The value of a key in the outermost section as text in ret (cut to size - 1 octets; an octet that
 * is not printable ASCII becomes '?'). False, and ret "", when it is not there.
 */
bool vici_find(const struct vici_message *message, const char *key, char *ret, size_t size);
/* The same of a number, decimal or with base 16; false also when it is not one. */
bool vici_find_number(const struct vici_message *message, const char *key, int base, uint32_t *ret);
/* The section of that name in the outermost section. */
bool vici_find_section(const struct vici_message *message, const char *name,
                       struct vici_message *ret);
/* The first item of a list in the outermost section, as vici_find(). */
bool vici_find_item(const struct vici_message *message, const char *name, char *ret, size_t size);

#endif
