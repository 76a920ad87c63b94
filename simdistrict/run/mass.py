"""Whether mass is conserved: what leaves a stock arrives in another, or leaves the model.

Each stock changes in a step by its net flow, and its net flow is the sum of its flows as the run
shows them, so that both ends of a flow agree. Tolerances are relative to the stocks and flows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.engine.program import Program
from simdistrict.model.expr import Ref, fold, signed_terms
from simdistrict.model.model import Model, Stock

# accumulated rounding error relative to the magnitudes of the terms
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Leak:
    """A stock whose mass does not add up; name: with its label; what: with the time."""

    stock: str
    name: str
    line: int
    what: str


def leaks(
    model: Model, program: Program, times: Sequence[float], rows: Reals, step: float | None
) -> Iterator[Leak]:
    """At most one leak of each stock of the model.

    rows: of the vector at its saved points; step: the time step, where every point of a run with
    Euler's method is saved, so that the changes of the stocks are known.
    """
    with np.errstate(invalid="ignore", over="ignore"):
        for stock in model:
            if isinstance(stock, Stock):
                yield from _leak(model, program, stock, times, rows, step)


def _leak(
    model: Model,
    program: Program,
    stock: Stock,
    times: Sequence[float],
    rows: Reals,
    step: float | None,
) -> Iterator[Leak]:
    layout = program.layout
    slot = layout.slots[fold(stock.name)]
    places = list(range(slot.size) if slot.defined is None else slot.defined)
    held = rows[:, [slot.offset + k for k in places]]
    rate = layout.rates.start + slot.offset - layout.stocks.start
    rates = rows[:, [rate + k for k in places]]

    flows = _flows(model, program, stock, rows)
    moved = np.abs(rates) if flows is None else flows[1][:, places]
    # what a stock holds and moves at most in the run
    size = np.nanmax(np.abs(held), axis=0, initial=0.0)
    most = np.nanmax(moved, axis=0, initial=0.0)

    def spot(gap: Reals, scale: Reals) -> tuple[int, int] | None:
        share = np.divide(gap, scale, out=np.zeros_like(gap), where=scale > 0.0)
        if not np.nanmax(share, initial=0.0) > ROUNDING:
            return None
        point, column = np.unravel_index(int(np.nanargmax(share)), share.shape)
        return int(point), int(column)

    def leak(column: int, what: str) -> Leak:
        position = tuple(map(int, np.unravel_index(places[column], slot.shape)))
        labels = ",".join(model.labels_at(stock, position))
        return Leak(stock.name, stock.name + (f"[{labels}]" if labels else ""), stock.line, what)

    forced = {
        place
        for place, one in zip(program.limits.stocks, program.limits.forced, strict=True)
        if one
    }
    columns = [k for k, place in enumerate(places) if slot.offset + place in forced]
    empty = (held[:, columns] <= 0.0) & (rates[:, columns] < 0.0)
    if empty.any():
        point, column = (int(k) for k in np.argwhere(empty)[0])
        what = f"is empty at {times[point]:.10g}, and a flow that has several stocks at one end "
        yield leak(columns[column], what + "takes from it what is not there")
        return
    if step is not None:
        change, net = np.diff(held, axis=0), step * rates[:-1]
        if at := spot(np.abs(change - net), size + step * most):
            begin, end = times[at[0]], times[at[0] + 1]
            what = f"changes by {change[at]:.6g} from {begin:.10g} to {end:.10g}, and its flows "
            yield leak(at[1], what + f"make {net[at]:.6g}")
            return
    if flows is not None:
        total = flows[0][:, places]
        if at := spot(np.abs(rates - total), most):
            what = f"has the net flow {rates[at]:.6g} at {times[at[0]]:.10g}, and its flows sum up "
            yield leak(at[1], what + f"to {total[at]:.6g}")
            return
    if stock.non_negative and (below := held < 0.0).any():
        point, column = (int(k) for k in np.argwhere(below)[0])
        yield leak(column, f"is non-negative, and {held[point, column]:.6g} at {times[point]:.10g}")


def _flows(model: Model, program: Program, stock: Stock, rows: Reals) -> tuple[Reals, Reals] | None:
    """The sum of a stock's flows and that of their magnitudes; None for another net flow."""
    total: Reals | None = None
    if len(stock.equations) != 1 or stock.equations[0].subscripts != tuple(map(fold, stock.dims)):
        return None
    for sign, term in signed_terms(stock.equations[0].expression):
        if not isinstance(term, Ref) or term.subscripts != stock.equations[0].subscripts:
            return None
        element = model.by_name.get(term.name)
        if element is None or element.dims != stock.dims:
            return None
        slot = program.shown(term.name)
        values = rows[:, slot.offset : slot.offset + slot.size]
        if total is None:
            total, size = np.zeros_like(values), np.zeros_like(values)
        total, size = total + sign * values, size + np.abs(values)
    return None if total is None else (total, size)
