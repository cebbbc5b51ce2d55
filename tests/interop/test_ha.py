# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""Our WTRU with UMIP's home agent, in clear."""

import as_ha
import umip
from mip6net import case


def test():
    umip.program()
    with case.mobile(gateways=3, mnd=as_ha.config(), start=False) as net:
        agent = umip.home_agent(net)
        as_ha.start(net)
        as_ha.course(net, agent)


case.main(test)
