# SPDX-License-Identifier: GPL-2.0-or-later
"""
A new configuration while bindings exist: a good one is in force without losing one, a bad one
changes nothing and is refused with every mistake; by control command and by SIGHUP.
"""

import signal

from mip6net import base, case
from mip6net.daemons import ControlError


def test():
    with case.mobile(gateways=2, mnd={"linger-s": 30}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        case.arrive(net, 2)
        net.wait_bound(first)
        for daemon in (net.mnd, net.gw(1)):
            good = dict(daemon.config)
            daemon.write_config(**{"log-level": "shout", "no-such-key": True})
            try:
                daemon.ctl("reload")
            except ControlError as error:
                case.require(error.code == "bad-config", f"code {error.code}")
                case.require("log-level" in str(error) and "no-such-key" in str(error), str(error))
            else:
                raise base.Failure("a bad configuration was taken")
            daemon.config = dict(good, **{"log-level": "debug"})
            daemon.write_config()
            daemon.ctl("reload")
            daemon.process.kill(signal.SIGHUP)
            case.require(daemon.process.running(), "runs on")
            net.wait_bound(first)
        _, after, _ = net.arrive(1)
        flows.progress_until(opened, since_ns=after)
        case.finish(flows)


case.main(test)
