"""Functions with a memory, replaced by the stocks and held values that they stand for.

SMOOTH and DELAY become chains of stocks with the time constants of Vensim's definition;
INITIAL and SAMPLE IF TRUE become elements of their own. After this step every expression is
a function of the present values alone.
"""

from __future__ import annotations

from dataclasses import replace

from simdistrict.errors import ModelError, Problem
from simdistrict.expr import Binary, Call, Expr, Number, Ref, children, fold, rebuild, walk
from simdistrict.model import Auxiliary, Element, Equation, Model, Stock


class Held(Element):
    """Computed once, when the run starts: INITIAL."""


class Sampled(Element):
    """Follows its input while a condition is true and holds it otherwise: SAMPLE IF TRUE.

    The expression is Call("SAMPLE IF TRUE", (condition, input, initial)).
    """


# in front of the name of a sample: what it held before
HELD = "#held "

_CHAINS = {
    "SMOOTH": (1, False),
    "SMOOTHI": (1, True),
    "SMOOTH3": (3, False),
    "SMOOTH3I": (3, True),
    "DELAY1": (1, False),
    "DELAY1I": (1, True),
    "DELAY3": (3, False),
    "DELAY3I": (3, True),
}
_MEMORY = {*_CHAINS, "INITIAL", "ACTIVE INITIAL", "SAMPLE IF TRUE", "INTEG"}


def expand(model: Model) -> list[Element]:
    """The elements of a model without functions that have a memory, new ones included.

    A new element is named after its owner with a sign that no Vensim name starts with, so that
    it cannot meet a name of the model. Raises ModelError for a memory inside a reduction.
    """
    work = _Expansion(model.name)
    for element in model.elements:
        equations = tuple(work.equation(element, e) for e in element.equations)
        work.elements.append(replace(element, equations=equations))
    return work.elements


def is_internal(name: str) -> bool:
    """Whether an element was made by `expand`."""
    return name.startswith("#")


class _Expansion:
    def __init__(self, where: str) -> None:
        self.where = where
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
        nodes = children(expr)
        new = tuple(self.visit(owner, equation, node) for node in nodes)
        if any(a is not b for a, b in zip(nodes, new, strict=True)):
            expr = rebuild(expr, new)
        if not isinstance(expr, Call) or expr.function not in _MEMORY:
            return expr
        if any(
            s.endswith("!")
            for node in walk(expr)
            if isinstance(node, Ref)
            for s in node.subscripts
            if not _inside_reduction(expr, node)
        ):
            raise ModelError(
                Problem(
                    f"model {self.where}, line {equation.line}",
                    f'"{owner.name}" uses {expr.function} inside a sum over a subscript, '
                    "which is not supported",
                    f"give the {expr.function} an element of its own and sum that",
                )
            )
        return self.replace(owner, equation, expr)

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
            case name, args if name in _CHAINS and len(args) == 2 + _CHAINS[name][1]:
                return self.chain(owner, equation, call)
        return call  # a wrong number of arguments is reported where calls are checked

    def chain(self, owner: Element, equation: Equation, call: Call) -> Expr:
        """A chain of first-order stocks (Sterman 2000, ch. 11), in PySD's order of operations."""
        order, has_initial = _CHAINS[call.function]
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
        self.elements.append(kind(name=name, equations=(new,), dims=owner.dims))

    def name(self, owner: Element, role: str) -> str:
        stem = f"#{role} of {owner.name}"
        self.count[stem] = self.count.get(stem, 0) + 1
        return stem if self.count[stem] == 1 else f"{stem} {self.count[stem]}"


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
