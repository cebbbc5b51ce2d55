# SPDX-License-Identifier: GPL-2.0-or-later
"""
The systemd units under a systemd of their own: the first process of a PID namespace, with nothing to
start but what it is told. Only for a machine that nobody else uses: it shares /run, /etc and /var.
"""

import os
import pathlib
import re
import shutil
import subprocess

from . import base

SYSTEMD = "/lib/systemd/systemd"
UNITS = pathlib.Path("/run/mip6-units")
CGROUP = pathlib.Path("/sys/fs/cgroup/mip6-units")
# The units hide /tmp, /root and /home, where a build directory may be.
PROGRAMS = pathlib.Path("/usr/local/lib/mip6-units")
# What services need by default; no unit of the machine is started.
TARGETS = ("sysinit", "basic", "shutdown", "network-pre", "network", "multi-user", "idle")
START = f"""
echo $$ >{CGROUP}/cgroup.procs
exec unshare --pid --fork --kill-child --mount --cgroup --mount-proc sh -c '
umount -l /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
exec {SYSTEMD} --unit=idle.target --show-status=0'
"""


def need():
    """Skip unless this is the virtual machine, with systemd."""
    if not os.environ.get("MIP6_VM"):
        raise base.Skip("needs a machine of its own, as ./run vm makes it")
    if not os.path.exists(SYSTEMD):
        raise base.Skip("systemd is missing")


class Systemd:
    """The service manager."""

    def __init__(self, network):
        self.network = network
        self.log_path = network.path("systemd.log")
        for folder in (UNITS, CGROUP, PROGRAMS):
            folder.mkdir(parents=True, exist_ok=True)
        for name in TARGETS:
            (UNITS / f"{name}.target").write_text(
                "[Unit]\nDefaultDependencies=no\n", encoding="ascii"
            )
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", START],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(os.environ, container="other", SYSTEMD_UNIT_PATH=str(UNITS)),
            )
        network.closers.append(self.close)
        self.pid = base.wait_until(self._child, 10, "systemd starts")
        base.wait_until(
            lambda: self.ctl("is-system-running", check=False) == "running",
            30,
            "systemd runs",
            interval=0.1,
        )

    def _child(self):
        """The first process in the PID namespace, as it is seen outside."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with open(path, encoding="ascii") as f:
            children = f.read().split()
        return children and int(children[0])

    def ctl(self, *args, check=True):
        """Output of systemctl, which must be where systemd is for it."""
        enter = ("nsenter", "-t", str(self.pid), "--pid", "--mount", "--cgroup")
        return base.run(*enter, "systemctl", *args, check=check, timeout=60).strip()

    def show(self, unit, name):
        return self.ctl("show", "--value", "-p", name, unit)

    def close(self):
        self.process.kill()
        self.process.wait()

    def install(self, daemon, build):
        """
        Give a daemon's unit to it: as built, but for where the program and its files are, and the
        namespace of the network.
        """
        name = daemon.program + ".service"
        program = PROGRAMS / daemon.program
        shutil.copy(daemon.binary, program)
        for library in pathlib.Path(build).glob(".libs/*.so*"):
            shutil.copy(library, PROGRAMS)
        text = (pathlib.Path(build) / "systemd" / name).read_text(encoding="utf-8")
        arguments = " ".join(daemon.arguments())
        text = re.sub(r"^ExecStart=.*$", f"ExecStart={program} {arguments}", text, flags=re.M)
        text = re.sub(r"^ConditionPathExists=.*\n", "", text, flags=re.M)
        extra = (
            f"NetworkNamespacePath={self.network.netns_path(daemon.netns)}\n"
            f"Environment=LD_LIBRARY_PATH={PROGRAMS}\n"
            f"StandardOutput=append:{self.network.path(daemon.log_name)}\n"
            f"StandardError=append:{self.network.path(daemon.log_name)}\n"
        )
        (UNITS / name).write_text(
            text.replace("[Service]\n", "[Service]\n" + extra), encoding="utf-8"
        )
        return name


class UnitProcess:
    """What Daemon wants of a process, of a unit's."""

    def __init__(self, systemd, unit):
        self.systemd = systemd
        self.unit = unit

    @property
    def pid(self):
        """As it is seen outside."""
        inside = self.systemd.show(self.unit, "MainPID")
        folder = f"/proc/{self.systemd.pid}/task/{self.systemd.pid}/children"
        with open(folder, encoding="ascii") as f:
            for pid in f.read().split():
                with open(f"/proc/{pid}/status", encoding="ascii") as status:
                    if f"\t{inside}\n" in re.search(r"NSpid:.*\n", status.read())[0]:
                        return int(pid)
        return None

    def running(self):
        return self.systemd.show(self.unit, "ActiveState") in ("active", "activating", "reloading")

    def kill(self, sig=9):
        os.kill(self.pid, sig)

    def restarted(self):
        """Whether systemd has started it again, and it has said that it is ready."""
        again = self.systemd.show(self.unit, "NRestarts") != "0"
        return again and self.systemd.show(self.unit, "ActiveState") == "active"
