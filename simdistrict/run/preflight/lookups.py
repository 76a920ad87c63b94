"""Remarks on lookups and data that a run reads outside their points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.engine.program import Program
from simdistrict.model.expr import NA, fold
from simdistrict.model.model import lookup_points
from simdistrict.run.preflight.intended import NAMED, IntendedRun
from simdistrict.run.preflight.numbers import FIRST, LIVE, PLACE, Part, Remark, place_of

# rounding in what a lookup is read at, relative to its points
ROUNDING = 1e-9


def lookups(run: IntendedRun, parts: Sequence[Part]) -> Iterator[Remark]:
    """Every lookup of constants or of Time, and all data that the model uses, within its points."""
    for kind in ("lookup", "data"):
        found = [remark for part in parts if _is(run, part, kind) for remark in _of(run, part)]
        yield from found if len(found) <= NAMED else map(_short, found)


def lookups_seen(run: IntendedRun, parts: Sequence[Part]) -> Iterator[Remark]:
    """What a run has read of its lookups beyond their points, as one warning."""
    found = [remark for part in parts for remark in _of(run, part)]
    yield from found if len(found) == 1 else map(_short, found)


def _is(run: IntendedRun, part: Part, kind: str) -> bool:
    """Whether a part is a lookup, or data that the model uses."""
    used = kind == "lookup" or fold(part.watched.element) in run.model.users
    return part.watched.kind == kind and used


def _of(run: IntendedRun, part: Part) -> Iterator[Remark]:
    for label in range(part.watched.rounds):
        remark = _of_label(run, part, label)
        if remark is not None:
            yield remark


def _short(remark: Remark) -> Remark:
    """A remark that many lookups share."""
    what = "read beyond their points, where they hold the first or last value"
    return replace(remark, what=what if remark.kind == "data" else f"lookups {what}")


def _of_label(run: IntendedRun, part: Part, label: int) -> Remark | None:
    """The farthest readings of one label beyond its points."""
    numbers = part.numbers[:, :, label, :].reshape(-1, part.numbers.shape[-1])
    numbers = numbers[numbers[:, LIVE] != 0.0]
    if not len(numbers):
        return None
    watched, data = part.watched, part.watched.kind == "data"
    table = int(numbers[0, FIRST])
    what = outside(run.program, table, numbers[:, FIRST + 1], flat=data)
    if not what or (data and _is_constant(run, part, label)):
        return None
    name = "" if data else f'reads "{watched.what}" ' if watched.what else "reads its lookup "
    return Remark(watched.kind, watched, place_of(part, label), f"{name}{what}")


def _is_constant(run: IntendedRun, part: Part, label: int) -> bool:
    """Whether the file of some data states one number for all times."""
    element = run.model[part.watched.element]
    place = np.unravel_index(int(part.numbers[0, 0, label, PLACE]), run.model.shape(element))
    points = lookup_points(run.model, element).get(tuple(map(int, place)))
    return points is not None and points.constant


def outside(program: Program, table: int, read: Reals, *, flat: bool) -> str:
    """How far the readings of one table reach beyond its points; empty where they do not.

    flat: also where the points end level, so that what is held beyond them is what they lead to.
    """
    start, count = program.layout.tables[table]
    x, y = (program.layout.template[k : k + count] for k in (start, start + count))
    read = read[np.isfinite(read)]
    if (count < 2 and not flat) or not len(read) or not np.isfinite(x[0]):
        return ""
    # a label without data
    if count == 1 and (y[0] == NA or not np.isfinite(y[0])):
        return ""
    first, last = ("first", "last") if count > 1 else ("only", "only")
    slack = ROUNDING * max(abs(x[0]), abs(x[-1]))
    low, high = float(read.min()), float(read.max())
    found = []
    if low < x[0] - slack and (flat or y[0] != y[1]):
        found.append(f"at {low:.6g}, before its {first} point at {x[0]:.6g}")
    if high > x[-1] + slack and (flat or y[-1] != y[-2]):
        found.append(f"at {high:.6g}, after its {last} point at {x[-1]:.6g}")
    return " and ".join(found) and f"{' and '.join(found)}: it holds that value"
