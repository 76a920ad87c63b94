"""Claims C25 to C30: knowledge that stays in place."""

from __future__ import annotations

import numpy as np

from simdistrict.base.arrays import Reals
from .common import BASELINE, DISTRICTS, ENGINEERING, MITTELSTAND
from simdistrict.tables.evidence import Claim, Measure, Runs
from .reading import (
    by_district,
    first_year,
    hands_on_offshore,
    least,
    mean,
    most,
    offshore_series,
    stacked,
)

KNOWING = (*ENGINEERING, MITTELSTAND)
NOT_KNOWING = ("Prato", "Brenta", "US Midwest")
LEFT, LOST = "making_leaves", "knowledge_lost"
MIRANDOLA = "Mirandola"


def forgotten(runs: Runs) -> Reals:
    """Tacit knowledge of making that five years of standstill destroy, in percent, by district."""
    left, whole = (
        by_district(runs, name, "tacit knowledge", 2005, DISTRICTS, stage="making", location="home")
        for name in ("output_stops", BASELINE)
    )
    return 100 * (1 - left / whole)


def spread_lost(runs: Runs) -> Reals:
    """By how much full transfer narrows the spread of jobs 2019 over 1991, in percent."""
    spreads = []
    for name in ("sticky_off", BASELINE):
        now, then = (by_district(runs, name, "employment", y, DISTRICTS) for y in (2019, 1991))
        spreads.append(np.log(now / then).std(axis=-1))
    return np.asarray(100 * (1 - spreads[0] / spreads[1]))


def owners_leave(runs: Runs) -> Reals:
    """Years from half of Mirandola's knowledge to half of its multinational share."""
    known, owned = (
        runs.series(LOST, e, 1980, 2060, district=MIRANDOLA)
        for e in ("tacit knowledge index", "multinational share")
    )
    start = known[:, 30:31], owned[:, 30:31]
    halved = first_year(known < 0.5 * start[0], 1980)
    gone = first_year(owned < 0.5 * start[1], 1980)
    return np.where(np.isfinite(halved), gone - np.minimum(halved, 2060), np.nan)


def gain_of_output(runs: Runs, scenario: str, names: tuple[str, ...]) -> Reals:
    """Output of 2035 above the baseline's, in percent: members by districts."""
    there, here = (
        by_district(runs, name, "relative output", 2035, names) for name in (scenario, BASELINE)
    )
    return 100 * (there / here - 1)


def making_gone(runs: Runs, district: str) -> Reals:
    """The year in which half of assembly and making has left."""
    return first_year(hands_on_offshore(runs, LEFT, 1980, 2060, district) > 0.5, 1980)


def quality_follows(runs: Runs) -> Reals:
    """Years until quality grows half a point a year slower, mean of engineering districts."""
    delays = []
    for d in ENGINEERING:
        there, here = (runs.series(n, "quality", 1980, 2060, district=d) for n in (LEFT, BASELINE))
        slower = np.diff(np.log(there / here), axis=-1) < -0.005
        delays.append(first_year(slower, 1981) - making_gone(runs, d))
    return mean(stacked(delays))


def design_follows(runs: Runs) -> Reals:
    """Years from completeness below 0.4 to the first 5 points of design gone, the fewest."""
    delays = []
    for d in ENGINEERING:
        local = runs.series(LEFT, "completeness", 1980, 2060, district=d)
        design = offshore_series(runs, LEFT, 1980, 2060, d, "design")
        broken = first_year(local < 0.4, 1980)
        going = first_year(design > design[:, 15:16] + 0.05, 1980)
        delays.append(np.where(np.isfinite(broken), going - np.minimum(broken, 2060), np.nan))
    return least(stacked(delays))


def share_of_joint(runs: Runs, element: str, **labels: str) -> Reals:
    """The larger gain of one kind of knowledge over that of both, all districts, 2040, percent."""
    none, tacit, analytical, both = (
        by_district(runs, f"knowledge_alone:{v}", element, 2040, DISTRICTS, **labels)
        for v in ("none", "tacit", "analytical", "both")
    )
    gains = [mean(x / none - 1) for x in (tacit, analytical, both)]
    return 100 * np.maximum(gains[0], gains[1]) / gains[2]


CLAIMS = (
    Claim(
        "C25",
        "Tacit knowledge grows with long production in one place (R1).",
        (
            Measure(
                "5 years without output: tacit knowledge of making lost, least, %",
                50,
                90,
                lambda runs: least(forgotten(runs)),
            ),
            Measure(
                "5 years without output: tacit knowledge of making lost, most, %",
                50,
                90,
                lambda runs: most(forgotten(runs)),
            ),
        ),
    ),
    Claim(
        "C26",
        "It is sticky: contracts do not carry it.",
        (
            Measure(
                "full transfer: spread of jobs 2019 over 1991 narrower by %", 50, None, spread_lost
            ),
        ),
    ),
    Claim(
        "C27",
        "So foreign firms have to come and stay (R5).",
        (
            Measure(
                "Mirandola: multinational share in 2019, %",
                40,
                None,
                lambda runs: (
                    100 * runs.at(BASELINE, "multinational share", 2019, district=MIRANDOLA)
                ),
            ),
            Measure(
                "Prato: multinational share in 2019, %",
                None,
                5,
                lambda runs: 100 * runs.at(BASELINE, "multinational share", 2019, district="Prato"),
            ),
            Measure(
                "Mirandola drained: years from half of its knowledge to half of that share",
                None,
                8,
                owners_leave,
            ),
        ),
    ),
    Claim(
        "C28",
        "Foreign owners strengthened advanced districts.",
        (
            Measure(
                "open from 2025: output of 2035 above the baseline, knowledge high, least, %",
                5,
                15,
                lambda runs: least(gain_of_output(runs, "fdi_openness", KNOWING)),
            ),
            Measure(
                "open from 2025: output of 2035 above the baseline, knowledge high, most, %",
                5,
                15,
                lambda runs: most(gain_of_output(runs, "fdi_openness", KNOWING)),
            ),
            Measure(
                "open from 1995: output of 2035 above the baseline, knowledge high, mean, %",
                None,
                None,
                lambda runs: mean(gain_of_output(runs, "fdi_from_1995", KNOWING)),
            ),
            Measure(
                "open from 2025: output of 2035 above the baseline, knowledge low, most, %",
                None,
                2,
                lambda runs: most(gain_of_output(runs, "fdi_openness", NOT_KNOWING)),
            ),
        ),
    ),
    Claim(
        "C29",
        "Incremental innovation rests on making things (R3).",
        (
            Measure(
                "making gone: years until quality grows slower, mean of engineering",
                3,
                10,
                quality_follows,
            ),
            Measure(
                "making gone: years from completeness below 0.4 to design leaving, fewest",
                5,
                None,
                design_follows,
            ),
        ),
    ),
    Claim(
        "C30",
        "Science-based and tacit knowledge complement each other.",
        (
            Measure(
                "one kind alone: automation of making 2040, % of the joint effect",
                None,
                60,
                lambda runs: share_of_joint(runs, "automation", hands_on_stage="making"),
            ),
            Measure(
                "one kind alone: value added per worker 2040, % of the joint effect",
                None,
                60,
                lambda runs: share_of_joint(runs, "value added per worker"),
            ),
        ),
    ),
)
