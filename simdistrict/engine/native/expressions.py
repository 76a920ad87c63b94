"""Expressions of a function as operations on values in all lanes."""

from __future__ import annotations

import ast
import struct
from collections.abc import Sequence

from simdistrict.engine.native.module import (
    COMMON,
    EXACT,
    FLOAT,
    INT,
    LIBRARY,
    MASK,
    NOTHING,
    POINTERS,
    TRUTH,
    Module,
    UntranslatableError,
    Value,
)
from simdistrict.engine.native.reader import SubsetFunction

_FLOAT_OPS = {ast.Add: "fadd", ast.Sub: "fsub", ast.Mult: "fmul", ast.Div: "fdiv"}
_INT_OPS = {ast.Add: "add nsw", ast.Sub: "sub nsw", ast.Mult: "mul nsw", ast.FloorDiv: "sdiv"}
# as CPython compares: every comparison with NaN is false, but for != which is true
_COMPARE = {
    ast.Lt: ("fcmp olt", "icmp slt"),
    ast.LtE: ("fcmp ole", "icmp sle"),
    ast.Gt: ("fcmp ogt", "icmp sgt"),
    ast.GtE: ("fcmp oge", "icmp sge"),
    ast.Eq: ("fcmp oeq", "icmp eq"),
    ast.NotEq: ("fcmp une", "icmp ne"),
}


class ExpressionText:
    """The text of a function in progress: its lines, local variables and their kinds."""

    def __init__(self, module: Module, definition: SubsetFunction) -> None:
        self.module = module
        self.name = definition.name
        self.definition = definition
        self.lines: list[str] = []
        self.slots: list[str] = []
        self.locals: dict[str, Value] = {}
        self.pointers: dict[str, str] = {}
        self.count = 0

    def type(self, kind: str) -> str:
        return self.module.type(kind)

    def put(self, line: str) -> None:
        self.lines.append(line)

    def new(self, kind: str, operation: str) -> Value:
        self.count += 1
        name = f"%.{self.count}"
        self.put(f"{name} = {operation}")
        return Value(kind, name)

    def label(self) -> str:
        self.count += 1
        return f"at{self.count}"

    def store(self, name: str, value: Value) -> None:
        slot = self.locals.get(name)
        if slot is None:
            slot = Value(value.kind, f"%{name}.{len(self.slots)}")
            self.locals[name] = slot
            self.slots.append(f"{slot.ref} = alloca {self.type(value.kind)}")
        value = self.convert(value, slot.kind)
        self.put(f"store {self.type(slot.kind)} {value.ref}, ptr {slot.ref}")

    # ------------------------------------------------------------------ values

    def load(self, name: str) -> Value:
        slot = self.locals[name]
        return self.new(slot.kind, f"load {self.type(slot.kind)}, ptr {slot.ref}")

    def place(self, name: str, kind: str, index: ast.expr) -> str:
        at = self.convert(self.expr(index), INT)
        return self.new("", f"getelementptr inbounds {kind}, ptr %{name}, i64 {at.ref}").ref

    def splat(self, scalar: str) -> str:
        """Copy a scalar into every lane."""
        lanes = self.module.lanes
        if lanes == 1:
            return scalar
        kind = self.type(FLOAT)
        one = self.new(FLOAT, f"insertelement {kind} poison, double {scalar}, i64 0").ref
        zeros = f"<{lanes} x i32> zeroinitializer"
        return self.new(FLOAT, f"shufflevector {kind} {one}, {kind} poison, {zeros}").ref

    def number(self, value: float) -> Value:
        # as bits, because decimal text may be inexact
        text = f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"
        lanes = self.module.lanes
        if lanes > 1:
            text = "<" + ", ".join([f"double {text}"] * lanes) + ">"
        return Value(FLOAT, text)

    def convert(self, value: Value, kind: str) -> Value:
        if value.kind == kind or ({value.kind, kind} == {MASK, TRUTH} and self.module.lanes == 1):
            return Value(kind, value.ref)
        if value.kind == TRUTH and kind == MASK:
            mask, zeros = self.type(MASK), f"<{self.module.lanes} x i32> zeroinitializer"
            one = self.new(MASK, f"insertelement {mask} poison, i1 {value.ref}, i64 0").ref
            return self.new(MASK, f"shufflevector {mask} {one}, {mask} poison, {zeros}")
        if value.kind == COMMON and kind == FLOAT:
            return Value(FLOAT, self.splat(value.ref))
        if value.kind == INT and kind == FLOAT:
            return Value(FLOAT, self.splat(self.new("", f"sitofp i64 {value.ref} to double").ref))
        if value.kind == FLOAT and kind == INT and self.module.lanes == 1:
            return self.whole(value)
        raise UntranslatableError(f"{value.kind} as {kind} in {self.name}")

    def whole(self, value: Value) -> Value:
        """A float without a fraction as a whole number, of one lane."""
        return self.new(INT, f"fptosi double {value.ref} to i64")

    def truth(self, value: Value) -> Value:
        if value.kind == FLOAT:
            return self.compared("fcmp une", value, self.number(0.0))
        if value.kind == INT:
            return self.new(TRUTH, f"icmp ne i64 {value.ref}, 0")
        return value

    def uniform(self, value: Value) -> Value:
        if value.kind == MASK and self.module.lanes > 1:
            raise UntranslatableError("a loop or branch on a condition per lane")
        return Value(TRUTH, value.ref)

    def select(self, condition: Value, yes: Value, no: Value) -> Value:
        kind = FLOAT if FLOAT in (yes.kind, no.kind) else yes.kind
        yes, no = self.convert(yes, kind), self.convert(no, kind)
        test = f"{self.type(condition.kind)} {condition.ref}"
        typed = self.type(kind)
        return self.new(kind, f"select {test}, {typed} {yes.ref}, {typed} {no.ref}")

    def expr(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(constant):
                return self.constant(constant)
            case ast.Name(name) if name in self.locals:
                value = self.load(name)
                return self.convert(value, FLOAT) if value.kind == COMMON else value
            case ast.Subscript(ast.Name(name), index):
                return self.item(name, index)
            case ast.UnaryOp(ast.USub(), operand):
                return self.negative(self.expr(operand))
            case ast.UnaryOp(ast.Not(), operand):
                return self.opposite(self.truth(self.expr(operand)))
            case ast.BinOp(left, op, right):
                return self.binary(op, self.expr(left), self.expr(right))
            case ast.BoolOp(op, values):
                return self.both(op, [self.truth(self.expr(v)) for v in values])
            case ast.Compare(left, ops, rights):
                return self.compare(left, ops, rights)
            case ast.IfExp(test, yes, no):
                return self.either(test, yes, no)
            case ast.Call(ast.Name(name), args):
                return self.call(name, args)
        raise UntranslatableError(ast.unparse(node))

    def constant(self, value: object) -> Value:
        if isinstance(value, bool):
            return Value(TRUTH, str(value).lower())
        if isinstance(value, int):
            return Value(INT, str(value))
        if isinstance(value, float):
            return self.number(value)
        raise UntranslatableError(repr(value))

    def opposite(self, value: Value) -> Value:
        ones = "true"
        if self.type(value.kind) != "i1":
            ones = "<" + ", ".join(["i1 true"] * self.module.lanes) + ">"
        return self.new(value.kind, f"xor {self.type(value.kind)} {value.ref}, {ones}")

    def item(self, name: str, index: ast.expr) -> Value:
        if name in self.module.tables:
            kind = f"[{len(self.module.tables[name])} x i64]"
            at = self.convert(self.expr(index), INT)
            place = self.new("", f"getelementptr inbounds {kind}, ptr @{name}, i64 0, i64 {at.ref}")
            return self.new(INT, f"load i64, ptr {place.ref}")
        match self.pointers.get(name):
            case "vector":
                kind = self.type(FLOAT)
                place = Value("", self.place(name, kind, index))
                return self.new(FLOAT, f"load {kind}, ptr {place.ref}, align 8")
            case "ints":
                return self.new(INT, f"load i64, ptr {self.place(name, 'i64', index)}")
            case "reals":
                loaded = self.new("", f"load double, ptr {self.place(name, 'double', index)}")
                return Value(FLOAT, self.splat(loaded.ref))
        raise UntranslatableError(f"{name} is no vector in {self.name}")

    def negative(self, value: Value) -> Value:
        if value.kind == INT:
            return self.new(INT, f"sub nsw i64 0, {value.ref}")
        return self.negated(value)

    def negated(self, value: Value) -> Value:
        """A float with the other sign."""
        return self.new(FLOAT, f"fneg {self.type(FLOAT)} {value.ref}")

    def compared(self, test: str, left: Value, right: Value) -> Value:
        """A comparison of two floats."""
        return self.new(MASK, f"{test} {self.type(FLOAT)} {left.ref}, {right.ref}")

    def operated(self, operation: str, left: Value, right: Value) -> Value:
        """An operation of arithmetic on two floats."""
        return self.new(FLOAT, f"{operation} {self.type(FLOAT)} {left.ref}, {right.ref}")

    def binary(self, op: ast.operator, left: Value, right: Value) -> Value:
        if left.kind == right.kind == INT and type(op) in _INT_OPS:
            return self.new(INT, f"{_INT_OPS[type(op)]} i64 {left.ref}, {right.ref}")
        left, right = self.convert(left, FLOAT), self.convert(right, FLOAT)
        return self.operated(_FLOAT_OPS[type(op)], left, right)

    def both(self, op: ast.boolop, values: Sequence[Value]) -> Value:
        kind = MASK if any(v.kind == MASK for v in values) else TRUTH
        word = "and" if isinstance(op, ast.And) else "or"
        result = self.convert(values[0], kind)
        for value in values[1:]:
            other = self.convert(value, kind)
            result = self.new(kind, f"{word} {self.type(kind)} {result.ref}, {other.ref}")
        return result

    def compare(
        self, left: ast.expr, ops: Sequence[ast.cmpop], rights: Sequence[ast.expr]
    ) -> Value:
        """One comparison, or a chain of them."""
        values = [self.expr(left), *map(self.expr, rights)]
        found = []
        for op, a, b in zip(ops, values, values[1:], strict=False):
            floats, ints = _COMPARE[type(op)]
            if a.kind == b.kind == INT:
                found.append(self.new(TRUTH, f"{ints} i64 {a.ref}, {b.ref}"))
            else:
                a, b = self.convert(a, FLOAT), self.convert(b, FLOAT)
                found.append(self.compared(floats, a, b))
        return self.both(ast.And(), found)

    def either(self, test: ast.expr, yes: ast.expr, no: ast.expr) -> Value:
        """Select between two values; branch if either operand is expensive."""
        condition = self.truth(self.expr(test))
        if (condition.kind == TRUTH or self.module.lanes == 1) and (
            self.is_expensive(yes) or self.is_expensive(no)
        ):
            self.count += 1
            name = f"either{self.count}"
            one, other, behind = self.label(), self.label(), self.label()
            self.put(f"br i1 {condition.ref}, label %{one}, label %{other}")
            for here, node in ((one, yes), (other, no)):
                self.put(f"{here}:")
                self.store(name, self.convert(self.expr(node), FLOAT))
                self.put(f"br label %{behind}")
            self.put(f"{behind}:")
            return self.load(name)
        return self.select(condition, self.expr(yes), self.expr(no))

    # ------------------------------------------------------------------ calls

    def call(self, name: str, args: Sequence[ast.expr]) -> Value:
        if name in self.module.signatures:
            return self.own(name, args)
        if name == "pick":
            return self.pick(args)
        if name == "points":
            return self.points(self.convert(self.expr(args[0]), FLOAT))
        if name == "settled_pow":
            return self.settled_pow(args)
        values = [self.expr(arg) for arg in args]
        if name in ("min", "max"):
            return self.extreme(name, values)
        if name in ("anywhere", "everywhere"):
            return self.reduced(name, values[0])
        if name == "isfinite":
            gap = self.operated("fsub", values[0], values[0])
            return self.compared("fcmp oeq", gap, self.number(0.0))
        if name == "float":
            # a whole number of CPython has no negative zero
            number = self.convert(values[0], FLOAT)
            return self.binary(ast.Add(), number, self.number(0.0))
        if name == "int":
            return self.convert(values[0], INT)
        return self.foreign(name, values)

    def points(self, value: Value) -> Value:
        """`pasts.points`: a whole number that is the same in all lanes."""
        if self.module.lanes > 1:
            text = f"extractelement {self.type(FLOAT)} {value.ref}, i64 0"
            return self.new(INT, f"fptosi double {self.new('', text).ref} to i64")
        return self.whole(value)

    def pick(self, args: Sequence[ast.expr]) -> Value:
        """`arrays.pick`: read a slot of the vector that differs between lanes."""
        vector, first, behind = args
        assert isinstance(vector, ast.Name)
        place, k = self.convert(self.expr(first), INT), self.convert(self.expr(behind), FLOAT)
        lanes, kind = self.module.lanes, self.type(FLOAT)
        if lanes == 1:
            at = self.new(INT, f"add nsw i64 {place.ref}, {self.whole(k).ref}")
            here = self.new("", f"getelementptr inbounds {kind}, ptr %{vector.id}, i64 {at.ref}")
            return self.new(FLOAT, f"load {kind}, ptr {here.ref}, align 8")
        result = Value(FLOAT, "poison")
        for lane in range(lanes):
            number = self.new(FLOAT, f"extractelement {kind} {k.ref}, i64 {lane}")
            steps = self.new(INT, f"fptosi double {number.ref} to i64")
            at = self.new(INT, f"add nsw i64 {place.ref}, {steps.ref}")
            at = self.new(INT, f"mul nsw i64 {at.ref}, {lanes}")
            at = self.new(INT, f"add nsw i64 {at.ref}, {lane}")
            here = self.new("", f"getelementptr inbounds double, ptr %{vector.id}, i64 {at.ref}")
            one = self.new(FLOAT, f"load double, ptr {here.ref}, align 8")
            text = f"insertelement {kind} {result.ref}, double {one.ref}, i64 {lane}"
            result = self.new(FLOAT, text)
        return result

    def settled_pow(self, args: Sequence[ast.expr]) -> Value:
        """`maths.settled_pow`, a function that `module.Module` writes."""
        found, settled, x, y = (self.expr(arg) for arg in args)
        kind, mask = self.type(FLOAT), self.type(MASK)
        operands = f"{kind} {found.ref}, {mask} {settled.ref}, {kind} {x.ref}, {kind} {y.ref}"
        return self.new(FLOAT, f"call {kind} @settled_pow({operands})")

    def foreign(self, name: str, values: Sequence[Value]) -> Value:
        """An instruction of the processor, or a function of the C library."""
        kind = self.type(FLOAT)
        operands = ", ".join(f"{kind} {self.convert(v, FLOAT).ref}" for v in values)
        if name in ("exponent", "mantissa", "scaled"):
            return self.new(FLOAT, f"call {kind} @{name}({operands})")
        if name == "fma":
            return self.new(FLOAT, f"call {kind} @llvm.fma.{self.module.suffix}({operands})")
        if name in EXACT:
            suffix = self.module.suffix
            return self.new(FLOAT, f"call {kind} @llvm.{EXACT[name]}.{suffix}({operands})")
        if name in LIBRARY:
            lanes = ".lanes" if self.module.lanes > 1 else ""
            return self.new(FLOAT, f"call {kind} @{name}{lanes}({operands}) nobuiltin")
        raise UntranslatableError(f"there is no function {name}")

    def own(self, name: str, args: Sequence[ast.expr]) -> Value:
        signature = self.module.signatures[name]
        operands = []
        for arg, kind in zip(args, signature.takes, strict=True):
            if kind in POINTERS:
                if not isinstance(arg, ast.Name) or self.pointers.get(arg.id) != kind:
                    raise UntranslatableError(f"{ast.unparse(arg)} as {kind} of {name}")
                operands.append(f"ptr %{arg.id}")
            elif kind == COMMON:
                assert isinstance(arg, ast.Name)
                operands.append(f"double {self.load(arg.id).ref}")
            else:
                operands.append(f"{self.type(kind)} {self.convert(self.expr(arg), kind).ref}")
        text = f"call {self.type(signature.gives)} @{name}({', '.join(operands)})"
        if signature.gives == NOTHING:
            self.put(text)
            return Value(NOTHING, "")
        return self.new(signature.gives, text)

    def extreme(self, name: str, values: Sequence[Value]) -> Value:
        """`min` or `max` as in CPython: a later value replaces an earlier one that it beats."""
        best = values[0]
        for value in values[1:]:
            ints = best.kind == value.kind == INT
            floats, whole = ("fcmp olt", "icmp slt") if name == "min" else ("fcmp ogt", "icmp sgt")
            if not ints:
                best, value = self.convert(best, FLOAT), self.convert(value, FLOAT)
            if ints:
                beats = self.new(TRUTH, f"{whole} i64 {value.ref}, {best.ref}")
                best = self.select(beats, value, best)
            else:
                best = self.better(floats, value, best)
        return best

    def better(self, test: str, value: Value, best: Value) -> Value:
        """The first of two floats if it passes a comparison with the other, else the other."""
        return self.select(self.compared(test, value, best), value, best)

    def reduced(self, name: str, value: Value) -> Value:
        """Whether a condition holds in any lane, or in all."""
        if value.kind != MASK or self.module.lanes == 1:
            return Value(TRUTH, value.ref)
        bits = f"i{self.module.lanes}"
        packed = self.new("", f"bitcast {self.type(MASK)} {value.ref} to {bits}")
        test = (
            f"icmp ne {bits} {packed.ref}, 0"
            if name == "anywhere"
            else f"icmp eq {bits} {packed.ref}, -1"
        )
        return self.new(TRUTH, test)

    def is_expensive(self, node: ast.expr) -> bool:
        """Whether an expression calls the C library, or a function that is not inlined."""
        return any(
            isinstance(n, ast.Call)
            and isinstance(n.func, ast.Name)
            and (n.func.id in LIBRARY or n.func.id in self.module.called)
            for n in ast.walk(node)
        )
