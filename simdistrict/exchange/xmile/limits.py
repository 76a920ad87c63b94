"""Equations that keep non-negative stocks from becoming negative.

Each outflow is limited to the content of the stock plus inflows minus the outflows before it, in
the order of the file. Where limits on flows are not enough (a flow shared by two stocks, a
negative inflow) the net flow is limited to the content of the stock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from simdistrict.exchange.xmile.functions import TIME_STEP, ZERO
from simdistrict.model.expr import Binary, Call, Expr, Ref, fold, references
from simdistrict.model.model import Element, Equation, Flow, Stock


def with_limits(
    elements: dict[str, Element],
    ends: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]],
    positive: frozenset[str],
) -> None:
    """Add the limits to the equations of `elements`, in place.

    elements: by folded name; ends: inflows and outflows of each non-negative stock;
    positive: the flows that cannot become negative.
    """
    drained: dict[str, int] = {}
    for _, outflows in ends.values():
        for name in outflows:
            drained[name] = drained.get(name, 0) + 1
    for name, (inflows, outflows) in ends.items():
        stock = elements[name]
        safe = all(flow in positive for flow in inflows)
        before: list[str] = []
        for flow in outflows:
            element = elements[flow]
            if drained[flow] > 1 or not isinstance(element, Flow) or element.dims != stock.dims:
                safe = False
                continue
            known = [f for f in inflows if not _reads(elements, f, flow)]
            free = [f for f in before if not _reads(elements, f, flow)]
            elements[flow] = _limited(element, stock, known, free)
            before.append(flow)
        if not safe:
            elements[name] = _held(stock)


def _limited(flow: Element, stock: Element, inflows: list[str], before: list[str]) -> Element:
    def equation(old: Equation) -> Equation:
        left: Expr = Binary("/", Ref(fold(stock.name), old.subscripts), TIME_STEP)
        for name in inflows:
            left = Binary("+", left, Ref(name, old.subscripts))
        for name in before:
            left = Binary("-", left, Ref(name, old.subscripts))
        most = Call("MAX", (left, ZERO))
        return replace(old, expression=Call("MIN", (old.expression, most)))

    return replace(flow, equations=tuple(map(equation, flow.equations)))


def _held(stock: Element) -> Element:
    def equation(old: Equation) -> Equation:
        least = Binary("/", Ref(fold(stock.name), old.subscripts), TIME_STEP)
        lowest = Binary("-", ZERO, least)
        return replace(old, expression=Call("MAX", (old.expression, lowest)))

    return replace(stock, equations=tuple(map(equation, stock.equations)))


def _reads(elements: Mapping[str, Element], name: str, wanted: str) -> bool:
    """Whether an element depends on another at the same time."""
    seen: set[str] = set()
    left = [name]
    while left:
        current = left.pop()
        if current == wanted:
            return True
        element = elements.get(current)
        if current in seen or element is None or isinstance(element, Stock):
            continue
        seen.add(current)
        for equation in element.equations:
            left += [ref.name for ref in references(equation.expression)]
    return False
