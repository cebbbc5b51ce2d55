# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
Returning home: the same address is used natively again, no binding and no tunnel is left, as often
as one goes and comes back; also after a time without any link. Who is there already while a binding
still stands is answered on the link.
"""

from mip6net import base, case


def test():
    with case.mobile(gateways=2, mnd={"linger-s": 30}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        for _ in range(3):
            net.arrive(2)
            net.wait_bound(first)
            _, after, address = net.arrive(1)
            case.require(address == first, f"at home with {address}")
            flows.progress_until(opened, since_ns=after)
            base.wait_until(lambda: net.gw(1).binding(first) is None, 10, "binding gone at home")
            instance = net.mnd.instance(first)
            case.require("tunnel" not in instance, "a tunnel although at home")
        net.detach()
        base.wait_until(
            lambda: not any(link["up"] for link in net.mnd.ctl("links")["links"]), 10, "no link"
        )
        flows.run_for(0.5)
        after = net.attach(net.gateway(2))[1]
        flows.progress_until(opened, 20, after)
        case.finish(flows)
        case.arrive(net, 1)
        case.refused_on_the_link(net, first)


case.main(test)
