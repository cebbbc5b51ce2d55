# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a mobile node that is away asks of a D-GW: the home agents of its home link (RFC 6275 sections
6.5, 6.6 and 10.5) and the prefixes of that link (sections 6.7, 6.8 and 10.6), asked by hand from the
correspondent node, rightly and wrongly.
"""

import struct

from mip6net import base, case, inject, nd
from mip6net.daemons import IDENTITY, KEY, SPI
from mip6net.topology import CN_ADDRESS

REQUEST, REPLY, MPS, MPA = 144, 145, 146, 147
PARAMETER_PROBLEM = 4
ANYCAST = "2001:db8:1:0:fdff:ffff:ffff:fffe"
POOL_HOA = "2001:db8:1:8000::5"
HOA, OTHER_HOA = "2001:db8:1::e0", "2001:db8:1::e1"
UNKNOWN_BINDING = 1
PREFIX_DISCOVERY = 1
BRR, REVOCATION = 0, 16


class Peer:
    """A mobile node on the correspondent node's address."""

    def __init__(self, net):
        self.injector = inject.Injector(net, "cn")
        self.agent = net.gateway(1).address
        self.seq = 100
        self.problems = 0

    def icmp6(self, kind, identifier, dst, hoa=None, source=CN_ADDRESS):
        message = struct.pack("!BBHHH", kind, 0, 0, identifier, 0)
        message = nd.icmp6(hoa or source, dst, message)[40:]
        self.injector.send(
            inject.packet(source, dst, message, hoa=hoa, next_header=inject.ICMP6)
        )

    def heard(self, kind, identifier=None, seconds=5):
        """As answer(), but it must come."""
        found = self.answer(kind, identifier, seconds)
        case.require(found, f"no ICMPv6 message of type {kind}")
        return found

    def answer(self, kind, identifier, seconds):
        """
        The next ICMPv6 message of that type, or None: (packet, home address in its header or None,
        octets).
        """
        for data in self.injector.packets(seconds * base.PATIENCE):
            following, offset, hoa = data[6], 40, None
            if following == inject.ROUTING:
                case.require(data[41:44] == bytes([2, 2, 1]), "a type 2 routing header")
                following, offset, hoa = data[40], 64, nd.text(data[48:64])
            if following != inject.ICMP6:
                continue
            self.problems += data[offset] == PARAMETER_PROBLEM
            if data[offset] == kind and identifier in (
                None, struct.unpack_from("!H", data, offset + 4)[0]
            ):
                return data, hoa, data[offset:]
        return None

    def bind(self, hoa, lifetime_s, want=0):
        """Register; want: the status, None for any that accepts."""
        self.seq += 1
        update = inject.binding_update(
            hoa, CN_ADDRESS, self.seq, lifetime_s, IDENTITY, SPI, bytes.fromhex(KEY), dst=self.agent
        )
        self.injector.send(inject.packet(CN_ADDRESS, self.agent, update, hoa=hoa))
        status = self.injector.status(self.seq, 5 * base.PATIENCE)
        accepted = status is not None and status < 128
        case.require(accepted if want is None else status == want, f"status {status}")


def addresses(message):
    return [nd.text(message[i : i + 16]) for i in range(8, len(message), 16)]


def prefixes(message):
    """{address: (length, flags, valid, preferred)}"""
    found, at = {}, 8
    while at < len(message):
        kind, units = message[at], message[at + 1]
        case.require(kind == 3 and units == 4, "prefix information and nothing else")
        length, flags, valid, preferred = struct.unpack_from("!BBII", message, at + 2)
        found[nd.text(message[at + 16 : at + 32])] = (length, flags, valid, preferred)
        at += units * 8
    return found


def advertisement(source, preference, lifetime_s, address):
    """A Router Advertisement of another home agent."""
    head = struct.pack("!BBHBBHII", nd.RA, 0, 0, 64, 0x20, 0, 0, 0)
    agent = struct.pack("!BBHHH", 8, 1, 0, preference, lifetime_s)
    prefix = struct.pack("!BBBBIII", 3, 4, 64, 0xE0, 900, 300, 0) + nd.packed(address)
    return nd.icmp6(source, nd.ALL_NODES, head + agent + prefix)


def home_agents(net, gw, peer, station):
    def ask(identifier):
        answer = None
        # As RFC 6275 section 11.4.1 has it: the access link loses some while it comes up.
        for _ in range(5):
            peer.icmp6(REQUEST, identifier, ANYCAST)
            answer = peer.answer(REPLY, identifier, 2)
            if answer:
                break
        case.require(answer, f"request {identifier} was not answered")
        data, hoa, message = answer
        case.require(nd.text(data[8:24]) == peer.agent, "the reply is from a unicast address")
        case.require(hoa is None, "the reply goes to the source of the request")
        return addresses(message)

    case.require(ask(1) == [peer.agent], "it knows itself")
    known = gw.ctl("home-agents")
    case.require(known["anycast"] == ANYCAST and known["home-agents"][0]["self"], f"{known}")
    # Not to the anycast address: nothing comes.
    peer.icmp6(REQUEST, 2, peer.agent)
    base.wait_until(
        lambda: gw.stat("home-agent-requests-invalid", "discovery") == 1, 5, "refused and counted"
    )
    # One that is preferred, and one that is not.
    own = nd.link_local(station.mac)
    station.send(advertisement(own, 9, 60, "2001:db8:1::2"))
    station.send(advertisement("fe80::77", 1, 60, "2001:db8:1::3"))
    base.wait_until(lambda: len(gw.ctl("home-agents")["home-agents"]) == 3, 5, "both are heard")
    want = ["2001:db8:1::2", peer.agent, "2001:db8:1::3"]
    case.require(ask(3) == want, "ordered by preference")
    case.mip6ctl(gw, "home-agents")
    station.send(advertisement(own, 9, 0, "2001:db8:1::2"))
    base.wait_until(lambda: len(gw.ctl("home-agents")["home-agents"]) == 2, 5, "one has gone")
    case.require(ask(4) == want[1:], "and is not told of any more")
    # It is one of the kernel's addresses as long as the link is up.
    net.ip_batch("gw1", ["link set access down"])
    base.wait_until(lambda: "anycast" not in gw.ctl("home-agents"), 5, "the link is down")
    net.ip_batch("gw1", ["link set access up", f"addr replace {peer.agent}/64 dev access nodad"])
    base.wait_until(lambda: "anycast" in gw.ctl("home-agents"), 10, "the link is up")
    case.require(ask(5) == [peer.agent], "asked again")


def unbound(gw, peer, hoa):
    """The Home Address option of a binding that is not there: Binding Error."""
    before = gw.stat("mobile-prefix-solicitations-unbound", "discovery")
    error = None
    for _ in range(5):
        peer.icmp6(MPS, 9, peer.agent, hoa=hoa)
        answers = peer.injector.answers(2 * base.PATIENCE)
        error = next((m for _, kind, m in answers if kind == inject.BE), None)
        if error:
            break
    case.require(error and error[6] == UNKNOWN_BINDING, "Binding Error, status 1")
    case.require(nd.text(error[8:24]) == hoa, "for the home address of the option")
    case.require(
        gw.stat("mobile-prefix-solicitations-unbound", "discovery") > before, "counted"
    )


def mobile_prefixes(gw, peer):
    unbound(gw, peer, HOA)
    peer.bind(HOA, 60)
    peer.icmp6(MPS, 10, peer.agent, hoa=HOA)
    data, hoa, message = peer.heard(MPA, 10)
    case.require(nd.text(data[8:24]) == peer.agent, "from the address of the registration")
    case.require(hoa == HOA, "with the home address in a type 2 routing header")
    case.require(message[6:8] == b"\0\0", "M and O are clear")
    found = prefixes(message)
    case.require(found == {peer.agent: (64, 0xE0, 900, 300)}, f"prefixes {found}")
    # Two more at once: the last one is answered, when the second is over.
    peer.icmp6(MPS, 11, peer.agent, hoa=HOA)
    peer.icmp6(MPS, 12, peer.agent, hoa=HOA)
    peer.heard(MPA, 12)
    answered = gw.stat("mobile-prefix-advertisements-solicited", "discovery")
    case.require(answered < 4, f"{answered} answers")
    # Without the option, and with that of another home address.
    peer.icmp6(MPS, 13, peer.agent)
    unbound(gw, peer, OTHER_HOA)
    case.require(gw.stat("mobile-prefix-advertisements-solicited", "discovery") == answered, "silent")


def unique_prefix(gw, peer):
    """A home address of the pool: its prefix is told, and whose it is."""
    peer.bind(POOL_HOA, 60)
    peer.icmp6(MPS, 30, peer.agent, hoa=POOL_HOA)
    found = prefixes(peer.heard(MPA, 30)[2])
    want = {"2001:db8:1:8000::": (64, 0x40, 900, 300), peer.agent: (64, 0xE0, 900, 300)}
    case.require(found == want, f"prefixes {found}")
    peer.bind(POOL_HOA, 0)


def renumbering(gw, peer):
    """Other lifetimes: told without being asked, until it asks."""
    gw.write_config(**{"valid-lifetime-s": 800, "preferred-lifetime-s": 200})
    gw.ctl("reload")
    _, hoa, message = peer.heard(MPA, None, 20)
    case.require(hoa == HOA, "to the home address")
    found = prefixes(message)
    case.require(found == {peer.agent: (64, 0xE0, 800, 200)}, f"prefixes {found}")
    peer.heard(MPA, None, 20)
    case.require(
        gw.stat("mobile-prefix-advertisements-retransmitted", "discovery") >= 1, "repeated"
    )
    peer.icmp6(MPS, 20, peer.agent, hoa=HOA)
    peer.heard(MPA, 20)
    peer.bind(HOA, 0)
    unbound(gw, peer, HOA)


def brought_down(net, gw, peer):
    """
    The valid lifetime of the prefix becomes shorter than what is left of a binding: the mobile node is asked
    to refresh, and the binding, its record and its tunnel end with the prefix (section 10.3.1).
    """
    gw.write_config(**{"valid-lifetime-s": 900, "preferred-lifetime-s": 300})
    gw.ctl("reload")
    peer.bind(HOA, 400, PREFIX_DISCOVERY)  # it becomes deprecated meanwhile
    peer.bind(HOA, 300)
    left = gw.binding(HOA)["expires_ms"]
    case.require(280_000 < left <= 300_000, f"{left} ms left")
    gw.write_config(**{"valid-lifetime-s": 100, "preferred-lifetime-s": 0})
    gw.ctl("reload")
    messages = (kind for _, kind, _ in peer.injector.answers(5 * base.PATIENCE))
    case.require(BRR in messages, "no Binding Refresh Request")
    left = gw.binding(HOA)["expires_ms"]
    case.require(left <= 100_000, f"{left} ms left")
    gw.kill()
    gw.start()
    left = gw.binding(HOA)["expires_ms"]
    case.require(left <= 100_000, f"{left} ms left after a restart")
    gw.write_config(**{"valid-lifetime-s": 4})
    gw.ctl("reload")
    base.wait_until(lambda: HOA not in [b["hoa"] for b in gw.bindings()], 15, "the binding ends")
    case.require(not net.ip("gw1", "-6", "neigh", "show", "proxy"), "it is still defended")
    # Deprecated, and invalid at the end of what is granted.
    peer.bind(HOA, 60, PREFIX_DISCOVERY)
    peer.bind(HOA, 0)
    gw.write_config(**{"valid-lifetime-s": 900, "preferred-lifetime-s": 300})
    gw.ctl("reload")


def withdrawn(gw, peer):
    """A prefix goes, with a restart: whoever is bound in it is told (RFC 5846)."""
    peer.bind(POOL_HOA, 60)
    gw.stop()
    gw.write_config(**{"unique-prefixes": "2001:db8:1:4000::/50"})
    gw.start()
    messages = [m for _, kind, m in peer.injector.answers(3 * base.PATIENCE) if kind == REVOCATION]
    case.require(messages and messages[0][6] == 1, "no Binding Revocation Indication")
    case.require(not gw.bindings(), f"{gw.bindings()}")


def switched(gw, peer):
    """Section 8.4: which advertisements are sent is for the configuration to say."""
    def sent(kind):
        return gw.stat(f"mobile-prefix-advertisements-{kind}", "discovery")

    def reload(which):
        gw.write_config(**{"mobile-prefix-advertisements": which})
        gw.ctl("reload")

    reload("solicited")
    peer.bind(HOA, 60)
    before = sent("unsolicited") + sent("retransmitted")
    peer.icmp6(MPS, 40, peer.agent, hoa=HOA)
    peer.heard(MPA, 40)
    # All that was due in the time in which unasked ones come otherwise, and a reload beside it.
    gw.write_config(**{"valid-lifetime-s": 700})
    gw.ctl("reload")
    case.require(peer.answer(MPA, None, 2 / base.PATIENCE) is None, "told unasked")
    case.require(sent("unsolicited") + sent("retransmitted") == before, "counted")
    reload("none")
    asked = gw.stat("mobile-prefix-solicitations-off", "discovery")
    solicited = sent("solicited")
    peer.icmp6(MPS, 41, peer.agent, hoa=HOA)
    base.wait_until(
        lambda: gw.stat("mobile-prefix-solicitations-off", "discovery") == asked + 1, 5, "ignored"
    )
    case.require(sent("solicited") == solicited, "answered")
    unbound(gw, peer, OTHER_HOA)
    reload("all")
    peer.heard(MPA, None, 20)
    peer.bind(HOA, 0)


def flood(gw, peer):
    """More requests than it answers in a second."""

    def limited():
        for identifier in range(300):
            peer.icmp6(REQUEST, identifier, ANYCAST)
        return gw.stat("home-agent-requests-limited", "discovery") > 0

    base.wait_until(limited, 20, "answers are limited")


def test():
    options = {"mobile-prefix-interval-min-s": 1, "mobile-prefix-interval-max-s": 1}
    options = dict(options, **{"valid-lifetime-s": 900, "preferred-lifetime-s": 300})
    options["home-agent-preference"] = 5
    options["unique-prefixes"] = "2001:db8:1:8000::/49"
    with case.mobile(
        gateways=1, shared=True, others=["neighbour"], start=False, dgwd=dict(options)
    ) as net:
        gw = net.gw(1)
        # Nothing unsolicited before it is wanted.
        gw.write_config(**{"mobile-prefix-interval-min-s": 600,
                           "mobile-prefix-interval-max-s": 86400})
        gw.start()
        net.attach(net.gateway(1), station="neighbour")
        station = nd.Station(net, "neighbour", "wl0")
        base.wait_until(
            lambda: station.solicit(nd.link_local(station.mac)), 10, "the access link works"
        )
        peer = Peer(net)
        home_agents(net, gw, peer, station)
        mobile_prefixes(gw, peer)
        unique_prefix(gw, peer)
        gw.write_config(**options)
        renumbering(gw, peer)
        brought_down(net, gw, peer)
        switched(gw, peer)
        withdrawn(gw, peer)
        case.require(peer.problems == 0, "a Parameter Problem came")
        flood(gw, peer)
        gw.stop()
        case.require(not net.traces("gw1"), f"left in the kernel: {net.traces('gw1')}")


case.main(test)
