# SPDX-License-Identifier: GPL-2.0-or-later
"""
Which data plane is taken: "auto" without the capabilities for BPF uses the kernel's tunnel driver,
and a session survives a move with it; where there is none either, the daemons say so and end. Then
with them: the same session goes on over BPF, and back.
"""

import subprocess

from mip6net import case

WITHOUT_BPF = "--bounding-set=-bpf,-perfmon,-sys_admin"


def has_tunnel_driver():
    said = subprocess.run(
        [case.tool("dataplane")],
        input="backend gateway ip6tnl\n",
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return said.startswith("ok")


def confine(daemon):
    """Its next starts are without those capabilities; the function returned ends that."""
    binary, arguments = daemon.binary, daemon.arguments
    daemon.binary = "setpriv"
    daemon.arguments = lambda: [WITHOUT_BPF, binary, *arguments()]

    def release():
        daemon.binary, daemon.arguments = binary, arguments

    return release


def uses(daemon, name):
    plane = daemon.ctl("status")["dataplane"]
    case.require(plane["name"] == name, f"{daemon.program} uses {plane}")
    return plane["why"]


def test():
    # Two daemons without a choice made for them.
    choice = {"dataplane": "auto"}
    mnd = dict(choice, **{"linger-s": 60})
    with case.mobile(gateways=2, mnd=mnd, dgwd=choice, start=False) as net:
        daemons = [*net.gws, net.mnd]
        release = [confine(daemon) for daemon in daemons]
        if not has_tunnel_driver():
            for daemon in daemons:
                daemon.start(ready=False)
                case.require(daemon.process.wait(20) != 0, f"{daemon.program} runs")
                text = daemon.log()
                case.require(
                    "no data plane works here" in text and "ip6tnl: no ip6_tunnel" in text, text
                )
            return
        net.start_daemons()
        for daemon in daemons:
            why = uses(daemon, "ip6tnl")
            case.require("bpf: " in why and "CAP_" in why, f"why: {why}")
        flows = case.traffic(net)
        address = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, address)
        case.arrive(net, 2)
        net.wait_bound(address)
        flows.progress_until(opened)
        # The other data plane takes over what this one left.
        for daemon, again in zip(daemons, release):
            again()
            daemon.kill()
            daemon.start()
            uses(daemon, "bpf")
        net.wait_bound(address)
        flows.progress_until(opened)
        found = [t for n in ("gw1", "wtru") for t in net.traces(n) if "mip6_" in t]
        case.require(not found, f"of the other data plane: {found}")
        for daemon in daemons:
            daemon.write_config(dataplane="ip6tnl")
            daemon.kill()
            daemon.start()
            uses(daemon, "ip6tnl")
        net.wait_bound(address)
        flows.progress_until(opened)
        found = [t for n in ("gw1", "wtru") for t in net.traces(n) if "clsact" in t]
        case.require(not found, f"of BPF: {found}")
        case.finish(flows)


case.main(test)
