"""Draws from a posterior: tempered SMC, then DE-MC(Z), in independent populations of chains.

A round is one temperature, or some tens of steps, of every population. All that is decided between
rounds (tuning, the end of burn-in, thinning, the end) is a function of the rounds so far, so that
an interrupted sampler resumes to the bit.
"""

from __future__ import annotations

import itertools
from contextlib import nullcontext
from dataclasses import replace
from functools import partial

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem
from simdistrict.inference import diagnostics
from simdistrict.inference.asked import METHODS, NUTS
from simdistrict.inference.density import Density, Sloped
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
from simdistrict.inference.nuts import check_nuts, sample_by_nuts
from simdistrict.inference.packing import stretch_of
from simdistrict.inference.populations import Population, outsiders, together
from simdistrict.inference.rounds import PART as PART
from simdistrict.inference.rounds import Effort as Effort
from simdistrict.inference.rounds import Progress as Progress
from simdistrict.inference.rounds import (
    Rounds,
    disagreeing,
    left_behind,
    too_few,
    unmoved,
)
from simdistrict.inference.rounds import Sampled as Sampled
from simdistrict.inference.rounds import Tick as Tick
from simdistrict.inference.tempering import Particles, particles_for
from simdistrict.inference.together import Local, Runner, Work

_KEPT = 20_000  # draws
_LEAST_BURN_IN = 3  # rounds
_BURN_IN_RHAT = 1.05
_MEMORIES = 4  # that burn-in and chains are long, so that they tell nothing of their start
_BURN_IN_SHARE = 1 / 3  # of the budget, at most
_ARCHIVE = 10_000  # rows per population, or 40 per coordinate, where it stops to grow


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
    if effort.method == NUTS:
        check_nuts(density)
        if not isinstance(runner or Local(), Local):
            what = "NUTS runs its chains on this machine only"
            hint = "leave --scheduler out, or use --method demc"
            raise EngineError(Problem("scheduler", what, hint))
    with keeper.open(resume=resume) if keeper else nullcontext():
        if effort.method == NUTS:
            assert isinstance(density, Sloped)
            return sample_by_nuts(density, effort, start, keeper, workers, tick)
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
    if effort.method not in METHODS:
        what = f'there is no method "{effort.method}"'
        problems.append(Problem("method", what, f"use one of {', '.join(METHODS)}"))
    if effort.ess < 1 or effort.runs < 1 or not effort.rhat > 1:
        what = "ess and runs must be positive, and rhat above 1"
        problems.append(Problem("effort", what, "leave them at their defaults"))
    if problems:
        raise EngineError(problems)


class _Sampler(Rounds):
    """The state of one call of `sample`."""

    def __init__(
        self,
        density: Density,
        effort: Effort,
        keeper: Keeper | None,
        runner: Runner,
        tick: Tick | None,
    ) -> None:
        super().__init__(density, effort, keeper, runner, tick)
        self.members = effort.chains or chains_for(self.size)
        self.keep = effort.keep or max(_KEPT, 4 * effort.ess)
        self.archive = max(_ARCHIVE, 40 * self.size)
        self.labels = np.repeat(np.arange(effort.populations), self.members)

    def run(self, scores: Reals | None) -> Sampled:
        """All rounds, and what they give."""
        starts = self.tempered(scores)
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
        found = list(self.side_by_side(stage, work, stretch_of).values())
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
        most = int(_BURN_IN_SHARE * self.left())
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
            stretches = self._part("sampling", self.left())
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
            left = min(int(done * max(lacking - 1, 0)), self.left())
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
            *disagreeing(self.density.names, nested, self.effort.rhat),
            *too_few(self.density.names, bulk, max(self.effort.ess, _MEMORIES * len(self.labels))),
            *unmoved(still, self.labels, steps),
            *left_behind(np.concatenate(lost), self.labels, self.populations),
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
