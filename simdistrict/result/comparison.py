"""Comparison of two results: first differing time, element furthest upstream, largest gap.

Works on series by element, from any kind of file; runs and prints nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import ExchangeError, Problem, SimdistrictError
from simdistrict.exchange.vensim.series import ElementSeries, SeriesFile
from simdistrict.model.causality import causal_order
from simdistrict.model.model import Model, Stock

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
class Comparison:
    """The result of `compare`.

    first: the first difference beyond tolerance, of the element furthest upstream at that time;
    together: all elements that first differ then, in the same order. largest: the largest
    difference, within tolerance or not, relative to the largest value of its element; None where
    all numbers are equal. elements, points: the numbers compared, and those that differ beyond
    tolerance. times: of both files together, and of each.
    """

    first: Difference | None
    largest: Difference | None
    together: tuple[str, ...]
    elements: int
    differing_elements: int
    points: int
    differing_points: int
    times: int
    times_a: int
    times_b: int
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether nothing differs beyond tolerance."""
        return self.first is None


def compare(
    a: SeriesFile, b: SeriesFile, *, rtol: float, atol: float, order: Sequence[str] | None = None
) -> Comparison:
    """Compare the elements and times that both files have.

    Two values agree when |a - b| <= atol + rtol * max(|a|, |b|), when both are NaN, or when they
    are equal. order: folded element names, upstream first, to choose among the elements that
    differ first; default: the order of `a`. Where one file holds one scenario and the other
    several, the scenario of the same name is compared. Raises ExchangeError where the files
    share no element or no time.
    """
    a, b = _of_scenario(a, b), _of_scenario(b, a)
    common = [key for key in a.records if key in b.records]
    if not common:
        raise ExchangeError(_nothing("element", a, b, _examples(a), _examples(b)))
    rank = {name: i for i, name in enumerate(order or ())}
    align = _Aligner()
    gaps: list[_Gaps] = []
    common_times: set[float] = set()
    for key in common:
        time, left, right = align(a.records[key], b.records[key])
        if len(time):
            gaps.append(_Gaps.of(a.records[key], time, left, right, rtol, atol))
            if not (a.records[key].constant or b.records[key].constant):
                common_times.update(time.tolist())
    if not gaps:
        raise ExchangeError(_nothing("time", a, b, _span(a), _span(b)))
    differing = [g for g in gaps if g.differing]
    start = min((g.time for g in differing), default=0.0)
    tied = [g for g in differing if abs(g.time - start) <= 1e-9 * max(1.0, abs(start))]
    tied.sort(key=lambda g: rank.get(g.record.element, len(rank)))
    worst = max(gaps, key=lambda g: g.share)
    return Comparison(
        first=tied[0].first if tied else None,
        largest=worst.largest if worst.share > 0 else None,
        together=tuple(g.record.title for g in tied),
        elements=len(gaps),
        differing_elements=len(differing),
        points=sum(g.points for g in gaps),
        differing_points=sum(g.differing for g in gaps),
        times=len(common_times) or max(g.points for g in gaps),
        times_a=_times(a),
        times_b=_times(b),
        only_a=tuple(r.title for key, r in a.records.items() if key not in b.records),
        only_b=tuple(r.title for key, r in b.records.items() if key not in a.records),
    )


@dataclass(frozen=True, slots=True)
class _Gaps:
    """The comparison of one element. share: its largest difference relative to its size."""

    record: ElementSeries
    points: int
    differing: int
    first: Difference | None
    largest: Difference
    share: float

    @property
    def time(self) -> float:
        return self.first.time if self.first else np.inf

    @classmethod
    def of(
        cls, record: ElementSeries, time: Reals, a: Reals, b: Reals, rtol: float, atol: float
    ) -> _Gaps:
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

        def at(i: int) -> Difference:
            return Difference(record.title, float(time[i]), float(a[i]), float(b[i]))

        first = at(int(far[0])) if len(far) else None
        return cls(record, len(time), len(far), first, at(worst), float(share[worst]))


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


def _of_scenario(series: SeriesFile, other: SeriesFile) -> SeriesFile:
    """Of a file with several scenarios, the one that the other file holds."""
    head = f"{other.attrs.get('scenario_name')}: "
    chosen = {k.removeprefix(head): r for k, r in series.records.items() if k.startswith(head)}
    return SeriesFile(series.where, chosen, series.attrs) if chosen else series


def _times(series: SeriesFile) -> int:
    axes = {id(r.time): r.time for r in series.records.values() if not r.constant}
    return len(np.unique(np.concatenate(list(axes.values())))) if axes else 1


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
