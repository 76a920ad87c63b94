"""Draws from a posterior: tempered SMC, then DE-MC(Z), in independent populations of chains.

A round is one temperature, or some tens of steps, of every population. All that is decided between
rounds (tuning, the end of burn-in, thinning, the end) is a function of the rounds so far, so that
an interrupted sampler resumes to the bit.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Flags, Reals
from simdistrict.base.counts import counted
from simdistrict.base.errors import EngineError, Problem
from simdistrict.inference import diagnostics
from simdistrict.inference.density import Density
from simdistrict.inference.evolution import (
    KINDS,
    Chains,
    Stretch,
    chains_for,
    evolve,
    first_tuning,
    tuned,
)
from simdistrict.inference.keeping import Keeper
from simdistrict.inference.moves import fitted
from simdistrict.inference.packing import packed, particles_of, stretch_of
from simdistrict.inference.populations import Population, outsiders, together
from simdistrict.inference.tempering import Particles, Stage, heated, move, particles_for
from simdistrict.inference.tempering import start as start_particles
from simdistrict.inference.together import Local, Runner, Work

PART = 50  # steps of a round
_KEPT = 20_000  # draws
_NAMED = 8  # coordinates or chains that a reason names
_LEAST_BURN_IN = 3  # rounds
_BURN_IN_RHAT = 1.05
_MEMORIES = 4  # that burn-in and chains are long, so that they tell nothing of their start
_BURN_IN_SHARE = 1 / 3  # of the budget, at most
_TEMPERING_SHARE = 1 / 2
_ARCHIVE = 10_000  # rows per population, or 40 per coordinate, where it stops to grow


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to sample, and from which random numbers.

    ess: effective draws of every coordinate to stop at; rhat: nested R-hat to stop below; runs: at
    most, of the model (exceeded by no step); populations: independent ones, at least two; chains:
    of a population, default by the number of coordinates; keep: draws kept at most, by thinning.
    """

    ess: int = 1000
    rhat: float = 1.01
    seed: int = 1
    runs: int = 500_000
    populations: int = 4
    chains: int | None = None
    keep: int | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a sampler is.

    stage: tempering, burn-in or sampling; temperature: the lowest of all populations; best: log
    likelihood so far; rhat, ess: the worst of all coordinates at the last check, NaN before;
    remaining: runs to go at the present rate, and `runs` of the budget at most.
    """

    stage: str
    temperature: float
    runs: int
    best: float
    rhat: float = math.nan
    ess: float = math.nan
    remaining: int = 0


Tick = Callable[[Progress], None]
_Part = TypeVar("_Part", Particles, Stretch)


@dataclass(frozen=True, eq=False)
class Sampled:
    """Draws of a posterior, and whether to trust them.

    scores: (chain, draw, size), standard normal under the prior; likelihood: (chain, draw), its
    logarithm; population: (chain,). stages: of the temperatures of each population; evidence:
    (population,), an estimate of the log evidence by SMC, which may be far off. accepted:
    (chain,), the share of moves after burn-in; stuck: chains that were moved in burn-in, by
    population. nested, rhat, ess_bulk, ess_tail, mcse: (size,), see `diagnostics`, mcse of the
    mean. shares, rates: of each kind of move (`evolution.KINDS`), and its acceptance. burn_in:
    steps before the draws; thin: steps between them. reasons: why it is not converged.
    """

    names: tuple[str, ...]
    scores: Reals
    likelihood: Reals
    population: NDArray[np.intp]
    stages: tuple[tuple[Stage, ...], ...]
    evidence: Reals
    accepted: Reals
    stuck: tuple[int, ...]
    runs: int
    informed: int
    shares: tuple[float, ...]
    rates: tuple[float, ...]
    burn_in: int
    thin: int
    nested: Reals
    rhat: Reals
    ess_bulk: Reals
    ess_tail: Reals
    mcse: Reals
    converged: bool
    reasons: tuple[str, ...]


def sample(
    density: Density,
    effort: Effort,
    *,
    start: Reals | None = None,
    keeper: Keeper | None = None,
    resume: bool = False,
    workers: int | None = None,
    runner: Runner | None = None,
    tick: Tick | None = None,
) -> Sampled:
    """Draw from a posterior until the populations agree, or the runs are used up.

    start: scores (members, size) to start from instead of the prior; keeper: keeps finished parts,
    used with `resume`; workers: cores; runner: where populations run, default here; tick: called
    after each block of runs. Neither of these changes a number.
    Raises EngineError where almost no draw of the prior has a likelihood.
    """
    _check(effort, len(density.names))
    with keeper.open(resume=resume) if keeper else nullcontext():
        sampler = _Sampler(density, effort, keeper, runner or Local(workers), tick)
        return sampler.run(start)


def _check(effort: Effort, size: int) -> None:
    problems = []
    if not size:
        problems.append(Problem("free", "no constant is free", "name some, or say `all`"))
    if effort.populations < 2:
        what = f"{effort.populations} is fewer than two populations, which cannot be compared"
        problems.append(Problem("populations", what, "use 4"))
    if effort.chains is not None and effort.chains < 4:
        problems.append(Problem("chains", f"{effort.chains} are fewer than 4 chains", "use 32"))
    if effort.ess < 1 or effort.runs < 1 or not effort.rhat > 1:
        what = "ess and runs must be positive, and rhat above 1"
        problems.append(Problem("effort", what, "leave them at their defaults"))
    if problems:
        raise EngineError(problems)


class _Sampler:
    """The state of one call of `sample`."""

    def __init__(
        self,
        density: Density,
        effort: Effort,
        keeper: Keeper | None,
        runner: Runner,
        tick: Tick | None,
    ) -> None:
        self.density, self.effort = density, effort
        self.keeper, self.runner, self.tick = keeper, runner, tick
        self.size = len(density.names)
        self.members = effort.chains or chains_for(self.size)
        self.keep = effort.keep or max(_KEPT, 4 * effort.ess)
        self.archive = max(_ARCHIVE, 40 * self.size)
        self.round = self.runs = 0
        self.progress = Progress("tempering", 0.0, 0, -math.inf, remaining=effort.runs)
        self.labels = np.repeat(np.arange(effort.populations), self.members)
        self.reasons: list[str] = []

    def run(self, scores: Reals | None) -> Sampled:
        """All rounds, and what they give."""
        starts = self._tempered(scores)
        self.populations = self._chains(starts)
        self.thin = 1
        pooled = np.concatenate([own.scores for own in starts])
        # particles are moved until they have forgotten their copies, more or less
        shape = fitted(pooled, len(pooled) / 2)
        self.tuning = first_tuning(shape, starts[0].step)
        self.burn_in = 0
        self.tried = self.taken = np.zeros(len(KINDS))
        self.moved = np.zeros(self.members * self.effort.populations)
        if not self.reasons:
            self._burn_in()
        if not self.reasons:
            self._sampling()
        return self._sampled(starts)

    # rounds

    def _round(
        self,
        stage: str,
        work: Mapping[int, Work[_Part]],
        unpack: Callable[[Mapping[str, NDArray[Any]]], _Part],
    ) -> dict[int, _Part]:
        """One round: from the folder where it is there, else run."""
        found: dict[int, _Part] = {}
        for k in work:
            part = self.keeper.read(self.round, k) if self.keeper else None
            if part is not None:
                found[k] = unpack(part)
        missing = [k for k in work if k not in found]
        self.progress = replace(self.progress, stage=stage, runs=self.runs)
        if self.tick:
            self.tick(self.progress)
        new = self.runner(self.density, [work[k] for k in missing], self._seen)
        for k, own in zip(missing, new, strict=True):
            found[k] = own
            if self.keeper:
                self.keeper.store(self.round, k, packed(own))
        self.round += 1
        return {k: found[k] for k in work}

    def _seen(self, likelihood: Reals) -> None:
        """After a block of runs."""
        own = self.progress
        self.progress = replace(
            own,
            runs=own.runs + len(likelihood),
            best=max(own.best, float(likelihood.max(initial=-math.inf))),
            remaining=max(own.remaining - len(likelihood), 0),
        )
        if self.tick:
            self.tick(self.progress)

    def _left(self) -> int:
        return self.effort.runs - self.runs

    # tempering

    def _tempered(self, scores: Reals | None) -> list[Particles]:
        """SMC of each population, up to the posterior or the end of its runs."""
        count, seed = particles_for(self.size), self.effort.seed
        own = range(self.effort.populations)
        most = int(self.effort.runs * _TEMPERING_SHARE) // self.effort.populations
        if count > most:
            what = f"{self.effort.runs} runs do not reach for a start of {count} particles each"
            hint = f"allow at least {2 * len(own) * count * 10} runs"
            raise EngineError(Problem("runs", what, hint))
        begun: dict[int, Work[Particles]] = {
            k: partial(start_particles, self.size, count, seed, k, scores) for k in own
        }
        states = self._round("tempering", begun, particles_of)
        while True:
            self.runs = sum(state.runs for state in states.values())
            reached = states[0].temperature
            self.progress = replace(self.progress, temperature=reached)
            left = most - max(state.runs for state in states.values())
            if reached == 1 or left < count:
                break
            drawn, shape = heated([states[k] for k in own], seed)
            work: dict[int, Work[Particles]] = {
                k: partial(move, drawn[k], shape, seed, k, left) for k in own
            }
            states = self._round("tempering", work, particles_of)
        if reached < 1:
            self.reasons.append(
                f"half of the runs ended at temperature {reached:.3g}, before the posterior: "
                "allow more runs"
            )
        return [states[k] for k in own]

    def _chains(self, starts: list[Particles]) -> list[Population]:
        """Chains from evenly spaced particles; all particles are the first archive."""
        found = []
        for own in starts:
            places = np.arange(self.members) * len(own.scores) // self.members
            chains = Chains(own.scores[places], own.likelihood[places])
            found.append(Population(chains, own.scores))
        return found

    # chains

    def _part(self, stage: str, most: int) -> list[Stretch]:
        """A round of chains of at most these runs; empty where they do not reach for a step."""
        count = min(PART, most // (self.members * len(self.populations)))
        if count < 1:
            return []
        work: dict[int, Work[Stretch]] = {
            k: partial(
                evolve,
                own.chains,
                own.archive,
                self.tuning,
                seed=self.effort.seed,
                population=k,
                count=count,
                thin=self.thin,
            )
            for k, own in enumerate(self.populations)
        }
        found = list(self._round(stage, work, stretch_of).values())
        self.runs += count * self.members * len(self.populations)
        for own, stretch in zip(self.populations, found, strict=True):
            own.absorb(stretch, self.archive)
        keep = self.keep if stage == "sampling" else _KEPT
        while self.populations[0].kept * self.members * len(self.populations) > keep:
            self.thin *= 2
            for own in self.populations:
                own.thin(self.thin)
        return found

    def _burn_in(self) -> None:
        """Rounds that tune, until the populations agree roughly or a share of the runs is used."""
        begin = self.runs
        most = int(_BURN_IN_SHARE * self._left())
        for number in itertools.count(1):
            stretches = self._part("burn-in", begin + most - self.runs)
            if not stretches:
                break
            for k, own in enumerate(self.populations):
                own.rescue(self.effort.seed, k)
            draws, _ = together(self.populations, after=self.populations[0].chains.step // 2)
            worst = float(np.max(diagnostics.nested_rhat(draws, self.labels)))
            effective = np.nan_to_num(diagnostics.ess_mean(draws), nan=1.0)
            worth = float(np.median(effective))
            least = float(np.fmin(effective, diagnostics.ess_tail(draws)).min())
            # steps after which a chain has forgotten where it was
            memory = draws.shape[1] * self.thin * len(self.labels) / least
            self.progress = replace(self.progress, rhat=worst)
            flat = draws.reshape(-1, self.size)
            shape = fitted(flat, max(worth, len(self.labels)))
            self.tuning = tuned(self.tuning, shape, stretches)
            long = self.populations[0].chains.step >= _MEMORIES * memory
            if number >= _LEAST_BURN_IN and worst < _BURN_IN_RHAT and long:
                break
        self.burn_in = self.populations[0].chains.step
        for own in self.populations:
            own.begin(self.burn_in, particles_for(self.size))
        self.thin = 1

    def _sampling(self) -> None:
        """Rounds whose draws count, until they are enough or the runs are used."""
        check = 1
        for number in itertools.count(1):
            stretches = self._part("sampling", self._left())
            if not stretches:
                break
            self.tried = self.tried + np.sum([own.tried for own in stretches], axis=0)
            self.taken = self.taken + np.sum([own.taken for own in stretches], axis=0)
            self.moved = self.moved + np.concatenate([own.moved for own in stretches])
            if number < check:
                continue
            draws, _ = together(self.populations)
            worst = float(np.max(diagnostics.nested_rhat(draws, self.labels)))
            least = float(np.min(diagnostics.ess_bulk(draws)))
            wanted = max(self.effort.ess, _MEMORIES * len(self.labels))
            lacking = max(wanted / least, (worst - 1) / (self.effort.rhat - 1))
            done = number * PART * len(self.labels)
            left = min(int(done * max(lacking - 1, 0)), self._left())
            self.progress = replace(self.progress, rhat=worst, ess=least, remaining=left)
            if worst < self.effort.rhat and least >= wanted:
                break
            check = max(number + 1, int(number * min(max(lacking, 1.1), 2.0)))

    # what it gives

    def _sampled(self, starts: list[Particles]) -> Sampled:
        if not self.populations[0].kept:
            # the runs ended before: the chains as they are
            for own in self.populations:
                own.steps.append(np.array([float(own.chains.step)]))
                own.draws.append(own.chains.scores[None])
                own.likelihood.append(own.chains.likelihood[None])
        draws, likelihood = together(self.populations)
        nested = diagnostics.nested_rhat(draws, self.labels)
        bulk = diagnostics.ess_bulk(draws)
        steps = self.populations[0].chains.step - self.burn_in
        lost = [
            outsiders(np.concatenate(own.draws), np.concatenate(own.likelihood), surely=True)
            for own in self.populations
        ]
        still = (self.moved == 0) & (steps > 0)
        reasons = (
            *self.reasons,
            *_disagreeing(self.density.names, nested, self.effort.rhat),
            *_too_few(self.density.names, bulk, max(self.effort.ess, _MEMORIES * len(self.labels))),
            *_unmoved(still, self.labels, steps),
            *_lost(np.concatenate(lost), self.labels, self.populations),
        )
        return Sampled(
            names=tuple(self.density.names),
            scores=draws,
            likelihood=likelihood,
            population=self.labels,
            stages=tuple(own.stages for own in starts),
            evidence=np.array([own.evidence for own in starts]),
            accepted=self.moved / max(steps, 1),
            stuck=tuple(own.stuck for own in self.populations),
            runs=self.runs,
            informed=len(self.tuning.shape.axes),
            shares=self.tuning.shares,
            rates=tuple(self.taken / np.maximum(self.tried, 1)),
            burn_in=self.burn_in,
            thin=self.thin,
            nested=nested,
            rhat=diagnostics.rhat(draws),
            ess_bulk=bulk,
            ess_tail=diagnostics.ess_tail(draws),
            mcse=diagnostics.mcse_mean(draws),
            converged=not reasons,
            reasons=reasons,
        )


def _disagreeing(names: Sequence[str], nested: Reals, limit: float) -> Iterator[str]:
    bad = [k for k in np.argsort(-np.nan_to_num(nested, nan=np.inf)) if not nested[k] < limit]
    if bad:
        own = ", ".join(f"{names[k]} ({nested[k]:.3f})" for k in bad[:_NAMED])
        yield f"the populations disagree on {len(bad)} of {len(names)} (R-hat): {own}{_and(bad)}"


def _too_few(names: Sequence[str], bulk: Reals, wanted: int) -> Iterator[str]:
    bad = [k for k in np.argsort(np.nan_to_num(bulk, nan=-1)) if not bulk[k] >= wanted]
    if bad:
        own = ", ".join(f"{names[k]} ({bulk[k]:.0f})" for k in bad[:_NAMED])
        yield f"fewer than {wanted} effective draws of {len(bad)} of {len(names)}: {own}{_and(bad)}"


def _unmoved(still: Flags, labels: NDArray[np.intp], steps: int) -> Iterator[str]:
    bad = list(np.flatnonzero(still))
    if bad:
        own = ", ".join(f"chain {k} of population {labels[k]}" for k in bad[:_NAMED])
        yield f"{counted(len(bad), 'chain')} did not move in {steps} steps: {own}{_and(bad)}"


def _lost(
    lost: Flags, labels: NDArray[np.intp], populations: Sequence[Population]
) -> Iterator[str]:
    bad = list(np.flatnonzero(lost))
    if bad:
        chains = np.concatenate([own.chains.likelihood for own in populations])
        own = ", ".join(
            f"chain {k} of population {labels[k]} (log likelihood {chains[k]:.4g})"
            for k in bad[:_NAMED]
        )
        yield f"{counted(len(bad), 'chain')} stuck far below the others: {own}{_and(bad)}"


def _and(bad: Sequence[object]) -> str:
    return f" and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
