# SPDX-License-Identifier: GPL-2.0-or-later
"""
Live connections between the WTRU and the correspondent node: drives tests/tools/traffic and reads
its logs.
"""

import json
import os
import select
import struct
import time

from .base import PATIENCE, Failure, wait_until
from .topology import CN_ADDRESS

PORT = 5000
RECORD = struct.Struct("=QQIHH")
UDP, ECHO, LINE, BULK = 1, 2, 3, 4
UP, DOWN = "up", "down"


class Flow:
    """One connection as the client reported it."""

    def __init__(self, number, kind, interval_us, label):
        self.number = number
        self.kind = kind
        self.interval_us = interval_us
        self.label = label or f"{kind} {number}"
        self.local = None
        self.connect_us = None
        self.opened_ns = None
        self.closed_ns = None
        self.broken = None  # or the reason
        self.result = None  # the client's "closed" object

    def open(self):
        return self.local is not None and self.result is None and self.broken is None

    def directions(self):
        return (UP, DOWN) if self.kind == "udp" else (DOWN,)


class Flows:
    """All flows of one WTRU, from one client process, to one server process in the CN."""

    def __init__(self, network, tool):
        self.network = network
        self.flows = {}
        self.next = 1
        self.logs = {"client": network.path("client.rec"), "server": network.path("server.rec")}
        self.log_at = {"client": 0, "server": 0}
        self.records = {}
        self.server = network.start(
            "cn",
            tool,
            "server",
            "--port",
            PORT,
            "--log",
            self.logs["server"],
            log="traffic-server.log",
        )
        wait_until(lambda: "ready" in self.server.log(), 5, "traffic server")
        self.client = network.start(
            "wtru",
            tool,
            "client",
            "--log",
            self.logs["client"],
            pipe=True,
            log="traffic-client.log",
        )
        self.buffer = b""

    def _command(self, text):
        try:
            self.client.popen.stdin.write(text.encode() + b"\n")
            self.client.popen.stdin.flush()
        except BrokenPipeError:
            raise Failure("traffic client ended: " + self.client.log()) from None

    def start(self, kind, src=None, interval_us=None, label=None, dst=CN_ADDRESS, **options):
        """Ask for a connection without waiting for it."""
        if interval_us is None:
            interval_us = 5000 if kind == "udp" else 20000
        flow = Flow(self.next, kind, interval_us, label)
        self.flows[flow.number] = flow
        self.next += 1
        if src:
            options["src"] = src
        options["interval-us"] = interval_us
        self._command(
            f"open {flow.number} {kind} {dst} {PORT} "
            + " ".join(f"{key.replace('_', '-')}={value}" for key, value in options.items())
        )
        return flow

    def open(self, kind, seconds=10, **options):
        """A connection, established."""
        flow = self.start(kind, **options)
        self.wait(lambda: flow.local or flow.broken, seconds, f"{flow.label} established")
        if flow.broken:
            raise Failure(f"{flow.label}: {flow.broken}")
        return flow

    def close(self, *flows, seconds=20):
        """
        Close them, and wait for what is under way. A flow that cannot is broken, not an exception.
        """
        for flow in flows:
            if flow.open():
                self._command(f"close {flow.number}")
        try:
            self.wait(lambda: not any(f.open() for f in flows), seconds)
        except Failure:
            for flow in flows:
                if flow.open():
                    flow.broken = f"did not finish within {seconds} s"

    def pump(self, seconds=0.0):
        """Read what the client says, for at most so long."""
        out = self.client.popen.stdout
        if not select.select([out], [], [], seconds)[0]:
            return
        data = os.read(out.fileno(), 65536)
        if not data:
            raise Failure("traffic client ended: " + self.client.log())
        self.buffer += data
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            self._event(json.loads(line))

    def _event(self, event):
        flow = self.flows[event["flow"]]
        if event["event"] == "open":
            flow.local = event["local"]
            flow.opened_ns = event["at_ns"]
            flow.connect_us = event["connect_us"]
        elif event["event"] == "closed":
            flow.result = event
            flow.closed_ns = event["at_ns"]
            if not event["ok"]:
                flow.broken = "content differs"
        elif event["event"] == "broken":
            flow.broken = event["error"]
            flow.closed_ns = event["at_ns"]

    def wait(self, condition, seconds=5.0, what=""):
        seconds *= PATIENCE
        deadline = time.monotonic() + seconds
        while not condition():
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failure(f"not within {seconds:g} s: {what}")
            self.pump(min(left, 0.05))

    def run_for(self, seconds):
        """Let the traffic run."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.pump(left)

    def silent(self, flows, seconds=10.0, since_ns=None):
        """
        Wait until each of the flows received something later than since_ns (or now), in every
        direction that it has. Returns those (flow, direction) that did not, or that broke; [] when
        all did.
        """
        since = time.monotonic_ns() if since_ns is None else since_ns
        missing = []

        def seen():
            self._read_logs()
            missing[:] = [
                (flow, direction)
                for flow in flows
                if not flow.broken
                for direction in flow.directions()
                if not self.arrived_since(flow, direction, since)
            ]
            return not missing

        try:
            self.wait(seen, seconds)
        except Failure:
            pass
        return missing + [(flow, DOWN) for flow in flows if flow.broken]

    def progress_until(self, flows, seconds=10.0, since_ns=None):
        """As silent(), but a flow without traffic is a Failure."""
        missing = self.silent(flows, seconds, since_ns)
        if missing:
            raise Failure(
                f"no traffic within {seconds:g} s: "
                + ", ".join(
                    f"{flow.label} {direction} ({flow.broken or 'open'})"
                    for flow, direction in missing
                )
            )

    def _read_logs(self):
        """Take in what the logs have grown by since the last time."""
        for end, path in self.logs.items():
            try:
                with open(path, "rb") as f:
                    f.seek(self.log_at[end])
                    data = f.read()
            except FileNotFoundError:
                continue
            data = data[: len(data) - len(data) % RECORD.size]
            self.log_at[end] += len(data)
            for rx, tx, seq, flow, kind in RECORD.iter_unpack(data):
                if kind != LINE:
                    key = (flow, UP if end == "server" else DOWN)
                    self.records.setdefault(key, []).append((rx, tx, seq))

    def arrivals(self):
        """
        {(flow, direction): [(rx_ns, tx_ns, seq), …]} in order of arrival. Interactive and bulk
        TCP have the direction "down": for lines the echo, which needs both.
        """
        self._read_logs()
        return self.records

    def arrived_since(self, flow, direction, since_ns):
        """True when something arrived later than since_ns."""
        seen = self.records.get((flow.number, direction))
        return bool(seen) and seen[-1][0] > since_ns


def longest_silence(arrivals, start_ns, end_ns):
    """
    (start, end) in ns of the longest time without an arrival that overlaps start_ns to end_ns;
    None when nothing came before or after it.
    """
    longest = None
    last = None
    for rx, _, _ in arrivals:
        if last is not None and rx > start_ns and last < end_ns:
            if longest is None or rx - last > longest[1] - longest[0]:
                longest = (last, rx)
        last = rx
        if last >= end_ns:
            break
    return longest


def interruption_ms(arrivals, start_ns, end_ns, interval_us):
    """
    The length of longest_silence() less one interval between packets; None when it has no end.
    """
    silence = longest_silence(arrivals, start_ns, end_ns)
    if silence is None:
        return None
    return max(0.0, (silence[1] - silence[0]) / 1e6 - interval_us / 1e3)


def losses(arrivals, sent=None):
    """
    [(about when it was sent, in ns)] for each datagram that never arrived, and how many came
    twice.
    """
    lost, twice = [], 0
    seen = sorted((seq, tx) for _, tx, seq in arrivals)
    last_seq, last_tx = -1, None
    for seq, tx in seen:
        if seq == last_seq:
            twice += 1
            continue
        if seq > last_seq + 1:
            step = 0 if last_tx is None else (tx - last_tx) / (seq - last_seq)
            lost += [tx - int(step * (seq - i)) for i in range(last_seq + 1, seq)]
        last_seq, last_tx = seq, tx
    if sent is not None and last_tx is not None:
        lost += [last_tx] * max(0, sent - 1 - last_seq)
    return lost, twice
