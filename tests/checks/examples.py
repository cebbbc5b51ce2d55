# SPDX-License-Identifier: GPL-2.0-or-later
"""
Every example configuration, and every one in the man pages, is one that the daemon accepts.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

TOP, BUILD = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
DAEMONS = {"mnd": BUILD / "mn" / "mip6-mnd", "dgwd": BUILD / "ha-dgw" / "mip6-dgwd"}

problems = []
count = 0


def check(daemon, folder, path, name):
    global count
    # Key files are named as in /etc/mip6, or relative to the example.
    text = path.read_text(encoding="utf-8")
    text = re.sub(r'("keys?-file": ")(?:/etc/mip6/)?([^"/]+)', rf"\1{folder}/\2", text)
    path.write_text(text, encoding="utf-8")
    count += 1
    done = subprocess.run([DAEMONS[daemon], "-t", "-c", path], text=True, capture_output=True, check=False)
    if done.returncode:
        problems.append(f"{name}: {(done.stdout + done.stderr).strip()}")


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    for path in sorted((TOP / "docs" / "examples").iterdir()):
        shutil.copyfile(path, folder / path.name)
        (folder / path.name).chmod(0o600)
    for path in sorted(folder.glob("*.conf")):
        check(path.name.split("-")[0].split(".")[0], folder, path, path.name)
    for daemon in DAEMONS:
        page = (TOP / "docs" / "man" / f"mip6-{daemon}.conf.5").read_text(encoding="utf-8")
        conf, key = re.findall(r"\.Bd -literal[^\n]*\n(.*?)\.Ed", page, re.S)
        name = re.search(r'"keys?-file": "/etc/mip6/([^"]+)"', conf).group(1)
        (folder / name).write_text(key, encoding="utf-8")
        path = folder / f"man-{daemon}.conf"
        path.write_text(conf, encoding="utf-8")
        check(daemon, folder, path, f"mip6-{daemon}.conf.5")

print("\n".join(problems) if problems else f"{count} configurations")
sys.exit(1 if problems or not count else 0)
