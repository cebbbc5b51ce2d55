// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The VICI client: connection, back-off, queue of requests (README.md of strongSwan's vici plugin,
 * "Transport protocol" and "Packet layer").
 *
 * A packet is a length of four octets, a type of one, for requests and events a name, and a
 * message. There is no number that ties an answer to a request: so one request is under way at a
 * time, and when its answer does not come the connection is given up with it.
 *
 * Owns the socket and the queue. Connects and sends from loop callbacks only: a request made inside
 * a callback never ends the connection under its caller. Knows no command.
 */
#include "io/vici.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <mip6/auth.h>

#include "io/clock.h"
#include "io/log.h"

#define RETRY_FIRST_S 0.1
#define RETRY_MAX_S 5.0
/* charon answers at once what we ask: we never let it wait for a peer. */
#define ANSWER_MAX_S 30.0
#define HEADER_LEN 4
#define READS_PER_TURN 64
#define INPUT_KEPT 16384 /* a larger buffer is given back after use */

enum packet_type {
	CMD_REQUEST = 0,
	CMD_RESPONSE = 1,
	CMD_UNKNOWN = 2,
	EVENT_REGISTER = 3,
	EVENT_UNREGISTER = 4,
	EVENT_CONFIRM = 5,
	EVENT_UNKNOWN = 6,
	EVENT = 7,
};

struct request {
	struct request *next;
	vici_answer answer;
	void *ctx;
	size_t len;
	uint8_t packet[]; /* with its header */
};

struct vici {
	struct ev_loop *loop;
	struct vici_handler handler;
	const char *const *events;
	struct sockaddr_un address;
	ev_io io; /* fd < 0: not connected */
	ev_timer retry;
	ev_timer patience; /* for the answer under way */
	double retry_s;
	int error;
	bool up;
	bool muted;         /* deliver nothing any more */
	size_t registering; /* the event whose confirmation is waited for, while not up */
	struct request *first, **last;
	size_t queued, queued_octets;
	bool under_way; /* the first request is being sent or was sent */
	size_t sent;    /* octets of the first request */
	uint8_t *in;
	size_t in_len, in_cap;
};

static void wait_to_retry(struct vici *vici);

static struct request *make_request(enum packet_type type, const char *name,
                                    const struct vici_message *message)
{
	size_t name_len = strlen(name), message_len = message ? message->len : 0;
	size_t len = 2 + name_len + message_len;
	struct request *request = malloc(sizeof(*request) + HEADER_LEN + len);
	struct mip6_writer w;

	if (!request)
		return NULL;
	*request = (struct request){.len = HEADER_LEN + len};
	mip6_writer_init(&w, request->packet, request->len);
	mip6_writer_u32(&w, (uint32_t)len);
	mip6_writer_u8(&w, (uint8_t)type);
	mip6_writer_u8(&w, (uint8_t)name_len);
	mip6_writer_bytes(&w, name, name_len);
	if (message_len)
		mip6_writer_bytes(&w, message->data, message_len);
	return request;
}

static void free_request(struct request *request)
{
	mip6_auth_wipe(request->packet, request->len);
	free(request);
}

static void append(struct vici *vici, struct request *request)
{
	*vici->last = request;
	vici->last = &request->next;
	vici->queued++;
	vici->queued_octets += request->len;
}

static struct request *take_first(struct vici *vici)
{
	struct request *request = vici->first;

	vici->first = request->next;
	if (!vici->first)
		vici->last = &vici->first;
	vici->queued--;
	vici->queued_octets -= request->len;
	vici->under_way = false;
	vici->sent = 0;
	return request;
}

static void watch(struct vici *vici)
{
	bool sending = vici->first && vici->sent < vici->first->len;
	int events = EV_READ | (sending ? EV_WRITE : 0);

	if (ev_is_active(&vici->io) && vici->io.events == events)
		return;
	ev_io_stop(vici->loop, &vici->io);
	ev_io_set(&vici->io, vici->io.fd, events);
	ev_io_start(vici->loop, &vici->io);
}

static void answer_first(struct vici *vici, int error, const struct vici_message *message)
{
	struct request *request = take_first(vici);

	ev_timer_stop(vici->loop, &vici->patience);
	if (request->answer && !vici->muted)
		request->answer(request->ctx, error, message);
	free_request(request);
}

/* The connection has gone, or is given up. */
static void disconnect(struct vici *vici, int error)
{
	bool was_up = vici->up;

	vici->up = false;
	vici->error = error;
	if (vici->io.fd >= 0) {
		ev_io_stop(vici->loop, &vici->io);
		close(vici->io.fd);
		vici->io.fd = -1;
	}
	ev_timer_stop(vici->loop, &vici->patience);
	mip6_auth_wipe(vici->in, vici->in_len);
	free(vici->in);
	vici->in = NULL;
	vici->in_len = vici->in_cap = 0;
	/* An answer's callback can make no new request now: there is no connection. */
	while (vici->first)
		answer_first(vici, -ECONNRESET, NULL);
	if (vici->muted)
		return;
	if (was_up)
		vici->handler.down(vici->handler.ctx, error);
	wait_to_retry(vici);
}

static int register_next(struct vici *vici)
{
	struct request *request =
		make_request(EVENT_REGISTER, vici->events[vici->registering], NULL);

	if (!request)
		return -ENOMEM;
	append(vici, request);
	watch(vici);
	return 0;
}

static void become_up(struct vici *vici)
{
	vici->up = true;
	vici->error = 0;
	vici->retry_s = RETRY_FIRST_S;
	vici->handler.up(vici->handler.ctx);
}

/* Input */

static int got_answer(struct vici *vici, const struct vici_message *message)
{
	char success[8];
	int error = 0;

	if (!vici->up || !vici->under_way || vici_check(message))
		return -EPROTO;
	if (vici_find(message, "success", success, sizeof(success)) && strcmp(success, "yes") != 0)
		error = -EREMOTEIO;
	answer_first(vici, error, message);
	return 0;
}

static int got_event(struct vici *vici, struct mip6_reader *packet)
{
	size_t name_len = mip6_reader_u8(packet);
	const uint8_t *octets = mip6_reader_view(packet, name_len);
	struct vici_message message;
	char name[256];

	if (!octets || !name_len || memchr(octets, '\0', name_len))
		return -EPROTO;
	memcpy(name, octets, name_len);
	name[name_len] = '\0';
	message.len = mip6_reader_left(packet);
	message.data = mip6_reader_view(packet, message.len);
	if (vici_check(&message))
		return -EPROTO;
	/* What comes before all are registered is of a time that up() asks about anyway. */
	if (vici->up && !vici->muted)
		vici->handler.event(vici->handler.ctx, name, &message);
	return 0;
}

static int got_confirmation(struct vici *vici, bool known)
{
	if (vici->up || !vici->under_way)
		return -EPROTO;
	if (!known)
		log_debug("charon knows no event name=%s", vici->events[vici->registering]);
	answer_first(vici, 0, NULL);
	if (vici->events[++vici->registering])
		return register_next(vici);
	become_up(vici);
	return 0;
}

/* 0, or a negative errno that ends the connection. */
static int handle_packet(struct vici *vici, const uint8_t *data, size_t len)
{
	struct vici_message message;
	struct mip6_reader packet;

	mip6_reader_init(&packet, data, len);
	switch (mip6_reader_u8(&packet)) {
	case CMD_RESPONSE:
		message.len = mip6_reader_left(&packet);
		message.data = mip6_reader_view(&packet, message.len);
		return got_answer(vici, &message);
	case CMD_UNKNOWN:
		if (!vici->up || !vici->under_way)
			return -EPROTO;
		answer_first(vici, -EOPNOTSUPP, NULL);
		return 0;
	case EVENT_CONFIRM:
		return got_confirmation(vici, true);
	case EVENT_UNKNOWN:
		return got_confirmation(vici, false);
	case EVENT:
		return got_event(vici, &packet);
	default: /* an octet from outside, not an enum */
		return -EPROTO;
	}
}

/* Room for a whole packet of that length behind its header. */
static int make_room(struct vici *vici, size_t len)
{
	size_t cap = HEADER_LEN + len;
	uint8_t *in;

	if (cap <= vici->in_cap)
		return 0;
	in = realloc(vici->in, cap);
	if (!in)
		return -ENOMEM;
	vici->in = in;
	vici->in_cap = cap;
	return 0;
}

static size_t packet_length(const struct vici *vici)
{
	struct mip6_reader r;

	mip6_reader_init(&r, vici->in, HEADER_LEN);
	return mip6_reader_u32(&r);
}

/* Reads one piece: never more than the packet that has begun. 0 or a negative errno. */
static int read_piece(struct vici *vici)
{
	size_t wanted = HEADER_LEN;
	ssize_t n;
	int err;

	if (vici->in_len >= HEADER_LEN)
		wanted += packet_length(vici);
	err = make_room(vici, wanted - HEADER_LEN);
	if (err)
		return err;
	do
		n = recv(vici->io.fd, vici->in + vici->in_len, wanted - vici->in_len, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	if (n == 0)
		return -ECONNRESET;
	vici->in_len += (size_t)n;
	if (vici->in_len == HEADER_LEN &&
	    (packet_length(vici) == 0 || packet_length(vici) > VICI_PACKET_MAX))
		return -EPROTO;
	if (vici->in_len <= HEADER_LEN || vici->in_len < wanted)
		return 0;
	vici->in_len = 0;
	err = handle_packet(vici, vici->in + HEADER_LEN, wanted - HEADER_LEN);
	if (!err && vici->in_cap > INPUT_KEPT) {
		free(vici->in);
		vici->in = NULL;
		vici->in_cap = 0;
	}
	return err;
}

static int read_some(struct vici *vici)
{
	int err = 0;

	for (int i = 0; i < READS_PER_TURN && !err; i++)
		err = read_piece(vici);
	return err == -EAGAIN ? 0 : err;
}

/* Output */

static int write_some(struct vici *vici)
{
	struct request *request = vici->first;
	ssize_t n;

	if (!request || vici->sent == request->len)
		return 0;
	if (!vici->under_way) {
		vici->under_way = true;
		ev_timer_set(&vici->patience, ANSWER_MAX_S, 0.);
		ev_timer_start(vici->loop, &vici->patience);
	}
	do
		n = send(vici->io.fd, request->packet + vici->sent, request->len - vici->sent,
		         MSG_NOSIGNAL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	vici->sent += (size_t)n;
	return 0;
}

static void on_io(struct ev_loop *loop, ev_io *io, int revents)
{
	struct vici *vici = io->data;
	int err = 0;

	(void)loop;
	if (revents & EV_READ)
		err = read_some(vici);
	if (!err && revents & EV_WRITE)
		err = write_some(vici);
	if (err) {
		if (err == -EPROTO || err == -EBADMSG)
			log_warning("charon speaks another protocol on socket=%s",
			            vici->address.sun_path);
		disconnect(vici, err);
	} else {
		watch(vici);
	}
}

static void on_patience(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct vici *vici = timer->data;

	(void)loop;
	(void)revents;
	log_warning("charon does not answer on socket=%s", vici->address.sun_path);
	disconnect(vici, -ETIMEDOUT);
}

/* Connecting */

static int try_connect(struct vici *vici)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int err;

	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&vici->address, sizeof(vici->address)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	vici->io.fd = fd;
	vici->registering = 0;
	watch(vici);
	return 0;
}

static void on_retry(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct vici *vici = timer->data;
	int err = try_connect(vici);

	(void)loop;
	(void)revents;
	if (!err && vici->events[0])
		err = register_next(vici);
	if (err)
		disconnect(vici, err);
	else if (!vici->events[0])
		become_up(vici);
}

static void wait_to_retry(struct vici *vici)
{
	ev_timer_set(&vici->retry, vici->retry_s, 0.);
	ev_timer_start(vici->loop, &vici->retry);
	vici->retry_s = vici->retry_s * 2 < RETRY_MAX_S ? vici->retry_s * 2 : RETRY_MAX_S;
}

int vici_open(struct vici **ret, struct ev_loop *loop, const char *path, const char *const *events,
              const struct vici_handler *handler)
{
	struct vici *vici;
	size_t count = 0;

	while (events[count])
		count++;
	if (count > VICI_EVENTS_MAX || strlen(path) >= sizeof(vici->address.sun_path))
		return -EINVAL;
	vici = calloc(1, sizeof(*vici));
	if (!vici)
		return -ENOMEM;
	vici->loop = loop;
	vici->handler = *handler;
	vici->events = events;
	vici->address.sun_family = AF_UNIX;
	memcpy(vici->address.sun_path, path, strlen(path));
	vici->retry_s = RETRY_FIRST_S;
	vici->error = -EINPROGRESS;
	vici->last = &vici->first;
	ev_io_init(&vici->io, on_io, -1, 0);
	ev_timer_init(&vici->retry, on_retry, 0., 0.);
	ev_timer_init(&vici->patience, on_patience, 0., 0.);
	vici->io.data = vici->retry.data = vici->patience.data = vici;
	ev_timer_start(loop, &vici->retry);
	*ret = vici;
	return 0;
}

bool vici_is_up(const struct vici *vici)
{
	return vici->up;
}

int vici_error(const struct vici *vici)
{
	return vici->error;
}

size_t vici_pending(const struct vici *vici)
{
	return vici->queued;
}

int vici_request(struct vici *vici, const char *command, const struct vici_message *message,
                 vici_answer answer, void *ctx)
{
	size_t len = 2 + strlen(command) + (message ? message->len : 0);
	struct request *request;

	if (!vici->up)
		return -ENOTCONN;
	if (strlen(command) > 255 || len > VICI_PACKET_MAX)
		return -EMSGSIZE;
	if (vici->queued_octets + HEADER_LEN + len > VICI_QUEUE_MAX)
		return -ENOBUFS;
	request = make_request(CMD_REQUEST, command, message);
	if (!request)
		return -ENOMEM;
	request->answer = answer;
	request->ctx = ctx;
	append(vici, request);
	watch(vici);
	return 0;
}

void vici_flush(struct vici *vici, double time_s)
{
	mip6_time now = clock_monotonic(), end = now + (mip6_time)(time_s * (double)MIP6_S);

	vici->muted = true;
	while (vici->up && vici->first && now < end) {
		struct pollfd poll_fd = {.fd = vici->io.fd, .events = POLLIN};
		int err = write_some(vici);

		if (!err && vici->sent < vici->first->len)
			poll_fd.events |= POLLOUT;
		if (!err && poll(&poll_fd, 1, (int)((end - now) / 1000) + 1) > 0)
			err = read_some(vici);
		if (err)
			disconnect(vici, err);
		now = clock_monotonic();
	}
}

void vici_close(struct vici *vici)
{
	if (!vici)
		return;
	vici->muted = true;
	ev_timer_stop(vici->loop, &vici->retry);
	disconnect(vici, -ECONNRESET);
	free(vici);
}
