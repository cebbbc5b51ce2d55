# SPDX-License-Identifier: GPL-2.0-or-later
"""
The kernel modules of the library against this kernel: the program that `make check` runs too, so
that it is also run where only these tests are.
"""
# timeout: 120

import os
import subprocess

from mip6net import base, case


def test():
    if os.geteuid() != 0:
        raise base.Skip("namespaces need root")
    program = os.path.join(case.BUILD, "tests", "netns", "test_kernel_io")
    if not os.path.exists(program):
        raise base.Skip("not built: make check does that")
    done = subprocess.run([program], stdin=subprocess.DEVNULL, check=False)
    case.require(done.returncode != 77, "it skipped itself")
    case.require(done.returncode == 0, f"status {done.returncode}")


case.main(test)
