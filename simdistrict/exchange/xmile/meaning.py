"""The meaning of an XMILE equation: names resolved, arrays and functions in the model's terms."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from simdistrict.base.errors import ModelError, Problem, did_you_mean
from simdistrict.base.numbers import whole
from simdistrict.exchange.xmile import functions
from simdistrict.exchange.xmile.grammar import Applied, NameUse, parts, with_parts
from simdistrict.exchange.xmile.graphs import extended
from simdistrict.exchange.xmile.idioms import recognised
from simdistrict.exchange.xmile.macros import XmileMacro, called
from simdistrict.exchange.xmile.scope import Definition, XmileNames
from simdistrict.model.expr import (
    Binary,
    Call,
    Chain,
    Expr,
    LookupCall,
    Number,
    Ref,
    Unary,
    children,
    fold,
    is_reduced,
    range_of,
    reduced,
    references,
)

MAX_CALLS = 200  # of macros in one equation
MAX_NODES = 50_000  # of one equation: the expression for MOD repeats its arguments
_LOOKUPS = {
    "LOOKUP INV": "LOOKUP INVERT",
    "LOOKUPINV": "LOOKUP INVERT",
    "LOOKUP AREA": "LOOKUP AREA",
    "LOOKUPAREA": "LOOKUP AREA",
    "LOOKUP FORWARD": "LOOKUP FORWARD",
    "LOOKUP BACKWARD": "LOOKUP BACKWARD",
    "LOOKUP EXTRAPOLATE": "LOOKUP EXTRAPOLATE",
}
_OF_LOOKUPS = frozenset({"LOOKUP", "LOOKUP SLOPE", *_LOOKUPS})


def applied_name(call: Applied) -> str:
    """The name of what a call may apply as a lookup: its function, or the argument of LOOKUP."""
    table = call.args[0] if call.args else None
    if isinstance(table, NameUse) and functions.readable(call.name) in _OF_LOOKUPS:
        return table.name
    return call.name


@dataclass
class XmileEquationReader:
    """Reads one equation of a definition.

    labels: the folded label along each dimension of an equation for one element, else empty.
    """

    scope: XmileNames
    owner: Definition
    labels: tuple[str, ...]
    where: str
    reduced: bool = False
    calls: int = 0
    depth: int = 0

    def error(self, what: str, hint: str = "") -> ModelError:
        return ModelError(Problem(self.where, f'"{self.owner.name}" {what}', hint))

    def whole(self, expr: Expr) -> Expr:
        """The tree in the model's terms. Raises ModelError for what cannot be resolved."""
        result = functions.settled(self.read(expr))
        if _size(result) > MAX_NODES:
            raise self.error("is too large once its functions are expanded", "split it")
        return result

    def read(self, expr: Expr) -> Expr:
        return recognised(self.node(expr))

    def node(self, expr: Expr) -> Expr:
        match expr:
            case NameUse():
                return self.reading(expr)
            case Applied():
                return self.applied(expr)
            case Binary(op, left, right):
                return Binary(op, self.read(left), self.read(right))
            case Chain(ops, terms):
                return Chain(ops, tuple(map(self.read, terms)))
            case Unary(op, operand):
                return Unary(op, self.read(operand))
            case Call("IF THEN ELSE", (condition, yes, Applied() as no)):
                if sample := self.sample(condition, yes, no):
                    return sample
        if isinstance(expr, Call):
            return Call(expr.function, tuple(map(self.read, expr.args)))
        return expr

    # ------------------------------------------------------------------ names

    def reading(self, reading: NameUse) -> Expr:
        name = self.scope.find(reading.name, self.owner.home)
        if name is not None:
            return self.ref(name, reading.subscripts)
        folded = fold(reading.name)
        if not reading.quoted and not reading.subscripts:
            if folded == "self":
                return self.own()
            if folded in functions.VALUES:
                return functions.VALUES[folded]
        dimension, dot, label = folded.rpartition(".")
        if dot and dimension in self.scope.dimensions:
            return Number(self.place(label, dimension) + 1.0)
        if folded in self.scope.dimensions:
            return self.index(folded)
        for candidate in self.scope.dimensions:
            labels = self.scope.labels(candidate)
            if folded in labels:
                return Number(labels.index(folded) + 1.0)
        raise self.undefined(reading.name)

    def undefined(self, name: str) -> ModelError:
        names = [d.name for d in self.scope.definitions.values()]
        what = f'uses "{name}", which the model does not define'
        return self.error(what, did_you_mean(name, names))

    def own(self) -> Ref:
        labels = self.labels or tuple(map(fold, self.owner.dims))
        return Ref(fold(self.owner.name), labels)

    def index(self, dimension: str) -> Expr:
        """A dimension's name as a number: the index of the computed element."""
        dims = list(map(fold, self.owner.dims))
        if self.labels and dimension in dims:
            return Number(self.place(self.labels[dims.index(dimension)], dimension) + 1.0)
        return Ref(dimension)

    def place(self, label: str, dimension: str) -> int:
        labels = self.scope.labels(dimension)
        number = whole(label)
        if number is not None and label not in labels and 0 < number <= len(labels):
            return number - 1
        if label not in labels:
            known = self.scope.dimensions[dimension].labels
            raise self.error(f'uses "{label}", which is no label of {dimension}', ", ".join(known))
        return labels.index(label)

    def ref(self, name: str, subscripts: tuple[str, ...]) -> Ref:
        """An element at its subscripts; an array without subscripts is read at the equation's."""
        found = self.scope.definitions[name]
        if not subscripts:
            read = tuple(self.bare(fold(dim), found) for dim in found.dims)
        elif len(subscripts) != len(found.dims):
            has = f"[{','.join(found.dims)}]" if found.dims else "none"
            given = f"[{','.join(subscripts)}]"
            raise self.error(f'reads "{found.name}" with the subscripts {given}; it has {has}')
        else:
            pairs = zip(subscripts, map(fold, found.dims), strict=True)
            read = tuple(self.subscript(text, dim, found) for text, dim in pairs)
        marked = list(filter(is_reduced, read))
        if len(set(marked)) != len(marked):
            what = f'runs over one dimension twice in "{found.name}", which is not supported'
            raise self.error(what)
        return Ref(name, read)

    def bare(self, dim: str, found: Definition) -> str:
        """The subscript of an array that is read without subscripts."""
        own = list(map(fold, self.owner.dims))
        if dim in own and not self.reduced:
            return self.labels[own.index(dim)] if self.labels else dim
        return self.subscript("*" if self.reduced else dim, dim, found)

    def subscript(self, text: str, dim: str, found: Definition) -> str:
        """One subscript: a label, a dimension, or `d!` inside a reduction."""
        own = list(map(fold, self.owner.dims))
        if part := re.fullmatch(r"\* : (.+)|(.+)\.\*", text):
            # a smaller dimension with the same labels
            dim = fold(part.group(1) or part.group(2))
            if dim not in self.scope.dimensions:
                raise self.error(f'reads "{found.name}" over "{dim}", which is no dimension')
            text = "*"
        if text == "*":
            if self.reduced:
                return reduced(dim)
            text = dim
        name = fold(text)
        labels = self.scope.labels(dim)
        prefix, _, label = name.rpartition(".")
        # `dimension.label`, unless the whole is a name, which may have a dot too
        if prefix in self.scope.dimensions and name not in (*labels, *self.scope.dimensions):
            name = label
        if name in labels:
            return name
        if name.isdigit() and name not in self.scope.dimensions:
            return labels[self.place(name, dim)]
        if name in self.scope.dimensions:
            if name in own:
                return self.labels[own.index(name)] if self.labels else name
            if self.reduced:
                return reduced(name)
            return self.labels_of(name, own)
        if re.search(r"[^\w\s.$]", name) or name in self.scope.definitions:
            what = f'reads "{found.name}" at "{text}": computed subscripts and parts of dimensions'
            raise self.error(f"{what} are not supported")
        known = self.scope.dimensions[dim].labels
        what = f'reads "{found.name}" at "{text}", which is neither a label nor a dimension'
        raise self.error(what, did_you_mean(text, known) or f"labels: {', '.join(known)}")

    def labels_of(self, name: str, own: list[str]) -> str:
        """A dimension outside the equation; the label of it in an equation for one element."""
        wanted = set(self.scope.labels(name))
        for k, label in enumerate(self.labels):
            if label in wanted and set(self.scope.labels(own[k])) <= wanted:
                return label
        return name

    # -------------------------------------------------------------- functions

    def applied(self, expr: Applied) -> Expr:
        if macro := self.scope.macros.get(fold(expr.name)):
            return self.macro(macro, expr)
        lookup = self.scope.find(expr.name, self.owner.home)
        name = functions.readable(expr.name)
        builtin = functions.FUNCTIONS.get(name)
        if lookup is not None and (builtin is None or len(expr.args) not in builtin.arity):
            if len(expr.args) != 1:
                raise self.error(f'applies the lookup "{expr.name}" to {len(expr.args)} arguments')
            return self.lookup(lookup, expr.subscripts, expr.args[0])
        if name == "LOOKUP" and len(expr.args) == 2 and isinstance(expr.args[0], NameUse):
            table = expr.args[0]
            found = self.scope.find(table.name, self.owner.home)
            if found is None:
                raise self.undefined(table.name)
            return self.lookup(found, table.subscripts, expr.args[1])
        if name in _LOOKUPS:
            return Call(_LOOKUPS[name], tuple(map(self.read, expr.args)))
        folded = fold(expr.name)
        if not expr.args and folded in functions.VALUES:
            return functions.VALUES[folded]
        if name in functions.REDUCTIONS and len(expr.args) == 1:
            return self.reduction(functions.REDUCTIONS[name], expr.args[0])
        if name == "SIZE" and len(expr.args) == 1:
            return self.size(expr.args[0])
        args = tuple(map(self.read, expr.args))
        meaning = functions.FUNCTIONS.get(name)
        if meaning is None:
            return Call(name, args)
        if len(args) not in meaning.arity:
            wanted = " or ".join(map(str, meaning.arity[:3]))
            raise self.error(f"calls {name} with {len(args)} arguments, not {wanted}")
        make = meaning.vensim if self.scope.from_vensim and meaning.vensim else meaning.make
        return make(args)

    def macro(self, macro: XmileMacro, expr: Applied) -> Expr:
        body = called(macro, expr.args)
        self.calls += 1
        if body is None or self.calls > MAX_CALLS:
            wanted = len(macro.parameters)
            what = f'calls the macro "{expr.name}" with {len(expr.args)} arguments, not {wanted}'
            if macro.arguments(expr.args) is not None:
                what = f'calls the macro "{expr.name}", which calls itself without end'
            raise self.error(what)
        self.depth += 1
        if self.depth > 20:
            raise self.error(f'calls the macro "{expr.name}", which calls itself without end')
        result = self.read(body)
        self.depth -= 1
        return result

    def lookup(self, name: str, subscripts: tuple[str, ...], x: Expr) -> Expr:
        """A graphical function applied to x."""
        found = self.scope.definitions[name]
        if not any(part.graph for part in found.parts):
            raise self.error(f'applies "{found.name}", which has no graphical function')
        ref, value = self.ref(name, subscripts), self.read(x)
        graph = found.parts[0].graph
        assert graph is not None
        if graph.kind != "extrapolate":
            return LookupCall(ref, value)
        if len(found.parts) > 1:
            return Call("LOOKUP EXTRAPOLATE", (ref, value))
        return extended(LookupCall(ref, value), value, graph.points)

    def reduction(self, op: str, body: Expr) -> Expr:
        read = self.inside(body)
        size = self.count(read)
        if size is None:
            return read if op in ("VMIN", "VMAX", "MEAN") else Call(op, (read,))
        if op == "MEAN":
            return Binary("/", Call("SUM", (read,)), Number(float(size)))
        return Call(op, (read,))

    def inside(self, body: Expr) -> Expr:
        """The argument of a reduction."""
        outer, self.reduced = self.reduced, True
        read = self.read(body)
        self.reduced = outer
        return read

    def count(self, read: Expr) -> int | None:
        """The number of elements that a reduction runs over; None without a dimension."""
        names = {s for ref in references(read) for s in ref.subscripts if is_reduced(s)}
        return math.prod(len(self.scope.labels(range_of(s))) for s in names) if names else None

    def size(self, body: Expr) -> Expr:
        """The number of elements of an array, or of a dimension."""
        if isinstance(body, NameUse) and fold(body.name) in self.scope.dimensions:
            return Number(float(len(self.scope.dimensions[fold(body.name)].labels)))
        return Number(float(self.count(self.inside(body)) or 1))

    def sample(self, condition: Expr, yes: Expr, no: Applied) -> Expr | None:
        """`IF condition THEN x ELSE PREVIOUS(SELF, first)`: Vensim's SAMPLE IF TRUE."""
        if not _is_previous_self(no):
            return None
        first = self.read(no.args[1])
        own = self.own()
        return Call(
            "SAMPLE IF TRUE",
            (self.read(_before(condition, own)), self.read(_before(yes, own)), first),
        )


def _is_previous_self(expr: Expr) -> bool:
    match expr:
        case Applied(name, (NameUse(own, (), False), _)):
            return functions.readable(name) == "PREVIOUS" and fold(own) == "self"
    return False


def _before(expr: Expr, own: Ref) -> Expr:
    """The expression with PREVIOUS(SELF) as the element itself, as in SAMPLE IF TRUE."""
    if _is_previous_self(expr):
        return own
    return with_parts(expr, tuple(_before(part, own) for part in parts(expr)))


def _size(expr: Expr) -> int:
    """The number of nodes of a tree, in which subtrees may be shared."""
    known: dict[int, int] = {}

    def count(node: Expr) -> int:
        if id(node) not in known:
            known[id(node)] = 1 + sum(map(count, children(node)))
        return known[id(node)]

    return count(expr)
