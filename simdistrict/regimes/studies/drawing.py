"""Parts of the figures of studies: ranges, titles, planes of two parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.plot import Cells, Figure, Panel
from simdistrict.regimes.studies.data import StudyData
from simdistrict.regimes.studies.frozen_study import FrozenStudy

WIDE = (3.4, 2.5)
_ROOM = 0.05


def title(study: FrozenStudy, result: StudyData) -> str:
    """The model, the isolated label and the date."""
    alone = f", {study.element}" if study.element else ""
    return f"{result.attr('model_name')}{alone}, {result.attr('frozen_at'):g}"


def span(values: Reals, room: float = _ROOM) -> tuple[float, float]:
    """From the smallest to the largest finite value, with some room on both sides."""
    good = values[np.isfinite(values)]
    low, high = (float(good.min()), float(good.max())) if len(good) else (0.0, 1.0)
    gap = (high - low) * room if high > low else 0.5
    return low - gap, high + gap


def single(
    panel: Panel,
    x: Reals,
    y_range: tuple[float, float],
    x_label: str,
    y_label: str,
    x_room: float = _ROOM,
) -> Figure:
    """A figure of one panel."""
    return Figure((panel,), 1, y_label, span(x, x_room), y_range, (), x_label=x_label, size=WIDE)


def plane(
    study: FrozenStudy,
    result: StudyData,
    axes: tuple[str, str],
    kinds: Any,
    labels: tuple[str, ...],
    names: tuple[str, str],
) -> Figure:
    """Cells over two variables; names: of the axes."""
    x, y = (result[axis] for axis in axes)
    panel = Panel(title(study, result), (), cells=Cells(x, y, kinds, labels))
    return single(panel, x, span(y, 0.0), *names, x_room=0.0)
