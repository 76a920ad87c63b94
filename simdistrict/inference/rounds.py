"""What every sampler of posteriors begins with: how long to sample, rounds, and a tempered start.

A round is one temperature, or some tens of steps, of every population. All that is decided between
rounds is a function of the rounds so far, so that an interrupted sampler resumes to the bit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Flags, Reals
from simdistrict.base.counts import counted
from simdistrict.base.errors import EngineError, Problem
from simdistrict.inference.asked import DEMC
from simdistrict.inference.density import Density
from simdistrict.inference.evolution import Stretch
from simdistrict.inference.keeping import Keeper
from simdistrict.inference.packing import packed, particles_of
from simdistrict.inference.populations import Population
from simdistrict.inference.tempering import Particles, Stage, heated, move, particles_for
from simdistrict.inference.tempering import start as start_particles
from simdistrict.inference.together import Runner, Work

PART = 50  # steps of a round
_NAMED = 8  # coordinates or chains that a reason names
_TEMPERING_SHARE = 1 / 2


@dataclass(frozen=True, slots=True)
class Effort:
    """How long to sample, and from which random numbers.

    ess: effective draws of every coordinate to stop at; rhat: nested R-hat to stop below; runs: at
    most, of the model (exceeded by no step); populations: independent ones, at least two; chains:
    of a population, default by the number of coordinates; keep: draws kept at most, by thinning;
    method: one of `asked.METHODS`; NUTS has one chain in each population, and exceeds the runs by
    a part of a round.
    """

    ess: int = 1000
    rhat: float = 1.01
    seed: int = 1
    runs: int = 500_000
    populations: int = 4
    chains: int | None = None
    keep: int | None = None
    method: str = DEMC


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
_Out = TypeVar("_Out")
Unpack: TypeAlias = Callable[[Mapping[str, NDArray[Any]]], _Out]


@dataclass(frozen=True, eq=False)
class Sampled:
    """Draws of a posterior, and whether to trust them.

    scores: (chain, draw, size), standard normal under the prior; likelihood: (chain, draw), its
    logarithm; population: (chain,). stages: of the temperatures of each population; evidence:
    (population,), an estimate of the log evidence by SMC, which may be far off. accepted:
    (chain,), the share of moves after burn-in; stuck: chains that were moved in burn-in, by
    population. nested, rhat, ess_bulk, ess_tail, mcse: (size,), see `diagnostics`, mcse of the
    mean. shares, rates: of each kind of move (`evolution.KINDS`), and its acceptance. burn_in:
    steps before the draws; thin: steps between them. reasons: why it is not converged. method: of
    `asked.METHODS`. Of NUTS: accepted: the mean acceptance; gradients: of the draws; divergent:
    draws whose trajectory was given up.
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
    method: str = DEMC
    gradients: int = 0
    divergent: int = 0


class Rounds:
    """The rounds of one sampler, and its tempered start."""

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
        self.number = self.runs = 0
        self.progress = Progress("tempering", 0.0, 0, -math.inf, remaining=effort.runs)
        self.reasons: list[str] = []

    def side_by_side(
        self, stage: str, work: Mapping[int, Work[_Part]], unpack: Unpack[_Part]
    ) -> dict[int, _Part]:
        """One round of populations that ask for likelihoods."""

        def run(keys: list[int]) -> list[_Part]:
            return self.runner(self.density, [work[k] for k in keys], self.seen)

        return self.round(stage, list(work), run, packed, unpack)

    def round(
        self,
        stage: str,
        keys: Sequence[int],
        run: Callable[[list[int]], Sequence[_Out]],
        pack: Callable[[_Out], Mapping[str, NDArray[Any]]],
        unpack: Unpack[_Out],
    ) -> dict[int, _Out]:
        """One round of populations: from the folder where it is there, else run."""
        found: dict[int, _Out] = {}
        for k in keys:
            part = self.keeper.read(self.number, k) if self.keeper else None
            if part is not None:
                found[k] = unpack(part)
        missing = [k for k in keys if k not in found]
        self.progress = replace(self.progress, stage=stage, runs=self.runs)
        if self.tick:
            self.tick(self.progress)
        for k, own in zip(missing, run(missing), strict=True):
            found[k] = own
            if self.keeper:
                self.keeper.store(self.number, k, pack(own))
        self.number += 1
        return {k: found[k] for k in keys}

    def seen(self, likelihood: Reals) -> None:
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

    def left(self) -> int:
        """The runs of the budget that are left."""
        return self.effort.runs - self.runs

    def tempered(self, scores: Reals | None) -> list[Particles]:
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
        states = self.side_by_side("tempering", begun, particles_of)
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
            states = self.side_by_side("tempering", work, particles_of)
        if reached < 1:
            self.reasons.append(
                f"half of the runs ended at temperature {reached:.3g}, before the posterior: "
                "allow more runs"
            )
        return [states[k] for k in own]


# ------------------------------------------------------------------ reasons for no trust


def disagreeing(names: Sequence[str], nested: Reals, limit: float) -> Iterator[str]:
    """Coordinates whose R-hat reaches a limit."""
    bad = [k for k in np.argsort(-np.nan_to_num(nested, nan=np.inf)) if not nested[k] < limit]
    if bad:
        own = ", ".join(f"{names[k]} ({nested[k]:.3f})" for k in bad[:_NAMED])
        yield f"the populations disagree on {len(bad)} of {len(names)} (R-hat): {own}{_and(bad)}"


def too_few(names: Sequence[str], bulk: Reals, wanted: int) -> Iterator[str]:
    """Coordinates with fewer effective draws than wanted."""
    bad = [k for k in np.argsort(np.nan_to_num(bulk, nan=-1)) if not bulk[k] >= wanted]
    if bad:
        own = ", ".join(f"{names[k]} ({bulk[k]:.0f})" for k in bad[:_NAMED])
        yield f"fewer than {wanted} effective draws of {len(bad)} of {len(names)}: {own}{_and(bad)}"


def unmoved(still: Flags, labels: NDArray[np.intp], steps: int) -> Iterator[str]:
    """Chains that have not moved."""
    bad = list(np.flatnonzero(still))
    if bad:
        own = ", ".join(f"chain {k} of population {labels[k]}" for k in bad[:_NAMED])
        yield f"{counted(len(bad), 'chain')} did not move in {steps} steps: {own}{_and(bad)}"


def left_behind(
    lost: Flags, labels: NDArray[np.intp], populations: Sequence[Population]
) -> Iterator[str]:
    """Chains that lie far below the others."""
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
