# SPDX-License-Identifier: GPL-2.0-or-later
"""
Scripts parse, each with the interpreter that it names; shellcheck, where installed, finds nothing.
Each source file opens with its licence.
"""

import pathlib
import shutil
import subprocess
import sys

TOP = pathlib.Path(sys.argv[1])
problems = []
shells = [TOP / "run", TOP / ".ci" / "run"] + sorted((TOP / "tests").rglob("*.sh"))
for path in shells:
    if not path.exists():
        continue
    shell = path.read_text(encoding="utf-8").split("\n", 1)[0].split("/")[-1].split()[-1]
    commands = [[shell if shell in ("sh", "bash") else "sh", "-n", str(path)]]
    if shutil.which("shellcheck"):
        commands.append(["shellcheck", str(path)])
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            problems.append(done.stdout + done.stderr)
for path in sorted((TOP / "tests").rglob("*.py")):
    text = path.read_text(encoding="utf-8")
    try:
        compile(text, str(path), "exec")
    except SyntaxError as error:
        problems.append(f"{path}: {error}")
    if "SPDX-License-Identifier: GPL-2.0-or-later" not in "".join(text.splitlines(True)[:2]):
        problems.append(f"{path}: no SPDX line")
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > 112:
            problems.append(f"{path}:{number}: {len(line)} columns")
for pattern in ("libmip6", "mn", "ha-dgw", "apps", "tests"):
    for path in sorted((TOP / pattern).rglob("*.[ch]")):
        if "SPDX-License-Identifier:" not in path.read_text(encoding="utf-8").split("\n", 1)[0]:
            problems.append(f"{path}: the first line is no SPDX-License-Identifier")
print("\n".join(problems))
sys.exit(1 if problems else 0)
