"""Syntax trees of equations.

Nothing is parsed or evaluated here; names are folded (see `fold`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from string import ascii_lowercase, ascii_uppercase
from unicodedata import normalize

_SPACES = re.compile(r"[\s_]+")
_CAPITALS = str.maketrans(ascii_lowercase, ascii_uppercase)
# the mark of a reduction; no folded name has a line end, while a label may end in `!`
_OVER = "\n!"
# the number by which Vensim stores :NA:, a missing value
NA = -(2.0**109)


@lru_cache(maxsize=1 << 16)
def fold(name: str) -> str:
    """The form in which Vensim compares names: lower case, no quotes, single spaces.

    Letters that Unicode writes in two ways, `é` as one sign or as `e` with an accent, are the same.
    """
    found = _SPACES.sub(" ", unquoted(name)).strip().lower()
    return found if found.isascii() else normalize("NFC", found)


def unquoted(name: str) -> str:
    """A name without the quotes that Vensim needs for special characters.

    A name that itself begins and ends with quotes keeps their escapes: the result has no quotes
    that a second call would take off.
    """
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        inner = name[1:-1].strip()
        name = inner.replace('\\"', '"')
        if len(name) > 1 and name[0] == name[-1] == '"':
            return inner
    return name


def is_reduced(subscript: str) -> bool:
    """Whether a subscript of a `Ref` is a range that SUM and its like run over, `d!`."""
    return subscript.endswith(_OVER)


def reduced(name: str) -> str:
    """A folded range as the subscript that SUM and its like run over, `d!`."""
    return f"{name}{_OVER}"


def range_of(subscript: str) -> str:
    """A subscript of a `Ref` without the mark of a reduction."""
    return subscript.removesuffix(_OVER)


def subscript_text(subscript: str) -> str:
    """A subscript of a `Ref` as a model file has it: `d` or `d!`."""
    return f"{range_of(subscript)}!" if is_reduced(subscript) else subscript


def free_name(stem: str, taken: Container[str]) -> str:
    """A name that is not among the folded names `taken`: the stem, or the stem and a number."""
    name, count = stem, 1
    while fold(name) in taken:
        count += 1
        name = f"{stem} {count}"
    return name


def capitals(name: str) -> str:
    """A folded name in capitals, as functions are named; `fold` gives the name back.

    Only ASCII letters change: `ß` in capitals would be another name.
    """
    return name.translate(_CAPITALS)


class Expr:
    """Base of all nodes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Number(Expr):
    """A literal number."""

    value: float


@dataclass(frozen=True, slots=True)
class Text(Expr):
    """A literal string; only an argument of a function."""

    value: str


@dataclass(frozen=True, slots=True)
class Array(Expr):
    """A literal array of numbers, `1,2;3,4;`, in row-major order of its labels."""

    values: tuple[float, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ref(Expr):
    """The value of an element; subscripts are folded labels or ranges, `d!` in a reduction."""

    name: str
    subscripts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """op is one of `-` and `:NOT:`."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """op is one of + - * / ^ = <> < <= > >= :AND: :OR:."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Chain(Expr):
    """Many terms joined from the left; nested `Binary` nodes would be too deep.

    ops: one fewer than terms; all of + and -, all of * and /, all :AND: or all :OR:. Only
    `joined` makes it, so that equal equations have equal trees.
    """

    ops: tuple[str, ...]
    terms: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Call(Expr):
    """A function of Vensim by its name in capitals, such as `IF THEN ELSE`."""

    function: str
    args: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class LookupCall(Expr):
    """A lookup element applied to a number."""

    lookup: Ref
    x: Expr


@dataclass(frozen=True, slots=True)
class Points(Expr):
    """The points of a lookup, x ascending; linear between them, constant beyond.

    limits: the display range ((x_low, x_high), (y_low, y_high)), empty where none is stated.
    constant: of data whose file states one number for all times; x is where it stands.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    limits: tuple[tuple[float, float], ...] = ()
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Tables(Expr):
    """Points of a lookup or of data from outside the model file, one set per label.

    points: in the order of `Model.positions`; empty while they are unknown.
    between: the interpolation of data: `interpolate`; `hold backward`, the previous point; `look
    forward`, the next one; `raw`, missing between points (:NA:).
    """

    points: tuple[Points, ...] = ()
    between: str = "interpolate"


@dataclass(frozen=True, slots=True)
class WithLookup(Expr):
    """A lookup written inside an equation, applied to a number."""

    x: Expr
    points: Points


# a sum or product of this many terms is a `Chain`
LONG = 40
# maximum height of a tree, for recursive functions
MAX_HEIGHT = 150
COMPARISONS = frozenset({"=", "<>", "<", "<=", ">", ">="})
LOGIC = frozenset({":AND:", ":OR:", ":NOT:"})


def children(expr: Expr) -> tuple[Expr, ...]:
    """The child nodes."""
    match expr:
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Chain(_, terms):
            return terms
        case Call(_, args):
            return args
        case LookupCall(lookup, x):
            return (lookup, x)
        case WithLookup(x, _):
            return (x,)
    return ()


def rebuild(expr: Expr, nodes: tuple[Expr, ...]) -> Expr:
    """The same node with other children, in the order of `children`."""
    match expr:
        case Unary(op, _):
            return Unary(op, nodes[0])
        case Binary(op, _, _):
            return Binary(op, nodes[0], nodes[1])
        case Chain(ops, _):
            return Chain(ops, nodes)
        case Call(function, _):
            # a kind of call of one file format stays that kind
            return Call(function, nodes) if type(expr) is Call else replace(expr, args=nodes)
        case LookupCall(lookup, _):
            ref = nodes[0]
            return LookupCall(ref if isinstance(ref, Ref) else lookup, nodes[1])
        case WithLookup(_, points):
            return WithLookup(nodes[0], points)
    return expr


def joined(ops: Sequence[str], terms: Sequence[Expr]) -> Expr:
    """Terms joined from the left by operators of one kind: `a - b + c` for `-`, `+` and a, b, c."""
    if len(terms) >= LONG:
        return Chain(tuple(ops), tuple(terms))
    result = terms[0]
    for op, term in zip(ops, terms[1:], strict=True):
        result = Binary(op, result, term)
    return result


def height(expr: Expr, below: Callable[[Expr], Sequence[Expr]] = children) -> int:
    """The number of nodes from the top of a tree to its deepest leaf; below: gives children."""
    level, count = [expr], 0
    while level:
        count += 1
        level = [child for node in level for child in below(node)]
    return count


def walk(expr: Expr) -> Iterator[Expr]:
    """Every node, the node itself first."""
    # an explicit stack: a tree may be deeper than Python's recursion limit
    waiting = [expr]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(children(node))


def signed_terms(expr: Expr, sign: int = 1) -> Iterator[tuple[int, Expr]]:
    """The terms of a sum with their signs: +a, -b, +c of `a - (b - c)`."""
    match expr:
        case Unary("-", operand):
            yield from signed_terms(operand, -sign)
        case Binary("+" | "-" as op, left, right):
            yield from signed_terms(left, sign)
            yield from signed_terms(right, sign if op == "+" else -sign)
        case Chain(("+" | "-", *_) as ops, terms):
            for joint, term in zip(("+", *ops), terms, strict=True):
                yield from signed_terms(term, sign if joint == "+" else -sign)
        case _:
            yield sign, expr


def named_terms(expr: Expr) -> Iterator[tuple[int, str]]:
    """Sign and name of the elements that a sum adds or subtracts, alone or summed by SUM."""
    for sign, term in signed_terms(expr):
        match term:
            case Ref(name, _) | Call("SUM", (Ref(name, _),)):
                yield sign, name


def references(expr: Expr) -> Iterator[Ref]:
    """Every reference in the expression, lookups included, in order of appearance."""
    for node in walk(expr):
        if isinstance(node, Ref):
            yield node
