"""Arrows as arcs with few crossings; an arc is given by its middle point, as in Vensim's sketch."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.exchange.sketch.boxes import Rectangle
from simdistrict.exchange.sketch.geometry import crossings, hits

# distance of an arc from the straight line, as a share of its length
GENTLE = 0.08
BENDS = (0.02, -0.02, 0.08, -0.08, 0.14, -0.14, 0.22, -0.22, 0.32, -0.32, 0.45, -0.45, 0.6, -0.6)
BULGE = 1 / 100  # cost per pixel of distance from the straight line
ROUNDS = 2
SAMPLES = 9
THROUGH, CROSSING, BEND, BESIDE = 8.0, 1.0, 2.5, 1.5
# two arrows closer than this at one end (cosine of 12 degrees) look like one
BESIDE_COSINE = 0.978


def arc(start: Rectangle, stop: Rectangle, bend: float, samples: int = SAMPLES) -> Reals:
    """Points of the arc between two centres."""
    a, b = np.array([start.x, start.y], float), np.array([stop.x, stop.y], float)
    return _through(a, _middle(a, b, bend), b, samples)


def half_way(start: Rectangle, stop: Rectangle, bend: float) -> tuple[int, int]:
    """The middle point of an arc."""
    a, b = np.array([start.x, start.y], float), np.array([stop.x, stop.y], float)
    x, y = _middle(a, b, bend)
    return round(float(x)), round(float(y))


@dataclass(frozen=True, slots=True)
class Arc:
    """An arrow from box to box."""

    start: Rectangle
    stop: Rectangle
    bend: float

    def path(self, samples: int = SAMPLES) -> Reals:
        """Points along the arc, from centre to centre."""
        return arc(self.start, self.stop, self.bend, samples)

    @property
    def middle(self) -> tuple[int, int]:
        """The middle point of the arc."""
        return half_way(self.start, self.stop, self.bend)


def bent(
    arrows: Sequence[tuple[Sequence[Rectangle], Sequence[Rectangle]]],
    boxes: Sequence[Rectangle],
    lines: Reals,
) -> list[Arc]:
    """Each arrow as the arc with the lowest cost.

    arrows: the boxes where each may start, and where it may end; for a flow its valve and its
    name. boxes: obstacles, ends included; lines: pipes, (n, 2, 2).
    """
    centre = np.array([(b.x, b.y) for b in boxes], dtype=float).reshape(-1, 2)
    half = np.array([(b.w + 3, b.h + 2) for b in boxes], dtype=float).reshape(-1, 2)
    chosen = [Arc(starts[0], stops[0], BENDS[0]) for starts, stops in arrows]
    paths = [one.path() for one in chosen]
    directions = np.array([v for path in paths for v in _directions(path)]).reshape(-1, 2)
    places = {box: n for n, box in enumerate(boxes)}
    for _ in range(ROUNDS):
        for k, (starts, stops) in enumerate(arrows):
            others = [p for j, p in enumerate(paths) if j != k]
            c = np.concatenate([*(p[:-1] for p in others), lines[:, 0]])
            d = np.concatenate([*(p[1:] for p in others), lines[:, 1]])
            ends = np.array([places[b] for one in chosen for b in (one.start, one.stop)])
            ends[2 * k : 2 * k + 2] = -1
            costs: list[tuple[float, Arc]] = []
            for start, stop, bend in itertools.product(starts, stops, BENDS):
                one = Arc(start, stop, bend)
                path = one.path()
                inside = hits(path[:-1], path[1:], centre, half).any(axis=0)
                inside &= ~_at_end(start, stop, centre, half)
                cost = THROUGH * inside.sum() + BEND * abs(abs(bend) - GENTLE)
                # a wide arc around half the page is harder to follow than a crossing
                cost += BULGE * abs(bend) * math.hypot(stop.x - start.x, stop.y - start.y)
                cost += CROSSING * crossings(path[:-1], path[1:], c, d).sum()
                for box, way in zip((start, stop), _directions(path), strict=True):
                    beside = directions[ends == places[box]] @ way > BESIDE_COSINE
                    cost += BESIDE * beside.sum()
                costs.append((float(cost), one))
            chosen[k] = min(costs, key=lambda pair: pair[0])[1]
            paths[k] = chosen[k].path()
            directions[2 * k : 2 * k + 2] = _directions(paths[k])
    return chosen


def _directions(path: Reals) -> tuple[Reals, Reals]:
    """The unit vectors of an arc at its two ends, away from them."""
    quarter = len(path) // 4
    found = []
    for a, b in ((path[0], path[quarter]), (path[-1], path[-1 - quarter])):
        step = b - a
        found.append(step / (np.hypot(*step) + 1e-9))
    return found[0], found[1]


def _at_end(start: Rectangle, stop: Rectangle, centre: Reals, half: Reals) -> np.ndarray:
    """The boxes that contain an end of the arrow."""
    found = np.zeros(len(centre), dtype=bool)
    for box in (start, stop):
        found |= (np.abs(centre - (box.x, box.y)) <= half).all(axis=1)
    return found


def _middle(a: Reals, b: Reals, bend: float) -> Reals:
    step = b - a
    middle: Reals = (a + b) / 2 + bend * np.array([step[1], -step[0]])
    return middle


def _through(a: Reals, middle: Reals, b: Reals, samples: int) -> Reals:
    """The circular arc through three points, from a to b; a straight line if they are in line."""
    (ax, ay), (bx, by), (cx, cy) = a, middle, b
    d = 2 * (ax * (by - cy) + bx * (cy - ay) + cx * (ay - by))
    t = np.linspace(0, 1, samples)[:, None]
    if abs(d) < 1e-6:
        straight: Reals = a + t * (b - a)
        return straight
    squares = (ax**2 + ay**2, bx**2 + by**2, cx**2 + cy**2)
    ox = (squares[0] * (by - cy) + squares[1] * (cy - ay) + squares[2] * (ay - by)) / d
    oy = (squares[0] * (cx - bx) + squares[1] * (ax - cx) + squares[2] * (bx - ax)) / d
    centre = np.array([ox, oy])
    first = np.arctan2(*(a - centre)[::-1])
    turn = np.arctan2(*(b - centre)[::-1]) - first
    half = np.arctan2(*(middle - centre)[::-1]) - first
    turn, half = turn % (2 * np.pi), half % (2 * np.pi)
    if half > turn:  # the middle is on the other arc
        turn -= 2 * np.pi
    angle = first + t * turn
    radius = float(np.hypot(*(a - centre)))
    curve: Reals = centre + radius * np.hstack([np.cos(angle), np.sin(angle)])
    # exact ends: arrows that share one must not seem to cross there
    curve[0], curve[-1] = a, b
    return curve
