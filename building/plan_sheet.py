"""The sheet a plan is drawn on: metres with Y up become SVG units with Y down, and labels are fitted into rooms."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from building.model import XY, Polygon

UNITS_PER_M = 20.0
MARGIN_M = 3.5
FONTS = ((15.0, 12.5), (10.5,), (9.0,), (7.5,))
"""From large to small; within a group a word rather gets smaller than broken."""
LINE_HEIGHT = 1.25
PAD_M = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    x0_m: float
    y1_m: float
    width_m: float
    height_m: float

    @staticmethod
    def around(polygons: Sequence[Polygon]) -> Sheet:
        """Big enough for all of them and a margin."""
        points = [p for polygon in polygons for p in polygon.outer] or [(0.0, 0.0)]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return Sheet(
            x0_m=min(xs) - MARGIN_M,
            y1_m=max(ys) + MARGIN_M,
            width_m=max(xs) - min(xs) + 2 * MARGIN_M,
            height_m=max(ys) - min(ys) + 2 * MARGIN_M,
        )

    @property
    def view_box(self) -> str:
        return f"0 0 {self.width_m * UNITS_PER_M:.0f} {self.height_m * UNITS_PER_M:.0f}"

    def at(self, p: XY) -> XY:
        return ((p[0] - self.x0_m) * UNITS_PER_M, (self.y1_m - p[1]) * UNITS_PER_M)

    def line(self, points: Sequence[XY]) -> str:
        return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in map(self.at, points))

    def path(self, polygons: Sequence[Polygon]) -> str:
        rings = [r for p in polygons for r in (p.outer, *p.holes)]
        return "".join(self.line(r) + "Z" for r in rings)

    def label(self, words: str, spots: Sequence[XY], shape: Any) -> str:
        """The words at the first spot where the shape holds them: in one to three lines, upright where it is narrow."""
        for sizes in FONTS:
            for (lines, upright), size in itertools.product(_settings(words), sizes):
                w = max(map(ems, lines)) * size / UNITS_PER_M + PAD_M
                h = len(lines) * size * LINE_HEIGHT / UNITS_PER_M + PAD_M
                for at in spots:
                    if _fits(at, (h, w) if upright else (w, h), shape):
                        return self.text(lines, at, size, upright=upright)
        return ""

    def text(self, lines: Sequence[str], at: XY, size: float, *, upright: bool = False) -> str:
        x, y = self.at(at)
        turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if upright else ""
        first = y - (len(lines) - 1) * size * LINE_HEIGHT / 2
        spans = "".join(
            f'<tspan x="{x:.1f}" y="{first + n * size * LINE_HEIGHT:.1f}">{escape(line)}</tspan>'
            for n, line in enumerate(lines)
        )
        return f'<text font-size="{size:g}"{turn}>{spans}</text>'

    def scale_bar(self) -> str:
        """Five and ten metres, bottom left."""
        x, y = MARGIN_M * UNITS_PER_M, self.height_m * UNITS_PER_M - 16
        five = 5 * UNITS_PER_M
        return (
            f'<g aria-hidden="true"><rect class="tip" x="{x:g}" y="{y:g}" width="{five:g}" height="4"/>'
            f'<rect class="plate" x="{x + five:g}" y="{y:g}" width="{five:g}" height="4"/>'
            f'<text class="note" x="{x + 2 * five + 6:g}" y="{y + 2:g}" font-size="11">10 m</text></g>'
        )


def ems(words: str) -> float:
    """The width in ems: a Chinese character is one, a Latin letter about half."""
    return sum(1.0 if ord(c) > 0x2E7F else 0.56 for c in words)


def _settings(words: str) -> list[tuple[tuple[str, ...], bool]]:
    halves = [h for favour in (4.0, 0.5) if (h := _split(words, favour))]
    thirds = [(*t, b) for a, b in halves if (t := _split(a, 4.0))] + [
        (a, *t) for a, b in halves if (t := _split(b, 4.0))
    ]
    return [(lines, False) for lines in dict.fromkeys([(words,), *halves, *thirds])] + [((words,), True)]


def _split(words: str, favour: float) -> tuple[str, str] | None:
    """Two lines of about the same length, broken at a space or bracket where ``favour`` says so, else between 汉字."""
    breaks = [
        n for n in range(1, len(words))
        if words[n] in " (（" or (ord(words[n]) > 0x2E7F and ord(words[n - 1]) > 0x2E7F and words[n] not in "、)）与")
    ]  # fmt: skip
    if not breaks or ems(words) < 3:
        return None
    # a later break wins a tie: 西疏散|通道 reads better than 西疏|散通道
    best = min(reversed(breaks), key=lambda n: abs(ems(words[:n]) - ems(words[n:])) - favour * (words[n] in " (（"))
    return words[:best].strip(), words[best:].strip()


def _fits(at: XY, size_m: tuple[float, float], shape: Any) -> bool:
    import shapely

    (x, y), (w, h) = at, size_m
    return bool(shape.contains(shapely.box(x - w / 2, y - h / 2, x + w / 2, y + h / 2)))
