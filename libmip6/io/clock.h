/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The clocks and random numbers of the daemons. */
#ifndef MIP6_IO_CLOCK_H
#define MIP6_IO_CLOCK_H

#include <mip6/base.h>

/* CLOCK_MONOTONIC in microseconds, the time base of bpf_ktime_get_ns(). */
mip6_time clock_monotonic(void);
/* CLOCK_REALTIME, microseconds since 1970. */
int64_t clock_unix_us(void);
/* getrandom(2); blocks only before the kernel's generator is seeded, at boot. */
uint32_t clock_random(void);

#endif
