// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Neighbour Discovery options: one table row per option, and the two loops that walk it.
 *
 * RFC 4861 section 4.6, RFC 6275 sections 7.2 to 7.4, RFC 8801 section 3.1 (PvD; its name in the
 * encoding of RFC 1035 section 3.1). No state. Options nested in a PvD option are not looked at.
 */
#include "wire/nd_options.h"

#define UNIT 8          /* option lengths count these */
#define OPTION_HEADER 2 /* type and length */

#define PIO_FLAGS (MIP6_PIO_L | MIP6_PIO_A | MIP6_PIO_R)
#define PVD_FLAGS (MIP6_PVD_H | MIP6_PVD_L)
#define PVD_DELAY 0x0f
#define LABEL_MAX 63

enum nd_option_type {
	ND_SOURCE_LLADDR = 1,
	ND_TARGET_LLADDR = 2,
	ND_PREFIX = 3,
	ND_MTU = 5,
	ND_INTERVAL = 7,
	ND_HOME_AGENT = 8,
	ND_PVD = 21,
};

struct nd_option_row {
	uint8_t type;
	uint8_t units; /* its length where that is fixed, else 0 */
	unsigned int allowed;
	/* r holds the content; what is ill-formed or repeated is left alone. */
	void (*read)(struct mip6_reader *r, struct mip6_nd_options *o);
	/* How many there are to write, and the content of number i; out of range: set w->failed. */
	size_t (*count)(const struct mip6_nd_options *o);
	void (*write)(struct mip6_writer *w, const struct mip6_nd_options *o, size_t i);
};

/* Link-layer addresses of 6 octets fill one unit; of two units we know only EUI-64 (RFC 4944). */
static void read_lladdr(struct mip6_reader *r, struct mip6_nd_options *o)
{
	size_t left = mip6_reader_left(r);

	if (o->lladdr_len || (left != 6 && left != 14))
		return;
	o->lladdr_len = left == 6 ? 6 : 8;
	mip6_reader_bytes(r, o->lladdr, o->lladdr_len);
}

static size_t count_lladdr(const struct mip6_nd_options *o)
{
	return o->lladdr_len != 0;
}

static void write_lladdr(struct mip6_writer *w, const struct mip6_nd_options *o, size_t i)
{
	(void)i;
	if (o->lladdr_len != 6 && o->lladdr_len != 8)
		w->failed = true;
	else
		mip6_writer_bytes(w, o->lladdr, o->lladdr_len);
}

static void read_prefix(struct mip6_reader *r, struct mip6_nd_options *o)
{
	struct mip6_pio pio;

	pio.len = mip6_reader_u8(r);
	pio.flags = mip6_reader_u8(r) & PIO_FLAGS;
	pio.valid_s = mip6_reader_u32(r);
	pio.preferred_s = mip6_reader_u32(r);
	mip6_reader_skip(r, 4);
	mip6_reader_addr(r, &pio.prefix);
	if (pio.len <= 128 && o->pio_count < MIP6_PIO_MAX)
		o->pio[o->pio_count++] = pio;
}

static size_t count_prefix(const struct mip6_nd_options *o)
{
	return o->pio_count;
}

static void write_prefix(struct mip6_writer *w, const struct mip6_nd_options *o, size_t i)
{
	const struct mip6_pio *pio;

	if (i >= MIP6_PIO_MAX || o->pio[i].len > 128) {
		w->failed = true;
		return;
	}
	pio = &o->pio[i];
	mip6_writer_u8(w, pio->len);
	mip6_writer_u8(w, pio->flags & PIO_FLAGS);
	mip6_writer_u32(w, pio->valid_s);
	mip6_writer_u32(w, pio->preferred_s);
	mip6_writer_u32(w, 0);
	mip6_writer_addr(w, &pio->prefix);
}

static void read_mtu(struct mip6_reader *r, struct mip6_nd_options *o)
{
	if (o->has_mtu)
		return;
	mip6_reader_skip(r, 2);
	o->mtu = mip6_reader_u32(r);
	o->has_mtu = true;
}

static size_t count_mtu(const struct mip6_nd_options *o)
{
	return o->has_mtu;
}

static void write_mtu(struct mip6_writer *w, const struct mip6_nd_options *o, size_t i)
{
	(void)i;
	mip6_writer_u16(w, 0);
	mip6_writer_u32(w, o->mtu);
}

static void read_interval(struct mip6_reader *r, struct mip6_nd_options *o)
{
	if (o->has_interval)
		return;
	mip6_reader_skip(r, 2);
	o->interval_ms = mip6_reader_u32(r);
	o->has_interval = true;
}

static size_t count_interval(const struct mip6_nd_options *o)
{
	return o->has_interval;
}

static void write_interval(struct mip6_writer *w, const struct mip6_nd_options *o, size_t i)
{
	(void)i;
	mip6_writer_u16(w, 0);
	mip6_writer_u32(w, o->interval_ms);
}

static void read_home_agent(struct mip6_reader *r, struct mip6_nd_options *o)
{
	if (o->has_home_agent)
		return;
	mip6_reader_skip(r, 2);
	o->home_agent_preference = mip6_reader_u16(r);
	o->home_agent_lifetime_s = mip6_reader_u16(r);
	o->has_home_agent = true;
}

static size_t count_home_agent(const struct mip6_nd_options *o)
{
	return o->has_home_agent;
}

static void write_home_agent(struct mip6_writer *w, const struct mip6_nd_options *o, size_t i)
{
	(void)i;
	mip6_writer_u16(w, 0);
	mip6_writer_u16(w, o->home_agent_preference);
	mip6_writer_u16(w, o->home_agent_lifetime_s);
}

/*
 * Letters, digits and hyphens (RFC 1035 section 2.3.1), and the underscore that is in use. Anything
 * else, the dot above all, would make two names on the wire one name in text.
 */
static bool is_name_char(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* A name in DNS encoding, uncompressed, at least one label; false when it is not one. */
static bool read_name(struct mip6_reader *r, char ret[MIP6_OPERATOR_MAX + 1])
{
	size_t at = 0;

	for (;;) {
		size_t len = mip6_reader_u8(r);
		const uint8_t *label = mip6_reader_view(r, len);

		if (!label || len > LABEL_MAX)
			return false;
		if (len == 0)
			break;
		if (at + (at > 0) + len > MIP6_OPERATOR_MAX)
			return false;
		if (at > 0)
			ret[at++] = '.';
		for (size_t i = 0; i < len; i++) {
			if (!is_name_char(label[i]))
				return false;
			ret[at++] = (char)label[i];
		}
	}
	ret[at] = '\0';
	return at > 0;
}

static void write_name(struct mip6_writer *w, const char *name)
{
	size_t len = 0;

	for (const char *p = name;; p += len + 1) {
		for (len = 0; is_name_char((uint8_t)p[len]); len++)
			;
		if (len == 0 || len > LABEL_MAX || (p[len] != '.' && p[len] != '\0')) {
			w->failed = true;
			return;
		}
		mip6_writer_u8(w, (uint8_t)len);
		mip6_writer_bytes(w, p, len);
		if (p[len] == '\0')
			break;
	}
	mip6_writer_u8(w, 0);
}

static void read_pvd(struct mip6_reader *r, struct mip6_nd_options *o)
{
	char name[MIP6_OPERATOR_MAX + 1];
	uint8_t flags, delay;
	uint16_t seq;

	if (o->has_pvd) /* all but the first MUST be ignored (RFC 8801 section 3.3) */
		return;
	flags = mip6_reader_u8(r) & PVD_FLAGS;
	delay = mip6_reader_u8(r) & PVD_DELAY;
	seq = mip6_reader_u16(r);
	if (!read_name(r, name))
		return;
	o->has_pvd = true;
	o->pvd_flags = flags;
	o->pvd_delay = delay;
	o->pvd_seq = seq;
	memcpy(o->pvd, name, strlen(name) + 1);
}

static size_t count_pvd(const struct mip6_nd_options *o)
{
	return o->has_pvd;
}

static void write_pvd(struct mip6_writer *w, const struct mip6_nd_options *o, size_t i)
{
	(void)i;
	if (o->pvd_delay > PVD_DELAY || !memchr(o->pvd, '\0', sizeof(o->pvd))) {
		w->failed = true;
		return;
	}
	mip6_writer_u8(w, o->pvd_flags & PVD_FLAGS);
	mip6_writer_u8(w, o->pvd_delay);
	mip6_writer_u16(w, o->pvd_seq);
	write_name(w, o->pvd);
}

/* clang-format off */
static const struct nd_option_row rows[] = {
	{ND_SOURCE_LLADDR, 0, MIP6_ND_SOURCE, read_lladdr, count_lladdr, write_lladdr},
	{ND_TARGET_LLADDR, 0, MIP6_ND_TARGET, read_lladdr, count_lladdr, write_lladdr},
	{ND_PREFIX, 4, MIP6_ND_PREFIX, read_prefix, count_prefix, write_prefix},
	{ND_MTU, 1, MIP6_ND_ROUTER, read_mtu, count_mtu, write_mtu},
	{ND_INTERVAL, 1, MIP6_ND_ROUTER, read_interval, count_interval, write_interval},
	{ND_HOME_AGENT, 1, MIP6_ND_ROUTER, read_home_agent, count_home_agent, write_home_agent},
	{ND_PVD, 0, MIP6_ND_ROUTER, read_pvd, count_pvd, write_pvd},
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

enum mip6_decode mip6_nd_options_read(struct mip6_reader *r, unsigned int allowed,
                                      struct mip6_nd_options *ret, size_t *ret_offset)
{
	while (mip6_reader_left(r) > 0) {
		size_t start = r->pos;
		uint8_t type = mip6_reader_u8(r);
		uint8_t units = mip6_reader_u8(r);
		struct mip6_reader content;

		*ret_offset = r->failed ? start : start + 1;
		if (r->failed)
			return MIP6_DECODE_TRUNCATED;
		/* All options have a length greater than zero (RFC 4861 sections 6.1, 7.1). */
		if (units == 0)
			return MIP6_DECODE_DISCARD;
		content = mip6_reader_sub(r, (size_t)units * UNIT - OPTION_HEADER);
		if (r->failed)
			return MIP6_DECODE_TRUNCATED;
		for (size_t i = 0; i < ROWS; i++) {
			const struct nd_option_row *row = &rows[i];

			if (row->type != type || !(row->allowed & allowed))
				continue;
			if (row->units && row->units != units)
				return MIP6_DECODE_BAD_OPTION;
			row->read(&content, ret);
			break;
		}
	}
	return MIP6_DECODE_OK;
}

void mip6_nd_options_write(struct mip6_writer *w, unsigned int allowed,
                           const struct mip6_nd_options *o)
{
	/* One member holds either link-layer address: the row that may write it does. */
	unsigned int lladdr = MIP6_ND_SOURCE | MIP6_ND_TARGET;

	for (size_t i = 0; i < ROWS; i++) {
		const struct nd_option_row *row = &rows[i];
		size_t count = row->count(o);

		if (!(row->allowed & allowed)) {
			if (count && (!(row->allowed & lladdr) || !(allowed & lladdr)))
				w->failed = true;
			continue;
		}
		for (size_t n = 0; n < count; n++) {
			size_t start = w->pos;

			mip6_writer_u8(w, row->type);
			mip6_writer_u8(w, 0);
			row->write(w, o, n);
			mip6_writer_zero(w, (UNIT - (w->pos - start) % UNIT) % UNIT);
			mip6_writer_patch_u8(w, start + 1, (uint8_t)((w->pos - start) / UNIT));
		}
	}
}
