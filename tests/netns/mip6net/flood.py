# SPDX-License-Identifier: GPL-2.0-or-later
"""
./run bench flood: what a flood of forged Binding Updates at a D-GW costs an honest node.

A D-GW with many bindings; a WTRU, one of whose addresses is anchored there, moves round the D-GWs
while a UDP stream of that address runs both ways: in peace; while as many packets come in that no
program reads, which shows what making and carrying them costs the machine; and under the flood.
Everything is measured in one run, so that the ratios mean something on any machine. docs/bench.md
describes it.
"""

import json
import os
import random
import sys

from . import base, bench, inject
from .handover import Handover, Watch
from .daemons import IDENTITY, KEY, OPERATOR, SPI, Mobile, dgwd_keys
from .flows import DOWN, UP, Flows
from .report import summary, table
from .topology import CN_ADDRESS

HONEST = "honest-{}@" + OPERATOR
HONEST_KEY = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
HONEST_HOA = "2001:db8:1:{:x}::1"
FIRST_SUBNET = 0xF000  # from the end of the pool: the lowest go to those who really attach
KINDS = 512  # different forged messages


def honest_keys(count):
    """Identities of a keys file."""
    return [(HONEST.format(i), SPI, HONEST_KEY) for i in range(count)]


def register(injector, agent, count):
    """Bindings of honest nodes, made by hand and seen to be accepted."""
    key = bytes.fromhex(HONEST_KEY)
    todo, accepted = list(range(count)), set()
    for _ in range(5):
        for i in todo:
            hoa = HONEST_HOA.format(FIRST_SUBNET - i)
            update = inject.binding_update(
                hoa, CN_ADDRESS, i + 1, 4000, HONEST.format(i), SPI, key, dst=agent
            )
            injector.send(inject.packet(CN_ADDRESS, agent, update, hoa=hoa))
            if i % 50 == 49:
                accepted |= answered(injector, 0.02)
        accepted |= answered(injector, 0.5)
        todo = [i for i in range(count) if i + 1 not in accepted]
        if not todo:
            return
    raise base.Failure(f"{len(todo)} of {count} registrations were not accepted")


def answered(injector, seconds):
    return {
        int.from_bytes(data[8:10], "big")
        for _, kind, data in injector.answers(seconds)
        if kind == inject.BA and data[6] < 128
    }


def forged(agent, victims, count, chance, source=None):
    """
    Messages that cost the most: of known identities and their bindings, with a time stamp, and an
    authenticator that is wrong. Sources: the whole net, or the one given.
    """
    result = b""
    for _ in range(count):
        nai, hoa = chance.choice(victims)
        coa = source or f"2001:db8:ffff::{chance.randrange(0x100, 0xFFFF):x}"
        key = chance.randbytes(20)
        update = inject.binding_update(
            hoa, coa, chance.getrandbits(16), 60, nai, SPI, key, dst=agent, alternate=coa
        )
        result += inject.packet(coa, agent, update, hoa=hoa)
    return result


def harmless(agent, count, size):
    """As many octets for the D-GW, in packets without a next header: its kernel drops them."""
    return b"".join(
        inject.packet(f"2001:db8:ffff::{i + 0x100:x}", agent, bytes(size - 40), next_header=59)
        for i in range(count)
    )


def start_flood(net, tool, packets, rate, seconds, netns="cn"):
    path = net.path("flood.bin")
    with open(path, "wb") as f:
        f.write(packets)
    return net.start(netns, tool, rate, seconds, path, log="flood.log")


class Flood(Handover):
    """The measurement: that of the handover bench, twice."""

    def run(self):
        args = self.args
        chance = random.Random(1)
        with Mobile(
            str(args.build), gateways=3, mnd={"linger-s": 60}, keep_dir=args.keep, start=False
        ) as net:
            net.secret("dgwd.keys", dgwd_keys([(IDENTITY, SPI, KEY)] + honest_keys(args.bindings)))
            net.start_daemons()
            gw, agent = net.gw(1), net.gateway(1).address
            self.progress.status(f"registering {args.bindings} honest nodes")
            register(inject.Injector(net, "cn"), agent, args.bindings)
            _, _, address = net.arrive(1)
            net.wait_claimed(address)
            tools = os.path.join(str(args.build), "tests", "tools")
            flows = Flows(net, os.path.join(tools, "traffic"))
            flow = flows.open("udp", interval_us=args.interval_us)
            watch = Watch(net, os.path.join(tools, "watch"))
            flows.progress_until([flow])
            for number in range(args.moves):
                self.move(net, flows, flow, number)
            self.ends = {"quiet": len(self.moves)}
            victims = [(IDENTITY, address)] + [
                (HONEST.format(i), HONEST_HOA.format(FIRST_SUBNET - i))
                for i in range(args.bindings)
            ]
            bindings = self.before(gw, address)
            messages = forged(agent, victims, KINDS, chance)
            for phase, packets in (
                ("load", harmless(agent, KINDS, len(messages) // KINDS)),
                ("flood", messages),
            ):
                flood = start_flood(
                    net, os.path.join(tools, "flood"), packets, args.rate, args.seconds
                )
                while flood.running():
                    self.move(net, flows, flow, len(self.moves))
                self.ends[phase] = len(self.moves)
            self.flood = json.loads(flood.log().strip().splitlines()[-1])
            base.wait_until(lambda: self.settled(gw), 30, "the D-GW has read everything")
            self.after(gw, address, bindings)
            flows.close(flow)
            self.measure(flows, flow, watch)
            net.stop_daemons()

    def settled(self, gw):
        seen = gw.stat("bu")
        return seen == getattr(self, "seen", None) or setattr(self, "seen", seen)

    @staticmethod
    def states(gw, address):
        """What no flood may change, by home address."""
        return {
            b["hoa"]: (b["coa"], b["seq"]) for b in gw.bindings() if b["hoa"] != address
        }

    def before(self, gw, address):
        bindings = self.states(gw, address)  # first: the answer needs memory, too
        self.rss = [gw.rss_kib()]
        self.stats = gw.ctl("stats")["core"]
        return bindings

    def after(self, gw, address, bindings):
        self.rss.append(gw.rss_kib())
        stats = gw.ctl("stats")["core"]
        self.stats = {k: v - self.stats.get(k, 0) for k, v in stats.items()}
        self.changed = sum(
            1 for hoa, state in self.states(gw, address).items() if bindings.get(hoa) != state
        ) + len(bindings.keys() - self.states(gw, address).keys())

    def result(self):
        parts, first = {}, 0
        for name, end in self.ends.items():
            parts[name], first = self.moves[first:end], end
        result = {
            "bindings": self.args.bindings,
            "forged": self.flood,
            "rate": round(self.flood["sent"] / self.flood["seconds"]),
            "received": self.stats.get("bu", 0),
            "refused": self.stats.get("bu-bad-auth", 0),
            "changed": self.changed,
            "rss_kib": {"before": self.rss[0], "after": self.rss[1]},
        }
        for name, moves in parts.items():
            result[name] = {
                "moves": len(moves),
                "down_ms": summary([m[DOWN] for m in moves]),
                "up_ms": summary([m[UP] for m in moves]),
            }
        for name, base_name in (("ratio", "quiet"), ("ratio_to_load", "load")):
            result[name] = {
                key: round(
                    result["flood"][key]["median"] / max(result[base_name][key]["median"], 0.001),
                    2,
                )
                for key in ("down_ms", "up_ms")
            }
        return result


def show(result):
    rows = [
        [
            f"{label} {direction}",
            *(f"{result[key][direction + '_ms'][k]:.2f}" for k in ("median", "p95", "max")),
            result[key]["moves"],
        ]
        for key, label in (("quiet", "in peace"), ("load", "under load"), ("flood", "under flood"))
        for direction in ("down", "up")
    ]
    print(table(["interruption, ms", "median", "p95", "max", "moves"], rows))
    forged_bus, rss = result["forged"], result["rss_kib"]
    print(
        f"\n{forged_bus['sent']} forged Binding Updates in {forged_bus['seconds']:.1f} s "
        f"({result['rate']}/s), {result['refused']} of {result['received']} received were refused; "
        f"{result['bindings']} bindings, {result['changed']} changed.\n"
        f"Median interruption, flood to peace: down {result['ratio']['down_ms']}, "
        f"up {result['ratio']['up_ms']}; flood to load: down {result['ratio_to_load']['down_ms']}, "
        f"up {result['ratio_to_load']['up_ms']}.\n"
        f"D-GW memory: {rss['before']} KiB before, {rss['after']} KiB after."
    )


def measure(args, progress):
    flood = Flood(args, progress)
    flood.run()
    return flood.result()


def main():
    parser = bench.parser(
        "flood", description="Measure handovers under a flood of forged messages."
    )
    parser.add_argument("--bindings", type=int, default=1000, help="honest bindings at the D-GW")
    parser.add_argument("--rate", type=int, default=20000, help="forged messages per second")
    parser.add_argument("--seconds", type=int, default=30, help="how long the flood lasts")
    parser.add_argument("--moves", type=int, default=30, help="moves without the flood")
    parser.add_argument("--interval-us", type=int, default=1000, help="between packets")
    parser.add_argument("--stay", type=float, default=0.4, help="seconds between moves")
    args = parser.parse_args()
    args.silent, args.gateways = False, 3
    return bench.run(args, measure, show, failed=lambda result: result["changed"])


if __name__ == "__main__":
    sys.exit(main())
