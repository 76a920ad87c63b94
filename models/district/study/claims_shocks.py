"""Claims C6 to C10: vulnerability, the shocks that showed it, and the state."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.evidence import ScenarioRuns
from simdistrict.tables.reading import first_year, least, mean, most, stacked, summed

from .common import (
    BASELINE,
    DISTRICTS,
    ENGINEERING,
    MIDWEST,
    MITTELSTAND,
)
from .reading import by_district, exposed, hands_on_offshore_at, total

CRISIS, CALM = "crisis_2008", "what_if:no_crisis"
STRONG, WEAK = (*ENGINEERING, MITTELSTAND), ("Prato", "Brenta", MIDWEST)


def lost_output(
    runs: ScenarioRuns, scenario: str, calm: str, first: int, last: int, district: str
) -> Reals:
    """Years of output that a district loses in a scenario."""
    with_it, without = (
        runs.series(name, "relative output", first, last, district=district)
        for name in (scenario, calm)
    )
    return summed(1 - with_it / without)


def loss_against_dependence(runs: ScenarioRuns) -> Reals:
    """Loss of 2019 over that of 2000, over the same ratio of the offshore share."""
    losses, shares = [], []
    for year in (2000, 2019):
        name = f"same_disruption:in_{year}"
        lost = (lost_output(runs, name, BASELINE, year, year + 5, d) for d in DISTRICTS)
        losses.append(summed(stacked(lost)))
        shares.append(summed(1 - by_district(runs, BASELINE, "home share", year, DISTRICTS)))
    return losses[1] / losses[0] / (shares[1] / shares[0])


def profit_lost(runs: ScenarioRuns) -> Reals:
    """Expected loss in ten years in percent of a year's profit, mean of exposed districts, 2019."""
    loss, margin = (
        by_district(runs, BASELINE, e, 2019, DISTRICTS)
        for e in ("expected disruption loss", "smoothed margin")
    )
    return mean(100 * 10 * loss / margin * exposed(runs, DISTRICTS))


def over_calm(runs: ScenarioRuns, district: str, first: int, last: int) -> Reals:
    """Output after the crisis over output without the crisis: members by years."""
    crisis, calm = (
        runs.series(name, "relative output", first, last, district=district)
        for name in (CRISIS, CALM)
    )
    return crisis / calm


def recovery(runs: ScenarioRuns) -> Reals:
    """Years after 2009 until the slowest strong district is back at 95% of its path."""
    return most(stacked(first_year(over_calm(runs, d, 2009, 2060) >= 0.95, 0) for d in STRONG))


def scar(runs: ScenarioRuns) -> Reals:
    """Output still missing twenty years later in the least hurt weak district, in percent."""
    return 100 * least(stacked(1 - over_calm(runs, d, 2029, 2029)[:, 0] for d in WEAK))


def offshoring_after_2008(runs: ScenarioRuns) -> Reals:
    """Hands-on work offshored from 2008 to 2019, in percent of that from 1997 to 2008."""
    before, crisis, after = (
        summed(stacked(hands_on_offshore_at(runs, BASELINE, y, d) for d in DISTRICTS))
        for y in (1997, 2008, 2019)
    )
    return 100 * (after - crisis) / (crisis - before)


def added_risk(runs: ScenarioRuns, year: float) -> Reals:
    """Perceived far risk added by the shocks of 2020 to 2023."""
    with_it, without = (
        runs.at(name, "perceived disruption loss", year, offshore="far")
        for name in ("pandemic_shock", BASELINE)
    )
    return with_it - without


def half_life_of_risk(runs: ScenarioRuns) -> Reals:
    """Half-life of the added risk in years, from its fall from 2021 to 2025."""
    return np.asarray(4 * np.log(2) / np.log(added_risk(runs, 2021) / added_risk(runs, 2025)))


def jump_of_risk(runs: ScenarioRuns) -> Reals:
    """Risk added in 2021, in percent of the perceived risk of the baseline."""
    usual = runs.at(BASELINE, "perceived disruption loss", 2021, offshore="far")
    return 100 * added_risk(runs, 2021) / usual


def moved_offshore(runs: ScenarioRuns, scenario: str) -> Reals:
    """The largest move of an offshore share in 2035 against the baseline, in points."""
    there, here = (
        by_district(runs, name, "home share", 2035, DISTRICTS) for name in (scenario, BASELINE)
    )
    return 100 * most(np.abs(there - here))


def missing_capacity(runs: ScenarioRuns) -> Reals:
    """Capacity of industrial policy by 2032 that a hollow state does not build, in percent."""
    hollow, rebuilt, base = (
        summed(
            stacked(
                total(runs, name, "capacity", 2032, DISTRICTS, stage=s, location="home")
                for s in ("making", "design")
            )
        )
        for name in ("hollow_state", "industrial_policy", BASELINE)
    )
    return 100 * (1 - (hollow - base) / (rebuilt - base))
