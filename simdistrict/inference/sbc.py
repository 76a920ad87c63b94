"""Simulation-based calibration: a test that a sampler draws from the posterior it should.

Constants drawn from the prior, data simulated with them, posteriors given these data: the rank
of the true number among the draws is uniform (Talts, Betancourt, Simpson, Vehtari and Gelman
2018). The rank of the log likelihood is tested too, because ranks of constants hardly see
an error scale that is wrong (Modrak et al. 2023).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.base.atomic import write_text
from simdistrict.base.errors import ExchangeError
from simdistrict.base.inputs import InputKind, content
from simdistrict.base.random_numbers import key_of
from simdistrict.base.workers import mapped
from simdistrict.inference.density import Density
from simdistrict.inference.distributions import chi2_tail, draws_of_uniform

LIKELIHOOD = "log likelihood"
# draws of each posterior that a rank is taken among; with it there are 64 ranks
DRAWS = 63
# expected ranks of a bin of the test
_FULL = 10
_PART = InputKind("a part of a calibration", 1_000_000)


class Simulator(Protocol):
    """A model that simulates its own data; picklable."""

    @property
    def names(self) -> tuple[str, ...]: ...

    def simulated(self, seed: int) -> tuple[Reals, Density]:
        """Scores drawn from the prior, (size,), and the density given data simulated with them."""
        ...


class Sampler(Protocol):
    """Draws from a posterior; picklable."""

    def __call__(self, density: Density, seed: int) -> Drawn: ...


@dataclass(frozen=True, eq=False, slots=True)
class Drawn:
    """Draws of one posterior: scores (draws, size) and log likelihood (draws,).

    converged: whether the sampler says so.
    """

    scores: Reals
    likelihood: Reals
    converged: bool = True


@dataclass(frozen=True, eq=False, slots=True)
class Ranks:
    """Ranks of true numbers among draws of their posteriors.

    names: of the coordinates, then the log likelihood; ranks: (replications, names), from 0 to
    `draws`; unconverged: replications whose sampler did not converge.
    """

    names: tuple[str, ...]
    ranks: NDArray[np.int64]
    draws: int
    unconverged: int = 0

    @property
    def bins(self) -> int:
        """A power of two, so that ranks fall into bins evenly; about 10 ranks expected in each."""
        most = max(len(self.ranks) // _FULL, 4)
        return int(min(2 ** int(np.log2(most)), self.draws + 1))

    def histogram(self, at: int) -> NDArray[np.int64]:
        """How many ranks fall into each bin, of the quantity at this index."""
        bins = self.bins
        which = self.ranks[:, at] * bins // (self.draws + 1)
        return np.bincount(which, minlength=bins)

    def p(self, at: int) -> float:
        """The probability of ranks less uniform than these, by the chi-squared test."""
        counts = self.histogram(at)
        expected = len(self.ranks) / self.bins
        return chi2_tail(float(np.sum((counts - expected) ** 2) / expected), self.bins - 1)

    @property
    def level(self) -> float:
        """The level of each test, so that a right sampler fails any in 1% of all calibrations."""
        return 0.01 / len(self.names)

    @property
    def failed(self) -> tuple[str, ...]:
        """The quantities whose ranks are not uniform."""
        return tuple(name for k, name in enumerate(self.names) if self.p(k) < self.level)

    def shape(self, at: int) -> str:
        """What is wrong where ranks are not uniform."""
        share = (self.ranks[:, at] + 0.5) / (self.draws + 1)
        mean, outer = float(share.mean()), float(np.mean(np.abs(share - 0.5) > 0.25))
        # standard error of a mean of uniform numbers
        error = (12 * len(share)) ** -0.5
        if abs(mean - 0.5) > 3 * error:
            return "draws are too low" if mean > 0.5 else "draws are too high"
        if abs(outer - 0.5) > 1.5 / np.sqrt(len(share)):
            return "posteriors are too narrow" if outer > 0.5 else "posteriors are too wide"
        return "ranks are uneven"

    def rows(self) -> tuple[dict[str, object], ...]:
        """One row for each quantity."""
        return tuple(
            {
                "quantity": name,
                "p": self.p(k),
                "uniform": int(self.p(k) >= self.level),
                "histogram": " ".join(str(count) for count in self.histogram(k)),
            }
            for k, name in enumerate(self.names)
        )

    def lines(self) -> tuple[str, ...]:
        """Sentences for a report."""
        count = len(self.ranks)
        found = [f"{count} posteriors of simulated data, {self.draws} draws of each."]
        if self.unconverged:
            found.append(f"{self.unconverged} of them did not converge; they are counted.")
        if not self.failed:
            found.append(
                f"All {len(self.names)} ranks are uniform (smallest p "
                f"{min(self.p(k) for k in range(len(self.names))):.2g})."
            )
        for k, name in enumerate(self.names):
            if name in self.failed:
                found.append(f"{name}: not uniform, p = {self.p(k):.1g}; {self.shape(k)}.")
        if LIKELIHOOD in self.failed and len(self.failed) == 1:
            found.append("Constants look right: the error model or its scale is wrong.")
        return tuple(found)


def calibrate_sampler(
    simulator: Simulator,
    sampler: Sampler,
    replications: int,
    *,
    seed: int = 1,
    workers: int = 1,
    folder: Path | None = None,
    identity: str = "",
    tick: Callable[[int], None] | None = None,
) -> Ranks:
    """Ranks of simulated truths among draws of their posteriors.

    Every replication has its own seed, so the ranks do not depend on the workers. folder: keeps
    finished replications, which another call with the same identity reuses; identity: of
    everything that the ranks depend on. tick: called with the number of finished replications.
    """
    task = _Replication(simulator, sampler, seed)
    known = {k: row for k in range(replications) if (row := _read(folder, k, seed, identity))}
    missing = [k for k in range(replications) if k not in known]
    for done, (k, row) in enumerate(
        zip(missing, mapped(task, missing, workers) if missing else (), strict=True), 1
    ):
        known[k] = row
        if folder is not None:
            _write(folder, k, seed, identity, row)
        if tick is not None:
            tick(replications - len(missing) + done)
    rows = [known[k] for k in range(replications)]
    names = (*simulator.names, LIKELIHOOD)
    ranks = np.array([row.ranks for row in rows], np.int64)
    return Ranks(names, ranks, DRAWS, sum(not row.converged for row in rows))


@dataclass(frozen=True, slots=True)
class _Row:
    ranks: tuple[int, ...]
    converged: bool


@dataclass(frozen=True, slots=True)
class _Replication:
    """The ranks of one replication; sent to worker processes."""

    simulator: Simulator
    sampler: Sampler
    seed: int

    def __call__(self, number: int) -> _Row:
        own = key_of(self.seed, number) >> 2
        truth, density = self.simulator.simulated(own)
        found = thinned(self.sampler(density, own + 1), DRAWS)
        true = density.log_likelihood(truth[None], 1)
        draws = np.column_stack([found.scores, found.likelihood])
        ranks = _ranks(draws, np.append(truth, true), own)
        return _Row(ranks, found.converged)


def thinned(drawn: Drawn, count: int) -> Drawn:
    """So many draws, evenly spaced; all of them where there are fewer."""
    have = len(drawn.likelihood)
    count = min(count, have)
    kept = ((np.arange(count) + 0.5) * have / count).astype(int)
    return replace(drawn, scores=drawn.scores[kept], likelihood=drawn.likelihood[kept])


def _ranks(draws: Reals, truth: Reals, seed: int) -> tuple[int, ...]:
    """How many of `DRAWS` draws lie below; equal ones are counted at random.

    A sampler that ran out of its budget may have fewer: their ranks are spread evenly.
    """
    below, same = (draws < truth).sum(axis=0), (draws == truth).sum(axis=0)
    inside = draws_of_uniform(1, len(truth), seed, 11)[0]
    share = (below + inside * (same + 1)) / (len(draws) + 1)
    return tuple(np.minimum(np.floor(share * (DRAWS + 1)), DRAWS).astype(int).tolist())


def _path(folder: Path, number: int) -> Path:
    return folder / f"replication-{number:05d}.json"


def _read(folder: Path | None, number: int, seed: int, identity: str) -> _Row | None:
    """A finished replication; None where there is none, or it is damaged or of something else."""
    if folder is None:
        return None
    try:
        found = json.loads(content(_path(folder, number), _PART))
        if found["identity"] != identity or found["seed"] != seed:
            return None
        return _Row(tuple(int(rank) for rank in found["ranks"]), bool(found["converged"]))
    except (ExchangeError, ValueError, KeyError, TypeError):
        return None


def _write(folder: Path, number: int, seed: int, identity: str, row: _Row) -> None:
    about = {"identity": identity, "seed": seed, "converged": row.converged}
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps({**about, "ranks": list(row.ranks)}) + "\n"
    write_text(_path(folder, number), text, force=True)


def histograms(ranks: Ranks, at: Sequence[int] | None = None) -> tuple[tuple[str, Reals], ...]:
    """Names and counts of the quantities at these indices, default all."""
    which = range(len(ranks.names)) if at is None else at
    return tuple((ranks.names[k], ranks.histogram(k).astype(float)) for k in which)
