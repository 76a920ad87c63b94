"""Basins: the share of initial states that end in each attractor."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdistrict.regimes.equilibrium import MERGED, hypercube, refine
from simdistrict.regimes.field import Array, Field, Scaled
from simdistrict.regimes.flow import settle
from simdistrict.regimes.newton import norm

# a member whose end is this near to an attractor, in scales, has ended in it
NEAR = 1e-3
# two-sided 95 percent
_QUANTILE = 1.959963984540054


@dataclass(frozen=True, eq=False)
class Basins:
    """Attractors and the members that ended in them.

    starts: (members, stocks); ids: attractor of each member, -1 where it left the values that
    make sense or has not come to rest at a stable equilibrium; intervals: of the shares, 95%
    (Wilson 1927), as for independent draws.
    """

    attractors: tuple[Array, ...]
    starts: Array
    ids: NDArray[np.int64]
    shares: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...]


def basins(
    model: Field,
    parameters: Sequence[float],
    low: Array,
    high: Array,
    members: int,
    *,
    seed: int = 0,
    horizon: float = 2000.0,
) -> Basins:
    """Follow the flow from `members` initial states of a Latin hypercube between low and high."""
    scaled = Scaled(model)
    starts = hypercube(low, high, members, seed)
    attractors: list[Array] = []
    ids = np.full(members, -1)
    for k, start in enumerate(starts):
        end = settle(scaled, parameters, start / model.scale, horizon)
        if np.isfinite(end).all():
            ids[k] = attractor_at(model, parameters, end, attractors)
    order = sorted(range(len(attractors)), key=lambda i: tuple(-attractors[i]))
    rank = {old: new for new, old in enumerate(order)}
    ids = np.array([rank.get(int(i), -1) for i in ids], dtype=np.int64)
    counts = [int((ids == k).sum()) for k in range(len(attractors))]
    return Basins(
        tuple(attractors[i] for i in order),
        starts,
        ids,
        tuple(c / members for c in counts),
        tuple(wilson(c, members) for c in counts),
    )


def wilson(count: int, total: int) -> tuple[float, float]:
    """The 95% interval of a share, from a count."""
    z2, share = _QUANTILE**2, count / total
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = (
        _QUANTILE
        / (1 + z2 / total)
        * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    )
    return max(0.0, middle - half), min(1.0, middle + half)


def attractor_at(model: Field, parameters: Sequence[float], end: Array, known: list[Array]) -> int:
    """The number of the attractor at an end state; a new stable equilibrium is added."""
    for k, state in enumerate(known):
        if norm(state / model.scale - end) < NEAR:
            return k
    found = refine(model, parameters, end * model.scale, "end of the flow")
    if found is None or not found.stable or norm(found.state / model.scale - end) > NEAR:
        return -1
    for k, state in enumerate(known):
        if norm((state - found.state) / model.scale) < MERGED:
            return k
    known.append(found.state)
    return len(known) - 1
