# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a daemon says when it cannot start: second daemon (exit status 4), bad configuration (2, a
line for each mistake), missing capabilities (3), readable key file (2), unknown option (2).
"""

import os

from mip6net import case


def ends(net, daemon, status, *words, prefix=(), extra=()):
    """Start the daemon again: it must end with this status, and say these words."""
    process = net.start(
        daemon.netns, *prefix, daemon.binary, *daemon.arguments(), *extra, log="refused.log"
    )
    code = process.wait(10)
    said = process.log()
    os.unlink(process.log_path)
    case.require(code == status, f"{daemon.program}: exit status {code}, not {status}: {said}")
    for word in words:
        case.require(word in said, f"{daemon.program}: does not say {word!r}: {said}")
    return said


def test():
    with case.mobile(gateways=1) as net:
        for daemon in (net.mnd, net.gw(1)):
            ends(net, daemon, 4, "already")
        case.require(
            net.mnd.process.running() and net.gw(1).process.running(), "the first ones run on"
        )
        net.stop_daemons()
        for daemon in (net.mnd, net.gw(1)):
            ends(
                net,
                daemon,
                3,
                "cap_net_admin",
                prefix=("setpriv", "--bounding-set=-all", "--inh-caps=-all"),
            )
            ends(net, daemon, 2, "--help", extra=("--frobnicate",))
            good = dict(daemon.config)
            daemon.write_config(**{"no-such-key": 1, "dataplane": "carrier-pigeon", "log-level": 7})
            said = ends(
                net, daemon, 2, daemon.config_path, "no-such-key", "carrier-pigeon", "log-level"
            )
            case.require(len(said.strip().splitlines()) >= 3, f"one line per mistake: {said}")
            daemon.config = good
            keys = good.get("key-file") or good["keys-file"]
            daemon.write_config()
            os.chmod(keys, 0o644)
            ends(net, daemon, 2, keys)
            os.chmod(keys, 0o600)
            daemon.start()
            daemon.stop()


case.main(test)
