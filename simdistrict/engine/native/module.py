"""A module of LLVM's assembly language: types by number of lanes, tables, the C library.

`translate` adds the functions, `machine` compiles the text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# the kinds of values: floats, a float that all members share, whole numbers, a truth per member
# and one for all, vectors and tables
FLOAT, COMMON, INT, MASK, TRUTH = "float", "common", "int", "mask", "truth"
VECTOR, INTS, REALS, NOTHING = "vector", "ints", "reals", "nothing"
POINTERS = (VECTOR, INTS, REALS)
# functions of the C library; CPython's math module calls the same ones
LIBRARY = {
    **dict.fromkeys("exp log sin cos tan acos asin atan sinh cosh tanh".split(), 1),
    "pow": 2,
    "fmod": 2,
}
# exact by IEEE 754, so they may be instructions of the processor
EXACT = {"sqrt": "sqrt", "floor": "floor", "trunc": "trunc", "abs": "fabs", "rint": "rint"}


class UntranslatableError(Exception):
    """The source is outside the compiled subset: an internal error."""


@dataclass(frozen=True, slots=True)
class Value:
    """An operand: its kind and its name in the assembly language."""

    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class Signature:
    """The kinds of the arguments and of the result of a function."""

    takes: tuple[str, ...]
    gives: str = NOTHING


@dataclass
class Module:
    """A module in progress.

    tables: tuples of whole numbers by name; signatures: of the functions, by name; called: the
    names of the functions that are not inlined; bits: whether `maths` is used.
    """

    lanes: int
    bits: bool = False
    tables: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    signatures: dict[str, Signature] = field(default_factory=dict)
    called: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)

    def type(self, kind: str) -> str:
        """The type of a kind of value."""
        scalar = {FLOAT: "double", MASK: "i1"}.get(kind)
        if scalar:
            return scalar if self.lanes == 1 else f"<{self.lanes} x {scalar}>"
        others = {COMMON: "double", INT: "i64", TRUTH: "i1", NOTHING: "void"}
        return others.get(kind, "ptr")

    def text(self) -> str:
        """The whole module."""
        bits = [*self._bits(), self._settled()] if self.bits else []
        return "\n".join([*self._tables(), *self._library(), *bits, *self.texts, ""])

    def _tables(self) -> list[str]:
        found = []
        for name, numbers in self.tables.items():
            items = ", ".join(f"i64 {n}" for n in numbers)
            kind = f"[{len(numbers)} x i64]"
            found.append(f"@{name} = internal constant {kind} [{items}]")
        return found

    def _library(self) -> list[str]:
        """The functions of the C library, and each of them applied lane by lane."""
        kind = self.type(FLOAT)
        found = [f"declare {kind} @llvm.fma.{self.suffix}({kind}, {kind}, {kind})"]
        found += [f"declare {kind} @llvm.{name}.{self.suffix}({kind})" for name in EXACT.values()]
        for name, arity in LIBRARY.items():
            # nobuiltin: LLVM would make x * x of pow(x, 2), which differs in the last bit; the rest
            # says that a call depends only on its arguments and may move out of a loop
            takes = ", ".join(["double"] * arity)
            found.append(
                f"declare double @{name}({takes}) nobuiltin nounwind willreturn memory(none)"
            )
            if self.lanes > 1:
                found.append(self._laned(name, arity))
        return found

    def _bits(self) -> list[str]:
        """`maths.exponent`, `maths.mantissa` and `maths.scaled`, by the bits of a float."""
        real = self.type(FLOAT)
        word = f"<{self.lanes} x i64>" if self.lanes > 1 else "i64"

        def every(number: int) -> str:
            one = f"i64 {number}"
            return f"<{', '.join([one] * self.lanes)}>" if self.lanes > 1 else str(number)

        # the bits of the square root of 1/2: where mantissas begin
        split = [
            f"  %w = bitcast {real} %x to {word}",
            f"  %o = sub {word} %w, {every(0x3FE6A09E667F3BCD)}",
            f"  %k = ashr {word} %o, {every(52)}",
        ]
        head = "alwaysinline nounwind {"
        return [
            f"define internal {real} @exponent({real} %x) {head}",
            *split,
            f"  %r = sitofp {word} %k to {real}",
            f"  ret {real} %r\n}}",
            f"define internal {real} @mantissa({real} %x) {head}",
            *split,
            f"  %s = shl {word} %k, {every(52)}",
            f"  %m = sub {word} %w, %s",
            f"  %r = bitcast {word} %m to {real}",
            f"  ret {real} %r\n}}",
            f"define internal {real} @scaled({real} %x, {real} %n) {head}",
            f"  %w = bitcast {real} %x to {word}",
            # out of range only where `settled_pow` discards the result
            f"  %p = fptosi {real} %n to {word}",
            f"  %k = freeze {word} %p",
            f"  %s = shl {word} %k, {every(52)}",
            f"  %m = add {word} %w, %s",
            f"  %r = bitcast {word} %m to {real}",
            f"  ret {real} %r\n}}",
        ]

    def _settled(self) -> str:
        """`maths.settled_pow`: calls the C library in the lanes that are not settled."""
        real, mask, bits = self.type(FLOAT), self.type(MASK), f"i{self.lanes}"
        return f"""
declare {bits} @llvm.cttz.{bits}({bits}, i1)
define internal {real} @settled_pow({real} %r, {mask} %ok, {real} %x, {real} %y) alwaysinline {{
  %settled = bitcast {mask} %ok to {bits}
  %open = xor {bits} %settled, -1
  %none = icmp eq {bits} %open, 0
  br i1 %none, label %all, label %some
some:
  %p = call {real} @asked_pow({real} %r, {bits} %open, {real} %x, {real} %y)
  ret {real} %p
all:
  ret {real} %r
}}
define internal {real} @asked_pow({real} %r, {bits} %open, {real} %x, {real} %y) noinline {{
  %to = alloca {real}
  %xs = alloca {real}
  %ys = alloca {real}
  store {real} %r, ptr %to
  store {real} %x, ptr %xs
  store {real} %y, ptr %ys
  br label %next
next:
  %left = phi {bits} [ %open, %0 ], [ %rest, %next ]
  %number = call {bits} @llvm.cttz.{bits}({bits} %left, i1 true)
  %lane = zext {bits} %number to i64
  %x.at = getelementptr inbounds double, ptr %xs, i64 %lane
  %y.at = getelementptr inbounds double, ptr %ys, i64 %lane
  %x.own = load double, ptr %x.at
  %y.own = load double, ptr %y.at
  %found = call double @pow(double %x.own, double %y.own) nobuiltin
  %there = getelementptr inbounds double, ptr %to, i64 %lane
  store double %found, ptr %there
  %before = sub {bits} %left, 1
  %rest = and {bits} %left, %before
  %done = icmp eq {bits} %rest, 0
  br i1 %done, label %end, label %next
end:
  %patched = load {real}, ptr %to
  ret {real} %patched
}}"""

    @property
    def suffix(self) -> str:
        """The suffix of an intrinsic function for the type of a float."""
        return "f64" if self.lanes == 1 else f"v{self.lanes}f64"

    def _laned(self, name: str, arity: int) -> str:
        kind = self.type(FLOAT)
        args = [f"%x{k}" for k in range(arity)]
        typed = ", ".join(f"{kind} {a}" for a in args)
        lines = [f"define internal {kind} @{name}.lanes({typed}) noinline {{"]
        last = "poison"
        for lane in range(self.lanes):
            parts = []
            for a in args:
                lines.append(f"  {a}.{lane} = extractelement {kind} {a}, i64 {lane}")
                parts.append(f"double {a}.{lane}")
            lines.append(f"  %r{lane} = call double @{name}({', '.join(parts)}) nobuiltin")
            lines.append(f"  %w{lane} = insertelement {kind} {last}, double %r{lane}, i64 {lane}")
            last = f"%w{lane}"
        return "\n".join([*lines, f"  ret {kind} {last}", "}"])
