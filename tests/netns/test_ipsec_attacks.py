# SPDX-License-Identifier: GPL-2.0-or-later
"""
Attacks on a D-GW whose WTRUs use ESP: their messages, kept on the way, come again, at once, after a
move and after the D-GW was killed (static keys have no replay protection of their own); then a flood of
Binding Updates without ESP, of octets in the place of ESP, and of damaged copies of what was right. No
binding changes, the daemon keeps its size, the honest node moves meanwhile, its connections go on.
"""
# timeout: 90

import random

from mip6net import base, case, flood, inject
from mip6net.daemons import IDENTITY
from mip6net.ipsec import Protected

ESP = 50
KINDS = 128
SPI_IN = 0x1001  # of the D-GW, as mip6net.ipsec has it


def protected(data):
    """Whether this is ESP, with or without a Home Address option."""
    return data[6] == ESP or (data[6] == inject.DSTOPTS and data[40] == ESP)


class Recorder:
    """Keeps what comes to D-GW1 inside ESP."""

    def __init__(self, net):
        self.injectors = [inject.Injector(net, "gw1")]
        self.agent = inject.packed(net.gateway(1).address)
        self.kept = []

    def collect(self):
        for data in self.injectors[0].packets(0.1):
            if data[24:40] == self.agent and protected(data) and data not in self.kept:
                self.kept.append(data)
        return self.kept


def states(net):
    return {b["hoa"]: (b["coa"], b["seq"]) for b in net.gw(1).bindings()}


def again(net, recorder, mallory, flows, opened, what):
    """Everything that was kept, twice more, from elsewhere."""
    kept = list(recorder.collect())
    before, counted = states(net), net.gw(1).stat("bu")
    for data in kept * 2:
        mallory.send(data)
    base.wait_until(
        lambda: net.gw(1).stat("bu") >= counted + len(kept), 10, f"{what}: replays have come"
    )
    flows.progress_until(opened)
    case.require(states(net) == before, f"{what}: {before} is now {states(net)}")
    print(f"{what}: {len(kept)} messages")


def garbage(chance, agent, victim, kept):
    """Packets for the flood."""
    for n in range(KINDS):
        source = f"2001:db8:ffff::{chance.randrange(0x100, 0xFFFF):x}"
        kind = n % 4
        if kind == 0:  # what would be right inside ESP
            update = inject.binding_update(
                victim, source, chance.getrandbits(16), 60, IDENTITY, dst=agent, alternate=source
            )
            yield inject.packet(source, agent, update, hoa=victim)
        elif kind == 1:  # the right SPI
            octets = SPI_IN.to_bytes(4, "big") + chance.randbytes(chance.randrange(0, 200))
            yield inject.packet(source, agent, octets, hoa=victim, next_header=ESP)
        elif kind == 2:
            octets = chance.randbytes(chance.randrange(0, 64))
            yield inject.packet(source, agent, octets, next_header=ESP)
        else:
            data = bytearray(chance.choice(kept))
            data[chance.randrange(72, len(data))] ^= 1 << chance.randrange(8)
            yield bytes(data)


def test():
    chance = random.Random(5)
    with case.mobile(Protected, gateways=2, mnd={"linger-s": 300}) as net:
        gw, agent = net.gw(1), net.gateway(1).address
        recorder, mallory = Recorder(net), inject.Injector(net, "core")
        flows = case.traffic(net)
        victim = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, victim)
        case.arrive(net, 2)
        net.wait_bound(victim)
        case.require(len(recorder.collect()) >= 2, f"{len(recorder.kept)} messages inside ESP")
        again(net, recorder, mallory, flows, opened, "at once")
        gw.kill()
        gw.restart()
        net.wait_bound(victim)
        again(net, recorder, mallory, flows, opened, "after a restart of the D-GW")
        # At home: what bound it before must not bind it again.
        case.arrive(net, 1)
        base.wait_until(lambda: gw.binding(victim) is None, 10, "de-registered at home")
        again(net, recorder, mallory, flows, opened, "at home")
        case.arrive(net, 2)
        net.wait_bound(victim)
        again(net, recorder, mallory, flows, opened, "away again")

        size, counted = gw.anonymous_kib(), gw.stat("bu-unprotected")
        packets = b"".join(garbage(chance, agent, victim, recorder.kept))
        process = flood.start_flood(net, case.tool("flood"), packets, 20000, 300)
        case.arrive(net, 1)
        case.arrive(net, 2)
        net.wait_bound(victim, 20)
        flows.progress_until(opened, 20)
        before = states(net)
        flows.run_for(0.5)
        process.stop()
        base.wait_until(lambda: gw.ctl("version"), 10, "answers")
        flows.progress_until(opened)
        print(f"{process.log().strip()}: {gw.stat('bu-unprotected') - counted} without ESP")
        case.require(gw.stat("bu-unprotected") > counted, "none was counted")
        case.require(states(net) == before, f"{before} is now {states(net)}")
        grown = gw.anonymous_kib() - size
        case.require(grown < 1024, f"grew by {grown} KiB")
        case.finish(flows)


case.main(test)
