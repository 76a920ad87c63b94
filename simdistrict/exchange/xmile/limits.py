"""Stocks that must not become negative: the equations that see to it.

Each outflow of such a stock becomes the least of its own equation and of what is left: what the
stock holds and what flows in, less the outflows before it, in the order of the file. What limits
on flows cannot do (a flow that two stocks share, an inflow that runs backwards) is done on the
net flow, which never takes more than the stock holds.
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
    """Put the limits into the equations.

    elements: by folded name; ends: for each non-negative stock its inflows and outflows;
    positive: the flows that their own equations keep from becoming negative.
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
    """Whether an element depends, at one and the same time, on another."""
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
