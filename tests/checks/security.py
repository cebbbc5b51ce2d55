# SPDX-License-Identifier: GPL-2.0-or-later
"""What docs/security.md names as a proof is there, and every attack test is named in it."""

import pathlib
import re
import sys

TOP = pathlib.Path(sys.argv[1])
TEXT = (TOP / "docs" / "security.md").read_text(encoding="utf-8")
ATTACKS = (
    "attacks confined credentials exhaustion false_router hostile ipsec_attacks kernel_headers "
    "reflection replay secrets spoofed_tunnel units"
)
problems = []
for name in sorted(set(re.findall(r"`(test_\w+)`", TEXT))):
    if not (TOP / "tests" / "netns" / f"{name}.py").exists():
        problems.append(f"docs/security.md: no tests/netns/{name}.py")
for path in sorted(set(re.findall(r"`((?:tests|docs)/[\w./-]+?)`", TEXT))):
    if not (TOP / path).exists():
        problems.append(f"docs/security.md: no {path}")
for name in sorted(set(re.findall(r"`(fuzz_\w+\.c)`", TEXT))):
    if not (TOP / "tests" / "fuzz" / name).exists():
        problems.append(f"docs/security.md: no tests/fuzz/{name}")
targets = {path.stem.removeprefix("fuzz_") for path in (TOP / "tests" / "fuzz").glob("fuzz_*.c")}
for target in sorted(targets):
    if f"`{target}`" not in TEXT:
        problems.append(f"docs/security.md: fuzz target {target} is not listed")
for name in ATTACKS.split():
    if f"`test_{name}`" not in TEXT:
        problems.append(f"docs/security.md: test_{name} is not named")
print("\n".join(problems))
sys.exit(1 if problems else 0)
