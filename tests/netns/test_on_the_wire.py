# SPDX-License-Identifier: GPL-2.0-or-later
"""tshark, as an independent decoder, finds nothing malformed in what the daemons send."""

import shutil

from mip6net import base, case

BAD = "_ws.malformed or _ws.expert.severity == error"


def test():
    if not shutil.which("tshark") or not shutil.which("tcpdump"):
        raise base.Skip("tshark or tcpdump is not installed")
    with case.mobile(gateways=2, mnd={"linger-s": 1, "heartbeat-interval-ms": 300}) as net:
        capture = net.capture(
            "wtru", "wl0", "icmp6 or ip6[6] == 0 or ip6[6] == 60 or ip6[6] == 43 or ip6[6] == 135"
        )
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        lines = flows.open("lines")
        case.arrive(net, 2)
        net.wait_bound(first)
        flows.run_for(1)
        net.gw(1).ctl("release", hoa=first)
        flows.run_for(0.5)
        flows.close(lines, seconds=2)
        net.arrive(1)
        net.mnd.stop()
        capture.stop()
        file = net.path("wtru-wl0.pcap")
        seen = base.run("tshark", "-r", file, "-T", "fields", "-e", "mip6.mhtype").split()
        for kind, name in (
            ("5", "Binding Update"),
            ("6", "Binding Acknowledgement"),
            ("13", "Heartbeat"),
        ):
            case.require(kind in seen, f"no {name} in the capture: {sorted(set(seen))}")
        advised = base.run("tshark", "-r", file, "-Y", "mip6.bra.interval").strip()
        case.require(not advised, f"refresh advice, with bindings on disk:\n{advised}")
        # RFC 6275 sections 11.3.1, 11.3.4 and 11.5.3.
        neighbours = "icmpv6.type >= 133 and icmpv6.type <= 137"
        groups = "icmpv6.type == 131 or icmpv6.type == 132 or icmpv6.type == 143"
        for what, odd in (
            ("a Home Address option in Neighbor Discovery", f"ipv6.opt.mipv6.home_address and {neighbours}"),
            ("a Home Address option to a neighbour", "ipv6.opt.mipv6.home_address and ipv6.dst == fe80::/10"),
            ("a Home Address option in multicast membership", f"ipv6.opt.mipv6.home_address and ({groups})"),
            ("a group joined from", f"({groups}) and not ipv6.src == fe80::/10 and not ipv6.src == ::"),
            ("solicits a router from", "icmpv6.type == 133 and not ipv6.src == fe80::/10"),
        ):
            found = base.run("tshark", "-r", file, "-Y", odd).strip()
            case.require(not found, f"{what}:\n{found}")
        bad = base.run("tshark", "-r", file, "-Y", BAD).strip()
        case.require(not bad, f"tshark objects to:\n{bad}")
        print(f"{len(seen)} Mobility Header messages")


case.main(test)
