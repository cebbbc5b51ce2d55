# SPDX-License-Identifier: GPL-2.0-or-later
"""
The same network with real Wi-Fi between the WTRU and the D-GWs: the kernel's simulated radios
(mac80211_hwsim), hostapd on each D-GW, wpa_supplicant on the WTRU, one SSID with WPA2. A radio hears
those that share a bit with its group, which makes an access point come and go like real distance
does, without a word on the air.
"""

import os
import pathlib
import shutil
import time

from . import base
from .daemons import Mobile

SSID, PASSPHRASE = "mip6-test", "correct horse battery staple"
CHANNELS = (1, 6, 11)
FREQUENCIES = (2412, 2437, 2462)
STATION_PHY = 0
DEBUGFS = pathlib.Path("/sys/kernel/debug")
PROGRAMS = ("hostapd", "wpa_supplicant", "wpa_cli", "iw")


def need(*programs):
    """Skip unless they are installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/lib/systemd"
    missing = [p for p in programs if not shutil.which(p, path=path)]
    if missing:
        raise base.Skip(f"not installed: {', '.join(missing)}")


def radios(count):
    """Names of as many new radios, in their order: [(phy, interface), …]."""
    try:
        base.run("modprobe", "-r", "mac80211_hwsim", check=False)
        base.run("modprobe", "mac80211_hwsim", f"radios={count}")
    except (base.Failure, FileNotFoundError) as problem:
        raise base.Skip("this kernel has no mac80211_hwsim") from problem
    found = []
    for phy in pathlib.Path("/sys/class/ieee80211").iterdir():
        if (phy / "device" / "net").exists():
            number = int((phy / "index").read_text(encoding="ascii"))
            found.append((number, phy.name, next((phy / "device" / "net").iterdir()).name))
    base.run("mount", "-t", "debugfs", "debugfs", str(DEBUGFS), check=False)
    return [(phy, interface) for _, phy, interface in sorted(found)]


class Wifi(Mobile):
    """Topology with the radios, and daemons. manager="…": who owns the WTRU's interface."""

    def __init__(self, build, gateways=3, manager=None, **options):
        need(*PROGRAMS)
        self.manager = manager  # called with self when the radios are there, or None
        self.phys = []
        super().__init__(build, gateways=gateways, **options)

    def _add_air(self):
        found = radios(1 + len(self.gateways))
        self.closers.append(lambda: base.run("modprobe", "-r", "mac80211_hwsim", check=False))
        self.phys = [phy for phy, _ in found]
        self._give(found[0], "wtru", "wl0")
        for g, radio in zip(self.gateways, found[1:]):
            self._give(radio, g.name, "access")
            self._group(g.number, 1 << g.number)
            self._access_point(g)
        self.hear()
        self.ip_set("wtru", "link", "set", "wl0", "up")
        (self.manager or supplicant)(self)

    def _give(self, radio, name, interface):
        phy, old = radio
        base.run("iw", "phy", phy, "set", "netns", "name", self.netns(name))
        self.ip_set(name, "link", "set", old, "name", interface)

    def _group(self, radio, bits):
        path = DEBUGFS / "ieee80211" / self.phys[radio] / "hwsim" / "group"
        path.write_text(f"{bits:#x}\n", encoding="ascii")

    def hear(self, *gateways):
        """The WTRU hears the access points of these D-GWs only."""
        self._group(STATION_PHY, sum(1 << g.number for g in gateways) or 1 << 31)

    def _access_point(self, gateway):
        path = self.path(f"{gateway.name}.hostapd")
        with open(path, "w", encoding="ascii") as f:
            f.write(
                f"interface=access\ndriver=nl80211\nssid={SSID}\nhw_mode=g\n"
                f"channel={CHANNELS[(gateway.number - 1) % len(CHANNELS)]}\n"
                f"wpa=2\nwpa_key_mgmt=WPA-PSK\nrsn_pairwise=CCMP\nwpa_passphrase={PASSPHRASE}\n"
            )
        process = self.start(gateway.name, "hostapd", path, log=f"{gateway.name}-hostapd.log")
        base.wait_until(lambda: "AP-ENABLED" in process.log(), 20, f"hostapd of {gateway}")

    def bssid(self, gateway):
        return self.ip(gateway.name, "link", "show", "access")[0]["address"]

    def wpa(self, *words):
        """Ask wpa_supplicant."""
        return self.run("wtru", "wpa_cli", "-p", self.path("wpa"), "-i", "wl0", *words)

    def associated(self):
        """The BSSID that the WTRU is connected to, or None."""
        text = self.run("wtru", "iw", "dev", "wl0", "link", check=False)
        words = text.split()
        return words[2] if text.startswith("Connected to") else None

    def _wait_associated(self, gateway, seconds=20):
        bssid = self.bssid(gateway)

        def there():
            link = self.ip("wtru", "link", "show", "wl0")[0]
            return self.associated() == bssid and link["operstate"] == "UP"

        base.wait_until(there, seconds, f"associated with {gateway}")

    def move(self, gateway, interface="wl0", silent=False, station="wtru"):
        """By roam command, as a station that measures signals does it; or the first time."""
        del interface, silent, station
        self.hear(gateway)
        if not self.associated():
            before = time.monotonic_ns()
            self._wait_associated(gateway)
            return before, time.monotonic_ns()
        self.hear(*self.gateways)
        bssid = self.bssid(gateway)
        frequency = FREQUENCIES[(gateway.number - 1) % len(FREQUENCIES)]

        def known():
            self.wpa("scan", f"freq={frequency}")
            return bssid in self.wpa("scan_results")

        base.wait_until(known, 10, f"{gateway} found by scanning", interval=0.3)
        before = time.monotonic_ns()
        self.wpa("roam", bssid)
        self._wait_associated(gateway)
        return before, time.monotonic_ns()

    def lose(self, gateway, **options):
        """Out of range of all but one D-GW: nobody says so, the beacons just stop."""
        del options
        self.hear(gateway)
        before = time.monotonic_ns()
        self._wait_associated(gateway, 30)
        return before, time.monotonic_ns()

    def detach(self, interface="wl0", station="wtru"):
        del interface, station
        before = time.monotonic_ns()
        self.hear()
        base.wait_until(lambda: not self.associated(), 30, "not associated")
        return before, time.monotonic_ns()


def supplicant(net):
    """wpa_supplicant alone."""
    path = net.path("wpa.conf")
    frequencies = " ".join(str(f) for f in FREQUENCIES)
    with open(path, "w", encoding="ascii") as f:
        f.write(
            f"ctrl_interface={net.path('wpa')}\n"
            f'network={{\n\tssid="{SSID}"\n\tpsk="{PASSPHRASE}"\n\tkey_mgmt=WPA-PSK\n'
            f"\tscan_freq={frequencies}\n}}\n"
        )
    net.start(
        "wtru", "wpa_supplicant", "-i", "wl0", "-D", "nl80211", "-c", path, log="wpa_supplicant.log"
    )
    base.wait_until(lambda: os.path.exists(net.path("wpa", "wl0")), 20, "wpa_supplicant")


# The system's own configuration wants users that a small machine has not.
BUS = """<busconfig>
<type>system</type>
<listen>unix:path=/run/dbus/system_bus_socket</listen>
<policy context="default">
<allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/>
</policy>
</busconfig>
"""


class Bus:
    """A D-Bus system bus, in the root namespace of a machine that has none."""

    def __init__(self, net):
        os.makedirs("/run/dbus", exist_ok=True)
        self.process = None
        if not os.path.exists("/run/dbus/system_bus_socket"):
            with open(net.path("bus.conf"), "w", encoding="ascii") as f:
                f.write(BUS)
            command = ["dbus-daemon", "--config-file", net.path("bus.conf"), "--nofork"]
            self.process = net.start("wtru", *command, "--nopidfile", log="dbus.log")
        base.wait_until(lambda: os.path.exists("/run/dbus/system_bus_socket"), 20, "D-Bus")


def without_udev(*command):
    """In a network namespace there is no udev: managers see that by /sys being read-only."""
    return ["sh", "-c", 'mount -o remount,bind,ro /sys && exec "$@"', "sh", *command]


def network_manager(net):
    """NetworkManager owns wl0, with a wpa_supplicant that it steers."""
    need("NetworkManager", "nmcli", "dbus-daemon")
    Bus(net)
    keyfile = (
        f"[connection]\nid=mip6\ntype=wifi\ninterface-name=wl0\n[wifi]\nssid={SSID}\n"
        f"[wifi-security]\nkey-mgmt=wpa-psk\npsk={PASSPHRASE}\n"
        "[ipv4]\nmethod=disabled\n[ipv6]\nmethod=auto\naddr-gen-mode=stable-privacy\n"
    )
    directory = net.path("nm-connections")
    os.makedirs(directory)
    with open(os.open(directory + "/mip6.nmconnection", os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
        f.write(keyfile)
    with open(net.path("nm.conf"), "w", encoding="ascii") as f:
        f.write(
            f"[main]\nplugins=keyfile\nrc-manager=unmanaged\nauth-polkit=root-only\n"
            f"[keyfile]\npath={directory}\nunmanaged-devices=except:interface-name:wl0\n"
            "[device]\nwifi.scan-rand-mac-address=no\n[logging]\nlevel=DEBUG\n"
        )
    net.start(
        "wtru", "wpa_supplicant", "-u", "-s", "-O", net.path("wpa"), log="wpa_supplicant.log"
    )
    net.start(
        "wtru",
        *without_udev("NetworkManager", "--debug", "--config", net.path("nm.conf")),
        log="networkmanager.log",
    )
    base.wait_until(
        lambda: "wl0:wifi" in net.run("wtru", "nmcli", "-t", "device", check=False),
        20,
        "NetworkManager has the interface",
    )
    # When a busy machine is too slow for the handshake, it waits for a user with another password.
    net.start(
        "wtru",
        *("sh", "-c"),
        "while sleep 3; do nmcli -t -f DEVICE,STATE device | grep -q '^wl0:disconnected$' && "
        "nmcli --wait 0 connection up mip6; done",
        log="nmcli.log",
    )


def networkd(net):
    """systemd-networkd owns wl0; wpa_supplicant alone does the Wi-Fi."""
    need("systemd-networkd", "networkctl")
    supplicant(net)
    for directory in ("/run/systemd/network", "/run/systemd/netif/links", "/run/systemd/netif/leases"):
        os.makedirs(directory, exist_ok=True)
    with open("/run/systemd/network/10-wl0.network", "w", encoding="ascii") as f:
        f.write(
            "[Match]\nName=wl0\n[Network]\nDHCP=no\nIPv6AcceptRA=yes\n[IPv6AcceptRA]\nUseDNS=no\n"
        )
    net.closers.append(lambda: os.unlink("/run/systemd/network/10-wl0.network"))
    base.run("chown", "-R", "systemd-network", "/run/systemd/netif", check=False)
    net.start(
        "wtru",
        *without_udev("/lib/systemd/systemd-networkd"),
        log="networkd.log",
        env={"SYSTEMD_LOG_LEVEL": "debug", "SYSTEMD_LOG_TARGET": "console"},
    )
