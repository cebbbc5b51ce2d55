# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""A stopped daemon leaves nothing in the kernel, and its addresses are released at the D-GWs."""

from mip6net import base, case


def test():
    with case.mobile(gateways=2, mnd={"linger-s": 30}) as net:
        names = ["wtru", "gw1", "gw2"]
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        flows.open("lines")
        case.arrive(net, 2)
        net.wait_bound(first)
        case.require(net.traces("wtru"), "nothing to be seen before the stop: the test is blind")
        case.require(net.traces("gw1"), "nothing to be seen at the D-GW before the stop")
        net.mnd.stop()
        case.require(not net.traces("wtru"), f"left: {net.traces('wtru')}")
        base.wait_until(lambda: not net.gw(1).bindings(), 10, "released at the D-GW")
        for gw in net.gws:
            gw.stop()
        for name in names:
            case.require(not net.traces(name), f"left in {name}: {net.traces(name)}")
        # Stopped before it ever saw a network, and without one.
        net.detach()
        net.mnd.start()
        net.mnd.stop()
        case.require(not net.traces("wtru"), f"left: {net.traces('wtru')}")


case.main(test)
