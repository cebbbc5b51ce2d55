# SPDX-License-Identifier: GPL-2.0-or-later
"""
Who may do what at the control sockets: root everything, members of group mip6 what only reads,
anybody else nothing. The group exists in the daemons' view of the machine only.
"""

import json
import os
import socket

from mip6net import base, case
from mip6net.daemons import Control, ControlError

GROUP = 54321
STRANGER = 65533
READING = {"mip6-mnd": ("status", "instances", "links", "stats"), "mip6-dgwd": ("status", "stats")}
WRITING = ("reload", "release", "keep")


def start_with_group(net, daemon):
    """As Daemon.start(), but with a group mip6: a bind mount that only the daemon sees."""
    group = net.path("group")
    with open(group, "w", encoding="ascii") as f:
        f.write(f"root:x:0:\nmip6:x:{GROUP}:\n")
    daemon.process = net.start(
        daemon.netns,
        "unshare",
        "-m",
        "sh",
        "-c",
        'mount --bind "$0" /etc/group && exec "$@"',
        group,
        daemon.binary,
        *daemon.arguments(),
        log=daemon.log_name,
    )
    daemon.wait_ready()


def as_user(uid, gid, groups, work):
    """What work() returns when a process with these credentials runs it."""
    receive, send = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups(groups)
            os.setresgid(gid, gid, gid)
            os.setresuid(uid, uid, uid)
            send.sendall(json.dumps(work()).encode())
        finally:
            os._exit(0)
    send.close()
    os.waitpid(pid, 0)
    with receive:
        return json.loads(receive.recv(65536) or b'"died"')


def attempt(path, commands):
    """{command: "ok" or the code of the error}."""

    def work():
        result = {}
        for command in commands:
            try:
                control = Control(path)
            except PermissionError:
                result[command] = "no connection"
                continue
            try:
                control.request(command)
                result[command] = "ok"
            except ControlError as error:
                result[command] = error.code
            except (ConnectionError, base.Failure):  # closed before the request was out
                result[command] = "closed"
            finally:
                control.close()
        return result

    return work


def test():
    with case.mobile(gateways=1, start=False) as net:
        for daemon in (net.mnd, net.gw(1)):
            start_with_group(net, daemon)
            read, path = READING[daemon.program], daemon.socket_path
            everything = attempt(path, read + WRITING)
            root = everything()
            case.require(all(root[c] == "ok" for c in read + ("reload",)), f"root: {root}")
            for uid, gid, groups, who in (
                (STRANGER, GROUP, [], "the group is its own"),
                (STRANGER, STRANGER, [1, GROUP, 7], "the group is one of several"),
            ):
                member = as_user(uid, gid, groups, everything)
                case.require(all(member[c] == "ok" for c in read), f"{who}: {member}")
                case.require(
                    all(member[c] in ("not-allowed", "unknown-command") for c in WRITING)
                    and member["reload"] == "not-allowed",
                    f"{who}: {member}",
                )
            stranger = as_user(STRANGER, STRANGER, [1, 7], everything)
            case.require(
                set(stranger.values()) == {"no connection"}, f"a stranger: {stranger}"
            )
            # The file's mode is not all that stands between.
            os.chmod(path, 0o666)
            stranger = as_user(STRANGER, STRANGER, [1, 7], everything)
            case.require(
                set(stranger.values()) <= {"not-allowed", "closed"},
                f"a stranger who may connect: {stranger}",
            )
            os.chmod(path, 0o660)
            case.require(everything()[read[0]] == "ok", "root afterwards")
            case.require(daemon.ctl("stats")["control"]["not-allowed"] >= 3, "counted")


case.main(test)
