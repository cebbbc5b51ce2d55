# SPDX-License-Identifier: GPL-2.0-or-later
"""
IKE with a D-GW that cannot move its end by MIGRATE, and says so with the flag K clear: MOBIKE does it,
agreed upon at the anchor, and still nothing of IKE is waited for at a move. Needs a kernel with ESP and
Mobile IPv6, and strongSwan.
"""

from mip6net import base, case
from mip6net.charon import Negotiated


def moved(net, flows, one, number, opened):
    """IKE goes on from the new address."""
    net.arrive(number)
    coa = net.wait_bound(one)["coa"]
    flows.progress_until(opened)
    base.wait_until(
        lambda: any(f"{coa}." in line for line in net.ike_packets("gw1", "core")),
        30,
        f"IKE from {coa}",
    )
    before = net.spis("wtru", one)
    net.rekey(one)
    base.wait_until(lambda: len(net.spis("wtru", one) - before) == 2, 20, "other keys")
    base.wait_until(lambda: net.spis("gw1", one) == net.spis("wtru", one), 20, "of both sides")
    net.require_protected(one, 1)


def test():
    options = {"gateways": 3, "start": False, "mobike": True, "mnd": {"linger-s": 300}}
    with case.mobile(Negotiated, **options) as net:
        net.gw(1).write_config(**{"ike-migrate": False})
        net.start_daemons()
        flows = case.traffic(net)
        one = case.arrive(net, 1)
        said = f"the home agent does not move IKE hoa={one}"
        base.wait_until(lambda: said in net.mnd.log(), 10, said)

        def agreed():
            since = net.mnd.log().split(said)[1]
            return f"IPsec renewed hoa={one}" in since or f"IPsec up hoa={one}" in since

        base.wait_until(agreed, 30, "negotiated again, with MOBIKE")
        net.wait_sa(one)
        opened = case.open_trio(net, flows, 1, one)
        net.capture("gw1", "core")
        moved(net, flows, one, 2, opened)
        moved(net, flows, one, 3, opened)
        case.require("migrate" not in net.charons["gw1"].log().lower(), "MIGRATE and MOBIKE mixed")
        case.finish(flows)
        net.stop_daemons()
        net.require_clean()


case.main(test)
