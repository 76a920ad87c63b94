"""Runge-Kutta methods as Butcher tableaus, and the two operations that read them.

The coefficients are exact fractions. Each row also says in which order its terms are summed, so
that every backend rounds in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from simdistrict.engine.helpers.primitives import Vector

Group = tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """One row of a tableau: `times * h / over` multiplies the sum of its groups.

    groups: (number of the slope, weight) of each term; a group is summed before it is added to the
    groups in front of it. exact: the weight of every slope, the factor included.
    """

    groups: tuple[Group, ...]
    times: float
    over: float
    exact: tuple[Fraction, ...]


def row(text: str, factor: str = "1") -> Weights:
    """A row from its weights in the order of the slopes; `|` separates groups."""
    scale = Fraction(factor)
    exact: list[Fraction] = []
    groups: list[Group] = []
    for part in text.split("|"):
        weights = [Fraction(word) for word in part.split()]
        terms = enumerate(weights, len(exact))
        groups.append(tuple((k, float(weight)) for k, weight in terms if weight))
        exact += weights
    found = tuple(group for group in groups if group)
    weighted = tuple(weight * scale for weight in exact)
    return Weights(found, float(scale.numerator), float(scale.denominator), weighted)


@dataclass(frozen=True, slots=True)
class Tableau:
    """An explicit Runge-Kutta method; the tests check its order conditions.

    c: when each slope is evaluated, as a share of the step; a: the row of each stage, the first
    one empty; b: the row of the step. Where an error is estimated, the last slope is that at the
    end of the step and is reused by the next one; error: the difference to the embedded method of
    order `embedded`. dense: per slope the coefficients of a polynomial without constant term, its
    weight after a share of the step.
    """

    order: int
    c: tuple[Fraction, ...]
    a: tuple[Weights, ...]
    b: Weights
    error: Weights = Weights((), 1.0, 1.0, ())
    embedded: int = 0
    dense: tuple[tuple[Fraction, ...], ...] = ()

    @property
    def stages(self) -> int:
        """The number of slopes."""
        return len(self.c)

    @property
    def times(self) -> tuple[float, ...]:
        """`c` as floats."""
        return tuple(map(float, self.c))

    @property
    def powers(self) -> tuple[tuple[float, ...], ...]:
        """`dense` as floats."""
        return tuple(tuple(map(float, polynomial)) for polynomial in self.dense)


def fractions(text: str) -> tuple[Fraction, ...]:
    """The fractions of a text."""
    return tuple(map(Fraction, text.split()))


EULER = Tableau(1, fractions("0"), (row(""),), row("1"))

# Kutta, Zeitschrift fuer Mathematik und Physik 46 (1901), 435-453
RK4 = Tableau(
    4,
    fractions("0 1/2 1/2 1"),
    (row(""), row("1", "1/2"), row("0 1", "1/2"), row("0 0 1")),
    row("1 | 2 2 | 1", "1/6"),
)

_FIFTH = row("35/384 0 500/1113 | 125/192 -2187/6784 11/84")
# Dormand and Prince, Journal of Computational and Applied Mathematics 6 (1980), 19-26, the pair of
# order 5 and 4; the interpolant of order 4 of Shampine, Mathematics of Computation 46 (1986),
# 135-150, with the coefficients of scipy's RK45 (read in scipy 1.16)
DORMAND_PRINCE = Tableau(
    5,
    fractions("0 1/5 3/10 4/5 8/9 1 1"),
    (
        row(""),
        row("1/5"),
        row("3/40 9/40"),
        row("44/45 -56/15 32/9"),
        row("19372/6561 -25360/2187 64448/6561 | -212/729"),
        row("9017/3168 -355/33 46732/5247 | 49/176 -5103/18656"),
        _FIFTH,
    ),
    _FIFTH,
    row("-71/57600 0 71/16695 | -71/1920 17253/339200 | -22/525 1/40"),
    4,
    (
        fractions("1 -8048581381/2820520608 8663915743/2820520608 -12715105075/11282082432"),
        fractions("0 0 0 0"),
        fractions("0 131558114200/32700410799 -68118460800/10900136933 87487479700/32700410799"),
        fractions("0 -1754552775/470086768 14199869525/1410260304 -10690763975/1880347072"),
        fractions("0 127303824393/49829197408 -318862633887/49829197408 701980252875/199316789632"),
        fractions("0 -282668133/205662961 2019193451/616988883 -1453857185/822651844"),
        fractions("0 40617522/29380423 -110615467/29380423 69997945/29380423"),
    ),
)

_THIRD = row("2 3 4", "1/9")
# Bogacki and Shampine, Applied Mathematics Letters 2 (1989), 321-325, the pair of order 3 and 2
BOGACKI_SHAMPINE = Tableau(
    3,
    fractions("0 1/2 3/4 1"),
    (row(""), row("1", "1/2"), row("0 1", "3/4"), _THIRD),
    _THIRD,
    row("-5/72 1/12 1/9 -1/8"),
    2,
)


def weighted(row: Weights, work: Vector, n: int, k: int) -> float:
    """The sum of a row for stock k of n; block j + 1 of `work` holds slope j.

    A compiler writes it out.
    """
    found = 0.0
    for group in row.groups:
        part = 0.0
        for slope, weight in group:
            part += weight * work[(slope + 1) * n + k]
        found += part
    return found


def combine(v: Vector, first: int, work: Vector, n: int, h: float, row: Weights) -> None:
    """Put the state in block 0 of `work`, moved by a row of a step of length h, into v.

    The same operations as with `weighted`, which is what a compiler writes out; here block by
    block, which CPython does several times faster.
    """
    way = row.times * h / row.over
    found: list[float] = []
    for group in row.groups:
        part: list[float] = []
        for slope, weight in group:
            block = work[(slope + 1) * n : (slope + 2) * n]
            if part:
                part = [x + weight * y for x, y in zip(part, block, strict=True)]
            else:
                part = [weight * y for y in block]
        found = [x + y for x, y in zip(found, part, strict=True)] if found else part
    v[first : first + n] = [y + way * x for y, x in zip(work[:n], found, strict=True)]
