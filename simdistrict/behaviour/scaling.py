"""The check that a model gives the same results in another unit of account.

Counting money in thousands must rescale every amount of money and nothing else. A number hidden
in an equation (a threshold of 100, a scale of 1e6) breaks this; the finding names the equation.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from simdistrict.base.errors import ModelError
from simdistrict.behaviour.checks import Finding
from simdistrict.behaviour.runs import AS_IS, ROUNDING, Runs, dense
from simdistrict.model.balance import unit_reader
from simdistrict.model.causality import grid_constants
from simdistrict.model.expr import (
    Array,
    Call,
    Expr,
    LookupCall,
    Number,
    Points,
    Ref,
    Tables,
    Unary,
    WithLookup,
    children,
    fold,
    rebuild,
    references,
    walk,
)
from simdistrict.model.literals import is_bare
from simdistrict.model.model import CONTROL, Constant, Data, Element, Equation, Lookup, Model, Stock
from simdistrict.result.dataset import Run
from simdistrict.run.plan import lowered, plan_run
from simdistrict.run.simulate import run_one

if TYPE_CHECKING:
    from pint.facets.plain import PlainUnit as Unit

    from simdistrict.model.units import Units

# A unit is rescaled by 2^10 and by 2^-10, to cross a hidden threshold from both sides. Powers of
# two are exact: a correct model gives the same digits.
EXPONENT = 10


def unit_of_account(runs: Runs) -> Iterator[Finding]:
    """Rescaling a base unit rescales every element by that unit's power in it, and no more.

    The time unit is fixed. Where an element states no unit, findings are warnings. All units are
    first rescaled together, once each way; single units follow only where that shows a difference.
    """
    run, _ = runs.as_is()
    yield from runs.tell("unit-of-account", AS_IS, run, stocks=False)
    if runs.broken(run):
        return
    work = _Scaling(runs.model)
    if not work.bases:
        return
    # an amount without a unit cannot be rescaled, so its users differ without being wrong
    bare = any(work.powers(element) is None for element in runs.model)
    severity = "warning" if bare else "error"
    told: set[str] = set()
    # different exponents, so that confused units do not cancel
    several = {base: EXPONENT + 3 * k for k, base in enumerate(work.bases)}
    if not any(_differing(runs, work, run, _times(several, sign)) for sign in (1, -1)):
        return
    for base in work.bases:
        for sign in (1, -1):
            found = _differing(runs, work, run, {base: sign * EXPONENT})
            for name, point, place, got, due in found:
                if name in told:
                    continue
                told.add(name)
                what = (
                    f"does not scale with the unit {base}: with all amounts of it "
                    f"{'times' if sign > 0 else 'divided by'} {2**EXPONENT} it is "
                    f"{_compared(got, due)} {runs.where(name, place)}in "
                    f"{run.time[point]:.10g}; a number in its equation stands for an amount"
                )
                yield runs.finding("unit-of-account", name, what, severity)


def _compared(got: float, due: float) -> str:
    one, other = f"{got:.6g}", f"{due:.6g}"
    return f"{one} instead of {other}" if one != other else f"off by {got - due:.3g} from {other}"


def _times(exponents: Mapping[str, int], sign: int) -> dict[str, int]:
    return {base: sign * k for base, k in exponents.items()}


# function -> index of the argument with its unit, and of its initial value: a bare number there
# takes the unit, as in the check of units
_INITIAL = {
    "SAMPLE IF TRUE": (1, 2),
    "INTEG": (0, 1),
    **dict.fromkeys(("DELAY1I", "DELAY3I", "DELAY N", "SMOOTHI", "SMOOTH3I", "SMOOTH N"), (0, 2)),
}

# name, point in time, place, the value, what it should be
Deviation = tuple[str, int, int, float, float]


def _differing(
    runs: Runs, work: _Scaling, run: Run, exponents: Mapping[str, int]
) -> list[Deviation]:
    """Where a rescaled run begins to differ: name, point, place, is, should be.

    Empty where all differences are rounding. Else the elements none of whose causes differs as
    early, which hold the faults. Compared to the last bit, because a small amount in a large
    number often shows only in its effects, and powers of two preserve all bits.
    """
    prepared = lowered(work.scaled(exponents))
    try:
        plan = dense(plan_run(prepared, runs.bare))
    except ModelError:
        # the control values make no time grid
        return _moved_control(runs, work, exponents, {})
    moved = _moved_control(runs, work, exponents, plan.control)
    if moved:
        return moved
    scaled = run_one(plan)
    since: dict[str, Deviation] = {}
    wrong = False
    for name in runs.prepared.program.order:
        element = runs.model.by_name[name]
        factor = work.factor(element, exponents)
        if factor is None or name not in scaled.values:
            continue
        due = runs.series(run, name).reshape(len(run.time), -1) * factor
        got = runs.series(scaled, name).reshape(len(run.time), -1)
        # after an early end, NaN stands for values that were never computed
        computed = (run.time <= scaled.ending.time)[:, None] & np.isfinite(due)
        scale = np.where(computed, np.abs(due), 0.0)
        with np.errstate(invalid="ignore"):
            gap = np.abs(got - due)
            wrong |= bool((~(gap <= ROUNDING * scale.max(axis=0, initial=0.0)) & computed).any())
            bad = (got != due) & computed
        if bad.any():
            point, place = (int(i) for i in np.argwhere(bad)[0])
            since[name] = (name, point, place, float(got[point, place]), float(due[point, place]))
    if not wrong:
        return []
    origins = [found for name, found in since.items() if _is_origin(runs.model, name, since)]
    # in a loop through a delay every element has a cause that differs as early
    return origins or [min(since.values(), key=lambda found: found[1])]


def _moved_control(
    runs: Runs, work: _Scaling, exponents: Mapping[str, int], control: Mapping[str, float]
) -> list[Deviation]:
    """The control elements that depend on an amount and are not what they should be.

    control: their values in other units; a missing one has no value.
    """
    found: list[Deviation] = []
    stated = plan_run(runs.prepared, runs.bare).control
    for name in CONTROL:
        element = runs.model.by_name.get(name)
        amounts = grid_constants(runs.model, [name])
        bases = {base for c in amounts for base in work.powers(runs.model.by_name[c]) or {}}
        if element is None or bases.isdisjoint(exponents):
            continue
        factor = work.factor(element, exponents)
        due = stated[name] * (1.0 if factor is None else factor)
        got = control.get(name, math.nan)
        if got != due:
            found.append((name, 0, 0, got, due))
    return found


def _is_origin(model: Model, name: str, since: Mapping[str, Deviation]) -> bool:
    element = model.by_name[name]
    point = since[name][1]
    if not isinstance(element, Stock):
        return not any(since[c][1] <= point for c in model.causes(element) if c in since)
    if point > 0:
        # a stock accumulates the earlier values of its flows
        return not any(since[c][1] < point for c in model.causes(element) if c in since)
    initials = [q.initial for q in element.equations if q.initial is not None]
    return not any(ref.name in since for expr in initials for ref in references(expr))


class _Scaling:
    """A model in other units."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.units: Units
        self.unit_of: Callable[[Expr], Unit | None]
        self.units, self.unit_of = unit_reader(model)
        # units of time, which differ in a faulty model, stay as they are: the grid must not move
        time = {base for name in CONTROL for base in self.powers(model.by_name.get(name)) or {}}
        found: dict[str, None] = {}
        for element in model:
            for base in self.powers(element) or {}:
                if base not in time:
                    found[base] = None
        self.bases = tuple(found)
        self.inputs = self._inputs()

    def powers(self, element: Element | None) -> dict[str, float] | None:
        """The base units of an element with their powers; None where it states none."""
        unit = self.units.of(element)
        return None if unit is None else self.units.powers(unit)

    def factor(self, element: Element, exponents: Mapping[str, int]) -> float | None:
        """The factor for an element's values; None where its unit is unknown."""
        powers = self.powers(element)
        return None if powers is None else _factor(powers, exponents)

    def scaled(self, exponents: Mapping[str, int]) -> Model:
        """The model with every stated number in the other units.

        Constants, lookups (y by their own unit, x by the unit of their input), and bare numbers as
        initial values. Numbers of unknown unit are unchanged.
        """
        elements = tuple(self._element(e, exponents) for e in self.model)
        # without the text, which would identify the original model
        return replace(self.model, elements=elements, text="")

    def _element(self, element: Element, exponents: Mapping[str, int]) -> Element:
        factor = self.factor(element, exponents) or 1.0
        equations = tuple(self._equation(element, e, factor, exponents) for e in element.equations)
        return replace(element, equations=equations)

    def _equation(
        self, element: Element, equation: Equation, factor: float, exponents: Mapping[str, int]
    ) -> Equation:
        expression, initial = equation.expression, equation.initial
        match expression:
            case Number(_) | Array(_, _) if isinstance(element, Constant):
                expression = _times_number(expression, factor)
            case Points() if isinstance(element, Lookup):
                across = self.inputs.get(fold(element.name), {})
                expression = _points(expression, _factor(across, exponents), factor)
            case Tables(tables, between):
                across = self.inputs.get(fold(element.name), {})
                if isinstance(element, Data):
                    across = self._powers_of(Ref("time"))
                x = _factor(across, exponents)
                expression = Tables(tuple(_points(p, x, factor) for p in tables), between)
            case _:
                expression = self._expression(expression, factor, exponents)
        if initial is not None:
            if is_bare(initial):
                initial = _times_number(initial, factor)
            else:
                initial = self._expression(initial, factor, exponents)
        return replace(equation, expression=expression, initial=initial)

    def _expression(self, expr: Expr, factor: float, exponents: Mapping[str, int]) -> Expr:
        """An expression with rescaled numbers where Vensim's rules give them a unit."""
        nodes = tuple(self._expression(node, factor, exponents) for node in children(expr))
        expr = rebuild(expr, nodes)
        match expr:
            case WithLookup(x, points):
                across = _factor(self._powers_of(x), exponents)
                return WithLookup(x, _points(points, across, factor))
            case Call(function, args) if function in _INITIAL:
                like, at = _INITIAL[function]
                if at < len(args) and is_bare(args[at]):
                    own = _factor(self._powers_of(args[like]), exponents)
                    return Call(
                        function, (*args[:at], _times_number(args[at], own), *args[at + 1 :])
                    )
        return expr

    def _inputs(self) -> dict[str, dict[str, float]]:
        """Folded names of lookups -> the unit of their input at first use."""
        found: dict[str, dict[str, float]] = {}
        for element in self.model:
            for equation in element.equations:
                for expr in (equation.expression, equation.initial):
                    for node in walk(expr) if expr is not None else ():
                        if isinstance(node, LookupCall):
                            found.setdefault(node.lookup.name, self._powers_of(node.x))
        return found

    def _powers_of(self, expr: Expr) -> dict[str, float]:
        unit = self.unit_of(expr)
        return {} if unit is None else self.units.powers(unit)


def _factor(powers: Mapping[str, float], exponents: Mapping[str, int]) -> float:
    return float(2.0 ** sum(power * exponents.get(base, 0) for base, power in powers.items()))


def _times_number(expr: Expr, factor: float) -> Expr:
    match expr:
        case Number(value):
            return Number(value * factor)
        case Unary("-", Number(value)):
            return Unary("-", Number(value * factor))
        case Array(values, shape):
            return Array(tuple(v * factor for v in values), shape)
    return expr


def _points(points: Points, across: float, up: float) -> Points:
    return Points(tuple(x * across for x in points.x), tuple(y * up for y in points.y))
