"""Limits on the work and memory of a run, checked before it starts."""

from __future__ import annotations

from collections.abc import Iterable

from simdistrict.base.budget import HINT, is_allowed, memory_bytes, size_in_words
from simdistrict.base.errors import EngineError, Problem
from simdistrict.engine.program import Program
from simdistrict.engine.work import work_of
from simdistrict.model.model import TimeGrid

# operations of one evaluation and of one run: compiled code does about a billion in a second
MAX_EVALUATION, MAX_RUN = 2e8, 1e13
# evaluations in one step
_STAGES = {"euler": 1, "rk4": 4}


def check_evaluation(program: Program, name: str) -> None:
    """Raise EngineError where one evaluation of a model takes too long."""
    if is_allowed():
        return
    work = work_of(program)
    total = max(work.start, work.every)
    if total > MAX_EVALUATION:
        what = f"one evaluation is {total:,.0f} operations, {work.most:,.0f} of them for "
        what += f'"{work.element}"; {MAX_EVALUATION:,.0f} is the maximum'
        raise EngineError(Problem(f"model {name}", what, f"sum over fewer labels, or {HINT}"))


def check_steps(program: Program, name: str, grid: TimeGrid, integrator: str) -> None:
    """Raise EngineError where a run would take hours, or days."""
    if is_allowed():
        return
    total = work_of(program).every * grid.steps * _STAGES.get(integrator, 6)
    if total > MAX_RUN:
        what = f"the run is {total:,.0f} operations in {grid.steps:,} steps; {MAX_RUN:,.0f} is the "
        hint = f"use a longer time step, or {HINT}"
        raise EngineError(Problem(f"model {name}", f"{what}maximum", hint))


def check_memory(runs: Iterable[tuple[Program, TimeGrid]]) -> None:
    """Raise EngineError where the numbers of runs do not fit into memory."""
    if is_allowed():
        return
    numbers = points = 0.0
    for program, grid in runs:
        saved = grid.steps // grid.every + 2
        numbers += saved * program.layout.values
        points = max(points, saved)
    size, limit = 8 * numbers, memory_bytes() / 2
    if size > limit:
        what = f"the run keeps {size_in_words(size)} of numbers at {points:,.0f} times; "
        what += f"half of the memory is {size_in_words(limit)}"
        hint = f"use a longer --save-step (--save makes the file smaller only), or {HINT}"
        raise EngineError(Problem("--save-step", what, hint))


def check_stepping(program: Program, grid: TimeGrid, members: int, kept: int) -> None:
    """Raise EngineError where members side by side do not fit into memory; kept: saved numbers."""
    if is_allowed():
        return
    layout = program.layout
    own = len(layout.template) + layout.recorded.size * (grid.steps + 1) + 6 * layout.stocks.size
    size = 8.0 * (members * own + kept * (grid.steps // grid.every + 2))
    limit = memory_bytes() / 2
    if size > limit:
        what = f"{members:,} members are {size_in_words(size)} of numbers; half of the memory is "
        hint = "step fewer at once, one batch after the other"
        raise EngineError(Problem("start", f"{what}{size_in_words(limit)}", hint))
