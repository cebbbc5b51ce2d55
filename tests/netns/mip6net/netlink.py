# SPDX-License-Identifier: GPL-2.0-or-later
"""
The few rtnetlink requests that must be fast: a move of the WTRU is one system call, so that the
tool adds no delay of its own to what it measures.
"""

import contextlib
import ctypes
import errno
import os
import socket
import struct

CLONE_NEWNET = 0x40000000
RTM_NEWLINK = 16
NLM_F_REQUEST = 1
NLM_F_ACK = 4
NLMSG_ERROR = 2
IFF_UP = 1
IFLA_MASTER = 10

_libc = ctypes.CDLL(None, use_errno=True)


def _setns(fd):
    if _libc.setns(fd, CLONE_NEWNET) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), "setns")


@contextlib.contextmanager
def entered(path):
    """
    This thread's network namespace is the one at path meanwhile; sockets made there stay there.
    """
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        there = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _setns(there)
        finally:
            os.close(there)
        try:
            yield
        finally:
            _setns(home)
    finally:
        os.close(home)


class LinkControl:
    """Changes links of one namespace: several steps in one system call, each acknowledged."""

    def __init__(self, netns_path):
        with entered(netns_path):
            self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)
        self.sock.bind((0, 0))
        self.sock.settimeout(5)
        self.seq = 0

    def close(self):
        self.sock.close()

    @staticmethod
    def down(ifindex):
        return (ifindex, 0, IFF_UP, b"")

    @staticmethod
    def up(ifindex):
        return (ifindex, IFF_UP, IFF_UP, b"")

    @staticmethod
    def master(ifindex, master):
        return (ifindex, 0, 0, struct.pack("=HHI", 8, IFLA_MASTER, master))

    def do(self, *steps):
        data = b""
        for ifindex, flags, change, attributes in steps:
            self.seq += 1
            body = struct.pack("=BxHiII", socket.AF_UNSPEC, 0, ifindex, flags, change) + attributes
            data += (
                struct.pack(
                    "=IHHII", 16 + len(body), RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, self.seq, 0
                )
                + body
            )
        self.sock.send(data)
        left = len(steps)
        while left:
            answer = self.sock.recv(65536)
            while len(answer) >= 20:
                length, kind, _, _, _ = struct.unpack_from("=IHHII", answer)
                if kind == NLMSG_ERROR:
                    code = -struct.unpack_from("=i", answer, 16)[0]
                    if code:
                        raise OSError(code, errno.errorcode.get(code, "netlink"))
                    left -= 1
                answer = answer[(length + 3) & ~3 :]
