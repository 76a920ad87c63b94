"""Comparison of two results: first differing time, element furthest upstream, largest gap.

Works on series by element, from any kind of file; runs and prints nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import ExchangeError, Problem, SimdistrictError
from simdistrict.exchange.vensim.series import ElementSeries, SeriesFile
from simdistrict.model.causality import causal_order
from simdistrict.model.expr import fold
from simdistrict.model.model import Model, Stock
from simdistrict.result.run_pairs import Choice, RunPair, paired

RTOL, ATOL = 1e-6, 1e-9
Pairs = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two values of one element at one time, in the element's unit."""

    element: str
    time: float
    a: float
    b: float

    @property
    def size(self) -> float:
        """The absolute difference; NaN where a value is NaN."""
        return abs(self.a - self.b)


@dataclass(frozen=True, slots=True)
class Gap:
    """The comparison of one element, or of one label of it, in one run.

    points: the values compared; differing: those that differ beyond tolerance; first: the first
    of these. worst: where the values are furthest apart; share: this difference relative to the
    largest value of the element, infinite where only one value is a finite number.
    """

    record: ElementSeries
    run: str
    points: int
    differing: int
    first: Difference | None
    worst: Difference
    share: float

    @property
    def time(self) -> float:
        """The time of the first difference."""
        return self.first.time if self.first else np.inf

    @property
    def title(self) -> str:
        """The name for messages, with its run if there are several."""
        return self.worst.element


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What one of two files has and the other lacks, so that it is not compared.

    values: the number of values at times that the other file does not have.
    """

    runs: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    values: int = 0

    def __bool__(self) -> bool:
        return bool(self.runs or self.elements or self.values)


@dataclass(frozen=True, slots=True)
class Axis:
    """The times of a file: how many, the first and the last."""

    count: int
    start: float
    stop: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of `compare`.

    first: the first difference beyond tolerance, of the element furthest upstream at that time;
    together: all elements that first differ then, in the same order. gaps: of every series that
    is not equal to the last bit, worst first by `Gap.share`. runs: the names of the compared runs
    in each file. elements: the names compared; series: one per label and run; points: values.
    units: elements with other units in each file; others: texts and outcomes that differ.
    left_a, left_b: what only one file has; without: elements that share no time.
    """

    first: Difference | None
    together: tuple[str, ...]
    gaps: tuple[Gap, ...]
    runs: tuple[tuple[str, str], ...]
    elements: int
    series: int
    differing_elements: int
    points: int
    differing_points: int
    times: int
    axis_a: Axis
    axis_b: Axis
    units: tuple[tuple[str, str, str], ...]
    others: tuple[str, ...]
    left_a: LeftOut
    left_b: LeftOut
    without: tuple[str, ...]

    @property
    def by_element(self) -> tuple[Gap, ...]:
        """One gap per element and run: that of the worst label, with the counts of all."""
        of: dict[tuple[str, str], list[Gap]] = {}
        for gap in self.gaps:
            of.setdefault((gap.run, gap.record.element), []).append(gap)
        return tuple(
            replace(
                gaps[0],
                points=sum(g.points for g in gaps),
                differing=sum(g.differing for g in gaps),
            )
            for gaps in of.values()
        )

    @property
    def largest(self) -> Gap | None:
        """The series with the largest relative difference; None where all numbers are equal."""
        return self.gaps[0] if self.gaps else None

    @property
    def largest_absolute(self) -> Gap | None:
        """The series with the largest absolute difference."""
        known = [gap for gap in self.gaps if not np.isnan(gap.worst.size)]
        return max(known, key=lambda gap: gap.worst.size, default=None)

    @property
    def agrees(self) -> bool:
        """Whether no compared value differs beyond tolerance, and no unit."""
        return self.first is None and not self.units

    @property
    def complete(self) -> bool:
        """Whether everything that either file holds was compared."""
        return not (self.left_a or self.left_b or self.without)

    @property
    def same(self) -> bool:
        """Whether both files hold the same within tolerance, and nothing was left out."""
        return self.agrees and self.complete and not self.others


def compare(
    a: SeriesFile,
    b: SeriesFile,
    *,
    rtol: float,
    atol: float,
    order: Sequence[str] | None = None,
    choices: tuple[Choice, Choice] = (Choice(), Choice()),
) -> Comparison:
    """Compare the runs, elements and times that both files have.

    Two values agree when |a - b| <= atol + rtol * max(|a|, |b|), when both are NaN, or when they
    are equal. order: folded element names, upstream first, to choose among the elements that
    differ first; default: the order of `a`. choices: the runs of each file, see `paired`. Raises
    ExchangeError where the files share no run, no element or no time.
    """
    pairing = paired(a, b, *choices)
    found = _Found()
    align = _Aligner()
    tolerance = rtol, atol
    for pair in pairing.pairs:
        run = str(pair.name_a) if len(pairing.pairs) > 1 else ""
        _compare_run(pair, run, align, tolerance, found)
    if not found.gaps and found.without:
        raise ExchangeError(_nothing("time", a, b, _span(a), _span(b)))
    if not found.gaps:
        raise ExchangeError(_nothing("element", a, b, _examples(a), _examples(b)))
    rank = {name: i for i, name in enumerate(order or ())}
    differing = [g for g in found.gaps if g.differing]
    start = min((g.time for g in differing), default=0.0)
    tied = [g for g in differing if abs(g.time - start) <= 1e-9 * max(1.0, abs(start))]
    tied.sort(key=lambda g: rank.get(g.record.element, len(rank)))
    unequal = sorted((g for g in found.gaps if g.share > 0), key=lambda g: -g.share)
    return Comparison(
        first=tied[0].first if tied else None,
        together=tuple(g.title for g in tied),
        gaps=tuple(unequal),
        runs=tuple((str(pair.name_a), str(pair.name_b)) for pair in pairing.pairs),
        elements=len(found.common),
        series=len(found.gaps),
        differing_elements=len({g.record.element for g in differing}),
        points=sum(g.points for g in found.gaps),
        differing_points=sum(g.differing for g in found.gaps),
        times=len(found.times) or max(g.points for g in found.gaps),
        axis_a=_axis(a),
        axis_b=_axis(b),
        units=tuple(found.units.values()),
        others=() if pairing.partial else _other_differences(a, b),
        left_a=LeftOut(pairing.only_a, tuple(found.only_a), found.values_a),
        left_b=LeftOut(pairing.only_b, tuple(found.only_b), found.values_b),
        without=tuple(found.without),
    )


def upstream_first(
    a: SeriesFile,
    b: SeriesFile,
    *,
    rtol: float = RTOL,
    atol: float = ATOL,
    choices: tuple[Choice, Choice] = (Choice(), Choice()),
) -> Comparison:
    """`compare`, in the order of the model that a file records where several differ first."""
    found = compare(a, b, rtol=rtol, atol=atol, choices=choices)
    if len(found.together) < 2:
        return found
    order = model_order(a.attrs) or model_order(b.attrs)
    if not order:
        return found
    return compare(a, b, rtol=rtol, atol=atol, order=order, choices=choices)


@dataclass(slots=True)
class _Found:
    """What the comparison of all runs collects; names once for all runs."""

    gaps: list[Gap] = field(default_factory=list)
    times: set[float] = field(default_factory=set)
    common: dict[str, None] = field(default_factory=dict)
    only_a: dict[str, None] = field(default_factory=dict)
    only_b: dict[str, None] = field(default_factory=dict)
    without: dict[str, None] = field(default_factory=dict)
    units: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    values_a: int = 0
    values_b: int = 0


def _compare_run(
    pair: RunPair, run: str, align: _Aligner, tolerance: tuple[float, float], found: _Found
) -> None:
    """Compare one run of each file."""
    for own, other, only in ((pair.a, pair.b, found.only_a), (pair.b, pair.a, found.only_b)):
        # a label without any number is how a full array holds one that a table lacks
        lacking = [r for key, r in own.items() if key not in other]
        only.update((r.name, None) for r in lacking if _known(r.values))
    for key, mine in pair.a.items():
        if key not in pair.b:
            continue
        yours = pair.b[key]
        if mine.units and yours.units and fold(mine.units) != fold(yours.units):
            found.units[mine.name] = mine.name, mine.units, yours.units
        time, left, right = align(mine, yours)
        if not (mine.constant or yours.constant):
            found.values_a += _known(mine.values) - _known(left)
            found.values_b += _known(yours.values) - _known(right)
            found.times.update(time.tolist())
        if len(time):
            found.common[mine.element] = None
            found.gaps.append(_gap(mine, run, time, left, right, tolerance))
        else:
            found.without[mine.name] = None


def _known(values: Reals) -> int:
    """How many values there are; NaN stands for a missing one."""
    return int(np.count_nonzero(~np.isnan(values)))


def _gap(
    record: ElementSeries, run: str, time: Reals, a: Reals, b: Reals, tolerance: tuple[float, float]
) -> Gap:
    rtol, atol = tolerance
    with np.errstate(invalid="ignore", over="ignore"):
        size = np.maximum(abs(a), abs(b))
        gap = abs(a - b)
        same = (a == b) | (np.isnan(a) & np.isnan(b))
        # no tolerance covers a difference from an infinite value
        close = same | (np.isfinite(gap) & (gap <= atol + rtol * size))
        scale = float(np.max(size, where=np.isfinite(size), initial=0.0))
        share = np.where(same, 0.0, np.where(np.isfinite(gap), gap / (scale or 1.0), np.inf))
    far = np.flatnonzero(~close)
    worst = int(np.argmax(share))
    title = f"{run}: {record.name}" if run else record.name

    def at(i: int) -> Difference:
        return Difference(title, float(time[i]), float(a[i]), float(b[i]))

    first = at(int(far[0])) if len(far) else None
    return Gap(record, run, len(time), len(far), first, at(worst), float(share[worst]))


def _other_differences(a: SeriesFile, b: SeriesFile) -> tuple[str, ...]:
    """Variables without series, such as texts and outcomes, that differ or that one file lacks."""
    if a.others is None or b.others is None:
        return ()
    names = dict.fromkeys((*a.others, *b.others))
    return tuple(
        name
        for name in names
        if (
            not _equal(a.others[name], b.others[name])
            if name in a.others and name in b.others
            # tables that became a result file do not say how their runs ended
            else not name.startswith(("outcome", "scenario_title"))
        )
    )


def _equal(a: NDArray[Any], b: NDArray[Any]) -> bool:
    numbers = a.dtype.kind == b.dtype.kind == "f"
    return np.array_equal(a, b, equal_nan=numbers)


class _Aligner:
    """The values of two records at their common times; matches each pair of time axes once."""

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], Pairs] = {}

    def __call__(self, a: ElementSeries, b: ElementSeries) -> tuple[Reals, Reals, Reals]:
        if a.constant and b.constant:
            return a.time[:1], a.values[:1], b.values[:1]
        if a.constant:
            return b.time, np.broadcast_to(a.values, b.values.shape), b.values
        if b.constant:
            return a.time, a.values, np.broadcast_to(b.values, a.values.shape)
        # the records outlive this object, so ids are unique
        key = id(a.time), id(b.time)
        if key not in self.known:
            self.known[key] = match_times(a.time, b.time)
        i, j = self.known[key]
        return a.time[i], a.values[i], b.values[j]


def match_times(a: Reals, b: Reals) -> Pairs:
    """Indices of the times that two ascending axes share.

    Times match when they agree to six digits, which is what Vensim writes, and are closer than a
    quarter of the smallest step of either axis.
    """
    if not len(a) or not len(b):
        empty = np.zeros(0, np.intp)
        return empty, empty
    steps = np.concatenate([np.diff(a), np.diff(b)])
    quarter = float(steps[steps > 0].min()) / 4 if (steps > 0).any() else np.inf
    right = np.clip(np.searchsorted(b, a), 1, max(len(b) - 1, 1))
    right = np.minimum(right, len(b) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(abs(a - b[left]) <= abs(b[right] - a), left, right)
    allowed = np.minimum(quarter, 6e-6 * abs(a) + 1e-9)
    places = np.flatnonzero(abs(a - b[nearest]) <= allowed)
    return places, nearest[places]


def _axis(series: SeriesFile) -> Axis:
    axes = {id(r.time): r.time for r in series.records.values() if not r.constant}
    axes = axes or {id(r.time): r.time for r in series.records.values()}
    times = np.unique(np.concatenate(list(axes.values())))
    return Axis(len(times), float(times[0]), float(times[-1])) if len(times) else Axis(0, 0.0, 0.0)


def _nothing(what: str, a: SeriesFile, b: SeriesFile, seen_a: str, seen_b: str) -> Problem:
    return Problem(
        f"{a.where} and {b.where}",
        f"the files have no {what} in common, so there is nothing to compare",
        f"the first has {seen_a}; the second has {seen_b}",
    )


def _examples(series: SeriesFile) -> str:
    names = [f'"{record.title}"' for record in series.records.values()]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _span(series: SeriesFile) -> str:
    times = np.concatenate([record.time for record in series.records.values()])
    return f"times from {times.min():g} to {times.max():g}"


# ------------------------------------------------------------------------------- causal order


def model_order(attrs: Mapping[str, object]) -> tuple[str, ...] | None:
    """Folded names, upstream first, from the model text in the attributes of a result file.

    None where there is no text or it cannot be read. Reading a model takes half a second: call
    this only where several elements differ first.
    """
    from simdistrict.exchange.models import read_model_text

    text = attrs.get("model_text")
    if not isinstance(text, str):
        return None
    try:
        name, record = str(attrs.get("model_name", "model")), str(attrs.get("external_data", ""))
        return _upstream_first(read_model_text(text, name, record=record))
    except SimdistrictError:
        return None


def _upstream_first(model: Model) -> tuple[str, ...]:
    """Elements that no stock drives (constants, data, exogenous auxiliaries), then the rest.

    Within one save step a stock responds to a constant that a policy has changed, so both differ
    at the same saved time, and the constant is the cause.
    """
    order = causal_order(model)
    driven: set[str] = set()
    for name in order:
        element = model.by_name[name]
        if isinstance(element, Stock) or not driven.isdisjoint(model.causes(element)):
            driven.add(name)
    return tuple(sorted(order, key=lambda name: name in driven))
