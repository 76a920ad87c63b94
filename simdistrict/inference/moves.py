"""Moves of chains that leave a posterior invariant, in scores whose prior is N(0, I).

A population differs from the prior in some directions only: those that the data inform. `fitted`
finds them, and the moves use them. Each move proposes new scores for all chains of a population
and gives the logarithm of its correction; with likelihoods it is accepted by `accepted`.

- `crank`: preconditioned Crank-Nicolson, reversible for Student's t along the informed directions
  and for the prior across them (Cotter, Roberts, Stuart and White 2013, Statistical Science 28;
  Cui, Law and Marzouk 2016, Journal of Computational Physics 304; the t: Grumitt et al. 2024).
- `parallel`: differential evolution with an archive (ter Braak and Vrugt 2008, Statistics and
  Computing 18) along the informed directions, and Crank-Nicolson for the prior across them.
- `snooker`: of the same paper, in all directions.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Flags, Reals, Words
from simdistrict.base.random_numbers import key_of, uniform
from simdistrict.inference.distributions import chi2_quantile, quantile

Places = NDArray[np.intp]

# degrees of freedom of the t: heavier tails than a posterior has, so that no chain stays in them
FREEDOM = 3.0
_SWEEPS = 30
_STEP, _CHAIN = 40, 20  # bits of a word that hold the step and the chain


@dataclass(frozen=True, slots=True)
class Stream:
    """Random numbers that depend on the key, the step, the chain and the column alone."""

    key: int

    @classmethod
    def of(cls, *numbers: int) -> Stream:
        """The stream of a seed, a population and a purpose."""
        return cls(key_of(*numbers))

    def uniforms(self, step: int, rows: int, columns: int, first: int = 0) -> Reals:
        """Numbers inside (0, 1), (rows, columns), from the columns `first` on."""
        return uniform(_words(step, rows, columns, first), self.key) + 2.0**-54

    def normals(self, step: int, rows: int, columns: int, first: int = 0) -> Reals:
        """Standard normal numbers, as `uniforms`."""
        return quantile(self.uniforms(step, rows, columns, first))


def _words(step: int, rows: int, columns: int, first: int) -> Words:
    row = np.arange(rows, dtype=np.uint64)[:, None] << np.uint64(_CHAIN)
    column = np.arange(first, first + columns, dtype=np.uint64)
    return np.asarray(row + column + np.uint64(step << _STEP), np.uint64)


@dataclass(frozen=True, eq=False)
class Shape:
    """Where a population lies, as a Gaussian that is the prior across the informed directions.

    axes: (informed, size), orthonormal rows; mean, spread: (informed,), of the population along
    them.
    """

    axes: Reals
    mean: Reals
    spread: Reals

    def along(self, scores: Reals) -> Reals:
        """The coordinates of scores along the axes, (members, size) -> (members, informed)."""
        # einsum has one order of operations; a product of matrices depends on threads
        return np.asarray(np.einsum("ij,kj->ik", scores, self.axes), float)

    def whole(self, coordinates: Reals) -> Reals:
        """The inverse, (members, informed) -> (members, size)."""
        return np.asarray(np.einsum("ik,kj->ij", coordinates, self.axes), float)


def fitted(scores: Reals, worth: float) -> Shape:
    """The shape of a population, (members, size).

    worth: how many independent members it is worth. A direction is informed where its variance
    lies outside what that many draws of the prior would show (Marchenko and Pastur 1967).
    """
    members, size = scores.shape
    mean = scores.mean(axis=0)
    own = scores - mean
    covariance = np.empty((size, size))
    for k in range(size):
        covariance[k] = (own * own[:, k : k + 1]).sum(axis=0) / (members - 1)
    variance, axes = eigen(covariance)
    noise = (math.sqrt(size) + 2) / math.sqrt(worth)
    informed = (variance < max(1 - noise, 0) ** 2) | (variance > (1 + noise) ** 2)
    axes, variance = axes[informed], variance[informed]
    along = (axes * mean).sum(axis=1)
    # a direction whose mean alone has moved is informed too
    rest = mean - (along[:, None] * axes).sum(axis=0)
    length = math.sqrt(float((rest**2).sum()))
    if len(axes) < size and length > noise + 2 / math.sqrt(worth):
        axes = np.concatenate([axes, rest[None] / length])
        along, variance = np.append(along, length), np.append(variance, 1.0)
    return Shape(axes, along, np.sqrt(np.maximum(variance, 1e-30)))


def eigen(matrix: Reals) -> tuple[Reals, Reals]:
    """Eigenvalues of a symmetric matrix and its eigenvectors as rows, by Jacobi's method.

    LAPACK's last digits depend on the number of threads; these do not. Pairs of rows are rotated
    at once, in the order of a round-robin tournament.
    """
    size = len(matrix)
    even = size + size % 2
    own, axes = np.zeros((even, even)), np.eye(even)
    own[:size, :size] = matrix
    order = np.arange(even)
    scale = np.abs(matrix).max() if size else 0.0
    for _ in range(_SWEEPS):
        if np.abs(own - np.diag(np.diag(own))).max(initial=0.0) <= 1e-14 * scale:
            break
        for _ in range(even - 1):
            first, second = order[: even // 2], order[even // 2 :][::-1]
            cosine, sine = _rotation(own[first, first], own[second, second], own[first, second])
            for array in (own, own.T, axes):
                one, other = array[first], array[second]
                array[first] = cosine * one - sine * other
                array[second] = sine * one + cosine * other
            order = np.concatenate([order[:1], order[-1:], order[1:-1]])
    return np.diag(own)[:size].copy(), axes[:size, :size].copy()


def _rotation(one: Reals, other: Reals, between: Reals) -> tuple[Reals, Reals]:
    """Cosine and sine, as columns, of the rotations that make `between` zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (other - one) / (2 * between)
        tangent = np.sign(ratio) / (np.abs(ratio) + np.sqrt(ratio**2 + 1))
    tangent = np.where(ratio == 0, 1.0, tangent)
    tangent = np.where(between == 0, 0.0, tangent)
    cosine = 1 / np.sqrt(tangent**2 + 1)
    return cosine[:, None], (cosine * tangent)[:, None]


@dataclass(frozen=True, eq=False)
class Proposal:
    """New scores of all chains, (chains, size), and the logarithm of the correction, (chains,).

    The correction holds the priors of both ends; only the likelihoods come in addition.
    """

    scores: Reals
    correction: Reals


def accepted(proposal: Proposal, before: Reals, after: Reals, level: Reals) -> Flags:
    """Which proposals are taken, given the log likelihoods of both ends; level: in (0, 1).

    A chain with likelihood zero takes any proposal that has one.
    """
    with np.errstate(invalid="ignore"):
        gain = after - before + proposal.correction
    return np.asarray((after > -np.inf) & ~(gain < np.log(level)), bool)


def crank(scores: Reals, shape: Shape, step: float, stream: Stream, number: int) -> Proposal:
    """A step of preconditioned Crank-Nicolson; step: in (0, 1], 1 forgets where a chain is."""
    chains, size = scores.shape
    rest = math.sqrt(1 - step**2)
    noise = stream.normals(number, chains, size, 2)
    along, drawn = shape.along(scores), shape.along(noise)
    informed = len(shape.axes)
    new = rest * (scores - shape.whole(along)) + step * (noise - shape.whole(drawn))
    if not informed:
        return Proposal(new, np.zeros(chains))
    freedom = FREEDOM + informed
    away = ((along - shape.mean) / shape.spread) ** 2
    chi2 = chi2_quantile(stream.uniforms(number, chains, 1, 1), freedom)
    width = np.sqrt((FREEDOM + away.sum(axis=1, keepdims=True)) / chi2)
    moved = shape.mean + rest * (along - shape.mean) + step * width * shape.spread * drawn
    distance = ((moved - shape.mean) / shape.spread) ** 2

    def own(squares: Reals, place: Reals) -> Reals:
        density = freedom / 2 * np.log1p(squares.sum(axis=1) / FREEDOM)
        return np.asarray(density - (place**2).sum(axis=1) / 2, float)

    return Proposal(new + shape.whole(moved), own(distance, moved) - own(away, along))


def parallel(
    scores: Reals,
    archive: Reals,
    shape: Shape,
    factor: float,
    step: float,
    stream: Stream,
    number: int,
) -> Proposal:
    """A step along the difference of two members of the archive; factor: 1 to change the mode.

    step: of Crank-Nicolson across the informed directions.
    """
    chains, size = scores.shape
    first, second, _ = _members(stream.uniforms(number, chains, 3, 1), len(archive))
    apart = archive[first] - archive[second]
    informed = len(shape.axes)
    if informed == size:
        new = scores + factor * apart
        correction = ((scores**2).sum(axis=1) - (new**2).sum(axis=1)) / 2
        return Proposal(new, correction)
    noise = stream.normals(number, chains, size, 4)
    along, drawn = shape.along(scores), shape.along(noise)
    moved = along + factor * shape.along(apart)
    rest = math.sqrt(1 - step**2)
    new = rest * (scores - shape.whole(along)) + step * (noise - shape.whole(drawn))
    correction = ((along**2).sum(axis=1) - (moved**2).sum(axis=1)) / 2
    return Proposal(new + shape.whole(moved), correction)


def snooker(scores: Reals, archive: Reals, stream: Stream, number: int) -> Proposal:
    """A step on the line through a member of the archive, by the projection of two others."""
    chains, size = scores.shape
    level = stream.uniforms(number, chains, 4, 1)
    first, second, third = _members(level, len(archive))
    factor = 1.2 + level[:, 3]
    line = scores - archive[third]
    length = (line**2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = ((archive[first] - archive[second]) * line).sum(axis=1) / length
        stretch = 1 + factor * share
        # the distance from the third member changes by this factor, the volume by its power
        correction = (size - 1) * np.log(np.abs(stretch))
    new = archive[third] + stretch[:, None] * line
    correction = correction + ((scores**2).sum(axis=1) - (new**2).sum(axis=1)) / 2
    # a chain at the third member has no line
    here = length == 0
    new[here] = scores[here]
    correction[here] = 0.0
    return Proposal(new, correction)


def _members(level: Reals, count: int) -> tuple[Places, Places, Places]:
    """Three different members of an archive for each row of three levels in (0, 1)."""
    first = (level[:, 0] * count).astype(np.intp)
    second = (first + 1 + (level[:, 1] * (count - 1)).astype(np.intp)) % count
    third = (level[:, 2] * (count - 2)).astype(np.intp)
    low, high = np.minimum(first, second), np.maximum(first, second)
    third += third >= low
    third += third >= high
    return first, second, third
