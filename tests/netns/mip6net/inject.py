# SPDX-License-Identifier: GPL-2.0-or-later
"""
Makes and sends Mobility Header packets of its own, right and wrong ones: an encoder that shares no
code with what it tests. RFC 6275 section 6.1, RFC 4283, RFC 4285.
"""

import hmac
import ipaddress
import select
import socket
import struct
import time

DSTOPTS, ROUTING, ICMP6, MH = 60, 43, 58, 135
BU, BA, BE = 5, 6, 7
FLAG_A, FLAG_H, FLAG_L, FLAG_K = 0x8000, 0x4000, 0x2000, 0x1000
ETH_P_IPV6 = 0x86DD
NTP_UNIX = 2208988800


def packed(address):
    return ipaddress.IPv6Address(address).packed


def checksum(src, dst, data):
    """With the pseudo-header of RFC 8200 section 8.1 for the Mobility Header."""
    total = packed(src) + packed(dst) + struct.pack("!II", len(data), MH) + data
    if len(total) % 2:
        total += b"\0"
    value = sum(struct.unpack(f"!{len(total) // 2}H", total))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    return ~value & 0xFFFF


def _align(data, multiple, offset):
    """PadN so that the next option's type is at multiple * n + offset."""
    gap = (offset - len(data)) % multiple
    if gap == 0:
        return data
    return data + (b"\0" if gap == 1 else bytes([1, gap - 2]) + bytes(gap - 2))


def ntp_now(offset_s=0.0):
    now = time.time() + offset_s + NTP_UNIX
    return int(now) << 32 | int((now % 1) * (1 << 32))


def binding_update(
    hoa,
    coa,
    seq,
    lifetime_s,
    nai=None,
    spi=None,
    key=None,
    timestamp=None,
    flags=FLAG_A | FLAG_H,
    alternate=None,
    dst=None,
    extra=(),
):
    """
    A Binding Update with its checksum (dst: the home agent). key: octets, or None for no
    authentication. extra: whole options, put at 8n + 4 each.
    """
    data = struct.pack("!BBBBHHHH", 59, 0, BU, 0, 0, seq & 0xFFFF, flags, lifetime_s // 4)
    if alternate:
        data = _align(data, 8, 6) + bytes([3, 16]) + packed(alternate)
    if nai is not None:
        data += bytes([8, len(nai) + 1, 1]) + nai.encode()
    for option in extra:
        data = _align(data, 8, 4) + option
    if key is not None:
        data = (
            _align(data, 8, 2)
            + bytes([10, 8])
            + struct.pack("!Q", ntp_now() if timestamp is None else timestamp)
        )
        data = _align(data, 4, 1)
        length = len(data) + 2 + 1 + 4 + 12
        padding = -length % 8
        data = bytes([data[0], (length + padding) // 8 - 1]) + data[2:]
        data += bytes([9, 5 + 12, 1]) + struct.pack("!I", spi)
        covered = packed(alternate or coa) + packed(hoa) + data
        data += hmac.new(key, covered, "sha1").digest()[:12]
        data += (
            (b"", b"\0")[padding] if padding < 2 else bytes([1, padding - 2]) + bytes(padding - 2)
        )
    else:
        data = _align(data, 8, 0)
        data = bytes([data[0], len(data) // 8 - 1]) + data[2:]
    value = checksum(hoa, dst, data)
    return data[:4] + struct.pack("!H", value) + data[6:]


def packet(src, dst, message, hoa=None, next_header=MH):
    """IPv6 packet; hoa: in a Home Address destination option."""
    payload = message
    if hoa:
        # Home Address option: type 201 at 8n + 6 (RFC 6275 section 6.3).
        payload = bytes([next_header, 2, 1, 2, 0, 0, 201, 16]) + packed(hoa) + message
        next_header = DSTOPTS
    return (
        struct.pack("!IHBB", 6 << 28, len(payload), next_header, 64)
        + packed(src)
        + packed(dst)
        + payload
    )


class Injector:
    """Sends whole IPv6 packets from a namespace and sees the Mobility Headers that reach it."""

    def __init__(self, network, netns):
        with network.entered(netns):
            self.out = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
            self.seen = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IPV6))
        network.closers.append(self.close)

    def close(self):
        self.out.close()
        self.seen.close()

    def send(self, data):
        """Sends an IPv6 packet; what the kernel refuses to send does not count."""
        dst = str(ipaddress.IPv6Address(data[24:40]))
        try:
            self.out.sendto(data, (dst, 0))
        except OSError:
            return False
        return True

    def packets(self, seconds=1.0):
        """Whole IPv6 packets that arrive within the time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.seen], [], [], left)[0]:
                return
            data, address = self.seen.recvfrom(65536)
            if address[2] != socket.PACKET_OUTGOING and len(data) >= 48:
                yield data

    def answers(self, seconds=1.0):
        """Mobility Header messages that arrive within the time, as (src, type, octets)."""
        for data in self.packets(seconds):
            following, offset = data[6], 40
            while following in (DSTOPTS, ROUTING, 0) and offset + 8 <= len(data):
                following, offset = data[offset], offset + (data[offset + 1] + 1) * 8
            if following == MH and offset + 8 <= len(data):
                yield str(ipaddress.IPv6Address(data[8:24])), data[offset + 2], data[offset:]

    def status(self, seq, seconds=2.0):
        """Status of the Binding Acknowledgement with this sequence number; None when none comes."""
        for _, kind, data in self.answers(seconds):
            if kind == BA and struct.unpack_from("!H", data, 8)[0] == seq:
                return data[6]
        return None
