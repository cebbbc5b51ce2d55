# SPDX-License-Identifier: GPL-2.0-or-later
"""
The demo, stopped at any point by any signal, leaves no namespace, process or file behind;
undisturbed, its JSON object says what docs/demo.md promises.
"""
# timeout: 120

import glob
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

from mip6net import base, case


def start(*options):
    command = [sys.executable, "-m", "mip6net.demo", "--build", case.BUILD, *options]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def left_of(pid):
    """Namespaces and files that carry the process id, and processes in them."""
    return base.namespace_names(f"mip6-{pid}-") + glob.glob(f"{tempfile.gettempdir()}/mip6-{pid}-*")


def interrupted(seconds, number):
    demo = start()
    time.sleep(seconds)  # the point in its run is what is varied; nothing is waited for
    os.kill(demo.pid, number)
    demo.communicate(timeout=30)
    base.wait_until(
        lambda: not left_of(demo.pid), 10, f"nothing left {seconds} s in, {number.name}"
    )
    case.require(demo.returncode != 0, f"status {demo.returncode} although interrupted")


def whole():
    with tempfile.TemporaryDirectory() as folder:
        demo = start("--json", "--stay", "0.5", "--svg", os.path.join(folder, "run.svg"))
        out, errors = demo.communicate(timeout=60)
        case.require(out, f"no output: {errors}")
        result = json.loads(out)
        case.require(demo.returncode == 0, f"status {demo.returncode}: {out} {errors}")
        with open(result["svg"], encoding="utf-8") as f:
            case.require(f.read().startswith("<svg "), "no drawing")
    case.require(
        result["connections"] == 12 and result["broken"] == 0, "twelve connections, none broken"
    )
    case.require(
        result["torn_down"] is True and result["leftovers"] == 0, "torn down, nothing left"
    )
    case.require(
        [(m["from"], m["to"]) for m in result["moves"]]
        == [("D-GW1", "D-GW2"), ("D-GW2", "D-GW3"), ("D-GW3", "D-GW4"), ("D-GW4", "D-GW1")],
        "the moves",
    )
    for move in result["moves"]:
        times = move["interruption_ms"]
        case.require(0 <= times["median"] <= times["max"], f"interruption of {move}")
        case.require(move["lost"] >= 0 and move["at_s"] >= 0, f"move {move}")
    case.require(not left_of(demo.pid), "left behind")


def test():
    whole()
    for seconds, number in (
        (0.1, signal.SIGINT),
        (0.3, signal.SIGTERM),
        (1.0, signal.SIGKILL),
        (2.5, signal.SIGHUP),
        (4.0, signal.SIGINT),
        (5.0, signal.SIGKILL),
    ):
        interrupted(seconds, number)


case.main(test)
