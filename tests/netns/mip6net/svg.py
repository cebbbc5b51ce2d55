# SPDX-License-Identifier: GPL-2.0-or-later
"""Draws a run: time on x, one lane per connection, moves as vertical lines, silences as gaps."""

from xml.sax.saxutils import escape

# Class, light colour, dark colour. No CSS variables: not every viewer knows them.
COLOURS = (
    ("text", "fill", "#1f2328", "#e6edf3"),
    (".faint", "fill", "#57606a", "#9198a1"),
    (".ground", "fill", "#ffffff", "#0d1117"),
    (".cut", "fill", "#ffffff", "#0d1117"),
    (".grid", "stroke", "#d8dee4", "#30363d"),
    (".move", "stroke", "#1f2328", "#e6edf3"),
    (".direct", "fill", "#2da44e", "#3fb950"),
    (".tunnel", "fill", "#0969da", "#58a6ff"),
    (".gap", "fill", "#cf222e", "#ff7b72"),
    (".gaptext", "fill", "#cf222e", "#ff7b72"),
)

STYLE = (
    "text { font: 12px system-ui, sans-serif; }\n.title { font-size: 16px; font-weight: 600; }\n"
    ".small, .gaptext { font-size: 10.5px; }\n.move { stroke-dasharray: 3 3; }\n"
    + "".join(f"{name} {{ {what}: {light}; }}\n" for name, what, light, _ in COLOURS)
    + "@media (prefers-color-scheme: dark) {\n"
    + "".join(f"{name} {{ {what}: {dark}; }}\n" for name, what, _, dark in COLOURS)
    + "}\n"
)

LEFT, RIGHT, TOP = 190, 30, 76
PLOT = 860
LANE, BAR, GROUP = 29, 12, 22
CUT_MIN = 3.0  # px: what is too short to see is drawn this wide, and labelled


class Lane:
    """One connection. Times in seconds from the start of the run."""

    def __init__(self, label, start, end):
        self.label = label
        self.start = start
        self.end = end
        self.spans = []  # (start, end, "direct" or "tunnel")
        self.gaps = []  # (start, end, ms)


def _text(x, y, text, css="", anchor="start"):
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" class="{css}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _rect(x, y, width, height, css, title=None):
    inner = f"<title>{escape(title)}</title>" if title else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" '
        f'class="{css}">{inner}</rect>'
    )


def _line(x1, y1, x2, y2, css):
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{css}"/>'


def _axis(duration, x, top, bottom):
    step = next(s for s in (0.5, 1, 2, 5, 10, 20, 60, 120, 300, 3600) if duration / s <= 16)
    out, t = [], 0.0
    while t <= duration:
        out.append(_line(x(t), top, x(t), bottom, "grid"))
        out.append(_text(x(t), bottom + 16, f"{t:g} s", "faint small", "middle"))
        t += step
    return out


def _lane(lane, x, y):
    out = [_text(LEFT - 12, y + 4, lane.label, "", "end")]
    for start, end, path in lane.spans:
        out.append(_rect(x(start), y - BAR / 2, max(1, x(end) - x(start)), BAR, path))
    for start, end, ms in lane.gaps:
        width = max(CUT_MIN, x(end) - x(start))
        out.append(_rect(x(start), y - BAR / 2 - 0.5, width, BAR + 1, "cut"))
        out.append(_rect(x(start), y - 1, width, 2, "gap", f"{lane.label}: silent for {ms:.1f} ms"))
        out.append(_text(x(start) + width + 3, y - BAR / 2 - 1.5, f"{ms:.1f} ms", "gaptext"))
    return out


def draw(title, subtitle, groups, moves, duration):
    """
    groups: [(name, [Lane, …]), …]; moves: [(seconds, text), …]. Returns the SVG document.
    """
    lanes = sum(len(lanes) for _, lanes in groups)
    bottom = TOP + lanes * LANE + len(groups) * GROUP + 6
    width, height = LEFT + PLOT + RIGHT, bottom + 56

    def x(seconds):
        return LEFT + PLOT * seconds / duration

    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>{STYLE}</style>",
        _rect(0, 0, width, height, "ground"),
        _text(16, 26, title, "title"),
        _text(16, 44, subtitle, "faint"),
    ]
    out += _axis(duration, x, TOP, bottom)
    for seconds, text in moves:
        out.append(_line(x(seconds), TOP - 6, x(seconds), bottom, "move"))
        out.append(_text(x(seconds), TOP - 11, text, "small", "middle"))
    y = TOP
    for name, group in groups:
        y += GROUP
        out.append(_rect(12, y - 15, 6.3 * len(name), 15, "ground"))
        out.append(_text(16, y - 4, name, "faint small"))
        for lane in group:
            out += _lane(lane, x, y + LANE / 2)
            y += LANE
    legend = LEFT
    for css, text in (
        ("direct", "direct"),
        ("tunnel", "through the tunnel to its D-GW"),
        ("gap", "nothing arrived (drawn at least 3 px wide)"),
    ):
        out.append(_rect(legend, bottom + 32, 18, 10 if css != "gap" else 2.5, css))
        out.append(_text(legend + 24, bottom + 41, text, "small"))
        legend += 60 + 6.2 * len(text)
    out.append("</svg>")
    return "\n".join(out) + "\n"
