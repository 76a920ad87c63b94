"""A figure of the width of a page or of a column: blocks of panels, one legend, a note."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from simdistrict.plot.panels import Panel, draw_panel
from simdistrict.plot.rows import RowsPanel, draw_rows, margins, row_ends
from simdistrict.plot.style import INK, RULE, SHADE, SMALL
from simdistrict.plot.words import fitted, in_columns, verbatim, width_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

MM = 25.4
PAGE, COLUMN = 180.0, 90.0  # mm
TITLE, LEGEND = 7.5, 7.0  # points
_ROW, _LINE, _HEAD, _EDGE = 0.165, 0.135, 0.24, 0.05  # inches
_REMARK = 9.0  # points
_MARK = 0.04  # room for marks at the ends of an axis, as a share of it
_HANDLE = 0.42  # a sample of a legend with its space, in inches


@dataclass(frozen=True, slots=True)
class Block:
    """Panels on a grid, with one x axis and, unless `own_y`, one y axis.

    x_label, y_label: with the unit; a panel's own y_label stands at the panel. x_range, y_range:
    None is found from the data. from_zero: the y axis begins at 0 where nothing is below. rule: a
    horizontal line, rule_label: in the legend. shade_from: the x from which the ground is grey,
    shade_label: in the legend. log_x: a logarithmic x axis of rows; log_y: a logarithmic y axis.
    own_labels: each panel of rows has its own labels. tall: height of a panel in inches; None is
    found from its width.
    """

    panels: tuple[Panel | RowsPanel, ...]
    columns: int
    x_label: str
    y_label: str
    heading: str = ""
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    own_y: bool = False
    own_x: bool = False
    from_zero: bool = False
    rule: float | None = None
    rule_label: str = ""
    shade_from: float | None = None
    shade_label: str = ""
    log_x: bool = False
    log_y: bool = False
    own_labels: bool = False
    tall: float | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """Blocks from top to bottom; width: in mm; note: small print below.

    legend: labels in their order; others follow as they are drawn.
    """

    blocks: tuple[Block, ...]
    width: float = PAGE
    note: str = ""
    legend: tuple[str, ...] = ()


def fill_sheet(canvas: Canvas, sheet: Sheet) -> None:
    """Draw on an empty canvas."""
    width = sheet.width / MM
    heights = [_height(block, width) for block in sheet.blocks]
    handles: dict[str, Any] = {}
    canvas.set_size_inches(width, sum(heights) + 1.0)
    canvas.set_layout_engine("constrained")
    parts = canvas.subfigures(len(sheet.blocks), 1, height_ratios=heights, squeeze=False)[:, 0]
    for part, block in zip(parts, sheet.blocks, strict=True):
        _block(part, block, width, handles)
    handles.pop("", None)
    first = {label: handles[label] for label in sheet.legend if label in handles}
    handles = {**first, **handles}
    foot = _foot(canvas, sheet, handles, width, sum(heights))
    height = sum(heights) + foot
    engine: Any = canvas.get_layout_engine()
    engine.set(
        rect=(0, foot / height, 1, 1 - foot / height),
        w_pad=0.03,
        h_pad=0.03,
        wspace=0.02,
        hspace=0.03,
    )


def _height(block: Block, width: float) -> float:
    rows = -(-len(block.panels) // block.columns)
    head = _HEAD if block.heading else 0.0
    foot = 0.36 if block.x_label else 0.06
    if isinstance(block.panels[0], RowsPanel):
        most = max(len(p.rows) for p in block.panels if isinstance(p, RowsPanel))
        return head + foot + rows * (0.3 + (block.tall or _ROW) * most)
    tall = block.tall or min(max(0.62 * width / block.columns, 1.0), 2.2)
    titles = 0.18 if any(p.title for p in block.panels) else 0.05
    titles += 0.14 if any(isinstance(p, Panel) and p.heading for p in block.panels) else 0.0
    own = foot if block.own_x else 0.1
    titles += max(len(p.remarks) for p in block.panels if isinstance(p, Panel)) * _REMARK / 72
    return head + foot + rows * (tall + titles + own)


def _block(part: Any, block: Block, width: float, handles: dict[str, Any]) -> None:
    rows = -(-len(block.panels) // block.columns)
    share_x: Any = False if block.own_x else "all"
    listed = isinstance(block.panels[0], RowsPanel)
    share_y: Any = False if block.own_y or listed else "all"
    grid = part.subplots(rows, block.columns, sharex=share_x, sharey=share_y, squeeze=False)
    room = width / block.columns - (0.75 if block.own_y else 0.3)
    if not block.own_y:
        room -= (0.45 if block.y_label else 0.0) / block.columns
    for number, panel in enumerate(block.panels):
        axis = grid.flat[number]
        if isinstance(panel, RowsPanel):
            room = _draw_rows(axis, block, number, handles, width)
        else:
            draw_panel(axis, panel, handles)
        remarks = panel.remarks if isinstance(panel, Panel) else ()
        title = fitted(panel.title, room, TITLE, 3, "bold")
        axis.set_title(title, fontsize=TITLE, pad=3 + _REMARK * len(remarks))
        if isinstance(panel, Panel) and panel.heading:
            _heading(axis, panel.heading, width, title)
        for line, (words, colour) in enumerate(reversed(remarks)):
            axis.annotate(
                fitted(words, room, SMALL, 1),
                (0, 1),
                (0, 3 + _REMARK * line),
                xycoords="axes fraction",
                textcoords="offset points",
                fontsize=SMALL,
                color=colour,
            )
        sides: Any = "x" if isinstance(panel, RowsPanel) else "both"
        axis.tick_params(axis=sides, length=2, width=0.6, labelsize=SMALL)
        _x_axis(axis, block, panel, number, room)
        if isinstance(panel, Panel):
            _y_axis(axis, block, panel)
        _ground(axis, block, handles)
    for axis in grid.flat[len(block.panels) :]:
        axis.set_visible(False)
    if block.heading:
        words = fitted(block.heading, width - 0.1, 8.5, 1, "bold")
        part.suptitle(words, x=0.01, ha="left", fontsize=8.5, weight="bold")
    if block.y_label:
        part.supylabel(_broken(block.y_label, block, rows), fontsize=LEGEND)
    if block.x_label and not block.own_x and not (listed and block.columns == 1):
        part.supxlabel(fitted(block.x_label, width - 0.3, LEGEND, 2), fontsize=LEGEND)


def _draw_rows(
    axis: Axes, block: Block, number: int, handles: dict[str, Any], width: float
) -> float:
    """Draw a panel of rows; returns the width that is left for it."""
    panel = block.panels[number]
    assert isinstance(panel, RowsPanel)
    if block.own_labels:
        own = width / block.columns
        draw_rows(axis, panel, handles, own)
        return own - margins(panel, own)
    draw_rows(axis, panel, handles, width if number % block.columns == 0 else 0.0)
    return (width - margins(panel, width)) / block.columns


def _ground(axis: Axes, block: Block, handles: dict[str, Any]) -> None:
    """Draw shade and rule below everything else."""
    if block.shade_from is not None:
        _, end = axis.get_xlim()
        shade = axis.axvspan(block.shade_from, end, color=SHADE, lw=0, zorder=0)
        axis.set_xlim(right=end)
        handles.setdefault(block.shade_label, shade)
    if block.rule is not None and not isinstance(block.panels[0], RowsPanel):
        rule = axis.axhline(block.rule, color=RULE, lw=0.8, ls=(0, (1, 1)), zorder=1)
        handles.setdefault(block.rule_label, rule)


def _heading(axis: Axes, heading: str, width: float, title: str) -> None:
    lines = title.count("\n") + 1 if title else 0
    words = fitted(heading, width - 0.6, 8.5, 1, "bold")
    # a blank of the same height keeps its place, since the words are wider than the panel
    for text, placed in ((" ", True), (words, False)):
        axis.annotate(
            text,
            (0, 1),
            (0, 4 + 11 * lines),
            xycoords="axes fraction",
            textcoords="offset points",
            fontsize=8.5,
            weight="bold",
        ).set_in_layout(placed)


def _broken(label: str, block: Block, rows: int) -> str:
    tall = rows * (block.tall or 1.0) + 0.2
    return fitted(label, max(tall, 1.0), LEGEND, 3)


def _x_axis(axis: Axes, block: Block, panel: Panel | RowsPanel, number: int, room: float) -> None:
    from matplotlib.ticker import MaxNLocator

    shown = block.panels if not block.own_x else (panel,)
    values = _xs(shown)
    room_at_ends = 0.0 if isinstance(panel, Panel) else 0.05
    if block.log_x:
        low, high = (10.0**end for end in limits(np.log10(values), room_at_ends))
    else:
        low, high = block.x_range or limits(values, room_at_ends)
    if isinstance(panel, Panel) and any(p.points for p in shown if isinstance(p, Panel)):
        low, high = low - _MARK * (high - low), high + _MARK * (high - low)  # whole marks
    axis.set_xlim(low, high)
    last = bool(block.x_label) and number + block.columns >= len(block.panels)
    axis.tick_params(axis="x", labelbottom=last or block.own_x)
    listed = isinstance(panel, RowsPanel)
    if block.x_label and (block.own_x or (listed and block.columns == 1)):
        axis.set_xlabel(fitted(block.x_label, room, LEGEND, 2), fontsize=LEGEND, labelpad=2)
    if block.log_x:
        _log_scale(axis, "x", low, high)
        return
    axis.ticklabel_format(axis="x", useOffset=False, style="plain")
    most = max(1, min(6, int(room / 0.5)))
    axis.xaxis.set_major_locator(MaxNLocator(most, steps=[1, 2, 2.5, 4, 5, 10]))


def _log_scale(axis: Axes, side: str, low: float, high: float) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axis.set(**{f"{side}scale": "log", f"{side}lim": (low, high)})
    own = axis.xaxis if side == "x" else axis.yaxis
    own.set_major_locator(LogLocator(numticks=5))
    own.set_minor_locator(NullLocator())
    own.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))


def _y_axis(axis: Axes, block: Block, panel: Panel) -> None:
    from matplotlib.ticker import MaxNLocator

    shown = (panel,) if block.own_y else block.panels
    values = np.concatenate([[block.rule] if block.rule is not None else [], _ys(shown)])
    from_zero = panel.from_zero if block.own_y else block.from_zero
    given = panel.y_range or block.y_range
    if block.log_y:
        low, high = given or (10.0**end for end in limits(np.log10(values), 0.06))
        _log_scale(axis, "y", low, high)
    else:
        low, high = given or limits(values, 0.06, from_zero=from_zero)
        if any(p.points for p in shown if isinstance(p, Panel)):
            low -= _MARK * (high - low)
        axis.set_ylim(low, high)
        axis.ticklabel_format(axis="y", useOffset=False, style="plain")
        axis.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    if panel.y_label:
        words = fitted(panel.y_label, max(block.tall or 1.1, 0.8), LEGEND, 2)
        axis.set_ylabel(words, fontsize=LEGEND, labelpad=2)
    elif panel.y_range is not None:
        axis.tick_params(axis="y", labelleft=False)


def _xs(panels: tuple[Panel | RowsPanel, ...]) -> Any:
    found: list[Any] = [[]]
    for panel in panels:
        if isinstance(panel, RowsPanel):
            found.append(row_ends(panel))
            continue
        found += [line.x for line in panel.lines]
        found += [panel.cells.x] if panel.cells else []
        found += [part.x for part in panel.points]
        found += [band.x for band in panel.bands]
    return np.concatenate([np.asarray(part, float) for part in found])


def _ys(panels: tuple[Panel | RowsPanel, ...]) -> Any:
    found: list[Any] = [[]]
    for panel in (p for p in panels if isinstance(p, Panel)):
        found += [line.y for line in panel.lines]
        found += [panel.cells.y] if panel.cells else []
        found += [part.y for part in panel.points]
        found += [end for band in panel.bands for end in (band.low, band.high)]
    return np.concatenate([np.asarray(part, float) for part in found])


def limits(values: Any, room: float, *, from_zero: bool = False) -> tuple[float, float]:
    """A range that holds all finite values, with room at its ends; room: a share."""
    good = values[np.isfinite(values)]
    low, high = (float(good.min()), float(good.max())) if len(good) else (0.0, 1.0)
    floor = from_zero and low >= 0
    low = 0.0 if floor else low
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        gap = 0.05 * abs(high) or 0.5
        return (0.0 if floor else low - gap), high + gap
    gap = room * (high - low)
    return (low if floor else low - gap), high + gap


def _foot(
    canvas: Canvas, sheet: Sheet, handles: dict[str, Any], width: float, above: float
) -> float:
    """Draw legend and note below the blocks; returns their height in inches."""
    letters = max(20, int(width / width_of("n" * 10, SMALL) * 10 * 1.12))
    notes = [line for text in sheet.note.split("\n") for line in textwrap.wrap(text, letters)]
    labels = list(handles)
    columns = in_columns(labels, width - 0.1, LEGEND, _HANDLE) if labels else 1
    lines = -(-len(labels) // columns)
    note, legend = _LINE * len(notes), (0.17 * lines + 0.06 if labels else 0.0)
    foot = note + legend + _EDGE + (0.03 if notes else 0.0)
    height = above + foot
    canvas.set_size_inches(width, height)
    if labels:
        canvas.legend(
            list(handles.values()),
            [fitted(label, width - 0.6, LEGEND, 1) for label in labels],
            loc="lower center",
            bbox_to_anchor=(0.5, (note + _EDGE) / height),
            ncols=columns,
            frameon=False,
            fontsize=LEGEND,
            handlelength=2.2,
            columnspacing=1.2,
            labelspacing=0.35,
            borderpad=0.1,
            borderaxespad=0.0,
        ).set_in_layout(False)
    if notes:
        words = verbatim("\n".join(notes))
        canvas.text(
            0.06 / width, _EDGE / height, words, fontsize=SMALL, color=INK, va="bottom"
        ).set_in_layout(False)
    return foot
