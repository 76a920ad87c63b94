"""Expressions as Vensim would write them."""

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
)
from simdistrict.model.model import Element, Equation, Lookup, Model, Stock

_PLAIN_NAME = re.compile(r"[^\W\d_](?:[\w '$]*[\w'$])?")
_STRENGTH = {":OR:": 1, ":AND:": 2, "+": 5, "-": 5, "*": 6, "/": 6, "^": 8}


class EquationText:
    """Prints equations with the names as the model spells them."""

    def __init__(self, model: Model) -> None:
        self._names: dict[str, str] = {n: e.name for n, e in model.by_name.items()}
        self._labels: dict[str, str] = {}
        for dimension in model.dimensions:
            self._labels[fold(dimension.name)] = dimension.name
            self._labels |= {fold(label): label for label in dimension.labels}

    def left(self, element: Element, equation: Equation) -> str:
        """The left-hand side: the name, its subscripts and its exceptions."""
        text = quoted(element.name) + self._subscripts(equation.subscripts)
        if equation.exceptions:
            text += " :EXCEPT: " + ", ".join(map(self._subscripts, equation.exceptions))
        return text

    def equation(self, element: Element, equation: Equation) -> str:
        """A whole equation on one line."""
        left = self.left(element, equation)
        if isinstance(equation.expression, Tables):
            return self.data(left, element, equation)
        if isinstance(equation.expression, Points):
            return f"{left}({self.text(equation.expression)})"
        return f"{left} = {self.right(element, equation)}"

    def right(self, element: Element, equation: Equation) -> str:
        """The right-hand side; of a lookup, its points in parentheses.

        What another file gave is the call that takes it from there.
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
        """An equation whose points stand outside the model file."""
        assert isinstance(equation.expression, Tables)
        if isinstance(element, Lookup):
            return f"{left} = {self.right(element, equation)}"
        between = equation.expression.between
        keyword = "" if between == "interpolate" else f" :{between.upper()}:"
        if equation.call is None:
            return left + keyword
        return f"{left}{keyword} := {self.text(equation.call)}"

    def text(self, expr: Expr, strength: int = 0) -> str:
        """An expression, in parentheses where what is around it binds closer."""
        match expr:
            case Number(value):
                # `-2 ^ 2` would be the sign of a power, and `a - -2` is for no reader
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
                # a power of a power in parentheses: programs differ about where it binds from
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
            mark = "!" if subscript.endswith("!") else ""
            name = subscript.removesuffix("!")
            words.append(quoted(self._labels.get(name, name)) + mark)
        return f"[{','.join(words)}]"


def quoted(name: str) -> str:
    """A name with quotes where Vensim needs them."""
    return name if _PLAIN_NAME.fullmatch(name) else '"' + name.replace('"', '\\"') + '"'


def _display(limits: tuple[tuple[float, float], ...]) -> list[str]:
    """The display range of a lookup, `[(x0,y0)-(x1,y1)]`, where it has one."""
    if not limits:
        return []
    (x0, x1), (y0, y1) = limits
    return [f"[({number(x0)},{number(y0)})-({number(x1)},{number(y1)})]"]


def _array(values: tuple[float, ...], shape: tuple[int, ...]) -> str:
    """A list of numbers; Vensim ends every row of a matrix with a semicolon."""
    if len(shape) < 2:
        return ", ".join(map(number, values))
    row = shape[-1]
    rows = [values[k : k + row] for k in range(0, len(values), row)]
    return "; ".join(", ".join(map(number, r)) for r in rows) + ";"
