"""Designs in blocks of members: Saltelli's for Sobol indices, and Morris's.

Values are quantile levels in [0, 1]; any block can be computed at any time. scipy has the Sobol
sequence.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem
from simdistrict.base.random_numbers import key_of, uniform

BLOCKED = ("saltelli", "morris")


@dataclass(frozen=True)
class Shape:
    """The shape of a design in blocks.

    order: 1 or 2, the highest order of Sobol indices from a Saltelli design; levels: the even
    number of values of a constant in a Morris design.
    """

    order: int = 1
    levels: int = 4

    @classmethod
    def recorded(cls, attrs: Mapping[str, object]) -> Shape:
        """The shape in the attributes of a result file, see `record`."""
        return cls(int(str(attrs.get("order", 1))), int(str(attrs.get("levels", 4))))

    def block(self, method: str, columns: int) -> int:
        """Members per block; 1 for a design without blocks."""
        if method == "saltelli":
            return columns + 2 if self.order == 1 else 2 * columns + 2
        return columns + 1 if method == "morris" else 1

    def record(self, method: str, columns: int, members: int) -> dict[str, object]:
        """The attributes of a result file; none for a design without blocks."""
        if method not in BLOCKED:
            return {}
        own = {"order": self.order} if method == "saltelli" else {"levels": self.levels}
        return {"blocks": members // self.block(method, columns), **own}


def check_shape(shape: Shape, method: str, columns: int, members: int) -> None:
    """Raise EngineError where no design in blocks has this shape."""
    if shape.order not in (1, 2):
        raise EngineError(Problem("order", f"{shape.order} is not 1 or 2", "see --order"))
    if shape.levels < 2 or shape.levels % 2:
        what = f"{shape.levels} is not an even number of levels"
        raise EngineError(Problem("levels", what, "use 4, the usual one, or 6 or 8"))
    size = shape.block(method, columns)
    if members % size or members < size:
        fewer = max(members // size, 1)
        said = " or ".join(str(k * size) for k in (fewer, fewer + 1))
        what = (
            f"{members} is not a whole number of blocks of {size} members, which the method "
            f"{method} has for {columns} sampled numbers"
        )
        raise EngineError(Problem("members", what, f"use {said}, or give --blocks instead"))


def saltelli(sequence: Any, columns: int, order: int, first: int, last: int) -> Reals:
    """The blocks `first` to `last`, exclusive.

    sequence: of `sobol_sequence(2 * columns)`. A block has a point A, A with each coordinate in
    turn from another point B, for order 2 also B with each coordinate from A, and B: the order
    that SALib's analyser expects (Saltelli 2002, Saltelli et al. 2010).
    """
    both = sobol_part(sequence, first, last)
    a, b = both[:, :columns], both[:, columns:]
    found = np.empty((last - first, Shape(order).block("saltelli", columns), columns))
    found[:, : columns + 1] = a[:, None]
    found[:, columns + 1 :] = b[:, None]
    for k in range(columns):
        found[:, 1 + k, k] = b[:, k]
        if order > 1:
            found[:, 1 + columns + k, k] = a[:, k]
    return found.reshape(-1, columns)


def morris(seed: int, columns: int, levels: int, first: int, last: int) -> Reals:
    """The blocks `first` to `last`, exclusive: trajectories that change one constant per step.

    Each constant changes once, up or down, by half the levels (Morris 1991); the start, the
    directions and the order of the steps are drawn for each block.
    """
    block = np.arange(first, last, dtype=np.uint64)
    shape = (last - first, columns)
    low, up, turn = np.empty(shape), np.empty(shape, bool), np.empty(shape)
    for k in range(columns):
        low[:, k] = np.floor(uniform(block, key_of(seed, k, 0)) * (levels // 2))
        up[:, k] = uniform(block, key_of(seed, k, 1)) < 0.5
        turn[:, k] = uniform(block, key_of(seed, k, 2))
    rank = turn.argsort(axis=1, kind="stable").argsort(axis=1, kind="stable")
    moved = rank[:, None] < np.arange(columns + 1)[:, None]
    level = low[:, None] + (moved == up[:, None]) * (levels // 2)
    return np.asarray((level / (levels - 1)).reshape(-1, columns), float)


def sobol_sequence(dimensions: int, seed: int) -> Any:
    """A scrambled Sobol sequence."""
    from scipy.stats import qmc

    return qmc.Sobol(dimensions, scramble=True, seed=seed)


def sobol_part(sequence: Any, first: int, last: int) -> Reals:
    """The points `first` to `last`, exclusive, of a sequence."""
    if sequence.num_generated != first:
        sequence.reset()
        if first:
            sequence.fast_forward(first)
    with warnings.catch_warnings():
        # the sequence is drawn in parts; scipy's balance warning does not apply
        warnings.simplefilter("ignore", UserWarning)
        return np.asarray(sequence.random(last - first), float)
