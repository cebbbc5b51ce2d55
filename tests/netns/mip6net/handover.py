# SPDX-License-Identifier: GPL-2.0-or-later
"""
./run bench handover: how long traffic stops at a move, and what the time goes into.

A UDP stream runs in both directions of the first address while the WTRU moves round the D-GWs. The
interruption of a direction is the longest time without an arrival around the move. The parts are
read from the kernel's time stamps of what passed the WTRU's interface (tests/tools/watch): each
part is the time from the step before. docs/bench.md describes it.
"""

import os
import sys
import time

from . import base, bench
from .daemons import Mobile
from .flows import DOWN, UP, Flows, longest_silence
from .ipsec import Protected
from .report import summary, table

SETTLE_NS = 50000000  # traffic may still stumble so long after the last step of a move

# Key, label, and the two steps between which a part lies.
PARTS = (
    ("carrier-rs", "carrier → RS", "carrier", "rs"),
    ("rs-ra", "RS → RA", "rs", "ra"),
    ("ra-address", "RA → address usable", "ra", "address"),
    ("address-bu", "address usable → BU", "address", "bu"),
    ("ra-bu", "RA → BU (address still there)", "ra", "known_bu"),
    ("bu-ba", "BU → BA", "bu", "ba"),
    ("bu-first-up", "BU → first packet up", "bu", "first_up"),
    ("ba-first-down", "BA → first packet down", "ba", "first_down"),
)
SILENT_PARTS = (("switch-ra", "switch → RA", "carrier", "ra"),) + PARTS[2:]
LABELS = {key: label for key, label, _, _ in PARTS + SILENT_PARTS}


class Watch:
    """What the watcher saw on the WTRU's interface."""

    def __init__(self, net, tool):
        self.path = net.path("watch.log")
        self.process = net.start("wtru", tool, "wl0", log="watch.log")
        base.wait_until(lambda: "ready" in self.process.log(), 5, "watcher")

    def events(self):
        result = []
        for line in self.process.log().splitlines():
            words = line.split()
            if len(words) > 1 and words[0].isdigit():
                result.append((int(words[0]), words[1:]))
        return result


def steps_of(events, switched, end):
    """{step: ns} of the first of each after the one before it, from the instant of the switch."""
    steps = {"carrier": switched}
    for at, words in sorted(events):
        if not switched - 1000000 <= at < end:
            continue
        if words[:2] == ["out", "rs"]:
            steps.setdefault("rs", at)
        elif words[:2] == ["in", "ra"]:
            steps.setdefault("ra", at)
        elif words[0] == "address" and words[-1] == "usable" and not words[1].startswith("fe80"):
            if "ra" in steps and "bu" not in steps:
                steps.setdefault("address", at)
        # Inside ESP are Binding Updates and Acknowledgements only.
        elif words[:3] == ["out", "mh", "5"] or words[:2] == ["out", "esp"]:
            if "address" not in steps:
                steps.setdefault("known_bu", at)
            steps.setdefault("bu", at)
        elif (words[:3] == ["in", "mh", "6"] or words[:2] == ["in", "esp"]) and "bu" in steps:
            steps.setdefault("ba", at)
    return steps


class Handover:
    """The measurement."""

    def __init__(self, args, progress, round_trip_ms=0):
        self.args = args
        self.round_trip_ms = round_trip_ms
        self.progress = progress
        self.moves = []  # dictionaries

    def run(self):
        args = self.args
        # The instances of the addresses on the way must not end in the middle: they do not use the
        # CPU much, but the measurement is of moves only.
        dgwd = {"ra-interval-min-ms": 30, "ra-interval-max-ms": 70} if args.silent else {}
        kind = Protected if args.protection == "manual" else Mobile
        with kind(
            str(args.build),
            gateways=args.gateways,
            mnd={"linger-s": 30},
            dgwd=dgwd,
            keep_dir=args.keep,
        ) as net:
            if args.round_trips:
                net.shape(self.round_trip_ms)
            tools = os.path.join(str(args.build), "tests", "tools")
            _, _, address = net.arrive(1)
            net.wait_claimed(address)
            flows = Flows(net, os.path.join(tools, "traffic"))
            flow = flows.open("udp", interval_us=args.interval_us)
            watch = Watch(net, os.path.join(tools, "watch"))
            flows.progress_until([flow])
            for number in range(args.moves):
                self.move(net, flows, flow, number)
            flows.close(flow)
            self.measure(flows, flow, watch)
            net.stop_daemons()

    def move(self, net, flows, flow, number):
        target = net.gateway((number + 1) % self.args.gateways + 1)
        flows.run_for(self.args.stay)
        before, after = net.move(target, silent=self.args.silent)
        self.moves.append({"to": target, "before": before, "after": after})
        flows.progress_until([flow], 10, after)
        net.wait_primary(target)
        self.progress.status(f"move {number + 1} of {self.args.moves}: to {target}")

    def measure(self, flows, flow, watch):
        arrivals, events = flows.arrivals(), watch.events()
        ends = [m["before"] for m in self.moves[1:]] + [time.monotonic_ns()]
        for move, end in zip(self.moves, ends):
            steps = steps_of(events, move["after" if not self.args.silent else "before"], end)
            settled = max(steps.values()) + SETTLE_NS
            for direction in (UP, DOWN):
                seen = arrivals[(flow.number, direction)]
                silence = longest_silence(seen, move["before"], min(end, settled))
                if silence is None:
                    raise base.Failure(f"traffic {direction} did not come back")
                move[direction] = (silence[1] - silence[0]) / 1e6
                if "bu" in steps:
                    steps["first_" + direction] = next(rx for rx, _, _ in seen if rx > steps["bu"])
            move["steps"] = steps

    def parts(self):
        """
        {key: [ms, …]}: moves that skip a step (an address that is still there, going home) do
        not count for it.
        """
        result = {}
        for key, _, first, second in SILENT_PARTS if self.args.silent else PARTS:
            values = [
                (m["steps"][second] - m["steps"][first]) / 1e6
                for m in self.moves
                if first in m["steps"] and second in m["steps"]
            ]
            result[key] = [v for v in values if v >= 0]
        return result

    def result(self):
        return {
            "moves": len(self.moves),
            "round_trip_ms": self.round_trip_ms,
            "silent": self.args.silent,
            "protection": self.args.protection,
            "interval_us": self.args.interval_us,
            "down_ms": summary([m[DOWN] for m in self.moves]),
            "up_ms": summary([m[UP] for m in self.moves]),
            "parts_ms": {key: dict(summary(v, 3), count=len(v)) for key, v in self.parts().items()},
        }


def show(result):
    rows = []
    for name, key in (("interruption down", "down_ms"), ("interruption up", "up_ms")):
        rows.append(
            [name, *(f"{result[key][k]:.2f}" for k in ("median", "p95", "max")), result["moves"]]
        )
    for key, part in result["parts_ms"].items():
        if part["count"]:
            rows.append(
                [
                    "  " + LABELS[key],
                    *(f"{part[k]:.2f}" for k in ("median", "p95", "max")),
                    part["count"],
                ]
            )
    print(
        table(
            [
                f"ms over {result['moves']} {'silent ' if result['silent'] else ''}moves"
                + (f", round trip {result['round_trip_ms']}" if result["round_trip_ms"] else ""),
                "median",
                "p95",
                "max",
                "moves",
            ],
            rows,
        )
    )
    print(
        f"\nOne packet each {result['interval_us'] / 1000:g} ms each way: an interruption is the "
        "time between the last\npacket before and the first after it."
    )


def show_round_trips(results):
    """Interruption against the round trip between any two of D-GWs and correspondent node."""
    keys = ("median", "p95", "max")
    print(
        table(
            ["round trip, ms"] + [f"{way} {key}, ms" for way in ("down", "up") for key in keys],
            [
                [result["round_trip_ms"]]
                + [f"{result[way][key]:.2f}" for way in ("down_ms", "up_ms") for key in keys]
                for result in results
            ],
        )
    )


def measure(args, progress):
    """One result, or one for each round trip."""
    results = []
    for round_trip_ms in args.round_trips or [0]:
        if args.round_trips:
            progress.say(f"round trip {round_trip_ms} ms")
        handover = Handover(args, progress, round_trip_ms)
        handover.run()
        results.append(handover.result())
    return {"round_trips": results} if args.round_trips else results[0]


def show_all(result):
    results = result.get("round_trips", [result])
    for each in results:
        show(each)
        print()
    if len(results) > 1:
        show_round_trips(results)


def main():
    parser = bench.parser("handover", description="Measure the interruption of traffic at moves.")
    parser.add_argument("--moves", type=int, default=50)
    parser.add_argument("--gateways", type=int, default=3)
    parser.add_argument(
        "--silent",
        action="store_true",
        help="no carrier event; Router Advertisements every 30 to 70 ms",
    )
    parser.add_argument(
        "--interval-us", type=int, default=1000, help="between packets (default: 1000)"
    )
    parser.add_argument(
        "--stay", type=float, default=0.4, metavar="S", help="seconds between moves"
    )
    parser.add_argument(
        "--protection",
        choices=["rfc4285", "manual"],
        default="rfc4285",
        help="of Binding Updates: authentication option, or ESP with static keys (needs a kernel "
        "with ESP)",
    )
    parser.add_argument(
        "--round-trips",
        type=bench.numbers,
        metavar="MS,…",
        help="measure with each of these round trips between D-GWs and correspondent node (needs "
        "netem)",
    )
    args = parser.parse_args()
    if args.moves < 1 or args.gateways < 2 or args.interval_us < 100:
        parser.error("at least 1 move, 2 gateways, 100 µs")
    return bench.run(args, measure, show_all)


if __name__ == "__main__":
    sys.exit(main())
