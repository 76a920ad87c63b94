"""Tempered sequential Monte Carlo: particles go from the prior to the posterior.

At each temperature the likelihood counts with a power between 0 and 1. The next power is the one
at which half of the particles still count (Del Moral, Doucet and Jasra 2006, J. R. Statist. Soc. B
68); they are drawn anew by their weights and moved until they have forgotten where they were. A
start for chains, never a result: with few moves its population is too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem
from simdistrict.inference.moves import (
    Proposal,
    Shape,
    Stream,
    accepted,
    crank,
    fitted,
    parallel,
    snooker,
)

# asks for the log likelihood of scores, (members, size), and is sent it, (members,)
Asking = Generator[Reals, Reals, "Particles"]

_KEPT = 0.5  # effective share of the particles after a change of temperature
_MOST_MOVES = 40
_WAY = 1.0  # mean squared jump of each coordinate, summed over moves, in its variance
_BISECTIONS = 60
_LEAST_FINITE = 0.01
_TARGET = 0.3  # acceptance of a Crank-Nicolson step
# what a number of a stream is drawn for
_START, _DRAW, _MOVE = 11, 12, 13


@dataclass(frozen=True, slots=True)
class Stage:
    """One temperature: its power, the effective particles before it, and its moves.

    stuck: the moves ended before the particles had moved by their own spread.
    """

    temperature: float
    ess: float
    moves: int
    acceptance: float
    informed: int
    stuck: bool


@dataclass(frozen=True, eq=False)
class Particles:
    """A population of SMC at one temperature.

    scores: (particles, size); likelihood: (particles,); evidence: the logarithm of the mean
    likelihood so far; step: of Crank-Nicolson, tuned.
    """

    scores: Reals
    likelihood: Reals
    temperature: float = 0.0
    evidence: float = 0.0
    runs: int = 0
    step: float = 0.5
    stages: tuple[Stage, ...] = ()


def particles_for(size: int) -> int:
    """How many particles one population has."""
    return max(256, 4 * size)


def start(size: int, count: int, seed: int, population: int, scores: Reals | None = None) -> Asking:
    """Particles of the prior, or drawn from given scores (members, size), such as of a wave.

    Raises EngineError where almost none has a likelihood.
    """
    stream = Stream.of(seed, population, _START)
    if scores is None:
        first = stream.normals(0, count, size)
    else:
        first = scores[(stream.uniforms(0, count, 1)[:, 0] * len(scores)).astype(np.intp)]
    likelihood = yield first
    finite = int((likelihood > -np.inf).sum())
    if finite < _LEAST_FINITE * count:
        what = (
            f"{finite or 'none'} of {count} draws of the prior have a likelihood: the runs of the "
            "others fail, or the data exclude them"
        )
        hint = "narrow the prior, or check the model over its range with `simdistrict ensemble`"
        raise EngineError(Problem("prior", what, hint))
    return Particles(first, likelihood, runs=count)


def heated(before: Sequence[Particles], seed: int) -> tuple[list[Particles], Shape]:
    """All populations at the next power, drawn anew by their weights, and their common shape.

    They share the power, the lowest of those that each would take: so the shape, with which they
    are moved, knows all of them.
    """
    number = len(before[0].stages)
    power = min(_next(own) for own in before)
    found = []
    for k, own in enumerate(before):
        weights, ess, gain = _weighted(own, power)
        level = Stream.of(seed, k, _DRAW).uniforms(number, 1, 1)[0, 0]
        drawn = _drawn(weights, float(level))
        stage = Stage(power, ess, 0, 0.0, 0, False)
        found.append(
            replace(
                own,
                scores=own.scores[drawn],
                likelihood=own.likelihood[drawn],
                temperature=power,
                evidence=own.evidence + gain,
                stages=(*own.stages, stage),
            )
        )
    # copies of one particle tell of its place once
    worth = sum(own.stages[-1].ess for own in found)
    return found, fitted(np.concatenate([own.scores for own in found]), max(worth, 2.0))


def _next(own: Particles) -> float:
    """The next power: the one at which half of the particles count."""
    wanted = _KEPT * int((own.likelihood > -np.inf).sum())
    low, high = own.temperature, 1.0
    if _weighted(own, high)[1] >= wanted:
        return high
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _weighted(own, middle)[1] >= wanted else (low, middle)
    return max(low, math.nextafter(own.temperature, 1.0))


def _weighted(own: Particles, power: float) -> tuple[Reals, float, float]:
    """The weights at a power, how many particles count, and the gain in log evidence."""
    best = float(own.likelihood.max())
    finite = own.likelihood > -np.inf
    step = power - own.temperature
    weights = np.zeros(len(finite))
    weights[finite] = np.exp(step * (own.likelihood[finite] - best))
    ess = float(weights.sum() ** 2 / (weights**2).sum())
    return weights, ess, math.log(weights.mean()) + step * best


def _drawn(weights: Reals, level: float) -> NDArray[np.intp]:
    """Systematic resampling: a member is drawn its expected number of times, within one."""
    count = len(weights)
    bounds = np.cumsum(weights)
    places = np.searchsorted(bounds, (np.arange(count) + level) / count * bounds[-1])
    return np.asarray(np.minimum(places, np.flatnonzero(weights)[-1]), np.intp)


def move(own: Particles, shape: Shape, seed: int, population: int, most: int) -> Asking:
    """Move the particles until each coordinate has moved by a share of its variance.

    most: runs that it may take.
    """
    count, size = own.scores.shape
    last = own.stages[-1]
    stream = Stream.of(seed, population, _MOVE, len(own.stages))
    scores, likelihood, step = own.scores, own.likelihood, own.step
    variance = np.maximum(scores.var(axis=0), 1e-30)
    way = np.zeros(size)
    taken = moves = 0
    while moves < _MOST_MOVES and (moves + 1) * count <= most and way.min() < _WAY:
        proposal = _proposal(scores, shape, step, stream, moves)
        after = yield proposal.scores
        level = stream.uniforms(moves, count, 1)[:, 0]
        with np.errstate(invalid="ignore"):
            tempered = own.temperature * likelihood, own.temperature * after
        takes = accepted(proposal, *tempered, level)
        if moves % 2 == 0:
            share = takes.mean()
            step = float(np.clip(step * math.exp(share - _TARGET), 0.05, 1.0))
        new = np.where(takes[:, None], proposal.scores, scores)
        way += ((new - scores) ** 2).mean(axis=0) / variance
        scores, likelihood = new, np.where(takes, after, likelihood)
        taken += int(takes.sum())
        moves += 1
    acceptance = taken / max(moves * count, 1)
    stuck = bool(way.min() < _WAY)
    stage = replace(last, moves=moves, acceptance=acceptance, informed=len(shape.axes), stuck=stuck)
    return replace(
        own,
        scores=scores,
        likelihood=likelihood,
        step=step,
        runs=own.runs + moves * count,
        stages=(*own.stages[:-1], stage),
    )


def _proposal(scores: Reals, shape: Shape, step: float, stream: Stream, number: int) -> Proposal:
    """Crank-Nicolson and differential evolution in turn; the particles are the archive."""
    if number % 2 == 0:
        return crank(scores, shape, step, stream, number)
    if number % 8 == 7:
        return snooker(scores, scores, stream, number)
    informed = max(len(shape.axes), 1)
    factor = 1.0 if number % 8 == 3 else 2.38 / math.sqrt(2 * informed)
    return parallel(scores, scores, shape, factor, step, stream, number)
