# SPDX-License-Identifier: GPL-2.0-or-later
"""
./run bench forward: what a gateway's tunnels cost per packet: a D-GW's encapsulation and decapsulation, a
PGW's way from one tunnel into the other, plain forwarding beside them, all in one gateway, in turns. Then
TCP with segmentation offload: plain, through a D-GW's tunnel, and through a chain over the same links.

    source -- gateway -- sink        cn -- D-GW -- PGW -- WTRU

docs/bench.md describes it.
"""

import os
import socket
import struct
import sys
import threading
import time

from . import base, bench
from .report import summary, table

GATEWAY, PGW = "2001:db8:1::1", "2001:db8:f::1"
HOA, CHAINED = "2001:db8:1::100", "2001:db8:1::200"
COA, COA2 = "2001:db8:2::100", "2001:db8:3::200"
ANCHOR, CN, SOURCE = "2001:db8:5::1", "2001:db8:ff::2", "2001:db8:a::2"
NOBODY = "02:00:00:00:00:99"
ROUTER, TABLE = "fe80::1", "4000"

MODES = ("plain", "encapsulate", "decapsulate", "chain-down", "chain-up")
LABELS = {
    "plain": "plain forwarding",
    "encapsulate": "D-GW: encapsulation",
    "decapsulate": "D-GW: decapsulation",
    "chain-down": "PGW: anchor to WTRU",
    "chain-up": "PGW: WTRU to anchor",
}
TCP_MODES = ("plain", "tunnel", "chain")
TCP_LABELS = {
    "plain": "TCP, no tunnel",
    "tunnel": "TCP, D-GW's tunnel, forwarded by the PGW",
    "chain": "TCP, chained by the PGW",
}


def ipv6(source, target, next_header, payload):
    return (
        struct.pack("!IHBB", 0x60000000, len(payload), next_header, 64)
        + socket.inet_pton(socket.AF_INET6, source)
        + socket.inet_pton(socket.AF_INET6, target)
        + payload
    )


def packets(size):
    """One packet of each mode; size: of the innermost one."""

    def inner(source, target):
        # UDP with a checksum that nobody looks at.
        return ipv6(source, target, 17, struct.pack("!HHHH", 9, 9, size - 40, 1) + bytes(size - 48))

    return {
        "plain": inner(SOURCE, CN),
        "encapsulate": inner(SOURCE, HOA),
        "decapsulate": ipv6(COA, GATEWAY, 41, inner(HOA, CN)),
        "chain-down": ipv6(ANCHOR, GATEWAY, 41, inner(CN, CHAINED)),
        "chain-up": ipv6(COA2, GATEWAY, 41, inner(CHAINED, CN)),
    }


class Tool:
    """A program that answers a line with a line."""

    def __init__(self, net, netns, *args, log):
        self.process = net.start(netns, *args, pipe=True, log=log)

    def ask(self, *words):
        popen = self.process.popen
        popen.stdin.write((" ".join(str(w) for w in words) + "\n").encode())
        popen.stdin.flush()
        while True:
            line = popen.stdout.readline().decode()
            if not line:
                raise base.Failure("a tool ended: " + self.process.log())
            if line.startswith("error"):
                raise base.Failure(f"{words}: {line}")
            if not line.startswith("event"):
                return line


class Network(base.Network):
    """With the tools of the build."""

    def __init__(self, build, keep_dir):
        super().__init__(keep_dir)
        self.tools = os.path.join(str(build), "tests", "tools")

    def link(self, left, a, right, b):
        self.ip_batch(
            None,
            [
                f"link add {a} netns {self.netns(left)} type veth peer name {b} "
                f"netns {self.netns(right)}"
            ],
        )

    def prepare(self, routers):
        for name in self.names:
            self.sysctl(
                name,
                {
                    "ipv6/conf/all/accept_dad": 0,
                    "ipv6/conf/default/accept_dad": 0,
                    "ipv6/conf/default/accept_ra": 0,
                    "ipv6/conf/all/forwarding": int(name in routers),
                },
            )

    def dataplane(self, name, role, links):
        tool = Tool(self, name, os.path.join(self.tools, "dataplane"), log=f"{name}.log")
        tool.ask("open", role, 64)
        for link in links:
            tool.ask("attach", link)
        return tool


class Packets(Network):
    """source -- gateway -- sink, which drops everything at once: it is for another address."""

    def __init__(self, build, keep_dir, cpu):
        super().__init__(build, keep_dir)
        self.add_namespaces(["source", "gw", "sink"])
        self.prepare(["gw"])
        self.link("source", "u0", "gw", "g0")
        self.link("gw", "g1", "sink", "k0")
        self.ip_batch("source", ["link set u0 up", f"addr add {SOURCE}/64 dev u0"])
        self.ip_batch("sink", ["link set k0 up"])
        self.ip_batch(
            "gw",
            [
                "link set g0 up",
                "link set g1 up",
                f"addr add {GATEWAY}/128 dev lo",
                "addr add 2001:db8:a::1/64 dev g0",
                "addr add 2001:db8:b::1/64 dev g1",
                f"neigh add 2001:db8:b::2 lladdr {NOBODY} dev g1 nud permanent",
                "route add default via 2001:db8:b::2",
            ],
        )
        driver = self.dataplane("gw", "gateway", ["g0", "g1"])
        driver.ask("want", HOA, GATEWAY, COA)
        driver.ask("chain", CHAINED, GATEWAY, COA2, ANCHOR)
        self.driver = driver
        mac = self.ip("gw", "link", "show", "g0")[0]["address"]
        self.blast = Tool(
            self, "source", os.path.join(self.tools, "blast"), "u0", mac, cpu, log="blast.log"
        )

    def received(self):
        return self.ip("sink", "-s", "link", "show", "k0")[0]["stats64"]["rx"]["packets"]

    def turn(self, packet, count):
        """Nanoseconds per packet."""
        before = self.received()
        sent, ns = (int(word) for word in self.blast.ask(count, packet.hex()).split())
        base.wait_until(lambda: self.received() - before >= 0.9 * sent, 5, "packets come out")
        return ns / min(sent, self.received() - before)


class Streams(Network):
    """cn -- D-GW -- PGW -- WTRU: the tunnel of one home address passes the PGW, that of the other ends."""

    def __init__(self, build, keep_dir):
        super().__init__(build, keep_dir)
        self.add_namespaces(["cn", "gw", "pgw", "wtru"])
        self.prepare(["gw", "pgw"])
        self.link("cn", "c0", "gw", "n0")
        self.link("gw", "c0", "pgw", "d0")
        self.link("pgw", "w0", "wtru", "u0")
        self.ip_batch(
            "cn",
            ["link set c0 up", f"addr add {CN}/64 dev c0", "route add default via 2001:db8:ff::1"],
        )
        self.ip_batch(
            "gw",
            [
                "link set n0 up",
                "link set c0 up",
                f"addr add {GATEWAY}/128 dev lo",
                "addr add 2001:db8:ff::1/64 dev n0",
                "addr add 2001:db8:c1::1/64 dev c0",
                "route add default via 2001:db8:c1::2",
            ],
        )
        self.ip_batch(
            "pgw",
            [
                "link set d0 up",
                "link set w0 up",
                f"addr add {PGW}/128 dev lo",
                "addr add 2001:db8:c1::2/64 dev d0",
                "addr add 2001:db8:2::1/64 dev w0",
                f"addr add {ROUTER}/64 dev w0",
                "route add default via 2001:db8:c1::1",
            ],
        )
        self.ip_batch(
            "wtru",
            [
                "link set u0 up",
                f"addr add {COA}/64 dev u0",
                f"addr add {HOA}/128 dev lo nodad preferred_lft 0",
                f"addr add {CHAINED}/128 dev lo nodad preferred_lft 0",
                f"route add default via {ROUTER} dev u0",
            ],
        )
        for number, hoa in enumerate((HOA, CHAINED)):
            self.ip_set(
                "wtru", "-6", "rule", "add", "pref", "31990", "from", hoa, "lookup",
                str(int(TABLE) + number),
            )
        gw = self.dataplane("gw", "gateway", ["n0", "c0"])
        gw.ask("want", HOA, GATEWAY, COA)
        gw.ask("want", CHAINED, GATEWAY, PGW)
        pgw = self.dataplane("pgw", "gateway", ["d0", "w0"])
        pgw.ask("chain", CHAINED, PGW, COA, GATEWAY)
        wtru = self.dataplane("wtru", "wtru", ["u0"])
        for number, (hoa, peer) in enumerate(((HOA, GATEWAY), (CHAINED, PGW))):
            wtru.ask("want", hoa, COA, peer, "u0", ROUTER)
            wtru.ask("route", hoa, int(TABLE) + number)
        self.drivers = [gw, pgw, wtru]
        self.targets = {"plain": COA, "tunnel": HOA, "chain": CHAINED}

    def turn(self, mode, octets):
        """Mbit/s, from the correspondent to the WTRU."""
        with self.entered("wtru"):
            listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        listener.bind((self.targets[mode], 0))
        listener.listen(1)
        with self.entered("cn"):
            sender = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        sender.settimeout(20)
        sender.connect(listener.getsockname())
        receiver = listener.accept()[0]
        receiver.settimeout(20)
        block = bytes(1 << 20)

        def send():
            for _ in range(octets >> 20):
                sender.sendall(block)
            sender.close()

        thread = threading.Thread(target=send)
        start = time.monotonic()
        thread.start()
        got = 0
        buffer = bytearray(1 << 20)
        while n := receiver.recv_into(buffer, len(buffer), socket.MSG_TRUNC):
            got += n
        seconds = time.monotonic() - start
        thread.join()
        for s in (listener, receiver):
            s.close()
        if got != octets >> 20 << 20:
            raise base.Failure(f"{mode}: {got} octets of {octets}")
        return got * 8 / seconds / 1e6


def turns(modes, count, turn, progress, what):
    """Each mode once per round, in an order that changes, so that nobody has the quiet moments."""
    values = {mode: [] for mode in modes}
    for number in range(count):
        shift = number % len(modes)
        for mode in modes[shift:] + modes[:shift]:
            values[mode].append(turn(mode))
        progress.status(f"{what}: round {number + 1} of {count}")
    return values


def ratios(values, of, to):
    """Median of the ratios within each round."""
    return sorted(a / b for a, b in zip(values[of], values[to]))[len(values[of]) // 2]


def measure(args, progress):
    result = {"packets": args.packets, "rounds": args.rounds, "sizes": {}}
    with Packets(args.build, args.keep, args.cpu) as net:
        for size in args.sizes:
            content = packets(size)
            for mode in MODES:
                net.turn(content[mode], 1000)
            values = turns(
                MODES, args.rounds, lambda mode, c=content: net.turn(c[mode], args.packets),
                progress, f"{size} octets",
            )
            result["sizes"][size] = {
                mode: {
                    "best_ns": round(min(values[mode])),
                    "median_ns": summary(values[mode], 0)["median"],
                    "ratio": round(ratios(values, "encapsulate", mode), 3),
                    "best_ratio": round(min(values["encapsulate"]) / min(values[mode]), 3),
                }
                for mode in MODES
            }
            progress.say(f"{size} octets")
        counters = dict(word.split("=") for word in net.driver.ask("counters").split()[1:])
        for name in ("no_binding", "wrong_source", "malformed", "loop", "failed", "too_big"):
            if int(counters[name]) > 100:  # a few are the kernel's own, on its devices
                raise base.Failure(f"packets were dropped: {name} {counters[name]}")
    if args.tcp_rounds:
        with Streams(args.build, args.keep) as net:
            for mode in TCP_MODES:
                net.turn(mode, 8 << 20)
            values = turns(
                TCP_MODES, args.tcp_rounds, lambda mode: net.turn(mode, args.octets), progress, "TCP"
            )
            result["tcp"] = {
                mode: {
                    "best_mbit": round(max(values[mode])),
                    "median_mbit": summary(values[mode], 0)["median"],
                    "ratio": round(ratios(values, mode, "tunnel"), 3),
                }
                for mode in TCP_MODES
            }
            progress.say("TCP")
    return result


def show(result):
    for size, modes in result["sizes"].items():
        print(
            table(
                [f"packets of {size} octets", "best, ns", "median, ns", "rate, D-GW's = 1", "of the best"],
                [
                    [LABELS[m], v["best_ns"], f"{v['median_ns']:.0f}", f"{v['ratio']:.2f}",
                     f"{v['best_ratio']:.2f}"]
                    for m, v in modes.items()
                ],
            )
        )
        print()
    if "tcp" in result:
        print(
            table(
                ["one stream, both ends and three hops", "best, Mbit/s", "median, Mbit/s", "tunnel = 1"],
                [
                    [TCP_LABELS[m], v["best_mbit"], f"{v['median_mbit']:.0f}", f"{v['ratio']:.2f}"]
                    for m, v in result["tcp"].items()
                ],
            )
        )


def main():
    parser = bench.parser("forward", description="Measure what a gateway's tunnels cost.")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--packets", type=int, default=20000, help="in each turn (default: 20000)")
    parser.add_argument(
        "--sizes",
        type=bench.numbers,
        default=[64, 1400],
        metavar="N,…",
        help="of the innermost packets (default: 64,1400)",
    )
    parser.add_argument("--tcp-rounds", type=int, default=15)
    parser.add_argument("--octets", type=int, default=128 << 20, help="of each TCP stream")
    parser.add_argument("--cpu", type=int, default=0, help="that sends and forwards (default: 0)")
    args = parser.parse_args()
    if args.rounds < 1 or args.packets < 1000 or not all(64 <= s <= 1420 for s in args.sizes):
        parser.error("at least 1 round of 1000 packets of 64 to 1420 octets")
    return bench.run(args, measure, show)


if __name__ == "__main__":
    sys.exit(main())
