// SPDX-License-Identifier: GPL-2.0-or-later
/* Configuration files: every kind of mistake is found, on its line, and a good file is read. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../common/config_sample.h"
#include "io/json_reader.h"
#include "io_fixture.h"

static const struct config_option required[] = {
	{
		.key = "linger-s",
		.type = CONFIG_UINT,
		.offset = offsetof(struct sample, linger_s),
		.max = 9,
		.doc = "Linger.",
	},
	{.key = NULL},
};

static int read_text(const char *text, struct sample *conf, struct io_reports *reports)
{
	*conf = (struct sample){.open = false};
	*reports = (struct io_reports){.count = 0};
	return config_read_text("test", text, strlen(text), sample_options, conf, io_report,
	                        reports);
}

START_TEST(test_defaults)
{
	struct io_reports reports = {.count = 0};
	struct sample conf = {.open = true};

	ck_assert_int_eq(config_read(NULL, sample_options, &conf, io_report, &reports), 0);
	ck_assert(!conf.open);
	ck_assert_uint_eq(conf.linger_s, 60);
	ck_assert_str_eq(conf.identity, "");
	ck_assert_int_eq(conf.data_plane, 0);
	ck_assert(mip6_addr_is_unspecified(&conf.anchor));
	ck_assert_uint_eq(conf.prefix.len, 32);
	ck_assert_uint_eq(conf.links.count, 0);
	config_free(sample_options, &conf);
}
END_TEST

START_TEST(test_good)
{
	static const char text[] =
		"// first line\n"
		"{ \"open\": true, /* a\n comment */ \"linger-s\": 4,\n"
		"  \"identity\": \"\\u0061\\\"\\ud83d\\ude00\", \"data-plane\": \"ip6tnl\",\n"
		"  \"anchor\": \"2001:db8::1\", \"prefix\": \"::/0\", \"names\": [\"a\", \"\"],\n"
		"  \"links\": [{\"name\": \"wlan0\"},\n"
		"    {\"name\": \"wwan0\", \"rank\": 10, \"tags\": [\"p\",\"q\",\"r\",\"s\"]}, "
		"{\"name\":\"c\"}],\n"
		"  \"many\": [{\"name\":\"1\"},{\"name\":\"2\"}]\n"
		"} // last\n";
	struct io_reports reports;
	const struct sample_link *links;
	struct sample conf;

	ck_assert_int_eq(read_text(text, &conf, &reports), 0);
	ck_assert_uint_eq(reports.count, 0);
	ck_assert(conf.open);
	ck_assert_uint_eq(conf.linger_s, 4);
	ck_assert_str_eq(conf.identity, "a\"\xf0\x9f\x98\x80");
	ck_assert_int_eq(conf.data_plane, 2);
	ck_assert_uint_eq(conf.anchor.b[15], 1);
	ck_assert_uint_eq(conf.prefix.len, 0);
	ck_assert_uint_eq(conf.names.count, 2);
	ck_assert_uint_eq(conf.links.count, 3);
	links = conf.links.v;
	ck_assert_str_eq(links[0].name, "wlan0");
	ck_assert_uint_eq(links[0].rank, 1);
	ck_assert_str_eq(links[0].tags.v[0], "x");
	ck_assert_uint_eq(links[1].rank, 10);
	ck_assert_uint_eq(links[1].tags.count, 4);
	ck_assert_str_eq(links[1].tags.v[3], "s");
	ck_assert_uint_eq(conf.each, 2);
	config_free(sample_options, &conf);
}
END_TEST

/* One mistake each: the text, the line it is reported on, and a part of what is said. */
static const struct {
	const char *text;
	unsigned int line;
	const char *said;
} mistakes[] = {
	{"{\n\"open\": 1}", 2, "key \"open\": a number has no place here; allowed: true or false"},
	{"{\"linger-s\": 1}", 1, "key \"linger-s\": 1 is not valid; allowed: 2 to 3600"},
	{"{\"linger-s\": 3602}", 1, "allowed: 2 to 3600"},
	{"{\"linger-s\": 99999999999999999999}", 1, "allowed: 2 to 3600"},
	{"{\"linger-s\": -4}", 1, "-4 is not valid"},
	{"{\"linger-s\": 4.0}", 1, "4.0 is not valid"},
	{"{\"linger-s\": 4e0}", 1, "4e0 is not valid"},
	{"{\"linger-s\": \"4\"}", 1, "a string has no place here"},
	{"{\"linger-s\": 5}", 1, "is odd; allowed: even numbers"},
	{"{\n\n\"linger-s\": null}", 3, "null has no place here"},
	{"{\"identity\": \"0123456789012345678901234567890123\"}", 1, "has 34 octets"},
	{"{\"identity\": [1,{\"a\":[]}]}", 1, "an array has no place here"},
	{"{\"data-plane\": \"xdp\"}", 1, "allowed: \"auto\", \"bpf\" or \"ip6tnl\""},
	{"{\"anchor\": \"192.0.2.1\"}", 1, "192.0.2.1 is not valid; allowed: IPv6 address"},
	{"{\"anchor\": \"2001:db8::1/64\"}", 1, "allowed: IPv6 address"},
	{"{\"prefix\": \"2001:db8::1/64\"}", 1, "no bit set past its length"},
	{"{\"prefix\": \"::/129\"}", 1, "IPv6 prefix"},
	{"{\"prefix\": \"::/064\"}", 1, "IPv6 prefix"},
	{"{\"names\": [\"a\",\n 7]}", 2, "key \"names[1]\": a number has no place here"},
	{"{\n\"names\": [\"a\",\n\"b\",\"c\"]}", 2,
         "has 3 elements; allowed: array of 0 to 2 strings"},
	{"{\"links\": [\n{\"name\":\"a\"},\n{\"name\":\"\"}]}", 3,
         "key \"links[1].name\": has 0 octets"},
	{"{\"links\": [\n{}]}", 2, "key \"links[0].name\": missing"},
	{"{\"links\": [{\"name\":\"a\",\"rank\":11}]}", 1, "\"links[0].rank\": 11 is not valid"},
	{"{\"links\": {}}", 1, "an object has no place here"},
	{"{\"many\": [\n{\"name\":\"a\"},\n{\"name\":\"bad\"}]}", 3, "key \"many[1]\": is bad"},
	{"{\"linger\": 4}", 1, "key \"linger\": unknown; did you mean \"linger-s\"?"},
	{"{\"Linger-s\": 4}", 1, "did you mean \"linger-s\"?"},
	{"{\"links\":[{\"name\":\"a\",\"rnak\":1}]}", 1, "did you mean \"rank\"?"},
	{"{\"qqqqqqqqqqqq\": {\"x\":[1]}}", 1, "unknown; allowed: open, linger-s, "},
	{"{\"linger-s\": 4,\n\"linger-s\": 4}", 2,
         "given a second time; allowed: once (line 1 has it)"},
	{"", 1, "column 1: syntax error: expected '{'"},
	{"[]", 1, "expected '{'"},
	{"{}\n{}", 2, "column 1: syntax error: expected nothing after the closing '}'"},
	{"{\"open\": true,}", 1, "expected a key"},
	{"{\"open\" true}", 1, "expected ':'"},
	{"{\"open\": true \"linger-s\": 4}", 1, "column 15: syntax error: expected ',' or '}'"},
	{"{\"names\": [\"a\" \"b\"]}", 1, "expected ',' or ']'"},
	{"{\"names\": [\"a\",]}", 1, "expected a value"},
	{"{\"open\": yes}", 1, "a word that is not"},
	{"{\"open\": true", 1, "expected ',' or '}'"},
	{"{\n\"identity\": \"abc\n\"}", 2, "without closing quote"},
	{"{\"identity\": \"a\\x\"}", 1, "a bad escape"},
	{"{\"identity\": \"a\\u0000\"}", 1, "a bad escape"},
	{"{\"identity\": \"a\\ud800x\"}", 1, "a bad escape"},
	{"{\"identity\": \"\xff\"}", 1, "not UTF-8"},
	{"{\"identity\": \"a\tb\"}", 1, "a control character"},
	{"{ /* \n\n", 1, "a comment that does not end"},
	{"{ / }", 1, "a lone '/'"},
	{"{\"linger-s\": 04}", 1, "a malformed number"},
	{"{\"linger-s\": -}", 1, "a malformed number"},
	{"{\"open\": [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}",
         1, "nested too deeply"},
};

START_TEST(test_mistake)
{
	struct io_reports reports;
	struct sample conf;

	ck_assert_int_eq(read_text(mistakes[_i].text, &conf, &reports), -EINVAL);
	ck_assert_msg(reports.count == 1, "%s: %u reports:\n%s", mistakes[_i].text, reports.count,
	              reports.text);
	ck_assert_msg(io_reported(&reports, mistakes[_i].line, mistakes[_i].said), "%s:\n%s",
	              mistakes[_i].text, reports.text);
	ck_assert_ptr_null(conf.links.v);
	ck_assert_ptr_null(conf.names.v);
}
END_TEST

START_TEST(test_all_at_once)
{
	static const char text[] =
		"{\n\"open\": 1,\n\"linger\": 2,\n\"prefix\": \"x\",\n\"names\": [1,2],\n"
		"\"names\": []\n}\n";
	struct io_reports reports;
	struct sample conf;

	ck_assert_int_eq(read_text(text, &conf, &reports), -EINVAL);
	ck_assert_uint_eq(reports.count, 6);
	ck_assert(io_reported(&reports, 2, "open"));
	ck_assert(io_reported(&reports, 3, "linger"));
	ck_assert(io_reported(&reports, 4, "prefix"));
	ck_assert(io_reported(&reports, 5, "names[0]"));
	ck_assert(io_reported(&reports, 5, "names[1]"));
	ck_assert(io_reported(&reports, 6, "second time"));
}
END_TEST

/* Whatever is cut off, it is refused, and nothing is read past the end (with a sanitizer). */
START_TEST(test_truncation)
{
	static const char text[] =
		"{\"identity\": \"\\u00e4\\n\", \"linger-s\": 12, /* c */\n"
		"\"links\": [{\"name\": \"a\", \"tags\": [\"p\", \"q\"]}], \"open\": true}";

	for (size_t len = 0; len < strlen(text); len++) {
		struct io_reports reports = {.count = 0};
		struct sample conf = {.open = false};
		char *exact = malloc(len > 0 ? len : 1);

		memcpy(exact, text, len);
		ck_assert_int_eq(config_read_text("t", exact, len, sample_options, &conf, io_report,
		                                  &reports),
		                 -EINVAL);
		ck_assert_uint_ge(reports.count, 1);
		free(exact);
	}
}
END_TEST

START_TEST(test_missing)
{
	struct io_reports reports = {.count = 0};
	struct sample conf = {.open = false};

	ck_assert_int_eq(config_read_text("t", "\n{}", 3, required, &conf, io_report, &reports),
	                 -EINVAL);
	ck_assert(io_reported(&reports, 2, "key \"linger-s\": missing; allowed: 0 to 9"));
}
END_TEST

START_TEST(test_files)
{
	struct io_reports reports = {.count = 0};
	struct sample conf = {.open = false};

	ck_assert_int_eq(config_read(io_path("none"), sample_options, &conf, io_report, &reports),
	                 -ENOENT);
	ck_assert(io_reported(&reports, 0, "No such file"));
	ck_assert_int_eq(config_read(io_path("."), sample_options, &conf, io_report, &reports),
	                 -EINVAL);
	ck_assert(io_reported(&reports, 0, "is not a regular file"));
	ck_assert_int_eq(mkfifo(io_path("fifo"), 0600), 0);
	ck_assert_int_eq(config_read(io_path("fifo"), sample_options, &conf, io_report, &reports),
	                 -EINVAL);
	ck_assert_int_eq(config_read(io_write("good", "{}", 2, 0644), sample_options, &conf,
	                             io_report, &reports),
	                 0);
	config_free(sample_options, &conf);
	ck_assert_int_eq(truncate(io_path("good"), 2 * 1024 * 1024), 0);
	ck_assert_int_eq(config_read(io_path("good"), sample_options, &conf, io_report, &reports),
	                 -EFBIG);
	ck_assert(io_reported(&reports, 0, "is larger than 1 MiB"));
}
END_TEST

START_TEST(test_secret_mode)
{
	static const mode_t bad[] = {0640, 0604, 0610, 0666, 0602};
	struct io_reports reports = {.count = 0};
	struct sample conf = {.open = false};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(config_read_secret(io_write("key", "{}", 2, bad[i]),
		                                    sample_options, &conf, io_report, &reports),
		                 -EACCES);
	ck_assert(io_reported(&reports, 0, "allowed: mode 0600"));
	ck_assert_int_eq(config_read_secret(io_write("key", "{}", 2, 0600), sample_options, &conf,
	                                    io_report, &reports),
	                 0);
	config_free(sample_options, &conf);
	ck_assert_int_eq(config_read_secret(io_write("key", "{}", 2, 0400), sample_options, &conf,
	                                    io_report, &reports),
	                 0);
	config_free(sample_options, &conf);
	if (geteuid() == 0) {
		ck_assert_int_eq(chown(io_path("key"), 12345, (gid_t)-1), 0);
		ck_assert_int_eq(config_read_secret(io_path("key"), sample_options, &conf,
		                                    io_report, &reports),
		                 -EACCES);
		ck_assert(io_reported(&reports, 0, "belongs to another user"));
	}
}
END_TEST

START_TEST(test_print)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	config_print_options(sample_options, out);
	fclose(out);
	ck_assert_ptr_nonnull(strstr(text, "linger-s\t2 to 3600\t60\tLinger.\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "identity\tstring of 0 to 31 octets\tunset\tIdentity.\n"));
	ck_assert_ptr_nonnull(
		strstr(text, "links[].name\tstring of 1 to 15 octets\trequired\tName.\n"));
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *texts = tcase_create("texts");
	TCase *files = tcase_create("files");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_test(texts, test_defaults);
	tcase_add_test(texts, test_good);
	tcase_add_loop_test(texts, test_mistake, 0, sizeof(mistakes) / sizeof(mistakes[0]));
	tcase_add_test(texts, test_all_at_once);
	tcase_add_test(texts, test_truncation);
	tcase_add_test(texts, test_missing);
	tcase_add_test(texts, test_print);
	suite_add_tcase(suite, texts);
	tcase_add_checked_fixture(files, io_fixture_setup, io_fixture_teardown);
	tcase_add_test(files, test_files);
	tcase_add_test(files, test_secret_mode);
	suite_add_tcase(suite, files);
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
