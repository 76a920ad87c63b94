"""Folds followed in two constants: the border of the region with two stable equilibria."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.base.counts import counted
from simdistrict.plot import MARKS, STYLES, Line, Markers, Panel, Sheet
from simdistrict.regimes.model_field import field_of
from simdistrict.regimes.numerics.branch import Kind
from simdistrict.regimes.numerics.fold_curve import fold_curves
from simdistrict.regimes.studies.branch import BranchStudy, endings, within_range
from simdistrict.regimes.studies.data import StudyData
from simdistrict.regimes.studies.drawing import Units, single, span, title
from simdistrict.regimes.studies.frozen_study import Setup
from simdistrict.regimes.studies.study import Interval, option, variable
from simdistrict.result.dataset import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class FoldCurveStudy(BranchStudy):
    """Follow the folds of the branches in a second constant as well."""

    name = "fold curve"

    second: Interval = option(
        "--second",
        Interval,
        "Follow the folds in a second constant as well, up to cusps.",
        varied=True,
    )

    def solve(self, setup: Setup) -> Result:
        field = setup.field
        first, second = (
            within_range(parameter, bounds)[:2]
            for parameter, bounds in zip(field.parameters, self.varied, strict=True)
        )
        diagram = self.diagram(setup, field_of(setup.frozen, [self.parameter.name]), *first)
        found = fold_curves(field, diagram.specials(Kind.fold), field.values()[1], first, second)
        one, two = (p.name for p in field.parameters)
        number = [k for k, c in enumerate(found) for _ in c.parameters]
        pairs = np.array([p for c in found for p in c.parameters]).reshape(-1, 2)
        cusps = [c for curve in found for c in curve.cusps]
        at = np.array([c.parameters for c in cusps]).reshape(-1, 2)
        variables = {
            "curve": variable("point", number, "curve of folds", np.int32),
            "parameter": variable("point", pairs[:, 0].copy(), one),
            "second_parameter": variable("point", pairs[:, 1].copy(), two),
            "state": setup.states([x for c in found for x in c.states], "point"),
            "cusp_parameter": variable("cusp", at[:, 0].copy(), one),
            "cusp_second_parameter": variable("cusp", at[:, 1].copy(), two),
            "cusp_state": setup.states([c.state for c in cusps], "cusp"),
            **endings("fold_curve", "curve", found, ("why it ends", "why it ends")),
        }
        summary = f"{counted(len(found), 'curve')} of folds, {counted(len(cusps), 'cusp')}"
        return setup.result(variables, summary, labels=())

    def document(self, result: StudyData) -> dict[str, Any]:
        curves = []
        for k in range(len(result["curve_ending_low"])):
            own = result["curve"] == k
            curves.append(
                {
                    "endings": [result[f"curve_ending_{side}"][k] for side in ("low", "high")],
                    "parameter": result["parameter"][own],
                    "second_parameter": result["second_parameter"][own],
                    "states": result.states("state", own),
                }
            )
        cusps = [
            {
                "parameter": parameter,
                "second_parameter": result["cusp_second_parameter"][k],
                "state": result.state("cusp_state", k),
            }
            for k, parameter in enumerate(result["cusp_parameter"])
        ]
        names = [result.long_name("parameter"), result.long_name("second_parameter")]
        return {"parameters": names, "fold_curves": curves, "cusps": cusps}

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        one, two = found["parameters"]
        for c in found["fold_curves"]:
            yield f"{counted(len(c['parameter']), 'fold')}; ends: {'; '.join(c['endings'])}"
        for c in found["cusps"]:
            yield f"cusp at {one} = {c['parameter']:.8g}, {two} = {c['second_parameter']:.8g}"

    def figure(self, result: StudyData) -> Sheet:
        x, y, number = (result[n] for n in ("parameter", "second_parameter", "curve"))
        lines = tuple(
            Line(x[number == k], y[number == k], "fold", STYLES[0]) for k in np.unique(number)
        )
        cusps = result["cusp_parameter"], result["cusp_second_parameter"]
        points = (Markers(*cusps, "cusp", MARKS[3]),) if len(cusps[0]) else ()
        panel = Panel(title(self, result), lines, points)
        units = Units(result)
        one, two = (units.of(result.long_name(n)) for n in ("parameter", "second_parameter"))
        return single(panel, x, span(y), one, two)
