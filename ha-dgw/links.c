// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The D-GW's interfaces and global addresses.
 *
 * Fed by the rtnetlink monitor. Knows every link and every global address of ours; tells which is
 * the access link, which links the data plane is to watch, and which address is the home agent's:
 * the configured one, else ::1 of the shared prefix, else the first found on lo or a core link,
 * kept for as long as it exists.
 *
 * Owns the addresses that it set itself (tagged with RTNL_PROTOCOL): the one of the shared prefix
 * on the access link, a configured one that no interface has on lo. It never touches addresses of
 * others, and never brings a link up.
 */
#include "links.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <stdlib.h>

#include "io/log.h"

struct known_link {
	struct rtnl_link link;
	bool seen; /* in this resync */
};

struct known_address {
	struct rtnl_address address;
	bool seen;
};

struct links {
	struct rtnl *rtnl;
	const struct dgw_config *config;
	struct links_handler handler;
	bool settled;
	bool resync;
	bool has_home_agent;
	struct mip6_addr home_agent;
	size_t link_count, link_space;
	struct known_link *links;
	size_t address_count, address_space;
	struct known_address *addresses;
};

static int grow(void **array, size_t count, size_t *space, size_t size)
{
	size_t more = *space == 0 ? 8 : *space * 2;
	void *bigger;

	if (count < *space)
		return 0;
	bigger = reallocarray(*array, more, size);
	if (bigger == NULL)
		return -ENOMEM;
	*array = bigger;
	*space = more;
	return 0;
}

static bool is_access(const struct links *links, const struct rtnl_link *link)
{
	return strcmp(link->name, links->config->interface) == 0;
}

static bool is_loopback(const struct rtnl_link *link)
{
	return strcmp(link->name, "lo") == 0;
}

static bool is_core(const struct links *links, const struct rtnl_link *link)
{
	const struct config_strings *names = &links->config->core_interfaces;

	if (is_access(links, link) || is_loopback(link))
		return false;
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->v[i], link->name) == 0)
			return true;
	return names->count == 0;
}

static struct known_link *find_link(const struct links *links, uint32_t ifindex)
{
	for (size_t i = 0; i < links->link_count; i++)
		if (links->links[i].link.ifindex == ifindex)
			return &links->links[i];
	return NULL;
}

static const struct known_address *find_address(const struct links *links,
                                                const struct mip6_addr *addr)
{
	for (size_t i = 0; i < links->address_count; i++)
		if (mip6_addr_equal(&links->addresses[i].address.addr, addr))
			return &links->addresses[i];
	return NULL;
}

/* The first global address of a link that answers want(). */
static const struct mip6_addr *
first_of(const struct links *links, bool (*want)(const struct links *, const struct rtnl_link *))
{
	for (size_t i = 0; i < links->address_count; i++) {
		const struct rtnl_address *a = &links->addresses[i].address;
		const struct known_link *known = find_link(links, a->ifindex);

		if (known != NULL && want(links, &known->link) &&
		    !(a->flags & (IFA_F_TENTATIVE | IFA_F_DEPRECATED | IFA_F_TEMPORARY)))
			return &a->addr;
	}
	return NULL;
}

static bool on_loopback(const struct links *links, const struct rtnl_link *link)
{
	(void)links;
	return is_loopback(link);
}

static void choose_home_agent(struct links *links)
{
	struct mip6_addr wanted;
	const struct mip6_addr *found;

	if (dgw_config_home_agent(links->config, &wanted)) {
		links->home_agent = wanted;
		links->has_home_agent = find_address(links, &wanted) != NULL;
		return;
	}
	if (links->has_home_agent && find_address(links, &links->home_agent) != NULL)
		return;
	found = first_of(links, on_loopback);
	if (found == NULL)
		found = first_of(links, is_core);
	links->has_home_agent = found != NULL;
	if (found != NULL)
		links->home_agent = *found;
}

static void addresses_changed(struct links *links)
{
	struct mip6_addr was = links->home_agent;
	bool had = links->has_home_agent;

	if (!links->settled || links->resync)
		return;
	choose_home_agent(links);
	if (had != links->has_home_agent || !mip6_addr_equal(&was, &links->home_agent)) {
		if (links->has_home_agent)
			log_info("home-agent-address=%s", addr_text(&links->home_agent));
		else
			log_warning("lost home-agent-address=%s; waiting for one", addr_text(&was));
	}
	links->handler.addresses(links->handler.ctx);
}

static void set_address(struct links *links, uint32_t ifindex, const struct mip6_addr *addr,
                        uint8_t len)
{
	struct rtnl_address address = {
		.ifindex = ifindex,
		.addr = *addr,
		.prefix_len = len,
		.flags = IFA_F_NODAD,
		.preferred_s = UINT32_MAX,
		.valid_s = UINT32_MAX,
	};
	int error = rtnl_address_set(links->rtnl, &address);

	if (error != 0) {
		log_err("cannot set address=%s interface=%s error=\"%s\"", addr_text(addr),
		        links_name(links, ifindex), rtnl_error(links->rtnl));
		return;
	}
	log_info("set address=%s interface=%s", addr_text(addr), links_name(links, ifindex));
	/* It counts from now on; the monitor will tell the same later. */
	address.present = true;
	address.protocol = RTNL_PROTOCOL;
	links_address(links, &address);
}

/* What the configuration wants to be there and nobody has set. */
static void set_missing(struct links *links)
{
	const struct rtnl_link *access = links_access(links);
	struct mip6_addr addr;

	if (access != NULL && dgw_config_shared_address(links->config, &addr)) {
		const struct known_address *known = find_address(links, &addr);

		if (known == NULL)
			set_address(links, access->ifindex, &addr,
			            links->config->shared_prefix.len);
		else if (known->address.ifindex != access->ifindex)
			log_warning("address=%s is on interface=%s, not on the access link=%s",
			            addr_text(&addr), links_name(links, known->address.ifindex),
			            access->name);
	}
	addr = links->config->address;
	if (!mip6_addr_is_unspecified(&addr) && find_address(links, &addr) == NULL &&
	    !(links->config->shared_prefix.len != 0 &&
	      mip6_prefix_contains(&links->config->shared_prefix, &addr)))
		for (size_t i = 0; i < links->link_count; i++)
			if (is_loopback(&links->links[i].link))
				set_address(links, links->links[i].link.ifindex, &addr, 128);
}

static void announce(struct links *links, const struct rtnl_link *was, const struct rtnl_link *is)
{
	bool wanted = is_access(links, is) || is_core(links, is);

	if (wanted && is->up && (!was->up || !was->present))
		links->handler.attach(links->handler.ctx, is, true);
	else if (wanted && was->present && !is->present)
		links->handler.attach(links->handler.ctx, is, false);
	if (!is_access(links, is))
		return;
	if (is->up && is->present)
		set_missing(links);
	if ((is->up && is->present) || (was->up && was->present))
		links->handler.access(links->handler.ctx, is->up && is->present ? is : NULL);
}

void links_link(struct links *links, const struct rtnl_link *link)
{
	struct known_link *known = find_link(links, link->ifindex);
	struct rtnl_link was = {0};

	if (known != NULL) {
		was = known->link;
		/* A new name is a new link. */
		if (strcmp(was.name, link->name) != 0) {
			struct rtnl_link gone = was;

			gone.present = gone.up = false;
			known->link = gone;
			if (links->settled)
				announce(links, &was, &gone);
			was = (struct rtnl_link){0};
		}
	} else if (link->present) {
		if (grow((void **)&links->links, links->link_count, &links->link_space,
		         sizeof(*links->links)) != 0) {
			log_err("out of memory: interface=%s not watched", link->name);
			return;
		}
		known = &links->links[links->link_count++];
	} else {
		return;
	}
	known->link = *link;
	known->seen = true;
	if (links->settled && memcmp(&was, link, sizeof(was)) != 0)
		announce(links, &was, link);
	if (!link->present) {
		/* announce() may have moved nothing: only the monitor adds links. */
		known = find_link(links, link->ifindex);
		*known = links->links[--links->link_count];
	}
	if (strcmp(was.name, link->name) != 0)
		addresses_changed(links);
}

void links_address(struct links *links, const struct rtnl_address *address)
{
	size_t i;
	bool changed;

	if (!mip6_addr_is_routable(&address->addr))
		return;
	for (i = 0; i < links->address_count; i++)
		if (links->addresses[i].address.ifindex == address->ifindex &&
		    mip6_addr_equal(&links->addresses[i].address.addr, &address->addr))
			break;
	if (!address->present || (address->flags & IFA_F_DADFAILED)) {
		if (i == links->address_count)
			return;
		links->addresses[i] = links->addresses[--links->address_count];
		addresses_changed(links);
		return;
	}
	if (i == links->address_count) {
		if (grow((void **)&links->addresses, i, &links->address_space,
		         sizeof(*links->addresses)) != 0) {
			log_err("out of memory: address=%s not seen", addr_text(&address->addr));
			return;
		}
		links->addresses[links->address_count++] = (struct known_address){0};
	}
	/* Lifetimes count down all the time; only the flags can change a choice. */
	changed = links->addresses[i].address.flags != address->flags ||
	          !links->addresses[i].address.present;
	links->addresses[i].address = *address;
	links->addresses[i].seen = true;
	if (changed)
		addresses_changed(links);
}

void links_resync_begin(struct links *links)
{
	links->resync = true;
	for (size_t i = 0; i < links->link_count; i++)
		links->links[i].seen = false;
	for (size_t i = 0; i < links->address_count; i++)
		links->addresses[i].seen = false;
}

void links_resync_end(struct links *links)
{
	for (size_t i = links->address_count; i-- > 0;)
		if (!links->addresses[i].seen)
			links->addresses[i] = links->addresses[--links->address_count];
	for (size_t i = links->link_count; i-- > 0;) {
		struct rtnl_link gone = links->links[i].link;

		if (links->links[i].seen)
			continue;
		gone.present = gone.up = false;
		links_link(links, &gone);
	}
	links->resync = false;
	addresses_changed(links);
}

void links_settle(struct links *links)
{
	static const struct rtnl_link nothing;

	links->settled = true;
	set_missing(links);
	for (size_t i = 0; i < links->link_count; i++) {
		struct rtnl_link link = links->links[i].link;

		announce(links, &nothing, &link);
	}
	if (links->config->interface[0] != '\0' && links_access(links) == NULL)
		log_warning("waiting for interface=%s to be there and up",
		            links->config->interface);
	addresses_changed(links);
	if (!links->has_home_agent)
		log_warning("waiting for a home agent address: give \"address\", or a global "
		            "address to "
		            "lo or to a core interface");
}

int links_open(struct links **ret, struct rtnl *rtnl, const struct dgw_config *config,
               const struct links_handler *handler)
{
	struct links *links = calloc(1, sizeof(*links));

	if (links == NULL)
		return -ENOMEM;
	links->rtnl = rtnl;
	links->config = config;
	links->handler = *handler;
	*ret = links;
	return 0;
}

static bool is_wanted(const struct dgw_config *config, const struct mip6_addr *addr)
{
	struct mip6_addr shared;

	return mip6_addr_equal(addr, &config->address) ||
	       (dgw_config_shared_address(config, &shared) && mip6_addr_equal(addr, &shared));
}

void links_close(struct links *links)
{
	if (links == NULL)
		return;
	for (size_t i = 0; i < links->address_count; i++) {
		const struct rtnl_address *a = &links->addresses[i].address;

		/* A WTRU daemon on the same machine has addresses with that protocol too. */
		if (a->protocol == RTNL_PROTOCOL && is_wanted(links->config, &a->addr))
			rtnl_address_remove(links->rtnl, a->ifindex, &a->addr, a->prefix_len);
	}
	free(links->links);
	free(links->addresses);
	free(links);
}

const struct rtnl_link *links_access(const struct links *links)
{
	for (size_t i = 0; i < links->link_count; i++) {
		const struct rtnl_link *link = &links->links[i].link;

		if (is_access(links, link) && link->present && link->up)
			return link;
	}
	return NULL;
}

const struct mip6_addr *links_home_agent(const struct links *links)
{
	return links->has_home_agent ? &links->home_agent : NULL;
}

size_t links_addresses(const struct links *links, struct mip6_addr *ret)
{
	size_t count = 0;

	if (links->has_home_agent)
		ret[count++] = links->home_agent;
	for (size_t i = 0; i < links->address_count && count < LINKS_ADDRESS_MAX; i++) {
		const struct mip6_addr *addr = &links->addresses[i].address.addr;
		bool known = false;

		for (size_t n = 0; n < count; n++)
			known = known || mip6_addr_equal(&ret[n], addr);
		if (!known)
			ret[count++] = *addr;
	}
	return count;
}

const char *links_name(const struct links *links, uint32_t ifindex)
{
	const struct known_link *known = find_link(links, ifindex);

	return known != NULL ? known->link.name : "?";
}
