# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Our WTRU with UMIP's home agent, inside ESP with static keys."""

import as_ha
import sas
import umip
from mip6net import case
from mip6net.daemons import KEY, SPI, mnd_keys
from mip6net.ipsec import sa


def test():
    sas.programs()
    config = as_ha.config(protection="manual")
    with case.mobile(gateways=3, mnd=config, start=False) as net:
        ours = sa(1, False, anchor=umip.HOME_AGENT + "/128", home=umip.HOA + "/128")
        net.secret("wtru.keys", dict(mnd_keys(SPI, KEY), sas=[ours]))
        sas.add_states(net, "gw1")
        agent = umip.home_agent(net, sas.protect(umip.HA_CONFIG))
        as_ha.start(net)
        capture = net.capture("gw1", "core")
        as_ha.course(net, agent, ready)
        capture.stop()
        sas.require_protected(net, "gw1", "gw1-core")


def ready(net, number):
    as_ha.wait_bound(net, number)
    instance = as_ha.instance(net)
    case.require((instance["protection"], instance["sa"]) == ("manual", "up"), f"{instance}")


case.main(test)
