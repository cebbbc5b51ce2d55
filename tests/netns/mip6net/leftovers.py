# SPDX-License-Identifier: GPL-2.0-or-later
"""
What a run left behind on the machine: compares before and after. Counted are namespaces of this
run, and in the root namespace links, IPv6 rules, routes of our protocol number, traffic control,
nftables tables, and pinned BPF objects (BPF programs that are not pinned go with their process or
namespace).
"""

import json
import os
import shutil

from . import base

BPF_DIR = "/sys/fs/bpf"


def _json(*args):
    if not shutil.which(args[0], path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin"):
        return []
    text = base.run(*args, check=False)
    try:
        return json.loads(text) if text.strip() else []
    except json.JSONDecodeError:
        return []


def _bpf_pins():
    return {
        f"BPF pin {os.path.join(folder, name)}"
        for folder, folders, files in os.walk(BPF_DIR)
        for name in folders + files
    }


def _root_namespace():
    found = {f"link {link['ifname']}" for link in _json("ip", "-j", "link")}
    found |= {f"rule {r['priority']} {r.get('src')}" for r in _json("ip", "-6", "-j", "rule")}
    found |= {
        f"route {r['dst']} table {r.get('table', 'main')}"
        for r in _json("ip", "-6", "-j", "route", "show", "table", "all")
        if r.get("protocol") == "106"
    }
    found |= {f"qdisc {q['kind']} on {q.get('dev')}" for q in _json("tc", "-j", "qdisc", "show")}
    tables = _json("nft", "-j", "list", "tables")
    if isinstance(tables, dict):
        found |= {
            f"nftables table {t['table']['family']} {t['table']['name']}"
            for t in tables["nftables"]
            if "table" in t
        }
    return found


class Leftovers:
    """Made before the run; found() afterwards lists what is there that was not."""

    def __init__(self):
        self.before = _root_namespace() | _bpf_pins()
        self.prefix = f"mip6-{os.getpid()}-"

    def _now(self):
        found = sorted((_root_namespace() | _bpf_pins()) - self.before)
        return found + [f"namespace {name}" for name in base.namespace_names(self.prefix)]

    def found(self):
        """
        The kernel frees programs and links of a namespace a little after its end: give it time.
        """
        try:
            base.wait_until(lambda: not self._now(), 5, "nothing left", interval=0.1)
        except base.Failure:
            return self._now()
        return []
