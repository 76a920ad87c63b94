"""Where equations read labels of an array that no equation defines: such a value counts as 0."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product

from simdistrict.model.expr import Ref, fold, is_reduced, range_of, references
from simdistrict.model.model import Data, Element, Equation, Lookup, Model

_MOST = 200_000  # readings of one reference that are looked at
Place = tuple[int, ...]


def undefined_readings(model: Model) -> Iterator[tuple[Element, Equation, str]]:
    """The element and equation that read, and what: `stock[north]`, one for each reference.

    Data and lookups are left out, and references through a mapping of ranges.
    """
    partial = {fold(e.name): (e, known) for e in model if (known := _defined(model, e))}
    if not partial:
        return
    for element in model:
        for equation in element.equations:
            for ref in _references(equation):
                if ref.name not in partial or not ref.subscripts:
                    continue
                read, known = partial[ref.name]
                place = _first_undefined(model, element, equation, ref, read, known)
                if place is not None:
                    labels = ",".join(model.labels_at(read, place))
                    yield element, equation, f"{read.name}[{labels}]"


def _references(equation: Equation) -> Iterator[Ref]:
    yield from references(equation.expression)
    if equation.initial is not None:
        yield from references(equation.initial)


def _defined(model: Model, element: Element) -> frozenset[Place]:
    """The positions that equations define, if these are not all; else none."""
    if not element.dims or isinstance(element, Data | Lookup):
        return frozenset()
    size = math.prod(model.shape(element))
    if len(element.equations) == 1 and not element.equations[0].exceptions:
        whole = math.prod(
            len(model.subscript_positions(s, d))
            for s, d in zip(element.equations[0].subscripts, element.dims, strict=True)
        )
        if whole == size:
            return frozenset()
    known = frozenset(p for e in element.equations for p in model.positions(element, e))
    return known if len(known) < size else frozenset()


def _first_undefined(
    model: Model,
    owner: Element,
    equation: Equation,
    ref: Ref,
    read: Element,
    known: frozenset[Place],
) -> Place | None:
    """The first position that a reference reads and no equation defines."""
    if len(ref.subscripts) != len(read.dims):
        return None
    own = [fold(s) for s in equation.subscripts]
    rounds: Sequence[Place] = [()]
    if any(not is_reduced(s) and s in own for s in ref.subscripts):
        rounds = list(model.positions(owner, equation))
    looked = 0
    for place in rounds:
        axes = []
        for subscript, dim in zip(ref.subscripts, read.dims, strict=True):
            name = range_of(subscript)
            if not is_reduced(subscript) and name in own and name in model.dims_by_name:
                name = fold(model.labels_at(owner, place)[own.index(name)])
            elif not is_reduced(subscript) and name in model.dims_by_name:
                return None
            try:
                axes.append(model.subscript_positions(name, dim))
            except KeyError:
                return None
        looked += math.prod(map(len, axes))
        if looked > _MOST:
            return None
        for found in product(*axes):
            if found not in known:
                return found
    return None
