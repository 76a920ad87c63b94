"""What of a model a result holds: elements, and labels of their dimensions.

A result has one list of labels per dimension. Where only some labels are asked for, all elements
over that dimension have those: `x[a],y[b]` keeps a and b of both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from simdistrict.model.expr import fold
from simdistrict.model.model import Element, Model


@dataclass(frozen=True, slots=True)
class Selection:
    """Elements and labels of a result.

    names: folded names of elements; labels: folded dimension -> positions of the labels that are
    kept, in the order of the dimension; a dimension that is not in it keeps all.
    """

    names: frozenset[str]
    labels: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def positions(self, model: Model, dimension: str) -> tuple[int, ...]:
        """The positions of the kept labels of a dimension."""
        key = fold(dimension)
        return self.labels.get(key) or tuple(range(len(model.dims_by_name[key].labels)))

    def shape(self, model: Model, element: Element) -> tuple[int, ...]:
        """The lengths of what is kept of an element."""
        return tuple(len(self.positions(model, dim)) for dim in element.dims)

    def places(self, model: Model, element: Element) -> tuple[int, ...]:
        """The flat row-major indices of what is kept into the whole array of an element."""
        shape = model.shape(element)
        every = np.arange(math.prod(shape)).reshape(shape)
        axes = [self.positions(model, dim) for dim in element.dims]
        return tuple(every[np.ix_(*axes)].ravel().tolist())
