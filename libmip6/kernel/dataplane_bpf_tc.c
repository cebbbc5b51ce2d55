// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Filters on links: clsact is added where it is missing, our filter has its own priority and handle
 * and is replaced in place, so that no packet passes between an old program and a new one. Whether
 * clsact is ours is kept in the settings map, which outlives the process. Never touches a filter of
 * others.
 */
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/if_arp.h> /* after <net/if.h> */
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <libmnl/libmnl.h>

#include "io/log.h"
#include "kernel/dataplane_bpf.h"

/* Behind most others, which may so still drop or change a packet first. */
#define FILTER_PRIORITY 1060
#define FILTER_HANDLE 0x6d697060U

/*
 * libbpf refuses structures whose padding at the end is not zero (EINVAL). An initializer leaves
 * padding as it finds it, and so does a copy: clear it, and fill in the members one by one.
 */
static void hook_init(struct bpf_tc_hook *hook, uint32_t ifindex, enum bpf_tc_attach_point point)
{
	memset(hook, 0, sizeof(*hook));
	hook->sz = sizeof(*hook);
	hook->ifindex = (int)ifindex;
	hook->attach_point = point;
}

static void options_init(struct bpf_tc_opts *options, enum dataplane_role role)
{
	memset(options, 0, sizeof(*options));
	options->sz = sizeof(*options);
	options->handle = FILTER_HANDLE + (uint32_t)role;
	options->priority = FILTER_PRIORITY;
}

/* ARPHRD_* of the link, or negative errno. */
static int link_type(uint32_t ifindex)
{
	struct ifreq request = {0};
	int fd, rc;

	if (!if_indextoname(ifindex, request.ifr_name))
		return -ENODEV;
	fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	rc = ioctl(fd, SIOCGIFHWADDR, &request) < 0 ? -errno : request.ifr_hwaddr.sa_family;
	close(fd);
	return rc;
}

static int clsact_remember(const struct dataplane_objects *objects, uint32_t ifindex, bool ours)
{
	struct tunnel_settings settings;
	uint32_t zero = 0, *empty = NULL;

	if (bpf_map_lookup_elem(objects->settings, &zero, &settings) < 0)
		return -errno;
	for (size_t i = 0; i < TUNNEL_LINKS; i++) {
		char name[IF_NAMESIZE];

		if (settings.clsact[i] == ifindex) {
			empty = &settings.clsact[i];
			break;
		}
		/* A link that is gone took its clsact along. */
		if (settings.clsact[i] && !if_indextoname(settings.clsact[i], name))
			settings.clsact[i] = 0;
		if (!settings.clsact[i] && !empty)
			empty = &settings.clsact[i];
	}
	if (!empty)
		return ours ? -ENOSPC : 0;
	*empty = ours ? ifindex : 0;
	return bpf_map_update_elem(objects->settings, &zero, &settings, BPF_ANY) < 0 ? -errno : 0;
}

static bool clsact_is_ours(const struct dataplane_objects *objects, uint32_t ifindex)
{
	struct tunnel_settings settings;
	uint32_t zero = 0;

	if (bpf_map_lookup_elem(objects->settings, &zero, &settings) < 0)
		return false;
	for (size_t i = 0; i < TUNNEL_LINKS; i++) {
		if (settings.clsact[i] == ifindex)
			return true;
	}
	return false;
}

static int attach_one(uint32_t ifindex, enum dataplane_role role, enum bpf_tc_attach_point point,
                      int program)
{
	struct bpf_tc_hook hook;
	struct bpf_tc_opts options;

	hook_init(&hook, ifindex, point);
	options_init(&options, role);
	options.prog_fd = program;
	options.flags = BPF_TC_F_REPLACE;
	return bpf_tc_attach(&hook, &options);
}

int dataplane_tc_attach(const struct dataplane_objects *objects, enum dataplane_role role,
                        uint32_t ifindex)
{
	struct bpf_tc_hook hook;
	int type = link_type(ifindex), rc;
	bool ether, ours = false;

	hook_init(&hook, ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
	if (type < 0)
		return type;
	switch (type) {
	case ARPHRD_ETHER:
		ether = true;
		break;
	case ARPHRD_RAWIP:
	case ARPHRD_NONE:
	case ARPHRD_PPP:
	case ARPHRD_TUNNEL6:
		ether = false;
		break;
	default:
		log_err("data plane: link type not supported ifindex=%u type=%d", ifindex, type);
		return -EPROTONOSUPPORT;
	}
	rc = bpf_tc_hook_create(&hook);
	if (rc == 0) {
		ours = true;
		rc = clsact_remember(objects, ifindex, true);
		if (rc < 0)
			log_warning("data plane: clsact will stay behind ifindex=%u: %s", ifindex,
			            strerror(-rc));
	} else if (rc != -EEXIST) {
		log_err("data plane: cannot add clsact ifindex=%u: %s%s", ifindex, strerror(-rc),
		        rc == -ENOENT ? " (the kernel lacks sch_ingress)" : "");
		return rc;
	}
	rc = attach_one(ifindex, role, BPF_TC_INGRESS,
	                ether ? objects->in_ether : objects->in_plain);
	if (rc == 0 && objects->out_ether >= 0)
		rc = attach_one(ifindex, role, BPF_TC_EGRESS,
		                ether ? objects->out_ether : objects->out_plain);
	if (rc < 0) {
		log_err("data plane: cannot attach to ifindex=%u: %s%s", ifindex, strerror(-rc),
		        rc == -ENOENT ? " (the kernel lacks cls_bpf)" : "");
		if (ours)
			dataplane_tc_detach(objects, role, ifindex);
	}
	return rc;
}

struct filter_search {
	bool found;
};

static int filter_seen(const struct nlmsghdr *nlh, void *data)
{
	struct filter_search *search = data;

	if (nlh->nlmsg_type == RTM_NEWTFILTER)
		search->found = true;
	return MNL_CB_OK;
}

/* Any filter at all under this clsact hook? Unknown counts as yes. */
static bool has_filters(struct mnl_socket *nl, uint32_t ifindex, uint32_t minor)
{
	static uint32_t seq;
	char buf[8192];
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct tcmsg *tcm;
	struct filter_search search = {0};
	ssize_t len;
	int rc = MNL_CB_OK;

	nlh->nlmsg_type = RTM_GETTFILTER;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	nlh->nlmsg_seq = ++seq;
	tcm = mnl_nlmsg_put_extra_header(nlh, sizeof(*tcm));
	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = (int)ifindex;
	tcm->tcm_parent = TC_H_MAKE(TC_H_CLSACT, minor);
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		return true;
	do {
		len = mnl_socket_recvfrom(nl, buf, sizeof(buf));
		if (len < 0)
			return true;
		rc = mnl_cb_run(buf, (size_t)len, seq, mnl_socket_get_portid(nl), filter_seen,
		                &search);
	} while (rc == MNL_CB_OK);
	return rc < 0 || search.found;
}

static bool clsact_is_used(uint32_t ifindex)
{
	struct mnl_socket *nl = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	bool used = true;

	if (nl && mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) == 0)
		used = has_filters(nl, ifindex, TC_H_MIN_INGRESS) ||
		       has_filters(nl, ifindex, TC_H_MIN_EGRESS);
	if (nl)
		mnl_socket_close(nl);
	return used;
}

int dataplane_tc_detach(const struct dataplane_objects *objects, enum dataplane_role role,
                        uint32_t ifindex)
{
	static const enum bpf_tc_attach_point points[] = {BPF_TC_INGRESS, BPF_TC_EGRESS};
	int ret = 0;

	for (size_t i = 0; i < 2; i++) {
		struct bpf_tc_hook hook;
		struct bpf_tc_opts options;
		int rc;

		hook_init(&hook, ifindex, points[i]);
		options_init(&options, role);
		rc = bpf_tc_detach(&hook, &options);
		/* EINVAL: no clsact; ENODEV: the link is gone, and the filter with it. */
		if (rc < 0 && rc != -ENOENT && rc != -EINVAL && rc != -ENODEV)
			ret = rc;
	}
	if (!clsact_is_ours(objects, ifindex))
		return ret;
	if (link_type(ifindex) >= 0 && !clsact_is_used(ifindex)) {
		struct bpf_tc_hook hook;
		int rc;

		hook_init(&hook, ifindex, BPF_TC_INGRESS | BPF_TC_EGRESS);
		rc = bpf_tc_hook_destroy(&hook);
		if (rc < 0 && rc != -ENOENT && rc != -EINVAL && rc != -ENODEV)
			ret = rc;
	}
	clsact_remember(objects, ifindex, false);
	return ret;
}

uint32_t dataplane_tc_program(enum dataplane_role role, uint32_t ifindex)
{
	struct bpf_tc_hook hook;
	struct bpf_tc_opts options;

	hook_init(&hook, ifindex, BPF_TC_INGRESS);
	options_init(&options, role);
	return bpf_tc_query(&hook, &options) == 0 ? options.prog_id : 0;
}

void dataplane_tc_each(enum dataplane_role role, void (*each)(void *ctx, uint32_t ifindex),
                       void *ctx)
{
	struct if_nameindex *links = if_nameindex();

	for (struct if_nameindex *link = links; link && link->if_index; link++) {
		if (dataplane_tc_program(role, link->if_index))
			each(ctx, link->if_index);
	}
	if_freenameindex(links);
}
