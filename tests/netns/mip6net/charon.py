# SPDX-License-Identifier: GPL-2.0-or-later
"""
strongSwan's charon in namespaces, one per daemon: each with a configuration, a VICI socket and a /run of
its own; certificates; and what one sees of IKE on the wire.
"""

import os
import re
import shutil
import socket
import struct

from . import base, ipsec
from .daemons import IDENTITY, Mobile

CHARON = "/usr/lib/ipsec/charon"
PKI = "pki"
PLUGINS = (
    "aes sha1 sha2 hmac kdf random nonce x509 constraints pubkey pkcs1 pkcs8 pem openssl "
    "kernel-netlink socket-default vici"
)
# In /run is its lock, of which there is one per file system.
START = 'mount -t tmpfs tmpfs /run && exec "$0"'
CONFIGURATION = """charon {{
	load = {plugins}
	install_routes = no
	plugins {{
		vici {{
			socket = unix://{socket}
		}}
		kernel-netlink {{
			roam_events = {roam}
		}}
	}}
	filelog {{
		stderr {{
			default = 1
			flush_line = yes
		}}
	}}
}}
"""


def encoded(tree):
    """A VICI message of a dictionary: dictionaries are sections, lists are lists."""
    out = b""
    for name, value in tree.items():
        key = bytes([len(name)]) + name.encode()
        if isinstance(value, dict):
            out += b"\1" + key + encoded(value) + b"\2"
        elif isinstance(value, list):
            items = (item.encode() for item in value)
            out += b"\4" + key + b"".join(b"\5" + struct.pack("!H", len(i)) + i for i in items)
            out += b"\6"
        else:
            data = value if isinstance(value, bytes) else value.encode()
            out += b"\3" + key + struct.pack("!H", len(data)) + data
    return out


class Charon:
    """One of them; its files stay when it is stopped. Only MOBIKE needs roam events."""

    def __init__(self, network, netns, roam=False):
        self.network = network
        self.netns = netns
        self.socket = network.path(f"charon-{netns}.vici")
        self.configuration = network.path(f"charon-{netns}.conf")
        self.log_name = f"charon-{netns}.log"
        self.process = None
        with open(self.configuration, "w", encoding="utf-8") as f:
            roam = "yes" if roam else "no"
            f.write(CONFIGURATION.format(plugins=PLUGINS, socket=self.socket, roam=roam))

    def start(self):
        self.process = self.network.start(
            self.netns,
            *("sh", "-c", START, CHARON),
            log=self.log_name,
            env={"STRONGSWAN_CONF": self.configuration},
        )
        return self

    def wait_ready(self):
        def answers():
            if not self.process.running():
                raise base.Failure(f"charon in {self.netns} ended: {self.log()[-600:]}")
            try:
                return self.request("version", {})
            except OSError:
                return False

        base.wait_until(answers, 20, f"charon in {self.netns} answers")
        return self

    def request(self, command, message):
        """The answer as it came."""
        packet = b"\0" + bytes([len(command)]) + command.encode() + encoded(message)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(20 * base.PATIENCE)
            sock.connect(self.socket)
            sock.sendall(struct.pack("!I", len(packet)) + packet)
            (length,) = struct.unpack("!I", sock.recv(4, socket.MSG_WAITALL))
            return sock.recv(length, socket.MSG_WAITALL)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def log(self):
        return self.process.log()


class Negotiated(Mobile):
    """
    Topology and daemons with charons; certificates: "wtru" and each D-GW have one of the same
    authority, instead of the keys that they share; without: names of namespaces whose charon is
    not started; mobike: charons look for paths themselves.
    """

    def __init__(self, build, certificates=False, start=True, without=(), mobike=False, **options):
        if not os.path.exists(CHARON) or not shutil.which(PKI):
            raise base.Skip("not installed: strongSwan's charon and pki")
        why = ipsec.missing()
        if why:
            raise base.Skip(why)
        self.charons = {}
        super().__init__(build, start=False, **options)
        try:
            for daemon in [*self.gws, self.mnd]:
                charon = self.charons[daemon.netns] = Charon(self, daemon.netns, mobike)
                daemon.write_config(**{"protection": "ike", "ike-socket": charon.socket})
            running = [c for c in self.charons.values() if c.netns not in without]
            for charon in running:
                charon.start()
            for charon in running:
                charon.wait_ready()
            if certificates:
                self._certify()
            if start:
                self.start_daemons()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def _pki(self, output, *args):
        path = self.path(output)
        with open(path, "w", encoding="ascii") as f:
            os.fchmod(f.fileno(), 0o600)
            f.write(base.run(PKI, *args, "--outform", "pem"))
        return path

    def _certify(self):
        key = self._pki("ca.key", "--gen", "--type", "ecdsa", "--size", "256")
        self._pki(
            "ca.crt", "--self", "--ca", "--in", key, "--type", "ecdsa", "--dn", "CN=authority"
        )
        for daemon in [*self.gws, self.mnd]:
            name = IDENTITY if daemon is self.mnd else daemon.gateway.address
            self.certify(daemon, name)

    def certify(self, daemon, name):
        """A certificate for this name, and the keys that are of no use any more."""
        key = self._pki(f"{daemon.netns}.key", "--gen", "--type", "ecdsa", "--size", "256")
        public = self._pki(f"{daemon.netns}.pub", "--pub", "--in", key, "--type", "ecdsa")
        certificate = self._pki(
            f"{daemon.netns}.crt",
            *("--issue", "--in", public, "--type", "pub"),
            *("--cacert", self.path("ca.crt"), "--cakey", self.path("ca.key")),
            *("--dn", f"CN={name.replace(':', '.')}", "--san", name),
        )
        daemon.write_config(
            **{
                "ike-certificate": certificate,
                "ike-private-key": key,
                "ike-ca": self.path("ca.crt"),
            }
        )

    def states(self, netns):
        """Its kernel's security associations and care-of states."""
        return self.run(netns, "ip", "xfrm", "state")

    def wait_sa(self, hoa, state="up", seconds=20):
        base.wait_until(
            lambda: (self.mnd.instance(hoa) or {}).get("sa") == state,
            seconds,
            f"security association of {hoa}: {state}",
        )

    def _esp(self, netns, hoa):
        """For each SA of a home address: proto, esp, spi, SPI, reqid, REQID, mode, MODE."""
        mine = False
        for line in self.states(netns).splitlines():
            words = line.split()
            if line.startswith("src "):
                mine = hoa in words
            elif mine and words[:2] == ["proto", "esp"] and words[5] != "0":
                yield words

    def spis(self, netns, hoa):
        """Of the SAs of a home address."""
        return {words[3] for words in self._esp(netns, hoa)}

    def require_protected(self, hoa, number):
        """Both sides say that its Binding Updates are inside ESP with keys by IKE."""
        for entry in (self.mnd.instance(hoa), self.gw(number).binding(hoa)):
            if not entry or entry.get("protection") != "ike" or entry.get("sa") != "up":
                raise base.Failure(f"{hoa} is not protected: {entry}")

    def wait_no_sa(self, netns, hoa, seconds=10):
        base.wait_until(
            lambda: not self.spis(netns, hoa), seconds, f"SAs of {hoa} gone in {netns}"
        )

    def made(self, netns):
        """
        As states(), without what is none yet, and what the kernel forgets by itself: those that it notes
        because it misses them, and SPIs that charon had reserved when it was killed.
        """
        states = ("\n" + self.states(netns)).split("\nsrc ")[1:]
        return [
            state
            for state in states
            if "spi 0x00000000" not in state and not re.search("proto esp .* reqid 0 ", state)
        ]

    def require_clean(self):
        """After the daemons have stopped: no state and no policy is left."""
        for netns in self.charons:
            try:
                base.wait_until(
                    lambda netns=netns: not self.made(netns), 5, "states gone"
                )
            except base.Failure as failure:
                raise base.Failure(f"left in {netns}: {self.made(netns)}") from failure
            left = self.run(netns, "ip", "xfrm", "policy")
            if "mobility-header" in left or "proto 135" in left:
                raise base.Failure(f"policies left in {netns}: {left}")

    def rekey(self, hoa):
        """The WTRU's charon makes other keys for the SAs of a home address."""
        reqid = next(words[5] for words in self._esp("wtru", hoa))
        name = f"mip6-{int(reqid):08x}"
        self.charons["wtru"].request("rekey", {"ike": name, "child": "mh"})

    def ike_packets(self, netns, interface):
        """What a capture has of IKE so far, one line for each packet."""
        capture = self.path(f"{netns}-{interface}.pcap")
        read = ["tcpdump", "-n", "-r", capture, "udp port 500 or udp port 4500"]
        # The last packet may not be written to its end.
        text = self.run(netns, *read, check=False)
        return [line for line in text.splitlines() if "isakmp" in line or "NONESP" in line]
