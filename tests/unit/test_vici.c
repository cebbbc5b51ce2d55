// SPDX-License-Identifier: GPL-2.0-or-later
/* VICI: the messages octet for octet, and the client against a charon that the test plays. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "io/vici.h"
#include "io_fixture.h"

#define DEADLINE (10 * MIP6_S)

/* The example in the README.md of strongSwan's vici plugin. */
static const char example[] = "\3\4key1\0\6value1\1\10section1\1\13sub-section\3\4key2\0\6value2\2"
			      "\4\5list1\5\0\5item1\5\0\5item2\6\2";
#define EXAMPLE_LEN (sizeof(example) - 1)

static const struct vici_message example_message = {(const uint8_t *)example, EXAMPLE_LEN};

START_TEST(test_write)
{
	uint8_t data[EXAMPLE_LEN];
	struct vici_message message;
	struct vici_writer w;

	for (size_t cap = 0; cap <= sizeof(data); cap++) {
		vici_writer_init(&w, data, cap);
		vici_text(&w, "key1", "value1");
		vici_section(&w, "section1");
		vici_section(&w, "sub-section");
		vici_text(&w, "key2", "value2");
		vici_section_end(&w);
		vici_list(&w, "list1");
		vici_item(&w, "item1");
		vici_item(&w, "item2");
		vici_list_end(&w);
		vici_section_end(&w);
		ck_assert_int_eq(vici_writer_end(&w, &message), cap < EXAMPLE_LEN ? -EMSGSIZE : 0);
	}
	ck_assert_uint_eq(message.len, EXAMPLE_LEN);
	ck_assert_mem_eq(message.data, example, EXAMPLE_LEN);
}
END_TEST

START_TEST(test_write_wrongly)
{
	char name[257], value[65537] = "";
	static uint8_t data[70000];
	struct vici_message message;
	struct vici_writer w;

	memset(name, 'n', sizeof(name) - 1);
	name[256] = '\0';
	vici_writer_init(&w, data, sizeof(data));
	vici_text(&w, name, "");
	ck_assert_int_eq(vici_writer_end(&w, &message), -EINVAL);
	vici_writer_init(&w, data, sizeof(data));
	vici_text(&w, "", "");
	ck_assert_int_eq(vici_writer_end(&w, &message), -EINVAL);
	vici_writer_init(&w, data, sizeof(data));
	vici_value(&w, "k", value, 65536);
	ck_assert_int_eq(vici_writer_end(&w, &message), -EINVAL);
	vici_writer_init(&w, data, sizeof(data));
	vici_value(&w, name + 1, value, 65535);
	ck_assert_int_eq(vici_writer_end(&w, &message), 0);
	vici_writer_init(&w, data, sizeof(data));
	vici_item(&w, "outside");
	ck_assert_int_eq(vici_writer_end(&w, &message), -EINVAL);
	vici_writer_init(&w, data, sizeof(data));
	vici_section(&w, "s");
	ck_assert_int_eq(vici_writer_end(&w, &message), -EINVAL);
	vici_writer_init(&w, data, sizeof(data));
	vici_section_end(&w);
	vici_section(&w, "s");
	ck_assert_int_eq(vici_writer_end(&w, &message), -EINVAL);
	vici_writer_init(&w, data, sizeof(data));
	vici_list(&w, "l");
	vici_text(&w, "k", "v");
	vici_list_end(&w);
	ck_assert_int_eq(vici_writer_end(&w, &message), -EINVAL);
}
END_TEST

START_TEST(test_read)
{
	static const struct {
		enum vici_type type;
		unsigned int depth;
		const char *name, *value;
	} wanted[] = {
		{VICI_KEY_VALUE, 0, "key1", "value1"},
		{VICI_SECTION_START, 0, "section1", ""},
		{VICI_SECTION_START, 1, "sub-section", ""},
		{VICI_KEY_VALUE, 2, "key2", "value2"},
		{VICI_SECTION_END, 1, "", ""},
		{VICI_LIST_START, 1, "list1", ""},
		{VICI_LIST_ITEM, 1, "", "item1"},
		{VICI_LIST_ITEM, 1, "", "item2"},
		{VICI_LIST_END, 1, "", ""},
		{VICI_SECTION_END, 0, "", ""},
		{VICI_END, 0, "", ""},
		{VICI_END, 0, "", ""}, /* and so on */
	};
	struct vici_element element;
	struct vici_reader r;

	vici_reader_init(&r, &example_message);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		ck_assert_int_eq(vici_read(&r, &element), 0);
		ck_assert_int_eq(element.type, wanted[i].type);
		ck_assert_uint_eq(element.depth, wanted[i].depth);
		ck_assert_str_eq(element.name, wanted[i].name);
		ck_assert_uint_eq(element.value_len, strlen(wanted[i].value));
		ck_assert_mem_eq(element.value ? (const char *)element.value : "", wanted[i].value,
		                 element.value_len);
	}
}
END_TEST

START_TEST(test_find)
{
	struct vici_message section, inner;
	char text[8], small[4];
	uint32_t number;

	ck_assert(vici_find(&example_message, "key1", text, sizeof(text)));
	ck_assert_str_eq(text, "value1");
	ck_assert(vici_find(&example_message, "key1", small, sizeof(small)));
	ck_assert_str_eq(small, "val");
	ck_assert(!vici_find(&example_message, "key2", text, sizeof(text)));
	ck_assert_str_eq(text, "");
	ck_assert(!vici_find_number(&example_message, "key1", 10, &number));
	ck_assert(!vici_find_section(&example_message, "sub-section", &section));
	ck_assert(vici_find_section(&example_message, "section1", &section));
	ck_assert(vici_find_section(&section, "sub-section", &inner));
	ck_assert(vici_find(&inner, "key2", text, sizeof(text)));
	ck_assert_str_eq(text, "value2");
	ck_assert(vici_find_item(&section, "list1", text, sizeof(text)));
	ck_assert_str_eq(text, "item1");
	ck_assert(!vici_find_item(&example_message, "list1", text, sizeof(text)));
}
END_TEST

START_TEST(test_numbers)
{
	static const struct {
		const char *text;
		int base;
		bool right;
		uint32_t number;
	} cases[] = {
		{"0", 10, true, 0},           {"4294967295", 10, true, UINT32_MAX},
		{"4294967296", 10, false, 0}, {"", 10, false, 0},
		{"-1", 10, false, 0},         {" 1", 10, false, 0},
		{"1 ", 10, false, 0},         {"c0ffee01", 16, true, 0xc0ffee01},
		{"c0ffee01", 10, false, 0},   {"99999999999999999999999", 10, false, 0},
	};
	struct vici_message message;
	struct vici_writer w;
	uint8_t data[64];
	uint32_t number;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vici_writer_init(&w, data, sizeof(data));
		vici_text(&w, "n", cases[i].text);
		ck_assert_int_eq(vici_writer_end(&w, &message), 0);
		ck_assert_int_eq(vici_find_number(&message, "n", cases[i].base, &number),
		                 cases[i].right);
		if (cases[i].right)
			ck_assert_uint_eq(number, cases[i].number);
	}
	vici_writer_init(&w, data, sizeof(data));
	vici_value(&w, "n", "a\0\n\177", 4);
	ck_assert_int_eq(vici_writer_end(&w, &message), 0);
	ck_assert(vici_find(&message, "n", (char *)data + 32, 8));
	ck_assert_str_eq((char *)data + 32, "a???");
}
END_TEST

START_TEST(test_cut)
{
	/* Where the outermost section is complete. */
	for (size_t len = 0; len < EXAMPLE_LEN; len++) {
		uint8_t *copy = malloc(len + !len); /* for the sanitizers: its end is the end */
		struct vici_message message = {copy, len};

		memcpy(copy, example, len);
		ck_assert_int_eq(vici_check(&message), len == 0 || len == 14 ? 0 : -EBADMSG);
		free(copy);
	}
	ck_assert_int_eq(vici_check(&example_message), 0);
}
END_TEST

START_TEST(test_bad)
{
	static const struct {
		const char *data;
		size_t len;
	} bad[] = {
		{"\0", 1},               /* the type END is not on the wire */
		{"\7", 1},               /* unknown */
		{"\2", 1},               /* an end without a start */
		{"\6", 1},               /* the same of a list */
		{"\5\0\1x", 4},          /* an item outside a list */
		{"\4\1l\4\1m\6\6", 8},   /* a list in a list */
		{"\4\1l\1\1s\2\6", 8},   /* a section in a list */
		{"\4\1l\3\1k\0\0\6", 9}, /* a key in a list */
		{"\1\1s\4\1l\2\6", 8},   /* an end of a section in a list */
		{"\3\0\0\0", 4},         /* no name */
		{"\3\1\0\0\0", 5},       /* NUL in a name */
		{"\4\1l", 3},            /* a list without end */
	};
	struct vici_message message;
	uint8_t deep[4 * (VICI_DEPTH_MAX + 1)];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		message = (struct vici_message){(const uint8_t *)bad[i].data, bad[i].len};
		ck_assert_int_eq(vici_check(&message), -EBADMSG);
	}
	for (size_t depth = VICI_DEPTH_MAX; depth <= VICI_DEPTH_MAX + 1; depth++) {
		for (size_t i = 0; i < depth; i++)
			memcpy(deep + 3 * i, "\1\1s", 3);
		memset(deep + 3 * depth, 2, depth);
		message = (struct vici_message){deep, 4 * depth};
		ck_assert_int_eq(vici_check(&message), depth > VICI_DEPTH_MAX ? -EBADMSG : 0);
	}
}
END_TEST

/* The client */

static const char *const events[] = {"child-updown", "ike-updown", NULL};

static struct {
	struct ev_loop *loop;
	struct vici *vici;
	int listener, fd;
	unsigned int ups, downs, answers, events;
	int down_error, answer_error;
	char text[32];
} it;

static void on_up(void *ctx)
{
	(void)ctx;
	it.ups++;
}

static void on_down(void *ctx, int error)
{
	(void)ctx;
	it.downs++;
	it.down_error = error;
}

static void on_event(void *ctx, const char *name, const struct vici_message *message)
{
	(void)ctx;
	it.events++;
	ck_assert_str_eq(name, "child-updown");
	vici_find(message, "up", it.text, sizeof(it.text));
}

static void on_answer(void *ctx, int error, const struct vici_message *message)
{
	(void)ctx;
	it.answers++;
	it.answer_error = error;
	if (message)
		vici_find(message, "errmsg", it.text, sizeof(it.text));
}

static void listen_again(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", io_path("vici"));
	unlink(address.sun_path);
	it.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(it.listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(it.listener, 1), 0);
}

/* Reads what the client sends next and compares; runs its loop meanwhile. */
static void expect(const void *octets, size_t len)
{
	mip6_time end = clock_monotonic() + DEADLINE;
	uint8_t got[64];
	size_t count = 0;

	ck_assert_uint_le(len, sizeof(got));
	while (count < len && clock_monotonic() < end) {
		ssize_t n;

		ev_run(it.loop, EVRUN_NOWAIT);
		n = recv(it.fd, got + count, len - count, MSG_DONTWAIT);
		if (n > 0)
			count += (size_t)n;
	}
	ck_assert_uint_eq(count, len);
	ck_assert_mem_eq(got, octets, len);
}

static void say(const void *octets, size_t len)
{
	ck_assert_int_eq(send(it.fd, octets, len, MSG_NOSIGNAL), (ssize_t)len);
	for (unsigned int i = 0; i < 8; i++)
		ev_run(it.loop, EVRUN_NOWAIT);
}

static void wait_for(const unsigned int *counter, unsigned int wanted)
{
	mip6_time end = clock_monotonic() + DEADLINE;

	while (*counter < wanted && clock_monotonic() < end)
		ev_run(it.loop, EVRUN_NOWAIT);
	ck_assert_uint_eq(*counter, wanted);
}

static void accept_client(void)
{
	mip6_time end = clock_monotonic() + DEADLINE;

	do {
		ev_run(it.loop, EVRUN_NOWAIT);
		it.fd = accept4(it.listener, NULL, NULL, SOCK_CLOEXEC);
	} while (it.fd < 0 && clock_monotonic() < end);
	ck_assert_int_ge(it.fd, 0);
	expect("\0\0\0\16\3\14child-updown", 18);
	say("\0\0\0\1\5", 5);
	expect("\0\0\0\14\3\12ike-updown", 16);
	say("\0\0\0\1\6", 5); /* unknown to an old charon: not an error */
}

static void client_setup(void)
{
	static const struct vici_handler handler = {
		.up = on_up,
		.down = on_down,
		.event = on_event,
	};

	io_fixture_setup();
	memset(&it, 0, sizeof(it));
	log_init("test", 0);
	it.loop = ev_default_loop(0);
	listen_again();
	ck_assert_int_eq(vici_open(&it.vici, it.loop, io_path("vici"), events, &handler), 0);
	ck_assert_int_eq(vici_error(it.vici), -EINPROGRESS);
	accept_client();
	wait_for(&it.ups, 1);
	ck_assert(vici_is_up(it.vici));
}

static void client_teardown(void)
{
	vici_close(it.vici);
	close(it.fd);
	close(it.listener);
	io_fixture_teardown();
}

START_TEST(test_requests)
{
	static const char version[] = "\0\0\0\11\0\7version";
	static const struct vici_message message = {(const uint8_t *)"\3\1k\0\1v", 6};

	/* One at a time, in order. */
	ck_assert_int_eq(vici_request(it.vici, "version", NULL, on_answer, NULL), 0);
	ck_assert_int_eq(vici_request(it.vici, "reload", &message, on_answer, NULL), 0);
	ck_assert_int_eq(vici_request(it.vici, "nothing", NULL, NULL, NULL), 0);
	ck_assert_uint_eq(vici_pending(it.vici), 3);
	expect(version, 13);
	for (unsigned int i = 0; i < 8; i++)
		ev_run(it.loop, EVRUN_NOWAIT);
	ck_assert_int_eq(recv(it.fd, it.text, 1, MSG_DONTWAIT), -1);
	say("\0\0\0", 3); /* an answer in pieces */
	say("\1", 1);
	ck_assert_uint_eq(it.answers, 0);
	say("\1", 1);
	ck_assert_uint_eq(it.answers, 1);
	ck_assert_int_eq(it.answer_error, 0);
	expect("\0\0\0\16\0\6reload\3\1k\0\1v", 18);
	/* An event between request and answer. */
	say("\0\0\0\25\7\14child-updown\3\2up\0\0", 25);
	ck_assert_uint_eq(it.events, 0); /* cut: the connection is given up */
	wait_for(&it.downs, 1);
	ck_assert_int_eq(it.down_error, -EPROTO);
	ck_assert_uint_eq(it.answers, 2);
	ck_assert_int_eq(it.answer_error, -ECONNRESET);
	ck_assert_uint_eq(vici_pending(it.vici), 0);
	ck_assert_int_eq(vici_request(it.vici, "version", NULL, on_answer, NULL), -ENOTCONN);
}
END_TEST

START_TEST(test_answers)
{
	ck_assert_int_eq(vici_request(it.vici, "a", NULL, on_answer, NULL), 0);
	ck_assert_int_eq(vici_request(it.vici, "b", NULL, on_answer, NULL), 0);
	expect("\0\0\0\3\0\1a", 7);
	say("\0\0\0\27\7\14child-updown\3\2up\0\3yes", 27);
	ck_assert_uint_eq(it.events, 1);
	ck_assert_str_eq(it.text, "yes");
	ck_assert_uint_eq(it.answers, 0);
	say("\0\0\0\36\1\3\7success\0\2no\3\6errmsg\0\6denied", 34);
	ck_assert_uint_eq(it.answers, 1);
	ck_assert_int_eq(it.answer_error, -EREMOTEIO);
	ck_assert_str_eq(it.text, "denied");
	expect("\0\0\0\3\0\1b", 7);
	say("\0\0\0\1\2", 5);
	ck_assert_uint_eq(it.answers, 2);
	ck_assert_int_eq(it.answer_error, -EOPNOTSUPP);
	/* An answer that nobody waits for. */
	say("\0\0\0\1\1", 5);
	wait_for(&it.downs, 1);
	ck_assert_int_eq(it.down_error, -EPROTO);
}
END_TEST

START_TEST(test_restart)
{
	ck_assert_int_eq(vici_request(it.vici, "a", NULL, on_answer, NULL), 0);
	close(it.fd);
	close(it.listener);
	unlink(io_path("vici"));
	wait_for(&it.downs, 1);
	ck_assert_uint_eq(it.answers, 1);
	ck_assert_int_eq(it.answer_error, -ECONNRESET);
	/* Absent for some tries. */
	for (mip6_time end = clock_monotonic() + DEADLINE;
	     vici_error(it.vici) != -ENOENT && clock_monotonic() < end;)
		ev_run(it.loop, EVRUN_NOWAIT);
	ck_assert_int_eq(vici_error(it.vici), -ENOENT);
	listen_again();
	accept_client();
	wait_for(&it.ups, 2);
	ck_assert_uint_eq(it.downs, 1);
	ck_assert_int_eq(vici_error(it.vici), 0);
}
END_TEST

START_TEST(test_limits)
{
	static uint8_t value[65000];
	static uint8_t data[VICI_PACKET_MAX + 8];
	struct vici_message message = {data, sizeof(data)};
	struct vici_writer w;
	unsigned int count = 0;
	int err;

	ck_assert_int_eq(vici_request(it.vici, "a", &message, NULL, NULL), -EMSGSIZE);
	vici_writer_init(&w, data, sizeof(data));
	vici_value(&w, "k", value, sizeof(value));
	ck_assert_int_eq(vici_writer_end(&w, &message), 0);
	while ((err = vici_request(it.vici, "a", &message, on_answer, NULL)) == 0)
		count++;
	ck_assert_int_eq(err, -ENOBUFS);
	ck_assert_uint_eq(count, VICI_QUEUE_MAX / (message.len + 7));
	/* A length that charon never sends. */
	say("\0\10\0\1", 4);
	wait_for(&it.downs, 1);
	ck_assert_uint_eq(it.answers, count);
}
END_TEST

START_TEST(test_flush)
{
	ck_assert_int_eq(vici_request(it.vici, "a", NULL, on_answer, NULL), 0);
	ck_assert_int_eq(vici_request(it.vici, "b", NULL, on_answer, NULL), 0);
	/* The answers are there already: as good as in time. */
	ck_assert_int_eq(send(it.fd, "\0\0\0\1\1\0\0\0\1\1", 5, MSG_NOSIGNAL), 5);
	vici_flush(it.vici, 0.2);
	ck_assert_uint_eq(it.answers, 0);
	ck_assert_uint_eq(vici_pending(it.vici), 1);
	expect("\0\0\0\3\0\1a\0\0\0\3\0\1b", 14);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vici");
	TCase *messages = tcase_create("messages"), *client = tcase_create("client");
	SRunner *runner;
	int failed;

	tcase_add_test(messages, test_write);
	tcase_add_test(messages, test_write_wrongly);
	tcase_add_test(messages, test_read);
	tcase_add_test(messages, test_find);
	tcase_add_test(messages, test_numbers);
	tcase_add_test(messages, test_cut);
	tcase_add_test(messages, test_bad);
	tcase_add_checked_fixture(client, client_setup, client_teardown);
	tcase_set_timeout(client, 60);
	tcase_add_test(client, test_requests);
	tcase_add_test(client, test_answers);
	tcase_add_test(client, test_restart);
	tcase_add_test(client, test_limits);
	tcase_add_test(client, test_flush);
	suite_add_tcase(suite, messages);
	suite_add_tcase(suite, client);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
