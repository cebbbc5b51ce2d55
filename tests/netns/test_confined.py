# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a running daemon may still do, as the kernel tells it: its capabilities, system call filter,
no new privileges, no core dumps, no reading of its memory; that it stays so over a reload; and that
the daemons need no more at their start than their systemd units give.
"""

import os
import pathlib
import re
import signal
import subprocess

from mip6net import base, case

CAP_NET_ADMIN, CAP_NET_RAW, CAP_BPF = 1 << 12, 1 << 13, 1 << 39
CAPABILITY_SETS = ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb")
# Linux 5.19 asks for CAP_BPF only to make maps and programs.
KERNEL = tuple(int(n) for n in re.match(r"(\d+)\.(\d+)", os.uname().release).groups())


def configured(option):
    """Whether the build was configured with an option."""
    with open(os.path.join(case.BUILD, "config.log"), encoding="utf-8", errors="replace") as f:
        return any(option in line for line in f if line.startswith("  $ "))


def reads_environment(pid):
    """Whether root, without the capabilities that pass over it, may read a process's memory."""
    less = "-sys_ptrace,-perfmon,-sys_admin"
    done = subprocess.run(
        ["setpriv", f"--bounding-set={less}", f"--inh-caps={less}"]
        + ["head", "-c", "1", f"/proc/{pid}/environ"],
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


def core_limit(pid):
    with open(f"/proc/{pid}/limits", encoding="ascii") as f:
        return next(line.split()[4:6] for line in f if line.startswith("Max core file size"))


def confined(daemon, filtered):
    status = daemon.proc_status()
    name = daemon.program
    allowed = CAP_NET_ADMIN | CAP_NET_RAW | (CAP_BPF if KERNEL < (5, 19) else 0)
    for which in CAPABILITY_SETS:
        value = int(status[which], 16)
        wanted = allowed if which in ("CapEff", "CapPrm") else 0
        case.require(value == wanted, f"{name}: {which} is {value:x}, not {wanted:x}")
    case.require(status["NoNewPrivs"] == "1", f"{name}: NoNewPrivs {status['NoNewPrivs']}")
    if filtered:
        case.require(status["Seccomp"] == "2", f"{name}: Seccomp {status['Seccomp']}")
    case.require(status["Threads"] == "1", f"{name}: {status['Threads']} threads")
    limit = core_limit(daemon.process.pid)
    case.require(limit == ["0", "0"], f"{name}: core size limit {limit}")
    case.require(not reads_environment(daemon.process.pid), f"{name}: its memory can be read")


def unit_capabilities():
    """What the systemd units let the daemons start with, as setpriv wants it."""
    unit = pathlib.Path(__file__).resolve().parents[2] / "systemd" / "hardening.in"
    names = re.search(r"^CapabilityBoundingSet=(.*)$", unit.read_text(encoding="utf-8"), re.M)
    return ",".join("+" + name.removeprefix("CAP_").lower() for name in names[1].split())


def start_as_unit(net, daemon, capabilities):
    """As Daemon.start(), with no more than the units give."""
    daemon.process = net.start(
        daemon.netns,
        "setpriv",
        f"--bounding-set=-all,{capabilities}",
        "--inh-caps=-all",
        daemon.binary,
        *daemon.arguments(),
        log=daemon.log_name,
    )
    daemon.wait_ready()


def as_units():
    """A move, and kill -9 of each daemon, with what the units give."""
    capabilities = unit_capabilities()
    with case.mobile(gateways=2, mnd={"linger-s": 30}, start=False) as net:
        for daemon in (*net.gws, net.mnd):
            start_as_unit(net, daemon, capabilities)
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        case.arrive(net, 2)
        net.wait_bound(first)
        flows.progress_until(opened)
        for daemon in (net.gw(1), net.gw(2), net.mnd):
            daemon.kill()
            start_as_unit(net, daemon, capabilities)
            confined(daemon, False)
            flows.progress_until(opened, 20)
        case.finish(flows)
        net.stop_daemons()
        left = [trace for netns in ("wtru", "gw1", "gw2") for trace in net.traces(netns)]
        case.require(not left, f"left in the kernel: {left}")


def test():
    as_units()
    filtered = not (configured("--enable-sanitizers") or configured("--disable-seccomp"))
    reader = subprocess.Popen(
        ["setpriv", "--bounding-set=-all,+net_admin,+net_raw", "--inh-caps=-all", "sleep", "60"]
    )
    try:
        base.wait_until(
            lambda: reads_environment(reader.pid), 5, "what is not protected can be read"
        )
    finally:
        reader.kill()
        reader.wait()
    with case.mobile(gateways=2, mnd={"linger-s": 30}) as net:
        flows = case.traffic(net)
        first = case.arrive(net, 1)
        opened = case.open_trio(net, flows, 1, first)
        case.arrive(net, 2)
        net.wait_bound(first)
        for daemon in (net.mnd, net.gw(1), net.gw(2)):
            confined(daemon, filtered)
            daemon.ctl("reload")
            daemon.process.kill(signal.SIGHUP)
            confined(daemon, filtered)
        flows.progress_until(opened)
        case.finish(flows)


case.main(test)
