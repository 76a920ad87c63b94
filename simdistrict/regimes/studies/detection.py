"""Regimes in a run: a label per time, shifts with their dates, early warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError, did_you_mean
from simdistrict.model.expr import fold
from simdistrict.regimes.numerics.warning import early_warnings
from simdistrict.regimes.rules import TRANSITION, Rule, read_rules
from simdistrict.regimes.studies.study import WithOptions, option
from simdistrict.result.dataset import Result, Variable, finite

NOISE = (
    "none: a run of this model draws nothing at random, so what these indicators see is how its "
    "path bends, and not noise"
)


@dataclass(frozen=True, slots=True)
class RegimeShift:
    """A change of regime that lasts; time: the first of the new regime."""

    time: float
    from_: str
    to: str


def label_series(rules: Sequence[Rule], values: dict[str, Reals], points: int) -> NDArray[Any]:
    """The regime at every time; values: folded name -> (points,)."""
    labels = np.full(points, TRANSITION, dtype=object)
    open_ = np.ones(points, bool)
    for rule in rules:
        holds = open_.copy()
        for condition in rule.conditions:
            holds &= condition.holds(values[fold(condition.name)])
        labels[holds] = rule.regime
        open_ &= ~holds
    return labels


def shifts(times: Reals, labels: NDArray[Any], lasting: float = 0.0) -> list[RegimeShift]:
    """Changes of regime; one not seen to last `lasting` time units is passed over."""
    found: list[RegimeShift] = []
    if not len(labels):
        return found
    present, since = labels[0], 0
    for k in range(1, len(labels) + 1):
        if k < len(labels) and labels[k] == labels[since]:
            continue
        end = times[min(k, len(labels) - 1)]
        if labels[since] != present and end - times[since] >= lasting:
            found.append(RegimeShift(float(times[since]), str(present), str(labels[since])))
            present = labels[since]
        since = k
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectionStudy(WithOptions):
    """Regimes, shifts and early warnings of every run and label in a result.

    rules: the first that holds names the regime; warned: elements whose early warnings are
    computed, window, bandwidth: see `early_warnings`; lasting: shortest shift, in time units.
    """

    example = "runs/security_tariffs.nc --study district"

    rules: tuple[Rule, ...] = option(
        "--rule",
        str,
        "A regime by thresholds (repeatable, the first that holds counts).",
        (),
        form='"REGIME: NAME >= X, ..."',
        count=0,
        made=read_rules,
    )
    warned: tuple[str, ...] = option(
        "--warn", str, "Early warnings of this element (repeatable).", (), form="NAME", count=0
    )
    window: float = option(
        *("--window", float, "Length of the window, as a share of the series.", 0.5),
        above=0,
        most=1,
    )
    bandwidth: float = option(
        *("--bandwidth", float, "Of the trend's smoother, as a share of the series.", 0.1),
        above=0,
    )
    lasting: float = option(
        *("--lasting", float, "Shortest duration of a shift.", 5.0),
        least=0,
    )

    def run(self, result: Result, where: str) -> dict[str, Any]:
        """The document of a result; where: what messages call it.

        Raises ScenarioError for elements that the result does not hold.
        """
        names = [c.name for rule in self.rules for c in rule.conditions]
        series = _Series(result, where, [*names, *self.warned])
        times = result.coords["time"].values
        runs = []
        for run, label in series.places():
            values = {fold(n): series.of(n, run, label) for n in (*names, *self.warned)}
            labels = label_series(self.rules, values, len(times))
            found: dict[str, Any] = {
                "scenario": run,
                "label": label,
                "last": str(labels[-1]),
                "regimes": _stretches(times, labels),
                "shifts": [
                    {"time": s.time, "from": s.from_, "to": s.to}
                    for s in shifts(times, labels, self.lasting)
                ],
            }
            if self.warned:
                found["warnings"] = {
                    n: _warning(times, values[fold(n)], self.window, self.bandwidth)
                    for n in self.warned
                }
            runs.append(found)
        document: dict[str, Any] = {
            "file": where,
            "rules": [str(rule) for rule in self.rules],
            "runs": runs,
        }
        if self.warned:
            document |= {"noise": NOISE, "window": self.window, "bandwidth": self.bandwidth}
        return document

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        """A document for a reader."""
        for run in found["runs"]:
            name = ", ".join(filter(None, (run["scenario"], run["label"]))) or "the run"
            first, end = run["regimes"][0]["regime"], run["regimes"][-1]
            path = [first, *(f"{s['to']} ({s['time']:g})" for s in run["shifts"])]
            rest = ""
            if end["regime"] != (run["shifts"][-1]["to"] if run["shifts"] else first):
                rest = f"; {end['regime']} since {end['from']:g}, too short to count"
            yield f"{name}: {' -> '.join(path)}{rest}"
            for element, w in run.get("warnings", {}).items():
                yield (
                    f"  {element}: Kendall tau of variance {_tau(w['variance_tau'])}, "
                    f"of autocorrelation {_tau(w['autocorrelation_tau'])}"
                )
        if "noise" in found:
            yield f"noise: {found['noise']}"


class _Series:
    """Series of some elements, by run and label."""

    def __init__(self, result: Result, where: str, names: Sequence[str]) -> None:
        if "time" not in result.coords:
            hint = "give a file that simdistrict run wrote"
            raise ScenarioError(Problem(where, "it holds no run", hint))
        self.result = result
        by_name = {
            fold(str(v.attrs["vensim_name"])): v
            for v in result.variables.values()
            if "vensim_name" in v.attrs
        }
        missing = [n for n in dict.fromkeys(names) if fold(n) not in by_name]
        if missing:
            raise ScenarioError(
                [
                    Problem(
                        where,
                        f'it does not hold "{n}"',
                        "rules are read for every label: leave the labels out"
                        if "[" in n
                        else did_you_mean(n, by_name) or "write rules for this model with --rule",
                    )
                    for n in missing
                ]
            )
        self.variables = {fold(n): by_name[fold(n)] for n in names}
        self.runs = [str(s) for s in result.coords["scenario"].values] if self.several else [""]
        own = [set(v.dims) - {"time", "scenario"} for v in self.variables.values()]
        shared = set.intersection(*own) if own else set()
        order = [d for v in self.variables.values() for d in v.dims if d in shared]
        self.dimension = order[0] if order else ""

    @property
    def several(self) -> bool:
        return "scenario" in self.result.coords

    def places(self) -> Iterator[tuple[str, str]]:
        labels = [""]
        if self.dimension:
            labels = [str(x) for x in self.result.coords[self.dimension].values]
        return ((run, label) for run in self.runs for label in labels)

    def of(self, name: str, run: str, label: str) -> Reals:
        """One series; dimensions that not all elements share are averaged over."""
        variable: Variable = self.variables[fold(name)]
        values, dims = np.asarray(variable.values, float), list(variable.dims)
        for dim, chosen in (("scenario", run), (self.dimension, label)):
            if dim in dims and chosen:
                coordinate = [str(x) for x in self.result.coords[dim].values]
                values = values.take(coordinate.index(chosen), axis=dims.index(dim))
                dims.remove(dim)
        if "time" in dims:
            values = np.moveaxis(values, dims.index("time"), 0)
        else:
            values = np.broadcast_to(
                values, (len(self.result.coords["time"].values), *values.shape)
            )
        found: Reals = values.reshape(len(values), -1).mean(axis=1)
        return found


def _stretches(times: Reals, labels: NDArray[Any]) -> list[dict[str, Any]]:
    starts = [0, *(k for k in range(1, len(labels)) if labels[k] != labels[k - 1])]
    ends = [*(k - 1 for k in starts[1:]), len(labels) - 1]
    return [
        {"regime": str(labels[a]), "from": float(times[a]), "to": float(times[b])}
        for a, b in zip(starts, ends, strict=True)
    ]


def _warning(times: Reals, values: Reals, window: float, bandwidth: float) -> dict[str, Any]:
    found = early_warnings(times, values, window, bandwidth)
    return {
        "times": [float(t) for t in found.times],
        "variance": [finite(x) for x in found.variance],
        "autocorrelation": [finite(x) for x in found.autocorrelation],
        "variance_tau": finite(found.variance_tau),
        "autocorrelation_tau": finite(found.autocorrelation_tau),
        "residual_share": finite(found.residual_share),
    }


def _tau(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
