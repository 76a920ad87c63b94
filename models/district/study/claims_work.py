"""Claims C31 to C35: universities, automation and the people who work."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.evidence import ScenarioRuns
from simdistrict.tables.reading import first_year, mean, stacked, summed

from .common import BASELINE, DISTRICTS, MITTELSTAND
from .reading import by_district

I40 = "industry40_colocation"
VICENZA = "Vicenza"
# years, longer than any run: replaces `never` in quotients
LONG = 1e4


def years_to_half(runs: ScenarioRuns, scenario: str) -> Reals:
    """Years from 1980 until half of what can be automated in making of Vicenza is."""
    place = {"district": VICENZA, "hands_on_stage": "making"}
    spread = runs.series(scenario, "automation", 1980, 2060, **place)
    limit = runs.at(scenario, "automatable share", 1980, **place)
    return first_year(spread >= 0.5 * limit[:, None], 0)


def sooner(runs: ScenarioRuns) -> Reals:
    """Percent by which co-location shortens that; no case if it never happens."""
    with_it, without = (years_to_half(runs, name) for name in ("what_if:colocated", BASELINE))
    then = np.minimum(with_it, LONG)
    return np.where(then < LONG, 100 * (1 - then / without), np.nan)


def labour_share(runs: ScenarioRuns, scenario: str) -> Reals:
    """Labour share of the cost of output, 2040: members by districts."""
    wages, cost, made = (
        by_district(runs, scenario, e, 2040, DISTRICTS)
        for e in ("wage bill", "realised unit cost", "output")
    )
    return wages / (cost * made)


def labour_share_falls(runs: ScenarioRuns) -> Reals:
    """Percent by which Industry 4.0 lowers it, mean of districts."""
    return mean(100 * (1 - labour_share(runs, I40) / labour_share(runs, BASELINE)))


def response_falls(runs: ScenarioRuns) -> Reals:
    """By how many percent the home share of 2050 responds less to cheaper home labour."""
    moved = []
    for cheap, usual in (("wage_gap:industry40", I40), ("wage_gap:as_it_is", BASELINE)):
        there, here = (by_district(runs, n, "home share", 2050, DISTRICTS) for n in (cheap, usual))
        moved.append(summed(there - here))
    return 100 * (1 - moved[0] / moved[1])


def with_industry40(runs: ScenarioRuns, element: str) -> Reals:
    """A sum over districts in 2040 above the baseline's, in percent."""
    there, here = (
        summed(by_district(runs, name, element, 2040, DISTRICTS)) for name in (I40, BASELINE)
    )
    return 100 * (there / here - 1)


def loss_after_crisis(runs: ScenarioRuns, crisis: str, calm: str) -> Reals:
    """Years of output that districts lose from 2009 to 2015, together."""
    lost = []
    for d in DISTRICTS:
        pair = [runs.series(n, "relative output", 2009, 2015, district=d) for n in (crisis, calm)]
        lost.append(summed(1 - pair[0] / pair[1]))
    return summed(stacked(lost))


def loss_without_bonds(runs: ScenarioRuns) -> Reals:
    """Percent by which that is larger with the embeddedness of near locations."""
    loose = loss_after_crisis(
        runs, "what_if:embedded_as_near", "what_if:embedded_as_near_no_crisis"
    )
    return 100 * (loose / loss_after_crisis(runs, BASELINE, "what_if:no_crisis") - 1)


def lead_of_mittelstand(runs: ScenarioRuns, names: tuple[str, ...]) -> Reals:
    """Years until the middle one of some districts is where Mittelstand was in 2010."""

    def automation(district: str) -> Reals:
        place = {"district": district, "hands_on_stage": "making"}
        return runs.series(BASELINE, "automation", 1980, 2060, **place)

    level = automation(MITTELSTAND)[:, 30:31]
    years = stacked(first_year(automation(d) >= level, 1980) for d in names)
    return np.asarray(np.median(years, axis=-1) - 2010)
