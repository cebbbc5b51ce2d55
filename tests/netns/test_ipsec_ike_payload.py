# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 180
"""
The reverse tunnel inside ESP with keys that charons negotiate while the WTRU is at the anchor:
connections survive moves, rekeying and killed daemons, nothing of them is readable on the way, what is
too big is told so. A D-GW that does not offer it says so, and nothing of that address goes out without.
Needs a kernel with ESP and Mobile IPv6, and strongSwan.
"""

import re

from mip6net import base, case
from mip6net.charon import Negotiated


def tunnels(net, netns):
    """SPIs of security associations in tunnel mode."""
    return {
        re.search(r"spi (\S+)", state).group(1)
        for state in net.made(netns)
        if "mode tunnel" in state
    }


def in_esp(net, hoa):
    base.wait_until(
        lambda: net.mnd.instance(hoa).get("payload") and net.gw(1).binding(hoa).get("payload"),
        20,
        f"the tunnel of {hoa} is inside ESP",
    )


def fits(net, hoa):
    """What the CN is told about the MTU is less than without ESP, and passes."""

    def ping(size):
        command = f"ping -6 -n -c 1 -W 2 -M do -s {size - 48} {hoa} 2>&1"
        return net.run("cn", "sh", "-c", command, check=False)

    def told():
        found = re.search(r"mtu[ =:]*(\d+)", ping(1500))
        return int(found.group(1)) if found else None

    mtu = base.wait_until(told, 10, "Packet Too Big")
    case.require(1280 < mtu < 1452, f"MTU {mtu}")
    base.wait_until(lambda: " 1 received" in ping(mtu), 10, f"{mtu} octets pass")


def test():
    mnd = {"linger-s": 300, "anchors": [{"prefix": "2001:db8::/32", "payload": True}]}
    options = {"gateways": 3, "start": False, "mnd": mnd, "dgwd": {"payload": True}}
    with case.mobile(Negotiated, **options) as net:
        net.gw(3).write_config(payload=False)
        net.start_daemons()
        flows = case.traffic(net)
        one = case.arrive(net, 1)
        net.wait_sa(one)
        base.wait_until(
            lambda: tunnels(net, "wtru") and tunnels(net, "wtru") == tunnels(net, "gw1"),
            20,
            "security associations for the tunnel, before any move",
        )
        opened = case.open_trio(net, flows, 1, one)

        case.arrive(net, 2)
        net.wait_bound(one)
        in_esp(net, one)
        flows.progress_until(opened, 20)
        # Not at the WTRU: its kernel shows what it has decrypted once more.
        capture = net.capture("gw2", "core")
        flows.run_for(0.5)
        fits(net, one)
        capture.stop()
        wrong = net.run(
            *("cn", "tcpdump", "-n", "-r", net.path("gw2-core.pcap")),
            f"ip6 proto 41 or (host {one} and tcp)",
        )
        case.require(not wrong.strip(), f"readable: {wrong[:300]}")

        # Elsewhere, at a D-GW that offers none.
        _, after, three = net.arrive(3)
        net.wait_bound(one)
        flows.progress_until(opened, 20, since_ns=after)
        tunnel = net.mnd.instance(one)["tunnel"]
        case.require(tunnel["tx_packets"] > 10 and tunnel["rx_packets"] > 10, f"{tunnel}")
        said = f"no tunnel inside IPsec hoa={three}"
        base.wait_until(lambda: said in net.mnd.log(), 30, said)

        before = tunnels(net, "gw1")
        net.charons["wtru"].request("rekey", {"child": "tunnel"})
        base.wait_until(lambda: not before & tunnels(net, "gw1"), 20, "other keys")
        flows.progress_until(opened, 20)

        net.gw(1).kill()
        net.gw(1).restart()
        net.mnd.kill()
        net.mnd.restart()
        net.wait_bound(one)
        flows.progress_until(opened, 20)
        in_esp(net, one)

        _, after, _ = net.arrive(1)
        flows.progress_until(opened, 20, since_ns=after)
        base.wait_until(lambda: net.gw(1).binding(one) is None, 10, "de-registered at home")
        flows.progress_until(opened, 20)
        case.finish(flows)
        net.stop_daemons()
        net.require_clean()


case.main(test)
