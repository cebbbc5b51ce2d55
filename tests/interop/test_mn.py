# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""UMIP's mobile node with our D-GW as its home agent, in clear."""

import as_mn
import umip
from mip6net import case


def test():
    umip.program()
    with case.mobile(gateways=3, start=False) as net:
        net.gw(umip.HOME).config.pop("keys-file")
        as_mn.serve(net, **{"open-lab-mode": True})
        net.attach(net.gateway(2))
        node = umip.mobile_node(net, as_mn.LIFETIME)
        as_mn.course(net)
        node.stop()


case.main(test)
