"""Statements as plain Python source: typed scalars, one loop per dimension, one flat vector.

The source runs as it is under CPython; it uses nothing that a compiler of numeric Python would
not take. Neighbouring statements over the same labels share their loops.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Sequence
from typing import TypeGuard

from simdistrict.engine.helpers.curves import STEPWISE
from simdistrict.engine.helpers.runtime import HELPERS
from simdistrict.engine.layout import POINT, SAMPLING, Layout
from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.engine.lowering.nodes import (
    Axis,
    Interpolate,
    Latch,
    Load,
    Loop,
    Place,
    Record,
    Reduce,
    Slice,
    Statement,
    Time,
    Whole,
    height_of,
    loads,
    walk_all,
)
from simdistrict.model.expr import COMPARISONS, Binary, Call, Chain, Expr, Number, Unary

_RESERVED = frozenset({*HELPERS, *"v t u s m out stop abs min max inf nan range divide".split()})
_OPS = {"=": "==", "<>": "!=", ":AND:": "and", ":OR:": "or"}
# CPython takes 200 parentheses inside each other, and no sum of thousands of terms on one line
MAX_NESTING, MAX_JOINED = 60, 60
_IDENTITY = {"SUM": "0.0", "PROD": "1.0", "VMIN": "inf", "VMAX": "-inf"}

_PARENTHESES = re.compile(r"[()]")

Pattern = tuple[tuple[int, int, tuple[int, ...]], ...]
Key = tuple[int, Pattern]


class Emitter:
    """Prints functions; remembers for every line of source which statement it came from.

    located: says whether a switch or a comparison with the time can be placed in time before
    the run, because the dates in it depend on constants alone.
    """

    def __init__(self, layout: Layout, located: Callable[[Expr], bool]) -> None:
        self.layout = layout
        self.located = located
        self.lines: list[str] = []
        self.origin: dict[int, str] = {}
        self.tables: dict[tuple[int, ...], str] = {}
        self.depth = 1
        self.patterns: dict[Pattern, str] = {}
        self.known: dict[tuple[int, Pattern], str] = {}
        self.temporaries = 0
        self.deep = True
        self.read_later: frozenset[Key] = frozenset()

    # ------------------------------------------------------------------ lines and functions

    def put(self, text: str) -> None:
        self.lines.append("    " * self.depth + text)

    def function(
        self, name: str, groups: Sequence[Sequence[Statement]], opening: Sequence[str] = ()
    ) -> None:
        """def name(v): the opening lines, then the groups, each in one nest of loops."""
        statements = [s for group in groups for s in group]
        self.begin(f"{name}(v)", [s.expr for s in statements])
        for line in opening:
            self.put(line)
        self.read_later = frozenset(
            _key(load) for s in statements for load in loads(s.expr) if not load.axes
        )
        for group in groups:
            depth = self.depth
            self.nest(group[0].loops, [e for s in group for e in (s.target, s.expr)])
            inside = frozenset(_key(load) for s in group for load in loads(s.expr))
            for statement in group:
                self.statement(statement, inside)
            self.depth = depth
        self.end()

    def begin(self, signature: str, exprs: Sequence[Expr]) -> None:
        """The head of a function, and the times that its expressions read."""
        self.lines.append(f"def {signature}:")
        self.known = {}
        nodes = [node for expr in exprs for node in walk_all(expr)]
        kinds = {FUNCTIONS[n.function].kind for n in nodes if _is_function(n)}
        if "switch" in kinds or any(isinstance(n, Time) for n in nodes):
            # their meaning is told in program.Program
            self.put("t, u, s, m = v[0], v[1], v[2], v[3]")

    def end(self) -> None:
        """The end of a function; one without a body does nothing."""
        if self.lines[-1].startswith("def "):
            self.put("pass")
        self.lines += ["", ""]

    def nest(self, loops: tuple[Loop, ...], exprs: Sequence[Expr]) -> None:
        """Open the loops and compute, as early as may be, the places that the expressions use."""
        self.patterns = {}
        self.known = {k: n for k, n in self.known.items() if not k[1]}
        wanted = [_pattern(n.axes) for e in exprs for n in walk_all(e) if _has_place(n)]
        for level, loop in enumerate(loops):
            self.put(f"for {_var(loop.id)} in range({loop.size}):")
            self.depth += 1
            self.positions(wanted, {lp.id for lp in loops[: level + 1]}, loop.id)

    def positions(self, wanted: Sequence[Pattern], open_loops: set[int], newest: int) -> None:
        """Compute the places that move with the newest loop and are complete by now."""
        for pattern in dict.fromkeys(wanted):
            head = tuple(term for term in pattern if term[0] in open_loops)
            if head and any(term[0] == newest for term in head):
                self.position(head, newest)

    def position(self, pattern: Pattern, newest: int) -> None:
        if pattern in self.patterns or not pattern:
            return
        if len(pattern) == 1 and pattern[0][1] == 1 and not pattern[0][2]:
            self.patterns[pattern] = _var(pattern[0][0])
            return
        outer = tuple(term for term in pattern if term[0] != newest)
        here = [self.term(term) for term in pattern if term[0] == newest]
        parts = ([self.patterns[outer]] if outer else []) + here
        name = f"p{len(self.patterns)}"
        self.put(f"{name} = {' + '.join(parts)}")
        self.patterns[pattern] = name

    def term(self, term: tuple[int, int, tuple[int, ...]]) -> str:
        loop, stride, table = term
        if table:
            name = self.tables.setdefault(table, f"PLACES_{len(self.tables)}")
            return f"{name}[{_var(loop)}]"
        return _var(loop) if stride == 1 else f"{_var(loop)} * {stride}"

    def statement(self, statement: Statement, inside: frozenset[Key]) -> None:
        """One assignment; its value stays at hand where it is read again.

        inside: what the statements in the same nest of loops read.
        """
        first = len(self.lines)
        target = statement.target
        self.deep = height_of(statement.expr) > MAX_NESTING // 2
        if isinstance(statement.expr, Whole) and statement.expr.fills:
            text = self.whole(statement.expr, target)
            self.put(f"{text}  # {statement.label}")
            self.origin.update(
                (line + 1, statement.label) for line in range(first, len(self.lines))
            )
            return
        text = self.number(statement.expr)
        place = self.place(target.base, target.axes)
        later = inside if statement.loops else self.read_later
        if _key(target) in later:
            name = self.local(target.name)
            self.put(f"{place} = {name} = {text}")
            self.known[_key(target)] = name
        else:
            self.put(f"{place} = {text}")
        self.lines[-1] += f"  # {statement.label}"
        self.origin.update((line + 1, statement.label) for line in range(first, len(self.lines)))

    def local(self, name: str) -> str:
        text = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_").lower() or "x"
        if text[0].isdigit() or keyword.iskeyword(text) or text in _RESERVED or len(text) < 3:
            text = f"x_{text}"
        taken = set(self.known.values())
        result, k = text, 2
        while result in taken or re.fullmatch(r"[pija]\d+", result):
            result, k = f"{text}_{k}", k + 1
        return result

    # ------------------------------------------------------------------ places

    def place(self, base: int, axes: Sequence[Axis]) -> str:
        return f"v[{self.address(base, axes)}]"

    def address(self, base: int, axes: Sequence[Axis]) -> str:
        """Where a place is; that of several places at once is the first of them."""
        constant = base + sum(_constant(axis) for axis in axes)
        pattern = _pattern(axes)
        return f"{constant} + {self.patterns[pattern]}" if pattern else str(constant)

    # ------------------------------------------------------------------ expressions

    def number(self, expr: Expr) -> str:
        """The text of an expression that stands for a number."""
        return self.shallow(self.numeric(expr))

    def condition(self, expr: Expr) -> str:
        """The text of an expression that stands for true or false."""
        return self.shallow(self.logical(expr))

    def shallow(self, text: str) -> str:
        """The text, or a name for it where it nests so deeply that CPython might refuse it."""
        if not self.deep or nesting(text) < MAX_NESTING:
            return text
        return self.temporary(text)

    def temporary(self, text: str) -> str:
        """A name for a text, in front of the statement."""
        name = f"a{self.temporaries}"
        self.temporaries += 1
        self.put(f"{name} = {text}")
        return name

    def chain(self, ops: Sequence[str], terms: Sequence[str]) -> str:
        """Texts joined from the left, so many in a line that CPython takes it."""
        pairs = list(zip(ops, terms[1:], strict=True))
        text = terms[0]
        for first in range(0, len(pairs), MAX_JOINED):
            if first:
                text = self.temporary(text)
            text += "".join(f" {op} {term}" for op, term in pairs[first : first + MAX_JOINED])
        return f"({text})"

    def numeric(self, expr: Expr) -> str:
        match expr:
            case Number(value):
                return _literal(value)
            case Load(_, base, axes):
                key = (_base(expr), _pattern(axes))
                return self.known.get(key) or self.place(base, axes)
            case Time():
                return "t"
            case Place(axis):
                return self.label_number(axis)
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
            case Call():
                return self.call(expr)
            case Reduce():
                return self.reduce(expr)
            case Interpolate():
                return self.interpolate(expr)
            case Whole():
                return self.whole(expr)
            case Latch(own, condition):
                now = f"(1.0 if {self.condition(condition)} else 0.0)"
                return f"({now} if v[{SAMPLING}] else {self.place(own.base, own.axes)})"
        return f"(1.0 if {self.condition(expr)} else 0.0)"

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
                return f"({sides[0]} {_OPS.get(op, op)} {sides[1]})"
        return f"({self.number(expr)} != 0.0)"

    def call(self, call: Call) -> str:
        if call.function in ("#LAG", "#ORDER"):
            return f"{call.function[1:].lower()}({', '.join(map(self.number, call.args))})"
        if call.function.startswith("#"):
            return self.written_out(call)
        known = FUNCTIONS[call.function]
        args = [self.number(arg) for arg in call.args]
        if call.function == "RAMP":
            args.insert(0, "t")
        elif known.kind == "random":
            args.append(f"v[{POINT}]")
        elif known.kind == "switch":
            args.insert(0, "s" if self.located(call) else "m")
            if call.function == "PULSE TRAIN":
                args.insert(1, "u" if self.located(call) else "t")
        return f"{known.python}({', '.join(args)})"

    def whole(self, expr: Whole, target: Load | None = None) -> str:
        """A call of a helper that works on the vector, what it writes first."""
        texts = [self.address(target.base, target.axes)] if target else []
        for arg in expr.args:
            match arg:
                case Slice(load, size):
                    texts.append(self.address(load.base, load.axes))
                    texts += [str(size)] if size else []
                case Record():
                    texts.append(self.record(arg))
                case _:
                    texts.append(self.number(arg))
        if target or any(isinstance(arg, Slice | Record) for arg in expr.args):
            texts.insert(0, "v")
        return f"{expr.helper}({', '.join(texts)})"

    def written_out(self, call: Call) -> str:
        """A reduction whose terms stand one by one."""
        terms = [self.number(arg) for arg in call.args]
        if call.function in ("#SUM", "#PROD"):
            return "(" + (" + " if call.function == "#SUM" else " * ").join(terms) + ")"
        name = "min" if call.function == "#VMIN" else "max"
        return f"{name}({', '.join(terms)})" if len(terms) > 1 else terms[0]

    def reduce(self, expr: Reduce) -> str:
        """A loop in front of the statement; the text is the name of its result."""
        name = f"a{self.temporaries}"
        self.temporaries += 1
        self.put(f"{name} = {_IDENTITY[expr.op]}")
        depth, patterns, known = self.depth, dict(self.patterns), dict(self.known)
        wanted = [_pattern(n.axes) for n in walk_all(expr.body) if _has_place(n)]
        open_loops = {term[0] for pattern in patterns for term in pattern}
        for loop in expr.loops:
            self.put(f"for {_var(loop.id)} in range({loop.size}):")
            self.depth += 1
            open_loops.add(loop.id)
            self.positions(wanted, open_loops, loop.id)
        body = self.number(expr.body)
        if expr.op in ("SUM", "PROD"):
            self.put(f"{name} {'+' if expr.op == 'SUM' else '*'}= {body}")
        else:
            item = f"{name}_item"
            self.put(f"{item} = {body}")
            self.put(f"if {item} {'<' if expr.op == 'VMIN' else '>'} {name}:")
            self.put(f"    {name} = {item}")
        self.depth, self.patterns, self.known = depth, patterns, known
        return name

    def label_number(self, axis: Axis) -> str:
        if axis.fixed:
            return f"{axis.positions[0] + 1}.0"
        if axis.offset is not None:
            return f"({_var(axis.loop)} + {axis.offset + 1}.0)"
        name = self.tables.setdefault(axis.positions, f"PLACES_{len(self.tables)}")
        return f"({name}[{_var(axis.loop)}] + 1.0)"

    def interpolate(self, expr: Interpolate) -> str:
        steps = expr.helper in STEPWISE and isinstance(expr.x, Time)
        x = ", ".join(["u" if steps else self.number(expr.x), *map(self.number, expr.more)])
        number = expr.first + sum(_constant(axis) for axis in expr.axes)
        pattern = _pattern(expr.axes)
        if not pattern:
            start, count = self.layout.tables[number]
            return f"{expr.helper}(v, {start}, {count}, {x})"
        which = f"{number} + {self.patterns[pattern]}"
        return f"{expr.helper}(v, TABLE_START[{which}], TABLE_SIZE[{which}], {x})"

    def record(self, expr: Record) -> str:
        """Where a record begins, and how far its rows lie apart."""
        recorded = self.layout.recorded
        first = len(self.layout.template) + expr.base - recorded.start
        return f"{self.address(first, expr.axes)}, {recorded.size}"

    # ------------------------------------------------------------------ what makes a run stop

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

    def source(self) -> str:
        """Everything emitted so far, with the tables that it reads."""
        tail = [f"{name} = {table!r}" for table, name in self.tables.items()]
        starts = tuple(start for start, _ in self.layout.tables)
        sizes = tuple(size for _, size in self.layout.tables)
        tail += [f"TABLE_START = {starts!r}", f"TABLE_SIZE = {sizes!r}"]
        return "\n".join([*self.lines, *tail, ""])


def nesting(text: str) -> int:
    """How deep the parentheses of a text are nested."""
    deepest = depth = 0
    for sign in _PARENTHESES.findall(text):
        depth += 1 if sign == "(" else -1
        deepest = max(deepest, depth)
    return deepest


def _is_function(node: Expr) -> TypeGuard[Call]:
    return isinstance(node, Call) and node.function in FUNCTIONS


def _has_place(node: Expr) -> TypeGuard[Load | Interpolate | Record]:
    return isinstance(node, Load | Interpolate | Record)


def _pattern(axes: Sequence[Axis]) -> Pattern:
    """How a place moves: (loop, stride, table) per moving axis; equal patterns share a name."""
    terms = []
    for axis in axes:
        if axis.fixed:
            continue
        table = () if axis.offset is not None else tuple(p * axis.stride for p in axis.positions)
        terms.append((axis.loop, 0 if table else axis.stride, table))
    return tuple(sorted(terms))


def _constant(axis: Axis) -> int:
    """What an axis adds to the base in any round."""
    if axis.fixed:
        return axis.positions[0] * axis.stride
    return (axis.offset or 0) * axis.stride


def _base(load: Load) -> int:
    return load.base + sum(_constant(axis) for axis in load.axes)


def _key(load: Load) -> Key:
    """The same for two places exactly when they are one place in every round."""
    return _base(load), _pattern(load.axes)


def _var(loop: int) -> str:
    return "ijk"[loop] if loop < 3 else f"i{loop}"


def _literal(value: float) -> str:
    return f"({value!r})" if value < 0 else repr(value)
