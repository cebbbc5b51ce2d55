# SPDX-License-Identifier: GPL-2.0-or-later
"""What each test file starts with: main(function) runs it and turns what happens into an exit status."""

import os
import sys
import traceback

from . import base

BUILD = os.environ.get("MIP6_BUILD", "build")
KEEP = os.environ.get("MIP6_KEEP") or None


def tool(name):
    """A program of tests/tools in the build directory."""
    return os.path.join(BUILD, "tests", "tools", name)


def require(condition, text):
    """The test fails when condition is false."""
    if not condition:
        raise base.Failure(text)


def main(test):
    base.exit_on_signals()
    try:
        test()
    except base.Skip as skip:
        print(skip)
        sys.exit(77)
    except base.Failure as failure:
        traceback.print_exc()
        print(failure)
        sys.exit(1)
