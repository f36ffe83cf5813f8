"""Tables and curves for notebooks, as HTML and SVG."""

from __future__ import annotations

import html
import math
from collections.abc import Sequence

COLOURS = ("#1f77b4", "#d95f02")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """An HTML table; what looks like a number is at the right."""

    def cell(tag: str, text: str) -> str:
        side = "right" if text[:1].isdigit() or text[:1] in "-–" else "left"
        return f'<{tag} style="text-align:{side}">{html.escape(text)}</{tag}>'

    lines = ["".join(cell("th", text) for text in head)]
    lines += ["".join(cell("td", text) for text in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


def curves(title: str, series: Sequence[tuple[str, Sequence[float]]], width: int = 360, height: int = 220) -> str:
    """An SVG of a value over epochs, a line for each series; what is not finite is left out."""
    points = [(name, [(x + 1, y) for x, y in enumerate(ys) if math.isfinite(y)]) for name, ys in series]
    points = [(name, line) for name, line in points if line]
    if not points:
        return ""
    xs = [x for _, line in points for x, _ in line]
    ys = [y for _, line in points for _, y in line]
    low, high = min(ys), max(ys)
    if high == low:
        low, high = low - 0.5, high + 0.5
    left, top, right, bottom = 48, 24, width - 8, height - 28

    def at(x: float, y: float) -> tuple[float, float]:
        across = (x - 1) / max(1, max(xs) - 1)
        return left + across * (right - left), bottom - (y - low) / (high - low) * (bottom - top)

    parts = [
        f'<text x="{(left + right) / 2}" y="14" text-anchor="middle">{html.escape(title)}</text>',
        f'<path d="M{left},{top}V{bottom}H{right}" fill="none" stroke="#888"/>',
        f'<text x="{left}" y="{height - 8}">1</text>',
        f'<text x="{right}" y="{height - 8}" text-anchor="end">epoch {max(xs)}</text>',
    ]
    for value in (low, high):
        parts.append(f'<text x="{left - 4}" y="{at(1, value)[1] + 4:.1f}" text-anchor="end">{value:.3g}</text>')
    for i, (name, line) in enumerate(points):
        colour = COLOURS[i % len(COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*point) for point in line))
        x, y = at(*line[-1])
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>')
        parts.append(f'<text x="{right}" y="{top + 14 * i}" fill="{colour}" text-anchor="end">{html.escape(name)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'font-family="sans-serif" font-size="11">{"".join(parts)}</svg>'
    )
