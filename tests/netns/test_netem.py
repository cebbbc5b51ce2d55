# SPDX-License-Identifier: GPL-2.0-or-later
"""
Handovers over long, lossy and reordering paths: round trips of 0, 20 and 100 ms to the anchor and
the correspondent node, with 0, 1 and 5 % of the packets lost each way, and with a quarter of them
overtaken. All sessions survive, and each finds its path again within a bound.
"""
# timeout: 180

import time

from mip6net import base, case
from mip6net.flows import DOWN, UP, longest_silence

ROUND_TRIPS = (0, 20, 100)
LOSSES = (0, 1, 5)
MOVES = 2
# Without loss: one round trip for BU and BA, one for what was under way, and a slow machine.
# With it: retransmissions of the BU after 1, 2 and 4 s (RFC 6275 section 12), then TCP's own.
BOUND_MS = 1500
BOUND_LOSS_MS = 15000


def measure(net, flows, opened, moves):
    """Round the other D-GWs and home; {flow label: [ms]} of its longest silence at each move."""
    silences = {}
    for _ in range(MOVES):
        target = moves.pop(0)
        moves.append(target)
        before, _, _ = net.arrive(target, seconds=20)
        flows.progress_until(opened, BOUND_LOSS_MS / 1000, time.monotonic_ns())
        flows.run_for(0.3)
        now = time.monotonic_ns()
        for flow in opened:
            for direction in flow.directions():
                start, end = longest_silence(flows.arrivals()[(flow.number, direction)], before, now)
                silences.setdefault(f"{flow.kind} {direction}", []).append((end - start) / 1e6)
    return silences


def one(net, flows, opened, moves, **conditions):
    net.shape(**conditions)
    silences = measure(net, flows, opened, moves)
    udp = max(silences[f"udp {UP}"] + silences[f"udp {DOWN}"])
    worst = max(max(values) for values in silences.values())
    text = ", ".join(f"{key} {value}" for key, value in conditions.items())
    print(f"{text}: UDP {udp:.0f} ms, slowest {worst:.0f} ms", flush=True)
    bound = BOUND_MS + 10 * conditions["round_trip_ms"]
    if conditions.get("loss_percent"):
        bound = BOUND_LOSS_MS
    case.require(worst < bound * base.PATIENCE, f"{text}: {worst:.0f} ms without traffic")


def test():
    with case.mobile(gateways=3, mnd={"linger-s": 60}) as net:
        net.shape(0)
        flows = case.traffic(net)
        opened = case.open_trio(net, flows, 1, case.arrive(net, 1))
        moves = [2, 3, 1, 3, 2, 1]
        for round_trip in ROUND_TRIPS:
            for loss in LOSSES:
                one(net, flows, opened, moves, round_trip_ms=round_trip, loss_percent=loss)
            if round_trip:
                one(net, flows, opened, moves, round_trip_ms=round_trip, reorder=True)
        net.shape(0)
        case.finish(flows)


case.main(test)
