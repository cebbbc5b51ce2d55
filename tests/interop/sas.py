# SPDX-License-Identifier: GPL-2.0-or-later
"""
Static security associations with UMIP: it takes those that are there and makes the policies itself,
from its configuration.
"""

import re
import socket
import struct

import umip
from mip6net import base, case
from mip6net.ipsec import AUTHENTICATION_KEY, ENCRYPTION_KEY, missing

REQID = 101
SPIS = {(umip.HOA, umip.HOME_AGENT): 0x1001, (umip.HOME_AGENT, umip.HOA): 0x2001}
POLICIES = f"""\
IPsecPolicySet {{
	HomeAgentAddress {umip.HOME_AGENT};
	HomeAddress {umip.HOA}/64;
	IPsecPolicy HomeRegBinding UseESP {REQID} {REQID};
	%s
}}
"""
TUNNEL_REQID = 102
TUNNEL_SPIS = {ends: spi + 0x2000 for ends, spi in SPIS.items()}
TUNNEL = f"IPsecPolicy TunnelPayload UseESP {TUNNEL_REQID} {TUNNEL_REQID};"


def protect(config, payload=False):
    """Its configuration with Binding Updates and Acknowledgements inside ESP; and its tunnel."""
    policies = POLICIES % (TUNNEL if payload else "")
    return config.replace("UseMnHaIPsec disabled;", "UseMnHaIPsec enabled;") + policies


def add_states(net, netns, payload=False):
    """Its end of the pair, or pairs: that of the tunnel it moves to the care-of address itself."""
    keys = (
        f"auth-trunc hmac(sha256) 0x{AUTHENTICATION_KEY[4:]} 128 "
        f"enc cbc(aes) 0x{ENCRYPTION_KEY[4:]}"
    ).split()
    for (src, dst), spi in SPIS.items():
        state = f"src {src} dst {dst} proto esp spi {spi} mode transport reqid {REQID}".split()
        net.ip_set(netns, "xfrm", "state", "add", *state, *keys)
    for (src, dst), spi in TUNNEL_SPIS.items() if payload else ():
        state = f"src {src} dst {dst} proto esp spi {spi} mode tunnel reqid {TUNNEL_REQID}".split()
        net.ip_set(netns, "xfrm", "state", "add", *state, *keys, "flag", "af-unspec")


def carried(net, netns):
    """How many packets each security association of a pair has carried."""
    counts = []
    for part in net.run(netns, "ip", "-s", "xfrm", "state").split("\nsrc "):
        if "mode transport" in part:
            current = part.split("lifetime current:")[1]
            counts.append(int(re.search(r"\(bytes\), (\d+)\(packets\)", current).group(1)))
    return counts


def clear(net, capture):
    """Binding Updates and Acknowledgements of the home address in clear, one line each."""
    # The home address is in the IPv6 header, or in the header behind it.
    words = struct.unpack("!4I", socket.inet_pton(socket.AF_INET6, umip.HOA))
    inside = " and ".join(f"ip6[{48 + 4 * n}:4] == {word}" for n, word in enumerate(words))
    away = f"(ip6[6] == 60 or ip6[6] == 43) and ip6[40] == 135 and {inside}"
    mine = f"(host {umip.HOA} and ip6[6] == 135) or ({away})"
    text = net.run("cn", "tcpdump", "-n", "-r", net.path(capture + ".pcap"), mine)
    return [line for line in text.splitlines() if " BU " in line or " BA " in line]


def require_protected(net, netns, capture, moves=umip.MOVES):
    """UMIP's end has carried all of it inside ESP."""
    counts = carried(net, netns)
    case.require(len(counts) == 2 and min(counts) > moves, f"packets in ESP: {counts}")
    wrong = clear(net, capture)
    case.require(not wrong, f"in clear: {wrong}")


def require_tunnel_protected(net, capture):
    """Nothing of the home address in a tunnel without ESP."""
    read = ["tcpdump", "-n", "-r", net.path(capture + ".pcap"), "ip6 proto 41"]
    text = net.run("cn", *read, check=False)
    wrong = [line for line in text.splitlines() if umip.HOA in line]
    case.require(not wrong, f"in clear: {wrong[:3]} of {len(wrong)}")


def programs():
    """UMIP's mip6d and a kernel with ESP; skips without, or when only figures are wanted."""
    umip.program()
    if umip.only_figures():
        raise base.Skip("nothing is measured here")
    why = missing()
    if why:
        raise base.Skip(why)
