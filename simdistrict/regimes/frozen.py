"""A model frozen at a date: the free stocks, and the values of everything else.

The model runs to the date; then Time, the data, the policies and the held stocks stay constant, and
the free stocks follow their own dynamics.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import EngineError, Problem, ScenarioError, did_you_mean
from simdistrict.engine.backends import ADAPTIVE, IMPLICIT
from simdistrict.engine.integrators.fixed import Trajectory, fixed_steps
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.layout import (
    HELD_TIME,
    MOVING_TIME,
    SAMPLING,
    SLACK,
    SWITCH_TIME,
    TIME,
    Slot,
    Symbol,
)
from simdistrict.engine.lowering.restrict import Causes, causes_of, upstream
from simdistrict.engine.outcome import Outcome
from simdistrict.model.expr import fold
from simdistrict.model.model import TimeGrid
from simdistrict.run.plan import Plan, constants_of, moves_of

log = logging.getLogger(__name__)

# largest distance of a date from a time step, as a fraction of the step
_NEAR = 1e-6


@dataclass(frozen=True)
class Label:
    """An isolated label: the names of its dimension and itself, and its position."""

    dimension: str
    name: str
    position: int


@dataclass(frozen=True, eq=False)
class Frozen:
    """A model at a date.

    vector: all values at the date; free: places of the free stocks in it; names: theirs, with
    labels; past: the free stocks at every time step up to the date, (points, stocks); trends: the
    held stocks that grow or shrink on their own; label: the isolated one.
    """

    plan: Plan
    at: float
    vector: tuple[float, ...]
    free: tuple[int, ...]
    names: tuple[str, ...]
    past: Reals
    trends: tuple[Slot, ...]
    label: Label | None
    causes: Causes


def freeze(
    plan: Plan,
    at: float | None = None,
    element: str = "",
    hold: Sequence[str] = (),
    free: Sequence[str] = (),
) -> Frozen:
    """Run a plan to a date and freeze the model there.

    at: the date, by default the end of the run; element: a label, whose stocks alone are free;
    hold, free: stocks that are held, or free, contrary to the default.
    Raises ScenarioError for a date off the grid or an unknown name, EngineError where the run does
    not reach the date or no stock is free.
    """
    grid = _grid_to(plan, at)
    path = _run(plan, grid)
    if path.ending.outcome is not Outcome.completed:
        what = f"the run does not get to {grid.stop:g}: {path.ending.message}"
        raise EngineError(Problem(f"scenario {plan.resolved.name}", what, "freeze it earlier"))
    program = plan.prepared.program
    layout = program.layout
    vector = [*path.rows[-1], *layout.template[layout.values :]]
    half = grid.time_step / 2 - grid.slack
    vector[TIME] = vector[HELD_TIME] = grid.stop
    vector[SWITCH_TIME] = vector[MOVING_TIME] = grid.stop + half
    vector[SLACK] = grid.slack
    vector[SAMPLING] = 0.0
    if program.limited:
        log.warning(
            "%s: a frozen model does not limit the flows of non-negative stocks such as %s",
            plan.prepared.model.name, program.limited,
        )  # fmt: skip
        for place in program.limits.held:
            vector[place] = 0.0
    label = label_of(plan, element) if element else None
    causes = causes_of(plan.prepared.model, program)
    held, freed = _named(causes, hold, "--hold"), _named(causes, free, "--free")
    trends = tuple(slot for slot in _trends(causes, vector) if slot.symbol not in freed)
    still = {*held, *(slot.symbol for slot in trends)}
    stocks = stock_places(causes, label)
    kept = [stock for stock in stocks if stock.slot.symbol not in still]
    if not kept and not held:
        kept, trends = stocks, ()
    if not kept:
        what = f"no stock is free in {plan.prepared.model.name}"
        hint = "hold fewer of them, or choose a label that has stocks"
        raise EngineError(Problem("regimes", what, hint))
    places = tuple(stock.place for stock in kept)
    past = np.array([[row[p] for p in places] for row in path.rows])
    spelled = tuple(stock.spelled for stock in kept)
    return Frozen(plan, grid.stop, tuple(vector), places, spelled, past, trends, label, causes)


@dataclass(frozen=True, eq=False)
class StockPlace:
    """One number of a stock: its slot, its place in the vector, and its name with labels."""

    slot: Slot
    place: int
    spelled: str


def stock_places(causes: Causes, label: Label | None) -> list[StockPlace]:
    """All numbers of stocks, or those of a label."""
    model = causes.model
    found = []
    for slot in causes.stocks:
        dims = [fold(d) for d in causes.elements[slot.symbol].dims]
        if label is not None and fold(label.dimension) not in dims:
            continue
        for k, position in enumerate(np.ndindex(*slot.shape)):
            if slot.defined is not None and k not in slot.defined:
                continue
            if label is not None and position[dims.index(fold(label.dimension))] != label.position:
                continue
            labels = [
                model.dims_by_name[dim].labels[at] for dim, at in zip(dims, position, strict=True)
            ]
            inside = f"[{','.join(labels)}]" if labels else ""
            found.append(StockPlace(slot, slot.offset + k, f"{slot.symbol}{inside}"))
    return _named_apart(found)


def _named_apart(found: Sequence[StockPlace]) -> list[StockPlace]:
    """The same, with a number after the name of a stock inside a function that is taken."""
    taken = {stock.spelled for stock in found if not stock.slot.symbol.internal}
    apart = []
    for stock in found:
        name, k = stock.spelled, 1
        while stock.slot.symbol.internal and name in taken:
            k += 1
            name = f"{stock.spelled} ({k})"
        taken.add(name)
        apart.append(replace(stock, spelled=name))
    return apart


def _grid_to(plan: Plan, at: float | None) -> TimeGrid:
    grid = plan.grid
    if at is None:
        return replace(grid, every=1)
    steps = round((at - grid.start) / grid.time_step)
    if not 0 <= steps <= grid.steps or abs(grid.at(steps) - at) > _NEAR * grid.time_step:
        what = f"{at:g} is no time step of the run, {grid.start:g} to {grid.stop:g} by "
        hint = "choose a date on the grid, or another time step"
        raise ScenarioError(Problem("--at", f"{what}{grid.time_step:g}", hint))
    return replace(grid, steps=steps, every=1)


def _run(plan: Plan, grid: TimeGrid) -> Trajectory:
    program = plan.prepared.program
    vector, moves = constants_of(plan), moves_of(plan)
    if plan.integrator not in ADAPTIVE:
        return fixed_steps(program, grid, vector, moves, integrator=plan.integrator)
    from simdistrict.engine.integrators.adaptive import (
        Tolerance,
        adaptive_steps,
    )
    from simdistrict.engine.integrators.stiff import stiff_steps

    given, tolerance = (program, grid, vector, moves), Tolerance(plan.rtol, plan.atol)
    if plan.integrator in IMPLICIT:
        return stiff_steps(*given, integrator=plan.integrator, tolerance=tolerance)
    return adaptive_steps(*given, tolerance=tolerance)


def label_of(plan: Plan, text: str) -> Label:
    """The label of a name, in the dimension that most stocks have."""
    model = plan.prepared.model
    slots = plan.prepared.program.layout.slots.values()
    used = [fold(d) for s in slots if s.kind == "stock" for d in model[s.symbol.name].dims]
    found = [
        (used.count(key), dimension, [fold(n) for n in dimension.labels].index(fold(text)))
        for key, dimension in model.dims_by_name.items()
        if fold(text) in [fold(n) for n in dimension.labels] and key in used
    ]
    if not found:
        labels = [n for k, d in model.dims_by_name.items() if k in used for n in d.labels]
        what = f'no stock of {model.name} has a label "{text}"'
        raise ScenarioError(Problem("--element", what, did_you_mean(text, labels)))
    _, dimension, position = max(found, key=lambda f: f[0])
    return Label(dimension.name, dimension.labels[position], position)


def _named(causes: Causes, names: Sequence[str], flag: str) -> set[Symbol]:
    """The stocks with some names; flag: the option that names them."""
    own = {fold(s.symbol.name): s.symbol for s in causes.stocks if not s.symbol.internal}
    for name in names:
        if fold(name) not in own:
            what = f'"{name}" is no stock of {causes.model.name}'
            stocks = [symbol.name for symbol in own.values()]
            hint = did_you_mean(name, stocks) or "its stocks are " + ", ".join(stocks[:8])
            raise ScenarioError(Problem(flag, what, hint))
    return {own[fold(name)] for name in names}


def _trends(causes: Causes, vector: Sequence[float]) -> list[Slot]:
    """Stocks on which nothing else acts, and that grow or shrink at a constant rate.

    They have no equilibrium but zero: they belong to the surroundings and are held.
    """
    layout = causes.program.layout
    kernel = Kernel(causes.program)
    found = []
    for slot in causes.stocks:
        if slot.size != 1 or upstream(causes, slot.symbol) - {slot.symbol}:
            continue
        rates = []
        for factor in (0.5, 1.0, 2.0):
            v = list(vector)
            v[slot.offset] *= factor
            kernel.derive(v)
            rates.append(v[slot.offset - layout.stocks.start + layout.rates.start])
        steady = rates[1] != 0 and all(math.isclose(r, rates[1], rel_tol=1e-9) for r in rates)
        grown = [r / f for r, f in zip(rates, (0.5, 1.0, 2.0), strict=True)]
        exponential = all(math.isclose(r, grown[1], rel_tol=1e-9) for r in grown)
        if steady or (exponential and rates[1] != 0):
            found.append(slot)
    return found
