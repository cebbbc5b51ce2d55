# SPDX-License-Identifier: GPL-2.0-or-later
"""
Mobile with IPsec: static security associations in the key files, and what the kernel has of them.
"""

import os
import re
import struct

from . import base, inject, nd
from .daemons import IDENTITY, Mobile

ENCRYPTION_KEY = "hex:000102030405060708090a0b0c0d0e0f"
AUTHENTICATION_KEY = "hex:" + bytes(range(0x40, 0x60)).hex()


def missing():
    """What the kernel does not have of what IPsec needs, or None."""
    name = f"mip6-{os.getpid()}-esp"
    base.run("ip", "netns", "add", name)
    try:
        for what, state in (
            ("ESP", "proto esp spi 256 auth hmac(sha1) 0x" + "00" * 20 + " enc ecb(cipher_null)"),
            ("Mobile IPv6", "proto hao mode ro coa ::1"),
        ):
            command = f"ip -n {name} xfrm state add src ::1 dst ::1 {state}".split()
            if what == "ESP":
                command.append("")  # the key of null encryption
            try:
                base.run(*command)
            except base.Failure as problem:
                return f"this kernel has no {what}: {problem}"
    finally:
        base.run("ip", "netns", "del", name)
    return None


MPS, MPA = 146, 147
FORGED = 77  # identifier of messages about prefixes that are not the daemons'


def sa(number, towards_wtru, payload=False, prefixes=False, **members):
    """One entry of "sas" for a pair with D-GW number N, as either side has it."""
    spi = 0x1000 * (3 if payload else 5 if prefixes else 1) + number
    first, second = ("spi-in", "spi-out") if towards_wtru else ("spi-out", "spi-in")
    entry = {
        first: spi,
        second: spi + 0x1000,
        "encryption": "aes-cbc",
        "encryption-key": ENCRYPTION_KEY,
        "authentication": "hmac-sha256-128",
        "authentication-key": AUTHENTICATION_KEY,
        "payload": payload,
    }
    if prefixes:
        entry["prefixes"] = True
    entry.update(members)
    return entry


class Protected(Mobile):
    """Mobile whose Binding Updates need ESP with static keys."""

    def __init__(self, build, mnd=None, dgwd=None, payload=False, prefixes=False, **options):
        """payload: tunnels inside ESP; prefixes: a pair of its own for mobile prefix discovery."""
        self.kinds = [{}] + [{"payload": True}] * payload + [{"prefixes": True}] * prefixes
        why = missing()
        if why:
            raise base.Skip(why)
        mnd = dict(mnd or {}, protection="manual")
        if payload:
            mnd["anchors"] = [{"prefix": "2001:db8::/32", "payload": True}]
        super().__init__(build, mnd=mnd, dgwd=dict(dgwd or {}, protection="manual"), **options)

    def gateway_sas(self, gateway):
        return [
            sa(gateway.number, True, nai=IDENTITY, home=gateway.pool, **kind)
            for kind in self.kinds
        ]

    def _make_dgwd(self, gateway, shared, options):
        daemon = super()._make_dgwd(gateway, shared, options)
        keys = self.secret(
            f"{gateway.name}.keys", {"identities": [], "sas": self.gateway_sas(gateway)}
        )
        daemon.write_config(**{"keys-file": keys})
        return daemon

    def make_mnd(self, netns, identity, key, options):
        daemon = super().make_mnd(netns, identity, key, options)
        self.secret(
            f"{netns}.keys",
            {
                "sas": [
                    sa(g.number, False, anchor=g.address + "/128", **kind)
                    for g in self.gateways
                    for kind in self.kinds
                ]
            },
        )
        return daemon

    def states(self, netns):
        return self.run(netns, "ip", "xfrm", "state")


def carried(net, netns, spi):
    """Packets that security associations with this SPI have carried."""
    parts = net.run(netns, "ip", "-s", "xfrm", "state").split("\nsrc ")
    return sum(
        int(re.search(r"(\d+)\(packets\)", part.split("lifetime current:")[1]).group(1))
        for part in parts
        if f"spi 0x{spi:08x}" in part
    )


def prefixes_told(net, number, hoa, spi=None):
    """
    Mobile prefixes of D-GW number N, which has changed its mind about a lifetime: advertised,
    asked for and told, with static keys inside the security associations with SPI spi and
    spi + 0x1000. Neither side takes a message about them without ESP.
    """
    gw, agent = net.gw(number), net.gateway(number).address
    coa = net.wait_bound(hoa)["coa"]
    before = spi and carried(net, f"gw{number}", spi)
    gw.write_config(
        **{
            "valid-lifetime-s": 6000,
            "mobile-prefix-interval-min-s": 1,
            "mobile-prefix-interval-max-s": 1,
        }
    )
    gw.ctl("reload")
    base.wait_until(
        lambda: net.mnd.stat("mobile-prefix-advertisements") >= 1, 20, "prefixes are told"
    )
    if net.mnd.stat("mobile-prefix-advertisements-unsolicited") < 1:
        raise base.Failure("not told unasked")
    if spi and (
        carried(net, f"gw{number}", spi) <= before or carried(net, "wtru", spi + 0x1000) < 2
    ):
        raise base.Failure("not inside the right security association")
    forger = inject.Injector(net, "core")

    def message(kind, src, dst):
        return nd.icmp6(src, dst, struct.pack("!BBHHH", kind, 0, 0, FORGED, 0))[40:]

    refused = gw.stat("mobile-prefix-solicitations-unprotected", "discovery")
    forger.send(
        inject.packet(coa, agent, message(MPS, hoa, agent), hoa=hoa, next_header=inject.ICMP6)
    )
    base.wait_until(
        lambda: gw.stat("mobile-prefix-solicitations-unprotected", "discovery") > refused,
        5,
        "a solicitation without ESP is refused",
    )
    refused = net.mnd.stat("mobile-prefix-advertisements-unprotected")
    header = bytes([inject.ICMP6, 2, 2, 1, 0, 0, 0, 0]) + inject.packed(hoa)
    forger.send(
        inject.packet(
            agent, coa, header + message(MPA, agent, hoa), next_header=inject.ROUTING
        )
    )
    base.wait_until(
        lambda: net.mnd.stat("mobile-prefix-advertisements-unprotected") > refused,
        5,
        "an advertisement without ESP is refused",
    )
    forger.close()
