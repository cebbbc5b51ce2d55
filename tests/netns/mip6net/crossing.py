# SPDX-License-Identifier: GPL-2.0-or-later
"""
./run bench operators: how long traffic stops when a WTRU crosses the border between operators, against the
round trip: the first move there (the chain is made), further ones in the visited operator's network (only
the WTRU's leg moves), and the return home.

./run bench anchors: how long it takes until all home addresses of a WTRU are bound after one move: with one
and with many, each at a D-GW of its own, directly and through the PGW.

docs/bench.md describes both.
"""

import os
import sys
import time

from . import base, bench
from .handover import Watch
from .flows import DOWN, UP, Flows, interruption_ms
from .operators import Operators
from .report import summary, table

INTERVAL_US = 1000
MOVES = ((3, "first"), (4, "further"), (1, "home"))
LABELS = {
    "first": "first move to the other operator",
    "further": "further move there",
    "home": "back home",
}
# Round trips that a move may take: WTRU to PGW, and PGW to anchor; home there is none.
TRIPS = {"first": 2, "further": 1, "home": 1}
PATHS = {"direct": "directly", "chained": "through the PGW"}


class Crossing:
    """The interruptions with one round trip."""

    def __init__(self, args, progress, round_trip_ms):
        self.args, self.progress, self.round_trip_ms = args, progress, round_trip_ms
        self.seen = {what: {DOWN: [], UP: []} for _, what in MOVES}

    def run(self):
        args = self.args
        with Operators(str(args.build), keep_dir=args.keep, mnd={"linger-s": 60}) as net:
            flows = Flows(net, os.path.join(str(args.build), "tests", "tools", "traffic"))
            _, _, hoa = net.arrive(1)
            net.wait_claimed(hoa)
            flow = flows.open("udp", interval_us=INTERVAL_US)
            # Once over all of it, so that every neighbour is known.
            for number, what in MOVES:
                self.move(net, flows, flow, number, what, hoa, False)
            if self.round_trip_ms:
                net.shape(self.round_trip_ms)
            for turn in range(args.rounds):
                for number, what in MOVES:
                    self.move(net, flows, flow, number, what, hoa, True)
                self.progress.status(f"round {turn + 1} of {args.rounds}")
            flows.close(flow)
            net.stop_daemons()

    def move(self, net, flows, flow, number, what, hoa, counts):
        before, after, _ = net.arrive(number, seconds=20)
        if what == "home":
            base.wait_until(lambda: net.pgw.chain(hoa) is None, 20, "its chain is gone")
        else:
            net.wait_path(hoa, via_pgw=True, seconds=20)
        flows.progress_until([flow], 20, after)
        flows.run_for(self.args.stay)
        if not counts:
            return
        arrivals, now = flows.arrivals(), time.monotonic_ns()
        for way in (DOWN, UP):
            self.seen[what][way].append(
                interruption_ms(arrivals[(flow.number, way)], before, now, INTERVAL_US)
            )

    def result(self):
        return {
            "round_trip_ms": self.round_trip_ms,
            "moves": {
                what: {f"{way}_ms": summary(values) for way, values in ways.items()}
                for what, ways in self.seen.items()
            },
        }


def operators(args, progress):
    results = []
    for round_trip_ms in args.round_trips:
        progress.say(f"round trip {round_trip_ms} ms")
        crossing = Crossing(args, progress, round_trip_ms)
        crossing.run()
        results.append(crossing.result())
    return {"rounds": args.rounds, "interval_us": INTERVAL_US, "round_trips": results}


def show_operators(result):
    rows = [
        [
            r["round_trip_ms"],
            LABELS[what],
            *(f"{values[way][key]:.1f}" for way in ("down_ms", "up_ms") for key in ("median", "max")),
            TRIPS[what] * r["round_trip_ms"] + 10,
        ]
        for r in result["round_trips"]
        for what, values in r["moves"].items()
    ]
    print(table(["round trip", "interruption, ms", "down", "max", "up", "max", "allowed"], rows))


def bound_within(watch, since):
    """Milliseconds from the first BU after since to the last BA; and from the first to the last BU."""
    sent = [at for at, words in watch.events() if words[:3] == ["out", "mh", "5"] and at > since]
    answered = [at for at, words in watch.events() if words[:3] == ["in", "mh", "6"] and at > since]
    return (max(answered) - min(sent)) / 1e6, (max(sent) - min(sent)) / 1e6


def anchors_of(args, progress, count, path):
    """Values of bound_within() for moves with so many home addresses."""
    # Two D-GWs to move between, which anchor nothing that is in use; and there must be another operator.
    ours = count + 2 if path == "direct" else count
    values = []
    with Operators(str(args.build), gateways=max(count + 2, ours + 1), ours=ours, keep_dir=args.keep,
                   mnd={"linger-s": 1, "heartbeat-interval-ms": 0}) as net:
        hoas = []
        for number in range(1, count + 1):
            _, _, hoa = net.arrive(number, seconds=20)
            net.wait_claimed(hoa)
            net.mnd.ctl("keep", hoa=hoa)
            hoas.append(hoa)
        watch = Watch(net, os.path.join(str(args.build), "tests", "tools", "watch"))
        for turn in range(args.rounds + 1):
            since, _, _ = net.arrive(count + 1 + turn % 2, seconds=20)
            for hoa in hoas:
                net.wait_path(hoa, via_pgw=path == "chained", seconds=20)
            if turn > 0:
                values.append(bound_within(watch, since))
            # What is not kept goes, so that the next move is about the others alone.
            base.wait_until(lambda: len(net.mnd.instances()) == count + 1, 20, "idle addresses are gone")
            progress.status(f"{count} anchors, {PATHS[path]}: move {turn} of {args.rounds}")
        net.stop_daemons()
    return values


def anchors(args, progress):
    result = {"rounds": args.rounds, "paths": {}}
    for path in PATHS:
        result["paths"][path] = {}
        for count in args.anchors:
            values = anchors_of(args, progress, count, path)
            result["paths"][path][count] = {
                "bound_ms": summary([v[0] for v in values]),
                "sent_ms": summary([v[1] for v in values]),
            }
            progress.say(f"{count} anchors, {PATHS[path]}")
    return result


def show_anchors(result):
    print(
        table(
            ["path", "anchors", "all BUs sent within, ms", "all bound within, ms", "max"],
            [
                [PATHS[path], count, f"{v['sent_ms']['median']:.2f}", f"{v['bound_ms']['median']:.2f}",
                 f"{v['bound_ms']['max']:.2f}"]
                for path, counts in result["paths"].items()
                for count, v in counts.items()
            ],
        )
    )


def main():
    parser = bench.parser(
        "operators",
        "anchors",
        description="Measure moves between operators, and with many anchors.",
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument(
        "--round-trips",
        type=bench.numbers,
        default=[0],
        metavar="MS,…",
        help="operators: between any two of D-GWs, PGW and correspondent node (needs netem)",
    )
    parser.add_argument(
        "--anchors",
        type=bench.numbers,
        default=[1, 16],
        metavar="N,…",
        help="anchors: how many",
    )
    parser.add_argument("--stay", type=float, default=0.4, metavar="S", help="seconds between moves")
    args = parser.parse_args()
    if args.rounds < 1 or not all(1 <= n <= 16 for n in args.anchors):
        parser.error("at least 1 round; 1 to 16 anchors")
    if args.what == "operators":
        return bench.run(args, operators, show_operators)
    return bench.run(args, anchors, show_anchors)


if __name__ == "__main__":
    sys.exit(main())
