# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
One shared prefix on the access link: neighbours of a WTRU that has gone away still reach it (the
D-GW defends its address by proxy Neighbour Discovery), and again after its return; also while a
binding still stands, the D-GW finds the WTRU on the link. The link-local address, which has the same
interface identifier, is defended as well (flag L), and neither is in the way when the interface was
down meanwhile and the kernel looks for duplicates.
"""

import ipaddress

from mip6net import base, case, nd


def pings(net, source, address):
    out = net.run(source, "ping", "-6", "-c", "1", "-W", "1", address, check=False)
    return " 1 received" in out


def link_local(identifier_of):
    """fe80:: with the interface identifier of an address of a /64."""
    whole = int(ipaddress.IPv6Address(identifier_of)) & (1 << 64) - 1
    return str(ipaddress.IPv6Address(0xFE80 << 112 | whole))


def proxied(net):
    return {entry["dst"] for entry in net.ip("gw1", "-6", "neigh", "show", "proxy")}


def settled(net, *wanted):
    """Those addresses are on the interface, and DAD of none has failed."""
    found = net.ip("wtru", "-6", "address", "show", "dev", "wl0")
    good = {
        a["local"]
        for link in found
        for a in link["addr_info"]
        if not a.get("dadfailed") and not a.get("tentative")
    }
    return good >= set(wanted)


def advertised(station, mac, *addresses):
    """RFC 6275 section 11.5.5: the WTRU tells the link that it has these addresses now."""
    missing = set(addresses)
    for message in station.receive(10 * base.PATIENCE, (nd.NA,)):
        if message.dst != nd.ALL_NODES or message.options.get(2, b"")[2:8] != mac:
            continue
        case.require(message.flags & 0x60 == 0x20, f"flags {message.flags:#x}: O, but not S")
        missing.discard(message.target)
        if not missing:
            return
    raise base.Failure(f"not advertised: {missing}")


def down_meanwhile(net, flows, opened, hoa):
    """Away and home again, but the interface lost its addresses on the way."""
    case.arrive(net, 2)
    net.wait_bound(hoa)
    net.detach()
    net.run("wtru", "ip", "link", "set", "wl0", "down")
    _, after = net.attach(net.gateway(1))
    net.run("wtru", "ip", "link", "set", "wl0", "up")
    base.wait_until(lambda: net.mnd.instance(hoa)["state"] == "home", 20, "home again")
    base.wait_until(lambda: settled(net, hoa, link_local(hoa)), 20, "both addresses work")
    flows.progress_until(opened, 20, after)
    base.wait_until(lambda: not proxied(net), 10, "proxy entries gone")


def test():
    with case.mobile(gateways=2, shared=True, others=["neighbour"], mnd={"linger-s": 30}) as net:
        flows = case.traffic(net)
        net.attach(net.gateway(1), station="neighbour")
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        base.wait_until(
            lambda: pings(net, "neighbour", first), 10, "neighbour reaches the WTRU at home"
        )
        own = link_local(first)
        case.require(settled(net, own), f"{own} is not the WTRU's: another kind of identifier")
        case.arrive(net, 2)
        net.wait_bound(first)
        flags = net.gw(1).binding(first)["flags"]
        case.require("L" in flags, f"the binding's flags are {flags}")
        # The link-local one after DAD, which nobody waits for.
        base.wait_until(lambda: proxied(net) == {first, own}, 10, "both are defended")
        base.wait_until(
            lambda: pings(net, "neighbour", first), 10, "neighbour reaches the WTRU away"
        )
        station = nd.Station(net, "neighbour", "wl0")
        link = net.ip("wtru", "link", "show", "dev", "wl0")[0]
        _, after, address = net.arrive(1)
        case.require(address == first, f"home with {address}")
        advertised(station, bytes.fromhex(link["address"].replace(":", "")), first, own)
        flows.progress_until(opened, since_ns=after)
        base.wait_until(
            lambda: pings(net, "neighbour", first), 10, "neighbour reaches the WTRU again"
        )
        case.require(not proxied(net), "proxy entry left at home")
        for _ in range(2):
            down_meanwhile(net, flows, opened, first)
        case.finish(flows)
        case.refused_on_the_link(net, first)


case.main(test)
