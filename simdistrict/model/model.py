"""A stock-and-flow model as read from one file: elements, dimensions, units, documentation.

Immutable. It knows no scenario, no integrator and no file format.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import Any

from simdistrict.base.errors import ModelError, Problem, did_you_mean, typed
from simdistrict.base.library import model_argument
from simdistrict.model import exact_time
from simdistrict.model.expr import (
    MAX_HEIGHT,
    Array,
    Call,
    Expr,
    Number,
    Points,
    Tables,
    fold,
    height,
    references,
)

# far beyond any use, but low enough to catch a mistyped exponent
MAX_STEPS, MAX_SAVED = 1e9, 1e7

CONTROL = ("initial time", "final time", "time step", "saveper")


@dataclass(frozen=True, slots=True)
class Source:
    """A `GET ...` call of the model file, and the expression that it returned."""

    call: Call
    gave: Expr


@dataclass(frozen=True, slots=True)
class Equation:
    """One definition of an element, for all or part of its dimensions.

    subscripts: folded labels or ranges of the left-hand side, one per dimension.
    exceptions: subscript tuples that this definition excludes (:EXCEPT:).
    expression: the net flow of a stock, the points of a lookup, else the value.
    initial: the initial value of a stock, or of an auxiliary with ACTIVE INITIAL.
    line: in the file, from 1; 0 for a model built in Python.
    source: where the expression was read; None for the model file itself.
    """

    expression: Expr
    initial: Expr | None = None
    subscripts: tuple[str, ...] = ()
    exceptions: tuple[tuple[str, ...], ...] = ()
    line: int = 0
    source: Source | None = None

    @property
    def call(self) -> Call | None:
        """The `GET ...` call that the expression comes from, unless it was changed since."""
        unchanged = self.source is not None and self.source.gave == self.expression
        return self.source.call if self.source is not None and unchanged else None


@dataclass(frozen=True, slots=True)
class Range:
    """The range that the model file states for an element, in its own unit; None is open."""

    low: float | None = None
    high: float | None = None
    step: float | None = None

    def __contains__(self, value: float) -> bool:
        low = -math.inf if self.low is None else self.low
        high = math.inf if self.high is None else self.high
        return low <= value <= high

    def __str__(self) -> str:
        low, high = ("?" if b is None else f"{b:g}" for b in (self.low, self.high))
        return f"[{low}, {high}]"


@dataclass(frozen=True, kw_only=True)
class Element:
    """Anything named in a model.

    name: in the model's spelling; units: Vensim unit text, empty where the file states none.
    dims: names of the element's dimensions, in order; empty for a scalar.
    """

    name: str
    equations: tuple[Equation, ...]
    units: str = ""
    range: Range = Range()
    documentation: str = ""
    dims: tuple[str, ...] = ()
    group: str = ""

    @property
    def kind(self) -> str:
        """stock, flow, auxiliary, constant, lookup or data."""
        return type(self).__name__.lower()

    @property
    def line(self) -> int:
        """The line of the first equation."""
        return self.equations[0].line if self.equations else 0


def as_kind(kind: type[Element], element: Element, **changes: Any) -> Element:
    """An element as one of another kind; changes: fields with other values."""
    known = kind.__dataclass_fields__
    fields = {name: getattr(element, name) for name in known if hasattr(element, name)}
    return kind(**{**fields, **changes})


@dataclass(frozen=True, kw_only=True)
class Stock(Element):
    """Accumulates its flows; has an initial value.

    non_negative: in each time step its flows take no more than it holds and receives; they are
    served in the order of the net flow.
    """

    non_negative: bool = False


class Flow(Element):
    """A rate of change of at least one stock."""


class Auxiliary(Element):
    """Algebra, recomputed each step."""


class Constant(Element):
    """Numbers that are fixed within a run unless a policy changes them."""


class Lookup(Element):
    """A piecewise-linear function given by points."""


class Data(Element):
    """An exogenous time series."""


@dataclass(frozen=True, slots=True)
class Dimension:
    """A subscript range and its labels, in the model's spelling.

    mappings: (folded name of another range, for each own label the labels that it maps to).
    same_as: the range that this is an alias of, with the same labels.
    """

    name: str
    labels: tuple[str, ...]
    mappings: tuple[tuple[str, tuple[tuple[str, ...], ...]], ...] = ()
    same_as: str = ""


@dataclass(frozen=True, slots=True)
class TimeGrid:
    """Time counted in whole steps, see `exact_time`.

    every: time steps from one saved point to the next. Where it is no whole number, the step
    nearest to each save time is saved; the last step always is.
    """

    start: float
    steps: int
    time_step: float
    every: float

    def __str__(self) -> str:
        numbers = self.start, self.stop, self.time_step, self.save_step
        return "{:.10g} to {:.10g} by {:.10g}, saved every {:.10g}".format(*numbers)

    @classmethod
    def of(cls, start: float, stop: float, time_step: float, save_step: float) -> TimeGrid:
        """The grid from four control values.

        Raises ModelError for a step that is not positive, or an end before the start.
        """
        problems = []
        if not all(map(math.isfinite, (start, stop, time_step, save_step))):
            raise ModelError(Problem("time grid", "a control value is not a finite number"))
        if time_step <= 0:
            problems.append(Problem("TIME STEP", f"{time_step:g} is not positive"))
        if save_step <= 0:
            problems.append(Problem("SAVEPER", f"{save_step:g} is not positive"))
        if stop < start:
            problems.append(Problem("FINAL TIME", f"{stop:g} lies before {start:g}"))
        if problems:
            raise ModelError(problems)
        # twice the most steps is as good as forever, and no step is saved twice
        every = max(1.0, min(save_step / time_step, 2.0 * MAX_STEPS))
        whole = round(every)
        # 1e-5: a TIME STEP typed as 0.333333 still divides a save step of 1
        if abs(every - whole) <= 1e-5 * whole:
            every = whole
        span = (stop - start) / time_step
        if span > MAX_STEPS or span / every > MAX_SAVED:
            what = f"{span:.3g} steps with {span / every:.3g} saved points are more than a run "
            what += f"can have ({MAX_STEPS:.0e} and {MAX_SAVED:.0e})"
            raise ModelError(Problem("TIME STEP", what, "use a longer time step or save step"))
        steps = round(span) if abs(span - round(span)) <= 1e-5 * max(1.0, span) else int(span)
        return cls(start, steps, time_step, every)

    @property
    def whole(self) -> tuple[float, float, float]:
        """Three numbers that give the time of each point, see `exact_time.whole_numbers`."""
        return exact_time.whole_numbers(self.start, self.time_step, self.steps)

    @property
    def slack(self) -> float:
        """How far a number may be from a point of the grid and still mean it."""
        return exact_time.slack(self.start, self.stop, self.time_step)

    def at(self, i: int) -> float:
        """The time of step i."""
        first, pace, parts = self.whole
        return (first + i * pace) / parts

    def nearest(self, time: float) -> float:
        """The time of the point that a number means; the number itself between two points."""
        point = self.point(time)
        return time if point is None else self.at(point)

    def point(self, time: float) -> int | None:
        """The step whose time a number means, also beyond the ends; None between two steps."""
        if not math.isfinite(time):
            return None
        point = round((time - self.start) / self.time_step)
        return point if abs(self.at(point) - time) <= self.slack else None

    def around(self, time: float) -> tuple[float, float]:
        """The times of the steps before and after a finite number."""
        before = math.floor((time - self.start) / self.time_step)
        return self.at(before), self.at(before + 1)

    @property
    def stop(self) -> float:
        """The time of the last step."""
        return self.at(self.steps)

    @property
    def save_step(self) -> float:
        """The interval between saved steps."""
        return self.every * self.time_step

    @property
    def divided(self) -> bool:
        """Whether the save step is a whole number of time steps."""
        return float(self.every).is_integer()

    @property
    def saved(self) -> tuple[int, ...]:
        """The saved steps; both ends always are."""
        if self.divided:
            points = list(range(0, self.steps + 1, int(self.every)))
        else:
            times = range(int(self.steps / self.every) + 1)
            points = [math.floor(k * self.every + 0.5) for k in times]
            points = [k for k in dict.fromkeys(points) if k <= self.steps]
        if points[-1] != self.steps:
            points.append(self.steps)
        return tuple(points)


@dataclass(frozen=True, slots=True)
class External:
    """Numbers that a model reads from other files.

    record: the cells and series read, as JSON; with it the model can be read again without the
    files. problems: read errors; such a model cannot run. files: of each file its path, its SHA-256
    (empty for a missing file) and its name without the folders of this machine.
    """

    record: str = ""
    problems: tuple[Problem, ...] = ()
    files: tuple[tuple[str, str, str], ...] = field(default=(), compare=False)


NOTHING_EXTERNAL = External()


@dataclass(frozen=True)
class Model:
    """Equations, units and time grid, as read from one file.

    elements: in the order of the file; text: the file itself, empty when built in Python;
    integrator: that of the file's settings (`euler` or `rk4`).
    notes: what the reader ignored on purpose (reality checks and the like), one line each.
    unit_synonyms: groups of names for one unit, from the file's settings.
    external: numbers from other files. file: where it was read, as messages name it; empty for
    a model built in Python or read from a record.
    Raises ModelError for a model built in Python with an equation that nests too deeply.
    """

    name: str
    elements: tuple[Element, ...]
    dimensions: tuple[Dimension, ...] = ()
    text: str = field(default="", repr=False)
    integrator: str = "euler"
    notes: tuple[str, ...] = ()
    unit_synonyms: tuple[tuple[str, ...], ...] = ()
    external: External = NOTHING_EXTERNAL
    file: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse equations of a model built in Python that nest too deeply."""
        if self.text:
            return  # its reader has checked
        high = [
            Problem(
                f"model {self.name}",
                f'an equation of "{element.name}" nests more than {MAX_HEIGHT} deep',
                "give parts of it names; make long sums with simdistrict.model.expr.joined",
            )
            for element in self.elements
            for equation in element.equations
            for expr in (equation.expression, equation.initial)
            if expr is not None and height(expr) > MAX_HEIGHT
        ]
        if high:
            raise ModelError(high)

    @cached_property
    def by_name(self) -> Mapping[str, Element]:
        """Elements by folded name."""
        return {fold(e.name): e for e in self.elements}

    @cached_property
    def dims_by_name(self) -> Mapping[str, Dimension]:
        """Dimensions by folded name."""
        return {fold(d.name): d for d in self.dimensions}

    @cached_property
    def _places(self) -> Mapping[str, Mapping[str, int]]:
        """The index of each folded label, by folded dimension."""
        return {
            name: {fold(label): i for i, label in enumerate(dimension.labels)}
            for name, dimension in self.dims_by_name.items()
        }

    @cached_property
    def sha256(self) -> str:
        """Identity of the model: hash of its file, or of its content when built in Python."""
        content = self.text or repr((self.elements, self.dimensions, self.integrator))
        if self.external.record:
            content += "\0" + self.external.record
        return hashlib.sha256(content.encode()).hexdigest()

    def __repr__(self) -> str:
        return f"<Model {self.name}: {len(self.elements)} elements>"

    def __iter__(self) -> Iterator[Element]:
        return iter(self.elements)

    def __getitem__(self, name: str) -> Element:
        """The element of that name, matched as in Vensim.

        Raises ModelError with the nearest names where there is none.
        """
        element = self.by_name.get(fold(name))
        if element is None:
            raise ModelError(self.unknown(name))
        return element

    def __contains__(self, name: str) -> bool:
        return fold(name) in self.by_name

    def unknown(self, name: str, kinds: Iterable[type[Element]] = (Element,)) -> Problem:
        """The problem for a name that the model does not have."""
        wanted = tuple(kinds)
        names = [e.name for e in self.elements if isinstance(e, wanted)]
        what = "element" if Element in wanted else wanted[0].__name__.lower()
        hint = " ".join(filter(None, (did_you_mean(name, names), self.listing(what == "constant"))))
        return Problem(f"model {self.name}", f'there is no {what} called "{name}"', hint)

    def listing(self, constants: bool = False) -> str:
        """A hint: the command that lists the elements; empty for a model without a file."""
        if not self.file:
            return ""
        option = ["--constants"] if constants else []
        return f"({typed('show', 'model', self.argument, *option)} lists them)"

    @property
    def argument(self) -> str:
        """What a user types for the model: a shipped name or a path; its name without a file."""
        return model_argument(Path(self.file)) if self.file else self.name

    def labels(self, element: Element) -> tuple[tuple[str, ...], ...]:
        """The labels along each dimension of an element."""
        return tuple(self.dims_by_name[fold(d)].labels for d in element.dims)

    def labels_at(self, element: Element, place: tuple[int, ...]) -> tuple[str, ...]:
        """The label along each dimension at one position in an element's array."""
        return tuple(axis[k] for axis, k in zip(self.labels(element), place, strict=True))

    def shape(self, element: Element) -> tuple[int, ...]:
        """The number of labels along each dimension of an element."""
        return tuple(len(labels) for labels in self.labels(element))

    def positions(self, element: Element, equation: Equation) -> Iterator[tuple[int, ...]]:
        """The indices into the element's array that one of its equations defines, in order."""
        axes = [
            self.subscript_positions(subscript, dim)
            for subscript, dim in zip(equation.subscripts, element.dims, strict=True)
        ]
        left_out = {
            place
            for exception in equation.exceptions
            for place in product(*map(self._excluded, exception, element.dims))
        }
        places = product(*axes)
        return (place for place in places if place not in left_out) if left_out else places

    def _excluded(self, subscript: str, dim: str) -> tuple[int, ...]:
        """The indices of a label or range in a dimension; other labels exclude nothing."""
        place = self._places[fold(dim)]
        found = self.dims_by_name.get(fold(subscript))
        labels = (subscript,) if found is None or fold(subscript) in place else found.labels
        return tuple(place[fold(label)] for label in labels if fold(label) in place)

    def subscript_positions(self, subscript: str, dim: str) -> tuple[int, ...]:
        """The indices of a label, or of the labels of a range, in a dimension.

        Raises KeyError with the label that the dimension does not have.
        """
        place = self._places[fold(dim)]
        name = fold(subscript)
        if name in place:
            return (place[name],)
        return tuple(place[fold(label)] for label in self.dims_by_name[name].labels)

    @cached_property
    def users(self) -> Mapping[str, tuple[str, ...]]:
        """Folded name -> folded names of the elements that use it."""
        found: dict[str, list[str]] = {}
        for name, element in self.by_name.items():
            for used in self.causes(element):
                found.setdefault(used, []).append(name)
        return {name: tuple(users) for name, users in found.items()}

    @staticmethod
    def causes(element: Element) -> tuple[str, ...]:
        """Folded names that the equations of an element use, each once, in order."""
        names: dict[str, None] = {}
        for equation in element.equations:
            for expr in (equation.expression, equation.initial):
                if expr is not None:
                    names.update((ref.name, None) for ref in references(expr))
        return tuple(names)


def missing_control(names: Container[str]) -> list[str]:
    """The control elements that a model needs and that are not among the folded names."""
    return [name.upper() for name in CONTROL if name not in names and name != "saveper"]


def constant_values(model: Model, element: Element) -> dict[tuple[int, ...], float]:
    """The numbers of a constant by index in its array; `()` for a scalar."""
    values: dict[tuple[int, ...], float] = {}
    for equation in element.equations:
        places = list(model.positions(element, equation))
        match equation.expression:
            case Number(value):
                values.update(dict.fromkeys(places, value))
            case Array(numbers, _):
                values.update(zip(places, numbers, strict=True))
            case other:
                raise TypeError(f"{element.name} is not a constant: {other!r}")
    return values


def lookup_points(model: Model, element: Element) -> dict[tuple[int, ...], Points]:
    """The points of a lookup, or of data, by index in its array; `()` for a scalar."""
    found: dict[tuple[int, ...], Points] = {}
    for equation in element.equations:
        match equation.expression:
            case Points() as points:
                found.update(dict.fromkeys(model.positions(element, equation), points))
            case Tables(tables):
                # no tables where the numbers are unknown
                found.update(zip(model.positions(element, equation), tables, strict=False))
    return found
