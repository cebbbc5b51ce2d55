# SPDX-License-Identifier: GPL-2.0-or-later
# dataplanes: all
# timeout: 150
"""
Chains when something fails: the PGW killed and started again, with its records and without; the anchor
killed, with and without them; the operators of both ends ending chains; a BU that a PGW must refuse, and
an extended one at a D-GW. No connection is lost that need not be, and no half chain is left.
"""

import os
import signal

from mip6net import base, case, inject
from mip6net.daemons import IDENTITY, KEY, SPI
from mip6net.operators import Operators
from mip6net.topology import CN_ADDRESS

TIMES = {"heartbeat-interval-ms": 200, "heartbeat-missing-max": 3}


def anchoring(address, *more):
    """Anchoring D-GW options, for the BU of inject: type, length, content."""
    one = bytes([18, 18, 1, 0]) + inject.packed(address)
    return [one] + [bytes([18, 18, 1, 0]) + inject.packed(a) for a in more]


def refusals(net, victim, coa):
    """What a BU is answered, and that it changes nothing."""
    mallory = inject.Injector(net, "cn")
    pgw, gw1 = net.pgw_at.address, net.gateway(1).address
    seq = 40000
    wrong = []
    cases = [
        ("outside the roaming list", pgw, anchoring("2001:db8:dead::1"), (129,)),
        ("the PGW itself", pgw, anchoring(pgw), (129,)),
        ("a D-GW that does not anchor it", pgw, anchoring(net.gateway(2).address), (129,)),
        ("two options", pgw, anchoring(gw1, gw1), (128,)),
        ("a short option", pgw, [bytes([18, 10, 1, 0]) + inject.packed(gw1)[:8]], (128,)),
        ("no option", pgw, [], (131,)),
        ("extended, at a D-GW", gw1, anchoring(gw1), (129,)),
    ]
    before = net.pgw.chain(victim)
    for what, dst, options, expected in cases:
        seq += 1
        update = inject.binding_update(
            victim, CN_ADDRESS, seq, 60, IDENTITY, SPI, bytes.fromhex(KEY), dst=dst, extra=options
        )
        mallory.send(inject.packet(CN_ADDRESS, dst, update, hoa=victim))
        status = mallory.status(seq, 1.0)
        print(f"{what}: {status}")
        if status not in expected:
            wrong.append(f"{what}: status {status}, not {expected}")
        after = net.pgw.chain(victim)
        case.require(after["coa"] == before["coa"] == coa, f"{what}: the chain is {after}")
    seq += 1
    stranger = inject.binding_update(
        victim, CN_ADDRESS, seq, 60, "eve@other.example", SPI, bytes.fromhex(KEY), dst=pgw,
        extra=anchoring(gw1),
    )
    mallory.send(inject.packet(CN_ADDRESS, pgw, stranger, hoa=victim))
    status = mallory.status(seq, 0.7)
    if status is not None:
        wrong.append(f"a WTRU of another operator: status {status}, not silence")
    mallory.close()
    case.require(not wrong, "\n".join(wrong))
    counted = net.pgw.ctl("stats")["chain"]
    for name, count in (("bu-not-roaming", 2), ("bu-self", 1), ("bu-bad-option", 2), ("bu-no-option", 1)):
        case.require(counted[name] == count, f"{name}: {counted[name]}, not {count}")


def forget(daemon):
    """Lose what a killed daemon had on disk."""
    for name in os.listdir(daemon.state_dir):
        os.unlink(os.path.join(daemon.state_dir, name))


def test():
    with Operators(case.BUILD, keep_dir=case.KEEP, gateways=3, pgw=TIMES,
                   mnd={"linger-s": 60, **TIMES}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        case.arrive(net, 3)
        net.wait_path(first, via_pgw=True)
        flows.progress_until(opened)
        coa = net.mnd.instance(first)["coa"]

        refusals(net, first, coa)
        flows.progress_until(opened)

        print("the PGW is killed and comes back")
        net.pgw.kill()
        net.pgw.start()
        case.require(net.pgw.chain(first), "the chain was not restored")
        net.wait_path(first, via_pgw=True)
        flows.progress_until(opened)

        print("the PGW comes back without its records")
        net.pgw.kill()
        forget(net.pgw)
        net.pgw.start()
        net.wait_path(first, via_pgw=True, seconds=15)
        flows.progress_until(opened)

        print("the anchor is killed and comes back")
        net.gw(1).kill()
        net.gw(1).start()
        net.wait_path(first, via_pgw=True)
        flows.progress_until(opened)

        print("the PGW goes for good, and the WTRU comes home")
        net.pgw.process.kill(signal.SIGKILL)
        net.pgw.process.wait()
        _, after, back = net.arrive(1)
        case.require(back == first, f"home with {back}")
        flows.progress_until(opened, since_ns=after)
        case.require(net.gw(1).binding(first) is None, "bound although at home")

        print("the PGW is back, and still believes in its chain: the anchor sets that right")
        net.pgw.start()
        net.arrive(3)
        net.wait_path(first, via_pgw=True)
        flows.progress_until(opened)

        print("the anchor's operator ends it")
        events = net.mnd.subscribe()
        net.gw(1).ctl("release", hoa=first)
        base.wait_until(lambda: net.mnd.instance(first) is None, 10, "the WTRU was told")
        base.wait_until(lambda: not net.pgw.chains(), 10, "no chain is left")
        base.wait_until(lambda: net.gw(1).binding(first) is None, 10, "no binding is left")
        events.close()
        case.require(net.border("dropped") == 0, f"{net.border('dropped')} packets met the border")
        net.stop_daemons()


case.main(test)
