"""Elements, or some labels of them, by the names that users write: `capacity[north]`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.model.expr import fold
from simdistrict.model.model import Element, Lookup, Model
from simdistrict.scenario.places import find_element, find_places, unknown


@dataclass(frozen=True, slots=True)
class Part:
    """Some or all numbers of an element.

    name: of the element, folded; places: flat row-major indices into its array; axes: the numbers
    of the dimensions that are left, each with the positions of its labels; a dimension of which
    one label is named is none of them. text: in the model's spelling.
    """

    element: Element
    name: str
    places: tuple[int, ...]
    axes: tuple[tuple[int, tuple[int, ...]], ...]
    text: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the dimensions that are left."""
        return tuple(len(positions) for _, positions in self.axes)

    @property
    def whole(self) -> bool:
        """Whether it is all of the element."""
        return len(self.axes) == len(self.element.dims) and self.text == self.element.name


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
    found = find_places(model, element, subscripts, where)
    if isinstance(found, Problem):
        raise ScenarioError(found)
    places, spelled = found
    axes = []
    for k, (dim, subscript) in enumerate(
        zip(element.dims, subscripts or element.dims, strict=True)
    ):
        positions = tuple(range(len(model.dims_by_name[fold(dim)].labels)))
        if subscripts is not None:
            positions = model.subscript_positions(subscript, dim)
            labels = map(fold, model.dims_by_name[fold(dim)].labels)
            if fold(subscript) in labels:
                continue
        axes.append((k, positions))
    part = Part(element, fold(element.name), places, tuple(axes), spelled)
    assert math.prod(part.shape) == len(places)
    return part
