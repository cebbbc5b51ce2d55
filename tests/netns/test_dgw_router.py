# SPDX-License-Identifier: GPL-2.0-or-later
"""
The D-GW as an access router: a solicitation is answered at once, by unicast, with a prefix of its own
that stays the same; a plain host configures itself by it; and a flood of forged solicitations takes
nothing from anybody.
"""

import ipaddress
import time

from mip6net import base, case, nd
from mip6net.topology import CN_ADDRESS

R, A, ON_LINK = 0x20, 0x40, 0x80


def answers(net, gw, station):
    own = nd.link_local(station.mac)
    pool = ipaddress.IPv6Network(net.gateway(1).pool)
    first = base.wait_until(lambda: station.solicit(own), 10, "an answer")
    case.require(first.hop_limit == 255 and first.flags & 0x20, "hop limit 255, H flag")
    case.require(first.mac_dst == station.mac, "sent to the link-layer address of the asker")
    prefix = first.unique()
    case.require(prefix and ipaddress.IPv6Address(prefix) in pool, f"prefix {prefix} of the pool")
    agents = [p for p in first.prefixes if p[2] & R]
    case.require(agents[0][0] == net.gateway(1).address, f"home agent address: {agents}")
    case.require(not agents[0][2] & (A | ON_LINK), "the home agent's option configures nothing")
    case.require(set(first.options) >= {1, 3, 5, 7, 21}, f"options {sorted(first.options)}")
    case.require(b"\x08operator\x07example\0" in first.options[21], "the operator's name")
    # RFC 6275 section 7.5: the link-layer address always.
    case.require(first.options[1][2:8] == first.mac_src, "source link-layer address")
    delays = []
    for _ in range(20):
        again = station.solicit(own, seconds=0.1 * base.PATIENCE)
        case.require(again is not None or len(delays) >= 5, "answered again")
        if again:
            case.require(again.unique() == prefix, f"{again.unique()} instead of {prefix}")
            delays.append(again.delay)
    delays.sort()
    print(f"RS to RA: {delays[len(delays) // 2] * 1e6:.0f} us median, {delays[-1] * 1e6:.0f} max")
    case.require(delays[len(delays) // 2] < 0.01 * base.PATIENCE, f"answers took {delays}")
    case.require(gw.stat("router-solicitations-limited", "router") > 0, "one asker is limited")
    route = net.ip("gw1", "-6", "route", "show", prefix + "/64")
    case.require(route and route[0]["gateway"] == own, f"route to the asker: {route}")
    # Without an address: by multicast, and without a prefix.
    station.send(nd.solicitation("::"))
    ra = next(m for m in station.receive(5 * base.PATIENCE, (nd.RA,)) if m.dst == nd.ALL_NODES)
    case.require(ra.unique() is None, "a prefix of one neighbour is not for all")
    return prefix


def plain_host(net, taken):
    """A host that knows nothing of mobility; its kernel does it all."""
    net.attach(net.gateway(1), station="host")

    def address():
        for a in net.ip("host", "-6", "address", "show", "dev", "wl0", "scope", "global"):
            for info in a.get("addr_info", []):
                if not info.get("tentative") and info.get("local"):
                    return info["local"]
        return None

    found = base.wait_until(address, 15, "the host has an address")
    case.require(
        ipaddress.IPv6Network(found + "/64", False) != ipaddress.IPv6Network(taken + "/64"),
        "each has its own prefix",
    )
    base.wait_until(
        lambda: " 1 received"
        in net.run("host", "ping", "-6", "-c", "1", "-W", "1", CN_ADDRESS, check=False),
        10,
        "the host reaches the core",
    )
    return found


def leases(gw):
    return gw.ctl("leases", limit=1000)["leases"]


def confirmed(gw, neighbour):
    return any(le["confirmed"] and le.get("neighbour") == neighbour for le in leases(gw))


def flood(net, gw, station, prefix, host):
    # Not more: the kernel keeps a neighbour for each, 1024 at most in all namespaces together.
    before, start = gw.anonymous_kib(), time.monotonic()
    for n in range(600):
        mac = bytes([2, 0xBA, 0xD0, n >> 16 & 255, n >> 8 & 255, n & 255])
        station.send(nd.solicitation(nd.link_local(mac), mac), mac)
    stats = gw.ctl("stats")["router"]
    took = time.monotonic() - start
    print(f"{took:.1f} s, {stats}")
    # 256 at once and 100 a second, and what was there; a slow machine takes too long to exceed that.
    case.require(stats["leases-unconfirmed"] <= 300 + 100 * took, f"unconfirmed: {stats}")
    case.require(stats["no-prefix"] > 0 or took > 3, f"new leases are not limited: {stats}")
    case.require(gw.anonymous_kib() - before < 4096, f"grew from {before} to {gw.anonymous_kib()} KiB")
    own = nd.link_local(station.mac)
    answer = base.wait_until(lambda: station.solicit(own), 10, "an answer after the flood")
    case.require(answer.unique() == prefix, f"{answer.unique()} instead of {prefix}")
    kept = str(ipaddress.IPv6Network(host + "/64", False))
    case.require(kept in [le["prefix"] for le in leases(gw)], "the host keeps its prefix")
    base.wait_until(
        lambda: " 1 received"
        in net.run("host", "ping", "-6", "-c", "1", "-W", "1", CN_ADDRESS, check=False),
        10,
        "the host reaches the core after the flood",
    )
    # Somebody else's link-layer address, from another link-local one: another prefix.
    base.wait_until(lambda: confirmed(gw, own), 30, "the kernel probed the station")
    thief = station.solicit("fe80::bad", station.mac)
    case.require(thief is None or thief.unique() != prefix, "a prefix was stolen")


def test():
    with case.mobile(gateways=1, others=["host"], start=False) as net:
        gw = net.gw(1).start()
        # Its kernel answers Neighbour Solicitations, but takes no part otherwise.
        net.sysctl("wtru", {"ipv6/conf/wl0/accept_ra": 0})
        net.attach(net.gateway(1))
        station = nd.Station(net, "wtru", "wl0")
        prefix = answers(net, gw, station)
        host = plain_host(net, prefix)
        flood(net, gw, station, prefix, host)
        gw.kill()
        gw.start()
        again = base.wait_until(
            lambda: station.solicit(nd.link_local(station.mac)), 10, "an answer after a restart"
        )
        case.require(again.unique() == prefix, "the same prefix after a restart")
        # Cease advertising (RFC 4861 section 6.2.5).
        gw.stop()
        last = list(station.receive(1, (nd.RA,)))
        case.require(last and last[-1].router_lifetime == 0, "no farewell")
        case.require(not net.traces("gw1"), f"left in the kernel: {net.traces('gw1')}")


case.main(test)
