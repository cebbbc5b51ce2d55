// SPDX-License-Identifier: LGPL-2.1-or-later
/* UTF-8 as RFC 3629 section 4 defines it: no overlong forms, no surrogates, nothing past U+10FFFF.
 */
#include "io/utf8.h"

#include <stdbool.h>
#include <stdint.h>

static bool utf8_tail(const uint8_t *p, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if ((p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

size_t utf8_length(const char *text, size_t len)
{
	const uint8_t *p = (const uint8_t *)text;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return len >= 2 && utf8_tail(p + 1, 1) ? 2 : 0;
	if ((p[0] & 0xf0) == 0xe0) {
		if (len < 3 || !utf8_tail(p + 1, 2) || (p[0] == 0xe0 && p[1] < 0xa0) ||
		    (p[0] == 0xed && p[1] > 0x9f))
			return 0;
		return 3;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		if (len < 4 || !utf8_tail(p + 1, 3) || (p[0] == 0xf0 && p[1] < 0x90) ||
		    (p[0] == 0xf4 && p[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}
