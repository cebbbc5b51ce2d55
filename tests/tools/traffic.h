/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two ends of the traffic tool share: the small poll loop, the log of received packets,
 * and the formats on the wire. Both ends are this program on one machine, so everything is in host
 * order, and times are CLOCK_MONOTONIC, which all network namespaces share.
 */
#ifndef TRAFFIC_H
#define TRAFFIC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stamp.h"

#define TRAFFIC_MAGIC 0x4d495036u
#define TRAFFIC_DATAGRAM_MAX 1400
#define TRAFFIC_LINE_LEN 32 /* "SEQ TIME …\n", padded with spaces */
#define TRAFFIC_CHUNK_MAX 65536

/* One record for each thing received (or, for *_END, counted); read by mip6net/traffic.py. */
enum record_kind {
	RECORD_UDP = 1,  /* datagram: seq, tx_ns of the sender */
	RECORD_ECHO = 2, /* client: line came back */
	RECORD_LINE = 3, /* server: line arrived */
	RECORD_BULK = 4, /* client: data arrived; tx_ns holds the octets so far */
};

struct record {
	uint64_t rx_ns;
	uint64_t tx_ns;
	uint32_t seq;
	uint16_t flow;
	uint16_t kind; /* enum record_kind */
};

enum datagram_type {
	DATAGRAM_DATA,
	DATAGRAM_BYE,     /* client: I stop; asks for the counts */
	DATAGRAM_BYE_ACK, /* server: I stopped; seq: datagrams sent, count: received */
};

struct datagram {
	uint32_t magic;
	uint16_t flow;
	uint16_t type; /* enum datagram_type */
	uint32_t seq;
	uint32_t count;
	uint32_t interval_us; /* client: the server shall send at this interval; 0: not at all */
	uint32_t size;        /* client: in datagrams of this size */
	uint64_t tx_ns;
};

/* Bulk data comes in frames: this header, then len octets; len 0: the end, sum is the checksum. */
struct frame {
	uint32_t len;
	uint32_t reserved;
	uint64_t sum;
};

/* A pseudo-random content that both ends make from its seed, and its checksum (FNV-1a, 64 bits). */
struct content {
	uint64_t state;
	uint64_t sum;
};

/* Something with a file descriptor or a time. fd -1: none; due_ns INT64_MAX: none. */
struct source {
	int fd;
	short events;
	int64_t due_ns;
	void (*ready)(struct source *source, short revents);
	void (*due)(struct source *source, int64_t now);
	bool dead; /* freed at the end of the turn by release() */
	void (*release)(struct source *source);
};

void loop_add(struct source *source);
/* Runs until loop_stop(). */
void loop_run(void);
void loop_stop(void);

/* path NULL: no log. Exits on failure. */
void record_open(const char *path);
void record_write(enum record_kind kind, uint32_t flow, uint32_t seq, uint64_t tx_ns,
                  int64_t rx_ns);
void record_flush(void);

void content_init(struct content *content, uint32_t seed);
void content_fill(struct content *content, uint8_t *data, size_t len);
/* Compare what came with what must come next; false: differs. */
bool content_check(struct content *content, const uint8_t *data, size_t len);

int server_main(int argc, char **argv);
int client_main(int argc, char **argv);

#endif
