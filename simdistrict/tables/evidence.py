"""A claim: measures with ranges, each a small function of runs that gives one number.

The functions know scenarios, elements, times and labels only, and every value has an axis of
members in front. So the same function tests a claim on a single run (`StudyRuns`: one member)
and on an ensemble: whatever has `members`, `at` and `series` is `ScenarioRuns`. What a function
reads is found by recording its calls (`needs`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from simdistrict.base.arrays import Flags, Reals
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.tables.study import Study


class ScenarioRuns(Protocol):
    """Completed runs of scenarios, all for the same members.

    scenario: a name, or `NAME:VARIANT`; year: of a saved point; labels: one for each dimension of
    the element, keyed by the name of the dimension in result files. Values are in the
    element's own unit.
    """

    @property
    def members(self) -> int:
        """Number of members."""
        ...

    def at(self, scenario: str, element: str, year: float, **labels: str) -> Reals:
        """An element at one time: an array over members."""
        ...

    def series(self, scenario: str, element: str, first: int, last: int, **labels: str) -> Reals:
        """An element from the first to the last time, both included: members by times.

        Raises ScenarioError where there are none, or where one of the two is not saved.
        """
        ...


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a claim, and the range that it should lie in.

    low, high: None for an open end; with both open the number is only shown.
    value: the number for all members, NaN where a member has no case.
    detail: words about a single run, printed after `what`.
    """

    what: str
    low: float | None
    high: float | None
    value: Callable[[ScenarioRuns], Reals]
    detail: Callable[[ScenarioRuns], str] | None = None

    @property
    def has_range(self) -> bool:
        """Whether it can fail."""
        return self.low is not None or self.high is not None

    def holds(self, values: Reals) -> Flags:
        """Whether each value lies in the range, ends included; NaN does not."""
        above = values >= (-math.inf if self.low is None else self.low)
        below = values <= (math.inf if self.high is None else self.high)
        return np.asarray(above & below, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim that runs can test; it holds where all its measures do."""

    id: str
    text: str
    measures: tuple[Measure, ...]

    def holds(self, runs: ScenarioRuns) -> Flags:
        """Whether the claim holds, over members."""
        kept = np.ones(runs.members, dtype=np.bool_)
        for measure in self.measures:
            if measure.has_range:
                kept &= measure.holds(measure.value(runs))
        return kept


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """Numbers that a measure reads: an element of a scenario at some times, for one label.

    labels: dimension and label, sorted by dimension.
    """

    scenario: str
    element: str
    labels: tuple[tuple[str, str], ...]
    years: tuple[float, ...]


class _Watched:
    """Runs of one member in which every value is 1; records what is read."""

    members = 1

    def __init__(self) -> None:
        self.asked: dict[tuple[str, str, tuple[tuple[str, str], ...]], set[float]] = {}

    def at(self, scenario: str, element: str, year: float, **labels: str) -> Reals:
        self._write(scenario, element, labels, [float(year)])
        return np.ones(1)

    def series(self, scenario: str, element: str, first: int, last: int, **labels: str) -> Reals:
        years = range(first, last + 1)
        _in_order(first, last)
        self._write(scenario, element, labels, map(float, years))
        return np.ones((1, len(years)))

    def _write(
        self, scenario: str, element: str, labels: dict[str, str], years: Iterable[float]
    ) -> None:
        key = (scenario, element, tuple(sorted(labels.items())))
        self.asked.setdefault(key, set()).update(years)


def needs(claims: Sequence[Claim]) -> tuple[Need, ...]:
    """Everything that the measures of some claims read, sorted."""
    watched = _Watched()
    with np.errstate(all="ignore"):
        for claim in claims:
            for measure in claim.measures:
                measure.value(watched)
    return tuple(
        Need(scenario, element, labels, tuple(sorted(years)))
        for (scenario, element, labels), years in sorted(watched.asked.items())
    )


@dataclass(frozen=True)
class StudyRuns:
    """The single runs of a study: one member."""

    study: Study
    members: int = field(default=1, init=False)

    def at(self, scenario: str, element: str, year: float, **labels: str) -> Reals:
        """See `ScenarioRuns`."""
        return np.array([self.study.run(scenario).at(element, year, **labels)])

    def series(self, scenario: str, element: str, first: int, last: int, **labels: str) -> Reals:
        """See `ScenarioRuns`."""
        _in_order(first, last)
        run = self.study.run(scenario)
        wanted = slice(run.point(first), run.point(last) + 1)
        return run.series(element, **labels)[None, wanted]


def _in_order(first: float, last: float) -> None:
    if first > last:
        what = f"there are no times from {first:g} to {last:g}"
        raise ScenarioError(Problem("", what, "give the first one first"))
