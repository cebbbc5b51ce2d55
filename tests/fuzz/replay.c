// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a fuzz target without a fuzzer: over the files and directories given, or, with none given,
 * over $srcdir/tests/fuzz/corpus/NAME, where NAME is that of the program without "fuzz_". Each seed
 * is run as it is, cut at every length, and with every single bit flipped; a crash leaves its input
 * behind.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

#define INPUT_MAX 65536
/* Longer seeds are mutated at their beginning only, to keep `make check` quick. */
#define MUTATE_MAX 1024

static uint8_t input[INPUT_MAX];
static size_t input_len;
static size_t runs;

/* Async-signal-safe: leave the input where the developer finds it, then die of the signal. */
static void on_crash(int signo)
{
	int fd = open("fuzz-crash.bin", O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (fd >= 0) {
		static const char note[] = "input left in fuzz-crash.bin\n";
		ssize_t n = write(fd, input, input_len);

		n += write(STDERR_FILENO, note, sizeof(note) - 1);
		(void)n;
		close(fd);
	}
	signal(signo, SIG_DFL);
	raise(signo);
}

/* Exactly as many octets as the target is told, so that a sanitizer sees the first one past them.
 */
static void run(const uint8_t *data, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);

	if (!exact)
		abort();
	memmove(input, data, len);
	input_len = len;
	memcpy(exact, data, len);
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	runs++;
}

static void run_seed(const uint8_t *seed, size_t len)
{
	static uint8_t copy[INPUT_MAX];
	size_t mutated = len < MUTATE_MAX ? len : MUTATE_MAX;

	memcpy(copy, seed, len);
	run(copy, len);
	for (size_t cut = 0; cut < mutated; cut++)
		run(copy, cut);
	for (size_t bit = 0; bit < 8 * mutated; bit++) {
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		run(copy, len);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static int run_file(const char *path)
{
	static uint8_t seed[INPUT_MAX];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -errno;
	}
	len = fread(seed, 1, sizeof(seed), f);
	fclose(f);
	run_seed(seed, len);
	return 0;
}

static int run_path(const char *path)
{
	struct dirent *entry;
	struct stat st;
	int err = 0;
	DIR *dir;

	if (stat(path, &st) == 0 && !S_ISDIR(st.st_mode))
		return run_file(path);
	dir = opendir(path);
	if (!dir) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -errno;
	}
	while (err == 0 && (entry = readdir(dir))) {
		char file[4096];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, entry->d_name);
		err = run_file(file);
	}
	closedir(dir);
	return err;
}

/* "…/lt-fuzz_mh" gives "mh". */
static const char *target_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');
	const char *name = slash ? slash + 1 : argv0;

	if (strncmp(name, "lt-", 3) == 0)
		name += 3;
	return strncmp(name, "fuzz_", 5) == 0 ? name + 5 : name;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char corpus[4096];
	int err = 0;

	signal(SIGABRT, on_crash);
	signal(SIGSEGV, on_crash);
	for (int i = 1; err == 0 && i < argc; i++)
		err = run_path(argv[i]);
	if (argc < 2) {
		snprintf(corpus, sizeof(corpus), "%s/tests/fuzz/corpus/%s", srcdir ? srcdir : ".",
		         target_name(argv[0]));
		err = run_path(corpus);
	}
	printf("%zu inputs\n", runs);
	/* An empty corpus tests nothing: say so instead of passing. */
	return err || runs == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
