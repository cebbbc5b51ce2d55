# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
Headers of Mobile IPv6 that the kernel handles by itself, where it can: Home Address options with
somebody's home address before data, type 2 routing headers to foreign addresses, and both around
tunnelled packets, so that the kernel would change the addresses that the tunnel's end checks. None
of it arrives anywhere, each is counted: by the kernel, or by the data plane.
"""

from mip6net import base, case, inject
from mip6net.daemons import IDENTITY, KEY, SPI, dgwd_keys
from mip6net.spoof import IPV6, MALLORY, OTHER, OTHER_KEY, UDP
from mip6net.spoof import datagram, drops, got, receiver, tunnelled
from mip6net.topology import CN_ADDRESS

ROUNDS = 5


def with_option(src, dst, hoa, inner, next_header=UDP):
    """What comes behind a Home Address option (RFC 6275 section 6.3)."""
    return inject.packet(src, dst, inner[40:] if next_header == UDP else inner, hoa, next_header)


def with_routing(src, dst, home, inner, kind=2, left=1, next_header=UDP):
    """What comes behind a routing header (RFC 6275 section 6.4; type 0: RFC 5095)."""
    header = bytes([next_header, 2, kind, left, 0, 0, 0, 0]) + inject.packed(home)
    payload = inner[40:] if next_header == UDP else inner
    return inject.packet(src, dst, header + payload, next_header=inject.ROUTING)


def kernel_drops(net, netns):
    """Packets whose headers this node's kernel refused."""
    with net.entered(netns):
        text = open("/proc/thread-self/net/snmp6", encoding="ascii").read()
        try:
            text += open("/proc/thread-self/net/xfrm_stat", encoding="ascii").read()
        except FileNotFoundError:
            pass  # a kernel without XFRM statistics
    wanted = ("Ip6InHdrErrors", "Ip6InAddrErrors", "XfrmInNoStates")
    return sum(int(n) for name, n in map(str.split, text.splitlines()) if name in wanted)


def test():
    with case.mobile(gateways=2, mnd={"linger-s": 30}, start=False) as net:
        net.secret("dgwd.keys", dgwd_keys([(IDENTITY, SPI, KEY), (OTHER, SPI, OTHER_KEY)]))
        net.start_daemons()
        gw, agent, other_agent = net.gw(1), net.gateway(1).address, net.gateway(2).address
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
        at = {
            "cn": (CN_ADDRESS, receiver(net, "cn", CN_ADDRESS)),
            "gw1": (agent, receiver(net, "gw1", agent)),
            "gw2": (other_agent, receiver(net, "gw2", other_agent)),
            "wtru": (victim, receiver(net, "wtru", victim)),
        }
        # The WTRU's care-of address is where packets come out of its tunnel.
        in_tunnel = datagram(victim, CN_ADDRESS, b"out of the tunnel")

        def plain(dst, payload):
            return datagram(CN_ADDRESS, dst, payload)

        def through(inner):
            return tunnelled(CN_ADDRESS, agent, inner)

        by_kernel = {
            "gw1": [
                with_option(CN_ADDRESS, agent, victim, datagram(victim, agent, b"HAO, victim's")),
                with_option(CN_ADDRESS, agent, MALLORY, datagram(MALLORY, agent, b"HAO, bound")),
                with_option(CN_ADDRESS, agent, coa, datagram(coa, agent, b"HAO, care-of address")),
                with_routing(CN_ADDRESS, agent, other_agent, plain(other_agent, b"RH2 to another")),
                with_routing(CN_ADDRESS, agent, victim, plain(victim, b"RH2 to a home address")),
                with_routing(CN_ADDRESS, agent, other_agent, plain(other_agent, b"RH0"), kind=0),
                # Out of mallory's own tunnel, in somebody else's name.
                through(
                    with_option(MALLORY, agent, victim, datagram(victim, agent, b"HAO in a tunnel"))
                ),
            ],
            "wtru": [
                with_option(CN_ADDRESS, victim, agent, datagram(agent, victim, b"HAO to a HoA")),
                with_routing(CN_ADDRESS, coa, other_agent, plain(other_agent, b"RH2 by the WTRU")),
                with_routing(CN_ADDRESS, coa, CN_ADDRESS, plain(CN_ADDRESS, b"RH2 back")),
                with_routing(CN_ADDRESS, coa, other_agent, plain(other_agent, b"RH0"), kind=0),
            ],
        }
        # The kernel would make these the care-of address's, or the anchor's, before the tunnel ends.
        by_tunnel = {
            gw: [
                with_option(CN_ADDRESS, agent, coa, in_tunnel, next_header=IPV6),
                with_routing(CN_ADDRESS, agent, agent, in_tunnel, kind=0, left=0, next_header=IPV6),
            ],
            net.mnd: [
                with_option(
                    CN_ADDRESS,
                    coa,
                    agent,
                    plain(victim, b"not from its anchor"),
                    next_header=IPV6,
                ),
            ],
        }
        before = {netns: kernel_drops(net, netns) for netns in by_kernel}
        dropped = {daemon: drops(daemon) for daemon in by_tunnel}
        for _ in range(ROUNDS):
            for packets in list(by_kernel.values()) + list(by_tunnel.values()):
                for packet in packets:
                    mallory.send(packet)
        # These, right ones, come after all others.
        right = {name: f"right, to {name}".encode() for name in at}
        for name, (address, _) in at.items():
            mallory.send(
                through(datagram(MALLORY, CN_ADDRESS, right[name]))
                if name == "cn"
                else plain(address, right[name])
            )
        came = {name: set() for name in at}

        def all_came():
            for name, (_, sock) in at.items():
                came[name] |= got(sock)
            return all(right[name] in came[name] for name in at)

        base.wait_until(all_came, 5, "the right packets arrive")
        wrong = set.union(*came.values()) - set(right.values())
        case.require(not wrong, f"delivered: {wrong}")
        for netns, packets in by_kernel.items():
            counted = kernel_drops(net, netns) - before[netns]
            print(f"{netns}: its kernel counted {counted}")
            case.require(counted >= ROUNDS * len(packets), f"the kernel of {netns}: {counted}")
        for daemon, packets in by_tunnel.items():
            counted = drops(daemon) - dropped[daemon]
            print(f"{daemon.program}: counted {counted}")
            case.require(counted >= ROUNDS * len(packets), f"{daemon.program}: {counted}")
        flows.progress_until(opened)
        case.require(gw.binding(victim)["coa"] == coa, "the binding is as it was")
        case.finish(flows)


case.main(test)
