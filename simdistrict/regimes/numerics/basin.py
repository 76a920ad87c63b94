"""Basins: the share of initial states that end in each attractor, also along a parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.base.wilson import wilson
from simdistrict.regimes.numerics.attractors import Attractor, Attractors
from simdistrict.regimes.numerics.equilibrium import hypercube
from simdistrict.regimes.numerics.field import Field, Scaled
from simdistrict.regimes.numerics.flow import settle_each


@dataclass(frozen=True, eq=False)
class Basins:
    """Attractors and the members that end in them.

    starts: (members, stocks); ids: attractor of each member, -1 where it left the values that
    make sense, or has come neither to rest nor onto a cycle; intervals: of the shares, 95%
    (Wilson 1927), as for independent draws.
    """

    attractors: tuple[Attractor, ...]
    starts: Reals
    ids: NDArray[np.int64]

    @property
    def shares(self) -> tuple[float, ...]:
        """The share of members in each attractor."""
        return tuple(c / len(self.ids) for c in self.counts)

    @property
    def intervals(self) -> tuple[tuple[float, float], ...]:
        """The intervals of the shares."""
        return tuple(wilson(c, len(self.ids)) for c in self.counts)

    @property
    def counts(self) -> list[int]:
        """The number of members in each attractor."""
        return [int((self.ids == k).sum()) for k in range(len(self.attractors))]


def basins(
    model: Field,
    parameters: Sequence[float],
    low: Reals,
    high: Reals,
    members: int,
    *,
    seed: int = 0,
    horizon: float = 2000.0,
) -> Basins:
    """Follow the flow from `members` initial states of a Latin hypercube between low and high."""
    starts = hypercube(low, high, members, seed)
    found = Attractors(model, parameters)
    ids = found.numbers(_ends(model, parameters, starts, horizon))
    order = sorted(range(len(found.found)), key=lambda i: tuple(-found.found[i].state))
    rank = {old: new for new, old in enumerate(order)}
    ids = np.array([rank.get(int(i), -1) for i in ids], dtype=np.int64)
    return Basins(tuple(found.found[i] for i in order), starts, ids)


@dataclass(frozen=True, eq=False)
class BasinsAlong:
    """Basins at some values of a parameter, attractors matched from each value to the next.

    values: (values,); basins: one for each value; ids: for each value, the id of each of its
    attractors; the same attractor keeps its id as long as it is followed.
    """

    values: Reals
    basins: tuple[Basins, ...]
    ids: tuple[tuple[int, ...], ...]

    @property
    def attractors(self) -> int:
        """The number of different ids."""
        return max((k for own in self.ids for k in own), default=-1) + 1

    def members(self, k: int) -> NDArray[np.int64]:
        """The ids of the members at value k, -1 for undecided."""
        table = np.array([*self.ids[k], -1], dtype=np.int64)
        return table[self.basins[k].ids]


def basins_along(
    model: Field,
    values: Reals,
    low: Reals,
    high: Reals,
    members: int,
    *,
    seed: int = 0,
    horizon: float = 2000.0,
) -> BasinsAlong:
    """Basins at every value of the only parameter, from the same initial states.

    Attractors are also sought where those of the value before lead. An attractor keeps the id
    of one of those when each leads to the other: the old one at the new value, and the new one at
    the old value. Where an attractor vanishes in a fold only the first holds, and no id passes on.
    """
    starts = hypercube(low, high, members, seed)
    parts: list[Basins] = []
    ids: list[tuple[int, ...]] = []
    used = 0
    before: Attractors | None = None
    for value in values:
        here = Attractors(model, (float(value),))
        own = here.numbers(_ends(model, (float(value),), starts, horizon))
        onward = _lead(here, before.found, horizon) if before else []
        back = _lead(before, here.found, horizon) if before else [-1] * len(here.found)
        names = []
        for k in range(len(here.found)):
            kept = back[k]
            # an attractor unknown at the value before has no id to pass on
            if 0 <= kept < len(onward) and onward[kept] == k:
                names.append(ids[-1][kept])
            else:
                names.append(used)
                used += 1
        parts.append(Basins(tuple(here.found), starts, own))
        ids.append(tuple(names))
        before = here
    return BasinsAlong(np.asarray(values, float), tuple(parts), tuple(ids))


def _ends(model: Field, parameters: Sequence[float], starts: Reals, horizon: float) -> Reals:
    return settle_each(Scaled(model), np.array(parameters), starts / model.scale, horizon).states


def _lead(to: Attractors, attractors: Sequence[Attractor], horizon: float) -> list[int]:
    """The number of the attractor to which each one leads; new ones are added."""
    if not attractors:
        return []
    states = np.array([a.inside for a in attractors])
    return [int(k) for k in to.numbers(_ends(to.model, to.parameters, states, horizon))]
