# SPDX-License-Identifier: GPL-2.0-or-later
"""
IKE by certificates: the right ones work; a D-GW's that names another address and a WTRU's that names
another identity are refused, and both daemons say what is wrong. Needs a kernel with ESP and Mobile IPv6,
and strongSwan.
"""

from mip6net import base, case
from mip6net.charon import Negotiated
from mip6net.daemons import IDENTITY


def wait_refused(net, hoa, said):
    """The WTRU says why, in its answer and its log, and claims nothing."""

    def error():
        return (net.mnd.instance(hoa) or {}).get("sa_error", "")

    base.wait_until(lambda: said in error(), 30, f'"{said}" is said')
    instance = net.mnd.instance(hoa)
    case.require(said in net.mnd.log(), f'"{said}" is not in the log')
    case.require(said in case.mip6ctl(net.mnd, "instances"), f'"{said}" is not shown')
    case.require(instance["sa"] != "up" and instance["claim"] != "accepted", f"{instance}")


def wrong_home_agent(net, flows, one, opened):
    """In order, but of another machine; until the operator repairs it."""
    two = net.arrive(2)[2]
    net.wait_bound(one)
    flows.progress_until(opened)
    wait_refused(net, two, "the home agent's certificate must name its address")
    said = "the WTRU does not take our certificate"
    base.wait_until(lambda: said in net.gw(2).log(), 10, "the D-GW says it")
    net.gw(2).stop()
    net.certify(net.gw(2), net.gateway(2).address)
    net.gw(2).start()
    net.wait_sa(two, seconds=40)
    net.wait_claimed(two)
    case.require("sa_error" not in net.mnd.instance(two), "no error any more")
    flows.progress_until(opened)


def wrong_wtru(net):
    """Somebody's with a certificate of his own, who says that he is somebody else."""
    net.mnd.stop()
    net.certify(net.mnd, "mallory@operator.example")
    net.mnd.start()
    one = net.arrive(1)[2]
    wait_refused(net, one, "the home agent must know our identity")
    said = f"IKE fails nai={IDENTITY} reason=\"the WTRU's certificate must name its identity"
    base.wait_until(lambda: said in net.gw(1).log(), 10, "the D-GW says it")


def test():
    options = {"certificates": True, "start": False, "mnd": {"linger-s": 300}}
    with case.mobile(Negotiated, gateways=2, **options) as net:
        net.certify(net.gw(2), "2001:db8:2::99")
        net.start_daemons()
        flows = case.traffic(net)
        one = case.arrive(net, 1)
        net.wait_sa(one)
        opened = case.open_trio(net, flows, 1, one)
        wrong_home_agent(net, flows, one, opened)
        net.require_protected(one, 1)
        case.finish(flows)
        wrong_wtru(net)
        net.stop_daemons()
        net.require_clean()


case.main(test)
