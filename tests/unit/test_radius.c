// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RADIUS packets, and the client that sends them. The octets of known_answers were computed by
 * Python's hmac and hashlib. The servers of the client's tests are sockets in the same event loop.
 */
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../common/radius.h"
#include "../common/wire.h"
#include "io/clock.h"
#include "io/log.h"
#include "io/radius.h"

#define SECRET "a secret of the operators"
#define DAVE "dave@b.example"
#define KEY "c3465616ce6dd7e2b1573f5135e88600d416c413"
#define KEY_LEN 40
#define FIRST_WAIT_MS 50

static struct radius_request request(void)
{
	struct radius_request r = {.id = 7, .nai = DAVE};

	addr_parse("2001:db8:a::1", &r.home_agent);
	addr_parse("2001:db8:a::100", &r.hoa);
	for (uint8_t i = 0; i < 20; i++) {
		r.digest[i] = (uint8_t)(0x20 + i);
		r.mn_authenticator[i] = (uint8_t)(0x40 + i);
		if (i < 16)
			r.authenticator[i] = i;
	}
	return r;
}

START_TEST(known_answers)
{
	struct radius_request r = request();
	struct radius_answer answer;
	uint8_t want[256], got[RADIUS_PACKET_MAX];
	size_t len = test_unhex(
		"01070086 000102030405060708090a0b0c0d0e0f 5012 0a9098a2396971dcd15bd4e981e7b34a"
		"0110 6461766540622e6578616d706c65 5f12 20010db8000a00000000000000000001"
		"a812 20010db8000a00000000000000000100 c016 "
	        "202122232425262728292a2b2c2d2e2f30313233"
		"c116 404142434445464748494a4b4c4d4e4f50515253",
		want, sizeof(want));

	ck_assert_uint_eq(radius_encode(&r, SECRET, got, sizeof(got)), len);
	ck_assert_mem_eq(got, want, len);
	ck_assert_uint_eq(radius_encode(&r, SECRET, got, len - 1), 0);

	len = test_unhex(
		"02070072 a6d27a1044a699eb85c8eb7096a3b160 5012 fcadd8c2aaa5036494145e6cf0522c90"
		"1a0c 0000159f 3906 00000003 1a3a 0000159f 3a34 9abc"
		"258e1b01c438095cf5f4045d655599840dec2d50ea051f11ae6393172158d151e191a09e2a71ce670b"
	        "9"
		"c33c406959b74 1b06 00000e10",
		want, sizeof(want));
	ck_assert_int_eq(radius_decode(&r, SECRET, want, len, &answer), RADIUS_ACCEPT);
	ck_assert_uint_eq(answer.key_len, KEY_LEN);
	ck_assert_mem_eq(answer.key, KEY, KEY_LEN);
	ck_assert_uint_eq(answer.lifetime_s, 3600);
	/* Padding behind it is ignored. */
	want[len] = 1;
	ck_assert_int_eq(radius_decode(&r, SECRET, want, len + 1, &answer), RADIUS_ACCEPT);

	/* Another secret, another request, any other octet: nothing. */
	ck_assert_int_eq(radius_decode(&r, SECRET ".", want, len, &answer), RADIUS_NOT_AUTHENTIC);
	r.authenticator[0] ^= 1;
	ck_assert_int_eq(radius_decode(&r, SECRET, want, len, &answer), RADIUS_NOT_AUTHENTIC);
	r = request();
	for (size_t i = 0; i < len; i++) {
		want[i] ^= 1;
		ck_assert_int_ge(radius_decode(&r, SECRET, want, len, &answer), RADIUS_BAD_FORM);
		want[i] ^= 1;
	}
	for (size_t i = 0; i < len; i++)
		ck_assert_int_eq(radius_decode(&r, SECRET, want, i, &answer), RADIUS_BAD_FORM);

	len = test_unhex(
		"03070026 42a9c4ae0513221bc824e3d5f57069f7 5012 69cf83b47813c77bf902a038cb022078",
		want, sizeof(want));
	ck_assert_int_eq(radius_decode(&r, SECRET, want, len, &answer), RADIUS_REJECT);
}
END_TEST

static enum radius_result decode(const uint8_t *attributes, size_t len, struct radius_answer *ret)
{
	struct radius_request r = request();
	uint8_t data[RADIUS_PACKET_MAX];

	*ret = (struct radius_answer){.key_len = 99};
	len = test_radius_answer(TEST_RADIUS_ACCEPT, r.id, r.authenticator, SECRET, attributes, len,
	                         data);
	return radius_decode(&r, SECRET, data, len, ret);
}

/* Authentic, but not what we expect. */
START_TEST(odd_answers)
{
	struct radius_request r = request();
	struct radius_answer answer;
	uint8_t data[512], key[64];
	size_t len;

	ck_assert_int_eq(decode(data, 0, &answer), RADIUS_ACCEPT);
	ck_assert_uint_eq(answer.key_len, 0);
	ck_assert_uint_eq(answer.lifetime_s, 0);
	memset(key, 'k', sizeof(key));
	for (uint8_t n = 0; n <= sizeof(key); n++) {
		len = test_radius_key(r.authenticator, SECRET, key, n, data);
		ck_assert_int_eq(decode(data, len, &answer), RADIUS_ACCEPT);
		ck_assert_uint_eq(answer.key_len, n);
		ck_assert_mem_eq(answer.key, key, n);
		/* cut: not in blocks, or without anything; the vendor's length is wrong */
		data[1]--;
		data[7]--;
		ck_assert_int_eq(decode(data, len - 1, &answer), RADIUS_ACCEPT);
		ck_assert_uint_eq(answer.key_len, 0);
		data[7]++;
		ck_assert_int_eq(decode(data, len - 1, &answer), RADIUS_ACCEPT);
		ck_assert_uint_eq(answer.key_len, 0);
	}
	/* a key for another SPI */
	len = test_radius_key(r.authenticator, SECRET, key, 20, data);
	len += test_unhex("1a0c 0000159f 3906 00000004", data + len, sizeof(data) - len);
	ck_assert_int_eq(decode(data, len, &answer), RADIUS_ACCEPT);
	ck_assert_uint_eq(answer.key_len, 0);
	/* another vendor's, a vendor attribute without content */
	len = test_radius_key(r.authenticator, SECRET, key, 20, data);
	data[5]++;
	len += test_unhex("1a02 1a06 0000159f", data + len, sizeof(data) - len);
	ck_assert_int_eq(decode(data, len, &answer), RADIUS_ACCEPT);
	ck_assert_uint_eq(answer.key_len, 0);
	/* attributes that end in the middle, or have no length; two Message-Authenticators */
	ck_assert_int_eq(decode(data, test_unhex("1b06 0000", data, sizeof(data)), &answer),
	                 RADIUS_BAD_FORM);
	ck_assert_int_eq(decode(data, test_unhex("1b", data, sizeof(data)), &answer),
	                 RADIUS_BAD_FORM);
	ck_assert_int_eq(decode(data, test_unhex("1b01", data, sizeof(data)), &answer),
	                 RADIUS_BAD_FORM);
	len = test_unhex("5012 000102030405060708090a0b0c0d0e0f", data, sizeof(data));
	ck_assert_int_eq(decode(data, len, &answer), RADIUS_BAD_FORM);
	ck_assert_uint_eq(answer.key_len, 99);
}
END_TEST

/* --- the client --- */

enum behaviour {
	ANSWER,
	REJECT,
	SILENT,
	FORGE_FIRST,  /* a wrong secret, and one without Message-Authenticator, before the true one
	               */
	ANSWER_LATER, /* the second transmission only */
};

struct world;

struct fake {
	struct world *w;
	int fd;
	ev_io watcher;
	enum behaviour behaviour;
	unsigned int asked;
};

struct world {
	struct ev_loop *loop;
	mip6_time now;
	struct radius *radius;
	struct fake fakes[2];
	struct radius_server_config configs[2];
	uint32_t query;
	enum radius_result result;
	struct radius_answer answer;
	unsigned int answered, unanswered;
};

static void on_answered(void *ctx, uint32_t query, enum radius_result result,
                        const struct radius_answer *answer)
{
	struct world *w = ctx;

	w->answered++;
	w->query = query;
	w->result = result;
	if (answer != NULL)
		w->answer = *answer;
	ev_break(w->loop, EVBREAK_ALL);
}

static void on_unanswered(void *ctx, uint32_t query)
{
	struct world *w = ctx;

	w->unanswered++;
	w->query = query;
	ev_break(w->loop, EVBREAK_ALL);
}

static void forge(const struct fake *f, const struct sockaddr_in6 *to, uint8_t id,
                  const uint8_t *authenticator)
{
	uint8_t data[RADIUS_PACKET_MAX];
	size_t len = test_radius_answer(TEST_RADIUS_ACCEPT, id, authenticator, "another secret",
	                                NULL, 0, data);

	sendto(f->fd, data, len, 0, (const struct sockaddr *)to, sizeof(*to));
	sendto(f->fd, data, 20, 0, (const struct sockaddr *)to, sizeof(*to));
	sendto(f->fd, data, 1, 0, (const struct sockaddr *)to, sizeof(*to));
}

static void on_request(struct ev_loop *loop, ev_io *watcher, int events)
{
	struct fake *f = watcher->data;
	struct sockaddr_in6 from;
	socklen_t from_len = sizeof(from);
	uint8_t data[RADIUS_PACKET_MAX], attributes[256];
	ssize_t got = recvfrom(f->fd, data, sizeof(data), 0, (struct sockaddr *)&from, &from_len);
	uint8_t id = data[1], authenticator[16];
	bool reject = f->behaviour == REJECT;
	size_t len = 0;

	(void)loop;
	(void)events;
	ck_assert_int_gt(got, 20);
	memcpy(authenticator, data + 4, sizeof(authenticator));
	f->asked++;
	if (f->behaviour == SILENT || (f->behaviour == ANSWER_LATER && f->asked < 2))
		return;
	if (f->behaviour == FORGE_FIRST)
		forge(f, &from, id, authenticator);
	if (!reject)
		len = test_radius_key(authenticator, SECRET, (const uint8_t *)KEY, KEY_LEN,
		                      attributes);
	len = test_radius_answer(reject ? TEST_RADIUS_REJECT : TEST_RADIUS_ACCEPT, id,
	                         authenticator, SECRET, attributes, len, data);
	/* Twice, as the network may. */
	for (int i = 0; i < 2; i++)
		sendto(f->fd, data, len, 0, (struct sockaddr *)&from, from_len);
}

static void open_world(struct world *w, size_t servers)
{
	const struct radius_handler handler = {w, on_answered, on_unanswered};
	const struct mip6_addr loopback = {{[15] = 1}};

	*w = (struct world){.loop = ev_loop_new(0), .now = clock_monotonic()};
	ck_assert_int_eq(radius_open(&w->radius, w->loop, &w->now, FIRST_WAIT_MS, &handler), 0);
	for (size_t i = 0; i < 2; i++) {
		struct fake *f = &w->fakes[i];
		struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback};
		socklen_t len = sizeof(at);

		f->w = w;
		f->fd = socket(AF_INET6, SOCK_DGRAM, 0);
		ck_assert_int_ge(f->fd, 0);
		ck_assert_int_eq(bind(f->fd, (struct sockaddr *)&at, sizeof(at)), 0);
		ck_assert_int_eq(getsockname(f->fd, (struct sockaddr *)&at, &len), 0);
		ev_io_init(&f->watcher, on_request, f->fd, EV_READ);
		f->watcher.data = f;
		ev_io_start(w->loop, &f->watcher);
		w->configs[i].address = loopback;
		w->configs[i].port = ntohs(at.sin6_port);
		memcpy(w->configs[i].realm, "b.example", 10);
		memcpy(w->configs[i].secret, SECRET, sizeof(SECRET));
	}
	radius_configure(w->radius, w->configs, servers, &loopback);
}

static void close_world(struct world *w)
{
	radius_close(w->radius);
	for (size_t i = 0; i < 2; i++) {
		ev_io_stop(w->loop, &w->fakes[i].watcher);
		close(w->fakes[i].fd);
	}
	ev_loop_destroy(w->loop);
}

static void ask(struct world *w, uint32_t query)
{
	struct radius_request r = request();
	unsigned int before = w->answered + w->unanswered;

	w->query = UINT32_MAX;
	w->answer.key_len = 0;
	ck_assert_int_eq(radius_ask(w->radius, query, &r), 0);
	while (w->answered + w->unanswered == before)
		ev_run(w->loop, EVRUN_ONCE);
	ck_assert_uint_eq(w->query, query);
}

START_TEST(accept_and_reject)
{
	struct world w;

	open_world(&w, 1);
	ck_assert(radius_serves(w.radius, DAVE));
	ck_assert(radius_serves(w.radius, "x@y@B.EXAMPLE"));
	ck_assert(!radius_serves(w.radius, "dave@c.example"));
	ck_assert(!radius_serves(w.radius, "b.example"));
	ask(&w, 1);
	ck_assert_int_eq(w.result, RADIUS_ACCEPT);
	ck_assert_uint_eq(w.answer.key_len, KEY_LEN);
	ck_assert_mem_eq(w.answer.key, KEY, KEY_LEN);
	w.fakes[0].behaviour = REJECT;
	ask(&w, 2);
	ck_assert_int_eq(w.result, RADIUS_REJECT);
	/* More than there are identifiers, one after the other. */
	w.fakes[0].behaviour = ANSWER;
	for (uint32_t i = 3; i < 600; i++)
		ask(&w, i);
	ck_assert_uint_eq(w.answered, 599);
	close_world(&w);
}
END_TEST

START_TEST(forged_and_lost)
{
	struct world w;

	open_world(&w, 1);
	w.fakes[0].behaviour = FORGE_FIRST;
	ask(&w, 1);
	ck_assert_int_eq(w.result, RADIUS_ACCEPT);
	ck_assert_uint_eq(w.answer.key_len, KEY_LEN);
	ck_assert_uint_ge(radius_stat_get(w.radius, RADIUS_STAT_NOT_AUTHENTIC), 1);
	ck_assert_uint_ge(radius_stat_get(w.radius, RADIUS_STAT_BAD_FORM), 1);
	w.fakes[0].behaviour = ANSWER_LATER;
	w.fakes[0].asked = 0;
	ask(&w, 2);
	ck_assert_int_eq(w.result, RADIUS_ACCEPT);
	ck_assert_uint_ge(radius_stat_get(w.radius, RADIUS_STAT_RETRANSMITTED), 1);
	close_world(&w);
}
END_TEST

START_TEST(failover)
{
	struct world w;

	open_world(&w, 2);
	w.fakes[0].behaviour = SILENT;
	ask(&w, 1);
	ck_assert_uint_eq(w.answered, 1);
	ck_assert_uint_eq(w.fakes[0].asked, 3);
	ck_assert_ptr_nonnull(radius_silent(w.radius, 0));
	ck_assert_uint_eq(radius_silent(w.radius, 0)->port, w.configs[0].port);
	ck_assert_ptr_null(radius_silent(w.radius, 1));
	/* The second is asked first now, */
	ask(&w, 2);
	ck_assert_uint_eq(w.fakes[0].asked, 3);
	/* for a while. */
	w.now += 31 * MIP6_S;
	w.fakes[0].behaviour = ANSWER;
	ask(&w, 3);
	ck_assert_uint_ge(w.fakes[0].asked, 4);
	ck_assert_ptr_null(radius_silent(w.radius, 0));
	/* Both. */
	w.fakes[0].behaviour = w.fakes[1].behaviour = SILENT;
	ask(&w, 4);
	ck_assert_uint_eq(w.unanswered, 1);
	ck_assert_ptr_nonnull(radius_silent(w.radius, 1));
	/* And when both are passed over, the first is tried all the same. */
	w.fakes[0].behaviour = ANSWER;
	ask(&w, 5);
	ck_assert_uint_eq(w.unanswered, 1);
	close_world(&w);
}
END_TEST

START_TEST(configuration)
{
	const struct mip6_addr loopback = {{[15] = 1}};
	struct radius_request r = request();
	struct world w;

	open_world(&w, 1);
	w.fakes[0].behaviour = SILENT;
	for (uint32_t i = 0; i < RADIUS_QUESTIONS_MAX; i++)
		ck_assert_int_eq(radius_ask(w.radius, i, &r), 0);
	ck_assert_int_eq(radius_ask(w.radius, 256, &r), -EBUSY);
	/* The same again: nothing happens. */
	radius_configure(w.radius, w.configs, 1, &loopback);
	ck_assert_uint_eq(w.unanswered, 0);
	w.configs[0].secret[0] ^= 1;
	radius_configure(w.radius, w.configs, 1, &loopback);
	ck_assert_uint_eq(w.unanswered, RADIUS_QUESTIONS_MAX);
	radius_configure(w.radius, NULL, 0, &loopback);
	ck_assert(!radius_serves(w.radius, DAVE));
	ck_assert_int_eq(radius_ask(w.radius, 1, &r), -ENOENT);
	close_world(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("radius");
	TCase *t = tcase_create("radius");
	SRunner *runner = srunner_create(s);
	int failed;

	log_init("test_radius", LOG_LEVEL_ERR);
	tcase_add_test(t, known_answers);
	tcase_add_test(t, odd_answers);
	tcase_add_test(t, accept_and_reject);
	tcase_add_test(t, forged_and_lost);
	tcase_add_test(t, failover);
	tcase_add_test(t, configuration);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
