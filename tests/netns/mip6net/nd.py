# SPDX-License-Identifier: GPL-2.0-or-later
"""
Neighbour Discovery by hand: frames with any link-layer and IPv6 source, and what comes back. RFC 4861,
RFC 6275 section 7. Shares no code with what it tests.
"""

import ipaddress
import select
import socket
import struct
import time

RS, RA, NS, NA = 133, 134, 135, 136
ETH_P_IPV6 = 0x86DD
ALL_NODES, ALL_ROUTERS = "ff02::1", "ff02::2"


def packed(address):
    return ipaddress.IPv6Address(address).packed


def text(octets):
    return str(ipaddress.IPv6Address(bytes(octets)))


def link_local(mac):
    """fe80:: with the modified EUI-64 of a 6-octet address."""
    return text(
        packed("fe80::")[:8] + bytes([mac[0] ^ 2]) + mac[1:3] + b"\xff\xfe" + mac[3:6]
    )


def solicited_node(address):
    return text(packed("ff02::1:ff00:0")[:13] + packed(address)[13:])


def multicast_mac(address):
    return b"\x33\x33" + packed(address)[12:]


def icmp6(src, dst, data):
    """An IPv6 packet around ICMPv6 octets whose checksum field is 0."""
    total = packed(src) + packed(dst) + struct.pack("!II", len(data), 58) + data
    if len(total) % 2:
        total += b"\0"
    value = sum(struct.unpack(f"!{len(total) // 2}H", total))
    while value >> 16:
        value = (value & 0xFFFF) + (value >> 16)
    data = data[:2] + struct.pack("!H", ~value & 0xFFFF) + data[4:]
    return struct.pack("!IHBB", 6 << 28, len(data), 58, 255) + packed(src) + packed(dst) + data


def solicitation(src, mac=None):
    option = bytes([1, 1]) + mac if mac else b""
    return icmp6(src, ALL_ROUTERS, struct.pack("!BBHI", RS, 0, 0, 0) + option)


def neighbour_solicitation(src, target, mac=None, dst=None):
    option = bytes([1, 1]) + mac if mac else b""
    head = struct.pack("!BBHI", NS, 0, 0, 0)
    return icmp6(src, dst or solicited_node(target), head + packed(target) + option)


class Message:
    """A received ND message."""

    def __init__(self, frame, at):
        self.at = at
        self.mac_dst = frame[0:6]
        self.mac_src = frame[6:12]
        packet = frame[14:]
        self.hop_limit = packet[7]
        self.src, self.dst = text(packet[8:24]), text(packet[24:40])
        data = packet[40:]
        self.type = data[0]
        self.target = text(data[8:24]) if self.type in (NS, NA) else None
        self.flags = data[5] if self.type == RA else data[4]
        self.router_lifetime = struct.unpack_from("!H", data, 6)[0]
        self.prefixes = []
        self.options = {}
        offset = {RS: 8, RA: 16, NS: 24, NA: 24}[self.type]
        while offset + 8 <= len(data):
            kind, length = data[offset], data[offset + 1] * 8
            body = data[offset : offset + length]
            if not length:
                break
            if kind == 3:
                flags, valid, preferred = struct.unpack_from("!BII", body, 3)
                self.prefixes.append((text(body[16:32]), body[2], flags, valid, preferred))
            self.options[kind] = body
            offset += length

    def unique(self):
        """The prefix for address configuration that is not on link, or None."""
        for address, _, flags, _, _ in self.prefixes:
            if flags & 0xE0 == 0x40:
                return address
        return None


class Station:
    """Raw access to one interface of a namespace."""

    def __init__(self, network, netns, interface):
        with network.entered(netns):
            self.socket = socket.socket(
                socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_IPV6)
            )
            self.socket.bind((interface, ETH_P_IPV6))
            # Frames for link-layer addresses that only we know of.
            index = socket.if_nametoindex(interface)
            self.socket.setsockopt(
                263, 1, struct.pack("iHH8s", index, 1, 0, b"")  # PACKET_MR_PROMISC
            )
        self.mac = self.socket.getsockname()[4]
        network.closers.append(self.close)

    def close(self):
        self.socket.close()

    def send(self, packet, mac=None, mac_dst=None):
        mac_dst = mac_dst or multicast_mac(text(packet[24:40]))
        self.socket.send(mac_dst + (mac or self.mac) + struct.pack("!H", ETH_P_IPV6) + packet)

    def frames(self, seconds):
        """ICMPv6 messages that arrive within the time, with link-layer header."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.socket], [], [], left)[0]:
                return
            frame, address = self.socket.recvfrom(65536)
            if address[2] == socket.PACKET_OUTGOING or len(frame) < 62 or frame[20] != 58:
                continue
            yield frame

    def receive(self, seconds, types=(RS, RA, NS, NA)):
        """ND messages that arrive within the time."""
        for frame in self.frames(seconds):
            if frame[54] in types:
                yield Message(frame, time.monotonic())

    def solicit(self, src, mac=None, seconds=2.0):
        """Ask as src; the unicast answer with .delay in s, or None."""
        mac = mac or self.mac
        before = time.monotonic()
        self.send(solicitation(src, mac), mac)
        for message in self.receive(seconds, (RA,)):
            if message.dst == src:
                message.delay = message.at - before
                return message
        return None
