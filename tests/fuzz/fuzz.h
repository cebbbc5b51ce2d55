/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a fuzz target needs. It defines LLVMFuzzerTestOneInput(), returns 0, and states laws with
 * FUZZ_CHECK(). To add one, three lines in local.mk and a few seeds in corpus/NAME/.
 *
 * With --enable-fuzzers it is a libFuzzer program; otherwise replay.c is linked to it.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#define FUZZ_CHECK(condition)                                                                     \
	do {                                                                                      \
		if (!(condition)) {                                                               \
			fprintf(stderr, "%s:%d: violated: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                  \
		}                                                                                 \
	} while (0)

#endif
