"""The classes of a prior as a study: scenarios and a request to a result, and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.ensemble.members import ensemble_of
from simdistrict.ensemble.prior import read_prior
from simdistrict.ensemble.rerun import Repetition, compare_results, recorded_plans
from simdistrict.regimes.classes import (
    FIRST_POLICY,
    QUANTILES,
    UNDECIDED,
    Classes,
    classes_of,
    quantiles_of,
    summary_of,
    with_intervals,
)
from simdistrict.regimes.request import RECORD, Request
from simdistrict.regimes.rules import Rule, read_rules
from simdistrict.result.dataset import CONVENTIONS, KEYWORDS, Result, Variable, plain, text
from simdistrict.run.plan import Plan

STUDY = "classes"
_EDGES = ("", "_low", "_high")
_EDGE_WORDS = ("share of draws", "lower end of the 95% interval", "upper end of the 95% interval")


def study_classes(
    plans: Sequence[Plan],
    prior_text: str,
    where: str,
    request: Request,
    workers: int | None = None,
) -> Result:
    """Classify the draws of a prior.

    plans: first the scenario without a policy; prior_text: a prior table, where: what it is
    called in messages; request: `at` is the date of the verdict, default the end of the run.
    Raises ScenarioError for what makes no ensemble.
    """
    if len(plans) < 2:
        what = "there is no policy to decide anything"
        hint = "name the scenario without a policy first, and one or more with policies behind it"
        raise ScenarioError(Problem("regimes classes", what, hint))
    # a member of an ensemble runs in machine code, whatever its plan says
    plans = [replace(plan, backend="native") for plan in plans]
    prepared, grid = plans[0].prepared, plans[0].grid
    (rule,) = read_rules([f"survives: {request.rule}"])
    ensemble = ensemble_of(
        plans,
        read_prior(prior_text, where, prepared.model, prepared.program),
        prior_text,
        request.members,
        seed=request.seed,
        method=request.method,
        save=",".join(dict.fromkeys(c.name for c in rule.conditions)),
        times="final" if request.at is None else repr(request.at),
        fast=request.fast,
    )
    found = classes_of(ensemble, rule, workers)
    at = grid.at(ensemble.points[0])
    record = dict(ensemble.record())
    first, model = plans[0].resolved.name, prepared.model.name
    attrs = {
        "Conventions": CONVENTIONS,
        "keywords": KEYWORDS,
        **record,
        "title": f"{STUDY} of {model} over a prior, {first} and {len(plans) - 1} with policies",
        "history": f"simdistrict {record['simdistrict_version']}: regimes, {STUDY}",
        RECORD: request.to_json(),
        "frozen_at": at,
        "frozen_trends": "none",
        "dimension": found.dimension or "none",
        "without_policy": first,
        "rule": ", ".join(map(str, rule.conditions)),
        "summary": summary_of(found, rule, at),
    }
    return _result(found, rule, {k: plain(v) for k, v in attrs.items() if v != ""})


def repeat_class_study(recorded: Result, where: str) -> Repetition:
    """Do again what a result file records, and compare."""
    request = Request.from_json(str(recorded.attrs[RECORD]), where)
    prior = str(recorded.attrs["prior"])
    plans = recorded_plans(recorded, where)
    return compare_results(recorded, study_classes(plans, prior, f"{where} (prior)", request))


def _result(found: Classes, rule: Rule, attrs: dict[str, object]) -> Result:
    numbers = range(len(found.names))
    shares = np.stack([found.shares([k]) for k in numbers], axis=1)
    lost = found.shares([UNDECIDED])
    suffices = with_intervals(found.suffices.sum(axis=2), found.members)
    harms = with_intervals(found.harms.sum(axis=2), found.members)
    dims = ("label", "class")
    variables = {
        "class_of": Variable(
            ("member", "label"),
            found.of.astype(np.int32),
            {"long_name": "class of the draw, -1 where a run did not complete"},
        ),
        **_edges("share", dims, shares),
        **_edges("policy_decides", ("label",), found.decides),
        **_edges("undecided", ("label",), lost),
        **_edges("suffices", ("policy", "label"), suffices),
        **_edges("harms", ("policy", "label"), harms),
        "value": Variable(
            ("label", "quantile"),
            np.stack(list(quantiles_of(found).values()), axis=1),
            {"long_name": f"{rule.conditions[0].name} without a policy"},
        ),
    }
    coords = {
        "label": Variable(
            ("label",), text(found.labels), {"long_name": found.dimension or "model"}
        ),
        "class": Variable(("class",), text(found.names), {"long_name": "class"}),
        "policy": Variable(("policy",), text(found.policies), {"long_name": "scenario"}),
        "quantile": Variable(("quantile",), np.array(QUANTILES), {"long_name": "of the draws"}),
    }
    assert len(found.names) == FIRST_POLICY + len(found.policies)
    return Result(coords, variables, attrs)


def _edges(name: str, dims: tuple[str, ...], values: np.ndarray) -> dict[str, Variable]:
    """A share with both ends of its interval, as three variables."""
    return {
        f"{name}{edge}": Variable(dims, values[..., k].copy(), {"long_name": _EDGE_WORDS[k]})
        for k, edge in enumerate(_EDGES)
    }
