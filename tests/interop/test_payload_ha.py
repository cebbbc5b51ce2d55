# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Our WTRU with UMIP's home agent, its reverse tunnel inside ESP, too, with static keys."""

import as_ha
import sas
import umip
from mip6net import case
from mip6net.daemons import KEY, SPI, mnd_keys
from mip6net.ipsec import sa


def test():
    sas.programs()
    config = as_ha.config(protection="manual")
    config["anchors"] = [{"prefix": "2001:db8:1::/64", "protection": "manual", "payload": True}]
    with case.mobile(gateways=3, mnd=config, start=False) as net:
        ours = [
            sa(1, False, payload, anchor=umip.HOME_AGENT + "/128", home=umip.HOA + "/128")
            for payload in (False, True)
        ]
        net.secret("wtru.keys", dict(mnd_keys(SPI, KEY), sas=ours))
        sas.add_states(net, "gw1", payload=True)
        umip.home_agent(net, sas.protect(umip.HA_CONFIG, payload=True))
        as_ha.start(net)
        capture = net.capture("gw1", "core")
        flows = case.traffic(net)
        net.arrive(2)
        as_ha.wait_bound(net, 2)
        opened = [flows.open(kind, src=umip.HOA, **options) for kind, options in case.TRIO]
        for number in (3, 2):
            after = net.move(net.gateway(number))[1]
            as_ha.wait_bound(net, number)
            flows.progress_until(opened, 30, since_ns=after)
        case.finish(flows)
        capture.stop()
        sas.require_protected(net, "gw1", "gw1-core", 1)
        sas.require_tunnel_protected(net, "gw1-core")


case.main(test)
