"""Several constants that a policy moves together: a field with one parameter, the policy's dose.

At dose 0 every constant has its value at the date, at dose 1 that of the policy; other doses lie on
the straight line. Branches and maps of policies treat the dose as a single constant.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.field import Field, Scaled
from simdistrict.regimes.numerics.flow import Accuracy, Ends, settle_each


@dataclass(frozen=True, eq=False)
class Mix:
    """A field of many parameters as a function of a single one.

    usual, full: the parameters of `field` at dose 0 and at dose 1.
    """

    field: Field
    usual: Sequence[float]
    full: Sequence[float]

    @property
    def names(self) -> Sequence[str]:
        """The names of the free stocks."""
        return self.field.names

    @property
    def scale(self) -> Reals:
        """A typical magnitude of each stock."""
        return self.field.scale

    @property
    def low(self) -> Reals:
        """The lower end of the box in which states make sense."""
        return self.field.low

    @property
    def high(self) -> Reals:
        """The upper end of the box."""
        return self.field.high

    def __call__(self, states: Reals, parameters: Sequence[float]) -> Reals:
        """Net flows at a dose, (members, stocks)."""
        return self.field(states, self.constants(parameters[0]).tolist())

    def ends(self, parameters: Reals, states: Reals, horizon: float, exact: Accuracy) -> Ends:
        """Where the flow leads at the doses (members, 1), see `flow.settle_each`."""
        return settle_each(Scaled(self.field), self.constants(parameters), states, horizon, exact)

    def constants(self, dose: float | Reals) -> Reals:
        """The parameters of the field: (parameters,) for a dose, (members, parameters) for many."""
        usual, full = np.asarray(self.usual, float), np.asarray(self.full, float)
        found: Reals = usual + np.asarray(dose, float) * (full - usual)
        return found
