# SPDX-License-Identifier: GPL-2.0-or-later
"""
What the VM runs that the machine need not have installed: Debian's kernel package and those of
EXTRAS, downloaded and unpacked into directories, and an initramfs that reaches the machine's root
file system. Installing network-manager or hostapd would start them on the machine itself.
"""

import gzip
import lzma
import os
import pathlib
import re
import shutil
import stat
import struct
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
META_PACKAGE = "linux-image-amd64"
BUSYBOX = "/bin/busybox"
# For the tests over Wi-Fi, for the home agent of tests/interop, for test_radius, and for IKE.
EXTRAS = (
    "hostapd",
    "wpasupplicant",
    "iw",
    "network-manager",
    "systemd",
    "dbus",
    "radvd",
    "freeradius",
    "strongswan-charon",
    "strongswan-pki",
    "strongswan-swanctl",
    "libstrongswan-standard-plugins",
)
# What init.sh needs; depmod knows what these need.
EARLY_MODULES = ("9p", "9pnet_virtio", "virtio_pci", "overlay")


class Unavailable(Exception):
    """There can be no VM on this machine; the message says why."""


def _run(*args, cwd=None):
    try:
        done = subprocess.run(
            args, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise Unavailable(f"{args[0]} is not installed") from None
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines()
        raise Unavailable(f"{' '.join(args)}: {lines[-1] if lines else done.returncode}")
    return done.stdout


def _package():
    """The name of the package with the kernel itself, which META_PACKAGE depends on."""
    text = _run("apt-cache", "depends", META_PACKAGE)
    found = re.search(r"Depends: (linux-image-\d\S+)", text)
    if not found:
        raise Unavailable(f"apt-cache knows no {META_PACKAGE}")
    return found.group(1)


def _download(directory):
    """The path of the kernel's package file."""
    try:
        package = _package()
        uris = _run("apt-get", "-q", "--print-uris", "download", package)
    except Unavailable:
        _run("apt-get", "-q", "update")
        package = _package()
        uris = _run("apt-get", "-q", "--print-uris", "download", package)
    path = directory / uris.split()[1]
    if not path.exists():
        for old in directory.glob("*.deb"):
            old.unlink()
        # As root: apt's own user may not write here.
        _run("apt-get", "-q", "-o", "APT::Sandbox::User=root", "download", package, cwd=directory)
    return path


def _newc(entries):
    """A cpio archive as the kernel wants it; entries: [(name, mode, content)]."""
    out = bytearray()
    for number, (name, mode, content) in enumerate(entries + [("TRAILER!!!", 0, b"")], 1):
        fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
        out += b"070701" + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0"
        out += b"\0" * (-len(out) % 4) + content
        out += b"\0" * (-len(out) % 4)
    return bytes(out)


def _initramfs(root, version):
    """The initramfs, compressed."""
    order = []
    for name in EARLY_MODULES:
        text = _run("modprobe", "-d", str(root), "-S", version, "--show-depends", name)
        for line in text.splitlines():
            if line.startswith("insmod ") and line.split()[1] not in order:
                order.append(line.split()[1])
    directory, program, plain = stat.S_IFDIR | 0o755, stat.S_IFREG | 0o755, stat.S_IFREG | 0o644
    names = ("bin", "dev", "proc", "lower", "extras", "upper", "root", "modules")
    entries = [(name, directory, b"") for name in names]
    entries.append(("bin/busybox", program, pathlib.Path(BUSYBOX).read_bytes()))
    entries.append(("init", program, (HERE / "init.sh").read_bytes()))
    for path in order:
        entries.append(("modules/" + os.path.basename(path), plain, pathlib.Path(path).read_bytes()))
    listed = "".join(os.path.basename(path) + "\n" for path in order)
    entries.append(("order", plain, listed.encode()))
    return gzip.compress(_newc(entries), 1)


def _uncompressed(image):
    """
    The kernel proper out of a compressed image (Documentation/x86/boot.rst): QEMU starts it
    directly, which saves the guest five seconds of unpacking. None when it is packed otherwise.
    """
    setup = (image[0x1F1] or 4) + 1
    offset, length = struct.unpack_from("<II", image, 0x248)
    start = setup * 512 + offset
    try:
        kernel = lzma.LZMADecompressor().decompress(image[start : start + length])
    except lzma.LZMAError:
        return None
    return kernel if kernel.startswith(b"\x7fELF") else None


def _give_away(directory):
    """No file of root's in somebody else's build directory."""
    owner = directory.parent.stat()
    for path in [directory, *directory.rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


class Extras:
    """Packages of EXTRAS, and what they need, as far as the machine lacks them."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.root = self.directory / "root"

    def prepare(self):
        """Make what is missing. Raises Unavailable."""
        stamp = self.directory / "complete"
        wanted = " ".join(EXTRAS) + "\n"
        if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
            return self
        shutil.rmtree(self.root, ignore_errors=True)
        (self.directory / "packages" / "partial").mkdir(parents=True, exist_ok=True)
        self.root.mkdir(parents=True)
        download = ["apt-get", "-q", "-y", "--no-install-recommends", "--download-only"]
        download += ["-o", "APT::Sandbox::User=root"]
        download += ["-o", f"Dir::Cache::archives={self.directory / 'packages'}", "install", *EXTRAS]
        try:
            _run(*download)
        except Unavailable:
            _run("apt-get", "-q", "update")
            _run(*download)
        for package in sorted((self.directory / "packages").glob("*.deb")):
            _run("dpkg", "-x", str(package), str(self.root))
            package.unlink()
        # Where the machine's /lib is a link to /usr/lib, a directory /lib would hide it.
        for name in ("bin", "lib", "lib64", "sbin"):
            if (self.root / name).exists() and os.path.islink("/" + name):
                shutil.copytree(
                    self.root / name, self.root / "usr" / name, symlinks=True, dirs_exist_ok=True
                )
                shutil.rmtree(self.root / name)
        self.root.chmod(0o755)
        stamp.write_text(wanted, encoding="ascii")
        return self


class Kernel:
    """Kernel, modules and initramfs in a directory; made when they are not there."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.root = self.directory / "root"

    def prepare(self):
        """Make what is missing. Raises Unavailable."""
        for program in (BUSYBOX, "qemu-system-x86_64", "modprobe", "depmod"):
            if not shutil.which(program):
                raise Unavailable(f"{program} is not installed")
        self.directory.mkdir(parents=True, exist_ok=True)
        if not (self.root / "complete").exists():
            shutil.rmtree(self.root, ignore_errors=True)
            _run("dpkg", "-x", str(_download(self.directory)), str(self.root))
            _run("depmod", "-b", str(self.root), self.version)
            kernel = _uncompressed(self._packed.read_bytes())
            if kernel:
                (self.root / "boot" / "vmlinux").write_bytes(kernel)
            (self.root / "complete").touch()
            _give_away(self.directory)
        if not (self.directory / "complete").exists() or self._older():
            (self.directory / "initrd.gz").write_bytes(_initramfs(self.root, self.version))
            (self.directory / "complete").touch()
        return self

    def _older(self):
        made = (self.directory / "complete").stat().st_mtime
        return made < (HERE / "init.sh").stat().st_mtime or made < os.stat(BUSYBOX).st_mtime

    @property
    def version(self):
        return next((self.root / "lib" / "modules").iterdir()).name

    @property
    def modules(self):
        return self.root / "lib" / "modules" / self.version

    @property
    def _packed(self):
        return self.root / "boot" / f"vmlinuz-{self.version}"

    @property
    def image(self):
        plain = self.root / "boot" / "vmlinux"
        return plain if plain.exists() else self._packed

    @property
    def initrd(self):
        return self.directory / "initrd.gz"
