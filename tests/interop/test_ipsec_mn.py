# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""UMIP's mobile node with our D-GW as its home agent, inside ESP with static keys."""

import as_mn
import sas
import umip
from mip6net import case
from mip6net.daemons import IDENTITY
from mip6net.ipsec import sa


def test():
    sas.programs()
    with case.mobile(gateways=3, start=False) as net:
        ours = sa(1, True, nai=IDENTITY, home=umip.HOA + "/128")
        keys = net.secret("gw1.keys", {"identities": [], "sas": [ours]})
        as_mn.serve(net, **{"protection": "manual", "keys-file": keys})
        sas.add_states(net, "wtru")
        net.attach(net.gateway(2))
        node = umip.mobile_node(net, as_mn.LIFETIME, sas.protect(umip.MN_CONFIG))
        capture = net.capture("gw1", "core")
        as_mn.course(net)
        node.stop()
        capture.stop()
        sas.require_protected(net, "wtru", "gw1-core")


case.main(test)
