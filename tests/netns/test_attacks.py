# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
Binding Updates that must be refused: somebody else's home address, a replay, a wrong key, no
authentication, a care-of address that loops. The victim's binding stays as it is. ICMPv6 errors
that quote its Binding Updates change nothing at the victim.
"""

import struct

from mip6net import base, case, inject, nd
from mip6net.daemons import IDENTITY, KEY, OPERATOR, SPI, dgwd_keys
from mip6net.topology import CN_ADDRESS

BINDING_ERROR = 7
PARAMETER_PROBLEM = 4
OTHER = "mallory@" + OPERATOR
OTHER_KEY = "ffeeddccbbaa99887766554433221100"


def test():
    with case.mobile(gateways=2, mnd={"linger-s": 30}, start=False) as net:
        net.secret("dgwd.keys", dgwd_keys([(IDENTITY, SPI, KEY), (OTHER, SPI, OTHER_KEY)]))
        net.start_daemons()
        flows = case.traffic(net)
        victim = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, victim)
        case.arrive(net, 2)
        coa = net.wait_bound(victim)["coa"]
        agent = net.gateway(1).address
        mallory = inject.Injector(net, "cn")
        wrong = []

        def attack(
            what,
            expected,
            hoa=victim,
            nai=OTHER,
            key=OTHER_KEY,
            seq=None,
            send_coa=CN_ADDRESS,
            **options,
        ):
            attack.seq += 1
            seq = seq or attack.seq
            update = inject.binding_update(
                hoa, send_coa, seq, 60, nai, SPI, key and bytes.fromhex(key), dst=agent, **options
            )
            mallory.send(inject.packet(CN_ADDRESS, agent, update, hoa=hoa))
            status = mallory.status(seq, 0.7)
            if status not in expected:
                wrong.append(f"{what}: status {status}, not {expected}")
            binding = net.gw(1).binding(victim)
            case.require(
                binding and binding["coa"] == coa, f"{what}: the victim's binding is {binding}"
            )
            print(f"{what}: {status}")

        attack.seq = 30000
        refused = tuple(range(128, 256))
        attack("somebody else's home address", refused)
        attack("the victim's name with another key", refused + (None,), nai=IDENTITY)
        attack("no authentication", refused + (None,), key=None)
        attack("unknown identity", refused + (None,), nai="nobody@" + OPERATOR)
        attack(
            "a time stamp of an hour ago",
            refused + (None,),
            nai=IDENTITY,
            key=KEY,
            timestamp=inject.ntp_now(-3600),
        )
        attack("not one of our prefixes", (132,), hoa="2001:db8:77::1")
        attack("the care-of address is the home address of somebody", refused, alternate=victim)
        attack("the care-of address is the gateway", refused, alternate=agent)
        attack("the care-of address is a loopback address", refused + (None,), alternate="::1")
        case.require(not wrong, "; ".join(wrong))
        replay(net, mallory, agent)
        home_address_option(net, mallory, agent, victim)
        icmp_errors(net, mallory, agent, victim, coa)
        flows.progress_until(opened)
        case.finish(flows)


def replay(net, mallory, agent):
    """An accepted update of an honest node, sent again from elsewhere or later, changes nothing."""
    hoa = "2001:db8:1:9999::77"
    key = bytes.fromhex(OTHER_KEY)
    update = inject.binding_update(hoa, CN_ADDRESS, 1, 60, OTHER, SPI, key, dst=agent)
    mallory.send(inject.packet(CN_ADDRESS, agent, update, hoa=hoa))
    case.require(mallory.status(1) == 0, "the first registration is accepted")
    later = inject.binding_update(hoa, CN_ADDRESS, 2, 120, OTHER, SPI, key, dst=agent)
    mallory.send(inject.packet(CN_ADDRESS, agent, later, hoa=hoa))
    case.require(mallory.status(2) == 0, "the refresh is accepted")
    mallory.send(inject.packet(CN_ADDRESS, agent, update, hoa=hoa))
    case.require(mallory.status(1, 0.7) != 0, "the replayed update was accepted")
    binding = net.gw(1).binding(hoa)
    case.require(binding["seq"] == 2 and binding["lifetime_s"] == 120, f"replay changed {binding}")


def home_address_option(net, mallory, agent, victim):
    """Data in somebody's name: RFC 6275 section 9.3.1, dropped, and the sender is told."""
    datagram = struct.pack("!HHHH", 7000, 7000, 8, 0)
    before = net.gw(1).stat("hao-unverified")
    # Section 10.3.1: what is inside ESP may be a first Binding Update.
    mallory.send(inject.packet(CN_ADDRESS, agent, bytes(32), hoa=victim, next_header=50))
    mallory.send(inject.packet(CN_ADDRESS, agent, datagram, hoa=victim, next_header=17))
    # Behind other options: padding, and one to skip.
    for options in (bytes([1, 10]) + bytes(10), bytes([30, 2, 0, 0, 1, 6]) + bytes(6)):
        header = bytes([17, 3]) + options + bytes([201, 16]) + inject.packed(victim)
        mallory.send(
            inject.packet(CN_ADDRESS, agent, header + datagram, next_header=inject.DSTOPTS)
        )
    # An address that is none, whatever follows.
    update = inject.binding_update("fe80::1", CN_ADDRESS, 1, 60, dst=agent)
    mallory.send(inject.packet(CN_ADDRESS, agent, update, hoa="fe80::1"))
    # A type 2 routing header is for mobile nodes: nothing is said of it (8.2).
    header = bytes([17, 2, 2, 1, 0, 0, 0, 0]) + inject.packed(victim)
    mallory.send(inject.packet(CN_ADDRESS, agent, header + datagram, next_header=inject.ROUTING))
    # An unknown Mobility Header type: another status, and the same home address (9.3.3).
    unknown = struct.pack("!BBBBHH", 59, 0, 99, 0, 0, 0)
    unknown = unknown[:4] + struct.pack("!H", inject.checksum(victim, agent, unknown)) + bytes(2)
    mallory.send(inject.packet(CN_ADDRESS, agent, unknown, hoa=victim))
    errors, problems = [], 0
    for data in mallory.packets(5 * base.PATIENCE):
        problems += data[6] == inject.ICMP6 and data[40] == PARAMETER_PROBLEM
        if data[6] == inject.MH and data[42] == BINDING_ERROR:
            errors.append(data[40:])
            if len(errors) == 5:
                break
    status = sorted(error[6] for error in errors)
    case.require(status == [1, 1, 1, 1, 2], f"Binding Errors of status {status}")
    for error in errors:
        hoa = inject.packed("fe80::1" if error is errors[3] else victim)
        case.require(error[8:24] == hoa, "about another home address")
    case.require(problems == 0, "and a Parameter Problem, as if we did not know the headers")
    case.require(net.gw(1).stat("hao-unverified") == before + 4, "not counted")


def icmp_errors(net, mallory, agent, victim, coa):
    """RFC 6275 section 11.3.5: no binding comes, goes or moves. Sections 9.2 and 11.2: what is unknown."""

    def known():
        return [(i["hoa"], i["anchor"], i["state"], i.get("coa")) for i in net.mnd.instances()]

    before = known()
    for peer in (agent, CN_ADDRESS):
        update = inject.binding_update(victim, coa, 77, 600, IDENTITY, dst=peer)
        quoted = inject.packet(coa, peer, update, hoa=victim)
        for kind, code, value in ((1, 0, 0), (1, 4, 0), (4, 1, 64), (4, 2, 44), (4, 0, 6)):
            head = struct.pack("!BBHI", kind, code, 0, value)
            mallory.send(nd.icmp6(peer, coa, head + quoted))
    message = bytes([59, 1, 200, 0, 0, 0]) + bytes(10)
    check = inject.checksum(CN_ADDRESS, coa, message)
    message = message[:4] + struct.pack("!H", check) + message[6:]
    mallory.send(inject.packet(CN_ADDRESS, coa, message))
    answers = mallory.answers(5 * base.PATIENCE)
    error = next((data for src, kind, data in answers if kind == BINDING_ERROR and src == coa), None)
    case.require(error, "no Binding Error of the WTRU")
    case.require(error[6] == 2 and not any(error[8:24]), f"it says {error.hex()}")
    case.require(known() == before, f"was {before}, is {known()}")


case.main(test)
