# SPDX-License-Identifier: GPL-2.0-or-later
"""
./run bench throughput: one TCP connection through the tunnel against the same without mobility.

The correspondent is on the access link of D-GW1, the WTRU has moved from there to D-GW2. A
connection of its old address goes through the tunnel between D-GW1 and the WTRU, one of its new
address takes the same way through the same nodes without. They take turns, a second each, so that
what else the machine does meets both alike. docs/bench.md describes it.
"""

import socket
import statistics
import subprocess
import sys
import threading
import time

from . import base, bench
from .daemons import Mobile
from .report import table

NEAR = "2001:db8:1::77"  # the correspondent, on D-GW1's access link
BACKENDS = ("bpf", "ip6tnl")


def rate(net, source, target, seconds):
    """Octets per second of one TCP connection; source and target are (namespace, address)."""
    with net.entered(target[0]):
        listener = socket.create_server((target[1], 0), family=socket.AF_INET6)
    with net.entered(source[0]):
        sender = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    sender.bind((source[1], 0))
    for s in (listener, sender):
        s.settimeout(10 * base.PATIENCE)
    sender.connect(listener.getsockname())
    receiver = listener.accept()[0]
    receiver.settimeout(10 * base.PATIENCE)
    block, total, buffer = bytes(1 << 18), 0, bytearray(1 << 20)
    end = time.monotonic() + seconds

    def send():
        while time.monotonic() < end:
            sender.sendall(block)
        sender.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=send, daemon=True)
    start = time.monotonic()
    thread.start()
    while got := receiver.recv_into(buffer):
        total += got
    thread.join()
    for s in (listener, sender, receiver):
        s.close()
    return total / (time.monotonic() - start)


def measure(args, backend, progress):
    """{"up": …, "down": …}: medians in Mbit/s, and the median of the rounds' ratios."""
    choice = {"dataplane": backend}
    with Mobile(
        str(args.build),
        gateways=2,
        others=["near"],
        mnd=dict(choice, **{"linger-s": 600}),
        dgwd=choice,
        keep_dir=args.keep,
    ) as net:
        net.sysctl("near", {"ipv6/conf/wl0/accept_ra": 0})
        net.attach(net.gateway(1), station="near")
        net.ip_batch(
            "near",
            [
                f"addr add {NEAR}/64 dev wl0 nodad",
                f"route replace default via {net.gateway(1).address}",
            ],
        )
        _, _, home = net.arrive(1)
        net.wait_claimed(home)
        _, _, visited = net.arrive(2)
        net.wait_bound(home)
        result = {}
        for way in ("down", "up"):
            rounds = []
            for number in range(args.rounds + 1):
                rates = []
                for address in (home, visited):
                    ends = ("near", NEAR), ("wtru", address)
                    rates.append(rate(net, *(ends if way == "down" else ends[::-1]), args.seconds))
                if number:  # the first one warms up
                    rounds.append(rates)
                progress.status(f"{backend}, {way}, round {number} of {args.rounds}")
            result[way] = {
                "plain_mbit": round(statistics.median(r[1] for r in rounds) * 8e-6, 1),
                "tunnel_mbit": round(statistics.median(r[0] for r in rounds) * 8e-6, 1),
                "ratio": round(statistics.median(r[0] / r[1] for r in rounds), 2),
            }
        net.stop_daemons()
    return result


def available(build):
    """The data planes that this kernel has."""
    tool = build / "tests" / "tools" / "dataplane"
    asked = "".join(f"backend gateway {name}\n" for name in BACKENDS)
    said = subprocess.run([tool], input=asked, stdout=subprocess.PIPE, text=True, check=True)
    return [name for name, line in zip(BACKENDS, said.stdout.splitlines()) if line == "ok"]


def show(results):
    rows = [
        [backend, way, values["plain_mbit"], values["tunnel_mbit"], f"{values['ratio']:.2f}"]
        for backend, result in results.items()
        for way, values in result.items()
    ]
    print(table(["data plane", "way", "plain, Mbit/s", "tunnel, Mbit/s", "ratio"], rows))


def measure_all(args, progress):
    """{data plane: figures}"""
    results = {}
    for backend in [args.dataplane] if args.dataplane else available(args.build):
        progress.say(f"data plane {backend}")
        results[backend] = measure(args, backend, progress)
    return results


def main():
    parser = bench.parser(
        "throughput",
        description="Compare a TCP connection through the tunnel with one without.",
    )
    parser.add_argument("--rounds", type=int, default=9, help="of one second each per way")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of each connection")
    parser.add_argument("--dataplane", choices=BACKENDS, help="only this one")
    args = parser.parse_args()
    if args.rounds < 1:
        parser.error("at least 1 round")
    return bench.run(args, measure_all, show)


if __name__ == "__main__":
    sys.exit(main())
