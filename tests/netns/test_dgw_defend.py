# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
Home addresses on a shared prefix: one that a neighbour uses, or is about to use, is refused (status
134); a free one is accepted after the second that RFC 4862 wants, and defended from then on (RFC 6275
sections 10.3.1 and 10.4.1), also over a loss of the access link, until it is given up.
"""

import struct
import time

from mip6net import base, case, inject, nd
from mip6net.inject import packed
from mip6net.daemons import IDENTITY, KEY, SPI
from mip6net.topology import CN_ADDRESS

DAD_FAILED = 134
ROUTER, SOLICITED, OVERRIDE = 0x80, 0x40, 0x20
UNREACHABLE, ADDRESS_UNREACHABLE, TIME_EXCEEDED = 1, 3, 3


class Updates:
    """Binding Updates of a WTRU that was never at home."""

    def __init__(self, net):
        self.injector = inject.Injector(net, "cn")
        self.agent = net.gateway(1).address
        self.seq = 100

    def send(self, hoa, lifetime_s=60, flags=inject.FLAG_A | inject.FLAG_H):
        self.seq += 1
        update = inject.binding_update(
            hoa, CN_ADDRESS, self.seq, lifetime_s, IDENTITY, SPI, bytes.fromhex(KEY),
            dst=self.agent, flags=flags,
        )
        self.injector.send(inject.packet(CN_ADDRESS, self.agent, update, hoa=hoa))

    def status(self, seconds=5):
        return self.injector.status(self.seq, seconds)


def proxied(net):
    return sorted(n["dst"] for n in net.ip("gw1", "-6", "neigh", "show", "proxy"))


def listens(net, address):
    groups = net.run("neighbour", "ip", "-6", "maddr", "show", "dev", "wl0")
    return nd.solicited_node(address) in groups


def occupied(net, updates):
    hoa = "2001:db8:1::d0"
    net.ip_batch("neighbour", [f"addr add {hoa}/64 dev wl0 nodad"])
    base.wait_until(lambda: listens(net, hoa), 5, "its kernel listens a moment later")
    updates.send(hoa)
    case.require(updates.status() == DAD_FAILED, "an address that a neighbour has was accepted")
    case.require(not proxied(net), "and is defended against its owner")


def contended(net, updates, station):
    hoa = "2001:db8:1::f0"
    updates.send(hoa)
    asked = next(m for m in station.receive(5, (nd.NS,)) if m.target == hoa)
    case.require(asked.src == "::" and asked.dst == nd.solicited_node(hoa), "DAD by the rules")
    station.send(nd.neighbour_solicitation("::", hoa))
    case.require(updates.status() == DAD_FAILED, "an address that a neighbour wants was accepted")


def contended_link_local(updates, station):
    """The link-local address is somebody's: that matters with the L bit only (section 10.3.1)."""
    hoa, taken = "2001:db8:1::f1", "fe80::f1"
    updates.send(hoa, flags=inject.FLAG_A | inject.FLAG_H | inject.FLAG_L)
    next(m for m in station.receive(5, (nd.NS,)) if m.target == taken)
    station.send(nd.neighbour_solicitation("::", taken))
    case.require(updates.status() == DAD_FAILED, "a link-local address that a neighbour wants")
    updates.send(hoa)
    next(m for m in station.receive(5, (nd.NS,)) if m.target == hoa)
    station.send(nd.neighbour_solicitation("::", taken))
    case.require(updates.status() == 0, "not asked for, and yet in the way")
    updates.send(hoa, lifetime_s=0)
    case.require(updates.status() == 0, "de-registration refused")


def access_addresses(net):
    return {a["local"] for a in net.ip("gw1", "-6", "addr", "show", "dev", "access")[0]["addr_info"]}


def answered(net, station, mac, target):
    """
    Somebody asks for a defended address, makes sure of it, or wants it himself: all are answered, with our
    link-layer address, from an address of ours, and not as a router's (RFC 6275 section 10.4.1).
    """
    own = nd.link_local(station.mac)
    ours = access_addresses(net)
    ask = nd.neighbour_solicitation
    questions = (
        ("a neighbour asks", ask(own, target, station.mac), None, own),
        ("a neighbour makes sure", ask(own, target, station.mac, target), mac, own),
        ("one without its address makes sure", ask(own, target, None, target), mac, own),
        ("a neighbour wants it", ask("::", target), None, nd.ALL_NODES),
    )
    for name, question, mac_dst, where in questions:
        station.send(question, mac_dst=mac_dst)
        found = (m for m in station.receive(3 * base.PATIENCE, (nd.NA,)) if m.target == target)
        answer = next(found, None)
        case.require(answer, f"{name} for {target}: no answer")
        case.require(answer.dst == where, f"{name}: answered to {answer.dst}")
        case.require(answer.src in ours, f"{name}: answered from {answer.src}")
        # Who asks our link-layer address itself has it: it may be left out (RFC 4861, 7.2.4).
        given = answer.options.get(2, b"" if mac_dst is None else b"\2\1" + mac)
        case.require(given[2:8] == mac and answer.mac_src == mac, f"{name}: {answer.options}")
        case.require(not answer.flags & ROUTER, f"{name}: flags {answer.flags:#x}")
        wanted = 0 if where == nd.ALL_NODES else SOLICITED
        case.require(answer.flags & SOLICITED == wanted, f"{name}: flags {answer.flags:#x}")


def echo_request(src, dst, hop_limit=64):
    data = nd.icmp6(src, dst, struct.pack("!BBHHH", 128, 0, 0, 77, 1) + bytes(8))
    return data[:7] + bytes([hop_limit]) + data[8:]


def not_tunnelled(net, updates, station, mac, hoa, link_local):
    """Section 10.4.2: to the home address yes, to the link-local one no, and its sender is told."""
    own = nd.link_local(station.mac)
    station.send(echo_request("2001:db8:1::5", hoa), mac_dst=mac)
    base.wait_until(lambda: tunnelled(updates, hoa), 5, "the home address is not reached")
    for hop_limit in (64, 255):
        station.send(echo_request(own, link_local, hop_limit), mac_dst=mac)
        errors = (f for f in station.frames(3 * base.PATIENCE) if f[54] < 128)
        error = next(errors, None)
        case.require(error, "a packet to the link-local address is not answered")
        case.require(tuple(error[54:56]) == (UNREACHABLE, ADDRESS_UNREACHABLE), f"{error[54:56]}")
        case.require(nd.text(error[38:54]) == own, "told the wrong one")
    case.require(not tunnelled(updates, link_local), "a link-local packet left the link")


def errors_relayed(updates, hoa):
    """
    Errors about tunnel packets are told the source of what is in them, as an unreachable address (section
    9.3.4, RFC 2473 section 8.2); those about packets that nobody tunnelled are not believed.
    """
    agent, other = updates.agent, "2001:db8:2::77"

    def quoted(src, dst, outer_dst, kind=17):
        inner = struct.pack("!IHBB", 6 << 28, 8, kind, 60) + packed(src) + packed(dst) + bytes(8)
        head = struct.pack("!IHBB", 6 << 28, len(inner), 41, 60)
        return head + packed(agent) + packed(outer_dst) + inner

    def report(kind, code, quote):
        data = struct.pack("!BBHI", kind, code, 0, 0) + quote
        updates.injector.send(nd.icmp6(CN_ADDRESS, agent, data))

    genuine = quoted(CN_ADDRESS, hoa, CN_ADDRESS)
    # Another care-of address, another home address, an error about an error, a fragment lost.
    report(UNREACHABLE, 0, quoted(CN_ADDRESS, hoa, other))
    report(UNREACHABLE, 0, quoted(CN_ADDRESS, other, CN_ADDRESS))
    report(UNREACHABLE, 0, quoted(CN_ADDRESS, hoa, CN_ADDRESS, kind=58))
    report(TIME_EXCEEDED, 1, genuine)
    report(UNREACHABLE, ADDRESS_UNREACHABLE, genuine)
    report(TIME_EXCEEDED, 0, genuine)
    found = []
    for data in updates.injector.packets(5 * base.PATIENCE):
        if data[6] == inject.ICMP6 and data[40] < 128:
            case.require(tuple(data[40:42]) == (UNREACHABLE, ADDRESS_UNREACHABLE), f"{data[40:42]}")
            found.append(data[48:])
        if found.count(genuine[40:]) == 2:
            return found
    raise base.Failure(f"{found.count(genuine[40:])} of 2 errors are told the source")


def tunnelled(updates, dst):
    """Is one of the packets that reached the care-of address a tunnelled one to dst?"""
    return any(
        data[6] == 41 and nd.text(data[64:80]) == dst for data in updates.injector.packets(0.5)
    )


def free(net, gw, updates, station):
    hoa, link_local = "2001:db8:1::e0", "fe80::e0"
    # Of the time before it left.
    net.ip_batch("gw1", [f"neigh replace {hoa} lladdr 02:00:00:00:00:99 dev access nud reachable"])
    before = time.monotonic()
    updates.send(hoa, flags=inject.FLAG_A | inject.FLAG_H | inject.FLAG_L)
    case.require(updates.status() == 0, "a free address was refused")
    took = time.monotonic() - before
    case.require(0.9 < took < 3 * base.PATIENCE, f"DAD took {took} s, RFC 4862 wants one")
    mac = bytes.fromhex(net.ip("gw1", "link", "show", "access")[0]["address"].replace(":", ""))
    heard = list(station.receive(3, (nd.NS, nd.NA)))
    for target in (hoa, link_local):
        probes = [m for m in heard if m.type == nd.NS and m.target == target and m.src == "::"]
        case.require(len(probes) == 1, f"{len(probes)} probes of DAD for {target}")
        seen = [m for m in heard if m.type == nd.NA and m.target == target]
        case.require(len(seen) == 3, f"{len(seen)} unsolicited advertisements of {target}, not 3")
    seen = [m for m in heard if m.type == nd.NA]
    for message in seen:
        case.require(message.dst == nd.ALL_NODES, f"sent to {message.dst}")
        case.require(message.src in access_addresses(net), f"sent from {message.src}")
        case.require(message.flags & 0xE0 == OVERRIDE, "flags of RFC 6275: O, neither R nor S")
        case.require(message.options[2][2:8] == mac, "our link-layer address as the target's")
    case.require(proxied(net) == [hoa, link_local], f"defended: {proxied(net)}")
    case.require(not net.ip("gw1", "-6", "neigh", "show", hoa), "the old neighbour entry is gone")
    answered(net, station, mac, hoa)
    answered(net, station, mac, link_local)
    not_tunnelled(net, updates, station, mac, hoa, link_local)
    relayed = errors_relayed(updates, hoa)
    # The kernel's tunnel driver does not know which tunnels there are.
    if gw.ctl("status")["dataplane"]["name"] == "bpf":
        case.require(len(relayed) == 2, "what was not tunnelled is told, too")
    # A link that fails forgets the kernel's entries.
    net.ip_batch("gw1", ["link set access down"])
    net.ip_batch("gw1", ["link set access up"])
    base.wait_until(lambda: proxied(net) == [hoa, "fe80::e0"], 5, "defended again")
    # The same over a crash, and what nobody wants any more goes.
    gw.kill()
    net.ip_batch("gw1", ["neigh add proxy 2001:db8:1::aa dev access proto 106"])
    gw.start()
    base.wait_until(lambda: proxied(net) == [hoa, "fe80::e0"], 5, f"defended: {proxied(net)}")
    updates.send(hoa, lifetime_s=0)
    case.require(updates.status() == 0, "de-registration refused")
    base.wait_until(lambda: not proxied(net), 5, "not defended any more")


def test():
    with case.mobile(gateways=1, shared=True, others=["neighbour"], start=False) as net:
        gw = net.gw(1).start()
        net.attach(net.gateway(1), station="neighbour")
        station = nd.Station(net, "neighbour", "wl0")
        base.wait_until(
            lambda: station.solicit(nd.link_local(station.mac)), 10, "the access link works"
        )
        updates = Updates(net)
        occupied(net, updates)
        contended(net, updates, station)
        contended_link_local(updates, station)
        case.require(gw.stat("dad-failed") == 3, "counted")
        free(net, gw, updates, station)
        gw.stop()
        case.require(not net.traces("gw1"), f"left in the kernel: {net.traces('gw1')}")


case.main(test)
