"""The content of each view of a sketch: stocks, pipes, other elements, ghosts and arrows.

Derived from the equations; no positions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from simdistrict.model.expr import Call, Expr, Ref, children, fold, named_terms, references
from simdistrict.model.model import CONTROL, Element, Model, Stock

TIME = "time"


@dataclass(frozen=True, slots=True)
class FlowPipe:
    """A flow between two stocks, or between a stock and a cloud (None), by folded names."""

    flow: str
    source: str | None
    target: str | None


@dataclass(frozen=True, slots=True)
class Arrow:
    """A cause and its use by folded names; initial: for an initial value only."""

    cause: str
    use: str
    initial: bool = False


@dataclass(frozen=True, slots=True)
class Content:
    """One view, by folded names.

    others: elements that are neither stocks nor on a pipe; ghosts: elements of another view, some
    of them on pipes.
    """

    name: str
    stocks: tuple[str, ...]
    pipes: tuple[FlowPipe, ...]
    others: tuple[str, ...]
    ghosts: tuple[str, ...]
    arrows: tuple[Arrow, ...]


def contents(model: Model) -> tuple[Content, ...]:
    """The views of a model, one per group in the order of the file.

    A flow is in the view of the first stock that it changes; control elements, such as the time
    step, are in no view.
    """
    homes = _homes(model)
    views: dict[str, list[str]] = {}
    for name, view in homes.items():
        views.setdefault(view, []).append(name)
    return tuple(_content(model, view, names, homes) for view, names in views.items())


def dependencies(model: Model, element: Element) -> dict[str, bool]:
    """Folded name of each cause -> whether it is read for an initial value only."""
    found: dict[str, bool] = {}
    for equation in element.equations:
        for name, initial in _reads(equation.expression):
            found[name] = found.get(name, True) and initial
        for ref in references(equation.initial) if equation.initial else ():
            found.setdefault(ref.name, True)
    found.pop(fold(element.name), None)
    return {name: i for name, i in found.items() if name in model.by_name or name == TIME}


def _reads(expr: Expr, initial: bool = False) -> Iterator[tuple[str, bool]]:
    if isinstance(expr, Ref):
        yield expr.name, initial
    within = initial or (isinstance(expr, Call) and expr.function == "INITIAL")
    for child in children(expr):
        yield from _reads(child, within)


def _homes(model: Model) -> dict[str, str]:
    """Folded name -> view, for the elements that are drawn."""
    homes: dict[str, str] = {}
    first: dict[str, str] = {}
    for name, element in model.by_name.items():
        if name not in CONTROL:
            homes[name] = element.group or model.name
        if isinstance(element, Stock):
            for flow in _signs(model, element):
                first.setdefault(flow, element.group or model.name)
    return homes | {flow: view for flow, view in first.items() if flow in homes}


def _signs(model: Model, stock: Element) -> dict[str, int]:
    """Folded name of each flow of a stock -> 1 if it fills the stock, -1 if it drains it."""
    found: dict[str, int] = {}
    for equation in stock.equations:
        for sign, name in named_terms(equation.expression):
            drawn = name in model.by_name and name not in CONTROL
            if drawn and not isinstance(model.by_name[name], Stock):
                found.setdefault(name, sign)
    return found


def _content(model: Model, view: str, names: list[str], homes: dict[str, str]) -> Content:
    own = set(names)
    stocks = [n for n in names if isinstance(model.by_name[n], Stock)]
    pipes: dict[str, FlowPipe] = {}
    for stock in stocks:
        for flow, sign in _signs(model, model.by_name[stock]).items():
            pipe = pipes.get(flow, FlowPipe(flow, None, None))
            if sign > 0 and pipe.target is None:
                pipe = FlowPipe(flow, pipe.source, stock)
            elif sign < 0 and pipe.source is None:
                pipe = FlowPipe(flow, stock, pipe.target)
            pipes[flow] = pipe
    ghosts: dict[str, None] = {flow: None for flow in pipes if flow not in own}
    arrows = []
    for use in names:
        for cause, initial in dependencies(model, model.by_name[use]).items():
            piped = pipes.get(cause)
            if piped and use in (piped.source, piped.target):
                continue
            if cause not in own:
                ghosts[cause] = None
            arrows.append(Arrow(cause, use, initial))
    others = [n for n in names if n not in stocks and n not in pipes]
    return Content(
        view, tuple(stocks), tuple(pipes.values()), tuple(others), tuple(ghosts), tuple(arrows)
    )
