# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""
Keys and methods change while sessions live, by a reload of each daemon: from the authentication option
to ESP with static keys, to other keys, to tunnels inside ESP, to keys by IKE, and back. No connection
ends, the old keys are good for nothing afterwards, and what is refused changes nothing. Needs a kernel
with ESP and Mobile IPv6, and strongSwan.
"""

from mip6net import base, case
from mip6net.charon import Negotiated
from mip6net.daemons import IDENTITY, KEY, SPI, ControlError, dgwd_keys, mnd_keys
from mip6net.ipsec import sa

OTHER_KEY = "hex:" + bytes(range(0x60, 0x80)).hex()


def write(net, protection, payload=False, other=False):
    """Configurations and key files of all; other: with other security associations."""
    kinds = [{}] + [{"payload": True}] * payload if protection == "manual" else []
    more = {"authentication-key": OTHER_KEY} if other else {}

    def pairs(gateway, towards_wtru, **members):
        # Numbers of other keys are other ones, too.
        number = gateway.number + (0x100 if other else 0)
        return [sa(number, towards_wtru, **kind, **members, **more) for kind in kinds]

    for gw in net.gws:
        keys = dgwd_keys([(IDENTITY, SPI, KEY)])
        keys["sas"] = pairs(gw.gateway, True, nai=IDENTITY, home=gw.gateway.pool)
        gw.write_config(
            **{
                "keys-file": net.secret(f"{gw.gateway.name}.keys", keys),
                "protection": "rfc4285" if protection == "manual" else protection,
            }
        )
    keys = mnd_keys(SPI, KEY)
    keys["sas"] = [
        pair for g in net.gateways for pair in pairs(g, False, anchor=g.address + "/128")
    ]
    net.secret("wtru.keys", keys)
    anchors = [{"prefix": "2001:db8::/32", "payload": True}] if payload else []
    net.mnd.write_config(**{"protection": protection, "anchors": anchors})


def reload(net, protection, **options):
    write(net, protection, **options)
    for daemon in [*net.gws, net.mnd]:
        daemon.ctl("reload")


def moved(net, flows, opened, one, number, protection):
    """Elsewhere, and bound there by this method, as both sides say."""
    _, after, _ = net.arrive(number)
    net.wait_bound(one, 20)
    flows.progress_until(opened, 20, since_ns=after)
    for entry in (net.mnd.instance(one), net.gw(1).binding(one)):
        case.require(entry["protection"] == protection, f"{entry}")
        case.require(entry.get("sa", "up") == "up", f"{entry}")


def numbers(net, netns):
    """SPIs of security associations that a daemon or charon has made; 0 is one that is missed."""
    lines = net.states(netns).splitlines()
    return {int(line.split()[3], 16) for line in lines if "proto esp" in line} - {0}


def refused(net, one):
    """What one side cannot read: all stays as it was."""
    path = net.secret("gw1.keys", {"identities": [], "sas": [{"nai": IDENTITY}]})
    net.gw(1).write_config(**{"keys-file": path})
    try:
        net.gw(1).ctl("reload")
    except ControlError as error:
        case.require(error.code == "bad-config", f"{error}")
    else:
        raise base.Failure("wrong keys were taken")
    case.require(net.gw(1).binding(one)["sa"] == "up", f"{net.gw(1).binding(one)}")


def test():
    with case.mobile(Negotiated, gateways=3, start=False, mnd={"linger-s": 300}) as net:
        write(net, "rfc4285")
        net.start_daemons()
        flows = case.traffic(net)
        one = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, one)
        moved(net, flows, opened, one, 2, "rfc4285")

        reload(net, "manual")
        moved(net, flows, opened, one, 3, "manual")
        refused(net, one)

        reload(net, "manual", other=True)
        moved(net, flows, opened, one, 2, "manual")
        for netns in ("wtru", "gw1", "gw2", "gw3"):
            base.wait_until(
                lambda n=netns: not any(spi & 0xFFF < 0x100 for spi in numbers(net, n)),
                10,
                f"no old keys in {netns}",
            )

        reload(net, "manual", payload=True)
        base.wait_until(
            lambda: net.mnd.instance(one).get("payload") and net.gw(1).binding(one).get("payload"),
            10,
            "the tunnel is inside ESP",
        )
        flows.progress_until(opened, 20)
        before = numbers(net, "gw1")
        reload(net, "manual", payload=True, other=True)
        flows.progress_until(opened, 20)
        moved(net, flows, opened, one, 3, "manual")
        base.wait_until(lambda: not before & numbers(net, "gw1"), 10, "no old keys")

        reload(net, "ike")
        net.wait_sa(one, seconds=40)
        case.require("mode tunnel" not in net.states("gw1"), "a tunnel inside ESP is left")
        moved(net, flows, opened, one, 2, "ike")

        reload(net, "rfc4285")
        moved(net, flows, opened, one, 3, "rfc4285")
        for netns in ("wtru", "gw1", "gw2", "gw3"):
            base.wait_until(lambda n=netns: not numbers(net, n), 10, f"no keys in {netns}")
        case.finish(flows)
        net.stop_daemons()
        net.require_clean()


case.main(test)
