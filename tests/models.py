"""Random models, built in Python, for property tests: every kind of element, any names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import strategies as st

from simdistrict.model.expr import (
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
    reduced,
)
from simdistrict.model.model import (
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
    """What expressions may refer to so far, by folded name.

    arrays span the whole range, matrices that one and the other; curves are lookups by label.
    whole, other: the two ranges; labels: of the whole.
    """

    whole: str
    other: str
    labels: tuple[str, ...]
    scalars: list[str] = field(default_factory=list)
    arrays: list[str] = field(default_factory=list)
    matrices: list[str] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)
    curves: list[str] = field(default_factory=list)

    def add(self, kind: str, element: Element) -> None:
        """Let what follows refer to an element."""
        homes = {"lookup": self.lookups, "curves": self.curves}
        by_rank = (self.scalars, self.arrays, self.matrices)
        homes.get(kind, by_rank[len(element.dims)]).append(fold(element.name))


KINDS = (
    "constant", "list", "by label", "table", "lookup", "curves", "auxiliary", "active", "array",
    "matrix", "stock",
)  # fmt: skip


@st.composite
def models(draw: st.DrawFn) -> Model:
    """A model that runs: no loops, and nothing that divides by what may be zero."""
    spelled = draw(names(20))
    whole, part, *rest = spelled[:8]
    labels = tuple(rest[:3])
    other = Dimension(spelled[8], tuple(spelled[9:11]))
    dimensions = (Dimension(whole, labels), Dimension(part, labels[1:]), other)
    if draw(st.booleans()):
        mapped = Dimension(
            rest[3], tuple(rest[4:6]), ((fold(part), tuple((x,) for x in labels[1:])),)
        )
        dimensions = (*dimensions, mapped)
    if draw(st.booleans()):
        dimensions = (*dimensions, Dimension(f"second {whole}", labels, same_as=whole))
    parts = _Parts(fold(whole), fold(other.name), labels)
    found: list[Element] = []
    for name in spelled[11:]:
        kind = draw(st.sampled_from(KINDS))
        element = draw(_element(kind, name, whole, part, other.name, parts))
        found.append(element)
        parts.add(kind, element)
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
    draw: st.DrawFn, kind: str, name: str, whole: str, part: str, other: str, parts: _Parts
) -> Element:
    d, e = parts.whole, parts.other
    labels = tuple(map(fold, parts.labels))
    about: dict[str, Any] = {
        "name": name,
        "units": draw(st.sampled_from(("", "Dmnl", "su/(Year*Year)", "1/Year", "EUR*person"))),
        "documentation": draw(words),
        "range": draw(st.sampled_from(RANGES)),
        "dims": {
            **dict.fromkeys(("list", "by label", "curves", "array"), (whole,)),
            **dict.fromkeys(("table", "matrix"), (whole, other)),
        }.get(kind, ()),
    }

    def formula(*subscripts: str) -> Expr:
        return draw(expressions(parts, subscripts).filter(_no_number))

    match kind:
        case "constant":
            return Constant(equations=(Equation(Number(draw(numbers))),), **about)
        case "list":
            values = tuple(draw(st.lists(numbers, min_size=3, max_size=3)))
            return Constant(equations=(Equation(Array(values, (3,)), None, (d,)),), **about)
        case "by label":
            each = (Equation(Number(draw(numbers)), None, (label,)) for label in labels)
            return Constant(equations=tuple(each), **about)
        case "table":
            values = tuple(draw(st.lists(numbers, min_size=6, max_size=6)))
            return Constant(equations=(Equation(Array(values, (3, 2)), None, (d, e)),), **about)
        case "lookup":
            return Lookup(equations=(Equation(draw(points())),), **about)
        case "curves":
            each = (Equation(draw(points()), None, (label,)) for label in labels)
            return Lookup(equations=tuple(each), **about)
        case "auxiliary":
            return Auxiliary(equations=(Equation(formula()),), **about)
        case "active":
            first = draw(expressions(parts, ()))
            return Auxiliary(equations=(Equation(formula(), first),), **about)
        case "matrix":
            return Auxiliary(equations=(Equation(formula(d, e), None, (d, e)),), **about)
        case "array":
            # a formula for all but one label, another for that one; or one for each range
            one = labels[0]
            rest, first = formula(d), Equation(formula(), None, (one,))
            if draw(st.booleans()):
                beside = Equation(rest, None, (d,), ((one,),))
                return Auxiliary(equations=(beside, first), **about)
            second = Equation(formula(fold(part)), None, (fold(part),))
            return Auxiliary(equations=(first, second), **about)
    subscripts = draw(st.sampled_from(((), (d,), (d, e))))
    rate, initial = draw(expressions(parts, subscripts)), draw(expressions(parts, subscripts))
    about["dims"] = (whole, other)[: len(subscripts)]
    return Stock(equations=(Equation(rate, initial, subscripts),), **about)


def _no_number(expr: Expr) -> bool:
    return not isinstance(expr, Number)


@st.composite
def points(draw: st.DrawFn) -> Points:
    x = sorted(draw(st.lists(st.floats(-100, 100), min_size=2, max_size=5, unique=True)))
    y = draw(st.lists(st.floats(-100, 100), min_size=len(x), max_size=len(x)))
    limits = draw(st.sampled_from(((), ((0.0, 10.0), (-1.5, 2.0)))))
    return Points(tuple(x), tuple(y), limits)


def expressions(parts: _Parts, subscripts: tuple[str, ...]) -> st.SearchStrategy[Expr]:
    """Expressions for an equation with those subscripts on its left side."""
    leaves: list[st.SearchStrategy[Expr]] = [numbers.map(Number), st.just(Ref("time"))]
    if parts.scalars:
        leaves.append(st.sampled_from(parts.scalars).map(Ref))
    if parts.arrays:
        array, label = st.sampled_from(parts.arrays), st.sampled_from(parts.labels).map(fold)
        leaves.append(st.builds(lambda n, x: Ref(n, (x,)), array, label))
        leaves.append(array.map(lambda n: _over(Ref(n, (reduced(parts.whole),)))))
        if subscripts:
            leaves.append(array.map(lambda n: Ref(n, subscripts[:1])))
    if parts.matrices:
        matrix = st.sampled_from(parts.matrices)
        over = reduced(parts.other)
        if subscripts:
            leaves.append(matrix.map(lambda n: _over(Ref(n, (subscripts[0], over)))))
        if len(subscripts) == 2:
            leaves.append(matrix.map(lambda n: Ref(n, subscripts)))
        leaves.append(matrix.map(lambda n: _over(Ref(n, (reduced(parts.whole), over)), "VMAX")))
    return st.recursive(
        st.one_of(leaves), lambda inner: _combined(inner, parts, subscripts), max_leaves=8
    )


def _over(ref: Ref, function: str = "SUM") -> Expr:
    return Call(function, (ref,))


def _combined(
    inner: st.SearchStrategy[Expr], parts: _Parts, subscripts: tuple[str, ...]
) -> st.SearchStrategy[Expr]:
    arithmetic = st.builds(Binary, st.sampled_from("+-*"), inner, inner)
    # a square is defined for every number
    power = st.builds(lambda base: Binary("^", base, Number(2.0)), inner)
    logic = st.builds(
        Binary, st.sampled_from((":AND:", ":OR:")), _conditions(inner), _conditions(inner)
    )
    negated = st.builds(lambda c: Unary(":NOT:", c), _conditions(inner) | logic)
    condition = _conditions(inner) | logic | negated
    choice = st.builds(lambda c, a, b: Call("IF THEN ELSE", (c, a, b)), condition, inner, inner)
    calls = st.builds(
        lambda f, a, b: Call(f, (a, b)),
        st.sampled_from(("MAX", "MIN", "ZIDZ", "STEP")),
        inner,
        inner,
    )
    minus = inner.filter(_no_number).map(lambda x: Unary("-", x))
    found = [arithmetic, power, choice, calls, minus, st.builds(WithLookup, inner, points())]
    found += [_single(inner), _remembered(inner, condition)]
    if parts.lookups:
        table = st.sampled_from(parts.lookups).map(Ref)
        found.append(st.builds(LookupCall, table, inner))
        found.append(st.builds(lambda t, x: Call("LOOKUP FORWARD", (t, x)), table, inner))
    if parts.curves and subscripts:
        curve = st.sampled_from(parts.curves).map(lambda n: Ref(n, subscripts[:1]))
        found.append(st.builds(LookupCall, curve, inner))
    return st.one_of(found)


def _single(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    """Functions of one number, and those of dates."""
    dates = st.sampled_from((0.0, 1.0, 2.5))
    return st.one_of(
        st.builds(lambda f, x: Call(f, (x,)), st.sampled_from(("ABS", "SIN", "INTEGER")), inner),
        st.builds(lambda x: Call("MODULO", (x, Number(3.0))), inner),
        st.builds(lambda a, b: Call("PULSE", (Number(a), Number(b))), dates, dates),
        st.builds(lambda x, a: Call("RAMP", (x, Number(a), Number(3.5))), inner, dates),
    )


def _remembered(
    inner: st.SearchStrategy[Expr], condition: st.SearchStrategy[Expr]
) -> st.SearchStrategy[Expr]:
    """Delays, smooths and samples."""
    lag = st.sampled_from((0.5, 2.0, 3.0)).map(Number)
    plain = st.sampled_from(("SMOOTH", "SMOOTH3", "DELAY1", "DELAY3"))
    begun = st.sampled_from(("SMOOTHI", "SMOOTH3I", "DELAY1I", "DELAY3I", "DELAY FIXED"))
    return st.one_of(
        st.builds(lambda f, x, t: Call(f, (x, t)), plain, inner, lag),
        st.builds(lambda f, x, t, y: Call(f, (x, t, y)), begun, inner, lag, inner),
        st.builds(lambda c, x, y: Call("SAMPLE IF TRUE", (c, x, y)), condition, inner, inner),
    )


def _conditions(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    return st.builds(Binary, st.sampled_from(("=", "<>", "<", "<=", ">", ">=")), inner, inner)
