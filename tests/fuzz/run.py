#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
./run fuzz SECONDS: runs every fuzz target for so long and says what came of it. New inputs are kept in the
build directory, for the next run to go on from; so is what made a target crash.
"""

import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
CRASHES = ("crash-", "leak-", "timeout-", "oom-")


class Target:
    """One fuzz target and its run."""

    def __init__(self, program, args):
        self.program = program
        self.name = program.name.removeprefix("fuzz_")
        self.found = args.build / "fuzz-found" / self.name
        self.crashes = args.build / "fuzz-crashes" / self.name
        self.log = args.build / f"fuzz-{self.name}.log"
        self.before = set()
        self.process = None

    def start(self, seconds):
        for folder in (self.found, self.crashes):
            folder.mkdir(parents=True, exist_ok=True)
        self.before = set(self.crashes.iterdir())
        seeds = TOP / "tests" / "fuzz" / "corpus" / self.name
        command = [
            str(self.program),
            f"-max_total_time={seconds}",
            "-print_final_stats=1",
            "-timeout=20",
            "-rss_limit_mb=1024",
            f"-artifact_prefix={self.crashes}/",
            str(self.found),
        ] + ([str(seeds)] if seeds.is_dir() else [])
        with open(self.log, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env=dict(os.environ, ASAN_OPTIONS="detect_leaks=1"),
            )

    def result(self):
        text = self.log.read_text(encoding="utf-8", errors="replace")
        runs = re.findall(r"^stat::number_of_executed_units: (\d+)", text, re.M)
        # Without final figures: of the last line of progress.
        runs = runs or re.findall(r"^#(\d+)\s", text, re.M)
        coverage = re.findall(r"\bcov: (\d+) ft: (\d+)", text)
        new = sorted(
            str(p)
            for p in set(self.crashes.iterdir()) - self.before
            if p.name.startswith(CRASHES)
        )
        return {
            "target": self.name,
            "executions": int(runs[-1]) if runs else 0,
            "edges": int(coverage[-1][0]) if coverage else 0,
            "features": int(coverage[-1][1]) if coverage else 0,
            "inputs": sum(1 for _ in self.found.iterdir()),
            "crashes": new,
            "status": self.process.returncode,
        }


def run(targets, args):
    """All of them, so many at the same time."""
    waiting, running = list(targets), []
    try:
        while waiting or running:
            while waiting and len(running) < args.jobs:
                target = waiting.pop(0)
                target.start(args.seconds)
                running.append(target)
            time.sleep(0.1)
            for target in [t for t in running if t.process.poll() is not None]:
                running.remove(target)
                yield target.result()
    finally:
        for target in running:
            target.process.kill()
            target.process.wait()


def main():
    parser = argparse.ArgumentParser(
        prog="./run fuzz", description="Run every fuzz target and report what came of it."
    )
    parser.add_argument("seconds", type=int, help="time for each target")
    parser.add_argument("targets", nargs="*", help="only these (default: all)")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="targets at the same time"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    args = parser.parse_args()
    args.build = args.build.resolve()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    programs = sorted(
        p
        for p in (args.build / "tests" / "fuzz").glob("fuzz_*")
        if "." not in p.name and "-" not in p.name and os.access(p, os.X_OK)
    )
    targets = [Target(p, args) for p in programs]
    unknown = set(args.targets) - {t.name for t in targets}
    if unknown or not targets:
        parser.error("no such target: " + ", ".join(sorted(unknown) or ["none is built"]))
    if args.targets:
        targets = [t for t in targets if t.name in args.targets]
    results = []
    row = "{:12} {:>12} {:>10} {:>8} {:>9} {:>8} {:>8}".format
    if not args.json:
        print(row("target", "executions", "per s", "edges", "features", "inputs", "crashes"))
    for result in run(targets, args):
        results.append(result)
        if args.json:
            continue
        print(
            row(
                result["target"],
                result["executions"],
                result["executions"] // max(args.seconds, 1),
                result["edges"],
                result["features"],
                result["inputs"],
                len(result["crashes"]) or ("-" if result["status"] == 0 else "died"),
            ),
            flush=True,
        )
        for path in result["crashes"]:
            print(f"    {path}\n    log: {args.build}/fuzz-{result['target']}.log")
    failed = sum(1 for r in results if r["crashes"] or r["status"])
    total = sum(r["executions"] for r in results)
    if args.json:
        print(json.dumps({"seconds": args.seconds, "targets": results, "failed": failed}))
    else:
        print(f"{len(results)} targets, {total} executions, {failed} with crashes")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
