# SPDX-License-Identifier: GPL-2.0-or-later
"""
What UMIP's mobile node goes through with our D-GW as its home agent, in clear or inside IPsec.
"""

import umip
from mip6net import base, case

LIFETIME = 24


def serve(net, **config):
    """Make the home D-GW one that has the node's static home address, and start all of them."""
    home = net.gw(umip.HOME)
    home.config.pop("unique-prefixes")
    home.write_config(**{"shared-prefix": home.gateway.shared}, **config)
    for gw in net.gws:
        gw.start()


def binding(net):
    return net.gw(umip.HOME).binding(umip.HOA)


def wait_bound(net, number):
    prefix = f"2001:db8:{number}:"
    base.wait_until(
        lambda: (binding(net) or {}).get("coa", "").startswith(prefix),
        30,
        f"{umip.HOA} bound at D-GW{number}",
    )


def wait_refresh(net):
    """The D-GW restarted, or time has passed: another sequence number."""
    before = (binding(net) or {}).get("seq")
    base.wait_until(
        lambda: (binding(net) or {}).get("seq") not in (None, before),
        LIFETIME + 10,
        "the binding refreshed",
    )


def course(net, ready=wait_bound):
    """
    Registration by a node that is started at D-GW 2, ten moves, refresh, home and away again, a
    crash of the D-GW, expiry of the binding: the connections of the home address survive it all.
    ready(net, number) waits until the binding is that of D-GW `number`.
    """
    ready(net, 2)
    base.wait_until(lambda: umip.reaches(net, umip.HOA), 20, "the tunnel works")
    flows = case.traffic(net)
    opened = [flows.open(kind, **options) for kind, options in case.TRIO]
    for flow in opened:
        case.require(flow.local == umip.HOA, f"{flow.label} uses {flow.local}")
    umip.moves(net, flows, opened, opened[2], lambda number: ready(net, number))
    if umip.only_figures():
        return
    wait_refresh(net)
    flows.progress_until(opened, 20)

    home = net.gw(umip.HOME)
    after = net.move(home.gateway)[1]
    base.wait_until(lambda: not binding(net), 20, "no binding at home")
    flows.progress_until(opened, 30, since_ns=after)
    after = net.move(net.gateway(2))[1]
    ready(net, 2)
    flows.progress_until(opened, 30, since_ns=after)

    home.kill()
    home.restart()
    flows.progress_until(opened, 20)
    wait_refresh(net)
    flows.progress_until(opened, 20)

    net.detach()
    base.wait_until(lambda: not binding(net), 2 * LIFETIME, "the binding has expired")
    net.attach(net.gateway(3))
    ready(net, 3)
    flows.progress_until(opened, 60)
    case.finish(flows)
