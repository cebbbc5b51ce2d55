# SPDX-License-Identifier: GPL-2.0-or-later
"""
Sixteen anchors at once, a connection to each: all go on, the WTRU daemon stays small and sleeps
when nothing happens.
"""
# timeout: 150

from mip6net import case

COUNT = 16


def wakeups(daemon):
    status = daemon.proc_status()
    return int(status["voluntary_ctxt_switches"]) + int(status["nonvoluntary_ctxt_switches"])


def test():
    # Heartbeats and refreshes are what the configuration asks for: far apart, so that the rest
    # shows.
    with case.mobile(gateways=COUNT, mnd={"heartbeat-interval-ms": 60000, "linger-s": 60}) as net:
        flows = case.traffic(net)
        opened = []
        for number in range(1, COUNT + 1):
            address = case.arrive(net, number)
            opened.append(flows.open("lines", label=f"lines of D-GW{number}"))
            case.require(
                opened[-1].local == address, f"{opened[-1].local} is not the newest address"
            )
        flows.progress_until(opened)
        instances = net.mnd.instances()
        case.require(len(instances) == COUNT, f"{len(instances)} instances")
        case.require(
            sum(i["state"] == "bound" for i in instances) == COUNT - 1, "all others are bound"
        )
        rss = net.mnd.rss_kib()
        case.require(rss < 6 * 1024, f"the WTRU daemon has {rss} KiB")
        before = wakeups(net.mnd)
        flows.run_for(10)
        woken = wakeups(net.mnd) - before
        # A use check each second; Router Advertisements each 3 to 4 s. Twice that is still asleep.
        case.require(woken <= 40, f"{woken} wake-ups in 10 s")
        print(f"{rss} KiB, {woken} wake-ups in 10 s")
        case.finish(flows)


case.main(test)
