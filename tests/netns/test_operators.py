# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
# timeout: 120
"""
1 → 2 → 3 → 4 → 1 over two operators, 1 and 2 of ours, 3 and 4 of another, and a border that lets tunnels
and Mobility Headers pass to and from our PGW only: the connections of all four addresses go on, each by
the path that it must take; chains are gone when nothing needs them.
"""

from mip6net import base, case
from mip6net.operators import Operators


def test():
    with Operators(case.BUILD, keep_dir=case.KEEP) as net:
        print(f"dataplane: wtru {net.mnd.ctl('status')['dataplane']['name']}, "
              f"gateway {net.pgw.ctl('status')['dataplane']['name']}", flush=True)
        flows = case.traffic(net)
        addresses, opened = {}, {}

        def all_flows():
            return [f for fs in opened.values() for f in fs]

        for number in (1, 2, 3, 4):
            _, after, addresses[number] = net.arrive(number)
            net.wait_claimed(addresses[number])
            for old in range(1, number):
                net.wait_path(addresses[old], via_pgw=(old <= 2) != (number <= 2))
            flows.progress_until(all_flows(), since_ns=after)
            opened[number] = case.open_trio(net, flows, number, addresses[number])
            flows.progress_until(opened[number])
        case.require({c["hoa"] for c in net.pgw.chains()} == {addresses[1], addresses[2]},
                     f"chains at D-GW4: {net.pgw.chains()}")
        table = case.mip6ctl(net.pgw, "chains")
        case.require(addresses[1] in table and "bound" in table, f"mip6ctl chains: {table}")
        # Home: ours directly again, the others' through the PGW.
        _, after, back = net.arrive(1)
        case.require(back == addresses[1], f"back at D-GW1 with {back}")
        net.wait_path(addresses[2], via_pgw=False)
        net.wait_path(addresses[3], via_pgw=True)
        net.wait_path(addresses[4], via_pgw=True)
        flows.progress_until(all_flows(), since_ns=after)
        base.wait_until(
            lambda: {c["hoa"] for c in net.pgw.chains()} == {addresses[3], addresses[4]},
            10, "the PGW has just the chains that are needed")
        case.require(net.border("dropped") == 0, f"{net.border('dropped')} packets met the border")
        case.require(net.border("at_pgw") > 100, "nothing went through the PGW")
        flows.close(*opened[2], *opened[3], *opened[4])
        for number in (2, 3, 4):
            base.wait_until(lambda n=number: case.gone(net, addresses[n]), 20,
                            f"address of D-GW{number} gone on both sides")
        base.wait_until(lambda: not net.pgw.chains(), 10, "no chain is left")
        flows.progress_until(opened[1])
        case.finish(flows)
        net.stop_daemons()
        left = net.traces("pgw")
        case.require(not left, f"left at the PGW: {left}")


case.main(test)
