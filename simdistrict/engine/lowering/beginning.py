"""The value of an expression when a run of the model as written starts.

Some functions have a form that such a number decides: the order of DELAY N and SMOOTH N, the
numerical action of VECTOR SELECT.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from simdistrict.base.errors import ModelError, Problem
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.layout import (
    HELD_TIME,
    MOVING_TIME,
    SAMPLING,
    SLACK,
    SWITCH_TIME,
    TIME,
    Symbol,
    record_size,
)
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.engine.lowering.made import Maker, SymbolDefinition
from simdistrict.engine.program import Program
from simdistrict.model.exact_time import slack
from simdistrict.model.expr import Call, Expr, Number, Ref, fold, references, walk
from simdistrict.model.model import CONTROL, Auxiliary, Constant, Element, Equation, Model, Stock


class Beginning:
    """Numbers at the start of a run.

    build: makes a program of a part of the model and of some more symbols. shaping: folded
    names of the constants and stocks on which the numbers so far depend; a run that changes one
    needs another program.
    """

    def __init__(
        self, model: Model, build: Callable[[Model, Sequence[SymbolDefinition]], Program]
    ) -> None:
        self.model = model
        self.build = build
        self.shaping: set[str] = set()

    def value(self, maker: Maker, expression: Expr) -> float:
        """The number that an expression without subscripts has at the start.

        maker: of the equation that it stands in; expression: in the model's own names.
        """
        if isinstance(expression, Number):
            return expression.value
        causes = self._causes(expression)
        for element in causes.values():
            if any(_has_order(equation.expression, expression) for equation in element.equations):
                raise ModelError(
                    Problem(
                        f"model {self.model.name}, line {element.line}",
                        f'"{element.name}" has a delay whose order depends on the delay itself',
                        "give the order as a number",
                    )
                )
        self.shaping |= {n for n, e in causes.items() if isinstance(e, Constant | Stock)}
        for name in CONTROL:
            if name in self.model.by_name:
                causes |= self._causes(Ref(name))
        wanted = tuple(e for e in self.model.elements if fold(e.name) in causes)
        equation = Equation(expression, line=maker.equation.line)
        asked = Auxiliary(name=maker.owner.name, equations=(equation,))
        symbol = Symbol(maker.owner.name, "form of a function")
        program = self.build(
            replace(self.model, elements=wanted), [SymbolDefinition(symbol, asked)]
        )
        return _at_start(program)[program.layout.internal[symbol].offset]

    def is_steady(self, expression: Expr) -> bool:
        """Whether an expression, in the model's own names, depends on constants alone."""
        return not _moves(expression) and all(
            isinstance(element, Constant)
            or (
                isinstance(element, Auxiliary)
                and not any(_moves(equation.expression) for equation in element.equations)
            )
            for element in self._causes(expression).values()
        )

    def _causes(self, expression: Expr) -> dict[str, Element]:
        """All elements that an expression depends on, by folded name."""
        found: dict[str, Element] = {}
        todo = [ref.name for ref in references(expression)]
        while todo:
            name = todo.pop()
            if name in self.model.by_name and name not in found:
                found[name] = self.model[name]
                todo += Model.causes(found[name])
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
    v[SLACK] = slack(start, start, time_step)
    v[SWITCH_TIME] = v[MOVING_TIME] = start + time_step / 2 - v[SLACK]
    v[SAMPLING] = 1.0
    kernel.start(v)
    kernel.settle(v)
    kernel.derive(v)
    return v


def _moves(expr: Expr) -> bool:
    """Whether an expression depends on more than its causes: on time, or on a memory."""
    return any(
        (isinstance(node, Ref) and node.name == "time")
        or (
            isinstance(node, Call)
            and (
                node.function not in FUNCTIONS
                or FUNCTIONS[node.function].kind in ("switch", "memory", "random")
            )
        )
        for node in walk(expr)
    )


def _has_order(expr: Expr, order: Expr) -> bool:
    return any(
        isinstance(node, Call)
        and node.function in ("DELAY N", "SMOOTH N")
        and order in node.args[3:]
        for node in walk(expr)
    )
