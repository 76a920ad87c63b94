"""Scenario discovery by PRIM: boxes of sampled numbers in which cases of interest are dense.

The patient rule induction method of Friedman and Fisher (1999), with the measures of Bryant and
Lempert (2010): coverage, the share of all cases of interest in a box; density, the share of its
members that are of interest; quasi-p, the probability that chance does as well as the limits of
one number.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from simdistrict.base.arrays import Flags, Reals
from simdistrict.base.errors import Problem, ScenarioError


@dataclass(frozen=True, slots=True)
class Choices:
    """peel, paste: shares of a box that one step removes or adds.

    mass: the smallest share of all members in a box; density: the target of a peeling trajectory;
    boxes: the largest number, each among the members that earlier ones leave; chance: a box is
    recomputed without numbers whose limits have a larger quasi-p.
    """

    peel: float = 0.05
    paste: float = 0.05
    mass: float = 0.05
    density: float = 0.8
    boxes: int = 1
    chance: float = 1.0


@dataclass(frozen=True, slots=True)
class Measures:
    """A box in numbers; mass: the share of all members; restricted: numbers with a limit."""

    coverage: float
    density: float
    mass: float
    restricted: int


@dataclass(frozen=True, slots=True)
class Limit:
    """The limits of one number, infinite where there is none; place: its column.

    coverage, density: of the box without these limits; quasi_p: the probability that as many
    members of the box are of interest if the limits have no effect.
    """

    place: int
    low: float
    high: float
    coverage: float
    density: float
    quasi_p: float


@dataclass(frozen=True)
class PrimBox:
    """limits: most significant first; trajectory: of the peeling, starting with all members."""

    measures: Measures
    limits: tuple[Limit, ...]
    trajectory: tuple[Measures, ...]


@dataclass(frozen=True, eq=False)
class _Cases:
    """Members x numbers; which members are of interest, and which no earlier box contains."""

    design: Reals
    interesting: Flags
    left: Flags

    def inside(self, bounds: Reals) -> Flags:
        """Which of the remaining members are in a box; bounds: lows and highs."""
        within = (self.design >= bounds[0]) & (self.design <= bounds[1])
        return np.asarray(within.all(axis=1) & self.left, bool)

    def measures(self, bounds: Reals) -> Measures:
        inside = self.inside(bounds)
        hits = int(self.interesting[inside].sum())
        return Measures(
            hits / max(int(self.interesting.sum()), 1),
            hits / max(int(inside.sum()), 1),
            int(inside.sum()) / len(inside),
            int(np.isfinite(bounds).any(axis=0).sum()),
        )


def prim(design: Reals, interesting: Flags, choices: Choices | None = None) -> list[PrimBox]:
    """Boxes, each among the members that earlier boxes leave.

    Raises ScenarioError where no member or every member is of interest.
    """
    choices = choices or Choices()
    _check(choices, interesting)
    cases = _Cases(design, interesting, np.ones(len(design), bool))
    found: list[PrimBox] = []
    while len(found) < choices.boxes and (cases.interesting & cases.left).any():
        if cases.left.sum() < choices.mass * len(design):
            break
        bounds, trajectory = _box(cases, choices)
        if not np.isfinite(bounds).any():
            break
        found.append(PrimBox(cases.measures(bounds), _limits(cases, bounds), tuple(trajectory)))
        cases = replace(cases, left=cases.left & ~cases.inside(bounds))
    return found


def measured(
    design: Reals, interesting: Flags, bounds: Reals
) -> tuple[Measures, tuple[Limit, ...]]:
    """Measures of any box; bounds: a row of lows and one of highs, infinite where open."""
    cases = _Cases(design, interesting, np.ones(len(design), bool))
    return cases.measures(bounds), _limits(cases, bounds)


def _check(choices: Choices, interesting: Flags) -> None:
    for name in ("peel", "paste", "mass", "density", "chance"):
        share = getattr(choices, name)
        if not 0 < share <= 1 or (name == "peel" and share > 0.5):
            top = 0.5 if name == "peel" else 1
            what = f"{share:g} is no share above 0 and up to {top:g}"
            raise ScenarioError(Problem(f"--{name}", what))
    count = int(interesting.sum())
    if not 0 < count < len(interesting):
        said = "no member" if count == 0 else "every member"
        what = f"{said} is of interest, so no box tells them apart"
        raise ScenarioError(Problem("cases of interest", what, "choose another threshold"))


def _box(cases: _Cases, choices: Choices) -> tuple[Reals, list[Measures]]:
    """Peel and paste; repeat without numbers whose limits may be chance."""
    places = list(range(cases.design.shape[1]))
    while True:
        bounds, trajectory = _peeled(cases, choices, places)
        bounds = _pasted(cases, bounds, choices.paste)
        limits = _limits(cases, bounds)
        if not limits or limits[-1].quasi_p <= choices.chance:
            return bounds, trajectory
        doubtful = {limit.place for limit in limits if limit.quasi_p > choices.chance}
        places = [place for place in places if place not in doubtful]


def _peeled(cases: _Cases, choices: Choices, places: Sequence[int]) -> tuple[Reals, list[Measures]]:
    """Peel to the smallest mass; the first box that is dense enough, else the densest."""
    bounds = np.full((2, cases.design.shape[1]), [[-math.inf], [math.inf]])
    path, trajectory = [bounds], [cases.measures(bounds)]
    least = max(choices.mass * len(cases.left), 1)
    while trajectory[-1].density < 1:
        options = [
            option
            for option in _peelings(cases, path[-1], choices.peel, places)
            if option[0].mass * len(cases.left) >= least
        ]
        if not options:
            break
        # ties: the larger box, then the one with fewer limits, then the first
        measures, bounds = max(options, key=lambda o: (o[0].density, o[0].mass, -o[0].restricted))
        path.append(bounds)
        trajectory.append(measures)
    dense = [k for k, m in enumerate(trajectory) if m.density >= choices.density]
    best = max(range(len(path)), key=lambda k: (trajectory[k].density, -k))
    return path[dense[0] if dense else best], trajectory


def _peelings(
    cases: _Cases, bounds: Reals, share: float, places: Sequence[int]
) -> Iterator[tuple[Measures, Reals]]:
    """Every box with a slice removed at one end of one number, with its measures."""
    inside = cases.inside(bounds)
    design, hits = cases.design[inside], cases.interesting[inside]
    count = len(hits)
    cut = max(int(share * count), 1)
    everything = max(int(cases.interesting.sum()), 1)
    for place in places:
        column = design[:, place]
        ordered = np.sort(column)
        for side in (0, 1):
            limit = _limit(ordered, cut, side)
            if limit is None:
                continue
            kept = column >= limit if side == 0 else column <= limit
            made = bounds.copy()
            made[side, place] = limit
            found = int(hits[kept].sum())
            remaining = int(kept.sum())
            restricted = int(np.isfinite(made).any(axis=0).sum())
            shares = found / everything, found / remaining, remaining / len(cases.left)
            yield Measures(*shares, restricted), made


def _limit(ordered: Reals, cut: int, side: int) -> float | None:
    """Midway between the last removed and the first kept value; equal values go together."""
    if side == 0:
        stays = int(np.searchsorted(ordered, ordered[cut - 1], side="right"))
        return None if stays == len(ordered) else _between(ordered[stays - 1], ordered[stays])
    goes = int(np.searchsorted(ordered, ordered[-cut], side="left"))
    return None if goes == 0 else _between(ordered[goes - 1], ordered[goes])


def _between(low: float, high: float) -> float:
    return float(low + (high - low) / 2)


def _pasted(cases: _Cases, bounds: Reals, share: float) -> Reals:
    """Widen limits, slice by slice, while the density does not fall."""
    while True:
        now = cases.measures(bounds)
        grown = []
        for place in range(bounds.shape[1]):
            for side in (0, 1):
                if math.isfinite(bounds[side, place]):
                    made = _wider(cases, bounds, place, side, share)
                    grown.append((cases.measures(made), made))
        better = [g for g in grown if g[0].density >= now.density]
        if not better:
            return bounds
        bounds = max(better, key=lambda g: (g[0].density, g[0].mass))[1]


def _wider(cases: _Cases, bounds: Reals, place: int, side: int, share: float) -> Reals:
    """The box with one limit moved outwards by a slice, or removed where nothing lies beyond."""
    open_ended = bounds.copy()
    open_ended[side, place] = (-math.inf, math.inf)[side]
    column = cases.design[:, place]
    beyond = column < bounds[0, place] if side == 0 else column > bounds[1, place]
    reach = np.sort(column[cases.inside(open_ended) & beyond])
    more = max(int(share * int(cases.inside(bounds).sum())), 1)
    if len(reach) > more:
        pair = reach[-more - 1 : len(reach) - more + 1] if side == 0 else reach[more - 1 : more + 1]
        if pair[0] < pair[1]:
            open_ended[side, place] = _between(pair[0], pair[1])
        else:  # equal values come together
            open_ended[side, place] = pair[0]
    return open_ended


def _limits(cases: _Cases, bounds: Reals) -> tuple[Limit, ...]:
    """The effect of each restricted number, most significant first."""
    inside = cases.inside(bounds)
    hits, count = int(cases.interesting[inside].sum()), int(inside.sum())
    found = []
    for place in np.flatnonzero(np.isfinite(bounds).any(axis=0)):
        without = bounds.copy()
        without[:, place] = -math.inf, math.inf
        measures = cases.measures(without)
        low, high = (float(x) for x in bounds[:, place])
        chance = binomial_tail(hits, count, measures.density)
        found.append(Limit(int(place), low, high, measures.coverage, measures.density, chance))
    return tuple(sorted(found, key=lambda limit: (limit.quasi_p, limit.place)))


def binomial_tail(hits: int, count: int, share: float) -> float:
    """The probability of `hits` or more out of `count`."""
    if hits <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    log, odds = math.log(share), math.log1p(-share)
    whole = math.lgamma(count + 1)
    terms = [
        math.exp(
            whole - math.lgamma(k + 1) - math.lgamma(count - k + 1) + k * log + (count - k) * odds
        )
        for k in range(hits, count + 1)
    ]
    return min(math.fsum(terms), 1.0)
