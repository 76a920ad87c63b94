"""Causal structure of a model: trees of causes and uses, causal order, feedback loops.

Works on names alone; an array counts as one element.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from simdistrict.model.expr import fold, references
from simdistrict.model.model import CONTROL, Constant, Element, Model, Stock


@dataclass(frozen=True, slots=True)
class TreeItem:
    """An element in a tree of causes or users; `cut` where it has appeared above."""

    name: str
    depth: int
    cut: bool = False


@dataclass(frozen=True, slots=True)
class FeedbackLoop:
    """Folded names in causal order; the last causes the first."""

    names: tuple[str, ...]


def tree(model: Model, name: str, depth: int, *, users: bool = False) -> Iterator[TreeItem]:
    """The causes (or the users) of an element, recursively, down to a depth.

    Raises ModelError when the model has no element of that name.
    """
    start = fold(model[name].name)
    follow = partial(_users, model) if users else partial(_causes, model)
    shown: set[str] = set()

    def visit(current: str, level: int) -> Iterator[TreeItem]:
        again = current in shown
        yield TreeItem(current, level, again)
        shown.add(current)
        if level < depth and not again:
            for other in follow(current):
                yield from visit(other, level + 1)

    yield from visit(start, 0)


def _causes(model: Model, name: str) -> tuple[str, ...]:
    return tuple(n for n in model.causes(model.by_name[name]) if n in model.by_name)


def _users(model: Model, name: str) -> tuple[str, ...]:
    return model.users.get(name, ())


def grid_constants(model: Model, control: Iterable[str] = CONTROL) -> dict[str, str]:
    """Folded name of each constant on which a control element depends -> that control element.

    control: folded names of the control elements. They themselves are not listed.
    """
    found: dict[str, str] = {}
    for name in control:
        todo = [name] if name in model.by_name else []
        seen: set[str] = set()
        while todo:
            here = todo.pop()
            if here in seen:
                continue
            seen.add(here)
            if isinstance(model.by_name[here], Constant) and here not in CONTROL:
                found.setdefault(here, name.upper())
            todo += _causes(model, here)
    return found


def causal_order(model: Model) -> tuple[str, ...]:
    """Folded names, every element after its causes; stocks come first.

    Elements that cause each other, as the equations of one array may, keep the order of the file.
    """
    placed: dict[str, None] = {n: None for n, e in model.by_name.items() if isinstance(e, Stock)}
    for root in model.by_name:
        stack = [(root, iter(_causes(model, root)))] if root not in placed else []
        above = {root}
        while stack:
            name, rest = stack[-1]
            for other in rest:
                if other not in placed and other not in above:
                    above.add(other)
                    stack.append((other, iter(_causes(model, other))))
                    break
            else:
                stack.pop()
                placed.setdefault(name)
    return tuple(placed)


def feedback_loops(model: Model, limit: int = 50) -> tuple[tuple[FeedbackLoop, ...], bool]:
    """The shortest feedback loops, and whether there are more than `limit`.

    A loop passes through at least one stock; initial values close no loop.
    """
    graph = {n: _dynamic_causes(e, model) for n, e in model.by_name.items()}
    stocks = [n for n, e in model.by_name.items() if isinstance(e, Stock)]
    found: dict[frozenset[tuple[str, str]], FeedbackLoop] = {}
    for length in range(1, len(graph) + 1):
        before = len(found)
        grew = False
        for stock in stocks:
            for path, longer in _paths(graph, stock, length):
                grew = grew or longer
                if not path:
                    continue
                ring = tuple(reversed(path))
                edges = frozenset(zip(ring, (*ring[1:], ring[0]), strict=True))
                found.setdefault(edges, FeedbackLoop(ring))
            if len(found) > limit:
                return tuple(list(found.values())[:limit]), True
        if not grew and len(found) == before:
            break
    return tuple(found.values()), False


def _dynamic_causes(element: Element, model: Model) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for equation in element.equations:
        names.update((ref.name, None) for ref in references(equation.expression))
    return tuple(n for n in names if n in model.by_name)


def _paths(
    graph: dict[str, tuple[str, ...]], start: str, length: int
) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Cycles of exactly `length` through start, following causes; and whether longer may exist.

    Yields (path, False) per cycle, and ((), True) once where a path was cut off at the length.
    """
    stack: list[tuple[str, Iterator[str]]] = [(start, iter(graph[start]))]
    on_path = {start: None}
    cut = False
    budget = 200_000
    while stack and budget:
        budget -= 1
        _, rest = stack[-1]
        step = next(rest, None)
        if step is None:
            name, _ = stack.pop()
            on_path.pop(name)
        elif step == start and len(stack) == length:
            yield tuple(on_path), False
        elif step not in on_path and len(stack) < length:
            stack.append((step, iter(graph[step])))
            on_path[step] = None
        elif step not in on_path:
            cut = True
    if cut:
        yield (), True
