/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the D-GW remembers besides bindings: leases of unique prefixes, kernel settings that it
 * changed, and the restart counter (RFC 5847).
 */
#ifndef DGW_RECORDS_H
#define DGW_RECORDS_H

#include "pool.h"
#include "sysctls.h"

struct records;

/* 0, -ENOMEM or -ENAMETOOLONG. What is wrong with the file is logged; then nothing is remembered.
 */
int records_open(struct records **ret, const char *path);
/* Writes what is unsaved. NULL is allowed. */
void records_close(struct records *records);

void records_walk_leases(struct records *records,
                         void (*each)(void *ctx, const struct pool_key *key,
                                      const struct mip6_prefix *prefix,
                                      const struct mip6_addr *link_local),
                         void *ctx);
void records_save_lease(struct records *records, const struct pool_lease *lease);
void records_forget_lease(struct records *records, const struct mip6_prefix *prefix);

/* 0: never saved. */
uint32_t records_restart_counter(struct records *records);
void records_set_restart_counter(struct records *records, uint32_t counter);
/* Settings that a run which did not end by itself had changed. */
void records_load_sysctls(struct records *records, struct sysctls *sysctls);
void records_save_sysctls(struct records *records, const struct sysctls *sysctls);

/* Make what was saved in this turn of the loop last. Cheap when there is nothing. */
void records_flush(struct records *records);
/*
 * After a failure, at most each second: try to open the file again. True: it works again, but is
 * empty, and everything is to be saved once more.
 */
bool records_retry(struct records *records, mip6_time now);
/* NULL, or what is wrong with the file. */
const char *records_problem(const struct records *records);

#endif
