# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
# timeout: 150
"""
Path MTU through a chain: a narrow link at the anchor, at the visited gateway, or at the PGW. Whoever sends
too much learns it by a Packet Too Big that it can use, in both directions; bulk TCP and large datagrams get
through. Then one so narrow that packets of 1280 octets, which everybody may send, need outer packets in
fragments. What is tunnelled to the PGW under a false name gets nowhere.
"""

import re

from mip6net import base, case, inject
from mip6net.operators import Operators
from mip6net.topology import CN_ADDRESS

NARROW = 1400
TIGHT = 1300
OVERHEAD = 40
LEAST = 1280


def path_mtu(net, netns, address, source=None):
    more = ["from", source] if source else []
    text = net.run(netns, "ip", "-6", "route", "get", address, *more)
    found = re.search(r"mtu (\d+)", text)
    return int(found.group(1)) if found else 1500


def ping(net, netns, address, size, source=None):
    """A don't-fragment ping of this size; true when it was answered."""
    more = ["-I", source] if source else []
    out = net.run(netns, "ping", "-6", "-c", "1", "-W", str(base.PATIENCE), "-M", "do", "-s", size - 48, *more,
                  address, check=False)
    return " 1 received" in out


def narrow(net, name, mtu):
    """Both ends of a core link."""
    net.ip_set(name, "link", "set", "core", "mtu", str(mtu))
    net.ip_set("core", "link", "set", name, "mtu", str(mtu))


def false_names(net, hoa):
    """Tunnelled packets from somebody who is neither the anchor nor the WTRU of the chain."""
    pgw = net.pgw_at.address
    mallory = inject.Injector(net, "cn")

    def dropped():
        counters = net.pgw.ctl("stats")["dataplane"]
        return counters["drop-no-binding"] + counters["drop-wrong-source"]

    before, chain = dropped(), net.pgw.chain(hoa)["tunnel"]
    for source, target in ((hoa, CN_ADDRESS), (CN_ADDRESS, hoa)):
        inner = inject.packet(source, target, b"", next_header=59)
        mallory.send(inject.packet(CN_ADDRESS, pgw, inner, next_header=41))
    base.wait_until(lambda: dropped() >= before + 2, 5, "both packets are dropped and counted")
    mallory.close()
    case.require(chain["tx_packets"] <= net.pgw.chain(hoa)["tunnel"]["tx_packets"], "counters")


def through(where):
    with Operators(case.BUILD, keep_dir=case.KEEP, gateways=3, mnd={"linger-s": 30}) as net:
        narrow(net, where, NARROW)
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = [flows.open("bulk", rate=2000000), flows.open("udp", size=1400, label="large datagrams")]
        case.arrive(net, 3)
        net.wait_path(first, via_pgw=True)
        flows.progress_until(opened)
        fits = NARROW - OVERHEAD
        for netns, to, source in (("cn", first, None), ("wtru", CN_ADDRESS, first)):
            base.wait_until(
                lambda: ping(net, netns, to, 1500 - OVERHEAD, source)
                or path_mtu(net, netns, to, source) <= fits,
                10,
                f"{netns} learns the path MTU, narrow at {where}",
            )
            base.wait_until(lambda: ping(net, netns, to, fits, source), 5,
                            f"{fits} octets from {netns} fit, narrow at {where}")
        flows.progress_until(opened)
        narrow(net, where, TIGHT)
        for netns, to, source in (("cn", first, None), ("wtru", CN_ADDRESS, first)):
            base.wait_until(lambda: ping(net, netns, to, LEAST, source), 10,
                            f"{LEAST} octets from {netns} in fragments, tight at {where}")
        flows.progress_until(opened)
        false_names(net, first)
        flows.progress_until(opened)
        case.finish(flows)
        net.stop_daemons()


def test():
    for where in ("gw1", "gw3", "pgw"):
        print(f"narrow link at {where}", flush=True)
        through(where)


case.main(test)
