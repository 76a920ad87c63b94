"""An equation for one element of an array: ranges become labels, reductions become sums.

As in the engine, a range on the right follows the range on the left that it maps to or contains.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from simdistrict.base.errors import ModelError, Problem
from simdistrict.model.expr import (
    Binary,
    Call,
    Expr,
    Number,
    Ref,
    children,
    fold,
    is_reduced,
    range_of,
    rebuild,
    reduced,
    references,
    walk,
)
from simdistrict.model.model import Element, Model

# range of the left-hand side, or `range!` of a reduction -> its label at this element
Labelling = Mapping[str, str]
_REDUCTIONS = ("SUM", "PROD", "VMIN", "VMAX")


def follows(model: Model, element: Element, expr: Expr) -> bool:
    """Whether one equation serves all elements: all its ranges are dimensions of the element."""
    own = set(map(fold, element.dims))
    for node in walk(expr):
        if isinstance(node, Call) and node.function in _REDUCTIONS and not is_starred(model, node):
            return False
        if not isinstance(node, Ref):
            continue
        target = model.by_name.get(node.name)
        if target is None:
            if node.name in model.dims_by_name and node.name not in own:
                return False
            continue
        for subscript, dim in zip(node.subscripts, target.dims, strict=False):
            label = subscript in map(fold, model.dims_by_name[fold(dim)].labels)
            free = subscript == fold(dim) and (subscript in own)
            if not (label or free or subscript == reduced(fold(dim))):
                return False
    return True


def is_starred(model: Model, call: Call) -> bool:
    """Whether a reduction can be written with `*`: over whole dimensions of one array."""
    if len(call.args) != 1 or not isinstance(call.args[0], Ref):
        return False
    ref = call.args[0]
    target = model.by_name.get(ref.name)
    if target is None:
        return False
    marked = list(filter(is_reduced, ref.subscripts))
    pairs = zip(ref.subscripts, target.dims, strict=False)
    whole = all(s == reduced(fold(d)) for s, d in pairs if is_reduced(s))
    return bool(marked) and whole and len(set(marked)) == len(marked)


def at_place(model: Model, expr: Expr, where: Labelling, owner: Element) -> Expr:
    """The expression with the ranges of `where` replaced by their labels."""
    match expr:
        case Ref(name, subscripts):
            return _ref(model, name, subscripts, where, owner)
        case Call(function, (body,)) if function in _REDUCTIONS:
            if is_starred(model, expr):
                return Call(function, (at_place(model, body, where, owner),))
            return _reduced(model, function, body, where, owner)
    nodes = children(expr)
    if not nodes:
        return expr
    return rebuild(expr, tuple(at_place(model, node, where, owner) for node in nodes))


def _ref(
    model: Model, name: str, subscripts: tuple[str, ...], where: Labelling, owner: Element
) -> Expr:
    if name in model.by_name or name == "time":
        return Ref(name, tuple(_label(model, s, where, owner) for s in subscripts))
    if name in model.dims_by_name:
        label = _label(model, name, where, owner)
        labels = list(map(fold, model.dims_by_name[name].labels))
        return Number(float(labels.index(label) + 1)) if label in labels else Ref(name)
    return Ref(name, subscripts)


def _label(model: Model, subscript: str, where: Labelling, owner: Element) -> str:
    if subscript in where:
        return where[subscript]
    if is_reduced(subscript) or subscript not in model.dims_by_name:
        return subscript
    source = _related(model, subscript, where)
    if source is None:
        what = f'"{owner.name}" reads the range "{subscript}", which is not on its left-hand side'
        raise ModelError(Problem(f"model {model.name}, line {owner.line}", what))
    return _mapped(model, where[source], source, subscript)


def _related(model: Model, subscript: str, where: Labelling) -> str | None:
    dimension = model.dims_by_name[subscript]
    own = [name for name in where if not is_reduced(name)]

    def covers(other: str, name: str) -> bool:
        if other not in model.dims_by_name:
            return False
        return _labels(model, name) <= _labels(model, other)

    for name in own:
        if any(other == name or covers(other, name) for other, _ in dimension.mappings):
            return name
        if any(other == subscript for other, _ in model.dims_by_name[name].mappings):
            return name
    return next((n for n in own if _labels(model, n) <= _labels(model, subscript)), None)


def _labels(model: Model, dimension: str) -> set[str]:
    return set(map(fold, model.dims_by_name[dimension].labels))


def _mapped(model: Model, label: str, source: str, target: str) -> str:
    there, here = model.dims_by_name[target], model.dims_by_name[source]
    for _, theirs in there.mappings:
        for own, others in zip(there.labels, theirs, strict=False):
            if label in map(fold, others):
                return fold(own)
    for name, theirs in here.mappings:
        if name == target:
            for own, others in zip(here.labels, theirs, strict=False):
                if fold(own) == label and others:
                    return fold(others[0])
    return label


def _reduced(model: Model, function: str, body: Expr, where: Labelling, owner: Element) -> Expr:
    """A reduction as its terms."""
    names = dict.fromkeys(s for ref in references(body) for s in ref.subscripts if is_reduced(s))
    for name in names:
        if range_of(name) not in model.dims_by_name:
            what = (
                f'"{owner.name}" reads the range "{range_of(name)}", which the model does not have'
            )
            raise ModelError(Problem(f"model {model.name}, line {owner.line}", what))
    axes = [tuple(map(fold, model.dims_by_name[range_of(name)].labels)) for name in names]
    terms = [
        at_place(model, body, {**where, **dict(zip(names, labels, strict=True))}, owner)
        for labels in itertools.product(*axes)
    ]
    return _joined(function, terms)


def _joined(function: str, terms: list[Expr]) -> Expr:
    """The terms joined in order; a long list by halves, so that the tree stays low."""
    if function in ("SUM", "PROD") and len(terms) <= 80:
        result = terms[0]
        for term in terms[1:]:
            result = Binary("+" if function == "SUM" else "*", result, term)
        return result
    if len(terms) == 1:
        return terms[0]
    half = len(terms) // 2
    sides = _joined(function, terms[:half]), _joined(function, terms[half:])
    if function in ("SUM", "PROD"):
        return Binary("+" if function == "SUM" else "*", *sides)
    return Call("MAX" if function == "VMAX" else "MIN", sides)
