"""Where the bars of a chart stand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rapport.console import charts
from rapport.evidence.pulse import Bucket
from rapport.history.models import OUTCOMES

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def buckets(*records: dict[str, int], step: timedelta = timedelta(hours=1)) -> list[Bucket]:
    nothing = dict.fromkeys(OUTCOMES, 0)
    return [Bucket(start=NOON + number * step, records=nothing | given) for number, given in enumerate(records)]


def test_outcomes_are_stacked_from_the_ground() -> None:
    chart = charts.draw(buckets({"created": 3, "rejected": 2, "not_written": 1, "replayed": 2, "unchanged": 2}), "24h")
    (column,) = chart.columns
    assert (column.total, list(column.numbers)) == (10, [3, 0, 4, 3])
    assert [bar.kind for bar in column.bars] == ["created", "unchanged", "rejected"]
    assert column.bars[0].y + column.bars[0].height == chart.bottom
    for below, above in zip(column.bars, column.bars[1:], strict=False):
        assert above.y + above.height == pytest.approx(below.y, abs=0.2)
    assert column.bars[-1].y == charts.TOP
    assert chart.ticks == [(chart.bottom, 0), (102.0, 5), (charts.TOP, 10)]
    assert [(kind, count) for kind, _, count in chart.legend] == [
        ("created", 3), ("updated", 0), ("unchanged", 4), ("rejected", 3)
    ]  # fmt: skip


def test_every_outcome_is_in_one_series() -> None:
    assert sorted(name for _, names in charts.SERIES.values() for name in names) == sorted(OUTCOMES)


@pytest.mark.parametrize(
    ("most", "top"), [(0, 2), (1, 2), (3, 4), (11, 12), (107, 120), (999, 1000), (1001, 1200), (17_000, 20_000)]
)
def test_the_axis_ends_with_a_round_number(most: int, top: int) -> None:
    assert charts.draw(buckets({"created": most}), "24h").ticks[-1][1] == top


def test_columns_stand_side_by_side_and_some_have_their_name_below() -> None:
    chart = charts.draw(buckets(*[{"created": 1}] * 30, step=timedelta(days=1)), "30d")
    assert [column.x for column in chart.columns] == sorted(column.x for column in chart.columns)
    assert chart.columns[-1].x + chart.columns[-1].width == pytest.approx(chart.width, abs=0.2)
    assert [column.label for column in chart.columns if column.label][:2] == ["23 Nov", "28 Nov"]
    assert chart.columns[0].name == "Monday, 23 November"
    hours = charts.draw(buckets(*[{}] * 24), "24h")
    assert [column.label for column in hours.columns if column.label][:2] == ["12:00", "16:00"]


def test_a_sparkline_reaches_its_top_and_never_vanishes() -> None:
    bars = charts.spark([0, 5, 10])
    assert [bar.height for bar in bars] == [1.0, 12.0, 24.0]
    assert all(bar.y + bar.height == charts.SPARK_HEIGHT for bar in bars)
    assert charts.spark([]) == []
    assert {bar.height for bar in charts.spark([0, 0])} == {1.0}
