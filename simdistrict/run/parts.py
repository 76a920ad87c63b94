"""Elements, or some labels of them, by the names that users write: `capacity[north]`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.model.expr import fold
from simdistrict.model.model import Element, Lookup, Model
from simdistrict.scenario.places import find_axes, find_element, flat_places, unknown


@dataclass(frozen=True, slots=True)
class Part:
    """Some or all numbers of an element.

    name: of the element, folded; places: flat row-major indices into its array; axes: the numbers
    of the dimensions that are left, each with the positions of its labels; a dimension of which
    one label is named is none of them. text: in the model's spelling. whole: whether it is all of
    the element, in order.
    """

    element: Element
    name: str
    places: tuple[int, ...]
    axes: tuple[tuple[int, tuple[int, ...]], ...]
    text: str
    whole: bool

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the dimensions that are left."""
        return tuple(len(positions) for _, positions in self.axes)


def part_of(model: Model, text: str, where: str) -> Part:
    """The part of a model that a name stands for.

    where: the location that messages give. Raises ScenarioError for an unknown name or label, and
    for a lookup.
    """
    element, subscripts = find_element(model, text)
    if element is None:
        raise ScenarioError(unknown(model, text, where))
    if isinstance(element, Lookup):
        what = f'"{element.name}" is a lookup, which has no value over time'
        raise ScenarioError(Problem(where, what, "read what uses it"))
    found = find_axes(model, element, subscripts, where)
    if isinstance(found, Problem):
        raise ScenarioError(found)
    indices, spelled = found
    shape = model.shape(element)
    places = flat_places(indices, shape)
    left = [
        subscripts is None or fold(subscripts[k]) not in map(fold, labels)
        for k, labels in enumerate(model.labels(element))
    ]
    axes = tuple((k, own) for k, own in enumerate(indices) if left[k])
    whole = all(left) and places == tuple(range(math.prod(shape)))
    return Part(element, fold(element.name), places, axes, spelled, whole)
