# SPDX-License-Identifier: GPL-2.0-or-later
"""Corrupt or unwritable state: the daemons run on, say so, and connections survive moves."""

import os

from mip6net import base, case


def test():
    with case.mobile(gateways=2, mnd={"linger-s": 30}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        flows.open("lines")
        case.arrive(net, 2)
        net.wait_bound(first)
        for daemon in (*net.gws, net.mnd):
            daemon.kill()
            files = [e.path for e in os.scandir(daemon.state_dir) if e.is_file()]
            case.require(files, f"{daemon.program} keeps no state")
            for path in files:
                with open(path, "wb") as f:
                    f.write(b"\x7f{ not what it was \0\xff" * 50)
            daemon.start()
            case.require(
                "state" in daemon.log() or daemon.ctl("status")["warnings"],
                f"{daemon.program} says nothing of its corrupt state",
            )
        net.detach()
        second = case.arrive(net, 2)
        late = flows.open("lines", label="lines later")
        case.require(late.local == second, "newest address")
        # Nothing can be written any more.
        for daemon in (*net.gws, net.mnd):
            os.chmod(daemon.state_dir, 0o500)
            for entry in os.scandir(daemon.state_dir):
                os.chmod(entry.path, 0o400)
        _, after, _ = net.arrive(1)
        net.wait_bound(second)
        flows.progress_until([late], 20, after)
        base.wait_until(lambda: net.mnd.ctl("status")["warnings"], 10, "mip6-mnd warns")
        flows.close(late)
        case.require(not late.broken, f"{late.label}: {late.broken}")


case.main(test)
