"""What subscripts mean: labels, ranges that follow the left-hand side, and mappings."""

from __future__ import annotations

from dataclasses import dataclass, field

from simdistrict.base.errors import ModelError, Problem
from simdistrict.engine.lowering.nodes import Axis
from simdistrict.model.expr import fold, is_reduced, range_of, reduced, subscript_text
from simdistrict.model.model import Element, Model


@dataclass
class Scope:
    """What the subscripts of one equation mean.

    ranges: folded range -> (labels of its rounds, loop or -1 when there is one round only).
    """

    ranges: dict[str, tuple[tuple[str, ...], int]] = field(default_factory=dict)
    next_loop: int = 0

    def loop(self) -> int:
        """A new loop."""
        self.next_loop += 1
        return self.next_loop - 1


class Subscripts:
    """Subscripts of the equations of a model. owner, line: the equation at hand, for messages."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.positions: dict[str, dict[str, int]] = {
            fold(d.name): {fold(label): i for i, label in enumerate(d.labels)}
            for d in model.dimensions
        }
        self.owner: Element = Element(name="", equations=())
        self.line = 0

    def error(self, what: str, hint: str = "") -> ModelError:
        """A complaint about the equation at hand."""
        where = f"model {self.model.name}, line {self.line}"
        return ModelError(Problem(where, f'"{self.owner.name}" {what}', hint))

    def axes(
        self,
        subscripts: tuple[str, ...],
        element: Element,
        strides: tuple[int, ...],
        scope: Scope,
    ) -> tuple[Axis, ...]:
        """Where the subscripts of an element point."""
        if len(subscripts) != len(element.dims):
            written = ",".join(map(self.spelled, subscripts))
            given = f"[{written}]" if subscripts else "no subscripts"
            needed = f"[{','.join(element.dims)}]" if element.dims else "none"
            raise self.error(f'gives "{element.name}" {given}; it has {needed}')
        return tuple(
            self.axis(subscript, fold(dim), stride, element)
            if subscript not in scope.ranges and not self.related(subscript, scope)
            else self.moving(subscript, fold(dim), stride, element, scope)
            for subscript, dim, stride in zip(subscripts, element.dims, strides, strict=True)
        )

    def axis(self, label: str, dim: str, stride: int, element: Element) -> Axis:
        """A subscript that is one label."""
        place = self.positions[dim].get(label)
        if place is None:
            name = element.name
            if range_of(label) in self.positions:
                raise self.error(
                    f'reads "{name}" over the range "{self.spelled(label)}", which its own '
                    "subscripts do not run over"
                )
            labels = ", ".join(self.model.dims_by_name[dim].labels)
            where = self.spelled(label)
            raise self.error(f'reads "{name}" at "{where}"; it is defined for {labels}')
        return Axis(stride, (place,))

    def spelled(self, subscript: str) -> str:
        """A subscript in the file's spelling, for messages."""
        name = range_of(subscript)
        dimension = self.model.dims_by_name.get(name)
        if dimension is None:
            labels = (label for d in self.model.dimensions for label in d.labels)
            return next((label for label in labels if fold(label) == name), name)
        return subscript_text(reduced(dimension.name) if is_reduced(subscript) else dimension.name)

    def related(self, subscript: str, scope: Scope) -> str | None:
        """The range of the left-hand side that a range on the right-hand side follows."""
        dimension = self.model.dims_by_name.get(subscript)
        if dimension is None:
            return None
        for name, (labels, _) in scope.ranges.items():
            if is_reduced(name):
                continue
            if any(other == name or self.covers(other, labels) for other, _ in dimension.mappings):
                return name
            own = self.model.dims_by_name[name]
            if any(other == subscript for other, _ in own.mappings):
                return name
        for name, (labels, _) in scope.ranges.items():
            if set(labels) <= set(self.positions[subscript]):
                return name
        return None

    def covers(self, dim: str, labels: tuple[str, ...]) -> bool:
        """Whether a dimension has all of the labels."""
        return dim in self.positions and set(labels) <= set(self.positions[dim])

    def moving(self, subscript: str, dim: str, stride: int, element: Element, scope: Scope) -> Axis:
        """A subscript that follows a loop, directly or through a mapping."""
        source = subscript if subscript in scope.ranges else self.related(subscript, scope)
        assert source is not None
        labels, loop = scope.ranges[source]
        if source != subscript:
            labels = tuple(self.mapped(label, source, subscript) for label in labels)
        places = []
        for label in labels:
            place = self.positions[dim].get(label)
            if place is None:
                name = element.name
                raise self.error(
                    f'reads "{name}" at "{self.spelled(label)}" of '
                    f'"{self.spelled(range_of(subscript))}", '
                    "for which it is not defined"
                )
            places.append(place)
        return Axis(stride, tuple(places), loop)

    def mapped(self, label: str, source: str, target: str) -> str:
        """The label of the target range that a label of the source range is mapped to."""
        there = self.model.dims_by_name[target]
        for _, theirs in there.mappings:
            for own, others in zip(there.labels, theirs, strict=False):
                if label in map(fold, others):
                    return fold(own)
        here = self.model.dims_by_name[source]
        for name, theirs in here.mappings:
            if name == target:
                for own, others in zip(here.labels, theirs, strict=False):
                    if fold(own) == label and others:
                        return fold(others[0])
        return label

    def number(self, label: str) -> int:
        """The position of a label in the first of the largest ranges that contain it."""
        holding = [p for p in self.positions.values() if label in p]
        return max(holding, key=len)[label]
