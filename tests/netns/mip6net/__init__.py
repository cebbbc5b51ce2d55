# SPDX-License-Identifier: GPL-2.0-or-later
"""
Networks of namespaces with real daemons: what the namespace tests, the demo and the benchmarks
share.

Nothing here knows the machine: it needs root, Python's standard library, iproute2, and the
programs of a build directory. Everything it makes carries the process id in its name, and goes
when the process goes, however that ends.
"""
