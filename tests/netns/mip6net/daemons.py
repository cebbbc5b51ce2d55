# SPDX-License-Identifier: GPL-2.0-or-later
"""
The daemons in their namespaces: configuration files, start, control socket, stop, kill. And the
network that most tests want: a Topology with a daemon on each D-GW and one on the WTRU.
"""

import json
import os
import socket

from .base import PATIENCE, Failure, program, wait_until
from .topology import Topology

OPERATOR = "operator.example"
IDENTITY = "wtru@" + OPERATOR
KEY = "000102030405060708090a0b0c0d0e0f10111213"
SPI = 256


class ControlError(Failure):
    """The daemon answered with an error."""

    def __init__(self, error):
        super().__init__(f"{error['code']}: {error['text']}")
        self.code = error["code"]


class Control:
    """A connection to a daemon's control socket."""

    def __init__(self, path, seconds=5):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(seconds * PATIENCE)
        try:
            self.sock.connect(path)
        except OSError:
            self.sock.close()
            raise
        self.buffer = b""
        self.events = []

    def close(self):
        self.sock.close()

    def _line(self):
        while b"\n" not in self.buffer:
            data = self.sock.recv(65536)
            if not data:
                raise Failure("the daemon closed the control connection")
            self.buffer += data
        line, _, self.buffer = self.buffer.partition(b"\n")
        return json.loads(line)

    def request(self, command, **members):
        self.sock.sendall(json.dumps(dict(members, command=command)).encode() + b"\n")
        while True:
            answer = self._line()
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise ControlError(answer["error"])
            else:
                return answer["ok"]


class Daemon:
    """One daemon: its files stay when it is stopped, so that it can be started again."""

    program = ""
    socket_name = ""

    def __init__(self, network, build, netns, config):
        self.network = network
        self.binary = program(build, self.program)
        self.netns = netns
        self.config = config
        self.run_dir = network.path(f"run-{netns}")
        self.state_dir = network.path(f"state-{netns}")
        self.config_path = network.path(f"{netns}.conf")
        self.log_name = f"{netns}.log"
        self.process = None
        os.makedirs(self.run_dir, exist_ok=True)
        os.makedirs(self.state_dir, exist_ok=True)
        self.write_config()

    def write_config(self, **changes):
        self.config.update(changes)
        with open(self.config_path, "w", encoding="utf-8") as f:
            json.dump(self.config, f, indent="\t")
            f.write("\n")

    def arguments(self):
        return ["-c", self.config_path, "--rundir", self.run_dir, "--statedir", self.state_dir]

    @property
    def socket_path(self):
        return os.path.join(self.run_dir, self.socket_name)

    def start(self, ready=True, extra=()):
        self.process = self.network.start(
            self.netns, self.binary, *self.arguments(), *extra, log=self.log_name
        )
        if ready:
            self.wait_ready()
        return self

    def wait_ready(self, seconds=10):
        def answers():
            if not self.process.running():
                raise Failure(
                    f"{self.program} in {self.netns} ended with status "
                    f"{self.process.popen.returncode}: {self.log().strip()[-600:]}"
                )
            try:
                return self.ctl("version")["daemon"] == self.program
            except OSError:
                return False

        wait_until(answers, seconds, f"{self.program} in {self.netns} answers")

    def ctl(self, command, **members):
        control = Control(self.socket_path)
        try:
            return control.request(command, **members)
        finally:
            control.close()

    def subscribe(self):
        control = Control(self.socket_path)
        control.request("subscribe")
        return control

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends it in the ordinary way; Failure unless its exit status is 0."""
        status = self.process.stop()
        if status != 0:
            raise Failure(
                f"{self.program} in {self.netns} ended with status {status}: "
                f"{self.log().strip()[-600:]}"
            )

    def restart(self):
        return self.start()

    def log(self):
        with open(self.network.path(self.log_name), encoding="utf-8", errors="replace") as f:
            return f.read()

    def proc_status(self):
        """/proc/PID/status as a dictionary of texts."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as f:
            return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)

    def rss_kib(self):
        return int(self.proc_status()["VmRSS"].split()[0])

    def anonymous_kib(self):
        """Its own memory, without the pages of files that come in as they are first used."""
        return int(self.proc_status()["RssAnon"].split()[0])

    def stat(self, name, group="core"):
        return self.ctl("stats")[group].get(name, 0)


class Mnd(Daemon):
    """mip6-mnd."""

    program = "mip6-mnd"
    socket_name = "mnd.sock"

    def instances(self):
        return self.ctl("instances")["instances"]

    def instance(self, hoa):
        for instance in self.instances():
            if instance["hoa"] == hoa:
                return instance
        return None

    def primary(self):
        """The instance that serves new connections, or None."""
        for instance in self.instances():
            if instance.get("primary"):
                return instance
        return None


class Dgwd(Daemon):
    """mip6-dgwd."""

    program = "mip6-dgwd"
    socket_name = "dgwd.sock"

    def __init__(self, network, build, gateway, config):
        self.gateway = gateway
        super().__init__(network, build, gateway.name, config)

    def entries(self):
        """Bindings, and ownerships without one."""
        page = self.ctl("bindings", limit=1000)
        found = page["bindings"]
        while page.get("next"):
            page = self.ctl("bindings", limit=1000, after=page["next"])
            found += page["bindings"]
        return found

    def bindings(self):
        return [b for b in self.entries() if "coa" in b]

    def binding(self, hoa):
        for binding in self.bindings():
            if binding["hoa"] == hoa:
                return binding
        return None


class Mobile(Topology):
    """Topology and daemons. Options of the daemons: mnd={…}, dgwd={…} are added to their files."""

    def __init__(
        self,
        build,
        gateways=3,
        mnd=None,
        dgwd=None,
        shared=False,
        start=True,
        started=None,
        **options,
    ):
        self.build = build
        self.started = started
        super().__init__(gateways=gateways, **options)
        try:
            self.gws = [self._make_dgwd(g, shared, dgwd or {}) for g in self.gateways]
            self.mnd = self.make_mnd("wtru", IDENTITY, KEY, mnd or {})
            if start:
                self.start_daemons()
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise

    def secret(self, name, value):
        """A file of mode 0600."""
        path = self.path(name)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as f:
            json.dump(value, f, indent="\t")
        return path

    def _make_dgwd(self, gateway, shared, options):
        keys = self.secret("dgwd.keys", dgwd_keys([(IDENTITY, SPI, KEY)]))
        config = {
            "interface": "access",
            "core-interfaces": ["core"],
            "address": gateway.address,
            "operator": OPERATOR,
            "keys-file": keys,
        }
        if shared:
            config["shared-prefix"] = gateway.shared
        else:
            config["unique-prefixes"] = gateway.pool
        config.update(forced_dataplane("gateway"), **options)
        if config.get("open-lab-mode"):
            del config["keys-file"]
        return Dgwd(self, self.build, gateway, config)

    def make_mnd(self, netns, identity, key, options):
        keys = self.secret(f"{netns}.keys", mnd_keys(SPI, key))
        config = {
            "identity": identity,
            "key-file": keys,
            "interfaces": [i for station, i in self.ports if station == netns],
            "linger-s": 2,
        }
        config.update(forced_dataplane("wtru"), **options)
        return Mnd(self, self.build, netns, {k: v for k, v in config.items() if v is not None})

    def gw(self, number):
        return self.gws[number - 1]

    def arrive(self, gateway, seconds=10, mover=None, **options):
        """
        Move to a D-GW (a number or a Gateway) and wait until its address serves new connections.
        Returns (before, after, address).
        """
        if isinstance(gateway, int):
            gateway = self.gateway(gateway)
        before, after = (mover or self.move)(gateway, **options)
        return before, after, self.wait_primary(gateway, seconds)

    def wait_primary(self, gateway, seconds=10):
        def there():
            primary = self.mnd.primary()
            if primary and primary.get("anchor") == gateway.address and primary["state"] == "home":
                return primary["hoa"]
            return None

        return wait_until(there, seconds, f"new address at {gateway}", interval=0.002)

    def wait_claimed(self, hoa, seconds=10):
        wait_until(
            lambda: (self.mnd.instance(hoa) or {}).get("claim") == "accepted",
            seconds,
            f"claim of {hoa} accepted",
        )

    def wait_bound(self, hoa, seconds=10):
        """Until the instance is bound to the present care-of address, on both sides."""

        def bound():
            instance = self.mnd.instance(hoa)
            if not instance or instance["state"] != "bound":
                return None
            for gw in self.gws:
                binding = gw.gateway.address == instance["anchor"] and gw.binding(hoa)
                if binding and binding["coa"] == instance["coa"]:
                    return instance
            return None

        return wait_until(bound, seconds, f"{hoa} bound")

    def start_daemons(self):
        for gw in self.gws:
            gw.start(ready=False)
        for gw in self.gws:
            gw.wait_ready()
        self.mnd.start()
        if self.started:
            self.started(self)

    def stop_daemons(self):
        self.mnd.stop()
        for gw in self.gws:
            gw.stop()

    def traces(self, netns):
        """
        What a daemon may have in a namespace's kernel, as a list of texts: for "nothing is left".
        """
        found = []
        for rule in self.ip(netns, "-6", "rule"):
            if rule["priority"] not in (0, 32766):
                found.append(f"rule {rule['priority']} from {rule['src']}")
        for route in self.ip(netns, "-6", "route", "show", "table", "all"):
            if route.get("protocol") == "106":
                found.append(f"route {route['dst']} table {route.get('table', 'main')}")
        for address in self.ip(netns, "-6", "address", "show", "dev", "lo"):
            found += [
                f"address {a['local']} on lo" for a in address["addr_info"] if a["local"] != "::1"
            ]
        for neighbour in self.ip(netns, "-6", "neigh", "show", "proxy"):
            found.append(f"proxy {neighbour['dst']}")
        qdiscs = json.loads(self.run(netns, "tc", "-j", "qdisc", "show") or "[]")
        found += [
            f"qdisc {q['kind']} on {q['dev']}" for q in qdiscs if q["kind"] in ("clsact", "ingress")
        ]
        found += self.run(netns, "nft", "list", "tables").strip().splitlines()
        for link in self.ip(netns, "-d", "link"):
            kind = link.get("linkinfo", {}).get("info_kind")
            # The first is the tunnel driver's own, in every namespace.
            if kind in ("tun", "ip6tnl") and link["ifname"] != "ip6tnl0":
                found.append(f"link {link['ifname']}")
        return found


def forced_dataplane(role):
    """MIP6_DATAPLANE_WTRU and MIP6_DATAPLANE_GATEWAY name a backend to use instead of the best."""
    name = os.environ.get("MIP6_DATAPLANE_" + role.upper())
    return {"dataplane": name} if name else {}


def mnd_keys(spi, key, algorithm="hmac-sha1"):
    """Content of mip6-mnd's key file."""
    return {"spi": spi, "algorithm": algorithm, "key": "hex:" + key}


def dgwd_keys(identities, algorithm="hmac-sha1"):
    """Content of mip6-dgwd's keys file, from [(nai, spi, key), …]."""
    return {
        "identities": [
            {"nai": nai, "spi": spi, "algorithm": algorithm, "key": "hex:" + key}
            for nai, spi, key in identities
        ]
    }
