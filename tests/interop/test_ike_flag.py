# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""
Our WTRU with UMIP's home agent that does not move IKE (no flag K): our side negotiates once more, with
MOBIKE, which goes on from where the WTRU is.
"""

import as_ha
import keying
import umip
from mip6net import base, case


def test():
    keying.program()
    with case.mobile(gateways=3, mnd=as_ha.config(protection="ike"), start=False) as net:
        ours = keying.charon(net, "wtru", roam=True)
        theirs = keying.Beside(net, "gw1", True)
        theirs.load(mobike=True)
        net.mnd.write_config(**{"ike-socket": ours.socket})
        umip.home_agent(net, keying.protect(umip.HA_CONFIG, moves=False))
        as_ha.start(net)
        flows = case.traffic(net)
        net.arrive(2)
        as_ha.wait_bound(net, 2)
        opened = [flows.open(kind, src=umip.HOA, **options) for kind, options in case.TRIO]
        base.wait_until(lambda: "MOBIKE does" in net.mnd.log(), 20, "MOBIKE is chosen")
        for number in (3, 2, 3):
            after = net.move(net.gateway(number))[1]
            as_ha.wait_bound(net, number)
            flows.progress_until(opened, 30, since_ns=after)
            base.wait_until(lambda: as_ha.instance(net)["sa"] == "up", 30, "protected")
            keying.require_at(net, ours, theirs.charon, as_ha.instance(net)["coa"])
        case.finish(flows)


case.main(test)
