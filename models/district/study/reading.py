"""What measures of claims read from runs, over members: shares, sums, changes."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.evidence import ScenarioRuns
from simdistrict.tables.reading import stacked, summed

from .common import BASELINE, DISTRICTS, HANDS_ON

EXPOSED = 0.25


def by_district(
    runs: ScenarioRuns,
    scenario: str,
    element: str,
    year: float,
    names: Iterable[str],
    **labels: str,
) -> Reals:
    """An element in some districts: members by districts."""
    return stacked(runs.at(scenario, element, year, district=d, **labels) for d in names)


def total(
    runs: ScenarioRuns,
    scenario: str,
    element: str,
    year: float,
    names: Iterable[str],
    **labels: str,
) -> Reals:
    """The sum of an element over some districts."""
    return summed(by_district(runs, scenario, element, year, names, **labels))


def change(
    runs: ScenarioRuns, scenario: str, element: str, year: float, since: float, **labels: str
) -> Reals:
    """Change of an element from another year, in percent."""
    then = runs.at(scenario, element, since, **labels)
    return 100 * (runs.at(scenario, element, year, **labels) / then - 1)


def jobs(runs: ScenarioRuns, scenario: str, district: str, since: int, until: int) -> Reals:
    """Change of jobs with incumbents between two years, in percent."""
    return change(runs, scenario, "employment", until, since, district=district)


def jobs_kept(runs: ScenarioRuns, scenario: str, names: tuple[str, ...]) -> Reals:
    """Jobs of 2019 over those of 1991: members by districts."""
    now, then = (by_district(runs, scenario, "employment", y, names) for y in (2019, 1991))
    return now / then


def parts_ratio(runs: ScenarioRuns, scenario: str, year: float) -> Reals:
    """Imported parts over sales, all districts."""
    parts, sales = (total(runs, scenario, e, year, DISTRICTS) for e in ("parts imports", "sales"))
    return parts / sales


def offshore(runs: ScenarioRuns, scenario: str, year: float, district: str, stage: str) -> Reals:
    """The share of a stage that is made near or far."""
    place = {"district": district, "stage": stage, "location": "home"}
    return 1 - runs.at(scenario, "sourcing share", year, **place)


def offshore_series(
    runs: ScenarioRuns, scenario: str, first: int, last: int, district: str, stage: str
) -> Reals:
    """The same over years: members by years."""
    place = {"district": district, "stage": stage, "location": "home"}
    return 1 - runs.series(scenario, "sourcing share", first, last, **place)


def hands_on_offshore(
    runs: ScenarioRuns, scenario: str, first: int, last: int, district: str
) -> Reals:
    """The offshore share of assembly and making together, weighted by cost: members by years."""
    weights = [
        runs.at(scenario, "cost share", first, district=district, stage=s)[:, None]
        for s in HANDS_ON
    ]
    shares = [offshore_series(runs, scenario, first, last, district, s) for s in HANDS_ON]
    return (weights[0] * shares[0] + weights[1] * shares[1]) / (weights[0] + weights[1])


def hands_on_offshore_at(runs: ScenarioRuns, scenario: str, year: int, district: str) -> Reals:
    """The same in one year."""
    return hands_on_offshore(runs, scenario, year, year, district)[:, 0]


def exposed(runs: ScenarioRuns, names: Iterable[str]) -> Reals:
    """1 for districts with more than 25% of assembly offshore in the baseline of 2008, else NaN."""
    shares = stacked(offshore(runs, BASELINE, 2008, d, "assembly") for d in names)
    return np.where(shares > EXPOSED, 1.0, np.nan)
