"""Regimes over time: a band for each label, a panel for each run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.figures.choice import Wanted
from simdistrict.plot import COLUMN, Bar, Block, Row, RowsPanel, Sheet, Style

# light and dark in turn, with hatches, so that they differ in black and white
LOOKS = (
    (Style("#56B4E9"), ""),
    (Style("#D55E00"), "////"),
    (Style("#009E73"), "...."),
    (Style("#E69F00"), ""),
    (Style("#0072B2"), "\\\\\\\\"),
    (Style("#CC79A7"), "xxxx"),
    (Style("#F0E442"), "----"),
    (Style("#444444"), ""),
)
OTHER = (Style("#D9DCE0"), "")
_MOST_ROWS = 40


def regimes_sheet(
    found: Mapping[str, Any],
    regimes: Sequence[str],
    times: Any,
    titles: Mapping[str, str],
    x_label: str,
    wanted: Wanted,
) -> Sheet:
    """Stretches of regimes as bands.

    found: the document of a detection; regimes: their names in the order of the rules, others are
    grey; times: the saved ones; titles: of the scenarios by their names.
    """
    by_run: dict[str, list[Any]] = {}
    for run in found["runs"]:
        by_run.setdefault(run["scenario"], []).append(run)
    if len(regimes) > len(LOOKS):
        what = f"{len(regimes)} regimes are more than {len(LOOKS)} colours that can be told apart"
        raise ScenarioError(Problem("rules", what, "name fewer regimes"))
    looks = dict(zip(regimes, LOOKS, strict=False))
    if len(times) < 2:
        what = "it holds one time, and regimes are drawn over time"
        raise ScenarioError(Problem(str(found["file"]), what, "save more times"))
    notes = []
    panels = []
    for scenario, runs in by_run.items():
        rows = [_row(run, looks, times) for run in runs[:_MOST_ROWS]]
        if len(runs) > _MOST_ROWS:
            notes.append(f"The first {_MOST_ROWS} of {len(runs)} labels.")
        panels.append(RowsPanel(titles.get(scenario, scenario), tuple(rows)))
    columns = min(len(panels), 3)
    width = wanted.width_for(columns)
    columns = columns if width > 1.4 * COLUMN else 1
    low, high = float(times[0]), float(times[-1])
    block = Block(tuple(panels), columns, x_label, "", x_range=(low, high))
    return Sheet((block,), width, " ".join(dict.fromkeys(notes)), tuple(regimes))


def _row(run: Mapping[str, Any], looks: Mapping[str, tuple[Style, str]], times: Any) -> Row:
    bars = []
    for stretch in run["regimes"]:
        # a stretch lasts until the next one begins
        after = times[np.searchsorted(times, stretch["to"], side="right") :]
        end = float(after[0]) if len(after) else float(times[-1])
        style, hatch = looks.get(stretch["regime"], OTHER)
        bars.append(Bar(float(stretch["from"]), end, style, stretch["regime"], 0.78, hatch=hatch))
    return Row(run["label"] or "whole model", tuple(bars))
