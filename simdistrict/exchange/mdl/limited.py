"""Non-negative stocks as equations, for a .mdl file, which has no such stocks.

Each outflow is limited to the content of the stock plus inflows minus the outflows before it, in
the order of the net flow. With Euler's method these are the flows of the model itself.
"""

from __future__ import annotations

from collections import Counter
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
    named_terms,
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
    """Elements by folded name, with limits in their equations so far, and notes on what is lost.

    ends: how many stocks a flow fills (1) or drains (-1), by sign and folded name.
    """

    elements: dict[str, Element]
    ends: Counter[tuple[int, str]]
    notes: list[str] = field(default_factory=list)


def with_limiting_equations(model: Model) -> tuple[Model, tuple[str, ...]]:
    """The model with equations in place of non-negative stocks, and a note for each difference."""
    stocks = [s for s in model if isinstance(s, Stock) and s.non_negative]
    if not stocks:
        return model, ()
    ends = Counter(
        end
        for stock in model
        if isinstance(stock, Stock)
        for end in {t for e in stock.equations for t in named_terms(e.expression)}
    )
    work = _Written(dict(model.by_name), ends)
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
    terms = [
        (sign, term.name)
        for sign, term in signed_terms(stock.equations[0].expression)
        if isinstance(term, Ref)
    ]
    shared = [work.elements[name] for sign, name in terms if _is_shared(work, stock, sign, name)]
    work.elements[key] = replace(stock, non_negative=False)
    if shared:
        work.elements[key] = _held(work.elements[key])
        work.notes.append(
            f'"{shared[0].name}" has several stocks at one end, or other subscripts than '
            f'"{stock.name}": "{stock.name}" is held at zero without a limit on it'
        )
    alone = [(s, n) for s, n in terms if work.elements[n] not in shared]
    inflows = [name for sign, name in alone if sign > 0]
    for name in inflows:
        flow = work.elements[name]
        if not all(_is_positive(e.expression) for e in flow.equations):
            work.elements[name] = _returned(flow, stock)
            what = f'"{flow.name}" may run backwards; then it takes what "{stock.name}" holds,'
            work.notes.append(f"{what} and nothing of what other flows bring")
    before: list[str] = []
    for name in (n for sign, n in alone if sign < 0):
        flow = work.elements[name]
        known = [n for n in inflows if not _reads(work.elements, n, name)]
        free = [n for n in before if not _reads(work.elements, n, name)]
        if len(known) + len(free) < len(inflows) + len(before):
            what = f'the limit of "{flow.name}" leaves out flows of "{stock.name}" that depend'
            work.notes.append(f"{what} on it")
        work.elements[name] = _limited(flow, stock, known, free)
        before.append(name)


def _is_shared(work: _Written, stock: Stock, sign: int, name: str) -> bool:
    """Whether one stock alone cannot limit a flow."""
    flow = work.elements[name]
    if not isinstance(flow, Flow | Auxiliary | Constant) or flow.dims != stock.dims:
        return True
    return work.ends[sign, name] > 1


def _held(stock: Element) -> Element:
    """A stock whose net flow takes no more than there is."""

    def equation(old: Equation) -> Equation:
        least = Binary("/", Ref(fold(stock.name), old.subscripts), _TIME_STEP)
        lowest = Binary("-", _ZERO, least)
        return replace(old, expression=Call("MAX", (old.expression, lowest)))

    return replace(stock, equations=tuple(map(equation, stock.equations)))


def _returned(flow: Element, stock: Stock) -> Element:
    """An inflow that takes, where it runs backwards, no more than the stock holds."""

    def equation(old: Equation) -> Equation:
        left = Binary("/", Ref(fold(stock.name), old.subscripts), _TIME_STEP)
        lowest = Binary("-", _ZERO, Call("MAX", (left, _ZERO)))
        return replace(old, expression=Call("MAX", (old.expression, lowest)))

    kind = Flow if isinstance(flow, Constant) else type(flow)
    return as_kind(kind, flow, equations=tuple(map(equation, flow.equations)))


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
