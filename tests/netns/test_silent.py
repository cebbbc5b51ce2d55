# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""Moves without any carrier event are found by the new router's advertisements."""

from mip6net import case


def test():
    with case.mobile(gateways=2, dgwd={"ra-interval-min-ms": 30, "ra-interval-max-ms": 70}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        second = None
        for number in (2, 1, 2):
            _, after, address = net.arrive(number, silent=True)
            flows.progress_until(opened, since_ns=after)
            if number == 2:
                case.require(second in (None, address), "the same address at the second visit")
                second = address
                instance = net.wait_bound(first)
                case.require(instance["coa"] == second, f"bound to {instance['coa']}")
        case.finish(flows)


case.main(test)
