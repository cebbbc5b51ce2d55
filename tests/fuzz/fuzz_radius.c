// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Answers of a RADIUS server: the octets as they are, which are never authentic; and as the
 * attributes of an authentic answer, whose code is the first octet. A key that comes out keeps its
 * bounds, and only an Access-Accept has one.
 */
#include <string.h>

#include "../common/radius.h"
#include "fuzz.h"
#include "io/radius_packet.h"

#define SECRET "a secret of the fuzzer"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct radius_request request = {.id = 7, .nai = "a@b"};
	struct radius_answer answer = {.key_len = 0};
	uint8_t packet[RADIUS_PACKET_MAX];
	enum radius_result result = radius_decode(&request, "another secret", data, len, &answer);
	size_t packet_len;

	FUZZ_CHECK(result == RADIUS_BAD_FORM || result == RADIUS_NOT_AUTHENTIC);
	if (len < 1 || len > RADIUS_PACKET_MAX - 38)
		return 0;
	packet_len = test_radius_answer(data[0], request.id, request.authenticator, SECRET,
	                                data + 1, len - 1, packet);
	result = radius_decode(&request, SECRET, packet, packet_len, &answer);
	FUZZ_CHECK(result != RADIUS_NOT_AUTHENTIC);
	if (result == RADIUS_ACCEPT) {
		FUZZ_CHECK(data[0] == TEST_RADIUS_ACCEPT);
		FUZZ_CHECK(answer.key_len <= sizeof(answer.key));
	} else {
		FUZZ_CHECK(answer.key_len == 0 && answer.lifetime_s == 0);
	}
	return 0;
}
