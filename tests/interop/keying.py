# SPDX-License-Identifier: GPL-2.0-or-later
"""
charon beside UMIP, and where IKE is between two of them. UMIP makes the policies and tells the kernel
when it moves (XFRM_MSG_MIGRATE), charon makes the security associations and hears that.
"""

import os
import re

import sas
import umip
from mip6net import base, case
from mip6net.charon import CHARON, Charon
from mip6net.daemons import IDENTITY, KEY

CHILD = "mh"


def program():
    sas.programs()
    if not os.path.exists(CHARON):
        raise base.Skip("strongSwan's charon is not installed")


def protect(config, moves=True):
    """UMIP's configuration; moves: it moves IKE and says so (flag K)."""
    capability = "KeyMngMobCapability enabled;\n" if moves else ""
    return capability + sas.protect(config)


def charon(net, netns, roam=False):
    """roam: it looks for another way itself when an address goes, and negotiates anew or by MOBIKE."""
    return Charon(net, netns, roam).start().wait_ready()


class Beside:
    """The charon that works for UMIP."""

    def __init__(self, net, netns, home_agent):
        self.net = net
        self.netns = netns
        self.home_agent = home_agent
        self.charon = charon(net, netns)
        self.charon.request(
            "load-shared",
            {"type": "IKE", "data": bytes.fromhex(KEY), "owners": [IDENTITY, umip.HOME_AGENT]},
        )

    def load(self, coa=None, mobike=False):
        """Its connection; coa: where a mobile node negotiates from."""
        ends = [umip.HOME_AGENT, umip.HOA]
        names = [umip.HOME_AGENT, IDENTITY]
        addresses = [umip.HOME_AGENT, "%any"]
        if not self.home_agent:
            ends.reverse()
            names.reverse()
            addresses = [coa, umip.HOME_AGENT]
        child = {
            "mode": "transport_proxy",
            "policies": "no",
            "reqid": str(sas.REQID),
            "local_ts": [ends[0] + "/128[135]"],
            "remote_ts": [ends[1] + "/128[135]"],
        }
        connection = {
            "version": "2",
            "mobike": "yes" if mobike else "no",
            "local_addrs": [addresses[0]],
            "remote_addrs": [addresses[1]],
            "local": {"auth": "psk", "id": names[0]},
            "remote": {"auth": "psk", "id": names[1]},
            "children": {CHILD: child},
        }
        self.charon.request("load-conn", {"umip": connection})

    def initiate(self):
        self.charon.request("initiate", {"child": CHILD, "ike": "umip", "timeout": "-1"})


def ends(net, peer):
    """[(own address, other's)] of the IKE SAs that a charon has with a CHILD_SA."""
    text = net.run(
        peer.netns, "swanctl", "--list-sas", "--raw", "--uri", "unix://" + peer.socket, check=False
    )
    found = []
    for line in text.splitlines():
        hosts = [re.search(rf"\b{name}-host=(\S+)", line) for name in ("local", "remote")]
        if all(hosts) and "state=INSTALLED" in line:
            found.append(tuple(host.group(1) for host in hosts))
    return found


def require_at(net, node, agent, coa):
    """Both say that IKE is between this care-of address and the home agent."""

    def there():
        return (coa, umip.HOME_AGENT) in ends(net, node) and (umip.HOME_AGENT, coa) in ends(
            net, agent
        )

    try:
        base.wait_until(there, 10, "both charons have followed")
    except base.Failure:
        text = f"IKE at the node {ends(net, node)}, at the home agent {ends(net, agent)}, not {coa}"
        raise base.Failure(text) from None


def spis(net, netns):
    text = net.run(netns, "ip", "xfrm", "state")
    return set(re.findall(r"proto esp spi (0x[0-9a-f]+) reqid", text))


def rekey(net, node, agent):
    """New keys from where the node is now, and the next messages go with them."""
    before = spis(net, agent.netns)
    node.request("rekey", {"child": CHILD})
    base.wait_until(lambda: len(spis(net, agent.netns) - before) == 2, 20, "other keys")
    base.wait_until(
        lambda: spis(net, node.netns) == spis(net, agent.netns), 20, "of both sides"
    )


def said(net):
    """IKE packets that the capture at the home agent's core link has."""
    read = ["tcpdump", "-n", "-r", net.path("gw1-core.pcap"), "udp port 500 or udp port 4500"]
    # The last packet may not be written to its end.
    return [line for line in net.run("cn", *read, check=False).splitlines() if "isakmp" in line]


class Ready:
    """
    What a course asks for after each move: bound, protected, IKE where the node is, and no word of it
    said; once, keys are made anew from there. entry(): the instance or binding.
    """

    REKEYED = 3

    def __init__(self, net, node, agent, wait_bound, entry):
        self.net = net
        self.node = node
        self.agent = agent
        self.wait_bound = wait_bound
        self.entry = entry
        self.moves = 0
        self.heard = 0

    def __call__(self, net, number):
        self.wait_bound(net, number)
        entry = self.entry()
        case.require((entry["protection"], entry["sa"]) == ("ike", "up"), f"{entry}")
        require_at(net, self.node, self.agent, entry["coa"])
        if 0 < self.moves <= umip.MOVES:
            now = said(net)[self.heard :]
            case.require(not now, f"IKE at move {self.moves}: {now}")
        if self.moves == self.REKEYED:
            rekey(net, self.node, self.agent)
            base.wait_until(lambda: f"{entry['coa']}." in str(said(net)), 10, "rekeying captured")
        if self.moves in (0, self.REKEYED):
            # Answers and deletions of old keys come in, too.
            base.wait_until(self.is_quiet, 10, "IKE is quiet", interval=0.5)
        self.moves += 1

    def is_quiet(self):
        before, self.heard = self.heard, len(said(self.net))
        return before == self.heard
