"""A model with the numbers from other files inlined, for formats without external data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from simdistrict.base.errors import ModelError, Problem
from simdistrict.exchange.text.equations import EquationText
from simdistrict.model.expr import (
    Call,
    Expr,
    Points,
    Ref,
    Tables,
    WithLookup,
    fold,
    free_name,
    walk,
)
from simdistrict.model.model import (
    NOTHING_EXTERNAL,
    Auxiliary,
    Data,
    Element,
    Equation,
    Lookup,
    Model,
    as_kind,
)

_READERS = {"hold backward": "LOOKUP BACKWARD", "look forward": "LOOKUP FORWARD"}
# functions of a whole series of data
_KINDS = "AT TIME|BETWEEN TIMES|FIRST TIME|LAST TIME|MAX|MEAN|MEDIAN|MIN|STDV|TOTAL POINTS"
_OF_SERIES = frozenset(f"GET DATA {kind}" for kind in _KINDS.split("|"))


def inlined(model: Model) -> Model:
    """The model without `GET ...` calls and data; data become lookups of Time.

    The documentation of such an element states the source of its numbers; the text of the file
    is dropped. A model without external numbers is returned unchanged. Raises ModelError for data
    without numbers, and for :RAW: data, which are not a function of Time.
    """
    wanted = [element for element in model if any(map(_is_outside, element.equations))]
    if not wanted:
        return model
    problems = [problem for element in wanted for problem in _problems(model, element)]
    problems += _of_series(model)
    if problems or model.external.problems:
        raise ModelError([*model.external.problems, *problems])
    work = _Inlining(model)
    elements = [part for element in model for part in work.parts(element)]
    return replace(model, elements=tuple(elements), text="", external=NOTHING_EXTERNAL)


def _is_outside(equation: Equation) -> bool:
    return isinstance(equation.expression, Tables) or equation.source is not None


def _problems(model: Model, element: Element) -> Iterator[Problem]:
    for equation in element.equations:
        where = f"model {model.name}, line {equation.line}"
        if not isinstance(equation.expression, Tables):
            continue
        if not equation.expression.points:
            yield Problem(where, f'"{element.name}" has no numbers', "add them with --data FILE")
        elif equation.expression.between == "raw":
            what = f'"{element.name}" is :RAW: data, missing between its points'
            yield Problem(where, what, "use another keyword, or keep the model as .mdl")


def _of_series(model: Model) -> Iterator[Problem]:
    """Problems of functions that need a series of data."""
    for element in model:
        for equation in element.equations:
            for node in walk(equation.expression):
                if isinstance(node, Call) and node.function in _OF_SERIES:
                    where = f"model {model.name}, line {equation.line}"
                    what = f'"{element.name}" uses {node.function}, for which data must stay data'
                    yield Problem(where, what, "keep the model as .mdl")


class _Inlining:
    def __init__(self, model: Model) -> None:
        self.model = model
        self.text = EquationText(model)
        self.names = set(model.by_name)

    def parts(self, element: Element) -> Iterator[Element]:
        """The lookups that an element needs, then the element with its numbers."""
        if not any(map(_is_outside, element.equations)):
            yield element
            return
        calls = dict.fromkeys(self.text.text(e.call) for e in element.equations if e.call)
        notes = [f"[Read with {call}.]" for call in calls]
        words = " ".join(filter(None, (element.documentation, *notes)))
        equations: list[Equation] = []
        for equation in element.equations:
            if not isinstance(equation.expression, Tables):
                equations.append(replace(equation, source=None))
            elif isinstance(element, Lookup) or equation.expression.between not in _READERS:
                equations += self.by_label(element, equation)
            else:
                held = self.table(element, equation)
                yield held
                reader = _READERS[equation.expression.between]
                call = Call(reader, (Ref(fold(held.name), equation.subscripts), Ref("time")))
                equations.append(replace(equation, expression=call, source=None))
        kind = Auxiliary if isinstance(element, Data) else type(element)
        yield as_kind(kind, element, equations=tuple(equations), documentation=words)

    def by_label(self, element: Element, equation: Equation) -> Iterator[Equation]:
        """One equation for each label: the points of a lookup, or points read at Time."""
        for names, points in self.labelled(element, equation):
            right: Expr = points
            if not isinstance(element, Lookup):
                right = WithLookup(Ref("time"), points)
            yield Equation(right, None, names, (), equation.line)

    def labelled(
        self, element: Element, equation: Equation
    ) -> Iterator[tuple[tuple[str, ...], Points]]:
        assert isinstance(equation.expression, Tables)
        places = self.model.positions(element, equation)
        for place, points in zip(places, equation.expression.points, strict=True):
            yield tuple(map(fold, self.model.labels_at(element, place))), points

    def table(self, element: Element, equation: Equation) -> Lookup:
        """A lookup for data that are not interpolated linearly."""
        name = free_name(f"{element.name} data", self.names)
        self.names.add(fold(name))
        return Lookup(
            name=name,
            equations=tuple(
                Equation(points, None, names, (), equation.line)
                for names, points in self.labelled(element, equation)
            ),
            units=element.units,
            documentation=f"The points of {element.name}.",
            dims=element.dims,
            group=element.group,
        )
