"""What every study of regimes is: its parameters, its result, its sentences, its figure."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.numbers import real, whole
from simdistrict.ensemble.rerun import recorded_plans
from simdistrict.plot import Sheet
from simdistrict.regimes.studies.data import StudyData
from simdistrict.regimes.studies.words import few
from simdistrict.result.dataset import CONVENTIONS, KEYWORDS, Result, Variable, plain, text
from simdistrict.run.plan import Plan

REQUIRED: Any = object()
# the global attribute of a result file that holds the study
RECORD = "regimes_request"
# a record has the keys of all studies; these are the values of those that a study lacks
_BLANK: Mapping[str, object] = {
    **dict.fromkeys("box free grid hold outputs parameters speeds".split(), ()),
    **dict.fromkeys("doses lengths members seed".split(), 0),
    "at": None,
    "duration": 0.0,
    "element": "",
    "fast": False,
    "horizon": 400.0,
    "method": "lhs",
    "rule": "",
    "settled": True,
    "starts": 20,
    "stops": 3,
}


@dataclass(frozen=True, slots=True)
class Interval:
    """An element of the model with the ends of an interval."""

    name: str
    low: float
    high: float
    form: ClassVar[str] = "NAME=LOW:HIGH"
    order: ClassVar[str] = "with LOW below HIGH"

    @property
    def sound(self) -> bool:
        """Whether it has a name, and values to vary."""
        return bool(self.name) and -math.inf < self.low < self.high < math.inf

    @classmethod
    def read(cls, text: str) -> Self:
        """The value of a text in its form. Raises ValueError for any other text."""
        name, _, rest = text.rpartition("=")
        kinds = (real, real, whole)[: len(fields(cls)) - 1]
        texts = rest.split(":")
        numbers = [n for kind, t in zip(kinds, texts, strict=False) if (n := kind(t)) is not None]
        fits = len(texts) == len(kinds) == len(numbers)
        found = cls(name.strip(), *numbers) if fits else None
        if found is None or not found.sound:
            raise ValueError(f'"{text}" is not {cls.form}, {cls.order}')
        return found


@dataclass(frozen=True, slots=True)
class Grid(Interval):
    """A number of evenly spaced values in an interval, ends included."""

    count: int
    form: ClassVar[str] = "NAME=FROM:TO:COUNT"
    order: ClassVar[str] = "with FROM below TO and a COUNT of 2 or more"

    @property
    def sound(self) -> bool:
        """Whether it has a name, and at least two values."""
        return bool(self.name) and -math.inf < self.low < self.high < math.inf and self.count >= 2

    @property
    def values(self) -> Reals:
        """The values, ascending."""
        return np.linspace(self.low, self.high, self.count)


@dataclass(frozen=True, slots=True)
class Option:
    """How a field of a study is set on the command line.

    kind: float, int, str, bool, Interval or Grid; ends: what --from and --to mean, for an interval
    that three options set; count: how often it is given, 0 for any number; least, above, most:
    bounds of a number, without `above` itself; shown: the default on the command line; made: the
    field from what is given there; varied: whether it is a parameter that the study varies.
    """

    flag: str
    kind: type
    help: str = ""
    form: str = ""
    ends: tuple[str, str] | None = None
    count: int = 1
    least: int | None = None
    above: float | None = None
    most: float | None = None
    choices: tuple[str, ...] = ()
    shown: Any = REQUIRED
    made: Callable[[Any], Any] | None = None
    varied: bool = False

    @property
    def required(self) -> bool:
        """Whether there is no default."""
        return self.shown is REQUIRED


def option(flag: str, kind: type, text: str = "", default: Any = REQUIRED, **more: Any) -> Any:
    """A field of a study that an option of the command line sets."""
    made = Option(flag, kind, text, **{"shown": default, **more})
    return field(default=MISSING if made.required else default, metadata={"option": made})


@dataclass(frozen=True, slots=True, kw_only=True)
class WithOptions:
    """An object whose fields options of the command line set.

    example: of its arguments on the command line; about: a further sentence for --help.
    """

    example: ClassVar[str]
    about: ClassVar[str] = ""

    @classmethod
    def options(cls) -> dict[str, Option]:
        """The fields that options set."""
        return {f.name: f.metadata["option"] for f in fields(cls) if "option" in f.metadata}


StudyType = TypeVar("StudyType", bound=WithOptions)


def checked(study: StudyType) -> StudyType:
    """The study with its numbers as the command line would read them.

    Raises ScenarioError with every field outside the bounds that its option has. Call it for a
    study that is not made from the command line, which checks as it reads.
    """
    problems = []
    typed = {}
    for name, own in study.options().items():
        value = getattr(study, name)
        several = value if isinstance(value, tuple) else (value,)
        faults = [fault for one in several if (fault := _fault(own, one))]
        problems += [Problem(name.replace("_", " "), fault) for fault in faults]
        if not faults:
            made = tuple(_typed(own, one) for one in several)
            typed[name] = made if isinstance(value, tuple) else made[0]
    if problems:
        raise ScenarioError(problems)
    return replace(study, **typed)


def _typed(own: Option, value: Any) -> Any:
    """A sound value in the type of its option."""
    if isinstance(value, Interval):
        low, high = float(value.low), float(value.high)
        if isinstance(value, Grid):
            return Grid(value.name, low, high, int(value.count))
        return Interval(value.name, low, high)
    return own.kind(value) if own.kind in (int, float) and value is not None else value


def _fault(own: Option, value: Any) -> str:
    """What is wrong with the value of an option; empty if nothing is."""
    if isinstance(value, Interval):
        if value.sound:
            return ""
        span = f"{value.name} from {value.low:g} to {value.high:g}"
        if isinstance(value, Grid) and value.low < value.high:
            return f"{span} in {value.count} is no grid: two values are the least"
        return f"{span} encloses nothing"
    if own.choices and value not in own.choices:
        return f'"{value}" is none of {", ".join(own.choices)}'
    if own.kind not in (int, float) or value is None:
        return ""
    number = isinstance(value, int | float | np.integer) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or (own.kind is int and value != int(value)):
        return f"{value!r} is no {'whole' if own.kind is int else 'finite'} number"
    if own.least is not None and value < own.least:
        return f"{value} is below {own.least}"
    # a function of what the option gives may add values that the option does not take
    if own.above is not None and own.made is None and value <= own.above:
        return f"{value:g} is not above {own.above:g}"
    return f"{value:g} is above {own.most:g}" if own.most is not None and value > own.most else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeStudy(WithOptions):
    """A study: its parameters are its fields.

    name: as result files record it; several: whether it takes several scenarios; when: the words
    before the date in the first line of what it prints.
    """

    name: ClassVar[str]
    several: ClassVar[bool] = False
    when: ClassVar[str] = "frozen at"

    def run(self, plans: Sequence[Plan]) -> Result:
        """Do the study on scenarios."""
        raise NotImplementedError

    def single(self, plans: Sequence[Plan]) -> Plan:
        """The only scenario. Raises ScenarioError where there are several, such as variants."""
        if len(plans) > 1:
            what = f"{self.name} takes one scenario, and this stands for {len(plans)}"
            names = few([plan.resolved.name for plan in plans])
            raise ScenarioError(Problem("regimes", what, f"name one of {names}"))
        return plans[0]

    def document(self, result: StudyData) -> dict[str, Any]:
        """The numbers of a result by name, for JSON."""
        raise NotImplementedError

    def lines(self, found: dict[str, Any]) -> Iterator[str]:
        """What a document says, for a reader."""
        raise NotImplementedError

    def figure(self, result: StudyData) -> Sheet:
        """The figure of a result. A study without figure leaves this method as it is."""
        raise NotImplementedError

    def again(self, recorded: Result, where: str) -> Result:
        """Do the study on the scenarios that its result records."""
        return self.run(recorded_plans(recorded, where))

    def attrs(
        self, record: Mapping[str, object], title: str, at: float, trends: str = "none"
    ) -> dict[str, object]:
        """The attributes that all results have; record: of the scenarios."""
        return {
            **record,
            "title": f"{self.name} of {title}",
            "history": f"simdistrict {record['simdistrict_version']}: regimes, {self.name}",
            RECORD: self.record(),
            "frozen_at": at,
            "frozen_trends": trends,
        }

    @property
    def varied(self) -> tuple[Interval, ...]:
        """The parameters that the study varies."""
        found: list[Interval] = []
        for name, own in self.options().items():
            if own.varied:
                value = getattr(self, name)
                found += value if own.count > 1 else [value]
        return tuple(found)

    def record(self) -> str:
        """The study as text, the same for equal studies."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name in _BLANK}
        if "box" in own:
            own["box"] = [(b.name, b.low, b.high) for b in own["box"]]
        varied = {
            "parameters": [(b.name, b.low, b.high) for b in self.varied],
            "grid": [b.count for b in self.varied if isinstance(b, Grid)],
        }
        return json.dumps({**_BLANK, **own, **varied, "study": self.name}, sort_keys=True)

    @classmethod
    def from_record(cls, found: Mapping[str, Any]) -> Self:
        """The study of a record."""
        names = {f.name for f in fields(cls)}
        values = {k: _tuples(v) for k, v in found.items() if k in names & _BLANK.keys()}
        if "design" in names:
            # a result holds the draws themselves
            values["design"] = ""
        if "box" in values:
            values["box"] = tuple(Interval(*own) for own in values["box"])
        ends, counts = found.get("parameters", ()), found.get("grid", ())
        varied = [Interval(*own) for own in ends]
        if counts:
            varied = [Grid(*(*own, n)) for own, n in zip(ends, counts, strict=True)]
        for name, made in cls.options().items():
            if made.varied:
                first, varied = varied[: made.count], varied[made.count :]
                values[name] = tuple(first) if made.count > 1 else first[0]
        return cls(**values)


def result_of(
    coords: Mapping[str, Variable],
    variables: Mapping[str, Variable],
    attrs: Mapping[str, object],
) -> Result:
    """A result with the attributes that CF asks for; empty ones are left out."""
    head = {"Conventions": CONVENTIONS, "keywords": KEYWORDS}
    return Result(coords, variables, {k: plain(v) for k, v in {**head, **attrs}.items() if v != ""})


def variable(
    dims: str, values: Any, name: str = "", kind: type[np.generic] | type[str] | None = None
) -> Variable:
    """A variable with a long name.

    dims: its dimensions, separated by spaces; kind: of its numbers, or str for text.
    """
    made = text(values) if kind is str else np.asarray(values, kind)
    return Variable(tuple(dims.split()), made, {"long_name": name} if name else {})


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
