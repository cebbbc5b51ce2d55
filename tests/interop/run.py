#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
./run interop: our daemons with UMIP's, in a virtual machine with Debian's kernel. The environment
variable UMIP_MIP6D names UMIP's mip6d; without it there is one line that says "skipped".
"""

import argparse
import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
TOP = TESTS.parent
NO_VM = 125

sys.path.insert(0, str(TESTS / "netns"))
import runner  # pylint: disable=wrong-import-position


def inside(args):
    """In the VM: each test in a process of its own."""
    failed = False
    args.test_args = ["--figures"] if args.exact else []
    for path in sorted(HERE.glob("test_*.py")):
        name = path.stem.removeprefix("test_")
        if args.tests and not set(args.tests) & {name, name.rpartition("_")[0]}:
            continue
        result, seconds, output = runner.run_one(path, None, args)
        failed = failed or result == "failed"
        lines = output.strip().splitlines() or [""]
        # What a test that passed says last are its figures.
        print(f"{result:8}umip-{name:23}{seconds:6.1f} s  {lines[-1]}")
        if result == "failed":
            for line in lines[-25:] + [f"files: {args.results / path.stem}"]:
                print(f"    | {line}")
        sys.stdout.flush()
    return 1 if failed else 0


def main():
    parser = argparse.ArgumentParser(
        prog="./run interop", description="Run UMIP's daemons against ours."
    )
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument(
        "--exact",
        action="store_true",
        help="only measure moves, by instruction count: the figures do not depend on load",
    )
    parser.add_argument("--build", type=pathlib.Path, default=TOP / "build", help=argparse.SUPPRESS)
    parser.add_argument(
        "tests",
        nargs="*",
        help="ha: UMIP's home agent; mn: UMIP's mobile node; ipsec: both with static keys; ike: "
        "both with charons",
    )
    args = parser.parse_args()
    args.build = args.build.resolve()
    args.results = pathlib.Path("/run/vm/interop")
    # Counted time flies while the machine waits for its disk.
    args.patience = 5000 if args.exact else 6
    if args.inside:
        return inside(args)
    mip6d = os.environ.get("UMIP_MIP6D")
    if not mip6d:
        print("skipped umip  UMIP_MIP6D names no mip6d", flush=True)
        return 0
    command = [sys.executable, str(TESTS / "vm" / "vm.py"), "--quiet", "--smp", "1"]
    command += ["--build", str(args.build), "--results", str(args.build / "vm" / "interop")]
    command += ["--icount", "0"] if args.exact else []
    command += ["env", f"UMIP_MIP6D={os.path.abspath(mip6d)}", "python3", __file__, "--inside"]
    command += ["--build", str(args.build)] + (["--exact"] if args.exact else []) + args.tests
    status = subprocess.run(command, check=False).returncode
    if status == NO_VM:
        print("skipped umip  there is no virtual machine", flush=True)
        return 0
    return status


if __name__ == "__main__":
    sys.exit(main())
