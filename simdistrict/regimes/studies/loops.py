"""The feedback loops that drive a run, by simlin's loops that matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.base.counts import counted
from simdistrict.plot import STYLES, Block, Line, Panel, Sheet
from simdistrict.regimes.loops import Loops, loops_of
from simdistrict.regimes.studies.data import StudyData
from simdistrict.regimes.studies.drawing import Units, span
from simdistrict.regimes.studies.study import RegimeStudy, option, result_of, variable
from simdistrict.regimes.studies.words import MOST, few
from simdistrict.result.dataset import Result, Variable, time_attrs
from simdistrict.run.plan import Plan
from simdistrict.run.simulate import provenance

_ARROW = " -> "
_COLUMNS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopsStudy(RegimeStudy):
    """Score the loops of a run.

    element: the label whose model alone is analysed, empty for the whole model.
    """

    name = "loops"
    example = "neoliberal_globalisation --element Montebelluna"
    about = "Needs pysimlin: pip install 'simdistrict[loops]'."
    when = "until"

    element: str = option("--element", str, "The model of one label alone.", "", form="LABEL")

    def run(self, plans: Sequence[Plan]) -> Result:
        plan = self.single(plans)
        found = loops_of(plan, self.element)
        kind = (
            "every loop that could matter was looked at" if found.complete else "a sample of loops"
        )
        count = len(found.circuits)
        summary = (
            f"{counted(count, 'loop')}, {kind}"
            + (f", of {found.kept} that passed the filter" if found.kept > count else "")
            + (f"; named: {', '.join(found.names)}" if found.names else "; none has a name")
        )
        title = f"{plan.prepared.model.name}, {plan.resolved.name}"
        attrs = {
            **self.attrs(provenance([plan]), title, plan.grid.stop),
            "complete": found.complete,
            "kept": found.kept,
            "summary": summary,
        }
        return _result(found, time_attrs(plan.prepared.model), attrs)

    def document(self, result: StudyData) -> dict[str, Any]:
        names = result["loop_names"]
        return {
            "complete": result.attr("complete") == "true",
            "kept": result.attr("kept"),
            "times": result.coordinate("time"),
            "loops": [
                {
                    "id": name,
                    "polarity": result["polarity"][k],
                    "names": [n for n in str(names[k]).split(", ") if n],
                    "path": str(result["path"][k]).split(_ARROW),
                    "scores": result["score"][:, k],
                }
                for k, name in enumerate(result.labels("loop"))
            ],
            "shares": {name: result["share"][:, k] for k, name in enumerate(result.labels("name"))},
            "periods": [
                {
                    "from": start,
                    "to": result["period_stop"][k],
                    "loops": str(result["period_loops"][k]).split(", "),
                }
                for k, start in enumerate(result["period_start"])
            ],
        }

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        times = found["times"]
        for name, share in sorted(found["shares"].items(), key=lambda item: -_mean(item[1])):
            most = [t for t, x in zip(times, share, strict=True) if x is not None and x > 0.5]
            when = f"; more than half {_stretches(times, most)}" if most else ""
            yield f"{name}: {_mean(share):.2f} of all scores on average{when}"
        for loop in found["loops"][:MOST]:
            names = f" ({', '.join(loop['names'])})" if loop["names"] else ""
            size = _mean([None if x is None else abs(x) for x in loop["scores"]])
            path = few(loop["path"], joint=", and ")
            yield f"{loop['id']} {loop['polarity']}{names}, {size:.3f} on average: {path}"
        for period in found["periods"][:MOST]:
            yield f"{period['from']:g} to {period['to']:g}: mostly {few(period['loops'])}"
        if len(found["periods"]) > MOST:
            yield f"and {len(found['periods']) - MOST} further periods"

    def figure(self, result: StudyData) -> Sheet:
        """The share of each named loop; of each loop where none has a name."""
        times = np.asarray(result.coordinate("time"), float)
        if "share" in result:
            values, names = result["share"], result.labels("name")
        else:
            values, names = np.abs(result["score"]), result.labels("loop")
        order = sorted(range(len(names)), key=lambda k: -float(np.nan_to_num(values[:, k]).mean()))
        panels = tuple(
            Panel(names[k], (Line(times, values[:, k], "share of loop scores", STYLES[0]),))
            for k in order[: 2 * _COLUMNS]
        )
        columns = min(_COLUMNS, max(len(panels), 1))
        ends = span(times, 0.0)
        label = "share of loop scores, dimensionless"
        x_label = Units(result).time()
        return Sheet((Block(panels, columns, x_label, label, x_range=ends, y_range=(-0.02, 1.02)),))


def _result(found: Loops, time: dict[str, object], attrs: dict[str, object]) -> Result:
    circuits, points = found.circuits, len(found.times)
    scores = np.array([c.scores for c in circuits]).reshape(len(circuits), points).T
    shares = np.array([found.share(n) for n in found.names]).reshape(len(found.names), points).T
    periods, most = found.periods, "loops that together make most of what happens"
    names = [", ".join(c.names) for c in circuits]
    part, mostly = (
        "loops of the model's documentation that it is part of",
        "R, B, mostly one of them (Rux, Bux), or U",
    )
    variables = {
        "score": variable("time loop", scores.copy(), "relative loop score, signed"),
        "polarity": variable("loop", [c.polarity for c in circuits], mostly, str),
        "path": variable("loop", [_ARROW.join(c.path) for c in circuits], "causes in order", str),
        "loop_names": variable("loop", names, part, str),
        "period_start": variable("period", [p.start for p in periods], "first time"),
        "period_stop": variable("period", [p.stop for p in periods], "last time"),
        "period_loops": variable("period", [", ".join(p.circuits) for p in periods], most, str),
    }
    coords = {
        "time": Variable(("time",), found.times, time),
        "loop": variable("loop", [c.id for c in circuits], "loop", str),
    }
    if found.names:
        share = "share of all magnitudes of scores; a circuit may bear several names"
        variables["share"] = variable("time name", shares.copy(), share)
        coords["name"] = variable("name", found.names, "named loop", str)
    return result_of(coords, variables, attrs)


def _mean(values: Sequence[float | None]) -> float:
    known = [x for x in values if x is not None]
    return sum(known) / len(known) if known else 0.0


def _stretches(times: list[float], chosen: list[float]) -> str:
    """Times as stretches without a gap, `1981 to 1990, 2003`."""
    found: list[list[float]] = []
    for t in chosen:
        if found and times.index(t) == times.index(found[-1][1]) + 1:
            found[-1][1] = t
        else:
            found.append([t, t])
    return few([f"{a:g}" if a == b else f"{a:g} to {b:g}" for a, b in found])
