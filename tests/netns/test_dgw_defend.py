# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
Home addresses on a shared prefix: one that a neighbour uses, or is about to use, is refused (status
134); a free one is accepted after the second that RFC 4862 wants, and defended from then on (RFC 6275
sections 10.3.1 and 10.4.1), also over a loss of the access link, until it is given up.
"""

import time

from mip6net import base, case, inject, nd
from mip6net.daemons import IDENTITY, KEY, SPI
from mip6net.topology import CN_ADDRESS

DAD_FAILED = 134
OVERRIDE, SOLICITED = 0x20, 0x40


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


def occupied(net, updates):
    hoa = "2001:db8:1::d0"
    net.ip_batch("neighbour", [f"addr add {hoa}/64 dev wl0 nodad"])
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


def free(net, gw, updates, station):
    hoa = "2001:db8:1::e0"
    # Of the time before it left.
    net.ip_batch("gw1", [f"neigh replace {hoa} lladdr 02:00:00:00:00:99 dev access nud reachable"])
    before = time.monotonic()
    updates.send(hoa, flags=inject.FLAG_A | inject.FLAG_H | inject.FLAG_L)
    case.require(updates.status() == 0, "a free address was refused")
    took = time.monotonic() - before
    case.require(0.9 < took < 3 * base.PATIENCE, f"DAD took {took} s, RFC 4862 wants one")
    mac = bytes.fromhex(net.ip("gw1", "link", "show", "access")[0]["address"].replace(":", ""))
    seen = [m for m in station.receive(3, (nd.NA,)) if m.target == hoa]
    case.require(len(seen) == 3, f"{len(seen)} unsolicited advertisements, not 3")
    for message in seen:
        case.require(message.dst == nd.ALL_NODES, f"sent to {message.dst}")
        case.require(message.flags & (OVERRIDE | SOLICITED) == OVERRIDE, "flags of RFC 6275")
        case.require(message.options[2][2:8] == mac, "our link-layer address as the target's")
    case.require(proxied(net) == [hoa, "fe80::e0"], f"defended: {proxied(net)}")
    case.require(not net.ip("gw1", "-6", "neigh", "show", hoa), "the old neighbour entry is gone")
    # Somebody asks for it, somebody wants it: both are answered.
    own = nd.link_local(station.mac)
    station.send(nd.neighbour_solicitation(own, hoa, station.mac))
    answers = [m for m in station.receive(1, (nd.NA,)) if m.target == hoa]
    case.require(answers and answers[0].dst == own, "asked by a neighbour: no answer")
    station.send(nd.neighbour_solicitation("::", hoa))
    answers = [m for m in station.receive(1, (nd.NA,)) if m.target == hoa]
    case.require(answers and answers[0].dst == nd.ALL_NODES, "taken by a neighbour: no objection")
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
        case.require(gw.stat("dad-failed") == 2, "counted")
        free(net, gw, updates, station)
        gw.stop()
        case.require(not net.traces("gw1"), f"left in the kernel: {net.traces('gw1')}")


case.main(test)
