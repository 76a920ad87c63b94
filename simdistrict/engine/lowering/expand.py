"""Functions with a memory, replaced by the symbols that they stand for.

SMOOTH and DELAY become chains of stocks with the time constants of Vensim's definition; INITIAL
and SAMPLE IF TRUE become symbols of their own. After this step every expression is a function of
the present values alone.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Sequence
from dataclasses import replace

from simdistrict.base.errors import ModelError, Problem
from simdistrict.engine.layout import GIVEN, IS_GIVEN, Symbol
from simdistrict.engine.lowering import delays, whole
from simdistrict.engine.lowering.beginning import Beginning
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.engine.lowering.limits import with_limits
from simdistrict.engine.lowering.made import (
    Before,
    Held,
    Maker,
    RandomCall,
    Sampled,
    SymbolDefinition,
    SymbolRef,
)
from simdistrict.engine.lowering.rewrite import remembered, rewritten
from simdistrict.engine.lowering.statements import parts, walk, with_parts
from simdistrict.model.expr import Binary, Call, Expr, Number, Ref, fold, is_reduced
from simdistrict.model.model import Auxiliary, Constant, Element, Equation, Model, Stock


def expand(
    model: Model,
    beginning: Beginning,
    more: Sequence[SymbolDefinition] = (),
    initial: Collection[str] = (),
) -> list[SymbolDefinition]:
    """What a program of the model computes, without functions that have a memory.

    more: symbols to compute besides the elements of the model; initial: folded names of stocks
    whose initial values a run may give. Raises ModelError with every memory
    inside a reduction and every array that a function cannot take.
    """
    work = _Expansion(model, beginning)
    own = [SymbolDefinition(Symbol(element.name), element) for element in model.elements]
    problems: list[Problem] = []
    for definition in (*own, *more):
        element = definition.element
        try:
            equations = tuple(work.equation(element, e) for e in element.equations)
        except ModelError as error:
            problems += error.problems
            continue
        if fold(element.name) in initial and isinstance(element, Stock):
            equations = work.started(element, equations)
        changed = replace(element, equations=equations)
        work.definitions.append(SymbolDefinition(definition.symbol, changed))
    if problems:
        raise ModelError(problems)
    return with_limits(model, work.definitions)


class _Expansion:
    def __init__(self, model: Model, beginning: Beginning) -> None:
        self.model = model
        self.beginning = beginning
        self.definitions: list[SymbolDefinition] = []
        self.draws: dict[str, int] = {}

    def equation(self, owner: Element, equation: Equation) -> Equation:
        maker = Maker(self.model, owner, equation, self.definitions)
        expression = self.visit(maker, equation.expression)
        initial = equation.initial
        if initial is not None:
            initial = self.visit(maker, initial)
        if expression is equation.expression and initial is equation.initial:
            return equation
        return replace(equation, expression=expression, initial=initial)

    def started(self, stock: Stock, equations: Sequence[Equation]) -> tuple[Equation, ...]:
        """The equations of a stock that starts from a given number where there is one."""
        everywhere = (Equation(Number(0.0), subscripts=tuple(map(fold, stock.dims))),)
        symbols = Symbol(stock.name, IS_GIVEN), Symbol(stock.name, GIVEN)
        for symbol in symbols:
            constant = Constant(name=stock.name, equations=everywhere, dims=stock.dims)
            self.definitions.append(SymbolDefinition(symbol, constant))
        found = []
        for equation in equations:
            assert equation.initial is not None
            given, number = (SymbolRef(symbol, equation.subscripts) for symbol in symbols)
            choice = (Binary(">", given, Number(0.5)), number, equation.initial)
            found.append(replace(equation, initial=Call("IF THEN ELSE", choice)))
        return tuple(found)

    def visit(self, maker: Maker, written: Expr) -> Expr:
        """The expression with its functions of kind memory, random and array replaced."""
        known = FUNCTIONS.get(written.function) if isinstance(written, Call) else None
        if isinstance(written, Call) and known is not None and known.kind == "array":
            whole.check(maker, written)
        nodes = parts(written)
        new = tuple(self.visit(maker, node) for node in nodes)
        expr = written
        if any(a is not b for a, b in zip(nodes, new, strict=True)):
            expr = with_parts(written, new)
        if not isinstance(expr, Call) or not isinstance(written, Call) or known is None:
            return expr
        match known.kind:
            case "random":
                return self.stream(maker.owner, expr)
            case "array":
                return whole.replaced(maker, expr)
            case "memory":
                if _is_reduced(expr):
                    raise maker.error(
                        f"uses {expr.function} inside a sum over a subscript, "
                        "which is not supported",
                        f"give the {expr.function} an element of its own and sum that",
                    )
                return self.replace(maker, expr, written)
        return rewritten(self.chosen(maker, expr))

    def chosen(self, maker: Maker, call: Call) -> Call:
        """VECTOR SELECT with the number that the constant named as its action has."""
        if call.function != "VECTOR SELECT" or len(call.args) != 5:
            return call
        action = call.args[3]
        if not isinstance(action, Ref) or action.subscripts or not self.beginning.is_steady(action):
            return call
        number = Number(self.beginning.value(maker, action))
        return Call(call.function, (*call.args[:3], number, call.args[4]))

    def stream(self, owner: Element, call: Call) -> Expr:
        """A random number with the number of its stream, which follows from its owner's name.

        So a call keeps its stream when something else in the model changes, and has one where
        the expression around it is used twice.
        """
        self.draws[owner.name] = count = self.draws.get(owner.name, 0) + 1
        text = owner.name if count == 1 else f"{owner.name} {count}"
        while count > 1 and text in self.model:
            text += "#"  # that is the first stream of another element
        return RandomCall(call, zlib.crc32(fold(f"#random of {text}").encode()) % 1_000_003)

    def replace(self, maker: Maker, call: Call, written: Call) -> Expr:
        """What a function with a memory stands for. written: the call in the model's own names."""
        match call.function, call.args:
            case "INITIAL", (value,):
                return maker.add(Held, "initial value", value)
            case "ACTIVE INITIAL", (active, initial):
                return maker.add(Auxiliary, "active value", active, initial)
            case "INTEG", (flow, initial):
                return maker.add(Stock, "stock", flow, initial)
            case "SAMPLE IF TRUE", (condition, source, initial):
                sample = maker.new("sample")
                if call == maker.equation.expression:
                    # its own name in its arguments is the value that it held before
                    before = Before(sample.symbol, sample.subscripts)
                    owner = fold(maker.owner.name)
                    condition, source = (_with(e, owner, before) for e in (condition, source))
                call = Call("SAMPLE IF TRUE", (condition, source, initial))
                return maker.define(sample, Sampled, call)
        made = delays.replaced(maker, self.beginning, call, written)
        # a wrong number of arguments is reported where calls are checked
        return made if made is not None else remembered(call, maker)


def _with(expr: Expr, owner: str, before: Before) -> Expr:
    """The expression with the value that a sample held before instead of its owner."""
    if isinstance(expr, Ref) and expr.name == owner:
        return Before(before.symbol, expr.subscripts)
    nodes = parts(expr)
    return with_parts(expr, tuple(_with(n, owner, before) for n in nodes)) if nodes else expr


def _is_reduced(call: Call) -> bool:
    """Whether a call reads labels that a reduction around it runs over."""
    return any(
        is_reduced(subscript)
        for node in walk(call)
        if isinstance(node, Ref) and not _inside_reduction(call, node)
        for subscript in node.subscripts
    )


def _inside_reduction(expr: Expr, ref: Ref) -> bool:
    """Whether a reference is reduced by a SUM, VMIN, VMAX or PROD below this expression."""
    return any(
        isinstance(node, Call)
        and node.function in ("SUM", "VMIN", "VMAX", "PROD")
        and any(inner is ref for inner in walk(node))
        for node in walk(expr)
    )
