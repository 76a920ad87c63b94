"""What the data say of each constant: posterior against prior, ridges, principal directions.

Everything is in normal scores, in which each coordinate has the prior N(0, 1). So the numbers of
constants with different units and ranges are comparable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals

# posterior over prior standard deviation above which the data say nothing of a constant
SILENT = 0.98
# below it, a constant is clearly identified; up to _WEAK, weakly
_CLEAR, _WEAK = 0.5, 0.9
# a mean that moves by more prior standard deviations has been learnt, whatever the spread
_MOVED = 0.2
RIDGE = 0.7
# a coordinate belongs to a direction with at least this loading
_LOADING = 0.3
_GRID = np.linspace(-6.0, 6.0, 1201)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the data say of one coordinate.

    mean, sd: of the posterior in normal scores (prior: 0 and 1), so sd is posterior over prior
    standard deviation; contraction: 1 - sd squared; overlap: the area that the densities of prior
    and posterior share, from 0 to 1. verdict: clear, weak, little or nothing.
    """

    name: str
    mean: float
    sd: float
    contraction: float
    overlap: float
    verdict: str


@dataclass(frozen=True, slots=True)
class Ridge:
    """Two coordinates whose posterior determines a combination better than each.

    correlation: between normal scores, from -1 to 1.
    """

    one: str
    two: str
    correlation: float

    def says(self) -> str:
        """The ridge in a sentence."""
        kept = "difference" if self.correlation > 0 else "sum"
        return (
            f"{self.one} and {self.two} (correlation {self.correlation:.2f}): the data fix the "
            f"{kept} of their scores better than each of them."
        )


@dataclass(frozen=True, slots=True)
class Direction:
    """A principal direction of the posterior.

    sd: standard deviation along it, in prior standard deviations; loadings: the coordinates that
    it consists of, the largest first, with their shares (squares sum to at most 1).
    """

    sd: float
    loadings: tuple[tuple[str, float], ...]

    def says(self) -> str:
        """The direction as a combination of scores."""
        parts = " ".join(f"{share:+.2f} {name}" for name, share in self.loadings)
        return f"{parts or 'no coordinate stands out'} (sd {self.sd:.2f} of the prior's)"


@dataclass(frozen=True, slots=True)
class Identified:
    """What the data say of all coordinates.

    directions: the best determined first.
    """

    coordinates: tuple[Learnt, ...]
    ridges: tuple[Ridge, ...]
    directions: tuple[Direction, ...]

    @property
    def silent(self) -> tuple[str, ...]:
        """The coordinates of which the data say nothing."""
        return self.of("nothing")

    @property
    def flat(self) -> bool:
        """Whether the data say nothing of any coordinate."""
        return len(self.silent) == len(self.coordinates)

    def of(self, verdict: str) -> tuple[str, ...]:
        """The names with a verdict."""
        return tuple(own.name for own in self.coordinates if own.verdict == verdict)

    def rows(self) -> tuple[dict[str, object], ...]:
        """One row for each coordinate."""
        return tuple(
            {
                "constant": own.name,
                "posterior_over_prior_sd": own.sd,
                "shift": own.mean,
                "contraction": own.contraction,
                "overlap": own.overlap,
                "verdict": own.verdict,
            }
            for own in self.coordinates
        )

    def ridge_rows(self) -> tuple[dict[str, object], ...]:
        """One row for each ridge, the strongest first."""
        return tuple(
            {"one": r.one, "two": r.two, "correlation": r.correlation} for r in self.ridges
        )

    def lines(self) -> tuple[str, ...]:
        """Sentences for a report."""
        count = len(self.coordinates)
        found = [
            f"The data identify {len(self.of('clear'))} of {count} constants clearly (posterior "
            f"under half of the prior's standard deviation) and {len(self.of('weak'))} weakly."
        ]
        if self.silent:
            listed = ", ".join(self.silent)
            found.append(f"The data say nothing of {len(self.silent)} constants: {listed}.")
        for ridge in self.ridges:
            found.append(f"Ridge: {ridge.says()}")
        if self.directions and len(self.coordinates) > 1:
            found.append(f"Best determined direction: {self.directions[0].says()}.")
        return tuple(found)


def identify(names: Sequence[str], scores: Reals, ess: Sequence[float] | None = None) -> Identified:
    """What posterior draws say of each coordinate.

    scores: (draws, size); ess: effective draws of each coordinate, which allow for the error of
    its standard deviation; default: the number of draws. Raises ValueError below two draws.
    """
    if len(scores) < 2:
        raise ValueError("two draws or more are needed")
    effective = np.full(len(names), float(len(scores))) if ess is None else np.asarray(ess, float)
    mean, sd = scores.mean(axis=0), scores.std(axis=0, ddof=1)
    learnt = tuple(
        Learnt(
            name,
            float(mean[k]),
            float(sd[k]),
            float(1 - sd[k] ** 2),
            overlap(scores[:, k]),
            _verdict(float(mean[k]), float(sd[k]), float(effective[k])),
        )
        for k, name in enumerate(names)
    )
    covariance = np.atleast_2d(np.cov(scores, rowvar=False))
    return Identified(learnt, _ridges(names, scores), directions_of(names, covariance))


def _verdict(mean: float, sd: float, effective: float) -> str:
    # the standard error of a standard deviation, as a share of it
    error = 1 / np.sqrt(2 * max(effective, 2.0))
    if sd > SILENT - 2 * error and abs(mean) < _MOVED:
        return "nothing"
    if sd < _CLEAR:
        return "clear"
    return "weak" if sd < _WEAK else "little"


def overlap(scores: Reals) -> float:
    """The area shared by the density of draws, (draws,), and that of N(0, 1)."""
    density = _density(scores)
    prior = np.exp(-0.5 * _GRID**2) / np.sqrt(2 * np.pi)
    step = float(_GRID[1] - _GRID[0])
    return min(1.0, float(np.sum(np.minimum(density, prior)) * step))


def _density(scores: Reals) -> Reals:
    """A kernel estimate on the grid; bandwidth by Silverman's rule of thumb (1986)."""
    low, high = np.quantile(scores, (0.25, 0.75))
    spread = min(float(scores.std()), float(high - low) / 1.349) or float(scores.std())
    step = float(_GRID[1] - _GRID[0])
    width = max(0.9 * spread * len(scores) ** -0.2, step)
    edges = np.append(_GRID - step / 2, _GRID[-1] + step / 2)
    counts, _ = np.histogram(np.clip(scores, _GRID[0], _GRID[-1]), edges)
    reach = np.arange(-int(4 * width / step) - 1, int(4 * width / step) + 2) * step
    kernel = np.exp(-0.5 * (reach / width) ** 2)
    kernel /= kernel.sum()
    full = np.convolve(counts, kernel)
    begin = len(kernel) // 2
    return np.asarray(full[begin : begin + len(_GRID)] / (len(scores) * step), float)


def _ridges(names: Sequence[str], scores: Reals) -> tuple[Ridge, ...]:
    moving = np.flatnonzero(scores.std(axis=0) > 0)
    if len(moving) < 2:
        return ()
    found = np.atleast_2d(np.corrcoef(scores[:, moving], rowvar=False))
    pairs = np.argwhere(np.triu(np.abs(found) > RIDGE, 1))
    ridges = [
        Ridge(names[moving[i]], names[moving[j]], float(found[i, j])) for i, j in pairs.tolist()
    ]
    return tuple(sorted(ridges, key=lambda r: -abs(r.correlation)))


def directions_of(names: Sequence[str], covariance: Reals) -> tuple[Direction, ...]:
    """The principal directions of a covariance, the best determined first."""
    values, vectors = np.linalg.eigh(covariance)
    found = []
    for k in range(len(names)):
        own = vectors[:, k]
        # a direction has no sign: the largest loading is positive
        own = own * np.sign(own[np.argmax(np.abs(own))])
        order = sorted(np.flatnonzero(np.abs(own) >= _LOADING).tolist(), key=lambda i: -abs(own[i]))
        loadings = tuple((names[i], float(own[i])) for i in order)
        found.append(Direction(float(np.sqrt(max(values[k], 0.0))), loadings))
    return tuple(found)
