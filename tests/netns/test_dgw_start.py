# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
The D-GW around its life: it waits for its access link, and serves again when the link was lost; sets
what the configuration wants and the system lacks; and puts everything back when it stops, also when
an earlier run was killed.
"""

import signal

from mip6net import base, case, nd

ADDRESS = "2001:db8:1:ffff::1"
SETTINGS = {
    "net/ipv6/conf/all/forwarding": 0,
    "net/ipv6/conf/access/accept_ra": 1,
    "net/ipv6/conf/core/accept_ra": 1,
    "net/ipv6/conf/access/proxy_ndp": 0,
    "net/ipv6/conf/all/proxy_ndp": 0,
    "net/ipv6/neigh/access/proxy_delay": 80,
}


def settings(net):
    found = {}
    for path in SETTINGS:
        text = net.run("gw1", "cat", "/proc/sys/" + path)
        found[path] = int(text)
    return found


def warnings(gw):
    return " ".join(gw.ctl("status")["warnings"])


def answered(net, station):
    answer = base.wait_until(
        lambda: station.solicit(nd.link_local(station.mac), seconds=0.5), 10, "an answer"
    )
    agents = [p[0] for p in answer.prefixes if p[2] & 0x20]
    case.require(ADDRESS in agents, f"{ADDRESS} is not advertised: {agents}")


def waits(net, gw, station):
    net.ip_batch("gw1", ["link set access down", "link set access name elsewhere"])
    gw.start()
    case.require("access interface" in warnings(gw), f"does not say that it waits: {warnings(gw)}")
    net.ip_batch("gw1", ["link set elsewhere name access", "link set access up"])
    answered(net, station)
    case.require("access interface" not in warnings(gw), f"still waits: {warnings(gw)}")
    status = gw.ctl("status")
    case.require(status["addresses"][0] == ADDRESS, f"home agent address: {status['addresses']}")
    lo = str(net.ip("gw1", "-6", "address", "show", "dev", "lo"))
    case.require(ADDRESS in lo, f"not set on lo: {lo}")
    now = settings(net)
    case.require(
        list(now.values()) == [1, 0, 2, 1, 1, 0], f"settings while it runs: {now}"
    )


def link_lost(net, station):
    net.ip_batch("gw1", ["link set access down"])
    net.ip_batch("gw1", ["link set access up"])
    answered(net, station)
    net.ip_batch("gw1", ["link del access"])
    net.ip_batch(None, [
        f"link add access index 131 netns {net.netns('gw1')} type veth "
        f"peer name cell1-new index 901 netns {net.netns('air')}",
    ])
    net.ip_batch("air", ["link set cell1-new master cell1", "link set cell1-new up"])
    net.ip_batch("gw1", ["link set access up"])
    answered(net, station)
    for path in ("conf/access/accept_ra", "conf/access/proxy_ndp"):
        value = int(net.run("gw1", "cat", "/proc/sys/net/ipv6/" + path))
        case.require(value == (path[-3:] == "ndp"), f"{path} of the new link is {value}")


def test():
    with case.mobile(gateways=1, shared=True, dgwd={"address": ADDRESS}, start=False) as net:
        gw = net.gw(1)
        net.ip_batch("gw1", [f"addr del {net.gateway(1).address}/64 dev access"])
        net.sysctl("gw1", {path[4:]: value for path, value in SETTINGS.items()})
        before = settings(net)
        case.require(before == SETTINGS, f"cannot prepare the settings: {before}")
        net.attach(net.gateway(1))
        station = nd.Station(net, "wtru", "wl0")
        waits(net, gw, station)
        gw.stop()
        case.require(not net.traces("gw1"), f"left in the kernel: {net.traces('gw1')}")
        case.require(settings(net) == before, f"settings not put back: {settings(net)}")
        addresses = str(net.ip("gw1", "-6", "address", "show", "dev", "access"))
        case.require(net.gateway(1).address not in addresses, "the address on the access link")
        gw.start()
        answered(net, station)
        gw.kill()
        gw.start()
        answered(net, station)
        link_lost(net, station)
        # A change of guards: nothing goes meanwhile.
        gw.process.kill(signal.SIGUSR2)
        case.require(gw.process.wait(10) == 0, "exit status after SIGUSR2")
        traces = net.traces("gw1")
        kept = [t for t in traces if "clsact" in t or "mip6_gateway" in t]
        case.require(kept, f"removed by SIGUSR2: {traces}")
        case.require(settings(net)["net/ipv6/conf/all/forwarding"] == 1, "forwarding was put back")
        gw.start()
        answered(net, station)
        gw.stop()
        case.require(not net.traces("gw1"), f"left after a kill: {net.traces('gw1')}")
        after = settings(net)
        case.require(
            after["net/ipv6/conf/all/forwarding"] == 0
            and after["net/ipv6/conf/core/accept_ra"] == 1,
            f"settings not put back after a kill: {after}",
        )


case.main(test)
