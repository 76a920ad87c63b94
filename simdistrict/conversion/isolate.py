"""A model reduced to one label of a dimension, such as one district of ten.

The equations are the same, without approximation: if those of the label read another label, there
is no such model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from simdistrict.base.errors import ModelError, Problem, did_you_mean
from simdistrict.model.expr import Expr, Number, Points, fold, range_of, references
from simdistrict.model.model import (
    Constant,
    Dimension,
    Element,
    Equation,
    Lookup,
    Model,
    constant_values,
    lookup_points,
)


def isolate(model: Model, dimension: str, label: str) -> Model:
    """The model with one label of a dimension and of all ranges that share its labels.

    Raises ModelError for an unknown label, and for an equation of the label that reads another
    label by name.
    """
    found = model.dims_by_name[fold(dimension)]
    wanted = fold(label)
    others = {fold(x) for x in found.labels} - {wanted}
    if wanted not in map(fold, found.labels):
        what = f'the dimension {found.name} has no label "{label}"'
        raise ModelError(Problem(f"model {model.name}", what, did_you_mean(label, found.labels)))
    kept, gone = [], set(others)
    for one in model.dimensions:
        labels = tuple(x for x in one.labels if fold(x) not in others)
        if labels:
            kept.append(_cut(one, labels))
        else:
            gone.add(fold(one.name))
    elements = tuple(e for e in (_element(model, e, gone, others) for e in model) if e is not None)
    return replace(model, elements=elements, dimensions=tuple(kept), text="")


def _cut(dimension: Dimension, labels: tuple[str, ...]) -> Dimension:
    """A dimension with some of its labels; mappings are kept only with all labels."""
    whole = len(labels) == len(dimension.labels)
    return dimension if whole else replace(dimension, labels=labels, mappings=())


def _element(model: Model, element: Element, gone: set[str], others: set[str]) -> Element | None:
    if isinstance(element, Constant):
        values = constant_values(model, element)
        parts: dict[tuple[int, ...], Expr] = {p: Number(v) for p, v in values.items()}
        return _by_place(model, element, parts, others)
    if isinstance(element, Lookup):
        points: dict[tuple[int, ...], Points] = lookup_points(model, element)
        return _by_place(model, element, dict(points), others)
    equations = tuple(_equations(model, element, gone, others))
    return replace(element, equations=equations) if equations else None


def _by_place(
    model: Model, element: Element, parts: dict[tuple[int, ...], Expr], others: set[str]
) -> Element | None:
    """An element with numbers or points: one equation for each remaining label."""
    equations = []
    for place, expr in parts.items():
        names = tuple(map(fold, model.labels_at(element, place)))
        if others.isdisjoint(names):
            equations.append(Equation(expr, None, names))
    return replace(element, equations=tuple(equations)) if equations else None


def _equations(
    model: Model, element: Element, gone: set[str], others: set[str]
) -> Iterator[Equation]:
    """The equations of the remaining labels."""
    for equation in element.equations:
        if not gone.isdisjoint(map(fold, equation.subscripts)):
            continue
        exceptions = tuple(e for e in equation.exceptions if gone.isdisjoint(map(fold, e)))
        for expr in filter(None, (equation.expression, equation.initial)):
            for ref in references(expr):
                read = [s for s in ref.subscripts if range_of(s) in others]
                if read:
                    what = f'"{element.name}" reads "{ref.name}" of {read[0]}'
                    hint = "a model with one label only would give other results"
                    raise ModelError(Problem(f"model {model.name}", what, hint))
        yield replace(equation, exceptions=exceptions)
