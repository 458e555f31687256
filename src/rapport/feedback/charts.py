"""Where the parts of a dashboard's charts stand; pure. The templates draw them as inline SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from .statistics import GROUPS, Score

#: Sizes in the charts' own units.
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 960, 220, 48, 8, 24
#: On a telephone, where letters would be too small in a drawing as wide as that.
NARROW = 420
#: Group -> the colour that it has in the stylesheet.
COLOURS = {"promoter": "created", "passive": "unchanged", "detractor": "rejected"}
#: Unit of a trend -> how one of its steps is called below the chart and in words.
NAMES = {"day": ("%-d %b", "%A, %-d %B %Y"), "week": ("%-d %b", "week of %-d %B %Y"), "month": ("%b %Y", "%B %Y")}
#: Names below a trend, at most.
_LABELS = 8


class Bar(NamedTuple):
    """A column of a distribution."""

    score: int
    kind: str
    answers: int
    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Where its numbers stand."""
        return round(self.x + self.width / 2, 1)


class Point(NamedTuple):
    """A step of a trend: its score, and the ends of its interval."""

    name: str
    label: str
    score: Score
    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class Trend:
    """A score over time."""

    points: Sequence[Point]
    #: The line through them, as SVG's `points`.
    line: str
    #: Heights of the lines behind, with their scores.
    ticks: Sequence[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


class Share(NamedTuple):
    """A part of a bar that is 100 wide."""

    kind: str
    x: float
    width: float


def distribution(counts: Mapping[int | None, int], width: int = WIDTH) -> list[Bar]:
    """A column for each score from 0 to 10."""
    top = max((counts.get(score, 0) for score in range(11)), default=0) or 1
    left = LEFT if width == WIDTH else 0
    step = (width - left) / 11
    bars = []
    for score in range(11):
        answers = counts.get(score, 0)
        height = round((HEIGHT - TOP - BOTTOM - 16) * answers / top, 1)
        kind = next(COLOURS[name] for name, scores in GROUPS.items() if score in scores)
        x = round(left + step * (score + 0.1), 1)
        bars.append(Bar(score, kind, answers, x, round(HEIGHT - BOTTOM - height, 1), round(step * 0.8, 1), height))
    return bars


def trend(found: Sequence[tuple[date, Score]], unit: str, width: int = WIDTH) -> Trend:
    """The score of each step that has any."""
    steps = [(day, score) for day, score in found if score.n]
    step = (width - LEFT) / max(1, len(steps))
    short, long = NAMES[unit]
    every = -(-len(steps) // (_LABELS if width == WIDTH else _LABELS // 2)) or 1
    points = []
    for place, (day, score) in enumerate(steps):
        low, high = score.interval or (0.0, 0.0)
        label = f"{day:{short}}" if place % every == 0 else ""
        x = round(LEFT + step * (place + 0.5), 1)
        points.append(Point(f"{day:{long}}", label, score, x, _y(score.score or 0), _y(low), _y(high)))
    line = " ".join(f"{point.x},{point.y}" for point in points)
    return Trend(points=points, line=line, ticks=[(_y(tick), tick) for tick in (-100, -50, 0, 50, 100)], width=width)


def shares(score: Score) -> list[Share]:
    """Promoters, passives and detractors beside each other."""
    parts, x = [], 0.0
    for name, answers in zip(GROUPS, score, strict=True):
        width = round(100 * answers / score.n, 2) if score.n else 0.0
        parts.append(Share(COLOURS[name], round(x, 2), width))
        x += width
    return parts


def _y(score: float) -> float:
    return round(TOP + (HEIGHT - TOP - BOTTOM) * (100 - score) / 200, 1)
