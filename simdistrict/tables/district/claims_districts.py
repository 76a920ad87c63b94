"""Claims C11 to C23: what happened to districts."""

from __future__ import annotations

import numpy as np

from simdistrict.calibration import spearman
from simdistrict.tables.district.common import (
    BASELINE,
    DISTRICTS,
    ENGINEERING,
    HANDS_ON,
    MIDWEST,
    MITTELSTAND,
)
from simdistrict.tables.district.evidence import Claim, Measure, Runs
from simdistrict.tables.district.reading import (
    by_district,
    change,
    hands_on_offshore,
    hands_on_offshore_at,
    least,
    most,
    offshore,
    stacked,
    summed,
    total,
)
from simdistrict.tables.study import Array

PRATO, MONTEBELLUNA, MIRANDOLA, SASSUOLO = "Prato", "Montebelluna", "Mirandola", "Sassuolo"
FASHION = (PRATO, "Brenta", MONTEBELLUNA)
LOCKED_IN = "defensive_lockin_prato"
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


def jobs(runs: Runs, scenario: str, district: str, since: int, until: int) -> Array:
    """Change of jobs with incumbents between two years, in percent."""
    return change(runs, scenario, "employment", until, since, district=district)


def jobs_kept(runs: Runs, scenario: str, names: tuple[str, ...]) -> Array:
    """Jobs of 2019 over those of 1991: members by districts."""
    now, then = (by_district(runs, scenario, "employment", y, names) for y in (2019, 1991))
    return now / then


def standing(runs: Runs) -> Array:
    """How many districts outside the US keep 70% of the jobs of 1991 in 2019."""
    return summed((jobs_kept(runs, BASELINE, DISTRICTS[:-1]) >= 0.7).astype(float))


def fallen(runs: Runs) -> str:
    """The others, of a single run."""
    kept = jobs_kept(runs, BASELINE, DISTRICTS[:-1])[0]
    return "not: " + ", ".join(d for d, k in zip(DISTRICTS, kept, strict=False) if k < 0.7)


def rank(runs: Runs) -> Array:
    """Spearman's rank correlation of jobs kept with the tiers that the claim expects."""
    tiers = [float(t) for t in TIERS.values()]
    found = [spearman(list(kept), tiers) for kept in jobs_kept(runs, BASELINE, tuple(TIERS))]
    return np.array([np.nan if r is None else r for r in found])


def completeness(runs: Runs, *names: str) -> Array:
    """The lowest completeness of some districts in 2010."""
    return least(by_district(runs, BASELINE, "completeness", 2010, names))


def abroad(runs: Runs, district: str, stage: str, year: int) -> Array:
    """The offshore share of a stage, in percent."""
    return 100 * offshore(runs, BASELINE, year, district, stage)


def near_knowledge(runs: Runs) -> Array:
    """Near experience per unit of output in percent of home's: assembly, Montebelluna, 2019."""
    per_unit = []
    for location in ("near", "home"):
        place = {"district": MONTEBELLUNA, "stage": "assembly", "location": location}
        known, made = (
            runs.at(BASELINE, e, 2019, **place) for e in ("tacit knowledge", "stage output")
        )
        per_unit.append(known / made)
    return 100 * per_unit[0] / per_unit[1]


def near_share(runs: Runs) -> Array:
    """What the near location gains of the assembly of Montebelluna from 2008 to 2024, points."""
    place = {"district": MONTEBELLUNA, "stage": "assembly", "location": "near"}
    now, then = (runs.at(BASELINE, "sourcing share", y, **place) for y in (2024, 2008))
    return 100 * (now - then)


def gained_near(runs: Runs) -> Array:
    """Gain of the near share over loss of the far share by 2035 under friend-shoring."""
    near, far = (
        total(runs, "friend_shoring", share, 2035, DISTRICTS)
        - total(runs, BASELINE, share, 2035, DISTRICTS)
        for share in ("near share", "far share")
    )
    return near / -far


def back_by_2060(runs: Runs) -> Array:
    """Output of Prato in 2060 relative to 1980, locked in from 1985 and helped from 2025."""
    return runs.at("lock_in_and_subsidy", "relative output", 2060, district=PRATO)


def fall_with_entrants(runs: Runs) -> Array:
    """Jobs that Prato loses from 1991 to 2019 with entrants counted, over those of incumbents."""
    lost = [
        runs.at(BASELINE, element, 1991, district=PRATO)
        - runs.at(BASELINE, element, 2019, district=PRATO)
        for element in ("district employment", "employment")
    ]
    return lost[0] / lost[1]


def kept_by_upgrading(runs: Runs, *years: int) -> Array:
    """Jobs of Prato 2019 over 1991 with upgrading from a year on, the least of some years."""
    names = [f"early_upgrade_prato:from_{year}" for year in years]
    return least(stacked(jobs_kept(runs, name, (PRATO,))[:, 0] for name in names))


def margin_then_quality(runs: Runs) -> Array:
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


def at_home(runs: Runs, district: str) -> Array:
    """Assembly and making at home in 2015, weighted by cost, in percent."""
    return 100 * (1 - hands_on_offshore_at(runs, BASELINE, 2015, district))


def least_at_home(runs: Runs, stage: str) -> Array:
    """The lowest home share of one stage in the engineering districts of 2015, in percent."""
    return 100 * (1 - most(stacked(offshore(runs, BASELINE, 2015, d, stage) for d in ENGINEERING)))


def tiles_abroad(runs: Runs) -> Array:
    """The largest offshore share of assembly and making of Sassuolo until 2060, in percent."""
    return 100 * most(hands_on_offshore(runs, BASELINE, 1980, 2060, SASSUOLO))


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
