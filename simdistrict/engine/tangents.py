"""Derivatives of a run by its constants, exact for the steps that the run takes.

The equations and the loop through time are compiled with the rules of differentiation
(`native.dual`): a run of eight directions costs little more than one run, and no step of a finite
difference has to be chosen.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from threading import local

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem
from simdistrict.engine.integrators.loop import Task
from simdistrict.engine.integrators.schedule import Move, task_of
from simdistrict.engine.layout import Slot
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.engine.native.batch import cores
from simdistrict.engine.native.code import loaded_dual
from simdistrict.engine.native.dual import DIRECTIONS, WIDTH
from simdistrict.engine.native.frame import GridMemory, with_arrays
from simdistrict.engine.native.slices import on_threads
from simdistrict.engine.program import Program
from simdistrict.model.model import TimeGrid

_KEPT = 1 << 20  # numbers that a thread keeps before it hands them over
INTEGRATORS = ("euler", "rk4")


def obstacles(program: Program) -> list[tuple[str, str]]:
    """What in a program has no derivative: folded names of elements, each with the reason."""
    reasons = {f.python: f.without_slope for f in FUNCTIONS.values() if f.without_slope}
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(program.source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            reason = reasons.get(node.func.id)
            if reason:
                found.setdefault(program.origin.get(node.lineno, ""), reason)
    return list(found.items())


def _places(slot: Slot) -> range:
    return range(slot.offset, slot.offset + slot.size)


@dataclass(frozen=True, eq=False, slots=True)
class Sloped:
    """The saved values of runs with their derivatives.

    values: (members, points, places), with the bits of ordinary runs, NaN from where a member
    ended early; slopes: (members, points, places, directions).
    """

    values: Reals
    slopes: Reals


@dataclass(frozen=True, eq=False)
class Tangents:
    """Program, grid and settings that all members share; the fields are those of `Batch`.

    A number that decides only when or how often something happens (a date of PULSE, the duration
    of DELAY FIXED, what INTEGER cuts) has the derivative of the run between its jumps: zero.

    Raises EngineError for adaptive steps, where something has no derivative by name, and where a
    policy changes a sampled constant.
    """

    program: Program
    grid: TimeGrid
    constants: Sequence[float]
    sampled: Sequence[int]
    places: Sequence[int]
    points: Sequence[int]
    moves: Sequence[Move] = ()
    integrator: str = "euler"

    def __getstate__(self) -> dict[str, object]:
        """Without what is kept between calls, which belongs to a process."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    def __post_init__(self) -> None:
        problems = [
            Problem(f'element "{name}"', f"its equation has no derivative: {reason}")
            for name, reason in obstacles(self.program)
        ]
        moved = {move.place for move in self.moves}.intersection(self.sampled)
        names = [n for n, s in self.program.layout.slots.items() if moved & {*_places(s)}]
        problems += [Problem(f'constant "{n}"', "a policy changes it") for n in names]
        if self.integrator not in INTEGRATORS:
            what = f"the derivatives of {self.integrator} steps are not known"
            problems.append(Problem("integrator", what, f"use {' or '.join(INTEGRATORS)}"))
        if problems:
            raise EngineError(problems)

    @cached_property
    def task(self) -> Task:
        """The task of every run."""
        return with_arrays(
            task_of(
                self.grid,
                self.moves,
                self.points,
                self.places,
                self.sampled,
                integrator=self.integrator,
            )
        )

    @cached_property
    def _own(self) -> local:
        return local()

    def run(
        self, numbers: Reals, directions: Reals | None = None, threads: int | None = None
    ) -> Sloped:
        """Run one member per row of `numbers`, whose columns stand for the sampled places.

        directions: (directions, sampled), or (members, directions, sampled) where they differ
        from member to member: how fast each number moves; by default each sampled number alone.
        threads: default one per core.
        """
        numbers = np.ascontiguousarray(numbers, float)
        if directions is None:
            directions = np.eye(len(self.sampled))
        directions = np.broadcast_to(directions, (len(numbers), *directions.shape[-2:]))
        count = directions.shape[1]
        passes = max(-(-count // DIRECTIONS), 1)
        shape = (len(numbers), len(self.points), len(self.places))
        done = Sloped(np.empty(shape), np.empty((*shape, count)))
        work = _Work(self, numbers, directions, done, passes)
        chunks = list(work.chunks())
        threads = min(threads or cores(), len(chunks))
        if threads < 2:
            for chunk in chunks:
                work.do(chunk)
        else:
            on_threads(work.do, chunks, threads)
        return done


class _Work:
    """The runs of one call; a run takes eight directions, so that a member may need several."""

    def __init__(
        self, tangents: Tangents, numbers: Reals, directions: Reals, done: Sloped, passes: int
    ) -> None:
        self.tangents = tangents
        self.numbers = numbers
        self.directions = directions
        self.done = done
        self.passes = passes
        self.template = np.array(tangents.constants, float)
        self.run = loaded_dual(tangents.program)
        kept = len(tangents.points) * len(tangents.places) * WIDTH
        self.at_once = max(min(_KEPT // max(kept, 1), 64), 1)

    def chunks(self) -> Iterator[tuple[int, int]]:
        """(first run, number of runs)."""
        runs = len(self.numbers) * self.passes
        for first in range(0, runs, self.at_once):
            yield first, min(self.at_once, runs - first)

    def memory(self) -> GridMemory:
        """Memory of this thread, that of the call before where it suffices."""
        own = self.tangents._own
        kept: GridMemory | None = getattr(own, "memory", None)
        if kept is None or kept.blocks < self.at_once:
            program, task = self.tangents.program, self.tangents.task
            kept = own.memory = GridMemory(program, self.run, task, WIDTH, self.at_once)
        return kept

    def do(self, chunk: tuple[int, int]) -> None:
        first, runs = chunk
        members, parts = np.divmod(np.arange(first, first + runs), self.passes)
        samples = np.zeros((runs, len(self.tangents.sampled), WIDTH))
        samples[:, :, 0] = self.numbers[members]
        for run, (member, part) in enumerate(zip(members, parts, strict=True)):
            ways = self.directions[member, part * DIRECTIONS : (part + 1) * DIRECTIONS]
            samples[run, :, 1 : 1 + len(ways)] = ways.T
        memory = self.memory()
        memory(self.template, samples, runs)
        kept = memory.kept(runs)
        for run, (member, part) in enumerate(zip(members, parts, strict=True)):
            here = slice(part * DIRECTIONS, (part + 1) * DIRECTIONS)
            values = kept[run, :, :, 0]
            self.done.values[member] = values
            room = self.done.slopes[member, :, :, here]
            room[...] = kept[run, :, :, 1 : 1 + room.shape[-1]]
            # what is saved after the end of a run is NaN, a number without slopes
            room[np.isnan(values)] = np.nan
