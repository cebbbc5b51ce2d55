// SPDX-License-Identifier: LGPL-2.1-or-later
/* Addresses and prefixes as text (RFC 5952) and back. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "io/log.h"

#define TEXT_BUFFERS 8

static char *text_buffer(void)
{
	static char buffers[TEXT_BUFFERS][INET6_ADDRSTRLEN + 4];
	static unsigned int next;

	return buffers[next++ % TEXT_BUFFERS];
}

const char *addr_text(const struct mip6_addr *addr)
{
	char *text = text_buffer();

	inet_ntop(AF_INET6, addr->b, text, INET6_ADDRSTRLEN);
	return text;
}

const char *prefix_text(const struct mip6_prefix *prefix)
{
	char *text = text_buffer();
	size_t len;

	inet_ntop(AF_INET6, prefix->addr.b, text, INET6_ADDRSTRLEN);
	len = strlen(text);
	snprintf(text + len, INET6_ADDRSTRLEN + 4 - len, "/%u", prefix->len);
	return text;
}

int addr_parse(const char *text, struct mip6_addr *ret)
{
	struct mip6_addr addr;

	if (inet_pton(AF_INET6, text, addr.b) != 1)
		return -EINVAL;
	*ret = addr;
	return 0;
}

int prefix_parse(const char *text, struct mip6_prefix *ret)
{
	const char *slash = strchr(text, '/');
	char head[INET6_ADDRSTRLEN];
	struct mip6_prefix prefix;
	struct mip6_addr addr;
	unsigned int len = 128;

	if (slash == NULL)
		slash = text + strlen(text);
	if ((size_t)(slash - text) >= sizeof(head))
		return -EINVAL;
	memcpy(head, text, (size_t)(slash - text));
	head[slash - text] = '\0';
	if (addr_parse(head, &addr) < 0)
		return -EINVAL;
	if (*slash == '/') {
		const char *p = slash + 1;

		if (*p == '\0' || (*p == '0' && p[1] != '\0'))
			return -EINVAL;
		for (len = 0; *p != '\0'; p++) {
			if (*p < '0' || *p > '9')
				return -EINVAL;
			len = len * 10 + (unsigned int)(*p - '0');
			if (len > 128)
				return -EINVAL;
		}
	}
	prefix = mip6_prefix_make(&addr, (uint8_t)len);
	if (!mip6_addr_equal(&prefix.addr, &addr))
		return -EINVAL;
	*ret = prefix;
	return 0;
}
