/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The other side of io/radius_packet.h: what a RADIUS server makes. */
#ifndef TESTS_COMMON_RADIUS_H
#define TESTS_COMMON_RADIUS_H

#include <stddef.h>
#include <stdint.h>

#define TEST_RADIUS_ACCEPT 2
#define TEST_RADIUS_REJECT 3

/*
 * An answer with these attributes behind its Message-Authenticator, both authenticators right.
 * data has room for 38 octets more than attributes. Returns its length.
 */
size_t test_radius_answer(uint8_t code, uint8_t id, const uint8_t request_authenticator[16],
                          const char *secret, const uint8_t *attributes, size_t len, uint8_t *data);
/* The attribute 3GPP2-MN-HA-Shared-Key, of at most 64 octets of key. data has room for 96. */
size_t test_radius_key(const uint8_t request_authenticator[16], const char *secret,
                       const uint8_t *key, uint8_t key_len, uint8_t *data);

#endif
