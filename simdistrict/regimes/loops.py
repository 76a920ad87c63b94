"""The feedback loops that drive a run, by simlin's loops that matter. The one door to simlin.

The scores are those of Schoenberg, Davidsen and Eberlein (2020), relative within a group of
stocks that feed back on each other: at each time the magnitudes of all loops of a group add up to
at most one. Names are the model's own: a constant called `loop R1 ...` is the switch of loop R1,
and a circuit has that name where the switch at zero cuts one of its links.
"""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem
from simdistrict.conversion.isolate import isolate
from simdistrict.conversion.models import with_scenario
from simdistrict.exchange.mdl.document import Document
from simdistrict.exchange.mdl.writing import model_text
from simdistrict.exchange.models import is_xmile
from simdistrict.model.expr import (
    Binary,
    Call,
    Expr,
    Number,
    Ref,
    children,
    fold,
    rebuild,
    references,
)
from simdistrict.model.model import Constant, Equation, Model
from simdistrict.regimes.frozen import label_of
from simdistrict.run.plan import Plan

SWITCH = "loop "


@dataclass(frozen=True, slots=True, eq=False)
class Circuit:
    """One feedback loop of variables.

    path: names in the order of causes, with labels where the model has dimensions; polarity: R,
    B, Rux or Bux (mostly one of them) or U; names: of the model's loops that it is part of;
    scores: at each time, signed, NaN where there is none.
    """

    id: str
    path: tuple[str, ...]
    polarity: str
    names: tuple[str, ...]
    scores: Reals


@dataclass(frozen=True, slots=True, eq=False)
class Period:
    """An interval in which some circuits together explain most of the behaviour."""

    start: float
    stop: float
    circuits: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Loops:
    """The loops of a run, in descending order of influence.

    complete: whether every loop that could matter was examined, not a sample; kept: the number that
    passed simlin's filter, of which `circuits` are those reported.
    """

    times: Reals
    circuits: tuple[Circuit, ...]
    periods: tuple[Period, ...]
    complete: bool
    kept: int

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all circuits."""
        return tuple(dict.fromkeys(name for c in self.circuits for name in c.names))

    def share(self, name: str) -> Reals:
        """At each time, the share of circuits with a name in all scores, 0 to 1."""
        sizes = np.array([np.abs(np.nan_to_num(c.scores)) for c in self.circuits])
        own = np.array([name in c.names for c in self.circuits])
        total = sizes.sum(axis=0)
        with np.errstate(invalid="ignore"):
            found: Reals = np.where(total > 0, sizes[own].sum(axis=0) / total, np.nan)
        return found


def loops_of(plan: Plan, element: str = "") -> Loops:
    """The loops of a scenario's run with the model's own integrator.

    element: a label whose model alone is analysed, see `conversion.isolate`.
    Raises EngineError where simlin is not installed, or cannot read or analyse the model.
    """
    try:
        import simlin
    except ModuleNotFoundError:
        what = "pysimlin is not installed, and loop dominance needs it"
        raise EngineError(Problem("loops", what, "pip install 'simdistrict[loops]'")) from None
    model = analysed_model(plan, element)
    where = f"model {model.name}"
    with tempfile.TemporaryDirectory(prefix="simdistrict-") as folder:
        path = Path(folder) / "model.mdl"
        path.write_text(model_text(model, layout=False), encoding="utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                loaded = simlin.load(str(path))
                errors = [i.message for i in loaded.check() if i.severity == "error"]
                found = None if errors else loaded.analyze()
            except simlin.SimlinError as error:
                errors, found = [str(error)], None
    trouble = errors[0] if errors else found.analysis_error if found is not None else None
    if found is None or trouble:
        what = f"simlin cannot analyse it: {' '.join(str(trouble).split())[:300]}"
        raise EngineError(Problem(where, what, _hint(model, element)))
    switches = {name.split()[1]: name for name in model.by_name if name.startswith(SWITCH)}
    circuits = [
        Circuit(
            str(loop.id),
            tuple(map(str, loop.variables)),
            str(loop.polarity),
            tuple(n.upper() for n, s in switches.items() if cuts(model, s, loop.variables)),
            np.asarray(loop.behavior_time_series, float),
        )
        for loop in found.loops
    ]
    circuits.sort(key=lambda c: (-float(np.abs(np.nan_to_num(c.scores)).mean()), c.id))
    grid = plan.grid
    times = np.array([grid.at(i) for i in grid.saved])
    if circuits and len(circuits[0].scores) != len(times):
        what = f"simlin saved {len(circuits[0].scores)} points, and the run has {len(times)}"
        raise EngineError(Problem(where, what, "use a save step that divides the run"))
    periods = [
        Period(float(p.start_time), float(p.end_time), tuple(map(str, p.dominant_loops)))
        for p in found.dominant_periods
    ]
    complete = bool(found.enumeration_complete and not found.agg_recovery_truncated)
    return Loops(times, tuple(circuits), tuple(periods), complete, int(found.retained_loops))


def analysed_model(plan: Plan, element: str = "") -> Model:
    """The model with the scenario's values in its equations; element: of one label alone."""
    model = plan.prepared.model
    text = model.text
    if not text or is_xmile(text):
        text = model_text(model, layout=False)
    written = with_scenario(Document(text, f"{model.name}.mdl"), plan.resolved).model
    if not element:
        return written
    label = label_of(plan, element)
    return isolate(written, label.dimension, label.name)


def _hint(model: Model, element: str) -> str:
    if model.dimensions and not element:
        return "name a label with --element, whose model alone is smaller"
    return "try a smaller model, or one without what simlin does not know"


# ---------------------------------------------------------------------- names of loops


def cuts(model: Model, switch: str, path: Sequence[str]) -> bool:
    """Whether a switch at zero cuts one of the links of a circuit.

    switch: folded name; path: names with labels, in the order of causes.
    """
    users = set(model.users.get(switch, ()))
    for before, here in zip((path[-1], *path[:-1]), path, strict=True):
        name, labels = _parted(here)
        if name not in users:
            continue
        cause, _ = _parted(before)
        for equation in _equations_at(model, name, labels):
            expr = equation.expression
            if cause in {r.name for r in references(expr)} and cause not in {
                r.name for r in references(without(expr, switch))
            }:
                return True
    return False


def _parted(variable: str) -> tuple[str, tuple[str, ...]]:
    """Folded name and folded labels of a variable as simlin writes it."""
    name, _, inside = variable.partition("[")
    labels = inside.rstrip("]").split(",") if inside else []
    return fold(name.replace("_", " ")), tuple(fold(x.replace("_", " ")) for x in labels)


def _equations_at(model: Model, name: str, labels: Sequence[str]) -> Iterator[Equation]:
    """The equations of an element that define the value with these labels."""
    element = model.by_name[name]
    if isinstance(element, Constant):
        return
    axes = model.labels(element)
    if len(labels) != len(axes):
        yield from element.equations
        return
    place = tuple(
        [fold(x) for x in axis].index(label) for axis, label in zip(axes, labels, strict=True)
    )
    for equation in element.equations:
        if place in set(model.positions(element, equation)):
            yield equation


_ZERO = Number(0.0)


def without(expr: Expr, switch: str) -> Expr:
    """An expression with a switch at zero, without the parts that this removes."""
    if isinstance(expr, Ref) and expr.name == switch:
        return _ZERO
    nodes = children(expr)
    if not nodes:
        return expr
    inside = tuple(without(node, switch) for node in nodes)
    match expr, inside:
        case Binary("*", _, _), (left, right):
            if _ZERO in (left, right):
                return _ZERO
        case Binary("/", _, _), (left, _):
            if left == _ZERO:
                return _ZERO
        case Binary("+", _, _), (left, right):
            if left == _ZERO:
                return right
            if right == _ZERO:
                return left
        case Binary("-", _, _), (left, right):
            if right == _ZERO:
                return left
        case Call("SUM", _), (body,):
            if body == _ZERO:
                return _ZERO
    return rebuild(expr, inside)
