"""Constants that change during a run because a policy changes them.

Several changes of one constant act on top of each other in the order of their starts: each leads
from the value at that time to its own target. `loop.apply` puts them into effect.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from simdistrict.engine.helpers.primitives import IntTable
from simdistrict.engine.integrators.loop import Task, share
from simdistrict.model.model import TimeGrid


@dataclass(frozen=True, slots=True)
class Move:
    """One change of a constant to a target value.

    place: its slot in the vector; start, end: dates in the model's time unit, end None for good;
    ramp: how long the change takes, each way; zero for a jump.
    """

    place: int
    target: float
    start: float
    end: float | None = None
    ramp: float = 0.0

    @property
    def until(self) -> float:
        """The end, infinity for good."""
        return math.inf if self.end is None else self.end

    def share(self, t: float, s: float) -> float:
        """How much of the change has happened, see `loop.share`."""
        return share(t, s, self.start, self.until, self.ramp)


def task_of(
    grid: TimeGrid,
    moves: Sequence[Move],
    rows: IntTable,
    saved: IntTable,
    sampled: IntTable = (),
    *,
    integrator: str = "euler",
    steered: Sequence[int] = (),
    given: bool = False,
) -> Task:
    """The task of a batch of runs.

    rows: numbers of the time points to save, ascending; saved: the slots to save there; sampled:
    slots of the numbers that differ from run to run; steered: slots of constants that the caller
    changes between steps, by their base; given: as in `loop.Task`.
    """
    by_place: dict[int, list[Move]] = {place: [] for place in steered}
    for move in sorted(moves, key=lambda m: m.start):
        by_place.setdefault(move.place, []).append(move)
    first = [0]
    for group in by_place.values():
        first.append(first[-1] + len(group))
    ordered = [move for group in by_place.values() for move in group]
    count = len(saved)
    if not isinstance(saved, range):
        adjacent = count > 0 and all(saved[k] == saved[0] + k for k in range(count))
    else:
        adjacent = count > 0 and saved.step == 1
    return Task(
        *grid.whole,
        grid.slack,
        grid.time_step,
        grid.steps,
        4 if integrator == "rk4" else 1,
        len(by_place),
        tuple(by_place),
        first,
        [move.target for move in ordered],
        [move.start for move in ordered],
        [move.until for move in ordered],
        [move.ramp for move in ordered],
        len(rows),
        rows,
        count,
        saved,
        int(adjacent),
        len(sampled),
        sampled,
        int(given),
    )


def dates(task: Task) -> list[float]:
    """Every date at which a change begins, is complete, or ends."""
    found: list[float] = []
    for k in range(len(task.targets)):
        for date in (task.starts[k], task.ends[k]):
            found += [date, date + task.ramps[k]]
    return found
