"""Fields that are formulas, for tests of what works on any field."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals


@dataclass(frozen=True, eq=False)
class FormulaField:
    """A field written as a formula: function(states, parameters) on (members, stocks)."""

    function: Callable[[Reals, Sequence[float]], Reals]
    names: Sequence[str]
    low: Reals
    high: Reals

    @property
    def scale(self) -> Reals:
        """The width of the box."""
        width: Reals = np.asarray(self.high, float) - np.asarray(self.low, float)
        return width

    def __call__(self, states: Reals, parameters: Sequence[float]) -> Reals:
        with np.errstate(all="ignore"):
            return np.asarray(self.function(states, parameters), float)
