# SPDX-License-Identifier: GPL-2.0-or-later
"""
The reverse tunnel inside ESP: connections survive moves, nothing of them is readable on the way, what
is too big is told so, what comes from the home address without ESP is dropped, a killed daemon's
successor goes on, and nothing is left. Needs a kernel with ESP and Mobile IPv6.
"""

import re

from mip6net import base, case, inject
from mip6net.ipsec import Protected, prefixes_told
from mip6net.topology import CN_ADDRESS


def too_big(net, hoa):
    """The MTU that the CN is told for a packet of 1500 octets."""

    def told():
        # The second time it is the CN's own kernel that knows.
        command = f"ping -6 -n -c 1 -W 1 -M do -s 1452 {hoa} 2>&1"
        text = net.run("cn", "sh", "-c", command, check=False)
        found = re.search(r"mtu[ =:]*(\d+)", text)
        return int(found.group(1)) if found else None

    return base.wait_until(told, 10, "Packet Too Big")


def readable(net, capture, address):
    """Packets of an address in a capture that are not inside ESP."""
    return net.run(
        "cn", "tcpdump", "-n", "-r", capture, f"ip6 proto 41 or (host {address} and tcp)"
    ).splitlines()


def spoofed(net, hoa):
    """A packet from the home address that did not come through the tunnel goes nowhere."""
    seen = inject.Injector(net, "cn")
    mallory = inject.Injector(net, "core")
    echo = bytes([128, 0, 0, 0, 0, 77, 0, 1]) + b"spoofed!"
    mallory.send(inject.packet(hoa, CN_ADDRESS, echo, next_header=inject.ICMP6))
    case.require(
        any(b"spoofed!" in p for p in seen.packets(1.0)), "the packet itself does not travel"
    )
    # The same by way of the D-GW: it is the router for who is on its access link.
    with net.entered("gw2"):
        out = inject.socket.socket(inject.socket.AF_INET6, inject.socket.SOCK_RAW, 255)
    net.ip_set("gw2", "route", "add", "2001:db8:ffff::77/128", "via", net.gateway(2).core_peer)
    net.ip_set("core", "route", "add", "2001:db8:ffff::77/128", "via", net.gateway(1).core_address)
    net.ip_set("gw1", "route", "add", "2001:db8:ffff::77/128", "via", net.gateway(1).core_peer)
    before = kernel_drops(net)
    packet = inject.packet(hoa, "2001:db8:ffff::77", echo, next_header=inject.ICMP6)
    out.sendto(packet, ("2001:db8:ffff::77", 0))
    base.wait_until(lambda: kernel_drops(net) > before, 5, "dropped at the D-GW")
    out.close()


def kernel_drops(net):
    text = net.run("gw1", "cat", "/proc/net/xfrm_stat")
    return sum(
        int(line.split()[1])
        for line in text.splitlines()
        if line.split()[0] in ("XfrmInTmplMismatch", "XfrmInNoPols", "XfrmInPolBlock")
    )


def test():
    options = {"payload": True, "prefixes": True, "mnd": {"linger-s": 300}}
    with case.mobile(Protected, gateways=3, **options) as net:
        flows = case.traffic(net)
        one = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, one)
        case.arrive(net, 2)
        instance = net.wait_bound(one)
        flows.progress_until(opened)
        # Not at the WTRU: its kernel shows what it has decrypted once more.
        capture = net.capture("gw2", "core")
        case.require(net.mnd.instance(one).get("payload"), f"{instance}")
        case.require(net.gw(1).binding(one).get("payload"), f"{net.gw(1).binding(one)}")
        flows.run_for(0.5)
        mtu = too_big(net, one)
        case.require(mtu == 1406, f"MTU {mtu}, not 1500 less two headers and ESP")
        spoofed(net, one)
        flows.progress_until(opened)
        capture.stop()
        # With a pair of its own, beside the tunnel.
        prefixes_told(net, 1, one, 0x5001)
        wrong = readable(net, net.path("gw2-core.pcap"), one)
        case.require(not wrong, f"readable: {wrong[:5]}")

        _, after, _ = net.arrive(3)
        net.wait_bound(one)
        flows.progress_until(opened, since_ns=after)
        tunnel = net.mnd.instance(one)["tunnel"]
        case.require(tunnel["tx_packets"] > 10 and tunnel["rx_packets"] > 10, f"{tunnel}")

        net.gw(1).kill()
        net.gw(1).restart()
        net.mnd.kill()
        net.mnd.restart()
        net.wait_bound(one)
        flows.progress_until(opened)
        states = net.states("gw1").count("mode tunnel")
        case.require(states == 2, f"{states} states of tunnels: {net.states('gw1')}")

        _, after, _ = net.arrive(1)
        flows.progress_until(opened, since_ns=after)
        base.wait_until(lambda: net.gw(1).binding(one) is None, 10, "de-registered at home")
        base.wait_until(
            lambda: "mode tunnel" not in net.states("gw1"), 10, "no tunnel at home any more"
        )
        flows.progress_until(opened)
        case.finish(flows)
        net.stop_daemons()
        for netns in ("wtru", "gw1", "gw2", "gw3"):
            left = net.states(netns) + net.run(netns, "ip", "xfrm", "policy")
            case.require(not left.strip(), f"left in {netns}: {left}")


case.main(test)
