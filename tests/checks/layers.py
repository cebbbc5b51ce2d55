# SPDX-License-Identifier: GPL-2.0-or-later
"""
Dependencies point one way. libmip6 (wire/, core/, include/) is pure: it may include the C library's
freestanding headers, <string.h>, nettle's HMAC, and itself. libmip6d does not include the daemons; the
daemons do not include each other.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(sys.argv[1])
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]', re.M)
CALL = re.compile(r"\b(malloc|calloc|realloc|free|printf|fprintf|snprintf|time|clock_gettime|socket)\s*\(")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
PURE_SYSTEM = re.compile(r"(stdint|string|stdbool|stddef|limits|mip6/\w+|nettle/\w+)\.h")

problems = []


def sources(*folders):
    for folder in folders:
        for path in sorted((TOP / folder).rglob("*.[ch]")):
            yield path, path.read_text(encoding="utf-8")


def report(path, text):
    problems.append(f"{path.relative_to(TOP)}: {text}")


count = 0
for path, text in sources("libmip6/wire", "libmip6/core", "libmip6/include"):
    count += 1
    for kind, name in INCLUDE.findall(text):
        if kind == "<" and not PURE_SYSTEM.fullmatch(name):
            report(path, f"includes <{name}>: the pure library may not")
        if kind == '"' and name.split("/")[0] in ("io", "kernel"):
            report(path, f'includes "{name}": the pure library does no I/O')
    code = COMMENT.sub("", text)
    code = re.sub(r'"(\\.|[^"\\])*"', '""', code)
    for name in CALL.findall(code):
        report(path, f"calls {name}(): the pure library may not")
for path, text in sources("libmip6/io", "libmip6/kernel"):
    for kind, name in INCLUDE.findall(text):
        if name.split("/")[0] in ("mn", "ha-dgw", "apps"):
            report(path, f'includes "{name}": a library knows no program')
for folder, others in (("mn", ("ha-dgw", "apps")), ("ha-dgw", ("mn", "apps")), ("apps", ("mn", "ha-dgw"))):
    for path, text in sources(folder):
        for kind, name in INCLUDE.findall(text):
            if any(part in others for part in name.split("/")[:-1]):
                report(path, f'includes "{name}": programs do not share their insides')
for path, text in sources("libmip6", "mn", "ha-dgw", "apps", "tests"):
    if "SPDX-License-Identifier:" not in text.split("\n", 2)[0]:
        report(path, "the first line has no SPDX-License-Identifier")
if count == 0:
    problems.append("no source file found")
print("\n".join(problems) if problems else f"{count} pure files")
sys.exit(1 if problems else 0)
