# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
Tunnelled packets under a false name: into a D-GW, in the name of a node that is bound there, from
somebody who is not and from somebody who is; and into a WTRU from who is not its anchor. None gets
out of the tunnel, each is counted; those of the right sender do.
"""

import struct

from mip6net import base, case, inject, nd
from mip6net.daemons import IDENTITY, KEY, SPI, dgwd_keys
from mip6net.spoof import MALLORY, OTHER, OTHER_KEY, datagram, drops, got, receiver, tunnelled
from mip6net.topology import CN_ADDRESS


def too_big(agent, coa, victim, mtu):
    """Packet Too Big for a packet in the tunnel, from somebody who only guesses that there is one."""
    inner = datagram(CN_ADDRESS, victim, bytes(1000))
    quoted = tunnelled(agent, coa, inner)[:1200]
    return nd.icmp6(CN_ADDRESS, agent, struct.pack("!BBHI", 2, 0, 0, mtu) + quoted)


def test():
    with case.mobile(gateways=2, mnd={"linger-s": 30}, start=False) as net:
        net.secret("dgwd.keys", dgwd_keys([(IDENTITY, SPI, KEY), (OTHER, SPI, OTHER_KEY)]))
        net.start_daemons()
        gw, agent = net.gw(1), net.gateway(1).address
        flows = case.traffic(net)
        victim = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, victim)
        case.arrive(net, 2)
        coa = net.wait_bound(victim)["coa"]
        mallory = inject.Injector(net, "cn")
        update = inject.binding_update(
            MALLORY, CN_ADDRESS, 1, 600, OTHER, SPI, bytes.fromhex(OTHER_KEY), dst=agent
        )
        mallory.send(inject.packet(CN_ADDRESS, agent, update, hoa=MALLORY))
        case.require(mallory.status(1) == 0, "mallory is bound, too")
        at_cn = receiver(net, "cn", CN_ADDRESS)
        at_wtru = receiver(net, "wtru", victim)
        before = {d: drops(d) for d in (gw, net.mnd)}

        def to_cn(src, mark, outer=CN_ADDRESS):
            mallory.send(tunnelled(outer, agent, datagram(src, CN_ADDRESS, mark)))

        # The right ones first and last: they show that the wrong ones had their chance.
        to_cn(MALLORY, b"right")
        for n in range(20):
            to_cn(victim, b"victim's name, from a stranger to it, bound itself")
            to_cn(victim, b"victim's name, from nobody", outer=f"2001:db8:ffff::{n + 100:x}")
            to_cn("2001:db8:1:7777::1", b"a name that nobody has")
            to_cn(agent, b"the gateway's own name")
            to_cn("2001:db8:2::1", b"another gateway's name")
            to_cn("::1", b"a loopback address")
            inner = tunnelled(CN_ADDRESS, agent, datagram(victim, CN_ADDRESS, b"inside"))
            mallory.send(tunnelled(CN_ADDRESS, agent, inner))
            inner = datagram(CN_ADDRESS, victim, b"not from its anchor")
            mallory.send(tunnelled(CN_ADDRESS, coa, inner))
            mallory.send(tunnelled(net.gateway(2).address, coa, inner))
        to_cn(MALLORY, b"right, too")
        right, came = {b"right", b"right, too"}, set()
        base.wait_until(
            lambda: came.update(got(at_cn)) or right <= came, 5, "mallory's own packets arrive"
        )
        flows.run_for(0.5)
        came |= got(at_cn)
        case.require(came == right, f"under a false name came through the D-GW: {came - right}")
        found = got(at_wtru)
        case.require(not found, f"{found} came out of the WTRU's tunnel")
        for daemon, least in ((gw, 100), (net.mnd, 20)):
            counted = drops(daemon) - before[daemon]
            print(f"{daemon.program}: {counted} dropped")
            case.require(counted >= least, f"{daemon.program} counted {counted}")
        case.require(gw.binding(victim)["coa"] == coa, "the binding is as it was")
        for mtu in (0, 68, 1279, 1280):
            mallory.send(too_big(agent, coa, victim, mtu))
        flows.run_for(0.3)
        # Smaller packets, but the bulk of them arrives.
        flows.progress_until(opened)
        case.finish(flows)


case.main(test)
