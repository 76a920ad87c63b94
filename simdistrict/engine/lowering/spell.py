"""Expressions as text: what a statement computes, printed as one line of typed Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from simdistrict.engine.helpers.curves import STEPWISE
from simdistrict.engine.layout import POINT, SAMPLING, Layout
from simdistrict.engine.lowering.calls import (
    Helper,
    Past,
    RandomDraw,
    Record,
    Shifted,
    Slice,
    Switch,
    Whole,
)
from simdistrict.engine.lowering.clocks import ONE, UNKNOWN, Clocks
from simdistrict.engine.lowering.frames import Frames, constant_of, key_of, pattern_of
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.engine.lowering.nodes import (
    Axis,
    HeldTime,
    Interpolate,
    Latch,
    Load,
    Node,
    Place,
    Reduce,
    Time,
    WrittenOut,
)
from simdistrict.model.expr import COMPARISONS, Binary, Call, Chain, Expr, Number, Unary

_OPS = {"=": "==", "<>": "!=", ":AND:": "and", ":OR:": "or"}
# comparisons of a clock with a number, up to its slack
_NEARLY = {
    "=": "(abs({0} - {1}) <= {2})",
    "<>": "(not abs({0} - {1}) <= {2})",
    "<": "({0} + {2} < {1})",
    "<=": "({0} - {2} <= {1})",
    ">": "({0} - {2} > {1})",
    ">=": "({0} + {2} >= {1})",
}
# helpers that jump where a clock passes a number, and lookups that jump at their points
NEAR = {"INTEGER": "integer_near", "MODULO": "modulo_near", "QUANTUM": "quantum_near"}
# the slack of a clock whose rate is unknown: its rounding errors are some 1e-15 of its value
SHARE = 1e-10
_SHIFTS = {"lookup_forward": "-", "lookup_backward": "+"}
# CPython allows 200 nested parentheses, and no sum of thousands of terms on one line
MAX_NESTING, MAX_JOINED = 60, 60
_IDENTITY = {"SUM": "0.0", "PROD": "1.0", "VMIN": "inf", "VMAX": "-inf"}
_PARENTHESES = re.compile(r"[()]")


class ExpressionPrinter(Frames):
    """Prints expressions; lines that they need first are printed before the statement.

    located: whether the dates of a switch or comparison depend on constants alone, so that they
    are known before the run; clocks: what runs with Time.
    """

    def __init__(self, layout: Layout, located: Callable[[Expr], bool], clocks: Clocks) -> None:
        super().__init__()
        self.layout = layout
        self.located = located
        self.clocks = clocks
        self.deep = True

    def number(self, expr: Expr) -> str:
        """The text of a number."""
        return self.shallow(self.numeric(expr))

    def condition(self, expr: Expr) -> str:
        """The text of a condition."""
        return self.shallow(self.logical(expr), "bool")

    def shallow(self, text: str, kind: str = "float") -> str:
        """The text, or a temporary for it where it nests deeper than CPython allows."""
        if not self.deep or nesting(text) < MAX_NESTING:
            return text
        return self.temporary(text, kind)

    def chain(self, ops: Sequence[str], terms: Sequence[str]) -> str:
        """Texts joined from the left, in lines no longer than CPython allows."""
        pairs = list(zip(ops, terms[1:], strict=True))
        text = terms[0]
        for first in range(0, len(pairs), MAX_JOINED):
            if first:
                text = self.temporary(text)
            text += "".join(f" {op} {term}" for op, term in pairs[first : first + MAX_JOINED])
        return f"({text})"

    def numeric(self, expr: Expr) -> str:
        match expr:
            case Load(_, base, axes):
                return self.known.get(key_of(expr)) or self.place(base, axes)
            case Node():
                return self.made(expr)
            case Number(value):
                return _literal(value)
            case Unary("-", operand):
                return f"(-{self.number(operand)})"
            case Binary("^", left, right):
                return f"pow({self.number(left)}, {self.number(right)})"
            case Binary(op, left, right) if op in "+-*/":
                return f"({self.number(left)} {op} {self.number(right)})"
            case Chain(ops, terms) if ops[0] in "+-*/":
                return self.chain(ops, list(map(self.number, terms)))
            case Call("IF THEN ELSE", (condition, yes, no)):
                yes_text, no_text = self.number(yes), self.number(no)
                return f"({yes_text} if {self.condition(condition)} else {no_text})"
            case Call(function, args):
                rate = self.clocks.rate(args[0]) if function in NEAR and args else None
                if rate is not None:
                    return self.near(NEAR[function], list(map(self.number, args)), rate)
                return self.called(FUNCTIONS[function].python, args)
        return f"(1.0 if {self.condition(expr)} else 0.0)"

    def made(self, expr: Node) -> str:
        """A node of the lowering."""
        match expr:
            case Time():
                return "t"
            case HeldTime():
                return "(u if e > 0.0 else t)"
            case Place(axis):
                return self.label_number(axis)
            case Switch():
                return self.switch(expr)
            case Helper(helper, args):
                return self.called(helper, args)
            case RandomDraw():
                return self.called(expr.helper, expr.parts(), f"v[{POINT}]")
            case Reduce():
                return self.reduce(expr)
            case WrittenOut():
                return self.written_out(expr)
            case Interpolate():
                return self.interpolate(expr)
            case Whole() | Past():
                return self.whole(expr)
            case Shifted():
                return self.shifted(expr)
            case Latch(own, condition):
                now = f"(1.0 if {self.condition(condition)} else 0.0)"
                return f"({now} if v[{SAMPLING}] else {self.place(own.base, own.axes)})"
        raise TypeError(f"no number: {expr}")

    def called(self, helper: str, args: Sequence[Expr], *more: str) -> str:
        """A call of a helper of numbers."""
        return f"{helper}({', '.join([*map(self.number, args), *more])})"

    def logical(self, expr: Expr) -> str:
        match expr:
            case Unary(":NOT:", operand):
                return f"(not {self.condition(operand)})"
            case Binary(":AND:" | ":OR:", left, right):
                return f"({self.condition(left)} {_OPS[expr.op]} {self.condition(right)})"
            case Chain((":AND:" | ":OR:" as op, *_), terms):
                return f"({f' {_OPS[op]} '.join(map(self.condition, terms))})"
            case Binary(op, left, right) if op in COMPARISONS:
                held = self.located(expr)
                sides = [
                    "u" if held and isinstance(x, Time) else self.number(x) for x in (left, right)
                ]
                rate = self.clocks.first((left, right))
                if rate is not None:
                    return self.nearly(_NEARLY[op], sides, rate)
                return f"({sides[0]} {_OPS.get(op, op)} {sides[1]})"
        return f"({self.number(expr)} != 0.0)"

    def near(self, helper: str, args: list[str], rate: Expr) -> str:
        """A call of a helper of a clock."""
        if rate is UNKNOWN:
            args[0] = self.temporary(args[0])
        return f"{helper}({', '.join([*args, self.slack(rate, args[0])])})"

    def nearly(self, form: str, sides: list[str], rate: Expr) -> str:
        """A comparison of a clock."""
        if rate is UNKNOWN:
            sides = list(map(self.temporary, sides))
        return form.format(*sides, self.slack(rate, *sides))

    def slack(self, rate: Expr, *values: str) -> str:
        """How far a clock may be from a number and still be equal to it.

        values: the numbers that are compared, of which it is a share where the rate is unknown.
        """
        if rate is UNKNOWN:
            largest = " + ".join(f"abs({value})" for value in values)
            return f"({SHARE!r} * ({largest}) if e > 0.0 else 0.0)"
        return "e" if rate == ONE else f"(e * abs({self.number(rate)}))"

    def switch(self, expr: Switch) -> str:
        """A function of the time; the time of its dates depends on whether they are known."""
        args = list(map(self.number, expr.args))
        located = self.located(expr)
        match expr.function:
            case "RAMP":
                args.insert(0, "t")
            case "PULSE TRAIN":
                args[:0] = ["s", "u", "e"] if located else ["m", "t", "e"]
            case "PULSE":
                args[:0] = ["s" if located else "m", "e"]
            case _:
                args.insert(0, "s" if located else "m")
        return f"{FUNCTIONS[expr.function].python}({', '.join(args)})"

    def whole(self, expr: Whole | Past, target: Load | None = None) -> str:
        """A call of a helper that works on the vector. target: where it writes its result."""
        texts = [self.address(target.base, target.axes)] if target else []
        in_vector = target is not None
        for arg in expr.parts():
            match arg:
                case Slice(load, size):
                    texts += [self.address(load.base, load.axes), str(size)]
                case Record():
                    texts.append(self.record(arg))
                case _:
                    texts.append(self.number(arg))
                    continue
            in_vector = True
        return f"{expr.helper}({', '.join(['v', *texts] if in_vector else texts)})"

    def shifted(self, expr: Shifted) -> str:
        """VECTOR ELM MAP."""
        array, own = expr.array.load, expr.own
        first = f"{self.address(array.base, array.axes)}, {expr.array.size}"
        here = self.address(own.base, own.axes)
        return f"element(v, {first}, {here}, {self.number(expr.offset)})"

    def written_out(self, expr: WrittenOut) -> str:
        """A reduction over single terms."""
        terms = list(map(self.number, expr.terms))
        if expr.op in ("SUM", "PROD"):
            return "(" + (" + " if expr.op == "SUM" else " * ").join(terms) + ")"
        name = "min" if expr.op == "VMIN" else "max"
        return f"{name}({', '.join(terms)})" if len(terms) > 1 else terms[0]

    def reduce(self, expr: Reduce) -> str:
        """A loop before the statement; the text is the name of its result."""
        name = self.temporary(_IDENTITY[expr.op])
        depth, patterns, known = self.depth, dict(self.patterns), dict(self.known)
        self.open(expr.loops, [expr.body], {term[0] for pattern in patterns for term in pattern})
        body = self.number(expr.body)
        if expr.op in ("SUM", "PROD"):
            self.put(f"{name} {'+' if expr.op == 'SUM' else '*'}= {body}")
        else:
            item = self.temporary(body)
            self.put(f"if {item} {'<' if expr.op == 'VMIN' else '>'} {name}:")
            self.put(f"    {name} = {item}")
        self.depth, self.patterns, self.known = depth, patterns, known
        return name

    def label_number(self, axis: Axis) -> str:
        if axis.fixed:
            return f"{axis.positions[0] + 1}.0"
        if axis.offset is not None:
            return f"({self.names.loop(axis.loop)} + {axis.offset + 1}.0)"
        return f"({self.names.table(axis.positions)}[{self.names.loop(axis.loop)}] + 1.0)"

    def interpolate(self, expr: Interpolate) -> str:
        steps = expr.helper in STEPWISE and isinstance(expr.x, Time)
        x = "u" if steps else self.number(expr.x)
        rate = self.clocks.rate(expr.x) if expr.helper in _SHIFTS else None
        if rate is not None:
            x = self.temporary(x) if rate is UNKNOWN else x
            x = f"({x} {_SHIFTS[expr.helper]} {self.slack(rate, x)})"
        x = ", ".join([x, *map(self.number, expr.more)])
        number = expr.first + sum(map(constant_of, expr.axes))
        pattern = pattern_of(expr.axes)
        if not pattern:
            start, count = self.layout.tables[number]
            return f"{expr.helper}(v, {start}, {count}, {x})"
        which = f"{number} + {self.patterns[pattern]}"
        return f"{expr.helper}(v, TABLE_START[{which}], TABLE_SIZE[{which}], {x})"

    def record(self, expr: Record) -> str:
        """The index of a record, and the distance between its rows."""
        recorded = self.layout.recorded
        first = len(self.layout.template) + expr.base - recorded.start
        return f"{self.address(first, expr.axes)}, {recorded.size}"

    def margin(self, expr: Expr) -> str:
        """A number that is positive while a condition holds and passes zero when it changes."""
        match expr:
            case Unary(":NOT:", operand):
                return f"(-{self.margin(operand)})"
            case Binary(":AND:" | ":OR:", left, right):
                name = "min" if expr.op == ":AND:" else "max"
                return f"{name}({self.margin(left)}, {self.margin(right)})"
            case Chain((":AND:" | ":OR:" as op, *_), terms):
                name = "min" if op == ":AND:" else "max"
                return f"{name}({', '.join(map(self.margin, terms))})"
            case Binary(">" | ">=", left, right) if not self.located(expr):
                return f"({self.number(left)} - {self.number(right)})"
            case Binary("<" | "<=", left, right) if not self.located(expr):
                return f"({self.number(right)} - {self.number(left)})"
        return f"(1.0 if {self.condition(expr)} else -1.0)"


def nesting(text: str) -> int:
    """How deep the parentheses of a text are nested."""
    deepest = depth = 0
    for sign in _PARENTHESES.findall(text):
        depth += 1 if sign == "(" else -1
        deepest = max(deepest, depth)
    return deepest


def _literal(value: float) -> str:
    return f"({value!r})" if value < 0 else repr(value)
