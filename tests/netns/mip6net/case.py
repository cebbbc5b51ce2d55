# SPDX-License-Identifier: GPL-2.0-or-later
"""
What each test file starts with: main(function) runs it and turns what happens into an exit status.
"""

import os
import sys
import traceback

from . import base
from .daemons import Mobile
from .flows import Flows

BUILD = os.environ.get("MIP6_BUILD", "build")
KEEP = os.environ.get("MIP6_KEEP") or None
TRIO = (("lines", {}), ("bulk", {"rate": 500000}), ("udp", {"interval_us": 10000}))


def tool(name):
    """A program of tests/tools in the build directory."""
    return os.path.join(BUILD, "tests", "tools", name)


def mip6ctl(daemon, *args, check=True):
    """Output of mip6ctl for a daemon."""
    return base.run(
        base.program(BUILD, "mip6ctl"), "--socket", daemon.socket_path, *args, check=check
    )


def _say_dataplane(net):
    """For the runner: what the test ran on."""
    names = [d.ctl("status")["dataplane"]["name"] for d in (net.mnd, net.gws[0])]
    print(f"dataplane: wtru {names[0]}, gateway {names[1]}", flush=True)


def mobile(kind=Mobile, **options):
    """The network that most tests want, daemons running; or another kind of it."""
    return kind(BUILD, keep_dir=KEEP, started=_say_dataplane, **options)


def traffic(net):
    return Flows(net, tool("traffic"))


def open_trio(net, flows, number, address):
    """Interactive TCP, bulk TCP and UDP without a source address: they must use the newest one."""
    opened = [
        flows.open(kind, label=f"{kind} of D-GW{number}", **options) for kind, options in TRIO
    ]
    for flow in opened:
        require(flow.local == address, f"{flow.label} uses {flow.local}, the newest is {address}")
    return opened


def arrive(net, number, **options):
    """Move, and wait until the address is there and claimed. Returns it."""
    before, after, address = net.arrive(number, **options)
    net.wait_claimed(address)
    return address


def finish(flows):
    """Close all connections: their counts and checksums must be right."""
    flows.close(*flows.flows.values())
    for flow in flows.flows.values():
        require(not flow.broken, f"{flow.label} from {flow.local}: {flow.broken}")


def gone(net, address):
    """True when neither side has anything of an address any more."""
    if net.mnd.instance(address) or any(
        b["hoa"] == address for gw in net.gws for b in gw.entries()
    ):
        return False
    return not any(
        address in str(net.ip("wtru", "-6", *what))
        for what in (("address",), ("rule",), ("route", "show", "table", "all"))
    )


def require(condition, text):
    """The test fails when condition is false."""
    if not condition:
        raise base.Failure(text)


def main(test):
    base.exit_on_signals()
    try:
        test()
    except base.Skip as skip:
        print(skip)
        sys.exit(77)
    except base.Failure as failure:
        traceback.print_exc()
        print(failure)
        sys.exit(1)
