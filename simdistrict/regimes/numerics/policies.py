"""The attractor after a temporary policy: a map of dose and duration.

A policy holds a parameter at its dose for a while and is repealed. The attractor to which the flow
leads afterwards shows whether the policy has crossed a separatrix.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.attractors import Attractor, Attractors
from simdistrict.regimes.numerics.field import Field, Scaled
from simdistrict.regimes.numerics.flow import settle, settle_each


@dataclass(frozen=True, eq=False)
class PolicyMap:
    """The attractor after each policy.

    ids: (doses, durations), the attractor after repeal, -1 for undecided; untouched: that without a
    policy, 0, or -1 for undecided.
    """

    doses: Reals
    durations: Reals
    ids: NDArray[np.int64]
    attractors: tuple[Attractor, ...]
    untouched: int

    @property
    def shortest(self) -> Reals:
        """For each dose the shortest duration that leads to another attractor, NaN for none."""
        elsewhere = (self.ids != self.untouched) & (self.ids >= 0) & (self.untouched >= 0)
        first = elsewhere.argmax(axis=1)
        found: Reals = np.where(elsewhere.any(axis=1), self.durations[first], np.nan)
        return found


def policy_map(
    model: Field,
    doses: Reals,
    durations: Reals,
    *,
    start: Reals,
    usual: float,
    settled: bool = True,
    horizon: float = 2000.0,
) -> PolicyMap:
    """Every dose of the only parameter for every duration, from one state.

    durations: ascending; start: a state, where `settled` that from which the flow is first followed
    to rest; usual: the parameter before and after the policy.
    """
    scaled = Scaled(model)
    begin = np.asarray(start, float) / model.scale
    if settled:
        begin = settle(scaled, (usual,), begin, horizon)
    found = Attractors(model, (usual,))
    untouched = found.number(settle(scaled, (usual,), begin, horizon))
    x = np.repeat(begin[None, :], len(doses), axis=0)
    reached, before = [], 0.0
    for duration in durations:
        # continue from the states after the shorter policies of the same doses
        x = settle_each(scaled, doses[:, None], x, float(duration) - before).states
        reached.append(x)
        before = float(duration)
    states = np.swapaxes(np.array(reached), 0, 1).reshape(-1, scaled.size)
    ids = found.numbers(settle_each(scaled, np.array([usual]), states, horizon).states)
    shape = (len(doses), len(durations))
    return PolicyMap(doses, durations, ids.reshape(shape), tuple(found.found), untouched)
