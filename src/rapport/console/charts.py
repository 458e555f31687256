"""Where the bars of a chart stand; pure. The templates draw them as inline SVG."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rapport.evidence.pulse import Bucket

#: Colour -> its words and the outcomes that it stands for, from the bottom of a column to its top.
SERIES = {
    "created": ("Created", ("created",)),
    "updated": ("Updated", ("updated",)),
    "unchanged": ("Unchanged or repeated", ("unchanged", "replayed")),
    "rejected": ("Rejected or not written", ("rejected", "not_written")),
}
#: Sizes in the chart's own units.
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 960, 220, 48, 8, 24
#: On a telephone, where every third of these names stands.
NARROW = 420
GAP = 0.22
SPARK_WIDTH, SPARK_HEIGHT = 96, 24
#: Span -> how a column is called, and which columns have their name below.
NAMES = {"1h": ("%H:%M", "%H:%M", 10), "24h": ("%H:%M", "%A, %H:%M", 4), "30d": ("%-d %b", "%A, %-d %B", 5)}


class Bar(NamedTuple):
    """One rectangle."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True)
class Column:
    """One hour or day."""

    x: float
    width: float
    #: Below it; mostly nothing.
    label: str
    name: str
    total: int
    #: One number for each of the series.
    numbers: Sequence[int]
    bars: Sequence[Bar]


@dataclass(frozen=True, kw_only=True)
class Chart:
    """Columns, and what stands around them."""

    columns: Sequence[Column]
    #: Heights of the lines behind the columns, with their numbers.
    ticks: Sequence[tuple[float, int]]
    #: (colour, words, records) of each of the series.
    legend: Sequence[tuple[str, str, int]]
    total: int
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    bottom: int = HEIGHT - BOTTOM
    #: The same for a telephone.
    narrow: Chart | None = None


def draw(buckets: Sequence[Bucket], span: str, width: int = WIDTH) -> Chart:
    """Stacked columns of records by outcome, from `pulse.chart`; with another one for narrow screens."""
    numbers = [[sum(each.records[name] for name in names) for _, names in SERIES.values()] for each in buckets]
    top = _round_up(max(map(sum, numbers), default=0))
    step = (width - LEFT) / len(buckets)
    wide = width == WIDTH
    sums = [sum(column) for column in zip(*numbers, strict=True)]
    return Chart(
        columns=[_column(at, buckets[at], of, step, top, span, wide=wide) for at, of in enumerate(numbers)],
        ticks=[(_y(part, top), part) for part in dict.fromkeys((0, top // 2, top))],
        legend=[(kind, words, count) for (kind, (words, _)), count in zip(SERIES.items(), sums, strict=True)],
        total=sum(sums),
        width=width,
        narrow=draw(buckets, span, NARROW) if wide else None,
    )


def spark(numbers: Sequence[int]) -> list[Bar]:
    """The bars of a sparkline; what is nothing has a hair's breadth, so that the time shows."""
    top, step = max(numbers, default=0) or 1, SPARK_WIDTH / max(1, len(numbers))
    heights = [max(1.0, round(SPARK_HEIGHT * number / top, 1)) for number in numbers]
    return [
        Bar("", round(at * step, 1), SPARK_HEIGHT - height, round(step * 0.7, 1), height)
        for at, height in enumerate(heights)
    ]


def _column(
    number: int, bucket: Bucket, numbers: Sequence[int], step: float, top: int, span: str, *, wide: bool
) -> Column:
    short, full, every = NAMES[span]
    every *= 1 if wide else 2
    at = LEFT + number * step
    return Column(
        x=round(at, 1),
        width=round(step, 1),
        label=f"{bucket.start:{short}}" if number % every == 0 else "",
        name=f"{bucket.start:{full}}",
        total=sum(numbers),
        numbers=numbers,
        bars=list(_bars(numbers, at + step * GAP / 2, step * (1 - GAP), top)),
    )


def _bars(numbers: Sequence[int], x: float, width: float, top: int) -> Iterable[Bar]:
    below = 0
    for kind, count in zip(SERIES, numbers, strict=True):
        if count:
            y = _y(below + count, top)
            yield Bar(kind, round(x, 1), y, round(width, 1), round(_y(below, top) - y, 1))
            below += count


def _y(count: int, top: int) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * count / top, 1)


def _round_up(number: int) -> int:
    """The next round number that an axis can end with, and that has a whole half."""
    size = 1
    while True:
        for step in (2, 4, 6, 8, 10, 12, 16):
            if step * size >= number:
                return step * size
        size *= 10
