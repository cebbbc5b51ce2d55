# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
Thousands of damaged packets at live daemons, Mobility Headers and tunnelled ones, to the D-GW and to the
WTRU: both run on, count them by cause, keep their size, and the connections notice nothing.
"""
# timeout: 90

import os
import random
import struct

from mip6net import base, case, inject, spoof
from mip6net.daemons import IDENTITY, KEY, OPERATOR, SPI, dgwd_keys
from mip6net.topology import CN_ADDRESS

COUNT = int(4000 / base.PATIENCE)  # to each daemon; fewer where everything takes longer
# Who holds a key, and so gets further than to its check.
OTHER = "mallory@" + OPERATOR
OTHER_KEY = "ffeeddccbbaa99887766554433221100"


def damaged(chance, hoa, coa, agent):
    """A packet that was once right."""
    key = bytes.fromhex(OTHER_KEY)
    message = bytearray(
        inject.binding_update(
            hoa,
            coa,
            chance.getrandbits(16),
            chance.randrange(0, 4000),
            OTHER,
            SPI,
            key,
            dst=agent,
            alternate=coa,
        )
    )
    if chance.random() < 0.3:
        message[2] = chance.randrange(0, 30)
    for _ in range(chance.randrange(0, 4)):
        message[chance.randrange(len(message))] = chance.getrandbits(8)
    if chance.random() < 0.3:
        message = message[: chance.randrange(len(message))]
    if chance.random() < 0.7 and len(message) >= 8:  # so that more than the checksum is looked at
        message[4:6] = b"\0\0"
        message[4:6] = inject.checksum(hoa, agent, bytes(message)).to_bytes(2, "big")
    data = bytearray(
        inject.packet(coa, agent, bytes(message), hoa=hoa if chance.random() < 0.8 else None)
    )
    if chance.random() < 0.1 and len(data) > 40:
        data[40 + chance.randrange(len(data) - 40)] = chance.getrandbits(8)
    return bytes(data)


def tunnelled(chance, src, hoa, dst):
    """A tunnelled packet with headers of all kinds before it, and something wrong."""
    inner = spoof.datagram(hoa, CN_ADDRESS, bytes(chance.randrange(64)))
    following, payload = spoof.IPV6, bytearray(inner)
    for _ in range(chance.randrange(3)):
        kind = chance.choice([inject.DSTOPTS, inject.ROUTING, 44, 0])
        if kind == 44:
            header = struct.pack(
                "!BBHI", following, 0, chance.choice([0, 1, 8, chance.getrandbits(16)]), 9
            )
        else:
            # The tunnel encapsulation limit (RFC 2473 section 4.1.1), or whatever it becomes below.
            header = bytes([following, 0, 4, 1, chance.randrange(5), 1, 1, 0])
        following, payload = kind, bytearray(header) + payload
    for _ in range(chance.randrange(4)):
        payload[chance.randrange(len(payload))] = chance.getrandbits(8)
    if chance.random() < 0.3:
        payload = payload[: chance.randrange(len(payload))]
    return inject.packet(src, dst, bytes(payload), next_header=following)


def counters(daemon):
    return {
        f"{group}/{name}": value
        for group, names in daemon.ctl("stats").items()
        for name, value in names.items()
    }


def test():
    seed = int.from_bytes(os.urandom(4), "big")
    chance = random.Random(seed)
    print(f"seed {seed}")
    with case.mobile(gateways=2, mnd={"linger-s": 30}, start=False) as net:
        net.secret("dgwd.keys", dgwd_keys([(IDENTITY, SPI, KEY), (OTHER, SPI, OTHER_KEY)]))
        net.start_daemons()
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        case.arrive(net, 2)
        coa = net.wait_bound(first)["coa"]
        injector = inject.Injector(net, "cn")
        targets = ((net.gw(1), net.gateway(1).address), (net.mnd, first))
        tunnel = {net.gw(1): (net.gateway(1).address,), net.mnd: (first, coa)}
        for daemon, address in targets:
            before, size = counters(daemon), 0
            for i in range(COUNT):
                hoa = chance.choice([first, "2001:db8:1:9abc::99", "2001:db8:5::1"])
                if chance.random() < 0.7:
                    packet = damaged(chance, hoa, CN_ADDRESS, address)
                else:
                    packet = tunnelled(chance, CN_ADDRESS, hoa, chance.choice(tunnel[daemon]))
                injector.send(packet)
                if i == COUNT // 2:
                    size = daemon.anonymous_kib()  # caches are warm: what grows from here on is a leak
                if i % 200 == 0:
                    flows.pump()
                    case.require(
                        daemon.process.running(), f"{daemon.program} died: {daemon.log()[-500:]}"
                    )
            base.wait_until(lambda d=daemon: d.ctl("version"), 10, "answers")
            moved = {
                k: v - before.get(k, 0)
                for k, v in counters(daemon).items()
                if v != before.get(k, 0)
            }
            print(f"{daemon.program}: {moved}")
            case.require(len(moved) >= 3, f"{daemon.program} counted only {moved}")
            case.require(daemon.anonymous_kib() - size < 1024, f"{daemon.program} grew from {size} KiB")
        flows.progress_until(opened)
        case.require(net.wait_bound(first), "still bound")
        case.finish(flows)


case.main(test)
