# SPDX-License-Identifier: GPL-2.0-or-later
"""Progress and tables for people; nothing of it appears with --json."""

import statistics
import sys
import time


class Progress:
    """Lines as things happen, and on a terminal one line that changes in place."""

    def __init__(self, quiet=False):
        self.quiet = quiet
        self.live = sys.stdout.isatty() and not quiet
        self.start = time.monotonic()
        self.last_live = 0.0

    def seconds(self):
        return time.monotonic() - self.start

    def say(self, text):
        if not self.quiet:
            clear = "\r\033[K" if self.live else ""
            print(f"{clear}{self.seconds():6.2f} s  {text}", flush=True)

    def status(self, text):
        if self.live and time.monotonic() - self.last_live > 0.1:
            self.last_live = time.monotonic()
            print(f"\r\033[K{self.seconds():6.2f} s  {text}", end="", flush=True)

    def end(self):
        if self.live:
            print("\r\033[K", end="", flush=True)


def table(header, rows):
    """Aligned text; columns whose cells are all numbers or dashes go to the right."""
    rows = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [header] + rows) for i in range(len(header))]

    def numeric(i):
        return all(
            row[i].replace(".", "", 1).replace("–", "").isdigit() or row[i] in ("", "–")
            for row in rows
        )

    right = [numeric(i) for i in range(len(header))]

    def line(cells):
        return "  ".join(
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right)
        ).rstrip()

    return "\n".join([line(header), line(["─" * w for w in widths])] + [line(row) for row in rows])


def percentile(values, fraction):
    """The smallest value that so large a part of the values does not exceed (nearest rank)."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * fraction // 1))
    return ordered[int(rank) - 1]


def summary(values, digits=2):
    """{"median", "p95", "max"} of values, rounded."""
    if not values:
        return {"median": None, "p95": None, "max": None}
    return {
        "median": round(statistics.median(values), digits),
        "p95": round(percentile(values, 0.95), digits),
        "max": round(max(values), digits),
    }
