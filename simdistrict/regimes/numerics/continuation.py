"""A curve followed point by point: an iterator that a caller can stop, log, resume and extend."""

from __future__ import annotations

from collections.abc import Iterator

from simdistrict.regimes.numerics.curve import Follower, Point
from simdistrict.regimes.numerics.ending import Reason


class Continuation(Iterator[Point]):
    """Each `next` adds a point; the state between two of them is in the attributes.

    points: all points, the start first; step: length of the next attempt; most: number of points
    at which it ends; ended: why it has ended, None before; outside: the unknown that left its
    limits, where that was the reason; follower: with the equations as they are next evaluated.

    Nothing else is remembered: a caller that stops iterating, or copies the object, can go on
    later and gets the same bits. Subclasses look at what happens between two points.
    """

    def __init__(self, follower: Follower, start: Point, ended: Reason | None = None) -> None:
        self.follower = follower
        self.points = [start]
        self.step = follower.steps.first
        self.most = follower.steps.most
        self.ended = ended
        self.outside = -1

    def extend(self, most: int) -> None:
        """Let a curve that has ended at its number of points go on to `most` of them."""
        self.most = most
        if self.ended is Reason.too_many_points:
            self.ended = None

    def run(self) -> None:
        """Follow the curve to its end."""
        for _ in self:
            pass

    def passed(self, here: Point, there: Point, step: float) -> bool:
        """Look at two neighbours with the step between them; false asks for a shorter step."""
        return True

    def turned(self, here: Point, there: Point) -> None:
        """Look at two neighbours with a corner of the curve between them."""

    def __next__(self) -> Point:
        known = len(self.points)
        while self.ended is None and len(self.points) == known:
            self.attempt()
        if len(self.points) == known:
            raise StopIteration
        return self.points[known]

    def attempt(self) -> None:
        """Add a point, halve the step, or end the curve."""
        here = self.points[-1]
        if len(self.points) >= self.most:
            self.ended = Reason.too_many_points
            return
        there = self.follower.advance(here, self.step)
        if there is not None and not self.follower.inside(there.z):
            if self.leaves(here, there):
                return
        elif there is not None and self.passed(here, there, self.step):
            self.add(there)
            return
        self.step /= 2
        if self.step < self.follower.steps.shortest:
            self.turn(here)

    def add(self, there: Point) -> None:
        """Add a point within the limits; the start once more where the curve closes."""
        self.points.append(there)
        if self.follower.closes(self.points, self.step):
            self.points.append(self.points[0])
            self.ended = Reason.closed
        self.step = min(self.step * 1.5, self.follower.steps.longest)

    def turn(self, here: Point) -> None:
        """Go on after a corner, or end the curve."""
        there = self.follower.around(self.points)
        if there is None:
            self.ended = Reason.no_convergence
            return
        self.turned(here, there)
        self.points.append(there)
        self.step = self.follower.steps.first * 1e-2

    def leaves(self, here: Point, there: Point) -> bool:
        """End the curve on its limits, where that can be done with this step."""
        found = self.follower.exit(here, there)
        if found is None:
            return False
        reason, unknown, last = found
        if last is not None:
            if not self.passed(here, last, self.follower.length(last.z - here.z)):
                return False
            self.points.append(last)
        self.ended, self.outside = reason, unknown
        return True
