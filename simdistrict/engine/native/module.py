"""A module of LLVM's assembly language: types by number of lanes, tables, the C library.

Text alone; `translate` fills it with functions, `machine` makes code of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# what a function takes: floats and what it is indexed by, or a pointer to them
FLOAT, INT, MASK, TRUTH, VECTOR, INTS, REALS, NOTHING = "f i m c V I R -".split()
ANNOTATIONS = {
    "float": FLOAT,
    "int": INT,
    "Vector": VECTOR,
    "Sequence[float]": VECTOR,
    "MutableSequence[float]": VECTOR,
    "Ints": INTS,
    "Reals": REALS,
    "None": NOTHING,
}
POINTERS = (VECTOR, INTS, REALS)
# functions of the C library; CPython's math module calls the same ones
LIBRARY = {
    **dict.fromkeys("exp log sin cos tan acos asin atan sinh cosh tanh".split(), 1),
    "pow": 2,
    "fmod": 2,
}
# exact by IEEE 754, hence instructions of the processor where it has them
EXACT = {"sqrt": "sqrt", "floor": "floor", "trunc": "trunc", "abs": "fabs", "rint": "rint"}


class UntranslatableError(Exception):
    """The source uses something that this compiler does not take: a fault of ours."""


@dataclass(frozen=True, slots=True)
class Value:
    """An operand: its kind and how the assembly language names it."""

    kind: str
    ref: str


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function takes and gives."""

    takes: tuple[str, ...]
    gives: str = NOTHING


@dataclass
class Module:
    """The text of a module in the making.

    constants: names of whole numbers known beforehand; tables: names of tuples of such.
    fast: whether powers are those of `maths`, in lanes, instead of the C library's.
    """

    lanes: int
    fast: bool = False
    constants: dict[str, int] = field(default_factory=dict)
    tables: dict[str, tuple[int, ...]] = field(default_factory=dict)
    signatures: dict[str, Signature] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)

    def type(self, kind: str) -> str:
        """The type of a kind of value."""
        scalar = {FLOAT: "double", MASK: "i1"}.get(kind)
        if scalar:
            return scalar if self.lanes == 1 else f"<{self.lanes} x {scalar}>"
        return {INT: "i64", TRUTH: "i1", NOTHING: "void"}.get(kind, "ptr")

    def text(self) -> str:
        """The whole module."""
        bits = self._bits() if self.fast else []
        return "\n".join([*self._tables(), *self._library(), *bits, *self.texts, ""])

    def _tables(self) -> list[str]:
        found = []
        for name, numbers in self.tables.items():
            items = ", ".join(f"i64 {n}" for n in numbers)
            kind = f"[{len(numbers)} x i64]"
            found.append(f"@{name} = internal constant {kind} [{items}]")
        return found

    def _library(self) -> list[str]:
        """The C library's functions, and each for all lanes, one after the other."""
        kind = self.type(FLOAT)
        found = [f"declare {kind} @llvm.fma.{self.suffix}({kind}, {kind}, {kind})"]
        found += [f"declare {kind} @llvm.{name}.{self.suffix}({kind})" for name in EXACT.values()]
        for name, arity in LIBRARY.items():
            # nobuiltin: LLVM would make x * x of pow(x, 2), which differs in the last bit; the rest
            # says that a call depends on its arguments alone and may move out of a loop
            takes = ", ".join(["double"] * arity)
            found.append(
                f"declare double @{name}({takes}) nobuiltin nounwind willreturn memory(none)"
            )
            if self.lanes > 1:
                found.append(self._laned(name, arity))
        return found

    def _bits(self) -> list[str]:
        """A float as mantissa * 2 ** exponent, its mantissa around 1, and the way back."""
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
            # what is out of range is no result of an ordinary power
            f"  %p = fptosi {real} %n to {word}",
            f"  %k = freeze {word} %p",
            f"  %s = shl {word} %k, {every(52)}",
            f"  %m = add {word} %w, %s",
            f"  %r = bitcast {word} %m to {real}",
            f"  ret {real} %r\n}}",
        ]

    @property
    def suffix(self) -> str:
        """How intrinsic functions name the type of a float."""
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
