"""Random models, built in Python, for property tests: every kind of element, any names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from simdistrict.expr import (
    Array,
    Binary,
    Call,
    Expr,
    LookupCall,
    Number,
    Points,
    Ref,
    Unary,
    WithLookup,
    fold,
)
from simdistrict.model import (
    Auxiliary,
    Constant,
    Dimension,
    Element,
    Equation,
    Flow,
    Lookup,
    Model,
    Range,
    Stock,
)

_SIGNS = "abcdefgxyzABC 0123456789_$'\"()[]{},;:=+-*/^<>|~&%.#@éßλ中°"
RANGES = (Range(), Range(0.0, None), Range(-1.5, 2.0, 0.1), Range(None, 7.0))
numbers = st.floats(-1e6, 1e6).map(lambda x: round(x, 6) + 0.0) | st.floats(
    allow_nan=False, allow_infinity=False, width=64
)
words = st.text("abcdefg ABC012.,;:()[]\"'{}é", max_size=40).map(lambda t: " ".join(t.split()))


def fits(name: str) -> bool:
    """Whether a name cannot be taken for a control element or Time."""
    return bool(fold(name)) and fold(name) not in (
        "time", "initial time", "final time", "time step", "saveper",
    )  # fmt: skip


def names(count: int) -> st.SearchStrategy[list[str]]:
    name = st.text(_SIGNS, min_size=1, max_size=12).map(lambda t: " ".join(t.split()))
    return st.lists(name.filter(fits), min_size=count, max_size=count, unique_by=fold)


@dataclass
class _Parts:
    """What expressions may refer to so far: scalars, arrays over the range, lookups."""

    scalars: list[str] = field(default_factory=list)
    arrays: list[str] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)


@st.composite
def models(draw: st.DrawFn) -> Model:
    """A model that runs: no loops, and nothing that divides by what may be zero."""
    spelled = draw(names(16))
    whole, part, *rest = spelled[:8]
    labels = tuple(rest[:3])
    dimensions = (Dimension(whole, labels), Dimension(part, labels[1:]))
    if draw(st.booleans()):
        mapped = Dimension(
            rest[3], tuple(rest[4:6]), ((fold(part), tuple((x,) for x in labels[1:])),)
        )
        dimensions = (*dimensions, mapped)
    if draw(st.booleans()):
        dimensions = (*dimensions, Dimension(f"second {whole}", labels, same_as=whole))
    parts = _Parts()
    found: list[Element] = []
    for name in spelled[8:]:
        kind = draw(st.sampled_from(("constant", "list", "lookup", "auxiliary", "array", "stock")))
        element = draw(_element(kind, name, whole, part, labels, parts))
        found.append(replace(element, group=""))
        (
            parts.lookups if kind == "lookup" else parts.arrays if element.dims else parts.scalars
        ).append(fold(name))
    groups = sorted(
        draw(
            st.lists(
                st.sampled_from(("", "Making", "Selling it")),
                min_size=len(found),
                max_size=len(found),
            )
        )
    )
    found = [replace(e, group=g) for e, g in zip(found, groups, strict=True)]
    control = {"INITIAL TIME": 0.0, "FINAL TIME": 4.0, "TIME STEP": 0.5, "SAVEPER": 1.0}
    for name, value in control.items():
        found.append(
            Constant(name=name, equations=(Equation(Number(value)),), units="Year", group="Control")
        )
    flows = {
        n for e in found if isinstance(e, Stock) for q in e.equations for n in _terms(q.expression)
    }
    found = [
        Flow(**{k: getattr(e, k) for k in e.__dataclass_fields__})
        if type(e) is Auxiliary and fold(e.name) in flows
        else e
        for e in found
    ]
    synonyms = draw(st.sampled_from(((), (("Year", "Years"),))))
    return Model(
        "random",
        tuple(found),
        dimensions,
        integrator=draw(st.sampled_from(("euler", "rk4"))),
        unit_synonyms=synonyms,
    )


def _terms(expr: Expr) -> list[str]:
    match expr:
        case Ref(name, _) | Call("SUM", (Ref(name, _),)):
            return [name]
        case Unary("-", operand):
            return _terms(operand)
        case Binary("+" | "-", left, right):
            return [*_terms(left), *_terms(right)]
    return []


@st.composite
def _element(
    draw: st.DrawFn,
    kind: str,
    name: str,
    whole: str,
    part: str,
    labels: tuple[str, ...],
    parts: _Parts,
) -> Element:
    about = {
        "name": name,
        "units": draw(st.sampled_from(("", "Dmnl", "su/(Year*Year)"))),
        "documentation": draw(words),
        "range": draw(st.sampled_from(RANGES)),
    }  # fmt: skip
    d = fold(whole)
    if kind == "constant":
        return Constant(equations=(Equation(Number(draw(numbers))),), **about)  # type: ignore[arg-type]
    if kind == "list":
        values = tuple(draw(st.lists(numbers, min_size=3, max_size=3)))
        return Constant(
            equations=(Equation(Array(values, (3,)), None, (d,)),), dims=(whole,), **about
        )  # type: ignore[arg-type]
    if kind == "lookup":
        return Lookup(equations=(Equation(draw(points())),), **about)  # type: ignore[arg-type]
    if kind == "auxiliary":
        return Auxiliary(
            equations=(Equation(draw(expressions(parts, ()).filter(_no_number))),), **about
        )  # type: ignore[arg-type]
    if kind == "array":
        # a formula for all but one label, another for that one; or one for each range
        one = fold(labels[0])
        rest = draw(expressions(parts, (d,)).filter(_no_number))
        first = Equation(draw(expressions(parts, ()).filter(_no_number)), None, (one,))
        if draw(st.booleans()):
            return Auxiliary(
                equations=(Equation(rest, None, (d,), ((one,),)), first), dims=(whole,), **about
            )  # type: ignore[arg-type]
        second = Equation(
            draw(expressions(parts, (fold(part),)).filter(_no_number)), None, (fold(part),)
        )
        return Auxiliary(equations=(first, second), dims=(whole,), **about)  # type: ignore[arg-type]
    subscripts = draw(st.sampled_from(((), (d,))))
    rate, initial = draw(expressions(parts, subscripts)), draw(expressions(parts, subscripts))
    dims = (whole,) if subscripts else ()
    return Stock(equations=(Equation(rate, initial, subscripts),), dims=dims, **about)  # type: ignore[arg-type]


def _no_number(expr: Expr) -> bool:
    return not isinstance(expr, Number)


@st.composite
def points(draw: st.DrawFn) -> Points:
    x = sorted(draw(st.lists(st.floats(-100, 100), min_size=2, max_size=5, unique=True)))
    y = draw(st.lists(st.floats(-100, 100), min_size=len(x), max_size=len(x)))
    limits = draw(st.sampled_from(((), ((0.0, 10.0), (-1.5, 2.0)))))
    return Points(tuple(x), tuple(y), limits)


def expressions(parts: _Parts, subscripts: tuple[str, ...]) -> st.SearchStrategy[Expr]:
    leaves: list[st.SearchStrategy[Expr]] = [numbers.map(Number), st.just(Ref("time"))]
    if parts.scalars:
        leaves.append(st.sampled_from(parts.scalars).map(Ref))
    if parts.arrays and subscripts:
        leaves.append(st.sampled_from(parts.arrays).map(lambda n: Ref(n, subscripts)))
    return st.recursive(st.one_of(leaves), lambda inner: _combined(inner, parts), max_leaves=8)


def _combined(inner: st.SearchStrategy[Expr], parts: _Parts) -> st.SearchStrategy[Expr]:
    arithmetic = st.builds(Binary, st.sampled_from("+-*"), inner, inner)
    # a square is defined for every number
    power = st.builds(lambda base: Binary("^", base, Number(2.0)), inner)
    logic = st.builds(
        Binary, st.sampled_from((":AND:", ":OR:")), _conditions(inner), _conditions(inner)
    )
    negated = st.builds(lambda c: Unary(":NOT:", c), _conditions(inner) | logic)
    choice = st.builds(
        lambda c, a, b: Call("IF THEN ELSE", (c, a, b)),
        _conditions(inner) | logic | negated,
        inner,
        inner,
    )
    calls = st.builds(
        lambda f, a, b: Call(f, (a, b)),
        st.sampled_from(("MAX", "MIN", "ZIDZ", "STEP")),
        inner,
        inner,
    )
    minus = inner.filter(_no_number).map(lambda x: Unary("-", x))
    found = [arithmetic, power, choice, calls, minus, st.builds(WithLookup, inner, points())]
    if parts.lookups:
        table = st.sampled_from(parts.lookups).map(Ref)
        found.append(st.builds(LookupCall, table, inner))
    return st.one_of(found)


def _conditions(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    return st.builds(Binary, st.sampled_from(("=", "<>", "<", "<=", ">", ">=")), inner, inner)
