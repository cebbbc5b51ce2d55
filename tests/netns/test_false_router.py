# SPDX-License-Identifier: GPL-2.0-or-later
"""
A neighbour on a visited link who plays the router: advertises a gateway of its own, advertises in
the gateway's name that it has ceased, and answers for it. Neighbour Discovery is not protected
(RFC 6275 section 15 leaves it to SEND or to the link layer), so traffic may stop while it lasts:
what must hold is that no session and no address is lost by it, that no binding goes where the
neighbour wants, and that all is well again once it ends.
"""
# timeout: 120

import socket
import struct
import time

from mip6net import base, case, nd
from mip6net.flows import longest_silence

HOME_AGENT, ROUTER, AUTONOMOUS, ON_LINK = 0x20, 0x20, 0x40, 0x80
FALSE = "2001:db8:bad"


def prefix_option(prefix, flags, valid=120, preferred=60, length=64):
    return (
        struct.pack("!BBBBIII", 3, 4, length, flags, valid, preferred, 0) + nd.packed(prefix)
    )


def advertisement(src, options=b"", lifetime=60, flags=HOME_AGENT):
    head = struct.pack("!BBHBBHII", nd.RA, 0, 0, 64, flags, lifetime, 0, 0)
    return nd.icmp6(src, nd.ALL_NODES, head + options)


def attack(net, flows, station, packets, seconds=3.0):
    """Send these again and again for a while; returns when it ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for packet in packets:
            station.send(packet)
        flows.run_for(0.1)
    return time.monotonic_ns()


def check(net, flows, opened, what, since, began):
    """No session broken, and all of them go on."""
    flows.progress_until(opened, 30, since)
    silence = longest_silence(
        flows.arrivals()[(opened[2].number, "up")], began, time.monotonic_ns()
    )
    print(f"{what}: longest silence {(silence[1] - silence[0]) / 1e6:.0f} ms")


def test():
    with case.mobile(
        gateways=2,
        mnd={"linger-s": 60},
        dgwd={"ra-interval-min-ms": 300, "ra-interval-max-ms": 600},
        others=["bad"],
    ) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        second = case.arrive(net, 2)
        opened_here = case.open_trio(net, flows, 2, second)
        net.wait_bound(first)
        net.sysctl("bad", {"ipv6/conf/wl0/accept_ra": 0})
        net.attach(net.gateway(2), station="bad")
        station = nd.Station(net, "bad", "wl0")
        own = nd.link_local(station.mac)
        gateway = nd.link_local(station_mac(net))
        source = b"\x01\x01" + station.mac
        attacks = {
            "a prefix of its own, no home agent": advertisement(
                own, source + prefix_option(f"{FALSE}:1::", AUTONOMOUS | ON_LINK), flags=0
            ),
            "a gateway of its own": advertisement(
                own,
                source
                + prefix_option(f"{FALSE}:2::", AUTONOMOUS)
                + prefix_option(f"{FALSE}::1", ROUTER, length=128),
            ),
            "the anchor of our own prefix is elsewhere": advertisement(
                own,
                source
                + prefix_option(second.rsplit(":", 4)[0] + "::", AUTONOMOUS)
                + prefix_option(f"{FALSE}::1", ROUTER, length=128),
            ),
            "the gateway has ceased": advertisement(gateway, lifetime=0),
            "the prefix has ended": advertisement(
                gateway,
                prefix_option(second.rsplit(":", 4)[0] + "::", AUTONOMOUS, 0, 0),
            ),
        }
        for what, packet in attacks.items():
            began = time.monotonic_ns()
            since = attack(net, flows, station, [packet])
            binding = net.gw(1).binding(first)
            case.require(
                binding is not None or net.mnd.instance(first),
                f"{what}: the instance of {first} is gone",
            )
            case.require(
                binding is None or not binding["coa"].startswith(FALSE),
                f"{what}: {first} is bound to {binding}",
            )
            net.ip_set("bad", "link", "set", "wl0", "down")
            check(net, flows, opened + opened_here, what, since, began)
            base.wait_until(
                lambda: (net.mnd.instance(first) or {}).get("state") == "bound",
                30,
                f"{what}: bound again",
            )
            case.require(net.mnd.instance(second), f"{what}: {second} is gone")
            net.ip_set("bad", "link", "set", "wl0", "up")
            base.wait_until(lambda: usable(net), 10, "the neighbour's link")
            station.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)  # it was down
        # A move ends whatever a neighbour did.
        _, after, _ = net.arrive(1)
        net.wait_bound(second)
        flows.progress_until(opened + opened_here, 20, after)
        case.finish(flows)


def station_mac(net):
    """Link-layer address of D-GW2 on its access link."""
    link = net.ip("gw2", "link", "show", "dev", "access")[0]
    return bytes.fromhex(link["address"].replace(":", ""))


def usable(net):
    return net.ip("bad", "link", "show", "dev", "wl0")[0]["operstate"] == "UP"


case.main(test)
