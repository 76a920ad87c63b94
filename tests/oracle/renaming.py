"""A model under other names: elements, dimensions and labels renamed, nothing else changed.

Also the names to rename to: everything that Vensim's and XMILE's rules allow and that a reader,
a compiler or a file format could stumble over. No model is run here.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from hypothesis import strategies as st

from simdistrict.engine.lowering.functions import FUNCTIONS
from simdistrict.exchange.text.equations import quoted
from simdistrict.exchange.text.patterns import QUOTED
from simdistrict.model.expr import (
    Call,
    Expr,
    Ref,
    children,
    fold,
    is_reduced,
    range_of,
    rebuild,
    reduced,
    walk,
)
from simdistrict.model.model import CONTROL, Dimension, Element, Equation, Lookup, Model

# what keeps its meaning, whatever else is renamed
KEPT = frozenset({"time", *CONTROL})

_TEMPORARIES = (
    "a0 item", "a0", "a1 item", "v", "t", "u", "s", "m", "p0", "p1", "i0", "i1", "j0", "x", "x x",
    "PLACES_0", "TABLE_0", "nan", "inf", "out", "stop", "derive", "once", "start", "initial",
    "update", "switches", "margins", "range", "divide", "layout", "program", "state", "self", "np",
    "math", "values", "rows", "ints", "n", "i", "k", "dt", "y", "f", "x 2", "x_2", "result",
)  # fmt: skip
_OF_RESULTS = (
    "scenario", "member", "design", "sampled", "outcome", "outcome time", "outcome message",
    "scenario title", "string5", "string200", "dim 0", "phony dim 0", "index", "coords", "attrs",
)  # fmt: skip
_FUNCTIONS = (
    "max", "min", "abs", "sum", "prod", "exp", "sqrt", "integer", "modulo", "if then else", "integ",
    "initial", "smooth", "delay fixed", "pulse", "step", "with lookup", "random 0 1", "vmax",
)  # fmt: skip
_KEYWORDS = (
    *keyword.kwlist, *keyword.softkwlist, "print", "exec", "eval", "__init__", "__import__('os')",
    "define", "declare", "i64", "double", "entry", "ret", "phi", "label", "null", "undef", "%0",
    "@main", "llvm.cos.f64", "int", "void", "main", "errno", "NULL", "printf", "struct", "static",
    "function", "var", "let", "undefined", "NaN", "Infinity", "constructor", "__proto__",
    "prototype", "toString", "this", "arguments", "hasOwnProperty",
)  # fmt: skip
_SIGNS = (
    "# of trees", "#held x", "#", "##", "#initial x", "#x>smooth", "x#1", "$", "$x", "!", "a!b",
    "wow!", "%", "50%", "%s", "{}", "{0}", "{x}", "[x]", "a[b]", "(y)", "f(x)", "a,b", ",", ";",
    ":", ":NA:", ":AND:", ":EXCEPT:", "a:b", "a|b", "a~b", "~", "|", "<->", "->", "=", "a=b", "==",
    "a := b", "+", "-", "*", "/", "^", "a + b", "a-b", "a/b", "a>b", "uses", "a uses b", "<b>",
    "&amp;", "&", "]]>", "<!--", "'", "'single'", "it's", 'say "hi"', 'x"', 'x "y" z', "a\\b",
    "\\n", "a.b", ".", "...", "a.b.c", "/etc/passwd", "../x", "?", "*x", "`x`", "@", "€", "°C",
    "a//b", "#pragma", "---///", "\\\\\\---///", "{UTF-8}", "$192-192-192", "a b", "a  b c", "ab",
    "a-b c", "a_b d", "A.B", "A B E", "0", "1", "-1", "3.14", "1e5", "0x10", "007 agents", "2nd",
    "1,2", "12 months", "1_000", "٣", "½",
)  # fmt: skip
_TIMES = (
    "time step 2", "timestep", "Time to adjust", "times", "time.", "time!", "time-step", "saveper2",
    "final time 1", "initial", "initial times", "step time", "Tıme", "TİME STEP", "ｔｉｍｅ",
    "tíme", "dt", "DT", "starttime", "stoptime", "pi", "TIME STEP$", "time$", "last time",
)  # fmt: skip
_UNICODE = (
    "é", "e\u0301", "año de cálculo", "straße", "STRASSE", "ıstanbul", "İstanbul", "istanbul",
    "ΣΊΣΥΦΟΣ", "σίσυφος", "ﬁne", "fine", "ＦＩＮＥ", "Ω", "\u2126 1", "Å", "\u212b 1",
    "中文", "人口 数", "Привет", "שלום", "مرحبا", "😀", "👨\u200d👩\u200d👧", "a\u200db",
    "a\u00adb", "ª", "²", "x²", "n\u0303", "नमस्ते", "ไทย", "한글", "\u1100\u1161", "𝐱", "𝒳",
    "ǅ", "ŉ", "ﷺ", "\ufeffx", "l·l", "a\u2013b", "no\u00a0break",
)  # fmt: skip
_LONG = (
    "x" * 200, "x" * 199 + "y", "part " * 40 + "end", "é" * 200, "中" * 200, "# " * 99 + "#",
    '"' * 100, "x" * 300, "a" + " b" * 150,
)  # fmt: skip

TEMPORARIES = (*_TEMPORARIES, *_FUNCTIONS)
HOSTILE = tuple(
    dict.fromkeys((*TEMPORARIES, *_OF_RESULTS, *_KEYWORDS, *_SIGNS, *_TIMES, *_UNICODE, *_LONG))
)
_ALPHABET = st.characters(
    categories=("L", "M", "N", "P", "S", "Zs"), exclude_characters="\u2028\u2029"
)


def can_be_a_name(name: str) -> bool:
    """Whether a name is one that a .mdl file can hold, and has a meaning of its own."""
    text = quoted(name)
    whole = text == name or re.fullmatch(QUOTED, text) is not None
    return whole and fold(name) not in ("", *KEPT) and fold(text) == fold(name) == fold(fold(name))


def wild_names() -> st.SearchStrategy[str]:
    """Names that are allowed, and none that anybody would choose."""
    listed = st.sampled_from(HOSTILE)
    joined = st.builds(lambda a, b: f"{a} {b}", listed, listed)
    drawn = st.text(_ALPHABET, min_size=1, max_size=12).map(lambda text: " ".join(text.split()))
    return st.one_of(listed, listed, joined, drawn).filter(can_be_a_name)


@dataclass(frozen=True)
class Renaming:
    """Other names for all or some of a model's elements, dimensions and labels.

    names: folded old name -> new spelling; what it lacks keeps its name.
    """

    names: Mapping[str, str]

    def spelled(self, name: str) -> str:
        """The new spelling of a name in the model's own spelling."""
        return self.names.get(fold(name), name)

    def folded(self, name: str) -> str:
        """The new name of a folded name; the mark of a reduction stays."""
        bare = range_of(name)
        new = fold(self.names[bare]) if bare in self.names else bare
        return reduced(new) if is_reduced(name) else new

    def model(self, model: Model) -> Model:
        """The model under the new names, without the text of its file."""
        return replace(
            model,
            elements=tuple(map(self.element, model.elements)),
            dimensions=tuple(map(self.dimension, model.dimensions)),
            text="",
        )

    def element(self, element: Element) -> Element:
        return replace(
            element,
            name=self.spelled(element.name),
            equations=tuple(map(self.equation, element.equations)),
            dims=tuple(map(self.spelled, element.dims)),
        )

    def equation(self, equation: Equation) -> Equation:
        initial = equation.initial
        return replace(
            equation,
            expression=self.expression(equation.expression),
            initial=None if initial is None else self.expression(initial),
            subscripts=self._all(equation.subscripts),
            exceptions=tuple(map(self._all, equation.exceptions)),
        )

    def expression(self, expr: Expr) -> Expr:
        if isinstance(expr, Ref):
            return Ref(self.folded(expr.name), self._all(expr.subscripts))
        nodes = children(expr)
        return rebuild(expr, tuple(map(self.expression, nodes))) if nodes else expr

    def dimension(self, dimension: Dimension) -> Dimension:
        mappings = tuple(
            (self.folded(other), tuple(tuple(map(self.spelled, group)) for group in groups))
            for other, groups in dimension.mappings
        )
        return Dimension(
            self.spelled(dimension.name),
            tuple(map(self.spelled, dimension.labels)),
            mappings,
            self.spelled(dimension.same_as) if dimension.same_as else "",
        )

    def _all(self, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(self.folded, names))


def old_names(model: Model) -> list[str]:
    """The folded names of a model that may be changed, each once.

    An element that draws random numbers keeps its name: its stream follows from it.
    """
    kept = KEPT | {fold(element.name) for element in model if _draws(element)}
    names = [e.name for e in model]
    for dimension in model.dimensions:
        names += [dimension.name, *dimension.labels]
    return [name for name in dict.fromkeys(map(fold, names)) if name not in kept]


def _draws(element: Element) -> bool:
    expressions = (x for e in element.equations for x in (e.expression, e.initial) if x)
    nodes = (node for expr in expressions for node in walk(expr))
    return any(isinstance(n, Call) and n.function.startswith("RANDOM ") for n in nodes)


def renamed(model: Model, wanted: Iterable[str | None]) -> Renaming:
    """A renaming of all names of a model, in the order of `old_names`; None keeps a name."""
    pairs = list(zip(old_names(model), wanted, strict=True))
    taken = set(model.by_name) - {name for name, new in pairs if new is not None} | KEPT
    taken |= {name for name, new in pairs if new is None}
    return Renaming({name: free_name(new, taken) for name, new in pairs if new is not None})


def free_name(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where its folded form is taken; then that is taken too."""
    candidate, k = name, 1
    while fold(candidate) in taken:
        k += 1
        candidate = f"{name} {k}"
    taken.add(fold(candidate))
    return candidate


@st.composite
def renamings(draw: st.DrawFn, model: Model) -> Renaming:
    """Any renaming of a model; the simplest one keeps every name."""
    lookups = {name for name, element in model.by_name.items() if isinstance(element, Lookup)}
    return renamed(model, [draw(_new_name(name in lookups)) for name in old_names(model)])


@cache
def _new_name(is_lookup: bool) -> st.SearchStrategy[str | None]:
    # a lookup stands before parentheses, as a function does
    name = wild_names()
    return st.none() | (name.filter(is_no_function) if is_lookup else name)


def is_no_function(name: str) -> bool:
    """Whether a name before parentheses is not taken for a function of Vensim."""
    return fold(name).upper() not in FUNCTIONS
