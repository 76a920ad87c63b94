"""Functions of the compiled subset of Python as LLVM assembly language.

With one lane a float is a double. With more lanes a float holds the values of as many members:
arithmetic works on all lanes at once, a comparison of floats gives one truth value per lane, and
an `if` on such a truth value selects between values. Integers are equal in all lanes, so loops and
branches on them are ordinary ones. No operation is reordered or fused, and mathematical functions
are calls of the C library: every lane has the bits of CPython.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence

from simdistrict.engine.native.expressions import ExpressionText
from simdistrict.engine.native.module import (
    FLOAT,
    INT,
    MASK,
    NOTHING,
    POINTERS,
    TRUTH,
    VECTOR,
    Module,
    Signature,
    UntranslatableError,
    Value,
)
from simdistrict.engine.native.reader import SubsetReader


def translated(
    reader: SubsetReader, lanes: int, exported: Sequence[str] = (), *, bits: bool = False
) -> str:
    """The text of a module with all functions of a reader.

    exported: names of the functions called from outside; bits: whether `maths` is used.
    """
    return written(reader, Module(lanes, bits, reader.tables), FunctionText, exported)


def written(
    reader: SubsetReader, module: Module, writer: type[FunctionText], exported: Sequence[str]
) -> str:
    """The text of a module with all functions of a reader; writer: of one function."""
    for definition in reader.definitions.values():
        takes = tuple(definition.takes.values())
        module.signatures[definition.name] = Signature(takes, definition.gives)
        inlined = definition.inlined and definition.name not in exported
        if not inlined:
            module.called.add(definition.name)
        linkage = "" if definition.name in exported else "internal "
        hint = "alwaysinline" if inlined else "noinline"
        module.texts.append(writer(module, definition).text(linkage, hint))
    return module.text()


class FunctionText(ExpressionText):
    """Translates the statements of one function."""

    # ------------------------------------------------------------------ the frame

    def text(self, linkage: str, hint: str) -> str:
        params = []
        for arg, kind in self.definition.takes.items():
            params.append(f"{self.type(kind)}{' noalias' if kind in POINTERS else ''} %{arg}")
            if kind in POINTERS:
                self.pointers[arg] = kind
            else:
                self.store(arg, Value(kind, f"%{arg}"))
        for name in dict.fromkeys(_grown(self.definition.body)):
            self.store(f"{name}.count", Value(INT, "0"))
        gives = self.definition.gives
        if gives == NOTHING:
            self.block(self.definition.body)
            self.put("ret void")
        else:
            result = self.convert(self.result(self.definition.body), gives)
            self.put(f"ret {self.type(gives)} {result.ref}")
        name = f"{self.type(gives)} @{self.name}"
        head = f"define {linkage}{name}({', '.join(params)}) {hint} nounwind {{"
        body = [f"  {line}" if not line.endswith(":") else line for line in self.lines]
        return "\n".join([head, *(f"  {s}" for s in self.slots), *body, "}"])

    # ------------------------------------------------------------------ statements

    def block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets, ast.Tuple(elts)) if isinstance(targets[0], ast.Tuple):
                values = [self.expr(item) for item in elts]
                for target, value in zip(targets[0].elts, values, strict=True):
                    self.assign(target, value)
            case ast.Assign(targets, value):
                result = self.expr(value)
                for target in targets:
                    self.assign(target, result)
            case ast.AnnAssign(ast.Name(name), ast.Name(kind), ast.expr() as value):
                declared = {"float": FLOAT, "int": INT, "bool": MASK}[kind]
                self.store(name, self.convert(self.expr(value), declared))
            case ast.AugAssign(target, op, value):
                self.assign(target, self.binary(op, self.expr(target), self.expr(value)))
            case ast.For(ast.Name(name), ast.Call(ast.Name("range"), args), body):
                self.loop(name, [self.expr(a) for a in args], body)
            case ast.While(test, body):
                self.repeat(test, body)
            case ast.If(test, body, orelse):
                self.choose(test, body, orelse)
            case ast.Expr(ast.Call(ast.Attribute(ast.Name(name), "append"), [value])):
                self.append(name, value)
            case ast.Expr(ast.Call() as call):
                self.expr(call)
            case ast.Pass():
                pass
            case ast.Return(value):
                self.leave(value)
                self.put(f"{self.label()}:")
            case _:
                raise UntranslatableError(ast.unparse(node))

    def append(self, name: str, value: ast.expr) -> None:
        """Append to a list: a vector with a counter."""
        count = ast.Name(f"{name}.count")
        self.assign(ast.Subscript(ast.Name(name), count), self.expr(value))
        self.assign(count, self.binary(ast.Add(), self.expr(count), Value(INT, "1")))

    def leave(self, value: ast.expr | None) -> None:
        gives = self.definition.gives
        if value is None:
            self.put("ret void")
        else:
            self.put(f"ret {self.type(gives)} {self.convert(self.expr(value), gives).ref}")

    def assign(self, target: ast.expr, value: Value) -> None:
        match target:
            case ast.Name(name):
                self.store(name, value)
            case ast.Subscript(ast.Name(name), index) if self.pointers.get(name) == VECTOR:
                kind = self.type(FLOAT)
                number = self.convert(value, FLOAT)
                place = self.place(name, kind, index)
                self.put(f"store {kind} {number.ref}, ptr {place}, align 8")
            case _:
                raise UntranslatableError(ast.unparse(target))

    def loop(self, name: str, bounds: list[Value], body: Sequence[ast.stmt]) -> None:
        first, last = (Value(INT, "0"), bounds[0]) if len(bounds) == 1 else bounds
        self.store(name, first)
        head, inside, behind = self.label(), self.label(), self.label()
        self.put(f"br label %{head}")
        self.put(f"{head}:")
        here = self.load(name)
        more = self.new(TRUTH, f"icmp slt i64 {here.ref}, {last.ref}")
        self.put(f"br i1 {more.ref}, label %{inside}, label %{behind}")
        self.put(f"{inside}:")
        self.block(body)
        self.store(name, self.new(INT, f"add nsw i64 {here.ref}, 1"))
        self.put(f"br label %{head}")
        self.put(f"{behind}:")

    def repeat(self, test: ast.expr, body: Sequence[ast.stmt]) -> None:
        head, inside, behind = self.label(), self.label(), self.label()
        self.put(f"br label %{head}")
        self.put(f"{head}:")
        more = self.uniform(self.truth(self.expr(test)))
        self.put(f"br i1 {more.ref}, label %{inside}, label %{behind}")
        self.put(f"{inside}:")
        self.block(body)
        self.put(f"br label %{head}")
        self.put(f"{behind}:")

    def choose(self, test: ast.expr, body: Sequence[ast.stmt], orelse: Sequence[ast.stmt]) -> None:
        condition = self.truth(self.expr(test))
        if condition.kind == MASK and self.module.lanes > 1:
            self.masked(condition, body)
            if orelse:
                raise UntranslatableError("else: after a condition per lane")
            return
        yes, no, behind = self.label(), self.label(), self.label()
        self.put(f"br i1 {condition.ref}, label %{yes}, label %{no}")
        for name, statements in ((yes, body), (no, orelse)):
            self.put(f"{name}:")
            self.block(statements)
            self.put(f"br label %{behind}")
        self.put(f"{behind}:")

    def masked(self, condition: Value, body: Sequence[ast.stmt]) -> None:
        """Assignments that apply only in the lanes where the condition holds."""
        for node in body:
            match node:
                case ast.Assign([ast.Name(name)], value):
                    new = self.expr(value)
                case ast.AugAssign(ast.Name(name), op, value):
                    new = self.binary(op, self.load(name), self.expr(value))
                case _:
                    raise UntranslatableError(ast.unparse(node))
            self.store(name, self.select(condition, new, self.load(name)))

    def result(self, statements: Sequence[ast.stmt]) -> Value:
        """The value of a function; several returns become a selection between values."""
        for k, node in enumerate(statements):
            match node:
                case ast.Return(ast.expr() as value):
                    return self.expr(value)
                case ast.If(test, [*_, ast.Return()] as body, []):
                    condition = self.truth(self.expr(test))
                    if condition.kind == TRUTH or self.module.lanes == 1:
                        self.choose(test, body, [])
                        continue
                    yes = self.result(body)
                    return self.select(condition, yes, self.result(statements[k + 1 :]))
                case _:
                    self.statement(node)
        raise UntranslatableError(f"{self.name} ends without a value")


def _grown(body: Sequence[ast.stmt]) -> list[str]:
    """The names of the lists that a function appends to."""
    return [
        n.func.value.id
        for node in body
        for n in ast.walk(node)
        if isinstance(n, ast.Call)
        and isinstance(n.func, ast.Attribute)
        and n.func.attr == "append"
        and isinstance(n.func.value, ast.Name)
    ]
