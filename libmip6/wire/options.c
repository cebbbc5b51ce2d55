// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mobility options: one table row per option, and the two loops that walk it.
 *
 * RFC 6275 section 6.2 (format, padding, order), RFC 4283 (MN-ID), RFC 4285 (authentication,
 * message identifier), RFC 5094 (vendor-specific), RFC 5096 (experimental), RFC 5847 section 3.4
 * (restart counter). No state. The meaning of an option in a given message is left to the cores;
 * what is decided here is form: length, order, repetition.
 */
#include "wire/options.h"

/* Octets in front of the content of an option, and in front of the data of an RFC 4285 one. */
#define OPTION_HEADER 2
#define AUTH_HEADER 5

enum option_result {
	OPTION_TAKEN,
	OPTION_SKIPPED, /* well-formed but not for us: recorded like an unknown one */
	OPTION_BAD,
};

/* What a second option of one row means. */
enum option_repeat {
	REPEAT_BAD,
	REPEAT_SKIP, /* allowed; the first counts */
	REPEAT_TELL, /* recorded, and the core refuses the message */
};

struct option_row {
	uint8_t type;
	uint8_t subtype;  /* not 0: only content that starts with it, and has a length in range */
	uint8_t min, max; /* octets of content */
	uint8_t unit, remainder; /* alignment: the type octet is at unit * n + remainder */
	enum option_repeat repeat;
	uint32_t has; /* enum mip6_has */
	/* r holds the content, whose length is in range. */
	enum option_result (*read)(struct mip6_reader *r, struct mip6_options *o);
	/* Content only; out of range: set w->failed. */
	void (*write)(struct mip6_writer *w, const struct mip6_options *o);
};

static enum option_result read_refresh_advice(struct mip6_reader *r, struct mip6_options *o)
{
	o->refresh_interval_s4 = mip6_reader_u16(r);
	return OPTION_TAKEN;
}

static void write_refresh_advice(struct mip6_writer *w, const struct mip6_options *o)
{
	mip6_writer_u16(w, o->refresh_interval_s4);
}

static enum option_result read_alt_coa(struct mip6_reader *r, struct mip6_options *o)
{
	mip6_reader_addr(r, &o->alt_coa);
	return OPTION_TAKEN;
}

static void write_alt_coa(struct mip6_writer *w, const struct mip6_options *o)
{
	mip6_writer_addr(w, &o->alt_coa);
}

static enum option_result read_nonce_indices(struct mip6_reader *r, struct mip6_options *o)
{
	o->home_nonce = mip6_reader_u16(r);
	o->coa_nonce = mip6_reader_u16(r);
	return OPTION_TAKEN;
}

static void write_nonce_indices(struct mip6_writer *w, const struct mip6_options *o)
{
	mip6_writer_u16(w, o->home_nonce);
	mip6_writer_u16(w, o->coa_nonce);
}

static enum option_result read_binding_auth(struct mip6_reader *r, struct mip6_options *o)
{
	mip6_reader_bytes(r, o->binding_auth, sizeof(o->binding_auth));
	return OPTION_TAKEN;
}

static void write_binding_auth(struct mip6_writer *w, const struct mip6_options *o)
{
	mip6_writer_bytes(w, o->binding_auth, sizeof(o->binding_auth));
}

/* An NAI has no NUL (RFC 7542 section 2.2): one would let two identities compare equal as text. */
static bool mn_id_is_valid(uint8_t subtype, const char *id, size_t len)
{
	return len > 0 && len <= MIP6_NAI_MAX &&
	       (subtype != MIP6_MN_ID_NAI || memchr(id, 0, len) == NULL);
}

static enum option_result read_mn_id(struct mip6_reader *r, struct mip6_options *o)
{
	o->mn_id_subtype = mip6_reader_u8(r);
	o->mn_id_len = (uint8_t)mip6_reader_left(r);
	mip6_reader_bytes(r, o->mn_id, o->mn_id_len);
	o->mn_id[o->mn_id_len] = '\0';
	return mn_id_is_valid(o->mn_id_subtype, o->mn_id, o->mn_id_len) ? OPTION_TAKEN : OPTION_BAD;
}

static void write_mn_id(struct mip6_writer *w, const struct mip6_options *o)
{
	if (!mn_id_is_valid(o->mn_id_subtype, o->mn_id, o->mn_id_len)) {
		w->failed = true;
		return;
	}
	mip6_writer_u8(w, o->mn_id_subtype);
	mip6_writer_bytes(w, o->mn_id, o->mn_id_len);
}

/*
 * RFC 4285 section 5: one option of a subtype; MN-HA before MN-AAA, else the message MUST be
 * discarded.
 */
static enum option_result read_auth(struct mip6_reader *r, struct mip6_options *o)
{
	if (o->has & MIP6_HAS_AAA)
		return OPTION_BAD;
	mip6_reader_skip(r, 1); /* the subtype, which chose this row */
	o->auth_spi = mip6_reader_u32(r);
	o->auth_len = (uint8_t)mip6_reader_left(r);
	mip6_reader_bytes(r, o->auth_data, o->auth_len);
	return OPTION_TAKEN;
}

static void write_auth(struct mip6_writer *w, const struct mip6_options *o)
{
	if (o->auth_len > sizeof(o->auth_data)) {
		w->failed = true;
		return;
	}
	mip6_writer_u8(w, MIP6_AUTH_MN_HA);
	mip6_writer_u32(w, o->auth_spi);
	mip6_writer_bytes(w, o->auth_data, o->auth_len);
}

static enum option_result read_aaa(struct mip6_reader *r, struct mip6_options *o)
{
	mip6_reader_skip(r, 1);
	o->aaa_spi = mip6_reader_u32(r);
	o->aaa_len = (uint8_t)mip6_reader_left(r);
	mip6_reader_bytes(r, o->aaa_data, o->aaa_len);
	return OPTION_TAKEN;
}

static void write_aaa(struct mip6_writer *w, const struct mip6_options *o)
{
	if (o->aaa_len > sizeof(o->aaa_data)) {
		w->failed = true;
		return;
	}
	mip6_writer_u8(w, MIP6_AUTH_MN_AAA);
	mip6_writer_u32(w, o->aaa_spi);
	mip6_writer_bytes(w, o->aaa_data, o->aaa_len);
}

/* Another subtype, which is none of ours. */
static enum option_result read_auth_other(struct mip6_reader *r, struct mip6_options *o)
{
	(void)r;
	(void)o;
	return OPTION_SKIPPED;
}

static enum option_result read_mesg_id(struct mip6_reader *r, struct mip6_options *o)
{
	o->mesg_id = mip6_reader_u64(r);
	return OPTION_TAKEN;
}

static void write_mesg_id(struct mip6_writer *w, const struct mip6_options *o)
{
	mip6_writer_u64(w, o->mesg_id);
}

static enum option_result read_anchor(struct mip6_reader *r, struct mip6_options *o)
{
	mip6_reader_skip(r, 2); /* subtype, which chose this row, and a reserved octet */
	mip6_reader_addr(r, &o->anchor);
	return OPTION_TAKEN;
}

static void write_anchor(struct mip6_writer *w, const struct mip6_options *o)
{
	mip6_writer_u8(w, MIP6_EXPERIMENTAL_ANCHOR);
	mip6_writer_u8(w, 0);
	mip6_writer_addr(w, &o->anchor);
}

static enum option_result read_experimental(struct mip6_reader *r, struct mip6_options *o)
{
	size_t len = mip6_reader_left(r);

	if (len > sizeof(o->experimental))
		return OPTION_SKIPPED;
	o->experimental_len = (uint8_t)len;
	mip6_reader_bytes(r, o->experimental, len);
	return OPTION_TAKEN;
}

/* Content of an Anchoring D-GW option: subtype, reserved octet, address. */
#define ANCHOR_LEN 18

static void write_experimental(struct mip6_writer *w, const struct mip6_options *o)
{
	/* What would be read as an Anchoring D-GW option must be said by MIP6_HAS_ANCHOR. */
	if (o->experimental_len > sizeof(o->experimental) ||
	    (o->experimental_len > 0 && o->experimental[0] == MIP6_EXPERIMENTAL_ANCHOR)) {
		w->failed = true;
		return;
	}
	mip6_writer_bytes(w, o->experimental, o->experimental_len);
}

static enum option_result read_vendor(struct mip6_reader *r, struct mip6_options *o)
{
	size_t len = mip6_reader_left(r) - 5;

	if (len > sizeof(o->vendor))
		return OPTION_SKIPPED;
	o->vendor_id = mip6_reader_u32(r);
	o->vendor_subtype = mip6_reader_u8(r);
	o->vendor_len = (uint8_t)len;
	mip6_reader_bytes(r, o->vendor, len);
	return OPTION_TAKEN;
}

static void write_vendor(struct mip6_writer *w, const struct mip6_options *o)
{
	if (o->vendor_len > sizeof(o->vendor)) {
		w->failed = true;
		return;
	}
	mip6_writer_u32(w, o->vendor_id);
	mip6_writer_u8(w, o->vendor_subtype);
	mip6_writer_bytes(w, o->vendor, o->vendor_len);
}

static enum option_result read_restart_counter(struct mip6_reader *r, struct mip6_options *o)
{
	o->restart_counter = mip6_reader_u32(r);
	return OPTION_TAKEN;
}

static void write_restart_counter(struct mip6_writer *w, const struct mip6_options *o)
{
	mip6_writer_u32(w, o->restart_counter);
}

/*
 * In the order in which they are written: by type, but the RFC 4285 option after all that it covers
 * (section 5.1) and the binding authorisation data at the very end (RFC 6275 section 6.2).
 */
/* clang-format off */
static const struct option_row rows[] = {
	{MIP6_OPT_REFRESH_ADVICE, 0, 2, 2, 2, 0, REPEAT_BAD, MIP6_HAS_REFRESH_ADVICE,
	 read_refresh_advice, write_refresh_advice},
	{MIP6_OPT_ALT_COA, 0, 16, 16, 8, 6, REPEAT_BAD, MIP6_HAS_ALT_COA,
	 read_alt_coa, write_alt_coa},
	{MIP6_OPT_NONCE_INDICES, 0, 4, 4, 2, 0, REPEAT_BAD, MIP6_HAS_NONCE_INDICES,
	 read_nonce_indices, write_nonce_indices},
	{MIP6_OPT_MN_ID, 0, 2, MIP6_NAI_MAX + 1, 1, 0, REPEAT_BAD, MIP6_HAS_MN_ID,
	 read_mn_id, write_mn_id},
	{MIP6_OPT_MESG_ID, 0, 8, 8, 8, 2, REPEAT_BAD, MIP6_HAS_MESG_ID,
	 read_mesg_id, write_mesg_id},
	{MIP6_OPT_EXPERIMENTAL, MIP6_EXPERIMENTAL_ANCHOR, ANCHOR_LEN, ANCHOR_LEN, 8, 4, REPEAT_TELL,
	 MIP6_HAS_ANCHOR, read_anchor, write_anchor},
	{MIP6_OPT_EXPERIMENTAL, 0, 0, 255, 1, 0, REPEAT_SKIP, MIP6_HAS_EXPERIMENTAL,
	 read_experimental, write_experimental},
	/* RFC 5094 section 3 allows several. */
	{MIP6_OPT_VENDOR, 0, 5, 255, 4, 2, REPEAT_SKIP, MIP6_HAS_VENDOR,
	 read_vendor, write_vendor},
	{MIP6_OPT_RESTART_COUNTER, 0, 4, 4, 4, 2, REPEAT_BAD, MIP6_HAS_RESTART_COUNTER,
	 read_restart_counter, write_restart_counter},
	{MIP6_OPT_AUTH, MIP6_AUTH_MN_HA, AUTH_HEADER, AUTH_HEADER + MIP6_AUTH_DATA_MAX, 4, 1,
	 REPEAT_BAD, MIP6_HAS_AUTH, read_auth, write_auth},
	{MIP6_OPT_AUTH, MIP6_AUTH_MN_AAA, AUTH_HEADER, AUTH_HEADER + MIP6_AUTH_DATA_MAX, 4, 1,
	 REPEAT_BAD, MIP6_HAS_AAA, read_aaa, write_aaa},
	/* Never written: it stands for no member. */
	{MIP6_OPT_AUTH, 0, AUTH_HEADER, AUTH_HEADER + MIP6_AUTH_DATA_MAX, 4, 1, REPEAT_SKIP, 0,
	 read_auth_other, NULL},
	{MIP6_OPT_BINDING_AUTH, 0, 12, 12, 8, 2, REPEAT_BAD, MIP6_HAS_BINDING_AUTH,
	 read_binding_auth, write_binding_auth},
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct option_row *find_row(uint8_t type, const uint8_t *content, size_t len)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *row = &rows[i];

		if (row->type != type)
			continue;
		if (row->subtype &&
		    (len < row->min || len > row->max || content[0] != row->subtype))
			continue;
		return row;
	}
	return NULL;
}

static void record_skipped(struct mip6_options *o, uint8_t type, size_t len, size_t offset)
{
	if (o->unknown_total < MIP6_UNKNOWN_MAX) {
		o->unknown[o->unknown_total].type = type;
		o->unknown[o->unknown_total].len = (uint8_t)len;
		o->unknown[o->unknown_total].offset = (uint16_t)offset;
	}
	o->unknown_total++;
}

/* One option other than padding; content at offset start + 2. */
static enum mip6_decode read_option(uint8_t type, const uint8_t *content, size_t len, size_t start,
                                    struct mip6_options *o, size_t *ret_offset)
{
	const struct option_row *row = find_row(type, content, len);
	enum option_result result;
	struct mip6_reader r;

	*ret_offset = start;
	/*
	 * RFC 4285 sections 5.1 and 5.2: the authentication options are the last. Options behind it
	 * would be acted upon without being authenticated.
	 */
	if ((o->has & (MIP6_HAS_AUTH | MIP6_HAS_AAA)) && type != MIP6_OPT_AUTH &&
	    type != MIP6_OPT_BINDING_AUTH)
		return MIP6_DECODE_BAD_OPTION;
	/* Its subtype says what it should be; exactly one, of one length (docs/protocol.md). */
	if (type == MIP6_OPT_EXPERIMENTAL && len > 0 && len != ANCHOR_LEN &&
	    content[0] == MIP6_EXPERIMENTAL_ANCHOR) {
		o->has |= MIP6_HAS_ANCHOR_BAD;
		record_skipped(o, type, len, start);
		return MIP6_DECODE_OK;
	}
	if (!row) {
		/* RFC 6275 section 6.2.1: quietly ignore and skip over. */
		record_skipped(o, type, len, start);
		return MIP6_DECODE_OK;
	}
	if (len < row->min || len > row->max) {
		*ret_offset = start + 1;
		return MIP6_DECODE_BAD_OPTION;
	}
	if ((o->has & row->has) && row->repeat == REPEAT_BAD)
		return MIP6_DECODE_BAD_OPTION;
	if ((o->has & row->has) && (row->repeat == REPEAT_SKIP || row->repeat == REPEAT_TELL)) {
		if (row->repeat == REPEAT_TELL)
			o->has |= MIP6_HAS_ANCHOR_BAD;
		record_skipped(o, type, len, start);
		return MIP6_DECODE_OK;
	}

	mip6_reader_init(&r, content, len);
	result = row->read(&r, o);
	if (result == OPTION_BAD)
		return MIP6_DECODE_BAD_OPTION;
	if (result == OPTION_SKIPPED) {
		record_skipped(o, type, len, start);
		return MIP6_DECODE_OK;
	}
	o->has |= row->has;
	if (row->has == MIP6_HAS_AUTH)
		o->auth_offset = (uint16_t)(start + OPTION_HEADER + AUTH_HEADER);
	if (row->has == MIP6_HAS_AAA)
		o->aaa_offset = (uint16_t)(start + OPTION_HEADER + AUTH_HEADER);
	return MIP6_DECODE_OK;
}

enum mip6_decode mip6_options_read(struct mip6_reader *r, struct mip6_options *ret,
                                   size_t *ret_offset)
{
	while (mip6_reader_left(r) > 0) {
		size_t start = r->pos;
		uint8_t type = mip6_reader_u8(r);
		const uint8_t *content;
		enum mip6_decode result;
		size_t len;

		/* RFC 6275 section 6.2: binding authorisation data has nothing behind it. */
		if (ret->has & MIP6_HAS_BINDING_AUTH) {
			*ret_offset = start;
			return MIP6_DECODE_BAD_OPTION;
		}
		if (type == MIP6_OPT_PAD1)
			continue;
		len = mip6_reader_u8(r);
		content = mip6_reader_view(r, len);
		if (!content) {
			/* Point at an octet that is there: a type at the end has no length. */
			*ret_offset = start + 1 < r->len ? start + 1 : start;
			return MIP6_DECODE_TRUNCATED;
		}
		if (type == MIP6_OPT_PADN)
			continue; /* its content MUST be ignored (RFC 6275 section 6.2.3) */
		result = read_option(type, content, len, start, ret, ret_offset);
		if (result != MIP6_DECODE_OK)
			return result;
	}
	return MIP6_DECODE_OK;
}

/* Padding up to the next position of unit * n + remainder (RFC 6275 sections 6.2.2 and 6.2.3). */
static void write_padding(struct mip6_writer *w, size_t unit, size_t remainder)
{
	size_t n = (remainder + unit - w->pos % unit) % unit;

	if (n == 1) {
		mip6_writer_u8(w, MIP6_OPT_PAD1);
	} else if (n > 1) {
		mip6_writer_u8(w, MIP6_OPT_PADN);
		mip6_writer_u8(w, (uint8_t)(n - OPTION_HEADER));
		mip6_writer_zero(w, n - OPTION_HEADER);
	}
}

size_t mip6_options_write(struct mip6_writer *w, const struct mip6_options *o)
{
	size_t auth_offset = 0;

	for (size_t i = 0; i < ROWS; i++) {
		const struct option_row *row = &rows[i];
		size_t start;

		if (!(o->has & row->has))
			continue;
		write_padding(w, row->unit, row->remainder);
		start = w->pos;
		mip6_writer_u8(w, row->type);
		mip6_writer_u8(w, 0);
		row->write(w, o);
		if (w->failed)
			return 0;
		mip6_writer_patch_u8(w, start + 1, (uint8_t)(w->pos - start - OPTION_HEADER));
		if (row->has == MIP6_HAS_AUTH)
			auth_offset = start + OPTION_HEADER + AUTH_HEADER;
	}
	write_padding(w, 8, 0);
	return auth_offset;
}
