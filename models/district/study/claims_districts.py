"""Claims C11 to C17: which districts held, and what Romania got."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.calibration import spearman
from .common import (
    BASELINE,
    DISTRICTS,
    ENGINEERING,
    MIDWEST,
    MITTELSTAND,
)
from simdistrict.tables.evidence import Claim, Measure, Runs
from .reading import (
    by_district,
    change,
    jobs,
    jobs_kept,
    least,
    offshore,
    summed,
    total,
)

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


def standing(runs: Runs) -> Reals:
    """How many districts outside the US keep 70% of the jobs of 1991 in 2019."""
    return summed((jobs_kept(runs, BASELINE, DISTRICTS[:-1]) >= 0.7).astype(float))


def fallen(runs: Runs) -> str:
    """The others, of a single run."""
    kept = jobs_kept(runs, BASELINE, DISTRICTS[:-1])[0]
    return "not: " + ", ".join(d for d, k in zip(DISTRICTS, kept, strict=False) if k < 0.7)


def rank(runs: Runs) -> Reals:
    """Spearman's rank correlation of jobs kept with the tiers that the claim expects."""
    tiers = [float(t) for t in TIERS.values()]
    found = [spearman(list(kept), tiers) for kept in jobs_kept(runs, BASELINE, tuple(TIERS))]
    return np.array([np.nan if r is None else r for r in found])


def completeness(runs: Runs, *names: str) -> Reals:
    """The lowest completeness of some districts in 2010."""
    return least(by_district(runs, BASELINE, "completeness", 2010, names))


def abroad(runs: Runs, district: str, stage: str, year: int) -> Reals:
    """The offshore share of a stage, in percent."""
    return 100 * offshore(runs, BASELINE, year, district, stage)


def near_knowledge(runs: Runs) -> Reals:
    """Near experience per unit of output in percent of home's: assembly, Montebelluna, 2019."""
    per_unit = []
    for location in ("near", "home"):
        place = {"district": MONTEBELLUNA, "stage": "assembly", "location": location}
        known, made = (
            runs.at(BASELINE, e, 2019, **place) for e in ("tacit knowledge", "stage output")
        )
        per_unit.append(known / made)
    return 100 * per_unit[0] / per_unit[1]


def near_share(runs: Runs) -> Reals:
    """What the near location gains of the assembly of Montebelluna from 2008 to 2024, points."""
    place = {"district": MONTEBELLUNA, "stage": "assembly", "location": "near"}
    now, then = (runs.at(BASELINE, "sourcing share", y, **place) for y in (2024, 2008))
    return 100 * (now - then)


def gained_near(runs: Runs) -> Reals:
    """Gain of the near share over loss of the far share by 2035 under friend-shoring."""
    near, far = (
        total(runs, "friend_shoring", share, 2035, DISTRICTS)
        - total(runs, BASELINE, share, 2035, DISTRICTS)
        for share in ("near share", "far share")
    )
    return near / -far


CLAIMS = (
    Claim(
        "C11",
        "Western Europe lost less industry than the US.",
        tuple(
            Measure(
                f"{district}: jobs 2000-2010, %",
                low,
                high,
                lambda runs, d=district: jobs(runs, BASELINE, d, 2000, 2010),  # type: ignore[misc]
            )
            for district, (low, high) in {
                MIDWEST: (-35, -30),
                MITTELSTAND: (-12, -5),
                **dict.fromkeys(ENGINEERING, (-20, -5)),
            }.items()
        ),
    ),
    Claim(
        "C12",
        "Districts were expected to fall but mostly stood.",
        (
            Measure("districts of nine that keep 70% of jobs 1991-2019", 6, None, standing, fallen),
            Measure(
                "Prato: jobs 2019 over 1991",
                None,
                0.45,
                lambda runs: jobs_kept(runs, BASELINE, (PRATO,))[:, 0],
            ),
        ),
    ),
    Claim(
        "C13",
        "What districts make and know explains how they fared.",
        (
            Measure(
                "Spearman's rank correlation of jobs 2019 over 1991 with the expected tiers",
                0.7,
                None,
                rank,
            ),
        ),
    ),
    Claim(
        "C14",
        "The local chain broke up even where the district survived.",
        (
            Measure(
                "Brenta: completeness in 2010",
                0.45,
                0.75,
                lambda runs: completeness(runs, "Brenta"),
            ),
            Measure(
                "Montebelluna: completeness in 2010",
                0.45,
                0.75,
                lambda runs: completeness(runs, MONTEBELLUNA),
            ),
            Measure(
                "lowest of the engineering districts: completeness in 2010",
                0.75,
                None,
                lambda runs: completeness(runs, *ENGINEERING),
            ),
        ),
    ),
    Claim(
        "C15",
        "Footwear moved assembly, often to Romania, and kept design.",
        (
            Measure(
                "Montebelluna: assembly offshore in 1990, %",
                10,
                20,
                lambda runs: abroad(runs, MONTEBELLUNA, "assembly", 1990),
            ),
            Measure(
                "Montebelluna: assembly offshore in 2005, %",
                60,
                80,
                lambda runs: abroad(runs, MONTEBELLUNA, "assembly", 2005),
            ),
            Measure(
                "Montebelluna: design at home in 2005, %",
                85,
                None,
                lambda runs: 100 - abroad(runs, MONTEBELLUNA, "design", 2005),
            ),
            Measure(
                "Montebelluna: jobs 1990-2005, %",
                None,
                0,
                lambda runs: jobs(runs, BASELINE, MONTEBELLUNA, 1990, 2005),
            ),
            Measure(
                "Montebelluna: value added per worker 1990-2005, %",
                30,
                None,
                lambda runs: change(
                    runs, BASELINE, "value added per worker", 2005, 1990, district=MONTEBELLUNA
                ),
            ),
        ),
    ),
    Claim(
        "C16",
        "Romania got the plants without the fusion of society and trade.",
        (
            Measure(
                "Montebelluna, assembly 2019: near experience per unit of output, % of home",
                40,
                70,
                near_knowledge,
            ),
            Measure("Montebelluna: near share of assembly 2008-24, points", None, 0, near_share),
        ),
    ),
    Claim(
        "C17",
        "Near-shoring inside the bloc is what is now called friend-shoring.",
        (
            Measure(
                "friend-shoring: gain of the near share over loss of the far share by 2035, "
                "all districts",
                0.6,
                None,
                gained_near,
            ),
        ),
    ),
)
