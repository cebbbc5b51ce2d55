# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
A border between operators of which nobody says anything: all gateways announce one name. The anchor does
not answer, others do, so the WTRU falls back to its PGW, says so, and the connections go on.
"""

from mip6net import case
from mip6net.daemons import OPERATOR
from mip6net.operators import Operators


def test():
    with Operators(case.BUILD, keep_dir=case.KEEP, gateways=3, dgwd={"operator": OPERATOR},
                   mnd={"linger-s": 60, "retransmit-initial-ms": 200}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        case.arrive(net, 2)
        net.wait_path(first, via_pgw=False)
        flows.progress_until(opened)
        case.arrive(net, 3)
        net.wait_path(first, via_pgw=True, seconds=15)
        case.require("fallback" in net.mnd.log(), "mip6-mnd says nothing of it")
        case.require(net.border("dropped") > 0, "nothing met the border")
        flows.progress_until(opened)
        # Where the direct way works, it is taken again.
        case.arrive(net, 2)
        net.wait_path(first, via_pgw=False)
        flows.progress_until(opened)
        case.finish(flows)
        net.stop_daemons()


case.main(test)
