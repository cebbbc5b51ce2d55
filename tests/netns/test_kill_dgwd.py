# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
kill -9 of an anchoring and of a serving D-GW daemon under traffic; with its state, and without.
"""

import os
import shutil
import time

from mip6net import base, case


def wipe(gw):
    shutil.rmtree(gw.state_dir)
    gw.state_dir = gw.network.path(f"state-{gw.netns}-new")
    os.makedirs(gw.state_dir)


def expiry(net, hoa):
    """When the binding ends, by our clock: between these two."""
    before = time.monotonic()
    left = net.gw(1).binding(hoa)["expires_ms"] / 1000
    return before + left, time.monotonic() + left


def test():
    with case.mobile(gateways=2, mnd={"linger-s": 30, "heartbeat-interval-ms": 500}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        second = case.arrive(net, 2)
        opened += case.open_trio(net, flows, 2, second)
        coa = net.wait_bound(first)["coa"]
        earliest = expiry(net, first)[0]
        for number in (1, 2):
            gw = net.gw(number)
            gw.kill()
            gw.restart()
            flows.progress_until(opened, 20)
        latest = expiry(net, first)[1]
        case.require(latest > earliest - 0.05, f"it ends {earliest - latest:.2f} s too early")
        case.require(net.gw(1).binding(first)["coa"] == coa, "the binding was restored")
        # Without its state the D-GW is found out by heartbeats or binding errors.
        net.gw(1).kill()
        wipe(net.gw(1))
        net.gw(1).restart()
        flows.progress_until(opened, 30)
        base.wait_until(
            lambda: (net.gw(1).binding(first) or {}).get("coa") == coa,
            20,
            "registered again after the loss of state",
        )
        _, after, _ = net.arrive(1)
        flows.progress_until(opened, 20, after)
        case.finish(flows)


case.main(test)
