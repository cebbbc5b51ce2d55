# SPDX-License-Identifier: GPL-2.0-or-later
"""
WTRUs of two operators visit a third, whose D-GWs have no key of them and ask those operators' AAA
servers, real ones: accepted, rejected, with a server down, with another secret, with a false server.
And no handover waits for a server.
"""

# timeout: 180

from mip6net import base, case
from mip6net.daemons import IDENTITY, KEY, OPERATOR
from mip6net.operators import Operators
from mip6net.radius import FalseRadius, FreeRadius
from mip6net.topology import CN_ADDRESS

AAA_KEY = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
GUEST_KEY = "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
THIRD = "third.example"
GUEST = "guest@" + THIRD
SECRETS = {OPERATOR: "what the first operator said", THIRD: "what the third operator said"}
QUICK = {"retransmit-max-ms": 2000}


class Roaming(Operators):
    """D-GW1 and the PGW are our operator's; D-GW2 and 3 another's, and have no key of a WTRU."""

    def __init__(self, build, **options):
        super().__init__(build, gateways=3, ours=1, others=("guest",), start=False, **options)
        key = {"spi": 256, "key": "hex:" + KEY}
        ours = [self.gateway(1).prefix, self.pgw_at.prefix]
        self.secret(
            "wtru.keys",
            {
                "key": "hex:" + AAA_KEY,
                "shared-with": "aaa",
                "anchors": [dict(key, prefix=prefix) for prefix in ours],
            },
        )
        for number in (2, 3):
            self.write_keys(number, SECRETS)

    def write_keys(self, number, secrets):
        peer = dict(self._peer(self.pgw_at.address), realm=OPERATOR)
        at = {OPERATOR: self.pgw_at.core_address, THIRD: CN_ADDRESS}
        self.secret(
            f"gw{number}.keys",
            {
                "identities": [],
                "peers": [peer],
                "radius": [
                    {"realm": realm, "address": at[realm], "secret": secret}
                    for realm, secret in secrets.items()
                ],
            },
        )

    def clients(self):
        return [(g.name, g.address) for g in self.gateways[1:]]

    def make_guest(self, key):
        self.secret("guest-aaa.keys", {"key": "hex:" + key, "shared-with": "aaa"})
        options = dict(QUICK, operator=THIRD, **{"key-file": self.path("guest-aaa.keys")})
        return self.make_mnd("guest", GUEST, key, options)


def owners(gw):
    return {b.get("nai") for b in gw.entries()}


def silent(gw):
    """Does it say that a server does not answer?"""
    return any("RADIUS" in text for text in gw.ctl("status").get("warnings", []))


def settled(gw):
    """Are all its questions answered, or given up?"""
    core = gw.ctl("stats")["core"]
    done = sum(core.get(f"aaa-{end}", 0) for end in ("accepted", "rejected", "failed"))
    return core.get("aaa-asked", 0) == done


def test():
    with case.mobile(kind=Roaming, mnd=dict(QUICK, **{"linger-s": 600})) as net:
        first = FreeRadius(net, "pgw", net.clients(), {IDENTITY: AAA_KEY}, SECRETS[OPERATOR])
        net.start_daemons()
        gw2, gw3 = net.gw(2), net.gw(3)
        flows = case.traffic(net)

        # Accepted, at the claim.
        old = case.arrive(net, 2)
        case.require(gw2.stat("accepted", "radius") >= 1, "D-GW2 asked")
        case.require(owners(gw2) == {IDENTITY}, f"D-GW2 knows the owner: {owners(gw2)}")
        opened = case.open_trio(net, flows, 2, old)

        # The next D-GW asks for itself; the old one asks nobody at the handover.
        asked = gw2.stat("sent", "radius")
        new = case.arrive(net, 3)
        net.wait_bound(old)
        flows.progress_until(opened)
        case.require(gw2.stat("sent", "radius") == asked, "no handover asks")
        case.require(gw3.stat("accepted", "radius") >= 1, "D-GW3 asked")

        # The server is down: that concerns nobody who is known.
        first.kill()
        net.arrive(2)
        net.wait_bound(new)
        net.arrive(1)
        for hoa in (old, new):
            net.wait_path(hoa, True, 30)
        flows.progress_until(opened)

        # A D-GW that has lost its keys asks again. Its server has another secret for it now: there is
        # no answer, and the WTRU goes through its PGW.
        gw3.kill()
        gw3.restart()
        first.start("this is not what they agreed upon")
        net.arrive(2)
        net.wait_path(new, True, 60)
        base.wait_until(lambda: silent(gw3), 40, "D-GW3 warns of the server")
        base.wait_until(lambda: "Message-Authenticator" in first.log(), 20, "another secret is seen")
        case.require(gw3.stat("accepted", "radius") == 0, "nobody is accepted")
        base.wait_until(lambda: settled(gw3), 60, "D-GW3 gives up")
        first.kill()
        first.start(SECRETS[OPERATOR])
        net.arrive(1)
        net.wait_path(new, True, 30)
        net.arrive(2)
        net.wait_path(new, False, 60)
        case.require(gw3.stat("accepted", "radius") >= 1, "D-GW3 has asked again")
        case.require(not silent(gw3), "and warns no longer")
        flows.progress_until(opened)

        # A guest of a third operator, whose server is down, then rejects it, then is a false one.
        guest = net.make_guest(AAA_KEY).start()
        net.move(net.gateway(2), station="guest")
        base.wait_until(lambda: gw2.stat("unanswered", "radius") >= 1, 40, "no answer for the guest")
        case.require(silent(gw2), "D-GW2 warns of the server")
        guest.stop()
        second = FreeRadius(net, "cn", net.clients(), {GUEST: GUEST_KEY}, SECRETS[THIRD])
        guest.start()
        base.wait_until(lambda: gw2.stat("rejected", "radius") >= 1, 60, "the guest is rejected")
        case.require(GUEST not in owners(gw2), "and owns nothing")
        guest.stop()
        second.kill()
        false = FalseRadius(net, "cn", SECRETS[THIRD])
        guest = net.make_guest(GUEST_KEY).start()
        net.move(net.gateway(3), station="guest")
        base.wait_until(lambda: false.requests >= 4, 60, "the false server is asked")
        base.wait_until(lambda: gw3.stat("not-authentic", "radius") >= 4, 10, "seen through")
        case.require(gw3.stat("bad-form", "radius") >= 4, "an answer without Message-Authenticator")
        case.require(GUEST not in owners(gw3), "the guest owns nothing")
        guest.stop()
        false.close()
        second.start(SECRETS[THIRD])
        guest.start()
        base.wait_until(lambda: GUEST in owners(gw3), 90, "the guest's operator accepts it")
        guest.stop()
        flows.progress_until(opened)
        case.finish(flows)
        net.stop_daemons()


case.main(test)
