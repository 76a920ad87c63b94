"""The record against a simple story of resilience: one function for each of its items."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.tables.study import Simulated, Study
from simdistrict.tables.table import Cell

from .common import (
    BASELINE,
    HANDS_ON,
    MIDWEST,
    districts,
    hands_on_offshore,
    hands_on_offshore_at,
    percent,
)

TOLERANCE = 0.2
# judgement: percent of offshore work that may return while return counts as rare
RARE = 20
TARIFFS = """title: Tariffs of the kind of 2018
model: district
policies:
  tariffs:
    start: 2018
    ramp: 2
    set: {{{changes}}}
"""
PARTS = '"tariff level[far]": 0.16, "security relevance[assembly]": 1'
GOODS = '"goods tariff level": 0.16'
# the model answers 0.16 on parts by 0.4 times as much; the rest up to 0.12 is set
MORE_RETALIATION = '"retaliation on exports": 0.056'


@dataclass(frozen=True, slots=True)
class Finding:
    """A number or statement of the record, compared with the model."""

    verdict: str
    item: str
    district: str
    what: str
    record: Cell
    model: float


def beside(item: str, district: str, what: str, record: float, model: float) -> Finding:
    """A number of the record; the model is wrong if it differs too much."""
    verdict = "agrees" if abs(model / record - 1) <= TOLERANCE else "WRONG"
    return Finding(verdict, item, district, what, record, model)


def said(
    item: str, district: str, what: str, record: str, model: float, *, agrees: bool
) -> Finding:
    """A statement of the record without a number."""
    return Finding("agrees" if agrees else "WRONG", item, district, what, record, model)


def shown(item: str, district: str, what: str, model: float) -> Finding:
    """A number of the model without one in the record."""
    return Finding("shown", item, district, what, None, model)


# ---------------------------------------------------------------------- F1


def returned(study: Study) -> list[Finding]:
    """Share of the work offshore in 2008 that returned by 2019, and returns by 2030."""
    run = study.run(BASELINE)
    found, later = [], {}
    for d in districts(study):
        then = hands_on_offshore_at(run, 2008, d)
        back = 100 * (1 - hands_on_offshore_at(run, 2019, d) / then)
        later[d] = 100 * (1 - hands_on_offshore_at(run, 2030, d) / then)
        what = f"of the {100 * then:.1f}% of assembly and making offshore in 2008, back by 2019, %"
        found.append(said("F1", d, what, "rare", back, agrees=back <= RARE))
    most = max(later, key=lambda d: later[d])
    what = "largest return by 2030 that the model predicts with no policy, %"
    return [*found, shown("F1", most, what, later[most])]


# ---------------------------------------------------------------------- F2, F3


def brenta_and_montebelluna(study: Study) -> list[Finding]:
    """Jobs against value."""
    run = study.run(BASELINE)
    known = {p.series: p.data for p in study.assessment.points if p.period == "fit"}
    found = []
    for item, d, start, end in (("F2", "Brenta", 1991, 2016), ("F3", "Montebelluna", 1990, 2018)):
        years = f"{start}-{end}"
        jobs, sales, each, place = (
            run.ratio(element, end, start, district=d)
            for element in ("employment", "sales", "value added per worker", "relative output")
        )
        found.append(beside(item, d, f"jobs {years}", known[f"rank: {d}"], jobs))
        if d == "Brenta":
            pairs = run.ratio("output", end, start, district=d)
            found.append(beside(item, d, f"pairs {years} (55 to 20 million)", 20 / 55, pairs))
        found += [
            said(item, d, f"sales {years}", "above jobs", sales, agrees=sales > jobs),
            shown(item, d, f"value added per worker {years}", each),
            shown(item, d, f"output relative to its place in the world market {years}", place),
        ]
    return found


# ---------------------------------------------------------------------- F5


def sassuolo(study: Study) -> list[Finding]:
    """Why jobs in tiles fell."""
    run, d, start, end = study.run(BASELINE), "Sassuolo", 2003, 2012
    known = {p.series: p.data for p in study.assessment.points if p.period == "fit"}
    jobs, output = (run.ratio(e, end, start, district=d) for e in ("employment", "output"))
    past = run.years <= 2019
    abroad = 100 * float(hands_on_offshore(run, d)[past].max())
    what = "largest offshore share of assembly and making to 2019, %"
    found = [
        beside("F5", d, f"jobs {start}-{end}", known[f"rank: {d}"], jobs),
        beside("F5", d, f"output {start}-{end} (480 to 390 million sqm)", 390 / 480, output),
        said("F5", d, what, "little", abroad, agrees=abroad <= 15),
    ]
    for part, value in decomposition(run, d, start, 2019).items():
        found.append(shown("F5", d, f"jobs {start}-2019, log points: {part}", value))
    return found


def decomposition(run: Simulated, district: str, start: float, end: float) -> dict[str, float]:
    """The change of jobs with incumbents in log points, by cause; the parts add up."""
    world, output, jobs, general = (
        run.series(
            element, **({"district": district} if element != "labour productivity index" else {})
        )
        for element in ("world demand", "output", "employment", "labour productivity index")
    )
    home, saved, experience = (_hours(run, district)[k] for k in range(3))
    ends = [int(np.nonzero(run.years == year)[0][0]) for year in (start, end)]

    def change(values: Reals) -> float:
        return 100 * math.log(values[ends[1]] / values[ends[0]])

    parts = {
        "world market": change(world),
        "market share": change(output / world),
        "places of production": change(home),
        "automation": change(saved),
        "experience": change(experience),
        "general productivity": -change(general),
    }
    rest = change(jobs) - sum(parts.values())
    return {"all": change(jobs), **parts, "lag of staffing": rest}


def _hours(run: Simulated, district: str) -> tuple[Reals, Reals, Reals]:
    """Hours per unit of output as a product: places of production, automation, experience."""
    saving = run.series("labour saving")
    reference = still = home = full = np.zeros(len(run.years))
    for stage in run.labels("stage"):
        at = {"district": district, "stage": stage}
        hours = run.series("reference hours", **at)
        share = run.series("sourcing share", **at, location="home")
        effect = run.series("experience effect", **at, location="home")
        left = np.ones(len(run.years))
        if stage in HANDS_ON:
            element = "automation counted in hours"
            left = 1 - saving * run.series(element, district=district, hands_on_stage=stage)
        reference = reference + hours
        home = home + hours * share
        still = still + hours * share * left
        full = full + hours * share * left * effect
    return home / reference, still / home, full / still


# ---------------------------------------------------------------------- F6


def prato(study: Study) -> list[Finding]:
    """The textile core, the takeover, and the core without any takeover."""
    run, alone, d = study.run(BASELINE), study.run(BASELINE, "entrant growth rate=0"), "Prato"
    core = {year: run.ratio("employment", year, 1981, district=d) for year in (2001, 2011, 2019)}
    later = core[2011] / core[2001]
    without = alone.ratio("employment", 2019, 1981, district=d)
    found = [
        beside("F6", d, "jobs with incumbents 1981-2001 (ISTAT)", 37189 / 50517, core[2001]),
        beside("F6", d, "jobs with incumbents 2001-2011 (Confindustria)", 19 / 40, later),
        beside(
            "F6",
            d,
            "jobs in textiles and clothing 2023, entrants included, persons",
            47000,
            run.at("district employment", 2023, district=d),
        ),
        said(
            "F6",
            d,
            "jobs with incumbents 1981-2019 without any takeover (no entrant enters)",
            f"as with it: {core[2019]:.2f}",
            without,
            agrees=abs(without / core[2019] - 1) <= 0.1,
        ),
    ]
    for year in (1991, 2001, 2011, 2019):
        for element, name in (("employment", "incumbents"), ("entrant employment", "entrants")):
            value = run.at(element, year, district=d)
            found.append(shown("F6", d, f"jobs with {name} {year}, persons", value))
    return found


# ---------------------------------------------------------------------- F8


def tariffs(study: Study) -> list[Finding]:
    """Tariffs alone and jobs in the Midwest, and of all districts under security tariffs."""
    base = study.run(BASELINE)
    found = []
    kinds = {
        "parts": (PARTS, "tariff on parts alone, with its retaliation"),
        "goods": (GOODS, "tariff on final goods alone, no retaliation"),
        "both": (
            f"{PARTS}, {GOODS}, {MORE_RETALIATION}",
            "tariffs on parts and goods, retaliation",
        ),
    }
    for name, (changes, words) in kinds.items():
        run = study.run_text(f"tariffs_{name}", TARIFFS.format(changes=changes))
        effect = percent(_jobs(run, 2021, [MIDWEST]) / _jobs(base, 2021, [MIDWEST]))
        what = f"{words}: jobs 2021 against the baseline, %"
        found.append(said("F8", MIDWEST, what, "no rise", effect, agrees=effect <= 0))
    run = study.run("security_tariffs")
    for place, names in ((MIDWEST, [MIDWEST]), ("all ten", districts(study))):
        effect = percent(_jobs(run, 2035, names) / _jobs(base, 2035, names))
        what = "security tariffs: jobs 2035 against the baseline, %"
        found.append(said("F8", place, what, "no rise", effect, agrees=effect <= 0))
    return found


def _jobs(run: Simulated, year: float, names: list[str]) -> float:
    return sum(run.at("employment", year, district=d) for d in names)
