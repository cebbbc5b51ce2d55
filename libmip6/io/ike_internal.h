/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between ike.c and ike_message.c. */
#ifndef MIP6_IO_IKE_INTERNAL_H
#define MIP6_IO_IKE_INTERNAL_H

#include "io/ike.h"
#include "io/vici.h"

#define IKE_NAME_SIZE 16 /* "mip6-6d012345" */
#define IKE_MESSAGE_MAX (192 * 1024)
#define IKE_CHILD "mh"

/* What charon must know of one peer. */
struct ike_connection {
	char name[IKE_NAME_SIZE];
	uint32_t reqid;
	bool gateway;
	bool mobike;
	char local_id[MIP6_NAI_MAX + 1];
	char remote_id[MIP6_NAI_MAX + 1];
	struct mip6_addr coa;    /* WTRU: local address of IKE */
	struct mip6_addr hoa;    /* WTRU */
	struct mip6_addr anchor; /* the home agent */
	const struct mip6_prefix *prefixes;
	size_t prefix_count;
	const struct ike_credentials *credentials; /* NULL: pre-shared key */
};

/* One child SA as charon tells it. */
struct ike_child {
	char connection[IKE_NAME_SIZE];
	uint32_t reqid;
	uint32_t ike_id;                /* charon's number of the IKE SA */
	struct mip6_addr local, remote; /* traffic selectors, one address each */
	bool installed;
};

void ike_connection_name(char ret[IKE_NAME_SIZE], uint32_t reqid);
/* Each writes the message of a command of that name. */
void ike_write_connection(struct vici_writer *w, const struct ike_connection *connection);
void ike_write_secret(struct vici_writer *w, const struct ike_connection *connection,
                      const uint8_t *key, size_t key_len);
void ike_write_initiate(struct vici_writer *w, const char *name);
/* Without waiting for the other end. ike_id 0: all of that connection. */
void ike_write_terminate(struct vici_writer *w, const char *name, uint32_t ike_id);
/*
 * The children in a list-sa or child-updown event, of connections of ours, one after the other;
 * those that are not for one address on both sides are left out.
 */
void ike_read_children(const struct vici_message *event,
                       void (*each)(void *ctx, const struct ike_child *child), void *ctx);

#endif
