# SPDX-License-Identifier: GPL-2.0-or-later
"""
Somebody with a valid key who wants everything: a whole pool of prefixes, all bindings, an address
next to a victim's; and a local user who opens all control connections. Each gets no more than the
configured share, the D-GW keeps its size, and an honest newcomer gets an address and a binding.
"""

from mip6net import base, case, inject
from mip6net.daemons import IDENTITY, KEY, OPERATOR, SPI, Control, ControlError, dgwd_keys
from mip6net.topology import CN_ADDRESS

OTHER = "mallory@" + OPERATOR
OTHER_KEY = "ffeeddccbbaa99887766554433221100"
SHARE = 16  # "identity-bindings-max" as it is by default
TRIES = 400


def everything(net, injector):
    """Mallory binds as many addresses as she can; returns how many and with which refusals."""
    agent, key = net.gateway(1).address, bytes.fromhex(OTHER_KEY)
    statuses = {}
    for seq in range(1, TRIES + 1):
        hoa = f"2001:db8:1:{0xF000 - seq:x}::666"
        update = inject.binding_update(hoa, CN_ADDRESS, seq, 4000, OTHER, SPI, key, dst=agent)
        injector.send(inject.packet(CN_ADDRESS, agent, update, hoa=hoa))
        for _, kind, data in injector.answers(0.001 if seq < TRIES else 1):
            if kind == inject.BA:
                statuses[data[6]] = statuses.get(data[6], 0) + 1
    return statuses


def beside(net, injector, victim):
    """Another address in the victim's own prefix, and the victim's prefix as a care-of address."""
    agent, key = net.gateway(1).address, bytes.fromhex(OTHER_KEY)
    neighbour = victim.rsplit(":", 4)[0] + ":dead:beef:1:1"
    for seq, hoa, coa in (
        (1001, neighbour, CN_ADDRESS),
        (1002, "2001:db8:1:9999::1", neighbour),
        (1003, net.gateway(1).pool.split("/")[0], CN_ADDRESS),
    ):
        update = inject.binding_update(
            hoa, CN_ADDRESS, seq, 60, OTHER, SPI, key, dst=agent, alternate=coa
        )
        injector.send(inject.packet(CN_ADDRESS, agent, update, hoa=hoa))
        status = injector.status(seq, 1)
        case.require(status is None or status >= 128, f"{hoa} at {coa}: status {status}")
    case.require(
        not [b for b in net.gw(1).entries() if b["hoa"] == neighbour], "an address was stolen"
    )


def control_connections(daemon):
    """More connections than there are places; then the daemon still serves."""
    held = []
    refused = 0
    try:
        for _ in range(80):
            control = Control(daemon.socket_path)
            held.append(control)
            try:
                control.request("version")
            except (ControlError, ConnectionError, base.Failure):
                refused += 1
    finally:
        for control in held:
            control.close()
    case.require(refused > 0, f"{daemon.program} serves any number of connections")
    base.wait_until(lambda: served(daemon), 5, f"{daemon.program} answers afterwards")


def served(daemon):
    try:
        return daemon.ctl("version")
    except (ControlError, ConnectionError, base.Failure):
        return None


def long_request(daemon):
    """A request without an end is cut off, not collected."""
    control = Control(daemon.socket_path)
    try:
        for _ in range(64):
            control.sock.sendall(b"x" * 65536)
        raise base.Failure(f"{daemon.program} takes a request of 4 MiB")
    except (BrokenPipeError, ConnectionError, TimeoutError):
        pass
    finally:
        control.close()


def test():
    with case.mobile(gateways=2, mnd={"linger-s": 30}, start=False) as net:
        net.secret("dgwd.keys", dgwd_keys([(IDENTITY, SPI, KEY), (OTHER, SPI, OTHER_KEY)]))
        net.start_daemons()
        gw = net.gw(1)
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        case.arrive(net, 2)
        coa = net.wait_bound(first)["coa"]
        size = {d: d.anonymous_kib() for d in (gw, net.mnd)}
        mallory = inject.Injector(net, "cn")
        statuses = everything(net, mallory)
        print(f"mallory: {statuses}")
        hers = [b for b in gw.entries() if b.get("identity") == OTHER or b["hoa"].endswith("::666")]
        case.require(len(hers) == SHARE, f"mallory has {len(hers)} bindings, not {SHARE}")
        case.require(130 in statuses, f"refused with 130: {statuses}")
        beside(net, mallory, first)
        for daemon in (gw, net.mnd):
            control_connections(daemon)
            long_request(daemon)
            grown = daemon.anonymous_kib() - size[daemon]
            case.require(grown < 1536, f"{daemon.program} grew by {grown} KiB")
        binding = gw.binding(first)
        case.require(binding and binding["coa"] == coa, f"the victim's binding is {binding}")
        # An honest node: home again and away again, with all that is registered for it.
        net.arrive(1)
        _, after, _ = net.arrive(2)
        net.wait_bound(first)
        flows.progress_until(opened, 10, after)
        case.finish(flows)


case.main(test)
