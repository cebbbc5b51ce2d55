# SPDX-License-Identifier: GPL-2.0-or-later
"""
The test network itself, without any daemon: a move costs the traffic little, being
elsewhere is seen as an interruption with losses, content is checked, and nothing is left after the
end or a kill.
"""

import os
import signal
import subprocess
import sys
import time

from mip6net import base, case
from mip6net.flows import DOWN, UP, Flows, interruption_ms, losses
from mip6net.topology import Topology


def traffic():
    with Topology(gateways=2, keep_dir=case.KEEP) as net:
        net.attach(net.gateway(1))
        net.ip_batch(
            "wtru",
            ["addr add 2001:db8:1::100/64 dev wl0 nodad", "route add default via 2001:db8:1::1"],
        )
        flows = Flows(net, case.tool("traffic"))
        udp, lines = flows.open("udp"), flows.open("lines")
        bulk = flows.open("bulk", rate=2000000)
        case.require(udp.local == "2001:db8:1::100", "local address is reported")
        flows.progress_until([udp, lines, bulk])
        short = net.move(net.gateway(1))
        flows.progress_until([udp, lines, bulk])
        away = net.move(net.gateway(2))[0]
        flows.run_for(3.0)
        back = net.move(net.gateway(1))[1]
        flows.progress_until([udp, lines, bulk])
        flows.close(udp, lines, bulk)
        for flow in (udp, lines, bulk):
            case.require(not flow.broken, f"{flow.label}: {flow.broken}")
        case.require(bulk.result["octets"] > 0 and bulk.result["ok"], "checksum of the bulk flow")
        arrivals = flows.arrivals()
        for direction, sent in ((UP, udp.result["sent"]), (DOWN, udp.result["peer_sent"])):
            seen = arrivals[(udp.number, direction)]
            there = interruption_ms(seen, *short, 5000)
            elsewhere = interruption_ms(seen, away, back, 5000)
            case.require(elsewhere >= 2900, f"{direction}: away for {elsewhere} ms")
            # The kernel may ask for its neighbour twice, one second apart.
            case.require(there < elsewhere, f"{direction}: short move {there} ms")
            lost, twice = losses(seen, sent)
            case.require(len(lost) + len(seen) - twice == sent, f"{direction}: counts")
            case.require(twice == 0, f"{direction}: {twice} came twice")
            # Upwards the kernel keeps packets while it looks for its router again.
            case.require(direction == UP or len(lost) >= 50, f"{len(lost)} lost {direction}")


def killed():
    """SIGKILL of the owner: namespaces, processes and files go all the same."""
    code = (
        "import sys, time\nfrom mip6net.topology import Topology\n"
        "net = Topology(1)\nnet.start('cn', 'sleep', '1000')\nprint(net.dir, flush=True)\n"
        "time.sleep(1000)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    directory = child.stdout.readline().strip()
    prefix = f"mip6-{child.pid}-"
    case.require(len(base.namespace_names(prefix)) == 5, "namespaces made")
    child.send_signal(signal.SIGKILL)
    child.wait()
    base.wait_until(
        lambda: not base.namespace_names(prefix) and not os.path.exists(directory),
        10,
        "clean after SIGKILL",
    )


def test():
    before = time.monotonic()
    traffic()
    case.require(not base.namespace_names(f"mip6-{os.getpid()}-"), "namespaces are gone")
    killed()
    print(f"{time.monotonic() - before:.1f} s")


case.main(test)
