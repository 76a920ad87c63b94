"""The numbers of the watched parts of a model, with the constants of one run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.engine.helpers.primitives import Vector
from simdistrict.engine.interpreted import bind
from simdistrict.engine.layout import HELD_TIME, MOVING_TIME, SLACK, SWITCH_TIME, TIME
from simdistrict.engine.program import Program
from simdistrict.engine.watched import Watched
from simdistrict.model.model import Model
from simdistrict.run.preflight.intended import IntendedRun, RunWarning

# columns of the numbers: the label's slot, and whether the part can have an effect
PLACE, LIVE, FIRST = 0, 1, 2
# most numbers to compute after a run, a fraction of a second in CPython
_MOST = 100_000
Rows = Sequence[Sequence[float]] | Reals
Functions = dict[str, Callable[..., None]]


@dataclass(frozen=True)
class Part:
    """A watched part with its numbers: (states of the constants, times, labels, numbers).

    Before a run, the first state is its start; others follow as its policies come into force. The
    times are its start and its end where the numbers depend on time. After a run, there is one
    state, and the times are saved points.
    """

    watched: Watched
    numbers: Reals

    @property
    def live(self) -> NDArray[np.bool_]:
        """Whether each label can have an effect at any time: (states, labels)."""
        alive: NDArray[np.bool_] = (self.numbers[..., LIVE] != 0.0).any(axis=1)
        return alive

    def column(self, k: int) -> Reals:
        """The k-th number of the kind at the start: (states, labels)."""
        return self.numbers[:, 0, :, FIRST + k]


def parts_of(run: IntendedRun) -> tuple[Part, ...]:
    """The watched parts of a model whose numbers are known before the run."""
    watch = run.program.watch
    if not watch.foreseen:
        return ()
    table = _computed(watch.source, partial(_table, run))
    return tuple(_divided(watch.foreseen, table))


def _computed(source: str, compute: Callable[[Functions], Reals]) -> Reals:
    """What a function computes with those of a source."""
    try:
        return compute(bind(source, guarded=False))
    except (ArithmeticError, ValueError):
        # a division by zero, which a run computes as IEEE 754 has it; to compile for it takes long
        return compute(bind(source, guarded=True))


def parts_seen(program: Program, times: Sequence[float], rows: Rows) -> tuple[Part, ...]:
    """The watched parts whose numbers a run computes. rows: of the vector at some saved points."""
    watch = program.watch
    per_row = sum(watched.rounds * watched.width for watched in watch.seen)
    if not per_row or not len(rows):
        return ()
    most = max(2, min(len(rows), _MOST // per_row))
    points = np.unique(np.linspace(0, len(rows) - 1, most).astype(int))
    tables = program.layout.template[program.layout.values :]

    def table(functions: Functions) -> Reals:
        seen = functions["seen"]
        found = [_numbers(seen, SavedRow(rows[k], tables), times[k]) for k in points.tolist()]
        return np.array([found])

    return tuple(_divided(watch.seen, _computed(watch.source, table)))


class SavedRow:
    """The vector of a run at a saved point, of which a function reads a few numbers.

    Numbers are Python's own, with which equations compute faster than with numpy's; a list of all
    of them would take longer to make than the run itself.
    """

    __slots__ = ("_numbers", "_set", "_size", "_tables")

    def __init__(self, numbers: Sequence[float] | Reals, tables: Sequence[float]) -> None:
        self._numbers, self._tables, self._size = numbers, tables, len(numbers)
        self._set: dict[int, float] = {}

    def __getitem__(self, k: int) -> float:
        if k in self._set:
            return self._set[k]
        return float(self._numbers[k]) if k < self._size else self._tables[k - self._size]

    def __setitem__(self, k: int, value: float) -> None:
        self._set[k] = value


def _table(run: IntendedRun, functions: Functions) -> Reals:
    """All numbers: (states of the constants, times, numbers)."""
    grid = run.grid
    moving = any(not watched.constant for watched in run.program.watch.foreseen)
    times = (grid.start, grid.stop) if moving else (grid.start,)
    vectors = _states(run, functions["once"])
    found = [[_numbers(functions["foreseen"], v, time) for time in times] for v in vectors]
    return np.array(found)


def _states(run: IntendedRun, once: Callable[..., None]) -> Iterator[Vector]:
    """The vector with the constants at the start, and with those of one policy after the other."""
    vector = list(run.constants)
    vector[SLACK] = run.grid.slack
    once(vector)
    yield vector
    slots = run.program.layout.slots
    for policy in run.resolved.policies:
        for change in policy.changes:
            for place in change.places:
                vector[slots[change.element].offset + place] = change.value
        once(vector)
        yield vector


def _numbers(function: Callable[..., None], vector: Vector | SavedRow, time: float) -> list[float]:
    """The numbers at a time."""
    for place in (TIME, HELD_TIME, SWITCH_TIME, MOVING_TIME):
        vector[place] = time
    found: list[float] = []
    function(vector, found)
    return found


def _divided(watched: tuple[Watched, ...], table: Reals) -> Iterator[Part]:
    """The numbers of each part; table: (states, times, all numbers)."""
    at = 0
    for one in watched:
        stop = at + one.rounds * one.width
        shape = (*table.shape[:2], one.rounds, one.width)
        yield Part(one, table[:, :, at:stop].reshape(shape))
        at = stop


@dataclass(frozen=True, slots=True)
class Remark:
    """What one label of a watched part means for a run.

    place: the label's slot in the element, -1 where all labels are alike; what: without a subject.
    """

    kind: str
    watched: Watched
    place: int
    what: str
    hint: str = ""


def place_of(part: Part, column: int) -> int:
    """The slot of a label in messages; -1 where the numbers do not depend on labels."""
    return int(part.numbers[0, 0, column, PLACE]) if part.watched.rounds > 1 else -1


def merged(run: IntendedRun, remarks: Iterable[Remark]) -> Iterator[RunWarning]:
    """Warnings, one for all elements and labels about which the same is to be said."""
    groups: dict[tuple[str, str, str], list[Remark]] = {}
    for remark in remarks:
        groups.setdefault((remark.kind, remark.what, remark.hint), []).append(remark)
    model = run.model
    for (kind, what, hint), group in groups.items():
        watched = group[0].watched
        where = f"model {model.name}" + (f", line {watched.line}" if watched.line else "")
        names = tuple(dict.fromkeys(_name(model, remark) for remark in group))
        yield RunWarning(kind, where, what, hint, watched.element, watched.line, names)


def _name(model: Model, remark: Remark) -> str:
    """The element with its labels."""
    element = model[remark.watched.element]
    shape = model.shape(element)
    if not shape or remark.place < 0:
        return element.name
    position = tuple(map(int, np.unravel_index(remark.place, shape)))
    return f"{element.name}[{','.join(model.labels_at(element, position))}]"
