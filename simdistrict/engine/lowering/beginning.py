"""What an expression is worth when a run of the model as written starts.

Some functions have a form that such a number decides: the order of DELAY N and SMOOTH N, the
numerical action of VECTOR SELECT.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from simdistrict.base.errors import ModelError, Problem
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.layout import (
    HELD_TIME,
    MOVING_TIME,
    SAMPLING,
    SWITCH_TIME,
    TIME,
    record_size,
)
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.model.expr import Call, Expr, Number, Ref, fold, walk
from simdistrict.model.model import CONTROL, Auxiliary, Constant, Element, Equation, Model

if TYPE_CHECKING:
    from simdistrict.engine.program import Program

_ASKED = "#what decides the form of a function"


class Beginning:
    """Numbers at the start of a run.

    build: makes a program of a part of the model. shaping: folded names of the constants on which
    the numbers asked for so far depend; a run that changes one needs another program.
    """

    def __init__(self, model: Model, build: Callable[[Model], Program]) -> None:
        self.model = model
        self.build = build
        self.shaping: set[str] = set()

    def value(self, expression: Expr) -> float:
        """The number that an expression without subscripts has at the start."""
        if isinstance(expression, Number):
            return expression.value
        asked = Auxiliary(name=_ASKED, equations=(Equation(expression),))
        causes = self._causes(asked)
        for element in causes.values():
            if any(_has_order(equation.expression, expression) for equation in element.equations):
                raise ModelError(
                    Problem(
                        f"model {self.model.name}, line {element.line}",
                        f'"{element.name}" has a delay whose order depends on the delay itself',
                        "give the order as a number",
                    )
                )
        self.shaping |= {n for n, e in causes.items() if isinstance(e, Constant)}
        for name in CONTROL:
            if name in self.model.by_name:
                causes |= self._causes(self.model[name])
        wanted = [e for e in (*self.model.elements, asked) if fold(e.name) in causes]
        program = self.build(replace(self.model, elements=tuple(wanted)))
        return _at_start(program)[program.layout.slots[fold(_ASKED)].offset]

    def is_steady(self, expression: Expr) -> bool:
        """Whether an expression depends on constants alone."""
        asked = Auxiliary(name=_ASKED, equations=(Equation(expression),))
        return all(
            isinstance(element, Constant)
            or (isinstance(element, Auxiliary) and not any(map(_moves, element.equations)))
            for element in self._causes(asked).values()
        )

    def _causes(self, asked: Element) -> dict[str, Element]:
        """The element and all that it depends on, by folded name."""
        found: dict[str, Element] = {}
        todo = [asked]
        while todo:
            element = todo.pop()
            if fold(element.name) not in found:
                found[fold(element.name)] = element
                names = Model.causes(element)
                todo += [self.model[name] for name in names if name in self.model.by_name]
        return found


def _at_start(program: Program) -> list[float]:
    """The vector at the first point of a run."""
    slots = program.layout.slots
    v = list(program.layout.template)
    v += [0.0] * record_size(program.layout, 1)
    kernel = Kernel(program)
    kernel.once(v)
    start, time_step = (v[slots[name].offset] for name in ("initial time", "time step"))
    v[TIME] = v[HELD_TIME] = start
    v[SWITCH_TIME] = v[MOVING_TIME] = start + time_step / 2
    v[SAMPLING] = 1.0
    kernel.start(v)
    kernel.settle(v)
    kernel.derive(v)
    return v


def _moves(equation: Equation) -> bool:
    """Whether an equation depends on more than its causes: on time, or on a memory."""
    return any(
        (isinstance(node, Ref) and (node.name == "time" or node.name.startswith("#")))
        or (
            isinstance(node, Call)
            and (
                node.function not in FUNCTIONS
                or FUNCTIONS[node.function].kind in ("switch", "memory", "random")
            )
        )
        for node in walk(equation.expression)
    )


def _has_order(expr: Expr, order: Expr) -> bool:
    return any(
        isinstance(node, Call)
        and node.function in ("DELAY N", "SMOOTH N")
        and order in node.args[3:]
        for node in walk(expr)
    )
