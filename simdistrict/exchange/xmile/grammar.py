"""Parser of XMILE's equation language: trees whose names are not resolved yet, see `meaning`."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from simdistrict.base.errors import ModelError, Problem
from simdistrict.exchange.text.numbers import SIGNED, spaced_number
from simdistrict.exchange.text.precedence import PrecedenceParser
from simdistrict.exchange.xmile.lexer import XmileToken, tokens
from simdistrict.model.expr import (
    MAX_HEIGHT,
    Array,
    Binary,
    Call,
    Expr,
    Number,
    Unary,
    children,
    rebuild,
)

# of parentheses: far beyond any equation
MAX_NESTING = 80
MAX_TEXT = 100_000

_VALUE = rf"\s*{SIGNED}\s*"
_LIST = re.compile(rf"{_VALUE}(?:[,;]{_VALUE})+;?\s*")

# operator -> name in the tree and strength
_BINARY = {op: (op, 4) for op in ("<", "<=", ">", ">=")}
_BINARY |= {"or": (":OR:", 1), "and": (":AND:", 2), "=": ("=", 3), "==": ("=", 3), "<>": ("<>", 3)}
_BINARY |= {"!=": ("<>", 3), "+": ("+", 5), "-": ("-", 5), "*": ("*", 6), "/": ("/", 6)}
_BINARY |= {"//": ("SAFEDIV", 6), "mod": ("MOD", 6)}
_POWER = ("^", "**")


@dataclass(frozen=True, slots=True)
class NameUse(Expr):
    """The use of a name; subscripts as written, `*` for a whole dimension.

    quoted: it is in quotes, so it is not a word of the language.
    """

    name: str
    subscripts: tuple[str, ...] = ()
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Applied(Expr):
    """A function, lookup or macro with arguments."""

    name: str
    args: tuple[Expr, ...]
    subscripts: tuple[str, ...] = ()


def parts(expr: Expr) -> tuple[Expr, ...]:
    """The child nodes, of this grammar's nodes too."""
    return expr.args if isinstance(expr, Applied) else children(expr)


def with_parts(expr: Expr, nodes: tuple[Expr, ...]) -> Expr:
    """The same node with other children, in the order of `parts`."""
    if isinstance(expr, Applied):
        return Applied(expr.name, nodes, expr.subscripts)
    return rebuild(expr, nodes) if nodes else expr


def parse_equation(text: str, element: str, where: str, line: int) -> Expr:
    """The tree of an equation. Raises ModelError with the line of an error."""
    if len(text) > MAX_TEXT:
        what = f'the equation of "{element}" has {len(text)} characters, more than {MAX_TEXT}'
        raise ModelError(Problem(f"{where}:{line}", what))
    if _LIST.fullmatch(text):
        return _array(text, element, f"{where}:{line}")
    return _XmileParser(tokens(text, element, where, line), element, where, line).whole()


def _array(text: str, element: str, place: str) -> Array:
    """A list of numbers with semicolons after rows, as Vensim exports arrays."""
    rows = [[spaced_number(v) for v in row.split(",")] for row in text.split(";") if row.strip()]
    if not all(math.isfinite(value) for row in rows for value in row):
        what = f'the list of numbers of "{element}" has one that is not finite'
        raise ModelError(Problem(place, what, "write numbers below 1.8e308"))
    if len(set(map(len, rows))) > 1:
        what = f'the list of numbers of "{element}" has rows of different lengths'
        raise ModelError(Problem(place, what))
    shape = (len(rows), len(rows[0])) if len(rows) > 1 else (len(rows[0]),)
    return Array(tuple(value for row in rows for value in row), shape)


class _XmileParser(PrecedenceParser):
    def __init__(self, found: list[XmileToken], element: str, where: str, line: int) -> None:
        self.tokens = found
        self.at = 0
        self.element = element
        self.where = where
        self.first = line

    @property
    def token(self) -> XmileToken:
        return self.tokens[self.at]

    def error(self, what: str = "") -> ModelError:
        token = self.token
        seen = "at its end" if token.kind == "end" else f'at "{token.text}"'
        what = what or f"cannot be read {seen}"
        place = f"{self.where}:{self.first + token.line}"
        return ModelError(Problem(place, f'the equation of "{self.element}" {what}'))

    def step(self) -> XmileToken:
        token = self.token
        self.at += token.kind != "end"
        return token

    def accept(self, text: str) -> bool:
        if self.token.text == text and self.token.kind in ("operator", "word"):
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.accept(text):
            wanted = text.upper() if text.isalpha() else text
            seen = "its end" if self.token.kind == "end" else f'"{self.token.text}"'
            raise self.error(f"has {seen} where {wanted} is expected")

    def whole(self) -> Expr:
        result = self.expression()
        if self.token.kind != "end":
            raise self.error()
        if _depth(result) > MAX_HEIGHT:
            raise self.error("is nested too deeply")
        return result

    def too_deep(self) -> ModelError | None:
        return self.error("is nested too deeply") if self.depth > MAX_NESTING else None

    def operator(self) -> tuple[str, int] | None:
        return _BINARY.get(self.token.text) if self.token.kind in ("operator", "word") else None

    def applied(self, op: str, left: Expr, right: Expr) -> tuple[list[Expr], list[str]]:
        if op in ("MOD", "SAFEDIV"):
            return [Applied(op, (left, right))], []
        return super().applied(op, left, right)

    def operand(self) -> Expr:
        """Signs and NOT, which bind tighter than a product and weaker than a power."""
        signs: list[str] = []
        while self.token.kind in ("operator", "word") and self.token.text in ("+", "-", "not"):
            signs.append(self.step().text)
        result = self.power()
        for sign in reversed(signs):
            if sign == "-":
                plain = isinstance(result, Number)
                result = Number(-result.value) if plain else Unary("-", result)  # type: ignore[attr-defined]
            elif sign == "not":
                result = Unary(":NOT:", result)
        return result

    def power(self) -> Expr:
        """Powers, right-associative; the exponent may have a sign.

        A translator of Vensim's files writes NOT after its operand, where no other NOT can be.
        """
        base = self.primary()
        if self.accept("not"):
            return Unary(":NOT:", base)
        if self.token.kind == "operator" and self.token.text in _POWER:
            self.at += 1
            self.depth += 1
            if error := self.too_deep():
                raise error
            base = Binary("^", base, self.operand())
            self.depth -= 1
        return base

    def primary(self) -> Expr:
        token = self.token
        if token.kind == "number":
            value = spaced_number(token.text)
            if not math.isfinite(value):
                raise self.error(f"has {token.text}, which is not a finite number")
            self.at += 1
            return Number(value)
        if self.accept("("):
            inner = self.expression()
            self.expect(")")
            return inner
        if self.accept("if"):
            condition = self.expression()
            self.expect("then")
            yes = self.expression()
            self.expect("else")
            return Call("IF THEN ELSE", (condition, yes, self.expression()))
        if token.kind == "name":
            self.at += 1
            return self.named(token)
        raise self.error()

    def named(self, token: XmileToken) -> Expr:
        token = self.joined(token)
        subscripts = self.subscripts() if self.accept("[") else ()
        if self.token.text == "'" and self.token.kind == "operator":
            raise self.error("transposes an array, which is not supported")
        if token.quoted and not (self.token.text == "(" and self.token.kind == "operator"):
            return NameUse(token.text, subscripts, quoted=True)
        if not self.accept("("):
            return NameUse(token.text, subscripts)
        args: list[Expr] = []
        if not self.accept(")"):
            args.append(self.expression())
            while self.accept(","):
                args.append(self.expression())
            self.expect(")")
        return Applied(token.text, tuple(args), subscripts)

    def joined(self, token: XmileToken) -> XmileToken:
        """The name of a function of several words, `VECTOR SORT ORDER(...)`."""
        end = self.at
        while self.tokens[end].kind == "name" and not self.tokens[end].quoted:
            end += 1
        if end == self.at or self.tokens[end].text != "(" or token.quoted:
            return token
        words = [token.text, *(t.text for t in self.tokens[self.at : end])]
        self.at = end
        return XmileToken("name", " ".join(words), token.line)

    def subscripts(self) -> tuple[str, ...]:
        """`a, 3, *, low:high`: the text of each subscript, which `meaning` resolves."""
        found: list[str] = []
        while True:
            words: list[str] = []
            while not (self.token.kind == "operator" and self.token.text in (",", "]", "[")):
                if self.token.kind == "end":
                    self.expect("]")
                words.append(self.step().text)
            if not words:
                raise self.error("has an empty subscript")
            found.append(" ".join(words))
            if not self.accept(","):
                break
        self.expect("]")
        return tuple(found)


def _depth(expr: Expr) -> int:
    deepest = 0
    left: list[tuple[Expr, int]] = [(expr, 1)]
    while left:
        node, depth = left.pop()
        deepest = max(deepest, depth)
        left += [(child, depth + 1) for child in parts(node)]
    return deepest
