"""Claims C44, C45 and C47: many possible worlds."""

from __future__ import annotations

import numpy as np

from simdistrict.tables.district.common import BASELINE, DISTRICTS
from simdistrict.tables.district.evidence import Claim, Measure, Runs
from simdistrict.tables.district.reading import by_district, most, stacked, summed
from simdistrict.tables.study import Array

PATHS = ("never", "security_2040", "renaissance_2040", "tariffs_2040")
# a sweep: its probe, and the years that it takes each way from 2060 on
QUICK, SLOW = ("tariff_sweep", 40), ("tariff_sweep_slow", 400)
TOP = 0.6
MIX, SKILLS = "district_renaissance", "capability_only"


def apart(runs: Runs) -> Array:
    """Points of home share of 2070 between policy histories that ended by 2040, by districts."""
    ends = stacked(
        by_district(runs, f"return_to_globalisation:{path}", "home share", 2070, DISTRICTS)
        for path in PATHS
    )
    return np.asarray(100 * (ends.max(axis=-1) - ends.min(axis=-1)))


def furthest_apart(runs: Runs) -> str:
    """Where, in a single run."""
    return DISTRICTS[int(apart(runs)[0].argmax())]


def ways(runs: Runs, sweep: tuple[str, int], district: str) -> tuple[Array, Array]:
    """Home shares on the way up and on the way down, both by rising tariff: members by years."""
    name, years = sweep
    share = runs.series(name, "home share", 2060, 2060 + 2 * years, district=district)
    return share[:, : years + 1], share[:, years:][:, ::-1]


def loop_area(runs: Runs, sweep: tuple[str, int]) -> Array:
    """Share times tariff between both ways, the largest of the districts."""

    def area(district: str) -> Array:
        up, down = ways(runs, sweep, district)
        between = np.abs(down - up)
        # the trapezoid rule over equal steps of the tariff
        inner = summed(between) - (between[:, 0] + between[:, -1]) / 2
        return inner * TOP / sweep[1]

    return most(stacked(area(d) for d in DISTRICTS))


def thresholds_differ(runs: Runs, sweep: tuple[str, int]) -> Array:
    """Points of tariff between where the home share passes its middle up and down, the most.

    The middle lies between the lowest and the highest share of the way up. No case: districts
    that the whole tariff moves by less than a point.
    """

    def difference(district: str) -> Array:
        up, down = ways(runs, sweep, district)
        low, high = up.min(axis=-1, keepdims=True), up.max(axis=-1, keepdims=True)
        passed = [
            np.where(
                (way >= (low + high) / 2).any(axis=-1), (way >= (low + high) / 2).argmax(axis=-1), 0
            )
            for way in (up, down)
        ]
        moved = (high - low)[:, 0] > 0.01
        return np.where(moved, 100 * (passed[0] - passed[1]) * TOP / sweep[1], np.nan)

    return most(stacked(difference(d) for d in DISTRICTS))


def moved_for_good(runs: Runs, scenario: str, base: str = BASELINE) -> Array:
    """1 for districts with 20% more output than the baseline 15 years after the end, else 0."""
    there, here = (
        by_district(runs, name, "relative output", 2060, DISTRICTS) for name in (scenario, base)
    )
    return np.where(there >= 1.2 * here, 1.0, 0.0)


def names_moved(runs: Runs, scenario: str) -> str:
    """Which, in a single run."""
    moved = moved_for_good(runs, scenario)[0]
    return ", ".join(d for d, m in zip(DISTRICTS, moved, strict=True) if m) or "none"


CLAIMS = (
    Claim(
        "C44",
        "Politics chooses among attainable worlds.",
        (
            Measure(
                "histories that part until 2040: home share of 2070 apart, most, points",
                20,
                None,
                lambda runs: most(apart(runs)),
                furthest_apart,
            ),
        ),
    ),
    Claim(
        "C45",
        "What is lost is not regained by undoing the cause.",
        (
            Measure(
                "tariff up and down over 40 years each: loop area, largest, share x tariff",
                0,
                None,
                lambda runs: loop_area(runs, QUICK),
            ),
            Measure(
                "ten times slower: its area over that",
                None,
                None,
                lambda runs: loop_area(runs, SLOW) / loop_area(runs, QUICK),
            ),
            Measure(
                "ten times slower: return threshold below the forward one, most, points of tariff",
                5,
                None,
                lambda runs: thresholds_differ(runs, SLOW),
            ),
        ),
    ),
    Claim(
        "C47",
        "Districts can be a model again.",
        tuple(
            Measure(
                f"{name.replace('_', ' ')}: districts with 20% more output in 2060, 15 years after",
                None,
                None,
                lambda runs, s=name: summed(moved_for_good(runs, s)),  # type: ignore[misc]
                lambda runs, s=name: names_moved(runs, s),  # type: ignore[misc]
            )
            for name in (MIX, SKILLS)
        ),
    ),
)
