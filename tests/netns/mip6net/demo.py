# SPDX-License-Identifier: GPL-2.0-or-later
"""
./run demo: one WTRU moves through the four D-GWs of two operators and back while connections of each of
its addresses run. docs/demo.md says what it prints and what --json holds.
"""

import argparse
import json
import os
import pathlib
import statistics
import sys
import time

from . import base
from .flows import UP, Flows, interruption_ms, longest_silence, losses
from .leftovers import Leftovers
from .operators import Operators
from .report import Progress, table
from .svg import Lane, draw

LINGER_S = 2
KINDS = (
    ("lines", "interactive TCP", {}),
    ("bulk", "bulk TCP", {"rate": 2000000}),
    ("udp", "UDP 200/s", {}),
)
ROUTE = (2, 3, 4, 1)  # after the start at D-GW1
GAP_MS = 1.0  # the drawing shows no shorter silence
SETTLE_NS = 100000000  # what stops because of the move stops within this time


class Move:
    """One move, and what the connections that were open then made of it."""

    def __init__(self, number, source, target, before, after):
        self.number = number
        self.source = source
        self.target = target
        self.before = before
        self.after = after
        self.end = None  # when what follows is no longer of this move
        self.paths = {}  # flow number → text
        self.interruptions = {}  # flow number → ms, None: never came back
        self.lost = {}  # flow number → packets


class Demo:
    """The run; gathers what the reports show."""

    def __init__(self, net, tool, progress, stay_s):
        self.net = net
        self.progress = progress
        self.stay_s = stay_s
        self.flows = Flows(net, tool)
        self.start_ns = time.monotonic_ns()
        self.groups = []  # (gateway, address, [flows])
        self.moves = []
        self.newest = True
        self.teardown_s = None
        self.instances = []
        self.bindings = []
        self.here = None
        self.border = {}  # packets that the operators' border counted

    def all_flows(self):
        return list(self.flows.flows.values())

    def broken(self):
        return [f for f in self.all_flows() if f.broken or f.local is None]

    def live(self, seconds):
        """Let the traffic run, showing that it does."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.flows.pump(0.05)
            flows = self.all_flows()
            self.progress.status(
                f"WTRU at {self.here}: {sum(f.open() for f in flows)} connections run, "
                f"{len(self.broken())} broken"
            )

    def open_connections(self, gateway, address):
        flows = []
        for kind, label, options in KINDS:
            flow = self.flows.start(kind, label=label, **options)
            flows.append(flow)
        try:
            self.flows.wait(lambda: all(f.local or f.broken for f in flows), 10)
        except base.Failure:
            pass  # what did not open counts as broken
        self.newest &= all(f.local == address for f in flows)
        self.groups.append((gateway, address, flows))
        slowest = max((f.connect_us or 0) for f in flows) / 1000
        self.progress.say(
            f"{gateway}: opened {', '.join(f.label for f in flows)} from {address} "
            f"(slowest in {slowest:.1f} ms)"
        )

    def first(self, number):
        self.here = self.net.gateway(number)
        _, _, address = self.net.arrive(self.here)
        self.net.wait_claimed(address)
        self.open_connections(self.here, address)
        self.live(self.stay_s)

    def move(self, number, fresh):
        target = self.net.gateway(number)
        running = [f for f in self.all_flows() if f.open()]
        before, after = self.net.move(target)
        move = Move(len(self.moves) + 1, self.here, target, before, after)
        if self.moves:
            self.moves[-1].end = before
        self.moves.append(move)
        self.progress.say(f"WTRU moves: {self.here} → {target}")
        self.here = target
        silent = self.flows.silent(running, 10, after)
        address = self.net.wait_primary(target)
        if silent:
            self.progress.say(
                "no traffic on: " + ", ".join(f"{f.label} from {f.local} ({d})" for f, d in silent)
            )
        else:
            self.progress.say(f"all {len(running)} connections go on")
        if fresh:
            self.net.wait_claimed(address)
            self.open_connections(target, address)
        self.live(self.stay_s)
        for flow in running:
            move.paths[flow.number] = self.path_of(flow)

    def path_of(self, flow):
        instance = self.net.mnd.instance(flow.local)
        if instance is None:
            return "none"
        if instance["state"] in ("home", "returning"):
            return "direct"
        gateway = next((g for g in self.net.gateways if g.address == instance.get("anchor")), None)
        if instance.get("via"):
            return f"tunnels via PGW and {gateway}"
        return f"tunnel via {gateway}"

    def look(self):
        """Instances and bindings while all addresses are in use."""
        self.instances = self.net.mnd.instances()
        self.bindings = [(gw.gateway, b) for gw in self.net.gws for b in gw.entries()]

    def gone(self, address, gw):
        """True when nothing of an old address is left on either side."""
        if self.net.mnd.instance(address) or any(b["hoa"] == address for b in gw.entries()):
            return False
        if self.net.pgw.chain(address):
            return False
        texts = [
            str(self.net.ip("wtru", "-6", *what))
            for what in (("address",), ("rule",), ("route", "show", "table", "all"))
        ]
        return not any(address in text for text in texts)

    def close_old(self):
        """Close the connections of all old addresses and wait for their end on both sides."""
        old = [(g, a, fs) for g, a, fs in self.groups if g is not self.here]
        self.flows.close(*[f for _, _, fs in old for f in fs])
        closed = time.monotonic()
        self.progress.say(
            "closed the connections of " + " and ".join(f"{g}'s address" for g, _, _ in old)
        )
        for gateway, address, _ in old:
            gw = self.net.gw(gateway.number)
            while not self.gone(address, gw):
                if time.monotonic() > closed + LINGER_S + 15:
                    self.progress.say(f"{address} of {gateway} is still there")
                    return
                self.live(0.1)
        self.teardown_s = time.monotonic() - closed
        self.progress.say(
            f"their instances, addresses, rules, routes, bindings and chains are gone after "
            f"{self.teardown_s:.1f} s (linger-s is {LINGER_S})"
        )

    def finish(self):
        self.moves[-1].end = time.monotonic_ns()
        self.flows.close(*self.all_flows())
        self.progress.say(
            f"closed the rest; checksums of {sum(f.kind == 'bulk' for f in self.all_flows())}"
            f" bulk downloads compared"
        )

    def measure(self):
        """Fill in what the logs say about each move."""
        arrivals = self.flows.arrivals()
        for move in self.moves:
            for number in move.paths:
                flow = self.flows.flows[number]
                worst, lost = 0.0, 0
                for direction in flow.directions():
                    seen = arrivals.get((number, direction), [])
                    end = min(move.end, move.after + SETTLE_NS)
                    ms = interruption_ms(seen, move.before, end, flow.interval_us)
                    worst = None if ms is None or worst is None else max(worst, ms)
                    lost += self.lost(flow, direction, seen, move)
                move.interruptions[number] = worst
                move.lost[number] = lost
        return arrivals

    def lost(self, flow, direction, seen, move):
        if flow.kind != "udp" or not flow.result:
            return 0
        sent = flow.result["sent" if direction == UP else "peer_sent"]
        first = move.before - flow.interval_us * 1000
        return sum(first <= at < move.end for at in losses(seen, sent)[0])

    def lanes(self, arrivals):
        """For the drawing."""

        def seconds(ns):
            return (ns - self.start_ns) / 1e9

        groups = []
        for gateway, address, flows in self.groups:
            lanes = []
            for flow in flows:
                if flow.opened_ns is None:
                    continue
                end = flow.closed_ns or time.monotonic_ns()
                lane = Lane(flow.label, seconds(flow.opened_ns), seconds(end))
                at, path = flow.opened_ns, "direct"
                for move in self.moves:
                    if flow.number in move.paths:
                        lane.spans.append((seconds(at), seconds(move.before), path))
                        at = move.before
                        path = "direct" if move.paths[flow.number] == "direct" else "tunnel"
                        self.lane_gap(lane, flow, move, arrivals, seconds)
                lane.spans.append((seconds(at), seconds(end), path))
                lanes.append(lane)
            groups.append((f"address of {gateway}: {address}", lanes))
        return groups

    @staticmethod
    def lane_gap(lane, flow, move, arrivals, seconds):
        ms = move.interruptions[flow.number]
        silences = [
            longest_silence(
                arrivals.get((flow.number, d), []),
                move.before,
                min(move.end, move.after + SETTLE_NS),
            )
            for d in flow.directions()
        ]
        silences = [s for s in silences if s]
        if silences and ms and ms >= GAP_MS:
            start, end = max(silences, key=lambda s: s[1] - s[0])
            lane.gaps.append((seconds(start), seconds(end), ms))

    def drawing(self, arrivals):
        end = max([f.closed_ns or 0 for f in self.all_flows()] + [self.moves[-1].end])
        worst = [ms for m in self.moves for ms in m.interruptions.values() if ms is not None]
        return draw(
            "A WTRU moves through the D-GWs of two operators and back",
            f"{len(self.all_flows())} connections, {len(self.broken())} broken; longest "
            f"interruption {max(worst, default=0):.1f} ms; lanes begin and end with the connection",
            self.lanes(arrivals),
            [((m.before - self.start_ns) / 1e9, f"{m.source} → {m.target}") for m in self.moves],
            (end - self.start_ns) / 1e9 + 0.2,
        )

    def result(self):
        moves = []
        for move in self.moves:
            times = [ms for ms in move.interruptions.values() if ms is not None]
            moves.append(
                {
                    "from": str(move.source),
                    "to": str(move.target),
                    "at_s": round((move.before - self.start_ns) / 1e9, 3),
                    "interruption_ms": {
                        "median": round(statistics.median(times), 2) if times else None,
                        "max": round(max(times), 2) if times else None,
                    },
                    "lost": sum(move.lost.values()),
                    "connections": [
                        {
                            "connection": self.flows.flows[n].label,
                            "local": self.flows.flows[n].local,
                            "interruption_ms": None if ms is None else round(ms, 2),
                            "lost": move.lost[n],
                            "path": move.paths[n],
                        }
                        for n, ms in move.interruptions.items()
                    ],
                }
            )
        return {
            "connections": len(self.all_flows()),
            "broken": len(self.broken()),
            "moves": moves,
            "newest_address": self.newest,
            "torn_down": self.teardown_s is not None,
            "torn_down_s": self.teardown_s and round(self.teardown_s, 2),
            "border": self.border,
            "leftovers": 0,
        }

    def tables(self):
        """What people read."""
        rows = []
        for move in self.moves:
            for n, ms in move.interruptions.items():
                flow = self.flows.flows[n]
                owner = next(g for g, _, flows in self.groups if flow in flows)
                first = not rows or rows[-1][-1] != move.number
                rows.append(
                    [
                        f"{move.source} → {move.target}" if first else "",
                        f"{flow.label} of {owner}",
                        "broken" if ms is None else f"{ms:.1f}",
                        move.lost[n] if flow.kind == "udp" else "–",
                        move.paths[n],
                        move.number,
                    ]
                )
        print("\nWhat each move did to the connections\n")
        print(
            table(
                ["move", "connection", "interruption ms", "lost", "path now"],
                [row[:-1] for row in rows],
            )
        )
        for flow in self.broken():
            print(f"BROKEN: {flow.label} from {flow.local}: {flow.broken or 'never opened'}")


def show_control(build, net):
    """Instances and bindings as mip6ctl shows them."""
    text = []
    mip6ctl = base.program(build, "mip6ctl")
    for daemon, command in [
        (net.mnd, "instances"),
        (net.pgw, "chains"),
    ] + [(gw, "bindings") for gw in net.gws]:
        text.append(f"$ mip6ctl {command}    # {daemon.netns}")
        text.append(base.run(mip6ctl, "--socket", daemon.socket_path, command).rstrip())
    return "\n".join(text)


def play(args, progress, result):
    build = str(args.build)
    with Operators(build, mnd={"linger-s": LINGER_S}, keep_dir=args.keep) as net:
        progress.say(
            "network of namespaces: WTRU, operator A with D-GW1, D-GW2 and PGW, operator B with D-GW3 "
            "and D-GW4, core, correspondent node; daemons run"
        )
        demo = Demo(net, os.path.join(build, "tests", "tools", "traffic"), progress, args.stay)
        demo.first(1)
        control = ""
        for number in ROUTE:
            demo.move(number, fresh=number != 1)
        demo.look()
        control = show_control(build, net)
        demo.border = {"dropped": net.border("dropped"), "by_pgw": net.border("at_pgw")}
        progress.say(
            f"operators' border: {demo.border['by_pgw']} packets of tunnels and signalling to and from "
            f"the PGW, {demo.border['dropped']} tried to go around it"
        )
        demo.close_old()
        after = show_control(build, net)
        demo.finish()
        arrivals = demo.measure()
        result.update(demo.result())
        net.stop_daemons()
        traces = [
            f"{name}: {trace}"
            for name in ["wtru", "pgw"] + [g.name for g in net.gateways]
            for trace in net.traces(name)
        ]
        result["leftovers"] = len(traces)
        args.svg.write_text(demo.drawing(arrivals), encoding="utf-8")
        progress.end()
        if not args.json:
            demo.tables()
            print(f"\nBack at D-GW1, all connections open\n\n{control}")
            print(f"\nAfter the connections of the old addresses closed\n\n{after}\n")
            for trace in traces:
                print(f"LEFT BEHIND by a daemon: {trace}")


def main():
    parser = argparse.ArgumentParser(
        prog="./run demo",
        description="Move a WTRU through the D-GWs of two operators and "
        "back under live traffic; exit status 1 when a connection broke.",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end only")
    parser.add_argument(
        "--svg", type=pathlib.Path, help="where to draw the run (default: BUILD/demo.svg)"
    )
    parser.add_argument(
        "--stay", type=float, default=1.5, metavar="S", help="seconds at each D-GW (default: 1.5)"
    )
    parser.add_argument("--keep", metavar="DIR", help="keep logs and captures there on failure")
    parser.add_argument("--build", type=pathlib.Path, default="build", help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.build = args.build.resolve()
    args.svg = (args.svg or args.build / "demo.svg").resolve()
    base.exit_on_signals()
    progress = Progress(quiet=args.json)
    leftovers = Leftovers()
    result = {}
    try:
        play(args, progress, result)
    except (base.Failure, base.Skip) as problem:
        progress.end()
        print(f"demo: {problem}", file=sys.stderr)
        return 1
    left = leftovers.found()
    result["leftovers"] += len(left)
    result["svg"] = str(args.svg)
    good = (
        not result["broken"]
        and result["torn_down"]
        and not result["leftovers"]
        and result["newest_address"]
        and result["border"]["dropped"] == 0
    )
    if args.json:
        print(json.dumps(result))
    else:
        for text in left:
            print(f"LEFT BEHIND: {text}")
        worst = max((m["interruption_ms"]["max"] or 0 for m in result["moves"]), default=0)
        print(
            f"{result['connections']} connections over {len(result['moves'])} moves: "
            f"{result['broken']} broken, longest interruption {worst:.1f} ms, "
            f"{result['leftovers']} things left behind.\nDrawing: {args.svg}"
        )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
