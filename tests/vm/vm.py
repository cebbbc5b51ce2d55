#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
./run vm: a command on Debian's own kernel, in a virtual machine without hardware support, with this
machine's root file system. The command sees all files; what it writes is gone afterwards, but for
/run/vm, which is the directory RESULTS outside: what the command says is there in "output", what
the kernel said in "console.log" and "dmesg.log". The exit status is the command's; 124 after the
time limit, 125 when the VM ended otherwise or there can be none.

Without a command, one machine for each processor runs the namespace tests, RESULTS/1 and so on:
whichever is free takes the next test, by making a directory in the share that all have.
"""

import argparse
import contextlib
import ctypes
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from kernel import EXTRAS, HERE, Extras, Kernel, Unavailable  # pylint: disable=wrong-import-position

TOP = HERE.parents[1]
TIMED_OUT, NO_VM = 124, 125
# How much longer than usual things may take.
PATIENCE = 6
# Loaded before the command. The kernel asks modprobe for all others when it needs them.
MODULES = ("ip6_tunnel", "tun")
SHARE_OPTIONS = "security_model=none,multidevs=remap"
PASSED_ON = ("LANG", "TERM", "CI", "NO_COLOR")


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)


class Machine:
    """One boot."""

    def __init__(
        self, kernel, results, smp=2, memory=2048, icount=None, extras=None, shared=None
    ):
        self.kernel = kernel
        self.extras = extras
        self.shared = shared
        self.results = pathlib.Path(results)
        self.smp = smp
        self.memory = memory
        self.icount = icount
        self.process = None
        self.start = None
        self.said = None
        self.boot_s = None

    def _arguments(self):
        accel = ["-accel", "tcg,thread=multi,tb-size=512", "-smp", str(self.smp)]
        if self.icount is not None:
            # Time is the count of instructions, and jumps to the next timer when nothing runs:
            # what else the machine does has no influence.
            accel = ["-accel", "tcg,thread=single,tb-size=512", "-smp", "1"]
            accel += ["-icount", f"shift={self.icount},sleep=off"]
        shares = [(self.results, "results", "")]
        shares += [("/", "rootfs", "readonly=on,")]
        if self.extras:
            shares += [(self.extras.root, "extras", "readonly=on,")]
        if self.shared:
            shares += [(self.shared, "shared", "")]
        virtfs = []
        for path, tag, options in shares:
            virtfs += ["-virtfs", f"local,path={path},mount_tag={tag},{options}{SHARE_OPTIONS}"]
        return [
            "qemu-system-x86_64",
            *accel,
            *virtfs,
            *("-cpu", "max,la57=off,smap=off,smep=off,umip=off", "-m", str(self.memory)),
            *("-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"),
            *("-serial", f"file:{self.results / 'console.log'}"),
            *("-kernel", str(self.kernel.image), "-initrd", str(self.kernel.initrd)),
            "-append",
            "console=ttyS0 quiet panic=-1 mitigations=off nowatchdog tsc=reliable "
            "nokaslr norandmaps cryptomgr.notests apparmor=0 audit=0 rcupdate.rcu_cpu_stall_suppress=1 "
            "rcupdate.rcu_expedited=1" + (" mip6.extras" if self.extras else "")
            + (" mip6.shared" if self.shared else ""),
        ]

    def _write_job(self, command, env):
        for name in ("output", "status", "ready", "console.log", "dmesg.log", "modules-missing"):
            with contextlib.suppress(FileNotFoundError):
                (self.results / name).unlink()
        (self.results / "output").touch()
        shutil.copy(HERE / "guest.sh", self.results)
        settings = f"modules={shlex.quote(str(self.kernel.modules))}\nload='{' '.join(MODULES)}'\n"
        (self.results / "settings.sh").write_text(settings, encoding="utf-8")
        lines = [f"export {key}={shlex.quote(value)}\n" for key, value in sorted(env.items())]
        lines += [f"cd {shlex.quote(os.getcwd())} || exit\n", f"exec {shlex.join(command)}\n"]
        (self.results / "job.sh").write_text("".join(lines), encoding="utf-8")

    def boot(self, command, env):
        """Start it, with the command to run."""
        self.results.mkdir(parents=True, exist_ok=True)
        self._write_job(command, env)
        self.start = time.monotonic()
        with open(self.results / "qemu.log", "wb") as log:
            self.process = subprocess.Popen(
                self._arguments(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_die_with_parent,
            )
        self.said = open(self.results / "output", "rb")

    def poll(self):
        """(whether it still runs, what the command has said since the last call)."""
        running = self.process.poll() is None
        if self.boot_s is None and (self.results / "ready").exists():
            self.boot_s = time.monotonic() - self.start
        return running, self.said.read()

    def end(self):
        """Whatever it does: it ends. Returns the status."""
        if not self.process:
            return NO_VM
        self.process.kill()
        self.process.wait()
        if self.said:
            self.said.close()
        self._give_away()
        try:
            return int((self.results / "status").read_text(encoding="ascii"))
        except (FileNotFoundError, ValueError):
            return NO_VM

    def _give_away(self):
        owner = self.results.parent.stat()
        for path in [self.results, *self.results.rglob("*")]:
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)

    def last_words(self, lines=15):
        """The end of what QEMU and the guest's kernel said."""
        text = ""
        for name in ("qemu.log", "console.log"):
            with contextlib.suppress(FileNotFoundError):
                path = self.results / name
                text += "\n".join(
                    path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
                )
        return text.strip()


def run(machines, command, timeout, env, output):
    """
    Boot all, run the command in each, and end. output(number, bytes) gets what it says, as it says
    it. Returns the worst status.
    """
    try:
        for machine in machines:
            machine.boot(command, env)
        deadline = time.monotonic() + timeout
        running = True
        while running:
            running = False
            for number, machine in enumerate(machines):
                runs, data = machine.poll()
                running |= runs
                if data:
                    output(number, data)
            if time.monotonic() > deadline:
                return TIMED_OUT
            time.sleep(0.05)
    finally:
        statuses = [machine.end() for machine in machines]
    return max(statuses)


class Lines:
    """Prints whole lines of several runners of tests, and the sum of their totals."""

    def __init__(self, machines):
        self.rest = [b""] * machines
        self.totals = {}

    def add(self, number, data):
        *lines, self.rest[number] = (self.rest[number] + data).split(b"\n")
        for line in lines:
            found = re.findall(rb"(?:^|, )(\d+) (passed|failed|skipped)\b", line)
            if len(found) == 3:
                for count, result in found:
                    self.totals[result] = self.totals.get(result, 0) + int(count)
            else:
                print(line.decode(errors="replace"), flush=True)

    def end(self):
        for rest in self.rest:
            if rest:
                print(rest.decode(errors="replace"))
        print(b", ".join(b"%d %s" % (n, result) for result, n in self.totals.items()).decode())


# What a benchmark is measured with here, and the short run before.
BENCHES = {
    "handover": ("bench", ["--round-trips", "0,20,100"], ["--moves", "2", "--round-trips", "1"]),
    "operators": ("crossing", ["--round-trips", "0,20,100"], ["--rounds", "1", "--round-trips", "1"]),
    "anchors": ("crossing", [], ["--rounds", "1", "--anchors", "1"]),
    "throughput": (
        "throughput",
        ["--rounds", "3", "--seconds", "0.3"],
        ["--rounds", "1", "--seconds", "0.1"],
    ),
}


def bench(build, options):
    """
    A benchmark. Time by instruction count jumps ahead whenever the guest waits for the host: a
    short run first brings all files into its memory.
    """
    module, defaults, short = BENCHES[options[0]]
    program = ["python3", "-m", f"mip6net.{module}", "--build", str(build)]
    if not defaults or defaults[0] not in options:
        options = options + defaults
    warm_up = shlex.join([*program, options[0], *short, "--json"])
    measure = shlex.join([*program, *options])
    return ["sh", "-c", f"for i in 1 2; do {warm_up} >/dev/null 2>&1; done; exec {measure}"]


def main():
    parser = argparse.ArgumentParser(
        prog="./run vm",
        description="Run a command on Debian's kernel in a virtual machine; without one, the "
        "namespace tests; as 'bench handover', 'bench operators', 'bench anchors' or 'bench "
        "throughput', that benchmark.",
    )
    parser.add_argument("--timeout", type=float, default=2700, metavar="S", help="default: 2700")
    parser.add_argument("--results", type=pathlib.Path, help="default: BUILD/vm/results")
    parser.add_argument("--smp", type=int, default=min(2, os.cpu_count() or 1), help="processors")
    parser.add_argument("--memory", type=int, default=2048, metavar="MIB")
    parser.add_argument(
        "--icount",
        type=int,
        metavar="N",
        nargs="?",
        const=0,
        help="one processor that takes 2^N ns for each instruction (default 0): times do not "
        "depend on load",
    )
    parser.add_argument(
        "--prepare", action="store_true", help="only make ready, and print the kernel's version"
    )
    parser.add_argument("--quiet", action="store_true", help="only what the command says")
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build", help=argparse.SUPPRESS)
    parser.add_argument("command", nargs=argparse.REMAINDER, metavar="COMMAND")
    args = parser.parse_args()
    build = args.build.resolve()
    command = args.command[1:] if args.command[:1] == ["--"] else args.command
    env = {key: os.environ[key] for key in PASSED_ON if key in os.environ}
    env.update(
        HOME="/root",
        MIP6_BUILD=str(build),
        MIP6_VM="1",
        MIP6_PATIENCE=str(PATIENCE),
        PYTHONDONTWRITEBYTECODE="1",
        PYTHONPATH=str(TOP / "tests" / "netns"),
    )
    if command[:1] == ["bench"] and command[1:2] and command[1] in BENCHES:
        command = bench(build, command[1:])
        args.icount = args.icount or 0
        # Time flies while nothing but the host's disk is waited for.
        env["MIP6_PATIENCE"] = "10000"
    tests = not command
    if tests:
        command = ["python3", str(TOP / "tests" / "netns" / "runner.py"), "--build", str(build)]
        command += ["--results", "/run/vm/netns", "--patience", str(PATIENCE)]
        command += ["--claims", "/run/shared"]

    def ended(number, frame):
        del frame
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, ended)

    def output(number, data):
        del number
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()

    start = time.monotonic()
    try:
        kernel = Kernel(build / "vm" / "kernel").prepare()
    except Unavailable as problem:
        print(f"vm: {problem}", file=sys.stderr)
        return NO_VM
    try:
        extras = Extras(build / "vm" / "extras").prepare()
    except Unavailable as problem:
        print(f"vm: without {', '.join(EXTRAS)}: {problem}", file=sys.stderr)
        extras = None
    if args.prepare:
        print(kernel.version)
        return 0
    results = (args.results or build / "vm" / "results").resolve()
    shared = results / "shared" if tests else None
    if tests:
        shutil.rmtree(shared, ignore_errors=True)
        shared.mkdir(parents=True)
        places, smp = [results / str(n + 1) for n in range(args.smp)], 1
    else:
        places, smp = [results], args.smp
    machines = [
        Machine(kernel, place, smp, args.memory, args.icount, extras, shared) for place in places
    ]
    if not args.quiet:
        print(f"vm: starting Linux {kernel.version}", file=sys.stderr)
    lines = Lines(len(machines))
    status = run(machines, command, args.timeout, env, lines.add if tests else output)
    if tests:
        lines.end()
    if status == TIMED_OUT:
        print(f"vm: the time limit of {args.timeout:g} s passed", file=sys.stderr)
    for machine in machines:
        if status == NO_VM and not (machine.results / "status").exists():
            print("vm: it ended by itself\n" + machine.last_words(), file=sys.stderr)
    if not args.quiet:
        booted = ", ".join(f"booted in {m.boot_s:.1f} s" for m in machines if m.boot_s)
        print(
            f"vm: status {status}, {booted}, {time.monotonic() - start:.1f} s in all; "
            f"logs in {results}",
            file=sys.stderr,
        )
    return status


if __name__ == "__main__":
    sys.exit(main())
