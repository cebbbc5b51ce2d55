# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
Path MTU end to end. A sender of full-size packets to a tunnelled address gets a Packet Too Big
with the tunnel's MTU that it can use, and one when a link inside the tunnel's path is smaller;
bulk TCP and fragmented datagrams get through in both directions. On a visited link that takes no
more than 1280 octets the outer packets go in fragments, and connections go on.
"""

import re

from mip6net import base, case
from mip6net.topology import CN_ADDRESS

OVERHEAD = 40
LEAST = 1280


def path_mtu(net, address):
    """The CN's path MTU to an address, from its route cache."""
    text = net.run("cn", "ip", "-6", "route", "get", address)
    found = re.search(r"mtu (\d+)", text)
    return int(found.group(1)) if found else 1500


def big_pings(net, source, address, size, *options):
    """Ping with don't-fragment packets of this size; true when one was answered."""
    out = net.run(
        source,
        "ping",
        "-6",
        "-c",
        "1",
        "-W",
        "1",
        "-M",
        "do",
        "-s",
        size - 48,
        *options,
        address,
        check=False,
    )
    return " 1 received" in out


def through(core_mtu):
    with case.mobile(gateways=2, mnd={"linger-s": 30}, core_mtu=core_mtu) as net:
        inner = min(core_mtu, 1500) - OVERHEAD
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        bulk = flows.open("bulk", rate=4000000)
        large = flows.open("udp", size=1400, label="large datagrams")
        case.arrive(net, 2)
        net.wait_bound(first)
        flows.progress_until([bulk, large])
        case.require(not big_pings(net, "cn", first, 1500), "1500 octets cannot fit")
        base.wait_until(
            lambda: big_pings(net, "cn", first, 1500) or path_mtu(net, first) <= inner,
            10,
            "the CN learns the path MTU",
        )
        case.require(
            path_mtu(net, first) == inner, f"the CN was told {path_mtu(net, first)}, not {inner}"
        )
        case.require(big_pings(net, "cn", first, inner), f"{inner} octets fit")
        # Fragments of a datagram larger than the path.
        out = net.run("cn", "ping", "-6", "-c", "2", "-W", "2", "-s", "4000", first, check=False)
        case.require(" 0% packet loss" in out or " 1 received" in out, f"fragments: {out}")
        flows.progress_until([bulk, large])
        case.finish(flows)


def link_mtu(net):
    return int(net.run("wtru", "sysctl", "-n", "net.ipv6.conf.wl0.mtu"))


def narrow_link():
    with case.mobile(gateways=2, mnd={"linger-s": 30}, start=False) as net:
        # The D-GW's advertisements say so to the WTRU, whose interface stays as it was.
        net.run("gw2", "ip", "link", "set", "access", "mtu", LEAST)
        net.start_daemons()
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        # Not more than the daemons can cut in an emulated machine.
        opened = [
            flows.open("lines"),
            flows.open("bulk", rate=100000),
            flows.open("udp", size=1400, interval_us=50000, label="large datagrams"),
        ]
        for _ in range(2):
            case.arrive(net, 2)
            net.wait_bound(first)
            base.wait_until(lambda: link_mtu(net) == LEAST, 10, "the link is narrow")
            flows.progress_until(opened)
            base.wait_until(
                lambda: not big_pings(net, "cn", first, 1500) and path_mtu(net, first) <= LEAST,
                10,
                "the CN learns the path MTU",
            )
            case.require(
                path_mtu(net, first) == LEAST, f"the CN was told {path_mtu(net, first)}"
            )
            # The least that everybody may send, in fragments of the tunnel: both ways.
            base.wait_until(lambda: big_pings(net, "cn", first, LEAST), 10, "1280 from the CN")
            base.wait_until(
                lambda: big_pings(net, "wtru", CN_ADDRESS, LEAST, "-I", first), 10, "1280 to the CN"
            )
            flows.progress_until(opened)
            _, after, address = net.arrive(1)
            case.require(address == first, f"at home with {address}")
            flows.progress_until(opened, since_ns=after)
        case.finish(flows)


def test():
    through(1500)
    through(1400)
    narrow_link()


case.main(test)
