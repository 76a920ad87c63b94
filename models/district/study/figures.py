"""The figures of the district model: what is drawn, not how."""

from __future__ import annotations

from simdistrict.maps import map_of
from simdistrict.plot import Block, CausalMap, Line, Markers, Panel, Sheet
from simdistrict.run.plan import plan_run
from simdistrict.scenario import bare_scenario, resolve
from simdistrict.tables.palette import BASE_YEAR, RECORD, SECOND
from simdistrict.tables.study import Study

from .common import (
    BASELINE,
    FITTED,
    PAGE_COLUMNS,
    SCENARIOS,
    WHOLE,
    districts,
    short,
    style_of,
    words_of,
)

LATER = "after the last fitted year"
RECORD_END = 2030.0


def model_map(study: Study) -> CausalMap:
    """The model by sectors, see map.yaml; held against the model."""
    alone = resolve(bare_scenario(study.path), study.model)
    return map_of(study.path, plan_run(study.prepared, alone))


def home_share(study: Study) -> Sheet:
    """Home share in the baseline, and what the policies change."""
    base, *others = [study.run(name) for name in SCENARIOS]
    level, change = [], []
    for d in districts(study):
        before = base.series("home share", district=d)
        line = Line(base.years, 100 * before, "baseline", style_of(BASELINE))
        level.append(Panel(short(d), (line,)))
        lines = tuple(
            Line(
                run.years,
                100 * (run.series("home share", district=d) - before),
                words_of(name),
                style_of(name),
            )
            for name, run in zip(SCENARIOS[1:], others, strict=True)
        )
        change.append(Panel(short(d), lines))
    levels = Block(
        tuple(level), PAGE_COLUMNS, "", "% of the chain at home", "Baseline: home share",
        x_range=WHOLE, y_range=(0.0, 103.0), shade_from=FITTED, shade_label=LATER,
    )  # fmt: skip
    changes = Block(
        tuple(change), PAGE_COLUMNS, "year", "percentage points",
        "Policies: difference to the baseline", x_range=WHOLE, shade_from=FITTED, rule=0.0,
    )  # fmt: skip
    return Sheet((levels, changes))


def criticality(study: Study) -> Sheet:
    """The index over time in the baseline."""
    run = study.run(BASELINE)
    panels = tuple(
        Panel(
            short(d),
            (
                Line(
                    run.years,
                    run.series("criticality", district=d),
                    "all reinforcing loops (criticality)",
                    style_of(BASELINE),
                ),
                Line(
                    run.years,
                    run.series("market gain", district=d),
                    "of it through price and quality on the market",
                    SECOND,
                ),
            ),
        )
        for d in districts(study)
    )
    block = Block(
        panels, PAGE_COLUMNS, "year", "output that 1% more output brings back, %",
        x_range=WHOLE, y_range=(0.0, 2.0), shade_from=FITTED, shade_label=LATER,
        rule=1.0, rule_label="above 1 two regimes are possible",
    )  # fmt: skip
    note = "Baseline. Two stable regimes need more than 1 between them, not at today's place."
    return Sheet((block,), note=note)


def jobs_record(study: Study) -> Sheet:
    """Jobs relative to 1980; the record's ratios start on the model's line in their base year."""
    run = study.run(BASELINE)
    found = study.assessment
    panels = []
    for d in districts(study):
        jobs = run.series("relative employment", district=d)
        near = run.years <= RECORD_END
        at = dict(zip(run.years.tolist(), jobs.tolist(), strict=True))
        points = []
        for s in found.series:
            if s.element != f"employment[{d}]" or s.relative_to is None:
                continue
            if s.series.startswith(("rank: ", "band: ")):
                continue
            own = [p for p in found.points if p.series == s.series and p.weight > 0]
            if not own:
                continue
            hollow = all(p.confidence == "low" for p in own)
            base = at[s.relative_to]
            label = "record, low confidence" if hollow else "record"
            x, y = [p.year for p in own], [p.data * base for p in own]
            points.append(Markers(x, y, label, RECORD, hollow))
            points.append(
                Markers([s.relative_to], [base], "base year of the record", BASE_YEAR, True)
            )
        missing = () if points else (("no record found", "#555555"),)
        line = Line(run.years[near], jobs[near], "model", style_of(BASELINE))
        panels.append(Panel(short(d), (line,), tuple(points), remarks=missing))
    block = Block(
        tuple(panels), PAGE_COLUMNS, "year", "jobs with incumbents, 1980 = 1",
        x_range=(1978.0, RECORD_END), y_range=(0.0, 1.75), shade_from=FITTED, shade_label=LATER,
    )  # fmt: skip
    note = (
        "Jobs with incumbents, as the record counts them: without low-cost entrants, whom the "
        "figures of jobs over the draws include."
    )
    return Sheet((block,), note=note)
