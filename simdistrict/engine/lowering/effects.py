"""What depends on an element within one evaluation, that is without a stock or a delay between."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from simdistrict.engine.layout import Symbol
from simdistrict.engine.lowering.beginning import Beginning
from simdistrict.engine.lowering.build import build
from simdistrict.engine.lowering.expand import expand
from simdistrict.engine.lowering.lay_out import lay_out
from simdistrict.engine.lowering.limits import ACTUAL
from simdistrict.engine.lowering.lower import lower
from simdistrict.engine.lowering.made import Limit
from simdistrict.model.expr import fold
from simdistrict.model.model import Model


def effects(
    model: Model, names: Iterable[str], initial: Collection[str] = ()
) -> Mapping[str, frozenset[str]]:
    """Of elements, by folded name, the folded names of the elements that depend on each.

    An element is among its own effects. Flows of non-negative stocks depend on everything, because
    their limits depend on the whole step. initial: as of `build`.
    """
    definitions = expand(model, Beginning(model, build), (), initial)
    placed = lay_out(model, definitions)
    users: dict[Symbol, set[Symbol]] = {}
    for statement in lower(model, definitions, placed).run:
        for load in statement.reads:
            users.setdefault(load.symbol, set()).add(statement.target.symbol)
    limits = [d.symbol for d in definitions if isinstance(d.element, Limit)]
    own = {fold(d.symbol.name): d.symbol for d in definitions if not d.symbol.internal}
    return {name: _reached([own[name], *limits], users) for name in names}


def _reached(roots: Iterable[Symbol], users: Mapping[Symbol, set[Symbol]]) -> frozenset[str]:
    """The folded names of the elements among the roots and what depends on them."""
    todo = list(roots)
    found = set(todo)
    while todo:
        for user in users.get(todo.pop(), ()):
            if user not in found:
                found.add(user)
                todo.append(user)
    shown = (symbol for symbol in found if not symbol.internal or symbol.role == ACTUAL)
    return frozenset(fold(symbol.name) for symbol in shown)
