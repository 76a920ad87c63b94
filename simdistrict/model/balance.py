"""Whether the units of a model's equations balance, by Vensim's rules.

A literal number is dimensionless, but zero matches any unit, and a number alone as an initial
value or as a date takes the expected unit. An element without a unit matches any unit; another
check reports it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simdistrict.model.expr import (
    COMPARISONS,
    LOGIC,
    Array,
    Binary,
    Call,
    Chain,
    Expr,
    LookupCall,
    Number,
    Points,
    Ref,
    Tables,
    Text,
    Unary,
    WithLookup,
)
from simdistrict.model.model import CONTROL, Element, Model, Stock
from simdistrict.model.units import Units

if TYPE_CHECKING:
    from pint.facets.plain import PlainUnit as Unit

_PLAIN_ARGUMENT = frozenset({"EXP", "LN", "SIN", "COS", "TAN"})
_LIKE_ARGUMENT = frozenset({"ABS", "INTEGER", "INITIAL", "SUM", "VMIN", "VMAX", "GAME"})
_ALIKE = frozenset({"MIN", "MAX", "ACTIVE INITIAL", "MODULO"})
_AVERAGES = ("SMOOTH", "DELAY1", "DELAY3")
# (input, time, initial value, ...): one past the last argument with the input's unit
_DELAYS = {"DELAY FIXED": 3, "DELAY INFORMATION": 3, "DELAY MATERIAL": 4, "DELAY N": 3}


@dataclass(frozen=True, slots=True)
class Imbalance:
    """Two sides that should have the same unit. left and right are Vensim unit texts."""

    element: str
    line: int
    what: str
    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.what}: {self.left} against {self.right}"


def imbalances(model: Model) -> list[Imbalance]:
    """Every imbalance of units, in the order of the file."""
    work = _UnitCheck(model)
    for element in model:
        work.element(element)
    work.control()
    return work.found


def unit_reader(model: Model) -> tuple[Units, Callable[[Expr], Unit | None]]:
    """The units of a model, and a function: expression -> unit, None where any unit matches."""
    work = _UnitCheck(model)
    return work.units, work.of


class _UnitCheck:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.units = Units(model.unit_synonyms)
        self.found: list[Imbalance] = []
        self.owner: Element = Element(name="", equations=())
        self.line = 0
        self.time = self.units.of(model.by_name.get("time step")) or self.units.of(
            model.by_name.get("final time")
        )

    def element(self, element: Element) -> None:
        self.owner = element
        self.line = element.line
        try:
            self.units.parse(element.units)
        except ValueError as error:
            self.found.append(Imbalance(element.name, self.line, str(error), "?", "?"))
            return
        own = self.units.parse(element.units) if element.units.strip() else None
        for equation in element.equations:
            self.line = equation.line
            if isinstance(equation.expression, Points | Tables | Array | Number):
                continue
            right = self.of(equation.expression)
            if isinstance(element, Stock):
                if right is not None and self.time is not None:
                    right = right * self.time
                self.same(own, right, "the stock and its net flow times the time unit differ")
            else:
                self.same(own, right, "the two sides of the equation differ")
            if equation.initial is not None:
                what = "the element and its initial value differ"
                self.same(own, self.alone(equation.initial), what)

    def control(self) -> None:
        """Compare the units of the control elements: all four are times."""
        elements = (self.model.by_name.get(name) for name in CONTROL)
        stated = [(e, unit) for e in elements if e is not None and (unit := self.units.of(e))]
        for element, unit in stated[1:]:
            self.owner, self.line = element, element.line
            first, expected = stated[0]
            self.same(expected, unit, f"the units of {first.name} and {element.name} differ")

    def same(self, left: Unit | None, right: Unit | None, what: str) -> Unit | None:
        """The known unit; records an imbalance where both are known and differ."""
        if left is None or right is None:
            return left if right is None else right
        if left != right:
            texts = self.units.text(left), self.units.text(right)
            self.found.append(Imbalance(self.owner.name, self.line, what, *texts))
        return left

    def alone(self, expr: Expr) -> Unit | None:
        """The unit of a whole argument: a bare number takes the expected unit."""
        bare = isinstance(expr, Number) or (
            isinstance(expr, Unary) and isinstance(expr.operand, Number)
        )
        return None if bare else self.of(expr)

    def plain(self, expr: Expr, what: str) -> None:
        self.same(self.units.none, self.of(expr), what)

    def of(self, expr: Expr) -> Unit | None:
        """The unit of an expression; None matches any."""
        match expr:
            case Number(value):
                return None if value == 0.0 else self.units.none
            case Ref("time"):
                return self.time
            case Ref(name):
                if name not in self.model.by_name:
                    return self.units.none  # the index of a label
                return self.units.of(self.model.by_name[name])
            case Unary(":NOT:", operand):
                self.of(operand)
                return self.units.none
            case Unary(_, operand):
                return self.of(operand)
            case Binary():
                return self.binary(expr)
            case Chain(ops, terms):
                unit = self.of(terms[0])
                for op, term in zip(ops, terms[1:], strict=True):
                    unit = self.combined(op, unit, self.of(term))
                return unit
            case LookupCall(lookup, x):
                self.of(x)
                return self.units.of(self.model.by_name.get(lookup.name))
            case WithLookup(x, _):
                self.of(x)
                return None
            case Call():
                return self.call(expr)
            case Text() | Array() | Points() | Tables():
                return None
        return None

    def binary(self, expr: Binary) -> Unit | None:
        op = expr.op
        if op == "^":
            return self.power(expr)
        return self.combined(op, self.of(expr.left), self.of(expr.right))

    def combined(self, op: str, left: Unit | None, right: Unit | None) -> Unit | None:
        """The unit of a binary operation other than a power."""
        if op in LOGIC:
            return self.units.none
        if op in COMPARISONS:
            self.same(left, right, f"the two sides of {op} differ")
            return self.units.none
        if op in "+-":
            return self.same(left, right, f"the two sides of {op} differ")
        if left is None or right is None:
            return None
        result: Unit = left * right if op == "*" else left / right
        return result

    def power(self, expr: Binary) -> Unit | None:
        self.plain(expr.right, "an exponent has a unit")
        base = self.of(expr.left)
        if base is None or base == self.units.none:
            return base
        match expr.right:
            case Number(value):
                return base**value
            case Unary("-", Number(value)):
                return base ** (-value)
        self.same(self.units.none, base, "the base of a power with a variable exponent has a unit")
        return None

    def call(self, call: Call) -> Unit | None:
        name, args = call.function, call.args
        if name in _PLAIN_ARGUMENT:
            for arg in args:
                self.plain(arg, f"the argument of {name} has a unit")
            return self.units.none
        if name in _LIKE_ARGUMENT and args:
            return self.of(args[0])
        if name in _ALIKE and len(args) == 2:
            what = f"the arguments of {name} differ"
            second = self.alone if name == "ACTIVE INITIAL" else self.of
            return self.same(self.of(args[0]), second(args[1]), what)
        match name, args:
            case "SQRT", (x,):
                unit = self.of(x)
                return None if unit is None else unit**0.5
            case "IF THEN ELSE", (condition, yes, no):
                self.of(condition)
                what = "the two values of IF THEN ELSE differ"
                return self.same(self.of(yes), self.of(no), what)
            case "SAMPLE IF TRUE", (condition, source, initial):
                self.of(condition)
                what = "input and initial value of SAMPLE IF TRUE differ"
                return self.same(self.of(source), self.alone(initial), what)
            case ("ZIDZ", (x, y)) | ("XIDZ", (x, y, _)):
                top, bottom = self.of(x), self.of(y)
                ratio = None if top is None or bottom is None else top / bottom
                if name == "XIDZ":
                    what = "the quotient and the third argument of XIDZ differ"
                    return self.same(ratio, self.of(args[2]), what)
                return ratio
            case "PROD", (x,):
                unit = self.of(x)
                return unit if unit == self.units.none else None
        return self.of_array(call)

    def of_array(self, call: Call) -> Unit | None:
        """Functions of arrays and of lookup shapes, by the units on their Vensim help pages."""
        name, args = call.function, call.args
        match name, args:
            case (("VECTOR RANK" | "VECTOR SORT ORDER"), (vector, direction)):
                self.of(vector)
                self.plain(direction, f"the direction of {name} has a unit")
                return self.units.none
            case (("VECTOR REORDER" | "VECTOR ELM MAP" | "INVERT MATRIX"), (array, number)):
                self.plain(number, f"the second argument of {name} has a unit")
                return self.of(array)
            case "VECTOR LOOKUP", (array, x, low, high, mode):
                return self.of_points(self.of(array), self.of(x), self.ends(name, low, high), mode)
            case "ALLOCATE AVAILABLE", (request, profile, available):
                self.of(profile)
                return self.alike(name, request, available)
            case "ALLOCATE BY PRIORITY", (request, priority, _, width, available):
                self.alike(name, priority, width)
                return self.alike(name, request, available)
            case (("DEMAND AT PRICE" | "SUPPLY AT PRICE"), (quantity, profile, price)):
                self.alike(name, profile, price)
                return self.of(quantity)
            case "FIND MARKET PRICE", (demand, curve, supply, other):
                self.alike(name, demand, supply)
                return self.alike(name, curve, other)
            case "LOOKUP AREA", (lookup, start, stop):
                height, across = self.of(lookup), self.ends(name, start, stop)
                return None if height is None or across is None else height * across
            case "LOOKUP SLOPE", (lookup, x, mode):
                self.of(x)
                self.plain(mode, f"the mode of {name} has a unit")
                return self.of(lookup)
        return self.timed(call)

    def alike(self, name: str, one: Expr, other: Expr) -> Unit | None:
        """The common unit of two arguments, of which the second may be a bare number."""
        return self.same(self.of(one), self.alone(other), f"two arguments of {name} differ")

    def ends(self, name: str, low: Expr, high: Expr) -> Unit | None:
        return self.same(self.alone(low), self.alone(high), f"the two ends given to {name} differ")

    def of_points(
        self, height: Unit | None, x: Unit | None, across: Unit | None, mode: Expr
    ) -> Unit | None:
        """The unit of VECTOR LOOKUP: of a value, an area, the inverse or a slope."""
        kind = mode.value if isinstance(mode, Number) else -1.0
        if kind in (5.0, 8.0):
            self.same(height, x, "the values and the input of VECTOR LOOKUP differ")
            return across
        across = self.same(across, x, "the ends and the input of VECTOR LOOKUP differ")
        if kind in (0.0, 2.0, 3.0, 4.0):
            return height
        if height is None or across is None or kind < 0.0:
            return None
        area: Unit = height * across
        slope: Unit = height / across
        return area if kind in (1.0, 7.0) else slope

    def timed(self, call: Call) -> Unit | None:
        """Functions some of whose arguments are times."""
        name, args = call.function, call.args

        def is_time(*times: Expr) -> None:
            for time in times:
                self.same(self.time, self.alone(time), f"a time given to {name} has another unit")

        match name, args:
            case "STEP", (height, start):
                is_time(start)
                return self.of(height)
            case "RAMP", (slope, *times):
                is_time(*times)
                unit = self.of(slope)
                return None if unit is None or self.time is None else unit * self.time
            case (("PULSE" | "PULSE TRAIN"), times):
                is_time(*times)
                return self.units.none
            case "GET TIME VALUE", (_, offset, _):
                is_time(offset)
                return None  # as in Vensim: its unit depends on its last argument
            case "DEPRECIATE STRAIGHTLINE", (stream, life, period, initial):
                is_time(life)
                self.of(period)
                return self.alike(name, stream, initial)
            case "INTEG", (flow, initial):
                unit = self.of(flow)
                known = None if unit is None or self.time is None else unit * self.time
                return self.same(
                    known, self.alone(initial), "flow and initial value of INTEG differ"
                )
        if name in _DELAYS and len(args) in (3, 4):
            is_time(args[1])
            unit = self.of(args[0])
            for arg in args[2 : _DELAYS[name]]:
                unit = self.same(unit, self.alone(arg), f"input and initial of {name} differ")
            return unit
        if name.startswith(_AVERAGES) and len(args) >= 2:
            is_time(args[1])
            unit = self.of(args[0])
            if len(args) == 3:
                unit = self.same(unit, self.alone(args[2]), f"input and initial of {name} differ")
            return unit
        for arg in args:
            self.of(arg)
        return None
