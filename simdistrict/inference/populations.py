"""Populations of chains as their rounds leave them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from simdistrict.base.arrays import Flags, Reals
from simdistrict.inference.evolution import Chains, Stretch
from simdistrict.inference.moves import Stream

_RESCUE = 31  # what a number of a stream is drawn for
_FAR = 10.0  # in log posterior


@dataclass(eq=False)
class Population:
    """The chains of one population, their archive, and the draws that are kept.

    archive: (rows, size); steps, draws, likelihood: of each round, as in `Stretch`; stuck: chains
    that burn-in has moved.
    """

    chains: Chains
    archive: Reals
    steps: list[Reals] = field(default_factory=list)
    draws: list[Reals] = field(default_factory=list)
    likelihood: list[Reals] = field(default_factory=list)
    stuck: int = 0

    @property
    def kept(self) -> int:
        """The number of steps that are kept."""
        return sum(len(steps) for steps in self.steps)

    def absorb(self, stretch: Stretch, most: int) -> None:
        """Take over a round; most: rows of the archive, which then stands still."""
        self.chains = stretch.chains
        room = max(most - len(self.archive), 0)
        if room and len(stretch.archive):
            self.archive = np.concatenate([self.archive, stretch.archive[:room]])
        self.steps.append(stretch.steps)
        self.draws.append(stretch.draws)
        self.likelihood.append(stretch.likelihood)

    def thin(self, every: int) -> None:
        """Keep the steps that `every` divides."""
        self._select([steps % every == 0 for steps in self.steps])

    def begin(self, step: int, least: int) -> None:
        """End burn-in at a step: drop its draws, and the older half of the archive.

        least: rows that the archive keeps.
        """
        rows = len(self.archive)
        self.archive = self.archive[max(min(rows // 2, rows - least), 0) :]
        self._select([steps > step for steps in self.steps])

    def _select(self, chosen: list[Flags]) -> None:
        pairs = [(k, own) for k, own in enumerate(chosen) if own.any()]
        self.draws = [self.draws[k][own] for k, own in pairs]
        self.likelihood = [self.likelihood[k][own] for k, own in pairs]
        self.steps = [self.steps[k][own] for k, own in pairs]

    def rescue(self, seed: int, population: int) -> None:
        """In burn-in: put a chain that lies far below the others where a random other one is."""
        if not self.draws or not len(self.draws[-1]):
            return
        lost = outsiders(self.draws[-1], self.likelihood[-1])
        others = np.flatnonzero(~lost)
        if not lost.any() or not len(others):
            return
        step = self.chains.step
        level = Stream.of(seed, population, _RESCUE).uniforms(step, int(lost.sum()), 1)[:, 0]
        chosen = others[(level * len(others)).astype(np.intp)]
        scores, likelihood = self.chains.scores.copy(), self.chains.likelihood.copy()
        scores[lost], likelihood[lost] = scores[chosen], likelihood[chosen]
        self.chains = replace(self.chains, scores=scores, likelihood=likelihood)
        self.stuck += int(lost.sum())


def outsiders(draws: Reals, likelihood: Reals, *, surely: bool = False) -> Flags:
    """Chains whose mean log posterior lies two quartile ranges below the first quartile.

    draws: (steps, chains, size), of which the later half counts. surely: of all, and even the best
    draw of the chain is e^10 times less probable than that quartile; a long tail is not.
    """
    first = 0 if surely else len(draws) // 2
    height = likelihood[first:] - (draws[first:] ** 2).sum(axis=2) / 2
    mean = height.mean(axis=0)
    low, high = np.quantile(mean, [0.25, 0.75])
    found = mean < low - 2 * (high - low)
    if surely:
        found &= height.max(axis=0) < low - _FAR
    return np.asarray(found, bool)


def together(populations: Sequence[Population], after: int = -1) -> tuple[Reals, Reals]:
    """The kept draws after a step, (chain, draw, size), and their likelihood, (chain, draw)."""
    draws, likelihood = [], []
    for own in populations:
        kept = np.concatenate(own.steps) > after
        draws.append(np.concatenate(own.draws)[kept].transpose(1, 0, 2))
        likelihood.append(np.concatenate(own.likelihood)[kept].T)
    return np.concatenate(draws), np.concatenate(likelihood)
