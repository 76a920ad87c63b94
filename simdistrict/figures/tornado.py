"""Tornado charts: what matters most for an indicator, from the result of an analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.figures.choice import Wanted
from simdistrict.figures.source import Source, sources_of
from simdistrict.plot import Bar, Block, Mark, Row, RowsPanel, Sheet, Style

MOST = 15
_BAR, _SPAN, _MARK = Style("#56B4E9"), Style("#0B3C5D"), Style("#D55E00", "-", "D")


@dataclass(frozen=True, slots=True)
class _Kind:
    """What is drawn of a method. bar: its variable; mark: another one; axis: the label."""

    bar: str
    bar_label: str
    mark: str
    mark_label: str
    axis: str


_KINDS: Mapping[str, _Kind] = {
    "sobol": _Kind(
        "total", "total index", "first", "first-order index", "share of the variance, dimensionless"
    ),
    "morris": _Kind(
        "mu_star",
        "mean size of the elementary effects",
        "sigma",
        "their standard deviation",
        "elementary effect, in the unit of the indicator",
    ),
    "pawn": _Kind(
        "median",
        "median distance of distributions",
        "maximum",
        "largest distance",
        "distance of distributions, dimensionless",
    ),
}


def tornado_sheet(data: object, wanted: Wanted, most: int = MOST) -> Sheet:
    """The sampled numbers that matter most, the first on top, with intervals of 95%."""
    (source, *others) = sources_of(data)
    if others:
        what = "a tornado shows one analysis"
        raise ScenarioError(Problem(source.where, what, "give one result"))
    kind = _kind(source)
    names = [str(name) for name in source.coords["sampled"].values]
    wants = [n for base in (kind.bar, kind.mark) for n in (base, f"{base}_low", f"{base}_high")]
    read = source.read([name for name in wants if name in source.about])
    columns = {name: np.asarray(v.values, float) for name, v in read.items()}
    if wanted.names:
        keep = [k for k, name in enumerate(names) if name in wanted.names]
    else:
        keep = list(range(len(names)))
    size = np.nan_to_num(columns[kind.bar], nan=-np.inf)
    order = sorted((k for k in keep if np.isfinite(size[k])), key=lambda k: -size[k])
    if not order:
        raise ScenarioError(Problem(source.where, "it holds no finite index", "see its numbers"))
    rows = [_row(names[k], k, columns, kind) for k in order[:most]]
    noise = source.attrs.get("noise")
    rule = float(str(noise)) if noise is not None else None
    panel = RowsPanel("", tuple(rows), rule, "exceeded by chance in 5 of 100 cases")
    block = Block((panel,), 1, kind.axis, "", _heading(source))
    notes = []
    if len(order) > most:
        notes.append(f"The first {most} of {len(order)} sampled numbers.")
    return Sheet((block,), wanted.width_for(1), " ".join(notes))


def is_analysis(source: Source) -> bool:
    """Whether a result is that of an analysis of sensitivity."""
    return "sampled" in source.coords and "indicator" in source.attrs and "design" in source.attrs


def _kind(source: Source) -> _Kind:
    method = str(source.attrs.get("method", ""))
    found = _KINDS.get(method)
    if is_analysis(source) and found is not None and found.bar in source.about:
        return found
    if is_analysis(source) and method == "prim":
        what = "an analysis with prim finds boxes, and a tornado shows indices"
        raise ScenarioError(Problem(source.where, what, "analyse with sobol, morris or pawn"))
    what = "it holds no analysis of sensitivity"
    hint = "make one with m.sensitivity(...) or `simdistrict sensitivity ENSEMBLE.nc -o FILE.nc`"
    raise ScenarioError(Problem(source.where, what, hint))


def _heading(source: Source) -> str:
    attrs = source.attrs
    time = attrs.get("time")
    when = f" in {float(str(time)):g}" if time is not None else " over the run"
    scenario = str(attrs.get("scenario", ""))
    return f"{attrs['indicator']}{when}" + (f", {scenario.replace('_', ' ')}" if scenario else "")


def _row(name: str, k: int, columns: Mapping[str, Any], kind: _Kind) -> Row:
    bars = [
        Bar(min(0.0, columns[kind.bar][k]), max(0.0, columns[kind.bar][k]), _BAR, kind.bar_label)
    ]
    marks = []
    for base, style, lift in ((kind.bar, _SPAN, 0.0), (kind.mark, _MARK, 0.0)):
        ends = [columns.get(f"{base}_{end}") for end in ("low", "high")]
        if base == kind.bar and all(end is not None and np.isfinite(end[k]) for end in ends):
            low, high = (float(end[k]) for end in ends if end is not None)
            bars.append(Bar(low, high, style, "interval of 95%", 0.1, lift=lift))
    if kind.mark in columns and np.isfinite(columns[kind.mark][k]):
        marks.append(Mark(float(columns[kind.mark][k]), _MARK, kind.mark_label))
    return Row(name, tuple(bars), tuple(marks))
