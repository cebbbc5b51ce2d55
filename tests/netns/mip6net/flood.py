# SPDX-License-Identifier: GPL-2.0-or-later
"""
./run bench flood: what a flood of forged Binding Updates at a D-GW costs an honest node.

A D-GW with many honest nodes, who move between two care-of addresses one after another; a WTRU, one of
whose addresses is anchored there, moves round the D-GWs while a UDP stream of that address runs both ways:
in peace; while as many packets come in that no program reads, which shows what making and carrying them
costs the machine; and under the flood. Everything is measured in one run, so that the ratios mean
something on any machine. docs/bench.md describes it.
"""

import ctypes
import json
import os
import random
import select
import socket
import struct
import sys
import threading
import time

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
SO_ATTACH_FILTER = 26


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


class Honest(threading.Thread):
    """
    Moves the honest nodes, one after another: a Binding Update to the other care-of address each time,
    sent again after a second as RFC 6275 section 11.8 has it. Keeps how long each took to be accepted.
    """

    RATE = 33.0  # moves per second: all thousand in 30 s
    TRIES = 5
    OTHER = CN_ADDRESS[:-1] + "3"
    # Acknowledgements have a routing header; what the flood sends from here does not get this far.
    FILTER = ((0x30, 0, 0, 6), (0x15, 0, 1, inject.ROUTING), (0x06, 0, 0, 2048), (0x06, 0, 0, 0))

    def __init__(self, net, agent, count):
        super().__init__(daemon=True)
        # Deprecated: nothing else shall use it.
        address = f"address add {self.OTHER}/64 dev core nodad preferred_lft 0"
        net.ip_set("cn", *address.split())
        self.injector = inject.Injector(net, "cn")
        program = b"".join(struct.pack("HBBI", *code) for code in self.FILTER)
        self.program = ctypes.create_string_buffer(program)
        self.injector.seen.setsockopt(
            socket.SOL_SOCKET,
            SO_ATTACH_FILTER,
            struct.pack("HP", len(self.FILTER), ctypes.addressof(self.program)),
        )
        self.agent = agent
        self.state = {i: (CN_ADDRESS, i + 1) for i in range(count)}  # as register() made it
        self.waiting = {}  # node: [first sent, last sent, tries]
        self.took = []  # (when, ms); None: not accepted
        self.ended = False

    def send(self, node):
        coa, seq = self.state[node]
        hoa = HONEST_HOA.format(FIRST_SUBNET - node)
        update = inject.binding_update(
            hoa, coa, seq, 4000, HONEST.format(node), SPI, bytes.fromhex(HONEST_KEY), dst=self.agent
        )
        self.injector.send(inject.packet(coa, self.agent, update, hoa=hoa))

    def move(self, node):
        coa, seq = self.state[node]
        self.state[node] = (self.OTHER if coa == CN_ADDRESS else CN_ADDRESS, (seq + 1) & 0xFFFF)
        now = time.monotonic()
        self.waiting[node] = [now, now, 1]
        self.send(node)

    def hear(self, seconds):
        """Acknowledgements: each is for the home address in its routing header."""
        if not select.select([self.injector.seen], [], [], seconds)[0]:
            return
        now = time.monotonic()
        for _ in range(64):
            try:
                data = self.injector.seen.recv(2048, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            if len(data) < 80 or data[40] != inject.MH or data[66] != inject.BA:
                continue
            node = FIRST_SUBNET - int.from_bytes(data[54:56], "big")
            seq = int.from_bytes(data[72:74], "big")
            if node in self.waiting and self.state[node][1] == seq and data[70] < 128:
                self.took.append((now, (now - self.waiting.pop(node)[0]) * 1000))

    def again(self):
        now = time.monotonic()
        for node, times in list(self.waiting.items()):
            if now - times[1] < 2 ** (times[2] - 1):
                continue
            if times[2] == self.TRIES:
                del self.waiting[node]
                self.took.append((now, None))
                continue
            times[1:] = [now, times[2] + 1]
            self.send(node)

    def run(self):
        node, due = 0, time.monotonic()
        while not self.ended or self.waiting:
            now = time.monotonic()
            if now >= due and not self.ended:
                due = max(due + 1 / self.RATE, now - 1)
                if node not in self.waiting:
                    self.move(node)
                node = (node + 1) % len(self.state)
            self.again()
            self.hear(max(min(due - time.monotonic(), 0.1), 0.001))

    def stop(self):
        """Waits for the last answers."""
        self.ended = True
        self.join()

    def between(self, start, end):
        """({n, failed, summary of ms}) of what was decided in this time."""
        times = [ms for at, ms in self.took if start <= at < end]
        accepted = [ms for ms in times if ms is not None]
        return {
            "moves": len(times),
            "failed": len(times) - len(accepted),
            "ms": summary(accepted or [0.0]),
        }


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
            bindings = self.before(gw, address)
            honest = Honest(net, agent, args.bindings)
            self.honest, self.ends, self.times = honest, {}, {"quiet": (time.monotonic(),)}
            honest.start()
            for number in range(args.moves):
                self.move(net, flows, flow, number)
            self.ended("quiet")
            victims = [(IDENTITY, address)] + [
                (HONEST.format(i), HONEST_HOA.format(FIRST_SUBNET - i))
                for i in range(args.bindings)
            ]
            messages = forged(agent, victims, KINDS, chance)
            for phase, packets in (
                ("load", harmless(agent, KINDS, len(messages) // KINDS)),
                ("flood", messages),
            ):
                self.times[phase] = (time.monotonic(),)
                flood = start_flood(
                    net, os.path.join(tools, "flood"), packets, args.rate, args.seconds
                )
                while flood.running():
                    self.move(net, flows, flow, len(self.moves))
                self.ended(phase)
            honest.stop()
            for node, state in honest.state.items():
                bindings[HONEST_HOA.format(FIRST_SUBNET - node)] = state
            self.flood = json.loads(flood.log().strip().splitlines()[-1])
            base.wait_until(lambda: self.settled(gw), 30, "the D-GW has read everything")
            self.after(gw, address, bindings)
            flows.close(flow)
            self.measure(flows, flow, watch)
            net.stop_daemons()

    def ended(self, phase):
        self.ends[phase] = len(self.moves)
        self.times[phase] += (time.monotonic(),)

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
                "honest": self.honest.between(*self.times[name]),
            }
        for name, base_name in (("ratio", "quiet"), ("ratio_to_load", "load")):
            result[name] = {
                key: round(
                    result["flood"][key]["median"] / max(result[base_name][key]["median"], 0.001),
                    2,
                )
                for key in ("down_ms", "up_ms")
            }
        result["failed"] = sum(ms is None for _, ms in self.honest.took)
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
    rows = [
        [label]
        + [f"{result[key]['honest']['ms'][k]:.2f}" for k in ("median", "p95", "max")]
        + [result[key]["honest"][k] for k in ("moves", "failed")]
        for key, label in (("quiet", "in peace"), ("load", "under load"), ("flood", "under flood"))
    ]
    print()
    print(table(["BU to BA of honest nodes, ms", "median", "p95", "max", "moves", "failed"], rows))
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
    return bench.run(args, measure, show, failed=lambda result: result["changed"] or result["failed"])


if __name__ == "__main__":
    sys.exit(main())
