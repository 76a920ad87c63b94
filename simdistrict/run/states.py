"""The state of a stepped run as a result: labelled stocks, and numbers that a program needs.

A state may come from any file. It holds arrays and short texts, which are checked against the
model before use; nothing in it is executed.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.identity import code_record, other_code
from simdistrict.engine.integrators.stepper import Snapshot
from simdistrict.engine.program import Program
from simdistrict.model.expr import fold
from simdistrict.model.model import Model, Stock
from simdistrict.result.dataset import (
    Result,
    Variable,
    dimension_labels,
    element_attrs,
    time_attrs,
)
from simdistrict.result.naming import names_of
from simdistrict.run.plan import Plan, Prepared, plan_run
from simdistrict.run.stepping import SteppedRun
from simdistrict.scenario import resolve, scenario_from_text, to_yaml

if TYPE_CHECKING:
    from simdistrict.base.arrays import Reals

log = logging.getLogger(__name__)
FORMAT = "simdistrict state 1"
WHERE = "state"
# names that no element can have: theirs have single underscores
_VALUES, _RECORDS = "all__values", "all__records"
_STEERED, _BASE = "set__slots", "set__values"
_TEXTS = ("model_sha256", "program_sha256", "scenario_yaml", "integrator", "replaced", "known")
_MOST = 100_000_000


def state_of(run: SteppedRun) -> Result:
    """The state of a single run at its present time."""
    snapshot, program = run.snapshot(), run.program
    model = run.model
    names = names_of(model)
    coords: dict[str, Variable] = {}
    variables = {"time": Variable((), np.array(run.time), time_attrs(model))}
    for key, stock in _stocks(model, run.replaced):
        slot = program.layout.slots[key]
        values = snapshot.values[0, slot.offset : slot.offset + slot.size].copy()
        if slot.defined is not None:
            values[sorted(set(range(slot.size)) - set(slot.defined))] = np.nan
        dims = names.dims_of(stock)
        for dim, name in zip(dims, stock.dims, strict=True):
            coords.setdefault(dim, dimension_labels(model, name, dim))
        attrs = element_attrs(stock)
        variables[names.elements[key]] = Variable(dims, values.reshape(slot.shape), attrs)
    what = {"long_name": "for restoring the state"}
    steered = np.array(snapshot.steered, np.int64)
    variables |= {
        _VALUES: Variable(("all__slots",), snapshot.values[0], what),
        _RECORDS: Variable(("all__points", "all__recorded"), snapshot.records[0], what),
        _STEERED: Variable(("set__constants",), steered, what),
        _BASE: Variable(("set__changed",), snapshot.base[0], what),
    }
    return Result(coords, variables, _attrs(run, snapshot))


def _attrs(run: SteppedRun, snapshot: Snapshot) -> dict[str, object]:
    plan, model = run.plan, run.model
    return {
        "title": f"State at {run.time:.10g} ({plan.resolved.name}, model {model.name})",
        "state_format": FORMAT,
        "point": snapshot.point,
        "ended": int(snapshot.ended[0]),
        "given": int(snapshot.given),
        "model_name": model.name,
        "model_sha256": model.sha256,
        "program_sha256": program_sha256(run.program),
        "scenario_yaml": to_yaml(plan.resolved, model),
        "integrator": plan.integrator,
        "replaced": json.dumps(run.replaced),
        "known": json.dumps(run.known),
        "changed": json.dumps(run.touched),
        **code_record(plan.backend),
    }


def _stocks(model: Model, replaced: tuple[str, ...]) -> list[tuple[str, Stock]]:
    found = [(key, element) for key, element in model.by_name.items() if key not in replaced]
    return [(key, element) for key, element in found if isinstance(element, Stock)]


def program_sha256(program: Program) -> str:
    """The identity of a program with its layout and the numbers of its lookups."""
    layout = program.layout
    places = [(s.symbol.name, s.symbol.role, s.kind, s.offset, s.shape) for s in layout.every]
    tables = layout.template[layout.values :]
    text = f"{places}\0{program.digest}\0{tables}"
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def recorded_plan(prepared: Prepared, state: Result, backend: str) -> Plan:
    """The plan of the run whose state it is. Raises ExchangeError where the model is another."""
    texts = _texts(state)
    if texts["model_sha256"] != prepared.model.sha256:
        what = f'it is the state of another model than the present "{prepared.model.name}"'
        name = str(state.attrs.get("model_name", ""))[:200]
        raise ExchangeError(Problem(WHERE, what, f'it was saved from "{name}"'))
    scenario = scenario_from_text(texts["scenario_yaml"], WHERE)
    return plan_run(prepared, resolve(scenario, prepared.model), backend)


def restored(plan: Plan, state: Result, save: str) -> SteppedRun:
    """A run that goes on from a state; save: as of `SteppedRun`.

    plan: of `recorded_plan`. Raises ExchangeError where the state does not fit, or is damaged.
    """
    texts = _texts(state)
    run = SteppedRun(plan, save)
    for name in _names(texts["replaced"], "replaced"):
        if name not in run.model.by_name:
            raise _damaged("it replaces an element that the model does not have")
        run.replace(run.model.by_name[name].name, None)
    if texts["integrator"] != plan.integrator:
        raise _damaged("its integrator is not that of its scenario")
    if texts["program_sha256"] != program_sha256(run.program):
        what = "the model has another program now, so its numbers have no places in it"
        hint = other_code(state.attrs) or "start the run again"
        raise ExchangeError(Problem(WHERE, what, hint))
    if difference := other_code(state.attrs):
        log.warning("state: saved by %s; last digits may differ", difference)
    known = [name for name in _names(texts["known"], "known") if name in run.replaced]
    changed = _names(str(state.attrs.get("changed", "[]")), "changed")
    run.restore(_snapshot(run, state), known, changed)
    return run


def _snapshot(run: SteppedRun, state: Result) -> Snapshot:
    """The numbers of a state, with the labelled stocks in their places."""
    program, grid = run.program, run.plan.grid
    layout = program.layout
    point = _whole(state.attrs, "point", 0, grid.steps)
    values = _numbers(state, _VALUES, (layout.values,)).copy()
    records = _numbers(state, _RECORDS, (point, layout.recorded.size))
    constants = range(layout.constants.start, layout.constants.stop)
    found = _variable(state, _STEERED)
    if found.ndim != 1 or found.dtype.kind not in "if" or len(found) > len(constants):
        raise _damaged(f"{_STEERED} is no list of slots")
    steered = tuple(int(slot) for slot in found if np.isfinite(slot))
    if len(steered) < len(found) or not set(steered) <= set(constants):
        raise _damaged(f"{_STEERED} names slots that are no constants")
    policies = {move.place for move in run.stepper.course.moves} - set(steered)
    base = _numbers(state, _BASE, (len(set(steered)) + len(policies),))
    ended = float(_whole(state.attrs, "ended", -1, grid.steps))
    time, own = _variable(state, "time"), grid.at(point)
    # written so that NaN fails
    if time.shape != () or time.dtype.kind not in "iuf" or not abs(time - own) <= grid.slack:
        raise _damaged(f"its time is not {own:.10g}, where the run was saved")
    _put_stocks(run, state, values, finite=ended < 0)
    given = bool(_whole(state.attrs, "given", 0, 1))
    return Snapshot(
        point, values[None], records[None], steered, base[None], np.array([ended]), given
    )


def _put_stocks(run: SteppedRun, state: Result, values: Reals, *, finite: bool) -> None:
    """The stocks of a state in their places; finite: refuse infinite ones and NaN."""
    model = run.model
    names = names_of(model)
    for key, stock in _stocks(model, run.replaced):
        slot, name = run.program.layout.slots[key], names.elements[key]
        dims = names.dims_of(stock)
        numbers = _numbers(state, name, slot.shape)
        if state.variables[name].dims != dims:
            raise _damaged(f"{name} does not have the dimensions {', '.join(dims)}")
        for dim, spelled in zip(dims, stock.dims, strict=True):
            labels = model.dims_by_name[fold(spelled)].labels
            if dim in state.coords and [str(x) for x in state.coords[dim].values] != [*labels]:
                raise _damaged(f"the labels of {dim} are not those of the model, in their order")
        defined = range(slot.size) if slot.defined is None else slot.defined
        flat = numbers.ravel()
        if finite and not np.isfinite(flat[list(defined)]).all():
            raise _damaged(f"{name} holds a number that is not finite")
        for place in defined:
            values[slot.offset + place] = flat[place]


def _texts(state: Result) -> dict[str, str]:
    if state.attrs.get("state_format") != FORMAT:
        what = "it is no state of a simulator"
        raise ExchangeError(Problem(WHERE, what, "save one with s.state.to_netcdf(...)"))
    found = {name: state.attrs.get(name) for name in _TEXTS}
    texts = {name: text for name, text in found.items() if isinstance(text, str)}
    if gone := [name for name in _TEXTS if name not in texts]:
        raise _damaged(f"it does not record {', '.join(gone)}")
    return texts


def _names(text: str, what: str) -> list[str]:
    try:
        found: Any = json.loads(text[:_MOST])
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise _damaged(f"{what} is no list of names")
    return found


def _whole(attrs: Mapping[str, object], name: str, low: int, high: int) -> int:
    value = attrs.get(name)
    number = value.item() if isinstance(value, np.generic) else value
    if not isinstance(number, int) or not low <= number <= high:
        raise _damaged(f"{name} is no whole number from {low} to {high}")
    return number


def _variable(state: Result, name: str) -> Any:
    if name not in state.variables:
        raise _damaged(f"it lacks {name}")
    return np.asarray(state.variables[name].values)


def _numbers(state: Result, name: str, shape: tuple[int, ...]) -> Reals:
    found = _variable(state, name)
    if found.dtype.kind not in "if" or found.shape != shape:
        raise _damaged(f"{name} does not hold {' x '.join(map(str, shape)) or 'one'} numbers")
    return np.asarray(found, float)


def _damaged(what: str) -> ExchangeError:
    return ExchangeError(Problem(WHERE, what, "the state is damaged, or was changed"))
