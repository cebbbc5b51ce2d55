# SPDX-License-Identifier: GPL-2.0-or-later
"""
The daemons as their systemd units confine them, under a real systemd: with BPF and with the kernel's
tunnels, with security associations and charon's socket they start, go on after kill -9, reload and
restart without losing a connection, and leave nothing. Needs the virtual machine.
"""
# timeout: 90

import os
import pathlib
import socket

from mip6net import base, case, units
from mip6net.ipsec import Protected

RUN, STATE, CONFIG = (pathlib.Path(p) for p in ("/run/mip6", "/var/lib/mip6", "/etc/mip6"))
VICI = "/run/mip6-units/charon.vici"
CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF = 1 << 12, 1 << 13, 1 << 39


def config_file(name, text, mode):
    """Where the unit's own directory is; the test's is hidden from it."""
    CONFIG.mkdir(exist_ok=True)
    path = CONFIG / name
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return str(path)


def under(systemd, net, daemon, keys_key, **changes):
    """Let the unit run a daemon that the network has configured."""
    keys = pathlib.Path(daemon.config[keys_key])
    changes[keys_key] = config_file(keys.name, keys.read_text(encoding="utf-8"), 0o600)
    daemon.write_config(**changes)
    daemon.config_path = config_file(
        os.path.basename(daemon.config_path),
        pathlib.Path(daemon.config_path).read_text(encoding="utf-8"),
        0o644,
    )
    daemon.run_dir, daemon.state_dir = str(RUN), str(STATE)
    unit = systemd.install(daemon, net.build)
    daemon.process = units.UnitProcess(systemd, unit)
    return unit


def confined(daemon):
    status = daemon.proc_status()
    case.require(status["NoNewPrivs"] == "1" and status["Seccomp"] == "2", f"{status}")
    with open(f"/proc/{daemon.process.pid}/limits", encoding="ascii") as f:
        core = next(line.split()[4:6] for line in f if line.startswith("Max core file size"))
    case.require(core == ["0", "0"], f"{daemon.program}: core files of {core}")
    more = int(status["CapPrm"], 16) & ~(CAP_NET_ADMIN | CAP_NET_RAW | CAP_BPF)
    case.require(not more and int(status["CapBnd"], 16) == 0, f"{daemon.program}: {status}")


def listening():
    """In charon's place."""
    charon = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    charon.bind(VICI)
    charon.listen(4)
    charon.settimeout(20 * base.PATIENCE)
    return charon


def device(net):
    """The D-GW's tunnel device; a new one has another number."""
    return [
        link["ifindex"]
        for link in net.ip("gw1", "-d", "link")
        if link.get("linkinfo", {}).get("info_kind") == "ip6tnl" and link["ifname"] != "ip6tnl0"
    ]


def test():
    units.need()
    with case.mobile(Protected, gateways=2, mnd={"linger-s": 300}, start=False) as net:
        systemd = units.Systemd(net)
        charon = listening()
        gw = net.gw(1)
        names = [
            under(systemd, net, gw, "keys-file", dataplane="ip6tnl"),
            under(
                systemd,
                net,
                net.mnd,
                "key-file",
                dataplane="bpf",
                anchors=[{"prefix": "2001:db8:9::/48", "protection": "ike"}],
                **{"ike-socket": VICI},
            ),
        ]
        net.gw(2).start()
        systemd.ctl("start", *names)
        charon.accept()[0].close()
        for daemon in (gw, net.mnd):
            daemon.wait_ready()
            confined(daemon)
        print(
            f"dataplane: wtru {net.mnd.ctl('status')['dataplane']['name']}, "
            f"gateway {gw.ctl('status')['dataplane']['name']}",
            flush=True,
        )
        flows = case.traffic(net)
        one = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, one)
        case.arrive(net, 2)
        net.wait_bound(one)
        flows.progress_until(opened)
        for daemon, unit in zip((gw, net.mnd), names):
            daemon.process.kill()
            base.wait_until(lambda d=daemon: d.process.restarted(), 10, f"{unit} again")
        systemd.ctl("reload", *names)
        for daemon in (gw, net.mnd):
            confined(daemon)
        flows.progress_until(opened, 20)
        before = device(net)
        systemd.ctl("restart", *names)
        net.wait_bound(one, 20)
        flows.progress_until(opened, 20)
        case.require(before and device(net) == before, "a restart took the tunnel away")
        systemd.ctl("stop", *names)
        net.gw(2).stop()
        for unit in names:
            state = systemd.show(unit, "Result"), systemd.show(unit, "ActiveState")
            case.require(state == ("success", "inactive"), f"{unit}: {state}")
        left = [trace for netns in ("wtru", "gw1", "gw2") for trace in net.traces(netns)]
        case.require(not left, f"left in the kernel: {left}")


case.main(test)
