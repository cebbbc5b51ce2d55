# SPDX-License-Identifier: GPL-2.0-or-later
"""
A WTRU away from its home network finds out about it: its home agent, which is not configured, or is
one that does not answer (RFC 6275 section 11.4.1), and the lifetime of its home prefix, also when that
changes (sections 11.4.2 and 11.4.3). Back home, one whose home agent is not the router of the link
looks for its link-layer address without giving its own (section 11.5.5).
"""

from mip6net import base, case, nd

KNOWN = "2001:db8:1::e0"
FAILED = "2001:db8:1::e1"
BESIDE = "2001:db8:1::e2"
DEAD = "2001:db8:1::dead"
OTHER_AGENT = "2001:db8:1::a0"  # not the address that the router advertises
HOMES = [
    {"address": KNOWN + "/64"},
    {"address": FAILED + "/64", "home-agent": DEAD},
    {"address": BESIDE + "/64", "home-agent": OTHER_AGENT},
]


def seconds_left(net, hoa):
    return net.mnd.instance(hoa).get("valid_ms", 0) / 1000


def told(net, hoa, least, most):
    base.wait_until(
        lambda: least < seconds_left(net, hoa) <= most,
        20,
        f"valid lifetime of {hoa} between {least} and {most} s",
    )


def bound_beside(net):
    """As wait_bound(), which knows the address of the router only."""
    base.wait_until(
        lambda: net.mnd.instance(BESIDE)["state"] == "bound" and net.gw(1).binding(BESIDE),
        20,
        f"{BESIDE} bound",
    )


def solicited_from_nowhere(station, hoa):
    """The first Neighbor Solicitation that has to do with the home address is for it, from nobody."""
    for message in station.receive(10 * base.PATIENCE, (nd.NS,)):
        case.require(message.src != hoa, f"solicits {message.target} from the home address")
        if message.target == hoa and message.src == "::":
            return
    raise base.Failure("the home agent was not looked for")


def test():
    # Time-outs do not double, so that the home agent that is not there is given up soon.
    mnd = {"homes": HOMES, "retransmit-max-ms": 1500, "retransmit-initial-ms": 1000}
    with case.mobile(gateways=2, shared=True, mnd=mnd) as net:
        gw = net.gw(1)
        net.ip_set("gw1", "addr", "add", OTHER_AGENT + "/64", "dev", "access", "nodad")
        events = net.mnd.subscribe()
        case.arrive(net, 2)
        net.wait_bound(KNOWN, 20)
        case.require(net.mnd.instance(KNOWN)["anchor"] == gw.gateway.address, "the wrong anchor")
        case.require(gw.stat("home-agent-replies", "discovery") >= 1, "nobody was asked")
        # A home agent that is there, but not where the configuration says.
        net.wait_bound(FAILED, 40)
        case.require(net.mnd.instance(FAILED)["anchor"] == gw.gateway.address, "no other anchor")
        case.require(not net.mnd.instance(FAILED)["discovering"], "still asking")

        # What the home agent says of the prefix, when asked, and unasked.
        told(net, KNOWN, 0, 900)
        gw.write_config(
            **{
                "valid-lifetime-s": 9000,
                "mobile-prefix-interval-min-s": 1,
                "mobile-prefix-interval-max-s": 1,
            }
        )
        gw.ctl("reload")
        told(net, KNOWN, 1000, 9000)
        told(net, FAILED, 1000, 9000)
        case.require(net.mnd.stat("mobile-prefix-advertisements-unsolicited") >= 1, "not unasked")
        case.require(net.mnd.stat("mobile-prefix-advertisements-unmatched") == 0, "wrong ones")
        case.require(
            gw.stat("mobile-prefix-advertisements-solicited", "discovery") >= 3, "not answered"
        )
        # Home, where the link tells; and both are bound again from elsewhere.
        bound_beside(net)
        case.require(net.mnd.instance(BESIDE)["anchor"] == OTHER_AGENT, "bound elsewhere")
        station = nd.Station(net, "gw1", "access")
        net.move(net.gateway(1))
        solicited_from_nowhere(station, BESIDE)
        for hoa in (KNOWN, FAILED, BESIDE):
            base.wait_until(lambda h=hoa: net.mnd.instance(h)["state"] == "home", 20, "home")
        base.wait_until(lambda: gw.binding(BESIDE) is None, 10, "de-registered")
        net.move(net.gateway(2))
        for hoa in (KNOWN, FAILED):
            net.wait_bound(hoa, 20)
        bound_beside(net)
        net.mnd.ctl("status")
        events.request("version")
        names = {event["event"] for event in events.events}
        case.require({"agent", "prefix"} <= names, f"events {names}")
        events.close()


case.main(test)
