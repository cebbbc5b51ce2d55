# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
1 → 2 → 3 → 1 with three connections of each address: all go on, new ones use the newest address,
both sides agree on what is bound, and addresses that nobody uses vanish.
"""

from mip6net import base, case


def test():
    with case.mobile(gateways=3) as net:
        flows = case.traffic(net)
        addresses, opened = {}, {}
        for number in (1, 2, 3):
            addresses[number] = case.arrive(net, number)
            flows.progress_until([f for fs in opened.values() for f in fs])
            opened[number] = case.open_trio(net, flows, number, addresses[number])
        case.require(len(set(addresses.values())) == 3, "each D-GW gives another address")
        for number in (1, 2):
            instance = net.wait_bound(addresses[number])
            case.require(
                instance["anchor"] == net.gateway(number).address, "anchor of the instance"
            )
        _, after, back = net.arrive(1)
        case.require(back == addresses[1], f"back at D-GW1 with {back}, not {addresses[1]}")
        flows.progress_until([f for fs in opened.values() for f in fs], since_ns=after)
        case.require(net.gw(1).binding(addresses[1]) is None, "binding at D-GW1 although at home")
        flows.close(*opened[2], *opened[3])
        for number in (2, 3):
            base.wait_until(
                lambda n=number: case.gone(net, addresses[n]),
                15,
                f"address of D-GW{number} gone on both sides",
            )
        flows.progress_until(opened[1])
        case.finish(flows)
        net.stop_daemons()


case.main(test)
