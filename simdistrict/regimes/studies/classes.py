"""The classes of draws: survives anyway, lost whatever is done, or policy decides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simdistrict.base.errors import ExchangeError, Problem, ScenarioError
from simdistrict.ensemble.content import design_variables
from simdistrict.ensemble.design import Design
from simdistrict.ensemble.effective import COVERS
from simdistrict.ensemble.given import CONVERGED, FILE, METHOD, UNTRUSTED, GivenDesign
from simdistrict.ensemble.members import Ensemble, ensemble_of, ensemble_over
from simdistrict.ensemble.prior import read_prior
from simdistrict.ensemble.rerun import recorded_design, recorded_plans
from simdistrict.regimes.classes import (
    FIRST_POLICY,
    QUANTILES,
    UNDECIDED,
    Classes,
    classes_of,
    quantiles_of,
    summary_of,
)
from simdistrict.regimes.rules import Rule, read_conditions
from simdistrict.regimes.studies.data import StudyData, named
from simdistrict.regimes.studies.study import RegimeStudy, option, result_of, variable
from simdistrict.regimes.studies.words import interval, number
from simdistrict.result.dataset import Result, Variable
from simdistrict.run.plan import Plan

# how attributes of a design begin
DESIGN = "design_"
_EDGES = ("", "_low", "_high", "_mcse")
_EDGE_WORDS = (
    "share of draws",
    "lower end of the 95% interval of the Monte-Carlo error",
    "upper end of the 95% interval of the Monte-Carlo error",
    "standard error of the share from the number of draws",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassesStudy(RegimeStudy):
    """Classify draws of constants; the first scenario is the one without a policy.

    rule: who has survived, as `rules.read_conditions` reads it; at: date of the
    verdict, None for the end of the run; members: number of draws; prior: the text of a prior
    table, prior_name: what messages call it; given: in place of a prior, draws made elsewhere;
    workers: cores to use, None for all.
    """

    name = "classes"
    example = (
        'neoliberal_globalisation security_tariffs --members 100 --survives "home share >= 0.5"'
    )
    about = (
        "SCENARIO has no policy, each POLICY is a scenario with one. A draw counts for the first "
        "policy under which it survives."
    )
    several = True
    when = "in"

    rule: str = option("--survives", str, "Who has survived.", form='"NAME >= X, ..."')
    at: float | None = option(
        "--at", float, "Date of the verdict; default: the end.", None, form="TIME"
    )
    members: int | None = option(
        "--members", int, "Draws of the prior; of --design, so many of them.", None, least=1
    )
    seed: int = option("--seed", int, "Of the draws.", 0, least=0)
    method: str = option(
        "--method", str, "How they are drawn.", "lhs", choices=("lhs", "sobol", "random")
    )
    fast: bool = option("--fast", bool, "Faster powers, accurate to 1 ulp.", False)
    prior: str = ""
    prior_name: str = "prior"
    given: GivenDesign | None = None
    workers: int | None = None

    def run(self, plans: Sequence[Plan]) -> Result:
        if len(plans) < 2:
            what = "there is no policy to decide anything"
            hint = "name the scenario without a policy first, then one or more with policies"
            raise ScenarioError(Problem("regimes classes", what, hint))
        # a member of an ensemble runs in machine code, whatever its plan says
        plans = [replace(plan, backend="native") for plan in plans]
        prepared, grid = plans[0].prepared, plans[0].grid
        rule = Rule("survives", read_conditions(self.rule, "--survives"))
        ensemble = self._ensemble(plans, rule)
        found = classes_of(ensemble, rule, self.workers)
        at, first = grid.at(ensemble.points[0]), plans[0].resolved.name
        over = "a prior" if self.given is None else "draws of a file"
        title = f"{prepared.model.name} over {over}, {first} and {len(plans) - 1} with policies"
        attrs = {
            **self.attrs(ensemble.record(), title, at),
            "dimension": found.dimension or "none",
            "without_policy": first,
            "rule": ", ".join(map(str, rule.conditions)),
            "interval_covers": COVERS,
            "interval_counts": found.worth.words,
            "summary": summary_of(found, rule, at),
        }
        return _result(found, rule, attrs, ensemble.design)

    def _ensemble(self, plans: list[Plan], rule: Rule) -> Ensemble:
        how: dict[str, Any] = {
            "save": ",".join(dict.fromkeys(c.name for c in rule.conditions)),
            "times": "final" if self.at is None else repr(self.at),
            "fast": self.fast,
        }
        if self.given is not None:
            return ensemble_over(plans, self.given, **how)
        if self.members is None:
            what = "the number of draws is not given"
            hint = "give --members N, or --design FILE"
            raise ScenarioError(Problem("regimes classes", what, hint))
        prepared = plans[0].prepared
        priors = read_prior(self.prior, self.prior_name, prepared.model, prepared.program)
        how |= {"seed": self.seed, "method": self.method}
        return ensemble_of(plans, priors, self.prior, self.members, **how)

    def again(self, recorded: Result, where: str) -> Result:
        if recorded.attrs.get("method") == METHOD:
            plans = recorded_plans(recorded, where)
            given = recorded_design(recorded, where, plans[0].prepared)
            return replace(self, given=given).run(plans)
        if "prior" not in recorded.attrs:
            what = "it does not record its prior"
            raise ExchangeError(Problem(where, what, "write it again"))
        prior = str(recorded.attrs["prior"])
        study = replace(self, prior=prior, prior_name=f"{where} (prior)")
        return RegimeStudy.again(study, recorded, where)

    def document(self, result: StudyData) -> dict[str, Any]:
        classes, policies = result.labels("class"), result.labels("policy")

        quantiles = [f"{q:g}" for q in result.coordinate("quantile")]
        return {
            "rule": result.attr("rule"),
            "without_policy": result.attr("without_policy"),
            "policies": policies,
            "dimension": result.attr("dimension"),
            "draws": len(result["class_of"]),
            "seed": result.attr("seed"),
            "interval_covers": result.attr("interval_covers"),
            "interval_counts": result.attr("interval_counts"),
            **{key: value for key, value in result.result.attrs.items() if key.startswith(DESIGN)},
            "measured": result.long_name("value"),
            "labels": [
                {
                    "label": label,
                    "classes": {
                        name: result.share("share", (k, c)) for c, name in enumerate(classes)
                    },
                    "policy decides": result.share("policy_decides", k),
                    "undecided": result.share("undecided", k),
                    "suffices": {
                        name: result.share("suffices", (p, k)) for p, name in enumerate(policies)
                    },
                    "harms": {
                        name: result.share("harms", (p, k)) for p, name in enumerate(policies)
                    },
                    "quantiles": named(quantiles, result["value"][k]),
                }
                for k, label in enumerate(result.labels("label"))
            ],
        }

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        if found.get(CONVERGED) == 0:
            yield UNTRUSTED
        origin = found.get(FILE)
        drawn = f"seed {found['seed']}" if origin is None else f"draws of {origin}"
        yield f"without a policy: {found['without_policy']}; {drawn}"
        heads = found["labels"][0]["classes"] if found["labels"] else ()
        rows = [["", *heads, found["measured"]]]
        for row in found["labels"]:
            middle, *outer = (number(row["quantiles"][q], 3) for q in ("0.5", "0.1", "0.9"))
            shares = map(interval, row["classes"].values())
            rows.append([row["label"] or found["model"], *shares, f"{middle} ({', '.join(outer)})"])
        counts, covers = found["interval_counts"], found["interval_covers"]
        yield f"[95% intervals] from {counts}: {covers}"
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for cells in rows:
            yield "  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip()
        for row in found["labels"]:
            for name, own in row["harms"].items():
                if own["share"]:
                    yield f"{row['label']}: lost under {name}, and not without: {interval(own)}"
            if row["undecided"]["share"]:
                yield f"{row['label']}: undecided: {interval(row['undecided'])}"


def _result(
    found: Classes, rule: Rule, attrs: dict[str, object], design: Design | GivenDesign
) -> Result:
    numbers = range(len(found.names))
    shares = np.stack([found.shares([k]) for k in numbers], axis=1)
    suffices, harms = found.of_policies(found.suffices), found.of_policies(found.harms)
    quantiles = np.stack(list(quantiles_of(found).values()), axis=1)
    variables = {
        "class_of": variable(
            *("member label", found.of, "class of the draw, -1 where a run did not complete"),
            np.int32,
        ),
        **_edges("share", "label class", shares),
        **_edges("policy_decides", "label", found.decides),
        **_edges("undecided", "label", found.shares([UNDECIDED])),
        **_edges("suffices", "policy label", suffices),
        **_edges("harms", "policy label", harms),
        "value": variable(
            "label quantile", quantiles, f"{rule.conditions[0].name} without a policy"
        ),
    }
    coords = {
        "label": variable("label", found.labels, found.dimension or "model", str),
        "class": variable("class", found.names, "class", str),
        "policy": variable("policy", found.policies, "scenario", str),
        "quantile": variable("quantile", QUANTILES, "of the draws"),
    }
    assert len(found.names) == FIRST_POLICY + len(found.policies)
    if isinstance(design, GivenDesign):
        own_coords, own = design_variables(design)
        coords, variables = {**coords, **own_coords}, {**variables, **own}
    return result_of(coords, variables, attrs)


def _edges(name: str, dims: str, values: np.ndarray) -> dict[str, Variable]:
    """A share with both ends of its interval and its standard error, as four variables."""
    return {
        f"{name}{edge}": variable(dims, values[..., k].copy(), _EDGE_WORDS[k])
        for k, edge in enumerate(_EDGES)
    }
