# SPDX-License-Identifier: GPL-2.0-or-later
"""
docs/rfc6275.md against the tree: each row names a section, a function that exists in the file named,
and a test that exists; or says "not offered" and why.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(sys.argv[1])
DOC = TOP / "docs" / "rfc6275.md"
ROW = re.compile(r"^\| (\d+(?:\.\d+)*) \| (.+?) \| (.+?) \| (.+?) \|$")
problems = []


def exists(text, number):
    """`folder/file.c: name, name`, several with semicolons between; a file alone without names."""
    for part in text.split(";"):
        found = re.fullmatch(r"\s*`([\w./-]+)`(?:: (.+))?\s*", part)
        if not found:
            problems.append(f"line {number}: cannot read {part.strip()!r}")
            continue
        path = TOP / found.group(1)
        if not path.is_file():
            problems.append(f"line {number}: no {found.group(1)}")
            continue
        content = path.read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+)`", found.group(2) or ""):
            if not re.search(rf"\b{name}\b", content):
                problems.append(f"line {number}: no {name} in {found.group(1)}")


rows = 0
for number, line in enumerate(DOC.read_text(encoding="utf-8").splitlines(), 1):
    if not re.match(r"^\| \d+(\.\d+)* \|", line):
        continue
    row = ROW.match(line)
    if not row:
        problems.append(f"line {number}: not four columns")
        continue
    rows += 1
    _, requirement, where, test = row.groups()
    if len(requirement) < 10:
        problems.append(f"line {number}: no requirement")
    if where.startswith("not offered"):
        if test != "–" or len(where) < 20:
            problems.append(f"line {number}: say why, and – for the test")
        continue
    exists(where, number)
    exists(test, number)

if not rows:
    problems.append("no rows")
print("\n".join(problems))
sys.exit(1 if problems else 0)
