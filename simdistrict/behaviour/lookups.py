"""The check that inputs of lookups stay within their points during a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from simdistrict.base.errors import ModelError
from simdistrict.behaviour.checks import Finding
from simdistrict.behaviour.runs import AS_IS, ROUNDING, Runs
from simdistrict.model.expr import (
    Binary,
    Call,
    Expr,
    LookupCall,
    Number,
    Points,
    Ref,
    WithLookup,
    children,
    is_reduced,
    walk,
)
from simdistrict.model.model import (
    Auxiliary,
    Constant,
    Element,
    Equation,
    Lookup,
    Model,
    lookup_points,
)
from simdistrict.run.plan import lowered


@dataclass(frozen=True, slots=True)
class _Use:
    """One lookup applied in one equation.

    input: a new element that holds its input; low, high: first and last x of its points (the
    widest of an array of lookups).
    """

    owner: Element
    lookup: str
    input: Auxiliary
    low: float
    high: float


def lookup_range(runs: Runs) -> Iterator[Finding]:
    """In the unchanged model, the input of every lookup is within its points.

    Beyond them the first or last value is held, which may be intended. Not checked: lookups of an
    index of a sum or of random numbers, and lookups that extrapolate.
    """
    run, _ = runs.as_is()
    if runs.broken(run):
        return
    uses = list(_uses(runs.model))
    if not uses:
        return
    model = replace(runs.model, elements=(*runs.model, *(use.input for use in uses)))
    try:
        probed = Runs(lowered(model), runs.statements, runs.bare)
    except ModelError:
        # an input need not be valid as an equation of its own
        return
    run, _ = probed.of(AS_IS, None)
    for use in uses:
        name = use.input.name
        values = probed.defined(run, name)
        slack = ROUNDING * max(abs(use.low), abs(use.high))
        beyond = np.fmax(use.low - values, values - use.high)
        # a missing value is not outside the points
        beyond[~np.isfinite(values)] = 0.0
        if not (beyond > slack).any():
            continue
        spot = probed.spot(run, name, beyond == beyond.max())
        what = (
            f"applies {use.lookup} outside its points, which reach from {use.low:g} to "
            f"{use.high:g}, farthest {spot}"
        )
        yield Finding("lookup-range", "warning", use.owner.name, use.input.line, what)


def _uses(model: Model) -> Iterator[_Use]:
    count = 0
    for element in model:
        if isinstance(element, Constant | Lookup):
            continue
        for equation in element.equations:
            for node in _applied(equation.expression):
                found = _reach(model, node)
                if found is None or not _stands_alone(node.x):
                    continue
                count += 1
                while (name := f"lookup input {count}") in model.by_name:
                    count += 1
                probe = _probe(name, element, equation, node.x)
                yield _Use(element, found[0], probe, *found[1:])


def _probe(name: str, owner: Element, equation: Equation, x: Expr) -> Auxiliary:
    own = replace(equation, expression=x, initial=None)
    return Auxiliary(name=name, equations=(own,), dims=owner.dims)


def _applied(expr: Expr) -> Iterator[LookupCall | WithLookup]:
    """Every applied lookup, except those that extrapolate."""
    match expr:
        case Binary("+", _, Binary("*", Number(), Call("MIN" | "MAX", (_, Number(0.0))))):
            return
        case LookupCall() | WithLookup():
            yield expr
    for child in children(expr):
        yield from _applied(child)


def _reach(model: Model, node: LookupCall | WithLookup) -> tuple[str, float, float] | None:
    """The name of a lookup in messages, and its first and last x."""
    if isinstance(node, WithLookup):
        return "its lookup", node.points.x[0], node.points.x[-1]
    element = model.by_name.get(node.lookup.name)
    if not isinstance(element, Lookup):
        return None
    curves: list[Points] = [p for p in lookup_points(model, element).values() if p.x]
    if not curves:
        return None
    return f'"{element.name}"', min(p.x[0] for p in curves), max(p.x[-1] for p in curves)


def _stands_alone(x: Expr) -> bool:
    """Whether the input of a lookup has the same value in an equation of its own."""
    for node in walk(x):
        if isinstance(node, Ref) and any(map(is_reduced, node.subscripts)):
            return False
        if isinstance(node, Call) and node.function.startswith("RANDOM"):
            return False
    return True
