# SPDX-License-Identifier: GPL-2.0-or-later
"""
mip6ctl against daemons that answer as docs/control.md says, and against such that do not: output as text and
as JSON, pages, events, exit status.
"""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = pathlib.Path(sys.argv[2]) / "apps" / "mip6ctl"
NAMES = {"mnd.sock": "mip6-mnd", "dgwd.sock": "mip6-dgwd"}
INSTANCES = [
    {"hoa": "2001:db8:2::99", "prefix_len": 64, "state": "home", "claim": "accepted", "primary": True,
     "keep": False, "sockets": 3, "anchor": "2001:db8:2::1", "seq": 7},
    {"hoa": "2001:db8:1::99", "prefix_len": 64, "state": "bound", "claim": "accepted", "primary": False,
     "keep": True, "sockets": 12, "anchor": "2001:db8:1::1", "coa": "2001:db8:2::99", "interface": "wlan0",
     "idle_ms": 312, "expires_ms": 3723000, "lifetime_s": 600, "rtt_us": 1432, "status": 0, "seq": 5,
     "operator": "bad\u001b[31m\u009bname"},
]

problems = []


class Daemon(threading.Thread):
    """Listens at path; `broken` is what it does instead of answering."""

    def __init__(self, path, broken=None):
        super().__init__(daemon=True)
        self.name_, self.broken, self.requests = NAMES.get(path.name, "mip6-mnd"), broken, []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(4)
        self.start()

    def run(self):
        while True:
            try:
                peer = self.socket.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with peer, peer.makefile("rw", encoding="utf-8") as stream:
            for line in stream:
                request = json.loads(line)
                self.requests.append(request)
                if self.broken == "close":
                    return
                if self.broken:
                    stream.write(self.broken + "\n")
                else:
                    stream.write(json.dumps(self.answer(request)) + "\n")
                    if request["command"] == "subscribe":
                        for n in range(3):
                            stream.write(json.dumps({"event": "bound", "time_us": 1700000000000000 + n,
                                                     "hoa": "2001:db8::1", "status": 0}) + "\n")
                stream.flush()

    def answer(self, request):
        command = request["command"]
        if command == "version":
            return {"ok": {"daemon": self.name_, "version": "9.9", "protocol": 1}}
        if command == "status":
            return {"ok": {"daemon": self.name_, "version": "9.9", "protocol": 1, "uptime_s": 7385,
                           "dataplane": {"name": "bpf", "why": "probed"}, "transport": "raw sockets",
                           "warnings": ["open \u001b lab"]}}
        if command == "instances":
            return {"ok": {"instances": INSTANCES}}
        if command == "bindings":
            first, limit = request.get("after", 0), request.get("limit", 256)
            rows = [{"hoa": f"2001:db8::{n:x}", "seq": n} for n in range(first, min(first + limit, 700))]
            more = {"next": first + limit} if first + limit < 700 else {}
            return {"ok": {"bindings": rows, **more}}
        if command == "stats":
            return {"ok": {"core": {"bu-sent": 5}}}
        if command == "release" and request["hoa"] == "::9":
            return {"error": {"code": "not-found", "text": "no instance has this home address"}}
        if command == "reload":
            return {"error": {"code": "not-allowed", "text": "only root may"}}
        return {"ok": {}}


def ctl(folder, *args, **more):
    done = subprocess.run([PROGRAM, "--rundir", folder, *args], text=True, capture_output=True, check=False,
                          timeout=30, **more)
    return done.returncode, done.stdout, done.stderr


def expect(what, condition, *shown):
    if not condition:
        problems.append(f"{what}: " + " | ".join(str(s) for s in shown))


def check_one(folder):
    daemon = Daemon(folder / "mnd.sock")
    code, out, err = ctl(folder, "instances")
    lines = out.splitlines()
    expect("instances", code == 0 and len(lines) == 3 and not err, code, out, err)
    expect("columns are aligned", lines[0].index("STATE") == lines[1].index("home") ==
           lines[2].index("bound"), out)
    expect("durations", "1 h 2 min" in out and "312 ms" in out and "1.4 ms" in out, out)
    expect("notes", lines[1].endswith("new connections") and lines[2].endswith("kept"), out)
    expect("no control characters, no colours", not set(out) & set("\x1b\x9b"), repr(out))
    code, out, err = ctl(folder, "--json", "instances")
    expect("json", json.loads(out) == {"daemon": "mip6-mnd", "instances": INSTANCES}, out)
    code, out, err = ctl(folder, "status")
    expect("status", code == 0 and "up 2 h 3 min" in out and "open ? lab" in out, out)
    code, out, err = ctl(folder, "keep", "2001:db8::1", "off")
    expect("keep", code == 0 and daemon.requests[-1] ==
           {"command": "keep", "hoa": "2001:db8::1", "keep": False}, daemon.requests[-1])
    expect("keep what", ctl(folder, "keep", "::1", "maybe")[0] == 2)
    expect("release", ctl(folder, "release", "::1")[0] == 0)
    code, out, err = ctl(folder, "release", "::9")
    expect("not found", code == 1 and "no instance" in err and not out, code, out, err)
    expect("not allowed", ctl(folder, "reload")[0] == 4)
    code, out, err = ctl(folder, "bindings")
    expect("the other daemon", code == 3 and "systemctl start mip6-dgwd" in err, code, err)
    expect("not its command", ctl(folder, "--daemon", "mn", "bindings")[0] == 2)
    for args in ([], ["nothing"], ["release"], ["status", "x"], ["--daemon", "x", "status"], ["--what"]):
        expect(f"usage {args}", ctl(folder, *args)[0] == 2)
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run([PROGRAM, "--rundir", folder, "status"], stdout=full, text=True,
                              stderr=subprocess.PIPE, check=False)
    expect("output lost", done.returncode == 5 and "output" in done.stderr, done)
    daemon.socket.close()


def check_both(folder):
    mn, dgw = Daemon(folder / "mnd.sock"), Daemon(folder / "dgwd.sock")
    code, out, err = ctl(folder, "--json", "status")
    expect("both", code == 0 and [json.loads(line)["daemon"] for line in out.splitlines()] ==
           ["mip6-mnd", "mip6-dgwd"], out, err)
    expect("which one", ctl(folder, "release", "::1")[0] == 2)
    expect("this one", ctl(folder, "--daemon", "dgw", "release", "::1")[0] == 0)
    expect("this socket", ctl(folder, "--socket", folder / "dgwd.sock", "release", "::1")[0] == 0)
    code, out, err = ctl(folder, "bindings")
    expect("pages", code == 0 and len(out.splitlines()) == 701, code, len(out.splitlines()), err)
    code, out, err = ctl(folder, "--json", "bindings")
    expect("pages in JSON", len(json.loads(out)["bindings"]) == 700, out[:100])
    follower = subprocess.Popen([PROGRAM, "--rundir", folder, "--json", "events"], text=True,
                                stdout=subprocess.PIPE)
    events = [json.loads(follower.stdout.readline()) for _ in range(6)]
    follower.send_signal(signal.SIGINT)
    expect("events", follower.wait(10) == 0 and {e["daemon"] for e in events} == set(NAMES.values()) and
           all(e["event"] == "bound" for e in events), events)
    mn.socket.close()
    dgw.socket.close()


def check_broken(folder):
    for number, broken in enumerate(("close", "rubbish", "[]", "{}", '{"ok":{}}',
                                     '{"ok":{"daemon":"mip6-mnd","version":"1","protocol":2}}')):
        path = folder / f"broken{number}"
        daemon = Daemon(path, broken)
        code, out, err = ctl(folder, "--socket", path, "status")
        expect(f"broken daemon {broken}", code == 5 and err and not out, code, out, err)
        daemon.socket.close()


def main():
    if not PROGRAM.exists():
        print("apps/mip6ctl is not built")
        return 1
    os.environ.pop("NO_COLOR", None)
    start = time.monotonic()
    for number, check in enumerate((check_one, check_both, check_broken)):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            if number == 0:
                code, _, err = ctl(folder, "status")
                expect("nothing runs", code == 3 and "systemctl start" in err, code, err)
            check(folder)
    print("\n".join(problems) if problems else f"done in {time.monotonic() - start:.1f} s")
    return 1 if problems else 0


sys.exit(main())
