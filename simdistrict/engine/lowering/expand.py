"""Functions with a memory, replaced by the stocks and held values that they stand for.

SMOOTH and DELAY become chains of stocks with the time constants of Vensim's definition;
INITIAL and SAMPLE IF TRUE become elements of their own. After this step every expression is
a function of the present values alone.
"""

from __future__ import annotations

import zlib
from dataclasses import replace
from typing import TYPE_CHECKING

from simdistrict.base.errors import ModelError, Problem
from simdistrict.engine.lowering import whole
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.engine.lowering.rewrite import (
    TIME_STEP,
    divided,
    minus,
    remembered,
    rewritten,
    times,
)
from simdistrict.model.expr import (
    Binary,
    Call,
    Expr,
    Number,
    Ref,
    Text,
    children,
    fold,
    rebuild,
    walk,
)
from simdistrict.model.model import Auxiliary, Element, Equation, Model, Stock

if TYPE_CHECKING:
    from simdistrict.engine.lowering.beginning import Beginning


class Held(Element):
    """Computed once, when the run starts: INITIAL."""


class Sampled(Element):
    """Follows its input while a condition is true and holds it otherwise: SAMPLE IF TRUE.

    The expression is Call("SAMPLE IF TRUE", (condition, input, initial)).
    """


class Recorded(Element):
    """Kept at every point of the grid, for a DELAY FIXED and its like."""


# in front of the name of a sample: what it held before
HELD = "#held "

# order and whether an initial value is given; order 0: it is the last argument
_CHAINS = {
    "DELAY N": (0, True),
    "SMOOTH N": (0, True),
    "SMOOTH": (1, False),
    "SMOOTHI": (1, True),
    "SMOOTH3": (3, False),
    "SMOOTH3I": (3, True),
    "DELAY1": (1, False),
    "DELAY1I": (1, True),
    "DELAY3": (3, False),
    "DELAY3I": (3, True),
}
_RANDOM = {name for name, function in FUNCTIONS.items() if function.kind == "random"}
_ARRAY = {name for name, function in FUNCTIONS.items() if function.kind == "array"}
_MEMORY = {name for name, function in FUNCTIONS.items() if function.kind == "memory"}


MAX_ORDER = 1000
_DELAYED = Text("delayed")


def expand(model: Model, beginning: Beginning) -> list[Element]:
    """The elements of a model without functions that have a memory, new ones included.

    A new element is named after its owner with a sign that no Vensim name starts with, so that
    it cannot meet a name of the model. Raises ModelError with every memory inside a reduction and
    every array that a function cannot take.
    """
    work = _Expansion(model, beginning)
    problems: list[Problem] = []
    for element in model.elements:
        try:
            equations = tuple(work.equation(element, e) for e in element.equations)
        except ModelError as error:
            problems += error.problems
            continue
        work.elements.append(replace(element, equations=equations))
    if problems:
        raise ModelError(problems)
    return work.elements


def is_internal(name: str) -> bool:
    """Whether an element was made by `expand`."""
    return name.startswith("#")


class _Expansion:
    def __init__(self, model: Model, beginning: Beginning) -> None:
        self.model = model
        self.beginning = beginning
        self.elements: list[Element] = []
        self.count: dict[str, int] = {}

    def equation(self, owner: Element, equation: Equation) -> Equation:
        expression = self.visit(owner, equation, equation.expression)
        initial = equation.initial
        if initial is not None:
            initial = self.visit(owner, equation, initial)
        if expression is equation.expression and initial is equation.initial:
            return equation
        return replace(equation, expression=expression, initial=initial)

    def visit(self, owner: Element, equation: Equation, expr: Expr) -> Expr:
        if isinstance(expr, Call) and expr.function in _ARRAY:
            whole.check(self.model, owner, equation, expr)
        nodes = children(expr)
        new = tuple(self.visit(owner, equation, node) for node in nodes)
        if any(a is not b for a, b in zip(nodes, new, strict=True)):
            expr = rebuild(expr, new)
        if not isinstance(expr, Call):
            return expr
        if expr.function in _RANDOM:
            return self.stream(owner, expr)
        if expr.function in _ARRAY:
            return whole.replaced(self.model, self, owner, equation, expr)
        if expr.function not in _MEMORY:
            return rewritten(self.chosen(expr))
        if any(
            s.endswith("!")
            for node in walk(expr)
            if isinstance(node, Ref)
            for s in node.subscripts
            if not _inside_reduction(expr, node)
        ):
            raise ModelError(
                Problem(
                    f"model {self.model.name}, line {equation.line}",
                    f'"{owner.name}" uses {expr.function} inside a sum over a subscript, '
                    "which is not supported",
                    f"give the {expr.function} an element of its own and sum that",
                )
            )
        return self.replace(owner, equation, expr)

    def chosen(self, call: Call) -> Call:
        """VECTOR SELECT with the numbers that the constants named as its choices have."""
        if call.function != "VECTOR SELECT" or len(call.args) != 5:
            return call
        named = all(
            isinstance(node, Number)
            or (isinstance(node, Ref) and not node.subscripts and self.beginning.is_steady(node))
            for node in call.args[3:]
        )
        if not named:
            return call
        choices = (Number(self.beginning.value(node)) for node in call.args[3:])
        return Call(call.function, (*call.args[:3], *choices))

    def stream(self, owner: Element, call: Call) -> Expr:
        """A random number with the number of its stream, which follows from its owner's name.

        So a call keeps its stream when something else in the model changes, and has one where
        the expression around it is used twice.
        """
        role = self.name(owner, "random")
        number = zlib.crc32(fold(role).encode()) % 1_000_003
        return Call("#STREAM", (call, Number(float(number))))

    def replace(self, owner: Element, equation: Equation, call: Call) -> Expr:
        match call.function, call.args:
            case "INITIAL", (value,):
                return self.add(Held, owner, equation, "initial", value)
            case "ACTIVE INITIAL", (active, initial):
                return self.add(Auxiliary, owner, equation, "active", active, initial)
            case "INTEG", (flow, initial):
                return self.add(Stock, owner, equation, "integ", flow, initial)
            case "SAMPLE IF TRUE", (condition, source, initial):
                name = fold(self.name(owner, "sample"))
                if call == equation.expression:
                    # its own name in its arguments is the value that it held before
                    condition = _held(condition, fold(owner.name), name)
                    source = _held(source, fold(owner.name), name)
                call = Call("SAMPLE IF TRUE", (condition, source, initial))
                self.append(Sampled, name, owner, equation, call, None)
                return Ref(name, equation.subscripts)
            case "DELAY FIXED", (source, delay, initial):
                return self.fixed(owner, equation, source, delay, initial)
            case ("DELAY MATERIAL", (_, _, _, _)) | ("DELAY INFORMATION", (_, _, _)):
                return self.pipeline(owner, equation, call)
            case "DEPRECIATE STRAIGHTLINE", (_, _, _, _):
                return self.depreciation(owner, equation, call)
            case name, args if name in _CHAINS:
                stages, given = _CHAINS[name]
                if len(args) == 2 + given + (stages == 0):
                    return self.chain(owner, equation, call)
            case _:
                return remembered(call, _Beside(self, owner, equation))
        return call  # a wrong number of arguments is reported where calls are checked

    def chain(self, owner: Element, equation: Equation, call: Call) -> Expr:
        """A chain of first-order stocks (Sterman 2000, ch. 11), in PySD's order of operations."""
        order, has_initial = _CHAINS[call.function]
        if call.function == "DELAY N":
            return self.delay(owner, equation, call)
        if order == 0:
            order = self.order(owner, equation, call)
        source, interval = call.args[0], call.args[1]
        initial = call.args[2] if has_initial else source
        kind = call.function.lower()
        if not isinstance(interval, Ref | Number):
            interval = self.add(Auxiliary, owner, equation, f"{kind} time", interval)
        delays = call.function.startswith("DELAY")
        stages = Number(float(order))
        if delays:
            initial = Binary("/", Binary("*", initial, interval), stages)
        previous = source
        for stage in range(1, order + 1):
            stock = self.name(owner, f"{kind} {stage}")
            own = Ref(fold(stock), equation.subscripts)
            if delays:
                outflow = Binary("/", Binary("*", own, stages), interval)
                flow: Expr = Binary("-", previous, outflow)
                previous = outflow
            else:
                gap = Binary("-", previous, own)
                flow = Binary("/", Binary("*", gap, stages), interval)
                previous = own
            self.append(Stock, stock, owner, equation, flow, initial)
        return previous

    def delay(self, owner: Element, equation: Equation, call: Call) -> Expr:
        """DELAY N: each stage keeps the delay time with which its content entered the first.

        A stage is never shorter than a time step: there are fewer then (as Vensim's output for
        test-models/tests/delay_pipeline has it), and those behind pass on what they get.
        """
        source, interval, initial, asked = call.args
        stages = self.order(owner, equation, call)
        steady = self.beginning.is_steady(interval)
        interval = self.add(Auxiliary, owner, equation, "delay n time", interval)
        order = self.add(
            Held,
            owner,
            equation,
            "initial order",
            Call("#ORDER", (asked, interval, TIME_STEP)),
        )
        start = interval
        if not steady:
            start = self.add(Held, owner, equation, "initial delay", interval)
            record = self.add(Recorded, owner, equation, "record", interval)
        previous = source
        for stage in range(1, stages + 1):
            time: Expr = interval
            if stage > 1 and not steady:
                back = Number(stage - 1.0)
                time = Call("#RECORDED", (_DELAYED, Number(1.0), record, back, start))
            stock = self.name(owner, f"delay n {stage}")
            own = Ref(fold(stock), equation.subscripts)
            outflow: Expr = divided(times(own, order), time)
            if stage > 1:
                here = Binary(">=", order, Number(float(stage)))
                outflow = Call("IF THEN ELSE", (here, outflow, previous))
            outflow = self.add(Auxiliary, owner, equation, f"delay n outflow {stage}", outflow)
            content = divided(times(initial, interval), order)
            self.append(Stock, stock, owner, equation, minus(previous, outflow), content)
            previous = outflow
        return previous

    def order(self, owner: Element, equation: Equation, call: Call) -> int:
        """The order of a chain, as it is when a run starts."""
        value = self.beginning.value(call.args[3])
        if 1.0 <= value <= MAX_ORDER:
            return int(value)
        raise ModelError(
            Problem(
                f"model {self.model.name}, line {equation.line}",
                f'"{owner.name}" uses {call.function} of order {value:g}',
                f"an order is a number from 1 to {MAX_ORDER}, the same for all labels",
            )
        )

    def fixed(
        self, owner: Element, equation: Equation, source: Expr, delay: Expr, initial: Expr
    ) -> Expr:
        """A record of the input, and how many points back it is read: as it is at the start."""
        lag = Call("#LAG", (delay, TIME_STEP))
        record = self.add(Recorded, owner, equation, "record", source)
        back = self.add(Held, owner, equation, "initial lag", lag)
        first = self.add(Held, owner, equation, "initial output", initial)
        return Call("#RECORDED", (_DELAYED, Number(1.0), record, back, first))

    def pipeline(self, owner: Element, equation: Equation, call: Call) -> Expr:
        """DELAY MATERIAL or DELAY INFORMATION: records of the input and of its own lags."""
        source, delay, initial, *missing = call.args
        lag = Call("#LAG", (delay, TIME_STEP))
        record = self.add(Recorded, owner, equation, "record", source)
        lags = self.add(Recorded, owner, equation, "record of lags", lag)
        first = self.add(Held, owner, equation, "initial output", initial)
        args: tuple[Expr, ...] = (record, lags, *missing)
        if missing:
            args = (*args, self.add(Held, owner, equation, "initial lag", lag))
        helper = Text(FUNCTIONS[call.function].python)
        return Call("#RECORDED", (helper, Number(2.0), *args, first))

    def depreciation(self, owner: Element, equation: Equation, call: Call) -> Expr:
        """DEPRECIATE STRAIGHTLINE: a record of what is invested."""
        stream, life, period, initial = call.args
        if not isinstance(stream, Ref | Number):
            stream = self.add(Auxiliary, owner, equation, "invested", stream)
        record = self.add(Recorded, owner, equation, "record", stream)
        first = self.add(Held, owner, equation, "initial investment", initial)
        helper = Text(FUNCTIONS[call.function].python)
        args = (record, stream, life, period, first, TIME_STEP)
        return Call("#RECORDED", (helper, Number(1.0), *args))

    def add(
        self,
        kind: type[Element],
        owner: Element,
        equation: Equation,
        role: str,
        expression: Expr,
        initial: Expr | None = None,
    ) -> Ref:
        name = self.name(owner, role)
        self.append(kind, name, owner, equation, expression, initial)
        return Ref(fold(name), equation.subscripts)

    def append(
        self,
        kind: type[Element],
        name: str,
        owner: Element,
        equation: Equation,
        expression: Expr,
        initial: Expr | None,
    ) -> None:
        new = replace(equation, expression=expression, initial=initial)
        self.keep(kind(name=name, equations=(new,), dims=owner.dims))

    def keep(self, element: Element) -> None:
        """Add an element; see `whole.Adder`."""
        self.elements.append(element)

    def name(self, owner: Element, role: str) -> str:
        """A name that no other element has; see `whole.Adder`."""
        stem = f"#{role} of {owner.name}"
        self.count[stem] = self.count.get(stem, 0) + 1
        return stem if self.count[stem] == 1 else f"{stem} {self.count[stem]}"


class _Beside:
    """Makes elements beside one equation, see `rewrite.Maker`."""

    def __init__(self, work: _Expansion, owner: Element, equation: Equation) -> None:
        self.work = work
        self.owner = owner
        self.equation = equation
        self.waiting: dict[Ref, tuple[str, Expr]] = {}

    def stock(self, role: str, initial: Expr) -> Ref:
        name = self.work.name(self.owner, role)
        ref = Ref(fold(name), self.equation.subscripts)
        self.waiting[ref] = name, initial
        return ref

    def flow(self, stock: Ref, flow: Expr) -> None:
        name, initial = self.waiting.pop(stock)
        self.work.append(Stock, name, self.owner, self.equation, flow, initial)

    def value(self, role: str, expression: Expr) -> Expr:
        if isinstance(expression, Ref | Number):
            return expression
        return self.work.add(Auxiliary, self.owner, self.equation, role, expression)


def _held(expr: Expr, owner: str, sample: str) -> Expr:
    """The expression with references to its owner replaced by what the sample held before."""
    if isinstance(expr, Ref) and expr.name == owner:
        return Ref(HELD + sample, expr.subscripts)
    nodes = children(expr)
    return rebuild(expr, tuple(_held(n, owner, sample) for n in nodes)) if nodes else expr


def _inside_reduction(expr: Expr, ref: Ref) -> bool:
    """Whether a reference is reduced by a SUM, VMIN, VMAX or PROD below this expression."""
    return any(
        isinstance(node, Call)
        and node.function in ("SUM", "VMIN", "VMAX", "PROD")
        and any(inner is ref for inner in walk(node))
        for node in walk(expr)
    )
