# SPDX-License-Identifier: GPL-2.0-or-later
"""
Man pages against the programs: the lists of configuration keys are those of --print-options, every option
of --help is documented, mandoc finds nothing to complain about.

`python3 tests/checks/man.py TOP BUILD --update` writes the lists of keys anew.
"""

import pathlib
import re
import shutil
import subprocess
import sys

TOP, BUILD = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
UPDATE = "--update" in sys.argv[3:]
MAN = TOP / "docs" / "man"
PROGRAMS = {  # program: (man page, page of its configuration file)
    "apps/mip6ctl": ("mip6ctl.1", None),
    "mn/mip6-mnd": ("mip6-mnd.8", "mip6-mnd.conf.5"),
    "ha-dgw/mip6-dgwd": ("mip6-dgwd.8", "mip6-dgwd.conf.5"),
}

problems = []


def output(*args):
    return subprocess.run([str(a) for a in args], check=True, text=True, capture_output=True).stdout


def roff(text):
    """Text as roff shows it: backslashes, and no line that starts like a request."""
    text = text.replace("\\", "\\e").replace('"', "\\(dq")
    return "\\&" + text if text[:1] in ".'" else text


def capital(text):
    return text[:1].upper() + text[1:]


def key_list(program):
    lines = [".Bl -tag -width Ds"]
    for line in output(program, "--print-options").splitlines():
        key, values, standard, doc = line.split("\t")
        default = {"required": "must be given", "unset": "default: none"}.get(standard,
                                                                             f"default: {standard}")
        lines += [f".It Cm {roff(key)}", roff(f"{capital(values)}; {default}."), ".br",
                  *(roff(sentence) for sentence in re.split(r"(?<=\.) (?=[A-Z])", doc))]
    return "\n".join(lines + [".El"])


def check_keys(program, page):
    path = MAN / page
    text = path.read_text(encoding="utf-8")
    found = re.search(r'(\.\\" options begin[^\n]*\n)(.*?)(\.\\" options end\n)', text, re.S)
    if not found:
        problems.append(f"{page}: no list of keys")
        return
    wanted = key_list(program) + "\n"
    if found.group(2) == wanted:
        return
    if UPDATE:
        path.write_text(text[: found.start(2)] + wanted + text[found.end(2):], encoding="utf-8")
        return
    have, want = found.group(2).splitlines(), wanted.splitlines()
    differing = [line for line in want if line not in have] + [line for line in have if line not in want]
    problems.append(f"{page}: its keys are not those of {program.name} --print-options: "
                    f"{differing[0] if differing else 'other order'}; write them anew with --update")


def words(page):
    """The page as it reads, in one line."""
    text = re.sub(r".\x08", "", output("mandoc", "-Tascii", MAN / page))
    return re.sub(r"\s+", " ", text)


def check_help(program, page):
    text = words(page)
    help_text = output(program, "--help")
    wanted = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", help_text))
    if program.name == "mip6ctl":
        commands = help_text.split("Commands:")[1].split("Options:")[0]
        wanted |= set(re.findall(r"^  ([a-z]+)", commands, re.M))
    for word in sorted(wanted):
        if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text):
            problems.append(f"{page}: does not mention {word}")


def main():
    if not shutil.which("mandoc"):
        print("mandoc is not installed")
        return 77
    for name, (page, conf) in PROGRAMS.items():
        program = BUILD / name
        if not program.exists():
            problems.append(f"{name} is not built")
            continue
        if conf:
            check_keys(program, conf)
        check_help(program, page)
    pages = sorted(MAN.iterdir())
    for path in pages:
        lint = subprocess.run(["mandoc", "-Tlint", "-Wwarning", str(path)], text=True,
                              capture_output=True, check=False)
        problems.extend((lint.stdout + lint.stderr).splitlines())
    print("\n".join(problems) if problems else f"{len(pages)} pages")
    return 1 if problems or not pages else 0


sys.exit(main())
