# SPDX-License-Identifier: GPL-2.0-or-later
"""
Binding Updates inside ESP with keys that strongSwan's charons negotiate from pre-shared keys: at the
anchor, never at a move, after which IKE goes on from the new address. Mobile prefixes are asked for
and told inside the same security association. Somebody else's identity gets nothing. What is given
up leaves nothing. Needs a kernel with ESP and Mobile IPv6, and strongSwan.
"""

from mip6net import base, case
from mip6net.charon import Charon, Negotiated
from mip6net.daemons import IDENTITY, KEY, SPI, dgwd_keys
from mip6net.ipsec import prefixes_told
from mip6net.topology import CN_ADDRESS

MALLORY = "mallory@operator.example"
MALLORYS_KEY = KEY[::-1]


def moves(net, flows, one, opened):
    """A move without a word of IKE, but for the new anchor; then rekeying from there."""
    two = case.arrive(net, 2)
    coa = net.wait_bound(one)["coa"]
    flows.progress_until(opened)
    net.wait_sa(two)
    net.require_protected(one, 1)
    case.require("K" in net.gw(1).binding(one)["flags"], "flag K")
    said = net.ike_packets("gw1", "core")
    case.require(not said, f"IKE with the old anchor at a move: {said}")

    before = net.spis("wtru", one)
    net.rekey(one)
    base.wait_until(lambda: len(net.spis("wtru", one) - before) == 2, 20, "other keys")
    base.wait_until(lambda: net.spis("gw1", one) == net.spis("wtru", one), 20, "of both sides")
    base.wait_until(lambda: net.ike_packets("gw1", "core"), 10, "IKE is captured")
    wrong = [line for line in net.ike_packets("gw1", "core") if f"{coa}." not in line]
    case.require(not wrong, f"IKE not with the new address: {wrong}")
    return two


def stolen(net, flows, one, opened):
    """Somebody with a key of his own asks for another's home address."""
    gw, agent = net.gw(1), net.gateway(1).address
    charon = Charon(net, "cn").start().wait_ready()
    before = net.spis("gw1", one)
    charon.request(
        "load-shared", {"type": "IKE", "data": bytes.fromhex(MALLORYS_KEY), "owners": [MALLORY]}
    )
    child = {
        "mode": "transport_proxy",
        "policies": "no",
        "local_ts": [f"{one}/128[135]"],
        "remote_ts": [f"{agent}/128[135]"],
    }
    connection = {
        "version": "2",
        "local_addrs": [CN_ADDRESS],
        "remote_addrs": [agent],
        "local": {"auth": "psk", "id": MALLORY},
        "remote": {"auth": "psk", "id": agent},
        "children": {"mh": child},
    }
    charon.request("load-conn", {"mallory": connection})
    charon.request("initiate", {"child": "mh", "timeout": "-1"})
    said = f"IPsec refused hoa={one} nai={MALLORY}"
    base.wait_until(lambda: said in gw.log(), 20, said)
    base.wait_until(lambda: net.spis("gw1", one) <= before, 10, "his is ended")
    case.require(net.spis("gw1", one), "the owner's are left alone")
    flows.progress_until(opened)
    case.require(gw.binding(one)["nai"] == IDENTITY, f"{gw.binding(one)}")
    charon.kill()


def test():
    with case.mobile(Negotiated, gateways=2, start=False, mnd={"linger-s": 300}) as net:
        both = [(IDENTITY, SPI, KEY), (MALLORY, SPI, MALLORYS_KEY)]
        net.secret("dgwd.keys", dgwd_keys(both))
        net.start_daemons()
        flows = case.traffic(net)
        one = case.arrive(net, 1)
        net.wait_sa(one)
        opened = case.open_trio(net, flows, 1, one)
        net.capture("gw1", "core")
        two = moves(net, flows, one, opened)
        prefixes_told(net, 1, one)
        stolen(net, flows, one, opened)
        case.finish(flows)
        net.mnd.ctl("release", hoa=one)
        base.wait_until(lambda: case.gone(net, one), 10, f"{one} gone")
        net.wait_no_sa("wtru", one)
        net.wait_no_sa("gw1", one)
        case.require(net.spis("wtru", two), "those of the other address stay")
        net.stop_daemons()
        net.require_clean()


case.main(test)
