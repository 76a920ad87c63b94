"""Expressions as Vensim would write them."""

from __future__ import annotations

import re

from simdistrict.expr import (
    Array,
    Binary,
    Call,
    Expr,
    LookupCall,
    Number,
    Points,
    Ref,
    Text,
    Unary,
    WithLookup,
    fold,
)
from simdistrict.model import Element, Equation, Model, Stock

_PLAIN_NAME = re.compile(r"^[^\W\d][\w\s'$]*$")
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
        left, right = self.left(element, equation), self.text(equation.expression)
        if isinstance(equation.expression, Points):
            return f"{left}({right})"
        if equation.initial is not None:
            name = "INTEG" if isinstance(element, Stock) else "ACTIVE INITIAL"
            right = f"{name}({right}, {self.text(equation.initial)})"
        return f"{left} = {right}"

    def text(self, expr: Expr, strength: int = 0) -> str:
        """An expression, in parentheses where what is around it binds closer."""
        match expr:
            case Number(value):
                return number(value)
            case Text(value):
                return f"'{value}'"
            case Ref(name, subscripts):
                spelled = self._names.get(name) or self._labels.get(name)
                spelled = spelled or ("Time" if name == "time" else name)
                return quoted(spelled) + self._subscripts(subscripts)
            case Array(values, shape):
                return _array(values, shape)
            case Points(x, y, _):
                return ", ".join(f"({number(a)},{number(b)})" for a, b in zip(x, y, strict=True))
            case Unary(op, operand):
                text = f"{op} " if op == ":NOT:" else op
                text += self.text(operand, 7)
                return f"({text})" if strength > 3 else text
            case Binary(op, left, right):
                own = _STRENGTH.get(op, 4)
                # a power of a power binds from the right, everything else from the left
                sides = (own + 1, own) if op == "^" else (own, own + 1)
                text = f"{self.text(left, sides[0])} {op} {self.text(right, sides[1])}"
                return f"({text})" if own < strength else text
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
    return name if _PLAIN_NAME.match(name) else '"' + name.replace('"', '\\"') + '"'


def number(value: float) -> str:
    """The shortest text that reads back as the same number."""
    text = repr(value)
    return text.removesuffix(".0")


def _array(values: tuple[float, ...], shape: tuple[int, ...]) -> str:
    row = shape[len(shape) - 1] if len(shape) > 1 else len(values)
    rows = [values[k : k + row] for k in range(0, len(values), row)]
    texts = [", ".join(map(number, r)) for r in rows]
    return texts[0] if len(texts) == 1 else "; ".join(texts) + ";"
