// SPDX-License-Identifier: LGPL-2.1-or-later
/* The clocks and random numbers of the daemons: the only place that asks the kernel for them. */
#include "io/clock.h"

#include <sys/random.h>
#include <time.h>

static int64_t clock_us(clockid_t id)
{
	struct timespec ts;

	/* Cannot fail for these two clocks with a valid pointer. */
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

mip6_time clock_monotonic(void)
{
	return clock_us(CLOCK_MONOTONIC);
}

int64_t clock_unix_us(void)
{
	return clock_us(CLOCK_REALTIME);
}

uint32_t clock_random(void)
{
	uint32_t value;

	/* Up to 256 octets come whole; only a signal while the generator is unseeded interrupts. */
	while (getrandom(&value, sizeof(value), 0) != (ssize_t)sizeof(value))
		;
	return value;
}
