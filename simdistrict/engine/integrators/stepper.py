"""Runs that a caller moves step by step, reading and setting values between steps.

A stepper holds the memory of `loop` and calls it for the points of a stretch, so a run in any
number of pieces has the bits of a run in one piece. This module runs in CPython;
`native.stepper` runs machine code.

Values at the present point come from a step whose end is thrown away. Reading changes nothing,
and non-negative stocks limit their flows as in the run.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from simdistrict.engine.integrators import loop
from simdistrict.engine.integrators.fixed import work_size
from simdistrict.engine.integrators.loop import Memory, Task
from simdistrict.engine.integrators.schedule import Move, task_of
from simdistrict.engine.interpreted import Kernel, Numbers
from simdistrict.engine.layout import record_size
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid

if TYPE_CHECKING:
    from simdistrict.base.arrays import Reals


@dataclass(frozen=True)
class Course:
    """What all members of a stepper share.

    constants: the vector before the run, with the scenario's values in it; integrator: euler or
    rk4; kept: the slots to save at the grid's saved points; sampled: slots of constants that
    differ between members from the start on.
    """

    program: Program
    grid: TimeGrid
    constants: Sequence[float]
    moves: Sequence[Move] = ()
    integrator: str = "euler"
    kept: Sequence[int] = ()
    sampled: Sequence[int] = ()


@dataclass(frozen=True, eq=False)
class Snapshot:
    """All that a stepper needs to go on, in this process or in another one.

    point: the present time point; values: (members, layout.values); records: (members, points so
    far, recorded); steered: the slots of constants that the caller has set; base: (members,
    constants that change), in the order of `Task.changed`; ended: (members,), as in
    `loop.Memory`; given: as in `loop.Task`.
    """

    point: int
    values: Reals
    records: Reals
    steered: tuple[int, ...]
    base: Reals
    ended: Reals
    given: bool


@dataclass(eq=False)
class Block:
    """Members side by side: their memory, and the arguments of a call as a backend takes them."""

    memory: Memory
    arguments: Any = None


@dataclass(eq=False)
class _Look:
    """The values that callers read, at the present point.

    slots: slot -> its column in `values`, (members, columns), None where they are out of date.
    task, blocks: evaluate the present point; they are made again when a caller reads more.
    """

    slots: dict[int, int] = field(default_factory=dict)
    values: Reals | None = None
    task: Task | None = None
    blocks: list[Block] = field(default_factory=list)


class Stepper:
    """Members of one course side by side, all at the same time point, in CPython.

    point: the present time point. samples: (members, sampled), default one member. Slots are
    indices of the vector; arrays have one row per member.
    """

    lanes = 1

    def __init__(self, course: Course, samples: Reals | None = None) -> None:
        self.course = course
        self.numbers = Numbers(course.program)
        self.members = 1 if samples is None else len(samples)
        self.point = 0
        self.rows: Sequence[int] = list(course.grid.saved) if len(course.kept) else []
        self.steered: tuple[int, ...] = ()
        self.given = False
        self.load()
        self._look = _Look()
        self.task = self.tables(self._task(self.rows, course.kept))
        count = -(-self.members // self.lanes)
        self.blocks = [Block(self._memory(self.task)) for _ in range(count)]
        self.samples = np.zeros((1, 0)) if samples is None else samples
        self._begin(self.samples)

    # ------------------------------------------------------------------ what a backend decides

    def load(self) -> None:
        """Get ready for calls."""
        self.kernel = Kernel(self.course.program)

    def tables(self, task: Task) -> Task:
        """The task with its tables as this backend takes them."""
        return task

    def vector(self, size: int) -> Any:
        """A vector of zeros."""
        return [0.0] * size

    def call(
        self, block: Block, task: Task, since: int, until: int, row: int, samples: Any = None
    ) -> None:
        """`loop.members` for one block; samples: only where runs begin."""
        given = self.course.constants, samples
        loop.members(self.kernel, block.memory, task, *given, 0, 1, since, until, row)

    def get(self, vector: Any, slots: Sequence[int]) -> Reals:
        """(lanes, slots) of a vector."""
        return np.array([[vector[slot] for slot in slots]], float)

    def put(self, vector: Any, slots: Sequence[int], values: Reals) -> None:
        """Set (lanes, slots) of a vector."""
        for slot, value in zip(slots, values[0].tolist(), strict=True):
            vector[slot] = value

    def part(self, vector: Any, first: int, count: int) -> Any:
        """A copy of consecutive slots."""
        return vector[first : first + count]

    def each(self, work: Callable[[int], None], steps: int) -> None:
        """Do some work for each block, which takes so many steps."""
        for k in range(len(self.blocks)):
            work(k)

    # ------------------------------------------------------------------ tasks and memory

    def _task(self, rows: Sequence[int], saved: Sequence[int]) -> Task:
        course = self.course
        return task_of(
            course.grid,
            [move for move in course.moves if move.place not in self.steered],
            rows,
            saved,
            course.sampled,
            integrator=course.integrator,
            steered=self.steered,
            given=self.given,
        )

    def _memory(self, task: Task) -> Memory:
        numbers, program = self.numbers, self.course.program
        record = record_size(program.layout, task.steps + 1)
        kept = task.n_rows * task.n_saved
        sizes = (numbers.size + record, task.n_changed, work_size(numbers), kept, 1)
        return Memory(*(self.vector(size * self.lanes) for size in sizes))

    def _begin(self, samples: Reals) -> None:
        """Compute the initial values of all members."""
        count = samples.shape[1]
        for block, own in zip(self.blocks, self._shared_out(samples), strict=True):
            given = self.vector(count * self.lanes)
            self.put(given, range(count), own)
            self.call(block, self.task, -1, 0, 0, given)
        self._check()

    def restart(self) -> None:
        """Go back to the start of the run, as if it were new."""
        self.point, self.steered, self.given = 0, (), False
        self._renew({})
        self.forget()
        self._begin(self.samples)

    def _all(self, part: Callable[[Memory], Reals]) -> Reals:
        """(members, n): what a function of a memory gives for each block."""
        return np.concatenate([part(block.memory) for block in self.blocks])[: self.members]

    def _shared_out(self, values: Reals) -> Iterable[Reals]:
        """(lanes, n) for each block; lanes without a member repeat the last one."""
        short = len(self.blocks) * self.lanes - len(values)
        whole = np.concatenate([values, np.repeat(values[-1:], short, 0)]) if short else values
        return [whole[k : k + self.lanes] for k in range(0, len(whole), self.lanes)]

    def _put_all(self, name: str, slots: Sequence[int], values: Reals) -> None:
        """Set (members, slots) of the vector of that name in the memory."""
        for block, own in zip(self.blocks, self._shared_out(values), strict=True):
            self.put(getattr(block.memory, name), slots, own)

    # ------------------------------------------------------------------ steps

    @property
    def ended(self) -> Reals:
        """(members,): the time point at which a stock was not finite, below zero where none was."""
        return self._all(lambda memory: self.get(memory.ended, (0,)))[:, 0]

    def step(self, count: int) -> None:
        """Go on by so many time points, or until all members have ended.

        Raises ValueError beyond the end of the grid.
        """
        since, until = self.point, self.point + count
        if count < 0 or until > self.task.steps:
            raise ValueError(f"{count} steps from point {since} of {self.task.steps}")
        if count == 0 or self.over:
            return
        row = bisect_left(self.rows, since)
        self.each(lambda k: self.call(self.blocks[k], self.task, since, until, row), count)
        self.point = until
        self.forget()
        if self._check():
            self.point = int(self.ended.max())

    @property
    def over(self) -> bool:
        """Whether all members have ended early."""
        return self._over

    def _check(self) -> bool:
        """Note the present point in `ended` where a stock is not finite there; `over`."""
        first, count = self.numbers.stocks, self.numbers.n_stocks
        over = True
        for block in self.blocks:
            memory = block.memory
            if not self.finite(memory.v, first, count):
                bad = ~np.isfinite(self.get(memory.v, range(first, first + count))).all(axis=1)
                past = self.get(memory.ended, (0,))[:, 0]
                now = np.where(bad & (past < 0), float(self.point), past)
                self.put(memory.ended, (0,), now[:, None])
            over = over and not self.goes_on(memory)
        self._over = over
        return over

    def finite(self, vector: Any, first: int, count: int) -> bool:
        """Whether all numbers of a block of slots are finite."""
        return all(map(math.isfinite, vector[first : first + count]))

    def goes_on(self, memory: Memory) -> bool:
        """Whether any member of a block has not ended."""
        return memory.ended[0] < 0

    def forget(self) -> None:
        """The values that were read are out of date."""
        self._look.values = None

    # ------------------------------------------------------------------ reads

    def read(self, slots: Sequence[int]) -> Reals:
        """(members, slots): values at the present point; NaN for members that have ended."""
        look = self._look
        fresh = [slot for slot in slots if slot not in look.slots]
        if fresh:
            count = len(look.slots)
            look.slots.update({slot: count + k for k, slot in enumerate(dict.fromkeys(fresh))})
            look.task = look.values = None
        if look.values is None:
            look.values = self._evaluated(look)
        return look.values[:, [look.slots[slot] for slot in slots]]

    def _evaluated(self, look: _Look) -> Reals:
        if look.task is None:
            task = self._task([self.point], list(look.slots))
            if not self.numbers.n_bounded:
                task = task._replace(stages=1)
            look.task = self.tables(task)
            look.blocks = [Block(self._looking(b.memory, task.n_saved)) for b in self.blocks]
        rows: Any = look.task.rows
        rows[0] = self.point
        self.each(self._evaluate, 1)
        n = len(look.slots)
        found = [self.get(block.memory.out, range(n)) for block in look.blocks]
        return np.concatenate(found)[: self.members]

    def _looking(self, memory: Memory, count: int) -> Memory:
        """The memory in which the present point is evaluated."""
        out = self.vector(count * self.lanes)
        if not self.numbers.n_bounded:
            return memory._replace(out=out)
        v, work, ended = (self.vector(len(x)) for x in (memory.v, memory.work, memory.ended))
        return Memory(v, memory.base, work, out, ended)

    def _evaluate(self, k: int) -> None:
        """Evaluate the present point in one block."""
        look, numbers = self._look, self.numbers
        assert look.task is not None
        memory, block = self.blocks[k].memory, look.blocks[k]
        if numbers.n_bounded:
            block.memory.v[:] = memory.v
            block.memory.ended[:] = memory.ended
            self.call(block, look.task, self.point, self.point + 1, 0)
            return
        # of what a step without limits changes, only the stocks and samples are not computed again
        blocks = (numbers.stocks, numbers.n_stocks), (numbers.held, numbers.n_sampled)
        kept = [(first, self.part(memory.v, first, count)) for first, count in blocks]
        self.call(block, look.task, self.point, self.point + 1, 0)
        for first, before in kept:
            start = first * self.lanes
            memory.v[start : start + len(before)] = before

    def stocks(self, slots: Sequence[int]) -> Reals:
        """(members, slots): stocks at the present point, which need no evaluation.

        Those of a program with non-negative stocks may depend on limited flows at the start.
        """
        return self._all(lambda memory: self.get(memory.v, slots))

    def saved(self) -> Reals:
        """(members, rows, kept): the rows saved before the present point; NaN after an end."""
        count, kept = bisect_left(self.rows, self.point), len(self.course.kept)
        flat = self._all(lambda memory: self.get(memory.out, range(count * kept)))
        found = flat.reshape(self.members, count, kept)
        ended = self.ended[:, None]
        found[(ended >= 0) & (np.array(self.rows[:count]) >= ended)] = math.nan
        return found

    # ------------------------------------------------------------------ changes

    def steer(self, slots: Sequence[int], values: Reals) -> None:
        """Set constants from the present point on; policies change them no more.

        values: (members, slots).
        """
        fresh = tuple(dict.fromkeys(slot for slot in slots if slot not in self.steered))
        if fresh:
            base = self._bases()
            self.steered = (*self.steered, *fresh)
            self._renew(base)
        self._put_all("base", [self.steered.index(slot) for slot in slots], values)
        self.forget()

    def _bases(self) -> dict[int, Reals]:
        """(members, 1) for each constant that changes."""
        every = self._all(lambda m: self.get(m.base, range(self.task.n_changed)))
        return {int(self.task.changed[k]): every[:, k : k + 1] for k in range(every.shape[1])}

    def _renew(self, base: Mapping[int, Reals]) -> None:
        """Make the task again; base: of the constants that change so far."""
        self.task = task = self.tables(self._task(self.rows, self.course.kept))
        self._look.task = None
        for block in self.blocks:
            block.memory = block.memory._replace(base=self.vector(task.n_changed * self.lanes))
            block.arguments = None
        for column in range(task.n_changed):
            if task.changed[column] in base:
                self._put_all("base", (column,), base[task.changed[column]])

    def set_stocks(self, slots: Sequence[int], values: Reals) -> None:
        """Set stocks at the present point; values: (members, slots)."""
        self.settle_start()
        self._put_all("v", slots, values)
        self.forget()
        self._check()

    def settle_start(self) -> None:
        """Finish initial values that depend on limited flows, before a caller changes others."""
        if self.point > 0 or self.given or not self.numbers.n_bounded:
            return
        layout = self.course.program.layout
        held = layout.held_samples
        slots = [k for k in range(layout.values) if not held.start <= k < held.stop]
        self._put_all("v", slots, self.read(slots))
        base = self._bases()
        self.given = True
        self._renew(base)

    # ------------------------------------------------------------------ snapshots

    def snapshot(self) -> Snapshot:
        """All that a stepper of the same course needs to go on from here."""
        layout, count = self.course.program.layout, self.numbers.n_recorded
        points = range(self.numbers.size, self.numbers.size + self.point * count)
        return Snapshot(
            self.point,
            self._all(lambda m: self.get(m.v, range(layout.values))),
            self._all(lambda m: self.get(m.v, points)).reshape(self.members, self.point, count),
            self.steered,
            self._all(lambda m: self.get(m.base, range(self.task.n_changed))),
            self.ended,
            self.given,
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go on from a snapshot of a stepper of the same course."""
        layout, count = self.course.program.layout, self.numbers.n_recorded
        self.point = snapshot.point
        self.steered, self.given = snapshot.steered, snapshot.given
        self._renew({})
        points = range(self.numbers.size, self.numbers.size + self.point * count)
        self._put_all("v", range(layout.values), snapshot.values)
        self._put_all("v", points, snapshot.records.reshape(self.members, -1))
        self._put_all("base", range(self.task.n_changed), snapshot.base)
        self._put_all("ended", (0,), snapshot.ended[:, None])
        self.forget()
        self._check()

    def adopt(self, other: Stepper, fresh: Sequence[int]) -> None:
        """Go on where a stepper of another program is, by the names of the symbols.

        fresh: slots of constants to steer from here on, which begin with the values that the other
        program computes for the symbols of the same name.
        """
        other.settle_start()
        old_of: dict[int, int] = {}
        for one, twin in self.course.program.layout.shared(other.course.program.layout):
            old_of |= {one.offset + k: twin.offset + k for k in range(one.size)}
        new_of = {before: now for now, before in old_of.items()}
        present = other.read([old_of[slot] for slot in fresh])
        old = other.snapshot()
        values = self.snapshot().values
        values[:, list(old_of)] = old.values[:, list(old_of.values())]
        # no number equals it, so the next evaluation computes what depends on the constants
        values[:, list(fresh)] = math.nan
        records = np.zeros((self.members, old.point, self.numbers.n_recorded))
        for slot, new in new_of.items():
            column, place = slot - other.numbers.recorded, new - self.numbers.recorded
            if 0 <= column < other.numbers.n_recorded and 0 <= place < self.numbers.n_recorded:
                records[:, :, place] = old.records[:, :, column]
        steered = (new_of[slot] for slot in other.steered if slot in new_of)
        self.steered = tuple(dict.fromkeys((*steered, *fresh)))
        self.given = old.given or old.point == 0
        base = {new_of[slot]: number for slot, number in other._bases().items() if slot in new_of}
        base |= {slot: present[:, k : k + 1] for k, slot in enumerate(fresh)}
        task = self._task(self.rows, ())
        changed = [task.changed[k] for k in range(task.n_changed)]
        every = np.hstack([np.zeros((self.members, 0)), *(base[slot] for slot in changed)])
        found = Snapshot(old.point, values, records, self.steered, every, old.ended, self.given)
        self.restore(found)
