"""Claims C36 to C41: the post-neoliberal turn."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from .common import BASELINE, DISTRICTS, MIDWEST
from simdistrict.tables.evidence import Claim, Measure, Runs
from .reading import by_district, least, mean, most, parts_ratio, stacked

MIX, TARIFFS, FRIENDS = "district_renaissance", "security_tariffs", "friend_shoring"
CHARGES, GREEN = "carbon_social_tariffs", "what_if:green_demand"
FASHION, SASSUOLO, REGGIO = (
    ("Prato", "Brenta", "Montebelluna"),
    "Sassuolo",
    "Reggio agricultural machinery",
)
WEAK_AND_MIDDLE = (*FASHION, MIDWEST)
GREEN_TRADES = (REGGIO, "Vicenza", "German Mittelstand")
INSTRUMENTS = ("investment", "industry40", "training", "tariffs")


def component(runs: Runs, scenario: str, which: str, stage: str, names: tuple[str, ...]) -> Reals:
    """A component of the charge on far parts in 2040, in percent: members by districts."""
    place = {"stage": stage, "offshore": "far"}
    return 100 * by_district(runs, scenario, f"{which} component", 2040, names, **place)


def more_than_the_sum(runs: Runs, names: tuple[str, ...]) -> Reals:
    """By how many percent the mix gains more jobs in 2045 than its instruments one by one."""

    def of(variant: str) -> Reals:
        return by_district(runs, f"one_instrument:{variant}", "employment", 2045, names)

    singly = sum((of(one) - of("none") for one in INSTRUMENTS), start=0 * of("none"))
    return 100 * ((of("all") - of("none")) / singly - 1)


def returned(runs: Runs, scenario: str) -> Reals:
    """Jobs of the Midwest back by 2040, in percent of those lost from 2000 to 2024."""
    before, trough = (
        runs.at(BASELINE, "employment", year, district=MIDWEST) for year in (2000, 2024)
    )
    now = runs.at(scenario, "employment", 2040, district=MIDWEST)
    return 100 * (now - trough) / (before - trough)


def built(runs: Runs, scenario: str) -> Reals:
    """Capacity of making in the Midwest of 2040 above the baseline's, in percent."""
    place = {"district": MIDWEST, "stage": "making", "location": "home"}
    there, here = (runs.at(name, "capacity", 2040, **place) for name in (scenario, BASELINE))
    return 100 * (there / here - 1)


def far_share_moves(runs: Runs, scenario: str) -> Reals:
    """Change of the far share of 2035 in points: members by districts."""
    there, here = (
        by_district(runs, name, "far share", 2035, DISTRICTS) for name in (scenario, BASELINE)
    )
    return 100 * (there - here)


def much_from_far(runs: Runs) -> Reals:
    """1 for districts with a far share above 20% in the baseline of 2035, else NaN."""
    shares = by_district(runs, BASELINE, "far share", 2035, DISTRICTS)
    return np.where(shares > 0.2, 1.0, np.nan)


def how_many_from_far(runs: Runs) -> str:
    """How many these are in a single run."""
    return f"{int(np.nansum(much_from_far(runs)))} of ten districts"


def parts_move(runs: Runs) -> Reals:
    """Change of parts over sales in 2035 under security tariffs, in percent."""
    return 100 * (parts_ratio(runs, TARIFFS, 2035) / parts_ratio(runs, BASELINE, 2035) - 1)


def parts_drift(runs: Runs) -> Reals:
    """Change of parts over sales from 2020 to 2035 in the baseline, in percent."""
    return 100 * (parts_ratio(runs, BASELINE, 2035) / parts_ratio(runs, BASELINE, 2020) - 1)


def near_assembly_rises(runs: Runs) -> Reals:
    """The largest rise of a near share of assembly by 2035 under friend-shoring, in points."""
    place = {"stage": "assembly", "location": "near"}
    there, here = (
        by_district(runs, name, "sourcing share", 2035, DISTRICTS, **place)
        for name in (FRIENDS, BASELINE)
    )
    return 100 * most(there - here)


def pace_of_return(runs: Runs) -> Reals:
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


def broken_stays_broken(runs: Runs) -> Reals:
    """The largest rise of completeness 2025-45 where it was below .25 in 2025, in points."""
    now, then = (by_district(runs, MIX, "completeness", y, DISTRICTS) for y in (2045, 2025))
    return 100 * most(np.where(then < 0.25, now - then, np.nan))


def output_follows_demand(runs: Runs) -> Reals:
    """Output that green demand adds in 2034, in percent of the demand: members by trades."""
    there, here = (
        by_district(runs, name, "output", 2034, GREEN_TRADES) for name in (GREEN, BASELINE)
    )
    demand, usual = (
        by_district(runs, name, "world demand", 2034, GREEN_TRADES) for name in (GREEN, BASELINE)
    )
    return 100 * (there / here - 1) / (demand / usual - 1)


def labour_gets_scarce(runs: Runs) -> Reals:
    """Change of labour availability in 2028 with green demand, in points: members by trades."""
    there, here = (
        by_district(runs, name, "labour availability", 2028, GREEN_TRADES)
        for name in (GREEN, BASELINE)
    )
    return 100 * (there - here)


CLAIMS = (
    Claim(
        "C36",
        "Security, carbon and social concerns enter tariffs (B4).",
        (
            Measure(
                "security tariffs: lowest security component of the far parts tariff in 2040 "
                "(making)",
                0.25,
                None,
                lambda runs: least(component(runs, TARIFFS, "security", "making", DISTRICTS)) / 100,
            ),
            Measure(
                "carbon price: its part of the charge on far assembly, fashion, most, %",
                None,
                3,
                lambda runs: most(component(runs, CHARGES, "carbon", "assembly", FASHION)),
            ),
            Measure(
                "carbon price: its part of the charge on far metal parts (Reggio, making), %",
                2,
                10,
                lambda runs: component(runs, CHARGES, "carbon", "making", (REGGIO,))[:, 0],
            ),
            Measure(
                "carbon price: its part of the charge on far tiles (Sassuolo, making), %",
                5,
                None,
                lambda runs: component(runs, CHARGES, "carbon", "making", (SASSUOLO,))[:, 0],
            ),
        ),
    ),
    Claim(
        "C37",
        "Policies now merge, and together do more than apart.",
        tuple(
            Measure(
                f"{district}: jobs of 2045 gained by the mix above the sum of single gains, %",
                15,
                None,
                lambda runs, d=district: more_than_the_sum(runs, (d,))[:, 0],  # type: ignore[misc]
            )
            for district in WEAK_AND_MIDDLE
        ),
    ),
    Claim(
        "C38",
        "Emptied regions of the US are expected to reindustrialise.",
        (
            Measure(
                "tariffs only: jobs of the Midwest back by 2040, % of those lost 2000-24",
                None,
                100 / 3,
                lambda runs: returned(runs, "tariff_only"),
            ),
            Measure(
                "the mix: jobs of the Midwest back by 2040, % of those lost 2000-24",
                100 / 3,
                200 / 3,
                lambda runs: returned(runs, MIX),
            ),
            Measure(
                "tariffs only: capacity of making in the Midwest 2040 above the baseline, %",
                0,
                None,
                lambda runs: built(runs, "tariff_only"),
            ),
        ),
    ),
    Claim(
        "C39",
        "Chains turn regional; trade moves from parts back to goods.",
        (
            Measure(
                "security tariffs: far share 2035, largest change in points where it is above 20% "
                "in the baseline",
                None,
                -10,
                lambda runs: least(far_share_moves(runs, TARIFFS) * much_from_far(runs)),
                how_many_from_far,
            ),
            Measure(
                "security tariffs: far share 2035, largest change in points anywhere",
                None,
                None,
                lambda runs: least(far_share_moves(runs, TARIFFS)),
            ),
            Measure(
                "security tariffs: parts over sales 2035, all districts, change in %",
                None,
                -15,
                parts_move,
            ),
            Measure(
                "friend-shoring: near share of assembly 2035, largest rise in points",
                10,
                20,
                near_assembly_rises,
            ),
            Measure("baseline: parts over sales 2020-35, change in %", -5, 5, parts_drift),
        ),
    ),
    Claim(
        "C40",
        "The district with a complete chain may come back.",
        (
            Measure(
                "the mix: fastest fall of completeness over its fastest rise, least",
                1.5,
                None,
                pace_of_return,
            ),
            Measure(
                "the mix: completeness 2025-45 where it was below .25, largest rise in points",
                None,
                2,
                broken_stays_broken,
            ),
        ),
    ),
    Claim(
        "C41",
        "The green transition needs much more making.",
        (
            Measure(
                "green demand: output added in 2034, % of demand, most of exposed trades",
                None,
                100,
                lambda runs: most(output_follows_demand(runs)),
            ),
            Measure(
                "green demand: labour availability 2028, change in points, mean of exposed trades",
                None,
                0,
                lambda runs: mean(labour_gets_scarce(runs)),
            ),
        ),
    ),
)
