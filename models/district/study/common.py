"""What the tables of the district model have in common: names, scenarios, bands, shares."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.study import Simulated, Study
from simdistrict.tables.table import Cell, Column

BASELINE = "neoliberal_globalisation"
SCENARIOS = (BASELINE, "security_tariffs", "friend_shoring", "industrial_policy")
DISTRICTS = (
    "Prato",
    "Brenta",
    "Montebelluna",
    "Mirandola",
    "Bologna packaging",
    "Reggio agricultural machinery",
    "Sassuolo",
    "Vicenza",
    "German Mittelstand",
    "US Midwest",
)
ENGINEERING = ("Mirandola", "Bologna packaging", "Reggio agricultural machinery", "Vicenza")
MITTELSTAND, MIDWEST = "German Mittelstand", "US Midwest"
HANDS_ON = ("assembly", "making")
OFFSHORE = ("near", "far")
# heads of wide tables
SHORT = {
    "Bologna packaging": "Bologna",
    "Reggio agricultural machinery": "Reggio",
    MITTELSTAND: "Mittelstand",
    MIDWEST: "Midwest",
}
HOLDS, FAILS, SHOWN, NO_CASE = "holds", "FAILS", "shown", "no case"


@dataclass(frozen=True, slots=True)
class Test:
    """A number beside the band that it should lie in; an open end is None."""

    of: str
    what: str
    low: float | None
    high: float | None
    value: float

    @property
    def holds(self) -> bool:
        """Whether the value lies in the band, its ends included."""
        above = self.low is None or self.value >= self.low
        return above and (self.high is None or self.value <= self.high)

    @property
    def verdict(self) -> str:
        """Whether it holds; a number without a band is only shown."""
        if self.low is None and self.high is None:
            return SHOWN
        if math.isnan(self.value):
            return NO_CASE
        return HOLDS if self.holds else FAILS

    def row(self) -> tuple[Cell, ...]:
        """Verdict first."""
        return (self.verdict, self.of, self.what, self.low, self.high, self.value)


def verdict_columns(of: str, digits: int = 3) -> tuple[Column, ...]:
    """The columns of `Test.row`."""
    ends = (Column(name, significant=digits) for name in ("low", "high", "value"))
    return (Column("verdict"), Column(of), Column("what"), *ends)


def failing_first(tests: list[Test]) -> tuple[tuple[Cell, ...], ...]:
    """The rows, failing ones first, else in the order given."""
    order = (FAILS, NO_CASE)
    first = sorted(tests, key=lambda t: order.index(t.verdict) if t.verdict in order else 2)
    return tuple(test.row() for test in first)


def short(district: str) -> str:
    """The name of a district as the head of a column."""
    return SHORT.get(district, district)


def districts(study: Study) -> list[str]:
    """The ten, in the model's order."""
    return list(study.run(BASELINE).labels("district"))


def percent(ratio: float) -> float:
    """A ratio as a change in percent."""
    return 100 * (ratio - 1)


def offshore(run: Simulated, year: float, district: str, stage: str) -> float:
    """The share of a stage that is made near or far."""
    return 1 - run.at("sourcing share", year, district=district, stage=stage, location="home")


def hands_on_offshore(run: Simulated, district: str) -> Reals:
    """The offshore share of assembly and making together, weighted by cost, over the years."""
    weights = [run.series("cost share", district=district, stage=s) for s in HANDS_ON]
    shares = [
        1 - run.series("sourcing share", district=district, stage=s, location="home")
        for s in HANDS_ON
    ]
    total = weights[0] + weights[1]
    return np.asarray((weights[0] * shares[0] + weights[1] * shares[1]) / total)


def hands_on_offshore_at(run: Simulated, year: float, district: str) -> float:
    """The same in one year."""
    return float(hands_on_offshore(run, district)[run.years == year][0])
