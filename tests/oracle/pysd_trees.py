"""Trees of equations as PySD's grammar gives them: a witness for our own parser.

Works with pysd 3.14.3; what it reads otherwise than Vensim is put right here, with the reason.
"""

from __future__ import annotations

import re
import warnings
from functools import reduce
from typing import Any

from simdistrict.model.expr import (
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
    children,
    fold,
    rebuild,
    reduced,
)

# PySD's structures that stand for one call of Vensim: class -> (name, attributes in order)
_CALLS = {
    "GameStructure": ("GAME", ("expression",)),
    "AllocateAvailableStructure": ("ALLOCATE AVAILABLE", ("request", "pp", "avail")),
    "AllocateByPriorityStructure": (
        "ALLOCATE BY PRIORITY",
        ("request", "priority", "size", "width", "supply"),
    ),
    "InitialStructure": ("INITIAL", ("initial",)),
    "IntegStructure": ("INTEG", ("flow", "initial")),
    "DelayNStructure": ("DELAY N", ("input", "delay_time", "initial", "order")),
    "DelayFixedStructure": ("DELAY FIXED", ("input", "delay_time", "initial")),
    "SmoothNStructure": ("SMOOTH N", ("input", "smooth_time", "initial", "order")),
    "TrendStructure": ("TREND", ("input", "average_time", "initial_trend")),
    "ForecastStructure": ("FORECAST", ("input", "average_time", "horizon", "initial_trend")),
    "SampleIfTrueStructure": ("SAMPLE IF TRUE", ("condition", "input", "initial")),
    "GetLookupsStructure": ("GET DIRECT LOOKUPS", ()),
    "GetDataStructure": ("GET DIRECT DATA", ()),
    "GetConstantsStructure": ("GET DIRECT CONSTANTS", ()),
    "DataStructure": ("DATA", ()),
}


_BASE = "the base number of a power "
_POWER = re.compile(
    r'("(?:[^"\\]|\\.)*")|(?<![\w.])(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)\s*(?=\^)'
)
_LOGICAL = re.compile(r'("(?:[^"\\]|\\.)*")|:(?:and|or|not|na):', re.IGNORECASE)


def pysd_tree(text: str) -> Expr:
    """The tree of a right-hand side."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pysd.translators.vensim.vensim_element import Component
    bases: list[str] = []

    def base(match: re.Match[str]) -> str:
        if match.group(1):
            return match.group(1)
        bases.append(match.group(2))
        return f"{_BASE}{len(bases) - 1} "

    # PySD takes the sign of `-2^2` for the number's; a name instead of the number it reads right
    text = _POWER.sub(base, text)
    # PySD knows the logical operators in capitals only; quoted names stay as they are
    text = _LOGICAL.sub(lambda match: match.group(1) or match.group().upper(), text)
    component = Component("x", ([], []), " ".join(text.split()))
    component.parse()
    return _with_bases(_convert(component.ast), [float(b) for b in bases])


def _with_bases(expr: Expr, bases: list[float]) -> Expr:
    """The expression with the numbers that names stood for."""
    if isinstance(expr, Ref) and expr.name.startswith(fold(_BASE)) and bases:
        return Number(bases[int(expr.name.rpartition(" ")[2])])
    nodes = children(expr)
    if not nodes or not bases:
        return expr
    return rebuild(expr, tuple(_with_bases(node, bases) for node in nodes))


def _convert(node: Any) -> Expr:
    kind = type(node).__name__
    if kind in ("float", "int", "float64"):
        return Call(":NA:", ()) if node != node else Number(float(node))
    if kind == "ndarray":
        return Array(tuple(float(v) for v in node.ravel()), tuple(node.shape))
    if kind == "str":
        return Text(node)
    if kind == "ReferenceStructure":
        subscripts = node.subscripts.subscripts if node.subscripts else ()
        return Ref(fold(node.reference), tuple(_subscript(s) for s in subscripts))
    if kind == "ArithmeticStructure":
        return _arithmetic(node.operators, [_convert(a) for a in node.arguments])
    if kind == "LogicStructure":
        return _logic(
            [str(op).upper() for op in node.operators], [_convert(a) for a in node.arguments]
        )
    if kind == "InlineLookupsStructure":
        return WithLookup(_convert(node.argument), _points(node.lookups))
    if kind == "CallStructure":
        return _call(node)
    if kind in ("SmoothStructure", "DelayStructure"):
        return _averaging(node, kind)
    if kind in _CALLS:
        name, attributes = _CALLS[kind]
        return Call(name, tuple(_convert(getattr(node, a)) for a in attributes))
    raise TypeError(f"PySD gave a {kind}, which this reader does not know")


def _subscript(text: str) -> str:
    text = text.strip()
    return reduced(fold(text[:-1])) if text.endswith("!") else fold(text)


def _arithmetic(operators: list[str], args: list[Expr]) -> Expr:
    if operators == ["negative"]:
        return Unary("-", args[0])
    if operators[0] == "^":  # a power of a power binds from the right
        return reduce(lambda right, left: Binary("^", left, right), reversed(args))
    result = args[0]
    for op, arg in zip(operators, args[1:], strict=True):
        result = Binary(op, result, arg)
    return result


def _logic(operators: list[str], args: list[Expr]) -> Expr:
    if operators == [":NOT:"]:
        return Unary(":NOT:", args[0])
    # PySD gives mixed :AND: and :OR: as one flat list; :AND: binds closer
    terms = [args[0]]
    for op, arg in zip(operators, args[1:], strict=True):
        if op == ":OR:":
            terms.append(arg)
        else:
            terms[-1] = Binary(op, terms[-1], arg)
    result = terms[0]
    for term in terms[1:]:
        result = Binary(":OR:", result, term)
    return result


def _points(lookups: Any) -> Points:
    return Points(tuple(map(float, lookups.x)), tuple(map(float, lookups.y)))


def _call(node: Any) -> Expr:
    name = fold(node.function.reference).upper()
    args = tuple(_convert(a) for a in node.arguments)
    if name == "PULSE TRAIN":
        # PySD hands the arguments on in its own order: start, interval, width, end
        args = (args[0], args[2], args[1], args[3])
    if node.function.subscripts and len(args) == 1:
        subscripts = tuple(_subscript(s) for s in node.function.subscripts.subscripts)
        return LookupCall(Ref(fold(name), subscripts), args[0])
    return Call(name, args)


def _averaging(node: Any, kind: str) -> Expr:
    """SMOOTH and DELAY with their variants, which PySD folds into an order and an initial."""
    family = "SMOOTH" if kind == "SmoothStructure" else "DELAY"
    interval = node.smooth_time if family == "SMOOTH" else node.delay_time
    order = "3" if node.order == 3 else ("1" if family == "DELAY" else "")
    args = (_convert(node.input), _convert(interval))
    if node.initial is node.input:
        return Call(f"{family}{order}", args)
    return Call(f"{family}{order}I", (*args, _convert(node.initial)))
