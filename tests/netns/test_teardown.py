# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
Addresses that nobody uses vanish on both sides, those in use stay, `keep` pins one, `release` ends
one at once. Sockets that are bound but silent count as use.
"""

import time

from mip6net import base, case

LINGER = 1


def test():
    with case.mobile(gateways=3, mnd={"linger-s": LINGER}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        lines = flows.open("lines")
        second = case.arrive(net, 2)
        net.mnd.ctl("keep", hoa=second, keep=True)
        case.arrive(net, 3)
        net.wait_bound(first)
        flows.run_for(LINGER + 2)
        case.require(net.mnd.instance(first), "an address with a connection must stay")
        case.require(net.mnd.instance(second), "a pinned address must stay")
        flows.close(lines)
        closed = time.monotonic()
        base.wait_until(lambda: case.gone(net, first), 20, "unused address gone on both sides")
        print(f"gone {time.monotonic() - closed:.1f} s after the last close")
        case.require(not net.gw(1).entries(), "D-GW1 still knows the address")
        case.require(net.mnd.instance(second), "a pinned address must stay")
        net.mnd.ctl("release", hoa=second)
        base.wait_until(lambda: case.gone(net, second), 20, "released address gone on both sides")
        left = net.traces("wtru")
        case.require(not any(first in text or second in text for text in left), f"left: {left}")
        case.finish(flows)


case.main(test)
