# SPDX-License-Identifier: GPL-2.0-or-later
"""
Real Wi-Fi: the WTRU roams between three access points by command, and by loss of the signal. All
sessions of every address survive.
"""
# timeout: 120

from mip6net import base, case
from mip6net.flows import longest_silence
from mip6net.wifi import Wifi


def test():
    with case.mobile(Wifi, mnd={"linger-s": 60}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        udp = [opened[2]]
        moves = ((2, net.move), (3, net.move), (1, net.move), (2, net.lose), (3, net.lose))
        for number, mover in moves:
            before, _, address = net.arrive(number, 30, mover=mover)
            if number != 1:
                case.require(net.wait_bound(first)["coa"] == address, "bound to the new address")
            flows.progress_until(opened, 20)
            now = flows.arrivals()[(udp[0].number, "down")][-1][0]
            start, end = longest_silence(flows.arrivals()[(udp[0].number, "down")], before, now)
            print(f"{mover.__name__} to D-GW{number}: {(end - start) / 1e6:.0f} ms", flush=True)
            if number == 2 and mover == net.move:
                opened += case.open_trio(net, flows, 2, address)
        net.detach()
        flows.run_for(1)
        after = net.lose(net.gateway(1))[1]
        case.require(net.wait_primary(net.gateway(1), 20) == first, "home again")
        flows.progress_until(opened, 30, after)
        base.wait_until(lambda: not net.gw(1).bindings(), 10, "no binding at home")
        case.finish(flows)
        net.stop_daemons()


case.main(test)
