"""Claims C18 to C23: Prato, machines and tiles."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.evidence import ScenarioRuns
from simdistrict.tables.reading import least, most, stacked, summed

from .common import BASELINE, ENGINEERING
from .reading import hands_on_offshore, hands_on_offshore_at, jobs_kept, offshore

PRATO, MONTEBELLUNA, SASSUOLO = "Prato", "Montebelluna", "Sassuolo"
FASHION = (PRATO, "Brenta", MONTEBELLUNA)


def fall_with_entrants(runs: ScenarioRuns) -> Reals:
    """Jobs that Prato loses from 1991 to 2019 with entrants counted, over those of incumbents."""
    lost = [
        runs.at(BASELINE, element, 1991, district=PRATO)
        - runs.at(BASELINE, element, 2019, district=PRATO)
        for element in ("district employment", "employment")
    ]
    return lost[0] / lost[1]


def kept_by_upgrading(runs: ScenarioRuns, years: tuple[int, ...]) -> Reals:
    """Jobs of Prato 2019 over 1991 with upgrading from a year on, the least of some years."""
    names = [f"early_upgrade_prato:from_{year}" for year in years]
    return least(stacked(jobs_kept(runs, name, (PRATO,))[:, 0] for name in names))


def margin_then_quality(runs: ScenarioRuns) -> Reals:
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


def at_home(runs: ScenarioRuns, district: str) -> Reals:
    """Assembly and making at home in 2015, weighted by cost, in percent."""
    return 100 * (1 - hands_on_offshore_at(runs, BASELINE, 2015, district))


def least_at_home(runs: ScenarioRuns, stage: str) -> Reals:
    """The lowest home share of one stage in the engineering districts of 2015, in percent."""
    return 100 * (1 - most(stacked(offshore(runs, BASELINE, 2015, d, stage) for d in ENGINEERING)))


def tiles_abroad(runs: ScenarioRuns) -> Reals:
    """The largest offshore share of assembly and making of Sassuolo until 2060, in percent."""
    return 100 * most(hands_on_offshore(runs, BASELINE, 1980, 2060, SASSUOLO))
