# SPDX-License-Identifier: GPL-2.0-or-later
"""
Binding Updates inside ESP with static keys: registration, moves and return without a packet more
than without IPsec, on the wire nothing but ESP; what comes without ESP, or inside somebody else's,
is refused and counted; mobile prefixes are asked for and told inside it, too; a killed daemon's
successor goes on with the same security associations; nothing is left after a stop. Needs a kernel
with ESP and Mobile IPv6.
"""

from mip6net import base, case, inject
from mip6net.daemons import IDENTITY
from mip6net.ipsec import (
    AUTHENTICATION_KEY,
    ENCRYPTION_KEY,
    FORGED,
    Protected,
    prefixes_told,
)
from mip6net.topology import CN_ADDRESS

BEHIND = "(ip6[6] == 60 or ip6[6] == 43)"  # a Home Address option or a routing header
CLEAR = (
    f"ip6[6] == 135 or ({BEHIND} and ip6[40] == 135)"
    f" or ({BEHIND} and ip6[40] == 58 and ip6[68:2] != {FORGED})"
)
# In the home prefix, but of no security association.
OTHERS = "2001:db8:1::77"


def in_clear(net, capture):
    """
    Binding Updates, and messages about prefixes, outside of ESP in a capture, but for those of the
    attacks.
    """
    lines = net.run("cn", "tcpdump", "-n", "-r", capture, CLEAR).splitlines()
    return [
        line
        for line in lines
        if ("BU seq" in line or "ICMP6" in line) and CN_ADDRESS not in line
    ]


def kernel_count(net, netns, name):
    for line in net.run(netns, "cat", "/proc/net/xfrm_stat").splitlines():
        if line.split()[0] == name:
            return int(line.split()[1])
    return 0


def unprotected(net, one, flows, opened):
    """Without ESP: from elsewhere, with and without a Home Address option, and a forged answer."""
    agent, gw = net.gateway(1).address, net.gw(1)
    coa = net.wait_bound(one)["coa"]
    mallory = inject.Injector(net, "cn")
    before = gw.stat("bu-unprotected")
    for seq, hoa in ((31000, one), (31001, OTHERS)):
        update = inject.binding_update(hoa, CN_ADDRESS, seq, 60, IDENTITY, dst=agent)
        mallory.send(inject.packet(CN_ADDRESS, agent, update, hoa=hoa))
        case.require(mallory.status(seq, 0.5) is None, "an update without ESP was answered")
    base.wait_until(lambda: gw.stat("bu-unprotected") >= before + 2, 5, "both were counted")
    binding = gw.binding(one)
    case.require(binding and binding["coa"] == coa, f"the binding is {binding}")
    case.require(gw.binding(OTHERS) is None, "somebody is bound without ESP")
    # A forged acknowledgement to the WTRU: refused, though it fits in every other way.
    forged = bytes([59, 1, 6, 0, 0, 0, 129, 0]) + bytes(8)
    value = inject.checksum(agent, one, forged)
    forged = forged[:4] + value.to_bytes(2, "big") + forged[6:]
    header = bytes([inject.MH, 2, 2, 1, 0, 0, 0, 0]) + inject.packed(one)
    mallory.send(inject.packet(agent, coa, header + forged, next_header=inject.ROUTING))
    flows.progress_until(opened)
    case.require(net.mnd.instance(one)["state"] == "bound", "a forged answer changed something")


def stolen(net):
    """A home address of somebody else inside one's own security association."""
    agent = net.gateway(1).address
    keys = (
        f"auth-trunc hmac(sha256) 0x{AUTHENTICATION_KEY[4:]} 128 "
        f"enc cbc(aes) 0x{ENCRYPTION_KEY[4:]}"
    ).split()
    state = f"src {OTHERS} dst {agent} proto esp spi 0x1001 mode transport reqid 7".split()
    net.ip_set("cn", "address", "add", OTHERS + "/128", "dev", "lo", "nodad")
    net.ip_set("cn", "xfrm", "state", "add", *state, *keys)
    net.ip_set(
        "cn",
        *f"xfrm policy add dir out src {OTHERS} dst {agent} tmpl proto esp reqid 7".split(),
        *"mode transport".split(),
    )
    before = kernel_count(net, "gw1", "XfrmInStateMismatch")
    with net.entered("cn"):
        sock = inject.socket.socket(inject.socket.AF_INET6, inject.socket.SOCK_RAW, inject.MH)
    sock.bind((OTHERS, 0))
    sock.sendto(inject.binding_update(OTHERS, OTHERS, 9, 0, IDENTITY, dst=agent), (agent, 0))
    base.wait_until(
        lambda: kernel_count(net, "gw1", "XfrmInStateMismatch") > before,
        5,
        "another home address inside a security association is dropped",
    )
    sock.close()
    case.require(
        not any(e["hoa"] == OTHERS for e in net.gw(1).entries()), "it was given the address"
    )


def protected(instance):
    return instance and instance.get("protection") == "manual" and instance.get("sa") == "up"


def test():
    with case.mobile(Protected, gateways=2, mnd={"linger-s": 300}) as net:
        captures = [net.capture(gw.name, "core") for gw in net.gateways]
        captures += [net.capture("wtru", "wl0")]
        flows = case.traffic(net)
        one = case.arrive(net, 1)
        case.require(protected(net.mnd.instance(one)), f"{net.mnd.instance(one)}")
        opened = case.open_trio(net, flows, 1, one)
        two = case.arrive(net, 2)
        net.wait_bound(one)
        flows.progress_until(opened)
        case.require(protected(net.gw(1).binding(one)), f"{net.gw(1).binding(one)}")

        unprotected(net, one, flows, opened)
        stolen(net)
        prefixes_told(net, 1, one, 0x1001)

        # Killed and started again: same security associations, sessions go on.
        before = net.states("gw1").count("proto esp")
        net.gw(1).kill()
        net.gw(1).restart()
        net.mnd.kill()
        net.mnd.restart()
        net.wait_bound(one)
        flows.progress_until(opened)
        case.require(net.states("gw1").count("proto esp") == before, net.states("gw1"))
        case.require(protected(net.mnd.instance(one)), f"{net.mnd.instance(one)}")

        # Home again: no binding, no Home Address option any more.
        _, after, back = net.arrive(1)
        case.require(back == one, f"back with {back}, not {one}")
        flows.progress_until(opened, since_ns=after)
        base.wait_until(lambda: net.gw(1).binding(one) is None, 10, "de-registered at home")
        case.require(f"src {one} dst" not in homes(net), f"a care-of state is left: {homes(net)}")
        net.wait_bound(two)
        flows.close(*opened)
        net.mnd.ctl("release", hoa=two)
        base.wait_until(lambda: case.gone(net, two), 10, f"{two} gone")
        base.wait_until(lambda: two not in net.states("wtru"), 5, "its states gone at the WTRU")
        base.wait_until(lambda: two not in net.states("gw2"), 5, "its states gone at the D-GW")
        net.stop_daemons()
        for netns in ("wtru", "gw1", "gw2"):
            left = net.states(netns) + net.run(netns, "ip", "xfrm", "policy")
            case.require(not left.strip(), f"left in {netns}: {left}")
        for capture in captures:
            capture.stop()
        for name in ("gw1-core", "gw2-core", "wtru-wl0"):
            wrong = in_clear(net, net.path(name + ".pcap"))
            case.require(not wrong, f"in clear at {name}: {wrong}")


def homes(net):
    """Care-of states of the WTRU."""
    parts = net.states("wtru").split("\nsrc ")
    return "\n".join("src " + part for part in parts if "proto hao" in part)


case.main(test)
