# SPDX-License-Identifier: GPL-2.0-or-later
"""
The daemons against docs/control.md: each command of theirs is specified there with the same rights, and each
member that they put into an answer is mentioned.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(sys.argv[1])
DOC = (TOP / "docs" / "control.md").read_text(encoding="utf-8")
DAEMONS = {"mn": "mip6-mnd", "ha-dgw": "mip6-dgwd"}
BUILT_IN = {"version", "subscribe"}

problems = []


def specified(daemon):
    """{command: read-only} of a daemon: common ones and its own."""
    commands = {}
    for part in re.split(r"^## ", DOC, flags=re.M)[1:]:
        title = part.split("\n", 1)[0]
        if title in ("Commands of both daemons", f"Commands of {daemon}"):
            for name, read in re.findall(r"^### ([\w-]+)( \(read\))?$", part, re.M):
                commands[name] = bool(read)
    return commands


for folder, daemon in DAEMONS.items():
    files = [path.read_text(encoding="utf-8") for path in sorted((TOP / folder).glob("*.c"))]
    text = "".join(t for t in files if "struct control_command " in t or "control_publish(" in t)
    # A program may have one table per role.
    table = "".join(re.findall(r"struct control_command \w+\[\] = \{(.*?)\n\};", text, re.S))
    if not table:
        problems.append(f"{folder}: no table of commands")
        continue
    have = {name: read == "true" for name, read in re.findall(r'\{"([\w-]+)",\s*(true|false)', table)}
    want = {name: read for name, read in specified(daemon).items() if name not in BUILT_IN}
    for name in sorted(have.keys() | want.keys()):
        if have.get(name) != want.get(name):
            problems.append(f"{daemon}: command {name}: read-only is {have.get(name)} in {folder}/, "
                            f"{want.get(name)} in docs/control.md")
    members = set(re.findall(r'(?:control_add_\w+|json_object_object_add)\(\s*\w+,\s*"([a-z_]+)"', text))
    common = (TOP / "libmip6" / "io" / "control_common.c").read_text(encoding="utf-8")
    members |= set(re.findall(r'(?:add_\w+|json_object_object_add)\(\s*\w+,\s*"([a-z_-]+)"', common))
    for member in sorted(members):
        if f"`{member}`" not in DOC and f'"{member}"' not in DOC:
            problems.append(f"{daemon}: member {member} is not in docs/control.md")
print("\n".join(problems) if problems else "control.md is what the daemons do")
sys.exit(1 if problems else 0)
