# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
Headers of Mobile IPv6 that the kernel handles by itself, where it can: Home Address options with
somebody's home address before data, type 2 routing headers, and both around tunnelled packets, so that
the kernel would change the addresses that the tunnel's end checks; and tunnels in tunnels. None of it
arrives anywhere or is answered, each is counted: by the kernel, or by the data plane. Where the kernel
has IPsec, all of it again with the victim's Binding Updates inside ESP: the kernel then has states that
take any such header (RFC 4877), for the daemons' sockets only.
"""
# timeout: 90

import socket
import struct

from mip6net import base, case, inject, ipsec
from mip6net.daemons import IDENTITY, KEY, SPI, Mobile, dgwd_keys
from mip6net.spoof import IPV6, MALLORY, OTHER, OTHER_KEY, UDP
from mip6net.spoof import datagram, drops, got, receiver, tunnelled
from mip6net.topology import CN_ADDRESS

ROUNDS = 5
TCP = 6
ECHO_REQUEST, ECHO_REPLY = 128, 129


class Esp(ipsec.Protected):
    """The WTRU's messages need ESP, those of others a key."""

    def gateway_sas(self, gateway):
        home = gateway.pool.replace("/49", "/52")
        return [ipsec.sa(gateway.number, True, nai=IDENTITY, home=home)]

    def set_keys(self):
        for gw in self.gws:
            gw.write_config(protection="rfc4285")
            keys = dict(dgwd_keys([(OTHER, SPI, OTHER_KEY)]), sas=self.gateway_sas(gw.gateway))
            self.secret(f"{gw.netns}.keys", keys)


def with_sum(protocol, src, dst, data, offset):
    """Octets of an upper layer with their checksum at the offset."""
    total = inject.packed(src) + inject.packed(dst) + struct.pack("!II", len(data), protocol) + data
    value = sum(struct.unpack(f"!{(len(total) + 1) // 2}H", total + b"\0" * (len(total) % 2)))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return data[:offset] + struct.pack("!H", ~value & 0xFFFF) + data[offset + 2 :]


def echo(src, dst):
    return with_sum(inject.ICMP6, src, dst, struct.pack("!BBHI", ECHO_REQUEST, 0, 0, 77), 2)


def syn(src, dst, port):
    return with_sum(TCP, src, dst, struct.pack("!HHIIHHHH", 7, port, 1, 0, 0x5002, 999, 0, 0), 16)


def listener(net, netns, address):
    """The port of a TCP socket that takes connections."""
    with net.entered(netns):
        sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        sock.bind((address, 0))
        sock.listen()
    net.closers.append(sock.close)
    return sock.getsockname()[1]


def answers(packets, agent):
    """What the D-GW itself has sent to mallory, through the tunnel or not: (protocol, octets)."""
    for data in packets:
        inner = data[40:] if data[6] == IPV6 else data
        if inner[8:24] == inject.packed(agent) and inner[6] in (TCP, inject.ICMP6):
            if inner[6] == TCP or inner[40] in (ECHO_REQUEST, ECHO_REPLY):
                yield inner[6], inner[40:]


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
    wanted = ("Ip6InHdrErrors", "Ip6InAddrErrors", "XfrmInNoStates", "XfrmInNoPols")
    return sum(int(n) for name, n in map(str.split, text.splitlines()) if name in wanted)


def attack(kind):
    with case.mobile(kind, gateways=2, mnd={"linger-s": 30}, start=False) as net:
        if kind is Esp:
            net.set_keys()
        else:
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
        port = listener(net, "gw1", agent)
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
                inject.packet(CN_ADDRESS, agent, echo(MALLORY, agent), MALLORY, inject.ICMP6),
                inject.packet(CN_ADDRESS, agent, syn(MALLORY, agent, port), MALLORY, TCP),
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
                with_routing(CN_ADDRESS, coa, victim, plain(victim, b"RH2 to its home address")),
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
        # The first is right, what comes out of it is not.
        by_tunnel[gw] += [
            through(tunnelled(MALLORY, agent, datagram(victim, CN_ADDRESS, b"nested, victim's"))),
            through(tunnelled(MALLORY, agent, datagram(MALLORY, CN_ADDRESS, b"nested, her own"))),
        ]
        by_tunnel[net.gw(2)] = [
            through(tunnelled(MALLORY, other_agent, datagram(victim, CN_ADDRESS, b"by another")))
        ]
        by_tunnel[net.mnd].append(
            through(tunnelled(MALLORY, coa, datagram(CN_ADDRESS, victim, b"into the WTRU's")))
        )
        before = {netns: kernel_drops(net, netns) for netns in by_kernel}
        dropped = {daemon: drops(daemon) for daemon in by_tunnel}
        answered = []
        for _ in range(ROUNDS):
            for packets in [*by_kernel.values(), *by_tunnel.values()]:
                for packet in packets:
                    mallory.send(packet)
            answered += answers(mallory.packets(0.1), agent)
        case.require(not answered, f"answered: {answered}")
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
        for packet in (echo(MALLORY, agent), syn(MALLORY, agent, port)):
            protocol = TCP if packet[0] != ECHO_REQUEST else inject.ICMP6
            base.wait_until(
                lambda p=packet, n=protocol: mallory.send(
                    through(inject.packet(MALLORY, agent, p, None, n))
                )
                and n in dict(answers(mallory.packets(0.1), agent)),
                5,
                "what comes out of her tunnel in her own name is answered",
            )
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
        if kind is Esp:
            case.require(net.mnd.instance(victim)["protection"] == "manual", "inside ESP")
        case.finish(flows)


def test():
    attack(Mobile)
    if not ipsec.missing():
        attack(Esp)


case.main(test)
