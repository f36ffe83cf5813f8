"""The measured steps as one picture: for each network Minnow's share of the bound, and how much longer a peer takes."""
import math
import statistics
from html import escape

import grid
import report

INK, SOFT_INK, GRID, PALETTE = "#222222", "#5A5A5A", "#E6E6E6", ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")
ROW, NAME_WIDTH, PANEL, GAP, TOP, BOTTOM, RADIUS = 17, 180, 270, 40, 58, 26, 4
TICKS = (0.25, 0.5, 1, 2, 4, 8, 16, 32, 64)


def row_name(model):
    """Recurrent networks of many sizes are one row."""
    return f"{grid.parts(model)[0]}, many sizes" if grid.parts(model) else model.rpartition("/")[2]


def points(steps, function, threads):
    """By row and batch (the share of the bound, the fastest peer's time in Minnow's or None): geometric means."""
    peak = report.peaks(steps)
    found = {}
    for step in steps:
        if (step["function"], step["threads"]) == (function, threads):
            place = found.setdefault(row_name(step["model"]), {}).setdefault(step["batch"], ([], []))
            place[0].append(report.share_of(step, peak))
            if (ratio := report.ratio_of(step, "")) is not None:
                place[1].append(ratio)
    mean = statistics.geometric_mean
    return {name: {batch: (mean(shares), mean(ratios) if ratios else None)
                   for batch, (shares, ratios) in batches.items()} for name, batches in found.items()}


def order(item):
    """By the ratio, the best first; what has none by its share."""
    ratios = [ratio for _, ratio in item[1].values() if ratio]
    shares = [share for share, _ in item[1].values()]
    return (-statistics.geometric_mean(ratios) if ratios else 0, -statistics.geometric_mean(shares))


def text(x, y, words, anchor="start", colour=INK, size=11):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" font-size="{size}">'
            f"{escape(words)}</text>")


def line(x, top, bottom, colour, width=1):
    return f'<line x1="{x:.1f}" y1="{top:.1f}" x2="{x:.1f}" y2="{bottom:.1f}" stroke="{colour}" stroke-width="{width}"/>'


class Panel:
    """A title, an axis, and a dot for each number."""

    def __init__(self, left, title, ticks, place, label, bold):
        self.left, self.title, self.ticks, self.place, self.label, self.bold = left, title, ticks, place, label, bold

    def x(self, value):
        return self.left + PANEL * min(max(self.place(value), 0), 1)

    def axis(self, bottom):
        parts = [text(self.left, 16, self.title, size=12)]
        for tick in self.ticks:
            parts += [line(self.x(tick), TOP - 8, bottom, SOFT_INK if tick == self.bold else GRID),
                      text(self.x(tick), bottom + 16, self.label(tick), "middle", SOFT_INK, 10)]
        return parts

    def dot(self, value, y, colour):
        return f'<circle cx="{self.x(value):.1f}" cy="{y:.1f}" r="{RADIUS}" fill="{colour}" fill-opacity="0.85"/>'


def ratio_ticks(ratios):
    low = max([tick for tick in TICKS if tick <= min(ratios, default=1)], default=TICKS[0])
    high = min([tick for tick in TICKS if tick >= max(ratios, default=2)], default=TICKS[-1])
    return [tick for tick in TICKS if min(low, 0.5) <= tick <= max(high, 2)]


def share_ticks(shares):
    """In quarters, as far as the largest: what needs fewer operations than the bound counts goes beyond it."""
    return [quarter / 4 for quarter in range(max(4, math.ceil(4 * max(shares))) + 1)]


def panels(rows):
    shares = share_ticks([share for batches in rows.values() for share, _ in batches.values()])
    ticks = ratio_ticks([ratio for batches in rows.values() for _, ratio in batches.values() if ratio])
    low, high = math.log(ticks[0]), math.log(ticks[-1])
    return (Panel(NAME_WIDTH, "Share of the bound", shares, lambda share: share / shares[-1],
                  lambda tick: f"{100 * tick:.0f} %", 1),
            Panel(NAME_WIDTH + PANEL + GAP, "Time of the fastest peer, Minnow's = 1", ticks,
                  lambda ratio: (math.log(ratio) - low) / (high - low), lambda tick: f"{tick:g}×", 1))


def svg(steps, function="train_step", threads=1):
    """None where there is nothing to draw."""
    rows = dict(sorted(points(steps, function, threads).items(), key=order))
    if not rows:
        return None
    batches = sorted({batch for row in rows.values() for batch in row})
    colours = dict(zip(batches, PALETTE * (len(batches) // len(PALETTE) + 1)))
    bottom = TOP + ROW * len(rows)
    share, ratio = panels(rows)
    width, height = NAME_WIDTH + 2 * PANEL + GAP + 30, bottom + BOTTOM
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
             f'height="{height}" font-family="sans-serif">', f'<rect width="{width}" height="{height}" fill="#FFFFFF"/>']
    for i, batch in enumerate(batches):
        x = NAME_WIDTH + 90 * i
        parts += [f'<circle cx="{x + RADIUS}" cy="34" r="{RADIUS}" fill="{colours[batch]}"/>',
                  text(x + 14, 38, f"batch {batch}", colour=SOFT_INK)]
    parts += [*share.axis(bottom), *ratio.axis(bottom)]
    for i, (name, row) in enumerate(rows.items()):
        y = TOP + ROW * i + 4
        parts.append(text(NAME_WIDTH - 12, y + 4, name, "end"))
        for batch in sorted(row):
            parts.append(share.dot(row[batch][0], y, colours[batch]))
            if row[batch][1]:
                parts.append(ratio.dot(row[batch][1], y, colours[batch]))
    return "\n".join([*parts, "</svg>"]) + "\n"
