# SPDX-License-Identifier: GPL-2.0-or-later
"""
Packets under a false name: made by somebody who is bound at the D-GW too, and what came of them.
"""

import socket
import struct

from . import inject
from .daemons import OPERATOR

OTHER = "mallory@" + OPERATOR
OTHER_KEY = "ffeeddccbbaa99887766554433221100"
MALLORY = "2001:db8:1:9999::66"
PORT = 5555
UDP, IPV6 = 17, 41


def datagram(src, dst, payload):
    data = struct.pack("!HHHH", PORT, PORT, 8 + len(payload), 0) + payload
    total = inject.packed(src) + inject.packed(dst) + struct.pack("!II", len(data), UDP) + data
    total += b"\0" * (len(total) % 2)
    value = sum(struct.unpack(f"!{len(total) // 2}H", total))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    data = data[:6] + struct.pack("!H", ~value & 0xFFFF or 0xFFFF) + data[8:]
    return inject.packet(src, dst, data, next_header=UDP)


def tunnelled(outer_src, outer_dst, inner):
    return inject.packet(outer_src, outer_dst, inner, next_header=IPV6)


def receiver(net, netns, address):
    with net.entered(netns):
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.bind((address, PORT))
    sock.setblocking(False)
    net.closers.append(sock.close)
    return sock


def got(sock):
    """All that has come, as a set of payloads."""
    found = set()
    while True:
        try:
            found.add(sock.recv(2048))
        except BlockingIOError:
            return found


def drops(daemon):
    """All counters of the data plane of packets that were refused."""
    return sum(
        value
        for name, value in daemon.ctl("stats").get("dataplane", {}).items()
        if isinstance(value, int) and any(w in name for w in ("drop", "unbound", "source", "refus"))
    )
