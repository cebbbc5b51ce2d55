# SPDX-License-Identifier: GPL-2.0-or-later
"""
What each test file starts with: main(function) runs it and turns what happens into an exit status.
"""

import os
import sys
import traceback

from . import base, inject
from .daemons import IDENTITY, KEY, SPI, Mobile
from .flows import Flows
from .topology import CN_ADDRESS

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


def refused_on_the_link(net, hoa):
    """
    RFC 6275 section 10.3.2: bound, but at home all the same, a WTRU hears at its link-layer address
    why its BU is refused, and not through its tunnel. Its daemon does not take part, and is dead
    afterwards.
    """
    net.mnd.kill()
    agent, away, here = net.gateway(1).address, inject.Injector(net, "cn"), inject.Injector(net, "wtru")

    def update(injector, coa, seq, lifetime_s, timestamp):
        message = inject.binding_update(
            hoa, coa, seq, lifetime_s, IDENTITY, SPI, bytes.fromhex(KEY), timestamp, dst=agent
        )
        injector.send(inject.packet(coa, agent, message, hoa if coa != hoa else None))
        return injector.status(seq, 5)

    earlier = inject.ntp_now()
    require(update(away, CN_ADDRESS, 7, 60, inject.ntp_now()) == 0, "bound from away")
    status = update(here, hoa, 8, 0, earlier)
    require(status == 144, f"status {status} on the link for an old time stamp")
    require(net.gw(1).binding(hoa), "the binding is still there")
    require(update(here, hoa, 9, 0, inject.ntp_now()) == 0, "at home")
    require(net.gw(1).binding(hoa) is None, "not bound any more")


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
