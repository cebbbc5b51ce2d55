# SPDX-License-Identifier: GPL-2.0-or-later
"""
UMIP's mip6d as a peer: as home agent on the link of a D-GW, and as mobile node in place of
mip6-mnd. The environment variable UMIP_MIP6D names the program. It needs a kernel with Mobile IPv6
and ip6_tunnel, and for the home agent radvd.
"""

import os
import shutil
import statistics
import sys
import time

from mip6net import base
from mip6net.flows import interruption_ms
from mip6net.topology import CN_ADDRESS

HOME = 1  # number of the D-GW whose link is the home link
HOA = "2001:db8:1::1234"
HOME_AGENT = "2001:db8:1::1"
MOVES = 10
PATHS = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"

HA_CONFIG = """\
NodeConfig HA;
DebugLevel 7;
Interface "access";
UseMnHaIPsec disabled;
"""

MN_CONFIG = """\
NodeConfig MN;
DebugLevel 7;
DoRouteOptimizationCN disabled;
DoRouteOptimizationMN disabled;
UseCnBuAck disabled;
MnDiscardHaParamProb enabled;
Interface "wl0";
UseMnHaIPsec disabled;
MnMaxHaBindingLife %d;
MnRouterProbes 1;
MnHomeLink "wl0" {
	HomeAgentAddress %s;
	HomeAddress %s/64;
}
"""

# The home agent learns its prefixes from this: H bit, and often enough for a restart.
RADVD_CONFIG = """\
interface access {
	AdvSendAdvert on;
	AdvHomeAgentFlag on;
	MinRtrAdvInterval 0.3;
	MaxRtrAdvInterval 1;
	prefix 2001:db8:1::1/64 {
		AdvOnLink on;
		AdvAutonomous on;
		AdvRouterAddr on;
	};
};
"""


def program():
    """Path of mip6d; skips without it, or on a kernel on which it cannot run."""
    path = os.environ.get("UMIP_MIP6D")
    if not path:
        raise base.Skip("UMIP_MIP6D names no mip6d")
    if not os.access(path, os.X_OK):
        raise base.Failure(f"UMIP_MIP6D={path} is no program")
    if not os.path.exists("/proc/net/dev_snmp6") or not _has_mip6():
        raise base.Skip("this kernel has no Mobile IPv6")
    return path


def _has_mip6():
    with open("/proc/kallsyms", encoding="ascii") as f:
        return any(" mip6_init" in line or " ipv6_chk_home_addr" in line for line in f)


class Umip:
    """A mip6d in a namespace."""

    def __init__(self, net, name, config):
        self.net = net
        self.name = name
        self.config_path = net.path(f"mip6d-{name}.conf")
        with open(self.config_path, "w", encoding="ascii") as f:
            f.write(config)
        self.process = None

    def start(self):
        self.process = self.net.start(
            self.name, program(), "-c", self.config_path, log=f"mip6d-{self.name}.log"
        )
        return self

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()
        self.process.wait()


def home_agent(net, config=HA_CONFIG):
    """radvd and mip6d on the home link."""
    radvd = shutil.which("radvd", path=PATHS)
    if not radvd:
        raise base.Skip("radvd is not installed")
    path = net.path("radvd.conf")
    with open(path, "w", encoding="ascii") as f:
        f.write(RADVD_CONFIG)
    gw = net.gateway(HOME).name
    net.sysctl(gw, {"ipv6/conf/all/proxy_ndp": 1, "ipv6/conf/access/proxy_ndp": 1})
    pid = net.path("radvd.pid")
    net.start(gw, radvd, "-n", "-m", "stderr", "-C", path, "-p", pid, log="radvd.log")
    return Umip(net, gw, config).start()


def mobile_node(net, lifetime_s, config=MN_CONFIG):
    return Umip(net, "wtru", config % (lifetime_s, HOME_AGENT, HOA)).start()


def tunnels(net):
    """The home agent's tunnels, one per binding."""
    links = net.ip(net.gateway(HOME).name, "-d", "link", "show", "type", "ip6tnl")
    return [link["ifname"] for link in links if link.get("ifname") not in (None, "ip6tnl0")]


def reaches(net, source):
    """Does a packet from the home address come back?"""
    out = net.run("wtru", "ping", "-6", "-c", "1", "-W", "1", "-I", source, CN_ADDRESS, check=False)
    return " 1 received" in out


def only_figures():
    """Only the figures are wanted: end after moves()."""
    return "--figures" in sys.argv


def moves(net, flows, opened, udp, ready):
    """
    To and fro between two foreign networks under traffic, MOVES times; ready(number) waits until
    the binding is that of D-GW `number`. Prints the interruption of udp, both directions.
    """
    times = []
    # The first ones bring all that is needed into the machine's memory.
    warm_up = 4 if only_figures() else 0
    for n in range(warm_up + (50 if only_figures() else MOVES)):
        number = 3 - n % 2
        before, after = net.move(net.gateway(number))
        ready(number)
        flows.progress_until(opened, 30, since_ns=after)
        flows.run_for(0.5)
        if n >= warm_up:
            times.append((before, time.monotonic_ns()))
    arrivals = flows.arrivals()
    found = [
        max(
            interruption_ms(arrivals[(udp.number, direction)], before, end, udp.interval_us)
            for direction in udp.directions()
        )
        for before, end in times
    ]
    print(
        f"interruption of {len(found)} moves, ms: {min(found):.0f} / {statistics.median(found):.0f} / "
        f"{max(found):.0f} (least / median / most)",
        flush=True,
    )
