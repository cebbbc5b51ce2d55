// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Any octets from what sits on charon's socket. What the reader takes can be written again, octet
 * for octet; the client, whatever comes, answers each request exactly once and connects again.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fuzz.h"
#include "io/ike_internal.h"
#include "io/log.h"
#include "io/vici.h"

static struct ev_loop *loop;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int listener;
static unsigned int answers;

static void write_element(struct vici_writer *w, const struct vici_element *element)
{
	char text[65536];

	switch (element->type) {
	case VICI_END:
		break;
	case VICI_SECTION_START:
		vici_section(w, element->name);
		break;
	case VICI_SECTION_END:
		vici_section_end(w);
		break;
	case VICI_KEY_VALUE:
		vici_value(w, element->name, element->value, element->value_len);
		break;
	case VICI_LIST_START:
		vici_list(w, element->name);
		break;
	case VICI_LIST_ITEM:
		memcpy(text, element->value, element->value_len);
		text[element->value_len] = '\0';
		vici_item(w, text);
		break;
	case VICI_LIST_END:
		vici_list_end(w);
		break;
	}
}

static void on_child(void *ctx, const struct ike_child *child)
{
	(void)ctx;
	FUZZ_CHECK(strlen(child->connection) < IKE_NAME_SIZE);
	FUZZ_CHECK(strncmp(child->connection, "mip6-", 5) == 0);
}

static void on_spi(void *ctx, uint32_t spi)
{
	(void)ctx;
	(void)spi;
}

static void check_message(const uint8_t *data, size_t len)
{
	static uint8_t copy[VICI_PACKET_MAX];
	const struct vici_message message = {data, len};
	struct vici_message written, section;
	struct vici_element element;
	struct vici_reader r;
	struct vici_writer w;
	bool has_nul = false;
	uint32_t number;
	char text[16];
	int err;

	vici_writer_init(&w, copy, sizeof(copy));
	vici_reader_init(&r, &message);
	while ((err = vici_read(&r, &element)) == 0 && element.type != VICI_END) {
		FUZZ_CHECK(element.depth <= VICI_DEPTH_MAX);
		if (element.type == VICI_LIST_ITEM &&
		    memchr(element.value, '\0', element.value_len))
			has_nul = true; /* items are written as text */
		write_element(&w, &element);
	}
	FUZZ_CHECK(vici_check(&message) == err);
	ike_read_children(&message, on_child, NULL);
	ike_read_spis(&message, on_spi, NULL);
	vici_find(&message, "a", text, sizeof(text));
	vici_find_item(&message, "l", text, sizeof(text));
	vici_find_number(&message, "n", 16, &number);
	if (vici_find_section(&message, "s", &section) && !err)
		FUZZ_CHECK(vici_check(&section) == 0);
	if (err || has_nul)
		return;
	FUZZ_CHECK(vici_writer_end(&w, &written) == 0);
	FUZZ_CHECK(written.len == len && (!len || memcmp(copy, data, len) == 0));
}

static void on_up(void *ctx)
{
	(void)ctx;
}

static void on_down(void *ctx, int error)
{
	(void)ctx;
	FUZZ_CHECK(error < 0);
}

static void on_event(void *ctx, const char *name, const struct vici_message *message)
{
	(void)ctx;
	FUZZ_CHECK(name[0] && vici_check(message) == 0);
}

static void on_answer(void *ctx, int error, const struct vici_message *message)
{
	(void)ctx;
	FUZZ_CHECK(error <= 0 && (error || message));
	answers++;
}

static void remove_socket(void)
{
	unlink(address.sun_path);
}

static void setup(void)
{
	snprintf(address.sun_path, sizeof(address.sun_path), "/tmp/mip6-fuzz-vici-%ld",
	         (long)getpid());
	log_init("fuzz", 0);
	loop = ev_default_loop(0);
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	FUZZ_CHECK(bind(listener, (struct sockaddr *)&address, sizeof(address)) == 0);
	FUZZ_CHECK(listen(listener, 8) == 0);
	atexit(remove_socket);
}

static void say(int fd, const uint8_t *data, size_t len)
{
	size_t sent = 0;

	for (unsigned int idle = 0; sent < len && idle < 8; idle++) {
		ssize_t n = send(fd, data + sent, len - sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			break;
		if (n > 0) {
			sent += (size_t)n;
			idle = 0;
		}
		ev_run(loop, EVRUN_NOWAIT);
	}
	for (unsigned int i = 0; i < 4; i++)
		ev_run(loop, EVRUN_NOWAIT);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const events[] = {"list-sa", NULL};
	static const struct vici_handler handler = {
		.up = on_up,
		.down = on_down,
		.event = on_event,
	};
	static const uint8_t confirm[] = {0, 0, 0, 1, 5};
	unsigned int requests = 0;
	struct vici *vici;
	int fd;

	if (loop == NULL)
		setup();
	check_message(data, len);
	answers = 0;
	FUZZ_CHECK(vici_open(&vici, loop, address.sun_path, events, &handler) == 0);
	ev_run(loop, EVRUN_ONCE);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	FUZZ_CHECK(fd >= 0);
	say(fd, NULL, 0);
	say(fd, confirm, sizeof(confirm));
	FUZZ_CHECK(vici_is_up(vici));
	for (unsigned int i = 0; i < 3; i++)
		requests += vici_request(vici, "list-sas", NULL, on_answer, NULL) == 0;
	say(fd, data, len);
	close(fd);
	for (unsigned int i = 0; i < 8 && vici_is_up(vici); i++)
		ev_run(loop, EVRUN_NOWAIT);
	FUZZ_CHECK(!vici_is_up(vici) && answers == requests);
	vici_close(vici);
	/* Where the machine was slow, it had connected again already. */
	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(fd);
	return 0;
}
