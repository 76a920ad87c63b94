"""Claims C1 to C10: what the old regime did to value chains."""

from __future__ import annotations

import numpy as np

from simdistrict.tables.district.common import (
    BASELINE,
    DISTRICTS,
    ENGINEERING,
    MIDWEST,
    MITTELSTAND,
)
from simdistrict.tables.district.evidence import Claim, Measure, Runs
from simdistrict.tables.district.reading import (
    EXPOSED,
    by_district,
    exposed,
    first_year,
    hands_on_offshore_at,
    least,
    mean,
    most,
    offshore,
    offshore_series,
    stacked,
    summed,
    total,
)
from simdistrict.tables.study import Array

CRISIS, CALM = "crisis_2008", "what_if:no_crisis"
STRONG, WEAK = (*ENGINEERING, MITTELSTAND), ("Prato", "Brenta", MIDWEST)
FALL = "offshore share of assembly in 2008, fall in points, mean of exposed districts"


def driven_by_gap(runs: Runs) -> Array:
    """The part of offshoring in 2008 that is not there when labour costs the same everywhere."""
    left, whole = (
        summed(stacked(hands_on_offshore_at(runs, name, 2008, d) for d in DISTRICTS))
        for name in ("loops_cut:no_B2", BASELINE)
    )
    return 100 * (1 - left / whole)


def years_between_stages(runs: Runs) -> Array:
    """Years from 25% of assembly offshore to 25% of making, shortest of exposed districts."""

    def passed(district: str, stage: str) -> Array:
        shares = offshore_series(runs, BASELINE, 1980, 2060, district, stage)
        return first_year(shares > EXPOSED, 1980)

    # what is not exposed may never pass, and is no case
    last = np.float64(2060)
    gaps = stacked(passed(d, "making") - np.minimum(passed(d, "assembly"), last) for d in DISTRICTS)
    return least(gaps * exposed(runs, DISTRICTS))


def design_abroad(runs: Runs) -> Array:
    """The largest offshore share of design until 2024."""
    return 100 * most(
        stacked(most(offshore_series(runs, BASELINE, 1980, 2024, d, "design")) for d in DISTRICTS)
    )


def fall_of_assembly(runs: Runs, scenario: str) -> Array:
    """Points of offshore assembly that a scenario lacks in 2008, mean of exposed districts."""
    falls = stacked(
        offshore(runs, BASELINE, 2008, d, "assembly")
        - offshore(runs, scenario, 2008, d, "assembly")
        for d in DISTRICTS
    )
    return 100 * mean(falls * exposed(runs, DISTRICTS))


def learnt_abroad(runs: Runs, of_unit_cost: bool) -> Array:
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


def parts_ratio(runs: Runs, scenario: str, year: float) -> Array:
    """Imported parts over sales, all districts."""
    parts, sales = (total(runs, scenario, e, year, DISTRICTS) for e in ("parts imports", "sales"))
    return parts / sales


def growth_of_parts(runs: Runs, year: float, since: float) -> Array:
    """Parts over sales of one year over that of another, in the baseline."""
    return parts_ratio(runs, BASELINE, year) / parts_ratio(runs, BASELINE, since)


def kinds_of_trade(runs: Runs, year: float, exports_goods: bool, imports_parts: bool) -> Array:
    """How many districts export 60% of their sales or not, and import 20% of them as parts."""
    sales, exports, parts = (
        by_district(runs, BASELINE, e, year, DISTRICTS)
        for e in ("sales", "exports", "parts imports")
    )
    of_kind = ((exports / sales > 0.6) == exports_goods) & ((parts / sales > 0.2) == imports_parts)
    return summed(of_kind.astype(float))


def lost_output(
    runs: Runs, scenario: str, calm: str, first: int, last: int, district: str
) -> Array:
    """Years of output that a district loses in a scenario."""
    with_it, without = (
        runs.series(name, "relative output", first, last, district=district)
        for name in (scenario, calm)
    )
    return summed(1 - with_it / without)


def loss_against_dependence(runs: Runs) -> Array:
    """Loss of 2019 over that of 2000, over the same ratio of the offshore share."""
    losses, shares = [], []
    for year in (2000, 2019):
        name = f"same_disruption:in_{year}"
        lost = (lost_output(runs, name, BASELINE, year, year + 5, d) for d in DISTRICTS)
        losses.append(summed(stacked(lost)))
        shares.append(summed(1 - by_district(runs, BASELINE, "home share", year, DISTRICTS)))
    return losses[1] / losses[0] / (shares[1] / shares[0])


def profit_lost(runs: Runs) -> Array:
    """Expected loss in ten years in percent of a year's profit, mean of exposed districts, 2019."""
    loss, margin = (
        by_district(runs, BASELINE, e, 2019, DISTRICTS)
        for e in ("expected disruption loss", "smoothed margin")
    )
    return mean(100 * 10 * loss / margin * exposed(runs, DISTRICTS))


def over_calm(runs: Runs, district: str, first: int, last: int) -> Array:
    """Output after the crisis over that of a world without it: members by years."""
    crisis, calm = (
        runs.series(name, "relative output", first, last, district=district)
        for name in (CRISIS, CALM)
    )
    return crisis / calm


def recovery(runs: Runs) -> Array:
    """Years after 2009 until the slowest strong district is back at 95% of its path."""
    return most(stacked(first_year(over_calm(runs, d, 2009, 2060) >= 0.95, 0) for d in STRONG))


def scar(runs: Runs) -> Array:
    """What the least hurt weak district still lacks twenty years after, in percent."""
    return 100 * least(stacked(1 - over_calm(runs, d, 2029, 2029)[:, 0] for d in WEAK))


def offshoring_after_2008(runs: Runs) -> Array:
    """Points of hands-on work that went from 2008 to 2019, in percent of those 1997 to 2008."""
    before, crisis, after = (
        summed(stacked(hands_on_offshore_at(runs, BASELINE, y, d) for d in DISTRICTS))
        for y in (1997, 2008, 2019)
    )
    return 100 * (after - crisis) / (crisis - before)


def added_risk(runs: Runs, year: float) -> Array:
    """What the shocks of 2020 to 2023 add to perceived far risk."""
    with_it, without = (
        runs.at(name, "perceived disruption loss", year, offshore="far")
        for name in ("pandemic_shock", BASELINE)
    )
    return with_it - without


def half_life_of_risk(runs: Runs) -> Array:
    """Years in which that halves, by its fall from 2021 to 2025."""
    return np.asarray(4 * np.log(2) / np.log(added_risk(runs, 2021) / added_risk(runs, 2025)))


def jump_of_risk(runs: Runs) -> Array:
    """What is added in 2021, in percent of the perceived risk of the baseline."""
    usual = runs.at(BASELINE, "perceived disruption loss", 2021, offshore="far")
    return 100 * added_risk(runs, 2021) / usual


def moved_offshore(runs: Runs, scenario: str) -> Array:
    """The largest move of an offshore share in 2035 against the baseline, in points."""
    there, here = (
        by_district(runs, name, "home share", 2035, DISTRICTS) for name in (scenario, BASELINE)
    )
    return 100 * most(np.abs(there - here))


def memory(runs: Runs, variant: str, end: int) -> Array:
    """The policy regime ten years after the end of its pressure, over that at the end."""
    name = f"policy_memory:{variant}"
    return runs.at(name, "policy regime", end + 10) / runs.at(name, "policy regime", end)


def missing_capacity(runs: Runs) -> Array:
    """What a hollow state does not build of the capacity that industrial policy adds by 2032."""
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


CLAIMS = (
    Claim(
        "C1",
        "Cost minimisers move labour-intensive stages first.",
        (
            Measure(
                "offshoring of assembly and making in 2008 that goes with the cost gap (B2 cut), %",
                80,
                None,
                driven_by_gap,
            ),
            Measure(
                "fewest years from 25% of assembly offshore to 25% of making, exposed districts",
                5,
                None,
                years_between_stages,
            ),
            Measure("largest offshore share of design to 2024, %", None, 10, design_abroad),
        ),
    ),
    Claim(
        "C2",
        "Offshoring went so far because risk, carbon and social cost counted for nothing.",
        (
            Measure(
                f"full cost counted from 1995: {FALL}",
                5,
                20,
                lambda runs: fall_of_assembly(runs, "what_if:full_cost"),
            ),
        ),
    ),
    Claim(
        "C3",
        "Scale and learning abroad feed on themselves (R2).",
        (
            Measure(
                f"without offshore learning (R2 cut): {FALL}",
                5,
                None,
                lambda runs: fall_of_assembly(runs, "loops_cut:no_R2"),
            ),
            Measure(
                "far assembly: fall of unit cost by learning 1990-2010, wages of 1990, mean, %",
                20,
                45,
                lambda runs: learnt_abroad(runs, of_unit_cost=True),
            ),
            Measure(
                "far assembly: fall of labour per unit by learning 1990-2010, mean, %",
                None,
                None,
                lambda runs: learnt_abroad(runs, of_unit_cost=False),
            ),
        ),
    ),
    Claim(
        "C4",
        "Splitting the chain makes trade in parts outgrow trade in goods.",
        (
            Measure(
                "parts over sales, all districts, 2008 over 1990",
                1,
                None,
                lambda runs: growth_of_parts(runs, 2008, 1990),
            ),
            Measure(
                "parts over sales, all districts, 2019 over 2008",
                None,
                1,
                lambda runs: growth_of_parts(runs, 2019, 2008),
            ),
        ),
    ),
    Claim(
        "C5",
        "Exchanging finished goods is another regime than integrating functions across borders.",
        (
            Measure(
                "districts that export over 60% of sales and import under 20% as parts, 2010",
                1,
                None,
                lambda runs: kinds_of_trade(runs, 2010, True, False),
            ),
            Measure(
                "districts that export under 60% of sales and import over 20% as parts, 2010",
                1,
                None,
                lambda runs: kinds_of_trade(runs, 2010, False, True),
            ),
        ),
    ),
    Claim(
        "C6",
        "Ignoring resilience built up a hidden vulnerability.",
        (
            Measure(
                "same disruption: output lost 2019 over 2000, over the ratio of offshore shares",
                0.8,
                1.2,
                loss_against_dependence,
            ),
            Measure(
                "expected loss in ten years, % of a year's profit, mean of exposed districts, 2019",
                40,
                45,
                profit_lost,
            ),
        ),
    ),
    Claim(
        "C7",
        "The crisis of 2008 was the first crack.",
        (
            Measure("strong districts: years from 2009 to 95% of the path", None, 4, recovery),
            Measure("weak districts: least output still missing in 2029, %", 10, None, scar),
            Measure(
                "offshoring of assembly and making 2008-19, % of that of 1997-2008",
                None,
                None,
                offshoring_after_2008,
            ),
        ),
    ),
    Claim(
        "C8",
        "The pandemic made risk visible; by itself it moves little.",
        (
            Measure("risk that it adds far away in 2021, % of the usual", None, None, jump_of_risk),
            Measure("half-life of the risk that it adds, years", 2, 5, half_life_of_risk),
            Measure(
                "shocks alone: largest move of an offshore share in 2035, points",
                None,
                5,
                lambda runs: moved_offshore(runs, "pandemic_shock"),
            ),
            Measure(
                "with politics that respond: largest move of an offshore share in 2035, points",
                None,
                None,
                lambda runs: moved_offshore(runs, "pandemic_and_politics"),
            ),
        ),
    ),
    Claim(
        "C9",
        "The policy regime outlived governments.",
        (
            Measure(
                "regime ten years after one term, over that at its end",
                None,
                0.5,
                lambda runs: memory(runs, "one_term", 2029),
            ),
            Measure(
                "regime ten years after two terms, over that at their end",
                0.5,
                None,
                lambda runs: memory(runs, "two_terms", 2033),
            ),
        ),
    ),
    Claim(
        "C10",
        "New public management hollowed out the state.",
        (
            Measure(
                "industrial policy, state capacity not rebuilt: "
                "capacity added by 2032 that is missing, %",
                20,
                50,
                missing_capacity,
            ),
        ),
    ),
)
