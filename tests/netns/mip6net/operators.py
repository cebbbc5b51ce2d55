# SPDX-License-Identifier: GPL-2.0-or-later
"""
Two operators: A has the first D-GWs and the PGW, B the others. The core router is the border between
them: it lets no tunnel and no Mobility Header pass between D-GWs, or WTRUs, of different operators unless
the PGW is one of its ends, and counts what it drops.
"""

from .base import wait_until
from .daemons import IDENTITY, KEY, OPERATOR, SPI, Daemon, Mobile, dgwd_keys, forced_dataplane
from .topology import QUIET, Gateway

OTHER_OPERATOR = "other.example"
PGW_KEY = "aa0102030405060708090a0b0c0d0e0f1011121314151617"
PGW_SPI = 4000


class Pgw(Daemon):
    """mip6-dgwd in the role of a PGW."""

    program = "mip6-dgwd"
    socket_name = "dgwd.sock"

    def chains(self):
        return self.ctl("chains", limit=1000)["chains"]

    def chain(self, hoa):
        for chain in self.chains():
            if chain["hoa"] == hoa:
                return chain
        return None


class Operators(Mobile):
    """D-GWs 1 … ours belong to operator A, the others to B. Options as of Mobile, and pgw={…}."""

    def __init__(self, build, gateways=4, ours=2, pgw=None, mnd=None, **options):
        self.ours = ours
        self.pgw_options = pgw or {}
        self.pgw_at = Gateway(0xFF)
        self.pgw = None
        changes = {"home-pgw": self.pgw_at.address, "operator": OPERATOR}
        changes.update(mnd or {})
        super().__init__(build, gateways=gateways, mnd=changes, **options)

    def _build(self, core_mtu):
        super()._build(core_mtu)
        at = self.pgw_at
        self.add_namespaces(["pgw"])
        self.sysctl("pgw", QUIET)
        self.sysctl("pgw", {"ipv6/conf/all/forwarding": 1, "ipv6/conf/default/forwarding": 1})
        self.ip_batch(
            None,
            [
                f"link add core index 140 mtu {core_mtu} netns {self.netns('pgw')} type veth "
                f"peer name pgw mtu {core_mtu} index 720 netns {self.netns('core')}"
            ],
        )
        self.ip_batch(
            "pgw",
            [
                "link set core up",
                f"addr add {at.core_address}/64 dev core nodad",
                f"route add default via {at.core_peer}",
            ],
        )
        self.ip_batch(
            "core",
            [
                f"addr add {at.core_peer}/64 dev pgw nodad",
                "link set pgw up",
                f"route add {at.prefix} via {at.core_address}",
            ],
        )
        self._close_border()

    def _close_border(self):
        a = ", ".join(g.name for g in self.gateways if self.is_ours(g))
        b = ", ".join(g.name for g in self.gateways if not self.is_ours(g))
        # What a tunnel or a Mobility Header begins with: IPv6, destination options (Home Address),
        # routing header (type 2), Mobility Header.
        self.run(
            "core",
            "nft",
            f"""add table ip6 border; add chain ip6 border forward {{ type filter hook forward
            priority 0; }}; add set ip6 border mobility {{ type inet_proto;
            elements = {{ 41, 43, 60, 135 }}; }}; add counter ip6 border dropped;
            add counter ip6 border at_pgw;
            add rule ip6 border forward iifname {{ {a} }} oifname {{ {b} }}
              ip6 nexthdr @mobility counter name dropped drop;
            add rule ip6 border forward iifname {{ {b} }} oifname {{ {a} }}
              ip6 nexthdr @mobility counter name dropped drop;
            add rule ip6 border forward iifname pgw ip6 nexthdr @mobility counter name at_pgw;
            add rule ip6 border forward oifname pgw ip6 nexthdr @mobility counter name at_pgw""".replace(
                "\n", " "
            ),
        )

    def border(self, counter):
        """Packets that the border counted."""
        text = self.run("core", "nft", "list", "counter", "ip6", "border", counter)
        return int(text.split("packets")[1].split()[0])

    def is_ours(self, gateway):
        return gateway.number <= self.ours

    def _peer(self, address):
        return {
            "address": address,
            "spi": PGW_SPI,
            "algorithm": "hmac-sha256-128",
            "key": "hex:" + PGW_KEY,
        }

    def _make_dgwd(self, gateway, shared, options):
        keys = dgwd_keys([(IDENTITY, SPI, KEY)])
        keys["peers"] = [dict(self._peer(self.pgw_at.address), realm=OPERATOR)]
        options = dict(
            {
                "operator": OPERATOR if self.is_ours(gateway) else OTHER_OPERATOR,
                "keys-file": self.secret(f"{gateway.name}.keys", keys),
            },
            **options,
        )
        return super()._make_dgwd(gateway, shared, options)

    def shape(self, round_trip_ms, loss_percent=0, reorder=False):
        if not self.shaped:
            self.run("core", "ping", "-6", "-c", "1", "-W", "5", self.pgw_at.core_address)
        super().shape(round_trip_ms, loss_percent, reorder)
        options = ["limit", "20000", "delay", f"{round_trip_ms / 2}ms"]
        if loss_percent:
            options += ["loss", f"{loss_percent}%"]
        if reorder:
            options += ["reorder", "25%", "50%"]
        self.run("core", "tc", "qdisc", "replace", "dev", "pgw", "root", "netem", *options)

    def _make_pgw(self):
        keys = dgwd_keys([(IDENTITY, SPI, KEY)])
        keys["peers"] = [self._peer(g.address) for g in self.gateways]
        config = {
            "role": "pgw",
            "address": self.pgw_at.address,
            "operator": OPERATOR,
            "keys-file": self.secret("pgw.keys", keys),
            "roaming": [
                {
                    "operator": OPERATOR if self.is_ours(g) else OTHER_OPERATOR,
                    "prefixes": [g.prefix],
                    "anchors": [g.address],
                }
                for g in self.gateways
            ],
        }
        config.update(forced_dataplane("gateway"))
        config.update(self.pgw_options)
        return Pgw(self, self.build, "pgw", config)

    def start_daemons(self):
        self.pgw = self._make_pgw().start()
        super().start_daemons()

    def stop_daemons(self):
        super().stop_daemons()
        self.pgw.stop()

    def wait_path(self, hoa, via_pgw, seconds=10):
        """Until hoa is bound to the present care-of address, directly or through the PGW."""
        pgw = self.pgw_at.address

        def there():
            instance = self.mnd.instance(hoa)
            if not instance or instance["state"] != "bound":
                return None
            if instance.get("via") != (pgw if via_pgw else None):
                return None
            anchor = next(g for g in self.gws if g.gateway.address == instance["anchor"])
            binding, chain = anchor.binding(hoa), self.pgw.chain(hoa)
            if not binding:
                return None
            if not via_pgw:
                return chain is None and binding["coa"] == instance["coa"]
            return chain and chain.get("coa") == instance["coa"] and binding["coa"] == pgw

        how = "through the PGW" if via_pgw else "directly"
        wait_until(there, seconds, f"{hoa} bound {how}")
