# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
kill -9 of the WTRU daemon under traffic: the tunnels go on without it, the restarted one takes
over what is there, and can move on. A move while it is dead is caught up with.
"""

from mip6net import base, case


def test():
    with case.mobile(gateways=3, mnd={"linger-s": 30}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        second = case.arrive(net, 2)
        net.wait_bound(first)
        opened += case.open_trio(net, flows, 2, second)
        net.mnd.kill()
        flows.progress_until(opened)
        net.mnd.restart()
        base.wait_until(
            lambda: {i["hoa"] for i in net.mnd.instances()} >= {first, second},
            10,
            "instances are back",
        )
        flows.progress_until(opened)
        net.wait_bound(first)
        third = case.arrive(net, 3)
        net.wait_bound(second)
        flows.progress_until(opened)
        net.mnd.kill()
        net.move(net.gateway(2))
        net.mnd.restart()
        case.require(net.wait_primary(net.gateway(2)) == second, "back at the second D-GW")
        flows.progress_until(opened, 20)
        case.finish(flows)
        net.mnd.ctl("release", hoa=third)
        base.wait_until(lambda: case.gone(net, third), 15, "third address gone")


case.main(test)
