// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Loading of the BPF objects, and adoption: the maps of an earlier process live on with its
 * filters; they are found through the program of such a filter and given to the new programs. No
 * bpffs, no kernel BTF. After loading only file descriptors are kept, to stay small.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "io/log.h"
#include "kernel/dataplane_bpf.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wunused-function"
#include "kernel/bpf/gateway.skel.h"
#include "kernel/bpf/wtru.skel.h"
#pragma GCC diagnostic pop

#define ADOPT_MAPS 16

struct adopted_map {
	int fd;
	struct bpf_map_info info;
};

struct adoption {
	enum dataplane_role role;
	size_t count;
	struct adopted_map maps[ADOPT_MAPS];
};

static int print_library(enum libbpf_print_level level, const char *format, va_list args)
{
	char text[1024];
	size_t len;

	/* The library's own debug lines tell of its insides, hundreds at a start. */
	if (level == LIBBPF_DEBUG || log_level_get() < LOG_LEVEL_DEBUG)
		return 0;
	vsnprintf(text, sizeof(text), format, args);
	len = strlen(text);
	while (len && text[len - 1] == '\n')
		text[--len] = '\0';
	log_write(LOG_LEVEL_DEBUG, "libbpf: %s", text);
	return 0;
}

static const struct adopted_map *adopted_find(const struct adoption *adoption, const char *name)
{
	for (size_t i = 0; i < adoption->count; i++) {
		if (strcmp(adoption->maps[i].info.name, name) == 0)
			return &adoption->maps[i];
	}
	return NULL;
}

static void adoption_clear(struct adoption *adoption)
{
	for (size_t i = 0; i < adoption->count; i++)
		close(adoption->maps[i].fd);
	adoption->count = 0;
}

static void adopt_from(void *ctx, uint32_t ifindex)
{
	struct adoption *adoption = ctx;
	uint32_t id = dataplane_tc_program(adoption->role, ifindex), ids[ADOPT_MAPS];
	struct bpf_prog_info info = {.nr_map_ids = ADOPT_MAPS, .map_ids = (uintptr_t)ids};
	uint32_t size = sizeof(info);
	int fd;

	if (adoption->count || !id)
		return;
	fd = bpf_prog_get_fd_by_id(id);
	if (fd < 0) {
		log_warning(
			"data plane: cannot adopt what an earlier process left ifindex=%u: %s%s",
			ifindex, strerror(errno),
			errno == EPERM ? " (needs CAP_SYS_ADMIN at start)" : "");
		return;
	}
	if (bpf_obj_get_info_by_fd(fd, &info, &size) == 0) {
		for (uint32_t i = 0; i < info.nr_map_ids && i < ADOPT_MAPS; i++) {
			struct adopted_map *map = &adoption->maps[adoption->count];

			map->fd = bpf_map_get_fd_by_id(ids[i]);
			size = sizeof(map->info);
			memset(&map->info, 0, sizeof(map->info));
			if (map->fd < 0)
				continue;
			if (bpf_obj_get_info_by_fd(map->fd, &map->info, &size) == 0)
				adoption->count++;
			else
				close(map->fd);
		}
	}
	close(fd);
}

/* Are these maps of the layout that we know? */
static bool adoption_fits(const struct adoption *adoption)
{
	const struct adopted_map *settings = adopted_find(adoption, "mip6_settings");
	const struct adopted_map *bindings = adopted_find(adoption, "mip6_bindings");
	const struct adopted_map *stats = adopted_find(adoption, "mip6_stats");
	const struct adopted_map *locals = adopted_find(adoption, "mip6_locals");
	struct tunnel_settings value;
	uint32_t zero = 0;

	return settings && settings->info.value_size == sizeof(value) &&
	       bpf_map_lookup_elem(settings->fd, &zero, &value) == 0 &&
	       value.layout == TUNNEL_LAYOUT && bindings &&
	       bindings->info.key_size == sizeof(struct tunnel_key) &&
	       bindings->info.value_size == sizeof(struct tunnel_binding) && stats &&
	       stats->info.value_size == sizeof(struct tunnel_stats) && locals;
}

/* Copy elements into a map of another size. What does not fit is lost, and said so. */
static void copy_map(int from, int to, size_t key_size, size_t value_size, uint32_t to_max,
                     bool array)
{
	unsigned char key[64], value[256];
	void *previous = NULL;
	size_t lost = 0;

	if (key_size > sizeof(key) || value_size > sizeof(value))
		return;
	while (bpf_map_get_next_key(from, previous, key) == 0) {
		uint32_t index;

		previous = key;
		memcpy(&index, key, sizeof(index));
		if (array && index >= to_max)
			break;
		if (bpf_map_lookup_elem(from, key, value) == 0 &&
		    bpf_map_update_elem(to, key, value, BPF_ANY) < 0)
			lost++;
	}
	if (lost)
		log_warning("data plane: bindings lost as the new limit is lower lost=%zu", lost);
}

/* Give an adopted map to the object where sizes agree; else size a new one. */
static int prepare_map(struct bpf_map *map, const struct adoption *adoption, uint32_t max)
{
	const struct adopted_map *old = adopted_find(adoption, bpf_map__name(map));

	if (max)
		bpf_map__set_max_entries(map, max);
	if (old && old->info.type == (uint32_t)bpf_map__type(map) &&
	    old->info.value_size == bpf_map__value_size(map) &&
	    old->info.key_size == bpf_map__key_size(map) &&
	    old->info.max_entries == bpf_map__max_entries(map))
		return bpf_map__reuse_fd(map, old->fd);
	return 0;
}

static void copy_if_new(const struct bpf_map *map, const struct adoption *adoption)
{
	const struct adopted_map *old = adopted_find(adoption, bpf_map__name(map));

	if (old && old->info.max_entries != bpf_map__max_entries(map))
		copy_map(old->fd, bpf_map__fd(map), old->info.key_size, old->info.value_size,
		         bpf_map__max_entries(map), old->info.type == BPF_MAP_TYPE_ARRAY);
}

static int keep(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

static int load_object(struct bpf_object *object, const struct adoption *adoption, uint32_t max)
{
	struct bpf_map *map;
	int rc;

	bpf_object__for_each_map(map, object)
	{
		bool sized = strcmp(bpf_map__name(map), "mip6_bindings") == 0 ||
		             strcmp(bpf_map__name(map), "mip6_stats") == 0;

		if (bpf_map__is_internal(map))
			continue; /* constants, of this very program */
		rc = prepare_map(map, adoption, sized ? max : 0);
		if (rc < 0)
			return rc;
	}
	rc = bpf_object__load(object);
	if (rc < 0)
		return rc;
	bpf_object__for_each_map(map, object)
	{
		if (strcmp(bpf_map__name(map), "mip6_bindings") == 0 ||
		    strcmp(bpf_map__name(map), "mip6_stats") == 0)
			copy_if_new(map, adoption);
	}
	return 0;
}

static int map_fd(struct bpf_object *object, const char *name)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, name);

	return map ? keep(bpf_map__fd(map)) : -1;
}

static int program_fd(struct bpf_object *object, const char *name)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(object, name);

	return program ? keep(bpf_program__fd(program)) : -1;
}

static void take_descriptors(struct dataplane_objects *ret, struct bpf_object *object,
                             enum dataplane_role role)
{
	bool wtru = role == DATAPLANE_WTRU;

	*ret = (struct dataplane_objects){
		.in_ether = program_fd(object, wtru ? "wtru_in_ether" : "gateway_ether"),
		.in_plain = program_fd(object, wtru ? "wtru_in_plain" : "gateway_plain"),
		.out_ether = program_fd(object, "wtru_out_ether"),
		.out_plain = program_fd(object, "wtru_out_plain"),
		.route = program_fd(object, "gateway_route"),
		.bindings = map_fd(object, "mip6_bindings"),
		.stats = map_fd(object, "mip6_stats"),
		.locals = map_fd(object, "mip6_locals"),
		.counters = map_fd(object, "mip6_counters"),
		.settings = map_fd(object, "mip6_settings"),
		.events = map_fd(object, "mip6_events"),
		.peers = map_fd(object, "mip6_peers"),
	};
}

int dataplane_objects_load(struct dataplane_objects *ret, enum dataplane_role role, size_t max,
                           bool *ret_adopted)
{
	struct adoption adoption = {.role = role};
	struct wtru_bpf *wtru = NULL;
	struct gateway_bpf *gateway = NULL;
	struct bpf_object *object = NULL;
	int rc;

	if (max == 0 || max > 1U << 28)
		return -EINVAL;
	libbpf_set_print(print_library);
	dataplane_tc_each(role, adopt_from, &adoption);
	if (adoption.count && !adoption_fits(&adoption)) {
		log_warning("data plane: another version's bindings found, replacing them");
		adoption_clear(&adoption);
	}
	if (role == DATAPLANE_WTRU) {
		wtru = wtru_bpf__open();
		object = wtru ? wtru->obj : NULL;
	} else {
		gateway = gateway_bpf__open();
		object = gateway ? gateway->obj : NULL;
		if (gateway)
			gateway->rodata->has_xfrm =
				libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS,
		                                        BPF_FUNC_skb_get_xfrm_state, NULL) == 1;
	}
	rc = object ? load_object(object, &adoption, (uint32_t)max) : -errno;
	if (rc == 0) {
		take_descriptors(ret, object, role);
		*ret_adopted = adoption.count > 0;
	} else {
		log_err("data plane: cannot load the BPF programs: %s", strerror(-rc));
	}
	wtru_bpf__destroy(wtru);
	gateway_bpf__destroy(gateway);
	adoption_clear(&adoption);
	malloc_trim(0);
	return rc;
}

struct removal {
	enum dataplane_role role;
	struct dataplane_objects objects;
};

static void remove_from(void *ctx, uint32_t ifindex)
{
	const struct removal *removal = ctx;

	dataplane_tc_detach(&removal->objects, removal->role, ifindex);
}

void dataplane_objects_clean(enum dataplane_role role)
{
	struct removal removal = {.role = role, .objects = DATAPLANE_OBJECTS_NONE};
	struct adoption adoption = {.role = role};

	libbpf_set_print(print_library);
	dataplane_tc_each(role, adopt_from, &adoption);
	/* Which clsact was ours. */
	if (adoption_fits(&adoption))
		removal.objects.settings = adopted_find(&adoption, "mip6_settings")->fd;
	dataplane_tc_each(role, remove_from, &removal);
	adoption_clear(&adoption);
}

void dataplane_objects_close(struct dataplane_objects *o)
{
	int *const fds[] = {&o->in_ether, &o->in_plain, &o->out_ether, &o->out_plain,
	                    &o->route,    &o->bindings, &o->stats,     &o->locals,
	                    &o->counters, &o->settings, &o->events, &o->peers};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

int dataplane_objects_probe(enum dataplane_role role, char *ret_why, size_t size)
{
	int fd, rc;

	libbpf_set_print(print_library);
	fd = bpf_map_create(BPF_MAP_TYPE_HASH, "mip6_probe", 4, 4, 1, NULL);
	if (fd < 0) {
		rc = -errno;
		if (rc == -EPERM)
			snprintf(ret_why, size,
			         "not permitted to use BPF: needs CAP_BPF and CAP_NET_ADMIN, "
			         "or kernel lockdown forbids it");
		else if (rc == -ENOSYS)
			snprintf(ret_why, size,
			         "the kernel is built without bpf(2) (CONFIG_BPF_SYSCALL)");
		else
			snprintf(ret_why, size, "bpf(2): %s", strerror(-rc));
		return rc;
	}
	close(fd);
	if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_SCHED_CLS, NULL) <= 0) {
		snprintf(ret_why, size,
		         "cannot load tc BPF programs: needs CAP_NET_ADMIN and "
		         "CONFIG_NET_CLS_BPF");
		return -EOPNOTSUPP;
	}
	if (libbpf_probe_bpf_helper(BPF_PROG_TYPE_SCHED_CLS, BPF_FUNC_check_mtu, NULL) == 0) {
		snprintf(ret_why, size,
		         "the kernel is too old: bpf_check_mtu came with Linux 5.12");
		return -EOPNOTSUPP;
	}
	if (role == DATAPLANE_WTRU)
		return 0;
	if (libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_LWT_XMIT, NULL) <= 0) {
		snprintf(ret_why, size, "the kernel is built without CONFIG_LWTUNNEL_BPF");
		return -EOPNOTSUPP;
	}
	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		rc = -errno;
		snprintf(ret_why, size, "/dev/net/tun: %s (CONFIG_TUN)", strerror(-rc));
		return rc;
	}
	close(fd);
	return 0;
}
