"""Claims C18 to C23: Prato, machines and tiles."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from .common import BASELINE, ENGINEERING, HANDS_ON
from simdistrict.tables.evidence import Claim, Measure, Runs
from .reading import (
    hands_on_offshore,
    hands_on_offshore_at,
    jobs,
    jobs_kept,
    least,
    most,
    offshore,
    stacked,
    summed,
)

PRATO, MONTEBELLUNA, SASSUOLO = "Prato", "Montebelluna", "Sassuolo"
FASHION = (PRATO, "Brenta", MONTEBELLUNA)
LOCKED_IN = "defensive_lockin_prato"


def back_by_2060(runs: Runs) -> Reals:
    """Output of Prato in 2060 relative to 1980, locked in from 1985 and helped from 2025."""
    return runs.at("lock_in_and_subsidy", "relative output", 2060, district=PRATO)


def fall_with_entrants(runs: Runs) -> Reals:
    """Jobs that Prato loses from 1991 to 2019 with entrants counted, over those of incumbents."""
    lost = [
        runs.at(BASELINE, element, 1991, district=PRATO)
        - runs.at(BASELINE, element, 2019, district=PRATO)
        for element in ("district employment", "employment")
    ]
    return lost[0] / lost[1]


def kept_by_upgrading(runs: Runs, *years: int) -> Reals:
    """Jobs of Prato 2019 over 1991 with upgrading from a year on, the least of some years."""
    names = [f"early_upgrade_prato:from_{year}" for year in years]
    return least(stacked(jobs_kept(runs, name, (PRATO,))[:, 0] for name in names))


def margin_then_quality(runs: Runs) -> Reals:
    """Correlation of the margin with the growth of quality three years later, 1985 to 2040."""
    found = []
    for d in FASHION:
        margin = runs.series(BASELINE, "smoothed margin", 1985, 2037, district=d)
        quality = np.log(runs.series(BASELINE, "quality", 1987, 2040, district=d))
        growth = np.diff(quality, axis=-1)
        pairs = [x - x.mean(axis=-1, keepdims=True) for x in (margin, growth)]
        both, one, other = (
            summed(a * b) for a, b in (pairs, (pairs[0], pairs[0]), (pairs[1], pairs[1]))
        )
        found.append(both / np.sqrt(one * other))
    return least(stacked(found))


def at_home(runs: Runs, district: str) -> Reals:
    """Assembly and making at home in 2015, weighted by cost, in percent."""
    return 100 * (1 - hands_on_offshore_at(runs, BASELINE, 2015, district))


def least_at_home(runs: Runs, stage: str) -> Reals:
    """The lowest home share of one stage in the engineering districts of 2015, in percent."""
    return 100 * (1 - most(stacked(offshore(runs, BASELINE, 2015, d, stage) for d in ENGINEERING)))


def tiles_abroad(runs: Runs) -> Reals:
    """The largest offshore share of assembly and making of Sassuolo until 2060, in percent."""
    return 100 * most(hands_on_offshore(runs, BASELINE, 1980, 2060, SASSUOLO))


CLAIMS = (
    Claim(
        "C18",
        "Prato was low in technology and design and did not upgrade (R4).",
        (
            Measure(
                "no upgrading from 1985: margin of Prato in 2005",
                None,
                0.02,
                lambda runs: runs.at(LOCKED_IN, "smoothed margin", 2005, district=PRATO),
            ),
            Measure(
                "no upgrading from 1985: jobs of Prato 1985-2005, %",
                None,
                -50,
                lambda runs: jobs(runs, LOCKED_IN, PRATO, 1985, 2005),
            ),
            Measure("helped from 2025: relative output of Prato in 2060", None, 0.5, back_by_2060),
        ),
    ),
    Claim(
        "C19",
        "Low-cost entrants on fast fashion took its place.",
        (
            Measure(
                "Prato: jobs lost 1991-2019 with entrants counted, over those of incumbents",
                None,
                0.5,
                fall_with_entrants,
            ),
            Measure(
                "entrants' labour cost below that of incumbents, % (a constant)",
                40,
                60,
                lambda runs: 100 * runs.at(BASELINE, "entrant wage discount", 2019),
            ),
        ),
    ),
    Claim(
        "C20",
        "Prato could have upgraded.",
        (
            Measure(
                "upgrading from 1990 or 1995: least jobs of Prato 2019 over 1991",
                0.65,
                None,
                lambda runs: kept_by_upgrading(runs, 1990, 1995),
            ),
            Measure(
                "upgrading from 2005: jobs of Prato 2019 over 1991",
                None,
                0.65,
                lambda runs: kept_by_upgrading(runs, 2005),
            ),
        ),
    ),
    Claim(
        "C21",
        "Competing on cost destroys itself (R4).",
        (
            Measure(
                "fashion: lowest correlation of the margin with growth of quality 3 years later",
                0,
                None,
                margin_then_quality,
            ),
        ),
    ),
    Claim(
        "C22",
        "Mechanical districts seldom offshored.",
        (
            *(
                Measure(
                    f"{district}: assembly and making at home in 2015, %",
                    80,
                    None,
                    lambda runs, d=district: at_home(runs, d),  # type: ignore[misc]
                )
                for district in ENGINEERING
            ),
            *(
                Measure(
                    f"lowest, {stage} alone, %",
                    None,
                    None,
                    lambda runs, s=stage: least_at_home(runs, s),  # type: ignore[misc]
                )
                for stage in HANDS_ON
            ),
        ),
    ),
    Claim(
        "C23",
        "Integrated processes such as ceramics stay together.",
        (
            Measure(
                "Sassuolo: largest offshore share of assembly and making to 2060, %",
                None,
                15,
                tiles_abroad,
            ),
        ),
    ),
)
