# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
TCP with segmentation offload through the tunnel: fast downloads over a move, each octet compared;
the path uses full segments, not one packet per segment.
"""

from mip6net import case


def test():
    with case.mobile(gateways=3, mnd={"linger-s": 30}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        bulk = [flows.open("bulk", rate=12000000, label=f"bulk {i}") for i in range(2)]
        for number in (2, 3):
            case.arrive(net, number)
            net.wait_bound(first)
            flows.progress_until(bulk, 20)
            flows.run_for(1)
        tunnel = net.mnd.instance(first)["tunnel"]
        case.finish(flows)
        octets = sum(f.result["octets"] for f in bulk)
        case.require(octets > 12000000, f"only {octets} octets came")
        mean = tunnel["rx_bytes"] / max(1, tunnel["rx_packets"])
        case.require(mean > 1000, f"{mean:.0f} octets per packet in the tunnel")
        print(f"{octets / 1e6:.1f} MB, {mean:.0f} octets per packet in the tunnel")


case.main(test)
