"""The Net Promoter Score and how sure it is; pure (contract, "Answers")."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt
from typing import NamedTuple

#: Group -> its scores. NPS is the share of promoters less that of detractors.
GROUPS = {"promoter": range(9, 11), "passive": range(7, 9), "detractor": range(7)}
#: Fewer answers than this are shown instead of a score.
FEW = 10
#: Of the normal distribution, for 95 %.
_Z = 1.96


class Score(NamedTuple):
    """How many answers of each group there are."""

    promoters: int
    passives: int
    detractors: int

    @classmethod
    def of(cls, counts: Mapping[int | None, int]) -> Score:
        """Of score -> answers; those without a score count for nothing."""
        return cls(*(sum(counts.get(score, 0) for score in scores) for scores in GROUPS.values()))

    @property
    def n(self) -> int:
        """All of them."""
        return self.promoters + self.passives + self.detractors

    @property
    def score(self) -> float | None:
        """From -100 to 100; None where nobody answered."""
        return (self.promoters - self.detractors) / self.n * 100 if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Its 95 % interval: adjusted Wald, three answers added, a quarter of them to either end.

        Rocks 2016, as described in measuringu.com/nps-three-confidence-intervals.
        """
        if not self.n:
            return None
        n = self.n + 3
        p, d = (self.promoters + 0.75) / n, (self.detractors + 0.75) / n
        half = _Z * sqrt((p + d - (p - d) ** 2) / n)
        return max(-100.0, (p - d - half) * 100), min(100.0, (p - d + half) * 100)

    @property
    def is_small(self) -> bool:
        """Whether the answers say more than their score."""
        return self.n < FEW
