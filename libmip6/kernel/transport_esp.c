// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mobility Headers, and Mobile Prefix Solicitations and Advertisements, inside ESP, by the kernel:
 * it knows Home Address option and type 2 routing header, which have to be outside of ESP (RFC 6275
 * sections 5.1, 5.4, 11.3.2), so that one security association from home address to home agent
 * serves every care-of address.
 *
 * What a socket may get and send is its own policy (xfrm.h): ESP with the reqid of WTRUs and home
 * agents, and a care-of state if there is one. So what comes here is protected, whatever else
 * happens to the host's policies, and nothing leaves in clear. Which home address, the selector of
 * the SA has said: a message with another one inside it is dropped by the kernel.
 *
 * A home agent accepts any Home Address option (a wildcard state): what counts is the SA behind it.
 * Everything else that has one is dropped by the kernel, because no policy asks for it. A WTRU adds
 * the option by a state of its own for each home address that is away; it needs it before the
 * message, and changes it with the care-of address.
 *
 * Owns the sockets, the wildcard state and the care-of states.
 */
#include "kernel/transport_esp.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "io/log.h"

#define PROTO_MH 135
#define RECEIVE_BUFFER (16 * 1024 * 1024)
#define RECEIVE_MAX 4096
#define CONTROL_MAX 1024
#define READS_PER_TURN 64
#define ROUTING_TYPE2 2
#define SEEN_MAX 64 /* more than are read in a turn */
#define CHANNELS 2

static const uint8_t protocols[CHANNELS] = {PROTO_MH, IPPROTO_ICMPV6};
static const struct mip6_addr unspecified;

/* A home address that is away (WTRU). */
struct care_of {
	struct mip6_addr hoa, home_agent, coa;
};

/* The start of a message is as good as its checksum, and its sequence number. */
struct seen {
	struct mip6_addr src, dst;
	size_t len; /* 0: free */
	uint8_t start[16];
};

/* What goes in and out with one protocol. */
struct channel {
	struct transport_esp *esp;
	uint8_t protocol;
	int fd;
	int send_fd;        /* of its own, because it is bound to a link at times */
	uint32_t out_reqid; /* of its policy */
	ev_io watcher;
};

struct transport_esp {
	struct ev_loop *loop;
	struct transport_esp_handler handler;
	struct xfrm *xfrm;
	bool home_agent;
	transport_reqid reqid; /* NULL: XFRM_REQID_NODE */
	void *reqid_ctx;
	uint32_t mark; /* of what has a Home Address option */
	struct channel channels[CHANNELS];
	size_t care_of_count, care_of_space;
	struct care_of *care_of;
	size_t seen_next;
	struct seen seen[SEEN_MAX];
};

/* As struct ip6_rthdr with a type 2 header behind it (RFC 6275 section 6.4.1). */
struct routing2 {
	uint8_t next_header, length, type, segments_left;
	uint32_t reserved;
	struct mip6_addr addr;
};

static enum xfrm_care_of wildcard_of(bool home_agent)
{
	return home_agent ? XFRM_CARE_OF_HAO : XFRM_CARE_OF_ROUTE2;
}

/* Receiving */

static struct seen make_seen(const struct mip6_packet *packet)
{
	struct seen seen = {.src = packet->src, .dst = packet->dst, .len = packet->mh_len};

	memcpy(seen.start, packet->mh,
	       packet->mh_len < sizeof(seen.start) ? packet->mh_len : sizeof(seen.start));
	return seen;
}

bool transport_esp_seen(struct transport_esp *esp, const struct mip6_packet *packet)
{
	struct seen this = make_seen(packet);

	for (size_t i = 0; i < SEEN_MAX; i++) {
		if (esp->seen[i].len != 0 && memcmp(&esp->seen[i], &this, sizeof(this)) == 0) {
			esp->seen[i].len = 0;
			return true;
		}
	}
	return false;
}

/*
 * The kernel has exchanged home and care-of address when it processed the header: what the header
 * has now is the care-of address.
 */
static bool take_header(struct mip6_packet *packet, uint8_t protocol, const uint8_t *data,
                        size_t len)
{
	struct mip6_packet outer;
	uint8_t next_header;
	size_t offset;

	if (mip6_packet_decode_headers(&packet->src, &packet->dst, protocol, data, len, &outer,
	                               &next_header, &offset) != MIP6_DECODE_OK)
		return false;
	if (outer.has_hao) {
		packet->has_hao = true;
		packet->hao = packet->src;
		packet->src = outer.hao;
	}
	if (outer.has_rh2) {
		packet->has_rh2 = true;
		packet->rh2 = packet->dst;
		packet->dst = outer.dst;
	}
	return true;
}

/* The message itself; an ICMPv6 one is verified where it is decoded. */
static bool take_message(const struct channel *channel, const struct mip6_addr *dst,
                         const uint8_t *data, size_t len, struct mip6_packet *packet)
{
	size_t offset;

	if (channel->protocol == PROTO_MH)
		return mip6_packet_decode(&packet->src, dst, PROTO_MH, data, len, packet,
		                          &offset) == MIP6_DECODE_OK;
	packet->dst = *dst;
	packet->mh = data;
	packet->mh_len = len;
	return true;
}

/* Source and interface from the ancillary data, and the headers that were outside of ESP. */
static bool take_control(const struct channel *channel, struct msghdr *msg,
                         struct mip6_packet *packet, uint32_t *ret_ifindex, const uint8_t *data,
                         size_t len)
{
	const struct cmsghdr *outside[2];
	size_t count = 0;
	struct in6_pktinfo info;
	struct mip6_addr dst = {0};
	bool has_info = false;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		if (c->cmsg_level != IPPROTO_IPV6)
			continue;
		if (c->cmsg_type == IPV6_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			memcpy(dst.b, &info.ipi6_addr, sizeof(dst.b));
			*ret_ifindex = (uint32_t)info.ipi6_ifindex;
			has_info = true;
		} else if (c->cmsg_type == IPV6_DSTOPTS || c->cmsg_type == IPV6_RTHDR) {
			if (count == 2)
				return false;
			outside[count++] = c;
		}
	}
	if (!has_info || !take_message(channel, &dst, data, len, packet))
		return false;
	for (size_t i = 0; i < count; i++) {
		if (!take_header(packet,
		                 outside[i]->cmsg_type == IPV6_DSTOPTS ? IPPROTO_DSTOPTS
		                                                       : IPPROTO_ROUTING,
		                 CMSG_DATA(outside[i]), outside[i]->cmsg_len - CMSG_LEN(0)))
			return false;
	}
	return true;
}

/*
 * The socket's policy lets any reqid in then. The SA that this came in is one of those between the
 * two addresses, and was there before it came: all of them must be the right one's.
 */
static bool reqid_is_right(struct transport_esp *esp, const struct mip6_packet *packet)
{
	const struct mip6_addr *src = mip6_packet_source(packet);
	const struct mip6_addr *dst = mip6_packet_destination(packet);
	uint32_t wanted, found;

	if (esp->reqid == NULL)
		return true;
	wanted = esp->reqid(esp->reqid_ctx, esp->home_agent ? src : dst);
	if (wanted != 0 && xfrm_reqids(esp->xfrm, src, dst, &found, 1) == 1 && found == wanted)
		return true;
	log_debug("transport esp=\"another security association\" from=%s", addr_text(src));
	return false;
}

static void handle(const struct channel *channel, struct msghdr *msg,
                   const struct sockaddr_in6 *from, const uint8_t *data, size_t len)
{
	struct mip6_packet packet = {.esp = false};
	struct transport_esp *esp = channel->esp;
	uint32_t ifindex = 0;

	memcpy(packet.src.b, &from->sin6_addr, sizeof(packet.src.b));
	if (!take_control(channel, msg, &packet, &ifindex, data, len)) {
		log_debug("transport esp=malformed");
		return;
	}
	packet.esp = true;
	if (channel->protocol == PROTO_MH && !packet.has_hao && !packet.has_rh2) {
		esp->seen[esp->seen_next] = make_seen(&packet);
		esp->seen_next = (esp->seen_next + 1) % SEEN_MAX;
	}
	if (!reqid_is_right(esp, &packet))
		return;
	if (channel->protocol == PROTO_MH)
		esp->handler.packet(esp->handler.ctx, &packet, ifindex);
	else
		esp->handler.icmp6(esp->handler.ctx, &packet);
}

static void readable(struct ev_loop *loop, ev_io *watcher, int revents)
{
	struct channel *channel = watcher->data;
	uint8_t data[RECEIVE_MAX];
	union {
		struct cmsghdr align;
		uint8_t data[CONTROL_MAX];
	} control;

	(void)loop;
	(void)revents;
	for (int i = 0; i < READS_PER_TURN; i++) {
		struct sockaddr_in6 from = {0};
		struct iovec iov = {.iov_base = data, .iov_len = sizeof(data)};
		struct msghdr msg = {
			.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.data,
			.msg_controllen = sizeof(control.data),
		};
		ssize_t n;

		do
			n = recvmsg(channel->fd, &msg, 0);
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return;
		if (!(msg.msg_flags & (MSG_CTRUNC | MSG_TRUNC)))
			handle(channel, &msg, &from, data, (size_t)n);
	}
}

/* Sending */

static struct care_of *find_care_of(struct transport_esp *esp, const struct mip6_addr *hoa,
                                    const struct mip6_addr *home_agent)
{
	for (size_t i = 0; i < esp->care_of_count; i++)
		if (mip6_addr_equal(&esp->care_of[i].hoa, hoa) &&
		    mip6_addr_equal(&esp->care_of[i].home_agent, home_agent))
			return &esp->care_of[i];
	return NULL;
}

static struct care_of *add_care_of(struct transport_esp *esp)
{
	if (esp->care_of_count == esp->care_of_space) {
		size_t space = esp->care_of_space != 0 ? esp->care_of_space * 2 : 16;
		struct care_of *more = reallocarray(esp->care_of, space, sizeof(*more));

		if (more == NULL)
			return NULL;
		esp->care_of = more;
		esp->care_of_space = space;
	}
	return &esp->care_of[esp->care_of_count++];
}

static void drop_care_of(struct transport_esp *esp, struct care_of *care_of)
{
	int error = xfrm_care_of_remove(esp->xfrm, XFRM_CARE_OF_HAO, &care_of->hoa,
	                                &care_of->home_agent);

	if (error != 0)
		log_warning("kernel refused what=\"remove care-of state\" hoa=%s error=\"%s\"",
		            addr_text(&care_of->hoa), xfrm_error(esp->xfrm));
	*care_of = esp->care_of[--esp->care_of_count];
}

/* The kernel's care-of state as this packet wants it: that of a WTRU's Home Address option. */
static int prepare_care_of(struct transport_esp *esp, const struct mip6_packet *packet)
{
	struct care_of *care_of = find_care_of(esp, mip6_packet_source(packet), &packet->dst);
	int error;

	if (!packet->has_hao) {
		if (care_of != NULL)
			drop_care_of(esp, care_of);
		return 0;
	}
	if (care_of != NULL && mip6_addr_equal(&care_of->coa, &packet->src))
		return 0;
	error = xfrm_care_of_set(esp->xfrm, XFRM_CARE_OF_HAO, &packet->hao, &packet->dst,
	                         &packet->src, esp->mark);
	if (error != 0)
		return error;
	if (care_of == NULL)
		care_of = add_care_of(esp);
	if (care_of != NULL)
		*care_of = (struct care_of){packet->hao, packet->dst, packet->src};
	return 0;
}

void transport_esp_mark(struct transport_esp *esp, uint32_t mark)
{
	esp->mark = mark;
}

static int bind_sender(const struct channel *channel, uint32_t ifindex)
{
	int index = (int)ifindex;

	return setsockopt(channel->send_fd, SOL_SOCKET, SO_BINDTOIFINDEX, &index, sizeof(index)) < 0
	               ? -errno
	               : 0;
}

/* The receiving or the sending socket's policy of its direction. */
static int set_policy(const struct channel *channel, bool in, uint32_t reqid)
{
	bool home_agent = channel->esp->home_agent;
	const struct xfrm_policy policy = {
		.direction = in ? XFRM_DIRECTION_IN : XFRM_DIRECTION_OUT,
		.reqid = reqid,
		.has_care_of = in || !home_agent,
		.care_of = in ? wildcard_of(home_agent) : XFRM_CARE_OF_HAO,
	};

	return xfrm_socket_policy(in ? channel->fd : channel->send_fd, &policy);
}

/* The socket's policy for what leaves now. */
static int prepare_reqid(struct channel *channel, const struct mip6_addr *hoa)
{
	uint32_t reqid = channel->esp->reqid(channel->esp->reqid_ctx, hoa);
	int error;

	if (reqid == 0)
		return -ENOKEY;
	if (reqid == channel->out_reqid)
		return 0;
	error = set_policy(channel, false, reqid);
	channel->out_reqid = error == 0 ? reqid : 0;
	return error;
}

int transport_esp_use_reqids(struct transport_esp *esp, transport_reqid reqid, void *ctx)
{
	int error = 0;

	esp->reqid = reqid;
	esp->reqid_ctx = ctx;
	for (size_t i = 0; i < CHANNELS && error == 0; i++)
		error = set_policy(&esp->channels[i], true, 0);
	return error;
}

int transport_esp_send(struct transport_esp *esp, const struct mip6_packet *packet,
                       uint8_t protocol, uint32_t ifindex)
{
	struct channel *channel = &esp->channels[protocol == PROTO_MH ? 0 : 1];
	const struct mip6_addr *src = mip6_packet_source(packet);
	const struct mip6_addr *dst = mip6_packet_destination(packet);
	struct sockaddr_in6 to = {.sin6_family = AF_INET6};
	struct in6_pktinfo info = {0};
	uint8_t data[MIP6_MH_MAX];
	union {
		struct cmsghdr align;
		uint8_t data[CMSG_SPACE(sizeof(struct in6_pktinfo)) +
		             CMSG_SPACE(sizeof(struct routing2)) +
		             CMSG_SPACE(sizeof(uint32_t))];
	} control = {0};
	struct iovec iov = {.iov_base = data, .iov_len = packet->mh_len};
	struct msghdr msg = {
		.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.data,
	};
	ssize_t n;
	int error = 0;

	if (packet->mh_len > sizeof(data))
		return -EMSGSIZE;
	memcpy(data, packet->mh, packet->mh_len);
	if (esp->reqid != NULL)
		error = prepare_reqid(channel, esp->home_agent ? dst : src);
	if (error == 0 && !esp->home_agent)
		error = prepare_care_of(esp, packet);
	if (error != 0)
		return error;
	memcpy(&to.sin6_addr, dst->b, sizeof(to.sin6_addr));
	memcpy(&info.ipi6_addr, src->b, sizeof(info.ipi6_addr));
	transport_add_control(&msg, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
	if (packet->has_hao && esp->mark != 0)
		transport_add_control(&msg, SOL_SOCKET, SO_MARK, &esp->mark, sizeof(esp->mark));
	if (packet->has_rh2) {
		struct routing2 header = {
			.length = sizeof(header) / 8 - 1,
			.type = ROUTING_TYPE2,
			.segments_left = 1,
			.addr = packet->dst,
		};

		transport_add_control(&msg, IPPROTO_IPV6, IPV6_RTHDR, &header, sizeof(header));
	}
	if (ifindex != 0)
		error = bind_sender(channel, ifindex);
	if (error != 0)
		return error;
	do
		n = sendmsg(channel->send_fd, &msg, 0);
	while (n < 0 && errno == EINTR);
	error = n < 0 ? -errno : 0;
	if (ifindex != 0)
		(void)bind_sender(channel, 0);
	return error;
}

void transport_esp_retain(struct transport_esp *esp,
                          bool (*is_wanted)(void *ctx, const struct mip6_addr *hoa), void *ctx)
{
	for (size_t i = esp->care_of_count; i-- > 0;)
		if (!is_wanted(ctx, &esp->care_of[i].hoa))
			drop_care_of(esp, &esp->care_of[i]);
}

/* Start and end */

static void found_care_of(void *ctx, enum xfrm_care_of kind, const struct mip6_addr *src,
                          const struct mip6_addr *dst, const struct mip6_addr *coa)
{
	struct transport_esp *esp = ctx;
	struct care_of *care_of = kind == XFRM_CARE_OF_HAO ? add_care_of(esp) : NULL;

	if (care_of != NULL)
		*care_of = (struct care_of){*src, *dst, *coa};
}

/* A socket with this policy in both directions. */
static int open_socket(const struct xfrm_policy *policy, uint8_t protocol, int *ret_fd)
{
	struct xfrm_policy both = *policy;
	int error;

	*ret_fd = socket(AF_INET6, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
	if (*ret_fd < 0)
		return -errno;
	both.direction = XFRM_DIRECTION_IN;
	error = xfrm_socket_policy(*ret_fd, &both);
	both.direction = XFRM_DIRECTION_OUT;
	return error != 0 ? error : xfrm_socket_policy(*ret_fd, &both);
}

static int open_sender(struct channel *channel)
{
	/* A home agent's routing header is ancillary data. */
	const struct xfrm_policy policy = {
		.reqid = XFRM_REQID_NODE,
		.has_care_of = !channel->esp->home_agent,
		.care_of = XFRM_CARE_OF_HAO,
	};
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &nothing};
	int error = open_socket(&policy, channel->protocol, &channel->send_fd);
	int one = 1;

	if (error == 0 &&
	    (setsockopt(channel->send_fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) <
	             0 ||
	     setsockopt(channel->send_fd, IPPROTO_IPV6, IPV6_FREEBIND, &one, sizeof(one)) < 0))
		error = -errno;
	return error;
}

/* Nothing else than what the other side has to say about prefixes. */
static int filter_messages(const struct channel *channel)
{
	struct icmp6_filter filter;

	if (channel->protocol != IPPROTO_ICMPV6)
		return 0;
	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(channel->esp->home_agent ? MIP6_ICMP6_MPS : MIP6_ICMP6_MPA, &filter);
	return setsockopt(channel->fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter)) < 0
	               ? -errno
	               : 0;
}

static int open_receiver(struct channel *channel)
{
	static const int options[] = {IPV6_RECVPKTINFO, IPV6_RECVDSTOPTS, IPV6_RECVRTHDR};
	const struct xfrm_policy policy = {
		.reqid = XFRM_REQID_NODE,
		.has_care_of = true,
		.care_of = wildcard_of(channel->esp->home_agent),
	};
	int error = open_socket(&policy, channel->protocol, &channel->fd);
	int size = RECEIVE_BUFFER;
	int one = 1;

	if (error == 0)
		error = filter_messages(channel);
	if (error != 0)
		return error;
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (setsockopt(channel->fd, IPPROTO_IPV6, options[i], &one, sizeof(one)) < 0)
			return -errno;
	if (setsockopt(channel->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		(void)setsockopt(channel->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	ev_io_init(&channel->watcher, readable, channel->fd, EV_READ);
	channel->watcher.data = channel;
	/* Before the socket that gets what this one gets, too: see transport_esp_seen(). */
	ev_set_priority(&channel->watcher, EV_MAXPRI - 1);
	return 0;
}

int transport_esp_open(struct transport_esp **ret, struct ev_loop *loop,
                       const struct transport_esp_handler *handler, struct xfrm *xfrm,
                       bool home_agent)
{
	struct transport_esp *esp = calloc(1, sizeof(*esp));
	int error = 0;

	if (esp == NULL)
		return -ENOMEM;
	*esp = (struct transport_esp){
		.loop = loop,
		.handler = *handler,
		.xfrm = xfrm,
		.home_agent = home_agent,
	};
	for (size_t i = 0; i < CHANNELS; i++)
		esp->channels[i] = (struct channel){
			.esp = esp, .protocol = protocols[i], .fd = -1, .send_fd = -1};
	for (size_t i = 0; i < CHANNELS && error == 0; i++) {
		error = open_receiver(&esp->channels[i]);
		if (error == 0)
			error = open_sender(&esp->channels[i]);
	}
	if (error == 0)
		error = xfrm_care_of_set(xfrm, wildcard_of(home_agent), &unspecified, &unspecified,
		                         &unspecified, 0);
	/* Those of an earlier process: adopted, or removed when their home address is forgotten. */
	if (error == 0 && !home_agent)
		error = xfrm_care_of_list(xfrm, found_care_of, esp);
	if (error != 0) {
		transport_esp_close(esp, false);
		return error;
	}
	for (size_t i = 0; i < CHANNELS; i++)
		ev_io_start(loop, &esp->channels[i].watcher);
	*ret = esp;
	return 0;
}

void transport_esp_close(struct transport_esp *esp, bool keep)
{
	if (esp == NULL)
		return;
	for (size_t i = 0; i < CHANNELS; i++) {
		if (esp->channels[i].fd >= 0) {
			ev_io_stop(esp->loop, &esp->channels[i].watcher);
			close(esp->channels[i].fd);
		}
		if (esp->channels[i].send_fd >= 0)
			close(esp->channels[i].send_fd);
	}
	if (!keep) {
		while (esp->care_of_count > 0)
			drop_care_of(esp, &esp->care_of[esp->care_of_count - 1]);
		(void)xfrm_care_of_remove(esp->xfrm, wildcard_of(esp->home_agent), &unspecified,
		                          &unspecified);
	}
	free(esp->care_of);
	free(esp);
}
