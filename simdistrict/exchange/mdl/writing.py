"""A Model as the text of a .mdl file, for models built in Python or read from XMILE."""

from __future__ import annotations

import itertools
import math
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import replace

from simdistrict.base.errors import ModelError, Problem
from simdistrict.exchange.mdl.layout import with_sketch
from simdistrict.exchange.mdl.limited import with_limiting_equations
from simdistrict.exchange.sketch.records import empty_sketch
from simdistrict.exchange.text.equations import EquationText, quoted
from simdistrict.exchange.text.numbers import number
from simdistrict.exchange.text.patterns import QUOTED
from simdistrict.exchange.text.settings import settings_text
from simdistrict.exchange.text.tokens import tokens
from simdistrict.model.expr import (
    Array,
    Expr,
    Number,
    Points,
    Tables,
    Text,
    WithLookup,
    fold,
    walk,
)
from simdistrict.model.model import Dimension, Element, Equation, Model, Range, missing_control

WIDTH = 80
_STARS = "*" * 56


def model_text(model: Model, *, layout: bool = True, effort: float = 1.0) -> str:
    """The model as the text of a .mdl file, with newlines as line ends.

    layout: draw views; effort: search effort of the layout. Elements without a group come first,
    because a group in a .mdl file is all that follows its heading. Equations limit the flows of
    non-negative stocks. Raises ModelError with all
    that the format cannot hold.
    """
    model, _ = with_limiting_equations(model)
    problems = [*_problems(model)]
    if problems:
        raise ModelError(problems)
    work = _Writer(model)
    blocks = [work.dimension(dimension) for dimension in model.dimensions]
    group = ""
    for element in sorted(model, key=lambda e: bool(e.group)):
        if element.group != group:
            group = element.group
            blocks.append(f"{_STARS}\n\t.{group}\n{_STARS}~\n\t|")
        blocks += work.element(element)
    text = "{UTF-8}\n" + "\n\n".join(blocks) + "\n\n"
    if not layout:
        return text + empty_sketch() + settings_text(model)
    return with_sketch(text + settings_text(model), f"{model.name}.mdl", effort)


def element_text(model: Model, element: Element) -> str:
    """The definitions of an element in a .mdl file."""
    return "\n\n".join(_Writer(model).element(element))


def dimension_text(model: Model, dimension: Dimension) -> str:
    """The definition of a range in a .mdl file."""
    return _Writer(model).dimension(dimension)


def units_text(element: Element) -> str:
    """The unit and range of an element in a .mdl file."""
    return " ".join(filter(None, (element.units, range_text(element.range))))


def range_text(limits: Range) -> str:
    """A range in brackets, with ? for an open bound; empty if both are open."""
    if limits == Range():
        return ""
    bounds: list[float | None] = [limits.low, limits.high]
    if limits.step is not None:
        bounds.append(limits.step)
    return "[" + ",".join("?" if b is None else number(b) for b in bounds) + "]"


def wrapped(text: str) -> str:
    """An equation with line continuations if it is long, broken only after signs."""
    if len(text) <= WIDTH:
        return text
    places = [
        token.start + len(token.text)
        for token in tokens(text)
        if token.kind == "sign" and text[token.start + len(token.text) :][:1] == " "
    ]
    lines: list[str] = []
    begin = last = 0
    for place in [*places, len(text)]:
        if place - begin > WIDTH and last > begin:
            lines.append(text[begin:last])
            begin = last + 1
        last = place
    return "\\\n\t\t".join([*(f"{line} " for line in lines), text[begin:]])


class _Writer:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.text = EquationText(model)

    def dimension(self, dimension: Dimension) -> str:
        if dimension.same_as:
            twin = quoted(dimension.same_as)
            return f"{quoted(dimension.name)} <->\n\t{twin}\n\t~\t\n\t~\t\n\t|"
        right = ", ".join(map(quoted, dimension.labels))
        mappings = [self.mapping(dimension, other, groups) for other, groups in dimension.mappings]
        if mappings:
            right += "\n\t-> " + ", ".join(mappings)
        return f"{quoted(dimension.name)}:\n\t{right}\n\t~\t\n\t~\t\n\t|"

    def mapping(self, dimension: Dimension, other: str, groups: tuple[tuple[str, ...], ...]) -> str:
        target = self.model.dims_by_name.get(other)
        name = quoted(target.name if target else other)
        own = () if target is None else tuple((label,) for label in target.labels)
        if groups == own:
            return name
        while groups and not groups[-1]:
            groups = groups[:-1]
        return f"({name}: {', '.join(self.labels(dimension, group) for group in groups)})"

    def labels(self, dimension: Dimension, group: tuple[str, ...]) -> str:
        """A label, or the name of a range with these labels."""
        if len(group) == 1:
            return quoted(group[0])
        for candidate in self.model.dimensions:
            if tuple(map(fold, candidate.labels)) == tuple(map(fold, group)):
                return quoted(candidate.name)
        what = f"a mapping goes to {', '.join(group) or 'nothing'}, for which there is no range"
        raise ModelError(
            Problem(f'range "{dimension.name}"', what, "add a range with these labels")
        )

    def element(self, element: Element) -> list[str]:
        heads = [
            self.equation(element, part)
            for equation in element.equations
            for part in _writable(self.model, element, equation)
        ]
        words = " ".join(element.documentation.split())
        words = " \\\n\t\t".join(
            textwrap.wrap(words, WIDTH, break_long_words=False, break_on_hyphens=False)
        )
        end = f"\n\t~\t{units_text(element)}\n\t~\t{words}\n\t|"
        # unit and documentation follow the last equation of an element only
        return [*(f"{head} ~~|" for head in heads[:-1]), f"{heads[-1]}{end}"]

    def equation(self, element: Element, equation: Equation) -> str:
        left = self.text.left(element, equation)
        if isinstance(equation.expression, Tables):
            return self.text.data(left, element, equation)
        if isinstance(equation.expression, Points):
            return f"{left}(\n\t{wrapped(self.text.text(equation.expression))})"
        right = self.text.right(element, equation)
        numbers = equation.expression if equation.call is None else None
        if isinstance(numbers, Array) and len(numbers.shape) > 1:
            return f"{left}=\n\t" + "\n\t".join(f"{row};" for row in right[:-1].split("; "))
        return f"{left}=\n\t{wrapped(right)}"


def _writable(model: Model, element: Element, equation: Equation) -> Iterator[Equation]:
    """The equation, or one for each matrix if it lists numbers over more than two ranges."""
    expression = equation.expression
    ranges = [k for k, s in enumerate(equation.subscripts) if s in model.dims_by_name]
    if not isinstance(expression, Array) or len(ranges) < 3 or equation.call is not None:
        yield equation
        return
    labels = model.labels(element)
    axes = [
        model.subscript_positions(s, d)
        for s, d in zip(equation.subscripts, element.dims, strict=True)
    ]
    values = dict(zip(model.positions(element, equation), expression.values, strict=True))
    outer = ranges[:-2]
    shape = tuple(len(axes[k]) for k in ranges[-2:])
    for heads in itertools.product(*(axes[k] for k in outer)):
        fixed = dict(zip(outer, heads, strict=True))
        within = [(fixed[k],) if k in fixed else axes[k] for k in range(len(axes))]
        numbers = tuple(values[place] for place in itertools.product(*within))
        subscripts = tuple(
            fold(labels[k][fixed[k]]) if k in fixed else s
            for k, s in enumerate(equation.subscripts)
        )
        yield replace(equation, expression=Array(numbers, shape), subscripts=subscripts)


def _problems(model: Model) -> Iterator[Problem]:
    """What a .mdl file cannot hold."""
    seen: dict[str, str] = {}
    named: list[tuple[str, str]] = [("range", d.name) for d in model.dimensions]
    named += [("element", e.name) for e in model]
    for kind, name in named:
        where = f'{kind} "{name}"'
        if fold(name) in seen:
            yield Problem(where, f'the {seen[fold(name)]} "{name}" has the same name')
        seen[fold(name)] = kind
        yield from _bad_name(where, name)
    for dimension in model.dimensions:
        twin = model.dims_by_name.get(fold(dimension.same_as))
        if dimension.same_as and (twin is None or twin.labels != dimension.labels):
            what = f'its labels differ from those of "{dimension.same_as}", which it is equal to'
            yield Problem(f'range "{dimension.name}"', what)
        for label in dimension.labels:
            yield from _bad_name(f'range "{dimension.name}"', label)
    if gone := missing_control(seen):
        yield Problem(f"model {model.name}", f"there is no {' and no '.join(gone)}")
    for element in model:
        where = f'element "{element.name}"'
        for field, text in (("unit", element.units), ("documentation", element.documentation)):
            if "|" in text or "~" in text:
                yield Problem(where, f"its {field} has | or ~, which end a field of the file")
        if not element.equations:
            yield Problem(where, "it has no equation")
        if "[" in element.units:
            yield Problem(where, "its unit has [, which begins a range in the file")
        if "|" in element.group or "~" in element.group or "*" in element.group:
            yield Problem(where, "its group has |, ~ or *, which the file cannot hold")
        for node in _nodes(element):
            yield from _bad_node(where, node)


def _bad_name(where: str, name: str) -> Iterator[Problem]:
    text = quoted(name)
    whole = re.fullmatch(QUOTED, text) if text.startswith('"') else True
    if not name.strip() or "\n" in name or not whole or fold(text) != fold(name):
        yield Problem(where, f"{name!r} cannot be a name in a .mdl file")


def _nodes(element: Element) -> Iterator[Expr]:
    for equation in element.equations:
        yield from walk(equation.expression)
        if equation.initial is not None:
            yield from walk(equation.initial)


def _bad_node(where: str, node: Expr) -> Iterator[Problem]:
    numbers: Iterable[float] = ()
    match node:
        case Number(value):
            numbers = (value,)
        case Array(values, _):
            numbers = values
        case Points(x, y, _) | WithLookup(_, Points(x, y, _)):
            numbers = (*x, *y)
        case Tables(points):
            numbers = [n for p in points for n in (*p.x, *p.y)]
        case Text(value) if "'" in value:
            yield Problem(where, f"the text {value!r} has an apostrophe")
    if not all(map(math.isfinite, numbers)):
        yield Problem(where, "it has a number that is not finite")
