# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
"""
The data plane alone, driven by tests/tools/dataplane: a WTRU away from home behind a visited router, its
D-GW with a shared home prefix, a second WTRU, and a correspondent.

    wtru -- visited --+
    wtru2 - visited   +-- core -- cn
    neighbour -- gw --+

Checks what goes through the tunnel and comes out right, what the sender of a too large packet or of one at
its last hop gets, what must be dropped and counted, restart, and that removal leaves nothing.
"""

import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

from mip6net import base, case

HOA, HOA2 = "2001:db8:1::100", "2001:db8:1::200"
COA, COA2 = "2001:db8:2::100", "2001:db8:2::200"
NEIGHBOUR = "2001:db8:1::50"
GW, CN = "2001:db8:1::1", "2001:db8:ff::2"
ROUTER = "fe80::1"
TABLE = "4000"


class Driver:
    """The tool in a namespace."""

    def __init__(self, net, netns, role, name=None, limit=64):
        self.events = []
        self.process = net.start(netns, case.tool("dataplane"), pipe=True, log=f"dp-{name or netns}.log")
        self.buffer = b""
        answer = self.ask("open", role, limit, *([GW] if role == "gateway" else []), check=False)
        if answer.startswith("error 95"):
            raise base.Skip(answer)
        case.require(answer.startswith("ok"), f"open: {answer}")

    def _line(self, seconds):
        deadline = time.monotonic() + seconds
        out = self.process.popen.stdout
        while b"\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([out], [], [], left)[0]:
                return None
            data = os.read(out.fileno(), 65536)
            if not data:
                raise base.Failure("the driver ended: " + self.process.log())
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()

    def ask(self, *words, check=True, seconds=10):
        self.process.popen.stdin.write((" ".join(str(w) for w in words) + "\n").encode())
        self.process.popen.stdin.flush()
        while True:
            line = self._line(seconds)
            if line is None:
                raise base.Failure(f"no answer to {words}")
            if line.startswith("event "):
                self.events.append(line[6:])
                continue
            if check and not line.startswith("ok"):
                raise base.Failure(f"{words}: {line}")
            return line

    def poll_events(self):
        while True:
            line = self._line(0)
            if line is None:
                return self.events
            self.events.append(line.removeprefix("event "))

    def numbers(self, *words):
        return {k: int(v) for k, v in (w.split("=") for w in self.ask(*words).split()[1:])}

    def counters(self):
        return self.numbers("counters")

    def end(self):
        self.process.kill()
        self.process.wait()


class Net(base.Network):
    """The network above."""

    def __init__(self):
        super().__init__(case.KEEP)
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def _build(self):
        self.add_namespaces(["wtru", "wtru2", "visited", "core", "gw", "cn", "nb"])
        for name in self.names:
            self.sysctl(name, {"ipv6/conf/all/accept_dad": 0, "ipv6/conf/default/accept_dad": 0,
                               "ipv6/conf/default/accept_ra": 0,
                               "ipv6/conf/all/forwarding": int(name in ("visited", "core", "gw"))})
        links = [("wtru", "u0", "visited", "w1"), ("wtru2", "u0", "visited", "w2"),
                 ("visited", "c0", "core", "v0"), ("gw", "c0", "core", "g0"), ("cn", "c0", "core", "n0"),
                 ("nb", "u0", "gw", "a0")]
        lines = []
        for left, a, right, b in links:
            lines.append(f"link add {a} netns {self.netns(left)} type veth peer name {b} "
                         f"netns {self.netns(right)}")
        self.ip_batch(None, lines)
        # Bridge the visited link's ports so that both WTRUs are on one link.
        self.ip_batch("visited", ["link add br0 type bridge", "link set w1 master br0 up",
                                  "link set w2 master br0 up", "link set br0 up", "link set c0 up",
                                  "addr add 2001:db8:2::1/64 dev br0", "addr add fe80::1/64 dev br0",
                                  "addr add 2001:db8:c2::2/64 dev c0",
                                  "route add default via 2001:db8:c2::1"])
        self.ip_batch("core", ["link set v0 up", "link set g0 up", "link set n0 up",
                               "addr add 2001:db8:c2::1/64 dev v0", "addr add 2001:db8:c1::1/64 dev g0",
                               "addr add 2001:db8:ff::1/64 dev n0",
                               "route add 2001:db8:1::/48 via 2001:db8:c1::2",
                               "route add 2001:db8:2::/48 via 2001:db8:c2::2"])
        self.ip_batch("gw", ["link set c0 up", "link set a0 up", "addr add 2001:db8:c1::2/64 dev c0",
                             "addr add 2001:db8:1::1/64 dev a0", "route add default via 2001:db8:c1::1"])
        self.ip_batch("cn", ["link set c0 up", f"addr add {CN}/64 dev c0",
                             "route add default via 2001:db8:ff::1"])
        self.ip_batch("nb", ["link set u0 up", f"addr add {NEIGHBOUR}/64 dev u0",
                             f"route add default via {GW}"])
        for name, hoa, coa in (("wtru", HOA, COA), ("wtru2", HOA2, COA2)):
            self.ip_batch(name, ["link set u0 up", f"addr add {coa}/64 dev u0",
                                 f"route add default via {ROUTER} dev u0",
                                 f"addr add {hoa}/128 dev lo nodad preferred_lft 0"])
            self.ip_set(name, "-6", "rule", "add", "pref", "31990", "from", hoa, "lookup", TABLE)
        # The gateway defends the HoAs on the home link.
        self.sysctl("gw", {"ipv6/conf/a0/proxy_ndp": 1})
        self.ip_batch("gw", [f"neigh add proxy {HOA} dev a0", f"neigh add proxy {HOA2} dev a0"])

    def start_wtru(self, name="wtru", hoa=HOA, coa=COA, run=""):
        driver = Driver(self, name, "wtru", f"{name}{run}")
        driver.ask("attach", "u0")
        driver.ask("want", hoa, coa, GW, "u0", ROUTER)
        driver.ask("route", hoa, TABLE)
        return driver

    def start_gateway(self, run="", limit=1024):
        driver = Driver(self, "gw", "gateway", f"gw{run}", limit)
        driver.ask("attach", "c0")
        driver.ask("attach", "a0")
        return driver

    def ping(self, netns, source, target, *options, count=3):
        text = self.run(netns, "ping", "-6", "-n", "-I", source, "-c", count, "-i", "0.01", "-W", "2",
                        *options, target, check=False)
        return int(text.split(" received")[0].split()[-1]) if " received" in text else 0

    def can_reach(self, netns, source, target, *options):
        case.require(self.ping(netns, source, target, *options) == 3,
                     f"ping from {source} to {target} {' '.join(options)}")


def both_ways(net):
    net.can_reach("wtru", HOA, CN)
    net.can_reach("cn", CN, HOA)
    net.can_reach("nb", NEIGHBOUR, HOA)
    net.can_reach("wtru", HOA, NEIGHBOUR)
    net.can_reach("wtru", HOA, HOA2)
    net.can_reach("gw", GW, HOA)
    net.can_reach("wtru", HOA, GW)


def test():
    with Net() as net:
        wtru = net.start_wtru()
        wtru2 = net.start_wtru("wtru2", HOA2, COA2)
        gw = net.start_gateway()
        gw.ask("want", HOA, GW, COA)
        gw.ask("want", HOA2, GW, COA2)
        print(wtru.ask("rss"), gw.ask("rss"))
        try:
            both_ways(net)
        finally:
            print(gw.counters(), wtru.counters())
            if len(sys.argv) > 1: os.system(f"bash")


case.main(test)
