"""How much policy for how long moves a world into another: a map of dose and duration.

A policy holds a parameter at its dose for a while and is repealed; where the flow leads then, with
the parameter where it was, says whether the policy crossed a separatrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdistrict.regimes.basin import attractor_at
from simdistrict.regimes.field import Array, Field, Scaled
from simdistrict.regimes.flow import settle


@dataclass(frozen=True, eq=False)
class PolicyMap:
    """Where each policy ends.

    ids: (doses, durations), the attractor after repeal, -1 for undecided; untouched: that
    without a policy; shortest: for each dose the shortest duration of the map that ends
    elsewhere than untouched, NaN where none does.
    """

    doses: Array
    durations: Array
    ids: NDArray[np.int64]
    attractors: tuple[Array, ...]
    untouched: int

    @property
    def shortest(self) -> Array:
        """The shortest duration that is enough, for each dose."""
        elsewhere = (self.ids != self.untouched) & (self.ids >= 0)
        first = elsewhere.argmax(axis=1)
        found: Array = np.where(elsewhere.any(axis=1), self.durations[first], np.nan)
        return found


def policy_map(
    model: Field,
    doses: Array,
    durations: Array,
    *,
    start: Array,
    usual: float,
    settled: bool = True,
    horizon: float = 2000.0,
) -> PolicyMap:
    """Every dose of the only parameter for every duration, from one state.

    durations: ascending; start: a state, or, where `settled`, what the flow leads to from there
    first; usual: the parameter before and after.
    """
    scaled = Scaled(model)
    begin = np.asarray(start, float) / model.scale
    if settled:
        begin = settle(scaled, (usual,), begin, horizon)
    attractors: list[Array] = []

    def ends(x: Array) -> int:
        end = settle(scaled, (usual,), x, horizon)
        return attractor_at(model, (usual,), end, attractors) if np.isfinite(end).all() else -1

    untouched = ends(begin)
    ids = np.full((len(doses), len(durations)), -1, dtype=np.int64)
    for i, dose in enumerate(doses):
        x, before = begin, 0.0
        for j, duration in enumerate(durations):
            x = settle(scaled, (float(dose),), x, float(duration) - before)
            before = float(duration)
            if not np.isfinite(x).all():
                break
            ids[i, j] = ends(x)
    return PolicyMap(doses, durations, ids, tuple(attractors), untouched)
