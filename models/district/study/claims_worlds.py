"""Claims C44, C45 and C47: many possible worlds."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.evidence import ScenarioRuns
from simdistrict.tables.reading import first_year, most, stacked, summed

from .common import BASELINE, DISTRICTS
from .reading import by_district

PATHS = ("never", "security_2040", "renaissance_2040", "tariffs_2040")
# a sweep: its test scenario, and its years in each direction, from START on
QUICK, SLOW = ("tariff_sweep", 40), ("tariff_sweep_slow", 400)
START, TOP = 2160, 0.6


def apart(runs: ScenarioRuns) -> Reals:
    """Points of home share of 2070 between policy histories that ended by 2040, by districts."""
    ends = stacked(
        by_district(runs, f"return_to_globalisation:{path}", "home share", 2070, DISTRICTS)
        for path in PATHS
    )
    return np.asarray(100 * (ends.max(axis=-1) - ends.min(axis=-1)))


def most_apart(runs: ScenarioRuns) -> Reals:
    """The largest of these differences."""
    return most(apart(runs))


def furthest_apart(runs: ScenarioRuns) -> str:
    """The district where they are furthest apart, in a single run."""
    return DISTRICTS[int(apart(runs)[0].argmax())]


def ways(runs: ScenarioRuns, sweep: tuple[str, int], district: str) -> tuple[Reals, Reals]:
    """Home shares while the tariff rises and falls, both by rising tariff: members by years."""
    name, years = sweep
    share = runs.series(name, "home share", START, START + 2 * years, district=district)
    return share[:, : years + 1], share[:, years:][:, ::-1]


def loop_area(runs: ScenarioRuns, sweep: tuple[str, int]) -> Reals:
    """Area of the hysteresis loop, share times tariff, the largest of the districts."""

    def area(district: str) -> Reals:
        up, down = ways(runs, sweep, district)
        between = np.abs(down - up)
        # the trapezoid rule over equal steps of the tariff
        inner = summed(between) - (between[:, 0] + between[:, -1]) / 2
        return inner * TOP / sweep[1]

    return most(stacked(area(d) for d in DISTRICTS))


def loop_of_the_tariff(runs: ScenarioRuns) -> Reals:
    """The area of the quick sweep."""
    return loop_area(runs, QUICK)


def slow_over_quick(runs: ScenarioRuns) -> Reals:
    """The area of the slow sweep over that of the quick one."""
    return loop_area(runs, SLOW) / loop_area(runs, QUICK)


def thresholds(runs: ScenarioRuns, sweep: tuple[str, int]) -> Reals:
    """Points of tariff between the thresholds of rise and fall, by districts.

    A threshold is where the home share passes its middle. The middle lies between the lowest
    and the highest share while the tariff rises. No case: districts that the whole tariff moves
    by less than a point.
    """

    def difference(district: str) -> Reals:
        up, down = ways(runs, sweep, district)
        low, high = up.min(axis=-1, keepdims=True), up.max(axis=-1, keepdims=True)
        # the first step of the tariff at which the share exceeds its middle
        forward, back = (first_year(way >= (low + high) / 2, 0) for way in (up, down))
        moved = (high - low)[:, 0] > 0.01
        return np.where(moved, 100 * (forward - back) * TOP / sweep[1], np.nan)

    return stacked(difference(d) for d in DISTRICTS)


def widest_thresholds(runs: ScenarioRuns) -> Reals:
    """The largest difference in the slow sweep."""
    return most(thresholds(runs, SLOW))


def widest(runs: ScenarioRuns) -> str:
    """Where the thresholds differ most, in a single run."""
    values = thresholds(runs, SLOW)[0]
    return "no district" if np.isnan(values).all() else DISTRICTS[int(np.nanargmax(values))]


def moved_for_good(runs: ScenarioRuns, scenario: str) -> Reals:
    """1 for districts with 20% more output than the baseline 15 years after the end, else 0."""
    there, here = (
        by_district(runs, name, "relative output", 2060, DISTRICTS) for name in (scenario, BASELINE)
    )
    return np.where(there >= 1.2 * here, 1.0, 0.0)


def how_many_moved(runs: ScenarioRuns, scenario: str) -> Reals:
    """The number of these districts."""
    return summed(moved_for_good(runs, scenario))


def names_moved(runs: ScenarioRuns, scenario: str) -> str:
    """The names of these districts in a single run."""
    moved = moved_for_good(runs, scenario)[0]
    return ", ".join(d for d, m in zip(DISTRICTS, moved, strict=True) if m) or "none"
