# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
The D-GW as a weapon: how many octets it sends for each octet it gets, message by message and under
a flood from forged sources; and that the flood, 20,000 messages per second, neither makes it grow
nor keeps an honest node from moving.
"""
# timeout: 90

import json
import random
import struct

from mip6net import base, case, flood, inject
from mip6net.daemons import IDENTITY, KEY, SPI, dgwd_keys
from mip6net.topology import CN_ADDRESS

BINDINGS = 200
SECONDS = 4
RATE = 20000
# What docs/security.md promises.
AMPLIFICATION_MAX = 1.5
ANSWERS_PER_S = 100
HOTI, COTI, HEARTBEAT = 1, 2, 13


def message(kind, body, dst, src=CN_ADDRESS):
    """A Mobility Header of any kind, padded, with its checksum."""
    data = bytes([59, 0, kind, 0, 0, 0]) + body
    data += bytes(-len(data) % 8)
    data = bytes([59, len(data) // 8 - 1]) + data[2:]
    value = inject.checksum(src, dst, data)
    return data[:4] + struct.pack("!H", value) + data[6:]


def one_by_one(injector, agent, victim):
    """What each kind of message is answered with, in octets."""
    update = inject.binding_update
    hoa, key = victim[1], bytes.fromhex(KEY)
    kinds = {
        "heartbeat": inject.packet(
            CN_ADDRESS, agent, message(HEARTBEAT, struct.pack("!HI", 0, 7), agent)
        ),
        "HoTI": inject.packet(CN_ADDRESS, agent, message(HOTI, bytes(10), agent)),
        "CoTI": inject.packet(CN_ADDRESS, agent, message(COTI, bytes(10), agent)),
        "unknown type": inject.packet(CN_ADDRESS, agent, message(77, bytes(2), agent)),
        "type of the future, long": inject.packet(
            CN_ADDRESS, agent, message(200, bytes(1000), agent)
        ),
        "cut short": inject.packet(CN_ADDRESS, agent, message(5, b"", agent)),
        "no authentication": inject.packet(
            CN_ADDRESS, agent, update(hoa, CN_ADDRESS, 1, 60, dst=agent), hoa=hoa
        ),
        "wrong authenticator": inject.packet(
            CN_ADDRESS,
            agent,
            update(hoa, CN_ADDRESS, 2, 60, IDENTITY, SPI, bytes(20), dst=agent),
            hoa=hoa,
        ),
        "old time stamp": inject.packet(
            CN_ADDRESS,
            agent,
            update(
                hoa, CN_ADDRESS, 3, 60, IDENTITY, SPI, key, inject.ntp_now(-9999), dst=agent
            ),
            hoa=hoa,
        ),
    }
    worst = 0
    for name, packet in kinds.items():
        injector.send(packet)
        back = [p for p in injector.packets(0.4) if p[8:24] == inject.packed(agent)]
        # A kernel with Mobile IPv6 of its own answers what is too short with a Parameter Problem,
        # as RFC 6275 section 9.2 says: the packet and 48 octets, under the kernel's rate limit.
        errors = [p for p in back if p[6] == inject.ICMP6]
        case.require(
            all(len(p) <= len(packet) + 48 for p in errors), f"{name}: a long ICMPv6 error"
        )
        case.require(len(back) <= 1, f"{name}: {len(back)} answers to one message")
        back = [p for p in back if p not in errors]
        factor = sum(map(len, back)) / len(packet)
        print(f"{name}: {len(packet)} in, {[len(p) for p in back]} out, factor {factor:.2f}")
        worst = max(worst, factor)
    case.require(worst <= AMPLIFICATION_MAX, f"amplification {worst:.2f}")


def from_everywhere(net, injector, agent, victims):
    """The flood; returns what the forged sources, and all others, got from it."""
    net.ip_set("core", "-6", "route", "add", "2001:db8:6666::/48", "via", CN_ADDRESS)
    chance = random.Random(2)
    packets = b"".join(
        flood.forged(agent, victims, 4, chance, f"2001:db8:6666::{n + 1:x}") for n in range(64)
    )
    process = flood.start_flood(net, case.tool("flood"), packets, RATE, SECONDS)
    got = octets = 0
    while process.running():
        for packet in injector.packets(0.05):
            if packet[8:24] == inject.packed(agent) and packet[24:30] == inject.packed(
                "2001:db8:6666::"
            )[:6]:
                got += 1
                octets += len(packet)
        yield None
    sent = json.loads(process.log().strip().splitlines()[-1])
    yield sent, got, octets


def test():
    with case.mobile(gateways=2, mnd={"linger-s": 30}, start=False) as net:
        net.secret("dgwd.keys", dgwd_keys([(IDENTITY, SPI, KEY)] + flood.honest_keys(BINDINGS)))
        net.start_daemons()
        gw, agent = net.gw(1), net.gateway(1).address
        injector = inject.Injector(net, "cn")
        flood.register(injector, agent, BINDINGS)
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        case.arrive(net, 2)
        net.wait_bound(first)
        one_by_one(injector, agent, (IDENTITY, first))
        before = flood.Flood.states(gw, first)
        case.require(len(before) == BINDINGS, f"{len(before)} bindings")
        size = gw.anonymous_kib()
        victims = [(IDENTITY, first)] + [
            (flood.HONEST.format(i), flood.HONEST_HOA.format(flood.FIRST_SUBNET - i))
            for i in range(BINDINGS)
        ]
        moved = False
        for result in from_everywhere(net, injector, agent, victims):
            if result is None and not moved:  # an honest handover in the middle of it
                moved = True
                _, after, _ = net.arrive(1, 20)
                flows.progress_until(opened, 20, after)
        sent, got, octets = result
        case.require(moved, "there was time to move")
        seconds = sent["seconds"]
        factor = octets / sent["bytes"]
        print(f"{sent}: {got} answers, {got / seconds:.0f}/s, factor {factor:.4f}")
        case.require(0 < got <= ANSWERS_PER_S * (seconds + 2), f"{got} answers in {seconds} s")
        case.require(factor < 1, f"amplification under flood {factor:.2f}")
        base.wait_until(lambda: gw.ctl("version"), 10, "answers")
        grown = gw.anonymous_kib() - size
        case.require(grown < 1024, f"grew by {grown} KiB under flood")
        case.require(flood.Flood.states(gw, first) == before, "the flood changed a binding")
        case.require(gw.stat("bu-bad-auth") > 0, "counted")
        _, after, _ = net.arrive(2)
        net.wait_bound(first)
        flows.progress_until(opened, 10, after)
        case.finish(flows)


case.main(test)
