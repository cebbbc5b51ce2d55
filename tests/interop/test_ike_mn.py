# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""
UMIP's mobile node with our D-GW as its home agent, inside ESP, with keys that two charons negotiate.
"""

import as_mn
import keying
import sas
import umip
from mip6net import base, case
from mip6net.daemons import IDENTITY, KEY, SPI


def address(net):
    """Its address on the link where it is."""
    found = net.ip("wtru", "-6", "address", "show", "dev", "wl0", "scope", "global")
    usable = [
        a["local"]
        for link in found
        for a in link["addr_info"]
        if not a.get("tentative") and not a.get("deprecated") and a.get("local", umip.HOA) != umip.HOA
    ]
    return usable[0] if usable else None


def negotiate(net, theirs):
    """Nobody asks charon to: UMIP's policies are not those of its connection."""
    coa = base.wait_until(lambda: address(net), 20, "an address")
    theirs.load(coa)

    def there():
        if len(keying.spis(net, "gw1")) >= 2 and len(keying.spis(net, "wtru")) >= 2:
            return True
        theirs.initiate()
        return False

    base.wait_until(there, 30, "security associations", interval=1)


def test():
    keying.program()
    with case.mobile(gateways=3, start=False) as net:
        ours = keying.charon(net, "gw1")
        theirs = keying.Beside(net, "wtru", False)
        identity = {"nai": IDENTITY, "spi": SPI, "key": "hex:" + KEY, "home": [umip.HOA]}
        keys = net.secret("gw1.keys", {"identities": [identity]})
        as_mn.serve(net, **{"protection": "ike", "ike-socket": ours.socket, "keys-file": keys})
        net.attach(net.gateway(2))
        negotiate(net, theirs)
        node = umip.mobile_node(net, as_mn.LIFETIME, keying.protect(umip.MN_CONFIG))
        capture = net.capture("gw1", "core")
        ready = keying.Ready(net, theirs.charon, ours, as_mn.wait_bound, lambda: as_mn.binding(net))
        as_mn.course(net, ready)
        node.stop()
        capture.stop()
        wrong = sas.clear(net, "gw1-core")
        case.require(not wrong, f"in clear: {wrong}")


case.main(test)
