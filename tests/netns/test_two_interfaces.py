# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
Two interfaces, make before break: the better one takes over while the other still works, and
losing the other is no outage. No packet is lost.
"""

from mip6net import base, case
from mip6net.flows import DOWN, UP, losses


def test():
    with case.mobile(gateways=2, interfaces=2, mnd={"linger-s": 30}) as net:
        flows = case.traffic(net)
        # wl0 is the better one; the WTRU starts on wl1.
        net.attach(net.gateway(1), "wl1")
        first = net.wait_primary(net.gateway(1))
        net.wait_claimed(first)
        udp = flows.open("udp", label="udp of wl1")
        lines = flows.open("lines", label="lines of wl1")
        flows.progress_until([udp, lines])
        net.attach(net.gateway(2), "wl0")
        second = net.wait_primary(net.gateway(2))
        case.require(net.wait_bound(first)["coa"] == second, "bound over the better interface")
        flows.progress_until([udp, lines])
        net.detach("wl1")
        flows.run_for(0.5)
        after = net.attach(net.gateway(1), "wl1")[1]  # the worse one again: nothing must change
        flows.run_for(0.5)
        case.require(net.mnd.primary()["hoa"] == second, "the better interface stays in use")
        flows.progress_until([udp, lines], since_ns=after)
        case.finish(flows)
        arrivals = flows.arrivals()
        for direction, sent in ((UP, udp.result["sent"]), (DOWN, udp.result["peer_sent"])):
            lost, _ = losses(arrivals[(udp.number, direction)], sent)
            case.require(not lost, f"{len(lost)} of {sent} packets lost {direction}")
        # Losing the better one: the other takes over.
        third = flows.open("lines", src=second, label="lines of wl0")
        after = net.detach("wl0")[1]
        base.wait_until(
            lambda: net.mnd.primary() and net.mnd.primary()["hoa"] != second,
            10,
            "the other interface is in use",
        )
        flows.progress_until([third], 20, after)
        case.finish(flows)


case.main(test)
