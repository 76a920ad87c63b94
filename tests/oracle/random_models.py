"""Random models as the text of .mdl files: every supported function, arrays, stocks, memories.

A model has given ranges and elements, of which it keeps what it uses, and drawn elements that read
them and each other. No loop is drawn but through stocks. No model is run here; by hand, longer
than in the tests: `python -m tests.oracle.random_models --minutes 10`.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import strategies as st

from simdistrict.engine.lowering.functions import FUNCTIONS
from tests.small import mdl

# ranges: place and shop stand for each other, part is a part of shop
RANGES = {
    "shop": "shop: s1, s2, s3 -> place",
    "place": "place: p1, p2, p3 -> shop",
    "part": "part: s2, s3",
    "region": "region: r1, r2",
    "row": "row: w1, w2, w3",
    "column": "column: c1, c2, c3",
    "profile": "profile: ptype, ppriority, pwidth, pextra",
}
LABELS = {"shop": ("s1", "s2", "s3"), "place": ("p1", "p2", "p3"), "region": ("r1", "r2")}
MAPPED = {"shop": "place", "place": "shop"}
# elements that any model may read: name -> dimensions and definition
GIVEN: dict[str, tuple[tuple[str, ...], str]] = {
    "curve": ((), "curve((0,1),(2,3),(3,7),(5,8))"),
    "fall": ((), "fall((-3,2),(-1,-1),(4,-1.5))"),
    "bend[shop]": (
        ("shop",),
        "bend[s1]((0,1),(2,3)) ~~|\nbend[part]((-1,4),(0.5,3),(9,-2))",
    ),
    "series": ((), "series :RAW: := GET DIRECT DATA('data.csv', ',', 'A', 'B2')"),
    "weight": (("shop",), "weight[shop] = 1, 0.6, 1.5"),
    "amount": (("region",), "amount[region] = 4, -2.5"),
    "table": (("shop", "region"), "table[shop,region] = 1, 2; -0.5, 4; 3, 0.25;"),
    "stall": (("place",), "stall[place] = 3, 0, -1"),
    "factor": ((), "factor = 2.5"),
    "width": (("shop",), "width[shop] = 2, 4, 4"),
    "rank": (("shop",), "rank[shop] = 5, 7, 3"),
    "matrix": (("row", "column"), "matrix[row,column] = 2, 1, 0; 1, 3, -1; 0, -1, 4;"),
}
DATA = "year,a\n1,3\n2,5\n4,-1\n9,2\n"
# a number as it stands in an equation
NUMBERS = ("1", "2", "0.5", "3", "(-1)", "0", "(-2.5)", "0.1", "10", "7.25", "0.001", "100")
WILD_NUMBERS = ("1e300", "(-1e300)", "1e-320", "(-0.0)", "1e-7", "123456789.123")
COMPARISONS = (">", "<", ">=", "<=", "=", "<>")


@dataclass(frozen=True)
class Known:
    """An element that may be read: its dimensions, and the stocks that its value comes from."""

    name: str
    dims: tuple[str, ...] = ()
    stocks: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Scope:
    """What an expression may say.

    here: for a dimension, the subscript that the left-hand side gives; pure: no function that
    needs elements of its own; marked: inside a reduction.
    """

    here: Mapping[str, str]
    pure: bool = False
    depth: int = 2


@dataclass
class Draw:
    """Draws the parts of one model.

    guarded: whether arguments are kept where functions are defined and numbers small, so that
    other programs can be compared.
    functions: those that may be drawn.
    """

    draw: st.DrawFn
    functions: Sequence[str]
    guarded: bool
    known: list[Known] = field(default_factory=list)
    read: set[int] = field(default_factory=set)

    def one_of(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def often(self) -> bool:
        return self.draw(st.booleans())

    def number(self) -> str:
        return self.one_of(*NUMBERS, *(() if self.guarded else WILD_NUMBERS))

    # ------------------------------------------------------------------ what is read

    def reference(self, scope: Scope, known: Known) -> str:
        self.read |= known.stocks
        return known.name + subscripts([self.subscript(scope, dim) for dim in known.dims])

    def subscript(self, scope: Scope, dim: str) -> str:
        mapped = MAPPED.get(dim)
        options = [*LABELS[dim]]
        if mapped and scope.here.get(mapped) == mapped:
            options.insert(0, dim)
        if dim in scope.here:
            options.insert(0, scope.here[dim])
        return self.one_of(*options)

    def over(self, dims: tuple[str, ...]) -> str:
        """The name of an element that spans just these dimensions."""
        found = [known for known in self.known if known.dims == dims]
        known = self.draw(st.sampled_from(found))
        self.read |= known.stocks
        return known.name

    def leaf(self, scope: Scope) -> str:
        kind = self.draw(st.integers(0, 3))
        if kind == 0:
            return self.number()
        if kind == 1:
            return "Time"
        return self.reference(scope, self.draw(st.sampled_from(self.known)))

    # ------------------------------------------------------------------ expressions

    def expression(self, scope: Scope) -> str:
        if scope.depth <= 0:
            return self.leaf(scope)
        deeper = replace(scope, depth=scope.depth - 1)
        kind = self.draw(st.integers(0, 5))
        if kind < 2:
            return self.leaf(scope)
        if kind == 2:
            op = self.one_of("+", "-", "*")
            return f"({self.expression(deeper)} {op} {self.expression(deeper)})"
        if kind == 3:
            return self.arithmetic(deeper)
        allowed = [f for f in self.functions if f in FORMS and not (scope.pure and is_apart(f))]
        if not allowed:
            return self.leaf(scope)
        return self.call(scope, self.draw(st.sampled_from(allowed)))

    def call(self, scope: Scope, function: str) -> str:
        """A call of that function in a scope."""
        deeper = replace(scope, depth=scope.depth - 1)
        return FORMS[function](self, deeper).replace("FUNCTION", function)

    def arithmetic(self, scope: Scope) -> str:
        x = self.expression(scope)
        kind = self.draw(st.integers(0, 3))
        if kind == 0:
            return f"(-{x})"
        if kind == 1:
            return f"({x} / {self.positive(scope)})"
        if kind == 2 and self.guarded:
            return f"({self.bounded(scope)} ^ 2)"
        return f"({x} ^ {self.expression(scope)})" if kind == 2 else f"({x} - {x} * 2)"

    def condition(self, scope: Scope) -> str:
        kind = self.draw(st.integers(0, 4))
        if kind < 3 or scope.depth <= 0:
            op = self.one_of(*COMPARISONS)
            return f"{self.expression(scope)} {op} {self.expression(scope)}"
        deeper = replace(scope, depth=scope.depth - 1)
        if kind == 3:
            return f":NOT: ({self.condition(deeper)})"
        op = self.one_of(":AND:", ":OR:")
        return f"({self.condition(deeper)}) {op} ({self.condition(deeper)})"

    def positive(self, scope: Scope) -> str:
        x = self.expression(scope)
        return f"(ABS({x}) + 0.5)" if self.guarded else x

    def duration(self, scope: Scope) -> str:
        """A delay time; PySD has none that is shorter than a time step for each stage."""
        x = self.expression(scope)
        return f"(ABS({x}) + 3)" if self.guarded else x

    def bounded(self, scope: Scope) -> str:
        x = self.expression(scope)
        return f"MIN(3, MAX(-3, {x}))" if self.guarded else x

    def unit(self, scope: Scope) -> str:
        x = self.expression(scope)
        return f"(0.9 * SIN({x}))" if self.guarded else x

    def marked(self, scope: Scope) -> str:
        """What a reduction reads, with a mark behind a range."""
        dim = self.one_of(*[d for d in ("shop", "region") if d not in scope.here] or ["place"])
        mark = self.one_of(dim, *(["part"] if dim == "shop" else []))
        inside = Scope({**scope.here, dim: f"{mark}!"}, pure=True, depth=1)
        found = [known for known in self.known if dim in known.dims]
        known = self.draw(st.sampled_from(found))
        self.read |= known.stocks
        places = [f"{mark}!" if d == dim else self.subscript(inside, d) for d in known.dims]
        text = known.name + subscripts(places)
        return text if self.often() else f"{text} * {self.expression(inside)}"

    def lookup(self, scope: Scope) -> str:
        if self.often():
            return self.one_of("curve", "fall")
        return f"bend[{self.subscript(scope, 'shop')}]"

    def points(self) -> str:
        values = self.draw(st.lists(st.integers(-4, 4), min_size=2, max_size=4))
        return "(" + ", ".join(f"({k},{value})" for k, value in enumerate(values)) + ")"


def subscripts(names: Sequence[str]) -> str:
    return f"[{','.join(names)}]" if names else ""


def is_apart(function: str) -> bool:
    """Whether a function needs elements of its own, and so cannot stand in a reduction."""
    return FUNCTIONS[function].kind in ("memory", "random", "array", "data", "reduction") or (
        function in ("VECTOR SELECT",)
    )


Form = Callable[[Draw, Scope], str]
_TIMES = ("0", "1", "2.5", "3", "4.04", "7")
_LAGS = ("1", "2", "2.5", "3", "factor")
_LONG = ("3", "3.5", "5", "12")


def _of(*kinds: str) -> Form:
    """Arguments by kind: x any, p positive, b bounded, u in (-1, 1), c condition, t a date,
    l a constant length of time, d any, z a lookup; anything else is written as it is."""

    def form(draw: Draw, scope: Scope) -> str:
        makers: dict[str, Callable[[], str]] = {
            "x": lambda: draw.expression(scope),
            "p": lambda: draw.positive(scope),
            "b": lambda: draw.bounded(scope),
            "u": lambda: draw.unit(scope),
            "c": lambda: draw.condition(scope),
            "t": lambda: draw.one_of(*_TIMES) if draw.guarded else draw.expression(scope),
            "l": lambda: draw.one_of(*_LONG if draw.guarded else _LAGS),
            "d": lambda: draw.duration(scope),
            "z": lambda: draw.lookup(scope),
            "marked": lambda: draw.marked(scope),
        }
        args = [makers[kind]() if kind in makers else kind for kind in kinds]
        return f"FUNCTION({', '.join(args)})"

    return form


def _either(*forms: Form) -> Form:
    return lambda draw, scope: draw.draw(st.sampled_from(forms))(draw, scope)


def _vector_select(draw: Draw, scope: Scope) -> str:
    """Selection over the shops of their weights; action and error are constants."""
    if "shop" in scope.here:
        return draw.leaf(scope)
    inside = Scope({**scope.here, "shop": "shop!"}, pure=True, depth=1)
    chosen = f"{draw.over(('shop',))}[shop!]"
    if draw.often():
        chosen = f"IF THEN ELSE({chosen} > {draw.expression(inside)}, 1, 0)"
    value = f"{draw.over(('shop',))}[shop!]"
    action = draw.draw(st.integers(0, 10))
    missing = draw.expression(replace(scope, depth=0))
    return f"VECTOR SELECT({chosen}, {value}, {missing}, {action}, 0)"


def _elm_map(draw: Draw, scope: Scope) -> str:
    return f"VECTOR ELM MAP({draw.over(('shop',))}[s1], {draw.expression(scope)})"


def _vector_lookup(draw: Draw, scope: Scope) -> str:
    if "shop" in scope.here:  # the engine wants another range for the points
        return draw.leaf(scope)
    kind = draw.draw(st.integers(0, 9))
    x = draw.expression(replace(scope, pure=True))
    return f"VECTOR LOOKUP({draw.over(('shop',))}[s1], {x}, 0, 6, {kind})"


# how each function is called
FORMS: dict[str, Form] = {
    "ABS": _of("x"),
    "ACTIVE INITIAL": _of("x", "x"),
    "ARCCOS": _of("u"),
    "ARCSIN": _of("u"),
    "ARCTAN": _of("x"),
    "COS": _of("x"),
    "COSH": _of("b"),
    "DELAY FIXED": _of("x", "l", "x"),
    "DELAY INFORMATION": _of("x", "d", "x"),
    "DELAY MATERIAL": _of("x", "d", "x", "x"),
    "DELAY N": _either(_of("x", "l", "x", "3"), _of("x", "d", "x", "2"), _of("x", "l", "x", "1")),
    "DELAY1": _of("x", "l"),
    "DELAY1I": _of("x", "d", "x"),
    "DELAY3": _of("x", "d"),
    "DELAY3I": _of("x", "l", "x"),
    "DEPRECIATE STRAIGHTLINE": _of("x", "l", "1", "x"),
    "ELMCOUNT": _either(_of("shop"), _of("part"), _of("region")),
    "EXP": _of("b"),
    "FORECAST": _either(_of("x", "l", "x"), _of("x", "l", "x", "x")),
    "GAME": _of("x"),
    "GAMMA LN": _of("p"),
    "GET DATA BETWEEN TIMES": _either(
        _of("series", "x", "0"), _of("series", "x", "1"), _of("series", "x", "-1")
    ),
    "GET DATA FIRST TIME": _of("series"),
    "GET DATA LAST TIME": _of("series"),
    "GET DATA TOTAL POINTS": _of("series"),
    "GET TIME VALUE": _of("0", "x", "0"),
    "IF THEN ELSE": _of("c", "x", "x"),
    "INITIAL": _of("x"),
    "INTEG": _of("b", "x"),
    "INTEGER": _of("x"),
    "LN": _of("p"),
    "LOG": _either(_of("p", "10"), _of("p", "2")),
    "LOOKUP AREA": _of("z", "x", "x"),
    "LOOKUP BACKWARD": _of("z", "x"),
    "LOOKUP EXTRAPOLATE": _of("z", "x"),
    "LOOKUP FORWARD": _of("z", "x"),
    "LOOKUP INVERT": _of("z", "x"),
    "LOOKUP SLOPE": _either(_of("z", "x", "0"), _of("z", "x", "1"), _of("z", "x", "-1")),
    "MAX": _of("x", "x"),
    "MIN": _of("x", "x"),
    "MODULO": _of("x", "p"),
    ":NA:": lambda draw, scope: f"IF THEN ELSE({draw.expression(scope)} = :NA:, 1, 2)",
    "NPV": _of("x", "0.08", "x", "2"),
    "NPVE": _of("x", "0.08", "x", "x"),
    "POWER": _either(_of("p", "b"), _of("b", "2")),
    "PROD": _of("marked"),
    "PULSE": _of("t", "t"),
    "PULSE TRAIN": _either(_of("t", "1", "3", "9"), _of("t", "x", "2.5", "8")),
    "QUANTUM": _of("x", "p"),
    "RAMP": _either(_of("x", "t", "t"), _of("x", "t")),
    "RANDOM 0 1": _of(),
    "RANDOM BETA": _of("0", "30", "2", "0.5", "1", "3", "3"),
    "RANDOM BINOMIAL": _of("0", "30", "0.3", "12", "0", "1", "3"),
    "RANDOM EXPONENTIAL": _of("0", "9", "0", "1", "7"),
    "RANDOM GAMMA": _of("0", "30", "2.5", "0", "1", "3"),
    "RANDOM NEGATIVE BINOMIAL": _of("0", "30", "0.4", "5", "0", "1", "3"),
    "RANDOM NORMAL": _of("-3", "3", "x", "1", "7"),
    "RANDOM POISSON": _of("0", "30", "4", "0", "1", "3"),
    "RANDOM TRIANGULAR": _of("0", "9", "1", "2", "5", "7"),
    "RANDOM UNIFORM": _either(_of("0", "1", "7"), _of("x", "x", "7")),
    "RANDOM WEIBULL": _of("0", "9", "2", "0", "1", "7"),
    "SAMPLE IF TRUE": _of("c", "x", "x"),
    "SIN": _of("x"),
    "SINH": _of("b"),
    "SMOOTH": _of("x", "l"),
    "SMOOTH N": _either(_of("x", "l", "x", "2"), _of("x", "d", "x", "1")),
    "SMOOTH3": _of("x", "d"),
    "SMOOTH3I": _of("x", "l", "x"),
    "SMOOTHI": _of("x", "d", "x"),
    "SQRT": _of("p"),
    "STEP": _of("x", "t"),
    "SUM": _of("marked"),
    "TAN": _of("u"),
    "TANH": _of("x"),
    "TREND": _of("x", "l", "0.1"),
    "VECTOR ELM MAP": _elm_map,
    "VECTOR LOOKUP": _vector_lookup,
    "VECTOR SELECT": _vector_select,
    "VMAX": _of("marked"),
    "VMIN": _of("marked"),
    "XIDZ": _of("x", "x", "x"),
    "ZIDZ": _of("x", "x"),
}
_SHOPS = "demand[shop,ptype] = 3 ~~|\ndemand[shop,ppriority] = rank[shop] ~~|\n" + (
    "demand[shop,pwidth] = width[shop] ~~|\ndemand[shop,pextra] = 0"
)
GIVEN["demand"] = (("shop", "profile"), _SHOPS)
# functions that fill an array of their own, by the equation: `{v}` is a vector over the shops
WHOLE = {
    "ALLOCATE AVAILABLE": "[shop] = ALLOCATE AVAILABLE({v}[shop], demand[shop,ptype], {x})",
    "ALLOCATE BY PRIORITY": "[shop] = ALLOCATE BY PRIORITY({v}[shop], rank[shop], 3, {n}, {x})",
    "DEMAND AT PRICE": "[shop] = DEMAND AT PRICE({v}[shop], demand[shop,ptype], {x})",
    "FIND MARKET PRICE": (
        " = FIND MARKET PRICE({v}[s1], demand[s1,ptype], width[s1], demand[s1,ptype])"
    ),
    "INVERT MATRIX": "[row,column] = INVERT MATRIX(matrix[row,column], 3)",
    "SUPPLY AT PRICE": "[shop] = SUPPLY AT PRICE({v}[shop], demand[shop,ptype], {x})",
    "VECTOR RANK": "[shop] = VECTOR RANK({v}[shop], {sign})",
    "VECTOR REORDER": "[shop] = VECTOR REORDER({v}[shop], stall[place])",
    "VECTOR SORT ORDER": "[shop] = VECTOR SORT ORDER({v}[shop], {sign})",
}
# what works on a vector over the shops, and so cannot stand in an equation over them
OVER_SHOPS = ("VECTOR LOOKUP", "VECTOR SELECT")
SHAPES: tuple[tuple[str, ...], ...] = (
    (),
    (),
    ("shop",),
    ("region",),
    ("shop", "region"),
    ("place",),
)


def whole_equation(draw: Draw, name: str, function: str) -> tuple[Known, str]:
    """An element that a function of whole arrays fills."""
    draw.read = set()
    form = WHOLE[function]
    dims = tuple(form[1 : form.index("]")].split(",")) if form.startswith("[") else ()
    text = name + form.format(
        v=draw.over(("shop",)),
        x=draw.expression(Scope({}, pure=True, depth=1)),
        n=draw.one_of("1", "3", "0.5"),
        sign=draw.one_of("1", "-1", "0"),
    )
    return Known(name, dims, frozenset(draw.read)), text


def equations(draw: Draw, name: str, function: str | None) -> tuple[Known, str]:
    """A drawn element with all its definitions; function: one that it calls."""
    if function in WHOLE:
        return whole_equation(draw, name, function)
    draw.read = set()
    shapes = [dims for dims in SHAPES if function not in OVER_SHOPS or "shop" not in dims]
    dims = draw.draw(st.sampled_from(shapes))
    lefts = list(_lefts(draw, dims))
    # several definitions are all of a stock or none is
    alone = len(lefts) == 1 and draw.often()
    parts = []
    for left, here in lefts:
        scope = Scope(here)
        right = draw.expression(scope) if function is None else draw.call(scope, function)
        if not alone:
            right = f"{draw.leaf(scope)} + {right}"
        parts.append(f"{name}{left} = {right}")
    return Known(name, dims, frozenset(draw.read)), " ~~|\n".join(parts)


def _lefts(draw: Draw, dims: tuple[str, ...]) -> Iterator[tuple[str, dict[str, str]]]:
    """The left-hand sides that define an element over those dimensions."""
    whole = {dim: dim for dim in dims}
    if "shop" not in dims:
        yield subscripts(dims), whole
        return
    rest = dims[1:]
    other = {dim: dim for dim in rest}
    kind = draw.draw(st.integers(0, 3))
    if kind < 2:
        yield subscripts(dims), whole
    elif kind == 2:
        yield f"{subscripts(dims)} :EXCEPT: {subscripts(['s1', *rest])}", whole
        yield subscripts(["s1", *rest]), {"shop": "s1", **other}
    else:
        yield subscripts(["s1", *rest]), {"shop": "s1", **other}
        yield subscripts(["part", *rest]), {"shop": "part", **other}


@dataclass(frozen=True)
class Drawn:
    """A model: its whole .mdl, and whether it reads `DATA` from the file data.csv beside it."""

    text: str
    reads_data: bool


@st.composite
def models(
    draw: st.DrawFn,
    functions: Sequence[str] = tuple(FUNCTIONS),
    *,
    guarded: bool = False,
    each: bool = False,
    most: int = 8,
    steps: Sequence[float] = (1.0, 0.5, 0.125, 0.1, 1 / 3),
) -> Drawn:
    """A random model.

    functions: those that it may call; guarded: see `Draw`; each: call all of them once;
    most: how many elements are drawn otherwise; steps: time steps to choose from.
    """
    work = Draw(draw, functions, guarded)
    work.known = [
        Known(name, dims)
        for name, (dims, _) in GIVEN.items()
        if all(dim in LABELS for dim in dims) and not name.startswith(("curve", "fall", "bend"))
        if name != "series" or "GET DATA FIRST TIME" in functions
    ]
    stocks = [
        Known(f"stock {k}", draw(st.sampled_from(SHAPES)), frozenset({k}))
        for k in range(draw(st.integers(0, 3)))
    ]
    work.known += stocks
    lines: list[str] = []
    wanted = st.none() | st.sampled_from([f for f in functions if f in FORMS or f in WHOLE])
    # one by one and not by number, so that a failure is shrunk by leaving any of them out
    for k in range(len(functions) if each else most):
        if k and not each and draw(st.integers(0, most)) == 0:
            break
        function = functions[k] if each else draw(wanted)
        known, text = equations(work, f"item {k}", function)
        lines.append(text)
        if all(dim in LABELS for dim in known.dims):
            work.known.append(known)
    for k, stock in enumerate(stocks):
        lines.append(_stock(work, stock, k))
    if draw(st.booleans()):
        lines.reverse()
    start = draw(st.sampled_from((0.0, 1.0, -3.0, 1990.0)))
    return finished(lines, start, draw(st.sampled_from(steps)))


def _stock(draw: Draw, stock: Known, number: int) -> str:
    """A stock with its flow, and an initial value that comes from none but earlier stocks."""
    everything = draw.known
    parts = []
    for left, here in _lefts(draw, stock.dims):
        flow = draw.bounded(Scope(here))
        own = stock.name + subscripts([here[dim] for dim in stock.dims])
        draw.known = [known for known in everything if max(known.stocks, default=-1) < number]
        first = draw.expression(Scope(here, depth=1))
        draw.known = everything
        leak = f" - {own} / 4" if draw.guarded or draw.often() else ""
        parts.append(f"{stock.name}{left} = INTEG({flow}{leak}, {first})")
    return " ~~|\n".join(parts)


def finished(lines: Sequence[str], start: float, step: float) -> Drawn:
    """The whole file: the drawn elements, and of what is given all that they use."""
    text = "\n".join(lines)
    used: dict[str, str] = {}
    grown = True
    while grown:
        grown = False
        for name, (_, definition) in GIVEN.items():
            stem = name.partition("[")[0]
            if name not in used and re.search(rf"\b{stem}\b", text):
                used[name] = definition
                text += "\n" + definition
                grown = True
    ranges = [
        line
        for name, line in RANGES.items()
        if any(
            re.search(rf"\b{word}\b", text) for word in (name, *LABELS.get(name, ()), *_SEEN[name])
        )
    ]
    # a range that is mapped to another one needs it
    if any(line.startswith(("shop:", "place:")) for line in ranges):
        ranges += [RANGES[name] for name in ("shop", "place") if RANGES[name] not in ranges]
    blocks = [*ranges, *used.values(), *lines]
    equations = "\n".join(f"{block} ~~|" for block in blocks)
    whole = mdl(equations, start=start, stop=start + 12, time_step=step, save_step=1.0)
    return Drawn(whole, "data.csv" in text)


_SEEN = {
    "part": ("s2",),
    "row": ("w1",),
    "column": ("c1",),
    "profile": ("ptype",),
} | dict.fromkeys(("shop", "place", "region"), ())


def main() -> None:
    """Look for a model whose backends disagree, and write the smallest one."""
    from tests.oracle.test_random_models import search

    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0, help="where the random numbers begin")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="where a model is written")
    given = parser.parse_args()
    print(search(given.minutes * 60, given.seed, given.folder) or "no difference was found")


if __name__ == "__main__":
    main()
