"""Placement of the elements of a view: short arrows, few crossings, none through a name.

Stocks and pipes are fixed. Other elements start near their neighbours in free slots of a
staggered grid and move by simulated annealing with a fixed seed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

import numpy as np

from simdistrict.exchange.sketch.boxes import Rectangle
from simdistrict.exchange.sketch.geometry import crossings, hits

CROSSING, THROUGH, LENGTH, BACKWARD = 1.0, 3.0, 0.7, 0.25
HOT, COLD, STEPS, SWEEPS = 2.0, 0.05, 75, 2
THOROUGH = 0.5


@dataclass(frozen=True, slots=True)
class Scene:
    """A placement problem.

    still: fixed boxes; sizes: half sizes of the moving boxes, which are numbered after them.
    links: pairs of box numbers; lines: fixed segments, which may be crossed at a cost.
    slots: possible centres of moving boxes.
    """

    still: Sequence[Rectangle]
    sizes: Sequence[tuple[int, int]]
    links: Sequence[tuple[int, int]]
    lines: Sequence[tuple[tuple[int, int], tuple[int, int]]]
    slots: Sequence[tuple[int, int]]


def placed(scene: Scene, effort: float = 1.0) -> list[Rectangle]:
    """The moving boxes, each in its own slot; effort: search effort, 0 for the initial one."""
    if not scene.sizes:
        return []
    search = _Annealing(scene)
    search.start()
    search.anneal(round(effort * STEPS * len(scene.sizes)))
    if effort >= THOROUGH:
        search.settle()
    return search.boxes()


class _Annealing:
    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._random = Random(1)
        self._fixed = len(scene.still)
        self._count = self._fixed + len(scene.sizes)
        self._slots = np.array(scene.slots, dtype=float)
        ends = [end for line in scene.lines for end in line]
        self._points = np.zeros((self._count + len(ends), 2))
        for k, box in enumerate(scene.still):
            self._points[k] = box.x, box.y
        if ends:
            self._points[self._count :] = ends
        half = [(b.w, b.h) for b in scene.still] + list(scene.sizes)
        # a line that grazes a name looks as if it crossed it
        self._half = np.array(half, dtype=float) + 3
        pipes = [(self._count + 2 * k, self._count + 2 * k + 1) for k in range(len(scene.lines))]
        edges = np.array([*scene.links, *pipes], dtype=int).reshape(-1, 2)
        self._a, self._b = edges[:, 0], edges[:, 1]
        self._weight = np.array([1.0] * len(scene.links) + [0.7] * len(pipes))
        self._arrows = np.arange(len(edges)) < len(scene.links)
        self._own = np.zeros((len(edges), self._count), dtype=bool)
        for e, (a, b) in enumerate(scene.links):
            self._own[e, [a, b]] = True
        self._own[len(scene.links) :] = True
        self._edges_of = [
            np.array([e for e, ab in enumerate(scene.links) if k in ab], dtype=int)
            for k in range(self._count)
        ]
        self._near: list[list[int]] = [[] for _ in range(self._count)]
        for a, b in scene.links:
            self._near[a].append(b)
            self._near[b].append(a)
        self._slot_of: dict[int, int] = {}
        self._taken: dict[int, int] = {}

    def start(self) -> None:
        """Place each box close to those of its neighbours that are placed."""
        done = set(range(self._fixed))
        waiting = set(range(self._fixed, self._count))
        middle = self._slots.mean(axis=0)
        while waiting:
            known = {k: [n for n in self._near[k] if n in done] for k in waiting}
            k = max(sorted(waiting), key=lambda k: (len(known[k]), -len(self._near[k])))
            wish = self._points[known[k]].mean(axis=0) if known[k] else middle
            free = [s for s in range(len(self._slots)) if s not in self._taken]
            self._put(k, min(free, key=lambda s: float(((self._slots[s] - wish) ** 2).sum())))
            waiting.discard(k)
            done.add(k)

    def anneal(self, steps: int) -> None:
        """Move boxes to free slots, or swap two, by simulated annealing."""
        for step in range(steps):
            heat = HOT * (COLD / HOT) ** (step / steps)
            k = self._random.randrange(self._fixed, self._count)
            slot = self._proposal(k, 1 - step / steps)
            other = self._taken.get(slot)
            if other == k:
                continue
            moved = [k] if other is None else [k, other]
            before = self._energy(moved)
            home = self._slot_of[k]
            self._swap(k, slot, other, home)
            change = self._energy(moved) - before
            if change > 0 and self._random.random() >= math.exp(-change / heat):
                self._swap(k, home, other, slot)

    def settle(self) -> None:
        """Move each box in turn to its best slot, until none moves."""
        for _ in range(SWEEPS):
            still = True
            for k in range(self._fixed, self._count):
                still = not self._best_slot(k) and still
            if still:
                return

    def _best_slot(self, k: int) -> bool:
        home, best, gain = self._slot_of[k], None, -1e-6
        for slot in range(len(self._slots)):
            other = self._taken.get(slot)
            if slot == home:
                continue
            moved = [k] if other is None else [k, other]
            before = self._energy(moved)
            self._swap(k, slot, other, home)
            change = self._energy(moved) - before
            self._swap(k, home, other, slot)
            if change < gain:
                best, gain = slot, change
        if best is not None:
            self._swap(k, best, self._taken.get(best), home)
        return best is not None

    def boxes(self) -> list[Rectangle]:
        """The moving boxes at their present positions."""
        return [
            Rectangle(
                int(self._points[k][0]),
                int(self._points[k][1]),
                *self._scene.sizes[k - self._fixed],
            )
            for k in range(self._fixed, self._count)
        ]

    def _put(self, k: int, slot: int) -> None:
        self._slot_of[k] = slot
        self._taken[slot] = k
        self._points[k] = self._slots[slot]

    def _swap(self, k: int, slot: int, other: int | None, home: int) -> None:
        del self._taken[self._slot_of[k]]
        if other is not None:
            self._put(other, home)
        self._put(k, slot)

    def _proposal(self, k: int, share: float) -> int:
        """A slot near the neighbours or the box itself; the reach shrinks with `share`."""
        near = self._near[k]
        if near and self._random.random() < 0.5:
            centre = self._points[near].mean(axis=0)
        else:
            centre = self._points[k]
        reach = 60 + 500 * share
        angle = self._random.random() * 2 * math.pi
        radius = reach * self._random.random()
        wish = centre + radius * np.array([math.cos(angle), math.sin(angle)])
        return int(((self._slots - wish) ** 2).sum(axis=1).argmin())

    def _energy(self, moved: list[int]) -> float:
        """The cost of the arrows at the moved boxes, and of arrows through these boxes."""
        edges = np.unique(np.concatenate([self._edges_of[k] for k in moved]))
        a, b = self._points[self._a], self._points[self._b]
        total = 0.0
        if len(edges):
            ea, eb = a[edges], b[edges]
            weight = self._weight.copy()
            weight[edges] *= 0.5  # a crossing of two of them counts twice
            total += CROSSING * float((crossings(ea, eb, a, b) * weight).sum())
            through = hits(ea, eb, self._points[: self._count], self._half) & ~self._own[edges]
            total += THROUGH * float(through.sum())
            step = eb - ea
            total += LENGTH / 100 * float(np.sqrt((step**2).sum(axis=1)).sum())
            total += BACKWARD / 100 * float(np.maximum(0, -step[:, 0]).sum())
        rest = self._arrows.copy()
        rest[edges] = False
        through = hits(a[rest], b[rest], self._points[moved], self._half[moved])
        total += THROUGH * float((through & ~self._own[rest][:, moved]).sum())
        return total
