// SPDX-License-Identifier: GPL-2.0-or-later
/* See exchange.h. */
#include "exchange.h"

static struct world world;
struct world *const net = &world;

void begin(const struct world_options *given)
{
	struct world_options options = *given;

	if (options.wtrus == 0)
		options.wtrus = 1;
	if (options.gateways == 0)
		options.gateways = 3;
	options.trace = true;
	options.seed = 7;
	if (!options.shared_only)
		options.unique_only = true;
	world_init(net, &options);
}

void finish(void)
{
	ck_assert_str_eq(net->failure, "");
	world_free(net);
}

void settle(void)
{
	world_advance(net, 100 * MIP6_MS);
	ck_assert_str_eq(net->failure, "");
}

void move(unsigned int gateway)
{
	world_attach(net, 0, 0, gateway, true);
	settle();
}

struct mip6_addr address(unsigned int gateway)
{
	return world_address_at(net, 0, gateway);
}

void use(unsigned int gateway, uint32_t sockets)
{
	struct mip6_addr hoa = address(gateway);

	world_use(net, 0, &hoa, sockets);
}

bool reaches(unsigned int gateway)
{
	struct mip6_addr hoa = address(gateway);

	return world_route(net, &hoa) == 0 && world_send_data(net, 0, &hoa);
}

struct wtru_instance_info instance(unsigned int gateway)
{
	struct mip6_addr hoa = address(gateway);
	struct wtru_instance_info info;

	ck_assert(world_instance(net, 0, &hoa, &info));
	return info;
}

bool has_instance(unsigned int gateway)
{
	struct mip6_addr hoa = address(gateway);
	struct wtru_instance_info info;

	return world_instance(net, 0, &hoa, &info);
}

const struct ha *anchor(unsigned int gateway)
{
	return net->gateways[gateway].ha;
}

void away_from_g0(void)
{
	move(0);
	use(0, 1);
	move(1);
	world_trace(net);
	ck_assert(reaches(0));
}

bool drop(void *ctx, const struct mip6_packet *packet, const struct mip6_mh *mh)
{
	struct dropper *d = ctx;
	const struct mip6_addr *gateway = &net->gateways[d->gateway].addr;

	if (d->count == 0 || mh->type != d->type ||
	    !(mip6_addr_equal(&packet->src, gateway) || mip6_addr_equal(&packet->dst, gateway)))
		return false;
	d->count--;
	return true;
}
