"""The right-hand side of an autonomous system.

Numerical methods know `Field` only, whatever evaluates it: CPython, a compiled backend, a formula
in a test.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from simdistrict.base.arrays import Reals


class Field(Protocol):
    """Net flows as a function of the free stocks and of the parameters.

    names: of the free stocks; scale: a typical magnitude of each; low, high: the box in which
    states make sense, in the stocks' units.
    """

    @property
    def names(self) -> Sequence[str]: ...

    @property
    def scale(self) -> Reals: ...

    @property
    def low(self) -> Reals: ...

    @property
    def high(self) -> Reals: ...

    def __call__(self, states: Reals, parameters: Sequence[float]) -> Reals:
        """Net flows per time unit.

        states: (members, stocks); returns: the same shape, NaN where there is no value.
        """
        ...


@dataclass(frozen=True, eq=False)
class Scaled:
    """A field in units of the stocks' scales, to which all tolerances refer.

    The box of the field becomes `low` and `high` in the same units.
    """

    field: Field

    @property
    def size(self) -> int:
        """The number of free stocks."""
        return len(self.field.names)

    @property
    def low(self) -> Reals:
        return self.field.low / self.field.scale

    @property
    def high(self) -> Reals:
        return self.field.high / self.field.scale

    def one(self, state: Reals, parameters: Sequence[float]) -> Reals:
        """The net flows of one state."""
        flows: Reals = self.many(state[None, :], parameters)[0]
        return flows

    def many(self, states: Reals, parameters: Sequence[float]) -> Reals:
        """The net flows of several states, (members, stocks)."""
        scale = self.field.scale
        flows: Reals = self.field(states * scale, parameters) / scale
        return flows

    def jacobian(self, state: Reals, parameters: Sequence[float]) -> Reals:
        """d(net flow)/d(stock) by central differences: (stocks, stocks), one column per stock."""
        steps = RELATIVE_STEP * np.maximum(np.abs(state), SMALLEST)
        shifts = np.diag(steps)
        both = np.concatenate([state + shifts, state - shifts])
        flows = self.many(both, parameters)
        n = self.size
        # the actual step differs from the intended one by rounding
        taken = np.diag(both[:n]) - np.diag(both[n:])
        slopes: Reals = ((flows[:n] - flows[n:]) / taken[:, None]).T
        return slopes


# error of a central difference: step^2 from curvature, 1e-16/step from rounding
RELATIVE_STEP = 6e-6
# smallest magnitude, as a fraction of its scale, by which a stock's step is sized
SMALLEST = 1e-3
