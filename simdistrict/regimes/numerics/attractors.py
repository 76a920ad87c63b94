"""Numbered attractors of a field: the one in which a flow ends, new ones included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.cycle import Cycle, cycle_through
from simdistrict.regimes.numerics.equilibrium import MERGED, refine
from simdistrict.regimes.numerics.field import Field, Scaled
from simdistrict.regimes.numerics.newton import norm

# largest distance, in scales, at which the end of a flow belongs to an attractor
NEAR = 1e-3
UNDECIDED = -1


@dataclass(frozen=True, eq=False)
class Attractor:
    """An equilibrium or a cycle on which a flow settles.

    state: the equilibrium, or the middle of the cycle, in the stocks' units; inside: a state
    that lies in it, the same for an equilibrium; period: of the cycle, 0 for an equilibrium.
    """

    state: Reals
    inside: Reals
    cycle: Cycle | None = None

    @property
    def period(self) -> float:
        """The period of a cycle in time units; 0 for an equilibrium."""
        return 0.0 if self.cycle is None else self.cycle.period


class Attractors:
    """The attractors found so far, of one field at one value of its parameters."""

    def __init__(self, model: Field, parameters: Sequence[float]) -> None:
        self.model = model
        self.scaled = Scaled(model)
        self.parameters = tuple(map(float, parameters))
        self.found: list[Attractor] = []

    def number(self, end: Reals) -> int:
        """The number of the attractor at the end of a flow, in scales; a new one is added.

        -1 where the flow left all values, or has come neither to rest nor back to where it was.
        """
        if not np.isfinite(end).all():
            return UNDECIDED
        scale = self.model.scale
        for k, known in enumerate(self.found):
            if known.cycle is None and norm(known.state / scale - end) < NEAR:
                return k
        root = refine(self.model, self.parameters, end * scale, "end of the flow")
        if root is not None and root.stable and norm(root.state / scale - end) <= NEAR:
            for k, known in enumerate(self.found):
                if known.cycle is None and norm((known.state - root.state) / scale) < MERGED:
                    return k
            self.found.append(Attractor(root.state, root.state))
            return len(self.found) - 1
        return self.cycling(end)

    def cycling(self, end: Reals) -> int:
        """The number of the cycle on which a state lies, -1 for none."""
        for k, known in enumerate(self.found):
            if known.cycle is not None and known.cycle.passes(end):
                return k
        cycle = cycle_through(self.scaled, self.parameters, end)
        if cycle is None:
            return UNDECIDED
        scale = self.model.scale
        self.found.append(Attractor(cycle.middle * scale, end * scale, cycle))
        return len(self.found) - 1

    def numbers(self, ends: Reals) -> NDArray[np.int64]:
        """The numbers of the attractors at many ends, (members, stocks)."""
        return np.array([self.number(end) for end in ends], dtype=np.int64)
