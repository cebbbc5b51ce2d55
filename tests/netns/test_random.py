# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
"""
Random moves over eight D-GWs with three connections of each address: not one is lost. --moves N and
--seed N change the run; the seed of a failure is in its output. Again with another data plane it is
fewer moves over four, and fewer where the machine is slow.
"""
# timeout: 240

import argparse
import os
import random
import time

from mip6net import base, case


def test():
    again = "MIP6_DATAPLANE_WTRU" in os.environ
    count = 4 if again else 8
    parser = argparse.ArgumentParser()
    usual = 50 if base.PATIENCE == 1 else 25
    parser.add_argument("--moves", type=int, default=12 if again else usual)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    args = parser.parse_args()
    chance = random.Random(args.seed)
    print(f"seed {args.seed}, {args.moves} moves")
    with case.mobile(gateways=count, mnd={"linger-s": 20}) as net:
        flows = case.traffic(net)
        opened, here = {}, None
        for _ in range(args.moves):
            here = chance.choice([n for n in range(1, count + 1) if n != here])
            _, after, address = net.arrive(here)
            flows.progress_until([f for fs in opened.values() for f in fs], 20, after)
            if here not in opened:
                net.wait_claimed(address)
                opened[here] = case.open_trio(net, flows, here, address)
            if chance.random() < 0.1 and len(opened) > 2:
                number = chance.choice([n for n in opened if n != here])
                flows.close(*opened.pop(number))
            # RFC 6275 section 11.8: at most three updates of a binding each second.
            flows.run_for(chance.uniform(0.3, 0.6))
        case.finish(flows)
        print(f"{len(flows.flows)} connections")


case.main(test)
