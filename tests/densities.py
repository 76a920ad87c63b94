"""Posteriors with known moments, for tests of samplers: log likelihoods over N(0, I)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Known:
    """A density whose log likelihood is a function of scores, (members, size) -> (members,)."""

    size: int
    function: Callable[[np.ndarray], np.ndarray]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"x{k}" for k in range(self.size))

    def log_likelihood(self, scores: np.ndarray, workers: int | None = None) -> np.ndarray:
        return self.function(scores)


def _prior(scores: np.ndarray) -> np.ndarray:
    return -(scores**2).sum(axis=1) / 2


@dataclass(frozen=True)
class Gaussian:
    """Zero mean, variances along random axes."""

    variances: np.ndarray
    axes: np.ndarray  # columns

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(f"x{k}" for k in range(len(self.variances)))

    def log_likelihood(self, scores: np.ndarray, workers: int | None = None) -> np.ndarray:
        # each row by itself, so that it has the same bits in any block
        along = np.stack([(scores * axis).sum(axis=1) for axis in self.axes.T], axis=1)
        return -(along**2 / self.variances).sum(axis=1) / 2 - _prior(scores)


def gaussian(variances: np.ndarray, seed: int = 1) -> Gaussian:
    size = len(variances)
    normal = np.random.default_rng(seed).normal(size=(size, size))
    return Gaussian(np.asarray(variances, float), np.linalg.qr(normal)[0])


def mixture(size: int = 5, right: float = 0.7, apart: float = 10.0) -> Known:
    """Two normal modes; the right-hand one has the share `right`."""
    middle = np.zeros(size)
    middle[0] = apart / 2

    def function(x: np.ndarray) -> np.ndarray:
        one = np.log(right) - ((x - middle) ** 2).sum(axis=1) / 2
        other = np.log(1 - right) - ((x + middle) ** 2).sum(axis=1) / 2
        return np.logaddexp(one, other) - _prior(x)

    return Known(size, function)


def banana(width: float = 0.2) -> Known:
    """x1 is x0 squared, within `width`."""
    return Known(2, lambda x: -(((x[:, 1] - x[:, 0] ** 2) / width) ** 2) / 2)


def banana_moments(width: float = 0.2) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations of `banana`, by quadrature."""
    grid = np.linspace(-4, 4, 1601)
    x0, x1 = np.meshgrid(grid, grid, indexing="ij")
    weight = np.exp(-(((x1 - x0**2) / width) ** 2) / 2 - (x0**2 + x1**2) / 2)
    weight /= weight.sum()
    mean = np.array([(weight * x).sum() for x in (x0, x1)])
    square = np.array([(weight * x**2).sum() for x in (x0, x1)])
    return mean, np.sqrt(square - mean**2)


def funnel(size: int = 5) -> Known:
    """x0 is standard normal and the logarithm of the others' standard deviation."""

    def function(x: np.ndarray) -> np.ndarray:
        neck = x[:, :1]
        others = -(x[:, 1:] ** 2) * np.exp(-2 * neck) / 2 - neck + x[:, 1:] ** 2 / 2
        return others.sum(axis=1)

    return Known(size, function)


def flat(size: int = 6) -> Known:
    return Known(size, lambda x: np.zeros(len(x)))


def half(size: int = 3) -> Known:
    """Likelihood zero where x0 is negative."""
    return Known(size, lambda x: np.where(x[:, 0] < 0, -np.inf, -((x[:, 1] - 1) ** 2)))
