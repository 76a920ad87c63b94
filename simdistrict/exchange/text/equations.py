"""Equations in Vensim's language, printed from their trees."""

from __future__ import annotations

import re

from simdistrict.exchange.text.numbers import number
from simdistrict.model.expr import (
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
    fold,
    is_reduced,
    range_of,
)
from simdistrict.model.model import Element, Equation, Lookup, Model, Stock

_PLAIN_NAME = re.compile(r"[^\W\d_](?:[\w '$]*[\w'$])?")
_STRENGTH = {":OR:": 1, ":AND:": 2, "+": 5, "-": 5, "*": 6, "/": 6, "^": 8}


class SpelledNames:
    """The names, ranges and labels of a model in its spelling, by folded name."""

    def __init__(self, model: Model) -> None:
        self._names: dict[str, str] = {n: e.name for n, e in model.by_name.items()}
        self._labels: dict[str, str] = {}
        for dimension in model.dimensions:
            self._labels[fold(dimension.name)] = dimension.name
            self._labels |= {fold(label): label for label in dimension.labels}


class EquationText(SpelledNames):
    """Prints equations in Vensim's language."""

    def left(self, element: Element, equation: Equation) -> str:
        """The left-hand side: name, subscripts and exceptions."""
        text = quoted(element.name) + self._subscripts(equation.subscripts)
        if equation.exceptions:
            text += " :EXCEPT: " + ", ".join(map(self._subscripts, equation.exceptions))
        return text

    def equation(self, element: Element, equation: Equation) -> str:
        """An equation on one line."""
        left = self.left(element, equation)
        if isinstance(equation.expression, Tables):
            return self.data(left, element, equation)
        if isinstance(equation.expression, Points):
            return f"{left}({self.text(equation.expression)})"
        return f"{left} = {self.right(element, equation)}"

    def right(self, element: Element, equation: Equation) -> str:
        """The right-hand side; the points of a lookup in parentheses.

        Numbers from another file are printed as their `GET ...` call.
        """
        if equation.call is not None:
            return self.text(equation.call)
        right = self.text(equation.expression)
        if isinstance(equation.expression, Points):
            return f"({right})"
        if equation.initial is None:
            return right
        name = "INTEG" if isinstance(element, Stock) else "ACTIVE INITIAL"
        return f"{name}({right}, {self.text(equation.initial)})"

    def data(self, left: str, element: Element, equation: Equation) -> str:
        """An equation whose points are in another file."""
        assert isinstance(equation.expression, Tables)
        if isinstance(element, Lookup):
            return f"{left} = {self.right(element, equation)}"
        between = equation.expression.between
        keyword = "" if between == "interpolate" else f" :{between.upper()}:"
        if equation.call is None:
            return left + keyword
        return f"{left}{keyword} := {self.text(equation.call)}"

    def text(self, expr: Expr, strength: int = 0) -> str:
        """An expression, in parentheses where its context binds more tightly."""
        match expr:
            case Number(value):
                # `-2 ^ 2` is the negative of a power, and `a - -2` is hard to read
                shown = number(value)
                return f"({shown})" if strength and shown.startswith("-") else shown
            case Text(value):
                return f"'{value}'"
            case Ref(name, subscripts):
                spelled = self._names.get(name) or self._labels.get(name)
                spelled = spelled or ("Time" if name == "time" else name)
                return quoted(spelled) + self._subscripts(subscripts)
            case Array(values, shape):
                return _array(values, shape)
            case Points(x, y, limits):
                pairs = [f"({number(a)},{number(b)})" for a, b in zip(x, y, strict=True)]
                return ", ".join([*_display(limits), *pairs])
            case Tables(points):
                return f"a table of {len(points)} lookups in another file"
            case Unary(op, operand):
                text = f"{op} " if op == ":NOT:" else op
                text += self.text(operand, 7)
                return f"({text})" if strength > 3 else text
            case Binary(op, left, right):
                own = _STRENGTH.get(op, 4)
                # parentheses around a power of a power: programs differ in its associativity
                sides = (own + 1, own + 1) if op == "^" else (own, own + 1)
                text = f"{self.text(left, sides[0])} {op} {self.text(right, sides[1])}"
                return f"({text})" if own < strength else text
            case Chain(ops, terms):
                own = _STRENGTH[ops[0]]
                parts = [self.text(terms[0], own)]
                for op, term in zip(ops, terms[1:], strict=True):
                    parts += [op, self.text(term, own + 1)]
                text = " ".join(parts)
                return f"({text})" if own < strength else text
            case Call(":NA:", ()):
                return ":NA:"
            case Call(function, args):
                return f"{function}({', '.join(map(self.text, args))})"
            case LookupCall(lookup, x):
                return f"{self.text(lookup)}({self.text(x)})"
            case WithLookup(x, points):
                return f"WITH LOOKUP({self.text(x)}, ({self.text(points)}))"
        raise TypeError(f"not a node of an equation: {expr!r}")

    def _subscripts(self, subscripts: tuple[str, ...]) -> str:
        if not subscripts:
            return ""
        words = []
        for subscript in subscripts:
            name = range_of(subscript)
            text = quoted(self._labels.get(name, name))
            words.append(f"{text}!" if is_reduced(subscript) else text)
        return f"[{','.join(words)}]"


def quoted(name: str) -> str:
    """A name, in quotes where Vensim requires them."""
    return name if _PLAIN_NAME.fullmatch(name) else in_quotes(name)


def in_quotes(name: str) -> str:
    """A name in quotes."""
    return '"' + name.replace('\\"', '"').replace('"', '\\"') + '"'


def _display(limits: tuple[tuple[float, float], ...]) -> list[str]:
    """The display range of a lookup, `[(x0,y0)-(x1,y1)]`, where it has one."""
    if not limits:
        return []
    (x0, x1), (y0, y1) = limits
    return [f"[({number(x0)},{number(y0)})-({number(x1)},{number(y1)})]"]


def _array(values: tuple[float, ...], shape: tuple[int, ...]) -> str:
    """A list of numbers; Vensim ends each row of a matrix with a semicolon."""
    if len(shape) < 2:
        return ", ".join(map(number, values))
    row = shape[-1]
    rows = [values[k : k + row] for k in range(0, len(values), row)]
    return "; ".join(", ".join(map(number, r)) for r in rows) + ";"
