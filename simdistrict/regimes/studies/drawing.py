"""Parts of the figures of studies: ranges, titles, planes of two parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.counts import counted
from simdistrict.exchange.models import read_model_text
from simdistrict.figures.units import unit_words
from simdistrict.plot import COLUMN, Block, Cells, Panel, Sheet
from simdistrict.regimes.studies.data import StudyData
from simdistrict.regimes.studies.frozen_study import FrozenStudy
from simdistrict.result.dataset import time_units
from simdistrict.scenario.places import find_element

TALL = 2.0  # height of a panel in inches
FEW = 0.01  # share of undecided cells that a note reports, without a colour
UNDECIDED = "undecided"
_ROOM = 0.05


def title(study: FrozenStudy, result: StudyData) -> str:
    """The model, the isolated label and the date."""
    alone = f", {study.element}" if study.element else ""
    return f"{result.attr('model_name')}{alone}, frozen at {result.attr('frozen_at'):g}"


class Units:
    """The labels of axes, with the units of the model that a result records."""

    def __init__(self, result: StudyData) -> None:
        attrs = result.result.attrs
        text, name = str(attrs.get("model_text", "")), str(attrs.get("model_name", "model"))
        record = str(attrs.get("external_data", ""))
        self._model = read_model_text(text, name, name, record) if text else None

    def of(self, name: str) -> str:
        """An element, also with labels, and its unit; only the name of anything else."""
        found = None if self._model is None else find_element(self._model, name)[0]
        return name if found is None else f"{name} ({unit_words(found.units)})"

    def time(self, words: str = "time") -> str:
        """A label for times and durations."""
        return f"{words} ({self.of_time or 'unit not stated'})"

    @property
    def of_time(self) -> str:
        """The unit of time; empty where none is stated."""
        return "" if self._model is None else time_units(self._model)


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
    note: str = "",
) -> Sheet:
    """A figure of one panel."""
    block = Block(
        (panel,), 1, x_label, y_label, x_range=span(x, x_room), y_range=y_range, tall=TALL
    )
    return Sheet((block,), COLUMN, note)


def plane(
    study: FrozenStudy,
    result: StudyData,
    axes: tuple[str, str],
    kinds: Any,
    labels: tuple[str, ...],
    names: tuple[str, str],
) -> Sheet:
    """Cells over two variables; names: of the axes. A note reports undecided cells that are few."""
    x, y = (result[axis] for axis in axes)
    lost = kinds == labels.index(UNDECIDED)
    note = ""
    if 0 < lost.sum() < FEW * lost.size:
        kinds = filled(kinds, lost)
        some = counted(int(lost.sum()), "point")
        note = f"{some} of {lost.size} undecided, drawn as the nearest decided one."
    panel = Panel(title(study, result), (), cells=Cells(x, y, kinds, labels))
    return single(panel, x, span(y, 0.0), *names, x_room=0.0, note=note)


def filled(kinds: Any, lost: Any) -> Any:
    """The kinds, with that of the nearest decided cell in place of what is undecided."""
    found = kinds.copy()
    decided = np.argwhere(~lost)
    for cell in np.argwhere(lost):
        near = decided[np.abs(decided - cell).sum(axis=1).argmin()]
        found[tuple(cell)] = kinds[tuple(near)]
    return found
