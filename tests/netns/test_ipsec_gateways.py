# SPDX-License-Identifier: GPL-2.0-or-later
"""
Mobility Headers between a PGW and D-GWs inside ESP with static keys: a chain is made and ended, nothing
of it passes the border in clear, what comes in a gateway's name without ESP is dropped, and nothing is
left. Needs a kernel with ESP.
"""

from mip6net import base, case, inject
from mip6net.ipsec import missing, sa
from mip6net.operators import Operators

CLEAR = "ip6[6] == 135 or (ip6[6] == 60 and ip6[40] == 135) or (ip6[6] == 43 and ip6[40] == 135)"


class Protected(Operators):
    """Operators whose gateways have security associations with the PGW."""

    def __init__(self, build, **options):
        why = missing()
        if why:
            raise base.Skip(why)
        super().__init__(build, **options)

    def secret(self, name, value):
        """With "gateways" in the files of PGW and D-GWs."""
        if name == "pgw.keys":
            value["gateways"] = [without(g.number, True, g.address) for g in self.gateways]
        elif name.startswith("gw"):
            value["gateways"] = [without(int(name[2]), False, self.pgw_at.address)]
        return super().secret(name, value)


def without(number, first, address):
    entry = sa(number, first, address=address + "/128")
    del entry["payload"]
    return entry


def in_clear(net, name, address):
    """Mobility Headers to and from a D-GW in the PGW's capture."""
    lines = net.run("cn", "tcpdump", "-n", "-r", net.path(name), CLEAR).splitlines()
    return [line for line in lines if f" {address} " in line or f" {address}:" in line]


def drops(net):
    text = net.run("gw1", "cat", "/proc/net/xfrm_stat")
    return sum(
        int(line.split()[1]) for line in text.splitlines() if line.split()[0] == "XfrmInTmplMismatch"
    )


def test():
    with Protected(
        case.BUILD, keep_dir=case.KEEP, gateways=2, ours=1, mnd={"linger-s": 300}
    ) as net:
        flows = case.traffic(net)
        one = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, one)
        # At the router: a gateway's kernel shows what it has decrypted once more.
        capture = net.capture("core", "pgw")
        case.arrive(net, 2)
        net.wait_path(one, via_pgw=True)
        flows.progress_until(opened)
        case.require(net.run("pgw", "ip", "xfrm", "state").count("proto esp") == 4, "4 states")

        # In the PGW's name, from elsewhere.
        before, agent, pgw = drops(net), net.gateway(1).address, net.pgw_at.address
        update = inject.binding_update(one, pgw, 32000, 60, dst=agent)
        inject.Injector(net, "cn").send(inject.packet(pgw, agent, update, hoa=one))
        base.wait_until(lambda: drops(net) > before, 5, "dropped at the D-GW")
        case.require(net.gw(1).binding(one)["coa"] == pgw, "the binding is another")

        net.gw(1).kill()
        net.gw(1).restart()
        flows.progress_until(opened)
        case.arrive(net, 1)
        base.wait_until(lambda: net.pgw.chain(one) is None, 15, "chain ended")
        flows.progress_until(opened)
        capture.stop()
        wrong = in_clear(net, "core-pgw.pcap", net.gateway(1).address)
        case.require(not wrong, f"in clear: {wrong[:3]}")
        case.finish(flows)
        net.stop_daemons()
        for netns in ("pgw", "gw1", "gw2"):
            left = net.run(netns, "ip", "xfrm", "state") + net.run(netns, "ip", "xfrm", "policy")
            case.require(not left.strip(), f"left in {netns}: {left}")


case.main(test)
