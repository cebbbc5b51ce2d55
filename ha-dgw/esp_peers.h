/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Mobility Headers between this gateway and others inside ESP, with static keys, in either role. */
#ifndef DGW_ESP_PEERS_H
#define DGW_ESP_PEERS_H

#include <stdbool.h>

struct dgwd;

/* 0, or a negative errno after an error line; nothing to do without "gateways" in the keys file. */
int esp_peers_open(struct dgwd *d);
/* The keys or our address are others than before. */
void esp_peers_configure(struct dgwd *d);
void esp_peers_close(struct dgwd *d, bool keep);

#endif
