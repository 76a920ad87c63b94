"""Claims C1 to C5: what cost minimisers did to value chains."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.evidence import ScenarioRuns
from simdistrict.tables.reading import first_year, least, mean, most, stacked, summed

from .common import BASELINE, DISTRICTS
from .reading import (
    EXPOSED,
    by_district,
    exposed,
    hands_on_offshore_at,
    offshore,
    offshore_series,
    parts_ratio,
)


def driven_by_gap(runs: ScenarioRuns) -> Reals:
    """The share of offshoring in 2008 that vanishes without the labour-cost gap, in percent."""
    left, whole = (
        summed(stacked(hands_on_offshore_at(runs, name, 2008, d) for d in DISTRICTS))
        for name in ("loops_cut:no_B2", BASELINE)
    )
    return 100 * (1 - left / whole)


def years_between_stages(runs: ScenarioRuns) -> Reals:
    """Years from 25% of assembly offshore to 25% of making, shortest of exposed districts."""

    def passed(district: str, stage: str) -> Reals:
        shares = offshore_series(runs, BASELINE, 1980, 2060, district, stage)
        return first_year(shares > EXPOSED, 1980)

    # a district that is not exposed may never pass and is no case
    last = np.float64(2060)
    gaps = stacked(passed(d, "making") - np.minimum(passed(d, "assembly"), last) for d in DISTRICTS)
    return least(gaps * exposed(runs, DISTRICTS))


def design_abroad(runs: ScenarioRuns) -> Reals:
    """The largest offshore share of design until 2024."""
    return 100 * most(
        stacked(most(offshore_series(runs, BASELINE, 1980, 2024, d, "design")) for d in DISTRICTS)
    )


def fall_of_assembly(runs: ScenarioRuns, scenario: str) -> Reals:
    """Points of offshore assembly that a scenario lacks in 2008, mean of exposed districts."""
    falls = stacked(
        offshore(runs, BASELINE, 2008, d, "assembly")
        - offshore(runs, scenario, 2008, d, "assembly")
        for d in DISTRICTS
    )
    return 100 * mean(falls * exposed(runs, DISTRICTS))


def learnt_abroad(runs: ScenarioRuns, of_unit_cost: bool) -> Reals:
    """By how much labour per unit of far assembly falls from 1990 to 2010 by learning, in percent.

    of_unit_cost: the same in percent of the unit cost of 1990, at the wages of that year.
    """
    falls = []
    for d in DISTRICTS:
        place = {"district": d, "stage": "assembly", "location": "far"}
        then, now = (runs.at(BASELINE, "labour requirement", y, **place) for y in (1990, 2010))
        labour, cost = (
            runs.at(BASELINE, e, 1990, **place) for e in ("labour cost", "production cost")
        )
        falls.append((labour / cost if of_unit_cost else 1) * (1 - now / then))
    return 100 * mean(stacked(falls))


def growth_of_parts(runs: ScenarioRuns, year: float, since: float) -> Reals:
    """Parts over sales of one year over that of another, in the baseline."""
    return parts_ratio(runs, BASELINE, year) / parts_ratio(runs, BASELINE, since)


def kinds_of_trade(
    runs: ScenarioRuns, year: float, exports_goods: bool, imports_parts: bool
) -> Reals:
    """How many districts export 60% of their sales or not, and import 20% of them as parts."""
    sales, exports, parts = (
        by_district(runs, BASELINE, e, year, DISTRICTS)
        for e in ("sales", "exports", "parts imports")
    )
    of_kind = ((exports / sales > 0.6) == exports_goods) & ((parts / sales > 0.2) == imports_parts)
    return summed(of_kind.astype(float))
