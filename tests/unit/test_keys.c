// SPDX-License-Identifier: GPL-2.0-or-later
/* Key files: what is found in them, and what is refused. */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/keys.h"
#include "io/log.h"
#include "io_fixture.h"

#define KEY "0123456789abcdef"
#define AES "000102030405060708090a0b0c0d0e0f"
/* An element of "sas" without its encryption key and spi-in. */
#define SA_START                                                         \
	"{\"nai\":\"a@x\",\"home\":\"2001:db8:5::/64\",\"spi-out\":300," \
	"\"authentication-key\":\"" KEY "\""
#define SA(more) SA_START ",\"encryption-key\":\"hex:" AES "\"" more "}"
#define SAS(more) "{\"identities\":[],\"sas\":[" SA_START more "}]}"

static int read_keys(const char *text, struct keys **ret, struct io_reports *reports)
{
	*reports = (struct io_reports){.count = 0};
	return keys_read(ret, io_write("keys", text, strlen(text), 0600), io_report, reports);
}

static const struct ha_identity *owner(struct keys *keys, const char *text)
{
	struct mip6_addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return keys_find_owner(keys, &addr);
}

START_TEST(test_find)
{
	static const char text[] =
		"{\"identities\": [ // comment\n"
		"{\"nai\":\"a@x\",\"key\":\"" KEY
		"\",\"home\":[\"2001:db8::1\",\"2001:db8:1::/48\"]},\n"
		"{\"nai\":\"b@x\",\"spi\":300,\"algorithm\":\"hmac-sha256-128\",\n"
		"  "
		"\"key\":\"hex:000102030405060708090A0b0c0d0e0fff\",\"home\":[\"2001:db8:1:2::/"
		"64\"]},\n"
		"{\"nai\":\"a@x\",\"spi\":4,\"key\":\"fedcba9876543210\"},\n"
		"{\"nai\":\"c@x\",\"key\":\"" KEY "\"}]}";
	const struct ha_identity *a, *b;
	struct io_reports reports;
	struct keys *keys;

	ck_assert_int_eq(read_keys(text, &keys, &reports), 0);
	ck_assert_uint_eq(keys_count(keys), 3);
	a = keys_find(keys, "a@x");
	ck_assert_ptr_nonnull(a);
	ck_assert_str_eq(a->nai, "a@x");
	ck_assert_uint_eq(a->sa_count, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_uint_eq(a->sa[i].key_len, 16);
		ck_assert_int_eq(a->sa[i].algorithm, MIP6_AUTH_HMAC_SHA1);
		ck_assert_int_eq(
			memcmp(a->sa[i].key, a->sa[i].spi == 3 ? KEY : "fedcba9876543210", 16), 0);
	}
	ck_assert_uint_ne(a->sa[0].spi, a->sa[1].spi);
	ck_assert_uint_eq(a->home_count, 2);
	ck_assert_uint_eq(a->home[1].len, 48);
	b = keys_find(keys, "b@x");
	ck_assert_uint_eq(b->sa_count, 1);
	ck_assert_uint_eq(b->sa[0].spi, 300);
	ck_assert_uint_eq(b->sa[0].key_len, 17);
	ck_assert_uint_eq(b->sa[0].key[10], 10);
	ck_assert_uint_eq(b->sa[0].key[16], 0xff);
	ck_assert_int_eq(b->sa[0].algorithm, MIP6_AUTH_HMAC_SHA256_128);
	ck_assert_ptr_null(keys_find(keys, "d@x"));
	ck_assert_ptr_null(keys_find(keys, ""));
	/* The same identity is the same object, and the longest prefix wins. */
	ck_assert_ptr_eq(owner(keys, "2001:db8::1"), a);
	ck_assert_ptr_eq(owner(keys, "2001:db8:1:3::1"), a);
	ck_assert_ptr_eq(owner(keys, "2001:db8:1:2::1"), b);
	ck_assert_ptr_null(owner(keys, "2001:db8::2"));
	keys_free(keys);
}
END_TEST

START_TEST(test_peers)
{
	struct io_reports reports;
	struct mip6_addr addr;
	const struct ha_peer *peer;
	struct keys *keys;

	ck_assert_int_eq(read_keys("{\"identities\":[],\"peers\":["
	                           "{\"address\":\"2001:db8::1\",\"realm\":\"x\",\"key\":\"" KEY
	                           "\"},"
	                           "{\"address\":\"2001:db8::2\",\"key\":\"" KEY "\"},"
	                           "{\"address\":\"2001:db8::1\",\"realm\":\"x\",\"spi\":9,"
	                           "\"key\":\"" KEY "\"}]}",
	                           &keys, &reports),
	                 0);
	ck_assert_int_eq(addr_parse("2001:db8::1", &addr), 0);
	peer = keys_find_peer(keys, &addr);
	ck_assert_ptr_nonnull(peer);
	ck_assert_str_eq(peer->realm, "x");
	ck_assert_uint_eq(peer->sa_count, 2);
	ck_assert_uint_eq(peer->sa[1].spi, 9);
	ck_assert_int_eq(addr_parse("2001:db8::3", &addr), 0);
	ck_assert_ptr_null(keys_find_peer(keys, &addr));
	keys_free(keys);
}
END_TEST

/* The scratch space holds 8: the others are made up again, and are right. */
START_TEST(test_many)
{
	struct io_reports reports;
	struct keys *keys;
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	fprintf(out, "{\"identities\":[");
	for (unsigned int i = 0; i < 5000; i++)
		fprintf(out,
		        "%s{\"nai\":\"wtru%u@x\",\"key\":\"key of number "
		        "%08u\",\"home\":[\"2001:db8:%x::/64\"]}",
		        i > 0 ? ",\n" : "", i, i, i);
	fprintf(out, "]}");
	fclose(out);
	ck_assert_int_eq(read_keys(text, &keys, &reports), 0);
	free(text);
	ck_assert_uint_eq(keys_count(keys), 5000);
	for (unsigned int i = 0; i < 5000; i++) {
		struct mip6_addr hoa = {
			{0x20, 0x01, 0x0d, 0xb8, (uint8_t)(i >> 8), (uint8_t)i, [15] = 1}};
		const struct ha_identity *identity;
		char nai[32], key[32];

		snprintf(nai, sizeof(nai), "wtru%u@x", i);
		snprintf(key, sizeof(key), "key of number %08u", i);
		identity = keys_find(keys, nai);
		ck_assert_ptr_nonnull(identity);
		ck_assert_str_eq(identity->nai, nai);
		ck_assert_int_eq(memcmp(identity->sa[0].key, key, strlen(key)), 0);
		ck_assert_ptr_eq(keys_find_owner(keys, &hoa), identity);
	}
	keys_free(keys);
}
END_TEST

#define ENTRY(more) "{\"identities\":[\n{\"nai\":\"a@x\",\"key\":\"" KEY "\"" more "}]}"

static const struct {
	const char *text;
	unsigned int line;
	const char *said;
} mistakes[] = {
	{"{}", 1, "key \"identities\": missing"},
	{SAS(",\"spi-in\":256,\"encryption-key\":\"" KEY "0\""), 1, "16, 24 or 32 octets"},
	{SAS(",\"spi-in\":256,\"encryption\":\"null\",\"encryption-key\":\"hex:" AES "\""), 1,
         "has no"},
	{SAS(",\"encryption-key\":\"hex:" AES "\",\"spi-in\":255"), 1, "allowed: 256 to"},
	{"{\"identities\":[],\"sas\":[" SA(",\"spi-in\":256") "," SA(",\"spi-in\":256") "]}", 1,
         "this \"spi-in\" is in the file already"},
	{"{\"identities\":[],\"sas\":[" SA(",\"spi-in\":256") "," SA(",\"spi-in\":257") "]}", 1,
         "this \"home\" is in the file already"},
	{"{\"identities\":[],\"sas\":[" SA(
		 ",\"spi-in\":256,\"payload\":true,\"prefixes\":true") "]}",
         1, "are for different pairs"},
	{"{\"identities\":[],\"sas\":[" SA(",\"spi-in\":256,\"prefixes\":true") "]}", 0,
         "no pair of the same \"nai\""},
	{"{\"identities\":[{\"nai\":\"a\",\n\"key\":\"short\"}]}", 2, "has 5 octets"},
	{"{\"identities\":[{\"nai\":\"a\",\"key\":\"hex:00010203040506070809\"}]}", 1, "is no key"},
	{"{\"identities\":[{\"nai\":\"a\",\"key\":\"hex:000102030405060708090a0b0c0d0e0\"}]}", 1,
         "is no key"},
	{"{\"identities\":[{\"nai\":\"a\",\"key\":\"hex:000102030405060708090a0b0c0d0e0g\"}]}", 1,
         "is no key"},
	{"{\"identities\":[{\"key\":\"" KEY "\"}]}", 1, "\"identities[0].nai\": missing"},
	{ENTRY(",\"spi\":2"), 2, "\"identities[0].spi\": is not valid; allowed: 3 to"},
	{"{\"identities\":[],\"peers\":[{\"address\":\"::1\",\"key\":\"" KEY "\"}]}", 1,
         "not a global unicast address"},
	{"{\"identities\":[],\"peers\":[{\"address\":\"2001:db8::1\",\"key\":\"" KEY
         "\"},\n{\"address\":\"2001:db8::1\",\"key\":\"" KEY "\"}]}",
         2, "in the file already"},
	{ENTRY(",\"algorithm\":\"md5\""), 2, "allowed: \"hmac-sha1\" or \"hmac-sha256-128\""},
	{ENTRY(",\"home\":[\"x\"]"), 2, "neither an IPv6 address nor a prefix"},
	{ENTRY(",\"home\":[\"2001:db8::1/64\"]"), 2, "neither an IPv6 address nor a prefix"},
	{ENTRY(",\"home\":[\"::1\",\"::1\"]"), 2, "in the file already"},
	{ENTRY("},\n{\"nai\":\"a@x\",\"key\":\"" KEY "\""), 3,
         "\"nai\" with this \"spi\" is in the file"},
	{ENTRY(",\"home\":[\"::1\"]},\n{\"nai\":\"b@x\",\"home\":[\"::1\"],\"key\":\"" KEY "\""), 3,
         "in the file already"},
	{ENTRY(",\"home\":[\"::1\"]},\n{\"nai\":\"a@x\",\"spi\":9,\"home\":[\"::2\"],\"key\":\"" KEY
               "\""),
         3, "has \"home\" already"},
};

START_TEST(test_mistake)
{
	struct io_reports reports;
	struct keys *keys;

	ck_assert_int_eq(read_keys(mistakes[_i].text, &keys, &reports), -EINVAL);
	ck_assert_msg(reports.count == 1 &&
	                      io_reported(&reports, mistakes[_i].line, mistakes[_i].said),
	              "%s:\n%s", mistakes[_i].text, reports.text);
	/* Whatever is wrong: no key is ever shown. */
	ck_assert_ptr_null(strstr(reports.text, KEY));
}
END_TEST

static const struct mip6_auth_sa *find_sa(struct keys_wtru *keys, const char *text)
{
	struct mip6_addr addr;

	ck_assert_int_eq(addr_parse(text, &addr), 0);
	return keys_wtru_find(keys, &addr);
}

START_TEST(test_esp)
{
	static const char text[] = "{\"identities\":[],\"sas\":[" SA(
		",\"spi-in\":256") ","
				   "{\"nai\":\"b@x\",\"home\":\"2001:db8:5::7\",\"spi-in\":257,"
				   "\"spi-out\":258,"
				   "\"encryption-key\":\"hex:" AES
				   "\",\"authentication-key\":\"" KEY "\","
				   "\"authentication\":\"hmac-sha1-96\"},"
				   "{\"nai\":\"b@x\",\"home\":\"2001:db8:5::7\",\"spi-in\":259,"
				   "\"spi-out\":260,"
				   "\"payload\":true,\"encryption\":\"null\",\"authentication-"
				   "key\":\"" KEY "\"}]}";
	const struct mip6_addr one = {{0x20, 1, 0x0d, 0xb8, 0, 5, [15] = 7}};
	const struct mip6_addr two = {{0x20, 1, 0x0d, 0xb8, 0, 5, [15] = 8}};
	const struct mip6_addr none = {{0x20, 1, 0x0d, 0xb8, 0, 6, [15] = 8}};
	const struct keys_esp *esp;
	struct xfrm_sa sa = {.reqid = 1};
	struct io_reports reports;
	struct keys *keys;

	ck_assert_int_eq(read_keys(text, &keys, &reports), 0);
	/* The longest prefix; and whom it proves. */
	esp = keys_find_esp(keys, &one, KEYS_ESP_SIGNALLING);
	ck_assert_uint_eq(esp->spi_in, 257);
	ck_assert_str_eq(keys_find_esp_owner(keys, &one)->nai, "b@x");
	ck_assert_str_eq(keys_find_esp_owner(keys, &two)->nai, "a@x");
	ck_assert_ptr_null(keys_find_esp_owner(keys, &none));
	keys_esp_fill(esp, false, &sa);
	ck_assert_uint_eq(sa.spi, 258);
	ck_assert_uint_eq(sa.cipher_key_len, 16);
	ck_assert_uint_eq(sa.auth_key_len, sizeof(KEY) - 1);
	ck_assert_int_eq(sa.auth, XFRM_AUTH_SHA1_96);
	ck_assert_uint_eq(keys_find_esp(keys, &one, KEYS_ESP_PAYLOAD)->spi_in, 259);
	ck_assert_ptr_null(keys_find_esp(keys, &two, KEYS_ESP_PAYLOAD));
	ck_assert_uint_eq(keys_get_esp(keys, 2)->spi_out, 260);
	ck_assert_ptr_null(keys_get_esp(keys, 3));
	/* What asks about prefixes has no pair of its own. */
	ck_assert_ptr_null(keys_find_esp(keys, &one, KEYS_ESP_PREFIXES));
	ck_assert_uint_eq(keys_esp_protocol(esp, false), 0);
	ck_assert_uint_eq(keys_esp_protocol(esp, true), MIP6_PROTO_MH);
	keys_free(keys);
}
END_TEST

/* RFC 4877 section 6.3: mobile prefix discovery with a pair of its own. */
START_TEST(test_esp_prefixes)
{
	static const char text[] = "{\"identities\":[],\"sas\":[" SA(
		",\"spi-in\":257,\"prefixes\":true") "," SA(",\"spi-in\":256") "]}";
	const struct mip6_addr hoa = {{0x20, 1, 0x0d, 0xb8, 0, 5, [15] = 8}};
	const struct keys_esp *esp;
	struct io_reports reports;
	struct keys *keys;

	ck_assert_int_eq(read_keys(text, &keys, &reports), 0);
	ck_assert_uint_eq(keys_find_esp(keys, &hoa, KEYS_ESP_SIGNALLING)->spi_in, 256);
	esp = keys_find_esp(keys, &hoa, KEYS_ESP_PREFIXES);
	ck_assert_uint_eq(esp->spi_in, 257);
	ck_assert_uint_eq(keys_esp_protocol(esp, true), 58);
	ck_assert_str_eq(keys_find_esp_owner(keys, &hoa)->nai, "a@x");
	keys_free(keys);
}
END_TEST

START_TEST(test_esp_gateways)
{
	static const char text[] =
		"{\"identities\":[],\"gateways\":[{\"address\":\"2001:db8::1\",\"spi-in\":256,"
		"\"spi-out\":257,\"encryption-key\":\"hex:" AES "\",\"authentication-key\":\"" KEY
		"\"},{\"address\":\"2001:db8::2\",\"spi-in\":258,\"spi-out\":259,\"tunnels\":true,"
		"\"encryption-key\":\"hex:" AES "\",\"authentication-key\":\"" KEY "\"}]}";
	static const char wide[] =
		"{\"identities\":[],\"gateways\":[{\"address\":\"2001:db8::/64\",\"spi-in\":256,"
		"\"spi-out\":257,\"encryption-key\":\"hex:" AES "\",\"authentication-key\":\"" KEY
		"\"}]}";
	struct io_reports reports;
	struct keys *keys;

	ck_assert_int_eq(read_keys(text, &keys, &reports), 0);
	ck_assert_uint_eq(keys_get_esp_gateway(keys, 0)->spi_out, 257);
	ck_assert_uint_eq(keys_get_esp_gateway(keys, 0)->anchor.len, 128);
	ck_assert(!keys_get_esp_gateway(keys, 0)->tunnels);
	ck_assert(keys_get_esp_gateway(keys, 1)->tunnels);
	ck_assert_ptr_null(keys_get_esp_gateway(keys, 2));
	ck_assert_ptr_null(keys_get_esp(keys, 0));
	keys_free(keys);
	ck_assert_int_eq(read_keys(wide, &keys, &reports), -EINVAL);
}
END_TEST

START_TEST(test_wtru)
{
	static const char both[] =
		"{\"spi\":5,\"key\":\"" KEY "\",\"anchors\":[\n"
		"{\"prefix\":\"2001:db8::/32\",\"spi\":6,\"key\":\"" KEY "\"},"
		"{\"prefix\":\"2001:db8:1::/48\",\"spi\":7,\"algorithm\":\"hmac-sha256-128\","
		"\"key\":\"" KEY "\"}]}";
	static const char some[] =
		"{\"anchors\":[{\"prefix\":\"2001:db8::/32\",\"key\":\"" KEY "\"}]}";
	struct io_reports reports = {.count = 0};
	struct keys_wtru *keys;

	ck_assert_int_eq(
		keys_wtru_read(&keys, io_write("k", both, strlen(both), 0600), io_report, &reports),
		0);
	ck_assert_uint_eq(find_sa(keys, "2001:db9::1")->spi, 5);
	ck_assert_uint_eq(find_sa(keys, "2001:db8::1")->spi, 6);
	ck_assert_uint_eq(find_sa(keys, "2001:db8:1::1")->spi, 7);
	ck_assert_int_eq(find_sa(keys, "2001:db8:1::1")->algorithm, MIP6_AUTH_HMAC_SHA256_128);
	ck_assert_int_eq(memcmp(find_sa(keys, "2001:db8::1")->key, KEY, 16), 0);
	keys_wtru_free(keys);
	ck_assert_int_eq(
		keys_wtru_read(&keys, io_write("k", some, strlen(some), 0600), io_report, &reports),
		0);
	ck_assert_ptr_null(find_sa(keys, "2001:db9::1"));
	ck_assert_uint_eq(find_sa(keys, "2001:db8::1")->spi, 3);
	keys_wtru_free(keys);
	ck_assert_uint_eq(reports.count, 0);
	ck_assert_int_eq(keys_wtru_read(&keys, io_write("k", "{}", 2, 0600), io_report, &reports),
	                 -EINVAL);
	ck_assert(io_reported(&reports, 0, "has no key"));
	ck_assert_int_eq(
		keys_wtru_read(&keys, io_write("k", both, strlen(both), 0640), io_report, &reports),
		-EACCES);
}
END_TEST

/* Keys that the anchors do not have: what is used with them follows from it. */
START_TEST(test_wtru_aaa)
{
	static const char both[] = "{\"key\":\"" KEY "\",\"shared-with\":\"aaa\",\"anchors\":["
				   "{\"prefix\":\"2001:db8::/32\",\"spi\":6,\"key\":\"" KEY "\"}]}";
	static const char *const wrong[] = {
		"{\"key\":\"" KEY "\",\"shared-with\":\"aaa\",\"spi\":4}",
		"{\"key\":\"" KEY "\",\"shared-with\":\"aaa\",\"algorithm\":\"hmac-sha256-128\"}",
	};
	struct mip6_auth_sa aaa = {.key_len = sizeof(KEY) - 1}, want;
	struct io_reports reports = {.count = 0};
	struct keys_wtru *keys;
	struct mip6_addr addr;

	memcpy(aaa.key, KEY, sizeof(KEY) - 1);
	ck_assert_int_eq(
		keys_wtru_read(&keys, io_write("k", both, strlen(both), 0600), io_report, &reports),
		0);
	for (unsigned int i = 0; i < 3 * KEYS_SCRATCH; i++) {
		char text[32];

		snprintf(text, sizeof(text), "2001:db9::%x", 1 + i % (KEYS_SCRATCH + 1));
		ck_assert_int_eq(addr_parse(text, &addr), 0);
		mip6_aaa_derive(&aaa, &addr, &want);
		ck_assert_uint_eq(find_sa(keys, text)->spi, 3);
		ck_assert_uint_eq(find_sa(keys, text)->key_len, want.key_len);
		ck_assert_mem_eq(find_sa(keys, text)->key, want.key, want.key_len);
		ck_assert_mem_eq(keys_wtru_find_aaa(keys, &addr)->key, KEY, sizeof(KEY) - 1);
	}
	ck_assert_uint_eq(find_sa(keys, "2001:db8::1")->spi, 6);
	ck_assert_int_eq(addr_parse("2001:db8::1", &addr), 0);
	ck_assert_ptr_null(keys_wtru_find_aaa(keys, &addr));
	keys_wtru_free(keys);
	for (size_t i = 0; i < 2; i++) {
		reports.count = 0;
		ck_assert_int_eq(keys_wtru_read(&keys,
		                                io_write("k", wrong[i], strlen(wrong[i]), 0600),
		                                io_report, &reports),
		                 -EINVAL);
		ck_assert(io_reported(&reports, 0, "hmac-sha1"));
	}
}
END_TEST

START_TEST(test_radius)
{
	static const char text[] =
		"{\"identities\":[],\"radius\":["
		"{\"realm\":\"b.example\",\"address\":\"2001:db8::5\",\"secret\":\"" KEY "\"},"
		"{\"realm\":\"b.example\",\"address\":\"::ffff:192.0.2.1\",\"port\":1645,"
		"\"secret\":\"" KEY KEY "\"}]}";
	static const char *const wrong[] = {
		"{\"identities\":[],\"radius\":[{\"realm\":\"b\",\"address\":\"::\","
		"\"secret\":\"" KEY "\"}]}",
		"{\"identities\":[],\"radius\":[{\"realm\":\"b\",\"address\":\"::1\","
		"\"secret\":\"too short\"}]}",
	};
	struct io_reports reports = {.count = 0};
	const struct radius_server_config *servers;
	struct keys *keys;
	size_t count;

	ck_assert_int_eq(read_keys(text, &keys, &reports), 0);
	servers = keys_radius(keys, &count);
	ck_assert_uint_eq(count, 2);
	ck_assert_str_eq(servers[0].realm, "b.example");
	ck_assert_str_eq(servers[0].secret, KEY);
	ck_assert_uint_eq(servers[0].port, RADIUS_PORT);
	ck_assert_uint_eq(servers[1].port, 1645);
	ck_assert_str_eq(servers[1].secret, KEY KEY);
	keys_free(keys);
	for (size_t i = 0; i < 2; i++) {
		reports.count = 0;
		ck_assert_int_eq(read_keys(wrong[i], &keys, &reports), -EINVAL);
		ck_assert_uint_eq(reports.count, 1);
		ck_assert_ptr_null(strstr(reports.text, "too short"));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("keys");
	TCase *tcase = tcase_create("keys");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(tcase, io_fixture_setup, io_fixture_teardown);
	tcase_add_test(tcase, test_find);
	tcase_add_test(tcase, test_many);
	tcase_add_test(tcase, test_peers);
	tcase_add_loop_test(tcase, test_mistake, 0, sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(tcase, test_esp);
	tcase_add_test(tcase, test_esp_prefixes);
	tcase_add_test(tcase, test_esp_gateways);
	tcase_add_test(tcase, test_wtru);
	tcase_add_test(tcase, test_wtru_aaa);
	tcase_add_test(tcase, test_radius);
	suite_add_tcase(suite, tcase);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
