# SPDX-License-Identifier: GPL-2.0-or-later
"""
NetworkManager, then systemd-networkd, own the WTRU's interface on real Wi-Fi, set its addresses and
routes themselves, and go on doing so: sessions survive moves all the same, and the manager stays
content with its interface.
"""
# timeout: 180

from mip6net import base, case, wifi


def addresses(net):
    """Global addresses of the interface that are not deprecated."""
    infos = net.ip("wtru", "-6", "address", "show", "dev", "wl0", "scope", "global")
    return [
        a["local"]
        for info in infos
        for a in info.get("addr_info", [])
        if a.get("local") and not a.get("deprecated")
    ]


def moves(net):
    flows = case.traffic(net)
    first = net.arrive(1, 40)[2]
    net.wait_claimed(first)
    opened = case.open_trio(net, flows, 1, first)
    for number in (2, 3, 1, 2):
        _, _, address = net.arrive(number, 40, mover=net.lose)
        flows.progress_until(opened, 30)
        case.require(address in addresses(net), f"{address} is the interface's")
        if len(opened) == 3:
            opened += case.open_trio(net, flows, 2, address)
            case.require(net.wait_bound(first), "bound")
        print(f"{net.manager.__name__}: at D-GW{number}", flush=True)
    flows.run_for(2)
    flows.progress_until(opened, 30)
    case.finish(flows)


def test():
    with case.mobile(wifi.Wifi, mnd={"linger-s": 60}, manager=wifi.network_manager) as net:
        moves(net)
        state = net.run("wtru", "nmcli", "-t", "-f", "DEVICE,STATE,CONNECTION", "device")
        case.require("wl0:connected:mip6" in state, f"NetworkManager says {state}")
        net.mnd.stop()
        base.wait_until(lambda: addresses(net), 10, "the interface keeps its address")
    with case.mobile(wifi.Wifi, mnd={"linger-s": 60}, manager=wifi.networkd) as net:
        moves(net)
        net.mnd.stop()
        base.wait_until(lambda: addresses(net), 10, "the interface keeps its address")


case.main(test)
