"""Curves of arrows, and places of signs and loop marks, chosen so that nothing touches."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

import numpy as np

from simdistrict.plot.causal import words
from simdistrict.plot.causal.curves import (
    alongside,
    crossings,
    curve_between,
    length,
    within,
)
from simdistrict.plot.causal.values import (
    Arranged,
    Box,
    CausalMap,
    Curve,
    MapLoop,
    MapNode,
    MapSector,
    Mark,
)

BENDS = (0.0, 0.12, -0.12, 0.22, -0.22, 0.34, -0.34, 0.48, -0.48, 0.65, -0.65)
SIGN = 0.13  # side of the box of a sign, in inches
PASSES = 4
CLEAR = 0.04  # least distance of an arrow from a box that it only passes


def arrange(of: CausalMap) -> Arranged:
    """Place everything on a map."""
    boxes = {node.key: box_of(node) for node in of.nodes}
    wanted = [_loop_mark(loop, loop.x, loop.y) for loop in of.loops]
    first = [_titles(sector)[0].box for sector in of.sectors]
    curves = _curves(of, boxes, first, [m.box for m in wanted])
    titles = tuple(_title(sector, of, boxes, curves) for sector in of.sectors)
    loops = _loops(of, boxes, curves, titles)
    signs = _signs(boxes, curves, [*titles, *loops])
    return Arranged(of, boxes, curves, signs, loops, titles)


def box_of(node: MapNode) -> Box:
    """The box of a variable's words; a stock has room for its frame."""
    wide, tall = words.size_of(words.lines_of(node.label), words.LABEL)
    room = (0.2, 0.14) if node.stock else (0.06, 0.04)
    return Box.around(node.x, node.y, wide + room[0], tall + room[1])


def _titles(sector: MapSector) -> list[Mark]:
    """The name of a sector in each of its corners."""
    wide, tall = words.size_of([sector.name], words.TITLE, bold=True)
    (x0, y0), (x1, y1) = sector.low, sector.high
    places = itertools.product((y1 - 0.07, y0 + 0.07 + tall), (x0 + 0.1, x1 - 0.1 - wide))
    return [Mark(sector.name, x, y, Box(x, y - tall, x + wide, y)) for y, x in places]


def _title(
    sector: MapSector, of: CausalMap, boxes: dict[str, Box], curves: Sequence[Curve]
) -> Mark:
    """The name of a sector in the first corner where it touches least."""
    fixed = Obstacles(boxes.values(), curves)
    return min(_titles(sector), key=lambda m: _touching(m.box.grown(0.04), fixed, of))


def _loop_mark(loop: MapLoop, x: float, y: float) -> Mark:
    """The ring with its letter and the name below; x, y: the centre of the ring."""
    if loop.numbered:
        return Mark("", x, y, Box.around(x, y, 2 * words.RING, 2 * words.RING))
    wide, tall = words.size_of(words.lines_of(loop.name, 13), words.LOOP)
    half = max(wide / 2, words.RING)
    box = Box(x - half, y - words.RING - words.GAP - tall, x + half, y + words.RING)
    return Mark(loop.name, x, y, box)


class Obstacles:
    """Boxes and curves that a mark must not touch, as arrays."""

    def __init__(self, boxes: Iterable[Box], curves: Sequence[Curve]) -> None:
        self.boxes = [(b.x0, b.y0, b.x1, b.y1) for b in boxes]
        self.points = np.concatenate([c.points for c in curves]) if curves else np.zeros((0, 2))

    def cost(self, box: Box) -> float:
        """60 for each box that is met, 3 for each point of a curve inside."""
        x0, y0, x1, y1 = np.array(self.boxes or [(9e9,) * 4]).T
        met = (x0 < box.x1) & (box.x0 < x1) & (y0 < box.y1) & (box.y0 < y1)
        return 60.0 * int(met.sum()) + 3.0 * within(self.points, box)


# ---------------------------------------------------------------------- arrows


def _curves(
    of: CausalMap, boxes: dict[str, Box], titles: Sequence[Box], loops: Sequence[Box]
) -> tuple[Curve, ...]:
    """One curve for each arrow: coordinate descent over the bends of all."""
    choices: list[list[Curve]] = []
    alone: list[list[float]] = []
    for arrow in of.arrows:
        bends = BENDS if arrow.bend is None else (arrow.bend,)
        ends = boxes[arrow.source], boxes[arrow.target]
        found = [c for c in (curve_between(arrow, *ends, b) for b in bends) if c is not None]
        own = [_own_cost(c, of, boxes, titles, loops) for c in found]
        order = np.argsort(own, kind="stable")
        choices.append([found[k] for k in order])
        alone.append([own[k] for k in order])
    chosen = [0 if each else -1 for each in choices]
    known: dict[tuple[int, int, int, int], float] = {}

    def between(k: int, a: int, j: int, b: int) -> float:
        key = (k, a, j, b)
        if key not in known:
            known[key] = _between(choices[k][a], choices[j][b])
        return known[key]

    for _ in range(PASSES):
        before = list(chosen)
        for k, each in enumerate(choices):
            others = [j for j in range(len(chosen)) if j != k and choices[j]]
            costs: list[float] = []
            for a in range(len(each)):
                bare = alone[k][a]
                # the choices are in the order of their own costs
                if costs and bare >= min(costs):
                    break
                costs.append(bare + sum(between(k, a, j, chosen[j]) for j in others))
            chosen[k] = int(np.argmin(costs)) if costs else -1
        if chosen == before:
            break
    return tuple(each[k] for each, k in zip(choices, chosen, strict=True) if each)


def _own_cost(
    curve: Curve,
    of: CausalMap,
    boxes: dict[str, Box],
    titles: Sequence[Box],
    loops: Sequence[Box],
) -> float:
    ends = (curve.arrow.source, curve.arrow.target)
    cost = 0.0
    for key, box in boxes.items():
        room = CLEAR if key not in ends else -0.01
        cost += 40 * within(curve.points, box.grown(room + 0.02))
    cost += 4 * sum(within(curve.points, box.grown(0.05)) for box in titles)
    cost += 15 * sum(within(curve.points, box.grown(0.05)) for box in loops)
    page = Box(0.05, 0.05, of.size[0] - 0.05, of.size[1] - 0.05)
    cost += 100 * (len(curve.points) - within(curve.points, page))
    straight = float(np.hypot(*(curve.points[-1] - curve.points[0])))
    bent = length(curve.points) / max(straight, 1e-9) - 1
    # a slight curve is easier to follow than a line
    return cost + 6 * bent + (0.5 if bent < 0.005 else 0.0)


def _between(one: Curve, other: Curve) -> float:
    """What two curves cost each other: crossings, and lines that are hard to tell apart."""
    a, b = one.points[::2], other.points[::2]
    if (a.max(0) + 0.1 < b.min(0)).any() or (b.max(0) + 0.1 < a.min(0)).any():
        return 0.0
    cost = 4.0 * crossings(a, b)
    near = 0.1
    if (one.arrow.source, one.arrow.target) == (other.arrow.target, other.arrow.source):
        # there and back enclose an area
        gap = float(np.hypot(*(a[len(a) // 2] - b[len(b) // 2])))
        cost += 60 * max(0.0, 0.3 - gap) / 0.3
    for end, start in ((a, b), (b, a)):
        first, second = (one, other) if end is a else (other, one)
        if first.arrow.target == second.arrow.source:
            # a head next to the start of another arrow looks like one line
            gap = float(np.hypot(*(end[-1] - start[0])))
            cost += 15 * max(0.0, 0.2 - gap) / 0.2
    if one.arrow.target == other.arrow.target:
        # heads meet at a common target, but with room for their signs
        gap = float(np.hypot(*(a[-1] - b[-1])))
        cost += 16 * max(0.0, 0.22 - gap) / 0.22
        a, b = a[:-3], b[:-3]
    if {one.arrow.source, one.arrow.target} & {other.arrow.source, other.arrow.target}:
        a, b = a[2:-2], b[2:-2]
    return cost + 3.0 * alongside(a, b, near)


# ---------------------------------------------------------------------- marks


def _loops(
    of: CausalMap, boxes: dict[str, Box], curves: Sequence[Curve], titles: Sequence[Mark]
) -> tuple[Mark, ...]:
    """Marks of loops, as near to their places as there is room."""
    placed: list[Mark] = []
    reach = np.linspace(-0.7, 0.7, 29)
    for loop in of.loops:
        tries = sorted(itertools.product(reach, reach), key=lambda d: d[0] ** 2 + d[1] ** 2)
        fixed = Obstacles([*boxes.values(), *(m.box for m in (*titles, *placed))], curves)
        best, least = _loop_mark(loop, loop.x, loop.y), np.inf
        for dx, dy in tries:
            mark = _loop_mark(loop, loop.x + float(dx), loop.y + float(dy))
            cost = 2.0 * float(np.hypot(dx, dy)) + _touching(mark.box.grown(0.07), fixed, of)
            if cost < least:
                best, least = mark, cost
            if least < 2.0 * float(np.hypot(dx, dy)):
                break
        placed.append(best)
    return tuple(placed)


def _touching(box: Box, fixed: Obstacles, of: CausalMap) -> float:
    outside = min(box.x0, box.y0, of.size[0] - box.x1, of.size[1] - box.y1) < 0
    return fixed.cost(box) + 50.0 * outside


def _signs(
    boxes: dict[str, Box], curves: Sequence[Curve], marks: Sequence[Mark]
) -> tuple[Mark, ...]:
    """The sign of each curve, next to its head."""
    placed: list[Mark | None] = [None] * len(curves)
    for _ in range(3):
        for k, curve in enumerate(curves):
            others = [m.box for j, m in enumerate(placed) if m is not None and j != k]
            fixed = Obstacles([*boxes.values(), *(m.box for m in marks), *others], curves)
            placed[k] = _sign(curve, fixed)
    return tuple(mark for mark in placed if mark is not None)


def _sign(curve: Curve, fixed: Obstacles) -> Mark:
    """The place next to the head of a curve where its sign touches least."""
    points = curve.points
    steps = np.hypot(*np.diff(points, axis=0).T)
    left = np.concatenate([np.cumsum(steps[::-1])[::-1], [0.0]])
    best, least = None, np.inf
    for back in (0.2, 0.26, 0.16, 0.32, 0.4, 0.5, 0.62):
        i = int(np.argmin(np.abs(left - back)))
        ahead = points[min(i + 1, len(points) - 1)] - points[max(i - 1, 0)]
        normal = np.array([-ahead[1], ahead[0]]) / max(float(np.hypot(*ahead)), 1e-9)
        for side, off in itertools.product((1, -1), (0.12, 0.15)):
            x, y = points[i] + side * off * normal
            box = Box.around(float(x), float(y), SIGN, SIGN)
            cost = abs(back - 0.2) * 2 + (off - 0.12) * 4
            cost += fixed.cost(box.grown(0.025))
            if cost < least:
                best, least = Mark(curve.arrow.sign, float(x), float(y), box), cost
    assert best is not None
    return best


# ---------------------------------------------------------------------- what touches


def collisions(placed: Arranged) -> list[str]:
    """What overlaps on a map, in words; empty where nothing does."""
    named = [(f'"{key}"', box) for key, box in placed.boxes.items()]
    marks = [
        (f'the loop "{loop.name}"', m.box)
        for loop, m in zip(placed.of.loops, placed.loops, strict=True)
    ]
    marks += [(f'the sector "{m.words}"', m.box) for m in placed.titles]
    for curve, mark in zip(placed.curves, placed.signs, strict=True):
        if mark.words:
            marks.append((f"the sign of {_arrow(curve)}", mark.box))
    found = [
        f"{one} and {other} overlap"
        for (one, a), (other, b) in itertools.combinations([*named, *marks], 2)
        if a.meets(b)
    ]
    for curve in placed.curves:
        ends = (curve.arrow.source, curve.arrow.target)
        dense = _dense(curve)
        for key, box in placed.boxes.items():
            if key not in ends and within(dense, box):
                found.append(f'{_arrow(curve)} passes behind "{key}"')
        found += [f"{_arrow(curve)} touches {name}" for name, box in marks if within(dense, box)]
    drawn = {(c.arrow.source, c.arrow.target) for c in placed.curves}
    found += [
        f"there is no room for {a.source} -> {a.target}"
        for a in placed.of.arrows
        if (a.source, a.target) not in drawn
    ]
    page = Box(0.0, 0.0, *placed.of.size)
    for name, box in (*named, *marks):
        if min(box.x0, box.y0, page.x1 - box.x1, page.y1 - box.y1) < 0:
            found.append(f"{name} leaves the page")
    return found


def _arrow(curve: Curve) -> str:
    return f"{curve.arrow.source} -> {curve.arrow.target}"


def _dense(curve: Curve) -> np.ndarray:
    t = np.linspace(0, 1, 300)[:, None]
    p0, p1, p2 = curve.control
    found: np.ndarray = (1 - t) ** 2 * p0 + 2 * t * (1 - t) * p1 + t**2 * p2
    return found
