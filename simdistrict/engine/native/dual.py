"""Functions of the compiled subset with their derivatives, as LLVM assembly language.

A float is a value with its derivatives in eight directions at once (forward mode; Griewank and
Walther, Evaluating Derivatives, 2nd edition, SIAM 2008, chapter 3). The value takes the operations
of a run of one member in their order, so it has the same bits. A comparison looks at values only:
at a kink the derivative is that of the branch taken. Where the arguments of MIN or MAX are equal,
and at the zero of ABS, it is the mean of both sides, so that MAX(x, 0) + MIN(x, 0) has that of x.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from simdistrict.engine.native.module import (
    EXACT,
    FLOAT,
    INT,
    LIBRARY,
    MASK,
    Module,
    UntranslatableError,
    Value,
)
from simdistrict.engine.native.reader import SubsetReader
from simdistrict.engine.native.translate import FunctionText, written

DIRECTIONS = 8
# numbers in memory of one float
WIDTH = 1 + DIRECTIONS
_SLOPES = f"<{DIRECTIONS} x double>"
# packed, so that it has WIDTH numbers in memory
_DUAL = f"<{{double, {_SLOPES}}}>"


def translated_dual(reader: SubsetReader, exported: Sequence[str] = ()) -> str:
    """As `translate.translated`, with derivatives."""
    return written(reader, DualModule(1, False, reader.tables), DualFunctionText, exported)


@dataclass
class DualModule(Module):
    """A module whose floats have derivatives."""

    def type(self, kind: str) -> str:
        return _DUAL if kind == FLOAT else super().type(kind)

    def _library(self) -> list[str]:
        plain = Module(1)._library()
        return [*plain, *_SPREAD, *(_derived(name, *rule) for name, rule in _RULES.items()), _POWER]


class DualFunctionText(FunctionText):
    """Translates one function; arithmetic by the rules of differentiation."""

    def value(self, number: Value) -> str:
        return self.new("", f"extractvalue {_DUAL} {number.ref}, 0").ref

    def slopes(self, number: Value) -> str:
        return self.new("", f"extractvalue {_DUAL} {number.ref}, 1").ref

    def dual(self, value: str, slopes: str) -> Value:
        half = self.new("", f"insertvalue {_DUAL} poison, double {value}, 0").ref
        return self.new(FLOAT, f"insertvalue {_DUAL} {half}, {_SLOPES} {slopes}, 1")

    def real(self, operation: str, *operands: str) -> str:
        return self.new("", f"{operation} double {', '.join(operands)}").ref

    def wide(self, operation: str, *operands: str) -> str:
        return self.new("", f"{operation} {_SLOPES} {', '.join(operands)}").ref

    def spread(self, value: str) -> str:
        """A value in all directions."""
        return self.new("", f"call {_SLOPES} @dual.spread(double {value})").ref

    # ------------------------------------------------------------------ of ExpressionText

    def splat(self, scalar: str) -> str:
        return self.dual(scalar, "zeroinitializer").ref

    def number(self, value: float) -> Value:
        bits = struct.unpack("<Q", struct.pack("<d", value))[0]
        return Value(FLOAT, f"<{{ double 0x{bits:016X}, {_SLOPES} zeroinitializer }}>")

    def whole(self, value: Value) -> Value:
        return self.new(INT, f"fptosi double {self.value(value)} to i64")

    def negated(self, value: Value) -> Value:
        slopes = self.wide("fneg", self.slopes(value))
        return self.dual(self.real("fneg", self.value(value)), slopes)

    def compared(self, test: str, left: Value, right: Value) -> Value:
        return self.new(MASK, f"{test} double {self.value(left)}, {self.value(right)}")

    def operated(self, operation: str, left: Value, right: Value) -> Value:
        x, y = self.value(left), self.value(right)
        dx, dy = self.slopes(left), self.slopes(right)
        found = self.real(operation, x, y)
        if operation in ("fadd", "fsub"):
            return self.dual(found, self.wide(operation, dx, dy))
        if operation == "fmul":
            by_left = self.wide("fmul", dx, self.spread(y))
            return self.dual(
                found, self.wide("fadd", by_left, self.wide("fmul", dy, self.spread(x)))
            )
        if operation == "fdiv":
            gained = self.wide("fsub", dx, self.wide("fmul", dy, self.spread(found)))
            made = self.wide("fdiv", gained, self.spread(y))
            # a slope of an infinite number is no number; what is left of it here is none at all
            size = self.new("", f"call double @llvm.fabs.f64(double {y})").ref
            endless = self.new("", f"fcmp oeq double {size}, 0x7FF0000000000000").ref
            chosen = f"select i1 {endless}, {_SLOPES} zeroinitializer, {_SLOPES} {made}"
            return self.dual(found, self.new("", chosen).ref)
        raise UntranslatableError(operation)

    def better(self, test: str, value: Value, best: Value) -> Value:
        chosen = super().better(test, value, best)
        both = self.wide("fadd", self.slopes(value), self.slopes(best))
        mean = self.wide("fmul", both, self.spread("5.0e-1"))
        tied = self.compared("fcmp oeq", value, best).ref
        slopes = self.new(
            "", f"select i1 {tied}, {_SLOPES} {mean}, {_SLOPES} {self.slopes(chosen)}"
        ).ref
        return self.dual(self.value(chosen), slopes)

    def foreign(self, name: str, values: Sequence[Value]) -> Value:
        operands = [self.convert(value, FLOAT) for value in values]
        if name in _RULES or name == "pow":
            typed = ", ".join(f"{_DUAL} {value.ref}" for value in operands)
            return self.new(FLOAT, f"call {_DUAL} @{name}.dual({typed})")
        plain = [self.value(value) for value in operands]
        if name in EXACT:  # what is constant between its jumps
            found = self.new("", f"call double @llvm.{EXACT[name]}.f64(double {plain[0]})").ref
            return self.dual(found, "zeroinitializer")
        if name == "fmod":
            return self.remainder(operands, plain)
        raise UntranslatableError(f"there is no derivative of {name}")

    def remainder(self, operands: Sequence[Value], plain: Sequence[str]) -> Value:
        """fmod(x, y) = x - n y with a whole number n that is constant between its jumps."""
        x, y = plain
        found = self.new("", f"call double @fmod(double {x}, double {y}) nobuiltin").ref
        ratio = self.real("fdiv", self.real("fsub", x, found), y)
        times = self.new("", f"call double @llvm.rint.f64(double {ratio})").ref
        lost = self.wide("fmul", self.slopes(operands[1]), self.spread(times))
        return self.dual(found, self.wide("fsub", self.slopes(operands[0]), lost))


# how often the derivative of a function of x is the slope of x: lines that compute %k from the
# value %x and the result %r
_ONE = "double 1.0"
_RULES: dict[str, tuple[str, ...]] = {
    "exp": ("%k = fadd double %r, 0.0",),
    "log": (f"%k = fdiv {_ONE}, %x",),
    "sin": ("%k = call double @cos(double %x) nobuiltin",),
    "cos": ("%s = call double @sin(double %x) nobuiltin", "%k = fneg double %s"),
    "tan": ("%s = fmul double %r, %r", f"%k = fadd {_ONE}, %s"),
    "asin": (
        *("%s = fmul double %x, %x", f"%t = fsub {_ONE}, %s"),
        *("%u = call double @llvm.sqrt.f64(double %t)", f"%k = fdiv {_ONE}, %u"),
    ),
    "acos": (
        *("%s = fmul double %x, %x", f"%t = fsub {_ONE}, %s"),
        *("%u = call double @llvm.sqrt.f64(double %t)", "%k = fdiv double -1.0, %u"),
    ),
    "atan": ("%s = fmul double %x, %x", f"%t = fadd {_ONE}, %s", f"%k = fdiv {_ONE}, %t"),
    "sinh": ("%k = call double @cosh(double %x) nobuiltin",),
    "cosh": ("%k = call double @sinh(double %x) nobuiltin",),
    "tanh": ("%s = fmul double %r, %r", f"%k = fsub {_ONE}, %s"),
    "sqrt": ("%k = fdiv double 0.5, %r",),
    "abs": (
        *("%s = fcmp olt double %x, 0.0", f"%t = select i1 %s, double -1.0, {_ONE}"),
        *("%u = fcmp oeq double %x, 0.0", "%k = select i1 %u, double 0.0, double %t"),
    ),
}
assert _RULES.keys() <= {*LIBRARY, *EXACT}

_SPREAD = [
    f"define internal {_SLOPES} @dual.spread(double %x) alwaysinline nounwind {{",
    f"  %one = insertelement {_SLOPES} poison, double %x, i64 0",
    f"  %all = shufflevector {_SLOPES} %one, {_SLOPES} poison, "
    f"<{DIRECTIONS} x i32> zeroinitializer",
    f"  ret {_SLOPES} %all\n}}",
    # a derivative may be infinite where a number does not depend on a direction at all
    f"define internal {_SLOPES} @dual.scaled({_SLOPES} %dx, double %k) alwaysinline nounwind {{",
    f"  %all = call {_SLOPES} @dual.spread(double %k)",
    f"  %made = fmul {_SLOPES} %dx, %all",
    f"  %none = fcmp oeq {_SLOPES} %dx, zeroinitializer",
    f"  %kept = select <{DIRECTIONS} x i1> %none, {_SLOPES} zeroinitializer, {_SLOPES} %made",
    f"  ret {_SLOPES} %kept\n}}",
]


def _derived(name: str, *rule: str) -> str:
    """The text of a function of one number with its derivative."""
    own = f"@llvm.{EXACT[name]}.f64" if name in EXACT else f"@{name}"
    lines = [
        f"define internal {_DUAL} @{name}.dual({_DUAL} %a) nounwind {{",
        f"  %x = extractvalue {_DUAL} %a, 0",
        f"  %dx = extractvalue {_DUAL} %a, 1",
        f"  %r = call double {own}(double %x) nobuiltin",
        *(f"  {line}" for line in rule),
        f"  %moved = call {_SLOPES} @dual.scaled({_SLOPES} %dx, double %k)",
        # at its limit beyond all numbers, as exp(-inf), a function is level
        "  %size = call double @llvm.fabs.f64(double %x)",
        "  %gap = fsub double %r, %r",
        "  %far = fcmp oeq double %size, 0x7FF0000000000000",
        "  %finite = fcmp oeq double %gap, 0.0",
        "  %limit = and i1 %far, %finite",
        f"  %d = select i1 %limit, {_SLOPES} zeroinitializer, {_SLOPES} %moved",
        f"  %h = insertvalue {_DUAL} poison, double %r, 0",
        f"  %made = insertvalue {_DUAL} %h, {_SLOPES} %d, 1",
        f"  ret {_DUAL} %made\n}}",
    ]
    return "\n".join(lines)


# x ** y: y x ** (y - 1) dx + x ** y log(x) dy. The logarithm is taken only where the exponent has
# a slope; at x = 0 the first factor is 0, 1 or infinite as y is above, at or below one.
_POWER = f"""
define internal {_DUAL} @pow.dual({_DUAL} %a, {_DUAL} %b) nounwind {{
  %x = extractvalue {_DUAL} %a, 0
  %dx = extractvalue {_DUAL} %a, 1
  %y = extractvalue {_DUAL} %b, 0
  %dy = extractvalue {_DUAL} %b, 1
  %r = call double @pow(double %x, double %y) nobuiltin
  %yr = fmul double %y, %r
  %away = fdiv double %yr, %x
  %is.one = fcmp oeq double %y, 1.0
  %above = fcmp ogt double %y, 1.0
  %level = fcmp oeq double %y, 0.0
  %flat = or i1 %above, %level
  %low = select i1 %flat, double 0.0, double 0x7FF0000000000000
  %at.zero = select i1 %is.one, double 1.0, double %low
  %zero = fcmp oeq double %x, 0.0
  %k = select i1 %zero, double %at.zero, double %away
  %by.base = call {_SLOPES} @dual.scaled({_SLOPES} %dx, double %k)
  %moves = fcmp une {_SLOPES} %dy, zeroinitializer
  %bits = bitcast <{DIRECTIONS} x i1> %moves to i{DIRECTIONS}
  %any = icmp ne i{DIRECTIONS} %bits, 0
  br i1 %any, label %exponent, label %end
exponent:
  %log = call double @log(double %x) nobuiltin
  %grown = fmul double %r, %log
  %gone = fcmp oeq double %r, 0.0
  %m = select i1 %gone, double 0.0, double %grown
  %by.exponent = call {_SLOPES} @dual.scaled({_SLOPES} %dy, double %m)
  %both = fadd {_SLOPES} %by.base, %by.exponent
  br label %end
end:
  %moved = phi {_SLOPES} [ %by.base, %0 ], [ %both, %exponent ]
  %x.size = call double @llvm.fabs.f64(double %x)
  %y.size = call double @llvm.fabs.f64(double %y)
  %x.far = fcmp oeq double %x.size, 0x7FF0000000000000
  %y.far = fcmp oeq double %y.size, 0x7FF0000000000000
  %far = or i1 %x.far, %y.far
  %gap = fsub double %r, %r
  %finite = fcmp oeq double %gap, 0.0
  %limit = and i1 %far, %finite
  %d = select i1 %limit, {_SLOPES} zeroinitializer, {_SLOPES} %moved
  %h = insertvalue {_DUAL} poison, double %r, 0
  %made = insertvalue {_DUAL} %h, {_SLOPES} %d, 1
  ret {_DUAL} %made
}}"""
