# SPDX-License-Identifier: GPL-2.0-or-later
"""
FreeRADIUS as the AAA server of an operator, with the configuration of docs/examples; and a false one.
"""

import hashlib
import hmac
import os
import shutil
import socket
import struct
import threading

from .base import Skip, wait_until

EXAMPLES = os.path.join(os.path.dirname(__file__), "..", "..", "..", "docs", "examples")
DICTIONARY = "/usr/share/freeradius/dictionary"
MODULES = "/usr/lib/freeradius"

CONFIG = """
name = {name}
libdir = {modules}
pidfile = {dir}/pid
log {{
	destination = stdout
	auth = yes
}}
security {{
	reject_delay = 0
	status_server = no
}}
{clients}
modules {{
	expr {{
	}}
	always reject {{
		rcode = reject
	}}
	files {{
		filename = {dir}/users
	}}
}}
$INCLUDE {examples}/freeradius-site
"""

CLIENT = """
client {name} {{
	ipv6addr = {address}
	secret = "{secret}"
	require_message_authenticator = yes
	home_agent = "{home_agent}"
}}
"""


class FreeRadius:
    """
    Runs in a namespace. gateways: [(name, address)] of its clients; users: {NAI: MN-AAA key, in
    hexadecimal}.
    """

    def __init__(self, net, netns, gateways, users, secret):
        self.net = net
        self.netns = netns
        self.gateways = gateways
        self.users = users
        self.dir = net.path(f"radius-{netns}")
        self.process = None
        self.runs = 0
        self.binary = shutil.which("freeradius")
        if not self.binary or not os.path.exists(DICTIONARY):
            raise Skip("freeradius is not installed")
        os.makedirs(self.dir, exist_ok=True)
        self._write("dictionary", f"$INCLUDE {DICTIONARY}\n"
                                  f"$INCLUDE {EXAMPLES}/freeradius-dictionary\n")
        self.start(secret)

    def _write(self, name, text):
        with open(os.path.join(self.dir, name), "w", encoding="utf-8") as f:
            f.write(text)

    def start(self, secret):
        users = (f"{nai}\tMIP6-MN-AAA-Key := 0x{key}\n" for nai, key in self.users.items())
        self._write("users", "".join(users))
        clients = (
            CLIENT.format(name=name, address=address, home_agent=address, secret=secret)
            for name, address in self.gateways
        )
        self._write(
            "radiusd.conf",
            CONFIG.format(
                name="radius-" + self.netns,
                modules=MODULES,
                dir=self.dir,
                clients="".join(clients),
                examples=EXAMPLES,
            ),
        )
        # The log of the last run stays.
        self.runs += 1
        self.process = self.net.start(
            self.netns, self.binary, "-f", "-l", "stdout", "-d", self.dir, "-D", self.dir,
            log=f"radius-{self.netns}.log",
        )
        wait_until(self._ready, 20, "FreeRADIUS is ready")

    def _ready(self):
        if not self.process.running():
            raise Skip(f"freeradius does not run here: {self.process.log()[-300:]}")
        return self.process.log().count("Ready to process requests") == self.runs

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log(self):
        return self.process.log()


class FalseRadius:
    """
    Accepts everybody, in all the ways in which somebody could who sees the requests and does not know
    the secret, or has an old answer.
    """

    def __init__(self, net, netns, secret):
        self.secret = secret.encode()
        self.requests = 0
        self.old = None
        with net.entered(netns):
            self.socket = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        self.socket.bind(("::", 1812))
        self.socket.settimeout(0.1)
        self.open = True
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()
        net.closers.append(self.close)

    def close(self):
        self.open = False
        self.thread.join()
        self.socket.close()

    @staticmethod
    def _answer(request, secret, with_message_authenticator=True):
        """An Access-Accept."""
        attributes = b"\x50\x12" + bytes(16) if with_message_authenticator else b""
        attributes += struct.pack("!BBI", 27, 6, 600)
        head = struct.pack("!BBH", 2, request[1], 20 + len(attributes))
        if with_message_authenticator:
            code = hmac.new(secret, head + request[4:20] + attributes, "md5").digest()
            attributes = attributes[:2] + code + attributes[18:]
        code = hashlib.md5(head + request[4:20] + attributes + secret).digest()
        return head + code + attributes

    def _serve(self):
        while self.open:
            try:
                request, client = self.socket.recvfrom(4096)
            except OSError:
                continue
            if len(request) < 20:
                continue
            self.requests += 1
            answers = [
                # What collisions of MD5 allow: right, but for the Message-Authenticator.
                self._answer(request, self.secret, False),
                self._answer(request, b"a guess"),
                b"\x02" + request[1:2] + b"\x00\x14" + bytes(16),
            ]
            if self.old:
                answers.append(self.old[:1] + request[1:2] + self.old[2:])
            self.old = self._answer(request, self.secret)
            for answer in answers:
                try:
                    self.socket.sendto(answer, client)
                except OSError:
                    break
