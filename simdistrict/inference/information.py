"""What the data can say of each constant near one draw: the Fisher information there.

Local and linear, so it needs one run with its slopes, before or after sampling. In normal scores
the prior has the information 1 in every direction. If F is the information of the data, the
posterior is near N(., (1 + F)^-1). Rothenberg (1971, Econometrica 39) defines local
identification so, Gutenkunst et al. (2007, PLoS Computational Biology 3) show how often data leave
directions open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.counts import counted
from simdistrict.inference.identify import Direction, directions_of
from simdistrict.inference.target import Target

# standard deviation along a direction, in those of the prior, above which it is open
OPEN = 0.98
# a constant alone, all others known, of which the data say something
_ALONE = 0.9
_MOST = 8
# of central differences, in standard deviations of the prior
_STEP = 1e-3


@dataclass(frozen=True, slots=True)
class Expected:
    """What the information promises for one constant.

    sd: posterior over prior standard deviation; alone: the same where all others are known.
    """

    name: str
    sd: float
    alone: float


@dataclass(frozen=True, slots=True)
class Information:
    """The local identifiability of the constants.

    directions: the best determined first; open_together: open directions of constants each of
    which the data would determine alone; differences: why slopes are differences of runs, empty
    where they are exact; uncounted: statements, whose likelihood has no slope.
    """

    constants: tuple[Expected, ...]
    directions: tuple[Direction, ...]
    open_together: tuple[Direction, ...]
    differences: str = ""
    uncounted: int = 0

    @property
    def without_effect(self) -> tuple[str, ...]:
        """The constants on which no datum depends here."""
        return tuple(own.name for own in self.constants if own.alone == 1)

    def lines(self) -> tuple[str, ...]:
        """Sentences for a report."""
        count = len(self.directions)
        closed = sum(own.sd <= OPEN for own in self.directions)
        found = [
            f"At the best draw the data determine {closed} of {count} independent directions of "
            "the constants (Fisher information; local, so that a bent posterior differs)."
        ]
        if self.without_effect:
            names = self.without_effect
            more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
            found.append(f"No datum depends there on {', '.join(names[:_MOST])}{more}.")
        found += [
            f"Open, though the data would determine each of its constants alone: {own.says()}."
            for own in self.open_together[:_MOST]
        ]
        if self.differences:
            found.append(
                f"By differences of runs, because slopes do not exist: {self.differences}."
            )
        if self.uncounted:
            found.append(f"Without {counted(self.uncounted, 'statement')}, which have no slopes.")
        return tuple(found)

    def rows(self, posterior: Sequence[float] = ()) -> tuple[dict[str, object], ...]:
        """One row for each constant; posterior: its standard deviation over that of the prior."""
        found = [*posterior, *([float("nan")] * (len(self.constants) - len(posterior)))]
        return tuple(
            {
                "constant": own.name,
                "expected_sd": own.sd,
                "sd_if_others_known": own.alone,
                "posterior_sd": sd,
            }
            for own, sd in zip(self.constants, found, strict=True)
        )


def information_at(target: Target, scores: Reals, workers: int | None = None) -> Information:
    """The information of the data on the constants at one draw, (size,).

    The numbers of the errors are held at those of the draw: for symmetric errors they are
    independent of the model in the information.
    """
    why = target.why_no_slopes
    if why:
        points, slopes = _differences(target, scores, workers)
    else:
        points, slopes, _ = (found[0] for found in target.sloped(scores[None], workers))
    errors = np.array([own[0] for own in target.nuisance(scores[None]).values()], float)
    whole = target.likelihood.information(points, errors)
    fisher = slopes.T @ np.nan_to_num(whole) @ np.nan_to_num(slopes)
    return _information(
        target.scores.names,
        (fisher + fisher.T) / 2,
        f"{why[0].where}: {why[0].what}" if why else "",
        sum(target.statements.counts),
    )


def _differences(target: Target, scores: Reals, workers: int | None) -> tuple[Reals, Reals]:
    """The model at the points, and its slopes by the scores of constants, by 2 runs of each."""
    size, count = target.scores.size, len(target.points)
    ways = np.zeros((size, len(scores)))
    ways[:, :size] = _STEP * np.eye(size)
    moved = np.concatenate([scores[None], scores + ways, scores - ways])
    values = target.run(target.numbers(moved), workers)[0][:, :count]
    slopes = (values[1 : 1 + size] - values[1 + size :]) / (2 * _STEP)
    return values[0], slopes.T


def _information(
    names: Sequence[str], fisher: Reals, differences: str, uncounted: int
) -> Information:
    covariance = _inverse(np.eye(len(names)) + fisher)
    expected = tuple(
        Expected(
            name, float(np.sqrt(min(covariance[k, k], 1.0))), float(1 / np.sqrt(1 + fisher[k, k]))
        )
        for k, name in enumerate(names)
    )
    known = [k for k, own in enumerate(expected) if own.alone < _ALONE]
    inner = _inverse(np.eye(len(known)) + fisher[np.ix_(known, known)])
    together = directions_of([names[k] for k in known], inner)
    return Information(
        expected,
        directions_of(names, covariance),
        tuple(own for own in together if own.sd > OPEN),
        differences,
        uncounted,
    )


def _inverse(matrix: Reals) -> Reals:
    return np.asarray(np.linalg.inv(matrix), float)
