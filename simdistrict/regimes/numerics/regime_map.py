"""Stable equilibria over two parameters: those that a few initial states reach.

A world is a state of rest that is reached. Flows that do not settle within the horizon count as
undecided; an attractor that no initial state reaches is not seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.regimes.numerics.attractors import NEAR
from simdistrict.regimes.numerics.equilibrium import hypercube
from simdistrict.regimes.numerics.field import Field, Scaled
from simdistrict.regimes.numerics.flow import ARRIVED, Accuracy, settle_each

# distance of the corners from the edge of the box, as a fraction of its width: a flow may stay on
# the edge itself although it leaves from any state nearby
_INSIDE = 1e-3
_NEXT_TO_REST = Accuracy(arrived=1e-6)
_TO_REST = Accuracy(tolerance=1e-10)
# number of states followed at once
_AT_ONCE = 1 << 16


@dataclass(frozen=True, eq=False)
class RegimeMap:
    """States of rest at each pair of values.

    starts: (members, stocks); worlds: (first, second), number of states of rest reached; undecided:
    (first, second), number of members that reach none; states: (first, second, world, stocks), in
    descending order of the first stock, then NaN.
    """

    first: Reals
    second: Reals
    starts: Reals
    worlds: NDArray[np.int64]
    undecided: NDArray[np.int64]
    states: Reals


def regime_map(
    model: Field,
    first: Reals,
    second: Reals,
    low: Reals,
    high: Reals,
    members: int,
    *,
    seed: int = 0,
    horizon: float = 2000.0,
) -> RegimeMap:
    """Follow the flow from the same states at every pair of values of the two parameters.

    The states are the lower and the upper corner of the box between low and high, a thousandth
    inside, and `members - 2` of a Latin hypercube.
    """
    scaled = Scaled(model)
    starts = starting_states(low, high, members, seed)
    pairs = np.array([(a, b) for a in first for b in second])
    ends = np.empty((len(pairs), members, len(low)))
    rests = np.empty((len(pairs), members), bool)
    size = max(_AT_ONCE // members, 1)
    for k in range(0, len(pairs), size):
        some = pairs[k : k + size]
        states = np.tile(starts / model.scale, (len(some), 1))
        numbers = np.repeat(some, members, axis=0)
        near = settle_each(scaled, numbers, states, horizon, _NEXT_TO_REST)
        # long steps until nearly at rest, then short ones
        found = settle_each(scaled, numbers, near.states, horizon, _TO_REST)
        ends[k : k + size] = found.states.reshape(len(some), members, -1)
        rests[k : k + size] = (found.speeds < ARRIVED).reshape(len(some), members)
    numbers = apart(ends, rests)
    worlds = numbers.max(axis=1) + 1
    states = np.full((len(pairs), max(int(worlds.max()), 1), len(low)), np.nan)
    for member in range(members):
        cells = np.flatnonzero(numbers[:, member] >= 0)
        states[cells, numbers[cells, member]] = ends[cells, member] * model.scale
    shape = (len(first), len(second))
    return RegimeMap(
        first,
        second,
        starts,
        worlds.reshape(shape),
        (~rests).sum(axis=1).reshape(shape),
        _highest_first(states).reshape(*shape, *states.shape[1:]),
    )


def starting_states(low: Reals, high: Reals, members: int, seed: int) -> Reals:
    """Two corners and a Latin hypercube, (members, stocks)."""
    inside = _INSIDE * (high - low)
    corners = np.array([low + inside, high - inside])[:members]
    return np.vstack([corners, hypercube(low, high, max(members - 2, 0), seed)])


def apart(ends: Reals, rests: NDArray[np.bool_]) -> NDArray[np.int64]:
    """For each cell, the number of the state of rest that each member reaches.

    ends: (cells, members, stocks), in scales; two closer than `NEAR` in every stock are one. -1 for
    a member that has not come to rest.
    """
    cells, members, _ = ends.shape
    numbers = np.full((cells, members), -1, dtype=np.int64)
    count = np.zeros(cells, dtype=np.int64)
    for k in range(members):
        open_ = rests[:, k].copy()
        for earlier in range(k):
            gap = np.abs(ends[:, k] - ends[:, earlier]).max(axis=1, initial=0.0)
            same = open_ & rests[:, earlier] & (gap < NEAR)
            numbers[same, k] = numbers[same, earlier]
            open_ &= ~same
        numbers[open_, k] = count[open_]
        count += open_
    return numbers


def _highest_first(states: Reals) -> Reals:
    """The states of every cell in descending order of their first stock, NaN last."""
    order = np.argsort(-states[:, :, 0], axis=1, kind="stable")
    found: Reals = np.take_along_axis(states, order[:, :, None], axis=1)
    return found
