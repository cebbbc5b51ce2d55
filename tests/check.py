#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
./run check: all tests, one line each, and one line of totals at the end. Parts:

  unit       make check: unit and exchange tests, simulation, kernel modules, fuzz corpora
  sanitized  the same built with AddressSanitizer and UndefinedBehaviorSanitizer
  static     tests/checks: scripts and licences, man pages, examples
  netns      tests/netns: real daemons in namespaces
  vm         the same on Debian's own kernel, in a virtual machine (tests/vm)
  interop    UMIP's daemons against ours there (tests/interop), where UMIP_MIP6D names its mip6d

A table says which of the namespace tests ran where.
"""

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
PARTS = ("static", "unit", "sanitized", "netns", "vm", "interop")
SKIP = 77


class Totals:
    """Counts and prints results."""

    def __init__(self):
        self.count = {"passed": 0, "failed": 0, "skipped": 0}
        self.places = {}  # {kernel: {test: (result, dataplane)}}
        self.planes = {}  # {kernel: which data planes it has, and why not others}

    def place(self, kernel, result, test, note):
        """For the table of what ran where."""
        found = re.search(r"\[(\S+)\]", note)
        self.places.setdefault(kernel, {})[test] = (result, found.group(1) if found else "")

    def table(self):
        """Rows: tests; columns: kernels, each with the result and the data plane in use there."""
        header = ["test", *self.places]
        rows = [
            [test]
            + [" ".join(results.get(test, ("–", ""))).strip() for results in self.places.values()]
            for test in sorted({test for results in self.places.values() for test in results})
        ]
        widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
        for row in [header, *rows]:
            print("  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip())
        for kernel, planes in self.planes.items():
            print(f"{kernel}: {planes}")

    def add(self, result, name, note="", number=1):
        self.count[result] += number
        print(f"{result:8}{name:38}{note}".rstrip(), flush=True)

    def line(self):
        return ", ".join(f"{n} {result}" for result, n in self.count.items())


def run(args, cwd=None, env=None):
    """(status, output) of a command; it dies with us."""
    process = subprocess.Popen(
        args,
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        errors="replace",
        start_new_session=True,
    )
    try:
        output = process.communicate()[0]
    except BaseException:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()
        raise
    return process.returncode, output


def show(output, lines=30):
    print(
        "".join(f"    | {line}\n" for line in output.strip().splitlines()[-lines:]),
        end="",
        flush=True,
    )


def make_check(totals, build, name):
    """`make check`; each test program counts."""
    jobs = str(os.cpu_count() or 1)
    # A busy machine, and sanitizers, take their time: libcheck's limit of 4 s is for hangs only.
    env = dict(os.environ, CK_TIMEOUT_MULTIPLIER="10")
    status, output = run(["make", "-s", "-k", "-j", jobs, "check"], cwd=build, env=env)
    seen = False
    for result, test in re.findall(r"^(PASS|FAIL|SKIP|ERROR|XPASS|XFAIL): (\S+)", output, re.M):
        seen = True
        word = {"PASS": "passed", "XFAIL": "passed", "SKIP": "skipped"}.get(result, "failed")
        log = (build / test).with_suffix(".log")
        text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        note = text.strip().splitlines()[-1] if word == "skipped" and text.strip() else ""
        totals.add(word, f"{name} {test.removeprefix('tests/')}", note)
        if word == "failed":
            show(text)
    if not seen or (status and not totals.count["failed"]):
        totals.add("failed", f"{name} make check", "did not run")
        show(output)


def part_unit(args, totals):
    make_check(totals, args.build, "unit")


def part_sanitized(args, totals):
    build = args.build / "sanitized"
    build.mkdir(exist_ok=True)
    for command in (
        [[str(TOP / "configure"), "-q", "--enable-sanitizers"]]
        if not (build / "Makefile").exists()
        else []
    ) + [["make", "-s", "-j", str(os.cpu_count() or 1)]]:
        status, output = run(command, cwd=build)
        if status:
            totals.add("failed", "sanitized build")
            show(output)
            return
    make_check(totals, build, "sanitized")


def part_static(args, totals):
    for path in sorted((TOP / "tests" / "checks").iterdir()):
        if path.suffix not in (".py", ".sh"):
            continue
        interpreter = sys.executable if path.suffix == ".py" else "sh"
        status, output = run([interpreter, str(path), str(TOP), str(args.build)])
        result = {0: "passed", SKIP: "skipped"}.get(status, "failed")
        last = output.strip().splitlines()[-1] if output.strip() else ""
        totals.add(result, f"static {path.stem}", last if result == "skipped" else "")
        if result == "failed":
            show(output)


def runner(totals, part, kernel, command):
    """The namespace tests, wherever the command runs them. Its status, and what else it said."""
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    other = []
    try:
        for line in process.stdout:
            found = re.match(r"(passed|failed|skipped)\s+(\S+)\s+(.*)", line)
            if found:
                totals.add(found.group(1), f"{part} {found.group(2)}", found.group(3))
                totals.place(kernel, *found.groups())
            elif line.startswith("data planes:"):
                totals.planes[kernel] = line.strip()
            elif line.startswith("    |"):
                print(line, end="", flush=True)
            else:
                other.append(line.rstrip())
    except BaseException:
        process.send_signal(signal.SIGTERM)
        raise
    finally:
        process.wait()
    return process.returncode, other


def part_netns(args, totals):
    script = str(TOP / "tests" / "netns" / "runner.py")
    command = [sys.executable, script, "--build", str(args.build)]
    command += ["--patience", str(args.patience)]
    status, other = runner(totals, "netns", os.uname().release + " (here)", command)
    if status and not totals.count["failed"]:
        totals.add("failed", "netns runner", f"status {status}")
        show("\n".join(other))


def part_vm(args, totals):
    script = str(TOP / "tests" / "vm" / "vm.py")
    vm = [sys.executable, script, "--quiet", "--build", str(args.build)]
    try:
        status, output = run(vm + ["--prepare"])
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    kernel = output.strip().splitlines()[-1] if output.strip() else ""
    if status:
        totals.add("skipped", "vm", kernel.removeprefix("vm: "))
        return
    before = totals.count["failed"]
    status, other = runner(totals, "vm", f"{kernel} (Debian's, VM)", vm)
    if status and totals.count["failed"] == before:
        totals.add("failed", "vm", f"status {status}")
        show("\n".join(other))


def part_interop(args, totals):
    script = str(TOP / "tests" / "interop" / "run.py")
    status, output = run([sys.executable, script, "--build", str(args.build)])
    found = re.findall(r"^(passed|failed|skipped)\s+(\S+)\s*(.*)$", output, re.M)
    for result, name, note in found:
        totals.add(result, f"interop {name}", note)
    if status or not found:
        show(output)
        if not any(result == "failed" for result, _, _ in found):
            totals.add("failed", "interop", f"status {status}")


def main():
    parser = argparse.ArgumentParser(prog="./run check", description="Run all tests.")
    parser.add_argument(
        "--only", choices=PARTS, action="append", help="only this part (may be repeated)"
    )
    parser.add_argument(
        "--patience", type=int, default=1, help="multiply time limits, for slow machines"
    )
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build", help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.build = args.build.resolve()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    totals = Totals()
    for part in args.only or PARTS:
        globals()["part_" + part](args, totals)
    if totals.places:
        totals.table()
    print(totals.line())
    return 1 if totals.count["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
