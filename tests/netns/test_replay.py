# SPDX-License-Identifier: GPL-2.0-or-later
"""
Somebody on the path keeps every Mobility Header of an honest node and its gateways, and sends them
all again, unchanged: at once, after the node moved, after each daemon was killed and started anew.
No binding changes, no session notices.
"""
# timeout: 90

import socket

from mip6net import base, case, inject

MH_PROTOCOLS = (inject.MH, inject.DSTOPTS, inject.ROUTING)


class Recorder:
    """Keeps what passes an interface."""

    def __init__(self, network, netns, interface):
        with network.entered(netns):
            self.socket = socket.socket(
                socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(inject.ETH_P_IPV6)
            )
            self.socket.bind((interface, inject.ETH_P_IPV6))
            self.socket.setblocking(False)
        network.closers.append(self.socket.close)
        self.kept = []

    def collect(self):
        while True:
            try:
                data = self.socket.recv(65536)
            except BlockingIOError:
                return
            if len(data) > 40 and data[6] in MH_PROTOCOLS and data not in self.kept:
                self.kept.append(data)


def again(net, recorders, injectors, flows, opened, what):
    """Send everything again; nothing may change."""
    before = {
        (gw.netns, b["hoa"]): (b["coa"], b["seq"]) for gw in net.gws for b in gw.bindings()
    }
    instances = {i["hoa"]: (i["state"], i.get("coa")) for i in net.mnd.instances()}
    packets = [p for r in recorders for p in list(r.kept)]
    for _ in range(2):
        for data in packets:
            for injector in injectors:
                injector.send(data)
        flows.run_for(0.2)
    for gw in net.gws:
        base.wait_until(lambda g=gw: g.ctl("version"), 10, "answers")
    now = {(gw.netns, b["hoa"]): (b["coa"], b["seq"]) for gw in net.gws for b in gw.bindings()}
    for key, (coa, seq) in before.items():
        case.require(key in now and now[key][0] == coa, f"{what}: {key}: {coa} is {now.get(key)}")
        # An answer to a replay may make the node register again; the number then is higher.
        case.require((now[key][1] - seq) % 65536 < 32768, f"{what}: {key}: {seq}, {now[key]}")
    case.require(now.keys() == before.keys(), f"{what}: other bindings: {now.keys()}")
    case.require(
        {i["hoa"]: (i["state"], i.get("coa")) for i in net.mnd.instances()} == instances,
        f"{what}: the node has other instances",
    )
    flows.progress_until(opened)
    print(f"{what}: {len(packets)} messages")


def test():
    with case.mobile(gateways=3, mnd={"linger-s": 30}) as net:
        recorders = [Recorder(net, g.name, "core") for g in net.gateways]
        recorders += [Recorder(net, g.name, "access") for g in net.gateways]
        # From the core, and from the link that the node was on before.
        injectors = [inject.Injector(net, "core"), inject.Injector(net, "gw1")]

        def settle():
            for recorder in recorders:
                recorder.collect()

        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        second = case.arrive(net, 2)
        opened += case.open_trio(net, flows, 2, second)
        net.wait_bound(first)
        settle()
        again(net, recorders, injectors, flows, opened, "at once")
        case.arrive(net, 3)
        for hoa in (first, second):
            net.wait_bound(hoa)
        settle()
        again(net, recorders, injectors, flows, opened, "after a move")
        for number in (1, 2):
            net.gw(number).kill()
            net.gw(number).restart()
            flows.progress_until(opened, 20)
            settle()
            again(net, recorders, injectors, flows, opened, f"after a restart of D-GW{number}")
        net.mnd.kill()
        net.mnd.restart()
        for hoa in (first, second):
            net.wait_bound(hoa, 20)
        flows.progress_until(opened, 20)
        settle()
        again(net, recorders, injectors, flows, opened, "after a restart of the WTRU")
        # At home there is no binding, and a replay must not make one.
        _, after, _ = net.arrive(1)
        net.wait_bound(second)
        base.wait_until(lambda: net.gw(1).binding(first) is None, 10, "no binding at home")
        settle()
        again(net, recorders, injectors, flows, opened, "at home")
        case.require(net.gw(1).binding(first) is None, "a replay made a binding")
        replayed = sum(gw.stat("bu-replayed") for gw in net.gws)
        case.require(replayed > 0, "none was recognised as a replay")
        case.finish(flows)


case.main(test)
