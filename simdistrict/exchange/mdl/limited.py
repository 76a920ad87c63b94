"""Non-negative stocks as equations, for a .mdl file, which has no such stocks.

Each outflow is limited to the content of the stock plus inflows minus the outflows before it, in
the order of the net flow. With Euler's method these are the flows of the model itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from simdistrict.model.expr import (
    Array,
    Binary,
    Call,
    Expr,
    Number,
    Ref,
    fold,
    references,
    signed_terms,
)
from simdistrict.model.model import (
    Auxiliary,
    Constant,
    Element,
    Equation,
    Flow,
    Model,
    Stock,
    as_kind,
)

_ZERO, _TIME_STEP = Number(0.0), Ref("time step")


@dataclass
class _Written:
    """Elements by folded name, with limits in their equations so far, and notes on what is lost."""

    elements: dict[str, Element]
    notes: list[str] = field(default_factory=list)


def with_limiting_equations(model: Model) -> tuple[Model, tuple[str, ...]]:
    """The model with equations in place of non-negative stocks, and a note for each difference."""
    stocks = [s for s in model if isinstance(s, Stock) and s.non_negative]
    if not stocks:
        return model, ()
    work = _Written(dict(model.by_name))
    for stock in stocks:
        _limit(work, stock)
    names = ", ".join(f'"{stock.name}"' for stock in stocks)
    note = f"non-negative in {names} becomes MIN in the equations of the outflows"
    if model.integrator != "euler":
        note += "; with Runge-Kutta they act inside the steps too, so that numbers differ where "
        note += "a stock runs empty"
    elements = tuple(work.elements.values())
    return replace(model, elements=elements, text=""), (note, *work.notes)


def _limit(work: _Written, stock: Stock) -> None:
    key = fold(stock.name)
    work.elements[key] = replace(stock, non_negative=False)
    terms = [
        (sign, term.name)
        for sign, term in signed_terms(stock.equations[0].expression)
        if isinstance(term, Ref)
    ]
    inflows = [name for sign, name in terms if sign > 0]
    for name in inflows:
        flow = work.elements[name]
        if not all(_is_positive(e.expression) for e in flow.equations):
            what = f'"{flow.name}" may run backwards; nothing limits what it then takes'
            work.notes.append(f'{what} from "{stock.name}"')
    before: list[str] = []
    for name in (n for sign, n in terms if sign < 0):
        flow = work.elements[name]
        if not isinstance(flow, Flow | Auxiliary | Constant) or flow.dims != stock.dims:
            what = f'"{flow.name}" has other subscripts than "{stock.name}", which does not'
            work.notes.append(f"{what} limit it")
            continue
        known = [n for n in inflows if not _reads(work.elements, n, name)]
        free = [n for n in before if not _reads(work.elements, n, name)]
        if len(known) + len(free) < len(inflows) + len(before):
            what = f'the limit of "{flow.name}" leaves out flows of "{stock.name}" that depend'
            work.notes.append(f"{what} on it")
        work.elements[name] = _limited(flow, stock, known, free)
        before.append(name)


def _limited(flow: Element, stock: Stock, inflows: list[str], before: list[str]) -> Element:
    def equation(old: Equation, request: Expr, subscripts: tuple[str, ...]) -> Equation:
        left: Expr = Binary("/", Ref(fold(stock.name), subscripts), _TIME_STEP)
        for name in inflows:
            left = Binary("+", left, Ref(name, subscripts))
        for name in before:
            left = Binary("-", left, Ref(name, subscripts))
        least = Call("MIN", (request, Call("MAX", (left, _ZERO))))
        return replace(old, expression=least, subscripts=subscripts)

    equations = tuple(equation(e, e.expression, e.subscripts) for e in flow.equations)
    kind = Flow if isinstance(flow, Constant) else type(flow)
    return as_kind(kind, flow, equations=equations)


def _is_positive(expr: Expr) -> bool:
    """Whether an expression is plainly not negative."""
    match expr:
        case Number(value):
            return value >= 0
        case Array(values, _):
            return all(value >= 0 for value in values)
        case Call("MAX", args):
            return any(map(_is_positive, args))
        case Call("MIN", (first, second)):
            return _is_positive(first) and _is_positive(second)
    return False


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
