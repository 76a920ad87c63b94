"""Equations as text in XMILE's language."""

from __future__ import annotations

import math
import re

from simdistrict.exchange.text.equations import SpelledNames
from simdistrict.exchange.text.numbers import number
from simdistrict.exchange.xmile.functions import FUNCTIONS, REDUCTIONS, SAME, VALUES, XmileCall
from simdistrict.exchange.xmile.idioms import spelled_out
from simdistrict.exchange.xmile.lexer import WORDS
from simdistrict.model.expr import (
    Binary,
    Call,
    Chain,
    Expr,
    LookupCall,
    Number,
    Ref,
    Unary,
    fold,
    is_reduced,
)

_PLAIN = re.compile(r"[^\W\d]\w*")
_STRENGTH = {":OR:": 1, ":AND:": 2, "=": 3, "<>": 3, "+": 5, "-": 5, "*": 6, "/": 6, "^": 8}
_COMPARED, _SUM, _SIGNED, _ATOM = 4, 5, 7, 9
_LOGIC = {":OR:": "OR", ":AND:": "AND"}
# Vensim's name -> XMILE's name of the function with the same order of arguments
_NAMES = {
    **{name: name for name in (*SAME, "DELAY1", "DELAY3", "MAX", "MIN", "PROD", "RAMP", "SUM")},
    "DELAY FIXED": "DELAY",
    "DELAY1I": "DELAY1",
    "DELAY3I": "DELAY3",
    "TREND": "TREND",
    "FORECAST": "FORCST",
    "INITIAL": "INIT",
    "VMAX": "MAX",
    "VMIN": "MIN",
    "SMOOTH": "SMTH1",
    "SMOOTHI": "SMTH1",
    "SMOOTH3": "SMTH3",
    "SMOOTH3I": "SMTH3",
    "XIDZ": "SAFEDIV",
    "ZIDZ": "SAFEDIV",
}
_RESERVED = {
    *WORDS,
    *VALUES,
    *(fold(n) for n in (*FUNCTIONS, *REDUCTIONS)),
    *"self size lookup rank stddev".split(),
}


class XmileEquationText(SpelledNames):
    """Prints expressions in XMILE's language, with underscores for blanks in names."""

    def name(self, folded: str) -> str:
        """An element's name in an equation."""
        if folded == "time" and folded not in self._names:
            return "TIME"
        return identifier(self._names.get(folded, folded), folded in _RESERVED or folded.isdigit())

    def text(self, expr: Expr, strength: int = 0) -> str:
        """An expression, in parentheses where its context binds more tightly."""
        text, own = self._text(expr)
        return f"({text})" if own < strength else text

    def _text(self, expr: Expr) -> tuple[str, int]:
        """The text of an expression, and its binding strength."""
        match expr:
            case Number(value):
                return _number(value), _ATOM if math.copysign(1, value) > 0 else _SIGNED
            case Ref(name, subscripts):
                return self.name(name) + self._subscripts(subscripts), _ATOM
            case Unary("-", operand):
                return f"-{self.text(operand, _STRENGTH['^'])}", _SIGNED
            case Unary(_, operand):
                return f"NOT ({self.text(operand)})", _SIGNED
            case Binary("^", left, right):
                return f"{self.text(left, _ATOM)}^{self.text(right, _ATOM)}", _STRENGTH["^"]
            case Binary(op, left, right) if op in ("=", "<>", "<", "<=", ">", ">="):
                sides = self.text(left, _SUM), self.text(right, _SUM)
                return f"{sides[0]} {op} {sides[1]}", _STRENGTH.get(op, _COMPARED)
            case Binary(op, left, right):
                own = _STRENGTH[op]
                sides = self.text(left, own), self.text(right, own + 1)
                return f"{sides[0]} {_LOGIC.get(op, op)} {sides[1]}", own
            case Chain(ops, terms):
                own = _STRENGTH[ops[0]]
                words = [self.text(terms[0], own)]
                for op, term in zip(ops, terms[1:], strict=True):
                    words += [_LOGIC.get(op, op), self.text(term, own + 1)]
                return " ".join(words), own
            case LookupCall(lookup, x):
                return f"LOOKUP({self.text(lookup)}, {self.text(x)})", _ATOM
            case Call():
                return self._call(expr)
        raise TypeError(f"not a node of an equation: {expr!r}")

    def _call(self, call: Call) -> tuple[str, int]:
        args = call.args
        match call:
            case XmileCall("PREVIOUS SELF", (first,)):
                return f"PREVIOUS(SELF, {self.text(first)})", _ATOM
            case XmileCall("MOD", (left, right)):
                own = _STRENGTH["*"]
                return f"{self.text(left, own)} MOD {self.text(right, own + 1)}", own
            case XmileCall(name, args):
                return f"{name}({', '.join(map(self.text, args))})", _ATOM
            case Call("IF THEN ELSE", (condition, yes, no)):
                texts = (self.text(arg) for arg in (condition, yes, no))
                return "IF {} THEN {} ELSE {}".format(*texts), 0
            case Call("DELAY N" | "SMOOTH N", (source, interval, first, order)):
                name = "DELAYN" if call.function == "DELAY N" else "SMTHN"
                args = (source, interval, order, first)
                return f"{name}({', '.join(map(self.text, args))})", _ATOM
        if (spelled := spelled_out(call)) is not None:
            return self._text(spelled)
        name = _NAMES.get(call.function) or identifier(call.function, False)
        return f"{name}({', '.join(map(self.text, args))})", _ATOM

    def _subscripts(self, subscripts: tuple[str, ...]) -> str:
        if not subscripts:
            return ""
        words = [
            "*" if is_reduced(s) else identifier(self._labels.get(s, s), False) for s in subscripts
        ]
        return f"[{', '.join(words)}]"


def identifier(name: str, reserved: bool) -> str:
    """A name with underscores for blanks, in quotes where an equation requires them."""
    text = "_".join(name.split())
    if _PLAIN.fullmatch(text) and not reserved:
        return text
    if text.isdigit() and not reserved:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _number(value: float) -> str:
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    if math.isnan(value):
        return "NAN"
    return number(value)
