# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
"""
Moves between operators over long paths: the first costs a round trip to the PGW and one from there to the
anchor, further ones inside the visited operator a round trip to the PGW. To the millisecond with
`./run vm --icount env MIP6_EXACT=1 MIP6_PATIENCE=10000 python3 tests/netns/test_chain_netem.py`.
"""

import os
import time

from mip6net import base, case
from mip6net.flows import DOWN, UP, interruption_ms
from mip6net.operators import Operators

ROUND_TRIP_MS = 100
# What the hosts themselves may need: on a processor of its own, and on one that others use too
# (there a Binding Update may even have to be repeated, after a second).
SLACK_MS = 10 if os.environ.get("MIP6_EXACT") else 1000 * base.PATIENCE
INTERVAL_US = 5000


def interruptions(net, flows, flow, number, hoa):
    before, after, _ = net.arrive(number, seconds=20)
    net.wait_path(hoa, via_pgw=True, seconds=20)
    flows.progress_until([flow], 20, after)
    flows.run_for(0.5)
    arrivals, now = flows.arrivals(), time.monotonic_ns()
    return {
        direction: interruption_ms(arrivals[(flow.number, direction)], before, now, INTERVAL_US)
        for direction in (DOWN, UP)
    }


def test():
    with Operators(case.BUILD, keep_dir=case.KEEP, mnd={"linger-s": 60}) as net:
        flows = case.traffic(net)
        hoa = case.arrive(net, 1)
        flow = flows.open("udp", interval_us=INTERVAL_US)
        # Once over all of it at full speed, so that every neighbour is known.
        for number in (3, 4, 1):
            case.arrive(net, number)
        net.shape(ROUND_TRIP_MS)
        flows.progress_until([flow])
        wrong = []
        for number, trips, what in ((3, 2, "first"), (4, 1, "further")):
            taken = interruptions(net, flows, flow, number, hoa)
            print(f"{what} move: down {taken[DOWN]:.1f} ms, up {taken[UP]:.1f} ms", flush=True)
            bound = trips * ROUND_TRIP_MS + SLACK_MS
            if max(taken.values()) > bound:
                wrong.append(f"{what} move: {taken}, not within {bound} ms")
        case.require(not wrong, "\n".join(wrong))
        net.shape(0)
        case.finish(flows)
        net.stop_daemons()


case.main(test)
