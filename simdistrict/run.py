"""From a model and a scenario to a result: `simulate` for Python, `run_scenarios` for files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simdistrict.cache import cached
from simdistrict.changes import Changes, check_policies, read_changes
from simdistrict.dataset import Result, Run, build_result, to_xarray
from simdistrict.engine.integrate import Trajectory, fixed_steps
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.layout import Slot
from simdistrict.engine.program import Program, build
from simdistrict.engine.schedule import Move
from simdistrict.errors import EngineError, ModelError, Problem, ScenarioError
from simdistrict.exchange.mdl import read_mdl, read_mdl_text, read_text
from simdistrict.expr import Number, fold
from simdistrict.library import find_model, models, scenarios
from simdistrict.model import CONTROL, Constant, Equation, Model, Stock, TimeGrid
from simdistrict.scenario import (
    Resolved,
    RunSettings,
    Scenario,
    bare_scenario,
    load_scenario,
    model_path,
    resolve,
    to_yaml,
)
from simdistrict.version import VERSION

if TYPE_CHECKING:
    import xarray as xr

BACKENDS = ("auto", "interpreted", "pysd")
INTEGRATORS = ("euler", "rk4", "adaptive")
RTOL, ATOL = 1e-8, 1e-10
AS_WRITTEN = RunSettings()

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Prepared:
    """A model with its program, as the cache keeps them."""

    model: Model
    program: Program


@dataclass(frozen=True)
class Setup:
    """Everything that decides the numbers of one run.

    lookups: points of lookups that differ from the model's text, as a changes file.
    """

    prepared: Prepared
    resolved: Resolved
    grid: TimeGrid
    control: Mapping[str, float]
    integrator: str
    rtol: float
    atol: float
    backend: str
    lookups: str = ""


def read_model(path: str | Path) -> Model:
    """Read a model file (.mdl)."""
    return read_mdl(Path(path))


def prepare(path: Path) -> Prepared:
    """Read and lower a model file, or take both from the cache."""
    text = read_text(path)
    return cached(
        Prepared, f"{path}\0{text}", lambda: _lowered(read_mdl_text(text, path.stem, str(path)))
    )


def prepare_text(text: str, name: str) -> Prepared:
    """Read and lower the text of a .mdl file, or take both from the cache."""
    return cached(Prepared, f"{name}\0{text}", lambda: _lowered(read_mdl_text(text, name)))


def _lowered(model: Model) -> Prepared:
    return Prepared(model, build(model))


def simulate(
    model: Model,
    scenario: Scenario | None = None,
    *,
    sets: Sequence[str] = (),
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
    """Run a model, as it is or under a scenario, and return one xarray.Dataset.

    sets: `"NAME=VALUE"` as on the command line; times in the model's time unit; integrator:
    `euler`, `rk4` or `adaptive` (default: what the model file's settings say, else euler);
    backend: `auto`, `interpreted` or `pysd`. A run that does not complete is data: see the
    variable `outcome`. Raises ModelError, ScenarioError or EngineError for a bad input.
    """
    settings = RunSettings(initial_time, final_time, time_step, save_step, integrator, rtol, atol)
    chosen = scenario or bare_scenario(Path(f"{model.name}.mdl"))
    resolved = resolve(chosen, model, sets, settings, strict)
    setup = set_up(_lowered(model), resolved, backend)
    return to_xarray(result_of([setup]))


def set_up(prepared: Prepared, resolved: Resolved, backend: str = "auto") -> Setup:
    """Fix the time grid, the integrator and the backend of a run.

    Raises EngineError for an integrator or backend that cannot run this, ModelError for control
    values that make no time grid.
    """
    run = resolved.run
    integrator = run.integrator or prepared.model.integrator
    _check_choice("integrator", integrator, INTEGRATORS)
    _check_choice("backend", backend, BACKENDS)
    backend = "interpreted" if backend == "auto" else backend
    if backend == "pysd" and integrator != "euler":
        raise EngineError(
            Problem(
                "backend pysd",
                f"PySD integrates with Euler only, and {integrator} is asked for",
                "add --integrator euler",
            )
        )
    wanted = {
        "initial time": run.initial_time,
        "final time": run.final_time,
        "time step": run.time_step,
        "saveper": run.save_step,
    }
    changed = {name: value for name, value in wanted.items() if value is not None}
    prepared, control = _control(prepared, changed)
    grid = TimeGrid.of(*(control[name] for name in CONTROL))
    rtol = RTOL if run.rtol is None else run.rtol
    atol = ATOL if run.atol is None else run.atol
    return Setup(prepared, resolved, grid, control, integrator, rtol, atol, backend)


def set_ups(
    names: Sequence[str],
    sets: Sequence[str] = (),
    run: RunSettings = AS_WRITTEN,
    backend: str = "auto",
    strict: bool = False,
    changes: Sequence[Path] = (),
) -> list[Setup]:
    """Setups for scenarios, or models that run as they are, by name or path.

    changes: Vensim changes files (.cin), a later one wins; sets are on top of them.
    Raises the errors of reading, resolving and `set_up`.
    """
    setups = []
    for name in names:
        scenario, path = find(name)
        prepared = prepare(path)
        changed = read_changes(changes, prepared.model) if changes else Changes()
        prepared = with_lookups(prepared, changed)
        resolved = resolve(changed.on(scenario), prepared.model, sets, run, strict)
        check_policies(resolved, changes)
        setups.append(replace(set_up(prepared, resolved, backend), lookups=changed.text))
    return setups


def with_lookups(prepared: Prepared, changed: Changes) -> Prepared:
    """The model with changed lookups, lowered again where there are any."""
    return _lowered(changed.model(prepared.model)) if changed.lookups else prepared


def find(name: str) -> tuple[Scenario, Path]:
    """The scenario of that name with its model file; a model's name stands for itself."""
    if Path(name).suffix.lower() in (".mdl", ".xmile", ".stmx") or (
        name in models() and name not in scenarios()
    ):
        path = find_model(name)
        return bare_scenario(path), path
    scenario = load_scenario(name)
    return scenario, model_path(scenario)


def _check_choice(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise EngineError(
            Problem(what, f'there is no {what} "{value}"', f"use one of {', '.join(known)}")
        )


def _control(
    prepared: Prepared, changed: Mapping[str, float]
) -> tuple[Prepared, Mapping[str, float]]:
    """The four control values; a changed one that the model computes becomes a constant."""
    model = prepared.model
    computed = [
        name
        for name in changed
        if name not in model.by_name or not isinstance(model.by_name[name], Constant)
    ]
    if computed:
        model = _with_constants(model, {name: changed[name] for name in computed})
        prepared = _lowered(model)
    program = prepared.program
    vector = list(program.layout.template)
    for name, value in changed.items():
        vector[program.layout.slots[name].offset] = value
    Kernel(program).once(vector)
    control: dict[str, float] = {}
    for name in CONTROL:
        slot = program.layout.slots.get(name)
        if slot is None and name == "saveper":
            control[name] = control["time step"]
            continue
        if slot is None or name not in program.constant:
            raise ModelError(
                Problem(
                    f"model {model.name}",
                    f"{name.upper()} changes during the run, which is not supported",
                )
            )
        control[name] = vector[slot.offset]
    return prepared, control


def _with_constants(model: Model, values: Mapping[str, float]) -> Model:
    """The model with some elements replaced by constants, or with constants added."""
    elements = list(model.elements)
    for name, value in values.items():
        old = model.by_name.get(name)
        new = Constant(
            name=old.name if old else name.upper(),
            equations=(Equation(Number(value), line=old.line if old else 0),),
            units=old.units if old else "",
            documentation=old.documentation if old else "",
            group=old.group if old else "",
        )
        if old:
            elements[elements.index(old)] = new
        else:
            elements.append(new)
    return replace(model, elements=tuple(elements))


# ---------------------------------------------------------------------- one run


def run_one(setup: Setup) -> Run:
    """Simulate one scenario."""
    if setup.backend == "pysd":
        return _run_pysd(setup)
    program, grid = setup.prepared.program, setup.grid
    vector = list(program.layout.template)
    for name, value in setup.control.items():
        slot = program.layout.slots.get(name)
        if slot is not None:
            vector[slot.offset] = value
    for change in setup.resolved.assumptions:
        slot = program.layout.slots[change.element]
        for place in change.places:
            vector[slot.offset + place] = change.value
    moves = _moves(setup)
    if setup.integrator == "adaptive":
        from simdistrict.engine.adaptive import Tolerance, adaptive_steps

        tolerance = Tolerance(setup.rtol, setup.atol)
        path = adaptive_steps(program, grid, vector, moves, tolerance=tolerance)
    else:
        path = fixed_steps(program, grid, vector, moves, integrator=setup.integrator)
    return _as_run(setup, path, bool(moves))


def _moves(setup: Setup) -> list[Move]:
    slots = setup.prepared.program.layout.slots
    return [
        Move(
            slots[change.element].offset + place,
            change.value,
            policy.start,
            policy.end,
            policy.ramp,
        )
        for policy in setup.resolved.policies
        for change in policy.changes
        for place in change.places
    ]


def _as_run(setup: Setup, path: Trajectory, moved: bool) -> Run:
    program, grid = setup.prepared.program, setup.grid
    times = np.array([grid.at(i) for i in grid.saved])
    rows = np.full((len(times), program.layout.values), np.nan)
    if path.rows:
        rows[: len(path.rows)] = path.rows
    done = rows[: max(len(path.rows), 1)]
    values = {}
    for name in program.order:
        slot = program.layout.slots[name]
        block = rows[:, slot.offset : slot.offset + slot.size]
        if slot.defined is not None:
            block = block.copy()
            block[:, sorted(set(range(slot.size)) - set(slot.defined))] = np.nan
        constant = name in program.constant and not (moved and _varies(done, slot))
        values[name] = block[0].reshape(slot.shape) if constant else block.reshape(-1, *slot.shape)
    return Run(setup.resolved.name, setup.resolved.title, times, values, path.ending)


def _varies(rows: np.ndarray, slot: Slot) -> bool:
    block = rows[:, slot.offset : slot.offset + slot.size]
    return bool((block != block[0]).any())


def _run_pysd(setup: Setup) -> Run:
    from simdistrict.engine.outcome import Ending, Outcome
    from simdistrict.exchange.reference import run_reference

    model, grid = setup.prepared.model, setup.grid
    times = [grid.at(i) for i in grid.saved]
    control = {name: float(value) for name, value in setup.control.items()}
    columns = run_reference(model, _time_functions(setup), control, times)
    constant = setup.prepared.program.constant
    moved = bool(setup.resolved.policies)
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
    return Run(setup.resolved.name, setup.resolved.title, np.array(times), values, ending)


def _time_functions(setup: Setup) -> dict[str, Callable[[float], np.ndarray]]:
    """Every changed constant as a function of time, for a backend without schedules."""
    program = setup.prepared.program
    half = setup.grid.time_step / 2
    base = list(program.layout.template)
    names: dict[str, None] = {}
    for change in setup.resolved.assumptions:
        names[change.element] = None
        for place in change.places:
            base[program.layout.slots[change.element].offset + place] = change.value
    moves: dict[int, list[Move]] = {}
    for move in sorted(_moves(setup), key=lambda m: m.start):
        moves.setdefault(move.place, []).append(move)
    for policy in setup.resolved.policies:
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


def result_of(setups: Sequence[Setup], save: str = "all") -> Result:
    """Run every setup and put all into one result, along `scenario` when there are several.

    save: `all`, `stocks`, `indicators` (what the scenarios report) or names separated by
    commas. Raises ScenarioError when the setups differ in model, time grid or integrator.
    """
    first = setups[0]
    for other in setups[1:]:
        _check_alike(first, other)
    runs = [_kept(run_one(setup), setup, save) for setup in setups]
    return build_result(first.prepared.model, runs, provenance(setups))


def _check_alike(first: Setup, other: Setup) -> None:
    where = f"scenario {other.resolved.name}"
    pairs = (
        ("model", first.prepared.model.name, other.prepared.model.name),
        ("model file", first.prepared.model.sha256[:12], other.prepared.model.sha256[:12]),
        ("time grid", str(first.grid), str(other.grid)),
        ("integrator", first.integrator, other.integrator),
    )
    for what, mine, theirs in pairs:
        if mine != theirs:
            raise ScenarioError(
                Problem(
                    where,
                    f"its {what} ({theirs}) differs from that of {first.resolved.name} ({mine}); "
                    "one file holds runs of one model on one time grid",
                    "run them into separate files",
                )
            )


def _kept(run: Run, setup: Setup, save: str) -> Run:
    model = setup.prepared.model
    if save == "all":
        return run
    if save == "stocks":
        names = {n for n in run.values if isinstance(model[n], Stock)}
    elif save == "indicators":
        names = {fold(n) for n in setup.resolved.report}
        if not names:
            raise ScenarioError(
                Problem(
                    f"scenario {setup.resolved.name}",
                    "it reports nothing, so there are no indicators to save",
                    "add `report: [...]` to the scenario, or name the elements in --save",
                )
            )
    else:
        names = {fold(model[n.strip()].name) for n in save.split(",") if n.strip()}
    return replace(run, values={n: v for n, v in run.values.items() if n in names})


def provenance(setups: Sequence[Setup]) -> dict[str, object]:
    """What the result file records, enough to repeat the runs."""
    first = setups[0]
    model = first.prepared.model
    texts = [to_yaml(s.resolved, s.prepared.model) for s in setups]
    record: dict[str, object] = {
        "model_name": model.name,
        "model_sha256": model.sha256,
        "model_text": model.text,
        "scenario_yaml": "---\n".join(texts),
        "scenario_sha256": " ".join(s.resolved.sha256 for s in setups),
        "simdistrict_version": VERSION,
        "backend": first.backend,
        "integrator": first.integrator,
        "time_step": first.grid.time_step,
        "save_step": first.grid.save_step,
        "seed": "none: nothing is drawn at random",
    }
    if first.lookups:
        record["lookup_changes"] = first.lookups
    if first.integrator == "adaptive":
        record |= {"rtol": first.rtol, "atol": first.atol}
    return record
