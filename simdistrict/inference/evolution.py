"""Chains of DE-MC(Z): differential evolution with an archive of past states, after SMC.

A population is some tens of chains with one archive. All chains of a population make the same kind
of move in a step, drawn at random, so that a step is a few operations on whole arrays. Shapes,
shares and steps change in burn-in only; after it the archive grows up to a limit and then stands
still, so that every move leaves the posterior invariant.
"""

from __future__ import annotations

import math
from collections.abc import Generator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.inference.moves import (
    Proposal,
    Shape,
    Stream,
    accepted,
    crank,
    parallel,
    snooker,
)

Asking = Generator[Reals, Reals, "Stretch"]

KINDS = ("crank", "parallel", "mode", "snooker")
# least share of each kind of moves: none is ever given up
FLOORS = (0.1, 0.25, 0.05, 0.05)
_FEW = 50  # coordinates
EVERY = 10  # steps between additions to the archive
_TARGETS = (0.3, 0.2, 0.2, 0.2)  # acceptance to tune a Crank-Nicolson step to
_KIND, _MOVE = 21, 22  # what a number of a stream is drawn for
_LAST = 2**20 - 1  # a column that no chain uses


@dataclass(frozen=True, eq=False)
class Tuning:
    """What is settled in burn-in, for all populations.

    shares: of each of `KINDS`; steps: of Crank-Nicolson in each kind.
    """

    shape: Shape
    shares: tuple[float, ...]
    steps: tuple[float, ...]


def first_tuning(shape: Shape, step: float) -> Tuning:
    """What burn-in begins with."""
    return Tuning(shape, (0.4, 0.4, 0.1, 0.1), (step, step, step, step))


@dataclass(frozen=True, eq=False)
class Chains:
    """Where the chains of a population are after a number of steps.

    scores: (chains, size); likelihood: (chains,).
    """

    scores: Reals
    likelihood: Reals
    step: int = 0


@dataclass(frozen=True, eq=False)
class Stretch:
    """What some steps of a population have given.

    archive: rows to add, (rows, size); draws: (kept, chains, size), likelihood: (kept, chains),
    of the steps that are multiples of the thinning, numbered by `steps`; tried, taken: (kinds,)
    proposals; jumps: (kinds,), the mean squared jump along the informed directions and across
    them, in their variances, summed over proposals; moved: (chains,) steps that changed a chain.
    """

    chains: Chains
    archive: Reals
    steps: Reals
    draws: Reals
    likelihood: Reals
    tried: Reals
    taken: Reals
    jumps: Reals
    moved: Reals


def chains_for(size: int) -> int:
    """How many chains one population has."""
    return 32 if size <= _FEW else 64


def evolve(
    chains: Chains,
    archive: Reals,
    tuning: Tuning,
    *,
    seed: int,
    population: int,
    count: int,
    thin: int,
) -> Asking:
    """`count` steps of a population; the archive stands still in them.

    thin: steps whose number it divides are kept.
    """
    scores, likelihood = chains.scores, chains.likelihood
    members = len(scores)
    stream = Stream.of(seed, population, _MOVE)
    kinds = _kinds(tuning.shares, Stream.of(seed, population, _KIND), chains.step, count)
    tried, taken, jumps = (np.zeros(len(KINDS)) for _ in range(3))
    moved = np.zeros(members)
    rows, steps, draws, likelihoods = [], [], [], []
    for offset, kind in enumerate(kinds):
        number = chains.step + offset
        proposal = propose(int(kind), scores, archive, tuning, stream, number)
        after = yield proposal.scores
        takes = accepted(proposal, likelihood, after, stream.uniforms(number, members, 1)[:, 0])
        new = np.where(takes[:, None], proposal.scores, scores)
        tried[kind] += members
        taken[kind] += takes.sum()
        jumps[kind] += _jump(new - scores, tuning.shape)
        moved += takes
        scores, likelihood = new, np.where(takes, after, likelihood)
        done = number + 1
        if done % EVERY == 0:
            rows.append(scores)
        if done % thin == 0:
            steps.append(done)
            draws.append(scores)
            likelihoods.append(likelihood)
    size = scores.shape[1]
    return Stretch(
        Chains(scores, likelihood, chains.step + count),
        np.concatenate(rows) if rows else np.empty((0, size)),
        np.array(steps, float),
        np.stack(draws) if draws else np.empty((0, members, size)),
        np.stack(likelihoods) if likelihoods else np.empty((0, members)),
        tried,
        taken,
        jumps,
        moved,
    )


def propose(
    kind: int, scores: Reals, archive: Reals, tuning: Tuning, stream: Stream, number: int
) -> Proposal:
    """The proposals of one kind; see `KINDS`."""
    step = tuning.steps[kind]
    if KINDS[kind] == "crank":
        return crank(scores, tuning.shape, step, stream, number)
    if KINDS[kind] == "snooker":
        return snooker(scores, archive, stream, number)
    factor = 1.0
    if KINDS[kind] == "parallel":
        informed = max(len(tuning.shape.axes), 1)
        # of the whole population, so that a step is one operation
        spread = 0.8 + 0.3 * stream.uniforms(number, 1, 1, _LAST)[0, 0]
        factor = 2.38 / math.sqrt(2 * informed) * float(spread)
    return parallel(scores, archive, tuning.shape, factor, step, stream, number)


def _kinds(shares: tuple[float, ...], stream: Stream, first: int, count: int) -> NDArray[np.intp]:
    """The kind of each step."""
    level = np.concatenate([stream.uniforms(first + k, 1, 1)[0] for k in range(count)])
    bounds = np.cumsum(shares)
    place = np.searchsorted(bounds / bounds[-1], level, side="right")
    return np.asarray(np.minimum(place, len(shares) - 1), np.intp)


def _jump(change: Reals, shape: Shape) -> float:
    """The squared jump of all chains in variances of the shape, a mean over coordinates."""
    along = shape.along(change)
    across = float((change**2).sum()) - float((along**2).sum())
    return float((((along / shape.spread) ** 2).sum() + across) / change.shape[1])


def tuned(tuning: Tuning, shape: Shape, stretches: list[Stretch]) -> Tuning:
    """The tuning after a part of burn-in, from all populations; shape: fitted to them."""
    tried = np.sum([own.tried for own in stretches], axis=0)
    taken = np.sum([own.taken for own in stretches], axis=0)
    jumps = np.sum([own.jumps for own in stretches], axis=0)
    rates = taken / np.maximum(tried, 1)
    steps = tuple(
        float(np.clip(step * math.exp(2 * (rate - target)), 0.05, 1.0)) if count else step
        for step, rate, target, count in zip(tuning.steps, rates, _TARGETS, tried, strict=True)
    )
    # the kinds that move farther are made more often
    worth = jumps / np.maximum(tried, 1)
    free = 1 - sum(FLOORS)
    total = float(worth.sum())
    more = worth / total if total > 0 else np.full(len(KINDS), 1 / len(KINDS))
    shares = tuple(floor + free * float(own) for floor, own in zip(FLOORS, more, strict=True))
    return Tuning(shape, shares, steps)
