# SPDX-License-Identifier: GPL-2.0-or-later
"""
Mobile with IPsec: static security associations in the key files, and what the kernel has of them.
"""

import os

from . import base
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


def sa(number, towards_wtru, payload=False, **members):
    """One entry of "sas" for the pair with D-GW number N, as either side has it."""
    spi = 0x1000 * (3 if payload else 1) + number
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
    entry.update(members)
    return entry


class Protected(Mobile):
    """Mobile whose Binding Updates need ESP with static keys."""

    def __init__(self, build, mnd=None, dgwd=None, payload=False, **options):
        self.payload = payload
        why = missing()
        if why:
            raise base.Skip(why)
        mnd = dict(mnd or {}, protection="manual")
        if payload:
            mnd["anchors"] = [{"prefix": "2001:db8::/32", "payload": True}]
        super().__init__(build, mnd=mnd, dgwd=dict(dgwd or {}, protection="manual"), **options)

    def gateway_sas(self, gateway):
        kinds = (False, True) if self.payload else (False,)
        return [
            sa(gateway.number, True, payload, nai=IDENTITY, home=gateway.pool) for payload in kinds
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
        kinds = (False, True) if self.payload else (False,)
        self.secret(
            f"{netns}.keys",
            {
                "sas": [
                    sa(g.number, False, payload, anchor=g.address + "/128")
                    for g in self.gateways
                    for payload in kinds
                ]
            },
        )
        return daemon

    def states(self, netns):
        return self.run(netns, "ip", "xfrm", "state")
