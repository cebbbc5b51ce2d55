# SPDX-License-Identifier: GPL-2.0-or-later
"""
What our WTRU goes through with UMIP's home agent, in clear or inside IPsec.
"""

import umip
from mip6net import base, case

LIFETIME = 24


def config(**home):
    """mip6-mnd's: a static home."""
    home = {"address": umip.HOA + "/64", "home-agent": umip.HOME_AGENT, **home}
    return {"homes": [dict(home, authenticate=False)], "lifetime-s": LIFETIME}


def start(net):
    """The other daemons; UMIP's runs."""
    for gw in net.gws:
        if gw.gateway.number != umip.HOME:
            gw.start()
    net.mnd.start()


def instance(net):
    return net.mnd.instance(umip.HOA) or {}


def wait_state(net, want, seconds=20):
    return base.wait_until(
        lambda: instance(net).get("state") == want and instance(net), seconds, want
    )


def wait_bound(net, number):
    prefix = f"2001:db8:{number}:"
    base.wait_until(
        lambda: instance(net).get("state") == "bound" and instance(net)["coa"].startswith(prefix),
        30,
        f"{umip.HOA} bound at D-GW{number}",
    )


def wait_refresh(net):
    seq = wait_state(net, "bound")["seq"]
    base.wait_until(
        lambda: instance(net)["seq"] != seq and instance(net)["state"] == "bound",
        LIFETIME + 5,
        "the binding refreshed",
    )


def course(net, agent, ready=wait_bound):
    """
    Registration from D-GW 2, ten moves, refresh, home and away again, a restart of the home agent,
    expiry of the binding: the connections of the home address survive it all. ready(net, number)
    waits until the binding is that of D-GW `number`.
    """
    flows = case.traffic(net)
    net.arrive(2)
    ready(net, 2)
    opened = [flows.open(kind, src=umip.HOA, **options) for kind, options in case.TRIO]
    umip.moves(net, flows, opened, opened[2], lambda number: ready(net, number))
    if umip.only_figures():
        return
    wait_refresh(net)
    flows.progress_until(opened, 20)

    after = net.move(net.gateway(1))[1]
    wait_state(net, "home")
    base.wait_until(lambda: not umip.tunnels(net), 10, "no binding at home")
    flows.progress_until(opened, 20, since_ns=after)
    after = net.move(net.gateway(2))[1]
    ready(net, 2)
    flows.progress_until(opened, 30, since_ns=after)

    agent.stop()
    base.wait_until(lambda: not umip.tunnels(net), 10, "the home agent has forgotten")
    agent.start()
    base.wait_until(lambda: umip.tunnels(net), 60, "registered after the restart")
    flows.progress_until(opened, 30)

    net.detach()
    base.wait_until(lambda: not umip.tunnels(net), 2 * LIFETIME, "the binding has expired")
    net.attach(net.gateway(3))
    ready(net, 3)
    flows.progress_until(opened, 60)
    case.finish(flows)
    net.mnd.stop()
    base.wait_until(lambda: not umip.tunnels(net), 10, "de-registered at the end")
