"""Claims and targets of a study file as measures that can be evaluated."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import ScenarioError
from simdistrict.calibration.assessment import PointFit
from simdistrict.model.expr import fold
from simdistrict.scenario.places import find_element
from simdistrict.scenario.tree import KeyPath
from simdistrict.tables.evidence import Claim, Measure, ScenarioRuns, StudyRuns
from simdistrict.tables.modules import KindError, function
from simdistrict.tables.study import Study
from simdistrict.tables.verdicts import Test

if TYPE_CHECKING:
    from simdistrict.tables.schema import MeasureFile, TargetFile

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reading:
    """An element at one label of each dimension, in one scenario at one time.

    place: where the study file states it.
    """

    scenario: str
    element: str
    at: float
    labels: tuple[tuple[str, str], ...]
    place: str

    def of(self, runs: ScenarioRuns) -> Reals:
        """Over members."""
        try:
            return runs.at(self.scenario, self.element, self.at, **dict(self.labels))
        except ScenarioError as error:
            own = [replace(p, where=p.where or self.place) for p in error.problems]
            raise ScenarioError(own) from None


@dataclass(frozen=True, slots=True)
class Compared:
    """A number, alone or compared with another one. way: ratio, percent or difference."""

    number: Reading
    other: Reading | None
    way: str
    times: float

    def __call__(self, runs: ScenarioRuns) -> Reals:
        """Over members."""
        value = self.number.of(runs)
        if self.other is not None:
            base = self.other.of(runs)
            value = value - base if self.way == "difference" else value / base
            value = 100 * (value - 1) if self.way == "percent" else value
        return np.asarray(value if self.times == 1 else self.times * value)


def claims_of(study: Study) -> tuple[Claim, ...]:
    """The claims of a study; imports the Python files that their measures name."""
    return study.kept("claims", lambda: tuple(_claims(study)))


def _claims(study: Study) -> Iterator[Claim]:
    for name, claim in study.definition.file.claims.items():
        places = [("claims", name, "measures", k) for k in range(len(claim.measures))]
        measures = map(_measure, repeat(study), claim.measures, places)
        yield Claim(name, claim.text, tuple(measures))


def _measure(study: Study, written: MeasureFile, path: KeyPath) -> Measure:
    detail = None
    if written.detail:
        detail = _called(study, written, (*path, "detail"), written.detail, _words, "words")
    return Measure(written.what, written.low, written.high, value_of(study, written, path), detail)


def value_of(study: Study, written: MeasureFile, path: KeyPath) -> Callable[[ScenarioRuns], Reals]:
    """The number of a measure or a target, over the members of any runs.

    path: where the study file states it.
    """
    if written.by:
        by = (*path, "by")
        return _called(study, written, by, written.by, _over_members, "a number for each member")
    assert written.element is not None
    scenario = written.scenario or study.definition.file.baseline
    at = study.last_time if written.at is None else written.at
    place = study.definition.place(*path, "at")
    number = reading_of(study, scenario, written.element, at, place)
    other = written.against
    against = None
    if other is not None:
        against = reading_of(
            study,
            other.scenario or scenario,
            other.element or written.element,
            at if other.at is None else other.at,
            study.definition.place(*path, "against"),
        )
    return Compared(number, against, written.compared, written.times)


def reading_of(study: Study, scenario: str, text: str, at: float, place: str) -> Reading:
    """The reading of an element that is written with one label of each dimension."""
    element, subscripts = find_element(study.model, text)
    assert element is not None
    labels = (
        next(known for known in axis if fold(known) == fold(part))
        for part, axis in zip(subscripts or (), study.model.labels(element), strict=True)
    )
    pairs = zip(study.names.dims_of(element), labels, strict=True)
    return Reading(scenario, element.name, at, tuple(pairs), place)


def _called(
    study: Study,
    written: MeasureFile,
    path: KeyPath,
    name: str,
    result: Callable[..., T],
    kind: str,
) -> Callable[..., T]:
    d = study.definition
    found = function(d.folder, name, d.place(*path), result, kind)
    return partial(found, **{k: _argument(v) for k, v in written.arguments.items()})


def _words(returned: Any, _: ScenarioRuns) -> str:
    """What a function returned, if it is text; else raises KindError."""
    if not isinstance(returned, str):
        raise KindError
    return returned


def _over_members(returned: Any, runs: ScenarioRuns) -> Reals:
    """What a function returned, if it is one number for each member; else raises KindError."""
    values = np.asarray(returned)
    if values.dtype.kind not in "biuf" or values.shape != (runs.members,):
        raise KindError
    return values


def _one_number(returned: Any, _: Study) -> float:
    """What a function returned, if it is one number; else raises KindError."""
    values = np.asarray(returned)
    if values.dtype.kind not in "biuf" or values.size != 1:
        raise KindError
    return float(values.item())


def _argument(value: Any) -> Any:
    """Whole numbers as int, because a study file has one kind of number; lists as tuples."""
    if isinstance(value, list):
        return tuple(map(_argument, value))
    return int(value) if isinstance(value, float) and value.is_integer() else value


def targets_of(study: Study) -> list[Test]:
    """The targets of a study with their values, in the order of the file."""
    found: list[Test] = []
    for k, target in enumerate(study.definition.file.targets):
        found += _target(study, target, ("targets", k))
    return found


def _target(study: Study, written: TargetFile, path: KeyPath) -> Iterator[Test]:
    low, high = written.low, written.high
    for p in recorded(study, written):
        what = f"{p.series} {p.year:.0f}, model {p.model:.3f} over record {p.data:.3f}"
        yield Test(written.of, what, low, high, p.model / p.data)
    if written.by:
        by = (*path, "by")
        value = _called(study, written, by, written.by, _one_number, "one number")(study)
        yield Test(written.of, written.what, low, high, value)
    elif written.element:
        value = float(value_of(study, written, path)(StudyRuns(study))[0])
        yield Test(written.of, written.what, low, high, value)


def recorded(study: Study, written: TargetFile) -> Iterator[PointFit]:
    """The points of the record that a target compares with the model."""
    for p in study.assessment.points if written.record else ():
        if p.series in written.record and (written.until is None or p.year <= written.until):
            yield p
