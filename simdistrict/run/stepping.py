"""One run, or many side by side, that a caller steps.

`SteppedRun` knows names and labels, and what may be set; `engine.integrators.stepper` has the
numbers. Values are arrays with one row per member.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simdistrict.base.errors import EngineError, Problem, ScenarioError
from simdistrict.engine.backends import ADAPTIVE
from simdistrict.engine.integrators.fixed import ending_of
from simdistrict.engine.integrators.schedule import Move
from simdistrict.engine.integrators.stepper import Course, Snapshot, Stepper
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.engine.program import Program
from simdistrict.model.causality import grid_constants
from simdistrict.model.expr import Number, fold
from simdistrict.model.model import CONTROL, Constant, Element, Equation, Model, Stock, as_kind
from simdistrict.result.dataset import Result, build_result
from simdistrict.result.selection import Selection
from simdistrict.run.cost import check_stepping
from simdistrict.run.parts import Part, part_of
from simdistrict.run.plan import (
    Plan,
    Prepared,
    check_free,
    constants_of,
    lowered,
    moves_of,
    repeated,
)
from simdistrict.run.saving import selection_of, spelled
from simdistrict.run.simulate import provenance, run_of
from simdistrict.scenario.places import with_article

if TYPE_CHECKING:
    from simdistrict.base.arrays import Reals

# computes all values of a replaced element
Source = Callable[[], "Reals"]


@dataclass(frozen=True, eq=False)
class Drawn:
    """Constants that differ between members from the start on.

    slots: in the vector; numbers: (members, slots).
    """

    slots: tuple[int, ...]
    numbers: Reals


class SteppedRun:
    """One run of a plan, or several members, which the caller steps.

    save: as of `saving.selection_of`; empty to keep no results. drawn: None for one member.
    Raises EngineError where the plan's integrator or backend takes no steps of equal length.
    """

    def __init__(self, plan: Plan, save: str = "all", drawn: Drawn | None = None) -> None:
        _check_way(plan)
        self.plan = plan
        self.prepared = plan.prepared
        self.selection = selection_of([plan], save) if save else Selection(frozenset())
        self._save = save
        self._names = [n for n in plan.prepared.program.order if n in self.selection.names]
        self._native = repeated(plan) == "native"
        # values saved by steppers before the present one, and the first point of the present one
        self._rows: list[Reals] = []
        self._times: list[float] = []
        self._since = 0
        # the point of the state from which the run was restored
        self._origin = 0
        self._sources: dict[str, Source | None] = {}
        self._effects: Mapping[str, frozenset[str]] = {}
        # replaced elements whose values at the present point are known, or being computed
        self._known: set[str] = set()
        self._busy: list[str] = []
        self._touched: dict[str, None] = {}
        # parts by the names that were used, and folded names of what was set before
        self._parts: dict[str, Part] = {}
        self._settable: set[str] = set()
        # false while an exception may have left the members at different points
        self._sound = True
        course = Course(
            self.program,
            plan.grid,
            constants_of(plan),
            moves_of(plan),
            plan.integrator,
            self._kept(self.program),
            drawn.slots if drawn else (),
        )
        members = len(drawn.numbers) if drawn else 1
        check_stepping(self.program, plan.grid, members, len(course.kept))
        self.stepper = self._stepper(course, drawn.numbers if drawn else None)
        # many members begin again instead, because their snapshot is as large as they are
        self._start = self.stepper.snapshot() if members == 1 else None

    def _stepper(self, course: Course, samples: Reals | None = None) -> Stepper:
        if not self._native:
            return Stepper(course, samples)
        from simdistrict.engine.native.stepper import NativeStepper

        return NativeStepper(course, samples)

    def _kept(self, program: Program) -> list[int]:
        slots = [program.shown(name) for name in self._names]
        return [k for slot in slots for k in range(slot.offset, slot.offset + slot.size)]

    # ------------------------------------------------------------------ where it is

    @property
    def model(self) -> Model:
        """The model as loaded, without replaced elements."""
        return self.plan.prepared.model

    @property
    def program(self) -> Program:
        """The program that runs."""
        return self.prepared.program

    @property
    def time(self) -> float:
        """The present time."""
        return self.plan.grid.at(self.stepper.point)

    @property
    def done(self) -> bool:
        """Whether there is no further step: at the end, or where all members have ended early."""
        return self.stepper.over or self.stepper.point >= self.plan.grid.steps

    @property
    def ending(self) -> Ending:
        """How the run of the first member ended; one that goes on is complete up to now."""
        failed = int(self.stepper.ended[0])
        if failed < 0:
            return Ending(Outcome.completed, self.time)
        vector = self.stepper.snapshot().values[0]
        return ending_of(self.program, self.plan.grid, vector, failed)

    # ------------------------------------------------------------------ steps

    def step(self, count: int) -> None:
        """Go on by so many steps; nothing happens where all members have ended early.

        Raises EngineError beyond the end of the run.
        """
        self._check_free_to_move("step")
        left = self.plan.grid.steps - self.stepper.point
        if count < 0:
            raise EngineError(Problem("step", f"{count} steps lead back; a run only goes on"))
        if self.stepper.over:
            return
        if count > left:
            stop = self.plan.grid.stop
            what = f"the run ends at {stop:.10g}, {left} steps from now, and {count} are requested"
            hint = "start it with a later final_time, or stop where `done` is true"
            raise EngineError(Problem("step", what, hint))
        # functions are called before each step; without any, the engine takes all steps at once
        for steps in [1] * count if self._sources else [count]:
            self._ensure(self._sources)
            self._sound = False
            self.stepper.step(steps)
            self._sound = True
            self._known.clear()

    def run_to(self, time: float) -> None:
        """Go on to a time point. Raises EngineError for a time that is none, or has passed."""
        grid = self.plan.grid
        if self.stepper.over:
            return
        point = grid.point(time)
        if point is None:
            what = f"{time:.10g} is no time point; the time step is {grid.time_step:.10g}"
            low, high = grid.around(time if math.isfinite(time) else grid.start)
            raise EngineError(Problem("run_to", what, f"use {low:.10g} or {high:.10g}"))
        if point < self.stepper.point:
            what = f"{time:.10g} has passed: the present time is {self.time:.10g}"
            raise EngineError(Problem("run_to", what, "start another run, or restore a state"))
        self.step(point - self.stepper.point)

    def reset(self) -> None:
        """Go back to the start of the run; replaced elements stay replaced."""
        self._check_free_to_move("reset")
        self._rows, self._times, self._since, self._origin = [], [], 0, 0
        if self._start is None:
            self.stepper.restart()
        else:
            self.stepper.restore(self._start)
        self._known.clear()
        self._touched.clear()
        self._sound = True

    def _check_free_to_move(self, what: str) -> None:
        if self._busy:
            where = f'the function of "{self._busy[-1]}"'
            raise EngineError(Problem(where, f"it calls {what}; a function only reads values"))
        if what != "reset":
            self._check_sound(what)

    def _check_sound(self, what: str) -> None:
        if not self._sound:
            problem = "a step was interrupted, so its values are not known"
            raise EngineError(Problem(what, problem, "reset the run, or restore a state"))

    # ------------------------------------------------------------------ values

    def part(self, name: str, where: str) -> Part:
        """The part of the model that a name stands for, see `part_of`."""
        found = self._parts.get(name)
        if found is None:
            found = self._parts[name] = part_of(self.model, name, where)
        return found

    def read(self, part: Part) -> Reals:
        """(members, places) at the present time; NaN where the model defines none."""
        self._check_sound("read")
        self._ensure([name for name in self._sources if part.name in self._effects[name]])
        program = self.program
        slot = program.shown(part.name)
        slots = [slot.offset + place for place in part.places]
        is_stock = slot.kind == "stock" and not program.limits.stocks
        if is_stock and not self.stepper.over:
            found = self.stepper.stocks(slots)
        else:
            found = self.stepper.read(slots)
        if slot.defined is not None:
            defined = set(slot.defined)
            found[:, [place not in defined for place in part.places]] = math.nan
        return found

    def put(self, part: Part, values: Reals) -> None:
        """Set a constant, or a stock, from the present time on; values: (members, places).

        Raises ScenarioError for other kinds of elements and settings of the run.
        """
        self._check_free_to_move("set")
        if part.name not in self._settable:
            self._check_settable(part)
            self._settable.add(part.name)
        slot = self.program.layout.slots[part.name]
        slots = [slot.offset + place for place in part.places]
        if slot.defined is not None:
            columns = [k for k, place in enumerate(part.places) if place in slot.defined]
            slots, values = [slots[k] for k in columns], values[:, columns]
        if isinstance(part.element, Stock):
            self.stepper.set_stocks(slots, values)
        else:
            self.stepper.steer(slots, values)
        self._touched[f'sets "{part.text}"'] = None

    def _check_settable(self, part: Part) -> None:
        element, model = part.element, self.model
        hint = f's.replace("{element.name}", function) computes it from now on'
        if part.name in self._sources:
            what, hint = "a function computes it", "let the function return another value"
        elif part.name in CONTROL:
            what, hint = "it is a setting of the run", "give it to start(...)"
        elif part.name in grid_constants(model):
            what = f"{grid_constants(model)[part.name]} depends on it, which is fixed in a run"
            hint = "give it to start(..., params=...)"
        elif isinstance(element, Constant):
            check_free(self.prepared, [part.name])
            return
        elif isinstance(element, Stock):
            return
        else:
            what = f"it is {with_article(element)}, and only constants and stocks can be set"
        raise ScenarioError(Problem(f'"{part.text}"', what, hint))

    # ------------------------------------------------------------------ replaced elements

    def replace(self, name: str, source: Source | None) -> None:
        """Let a function compute an element from the present time on, once in each time step.

        source: gives all values of the element; None for one that another call will give. Raises
        ScenarioError for what cannot be replaced.
        """
        self._check_free_to_move("replace")
        part = self.part(name, f'replace "{name}"')
        if self.stepper.members > 1:
            raise ScenarioError(Problem(f'replace "{name}"', "only a single run can do this"))
        self._check_replaceable(part)
        if part.name not in self._sources:
            self._exchange({*self._sources, part.name}, part.name)
        self._sources[part.name] = source
        self._settable.discard(part.name)
        self._known.discard(part.name)
        self._touched[f'replaces "{part.text}"'] = None

    def _check_replaceable(self, part: Part) -> None:
        where = f'replace "{part.text}"'
        if not part.whole:
            what = "a function computes all labels of an element"
            raise ScenarioError(Problem(where, what, f'replace "{part.element.name}"'))
        if part.name in CONTROL or part.name in grid_constants(self.model):
            raise ScenarioError(Problem(where, "the time grid is fixed in a run"))
        check_free(self.prepared, [part.name])

    def _exchange(self, names: set[str], fresh: str) -> None:
        """Go on with a program in which the elements of these names are constants."""
        old, program = self.stepper, self.program
        self.prepared = variant(self.plan.prepared, names)
        self._effects = effects_of(self.prepared, names)
        constants, moves = carried(program, self.program, old.course)
        kept = self._kept(self.program)
        course = replace(
            old.course, program=self.program, constants=constants, moves=moves, kept=kept
        )
        self._store()
        start = self._start
        assert start is not None
        self.stepper = self._stepper(course)
        slot = self.program.layout.slots[fresh]
        slots = range(slot.offset, slot.offset + slot.size)
        first = self._stepper(replace(old.course, kept=()))
        first.restore(start)
        back = self._stepper(replace(course, kept=()))
        back.adopt(first, slots)
        self._start = back.snapshot()
        self.stepper.adopt(old, slots)
        self._since = self.stepper.point

    def _ensure(self, names: Sequence[str] | Mapping[str, object]) -> None:
        """Compute the values of replaced elements that are not known at the present point."""
        for name in names:
            if name in self._known or self.stepper.over:
                continue
            spelled_name = self.model.by_name[name].name
            if name in self._busy:
                asked = self.model.by_name[self._busy[-1]].name
                what = f'it reads what depends on "{spelled_name}" within the same time step'
                hint = "read stocks, or what depends on stocks and constants alone"
                raise EngineError(Problem(f'the function of "{asked}"', what, hint))
            source = self._sources[name]
            if source is None:
                what = "its function is not part of a saved state"
                hint = f's.replace("{spelled_name}", function) before the next step'
                raise EngineError(Problem(f'"{spelled_name}"', what, hint))
            self._busy.append(name)
            try:
                values = source()
            finally:
                self._busy.pop()
            slot = self.program.layout.slots[name]
            self.stepper.steer(range(slot.offset, slot.offset + slot.size), values[None])
            self._known.add(name)

    # ------------------------------------------------------------------ states

    @property
    def replaced(self) -> tuple[str, ...]:
        """Folded names of the replaced elements."""
        return tuple(self._sources)

    @property
    def known(self) -> tuple[str, ...]:
        """Folded names of those whose values at the present point are computed."""
        return tuple(name for name in self._sources if name in self._known)

    @property
    def touched(self) -> tuple[str, ...]:
        """What the caller has changed, in words."""
        return tuple(self._touched)

    def snapshot(self) -> Snapshot:
        """All numbers that the run needs to go on."""
        self._check_free_to_move("state")
        return self.stepper.snapshot()

    def restore(self, snapshot: Snapshot, known: Sequence[str], touched: Sequence[str]) -> None:
        """Go on from a snapshot; known and touched: as the properties of these names."""
        self.stepper.restore(snapshot)
        self._rows, self._times, self._since = [], [], snapshot.point
        self._origin = snapshot.point
        self._known = set(known)
        self._touched = dict.fromkeys(touched)

    # ------------------------------------------------------------------ results

    def _store(self) -> None:
        """Keep what the present stepper has saved."""
        rows, times = self._saved()
        self._rows.append(rows)
        self._times += times

    def _saved(self) -> tuple[Reals, list[float]]:
        """The rows that the present stepper has saved, and their times."""
        stepper = self.stepper
        before = [i for i in stepper.rows if i < stepper.point]
        count = sum(i >= self._since for i in before)
        rows = stepper.saved()[0][len(before) - count :]
        return rows, [self.plan.grid.at(i) for i in before[len(before) - count :]]

    def result(self) -> Result:
        """The saved points so far, with the present one where it is one: as of a run.

        Raises EngineError where nothing is saved.
        """
        if not self._names or self.stepper.members > 1:
            what = "no results are kept"
            raise EngineError(Problem("results", what, 'start it with save="all" or names'))
        rows, times = self._saved()
        parts, when = [*self._rows, rows], [*self._times, *times]
        if self.stepper.point in self.stepper.rows:
            self._ensure(self._sources)
            parts.append(self.stepper.read(self._kept(self.program)))
            when.append(self.time)
        every = np.vstack(parts)
        done, grid = len(every), self.plan.grid
        if self.stepper.over:
            done = sum(time < self.time for time in when)
            when += [time for time in map(grid.at, grid.saved) if time > self.time]
            every = np.vstack([every, np.full((len(when) - len(every), every.shape[1]), np.nan)])
        if not when:
            what = "no point has been saved since the state that the run goes on from"
            raise EngineError(Problem("results", what, "step to the next save step"))
        blocks: dict[str, Reals] = {}
        at = 0
        for name in self._names:
            size = self.plan.prepared.program.shown(name).size
            blocks[name] = every[:, at : at + size]
            at += size
        moved = bool(self._touched) or bool(moves_of(self.plan))
        run = run_of(self.plan, np.array(when), blocks, self.ending, done=done, moved=moved)
        record = dict(provenance([self.plan]))
        if self._save != "all":
            record["saved"] = spelled(self.model, self.selection)
        notes = [*self._touched]
        if self._origin > 0:
            notes.append(f"begins with a state at {grid.at(self._origin):.10g}")
        if not self.done:
            notes.append(f"stops at {self.time:.10g}")
        if notes:
            record["stepped"] = "; ".join(notes)
        return build_result(self.model, [run], record, self.selection)


def _check_way(plan: Plan) -> None:
    """Raise EngineError for a plan without steps of equal length, or of another program."""
    if plan.integrator in ADAPTIVE:
        what = f"{plan.integrator} chooses its own steps, and a caller moves by the time step"
        raise EngineError(Problem("start", what, 'use integrator="euler" or "rk4"'))
    if plan.backend not in ("native", "interpreted"):
        what = f'the backend "{plan.backend}" does not stop between steps'
        raise EngineError(Problem("start", what, 'use backend="native" or "interpreted"'))


def variant(prepared: Prepared, names: set[str]) -> Prepared:
    """The model with some elements, by folded name, as constants, which a caller steers."""

    def still(element: Element) -> Element:
        dims = tuple(map(fold, element.dims))
        equation = Equation(Number(0.0), subscripts=dims, line=element.equations[0].line)
        return as_kind(Constant, element, equations=(equation,))

    model = prepared.model
    elements = tuple(still(e) if fold(e.name) in names else e for e in model.elements)
    initial = tuple(name for name in prepared.initial if name not in names)
    return lowered(replace(model, elements=elements), initial)


def effects_of(prepared: Prepared, names: set[str]) -> Mapping[str, frozenset[str]]:
    """What depends on some elements within a time step, see `effects`."""
    from simdistrict.engine.lowering.effects import effects

    return effects(prepared.model, names, prepared.initial)


def carried(old: Program, new: Program, course: Course) -> tuple[list[float], list[Move]]:
    """The constants and policies of a course for a program with some more constants."""
    vector = list(new.layout.template)
    to: dict[int, int] = {}
    for slot, before in new.layout.shared(old.layout):
        if slot.kind == before.kind == "constant":
            for k in range(slot.size):
                vector[slot.offset + k] = course.constants[before.offset + k]
                to[before.offset + k] = slot.offset + k
    moves = [replace(move, place=to[move.place]) for move in course.moves if move.place in to]
    return vector, moves
