# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 120
# dataplanes: all
"""
A classic home network beside the dynamic anchors: two configured home addresses, one at a home
agent that authenticates nobody and one at a D-GW that does, are registered from wherever the WTRU
starts, keep their connections through moves, home, a crash of the daemon and disuse, and the
newest address serves new connections until the configuration prefers the home address.
"""

from mip6net import base, case

PLAIN = "2001:db8:1::1234"
SIGNED = "2001:db8:2::5678"


def homes(prefer=False):
    return [
        {
            "address": PLAIN + "/64",
            "home-agent": "2001:db8:1::1",
            "authenticate": False,
            "prefer": prefer,
        },
        {"address": SIGNED + "/64", "home-agent": "2001:db8:2::1"},
    ]


def pings(net, source, address):
    out = net.run(source, "ping", "-6", "-c", "1", "-W", "1", address, check=False)
    return " 1 received" in out


def addresses(net):
    found = net.ip("wtru", "-6", "address", "show", "dev", "wl0")
    return [a["local"] for link in found for a in link["addr_info"]]


def at_home(net, hoa, gateway):
    base.wait_until(
        lambda: net.mnd.instance(hoa)["state"] == "home" and hoa in addresses(net),
        10,
        f"{hoa} at home",
    )
    base.wait_until(lambda: net.gw(gateway).binding(hoa) is None, 10, "no binding at home")


def away(net, *hoas):
    for hoa in hoas:
        net.wait_bound(hoa)
        case.require(hoa not in addresses(net), f"{hoa} still on the interface")


def updates(net):
    """
    Binding Updates captured at the WTRU. None waits for a router that was left, which was the way
    to a home agent in the prefix of its own home addresses.
    """
    read = ["tcpdump", "-n", "-r", net.path("wtru-wl0.pcap")]
    # The last packet may not be written to its end.
    text = net.run("wtru", *read, check=False)
    return sum("BU seq" in line for line in text.splitlines())


def test():
    with case.mobile(
        gateways=3, shared=True, others=["neighbour"], mnd={"homes": homes()}, start=False
    ) as net:
        del net.gw(1).config["keys-file"]
        net.gw(1).write_config(**{"open-lab-mode": True})
        net.start_daemons()
        flows = case.traffic(net)
        net.attach(net.gateway(1), station="neighbour")

        # Started away from home.
        third = case.arrive(net, 3)
        away(net, PLAIN, SIGNED)
        instance = net.mnd.instance(PLAIN)
        case.require(instance["static"] and instance["claim"] == "none", f"wrong: {instance}")
        case.require("nai" not in net.gw(1).binding(PLAIN), "the plain home agent was told who")
        opened = [flows.open(kind, src=PLAIN, **options) for kind, options in case.TRIO]
        opened.append(flows.open("lines", src=SIGNED))
        opened += case.open_trio(net, flows, 3, third)
        base.wait_until(lambda: pings(net, "neighbour", PLAIN), 10, "reached away by a neighbour")

        # Home of the one, home of the other, and away, also while the daemon is dead.
        after = net.move(net.gateway(1))[1]
        at_home(net, PLAIN, 1)
        away(net, SIGNED)
        flows.progress_until(opened, since_ns=after)
        base.wait_until(lambda: pings(net, "neighbour", PLAIN), 10, "reached at home")
        after = net.move(net.gateway(2))[1]
        at_home(net, SIGNED, 2)
        away(net, PLAIN)
        flows.progress_until(opened, since_ns=after)
        net.mnd.kill()
        net.mnd.restart()
        at_home(net, SIGNED, 2)
        flows.progress_until(opened)
        net.mnd.kill()
        net.move(net.gateway(3))
        net.mnd.restart()
        away(net, PLAIN, SIGNED)
        flows.progress_until(opened, 20)
        base.wait_until(lambda: pings(net, "neighbour", PLAIN), 10, "reached away again")

        # Nobody uses it; it stays, and cannot be released.
        flows.close(*opened)
        capture = net.capture("wtru", "wl0")
        sent = net.mnd.stat("bu-sent")
        case.arrive(net, 2)
        base.wait_until(lambda: case.gone(net, third), 20, "the dynamic address is gone")
        away(net, PLAIN)
        base.wait_until(lambda: updates(net) >= net.mnd.stat("bu-sent") - sent, 10, "all BUs left")
        capture.stop()
        try:
            net.mnd.ctl("release", hoa=PLAIN)
        except base.Failure as error:
            case.require("homes" in str(error), f"refused, but with {error}")
        else:
            raise base.Failure("a configured home was released")

        # The source of new connections.
        net.mnd.write_config(homes=homes(prefer=True))
        net.mnd.ctl("reload")
        net.wait_bound(PLAIN)
        sent = net.mnd.instance(PLAIN)["tunnel"]["tx_packets"]
        flow = flows.open("lines")
        case.require(flow.local == PLAIN, f"new connection from {flow.local}, not from home")
        base.wait_until(
            lambda: net.mnd.instance(PLAIN)["tunnel"]["tx_packets"] > sent + 5,
            10,
            "the new connection is in the tunnel",
        )
        preferred = [flow]
        case.arrive(net, 3)
        net.wait_bound(PLAIN)
        preferred.append(flows.open("bulk", rate=100000))
        net.move(net.gateway(1))
        at_home(net, PLAIN, 1)
        preferred.append(flows.open("lines"))
        net.mnd.kill()
        net.move(net.gateway(3))
        net.mnd.restart()
        away(net, PLAIN)
        preferred.append(flows.open("udp"))
        for flow in preferred:
            case.require(flow.local == PLAIN, f"{flow.label} from {flow.local}, not from home")
        flows.progress_until(preferred, 20)
        net.mnd.write_config(homes=homes()[1:])
        net.mnd.ctl("reload")
        flows.close(*preferred)
        base.wait_until(lambda: case.gone(net, PLAIN), 20, "taken out of the configuration")
        net.move(net.gateway(2))
        at_home(net, SIGNED, 2)
        case.finish(flows)
        net.mnd.stop()
        case.require(SIGNED not in addresses(net), "the home address was left behind")
        case.require(not net.traces("wtru"), f"left: {net.traces('wtru')}")


case.main(test)
