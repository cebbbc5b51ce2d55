# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 300
"""Our WTRU with UMIP's home agent, inside ESP, with keys that two charons negotiate."""

import as_ha
import keying
import sas
import umip
from mip6net import case


def test():
    keying.program()
    with case.mobile(gateways=3, mnd=as_ha.config(protection="ike"), start=False) as net:
        ours = keying.charon(net, "wtru")
        theirs = keying.Beside(net, "gw1", True)
        theirs.load()
        net.mnd.write_config(**{"ike-socket": ours.socket})
        agent = umip.home_agent(net, keying.protect(umip.HA_CONFIG))
        as_ha.start(net)
        capture = net.capture("gw1", "core")
        ready = keying.Ready(
            net, ours, theirs.charon, as_ha.wait_bound, lambda: as_ha.instance(net)
        )
        as_ha.course(net, agent, ready)
        capture.stop()
        wrong = sas.clear(net, "gw1-core")
        case.require(not wrong, f"in clear: {wrong}")


case.main(test)
