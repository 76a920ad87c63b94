"""Claims C36 to C41: the post-neoliberal turn."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.evidence import ScenarioRuns
from simdistrict.tables.reading import least, mean, most, stacked

from .common import BASELINE, DISTRICTS, MIDWEST
from .reading import by_district, parts_ratio

MIX, TARIFFS, FRIENDS = "district_renaissance", "security_tariffs", "friend_shoring"
CHARGES, GREEN = "carbon_social_tariffs", "what_if:green_demand"
REGGIO = "Reggio agricultural machinery"
GREEN_TRADES = (REGGIO, "Vicenza", "German Mittelstand")
INSTRUMENTS = ("investment", "industry40", "training", "tariffs")


def component(
    runs: ScenarioRuns, scenario: str, which: str, stage: str, names: tuple[str, ...]
) -> Reals:
    """A component of the charge on far parts in 2040, in percent: members by districts."""
    place = {"stage": stage, "offshore": "far"}
    return 100 * by_district(runs, scenario, f"{which} component", 2040, names, **place)


def least_security(runs: ScenarioRuns) -> Reals:
    """The lowest security component of making, a share of the price."""
    return least(component(runs, TARIFFS, "security", "making", DISTRICTS)) / 100


def most_carbon(runs: ScenarioRuns, stage: str, names: tuple[str, ...]) -> Reals:
    """The highest carbon component of a stage, in percent."""
    return most(component(runs, CHARGES, "carbon", stage, names))


def more_than_the_sum(runs: ScenarioRuns, district: str) -> Reals:
    """By how many percent the mix gains more jobs in 2045 than its instruments one by one."""

    def of(variant: str) -> Reals:
        return runs.at(f"one_instrument:{variant}", "employment", 2045, district=district)

    singly = sum((of(one) - of("none") for one in INSTRUMENTS), start=0 * of("none"))
    return 100 * ((of("all") - of("none")) / singly - 1)


def returned(runs: ScenarioRuns, scenario: str) -> Reals:
    """Jobs of the Midwest back by 2040, in percent of those lost from 2000 to 2024."""
    before, trough = (
        runs.at(BASELINE, "employment", year, district=MIDWEST) for year in (2000, 2024)
    )
    now = runs.at(scenario, "employment", 2040, district=MIDWEST)
    return 100 * (now - trough) / (before - trough)


def far_share_moves(runs: ScenarioRuns, scenario: str) -> Reals:
    """Change of the far share of 2035 in points: members by districts."""
    there, here = (
        by_district(runs, name, "far share", 2035, DISTRICTS) for name in (scenario, BASELINE)
    )
    return 100 * (there - here)


def much_from_far(runs: ScenarioRuns) -> Reals:
    """1 for districts with a far share above 20% in the baseline of 2035, else NaN."""
    shares = by_district(runs, BASELINE, "far share", 2035, DISTRICTS)
    return np.where(shares > 0.2, 1.0, np.nan)


def largest_fall(runs: ScenarioRuns) -> Reals:
    """The largest fall of a far share under security tariffs, in points."""
    return least(far_share_moves(runs, TARIFFS))


def largest_fall_where_much(runs: ScenarioRuns) -> Reals:
    """The largest fall among districts with a large far share."""
    return least(far_share_moves(runs, TARIFFS) * much_from_far(runs))


def how_many_from_far(runs: ScenarioRuns) -> str:
    """The number of these districts in a single run."""
    return f"{int(np.nansum(much_from_far(runs)))} of ten districts"


def parts_move(runs: ScenarioRuns) -> Reals:
    """Change of parts over sales in 2035 under security tariffs, in percent."""
    return 100 * (parts_ratio(runs, TARIFFS, 2035) / parts_ratio(runs, BASELINE, 2035) - 1)


def parts_drift(runs: ScenarioRuns) -> Reals:
    """Change of parts over sales from 2020 to 2035 in the baseline, in percent."""
    return 100 * (parts_ratio(runs, BASELINE, 2035) / parts_ratio(runs, BASELINE, 2020) - 1)


def near_assembly_rises(runs: ScenarioRuns) -> Reals:
    """The largest rise of a near share of assembly by 2035 under friend-shoring, in points."""
    place = {"stage": "assembly", "location": "near"}
    there, here = (
        by_district(runs, name, "sourcing share", 2035, DISTRICTS, **place)
        for name in (FRIENDS, BASELINE)
    )
    return 100 * most(there - here)


def pace_of_return(runs: ScenarioRuns) -> Reals:
    """Fastest yearly fall of completeness over its fastest rise with the mix, least of districts.

    No case: districts where it rises by less than 2 points from 2025 to 2045.
    """
    ratios = []
    for d in DISTRICTS:
        local = runs.series(MIX, "completeness", 1980, 2045, district=d)
        steps = np.diff(local, axis=-1)
        fall, rise = most(-steps[:, :45]), most(steps[:, 45:])
        came_back = most(local[:, 45:]) - local[:, 45] > 0.02
        ratios.append(np.where(came_back, fall / rise, np.nan))
    return least(stacked(ratios))


def broken_stays_broken(runs: ScenarioRuns) -> Reals:
    """The largest rise of completeness 2025-45 where it was below .25 in 2025, in points."""
    now, then = (by_district(runs, MIX, "completeness", y, DISTRICTS) for y in (2045, 2025))
    return 100 * most(np.where(then < 0.25, now - then, np.nan))


def output_follows_demand(runs: ScenarioRuns) -> Reals:
    """Output that green demand adds in 2034, in percent of the demand: members by trades."""
    there, here = (
        by_district(runs, name, "output", 2034, GREEN_TRADES) for name in (GREEN, BASELINE)
    )
    demand, usual = (
        by_district(runs, name, "world demand", 2034, GREEN_TRADES) for name in (GREEN, BASELINE)
    )
    return 100 * (there / here - 1) / (demand / usual - 1)


def labour_gets_scarce(runs: ScenarioRuns) -> Reals:
    """Change of labour availability in 2028 with green demand, in points: members by trades."""
    there, here = (
        by_district(runs, name, "labour availability", 2028, GREEN_TRADES)
        for name in (GREEN, BASELINE)
    )
    return 100 * (there - here)


def most_output_from_demand(runs: ScenarioRuns) -> Reals:
    """The largest of these, over trades."""
    return most(output_follows_demand(runs))


def mean_scarcity(runs: ScenarioRuns) -> Reals:
    """The mean over the trades."""
    return mean(labour_gets_scarce(runs))
