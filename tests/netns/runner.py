#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Runs namespace tests: each test_*.py is a process of its own. Exit status 0: passed, 77: skipped
(the last line says why), anything else: failed. One line per test, the output and the kept files
of failures in a directory, and a last line with the totals. The line names the data plane that the
daemons said they use. A test with a line `# dataplanes: all` runs again, as NAME@BACKEND, with each
other data plane that this kernel has.
"""

import argparse
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
SKIP = 77
BACKENDS = ("bpf", "ip6tnl")  # in the daemons' order of preference


def time_limit(path):
    """A test may ask for more than the usual time: a line `# timeout: SECONDS`."""
    found = re.search(r"^# timeout: (\d+)$", path.read_text(encoding="utf-8"), re.M)
    return int(found.group(1)) if found else 60


def dataplane(output):
    """"WTRU's/gateway's" backend, from what mip6net says when it starts the daemons."""
    found = re.findall(r"^dataplane: wtru (\S+), gateway (\S+)$", output, re.M)
    names = sorted({a if a == b else f"{a}/{b}" for a, b in found})
    return "[" + ",".join(names) + "]" if names else ""


def backends(args):
    """{name: "ok", or why not} of the data planes, on this kernel."""
    tool = args.build / "tests" / "tools" / "dataplane"
    asked = "".join(f"backend gateway {name}\n" for name in BACKENDS)
    try:
        said = subprocess.run([tool], input=asked, stdout=subprocess.PIPE, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return {}
    lines = [re.sub(r"^error \d+ \w+: ", "", line) for line in said.stdout.splitlines()]
    return dict(zip(BACKENDS, lines))


def runs_of(paths, planes):
    """[(path, backend)]: None for what the daemons choose, which is the first."""
    available = [name for name, why in planes.items() if why == "ok"]
    runs = [(path, None) for path in paths]
    for path in paths:
        if re.search(r"^# dataplanes: all$", path.read_text(encoding="utf-8"), re.M):
            runs += [(path, name) for name in available[1:]]
    # What may take long first: the last test of one runner keeps the others waiting least.
    return sorted(runs, key=lambda run: (-time_limit(run[0]), str(run)))


def name_of(path, backend):
    return path.stem + (f"@{backend}" if backend else "")


def run_one(path, backend, args):
    """(result, seconds, output): result is "passed", "failed" or "skipped"."""
    results = args.results / name_of(path, backend)
    shutil.rmtree(results, ignore_errors=True)
    env = dict(
        os.environ,
        MIP6_BUILD=str(args.build),
        MIP6_KEEP=str(results),
        PYTHONPATH=str(HERE),
        MIP6_PATIENCE=str(args.patience),
        PYTHONDONTWRITEBYTECODE="1",
    )
    if backend:
        env.update(MIP6_DATAPLANE_WTRU=backend, MIP6_DATAPLANE_GATEWAY=backend)
    start = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, str(path)] + args.test_args,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        output = process.communicate(timeout=time_limit(path) * args.patience)[0]
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGTERM)  # unwinds, keeps its files
        try:
            output = process.communicate(timeout=20)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            output = process.communicate()[0]
        output += f"\ntime limit of {time_limit(path) * args.patience} s passed\n"
        status = 1
    except BaseException:
        process.send_signal(signal.SIGTERM)
        process.wait()
        raise
    seconds = time.monotonic() - start
    if status == SKIP:
        return "skipped", seconds, output
    if status == 0:
        shutil.rmtree(results, ignore_errors=True)
        return "passed", seconds, output
    results.mkdir(parents=True, exist_ok=True)
    (results / "output.txt").write_text(output, encoding="utf-8")
    return "failed", seconds, output


def claim(directory, name):
    """Whether this test is ours: no other runner that shares the directory has it."""
    if not directory:
        return True
    try:
        (directory / name).mkdir()
    except FileExistsError:
        return False
    return True


def main():
    parser = argparse.ArgumentParser(description="Run the namespace tests.")
    parser.add_argument(
        "--build",
        type=pathlib.Path,
        default=HERE.parents[1] / "build",
        help="build directory (default: build/ in the source tree)",
    )
    parser.add_argument(
        "--results",
        type=pathlib.Path,
        help="where failures leave logs and captures (default: BUILD/netns-results)",
    )
    parser.add_argument(
        "--patience", type=int, default=1, help="multiply the time limits, for slow machines"
    )
    parser.add_argument(
        "--claims",
        type=pathlib.Path,
        metavar="DIR",
        help="an empty directory that several runners share: each test is run by one of them",
    )
    parser.add_argument(
        "--dataplane", choices=BACKENDS[1:], help="only the runs again, with this data plane"
    )
    parser.add_argument("--list", action="store_true", help="only list the tests")
    parser.add_argument(
        "tests", nargs="*", help="names (test_ and .py may be left out); default: all"
    )
    parser.add_argument("--test-args", default="", help="arguments for the tests themselves")
    args = parser.parse_args()
    args.build = args.build.resolve()
    args.results = (args.results or args.build / "netns-results").resolve()
    args.test_args = args.test_args.split()
    paths = sorted(HERE.glob("test_*.py"))
    if args.tests:
        wanted = {"test_" + pathlib.Path(t).stem.removeprefix("test_") for t in args.tests}
        unknown = wanted - {p.stem for p in paths}
        if unknown:
            parser.error("no such test: " + ", ".join(sorted(unknown)))
        paths = [p for p in paths if p.stem in wanted]
    if args.list:
        print("\n".join(p.stem for p in paths))
        return 0
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    planes = backends(args)
    if claim(args.claims, "data planes"):
        said = "; ".join(f"{name}: {why}" for name, why in planes.items())
        print(f"data planes: {said}", flush=True)
    for path, backend in runs_of(paths, planes):
        name = name_of(path, backend)
        if (args.dataplane and backend != args.dataplane) or not claim(args.claims, name):
            continue
        result, seconds, output = run_one(path, backend, args)
        totals[result] += 1
        lines = output.strip().splitlines()
        note = dataplane(output)
        if result != "passed" and lines:
            note = f"{note} {lines[-1]}".strip()
        said = f"{result:8}{name.removeprefix('test_'):28}{seconds:6.1f} s  {note}\n"
        if result == "failed":
            lines = lines[-25:] + [f"files: {args.results / name}"]
            said += "".join(f"    | {line}\n" for line in lines)
        print(said, end="", flush=True)
    print(f"{totals['passed']} passed, {totals['failed']} failed, {totals['skipped']} skipped")
    return 1 if totals["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
