# SPDX-License-Identifier: GPL-2.0-or-later
"""What all benches are: a command with a few common options, one measurement, a table or JSON."""

import argparse
import json
import pathlib
import sys

from . import base
from .leftovers import Leftovers
from .report import Progress


def numbers(text):
    return [int(word) for word in text.split(",")]


def parser(*names, description):
    """With the options that every bench has; names are the words after "./run bench"."""
    result = argparse.ArgumentParser(
        prog=f"./run bench{' ' + names[0] if len(names) == 1 else ''}", description=description
    )
    result.add_argument("what", choices=names)
    result.add_argument("--json", action="store_true", help="print one JSON object only")
    result.add_argument("--keep", metavar="DIR", help="keep logs there on failure")
    result.add_argument("--build", type=pathlib.Path, default="build", help=argparse.SUPPRESS)
    return result


def run(args, measure, show, failed=lambda result: False):
    """Exit status of measure(args, progress), whose result goes to show() or out as JSON."""
    args.build = args.build.resolve()
    base.exit_on_signals()
    progress = Progress(quiet=args.json)
    leftovers = Leftovers()
    try:
        result = measure(args, progress)
    except (base.Failure, base.Skip, OSError) as problem:
        progress.end()
        print(f"bench: {problem}", file=sys.stderr)
        return 1
    progress.end()
    if args.json:
        print(json.dumps(result))
    else:
        show(result)
    left = leftovers.found()
    for text in left:
        print(f"LEFT BEHIND: {text}", file=sys.stderr)
    return 1 if left or failed(result) else 0
