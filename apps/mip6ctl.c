// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * mip6ctl: see and steer the daemons of this machine. A table of subcommands, which also prints the
 * usage; each subcommand asks one daemon, or each that runs, and hands the answer to a writer.
 */
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"
#include "writer.h"

#define DAEMONS 2
#define PAGE 256

/* Indices of daemons[], and what a subcommand can be asked of. */
enum target {
	TARGET_MN,
	TARGET_DGW,
	TARGET_ONE, /* the only daemon that runs */
	TARGET_ALL, /* each that runs */
};

static const struct {
	const char *option, *name, *socket;
} daemons[DAEMONS] = {
	[TARGET_MN] = {"mn", "mip6-mnd", "mnd.sock"},
	[TARGET_DGW] = {"dgw", "mip6-dgwd", "dgwd.sock"},
};

struct ctl {
	struct client clients[DAEMONS]; /* connected: fd >= 0 */
	struct writer writer;
	char **args; /* of the subcommand */
	int arg_count;
};

struct command {
	const char *name, *args;
	int args_min, args_max;
	enum target target;
	enum ctl_exit (*run)(struct ctl *ctl, struct client *client, const struct command *command);
	const struct view *view;
	const char *doc;
};

static enum ctl_exit ask(struct client *client, const char *command, const char *hoa,
                         struct json_object **ret)
{
	struct json_object *request = json_object_new_object();
	enum ctl_exit code;

	json_object_object_add(request, "command", json_object_new_string(command));
	if (hoa != NULL)
		json_object_object_add(request, "hoa", json_object_new_string(hoa));
	code = client_request(client, request, ret);
	json_object_put(request);
	return code;
}

static enum ctl_exit run_object(struct ctl *ctl, struct client *client,
                                const struct command *command)
{
	struct json_object *answer;
	enum ctl_exit code = ask(client, command->name, NULL, &answer);

	if (code != CTL_EXIT_OK)
		return code;
	ctl->writer.ops->object(&ctl->writer, client->daemon, command->view, answer);
	json_object_put(answer);
	return CTL_EXIT_OK;
}

static enum ctl_exit run_stats(struct ctl *ctl, struct client *client,
                               const struct command *command)
{
	struct json_object *answer;
	enum ctl_exit code = ask(client, command->name, NULL, &answer);

	if (code != CTL_EXIT_OK)
		return code;
	ctl->writer.ops->groups(&ctl->writer, client->daemon, answer);
	json_object_put(answer);
	return CTL_EXIT_OK;
}

/* Tables come whole or in pages; the next page is asked for with the cursor of the last. */
static enum ctl_exit run_table(struct ctl *ctl, struct client *client,
                               const struct command *command)
{
	struct json_object *cursor = NULL, *answer, *rows;
	struct writer *writer = &ctl->writer;
	bool begun = false;
	enum ctl_exit code;

	do {
		struct json_object *request = json_object_new_object();

		json_object_object_add(request, "command", json_object_new_string(command->name));
		if (ctl->arg_count > 0)
			json_object_object_add(request, "hoa",
			                       json_object_new_string(ctl->args[0]));
		else if (command->args != NULL)
			json_object_object_add(request, "limit", json_object_new_int(PAGE));
		if (cursor != NULL)
			json_object_object_add(request, "after", cursor);
		cursor = NULL;
		code = client_request(client, request, &answer);
		json_object_put(request);
		if (code != CTL_EXIT_OK)
			return code;
		if (!begun)
			writer->ops->table_begin(writer, client->daemon, command->name);
		begun = true;
		if (json_object_object_get_ex(answer, command->name, &rows) &&
		    json_object_is_type(rows, json_type_array))
			writer->ops->table_rows(writer, command->view, rows);
		if (json_object_object_get_ex(answer, "next", &cursor))
			cursor = json_object_get(cursor);
		json_object_put(answer);
	} while (cursor != NULL && !ferror(writer->out));
	json_object_put(cursor);
	writer->ops->table_end(writer, command->view);
	return CTL_EXIT_OK;
}

static enum ctl_exit run_simple(struct ctl *ctl, struct client *client,
                                const struct command *command)
{
	struct json_object *answer;
	enum ctl_exit code =
		ask(client, command->name, ctl->arg_count > 0 ? ctl->args[0] : NULL, &answer);

	if (code != CTL_EXIT_OK)
		return code;
	json_object_put(answer);
	ctl->writer.ops->done(&ctl->writer, client->daemon,
	                      ctl->arg_count > 0 ? "releasing it"
	                                         : "the configuration is in force");
	return CTL_EXIT_OK;
}

static enum ctl_exit run_keep(struct ctl *ctl, struct client *client, const struct command *command)
{
	struct json_object *request, *answer;
	bool keep = ctl->arg_count < 2 || strcmp(ctl->args[1], "on") == 0;
	enum ctl_exit code;

	if (!keep && strcmp(ctl->args[1], "off") != 0) {
		fprintf(stderr, "mip6ctl: keep: \"%s\" is neither \"on\" nor \"off\"\n",
		        ctl->args[1]);
		return CTL_EXIT_USAGE;
	}
	request = json_object_new_object();
	json_object_object_add(request, "command", json_object_new_string(command->name));
	json_object_object_add(request, "hoa", json_object_new_string(ctl->args[0]));
	json_object_object_add(request, "keep", json_object_new_boolean(keep));
	code = client_request(client, request, &answer);
	json_object_put(request);
	if (code != CTL_EXIT_OK)
		return code;
	json_object_put(answer);
	ctl->writer.ops->done(&ctl->writer, client->daemon,
	                      keep ? "kept, used or not" : "kept while it is used");
	return CTL_EXIT_OK;
}

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	(void)number;
	interrupted = 1;
}

/* All connected daemons at once, until interrupted or until none is left. */
static enum ctl_exit run_events(struct ctl *ctl, struct client *client,
                                const struct command *command)
{
	const struct sigaction action = {.sa_handler = on_signal};
	sigset_t blocked, open;
	struct json_object *object;

	(void)client;
	(void)command;
	for (size_t i = 0; i < DAEMONS; i++) {
		enum ctl_exit code;

		if (ctl->clients[i].fd < 0)
			continue;
		code = ask(&ctl->clients[i], "subscribe", NULL, &object);
		if (code != CTL_EXIT_OK)
			return code;
		json_object_put(object);
	}
	/* The signals get through inside ppoll() only: none can slip in between check and wait. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGINT);
	sigaddset(&blocked, SIGTERM);
	sigprocmask(SIG_BLOCK, &blocked, &open);
	sigdelset(&open, SIGINT);
	sigdelset(&open, SIGTERM);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	while (!interrupted) {
		struct pollfd pfds[DAEMONS];
		bool connected = false, waiting = true;

		for (size_t i = 0; i < DAEMONS; i++) {
			struct client *each = &ctl->clients[i];

			while (each->fd >= 0 && client_has_line(each) &&
			       (object = client_next(each, 0)) != NULL) {
				ctl->writer.ops->event(&ctl->writer, each->daemon, object);
				json_object_put(object);
			}
			pfds[i] = (struct pollfd){.fd = each->fd, .events = POLLIN};
			connected = connected || each->fd >= 0;
		}
		if (fflush(ctl->writer.out) != 0)
			return CTL_EXIT_CONNECTION;
		if (!connected) {
			fprintf(stderr, "mip6ctl: the daemon closed the connection\n");
			return CTL_EXIT_CONNECTION;
		}
		waiting = ppoll(pfds, DAEMONS, NULL, &open) > 0;
		for (size_t i = 0; waiting && i < DAEMONS; i++) {
			if (pfds[i].fd < 0 || pfds[i].revents == 0)
				continue;
			object = client_next(&ctl->clients[i], 0);
			if (object == NULL)
				continue;
			ctl->writer.ops->event(&ctl->writer, ctl->clients[i].daemon, object);
			json_object_put(object);
		}
	}
	return CTL_EXIT_OK;
}

static const struct command commands[] = {
	{"status", NULL, 0, 0, TARGET_ALL, run_object, &view_status,
         "what runs here, how, and what is wrong"},
	{"instances", NULL, 0, 0, TARGET_MN, run_table, &view_instances,
         "WTRU: home addresses and where they are anchored"},
	{"links", NULL, 0, 0, TARGET_MN, run_table, &view_links, "WTRU: links and attachments"},
	{"bindings", "[HOA]", 0, 1, TARGET_DGW, run_table, &view_bindings,
         "D-GW: the binding cache, or one binding"},
	{"chains", "[HOA]", 0, 1, TARGET_DGW, run_table, &view_chains,
         "PGW: chains of WTRUs in other operators' networks, or one chain"},
	{"leases", "", 0, 0, TARGET_DGW, run_table, &view_leases,
         "D-GW: unique prefixes given out"},
	{"home-agents", NULL, 0, 0, TARGET_DGW, run_table, &view_home_agents,
         "D-GW: home agents of the shared prefix, as WTRUs are told"},
	{"events", NULL, 0, 0, TARGET_ALL, run_events, NULL,
         "follow what happens, until interrupted"},
	{"stats", NULL, 0, 0, TARGET_ALL, run_stats, NULL, "counters"},
	{"release", "HOA", 1, 1, TARGET_ONE, run_simple, NULL,
         "WTRU: end this home address; D-GW: revoke its binding"},
	{"keep", "HOA [on|off]", 1, 2, TARGET_MN, run_keep, NULL,
         "WTRU: do not end this home address for lack of use"},
	{"reload", NULL, 0, 0, TARGET_ONE, run_simple, NULL, "read the configuration file again"},
	{"version", NULL, 0, 0, TARGET_ALL, run_object, &view_status, "versions of what runs here"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void usage(FILE *out)
{
	char head[64];

	fprintf(out, "usage: mip6ctl [OPTION]... COMMAND [ARGUMENT]...\n\nCommands:\n");
	for (size_t i = 0; i < COMMANDS; i++) {
		snprintf(head, sizeof(head), "%s %s", commands[i].name,
		         commands[i].args != NULL ? commands[i].args : "");
		fprintf(out, "  %-20s %s\n", head, commands[i].doc);
	}
	fprintf(out,
	        "\nOptions:\n"
	        "  --json               one JSON object per line\n"
	        "  --daemon mn|dgw      ask this daemon (mip6-mnd, mip6-dgwd)\n"
	        "  --socket PATH        ask the daemon at this socket\n"
	        "  --rundir DIR         where the sockets are, instead of %s\n"
	        "  --help, --version\n"
	        "\nExit status: 0 done; 1 the daemon refused; 2 usage; 3 no daemon runs;\n"
	        "4 no permission; 5 connection lost or not understood. See mip6ctl(1).\n",
	        MIP6_RUNDIR);
}

struct options {
	bool json;
	int daemon; /* index of daemons[] or -1 */
	const char *socket, *rundir;
};

/* Negative: go on; otherwise the exit code. */
static int parse_options(int argc, char **argv, struct options *ret)
{
	static const struct option options[] = {
		{"json", no_argument, NULL, 'j'},
		{"daemon", required_argument, NULL, 'd'},
		{"socket", required_argument, NULL, 's'},
		{"rundir", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'V'},
		{NULL, 0, NULL, 0},
	};
	int c;

	*ret = (struct options){.daemon = -1, .rundir = MIP6_RUNDIR};
	while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (c) {
		case 'j':
			ret->json = true;
			break;
		case 'd':
			for (int i = 0; i < DAEMONS; i++)
				if (strcmp(optarg, daemons[i].option) == 0)
					ret->daemon = i;
			if (ret->daemon < 0) {
				fprintf(stderr, "mip6ctl: --daemon is \"mn\" or \"dgw\"\n");
				return CTL_EXIT_USAGE;
			}
			break;
		case 's':
			ret->socket = optarg;
			break;
		case 'r':
			ret->rundir = optarg;
			break;
		case 'h':
			usage(stdout);
			return CTL_EXIT_OK;
		case 'V':
			printf("mip6ctl %s\n", MIP6_VERSION);
			return CTL_EXIT_OK;
		default:
			fprintf(stderr, "Try: mip6ctl --help\n");
			return CTL_EXIT_USAGE;
		}
	}
	return -1;
}

static const struct command *find_command(int argc, char **argv)
{
	if (argc < 1) {
		usage(stderr);
		return NULL;
	}
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *command = &commands[i];

		if (strcmp(command->name, argv[0]) != 0)
			continue;
		if (argc - 1 >= command->args_min && argc - 1 <= command->args_max)
			return command;
		fprintf(stderr, "usage: mip6ctl %s %s\n", command->name,
		        command->args != NULL ? command->args : "");
		return NULL;
	}
	fprintf(stderr, "mip6ctl: no command \"%s\". Try: mip6ctl --help\n", argv[0]);
	return NULL;
}

static int daemon_index(const char *name)
{
	for (int i = 0; i < DAEMONS; i++)
		if (strcmp(daemons[i].name, name) == 0)
			return i;
	return -1;
}

/* One named socket, whoever listens there. */
static enum ctl_exit connect_socket(struct ctl *ctl, const struct options *options,
                                    const struct command *command)
{
	const char *expected = options->daemon >= 0        ? daemons[options->daemon].name
	                       : command->target < DAEMONS ? daemons[command->target].name
	                                                   : "the daemon";
	struct client client;
	enum ctl_exit code = client_open(&client, options->socket, expected, false);
	int index;

	if (code != CTL_EXIT_OK)
		return code;
	index = daemon_index(client.daemon);
	if (index < 0 || (command->target < DAEMONS && (int)command->target != index)) {
		fprintf(stderr, "mip6ctl: %s: %s has no command \"%s\"\n", options->socket,
		        client.daemon, command->name);
		client_close(&client);
		return CTL_EXIT_USAGE;
	}
	ctl->clients[index] = client;
	return CTL_EXIT_OK;
}

static enum ctl_exit connect_daemons(struct ctl *ctl, const struct options *options,
                                     const struct command *command, char paths[DAEMONS][4096])
{
	enum ctl_exit codes[DAEMONS] = {CTL_EXIT_NOT_RUNNING, CTL_EXIT_NOT_RUNNING};
	int wanted = options->daemon >= 0             ? options->daemon
	             : command->target < (int)DAEMONS ? (int)command->target
	                                              : -1;
	size_t connected = 0;

	if (options->daemon >= 0 && command->target < DAEMONS &&
	    (int)command->target != options->daemon) {
		fprintf(stderr, "mip6ctl: %s has no command \"%s\"\n",
		        daemons[options->daemon].name, command->name);
		return CTL_EXIT_USAGE;
	}
	for (int i = 0; i < DAEMONS; i++) {
		snprintf(paths[i], 4096, "%s/%s", options->rundir, daemons[i].socket);
		if (wanted >= 0 && wanted != i)
			continue;
		codes[i] = client_open(&ctl->clients[i], paths[i], daemons[i].name, wanted < 0);
		if (wanted >= 0)
			return codes[i];
		connected += codes[i] == CTL_EXIT_OK;
		if (codes[i] != CTL_EXIT_OK && codes[i] != CTL_EXIT_NOT_RUNNING)
			return codes[i];
	}
	if (connected == 0) {
		fprintf(stderr,
		        "mip6ctl: neither mip6-mnd nor mip6-dgwd runs here (no socket in %s "
		        "answers).\n"
		        "Start one with: systemctl start mip6-mnd (on a WTRU) or mip6-dgwd (on a "
		        "D-GW)\n",
		        options->rundir);
		return CTL_EXIT_NOT_RUNNING;
	}
	if (connected > 1 && command->target == TARGET_ONE) {
		fprintf(stderr,
		        "mip6ctl: mip6-mnd and mip6-dgwd run here; say which with --daemon\n");
		return CTL_EXIT_USAGE;
	}
	return CTL_EXIT_OK;
}

static void writer_init(struct writer *writer, bool json)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

	writer->ops = json ? &writer_json : &writer_text;
	writer->out = stdout;
	writer->colour = !json && isatty(STDOUT_FILENO) &&
	                 (no_colour == NULL || no_colour[0] == '\0') && term != NULL &&
	                 strcmp(term, "dumb") != 0;
}

int main(int argc, char **argv)
{
	static char paths[DAEMONS][4096];
	struct ctl ctl = {.clients = {{.fd = -1}, {.fd = -1}}};
	const struct command *command;
	struct options options;
	enum ctl_exit code;
	int early = parse_options(argc, argv, &options);

	if (early >= 0)
		return early;
	command = find_command(argc - optind, argv + optind);
	if (command == NULL)
		return CTL_EXIT_USAGE;
	ctl.args = argv + optind + 1;
	ctl.arg_count = argc - optind - 1;
	writer_init(&ctl.writer, options.json);
	code = options.socket != NULL ? connect_socket(&ctl, &options, command)
	                              : connect_daemons(&ctl, &options, command, paths);
	if (code == CTL_EXIT_OK && command->run == run_events) {
		code = run_events(&ctl, NULL, command);
	} else if (code == CTL_EXIT_OK) {
		for (int i = 0; i < DAEMONS && code == CTL_EXIT_OK; i++)
			if (ctl.clients[i].fd >= 0)
				code = command->run(&ctl, &ctl.clients[i], command);
	}
	for (int i = 0; i < DAEMONS; i++)
		client_close(&ctl.clients[i]);
	if (fflush(stdout) != 0 && code == CTL_EXIT_OK) {
		fprintf(stderr, "mip6ctl: output: %s\n", strerror(errno));
		code = CTL_EXIT_CONNECTION;
	}
	return (int)code;
}
