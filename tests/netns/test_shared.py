# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
One shared prefix on the access link: neighbours of a WTRU that has gone away still reach it (the
D-GW defends its address by proxy Neighbour Discovery), and again after its return; also while a
binding still stands, the D-GW finds the WTRU on the link.
"""

from mip6net import base, case


def pings(net, source, address):
    out = net.run(source, "ping", "-6", "-c", "1", "-W", "1", address, check=False)
    return " 1 received" in out


def test():
    with case.mobile(gateways=2, shared=True, others=["neighbour"], mnd={"linger-s": 30}) as net:
        flows = case.traffic(net)
        net.attach(net.gateway(1), station="neighbour")
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        base.wait_until(
            lambda: pings(net, "neighbour", first), 10, "neighbour reaches the WTRU at home"
        )
        case.arrive(net, 2)
        net.wait_bound(first)
        base.wait_until(
            lambda: pings(net, "neighbour", first), 10, "neighbour reaches the WTRU away"
        )
        _, after, address = net.arrive(1)
        case.require(address == first, f"home with {address}")
        flows.progress_until(opened, since_ns=after)
        base.wait_until(
            lambda: pings(net, "neighbour", first), 10, "neighbour reaches the WTRU again"
        )
        case.require(not net.ip("gw1", "-6", "neigh", "show", "proxy"), "proxy entry left at home")
        case.finish(flows)
        case.refused_on_the_link(net, first)


case.main(test)
