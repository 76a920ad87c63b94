"""A model opened at some variables: who answers when one of them is moved a little.

Everything in the model reads the variables as they were in an undisturbed run, except for the one
that is moved. So a variable answers only through paths that pass no third one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.engine.integrators.fixed import memory_of
from simdistrict.engine.integrators.loop import Memory, arrive, begin, clock, evaluate
from simdistrict.engine.integrators.schedule import task_of
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.native.kernel import NativeKernel
from simdistrict.maps.values import Variable
from simdistrict.model.expr import (
    Binary,
    Call,
    Expr,
    Number,
    Ref,
    children,
    fold,
    free_name,
    rebuild,
)
from simdistrict.model.model import Auxiliary, Constant, Element, Equation, Model, Stock
from simdistrict.run.plan import Plan, constants_of, lowered, moves_of, quickest

# how far a variable is moved, relative to its largest value in the run
MOVED = 1e-3


@dataclass(frozen=True, slots=True)
class Names:
    """What the opened model calls the additions for one element."""

    read: str
    held: str
    mask: str


def opened(model: Model, elements: Sequence[str]) -> tuple[Model, Mapping[str, Names]]:
    """The model with all uses of some elements, by folded name, replaced by what can be held.

    Each use reads `held` where `mask` is one, else the element itself. Initial values are kept.
    """
    taken = set(model.by_name)
    names: dict[str, Names] = {}
    for name in elements:
        own = [free_name(f"{name} {role}", taken) for role in ("as read", "held", "mask")]
        taken |= set(map(fold, own))
        names[name] = Names(*map(fold, own))
    new = {name: each.read for name, each in names.items()}
    kept = [_reading(element, new) for element in model]
    added = [one for name, each in names.items() for one in _additions(model.by_name[name], each)]
    return replace(model, elements=(*kept, *added), text=""), names


def _reading(element: Element, new: Mapping[str, str]) -> Element:
    equations = tuple(replace(e, expression=_renamed(e.expression, new)) for e in element.equations)
    return replace(element, equations=equations)


def _renamed(expr: Expr, new: Mapping[str, str]) -> Expr:
    if isinstance(expr, Ref):
        return Ref(new.get(expr.name, expr.name), expr.subscripts)
    nodes = children(expr)
    return rebuild(expr, tuple(_renamed(node, new) for node in nodes)) if nodes else expr


def _additions(element: Element, names: Names) -> tuple[Element, Element, Element]:
    reads = []
    for e in element.equations:
        mask, held, own = (
            Ref(n, e.subscripts) for n in (names.mask, names.held, fold(element.name))
        )
        choice = Call("IF THEN ELSE", (Binary(">", mask, Number(0.5)), held, own))
        reads.append(Equation(choice, None, e.subscripts, e.exceptions))
    whole = tuple(fold(dim) for dim in element.dims)
    zero = Equation(Number(0.0), Number(0.0), whole)
    return (
        Auxiliary(name=names.read, equations=tuple(reads), dims=element.dims),
        Stock(name=names.held, equations=(zero,), dims=element.dims),
        Constant(name=names.mask, equations=(replace(zero, initial=None),), dims=element.dims),
    )


class OpenedRun:
    """Runs of an opened model under a plan of the model itself, with Euler's steps."""

    def __init__(self, plan: Plan, variables: Sequence[Variable]) -> None:
        self.plan = plan
        self.variables = tuple(variables)
        names = list(dict.fromkeys(v.name for v in variables))
        model, self.names = opened(plan.prepared.model, names)
        self.prepared = lowered(model)
        self.slots = self.prepared.program.layout.slots
        runs = len(self.variables) + 1
        quick = quickest(self.prepared.program, plan.grid, "euler", runs) == "native"
        self.kernel = (
            NativeKernel(self.prepared.program) if quick else Kernel(self.prepared.program)
        )
        self.free = self._run(None, None)

    def places(self, variable: Variable, role: str = "") -> list[int]:
        """Places of a variable in the vector, or of an addition for it."""
        name = variable.name if not role else getattr(self.names[variable.name], role)
        slot = self.slots[name]
        known = set(range(slot.size) if slot.defined is None else slot.defined)
        own = self.slots[variable.name].defined
        known &= set(range(slot.size) if own is None else own)
        return [slot.offset + p for p in variable.places if p in known]

    def answer(self, moved: Variable) -> dict[str, Reals]:
        """What each variable does when one is moved: relative change per relative move.

        By key: (points, places).
        """
        path = self.free[moved.key]
        size = np.abs(path).max(axis=0)
        size = np.where(size > 0, size, size.max() or 1.0)
        found = self._run(moved, MOVED * size)
        answers = {}
        for v in self.variables:
            scale = np.abs(self.free[v.key]).max(axis=0)
            scale = np.where(scale > 0, scale, scale.max() or 1.0)
            answers[v.key] = (found[v.key] - self.free[v.key]) / scale / MOVED
        return answers

    def _run(self, moved: Variable | None, by: Reals | None) -> dict[str, Reals]:
        """The path of each variable: (points, places); nothing is held where none is moved."""
        grid, layout = self.plan.grid, self.prepared.program.layout
        plan = replace(self.plan, prepared=self.prepared)
        task = task_of(grid, moves_of(plan), (), ())
        lists = memory_of(
            self.prepared.program, grid.steps + 1, len(task.changed), constants_of(plan), 0
        )
        arrays: Any = [np.array(numbers) for numbers in lists]
        memory = Memory(*arrays)
        memory.ended[0] = -1.0
        v = arrays[0]
        held = [] if moved is None else list(self._held(moved, by))
        stocks = slice(layout.stocks.start, layout.stocks.stop)
        rates = slice(layout.rates.start, layout.rates.stop)
        own = [(v.key, self.places(v)) for v in self.variables]
        out = {key: np.empty((grid.steps + 1, len(places))) for key, places in own}
        clock(memory, task, 0)
        begin(self.kernel, memory, task)
        # the start of a run is never disturbed
        for _, _, masks in held:
            v[masks] = 1.0
        self.kernel.once(v)
        self.kernel.settle(v)
        for i in range(grid.steps + 1):
            for places, path, _ in held:
                v[places] = path[i]
            clock(memory, task, i)
            evaluate(self.kernel, memory, task)
            arrive(self.kernel, memory, task, 0, i, 0)
            for key, places in own:
                out[key][i] = v[places]
            v[stocks] += grid.time_step * v[rates]
        return out

    def _held(
        self, moved: Variable, by: Reals | None
    ) -> Iterator[tuple[list[int], Reals, list[int]]]:
        """For each variable where it is held, its path there, and its masks."""
        for v in self.variables:
            path = self.free[v.key]
            if v is moved and by is not None:
                path = path + by
            yield self.places(v, "held"), path, self.places(v, "mask")
