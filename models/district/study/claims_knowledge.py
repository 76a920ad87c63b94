"""Claims C25 to C30: knowledge that stays in place."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.evidence import ScenarioRuns
from simdistrict.tables.reading import first_year, least, mean, most, stacked

from .common import BASELINE, DISTRICTS, ENGINEERING
from .reading import by_district, hands_on_offshore, offshore_series

LEFT, LOST = "making_leaves", "knowledge_lost"
MIRANDOLA = "Mirandola"


def forgotten(runs: ScenarioRuns) -> Reals:
    """Tacit knowledge of making that five years of standstill destroy, in percent, by district."""
    left, whole = (
        by_district(runs, name, "tacit knowledge", 2005, DISTRICTS, stage="making", location="home")
        for name in ("output_stops", BASELINE)
    )
    return 100 * (1 - left / whole)


def least_forgotten(runs: ScenarioRuns) -> Reals:
    """The smallest share forgotten, of the districts."""
    return least(forgotten(runs))


def most_forgotten(runs: ScenarioRuns) -> Reals:
    """The largest share forgotten, of the districts."""
    return most(forgotten(runs))


def spread_lost(runs: ScenarioRuns) -> Reals:
    """By how much full transfer narrows the spread of jobs 2019 over 1991, in percent."""
    spreads = []
    for name in ("sticky_off", BASELINE):
        now, then = (by_district(runs, name, "employment", y, DISTRICTS) for y in (2019, 1991))
        spreads.append(np.log(now / then).std(axis=-1))
    return np.asarray(100 * (1 - spreads[0] / spreads[1]))


def owners_leave(runs: ScenarioRuns) -> Reals:
    """Years from half of Mirandola's knowledge to half of its multinational share."""
    known, owned = (
        runs.series(LOST, e, 1980, 2060, district=MIRANDOLA)
        for e in ("tacit knowledge index", "multinational share")
    )
    start = known[:, 30:31], owned[:, 30:31]
    halved = first_year(known < 0.5 * start[0], 1980)
    gone = first_year(owned < 0.5 * start[1], 1980)
    return np.where(np.isfinite(halved), gone - np.minimum(halved, 2060), np.nan)


def gain_of_output(runs: ScenarioRuns, scenario: str, names: tuple[str, ...]) -> Reals:
    """Output of 2035 above the baseline's, in percent: members by districts."""
    there, here = (
        by_district(runs, name, "relative output", 2035, names) for name in (scenario, BASELINE)
    )
    return 100 * (there / here - 1)


def least_gain(runs: ScenarioRuns, scenario: str, names: tuple[str, ...]) -> Reals:
    """The smallest of these gains."""
    return least(gain_of_output(runs, scenario, names))


def most_gain(runs: ScenarioRuns, scenario: str, names: tuple[str, ...]) -> Reals:
    """The largest of these gains."""
    return most(gain_of_output(runs, scenario, names))


def mean_gain(runs: ScenarioRuns, scenario: str, names: tuple[str, ...]) -> Reals:
    """The mean of these gains."""
    return mean(gain_of_output(runs, scenario, names))


def making_gone(runs: ScenarioRuns, district: str) -> Reals:
    """The year in which half of assembly and making has left."""
    return first_year(hands_on_offshore(runs, LEFT, 1980, 2060, district) > 0.5, 1980)


def quality_follows(runs: ScenarioRuns) -> Reals:
    """Years until quality grows half a point a year slower, mean of engineering districts."""
    delays = []
    for d in ENGINEERING:
        there, here = (runs.series(n, "quality", 1980, 2060, district=d) for n in (LEFT, BASELINE))
        slower = np.diff(np.log(there / here), axis=-1) < -0.005
        delays.append(first_year(slower, 1981) - making_gone(runs, d))
    return mean(stacked(delays))


def design_follows(runs: ScenarioRuns) -> Reals:
    """Years from completeness below 0.4 to the first 5 points of design gone, the fewest."""
    delays = []
    for d in ENGINEERING:
        local = runs.series(LEFT, "completeness", 1980, 2060, district=d)
        design = offshore_series(runs, LEFT, 1980, 2060, d, "design")
        broken = first_year(local < 0.4, 1980)
        going = first_year(design > design[:, 15:16] + 0.05, 1980)
        delays.append(np.where(np.isfinite(broken), going - np.minimum(broken, 2060), np.nan))
    return least(stacked(delays))


def share_of_joint(runs: ScenarioRuns, element: str, **labels: str) -> Reals:
    """The larger gain of one kind of knowledge over that of both, all districts, 2040, percent."""
    none, tacit, analytical, both = (
        by_district(runs, f"knowledge_alone:{v}", element, 2040, DISTRICTS, **labels)
        for v in ("none", "tacit", "analytical", "both")
    )
    gains = [mean(x / none - 1) for x in (tacit, analytical, both)]
    return 100 * np.maximum(gains[0], gains[1]) / gains[2]
