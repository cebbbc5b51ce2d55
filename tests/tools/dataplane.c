// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Drives a data plane from standard input, for the namespace tests: one command per line, one line
 * of answer: `ok …` or `error NUMBER TEXT`; events come as `event …` lines in between. Ends at end
 * of input, leaving everything in the kernel, or with `close keep` or `close all`.
 */
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "io/clock.h"
#include "io/log.h"
#include "kernel/dataplane.h"

static struct dataplane *dp;
static const struct dataplane_ops *ops;
static struct rtnl *rtnl;
static struct ev_loop *loop;
static size_t listed;
static char forced[16] = "auto";

static void answer(int rc)
{
	if (rc == 0)
		printf("ok\n");
	else
		printf("error %d %s\n", -rc, strerror(-rc));
}

static void unbound(void *ctx, const struct mip6_addr *outer_src, const struct mip6_addr *outer_dst,
                    const struct mip6_addr *inner_src)
{
	(void)ctx;
	printf("event unbound %s %s %s\n", addr_text(outer_src), addr_text(outer_dst),
	       addr_text(inner_src));
}

static void mtu_changed(void *ctx, const struct mip6_prefix *home, uint16_t mtu)
{
	(void)ctx;
	printf("event mtu %s %u\n", prefix_text(home), mtu);
}

static void print_binding(void *ctx, const struct dataplane_binding *binding)
{
	(void)ctx;
	listed++;
	printf(" %s,%s,%s", prefix_text(&binding->home), addr_text(&binding->local),
	       addr_text(&binding->peer));
}

/* backend wtru|gateway NAME: use this one; `error` when the kernel cannot. */
static int command_backend(char *const *argv, int argc)
{
	char why[256];

	if (argc < 3)
		return -EINVAL;
	snprintf(forced, sizeof(forced), "%s", argv[2]);
	if (dataplane_choose(strcmp(argv[1], "wtru") == 0 ? DATAPLANE_WTRU : DATAPLANE_GATEWAY,
	                     forced, why, sizeof(why)))
		return 0;
	printf("error %d %s\n", EOPNOTSUPP, why);
	return 1;
}

/* open wtru|gateway MAX [LOCAL | HOME/LEN]. A gateway's can chain if the kernel can. */
static int command_open(char *const *argv, int argc)
{
	struct dataplane_config config = {
		.loop = loop, .rtnl = rtnl, .unbound = unbound, .mtu_changed = mtu_changed};
	struct mip6_prefix home;
	char why[256];

	if (argc < 3 || dp)
		return -EINVAL;
	config.role = strcmp(argv[1], "wtru") == 0 ? DATAPLANE_WTRU : DATAPLANE_GATEWAY;
	config.bindings_max = strtoul(argv[2], NULL, 10);
	config.chains = config.role == DATAPLANE_GATEWAY;
	if (argc > 3 && addr_parse(argv[3], &config.local) < 0) {
		if (prefix_parse(argv[3], &home) < 0)
			return -EINVAL;
		config.home_prefixes = &home;
		config.home_prefix_count = 1;
	}
	ops = dataplane_choose(config.role, forced, why, sizeof(why));
	if (!ops) {
		printf("error %d %s\n", EOPNOTSUPP, why);
		return 1;
	}
	return ops->open(&dp, &config);
}

/* want HOME LOCAL PEER [IF ROUTER] */
static int command_want(char *const *argv, int argc)
{
	struct dataplane_binding binding = {0};

	if (argc < 4 || prefix_parse(argv[1], &binding.home) < 0 ||
	    addr_parse(argv[2], &binding.local) < 0 || addr_parse(argv[3], &binding.peer) < 0)
		return -EINVAL;
	if (argc > 4)
		binding.ifindex = if_nametoindex(argv[4]);
	if (argc > 5 && addr_parse(argv[5], &binding.router) < 0)
		return -EINVAL;
	return ops->want_binding(dp, &binding);
}

/* chain HOME LOCAL PEER SECOND */
static int command_chain(char *const *argv, int argc)
{
	struct dataplane_binding binding = {0};

	if (argc < 5 || prefix_parse(argv[1], &binding.home) < 0 ||
	    addr_parse(argv[2], &binding.local) < 0 || addr_parse(argv[3], &binding.peer) < 0 ||
	    addr_parse(argv[4], &binding.second) < 0)
		return -EINVAL;
	return ops->want_binding(dp, &binding);
}

/* fill FIRST COUNT LOCAL PEER: COUNT bindings of consecutive /128s. */
static int command_fill(char *const *argv, int argc)
{
	struct dataplane_binding binding = {0};
	mip6_time start = clock_monotonic();
	unsigned long count;

	if (argc < 5 || addr_parse(argv[1], &binding.home.addr) < 0 ||
	    addr_parse(argv[3], &binding.local) < 0 || addr_parse(argv[4], &binding.peer) < 0)
		return -EINVAL;
	binding.home.len = 128;
	count = strtoul(argv[2], NULL, 10);
	for (unsigned long i = 0; i < count; i++) {
		int rc = ops->want_binding(dp, &binding);

		if (rc < 0)
			return rc;
		for (int at = 15; at >= 8 && ++binding.home.addr.b[at] == 0; at--)
			;
	}
	printf("ok us=%lld\n", (long long)(clock_monotonic() - start));
	return 1;
}

static int command_stats(char *const *argv, int argc)
{
	struct dataplane_stats stats;
	struct mip6_prefix home;
	int rc;

	if (argc < 2 || prefix_parse(argv[1], &home) < 0)
		return -EINVAL;
	rc = ops->stats(dp, &home, &stats);
	if (rc < 0)
		return rc;
	printf("ok tx_packets=%llu tx_bytes=%llu rx_packets=%llu rx_bytes=%llu idle_us=%lld "
	       "mtu=%u\n",
	       (unsigned long long)stats.tx_packets, (unsigned long long)stats.tx_bytes,
	       (unsigned long long)stats.rx_packets, (unsigned long long)stats.rx_bytes,
	       stats.last_tx ? (long long)(clock_monotonic() - stats.last_tx) : -1LL, stats.mtu);
	return 1;
}

static int command_counters(void)
{
	struct dataplane_counters c;
	int rc = ops->counters(dp, &c);

	if (rc < 0)
		return rc;
	printf("ok no_binding=%llu wrong_source=%llu malformed=%llu multicast=%llu loop=%llu "
	       "unprotected=%llu failed=%llu "
	       "too_big=%llu encapsulated=%llu decapsulated=%llu\n",
	       (unsigned long long)c.drop_no_binding, (unsigned long long)c.drop_wrong_source,
	       (unsigned long long)c.drop_malformed, (unsigned long long)c.drop_multicast,
	       (unsigned long long)c.drop_loop, (unsigned long long)c.drop_unprotected,
	       (unsigned long long)c.drop_failed,
	       (unsigned long long)c.too_big, (unsigned long long)c.encapsulated,
	       (unsigned long long)c.decapsulated);
	return 1;
}

/* route HOME [TABLE]: with a table, the default route there is set. */
static int command_route(char *const *argv, int argc)
{
	struct rtnl_route route = {0};
	struct mip6_prefix home;
	int rc;

	if (argc < 2 || prefix_parse(argv[1], &home) < 0)
		return -EINVAL;
	rc = ops->route(dp, &home, &route);
	if (rc < 0)
		return rc;
	if (argc > 2) {
		route.table = (uint32_t)strtoul(argv[2], NULL, 10);
		rc = rtnl_route_set(rtnl, &route);
		if (rc < 0)
			return rc;
	}
	printf("ok ifindex=%u gateway=%s mtu=%u\n", route.ifindex, addr_text(&route.gateway),
	       route.mtu);
	return 1;
}

/* Resident memory of this process. */
static int command_rss(void)
{
	unsigned long pages = 0, skipped;
	FILE *f = fopen("/proc/self/statm", "r");

	if (!f || fscanf(f, "%lu %lu", &skipped, &pages) != 2)
		pages = 0;
	if (f)
		fclose(f);
	printf("ok kib=%lu\n", pages * (unsigned long)sysconf(_SC_PAGESIZE) / 1024);
	return 1;
}

/* 0 or negative: to be answered; 1: was answered. */
static int run(char *const *argv, int argc)
{
	const char *name = argv[0];
	struct mip6_prefix home;
	struct mip6_addr addr;

	if (strcmp(name, "open") == 0)
		return command_open(argv, argc);
	if (strcmp(name, "backend") == 0)
		return command_backend(argv, argc);
	if (strcmp(name, "rss") == 0)
		return command_rss();
	if (!dp)
		return -ENOTCONN;
	if (strcmp(name, "attach") == 0 && argc > 1)
		return ops->attach(dp, if_nametoindex(argv[1]));
	if (strcmp(name, "detach") == 0 && argc > 1)
		return ops->detach(dp, if_nametoindex(argv[1]));
	if (strcmp(name, "want") == 0)
		return command_want(argv, argc);
	if (strcmp(name, "chain") == 0)
		return command_chain(argv, argc);
	if (strcmp(name, "fill") == 0)
		return command_fill(argv, argc);
	if (strcmp(name, "unwant") == 0 && argc > 1)
		return prefix_parse(argv[1], &home) < 0 ? -EINVAL : ops->unwant_binding(dp, &home);
	if (strcmp(name, "stats") == 0)
		return command_stats(argv, argc);
	if (strcmp(name, "counters") == 0)
		return command_counters();
	if (strcmp(name, "route") == 0)
		return command_route(argv, argc);
	if (strcmp(name, "mtu") == 0 && argc > 2)
		return addr_parse(argv[1], &addr) < 0
		               ? -EINVAL
		               : ops->path_mtu(dp, &addr, (uint32_t)strtoul(argv[2], NULL, 10));
	if (strcmp(name, "list") == 0) {
		listed = 0;
		printf("ok");
		ops->list(dp, print_binding, NULL);
		printf("\n");
		return 1;
	}
	if (strcmp(name, "close") == 0 && argc > 1) {
		ops->close(dp, strcmp(argv[1], "keep") == 0);
		dp = NULL;
		return 0;
	}
	return -EINVAL;
}

static void line_arrived(char *line)
{
	char *argv[8], *save = NULL;
	int argc = 0, rc;

	for (char *word = strtok_r(line, " ", &save); word && argc < 8;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	if (!argc)
		return;
	rc = run(argv, argc);
	if (rc <= 0)
		answer(rc);
}

static void readable(struct ev_loop *l, struct ev_io *watcher, int revents)
{
	static char buf[4096];
	static size_t len;
	ssize_t got = read(watcher->fd, buf + len, sizeof(buf) - 1 - len);
	char *end;

	(void)revents;
	if (got <= 0) {
		ev_break(l, EVBREAK_ALL);
		return;
	}
	len += (size_t)got;
	while ((end = memchr(buf, '\n', len))) {
		size_t used = (size_t)(end - buf) + 1;

		*end = '\0';
		line_arrived(buf);
		memmove(buf, buf + used, len - used);
		len -= used;
	}
}

int main(int argc, char **argv)
{
	struct ev_io input;

	(void)argv;
	log_init("dataplane", argc > 1 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO);
	setvbuf(stdout, NULL, _IOLBF, 0);
	loop = ev_default_loop(0);
	if (!loop || rtnl_open(&rtnl) < 0)
		return 1;
	ev_io_init(&input, readable, STDIN_FILENO, EV_READ);
	ev_io_start(loop, &input);
	ev_run(loop, 0);
	if (dp)
		ops->close(dp, true);
	rtnl_close(rtnl);
	return 0;
}
