# SPDX-License-Identifier: GPL-2.0-or-later
"""
The network of the tests: one WTRU, some D-GWs, a core router, a correspondent node.

          air (one bridge per D-GW)          core
    wtru ~~~ cell1 --- gw1 ------------------+
    wl0 ~~~~ cell2 --- gw2 ------------------+---- cn
    wl1 ~~~~ cell3 --- gw3 ------------------+

The WTRU's interfaces end in the namespace "air", which holds one bridge per D-GW. A move with a
carrier event takes the air end down, puts it into the other bridge and takes it up again; a silent
move only changes the bridge. More stations than the WTRU may share the air. Addresses: D-GW N has
2001:db8:N::/48 (N in hexadecimal): :0::1/64 on its access link, the pool of unique prefixes at
:8000::/49. Routing in the core is static.
"""

import time

from .base import Failure, Network, Skip
from .netlink import LinkControl

CN_ADDRESS = "2001:db8:ffff::2"
CORE_CN_ADDRESS = "2001:db8:ffff::1"
QUIET = {"ipv6/conf/default/accept_dad": 0, "ipv6/conf/default/accept_ra": 0}


class Gateway:
    """Names and addresses of D-GW number N."""

    def __init__(self, number):
        self.number = number
        self.name = f"gw{number}"
        self.cell = f"cell{number}"
        base = f"2001:db8:{number:x}"
        self.prefix = f"{base}::/48"
        self.shared = f"{base}::/64"
        self.pool = f"{base}:8000::/49"
        self.address = f"{base}::1"
        self.core_address = f"2001:db8:fffe:{number:x}::2"
        self.core_peer = f"2001:db8:fffe:{number:x}::1"

    def __str__(self):
        return f"D-GW{self.number}"


class Topology(Network):
    """Builds it, and moves the WTRU."""

    def __init__(self, gateways=3, interfaces=1, others=(), keep_dir=None, core_mtu=1500):
        super().__init__(keep_dir)
        self.gateways = [Gateway(i + 1) for i in range(gateways)]
        # Each (station, interface) has its port in the air.
        self.ports = [("wtru", f"wl{i}") for i in range(interfaces)]
        self.ports += [(other, "wl0") for other in others]
        self.others = list(others)
        self.shaped = False
        try:
            self._build(core_mtu)
        except BaseException:
            self.close()
            raise

    def gateway(self, number):
        return self.gateways[number - 1]

    def _build(self, core_mtu):
        fixed = ["air", "core", "cn"] + [g.name for g in self.gateways]
        self.add_namespaces(["wtru"] + self.others + fixed)
        for name in fixed:
            self.sysctl(name, QUIET)
        self.sysctl("air", {"ipv6/conf/default/disable_ipv6": 1})
        for name in ["core"] + [g.name for g in self.gateways]:
            self.sysctl(name, {"ipv6/conf/all/forwarding": 1, "ipv6/conf/default/forwarding": 1})
        self._add_links(core_mtu)
        for g in self.gateways:
            self.sysctl(g.name, {"ipv6/conf/access/accept_ra": 0})
            self.ip_batch(
                g.name,
                [
                    "link set access up",
                    "link set core up",
                    f"addr add {g.address}/64 dev access nodad",
                    f"addr add {g.core_address}/64 dev core nodad",
                    f"route add default via {g.core_peer}",
                ],
            )
        self.ip_batch(
            "cn",
            [
                f"addr add {CN_ADDRESS}/64 dev core nodad",
                "link set core up",
                f"route add default via {CORE_CN_ADDRESS}",
            ],
        )
        self.ip_batch(
            "core",
            [f"addr add {CORE_CN_ADDRESS}/64 dev cn nodad", "link set cn up"]
            + [
                line
                for g in self.gateways
                for line in (
                    f"addr add {g.core_peer}/64 dev {g.name} nodad",
                    f"link set {g.name} up",
                    f"route add {g.prefix} via {g.core_address}",
                )
            ],
        )
        links = {link["ifname"]: link["ifindex"] for link in self.ip("air", "link")}
        self.air_index = links
        self.air = LinkControl(self.netns_path("air"))
        self.closers.append(self.air.close)

    def _add_links(self, core_mtu):
        # Index numbers are given because a veth whose two ends have equal numbers reports the loss
        # of its carrier up to a second late.
        lines = [
            f"link add core index {120 + g.number} mtu {core_mtu} netns {self.netns(g.name)} "
            f"type veth peer name {g.name} mtu {core_mtu} index {700 + g.number} "
            f"netns {self.netns('core')}"
            for g in self.gateways
        ]
        lines.append(
            f"link add core index 230 netns {self.netns('cn')} type veth "
            f"peer name cn index 800 netns {self.netns('core')}"
        )
        self.ip_batch(None, lines)
        self._add_air()

    def _add_air(self):
        """The links between stations and D-GWs."""
        lines = []
        for i, (station, interface) in enumerate(self.ports):
            lines.append(
                f"link add {interface} index {10 + i} netns {self.netns(station)} type veth "
                f"peer name air{i} index {500 + i} netns {self.netns('air')}"
            )
        for g in self.gateways:
            lines.append(
                f"link add access index {20 + g.number} netns {self.netns(g.name)} type veth "
                f"peer name {g.cell}-gw index {600 + g.number} netns {self.netns('air')}"
            )
        self.ip_batch(None, lines)
        lines = []
        for g in self.gateways:
            lines += [
                f"link add {g.cell} type bridge stp_state 0 forward_delay 0 mcast_snooping 0",
                f"link set {g.cell}-gw master {g.cell}",
                f"link set {g.cell}-gw up",
                f"link set {g.cell} up",
            ]
        self.ip_batch("air", lines)
        for station, interface in self.ports:
            self.ip_set(station, "link", "set", interface, "up")

    def shape(self, round_trip_ms, loss_percent=0, reorder=False):
        """
        Long paths: this round trip between any two of the D-GWs and the CN; each packet may be lost
        or overtaken once. Skip when the kernel has no netem.
        """
        if not self.shaped:
            # Routers at the two ends of a link shall know each other, or first packets wait for it.
            for address in [CN_ADDRESS] + [g.core_address for g in self.gateways]:
                self.run("core", "ping", "-6", "-c", "1", "-W", "5", address)
            self.shaped = True
        options = ["limit", "20000", "delay", f"{round_trip_ms / 2}ms"]
        if loss_percent:
            options += ["loss", f"{loss_percent}%"]
        if reorder:
            options += ["reorder", "25%", "50%"]
        for device in ["cn"] + [g.name for g in self.gateways]:
            try:
                self.run(
                    "core", "tc", "qdisc", "replace", "dev", device, "root", "netem", *options
                )
            except Failure as problem:
                raise Skip("this kernel has no netem") from problem

    def _port(self, station, interface):
        return self.air_index[f"air{self.ports.index((station, interface))}"]

    def move(self, gateway, interface="wl0", silent=False, station="wtru"):
        """
        Put a station into the cell of a D-GW. Returns (before, after): CLOCK_MONOTONIC in ns right
        before the old link went, and right before the new one came (silent: after it came).
        """
        port, cell = self._port(station, interface), self.air_index[gateway.cell]
        control = self.air
        before = time.monotonic_ns()
        if silent:
            control.do(control.master(port, cell))
            return before, time.monotonic_ns()
        control.do(control.down(port), control.master(port, cell))
        after = time.monotonic_ns()
        control.do(control.up(port))
        return before, after

    def attach(self, gateway, interface="wl0", station="wtru"):
        """First link, or a link again after detach()."""
        return self.move(gateway, interface, station=station)

    def detach(self, interface="wl0", station="wtru"):
        """Out of coverage: no carrier."""
        port = self._port(station, interface)
        before = time.monotonic_ns()
        self.air.do(self.air.down(port), self.air.master(port, 0))
        return before, time.monotonic_ns()
