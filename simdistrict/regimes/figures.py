"""The figures of studies: what is drawn of a result, not how."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.plot import FILLS, MARKS, STYLES, Band, Cells, Figure, Line, Panel, Points
from simdistrict.regimes.numerics.branch import Kind
from simdistrict.regimes.numerics.stability import Stability
from simdistrict.regimes.request import RECORD, Request
from simdistrict.result.dataset import Result

WIDE = (3.4, 2.5)
_MOST = 4
_STABLE, _UNSTABLE, _UNDECIDED = 0, 1, 3
_LINES = {
    Stability.stable: (_STABLE, "stable"),
    Stability.undecided: (_UNDECIDED, "undecided"),
}
_MARKS = {
    Kind.fold: "fold",
    Kind.hopf: "Hopf point",
    Kind.branch_point: "branch point",
    Kind.kink: "kink",
}
_ROOM = 0.05


def figure_of(result: Result, where: str) -> Figure:
    """The figure of a study's result.

    where: what the result is called in messages. Raises ExchangeError for a result that is no
    study, or a study that has no figure.
    """
    if RECORD not in result.attrs:
        what = "it holds no study of regimes"
        raise ExchangeError(Problem(where, what, "give a file that simdistrict regimes wrote"))
    study = Request.from_json(str(result.attrs[RECORD]), where).study
    if study not in _FIGURES:
        what = f"a study of the kind {study} has no figure"
        raise ExchangeError(Problem(where, what, f"those with one are {', '.join(_FIGURES)}"))
    return _FIGURES[study](result)


def _branch(result: Result) -> Figure:
    """Stable pieces solid, others dashed, special points marked."""
    x, number = _values(result, "parameter"), _values(result, "branch")
    stability, kinds = _values(result, "stability"), _values(result, "special_kind")
    special_x = _values(result, "special_parameter")
    panels = []
    for name, y, special_y in _read(result):
        lines = [
            Line(x[part], y[part], label, STYLES[style])
            for part, style, label in _pieces(number, stability)
        ]
        points = [
            Points(special_x[kinds == kind], special_y[kinds == kind], label, MARKS[k], hollow=True)
            for k, (kind, label) in enumerate(_MARKS.items())
            if (kinds == kind).any()
        ]
        panels.append((name, tuple(lines), tuple(points), y))
    return _panels(result, panels, _name(result, "parameter"), x)


def _pieces(number: Reals, stability: Reals) -> Iterator[tuple[slice, int, str]]:
    """Stretches of one branch with one stability, each up to the first point of the next."""
    start = 0
    for k in range(1, len(number) + 1):
        ends = k == len(number) or number[k] != number[start]
        if not ends and stability[k] == stability[start]:
            continue
        style, label = _LINES.get(Stability(int(stability[start])), (_UNSTABLE, "unstable"))
        yield slice(start, k if ends else k + 1), style, label
        start = k


def _hysteresis(result: Result) -> Figure:
    """One panel per sweep, of the first output."""
    x = _values(result, "parameter")
    up, down = _values(result, "up")[..., 0], _values(result, "down")[..., 0]
    panels = tuple(
        Panel(
            f"{duration:.10g} each way",
            (Line(x, up[k], "up", STYLES[0]), Line(x, down[k], "down", STYLES[1])),
        )
        for k, duration in enumerate(_values(result, "duration"))
    )
    return Figure(
        panels,
        len(panels),
        str(result.coords["output"].values[0]),
        _span(x, 0.0),
        _span(np.concatenate([up.ravel(), down.ravel()])),
        (),
        x_label=_name(result, "parameter"),
        size=(2.4, 2.2),
    )


def _fold_curve(result: Result) -> Figure:
    """The border of the region with several worlds, in the plane of two parameters."""
    x, y, number = (_values(result, n) for n in ("parameter", "second_parameter", "curve"))
    lines = tuple(
        Line(x[number == k], y[number == k], "fold", STYLES[0]) for k in np.unique(number)
    )
    cusps = _values(result, "cusp_parameter"), _values(result, "cusp_second_parameter")
    points = (Points(*cusps, "cusp", MARKS[3]),) if len(cusps[0]) else ()
    panel = Panel(_title(result), lines, points)
    one, two = _name(result, "parameter"), _name(result, "second_parameter")
    return Figure((panel,), 1, two, _span(x), _span(y), (), x_label=one, size=WIDE)


def _basins_along(result: Result) -> Figure:
    """The share of each attractor with its interval."""
    x = _values(result, "parameter")
    lines, bands = [], []
    for k in range(_values(result, "share").shape[1]):
        there = np.isfinite(_values(result, "period")[:, k])
        share, low, high = (
            np.where(there, _values(result, n)[:, k], np.nan)
            for n in ("share", "share_low", "share_high")
        )
        style = STYLES[k % len(STYLES)]
        lines.append(Line(x, share, f"attractor {k}", style))
        bands.append(Band(x, low, high, "", style))
    lost = _values(result, "undecided")
    points = (
        (Points(x[lost > 0], lost[lost > 0], "undecided", MARKS[3], True),) if lost.any() else ()
    )
    members = len(_values(result, "initial_state"))
    panel = Panel(
        _title(result), tuple(lines), points, f"{members} initial states", bands=tuple(bands)
    )
    label, name = "share of initial states", _name(result, "parameter")
    return Figure((panel,), 1, label, _span(x, 0.0), (0, 1.02), (), x_label=name, size=WIDE)


def _regime_map(result: Result) -> Figure:
    """The number of worlds, or in how many of them the rule holds."""
    worlds = _values(result, "worlds").astype(np.int64)
    if "held" in result.variables:
        held = _values(result, "held")
        rule = _name(result, "held").partition(" in which ")[2]
        kinds = np.where(held == 0, 0, np.where(held < worlds, 1, 3))
        kinds[worlds == 0] = 2
        labels: tuple[str, ...] = (
            f"no world with {rule}",
            "some worlds",
            "undecided",
            "every world",
        )
    else:
        most = len(FILLS) - 1
        kinds = np.minimum(worlds, most)
        names = [f"{k} world{'' if k == 1 else 's'}" for k in range(1, most)]
        labels = ("undecided", *names, f"{most} worlds or more")
    x, y = _values(result, "first_value"), _values(result, "second_value")
    names_ = _name(result, "first_value"), _name(result, "second_value")
    return _plane(result, x, y, kinds.T, labels, *names_)


def _policy_map(result: Result) -> Figure:
    """Where each policy leads: as without one, elsewhere, undecided."""
    ids = _values(result, "attractor_id").astype(np.int64)
    untouched = int(str(result.attrs["untouched"]))
    kinds = np.where(ids == untouched, 0, 3)
    kinds[ids < 0] = 2
    labels = ("the world without a policy", "", "undecided", "another world")
    x, y = _values(result, "length_value"), _values(result, "dose_value")
    return _plane(result, x, y, kinds, labels, "duration", _name(result, "dose_value"))


def _plane(
    result: Result,
    x: Reals,
    y: Reals,
    kinds: np.ndarray,
    labels: tuple[str, ...],
    x_name: str,
    y_name: str,
) -> Figure:
    panel = Panel(_title(result), (), cells=Cells(x, y, kinds, labels))
    ranges = _span(x, 0.0), _span(y, 0.0)
    return Figure((panel,), 1, y_name, *ranges, (), x_label=x_name, size=WIDE)


def _loops(result: Result) -> Figure:
    """The share of each named loop; of each loop where none has a name."""
    times = np.asarray(result.coords["time"].values, float)
    if "share" in result.variables:
        values, names = _values(result, "share"), list(result.coords["name"].values)
    else:
        values, names = np.abs(_values(result, "score")), list(result.coords["loop"].values)
    order = sorted(range(len(names)), key=lambda k: -float(np.nan_to_num(values[:, k]).mean()))
    panels = tuple(
        Panel(str(names[k]), (Line(times, values[:, k], "share of loop scores", STYLES[0]),))
        for k in order[: 2 * _MOST]
    )
    columns = min(_MOST, max(len(panels), 1))
    return Figure(panels, columns, "share", _span(times, 0.0), (0, 1.02), (), x_label="time")


# ---------------------------------------------------------------------- parts


def _read(result: Result) -> Iterator[tuple[str, Reals, Reals]]:
    """Name, values along the branch and at special points: outputs, else the first stock."""
    if "value" in result.variables:
        labels = list(result.coords["output"].values)[:_MOST]
        for k, name in enumerate(labels):
            yield str(name), _values(result, "value")[:, k], _values(result, "special_value")[:, k]
        return
    name = str(result.coords["stock"].values[0])
    yield name, _values(result, "state")[:, 0], _values(result, "special_state")[:, 0]


def _panels(
    result: Result,
    panels: Sequence[tuple[str, tuple[Line, ...], tuple[Points, ...], Reals]],
    x_name: str,
    x: Reals,
) -> Figure:
    """Panels of several quantities, each called by its name."""
    values = np.concatenate([y for *_, y in panels])
    alone = len(panels) == 1
    made = tuple(
        Panel(_title(result) if alone else name, lines, points) for name, lines, points, _ in panels
    )
    label = panels[0][0] if alone else "output"
    columns = 1 if alone else 2
    return Figure(made, columns, label, _span(x, 0.0), _span(values), (), x_label=x_name, size=WIDE)


def _title(result: Result) -> str:
    request = Request.from_json(str(result.attrs[RECORD]), "result")
    alone = f", {request.element}" if request.element else ""
    return f"{result.attrs['model_name']}{alone}, {result.attrs['frozen_at']:g}"


def _name(result: Result, variable: str) -> str:
    return str(result.variables[variable].attrs["long_name"])


def _values(result: Result, name: str) -> Any:
    return np.asarray(result.variables[name].values)


def _span(values: Reals, room: float = _ROOM) -> tuple[float, float]:
    """From the smallest to the largest finite value, with some room on both sides."""
    good = values[np.isfinite(values)]
    low, high = (float(good.min()), float(good.max())) if len(good) else (0.0, 1.0)
    gap = (high - low) * room if high > low else 0.5
    return low - gap, high + gap


_FIGURES: dict[str, Callable[[Result], Figure]] = {
    "branch": _branch,
    "fold curve": _fold_curve,
    "hysteresis": _hysteresis,
    "basins along": _basins_along,
    "regime map": _regime_map,
    "policy map": _policy_map,
    "loops": _loops,
}
assert len(_MARKS) <= len(MARKS)
