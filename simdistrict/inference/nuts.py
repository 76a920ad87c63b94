"""Draws from a posterior by NUTS, with exact gradients, from the populations of a tempered start.

Each population has one chain, which begins at one of its particles. The particles give the metric:
NUTS moves in coordinates in which their covariance is 1. In burn-in step sizes are tuned and the
metric is estimated again; after it nothing changes. Chains run on threads, each from its own
random numbers, so that the draws do not depend on how many there are.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem
from simdistrict.engine.native.batch import cores
from simdistrict.engine.native.slices import on_threads
from simdistrict.inference import diagnostics
from simdistrict.inference.asked import NUTS
from simdistrict.inference.density import Density, Sloped
from simdistrict.inference.hamiltonian import missing, walk
from simdistrict.inference.keeping import Keeper
from simdistrict.inference.rounds import (
    PART,
    Effort,
    Rounds,
    Sampled,
    Tick,
    disagreeing,
    too_few,
    unmoved,
)
from simdistrict.inference.tempering import Particles
from simdistrict.inference.together import Local

_KEPT = 20_000  # draws
_LEAST_BURN_IN = 3  # rounds
_BURN_IN_RHAT = 1.05
_BURN_IN_SHARE = 1 / 3  # of the budget, at most
_MEMORIES = 4
_GRADIENTS = 15  # of a step, before any is known
_BY_DEMC = "use --method demc"
_WALK = 61  # what random numbers are drawn for


@dataclass(frozen=True, eq=False, slots=True)
class Walk:
    """A round of one chain.

    scores: (draws, size); likelihood: (draws,); step: the step size at the end; gradients: that
    were computed; others as of `hamiltonian.Walked`.
    """

    scores: Reals
    likelihood: Reals
    step: float
    accepted: float
    divergent: int
    gradients: int

    def packed(self) -> dict[str, NDArray[Any]]:
        """Named arrays, for the folder of finished parts."""
        numbers = [self.step, self.accepted, self.divergent, self.gradients]
        return {"scores": self.scores, "likelihood": self.likelihood, "own": np.array(numbers)}


def walk_of(arrays: Mapping[str, NDArray[Any]]) -> Walk:
    """The inverse of `Walk.packed`. Raises KeyError or ValueError for other arrays."""
    step, accepted, divergent, gradients = (float(number) for number in arrays["own"])
    own = (step, accepted, int(divergent), int(gradients))
    return Walk(arrays["scores"], arrays["likelihood"], *own)


def check_nuts(density: Density) -> None:
    """Raise EngineError where the library is missing, or where a density has no gradient."""
    if not isinstance(density, Sloped):
        raise EngineError(Problem("method nuts", "the density has no gradient", _BY_DEMC))
    if problems := [*missing(), *density.without_slopes]:
        raise EngineError([replace(p, hint=p.hint or _BY_DEMC) for p in problems])


def sample_by_nuts(
    density: Sloped,
    effort: Effort,
    start: Reals | None,
    keeper: Keeper | None,
    workers: int | None,
    tick: Tick | None,
) -> Sampled:
    """As `sampling.sample`; workers: cores."""
    return _Nuts(density, effort, keeper, workers, tick).run(start)


class _Nuts(Rounds):
    """The state of one call."""

    def __init__(
        self,
        density: Sloped,
        effort: Effort,
        keeper: Keeper | None,
        workers: int | None,
        tick: Tick | None,
    ) -> None:
        super().__init__(density, effort, keeper, Local(workers), tick)
        self.sloped = density
        self.threads = min(workers or cores(), effort.populations)
        self.keep = effort.keep or max(_KEPT, 4 * effort.ess)
        self.labels = np.arange(effort.populations)
        self.wanted = max(effort.ess, _MEMORIES * effort.populations)
        self.lock = Lock()
        self.step, self.per_step = 0.5, float(_GRADIENTS)
        self.walks: list[list[Walk]] = []

    def run(self, scores: Reals | None) -> Sampled:
        """All rounds, and what they give."""
        starts = self.tempered(scores)
        self.at = np.stack([own.scores[len(own.scores) // 2] for own in starts])
        begin = np.array([own.likelihood[len(own.scores) // 2] for own in starts])
        pooled = np.concatenate([own.scores for own in starts])
        self.covariance = _mixed(pooled, len(pooled) / 2, np.eye(self.size))
        burn_in = 0
        if not self.reasons:
            burn_in = self._burn_in()
        if not self.reasons:
            self._sampling()
        return self._sampled(starts, begin, burn_in)

    def _part(self, stage: str, most: int, *, tune: bool) -> list[Walk]:
        """A round of chains of about so many runs; empty where they do not reach for a step."""
        cost = self.per_step * self.sloped.runs_of_slopes * len(self.labels)
        count = min(PART, int(most / cost))
        if count < 1:
            return []
        lower = np.asarray(np.linalg.cholesky(self.covariance), float)
        number = self.number

        def run(keys: list[int]) -> list[Walk]:
            found: dict[int, Walk] = {}

            def one(k: int) -> None:
                own = _Whitened(self, lower)
                random = np.random.default_rng([self.effort.seed, _WALK, k, number])
                place = np.linalg.solve(lower, self.at[k])
                walked = walk(own, place, count, self.step, random, tune=tune)
                found[k] = own.walk(
                    walked.positions, walked.step, walked.accepted, walked.divergent
                )

            on_threads(one, keys, min(self.threads, max(len(keys), 1)))
            return [found[k] for k in keys]

        parts = self.round(stage, self.labels.tolist(), run, Walk.packed, walk_of)
        walks = [parts[k] for k in self.labels.tolist()]
        gradients = sum(own.gradients for own in walks)
        self.runs += gradients * self.sloped.runs_of_slopes
        self.per_step = max(gradients / (count * len(walks)), 1.0)
        self.at = np.stack([own.scores[-1] for own in walks])
        return walks

    def _burn_in(self) -> int:
        """Rounds that tune, until the chains agree roughly or a share of the runs is used."""
        begin, most = self.runs, int(_BURN_IN_SHARE * self.left())
        done: list[list[Walk]] = []
        for number in itertools.count(1):
            walks = self._part("burn-in", begin + most - self.runs, tune=True)
            if not walks:
                break
            done.append(walks)
            self.step = math.exp(sum(math.log(own.step) for own in walks) / len(walks))
            recent, _ = _together(done[len(done) // 2 :])
            worst = float(np.max(_rhat(recent, self.labels)))
            flat = recent.reshape(-1, self.size)
            # the metric of all: new draws count for their number, what was known for some of them
            self.covariance = _mixed(flat, len(flat) / 2, self.covariance)
            self.progress = replace(self.progress, rhat=worst)
            if number >= _LEAST_BURN_IN and worst < _BURN_IN_RHAT:
                break
        return sum(len(walks[0].scores) for walks in done)

    def _sampling(self) -> None:
        """Rounds whose draws count, until they are enough or the runs are used."""
        check = 2
        for number in itertools.count(1):
            walks = self._part("sampling", self.left(), tune=False)
            if not walks:
                break
            self.walks.append(walks)
            if number < check:
                continue
            draws, _ = _together(self.walks)
            worst = float(np.max(_rhat(draws, self.labels)))
            least = float(np.min(diagnostics.ess_bulk(draws)))
            lacking = max(self.wanted / least, (worst - 1) / (self.effort.rhat - 1))
            spent = sum(own.gradients for part in self.walks for own in part)
            left = min(int(spent * self.sloped.runs_of_slopes * max(lacking - 1, 0)), self.left())
            self.progress = replace(self.progress, rhat=worst, ess=least, remaining=left)
            if worst < self.effort.rhat and least >= self.wanted:
                break
            check = max(number + 1, int(number * min(max(lacking, 1.1), 2.0)))

    def _sampled(self, starts: list[Particles], begin: Reals, burn_in: int) -> Sampled:
        if self.walks:
            draws, likelihood = _together(self.walks)
        else:  # the runs ended before: the chains as they are
            draws, likelihood = self.at[:, None], begin[:, None]
        steps = draws.shape[1]
        nested = _rhat(draws, self.labels)
        bulk = diagnostics.ess_bulk(draws)
        still = (np.ptp(draws, axis=1) == 0).all(axis=1) & bool(self.walks)
        own = [walk for walks in self.walks for walk in walks]
        reasons = (
            *self.reasons,
            *disagreeing(self.density.names, nested, self.effort.rhat),
            *too_few(self.density.names, bulk, self.wanted),
            *unmoved(still, self.labels, steps),
        )
        thin = max(-(-steps * len(draws) // self.keep), 1)
        quality = (
            diagnostics.rhat(draws),
            bulk,
            diagnostics.ess_tail(draws),
            diagnostics.mcse_mean(draws),
        )
        return Sampled(
            tuple(self.density.names),
            draws[:, thin - 1 :: thin],
            likelihood[:, thin - 1 :: thin],
            self.labels,
            tuple(start.stages for start in starts),
            np.array([start.evidence for start in starts]),
            np.array([_mean([walks[k].accepted for walks in self.walks]) for k in self.labels]),
            (0,) * len(starts),
            self.runs,
            self.size,
            (),
            (),
            burn_in,
            thin,
            nested,
            *quality,
            not reasons,
            reasons,
            NUTS,
            sum(walk.gradients for walk in own),
            sum(walk.divergent for walk in own),
        )


class _Whitened:
    """The log posterior in coordinates x with scores = lower @ x, for one round of a chain."""

    def __init__(self, nuts: _Nuts, lower: Reals) -> None:
        self.nuts, self.lower = nuts, lower
        self.gradients = 0
        self.known: dict[bytes, float] = {}

    def __call__(self, position: Reals) -> tuple[float, Reals]:
        scores = self._scores(position[None])
        found, slopes = self.nuts.sloped.with_slopes(scores, 1)
        likelihood = float(found[0])
        self.gradients += 1
        self.known[position.tobytes()] = likelihood
        with self.nuts.lock:
            self.nuts.seen(np.repeat(found, self.nuts.sloped.runs_of_slopes))
        if likelihood == -math.inf:
            return likelihood, np.zeros(len(position))
        value = likelihood - 0.5 * float(np.einsum("ij,ij->", scores, scores))
        return value, np.einsum("i,ij->j", slopes[0] - scores[0], self.lower)

    def walk(self, positions: Reals, step: float, accepted: float, divergent: int) -> Walk:
        """The round in scores."""
        likelihood = np.array([self.known[position.tobytes()] for position in positions])
        own = (step, accepted, divergent, self.gradients)
        return Walk(self._scores(positions), likelihood, *own)

    def _scores(self, positions: Reals) -> Reals:
        # einsum has one order of operations; a product of matrices depends on threads
        return np.asarray(np.einsum("kj,ij->ki", positions, self.lower), float)


def _together(rounds: Sequence[Sequence[Walk]]) -> tuple[Reals, Reals]:
    """The draws of rounds, (chain, draw, size), and their likelihood, (chain, draw)."""
    chains = list(zip(*rounds, strict=True))
    draws = np.stack([np.concatenate([own.scores for own in chain]) for chain in chains])
    return draws, np.stack([np.concatenate([own.likelihood for own in c]) for c in chains])


def _rhat(draws: Reals, labels: NDArray[np.intp]) -> Reals:
    """The larger of R-hat between populations and within halves of the chains."""
    return np.fmax(diagnostics.nested_rhat(draws, labels), diagnostics.rhat(draws))


def _mixed(scores: Reals, worth: float, before: Reals) -> Reals:
    """The covariance of draws that are worth so many, and of some more with another one."""
    more = scores.shape[1] + 5
    own = np.cov(scores, rowvar=False).reshape(before.shape)
    return np.asarray((worth * own + more * before) / (worth + more), float)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(len(values), 1)
