"""From a model and a scenario to a result: `simulate` for Python, `result_of` for files."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.base.identity import code_record
from simdistrict.engine.backends import ADAPTIVE, IMPLICIT, recorded_backend
from simdistrict.engine.integrators.fixed import Trajectory, fixed_steps
from simdistrict.engine.integrators.schedule import Move
from simdistrict.engine.layout import Slot
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.model.expr import fold
from simdistrict.model.model import Model, Stock
from simdistrict.result.dataset import Result, Run, build_result, to_xarray
from simdistrict.result.selection import Selection
from simdistrict.run.cost import check_memory
from simdistrict.run.plan import (
    Plan,
    constants_of,
    intended,
    lowered,
    model_with_data,
    moves_of,
    plan_run,
    repeated,
)
from simdistrict.run.preflight import announce, overruled, warnings_after, warnings_of
from simdistrict.run.saving import rows_of, selection_of, spelled
from simdistrict.scenario import RunSettings, Scenario, bare_scenario, resolve, to_yaml

if TYPE_CHECKING:
    import xarray as xr

log = logging.getLogger(__name__)


def simulate(
    model: Model,
    scenario: Scenario | None = None,
    *,
    sets: Sequence[str] = (),
    data: Sequence[str | Path] = (),
    initial_time: float | None = None,
    final_time: float | None = None,
    time_step: float | None = None,
    save_step: float | None = None,
    integrator: str | None = None,
    rtol: float | None = None,
    atol: float | None = None,
    backend: str = "auto",
    strict: bool = False,
) -> xr.Dataset:
    """Run a model, with or without a scenario, and return an xarray.Dataset.

    sets: `"NAME=VALUE"` as on the command line; data: files with numbers for data variables that
    have none in the model (.nc, .tab, .csv, .dat), a later one wins; times are in the model's
    time unit; integrator: `euler`, `rk4`, `adaptive`, `stiff`, `bdf` or `radau` (default: that of
    the model file, else euler); backend: `auto`, `interpreted`, `native` or `pysd`; strict:
    warnings before the run are errors.
    A run that does not complete is data: see the variable `outcome`. Raises ModelError,
    ScenarioError or EngineError for an invalid input.
    """
    settings = RunSettings(initial_time, final_time, time_step, save_step, integrator, rtol, atol)
    if data:
        model = model_with_data(model, data)
    chosen = scenario or bare_scenario(Path(f"{model.name}.mdl"))
    resolved = resolve(chosen, model, sets, settings)
    plan = plan_run(lowered(model), resolved, backend)
    announce([(*overruled(model, resolved), *warnings_of(intended(plan)))], strict)
    return to_xarray(result_of([plan], say=True))


# ---------------------------------------------------------------------- one run


def run_one(plan: Plan, *, say: bool = False) -> Run:
    """Simulate one scenario. say: warn of lookups that it has read beyond their points."""
    if plan.backend == "pysd":
        return _run_pysd(plan)
    plan = replace(plan, backend=repeated(plan))
    log.info("%s | runs with %s, backend %s", plan.resolved.name, plan.integrator, plan.backend)
    path = trajectory(plan)
    if say:
        announce([warnings_after(intended(plan), path.times, path.rows)])
    return _as_run(plan, path, bool(moves_of(plan)))


def trajectory(plan: Plan) -> Trajectory:
    """The saved points of one run, by the engine."""
    program, grid = plan.prepared.program, plan.grid
    vector, moves = constants_of(plan), moves_of(plan)
    if plan.integrator in ADAPTIVE:
        return _adaptive(plan, vector, moves)
    if plan.backend == "native":
        from simdistrict.engine.native.single import native_steps

        return native_steps(program, grid, vector, moves, integrator=plan.integrator)
    return fixed_steps(program, grid, vector, moves, integrator=plan.integrator)


def _adaptive(plan: Plan, vector: list[float], moves: Sequence[Move]) -> Trajectory:
    from simdistrict.engine.integrators.adaptive import (
        Tolerance,
        adaptive_steps,
        exhausted,
    )
    from simdistrict.engine.integrators.stiff import stiff_steps
    from simdistrict.engine.integrators.stiffness import advice

    given = (plan.prepared.program, plan.grid, vector, moves)
    tolerance = Tolerance(plan.rtol, plan.atol)
    adaptive, stiff = adaptive_steps, stiff_steps
    if plan.backend == "native":
        from simdistrict.engine.native.single import native_adaptive, native_stiff

        adaptive, stiff = native_adaptive, native_stiff  # type: ignore[assignment]
    if plan.integrator in IMPLICIT:
        return stiff(*given, integrator=plan.integrator, tolerance=tolerance)
    path = adaptive(*given, tolerance=tolerance)
    told = advice(plan.prepared.program, path, vector)
    if told and path.ending.outcome is Outcome.step_limit:
        return replace(path, ending=exhausted(path.ending.time, told))
    if told:
        log.warning("%s: %s", plan.resolved.name, told)
    return path


def _as_run(plan: Plan, path: Trajectory, moved: bool) -> Run:
    program, grid = plan.prepared.program, plan.grid
    complete = path.ending.outcome is Outcome.completed
    times = np.array(path.times if complete else [grid.at(i) for i in grid.saved])
    rows = np.full((len(times), program.layout.values), np.nan)
    if len(path.rows):
        rows[: len(path.rows)] = path.rows
    slots = {name: program.shown(name) for name in program.order}
    blocks = {name: rows[:, s.offset : s.offset + s.size] for name, s in slots.items()}
    return run_of(plan, times, blocks, path.ending, done=len(path.rows), moved=moved)


def run_of(
    plan: Plan,
    times: np.ndarray,
    blocks: Mapping[str, np.ndarray],
    ending: Ending,
    *,
    done: int,
    moved: bool,
) -> Run:
    """A run from the saved values of elements.

    blocks: folded name -> (points, numbers of the element); done: points before the run ended;
    moved: whether constants may have changed during the run.
    """
    program = plan.prepared.program
    values = {}
    for name, found in blocks.items():
        slot, block = program.shown(name), found
        if slot.defined is not None:
            block = block.copy()
            block[:, sorted(set(range(slot.size)) - set(slot.defined))] = np.nan
        constant = name in program.settled and not (moved and _varies(found[: max(done, 1)]))
        values[name] = block[0].reshape(slot.shape) if constant else block.reshape(-1, *slot.shape)
    return Run(plan.resolved.name, plan.resolved.title, times, values, ending)


def _varies(block: np.ndarray) -> bool:
    return bool((block != block[0]).any())


def _run_pysd(plan: Plan) -> Run:
    from simdistrict.run.reference import run_reference

    model, grid = plan.prepared.model, plan.grid
    times = [grid.at(i) for i in grid.saved]
    control = {name: float(value) for name, value in plan.control.items()}
    columns = run_reference(model, _time_functions(plan), control, times)
    constant = plan.prepared.program.settled
    moved = bool(plan.resolved.policies)
    values = {}
    for name, column in columns.items():
        still = name in constant and not (moved and (column != column[0]).any())
        values[name] = column[0] if still else column
    bad = [
        e.name
        for e in model
        if isinstance(e, Stock) and not np.isfinite(columns[fold(e.name)][-1]).all()
    ]
    ending = Ending(Outcome.completed, grid.stop)
    if bad:
        ending = Ending(Outcome.diverged, grid.stop, f'the stock "{bad[0]}" is not finite')
    return Run(plan.resolved.name, plan.resolved.title, np.array(times), values, ending)


def _time_functions(plan: Plan) -> dict[str, Callable[[float], np.ndarray]]:
    """Every changed constant as a function of time, for a backend without schedules."""
    program = plan.prepared.program
    half = plan.grid.time_step / 2 - plan.grid.slack
    base = list(program.layout.template)
    names: dict[str, None] = {}
    for change in plan.resolved.assumptions:
        names[change.element] = None
        for place in change.places:
            base[program.layout.slots[change.element].offset + place] = change.value
    moves: dict[int, list[Move]] = {}
    for move in sorted(moves_of(plan), key=lambda m: m.start):
        moves.setdefault(move.place, []).append(move)
    for policy in plan.resolved.policies:
        names.update((change.element, None) for change in policy.changes)

    def function(slot: Slot) -> Callable[[float], np.ndarray]:
        def value(t: float) -> np.ndarray:
            numbers = []
            for place in range(slot.offset, slot.offset + slot.size):
                number = base[place]
                for move in moves.get(place, ()):
                    number += (move.target - number) * move.share(t, t + half)
                numbers.append(number)
            return np.array(numbers).reshape(slot.shape)

        return value

    return {name: function(program.layout.slots[name]) for name in names}


# ---------------------------------------------------------------------- many runs, one result


def result_of(
    plans: Sequence[Plan],
    save: str = "all",
    times: str = "all",
    *,
    say: bool = False,
    runs: Sequence[Run] = (),
) -> Result:
    """Run every plan into one result, along `scenario` when there are several.

    save: as in `saving.selection_of`; times: as in `saving.rows_of`; say: as in `run_one`; runs:
    those of the plans, where they have been run. Raises ScenarioError where the plans differ in
    model, time grid or integrator.
    """
    check_alike(plans)
    check_memory((plan.prepared.program, plan.grid) for plan in plans)
    model, selection = plans[0].prepared.model, selection_of(plans, save)
    rows = rows_of(plans[0].grid, times)
    made = runs or (run_one(plan, say=say) for plan in plans)
    kept = [_kept(run, model, selection, rows) for run in made]
    record = dict(provenance(plans))
    if rows is not None:
        record["saved_times"] = kept[0].time
    if save != "all":
        record["saved"] = spelled(model, selection)
    return build_result(model, kept, record, selection)


def check_alike(plans: Sequence[Plan]) -> None:
    """Raise ScenarioError where plans differ in model, time grid or integrator."""
    for other in plans[1:]:
        _check_alike(plans[0], other)


def _check_alike(first: Plan, other: Plan) -> None:
    where = f"scenario {other.resolved.name}"
    pairs = (
        ("model", first.prepared.model.name, other.prepared.model.name),
        ("model file", first.prepared.model.sha256[:12], other.prepared.model.sha256[:12]),
        ("time grid", first.grid, other.grid),
        ("integrator", first.integrator, other.integrator),
    )
    for what, mine, theirs in pairs:
        if mine != theirs:
            text = f"its {what} ({theirs}) differs from that of {first.resolved.name} ({mine}); "
            text += "one file holds runs of one model on one time grid"
            raise ScenarioError(Problem(where, text, "run them into separate files"))


def _kept(run: Run, model: Model, selection: Selection, rows: Sequence[int] | None) -> Run:
    """A run without the elements and the rows that are not saved, to free their memory."""
    values = {n: v for n, v in run.values.items() if n in selection.names}
    if rows is None:
        return replace(run, values=values)
    at = list(rows)
    for name, value in values.items():
        if value.ndim > len(model.by_name[name].dims):
            values[name] = value[at]
    return replace(run, values=values, time=run.time[at])


def provenance(plans: Sequence[Plan]) -> dict[str, object]:
    """The record in a result file, sufficient to repeat the runs."""
    first = plans[0]
    model = first.prepared.model
    texts = [to_yaml(s.resolved, s.prepared.model) for s in plans]
    record: dict[str, object] = {
        "model_name": model.name,
        "model_sha256": model.sha256,
        "model_text": model.text,
        "scenario_yaml": "---\n".join(texts),
        "scenario_sha256": " ".join(s.resolved.sha256 for s in plans),
        **code_record(first.backend),
        "backend": recorded_backend(first.backend, first.integrator),
        "integrator": first.integrator,
        "time_step": first.grid.time_step,
        "save_step": first.grid.save_step,
        "seed": "none: nothing is drawn at random",
    }
    if model.external.record:
        record["external_data"] = model.external.record
    files = {name: known for _, known, name in (*model.external.files, *first.changes) if known}
    if files:
        record["external_files"] = json.dumps(dict(sorted(files.items())), ensure_ascii=False)
    if first.lookups:
        record["lookup_changes"] = first.lookups
    if first.integrator in ADAPTIVE:
        record |= {"rtol": first.rtol, "atol": first.atol}
    return record
