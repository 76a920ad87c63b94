"""The figures of the district model: what is drawn, not how."""

from __future__ import annotations

from simdistrict.maps import map_of
from simdistrict.plot import CausalMap, Figure, Line, Markers, Panel
from simdistrict.run.plan import plan_run
from simdistrict.scenario import bare_scenario, resolve
from simdistrict.tables.palette import BASE_YEAR, RECORD, SECOND
from simdistrict.tables.study import Study

from .common import BASELINE, SCENARIOS, districts, short, style_of

COLUMNS = 5
WHOLE = (1980.0, 2060.0)
FITTED = 2019.0
TICKS = (1980.0, 2020.0, 2060.0)


def model_map(study: Study) -> CausalMap:
    """The model by sectors, see map.yaml; held against the model."""
    alone = resolve(bare_scenario(study.path), study.model)
    return map_of(study.path, plan_run(study.prepared, alone))


def home_share(study: Study) -> Figure:
    """Home share under every scenario that is shipped."""
    runs = [study.run(name) for name in SCENARIOS]
    panels = tuple(
        Panel(
            short(d),
            tuple(
                Line(
                    run.years,
                    run.series("home share", district=d),
                    name.replace("_", " "),
                    style_of(name),
                )
                for name, run in zip(SCENARIOS, runs, strict=True)
            ),
        )
        for d in districts(study)
    )
    label = "home share (from 0.5)"
    return Figure(panels, COLUMNS, label, WHOLE, (0.5, 1.015), TICKS, FITTED, "prediction")


def criticality(study: Study) -> Figure:
    """The index over time in the baseline."""
    run = study.run(BASELINE)
    panels = tuple(
        Panel(
            short(d),
            (
                Line(
                    run.years,
                    run.series("criticality", district=d),
                    "criticality",
                    style_of(BASELINE),
                ),
                Line(
                    run.years,
                    run.series("market gain", district=d),
                    "of it market gain",
                    SECOND,
                ),
            ),
        )
        for d in districts(study)
    )
    return Figure(
        panels,
        COLUMNS,
        "gain",
        WHOLE,
        (0, 2),
        TICKS,
        shade_from=FITTED,
        shade_label="prediction",
        rule=1.0,
        rule_label="one: two regimes need more somewhere between them",
    )


def jobs_record(study: Study) -> Figure:
    """Jobs relative to 1980; the record's ratios start on the model's line in their base year."""
    run = study.run(BASELINE)
    found = study.assessment
    panels = []
    for d in districts(study):
        jobs = run.series("relative employment", district=d)
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
        note = "" if points else "no record found"
        panels.append(
            Panel(
                short(d), (Line(run.years, jobs, "model", style_of(BASELINE)),), tuple(points), note
            )
        )
    return Figure(
        tuple(panels),
        COLUMNS,
        "jobs, 1980 = 1",
        (1980.0, 2030.0),
        (0, 1.7),
        (1980.0, 2000.0, 2020.0),
        shade_from=FITTED,
        shade_label="prediction",
    )
