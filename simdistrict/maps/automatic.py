"""A map of a model whose author has drawn none: which variables, and where they stand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import prod

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.maps.checking import WEAK, Influence, MapCheck, influences_of
from simdistrict.maps.values import ModelMap, StatedArrow, StatedLoop, Variable
from simdistrict.model.expr import fold
from simdistrict.model.model import CONTROL, Auxiliary, Element, Flow, Model, Stock
from simdistrict.run.plan import Plan

# the most variables of a picture that can be read; below it every variable is shown
MOST = 24
FEW = 14  # above it only the strongest influences are drawn
LOOPS, LONGEST = 6, 6  # the most loops with a mark, and their longest
NEAR, WIDE, TALL = 1.3, 1.45, 0.75  # inches between neighbours, and least distances
UNRELATED = 3.0  # distance of what nothing connects, in steps
MARGIN = 0.55


def automatic(plan: Plan) -> tuple[ModelMap, MapCheck]:
    """A map of the stocks, of all variables where they are few, and what the check finds.

    The places follow the arrows: what acts on each other is near.
    """
    model = plan.prepared.model
    chosen = _chosen(model, plan.prepared.program.settled | plan.prepared.program.constant)
    variables = tuple(_variable(model, element) for element in chosen)
    bare = ModelMap("", model.name, "", (0.0, 0.0), (), variables, (), ())
    found = influences_of(bare, plan)
    shown = list(_strongest(found, 2 if len(variables) > FEW else len(variables)))
    arrows = tuple(StatedArrow(i.source, i.target) for i in shown)
    ends = {key for i in shown for key in (i.source, i.target)}
    keys = [v.key for v in variables if v.key in ends] or [v.key for v in variables]
    places, size = _places(keys, shown)
    placed = tuple(
        Variable(v.key, v.label, v.element, v.name, v.places, *places[v.key], v.stock)
        for v in variables
        if v.key in keys
    )
    loops = tuple(_loops(shown, places))
    of = ModelMap("", model.name, "", size, (), placed, loops, arrows)
    return of, MapCheck(found, tuple(shown), (), (), ())


def _chosen(model: Model, still: frozenset[str]) -> list[Element]:
    """All that moves where that is little, else the stocks, the best connected ones."""
    moving: list[Element] = [
        e
        for name, e in model.by_name.items()
        if isinstance(e, Stock | Flow | Auxiliary) and name not in still and name not in CONTROL
    ]
    if len(moving) <= MOST:
        return moving
    stocks: list[Element] = [e for e in moving if isinstance(e, Stock)] or moving
    used = {fold(e.name): len(model.users.get(fold(e.name), ())) for e in stocks}
    best = sorted(stocks, key=lambda e: -used[fold(e.name)])[:MOST]
    return [e for e in stocks if e in best]


def _strongest(found: Sequence[Influence], most: int) -> Iterator[Influence]:
    """The strongest influences on each variable, without weak ones."""
    by_target: dict[str, list[Influence]] = {}
    for one in found:
        if one.sign and one.strength >= WEAK:
            by_target.setdefault(one.target, []).append(one)
    for own in by_target.values():
        own.sort(key=lambda i: -i.strength)
        yield from own[:most]


def _variable(model: Model, element: Element) -> Variable:
    places = tuple(range(prod(model.shape(element))))
    name, stock = element.name, isinstance(element, Stock)
    return Variable(name, name, name, fold(name), places, 0.0, 0.0, stock)


# ---------------------------------------------------------------------- places


def _places(
    keys: Sequence[str], arrows: Sequence[Influence]
) -> tuple[dict[str, tuple[float, float]], tuple[float, float]]:
    """Centres of the variables and the size of the map, in inches."""
    number = {key: k for k, key in enumerate(keys)}
    apart = _steps(len(keys), [(number[a.source], number[a.target]) for a in arrows])
    spots = _spread(apart * NEAR)
    for _ in range(200):
        if not _pushed(spots):
            break
    # wide rather than tall
    spots = spots - spots.mean(axis=0)
    if np.ptp(spots[:, 1]) > np.ptp(spots[:, 0]):
        spots = spots[:, ::-1].copy()
        for _ in range(200):
            if not _pushed(spots):
                break
    spots -= spots.min(axis=0)
    spots += (WIDE / 2 + 0.15, MARGIN)
    wide, tall = spots.max(axis=0)
    return {key: (float(x), float(y)) for key, (x, y) in zip(keys, spots, strict=True)}, (
        float(wide) + WIDE / 2 + 0.15,
        float(tall) + MARGIN,
    )


def _steps(count: int, pairs: Sequence[tuple[int, int]]) -> Reals:
    """The number of arrows between each two variables, whatever their direction."""
    apart = np.full((count, count), np.inf)
    np.fill_diagonal(apart, 0)
    for a, b in pairs:
        apart[a, b] = apart[b, a] = 1
    for k in range(count):
        apart = np.minimum(apart, apart[:, k : k + 1] + apart[k : k + 1])
    return np.where(np.isfinite(apart), apart, UNRELATED)


def _spread(wanted: Reals) -> Reals:
    """Points with about these distances: classical scaling, then majorization of the stress."""
    count = len(wanted)
    if count == 1:
        return np.zeros((1, 2))
    middle = np.eye(count) - 1 / count
    values, vectors = np.linalg.eigh(-0.5 * middle @ wanted**2 @ middle)
    spots: Reals = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 1e-9))
    # nothing on a line, and the same picture each time
    spots = spots + 0.01 * np.column_stack([np.cos(np.arange(count)), np.sin(np.arange(count))])
    weight = np.where(wanted > 0, 1 / np.maximum(wanted, 1e-9) ** 2, 0.0)
    laplace = np.diag(weight.sum(axis=1)) - weight
    inverse = np.linalg.pinv(laplace)
    for _ in range(200):
        gap = spots[:, None] - spots[None]
        far = np.maximum(np.hypot(gap[..., 0], gap[..., 1]), 1e-6)
        pull = -weight * wanted / far
        np.fill_diagonal(pull, 0)
        np.fill_diagonal(pull, -pull.sum(axis=1))
        spots = inverse @ pull @ spots
    return spots


def _pushed(spots: Reals) -> bool:
    """Move points apart that stand too close for their words; whether any did."""
    moved = False
    for a in range(len(spots)):
        for b in range(a):
            dx, dy = spots[a] - spots[b]
            over = (WIDE - abs(dx), TALL - abs(dy))
            if over[0] > 1e-3 and over[1] > 1e-3:
                moved = True
                # along the shorter way out
                axis = 0 if over[0] / WIDE < over[1] / TALL else 1
                step = (over[axis] / 2 + 1e-3) * (1 if (dx, dy)[axis] >= 0 else -1)
                spots[a, axis] += step
                spots[b, axis] -= step
    return moved


# ---------------------------------------------------------------------- loops


def _loops(
    arrows: Sequence[Influence], places: Mapping[str, tuple[float, float]]
) -> Iterator[StatedLoop]:
    """The shortest loops with a clear polarity: R1, R2, B1, ... in the middle of each."""
    sign = {(a.source, a.target): a.sign for a in arrows if a.sign in ("+", "-")}
    after: dict[str, list[str]] = {}
    for source, target in sign:
        after.setdefault(source, []).append(target)
    count = {"R": 0, "B": 0}
    for ring in sorted(_rings(after), key=len)[:LOOPS]:
        pairs = zip(ring, (*ring[1:], ring[0]), strict=True)
        minus = sum(sign[pair] == "-" for pair in pairs)
        kind = "B" if minus % 2 else "R"
        count[kind] += 1
        spots: NDArray[np.float64] = np.array([places[key] for key in ring])
        x, y = spots.mean(axis=0)
        yield StatedLoop(f"{kind}{count[kind]}", kind, ring, float(x), float(y))


def _rings(after: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, ...]]:
    """Loops of at most LONGEST variables, each once, from its first variable in order."""
    order = {key: k for k, key in enumerate(after)}
    budget = 20_000
    for start in after:
        stack: list[tuple[str, ...]] = [(start,)]
        while stack and budget:
            budget -= 1
            path = stack.pop()
            for key in after.get(path[-1], ()):
                if key == start and len(path) > 1:
                    yield path
                elif key not in path and len(path) < LONGEST and order.get(key, -1) > order[start]:
                    stack.append((*path, key))
