# SPDX-License-Identifier: GPL-2.0-or-later
"""
Keys stay where they are: after a run with debug logging, in which keys are used, refused, loaded
again and mistyped, no log, answer of a control socket, output of mip6ctl, state file or message
about a mistake has them, in any spelling.
"""

import base64
import json
import os

from mip6net import base, case, inject
from mip6net.daemons import IDENTITY, KEY, OPERATOR, SPI, ControlError, dgwd_keys, mnd_keys
from mip6net.topology import CN_ADDRESS

OTHER = "mallory@" + OPERATOR
OTHER_KEY = "ffeeddccbbaa99887766554433221100"
COMMANDS = (
    "version status instances links stats bindings leases release keep reload chains "
    "subscribe nonsense"
).split()
LEAST = 8  # octets of a key that may not be seen in a row


def spellings(key):
    """A window of the key, as octets and as text."""
    octets = bytes.fromhex(key)
    for start in range(len(octets) - LEAST + 1):
        part = octets[start : start + LEAST]
        yield part
        yield part.hex().encode()
        yield part.hex().upper().encode()
        yield part.hex(" ").encode()
        yield part.hex(":").encode()
        if start % 3 == 0:
            yield base64.b64encode(octets[start : start + 9]).rstrip(b"=")


def search(where, data, keys):
    data = data.encode() if isinstance(data, str) else data
    for key in keys:
        for spelling in spellings(key):
            case.require(spelling not in data, f"{where} has {spelling!r}")


def answers(daemon):
    """All that a control socket says."""
    texts = []
    for command in COMMANDS:
        try:
            texts.append(json.dumps(daemon.ctl(command)))
        except ControlError as error:
            texts.append(str(error))
    return "\n".join(texts)


def mistyped(net, daemon, name, content):
    """What a daemon says about a key file with a mistake."""
    good = daemon.config[name]
    path = net.secret("mistyped", content)
    daemon.write_config(**{name: path})
    process = net.start(
        daemon.netns, daemon.binary, *daemon.arguments(), "-t", log=f"mistyped-{daemon.netns}.log"
    )
    case.require(process.wait(10) == 2, "a mistyped key is a mistake")
    try:
        daemon.ctl("reload")
        raise base.Failure("a mistyped key was loaded")
    except ControlError as error:
        said = str(error)
    os.unlink(path)
    daemon.write_config(**{name: good})
    return process.log() + said


def test():
    keys = (KEY, OTHER_KEY)
    with case.mobile(gateways=2, mnd={"linger-s": 30}, start=False) as net:
        net.secret("dgwd.keys", dgwd_keys([(IDENTITY, SPI, KEY), (OTHER, SPI, OTHER_KEY)]))
        for gw in net.gws:
            gw.start(extra=("--debug",))
        net.mnd.start(extra=("--debug",))
        daemons = (net.mnd, *net.gws)
        events = [d.subscribe() for d in daemons]
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        case.arrive(net, 2)
        net.wait_bound(first)
        agent = net.gateway(1).address
        mallory = inject.Injector(net, "cn")
        for seq, (nai, key) in enumerate(((IDENTITY, OTHER_KEY), (OTHER, OTHER_KEY)), 1):
            update = inject.binding_update(
                first, CN_ADDRESS, seq, 60, nai, SPI, bytes.fromhex(key), dst=agent
            )
            mallory.send(inject.packet(CN_ADDRESS, agent, update, hoa=first))
            mallory.status(seq, 1)
        wrong = KEY[:-1] + "x"
        said = mistyped(net, net.mnd, "key-file", mnd_keys(SPI, wrong))
        said += mistyped(net, net.gw(1), "keys-file", dgwd_keys([(IDENTITY, SPI, wrong)]))
        said += mistyped(net, net.mnd, "key-file", {"spi": SPI, "algorithm": "hex:" + KEY})
        said += mistyped(net, net.gw(1), "keys-file", {"hex:" + KEY: "hex:" + KEY})
        said += mistyped(net, net.gw(1), "keys-file", {"identities": "hex:" + KEY})
        case.require("key" in said, f"says what is wrong: {said}")
        search("a message about a mistake", said, keys)
        for daemon in daemons:
            search(f"answers of {daemon.netns}", answers(daemon), keys)
            for command in ("status", "stats", "instances", "bindings"):
                for option in ((), ("--json",)):
                    output = case.mip6ctl(daemon, *option, command, check=False)
                    search(f"mip6ctl {command}", output, keys)
        flows.progress_until(opened)
        case.finish(flows)
        for daemon, control in zip(daemons, events):
            control.request("version")
            search(f"events of {daemon.netns}", json.dumps(control.events), keys)
        net.stop_daemons()
        searched = 0
        for daemon in daemons:
            case.require("debug" in daemon.log() or "bu-sent" in daemon.log(), "logs are verbose")
            search(f"log of {daemon.netns}", daemon.log(), keys)
            for name in os.listdir(daemon.state_dir):
                with open(os.path.join(daemon.state_dir, name), "rb") as f:
                    search(name, f.read(), keys)
                searched += 1
        case.require(searched >= 3, "state files were there")


case.main(test)
