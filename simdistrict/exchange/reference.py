"""PySD: the reader of single equations, and the reference backend. The only door to pysd.

PySD takes half a second to import, so nothing here imports it before it is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, reduce
from typing import TYPE_CHECKING, Any

from simdistrict.errors import EngineError, ModelError, Problem
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
    children,
    fold,
    rebuild,
)
from simdistrict.model import Data, Element, Lookup, Model

if TYPE_CHECKING:
    import numpy as np

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


def parse_expression(text: str, element: str, where: str) -> Expr:
    """The tree of a right-hand side.

    element and where (file and line) serve the message. Raises ModelError when PySD's grammar
    does not accept the text.
    """
    component_of, parsimonious = _grammar()
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
    component = component_of("x", ([], []), text)
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
    return _with_bases(_convert(component.ast), [float(b) for b in bases])


_INITIAL_TIME = re.compile(r"^(\s*INITIAL[ _]TIME\s*=)[^~]*~", re.IGNORECASE | re.MULTILINE)


@cache
def _grammar() -> tuple[Any, Any]:
    """PySD's class of one equation, and the library of its grammar.

    `import pysd` brings pandas and xarray, a second and more; its translator needs neither. So
    the package is entered without running its own __init__, unless it is there already.
    """
    import importlib.util
    import sys
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what PySD imports is deprecated here and there
        spec = importlib.util.find_spec("pysd")
        hollow = spec is not None and "pysd" not in sys.modules
        if spec is not None and hollow:
            sys.modules["pysd"] = importlib.util.module_from_spec(spec)
        try:
            import parsimonious
            from pysd.translators.vensim.vensim_element import Component
        finally:
            if hollow:
                # the hollow package must not meet anyone who wants the whole one
                del sys.modules["pysd"]
    return Component, parsimonious


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
    return fold(text[:-1]) + "!" if text.endswith("!") else fold(text)


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


def run_reference(
    model: Model,
    changes: Mapping[str, Callable[[float], np.ndarray]],
    control: Mapping[str, float],
    times: Sequence[float],
) -> dict[str, np.ndarray]:
    """Run a model through PySD itself, with Euler steps.

    changes: folded name of a constant -> its value at a time, an array of the element's shape;
    control: initial time, final time, time step and saveper; times: the points to save.
    Returns folded element names -> arrays of shape (times, *element shape).

    PySD's known faults are worked round here: integer initial values of SMOOTHI and SMOOTH3I
    would make the state an integer array that cuts off what it adds, so every state is cast to
    floats before the run; constants are given as functions of time, because NumPy scalars in
    `params` break subscripted SMOOTH.
    """
    import tempfile
    import warnings
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pysd

        path = Path(folder) / "model.mdl"
        # PySD computes INITIAL when it loads a model, so a changed INITIAL TIME must stand there
        start = f"\\g<1> {control['initial time']!r} ~"
        path.write_text(_INITIAL_TIME.sub(start, model.text), encoding="utf-8")
        try:
            reference = pysd.read_vensim(str(path), encoding="utf-8")
        except Exception as error:
            raise EngineError(
                Problem(f"model {model.name}", f"PySD cannot translate it: {_first_line(error)}")
            ) from error
        for name, value in changes.items():
            _set(reference, model[name].name, value)
        wanted = [e for e in model if not isinstance(e, Lookup | Data)]
        _with_float_states(reference)
        try:
            frame = reference.run(
                return_columns=[e.name for e in wanted],
                return_timestamps=list(times),
                initial_condition="original",
                final_time=control["final time"],
                time_step=control["time step"],
                saveper=control["saveper"],
            )
        except Exception as error:
            raise EngineError(
                Problem(f"model {model.name}", f"PySD cannot run it: {_first_line(error)}")
            ) from error
    return {fold(e.name): _column(frame, model, e) for e in wanted}


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).split("\n")[0]


def _set(reference: Any, name: str, value: Callable[[float], np.ndarray]) -> None:
    """Put a function of time in the place of a constant."""
    import xarray as xr

    coords = reference.get_coords(name)
    if coords is None:
        reference.set_components({name: lambda: float(value(reference.time()))})
    else:
        labels, dims = coords
        reference.set_components(
            {name: lambda: xr.DataArray(value(reference.time()), labels, dims)}
        )


def _with_float_states(reference: Any) -> None:
    import numpy as np

    integrate = reference._integrate

    def with_floats() -> None:
        for element in reference._dynamicstateful_elements:
            state = element.state
            if isinstance(state, np.ndarray) and state.dtype.kind in "iub":
                element.state = state.astype(float)
        integrate()

    reference._integrate = with_floats


def _column(frame: Any, model: Model, element: Element) -> np.ndarray:
    import itertools

    import numpy as np

    if not element.dims:
        return np.asarray(frame[element.name], dtype=float)
    by_name = {"".join(str(c).split()).lower(): c for c in frame.columns}
    columns = []
    for labels in itertools.product(*model.labels(element)):
        key = "".join(f"{element.name}[{','.join(labels)}]".split()).lower()
        column = by_name.get(key)
        values = np.full(len(frame), np.nan) if column is None else frame[column]
        columns.append(np.asarray(values, dtype=float))
    return np.stack(columns, axis=1).reshape(len(frame), *model.shape(element))
