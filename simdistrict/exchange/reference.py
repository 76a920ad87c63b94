"""PySD: the reader of single equations, and the reference backend. The only door to pysd.

PySD takes half a second to import, so nothing here imports it before it is needed.
"""

from __future__ import annotations

from typing import Any

from simdistrict.errors import ModelError, Problem
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


def parse_expression(text: str, element: str, where: str) -> Expr:
    """The tree of a right-hand side.

    element and where (file and line) serve the message. Raises ModelError when PySD's grammar
    does not accept the text.
    """
    import parsimonious
    from pysd.translators.vensim.vensim_element import Component

    component = Component("x", ([], []), text)
    try:
        component.parse()
    except parsimonious.ParseError as error:
        near = str(error.text)[error.pos : error.pos + 30]
        place = f'near "{near}"' if near else "at its end"
        raise ModelError(
            Problem(where, f'the equation of "{element}" cannot be read {place}')
        ) from None
    except parsimonious.VisitationError as error:
        reason = str(error).split("\n")[0]
        raise ModelError(
            Problem(where, f'the equation of "{element}" cannot be read: {reason}')
        ) from None
    except RecursionError:
        raise ModelError(
            Problem(where, f'the equation of "{element}" is nested too deeply')
        ) from None
    return _convert(component.ast)


def _convert(node: Any) -> Expr:  # noqa: PLR0911 - one return per kind of node
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
    return fold(text[:-1]) + "!" if text.endswith("!") else fold(text)


def _arithmetic(operators: list[str], args: list[Expr]) -> Expr:
    if operators == ["negative"]:
        return Unary("-", args[0])
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
