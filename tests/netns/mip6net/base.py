# SPDX-License-Identifier: GPL-2.0-or-later
"""
Namespaces and processes, and their certain end.

A Network owns namespaces `mip6-PID-NAME`, a directory for files, and the processes started in it.
It is closed by close(), at exit, on SIGINT, SIGTERM and SIGHUP; a small watching process does the
same when this process was killed. Namespaces of processes that are gone are removed before new
ones are made.
"""

import atexit
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from . import netlink

NETNS_DIR = "/run/netns"
PR_SET_PDEATHSIG = 1

# Time limits are multiplied by it, for slow machines; what a test measures is not.
PATIENCE = float(os.environ.get("MIP6_PATIENCE") or 1)

_libc = ctypes.CDLL(None, use_errno=True)

# Waits for the end of its standard input. Without the word "done" the owner died: clean up after
# it. The owner's children die with it (PR_SET_PDEATHSIG); children of those are found by
# namespace.
WATCHER = r"""
trap '' INT TERM HUP
read -r word
[ "$word" = done ] && exit 0
for path in "$1"/"$2"-*; do
	[ -e "$path" ] || continue
	name=${path##*/}
	ip netns pids "$name" | xargs -r kill -9
	ip netns del "$name"
done
rm -rf "$3"
"""


class Failure(Exception):
    """The network did not do what it must; the message is for people."""


class Skip(Exception):
    """This machine cannot run it; the message says why."""


def wait_until(condition, seconds=5.0, what="", interval=0.01):
    """Poll until condition() is true and return its value; Failure when the deadline passes."""
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise Failure(f"not within {seconds:g} s: {what or condition.__name__}")
        time.sleep(interval)


def run(*args, check=True, text=None, timeout=30):
    """Run a command and return its output; Failure with its error output when it fails."""
    done = subprocess.run(
        args,
        input=text,
        capture_output=True,
        text=True,
        timeout=timeout * PATIENCE,
        stdin=None if text is not None else subprocess.DEVNULL,
    )
    if check and done.returncode:
        raise Failure(f"{' '.join(args)}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def program(build, name):
    """
    A program of a build directory. What libtool really made is preferred to its wrapper script,
    which would only cost time; the libraries are then found by LD_LIBRARY_PATH.
    """
    build = os.path.abspath(build)
    for folder in ("mn", "ha-dgw", "apps"):
        real = os.path.join(build, folder, ".libs", name)
        if os.path.exists(real):
            os.environ["LD_LIBRARY_PATH"] = os.path.join(build, ".libs")
            return real
        if os.path.exists(os.path.join(build, folder, name)):
            return os.path.join(build, folder, name)
    raise Failure(f"{name} is not built in {build}")


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _alive(pid):
    return os.path.exists(f"/proc/{pid}")


def namespace_names(prefix="mip6-"):
    try:
        return sorted(name for name in os.listdir(NETNS_DIR) if name.startswith(prefix))
    except FileNotFoundError:
        return []


def remove_namespace(name):
    for _ in range(100):
        pids = run("ip", "netns", "pids", name, check=False).split()
        if not pids:
            break
        for pid in pids:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(0.01)
    run("ip", "netns", "del", name, check=False)


def remove_stale():
    """Remove what a run left whose process, and its watcher, were killed."""
    for name in namespace_names():
        pid = name.split("-")[1]
        if pid.isdigit() and not _alive(pid):
            remove_namespace(name)


class Process:
    """A process in a namespace; standard output and error go to a file unless pipe is asked for."""

    def __init__(self, network, netns, args, log=None, pipe=False, env=None):
        self.args = [str(a) for a in args]
        self.log_path = log
        self.netns = netns
        out = open(log, "ab") if log else subprocess.DEVNULL
        full = ["ip", "netns", "exec", network.netns(netns)] + self.args
        self.popen = subprocess.Popen(
            full,
            stdin=subprocess.PIPE if pipe else subprocess.DEVNULL,
            stdout=subprocess.PIPE if pipe else out,
            stderr=out,
            start_new_session=True,
            preexec_fn=_die_with_parent,
            env=dict(os.environ, **env) if env else None,
        )
        if log:
            out.close()
        self.pid = self.popen.pid
        network.processes.append(self)

    def running(self):
        return self.popen.poll() is None

    def kill(self, sig=signal.SIGKILL):
        if self.running():
            self.popen.send_signal(sig)

    def wait(self, seconds=10):
        return self.popen.wait(seconds * PATIENCE)

    def stop(self, seconds=10):
        """SIGTERM, and SIGKILL when that does not end it. Returns the exit status."""
        self.kill(signal.SIGTERM)
        try:
            return self.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            self.wait()
            raise Failure(f"{self.args[0]} did not stop within {seconds} s") from None

    def log(self):
        if not self.log_path:
            return ""
        with open(self.log_path, encoding="utf-8", errors="replace") as f:
            return f.read()


class Network:
    """Namespaces, files and processes that end together."""

    def __init__(self, keep_dir=None):
        if os.geteuid() != 0:
            raise Skip("namespaces need root")
        self.prefix = f"mip6-{os.getpid()}"
        self.names = []
        self.processes = []
        self.closers = []
        self.closed = False
        self.keep_dir = keep_dir  # files are copied there when the run failed
        remove_stale()
        self.dir = tempfile.mkdtemp(prefix=self.prefix + "-")
        os.chmod(self.dir, 0o755)
        self.watcher = subprocess.Popen(
            ["sh", "-c", WATCHER, "watcher", NETNS_DIR, self.prefix, self.dir],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        atexit.register(self.close)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None and self.keep_dir and not issubclass(kind, (Skip, KeyboardInterrupt)):
            self.keep()
        self.close()

    def netns(self, name):
        return f"{self.prefix}-{name}"

    def netns_path(self, name):
        return os.path.join(NETNS_DIR, self.netns(name))

    def path(self, *parts):
        return os.path.join(self.dir, *parts)

    def add_namespaces(self, names):
        self.names += names
        self.ip_batch(None, [f"netns add {self.netns(name)}" for name in names])
        for name in names:
            with self.entered(name):
                self._link_up_lo()

    @staticmethod
    def _link_up_lo():
        run("ip", "link", "set", "lo", "up")

    def entered(self, name):
        return netlink.entered(self.netns_path(name))

    def ip_batch(self, name, lines):
        where = ["-n", self.netns(name)] if name else []
        run("ip", *where, "-batch", "-", text="\n".join(lines) + "\n")

    def ip(self, name, *args):
        """Output of `ip -j …` in a namespace, decoded."""
        text = run("ip", "-n", self.netns(name), "-j", *args)
        return json.loads(text) if text.strip() else []

    def ip_set(self, name, *args):
        run("ip", "-n", self.netns(name), *args)

    def run(self, name, *args, check=True, timeout=30):
        return run(
            "ip",
            "netns",
            "exec",
            self.netns(name),
            *[str(a) for a in args],
            check=check,
            timeout=timeout,
        )

    def sysctl(self, name, values):
        with self.entered(name):
            for key, value in values.items():
                with open("/proc/sys/net/" + key, "w", encoding="ascii") as f:
                    f.write(str(value))

    def start(self, name, *args, log=None, pipe=False, env=None):
        return Process(self, name, args, log=log and self.path(log), pipe=pipe, env=env)

    def capture(self, name, interface, expression=""):
        """Write all packets of an interface to a file named after both."""
        file = self.path(f"{name}-{interface}.pcap")
        process = self.start(
            name,
            "tcpdump",
            "-i",
            interface,
            "-U",
            "-s",
            "0",
            "-Z",
            "root",
            "-w",
            file,
            *expression.split(),
            log=f"{name}-{interface}.tcpdump",
        )
        wait_until(lambda: "listening on" in process.log() or not process.running(), 5, "tcpdump")
        return process

    def keep(self):
        """Copy logs, configurations and captures to keep_dir."""
        for process in self.processes:
            if process.args[0] == "tcpdump" and process.running():
                process.kill(signal.SIGTERM)
                process.wait()
        shutil.copytree(
            self.dir,
            self.keep_dir,
            dirs_exist_ok=True,
            ignore=lambda d, files: [
                f
                for f in files
                if not os.path.isfile(os.path.join(d, f)) and not os.path.isdir(os.path.join(d, f))
            ],
        )

    def close(self):
        if self.closed:
            return
        signals = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
        old = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
        try:
            for closer in self.closers:
                closer()
            # The daemons get the chance to clean up themselves only where a test asks for it: here
            # the namespaces go, and everything in them.
            for process in self.processes:
                process.kill()
            for process in self.processes:
                process.popen.wait()
                for pipe in (process.popen.stdin, process.popen.stdout):
                    if pipe:
                        try:
                            pipe.close()
                        except BrokenPipeError:
                            pass
            for name in self.names:
                remove_namespace(self.netns(name))
            shutil.rmtree(self.dir, ignore_errors=True)
            self.watcher.communicate(b"done\n")
            self.closed = True
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, old)


def exit_on_signals():
    """SIGTERM and SIGHUP unwind like SIGINT does, so that everything is cleaned up."""

    def handler(number, frame):
        del frame
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, handler)
