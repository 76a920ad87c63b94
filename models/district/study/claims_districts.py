"""Claims C11 to C17: which districts held, and what Romania got."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.calibration import spearman
from simdistrict.tables.evidence import ScenarioRuns
from simdistrict.tables.reading import least, summed

from .common import (
    BASELINE,
    DISTRICTS,
    MITTELSTAND,
)
from .reading import by_district, jobs_kept, offshore, total

PRATO, MONTEBELLUNA, MIRANDOLA, SASSUOLO = "Prato", "Montebelluna", "Mirandola", "Sassuolo"
# claim C13: higher is more jobs kept
TIERS = {
    MIRANDOLA: 4,
    "Bologna packaging": 4,
    "Vicenza": 4,
    MITTELSTAND: 4,
    "Reggio agricultural machinery": 3,
    SASSUOLO: 3,
    MONTEBELLUNA: 2,
    "Brenta": 2,
    PRATO: 1,
}


def standing(runs: ScenarioRuns) -> Reals:
    """How many districts outside the US keep 70% of the jobs of 1991 in 2019."""
    return summed((jobs_kept(runs, BASELINE, DISTRICTS[:-1]) >= 0.7).astype(float))


def fallen(runs: ScenarioRuns) -> str:
    """The districts that did not, in a single run."""
    kept = jobs_kept(runs, BASELINE, DISTRICTS[:-1])[0]
    return "not: " + ", ".join(d for d, k in zip(DISTRICTS, kept, strict=False) if k < 0.7)


def rank(runs: ScenarioRuns) -> Reals:
    """Spearman's rank correlation of jobs kept with the tiers that the claim expects."""
    tiers = [float(t) for t in TIERS.values()]
    found = [spearman(list(kept), tiers) for kept in jobs_kept(runs, BASELINE, tuple(TIERS))]
    return np.array([np.nan if r is None else r for r in found])


def completeness(runs: ScenarioRuns, names: tuple[str, ...]) -> Reals:
    """The lowest completeness of some districts in 2010."""
    return least(by_district(runs, BASELINE, "completeness", 2010, names))


def abroad(runs: ScenarioRuns, district: str, stage: str, year: int) -> Reals:
    """The offshore share of a stage, in percent."""
    return 100 * offshore(runs, BASELINE, year, district, stage)


def at_home(runs: ScenarioRuns, district: str, stage: str, year: int) -> Reals:
    """The home share of a stage, in percent."""
    return 100 - abroad(runs, district, stage, year)


def near_knowledge(runs: ScenarioRuns) -> Reals:
    """Near experience per unit of output in percent of home's: assembly, Montebelluna, 2019."""
    per_unit = []
    for location in ("near", "home"):
        place = {"district": MONTEBELLUNA, "stage": "assembly", "location": location}
        known, made = (
            runs.at(BASELINE, e, 2019, **place) for e in ("tacit knowledge", "stage output")
        )
        per_unit.append(known / made)
    return 100 * per_unit[0] / per_unit[1]


def gained_near(runs: ScenarioRuns) -> Reals:
    """Gain of the near share over loss of the far share by 2035 under friend-shoring."""
    near, far = (
        total(runs, "friend_shoring", share, 2035, DISTRICTS)
        - total(runs, BASELINE, share, 2035, DISTRICTS)
        for share in ("near share", "far share")
    )
    return near / -far
