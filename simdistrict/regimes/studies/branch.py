"""Equilibria followed along a constant: branches with their special points."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.counts import counted
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.plot import COLUMN, MARKS, PAGE, STYLES, Block, Line, Markers, Panel, Sheet
from simdistrict.regimes.model_field import ModelField, Parameter
from simdistrict.regimes.numerics.branch import Branch, Kind, Special
from simdistrict.regimes.numerics.diagram import BifurcationDiagram, branches
from simdistrict.regimes.numerics.fold_curve import FoldCurve
from simdistrict.regimes.numerics.stability import Stability
from simdistrict.regimes.studies.data import StudyData
from simdistrict.regimes.studies.drawing import TALL, Units, span, title
from simdistrict.regimes.studies.frozen_study import FrozenStudy, Setup, flag
from simdistrict.regimes.studies.study import Interval, option, variable
from simdistrict.regimes.studies.words import values
from simdistrict.result.dataset import Result, Variable

log = logging.getLogger("simdistrict.regimes")

# kinds of special points: key in a document, word for a reader, word in a figure
_KINDS = {
    Kind.fold: ("folds", "fold", "fold"),
    Kind.hopf: ("hopf_points", "Hopf", "Hopf point"),
    Kind.branch_point: ("branch_points", "branch point", "branch point"),
    Kind.kink: ("kinks", "kink", "kink"),
}
assert len(_KINDS) <= len(MARKS)
_LINES = {Stability.stable: (0, "stable"), Stability.undecided: (3, "undecided")}
_UNSTABLE = (1, "unstable")
_PANELS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchStudy(FrozenStudy):
    """Follow equilibria along a constant, from some of its values.

    parameter: the constant; starts: random starts at each of `stops` values.
    """

    name = "branch"
    example = "core --parameter tariff --from 0 --to 2"

    parameter: Interval = option(
        "--parameter",
        Interval,
        "The constant to vary.",
        varied=True,
        ends=("Its lowest value.", "Its highest value."),
    )
    starts: int = option("--starts", int, "Random starts per stop.", 10, least=0)
    stops: int = option("--stops", int, "Values at which equilibria are searched.", 3, least=1)

    def solve(self, setup: Setup) -> Result:
        low, high, limits = within_range(setup.field.parameters[0], self.parameter)
        found = self.diagram(setup, setup.field, low, high, limits)
        _warn_of_lines(found)
        name, dims = setup.field.parameters[0].name, "point"
        number = [k for k, b in enumerate(found.branches) for _ in b.parameters]
        parameters = [p for b in found.branches for p in b.parameters]
        states = [x for b in found.branches for x in b.states]
        spectra = [s for b in found.branches for s in b.spectra]
        read = [setup.observe(x, (float(p),)) for x, p in zip(states, parameters, strict=True)]
        unstable = [s.unstable for s in spectra]
        leading = [s.eigenvalues[0].real for s in spectra]
        origins = [b.origin for b in found.branches]
        specials = [(k, s) for k, b in enumerate(found.branches) for s in b.specials]
        ends = ("why it ends at its first point", "why it ends at its last point")
        variables = {
            "branch": variable(dims, number, "number of the branch", np.int32),
            "parameter": variable(dims, parameters, name),
            "state": setup.states(states, dims),
            "stability": flag(dims, [s.stability for s in spectra], Stability, "stability"),
            "unstable_modes": variable(
                dims, unstable, "number of eigenvalues with a positive real part", np.int32
            ),
            "leading_real_part": variable(dims, leading, "largest real part of an eigenvalue"),
            **setup.read(read, dims),
            **_special_variables(setup, specials),
            **endings("branch_number", "branch", found.branches, ends),
            "branch_origin": variable("branch_number", origins, "what it was followed from", str),
        }
        counts = {kind: sum(s.kind is kind for _, s in specials) for kind in Kind}
        summary = f"{counted(len(found.branches), 'branch', 'branches')}; " + ", ".join(
            counted(n, kind.noun) for kind, n in counts.items()
        )
        return setup.result(variables, summary)

    def diagram(
        self,
        setup: Setup,
        field: ModelField,
        low: float,
        high: float,
        limits: tuple[str, str] = ("", ""),
    ) -> BifurcationDiagram:
        """The branches of a field."""
        return branches(
            field,
            low,
            high,
            limits=limits,
            stops=self.stops,
            starts=self.starts,
            seed=self.seed,
            known=setup.known,
            horizon=self.horizon,
        )

    def document(self, result: StudyData) -> dict[str, Any]:
        parts = []
        for k, origin in enumerate(result["branch_origin"]):
            own = result["branch"] == k
            parts.append(
                {
                    "branch": k,
                    "origin": origin,
                    "endings": [result[f"branch_ending_{side}"][k] for side in ("low", "high")],
                    "parameter": result["parameter"][own],
                    "stability": [Stability(int(s)).name for s in result["stability"][own]],
                    "unstable_modes": result["unstable_modes"][own],
                    "states": result.states("state", own),
                    "outputs": result.outputs("value", own),
                }
            )
        special: dict[str, list[dict[str, Any]]] = {key: [] for key, *_ in _KINDS.values()}
        for k, kind in enumerate(result["special_kind"]):
            point = {
                "parameter": result["special_parameter"][k],
                "branch": result["special_branch"][k],
                **result.at(k, "special_"),
            }
            if kind == Kind.hopf:
                point["frequency"] = result["special_frequency"][k]
            special[_KINDS[Kind(kind)][0]].append(point)
        return {"parameter": result.long_name("parameter"), "branches": parts, **special}

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        for b in found["branches"]:
            counts = {s: b["stability"].count(s) for s in dict.fromkeys(b["stability"])}
            mixed = ", ".join(f"{n} {s}" for s, n in counts.items())
            ends = "; ".join(b["endings"])
            yield f"branch {b['branch']} ({b['origin']}): {mixed}; ends: {ends}"
        for key, name, _ in _KINDS.values():
            for s in found[key]:
                yield f"{name} at {found['parameter']} = {s['parameter']:.8g}: {values(s)}"

    def figure(self, result: StudyData) -> Sheet:
        """Stable pieces are solid, others dashed, special points marked."""
        x, number = result["parameter"], result["branch"]
        kinds, special_x = result["special_kind"], result["special_parameter"]
        shown = result.labels("output")[:_PANELS] if "value" in result else []
        name, special = ("value", "special_value") if shown else ("state", "special_state")
        names = shown or result.labels("stock")[:1]
        ys = [result[name][:, k] for k in range(len(names))]
        panels = []
        for k, y in enumerate(ys):
            lines = tuple(
                Line(x[part], y[part], label, STYLES[style])
                for part, style, label in _pieces(number, result["stability"])
            )
            points = tuple(
                Markers(special_x[own], result[special][own, k], label, MARKS[j], hollow=True)
                for j, (kind, (*_, label)) in enumerate(_KINDS.items())
                if (own := kinds == kind).any()
            )
            head = names[k] if len(names) > 1 else title(self, result)
            panels.append(Panel(head, lines, points))
        alone, units = len(names) == 1, Units(result)
        block = Block(
            tuple(panels),
            1 if alone else 2,
            units.of(result.long_name("parameter")),
            units.of(names[0]) if alone else "output, each in its own unit",
            x_range=span(x, 0.0),
            y_range=span(np.concatenate(ys)),
            tall=TALL,
        )
        return Sheet((block,), COLUMN if alone else PAGE)


def within_range(parameter: Parameter, bounds: Interval) -> tuple[float, float, tuple[str, str]]:
    """The part of some bounds inside the range of the model, and the range at ends that it cuts.

    Raises ScenarioError where there is no such part.
    """
    low, high, stated = bounds.low, bounds.high, parameter.range
    if stated is None:
        return low, high, ("", "")
    least = low if stated.low is None else max(low, stated.low)
    most = high if stated.high is None else min(high, stated.high)
    if not least < most:
        what = f"the bounds {low:g} and {high:g} lie outside its range {stated}"
        hint = "give bounds inside the range that the model states"
        raise ScenarioError(Problem(f'parameter "{parameter.name}"', what, hint))
    return least, most, ("" if least == low else str(stated), "" if most == high else str(stated))


def endings(
    dims: str, prefix: str, curves: Sequence[Branch] | Sequence[FoldCurve], names: tuple[str, str]
) -> dict[str, Variable]:
    """The endings of curves, as sentences."""
    return {
        f"{prefix}_ending_{side}": variable(
            dims, [c.endings[k].sentence for c in curves], names[k], str
        )
        for k, side in enumerate(("low", "high"))
    }


def _special_variables(
    setup: Setup, specials: Sequence[tuple[int, Special]]
) -> dict[str, Variable]:
    """The special points of all branches; specials: with the numbers of their branches."""
    at, points = "special", [s for _, s in specials]
    name, frequency = setup.field.parameters[0].name, "of a Hopf point, radians per time unit"
    read = [setup.observe(s.state, (s.parameter,)) for s in points]
    return {
        "special_kind": variable(at, [s.kind for s in points], "kind of special point", str),
        "special_branch": variable(at, [k for k, _ in specials], "its branch", np.int32),
        "special_parameter": variable(at, [s.parameter for s in points], name, np.float64),
        "special_state": setup.states([s.state for s in points], at),
        "special_frequency": variable(at, [s.frequency for s in points], frequency, np.float64),
        **setup.read(read, at, "special_"),
    }


def _warn_of_lines(found: BifurcationDiagram) -> None:
    """Warn of lines of equilibria, which no branch follows, and say how many stocks to hold."""
    lines = [[e for e in search.equilibria if e.continuum] for _, search in found.searches]
    spectra = [e.spectrum for line in lines for e in line]
    if not spectra:
        return
    # each eigenvalue of zero is a direction in which the state may lie anywhere
    free = max(int((abs(s.eigenvalues) <= s.threshold).sum()) for s in spectra)
    where = f"at {sum(map(bool, lines))} of {counted(len(found.searches), 'value')} searched"
    hint = f"hold {counted(max(free, 1), 'stock')} more with --hold"
    log.warning("equilibria lie on a line %s, which is not followed: %s", where, hint)


def _pieces(number: Reals, stability: Reals) -> Iterator[tuple[slice, int, str]]:
    """Pieces of one branch with one stability, each up to the first point of the next."""
    start = 0
    for k in range(1, len(number) + 1):
        ends = k == len(number) or number[k] != number[start]
        if not ends and stability[k] == stability[start]:
            continue
        style, label = _LINES.get(Stability(int(stability[start])), _UNSTABLE)
        yield slice(start, k if ends else k + 1), style, label
        start = k
