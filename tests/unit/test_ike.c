// SPDX-License-Identifier: GPL-2.0-or-later
/* What charon is told about IKE for Mobility Headers, and what is read from what it tells. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/ike_internal.h"
#include "io/log.h"
#include "io_fixture.h"

#define DEADLINE (10 * MIP6_S)

static const struct mip6_addr hoa = {{0x20, 1, 0x0d, 0xb8, 0, 1, [15] = 1}};
static const struct mip6_addr coa = {{0x20, 1, 0x0d, 0xb8, 0, 2, [15] = 2}};
static const struct mip6_addr agent = {{0x20, 1, 0x0d, 0xb8, 0, 1, [15] = 0xa}};
static const uint8_t key[] = "0123456789abcdef";

static struct {
	struct ev_loop *loop;
	struct ike *ike;
	int listener, fd;
	uint8_t in[65536];
	size_t in_len;
	char nai[64];
	unsigned int ups, downs;
	bool refuse;
	const char *ike_id;    /* of what is told */
	bool known;            /* the gateway has a child for the home address */
	struct xfrm_sa sas[8]; /* what the kernel has */
	size_t sa_count;
} it;

static bool on_up(void *ctx, const char *nai, const struct mip6_addr *addr, uint32_t reqid)
{
	(void)ctx;
	ck_assert(mip6_addr_equal(addr, &hoa));
	ck_assert_uint_eq(reqid & IKE_REQID_MASK, nai[0] ? IKE_REQID_GATEWAY : IKE_REQID);
	snprintf(it.nai, sizeof(it.nai), "%s", nai);
	it.ups++;
	return !it.refuse;
}

static void on_down(void *ctx, const char *nai, const struct mip6_addr *addr)
{
	(void)ctx;
	(void)nai;
	ck_assert(mip6_addr_equal(addr, &hoa));
	it.downs++;
}

static int list_kernel(void *ctx, void (*each)(void *each_ctx, const struct xfrm_sa *sa),
                       void *each_ctx)
{
	(void)ctx;
	for (size_t i = 0; i < it.sa_count; i++)
		each(each_ctx, &it.sas[i]);
	return 0;
}

static int remove_kernel(void *ctx, const struct mip6_addr *dst, uint32_t spi)
{
	(void)ctx;
	for (size_t i = 0; i < it.sa_count; i++) {
		if (it.sas[i].spi != spi || !mip6_addr_equal(&it.sas[i].dst, dst))
			continue;
		it.sas[i] = it.sas[--it.sa_count];
		return 0;
	}
	return 0;
}

static bool is_wanted(void *ctx, const char *nai, const struct mip6_addr *addr)
{
	(void)ctx;
	return strcmp(nai, "a@operator.example") == 0 && mip6_addr_equal(addr, &hoa);
}

/* A pair of SAs for hoa, of SPI and SPI + 1. */
static void in_kernel(uint32_t spi, uint32_t reqid)
{
	it.sas[it.sa_count++] =
		(struct xfrm_sa){.src = hoa, .dst = agent, .spi = spi, .reqid = reqid};
	it.sas[it.sa_count++] =
		(struct xfrm_sa){.src = agent, .dst = hoa, .spi = spi + 1, .reqid = reqid};
}

static void expect_kernel(size_t count, uint32_t spi)
{
	size_t found = 0;

	ck_assert_uint_eq(it.sa_count, count);
	for (size_t i = 0; i < count; i++)
		found += (it.sas[i].spi & ~1u) == spi;
	ck_assert_uint_eq(found, spi ? 2 : 0);
}

static void setup(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	io_fixture_setup();
	memset(&it, 0, sizeof(it));
	it.fd = -1;
	it.ike_id = "7";
	log_init("test", 0);
	it.loop = ev_default_loop(0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", io_path("vici"));
	it.listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(bind(it.listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(it.listener, 1), 0);
}

static void open_ike(bool gateway)
{
	const struct ike_handler handler = {.up = on_up, .down = on_down, .wanted = is_wanted};
	struct ike_config config = {
		.socket = io_path("vici"),
		.gateway = gateway,
		.identity = "wtru@operator.example",
		.address = agent,
		.prefixes = {mip6_prefix_make(&hoa, 64)},
		.prefix_count = 1,
		.kernel = {.list = list_kernel, .remove = remove_kernel},
	};

	ck_assert_int_eq(ike_open(&it.ike, it.loop, &config, &handler), 0);
}

static void teardown(void)
{
	ike_close(it.ike, true);
	close(it.fd);
	close(it.listener);
	io_fixture_teardown();
}

static void turn(void)
{
	ev_run(it.loop, EVRUN_NOWAIT);
	if (it.fd < 0)
		it.fd = accept4(it.listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
}

/* The next packet from the client: its type, name and message. */
static int next_packet(char *ret_name, struct vici_message *ret)
{
	static uint8_t packet[65536];
	mip6_time end = clock_monotonic() + DEADLINE;
	size_t len = 0;

	while (clock_monotonic() < end) {
		ssize_t n;

		turn();
		n = it.fd < 0 ? -1 : read(it.fd, it.in + it.in_len, sizeof(it.in) - it.in_len);
		if (n > 0)
			it.in_len += (size_t)n;
		if (it.in_len >= 4)
			len = (size_t)it.in[2] << 8 | it.in[3];
		if (len && it.in_len >= 4 + len)
			break;
	}
	ck_assert_uint_gt(len, 2);
	memcpy(packet, it.in + 4, len);
	it.in_len -= 4 + len;
	memmove(it.in, it.in + 4 + len, it.in_len);
	memcpy(ret_name, packet + 2, packet[1]);
	ret_name[packet[1]] = '\0';
	*ret = (struct vici_message){packet + 2 + packet[1], len - 2 - packet[1]};
	ck_assert_int_eq(vici_check(ret), 0);
	return packet[0];
}

static void say(uint8_t type, const char *name, const struct vici_message *message)
{
	uint8_t packet[4096] = {0, 0, 0, 0, type};
	size_t len = 5;

	if (name) {
		packet[len++] = (uint8_t)strlen(name);
		memcpy(packet + len, name, strlen(name));
		len += strlen(name);
	}
	if (message && message->len)
		memcpy(packet + len, message->data, message->len);
	len += message ? message->len : 0;
	packet[2] = (uint8_t)((len - 4) >> 8);
	packet[3] = (uint8_t)(len - 4);
	ck_assert_int_eq(write(it.fd, packet, len), (ssize_t)len);
	for (unsigned int i = 0; i < 8; i++)
		turn();
}

/* Registrations of events, which come first. */
static void greet(void)
{
	struct vici_message message;
	char name[256];

	for (unsigned int i = 0; i < 3; i++) {
		ck_assert_int_eq(next_packet(name, &message), 3);
		say(5, NULL, NULL);
	}
}

static void expect_command(const char *name, struct vici_message *ret, bool answer)
{
	char got[256];

	ck_assert_int_eq(next_packet(got, ret), 0);
	ck_assert_str_eq(got, name);
	if (answer)
		say(1, NULL, NULL);
}

static void expect_text(const struct vici_message *message, const char *name, const char *text)
{
	char got[128];

	ck_assert_msg(vici_find(message, name, got, sizeof(got)), "%s", name);
	ck_assert_str_eq(got, text);
}

static void expect_item(const struct vici_message *message, const char *name, const char *text)
{
	char got[128];

	ck_assert_msg(vici_find_item(message, name, got, sizeof(got)), "%s", name);
	ck_assert_str_eq(got, text);
}

/* An event about a child SA as charon writes it; 10 and 11 are its SPIs. */
static void say_child(const char *event, bool up, const char *connection, uint32_t reqid,
                      bool gateway)
{
	static const char known[] = "mh-20010db8000100000000000000000001";
	uint8_t data[1024];
	struct vici_message message;
	struct vici_writer w;

	vici_writer_init(&w, data, sizeof(data));
	if (up)
		vici_text(&w, "up", "yes");
	vici_section(&w, connection);
	vici_text(&w, "uniqueid", it.ike_id);
	vici_text(&w, "remote-id", "whoever@it.says");
	vici_section(&w, "child-sas");
	vici_section(&w, "mh-3");
	vici_text(&w, "name", gateway && it.known ? known : "mh");
	vici_number(&w, "reqid", reqid);
	vici_text(&w, "spi-in", "00000010");
	vici_text(&w, "spi-out", "00000011");
	vici_text(&w, "state", "INSTALLED");
	vici_list_of(&w, gateway ? "remote-ts" : "local-ts", "2001:db8:1::1/128[mobility-header]");
	vici_list_of(&w, gateway ? "local-ts" : "remote-ts", "2001:db8:1::a/128[135]");
	vici_section_end(&w);
	vici_section_end(&w);
	vici_section_end(&w);
	ck_assert_int_eq(vici_writer_end(&w, &message), 0);
	say(7, event, &message);
}

/* A line of charon's log. */
static void say_log(const char *connection, const char *text)
{
	uint8_t data[1024];
	struct vici_message message;
	struct vici_writer w;

	vici_writer_init(&w, data, sizeof(data));
	vici_text(&w, "group", "IKE");
	if (connection)
		vici_text(&w, "ikesa-name", connection);
	vici_text(&w, "msg", text);
	ck_assert_int_eq(vici_writer_end(&w, &message), 0);
	say(7, "log", &message);
}

/* The same about a tunnel of the home address. */
static void say_tunnel(const char *connection, uint32_t reqid, const char *remote)
{
	uint8_t data[1024];
	struct vici_message message;
	struct vici_writer w;

	vici_writer_init(&w, data, sizeof(data));
	vici_text(&w, "up", "yes");
	vici_section(&w, connection);
	vici_text(&w, "uniqueid", "7");
	vici_section(&w, "child-sas");
	vici_section(&w, "tunnel-4");
	vici_text(&w, "name", "tunnel");
	vici_number(&w, "reqid", reqid);
	vici_text(&w, "state", "INSTALLED");
	vici_list_of(&w, "local-ts", "2001:db8:1::1/128");
	vici_list_of(&w, "remote-ts", remote);
	vici_section_end(&w);
	vici_section_end(&w);
	vici_section_end(&w);
	ck_assert_int_eq(vici_writer_end(&w, &message), 0);
	say(7, "child-updown", &message);
}

/* The reverse tunnel: a second child SA, once the first is there; refused when it is for less. */
START_TEST(test_tunnel)
{
	const struct mip6_prefix home = mip6_prefix_make(&hoa, 64);
	struct vici_message message, connection, part, child;
	char name[IKE_NAME_SIZE];
	uint32_t reqid, number;

	open_ike(false);
	reqid = ike_want(it.ike, &hoa, &agent, &coa, key, sizeof(key) - 1);
	ike_want_payload(it.ike, &hoa, true);
	ike_connection_name(name, reqid);
	greet();
	expect_command("load-shared", &message, true);
	expect_command("load-conn", &message, false);
	ck_assert(vici_find_section(&message, name, &connection));
	ck_assert(vici_find_section(&connection, "children", &part));
	ck_assert(vici_find_section(&part, "tunnel", &child));
	expect_text(&child, "mode", "tunnel");
	expect_text(&child, "policies", "no");
	expect_item(&child, "local_ts", "2001:db8:1::1/128");
	expect_item(&child, "remote_ts", "::/0");
	ck_assert(vici_find_number(&child, "reqid", 10, &number));
	ck_assert_uint_eq(number, IKE_PAYLOAD_REQID(reqid));
	say(1, NULL, NULL);
	expect_command("list-sas", &message, true);
	expect_command("initiate", &message, true);
	expect_text(&message, "child", "mh");
	say_child("child-updown", true, name, reqid, false);
	ck_assert_int_eq(ike_state(it.ike, &hoa), IKE_UP);
	expect_command("initiate", &message, true);
	expect_text(&message, "child", "tunnel");
	ck_assert_uint_eq(ike_payload(it.ike, &home), 0);
	/* Another connection's, and one that is not to anywhere. */
	say_tunnel("mip6-6d000001", IKE_PAYLOAD_REQID(reqid), "::/0");
	ck_assert_uint_eq(ike_payload(it.ike, &home), 0);
	say_tunnel(name, IKE_PAYLOAD_REQID(reqid), "2001:db8:1::a/128[135]");
	expect_command("terminate", &message, true);
	expect_text(&message, "child", "tunnel");
	expect_text(&message, "ike-id", "7");
	ck_assert_uint_eq(ike_payload(it.ike, &home), 0);
	ck_assert_int_eq(ike_state(it.ike, &hoa), IKE_UP);
	say_tunnel(name, IKE_PAYLOAD_REQID(reqid), "::/0");
	ck_assert_uint_eq(ike_payload(it.ike, &home), IKE_PAYLOAD_REQID(reqid));
	/* Not any more. */
	ike_want_payload(it.ike, &hoa, false);
	ck_assert_uint_eq(ike_payload(it.ike, &home), 0);
	expect_command("terminate", &message, true);
	expect_text(&message, "ike", name);
	expect_command("load-shared", &message, true);
	expect_command("load-conn", &message, true);
	ck_assert(vici_find_section(&message, name, &connection));
	ck_assert(vici_find_section(&connection, "children", &part));
	ck_assert(!vici_find_section(&part, "tunnel", &child));
}
END_TEST

START_TEST(test_wtru)
{
	struct vici_message message, connection, part, child;
	char name[IKE_NAME_SIZE];
	uint32_t reqid;

	open_ike(false);
	reqid = ike_want(it.ike, &hoa, &agent, &coa, key, sizeof(key) - 1);
	ck_assert_uint_eq(reqid & IKE_REQID_MASK, IKE_REQID);
	ck_assert_uint_eq(ike_want(it.ike, &hoa, &agent, &coa, key, sizeof(key) - 1), reqid);
	ck_assert_int_eq(ike_state(it.ike, &hoa), IKE_NO_CHARON);
	ck_assert_int_eq(ike_state(it.ike, &coa), IKE_NONE);
	ike_connection_name(name, reqid);
	greet();
	expect_command("load-shared", &message, true);
	expect_text(&message, "id", name);
	expect_text(&message, "type", "IKE");
	expect_text(&message, "data", (const char *)key);
	expect_item(&message, "owners", "wtru@operator.example");
	expect_command("load-conn", &message, false);
	ck_assert_int_eq(ike_state(it.ike, &hoa), IKE_LOADING);
	ck_assert(vici_find_section(&message, name, &connection));
	expect_text(&connection, "version", "2");
	expect_text(&connection, "mobike", "no");
	expect_item(&connection, "local_addrs", "2001:db8:2::2");
	expect_item(&connection, "remote_addrs", "2001:db8:1::a");
	ck_assert(vici_find_section(&connection, "remote", &part));
	expect_text(&part, "id", "2001:db8:1::a");
	expect_text(&part, "auth", "psk");
	ck_assert(vici_find_section(&connection, "children", &part));
	ck_assert(vici_find_section(&part, "mh", &child));
	expect_text(&child, "mode", "transport_proxy");
	expect_text(&child, "policies", "no");
	expect_item(&child, "local_ts", "2001:db8:1::1/128[135]");
	expect_item(&child, "remote_ts", "2001:db8:1::a/128[135]");
	/* RFC 4877 section 6.3: mobile prefix discovery, too. */
	ck_assert_ptr_nonnull(memmem(child.data, child.len, "2001:db8:1::1/128[58]", 21));
	ck_assert_ptr_nonnull(memmem(child.data, child.len, "2001:db8:1::a/128[58]", 21));
	say(1, NULL, NULL);
	expect_command("list-sas", &message, true);
	expect_command("initiate", &message, true);
	expect_text(&message, "ike", name);
	expect_text(&message, "timeout", "-1");
	ck_assert_int_eq(ike_state(it.ike, &hoa), IKE_CONNECTING);
	say_log(NULL, "received AUTHENTICATION_FAILED notify error");
	say_log("mip6-", "received AUTHENTICATION_FAILED notify error");
	say_log(name, "IKE_SA established");
	ck_assert_ptr_null(ike_reason(it.ike, &hoa));
	say_log(name, "received AUTHENTICATION_FAILED notify error");
	ck_assert_ptr_nonnull(strstr(ike_reason(it.ike, &hoa), "must know our identity"));
	say_log(name, "no issuer \"x\": no trusted ECDSA public key found for '2001:db8:1::a'");
	ck_assert_ptr_nonnull(strstr(ike_reason(it.ike, &hoa), "must name its address"));
	ck_assert_ptr_null(strchr(ike_reason(it.ike, &hoa), '"'));
	say_child("child-updown", true, "other", reqid, false);
	say_child("child-updown", true, name, reqid + 1, false);
	ck_assert_uint_eq(it.ups, 0);
	say_child("child-updown", true, name, reqid, false);
	ck_assert_uint_eq(it.ups, 1);
	ck_assert_int_eq(ike_state(it.ike, &hoa), IKE_UP);
	ck_assert_ptr_null(ike_reason(it.ike, &hoa));
	/* One that goes while another stands is no loss. */
	say_child("child-updown", false, name, reqid, false);
	expect_command("list-sas", &message, false);
	say_child("list-sa", false, name, reqid, false);
	say(1, NULL, NULL);
	ck_assert_int_eq(ike_state(it.ike, &hoa), IKE_UP);
	ck_assert_uint_eq(it.downs, 0);
	/* No answer from the other end. */
	ike_silent(it.ike, &hoa);
	ike_answered(it.ike, &hoa);
	ike_silent(it.ike, &hoa);
	ck_assert_int_eq(ike_state(it.ike, &hoa), IKE_UP);
	ike_silent(it.ike, &hoa);
	expect_command("initiate", &message, true);
	ck_assert_int_eq(ike_state(it.ike, &hoa), IKE_UP);
	it.ike_id = "8";
	say_child("child-updown", true, name, reqid, false);
	ck_assert_uint_eq(it.ups, 2);
	ck_assert_uint_eq(it.downs, 0);
	expect_command("terminate", &message, true);
	expect_text(&message, "ike-id", "7");
	expect_text(&message, "force", "yes");
	ike_unwant(it.ike, &hoa);
	expect_command("terminate", &message, true);
	expect_command("unload-conn", &message, true);
	expect_text(&message, "name", name);
	expect_command("unload-shared", &message, true);
	ck_assert_int_eq(ike_state(it.ike, &hoa), IKE_NONE);
}
END_TEST

START_TEST(test_gateway)
{
	struct vici_message message, connection, part, child;
	char name[IKE_NAME_SIZE];
	uint32_t reqid;

	open_ike(true);
	ike_identities_begin(it.ike);
	ck_assert_int_eq(ike_identity(it.ike, "a@operator.example", key, sizeof(key) - 1), 0);
	ike_identities_end(it.ike);
	reqid = ike_reqid(it.ike, "a@operator.example");
	ck_assert_uint_ne(reqid, 0);
	ck_assert_uint_eq(ike_reqid(it.ike, "b@operator.example"), 0);
	ike_connection_name(name, reqid);
	greet();
	expect_command("load-shared", &message, true);
	expect_item(&message, "owners", "2001:db8:1::a");
	expect_command("load-conn", &message, false);
	ck_assert(vici_find_section(&message, name, &connection));
	expect_item(&connection, "local_addrs", "2001:db8:1::a");
	expect_item(&connection, "remote_addrs", "%any");
	ck_assert(vici_find_section(&connection, "remote", &part));
	expect_text(&part, "id", "a@operator.example");
	ck_assert(vici_find_section(&connection, "children", &part));
	ck_assert(vici_find_section(&part, "mh", &child));
	expect_item(&child, "local_ts", "2001:db8:1::a/128[135]");
	expect_item(&child, "remote_ts", "2001:db8:1::/64[135]");
	say(1, NULL, NULL);
	expect_command("list-sas", &message, true);
	/* Refused: ended at once, by the number of that IKE SA. */
	it.refuse = true;
	say_child("child-updown", true, name, reqid, true);
	expect_command("terminate", &message, true);
	expect_text(&message, "ike-id", "7");
	ck_assert_ptr_null(ike_owner(it.ike, &hoa));
	it.refuse = false;
	/* The first of a home address: that gets a child of its own, and is negotiated again. */
	say_child("child-updown", true, name, reqid, true);
	ck_assert_ptr_null(ike_owner(it.ike, &hoa));
	expect_command("load-shared", &message, true);
	expect_command("load-conn", &message, true);
	ck_assert(vici_find_section(&message, name, &connection));
	ck_assert(vici_find_section(&connection, "children", &part));
	ck_assert(vici_find_section(&part, "mh-20010db8000100000000000000000001", &child));
	expect_item(&child, "remote_ts", "2001:db8:1::1/128[135]");
	expect_command("terminate", &message, true);
	expect_text(&message, "ike-id", "7");
	it.known = true;
	say_child("child-updown", true, name, reqid, true);
	ck_assert_str_eq(it.nai, "a@operator.example");
	ck_assert_str_eq(ike_owner(it.ike, &hoa), "a@operator.example");
	/* charon goes: what was known stays, until a list says otherwise. */
	close(it.fd);
	it.fd = -1;
	it.in_len = 0;
	greet();
	expect_command("load-shared", &message, true);
	expect_command("load-conn", &message, true);
	ck_assert_str_eq(ike_owner(it.ike, &hoa), "a@operator.example");
	expect_command("list-sas", &message, true);
	ck_assert_ptr_null(ike_owner(it.ike, &hoa));
	ck_assert_uint_eq(it.downs, 1);
	/* An identity that is no longer there. */
	ike_identities_begin(it.ike);
	ike_identities_end(it.ike);
	expect_command("terminate", &message, true);
	expect_command("unload-conn", &message, true);
	expect_command("unload-shared", &message, true);
	ck_assert_uint_eq(ike_reqid(it.ike, "a@operator.example"), 0);
}
END_TEST

/* A WTRU that negotiates the same again and again. */
START_TEST(test_too_many)
{
	struct vici_message message;
	char name[IKE_NAME_SIZE];
	uint32_t reqid;

	open_ike(true);
	ike_identities_begin(it.ike);
	ck_assert_int_eq(ike_identity(it.ike, "a@operator.example", key, sizeof(key) - 1), 0);
	ike_identities_end(it.ike);
	reqid = ike_reqid(it.ike, "a@operator.example");
	ike_connection_name(name, reqid);
	greet();
	expect_command("load-shared", &message, true);
	expect_command("load-conn", &message, true);
	expect_command("list-sas", &message, true);
	it.known = true;
	for (unsigned int i = 0; i < 18; i++)
		say_child("child-updown", true, name, reqid, true);
	ck_assert_uint_eq(it.ups, 1);
	expect_command("terminate", &message, true);
	expect_text(&message, "ike-id", "7");
	expect_command("list-sas", &message, true);
}
END_TEST

/* An SA that charon lists stays; one that it does not know stays as long as it is needed. */
START_TEST(test_orphans)
{
	struct vici_message message;
	char name[IKE_NAME_SIZE];
	uint32_t reqid;

	open_ike(false);
	reqid = ike_want(it.ike, &hoa, &agent, &coa, key, sizeof(key) - 1);
	ike_connection_name(name, reqid);
	in_kernel(0x20, reqid);
	in_kernel(0x30, 42);        /* somebody else's */
	in_kernel(0x40, reqid + 1); /* nobody's */
	greet();
	expect_command("load-shared", &message, true);
	expect_command("load-conn", &message, true);
	expect_command("list-sas", &message, false);
	expect_kernel(6, 0x40);
	say(1, NULL, NULL);
	expect_kernel(4, 0x20);
	expect_kernel(4, 0x30);
	/* There is a new one: charon is asked again, and then the old one goes. */
	expect_command("initiate", &message, true);
	in_kernel(0x10, reqid);
	say_child("child-updown", true, name, reqid, false);
	expect_command("list-sas", &message, false);
	say_child("list-sa", false, name, reqid, false);
	expect_kernel(6, 0x20);
	say(1, NULL, NULL);
	expect_kernel(4, 0x10);
	expect_kernel(4, 0x30);
	/* charon is killed, and then the address is given up. */
	close(it.fd);
	it.fd = -1;
	it.in_len = 0;
	while (ike_error(it.ike) == 0)
		turn();
	expect_kernel(4, 0x10);
	ike_unwant(it.ike, &hoa);
	expect_kernel(2, 0x30);
}
END_TEST

/* What an earlier process has left with a charon that lives is taken back. */
START_TEST(test_left_with_charon)
{
	struct vici_message message;
	char name[IKE_NAME_SIZE];

	open_ike(false);
	in_kernel(0x10, IKE_REQID + 5);
	ike_connection_name(name, IKE_REQID + 5);
	greet();
	expect_command("list-sas", &message, false);
	say_child("list-sa", false, name, IKE_REQID_GATEWAY + 5, false);
	say_child("list-sa", false, name, IKE_REQID + 5, false);
	say(1, NULL, NULL);
	expect_command("terminate", &message, true);
	expect_text(&message, "ike", name);
	expect_command("unload-conn", &message, true);
	expect_text(&message, "name", name);
	expect_command("unload-shared", &message, true);
	expect_text(&message, "id", name);
}
END_TEST

START_TEST(test_orphans_gateway)
{
	struct vici_message message;
	char name[IKE_NAME_SIZE];
	uint32_t reqid;

	open_ike(true);
	ike_identities_begin(it.ike);
	ck_assert_int_eq(ike_identity(it.ike, "a@operator.example", key, sizeof(key) - 1), 0);
	ck_assert_int_eq(ike_identity(it.ike, "b@operator.example", key, sizeof(key) - 1), 0);
	ike_identities_end(it.ike);
	reqid = ike_reqid(it.ike, "a@operator.example");
	ike_connection_name(name, reqid);
	in_kernel(0x20, reqid);
	in_kernel(0x40, ike_reqid(it.ike, "b@operator.example"));
	greet();
	for (unsigned int i = 0; i < 2; i++) {
		expect_command("load-shared", &message, true);
		expect_command("load-conn", &message, true);
	}
	expect_command("list-sas", &message, true);
	expect_kernel(2, 0x20);
	it.known = true;
	in_kernel(0x10, reqid);
	say_child("child-updown", true, name, reqid, true);
	expect_command("list-sas", &message, false);
	say_child("list-sa", false, name, reqid, true);
	say(1, NULL, NULL);
	expect_kernel(2, 0x10);
	ike_close(it.ike, false);
	it.ike = NULL;
	expect_kernel(0, 0);
}
END_TEST

static void report(void *ctx, const char *file, unsigned int line, const char *text)
{
	(void)file;
	(void)line;
	snprintf(ctx, 128, "%s", text);
}

START_TEST(test_credentials)
{
	static const char pem[] = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n";
	char certificate[256], open_key[256], text[128] = "";
	struct ike_credentials credentials;

	ck_assert_int_eq(ike_credentials_read(&credentials, "", "", "", report, text), 0);
	ck_assert_ptr_null(credentials.key);
	snprintf(certificate, sizeof(certificate), "%s",
	         io_write("certificate", pem, sizeof(pem) - 1, 0644));
	snprintf(open_key, sizeof(open_key), "%s", io_write("key", pem, sizeof(pem) - 1, 0640));
	ck_assert_int_lt(ike_credentials_read(&credentials, certificate, open_key, certificate,
	                                      report, text),
	                 0);
	ck_assert_ptr_nonnull(strstr(text, "0600"));
	io_write("key", pem, sizeof(pem) - 1, 0600);
	chmod(open_key, 0600);
	ck_assert_int_eq(ike_credentials_read(&credentials, certificate, open_key, certificate,
	                                      report, text),
	                 0);
	ck_assert_str_eq(credentials.key, pem);
	ike_credentials_free(&credentials);
	ck_assert_int_lt(
		ike_credentials_read(&credentials, certificate, open_key, "/nowhere", report, text),
		0);
	ck_assert_ptr_null(credentials.key);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ike");
	TCase *files = tcase_create("files"), *client = tcase_create("client");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(files, io_fixture_setup, io_fixture_teardown);
	tcase_add_test(files, test_credentials);
	tcase_add_checked_fixture(client, setup, teardown);
	tcase_set_timeout(client, 60);
	tcase_add_test(client, test_wtru);
	tcase_add_test(client, test_tunnel);
	tcase_add_test(client, test_gateway);
	tcase_add_test(client, test_too_many);
	tcase_add_test(client, test_orphans);
	tcase_add_test(client, test_orphans_gateway);
	tcase_add_test(client, test_left_with_charon);
	suite_add_tcase(suite, files);
	suite_add_tcase(suite, client);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
