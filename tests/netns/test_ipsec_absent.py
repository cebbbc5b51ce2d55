# SPDX-License-Identifier: GPL-2.0-or-later
"""On a kernel without ESP, daemons that are to use it say so and do not start."""

from mip6net import base, case
from mip6net.ipsec import missing


def test():
    if not missing():
        raise base.Skip("this kernel has ESP")
    with case.mobile(gateways=1, start=False) as net:
        for daemon in (net.mnd, net.gw(1)):
            daemon.write_config(protection="manual")
            daemon.start(ready=False)
            case.require(daemon.process.wait() != 0, f"{daemon.program} started without ESP")
            case.require("this kernel has no ESP" in daemon.log(), daemon.log())


case.main(test)
