# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""
The data plane alone, driven by tests/tools/dataplane: a WTRU away from home behind a visited router, its
D-GW with a shared home prefix, a second WTRU, and a correspondent.

    wtru -- visited --+
    wtru2 - visited   +-- core -- cn
    neighbour -- gw --+

Checks what goes through the tunnel and comes out right, what the sender of a too large packet or of one at
its last hop gets, what must be dropped and counted, restart, and that removal leaves nothing.
"""

import errno
import fcntl
import hashlib
import os
import random
import select
import socket
import struct
import subprocess
import sys
import threading
import time

from mip6net import base, case

HOA, HOA2 = "2001:db8:1::100", "2001:db8:1::200"
COA, COA2 = "2001:db8:2::100", "2001:db8:3::200"
NEIGHBOUR = "2001:db8:1::50"
GW, CN = "2001:db8:1::1", "2001:db8:ff::2"
ROUTER = "fe80::1"
TABLE = "4000"
UDP_SEGMENT = 103
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 0x0001, 0x1000
IPV6_MTU_DISCOVER, IPV6_MTU, IPV6_PMTUDISC_DO = 23, 24, 2


class Driver:
    """The tool in a namespace."""

    def __init__(self, net, netns, role, name=None, limit=64):
        self.events = []
        self.process = net.start(netns, case.tool("dataplane"), pipe=True, log=f"dp-{name or netns}.log")
        self.buffer = b""
        self.backend = net.backends[role]
        self.ask("backend", role, self.backend)
        answer = self.ask("open", role, limit, *([GW] if role == "gateway" else []), check=False)
        if answer.startswith("error 95"):
            raise base.Skip(answer)
        case.require(answer.startswith("ok"), f"open: {answer}")

    def _line(self, seconds):
        deadline = time.monotonic() + seconds
        out = self.process.popen.stdout
        while b"\n" not in self.buffer:
            if not select.select([out], [], [], max(deadline - time.monotonic(), 0))[0]:
                return None
            data = os.read(out.fileno(), 65536)
            if not data:
                raise base.Failure("the driver ended: " + self.process.log())
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()

    def ask(self, *words, check=True, seconds=10):
        self.process.popen.stdin.write((" ".join(str(w) for w in words) + "\n").encode())
        self.process.popen.stdin.flush()
        while True:
            line = self._line(seconds)
            if line is None:
                raise base.Failure(f"no answer to {words}")
            if line.startswith("event "):
                self.events.append(line[6:])
                continue
            if check and not line.startswith("ok"):
                raise base.Failure(f"{words}: {line}")
            return line

    def poll_events(self):
        while True:
            line = self._line(0)
            if line is None:
                return self.events
            self.events.append(line.removeprefix("event "))

    def numbers(self, *words):
        return {k: int(v) for k, v in (w.split("=") for w in self.ask(*words).split()[1:])}

    def counters(self):
        return self.numbers("counters")

    def end(self):
        self.process.kill()
        self.process.wait()


class Net(base.Network):
    """The network above."""

    def __init__(self, backends):
        super().__init__(case.KEEP)
        self.backends = backends
        try:
            self._build()
        except BaseException:
            self.close()
            raise

    def _build(self):
        self.add_namespaces(["wtru", "wtru2", "visited", "core", "gw", "cn", "nb"])
        for name in self.names:
            self.sysctl(name, {"ipv6/conf/all/accept_dad": 0, "ipv6/conf/default/accept_dad": 0,
                               "ipv6/conf/default/accept_ra": 0,
                               "ipv6/conf/all/forwarding": int(name in ("visited", "core", "gw"))})
            # Errors follow one another here more quickly than a router may send them.
            self.sysctl(name, {"ipv6/icmp/ratelimit": 0})
        links = [("wtru", "u0", "visited", "w1"), ("wtru2", "u0", "visited", "w2"),
                 ("visited", "c0", "core", "v0"), ("gw", "c0", "core", "g0"), ("cn", "c0", "core", "n0"),
                 ("nb", "u0", "gw", "a0")]
        lines = []
        for left, a, right, b in links:
            lines.append(f"link add {a} netns {self.netns(left)} type veth peer name {b} "
                         f"netns {self.netns(right)}")
        self.ip_batch(None, lines)
        self.ip_batch("visited", ["link set w1 up", "link set w2 up", "link set c0 up",
                                  "addr add 2001:db8:2::1/64 dev w1", "addr add fe80::1/64 dev w1",
                                  "addr add 2001:db8:3::1/64 dev w2", "addr add fe80::1/64 dev w2",
                                  "addr add 2001:db8:c2::2/64 dev c0",
                                  "route add default via 2001:db8:c2::1"])
        self.ip_batch("core", ["link set v0 up", "link set g0 up", "link set n0 up",
                               "addr add 2001:db8:c2::1/64 dev v0", "addr add 2001:db8:c1::1/64 dev g0",
                               "addr add 2001:db8:ff::1/64 dev n0",
                               "route add 2001:db8:1::/48 via 2001:db8:c1::2",
                               "route add 2001:db8:2::/47 via 2001:db8:c2::2"])
        self.ip_batch("gw", ["link set c0 up", "link set a0 up", "addr add 2001:db8:c1::2/64 dev c0",
                             "addr add 2001:db8:1::1/64 dev a0", "route add default via 2001:db8:c1::1"])
        self.ip_batch("cn", ["link set c0 up", f"addr add {CN}/64 dev c0",
                             "route add default via 2001:db8:ff::1"])
        self.ip_batch("nb", ["link set u0 up", f"addr add {NEIGHBOUR}/64 dev u0",
                             f"route add default via {GW}"])
        for name, hoa, coa in (("wtru", HOA, COA), ("wtru2", HOA2, COA2)):
            self.ip_batch(name, ["link set u0 up", f"addr add {coa}/64 dev u0",
                                 f"route add default via {ROUTER} dev u0",
                                 f"addr add {hoa}/128 dev lo nodad preferred_lft 0"])
            self.ip_set(name, "-6", "rule", "add", "pref", "31990", "from", hoa, "lookup", TABLE)
        # The gateway defends the HoAs on the home link.
        self.sysctl("gw", {"ipv6/conf/a0/proxy_ndp": 1})
        self.ip_batch("gw", [f"neigh add proxy {HOA} dev a0", f"neigh add proxy {HOA2} dev a0"])

    def start_wtru(self, name="wtru", hoa=HOA, coa=COA, run=""):
        driver = Driver(self, name, "wtru", f"{name}{run}")
        driver.ask("attach", "u0")
        driver.ask("want", hoa, coa, GW, "u0", ROUTER)
        driver.ask("route", hoa, TABLE)
        return driver

    def start_gateway(self, run="", limit=1024):
        driver = Driver(self, "gw", "gateway", f"gw{run}", limit)
        driver.ask("attach", "c0")
        driver.ask("attach", "a0")
        return driver

    def ping(self, netns, source, target, *options, count=3):
        text = self.run(netns, "ping", "-6", "-n", "-I", source, "-c", count, "-i", "0.01", "-W", "2",
                        *options, target, check=False)
        return int(text.split(" received")[0].split()[-1]) if " received" in text else 0

    def can_reach(self, netns, source, target, *options):
        case.require(self.ping(netns, source, target, *options) == 3,
                     f"ping from {source} to {target} {' '.join(options)}")


def udp_socket(net, netns, address, port=0):
    with net.entered(netns):
        s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.bind((address, port))
    s.settimeout(2)
    return s


def udp_pair(net, left, right):
    """Two connected UDP sockets; left and right are (namespace, address)."""
    a, b = udp_socket(net, *left), udp_socket(net, *right)
    a.connect(b.getsockname())
    b.connect(a.getsockname())
    return a, b


def drain(s, count, what):
    got = []
    try:
        while len(got) < count:
            got.append(s.recv(65536))
    except TimeoutError:
        pass
    case.require(len(got) == count, f"{what}: {len(got)} of {count} datagrams arrived")
    return got


WTRU, WTRU2, CNODE, NODE = ("wtru", HOA), ("wtru2", HOA2), ("cn", CN), ("nb", NEIGHBOUR)


def both_ways(net):
    net.can_reach("wtru", HOA, CN)
    net.can_reach("cn", CN, HOA)
    net.can_reach("nb", NEIGHBOUR, HOA)
    net.can_reach("wtru", HOA, NEIGHBOUR)
    net.can_reach("wtru", HOA, HOA2)
    net.can_reach("gw", GW, HOA)
    net.can_reach("wtru", HOA, GW)
    # The CoA is no business of the data plane.
    net.can_reach("wtru", COA, CN)


def transfer(net, source, target, octets):
    """Octets by TCP from source to target, compared; seconds it took."""
    with net.entered(target[0]):
        listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.bind((target[1], 0))
    listener.listen(1)
    with net.entered(source[0]):
        sender = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    sender.bind((source[1], 0))
    for s in (listener, sender):
        s.settimeout(10)
    sender.connect(listener.getsockname())
    receiver = listener.accept()[0]
    receiver.settimeout(10)
    block = random.randbytes(1 << 20)
    sent, received = hashlib.blake2b(), hashlib.blake2b()

    def send():
        left = octets
        while left:
            part = block[:min(left, len(block))]
            sender.sendall(part)
            sent.update(part)
            left -= len(part)
        sender.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=send, daemon=True)
    start = time.monotonic()
    thread.start()
    try:
        while data := receiver.recv(1 << 20):
            received.update(data)
    except TimeoutError:
        raise base.Failure(f"TCP from {source} to {target} stalled") from None
    thread.join()
    seconds = time.monotonic() - start
    for s in (listener, sender, receiver):
        s.close()
    case.require(sent.digest() == received.digest(), f"TCP from {source} to {target}: content")
    return seconds


PAIRS = ((WTRU, CNODE), (CNODE, WTRU), (NODE, WTRU), (WTRU, NODE), (WTRU, WTRU2), (("gw", GW), WTRU))


def tcp(net):
    for source, target in PAIRS:
        transfer(net, source, target, 8 << 20)


def learn_mtu(a, b, data):
    """The first packets tell the sender's kernel the path MTU; the sender sees EMSGSIZE at most once."""
    def through():
        try:
            a.send(data)
            b.settimeout(0.2)
            return b.recv(65536) == data
        except TimeoutError:
            return False
        except OSError as error:
            if error.errno != errno.EMSGSIZE:
                raise
            return False
    base.wait_until(through, 3, "a fragmented datagram arrives")
    b.settimeout(2)


def udp(net):
    """Segmentation offload, and datagrams that the sender fragments."""
    for left, right in PAIRS:
        a, b = udp_pair(net, left, right)
        name = f"{left} to {right}"
        big = random.randbytes(4000)
        learn_mtu(a, b, big)
        for _ in range(5):
            a.send(big)
        case.require(all(d == big for d in drain(b, 5, f"4000 octets, {name}")), f"{name}: content")
        if left[0] == "gw":
            continue  # LWT cannot segment; the gateway itself sends no such thing
        data = random.randbytes(20 * 1200)
        try:
            a.sendmsg([data], [(socket.IPPROTO_UDP, UDP_SEGMENT, struct.pack("=H", 1200))])
        except OSError as error:
            raise base.Failure(f"UDP GSO, {name}: {error}") from None
        parts = drain(b, 20, f"UDP GSO, {name}")
        case.require(b"".join(parts) == data, f"UDP GSO, {name}: content")
        a.close()
        b.close()


def full_size(s):
    """Send the largest packet that the sender's kernel believes in; the path MTU that it believes then."""
    s.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO)
    try:
        s.send(b"x" * (s.getsockopt(socket.IPPROTO_IPV6, IPV6_MTU) - 48))
    except OSError as error:
        if error.errno != errno.EMSGSIZE:
            raise
    return s.getsockopt(socket.IPPROTO_IPV6, IPV6_MTU)


def wait_mtu(s, expected, what):
    base.wait_until(lambda: full_size(s) == expected, 3,
                    f"path MTU {expected}, {what}: {s.getsockopt(socket.IPPROTO_IPV6, IPV6_MTU)}")


def mtu(net, gw):
    """Who sends 1500 octets is told 1460."""
    for left, right in ((CNODE, WTRU), (NODE, WTRU), (WTRU, CNODE), (("gw", GW), WTRU)):
        a, b = udp_pair(net, left, right)
        wait_mtu(a, 1460, f"{left} to {right}")
        a.send(b"y" * 1412)
        base.wait_until(lambda: b.recv(2000) == b"y" * 1412, 2, "after Packet Too Big")
    case.require(gw.counters()["too_big"] > 0, "too_big is counted")


def reduced_mtu(net, wtru, gw):
    """A link of 1400 in the core: learnt on both sides, a TCP connection survives."""
    result = []

    def flow():
        try:
            result.append(transfer(net, CNODE, WTRU, 48 << 20))
            result.append(transfer(net, WTRU, CNODE, 48 << 20))
        except base.Failure as failure:
            result.append(failure)

    thread = threading.Thread(target=flow)
    thread.start()
    time.sleep(0.02)
    net.ip_set("core", "link", "set", "v0", "mtu", "1400")
    net.ip_set("visited", "link", "set", "c0", "mtu", "1400")
    thread.join()
    for r in result:
        if isinstance(r, base.Failure):
            raise r
    a, b = udp_pair(net, CNODE, WTRU)
    wait_mtu(a, 1360, "the correspondent")
    a.send(b"y" * 1312)
    base.wait_until(lambda: b.recv(2000) == b"y" * 1312, 2, "1360 octets")
    a, b = udp_pair(net, WTRU, CNODE)
    wait_mtu(a, 1360, "the WTRU")
    base.wait_until(lambda: f"mtu {HOA}/128 1360" in wtru.poll_events(), 3, "event of the WTRU")
    # The daemon sets the route when told.
    case.require("mtu=1360" in wtru.ask("route", HOA, TABLE), "route of the WTRU")
    case.require(f"mtu {HOA}/128 1360" in gw.poll_events(), "event of the gateway")
    case.require(gw.numbers("stats", HOA)["mtu"] == 1360, "in the statistics")
    transfer(net, CNODE, WTRU, 4 << 20)
    net.ip_set("core", "link", "set", "v0", "mtu", "1500")
    net.ip_set("visited", "link", "set", "c0", "mtu", "1500")


def narrow_path(net, wtru, gw):
    """1280 octets between the tunnel's ends: packets of 1280 get through, in fragmented outer packets."""
    for name, device in (("core", "v0"), ("visited", "c0")):
        net.ip_set(name, "link", "set", device, "mtu", "1280")
    wtru.ask("mtu", GW, 1300)
    gw.ask("mtu", COA, 1280)
    case.require("mtu=1280" in wtru.ask("route", HOA, TABLE), "route of the WTRU")
    for left, right in ((CNODE, WTRU), (WTRU, CNODE)):
        # The first is lost: Packet Too Big for an outer packet of 1300 sets the right MTU.
        a, b = udp_pair(net, left, right)
        learn_mtu(a, b, random.randbytes(4000))
        for size in (1190, 1232, 1232):
            data = random.randbytes(size)
            a.send(data)
            case.require(drain(b, 1, f"{size} octets, {left} to {right}")[0] == data, "content")
        transfer(net, left, right, 1 << 20)
    before = gw.counters()
    inner = udp_packet("2001:db8:1::666", CN, 1, b"q" * 1232)
    fragment = struct.pack("!BBHI", 41, 0, 1, 77) + inner[:1024]
    inject(net, "wtru", ipv6(COA, GW, 44, fragment))
    inject(net, "wtru", ipv6(COA, GW, 44, struct.pack("!BBHI", 41, 0, 1024, 77) + inner[1024:]))
    base.wait_until(
        lambda: gw.counters()["no_binding"] == before["no_binding"] + 1, 2, "unbound, in fragments"
    )
    for name, device in (("core", "v0"), ("visited", "c0")):
        net.ip_set(name, "link", "set", device, "mtu", "1500")


def hop_limit(net):
    """Time Exceeded from the gateway, in both directions; one more hop gets through."""
    for netns, source, target, hops in (("cn", CN, HOA, 2), ("nb", NEIGHBOUR, HOA, 1),
                                        ("wtru", HOA, CN, 1), ("wtru", HOA, HOA2, 1)):
        text = net.run(netns, "ping", "-6", "-n", "-I", source, "-c3", "-i0.2", "-W2", "-t", hops,
                       target, check=False)
        case.require("Hop limit" in text or "Time exceeded" in text, f"{source} to {target}: {text}")
        expected = GW if netns == "nb" else "2001:db8:c1::2"
        # What came out of an ip6tnl device is answered from the address that suits its target.
        if netns == "wtru" and net.backends["gateway"] == "ip6tnl":
            expected = GW
        case.require(f"From {expected}" in text, f"{source} to {target}: who answers: {text}")
    net.can_reach("cn", CN, HOA, "-t", "3")
    net.can_reach("wtru", HOA, HOA2, "-t", "2")


def ipv6(source, target, next_header, payload, hops=64, first=0x60000000):
    return (struct.pack("!IHBB", first, len(payload), next_header, hops)
            + socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target)
            + payload)


def udp_packet(source, target, port, data=b"z" * 20, **options):
    """An IPv6 packet with a UDP datagram, right checksum included."""
    length = 8 + len(data)
    pseudo = (socket.inet_pton(socket.AF_INET6, source) + socket.inet_pton(socket.AF_INET6, target)
              + struct.pack("!II", length, 17) + struct.pack("!HHHH", 9, port, length, 0) + data)
    pseudo += b"\0" * (len(pseudo) % 2)
    total = sum(struct.unpack(f"!{len(pseudo) // 2}H", pseudo))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ipv6(source, target, 17, struct.pack("!HHHH", 9, port, length, ~total & 0xffff or 0xffff) + data,
                **options)


def inject(net, netns, packet):
    """Send a packet as it is, whatever its source."""
    with net.entered(netns):
        s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    s.sendto(packet, (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0))
    s.close()


def dropped(net, driver, counter, netns, packet, what):
    before = driver.counters()
    inject(net, netns, packet)
    base.wait_until(lambda: driver.counters()[counter] == before[counter] + 1, 2, f"{what}: {counter}")
    case.require(driver.counters()["decapsulated"] == before["decapsulated"], f"{what}: decapsulated")


def refused_by_kernel(net, driver, packet, what):
    """What the kernel's own tunnel driver drops, without a count of ours."""
    before = driver.counters()["decapsulated"]
    inject(net, "wtru", packet)
    arrives(net, CNODE, "wtru", lambda port: ipv6(COA, GW, 41, udp_packet(HOA, CN, port)), f"after: {what}")
    case.require(driver.counters()["decapsulated"] == before + 1, f"{what}: decapsulated")


def arrives(net, right, netns, packet_to_port, what):
    s = udp_socket(net, *right)
    inject(net, netns, packet_to_port(s.getsockname()[1]))
    drain(s, 1, what)
    s.close()


def refused(net, wtru, gw):
    """What is forged, malformed, nested or looping is dropped and counted by its cause."""
    inner = udp_packet(HOA, CN, 4000)
    # The limit option of RFC 2473, and padding, are tolerated.
    limit = struct.pack("!BBBBBBBB", 41, 0, 4, 1, 4, 1, 1, 0)
    arrives(net, CNODE, "wtru", lambda port: ipv6(COA, GW, 60, limit + udp_packet(HOA, CN, port)),
            "encapsulation limit")
    arrives(net, WTRU, "gw", lambda port: ipv6(GW, COA, 60, limit + udp_packet(CN, HOA, port)),
            "encapsulation limit at the WTRU")
    dropped(net, gw, "wrong_source", "wtru2", ipv6(COA2, GW, 41, inner), "outer source of another WTRU")
    dropped(net, gw, "wrong_source", "cn", ipv6(CN, GW, 41, inner), "outer source elsewhere")
    dropped(net, gw, "no_binding", "wtru", ipv6(COA, GW, 41, udp_packet("2001:db8:1::666", CN, 1)),
            "inner source unbound")
    base.wait_until(lambda: f"unbound {COA} {GW} 2001:db8:1::666" in gw.poll_events(), 2, "unbound event")
    dropped(net, gw, "malformed", "wtru", ipv6(COA, GW, 41, udp_packet("fe80::1", CN, 1)), "link-local")
    dropped(net, gw, "malformed", "wtru", ipv6(COA, GW, 41, udp_packet(HOA, "ff02::1", 1)), "multicast")
    dropped(net, gw, "malformed", "wtru", ipv6(COA, GW, 41, b"\x45" + inner[1:]), "not IPv6")
    unknown = ipv6(COA, GW, 60, b"\x29\x00\xc2\x04\0\0\0\0" + inner)
    for packet, what in ((ipv6(COA, GW, 41, inner[:-1]), "cut"), (unknown, "unknown option")):
        if gw.backend == "ip6tnl":
            refused_by_kernel(net, gw, packet, what)
        else:
            dropped(net, gw, "malformed", "wtru", packet, what)
    dropped(net, gw, "malformed", "wtru", ipv6(COA, GW, 41, inner[:30]), "cut in the header")
    dropped(net, gw, "malformed", "wtru", ipv6(COA, GW, 41, inner, first=0x60300000), "ECN: RFC 6040")
    dropped(net, gw, "loop", "wtru", ipv6(COA, GW, 41, ipv6(HOA, GW, 41, inner)), "nested to us")
    dropped(net, gw, "loop", "cn", ipv6(GW, HOA, 41, inner), "our own, come back")
    # Two D-GWs that bind each other's HoAs as CoAs: the other one's tunnel around ours.
    other = "2001:db8:77::1"
    circle = ipv6(other, HOA, 41, ipv6(GW, "2001:db8:77::9", 41, inner))
    dropped(net, gw, "loop", "cn", circle, "our own, in the tunnel of another")
    dropped(net, wtru, "wrong_source", "cn", ipv6(CN, COA, 41, udp_packet(CN, HOA, 1)), "not the anchor")
    dropped(net, wtru, "wrong_source", "gw", ipv6(GW, COA, 41, udp_packet(HOA, HOA, 1)), "from ourselves")
    dropped(net, wtru, "no_binding", "gw", ipv6(GW, COA, 41, udp_packet(CN, HOA2, 1)), "another's HoA")
    dropped(net, wtru, "malformed", "gw", ipv6(GW, COA, 41, udp_packet("fe80::1", HOA, 1)), "link-local")
    s = udp_socket(net, *WTRU)
    before = wtru.counters()["multicast"]
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, 2)
    with net.entered("wtru"):
        index = socket.if_nametoindex("u0")
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    try:
        s.sendto(b"x", ("ff0e::1234", 5))
    except PermissionError:  # nftables tells the sender
        case.require(wtru.backend == "ip6tnl", "EPERM")
    base.wait_until(lambda: wtru.counters()["multicast"] == before + 1, 2, "multicast")
    # Somebody else's tunnel is not touched: protocol 41 to another address of the WTRU.
    net.ip_set("wtru", "addr", "add", "2001:db8:2::aaaa/64", "dev", "u0", "nodad")
    with net.entered("wtru"):
        raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 41)
    raw.bind(("2001:db8:2::aaaa", 0))
    raw.settimeout(2)
    inject(net, "cn", ipv6(CN, "2001:db8:2::aaaa", 41, inner))
    case.require(raw.recv(100) == inner, "another tunnel")


def chain(net, gw):
    """A home with a second tunnel: what leaves it goes there, and nowhere else; what comes from there to it."""
    before = gw.numbers("stats", HOA)
    gw.ask("chain", HOA, GW, COA, CN)
    with net.entered("cn"):
        anchor = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_IPV6)
    anchor.settimeout(2)
    # Even for another home of ours.
    inner = udp_packet(HOA, HOA2, 4000)
    inject(net, "wtru", ipv6(COA, GW, 41, inner))
    got = anchor.recv(65536)
    case.require(got == inner[:7] + b"\x3f" + inner[8:], f"at the anchor: {got.hex()}")
    anchor.close()
    arrives(net, WTRU, "cn", lambda port: ipv6(CN, GW, 41, udp_packet(HOA2, HOA, port)), "from the anchor")
    after = gw.numbers("stats", HOA)
    for counter in ("tx_packets", "rx_packets"):
        case.require(after[counter] >= before[counter] + 2, f"{counter}: {before} {after}")
    dropped(net, gw, "no_binding", "nb", ipv6(NEIGHBOUR, GW, 41, udp_packet(CN, HOA, 4000)),
            "to the home, but not from the anchor")
    dropped(net, gw, "wrong_source", "cn", ipv6(CN, GW, 41, udp_packet(HOA, HOA2, 4000)),
            "from the home, but not from the WTRU")
    gw.ask("chain", HOA, GW, COA, NEIGHBOUR)
    dropped(net, gw, "wrong_source", "cn", ipv6(CN, GW, 41, udp_packet(HOA2, HOA, 4000)),
            "no longer the anchor")
    gw.ask("want", HOA, GW, COA)
    net.can_reach("wtru", HOA, HOA2)


def moves(net, wtru, gw):
    """A new CoA: what is under way to and from the old one still arrives, for a while only."""
    new = "2001:db8:2::101"
    net.ip_set("wtru", "addr", "add", f"{new}/64", "dev", "u0", "nodad")

    def upwards(port):
        return ipv6(COA, GW, 41, udp_packet(HOA, CN, port))

    def downwards(port):
        return ipv6(GW, COA, 41, udp_packet(CN, HOA, port))

    deadline = time.monotonic() + 20 * base.PATIENCE
    while True:
        wtru.ask("want", HOA, new, GW, "u0", ROUTER)
        wtru.ask("route", HOA, TABLE)
        gw.ask("want", HOA, GW, new)
        start = time.monotonic()
        try:
            net.can_reach("wtru", HOA, CN)
            arrives(net, CNODE, "wtru", upwards, "up, old CoA")
            arrives(net, WTRU, "gw", downwards, "down, old CoA")
            break
        except base.Failure:
            # A machine so slow that the time was over proves nothing: once more.
            if time.monotonic() < start + 2.5 or time.monotonic() > deadline:
                raise
        wtru.ask("want", HOA, COA, GW, "u0", ROUTER)
        wtru.ask("route", HOA, TABLE)
        gw.ask("want", HOA, GW, COA)
    base.wait_until(lambda: time.monotonic() > start + 3.1, 5)
    dropped(net, gw, "wrong_source", "wtru", ipv6(COA, GW, 41, udp_packet(HOA, CN, 1)), "old CoA, late")
    wtru.ask("want", HOA, COA, GW, "u0", ROUTER)
    wtru.ask("route", HOA, TABLE)
    gw.ask("want", HOA, GW, COA)
    net.can_reach("cn", CN, HOA)


def restart(net, wtru, gw):
    """kill -9 and a new process, with traffic: nothing is lost, nothing forgotten."""
    stream = net.start("wtru", "ping", "-6", "-n", "-I", HOA, "-i", "0.002", "-c", "400", "-q", CN,
                       log="restart.ping")
    before = gw.numbers("stats", HOA)["rx_packets"]
    time.sleep(0.1)
    gw.end()
    wtru.end()
    time.sleep(0.1)
    gw, wtru = net.start_gateway("-2"), net.start_wtru(run="-2")
    case.require(sorted(gw.ask("list").split()[1:]) == sorted([f"{HOA}/128,{GW},{COA}",
                                                              f"{HOA2}/128,{GW},{COA2}"]), "adopted")
    case.require(gw.numbers("stats", HOA)["rx_packets"] > before, "statistics live on")
    gw.ask("want", HOA, GW, COA)
    gw.ask("want", HOA2, GW, COA2)
    stream.wait(20)
    case.require("400 received" in stream.log(), "no packet is lost: " + stream.log())
    gw.end()
    # Another limit: bindings move to new maps.
    gw = net.start_gateway("-3", 2048)
    case.require(f"{HOA}/128" in gw.ask("list"), "adopted with another limit")
    both_ways(net)
    # Orderly stop that keeps the kernel's state.
    gw.ask("close", "keep")
    net.can_reach("cn", CN, HOA)
    gw.ask("open", "gateway", 2048, GW)
    return wtru, gw


def prefixes(net, gw):
    """A delegated prefix, found after the /128, longest first."""
    if gw.backend == "ip6tnl":
        answer = gw.ask("want", "2001:db8:1:7::/64", GW, COA, check=False)
        case.require(answer.startswith("error 95"), f"addresses only: {answer}")
        return
    net.ip_set("wtru", "addr", "add", "2001:db8:1:7::1/128", "dev", "lo", "nodad")
    net.ip_set("wtru", "-6", "rule", "add", "from", "2001:db8:1:7::1", "lookup", TABLE)
    gw.ask("want", "2001:db8:1:7::/64", GW, COA)
    gw.ask("want", "2001:db8:1::/48", GW, COA2)
    before = gw.numbers("stats", "2001:db8:1:7::/64")["tx_packets"]
    net.ping("cn", CN, "2001:db8:1:7::1", count=2)
    case.require(gw.numbers("stats", "2001:db8:1:7::/64")["tx_packets"] == before + 2, "the /64")
    net.can_reach("cn", CN, HOA)
    gw.ask("unwant", "2001:db8:1:7::/64")
    gw.ask("unwant", "2001:db8:1::/48")
    case.require("error 2 " in gw.ask("stats", "2001:db8:1:7::/64", check=False), "gone")


def leftovers(net, netns):
    found = [line for line in net.run(netns, "tc", "qdisc", "show").splitlines() if "clsact" in line]
    found += net.run(netns, "ip", "-6", "route", "show", "table", "all", "proto", "106").splitlines()
    found += [rule for rule in net.run(netns, "ip", "-6", "rule").splitlines() if "proto 106" in rule]
    found += net.run(netns, "ip", "-o", "link", "show", "type", "tun").splitlines()
    links = net.run(netns, "ip", "-o", "link", "show", "type", "ip6tnl").splitlines()
    found += [line for line in links if " ip6tnl0@" not in line]
    found += net.run(netns, "nft", "list", "tables").splitlines()
    return found


class Wire:
    """Two TUN devices, in two namespaces, joined: links without a link-layer header, as modems are."""

    def __init__(self, net, *ends):
        self.files = []
        for netns, name in ends:
            with net.entered(netns):
                fd = os.open("/dev/net/tun", os.O_RDWR)
                fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
            self.files.append(fd)
            net.ip_set(netns, "link", "set", name, "up")
        for source, target in (self.files, self.files[::-1]):
            threading.Thread(target=self._carry, args=(source, target), daemon=True).start()

    @staticmethod
    def _carry(source, target):
        try:
            while True:
                os.write(target, os.read(source, 65536))
        except OSError:
            pass  # the device is gone


def plain_link(net, wtru2, gw):
    """An uplink without a link-layer header, and without a router's address."""
    coa = "2001:db8:3:1::200"
    Wire(net, ("wtru2", "ww0"), ("visited", "ww0"))
    net.ip_set("visited", "route", "add", coa, "dev", "ww0")
    net.ip_set("wtru2", "addr", "add", f"{coa}/128", "dev", "ww0", "nodad")
    net.ip_set("wtru2", "-6", "route", "replace", "default", "dev", "ww0")
    wtru2.ask("attach", "ww0")
    wtru2.ask("want", HOA2, coa, GW, "ww0", "::")
    wtru2.ask("route", HOA2, TABLE)
    gw.ask("want", HOA2, GW, coa)
    net.can_reach("cn", CN, HOA2)
    net.can_reach("wtru2", HOA2, HOA)
    transfer(net, CNODE, WTRU2, 1 << 20)
    transfer(net, WTRU2, CNODE, 1 << 20)
    net.ip_set("wtru2", "link", "del", "ww0")
    net.ip_set("wtru2", "-6", "route", "replace", "default", "via", ROUTER, "dev", "u0")
    wtru2.ask("detach", "ww0")  # a link that is gone is no error
    wtru2.ask("want", HOA2, COA2, GW, "u0", ROUTER)
    wtru2.ask("route", HOA2, TABLE)
    gw.ask("want", HOA2, GW, COA2)
    net.can_reach("cn", CN, HOA2)


def forgotten(net, gw):
    """A gateway that lost its bindings says whose packets come, to whichever of its addresses."""
    gw.ask("open", "gateway", 10, "2001:db8:1::/64")
    gw.ask("attach", "c0")
    net.ping("wtru2", HOA2, CN, "-W", "0.1", count=1)
    base.wait_until(lambda: f"unbound {COA2} {GW} {HOA2}" in gw.poll_events(), 3, "unbound event")
    case.require(gw.counters()["no_binding"] > 0, "and counts them")
    gw.ask("want", HOA2, GW, COA2)
    net.can_reach("wtru2", HOA2, CN)
    gw.ask("close", "all")


def removal(net, wtru, gw):
    """Unwanted bindings are gone at once; closing removes everything of ours and nothing else."""
    for _ in range(2):
        gw.ask("unwant", HOA2)
    case.require(HOA2 not in net.run("gw", "ip", "-6", "route", "show", "table", "all"), "route")
    case.require(net.ping("nb", NEIGHBOUR, HOA2, "-W", "1", count=1) == 0, "no tunnel any more")
    # Somebody else's filter on one of the links.
    if gw.backend != "bpf":
        net.run("gw", *"tc qdisc add dev c0 clsact".split())
    net.run("gw", *"tc filter add dev c0 ingress prio 2000 u32 match u32 0 0 flowid 1:1".split())
    gw.ask("detach", "c0")
    gw.ask("detach", "c0")
    gw.ask("attach", "c0")
    net.can_reach("cn", CN, HOA)
    wtru.ask("unwant", HOA)
    wtru.ask("close", "all")
    gw.ask("close", "all")
    net.ip_set("wtru", "-6", "route", "flush", "table", TABLE, "proto", "106")
    case.require(leftovers(net, "wtru") == [], f"left at the WTRU: {leftovers(net, 'wtru')}")
    found = leftovers(net, "gw")
    case.require(len(found) == 1 and "dev c0" in found[0], f"left at the gateway: {found}")
    filters = net.run("gw", "tc", "filter", "show", "dev", "c0", "ingress")
    case.require("u32" in filters and "bpf" not in filters, f"filters: {filters}")


def say(backends):
    print(f"dataplane: wtru {backends['wtru']}, gateway {backends['gateway']}", flush=True)


def test_with(backends):
    with Net(backends) as net:
        say(backends)
        wtru = net.start_wtru()
        wtru2 = net.start_wtru("wtru2", HOA2, COA2)
        gw = net.start_gateway()
        gw.ask("want", HOA, GW, COA)
        gw.ask("want", HOA2, GW, COA2)
        try:
            both_ways(net)
            tcp(net)
            udp(net)
            mtu(net, gw)
            hop_limit(net)
            refused(net, wtru, gw)
            chain(net, gw)
            moves(net, wtru, gw)
            prefixes(net, gw)
            plain_link(net, wtru2, gw)
            wtru, gw = restart(net, wtru, gw)
            reduced_mtu(net, wtru, gw)
            narrow_path(net, wtru, gw)
            sanitized = "libasan" in open(f"/proc/{wtru.process.pid}/maps", encoding="ascii").read()
            case.require(sanitized or wtru.numbers("rss")["kib"] < 6 * 1024, "resident memory of the WTRU")
            removal(net, wtru, gw)
            forgotten(net, gw)
        except base.Failure:
            for driver in (wtru, wtru2, gw):
                if driver.process.running():
                    print(driver.process.netns, driver.ask("counters", check=False))
            raise


def available():
    """The backends that this kernel has; the first one is the one that needs nothing special."""
    names = []
    for name in ("bpf", "ip6tnl"):
        answer = subprocess.run([case.tool("dataplane")], input=f"backend wtru {name}\n", text=True,
                                stdout=subprocess.PIPE, check=True).stdout
        print(f"backend {name}: {answer.strip()}", flush=True)
        if answer.startswith("ok"):
            names.append(name)
    if not names:
        raise base.Skip("no backend works here")
    return names


def mixture(backends):
    """The same on the wire, whoever is at the other end: what is sent, and in fragments."""
    with Net(backends) as net:
        say(backends)
        wtru = net.start_wtru()
        net.start_wtru("wtru2", HOA2, COA2)
        gw = net.start_gateway()
        gw.ask("want", HOA, GW, COA)
        gw.ask("want", HOA2, GW, COA2)
        both_ways(net)
        udp(net)
        narrow_path(net, wtru, gw)


def test():
    """All with each backend; between unlike ones what both must understand."""
    names = [name for name in available() if not sys.argv[1:] or name in sys.argv[1:]]
    for wtru in names:
        for gateway in names:
            run = test_with if wtru == gateway else mixture
            run({"wtru": wtru, "gateway": gateway})


case.main(test)
