# SPDX-License-Identifier: GPL-2.0-or-later
"""
A connection opened right after a move, without a source address, uses the newest address and gets
through, although default routes and on-link prefixes of the old gateway are still there.
"""

from mip6net import case


def test():
    # Router lifetimes of minutes: the kernel's own routes of the old gateway stay. The shared
    # prefix adds an on-link route of it.
    with case.mobile(gateways=3, shared=True, dgwd={"router-lifetime-s": 1800}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        kept = case.open_trio(net, flows, 1, first)
        link_local = next(
            a["local"]
            for a in net.ip("gw1", "-6", "address", "show", "dev", "access")[0]["addr_info"]
            if a["scope"] == "link"
        )
        # What a network manager may leave: a default route of the old gateway, better than the
        # kernel's.
        net.ip_set(
            "wtru", "-6", "route", "add", "default", "via", link_local, "dev", "wl0", "metric", "50"
        )
        for number in (2, 3):
            _, after, address = net.arrive(number)
            new = [flows.open(kind, 5, label=f"{kind} after the move") for kind in ("lines", "udp")]
            for flow in new:
                case.require(
                    flow.local == address, f"{flow.label} uses {flow.local}, not {address}"
                )
            case.require(new[0].connect_us < 1000000, f"connecting took {new[0].connect_us} µs")
            flows.progress_until(new + kept, since_ns=after)
            print(f"connected in {new[0].connect_us} µs")
            # The old gateway's prefix is on-link by the kernel's route; its hosts must be reached.
            for old in range(1, number):
                net.run("wtru", "ping", "-6", "-c", "1", "-W", "5", net.gateway(old).address)
        case.finish(flows)


case.main(test)
