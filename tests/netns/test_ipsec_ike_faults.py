# SPDX-License-Identifier: GPL-2.0-or-later
"""
What goes wrong with IKE ends no session: charons that are absent, killed, or hang, and security
associations that one side has lost. What a killed charon leaves in the kernel serves until there is
other, and then goes. Needs a kernel with ESP and Mobile IPv6, and strongSwan.
"""
# timeout: 90

import signal

from mip6net import base, case
from mip6net.charon import Negotiated


def absent(net, flows, one, opened):
    """The second D-GW has no charon yet."""
    two = net.arrive(2)[2]
    net.wait_bound(one)
    flows.progress_until(opened)
    base.wait_until(
        lambda: (net.mnd.instance(two) or {}).get("sa") == "connecting", 10, "nothing there"
    )
    case.require(net.mnd.instance(two)["claim"] != "accepted", "claimed without protection")
    net.charons["gw2"].start()
    net.wait_sa(two, seconds=30)
    net.wait_claimed(two)


def hanging(net, flows, one, opened):
    """A charon that does not answer any more holds nobody up; it never will again."""
    net.charons["wtru"].process.kill(signal.SIGSTOP)
    net.arrive(1)
    flows.progress_until(opened)
    net.arrive(2)
    net.wait_bound(one)
    flows.progress_until(opened)


def killed(net, flows, one, opened):
    """A session moves while no charon lives, on either side."""
    before = net.spis("wtru", one)
    for name in ("wtru", "gw1"):
        net.charons[name].kill()
    net.arrive(1)
    base.wait_until(lambda: net.gw(1).binding(one) is None, 10, "home without a charon")
    net.arrive(2)
    net.wait_bound(one)
    flows.progress_until(opened)
    case.require(net.spis("wtru", one) == before, "the keys are the same")
    for name in ("wtru", "gw1"):
        net.charons[name].start()
    for name in ("wtru", "gw1"):
        base.wait_until(
            lambda name=name: net.spis(name, one) and not net.spis(name, one) & before,
            60,
            f"new keys instead of those of before in {name}",
        )
    net.wait_sa(one, seconds=30)
    flows.progress_until(opened)


def lost(net, flows, one, opened):
    """The D-GW's kernel forgets: the WTRU finds out by what has no answer."""
    net.ip_set("gw1", "xfrm", "state", "flush", "proto", "esp")
    net.arrive(3)
    base.wait_until(
        lambda: (net.mnd.instance(one) or {}).get("state") == "bound", 60, "negotiated anew"
    )
    net.wait_bound(one)
    flows.progress_until(opened)


def lost_returning(net, flows, one, opened):
    """It forgets again, and the WTRU comes back: what is said to it goes there, not to where it was."""
    net.ip_set("gw1", "xfrm", "state", "flush", "proto", "esp")
    net.arrive(1)
    base.wait_until(lambda: net.gw(1).binding(one) is None, 60, "home, after a negotiation there")
    base.wait_until(lambda: net.mnd.instance(one)["state"] == "home", 10, "home")
    flows.progress_until(opened)
    # Their care-of address was not of use until then, so that they were negotiated anew, too.
    for other in net.mnd.instances():
        if other["hoa"] != one:
            net.wait_bound(other["hoa"], 60)
            net.wait_sa(other["hoa"], seconds=60)


def given_up(net, one, two):
    """A home address goes while the charons that made its keys are dead."""
    for name in ("wtru", "gw1"):
        net.charons[name].kill()
    net.mnd.ctl("release", hoa=one)
    base.wait_until(lambda: case.gone(net, one), 10, f"{one} gone")
    net.wait_no_sa("wtru", one)
    net.charons["gw1"].start()
    net.wait_no_sa("gw1", one, 40)
    case.require(net.spis("wtru", two), "those of the other address stay")


def test():
    options = {"gateways": 3, "start": False, "without": ["gw2"], "mnd": {"linger-s": 300}}
    with case.mobile(Negotiated, **options) as net:
        net.start_daemons()
        flows = case.traffic(net)
        one = case.arrive(net, 1)
        net.wait_sa(one)
        opened = case.open_trio(net, flows, 1, one)
        absent(net, flows, one, opened)
        two = net.mnd.primary()["hoa"]
        hanging(net, flows, one, opened)
        killed(net, flows, one, opened)
        lost(net, flows, one, opened)
        lost_returning(net, flows, one, opened)
        net.arrive(2, seconds=30)
        net.wait_bound(one)
        case.finish(flows)
        given_up(net, one, two)
        net.stop_daemons()
        net.require_clean()


case.main(test)
