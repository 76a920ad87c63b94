"""The loops of a run as a study: a plan and a request to a result, and again."""

from __future__ import annotations

import numpy as np

from simdistrict.ensemble.rerun import Repetition, compare_results, recorded_plans
from simdistrict.regimes.loops import Loops, loops_of
from simdistrict.regimes.request import RECORD, Request
from simdistrict.result.dataset import (
    CONVENTIONS,
    KEYWORDS,
    Result,
    Variable,
    plain,
    text,
    time_attrs,
)
from simdistrict.run.plan import Plan
from simdistrict.run.simulate import provenance

STUDY = "loops"
ARROW = " -> "


def study_loops(plan: Plan, request: Request) -> Result:
    """Score the loops of a run. Raises what `loops.loops_of` raises."""
    found = loops_of(plan, request.element)
    record = provenance([plan])
    model = plan.prepared.model.name
    kind = "every loop that could matter was looked at" if found.complete else "a sample of loops"
    summary = (
        f"{len(found.circuits)} loops, {kind}"
        + (f", of {found.kept} that passed the filter" if found.kept > len(found.circuits) else "")
        + (f"; named: {', '.join(found.names)}" if found.names else "; none has a name")
    )
    attrs = {
        "Conventions": CONVENTIONS,
        "keywords": KEYWORDS,
        **record,
        "title": f"{STUDY} of {model}, {plan.resolved.name}",
        "history": f"simdistrict {record['simdistrict_version']}: regimes, {STUDY}",
        RECORD: request.to_json(),
        "frozen_at": plan.grid.stop,
        "frozen_trends": "none",
        "complete": found.complete,
        "kept": found.kept,
        "summary": summary,
    }
    shown = {k: plain(v) for k, v in attrs.items() if v != ""}
    return _result(found, time_attrs(plan.prepared.model), shown)


def repeat_loop_study(recorded: Result, where: str) -> Repetition:
    """Do again what a result file records, and compare."""
    request = Request.from_json(str(recorded.attrs[RECORD]), where)
    (plan,) = recorded_plans(recorded, where)
    return compare_results(recorded, study_loops(plan, request))


def _result(found: Loops, time: dict[str, object], attrs: dict[str, object]) -> Result:
    circuits, points = found.circuits, len(found.times)
    scores = np.array([c.scores for c in circuits]).reshape(len(circuits), points).T
    shares = np.array([found.share(n) for n in found.names]).reshape(len(found.names), points).T
    loop, period = ("loop",), ("period",)
    variables = {
        "score": Variable(
            ("time", "loop"), scores.copy(), {"long_name": "relative loop score, signed"}
        ),
        "polarity": Variable(
            loop,
            text([c.polarity for c in circuits]),
            {"long_name": "R, B, mostly one of them (Rux, Bux), or U"},
        ),
        "path": Variable(
            loop, text([ARROW.join(c.path) for c in circuits]), {"long_name": "causes in order"}
        ),
        "loop_names": Variable(
            loop,
            text([", ".join(c.names) for c in circuits]),
            {"long_name": "loops of the model's documentation that it is part of"},
        ),
        "period_start": Variable(
            period, np.array([p.start for p in found.periods]), {"long_name": "first time"}
        ),
        "period_stop": Variable(
            period, np.array([p.stop for p in found.periods]), {"long_name": "last time"}
        ),
        "period_loops": Variable(
            period,
            text([", ".join(p.circuits) for p in found.periods]),
            {"long_name": "loops that together make most of what happens"},
        ),
    }
    coords = {
        "time": Variable(("time",), found.times, time),
        "loop": Variable(loop, text([c.id for c in circuits]), {"long_name": "loop"}),
    }
    if found.names:
        said = "share of all magnitudes of scores; a circuit may bear several names"
        variables["share"] = Variable(("time", "name"), shares.copy(), {"long_name": said})
        coords["name"] = Variable(("name",), text(found.names), {"long_name": "named loop"})
    return Result(coords, variables, attrs)
