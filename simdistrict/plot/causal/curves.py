"""Parabolas between boxes, and how close they come to boxes and to each other."""

from __future__ import annotations

import numpy as np

from simdistrict.plot.causal.values import Box, Curve, MapArrow, Points

POINTS = 36
HEAD = 0.045  # between the tip of an arrow and its target
TAIL = 0.02


def curve_between(arrow: MapArrow, source: Box, target: Box, bend: float) -> Curve | None:
    """The arrow with a bend, from the edge of one box to the edge of the other.

    bend: height of the curve's control point over the chord, as a share of its length; positive
    is left of the direction. None where the boxes leave no room.
    """
    a, b = _centre(source), _centre(target)
    chord = b - a
    normal = np.array([-chord[1], chord[0]])
    control = np.array([a, (a + b) / 2 + bend * normal, b])
    t = np.linspace(0, 1, 400)
    whole = _at(control, t)
    out = ~source.grown(TAIL).holds(whole)
    into = target.grown(HEAD).holds(whole)
    if not out.any() or not into.any():
        return None
    # the last point within the source, the first within the target after it
    inside = np.flatnonzero(~out)
    first = int(inside[-1]) + 1 if len(inside) else 0
    later = np.flatnonzero(into)
    later = later[later > first]
    if not len(later) or later[0] - first < 8:
        return None
    start, stop = float(t[first]), float(t[later[0]])
    part = _part(control, start, stop)
    return Curve(arrow, part, _at(part, np.linspace(0, 1, POINTS)))


def _centre(box: Box) -> Points:
    return np.array([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2])


def _at(control: Points, t: Points) -> Points:
    t = t[:, None]
    found: Points = (1 - t) ** 2 * control[0] + 2 * t * (1 - t) * control[1] + t**2 * control[2]
    return found


def _part(control: Points, start: float, stop: float) -> Points:
    """The control points of a piece of a parabola."""
    p0, p1, p2 = control

    def blossom(s: float, t: float) -> Points:
        found: Points = (1 - s) * (1 - t) * p0 + (s * (1 - t) + t * (1 - s)) * p1 + s * t * p2
        return found

    return np.array([blossom(start, start), blossom(start, stop), blossom(stop, stop)])


def length(points: Points) -> float:
    """The length of a polyline."""
    return float(np.hypot(*np.diff(points, axis=0).T).sum())


def within(points: Points, box: Box) -> int:
    """How many points of a curve lie in a box."""
    return int(box.holds(points).sum())


def crossings(one: Points, other: Points) -> int:
    """How often two polylines cross."""
    p, q = one[:-1, None], other[None, :-1]
    r, s = np.diff(one, axis=0)[:, None], np.diff(other, axis=0)[None]
    over = r[..., 0] * s[..., 1] - r[..., 1] * s[..., 0]
    gap = q - p
    with np.errstate(divide="ignore", invalid="ignore"):
        t = (gap[..., 0] * s[..., 1] - gap[..., 1] * s[..., 0]) / over
        u = (gap[..., 0] * r[..., 1] - gap[..., 1] * r[..., 0]) / over
    return int(((t > 0) & (t < 1) & (u > 0) & (u < 1)).sum())


def alongside(one: Points, other: Points, near: float) -> int:
    """How many points of a curve lie next to another curve."""
    far = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    return int((far.min(axis=1) < near).sum())
