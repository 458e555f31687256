"""NPS and its interval, against worked examples of the contract and of its source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.feedback.documents.survey import group
from rapport.feedback.statistics import GROUPS, Score


@pytest.mark.parametrize(
    ("score", "told", "low", "high"),
    [
        (Score(2, 2, 1), 20, -38.7, 63.7),  # contract, "Answers"
        (Score(1, 0, 0), 100, -48.5, 98.5),
        (Score(0, 0, 1), -100, -98.5, 48.5),
        (Score(5, 0, 0), 100, 17.5, 100),  # cut
        (Score(0, 0, 5), -100, -100, -17.5),
        (Score(0, 5, 0), 0, -30.0, 30.0),
    ],
)
def test_the_score_and_its_interval(score: Score, told: float, low: float, high: float) -> None:
    assert score.score == told
    assert score.interval == pytest.approx((low, high), abs=0.05)


def test_a_worked_example() -> None:
    """36 people: n' = 39, p' = 15.75 / 39, d' = 9.75 / 39; 15.38 ± 24.91."""
    score = Score(15, 12, 9)
    assert score.score == pytest.approx(16.67, abs=0.005)
    assert score.interval == pytest.approx((-9.53, 40.30), abs=0.005)


def test_nobody_has_no_score() -> None:
    assert (Score(0, 0, 0).score, Score(0, 0, 0).interval) == (None, None)


def test_the_groups_of_scores() -> None:
    assert [group(score) for score in range(11)] == ["detractor"] * 7 + ["passive"] * 2 + ["promoter"] * 2
    assert all(group(score) == name for name, scores in GROUPS.items() for score in scores)
    assert Score.of({10: 1, 9: 2, 8: 3, 7: 4, 6: 5, 0: 6, None: 7}) == Score(3, 7, 11)


@given(st.tuples(*[st.integers(0, 10_000)] * 3))
def test_the_interval_is_within_its_bounds_and_narrows(numbers: tuple[int, int, int]) -> None:
    few, many = Score(*numbers), Score(*(10 * number for number in numbers))
    if few.n:
        low, high = few.interval or (0, 0)
        assert -100 <= low <= high <= 100
        assert min(-100, low) <= (few.score or 0) <= max(100, high)
        assert few.is_small == (few.n < 10)
        narrow = many.interval or (0, 0)
        if few.n > 30:
            assert narrow[1] - narrow[0] <= high - low
