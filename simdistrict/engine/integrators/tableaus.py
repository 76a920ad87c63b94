"""Runge-Kutta methods as Butcher tableaus, and the two operations that read them.

The coefficients are written as exact fractions, and each row says in which order its terms are
summed, so that every backend rounds in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from simdistrict.engine.helpers.primitives import Vector

# number of the slope, its weight, and what divides the two
Group = tuple[tuple[int, float, float], ...]


def number(fraction: str) -> float:
    """The float next to a fraction."""
    above, _, below = fraction.partition("/")
    return int(above) / int(below or 1)


def _term(word: str) -> tuple[float, float]:
    """The weight, and what divides the product; 1 where nothing does."""
    return (1.0, number(word[1:])) if word.startswith("/") else (number(word), 1.0)


@dataclass(frozen=True, slots=True)
class Weights:
    """One row of a tableau: `times * h / over` multiplies the weighted sum of slopes.

    text: the weights in the order of the slopes; `|` separates groups, each of which is summed
    before it is added to the groups in front of it. `/12` stands for the weight 1/12 of a slope
    that is divided by 12, which rounds otherwise; only rows of errors have such weights. factor:
    times / over. groups: the terms of each group.
    """

    text: str
    factor: str = "1/1"
    groups: tuple[Group, ...] = field(init=False)
    times: float = field(init=False)
    over: float = field(init=False)

    def __post_init__(self) -> None:
        groups: list[Group] = []
        slope = 0
        for part in self.text.split("|"):
            words = part.split()
            terms = ((k, *_term(word)) for k, word in enumerate(words, slope) if word != "0")
            groups.append(tuple(terms))
            slope += len(words)
        times, over = self.factor.split("/")
        object.__setattr__(self, "groups", tuple(filter(None, groups)))
        object.__setattr__(self, "times", float(times))
        object.__setattr__(self, "over", float(over))


@dataclass(frozen=True, slots=True)
class Tableau:
    """An explicit Runge-Kutta method; the tests check its order conditions.

    c: when each slope is evaluated, as a share of the step; a: the row of each stage, the first
    one empty; b: the row of the step. Where an error is estimated, the last slope is that at the
    end of the step and is reused by the next one; error: the difference to the embedded method of
    order `embedded`. dense: per slope the coefficients of a polynomial without constant term, its
    weight after a share of the step. times, powers: `c` and `dense` as floats.
    """

    order: int
    c: str
    a: tuple[Weights, ...]
    b: Weights
    error: Weights = Weights("")
    embedded: int = 0
    dense: tuple[str, ...] = ()
    stages: int = field(init=False)
    times: tuple[float, ...] = field(init=False)
    powers: tuple[tuple[float, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        powers = tuple(tuple(map(number, text.split())) for text in self.dense)
        object.__setattr__(self, "times", tuple(map(number, self.c.split())))
        object.__setattr__(self, "stages", len(self.times))
        object.__setattr__(self, "powers", powers)


EULER = Tableau(1, "0", (Weights(""),), Weights("1"))

# Kutta, Zeitschrift fuer Mathematik und Physik 46 (1901), 435-453
RK4 = Tableau(
    4,
    "0 1/2 1/2 1",
    (Weights(""), Weights("1", "1/2"), Weights("0 1", "1/2"), Weights("0 0 1")),
    Weights("1 | 2 2 | 1", "1/6"),
)

_FIFTH = Weights("35/384 0 500/1113 | 125/192 -2187/6784 11/84")
# Dormand and Prince, Journal of Computational and Applied Mathematics 6 (1980), 19-26, the pair of
# order 5 and 4; the interpolant of order 4 of Shampine, Mathematics of Computation 46 (1986),
# 135-150, with the coefficients of scipy's RK45 (read in scipy 1.16)
DORMAND_PRINCE = Tableau(
    5,
    "0 1/5 3/10 4/5 8/9 1 1",
    (
        Weights(""),
        Weights("1/5"),
        Weights("3/40 9/40"),
        Weights("44/45 -56/15 32/9"),
        Weights("19372/6561 -25360/2187 64448/6561 | -212/729"),
        Weights("9017/3168 -355/33 46732/5247 | 49/176 -5103/18656"),
        _FIFTH,
    ),
    _FIFTH,
    Weights("-71/57600 0 71/16695 | -71/1920 17253/339200 | -22/525 1/40"),
    4,
    (
        "1 -8048581381/2820520608 8663915743/2820520608 -12715105075/11282082432",
        "0 0 0 0",
        "0 131558114200/32700410799 -68118460800/10900136933 87487479700/32700410799",
        "0 -1754552775/470086768 14199869525/1410260304 -10690763975/1880347072",
        "0 127303824393/49829197408 -318862633887/49829197408 701980252875/199316789632",
        "0 -282668133/205662961 2019193451/616988883 -1453857185/822651844",
        "0 40617522/29380423 -110615467/29380423 69997945/29380423",
    ),
)

_THIRD = Weights("2 3 4", "1/9")
# Bogacki and Shampine, Applied Mathematics Letters 2 (1989), 321-325, the pair of order 3 and 2
BOGACKI_SHAMPINE = Tableau(
    3,
    "0 1/2 3/4 1",
    (Weights(""), Weights("1", "1/2"), Weights("0 1", "3/4"), _THIRD),
    _THIRD,
    Weights("-5/72 /12 /9 -1/8"),
    2,
)


def weighted(row: Weights, work: Vector, n: int, k: int) -> float:
    """The sum of a row for stock k of n; block j + 1 of `work` holds slope j.

    A compiler writes it out.
    """
    found = 0.0
    for group in row.groups:
        part = 0.0
        for slope, weight, over in group:
            part += weight * work[(slope + 1) * n + k] / over
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
        for slope, weight, _ in group:
            block = work[(slope + 1) * n : (slope + 2) * n]
            if part:
                part = [x + weight * y for x, y in zip(part, block, strict=True)]
            else:
                part = [weight * y for y in block]
        found = [x + y for x, y in zip(found, part, strict=True)] if found else part
    v[first : first + n] = [y + way * x for y, x in zip(work[:n], found, strict=True)]
