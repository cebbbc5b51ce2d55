# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
# timeout: 120
"""
Between a PGW and D-GWs Mobility Headers are inside ESP with static keys, and with D-GW 1 the tunnels
too: a chain is made and ended, nothing of it passes the border in clear, what comes in a gateway's name
without ESP is dropped, senders learn the smaller MTU, a path so narrow that everything is cut still
carries packets of 1280 octets, and nothing is left. D-GW 2's tunnels stay in clear. Needs ESP.
"""

import re
import struct

from mip6net import base, case, inject
from mip6net.ipsec import missing, sa
from mip6net.operators import Operators
from mip6net.topology import CN_ADDRESS

TIGHT = 1300
LEAST = 1280


class Protected(Operators):
    """Operators whose gateways have security associations with the PGW."""

    def __init__(self, build, **options):
        why = missing()
        if why:
            raise base.Skip(why)
        super().__init__(build, **options)

    def secret(self, name, value):
        """With "gateways" in the files of PGW and D-GWs."""
        if name == "pgw.keys":
            value["gateways"] = [entry(g.number, True, g.address) for g in self.gateways]
        elif name.startswith("gw"):
            value["gateways"] = [entry(int(name[2]), False, self.pgw_at.address)]
        return super().secret(name, value)


def entry(number, first, address):
    made = sa(number, first, address=address + "/128", tunnels=number == 1)
    del made["payload"]
    return made


def watch(net):
    """Count at the router what goes between the PGW and each D-GW in clear, and inside ESP."""
    clear = "{ 0, 41, 43, 44, 60, 135 }"  # tunnels, Mobility Headers, and what may be before them
    rules = []
    for gateway in net.gateways:
        ends = f"{{ {gateway.address}, {net.pgw_at.address} }}"
        for name, protocols in (("clear", clear), ("esp", "50")):
            counter = f"{name}{gateway.number}"
            rules.append(f"add counter ip6 border {counter}")
            rules.append(
                f"add rule ip6 border forward ip6 saddr {ends} ip6 daddr {ends} "
                f"ip6 nexthdr {protocols} counter name {counter}"
            )
    net.run("core", "nft", "; ".join(rules))


def unprotected(daemon):
    return daemon.ctl("stats")["dataplane"]["drop-unprotected"]


def forged(net, hoa):
    """In a gateway's name, in clear: what only it may send, whole or as a piece of a packet."""
    agent, pgw = net.gateway(1).address, net.pgw_at.address
    mallory = inject.Injector(net, "cn")
    for source, target, daemon, ends in (
        (pgw, agent, net.gw(1), (hoa, CN_ADDRESS)),
        (agent, pgw, net.pgw, (CN_ADDRESS, hoa)),
    ):
        inner = inject.packet(*ends, b"", next_header=59)
        first = struct.pack("!BBHI", 41, 0, 1, 7) + inner  # more of it is to come
        last = struct.pack("!BBHI", 59, 0, 40, 7) + bytes(8)
        before = unprotected(daemon)
        for next_header, payload in ((41, inner), (44, first), (44, last)):
            mallory.send(inject.packet(source, target, payload, next_header=next_header))
        base.wait_until(
            lambda d=daemon, n=before: unprotected(d) >= n + 3,
            5,
            f"dropped and counted at {daemon.netns}",
        )
    mallory.close()


def ping(net, netns, address, size, source=None):
    """A don't-fragment ping of this size; true when it was answered."""
    more = ["-I", source] if source else []
    wait = str(base.PATIENCE)
    out = net.run(
        netns, "ping", "-6", "-c1", "-W", wait, "-M", "do", "-s", size - 48, *more, address, check=False
    )
    return " 1 received" in out


def path_mtu(net, netns, address, source=None):
    more = ["from", source] if source else []
    found = re.search(r"mtu (\d+)", net.run(netns, "ip", "-6", "route", "get", address, *more))
    return int(found.group(1)) if found else 1500


def sizes(net, hoa):
    """1500 less the headers of tunnel and ESP; then a path on which that leaves less than 1280."""
    ends = (("cn", hoa, None), ("wtru", CN_ADDRESS, hoa))
    for netns, to, source in ends:
        base.wait_until(
            lambda: ping(net, netns, to, 1460, source) or path_mtu(net, netns, to, source) < 1400,
            10,
            f"{netns} learns the path MTU",
        )
        mtu = path_mtu(net, netns, to, source)
        case.require(1340 <= mtu < 1400, f"{netns}: path MTU {mtu}")
        base.wait_until(lambda: ping(net, netns, to, mtu, source), 5, f"{mtu} octets from {netns}")
    net.ip_set("gw1", "link", "set", "core", "mtu", str(TIGHT))
    net.ip_set("core", "link", "set", "gw1", "mtu", str(TIGHT))
    for netns, to, source in ends:
        base.wait_until(
            lambda: ping(net, netns, to, LEAST, source), 10, f"{LEAST} octets from {netns} in pieces"
        )


def drops(net):
    text = net.run("gw1", "cat", "/proc/net/xfrm_stat")
    return sum(
        int(line.split()[1]) for line in text.splitlines() if line.split()[0] == "XfrmInTmplMismatch"
    )


def test():
    with Protected(
        case.BUILD, keep_dir=case.KEEP, gateways=2, ours=1, mnd={"linger-s": 300}
    ) as net:
        flows = case.traffic(net)
        one = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, one)
        watch(net)
        two = case.arrive(net, 2)
        net.wait_path(one, via_pgw=True)
        opened += case.open_trio(net, flows, 2, two)
        flows.progress_until(opened)
        case.require(net.run("pgw", "ip", "xfrm", "state").count("proto esp") == 4, "4 states")

        # In the PGW's name, from elsewhere.
        agent, pgw = net.gateway(1).address, net.pgw_at.address
        before = drops(net) + unprotected(net.gw(1))
        base.wait_until(lambda: net.border("esp1") > 100, 10, "tunnels inside ESP")
        case.require(net.border("clear1") == 0, f"in clear: {net.border('clear1')}")
        update = inject.binding_update(one, pgw, 32000, 60, dst=agent)
        inject.Injector(net, "cn").send(inject.packet(pgw, agent, update, hoa=one))
        base.wait_until(
            lambda: drops(net) + unprotected(net.gw(1)) > before, 5, "dropped at the D-GW"
        )
        case.require(net.gw(1).binding(one)["coa"] == pgw, "the binding is another")
        sizes(net, one)
        flows.progress_until(opened)
        forged(net, one)
        known = net.border("clear1")
        case.require(known == 1 + 6, f"in clear, besides what was forged: {known - 7}")

        net.gw(1).kill()
        net.gw(1).restart()
        flows.progress_until(opened)
        case.arrive(net, 1)
        net.wait_path(two, via_pgw=True)
        base.wait_until(lambda: net.pgw.chain(one) is None, 15, "chain ended")
        flows.progress_until(opened)
        case.require(net.border("clear1") == known, f"in clear: {net.border('clear1') - known}")
        base.wait_until(lambda: net.border("clear2") > 100, 10, "D-GW 2's tunnels in clear")
        case.finish(flows)
        net.stop_daemons()
        for netns in ("pgw", "gw1", "gw2"):
            left = net.run(netns, "ip", "xfrm", "state") + net.run(netns, "ip", "xfrm", "policy")
            case.require(not left.strip(), f"left in {netns}: {left}")


case.main(test)
