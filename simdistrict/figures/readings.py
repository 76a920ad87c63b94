"""Which labels of a cause the equation of an element reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simdistrict.model.expr import Ref, fold, is_reduced, range_of, references
from simdistrict.model.model import Dimension, Element, Equation, Model

# along each dimension of the cause, the labels that are read
Reading = tuple[tuple[str, ...], ...]


def readings(model: Model, own: Element, labels: Sequence[str], cause: Element) -> list[Reading]:
    """Each reading once, in the order of the equations; the first values of stocks come last.

    labels: of the element, one along each dimension.
    """
    axes = model.labels(own)
    place = tuple(_index(axis, label) for axis, label in zip(axes, labels, strict=True))
    equations = [e for e in own.equations if place in set(model.positions(own, e))]
    first = [r for e in equations for r in _of(model, e, labels, cause, references(e.expression))]
    rest = [
        reading
        for e in equations
        if e.initial is not None and not first
        for reading in _of(model, e, labels, cause, references(e.initial))
    ]
    return list(dict.fromkeys([*first, *rest]))


def _index(axis: Sequence[str], label: str) -> int:
    return [fold(one) for one in axis].index(fold(label))


def _of(
    model: Model,
    equation: Equation,
    labels: Sequence[str],
    cause: Element,
    refs: Iterator[Ref],
) -> Iterator[Reading]:
    name, axes = fold(cause.name), model.labels(cause)
    for ref in refs:
        if ref.name != name:
            continue
        if len(ref.subscripts) != len(axes):
            yield axes
            continue
        yield tuple(
            _read(model, equation, labels, subscript, axis)
            for subscript, axis in zip(ref.subscripts, axes, strict=True)
        )


def _read(
    model: Model, equation: Equation, labels: Sequence[str], subscript: str, axis: Sequence[str]
) -> tuple[str, ...]:
    """The labels along one dimension of a cause that a subscript means."""
    name = range_of(subscript)
    spelled = {fold(label): label for label in axis}
    if name in spelled:
        return (spelled[name],)
    read = model.dims_by_name.get(name)
    if read is None:
        return tuple(axis)
    found = tuple(read.labels)
    if not is_reduced(subscript):
        for written, label in zip(equation.subscripts, labels, strict=True):
            there = model.dims_by_name.get(fold(written))
            if there is not None and (own := _follows(there, label, read)):
                found = own
                break
    kept = [spelled[fold(label)] for label in found if fold(label) in spelled]
    return tuple(kept) or tuple(axis)


def _follows(here: Dimension, label: str, read: Dimension) -> tuple[str, ...]:
    """The labels of a range that go with a label on the left-hand side; none if it is unrelated."""
    same = fold(here.name) == fold(read.name) or here.labels == read.labels
    if same:
        return (label,)
    place = _index(here.labels, label)
    for other, groups in here.mappings:
        if fold(other) == fold(read.name):
            return groups[place]
    for other, groups in read.mappings:
        if fold(other) == fold(here.name):
            key = fold(label)
            pairs = zip(read.labels, groups, strict=True)
            return tuple(own for own, theirs in pairs if key in map(fold, theirs))
    return ()
