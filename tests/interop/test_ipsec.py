# SPDX-License-Identifier: GPL-2.0-or-later
# timeout: 240
"""
IPsec with static keys: our WTRU with UMIP's home agent. Away, between two foreign links, and home;
Binding Updates are inside ESP, and connections go on.
"""

import umip
from mip6net import base, case
from mip6net.daemons import KEY, SPI, mnd_keys
from mip6net.ipsec import AUTHENTICATION_KEY, ENCRYPTION_KEY, missing, sa

LIFETIME = 24
REQID = 101
SPIS = {(umip.HOA, umip.HOME_AGENT): 0x1001, (umip.HOME_AGENT, umip.HOA): 0x2001}
POLICY = f"""\
IPsecPolicySet {{
	HomeAgentAddress {umip.HOME_AGENT};
	HomeAddress {umip.HOA}/64;
	IPsecPolicy HomeRegBinding UseESP {REQID} {REQID};
}}
"""


def protect(config):
    return config.replace("UseMnHaIPsec disabled;", "UseMnHaIPsec enabled;") + POLICY


def add_states(net, netns):
    """UMIP takes security associations that are there."""
    keys = (
        f"auth-trunc hmac(sha256) 0x{AUTHENTICATION_KEY[4:]} 128 "
        f"enc cbc(aes) 0x{ENCRYPTION_KEY[4:]}"
    ).split()
    for (src, dst), spi in SPIS.items():
        state = f"src {src} dst {dst} proto esp spi {spi} mode transport reqid {REQID}".split()
        net.ip_set(netns, "xfrm", "state", "add", *state, *keys)


def carried(net, netns):
    """Did ESP carry messages in both directions?"""
    text = net.run(netns, "ip", "-s", "xfrm", "state")
    parts = [part for part in text.split("\nsrc ") if "mode transport" in part]
    return len(parts) >= 2 and all("  0(bytes), 0(packets)" not in part for part in parts)


def away_and_home(net, wait_bound, at_home):
    flows = case.traffic(net)
    opened = [flows.open(kind, src=umip.HOA, **options) for kind, options in case.TRIO]
    for number in (3, 2):
        after = net.move(net.gateway(number))[1]
        wait_bound(number)
        flows.progress_until(opened, 20, since_ns=after)
    after = net.move(net.gateway(1))[1]
    base.wait_until(at_home, 20, "home")
    flows.progress_until(opened, 20, since_ns=after)
    case.finish(flows)


def home_agent():
    home = {
        "address": umip.HOA + "/64",
        "home-agent": umip.HOME_AGENT,
        "authenticate": False,
        "protection": "manual",
    }
    with case.mobile(gateways=3, mnd={"homes": [home], "lifetime-s": LIFETIME}, start=False) as net:
        ours = sa(1, False, anchor=umip.HOME_AGENT + "/128", home=umip.HOA + "/128")
        net.secret("wtru.keys", dict(mnd_keys(SPI, KEY), sas=[ours]))
        add_states(net, "gw1")
        umip.HA_CONFIG = protect(umip.HA_CONFIG)
        umip.home_agent(net)
        for gw in net.gws[1:]:
            gw.start()
        net.mnd.start()

        def instance():
            return net.mnd.instance(umip.HOA) or {}

        def wait_bound(number):
            base.wait_until(
                lambda: instance().get("state") == "bound"
                and instance()["coa"].startswith(f"2001:db8:{number}:"),
                30,
                f"bound at D-GW{number}",
            )

        net.arrive(2)
        wait_bound(2)
        away_and_home(net, wait_bound, lambda: instance().get("state") == "home")
        case.require(carried(net, "gw1"), net.run("gw1", "ip", "-s", "xfrm", "state"))
        case.require(instance()["sa"] == "up", f"{instance()}")


def test():
    umip.program()
    if umip.only_figures():
        raise base.Skip("nothing is measured here")
    why = missing()
    if why:
        raise base.Skip(why)
    home_agent()


case.main(test)
