"""Plans of runs: model, scenario, time grid, integrator, backend.

Finds every error of an input. Simulates only where the model computes its FINAL TIME, to find
where the run ends.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from simdistrict.base.cache import KEPT, cached, keep, peek
from simdistrict.base.encoding import stated
from simdistrict.base.errors import EngineError, ModelError, Problem, ScenarioError
from simdistrict.base.inputs import digest
from simdistrict.base.library import MODEL_SUFFIXES, find_model, models, scenarios, shown
from simdistrict.base.remarks import noting, repeat
from simdistrict.engine.backends import ADAPTIVE, BACKENDS, INTEGRATORS
from simdistrict.engine.integrators.adaptive import AS_USUAL
from simdistrict.engine.integrators.fixed import end_point, start_value
from simdistrict.engine.integrators.schedule import Move
from simdistrict.engine.interpreted import Kernel
from simdistrict.engine.layout import GIVEN, IS_GIVEN
from simdistrict.engine.program import Program
from simdistrict.exchange.external.data import with_data, with_record
from simdistrict.exchange.external.files import unchanged
from simdistrict.exchange.models import is_xmile, read_model_file, read_model_text, read_text
from simdistrict.model.causality import grid_constants
from simdistrict.model.expr import Number, fold
from simdistrict.model.model import CONTROL, Constant, Element, Equation, Model, TimeGrid
from simdistrict.result.series_file import load
from simdistrict.run.cost import check_evaluation, check_steps
from simdistrict.run.preflight import IntendedRun, RunWarning, announce, overruled, warnings_of
from simdistrict.scenario import (
    Resolved,
    RunSettings,
    Scenario,
    bare_scenario,
    load_scenario,
    members,
    model_path,
    resolve,
)
from simdistrict.scenario.changes import Changes, check_policies, read_changes
from simdistrict.scenario.values import CONTROL_FIELDS

AS_WRITTEN = RunSettings()
log = logging.getLogger(__name__)
# what sets a control element on the command line
_OPTIONS = {
    "INITIAL TIME": "--initial-time",
    "FINAL TIME": "--final-time",
    "TIME STEP": "--time-step",
    "SAVEPER": "--save-step",
}
# the most steps in the search for a FINAL TIME that the model computes
MAX_SEARCH = 100_000


@dataclass(frozen=True)
class Prepared:
    """A model with its program, as cached.

    noted: the remarks with which the model was read; initial: folded names of the stocks whose
    initial values a run may give, sorted.
    """

    model: Model
    program: Program
    noted: tuple[str, ...] = ()
    initial: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Everything that determines the numbers of one run.

    lookups: changed points of lookups, as a changes file; chosen: the backend was chosen here,
    so a run may use another one with the same numbers. changes: the path, SHA-256 and bare name of
    each changes file.
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
    chosen: bool = False
    warnings: tuple[RunWarning, ...] = ()
    changes: tuple[tuple[str, str, str], ...] = ()


def prepare(path: Path, data: Sequence[Path] = ()) -> Prepared:
    """Read and lower a model file, or take both from the cache.

    data: result or data files with the numbers of its data variables.
    """
    if data:
        model = model_with_data(read_model_file(path), data)
        return cached(Prepared, f"data\0{model.name}\0{model.sha256}", lambda: lowered(model))
    text = read_text(path)
    # tables without a declared encoding are read in the stated one
    content = f"{path}\0{stated()}\0{text}"
    found = peek(Prepared, content)
    # the text alone is not the key where the model reads numbers from other files
    if found is None or not unchanged(found.model.external, path.parent):
        with noting() as noted:
            found = lowered(read_model_text(text, path.stem, str(path)))
        found = replace(found, noted=tuple(noted))
        keep(content, found)
        return found
    repeat(found.noted)
    return found


def prepare_text(text: str, name: str, record: str = "") -> Prepared:
    """Read and lower the text of a model file, or take both from the cache.

    record: the numbers that the model read from other files (`External.record`).
    """
    return cached(
        Prepared,
        f"{name}\0{text}\0{record}",
        lambda: lowered(with_record(read_model_text(text, name, record=record), record)),
    )


def model_with_data(model: Model, paths: Sequence[str | Path]) -> Model:
    """The model with series from result or data files as its data; a later file wins."""
    return with_data(model, [load(path) for path in paths])


def lowered(model: Model, initial: tuple[str, ...] = ()) -> Prepared:
    """The model with its program, not cached; initial: as in `Prepared`."""
    # imported here, because most models come from the cache
    from simdistrict.engine.lowering.build import build

    return Prepared(model, build(model, initial=initial), initial=initial)


def _with_initial(prepared: Prepared, resolved: Resolved) -> Prepared:
    """The model with a program whose stocks start from the values that a scenario gives.

    One program serves all values of the same stocks.
    """
    stocks = tuple(sorted({change.element for change in resolved.initial}))
    if set(stocks) <= set(prepared.initial):
        return prepared
    model, program = prepared.model, prepared.program
    # the numbers of lookups may be those of a changes file
    numbers = hashlib.sha256(repr(program.layout.template).encode()).hexdigest()
    content = f"initial\0{stocks}\0{model.name}\0{model.sha256}\0{program.digest}\0{numbers}"
    return cached(Prepared, content, lambda: lowered(model, stocks))


def plan_run(prepared: Prepared, resolved: Resolved, backend: str = "auto", runs: int = 1) -> Plan:
    """Choose the time grid, the integrator and the backend of a run.

    runs: expected number of runs; decides whether compiling pays off.
    Raises EngineError for an integrator or backend that cannot run this model, ModelError for
    control values that make no time grid.
    """
    run = resolved.run
    integrator = run.integrator or prepared.model.integrator
    _check_choice("integrator", integrator, INTEGRATORS)
    _check_backend(backend, integrator, prepared.model, bool(resolved.initial))
    wanted = {name: getattr(run, field) for name, field in CONTROL_FIELDS.items()}
    changed = {name: value for name, value in wanted.items() if value is not None}
    check_evaluation(prepared.program, prepared.model.name)
    if resolved.initial:
        prepared = _with_initial(prepared, resolved)
    prepared, control = _control(prepared, changed, resolved)
    grid = TimeGrid.of(*(control[name] for name in CONTROL))
    check_steps(prepared.program, prepared.model.name, grid, integrator)
    chosen = backend == "auto"
    if chosen:
        backend = quickest(prepared.program, grid, integrator, runs)
    _check_shape(prepared, resolved)
    rtol = AS_USUAL.rtol if run.rtol is None else run.rtol
    atol = AS_USUAL.atol if run.atol is None else run.atol
    plan = Plan(prepared, resolved, grid, control, integrator, rtol, atol, backend, chosen=chosen)
    return plan if has_fixed_end(plan) else _ended(plan)


def intended(plan: Plan) -> IntendedRun:
    """The run of a plan, as the warnings before a run see it."""
    return IntendedRun(
        plan.prepared.model,
        plan.prepared.program,
        plan.resolved,
        plan.grid,
        plan.control,
        has_fixed_end(plan),
        plan.integrator,
        plan.integrator in ADAPTIVE,
        constants_of(plan),
    )


def has_fixed_end(plan: Plan) -> bool:
    """Whether the end of the run is known in advance."""
    return "final time" in plan.prepared.program.constant


def _ended(plan: Plan) -> Plan:
    """The plan with the grid up to the first step at which Time reaches FINAL TIME."""
    program, start = plan.prepared.program, plan.grid.start
    place = program.layout.slots["final time"].offset
    vector, moves = constants_of(plan), moves_of(plan)
    steps = max(plan.grid.steps, 1)
    while steps <= MAX_SEARCH:
        grid = replace(plan.grid, steps=steps)
        last = end_point(program, grid, vector, moves, place, integrator=plan.integrator)
        if last is not None:
            control = {**plan.control, "final time": grid.at(last)}
            return replace(plan, grid=replace(grid, steps=last), control=control)
        steps *= 4
    what = f"Time does not reach FINAL TIME within {MAX_SEARCH:,} steps from {start:g}"
    hint = "give the end with --final-time"
    raise ModelError(Problem(f"model {plan.prepared.model.name}", what, hint))


def constants_of(plan: Plan) -> list[float]:
    """The initial vector, with the scenario's values."""
    layout = plan.prepared.program.layout
    vector = list(layout.template)
    for name, value in plan.control.items():
        slot = layout.slots.get(name)
        if slot is not None:
            vector[slot.offset] = value
    _put(plan.resolved, plan.prepared.program, vector)
    return vector


def _put(resolved: Resolved, program: Program, vector: list[float]) -> None:
    """Set changed constants, and given initial values, in a vector."""
    for change in resolved.assumptions:
        for place in change.places:
            vector[program.layout.slots[change.element].offset + place] = change.value
    if not resolved.initial:
        return
    slots = {
        (fold(symbol.name), symbol.role): slot.offset
        for symbol, slot in program.layout.internal.items()
        if symbol.role in (GIVEN, IS_GIVEN)
    }
    for change in resolved.initial:
        for place in change.places:
            vector[slots[change.element, GIVEN] + place] = change.value
            vector[slots[change.element, IS_GIVEN] + place] = 1.0


def moves_of(plan: Plan) -> list[Move]:
    """The policies as schedules of slots of the vector."""
    slots = plan.prepared.program.layout.slots
    return [
        Move(
            slots[change.element].offset + place,
            change.value,
            policy.start,
            policy.end,
            policy.ramp,
        )
        for policy in plan.resolved.policies
        for change in policy.changes
        for place in change.places
    ]


def plans_for(
    names: Sequence[str],
    sets: Sequence[str] = (),
    run: RunSettings = AS_WRITTEN,
    backend: str = "auto",
    strict: bool = False,
    changes: Sequence[Path] = (),
    data: Sequence[Path] = (),
) -> list[Plan]:
    """Plans for scenarios, or for models without a scenario, by name or path.

    A scenario with variants stands for all of them.
    changes: Vensim changes files (.cin), a later one wins; sets override them. data: files with
    numbers for data variables that have none in the model; strict: warnings are errors.
    Raises the errors of reading, resolving and `plan_run`.
    """
    plans = []
    every = [one for given in names for one in _each(given)]
    for name in every:
        scenario, path = find(name)
        prepared = prepare(path, data)
        changed = read_changes(changes, prepared.model) if changes else Changes()
        prepared = with_lookups(prepared, changed)
        resolved = resolve(changed.on(scenario), prepared.model, sets, run)
        check_policies(resolved, changes)
        plan = plan_run(prepared, resolved, backend, len(every))
        # where backends differ in their last bits, one file records one
        backend = plan.backend if backend == "auto" else backend
        found = (*overruled(prepared.model, resolved), *warnings_of(intended(plan)))
        read = tuple((str(path), digest(path), path.name) for path in changes)
        plans.append(replace(plan, lookups=changed.text, warnings=found, changes=read))
        _log_files(plans[-1], (shown(path), *scenario.chain))
    announce([plan.warnings for plan in plans], strict)
    return plans


def _log_files(plan: Plan, own: Iterable[str]) -> None:
    """Log the files of a run, with the beginning of each SHA-256; own: model and scenarios."""
    if not log.isEnabledFor(logging.INFO):
        return
    read = [(name, digest(Path(name)), "") for name in dict.fromkeys(own)]
    for name, known, _ in (*read, *plan.prepared.model.external.files, *plan.changes):
        log.info("%s: read %s (sha256 %s)", plan.resolved.name, shown(Path(name)), known[:12])


@dataclass(frozen=True)
class Waited:
    """Seconds that runs of a program have taken in CPython so far, in all processes."""

    seconds: float


def quickest(program: Program, grid: TimeGrid, integrator: str, runs: int) -> str:
    """The fastest backend for a number of runs, including the time to compile.

    A program that separate processes run repeatedly is compiled once its runs have taken as long
    as compiling would.
    """
    interpreted = runs * _interpreting(program, grid, integrator)
    if interpreted < 0.1:
        return "interpreted"
    from simdistrict.engine.native.code import is_ready

    compiling = _compiling(program)
    if interpreted > compiling:
        return "native"
    # scipy's steps, and runs that slide along a switch, may differ in their last bits, so no cache
    # may decide
    if integrator in ADAPTIVE:
        return "interpreted"
    before = peek(Waited, program.digest) or Waited(0.0)
    if is_ready(program) or before.seconds + interpreted > compiling:
        return "native"
    keep(program.digest, Waited(before.seconds + interpreted))
    return "interpreted"


# seconds that this process has spent in the interpreter, by source of the program
_waited: dict[str, float] = {}


def repeated(plan: Plan) -> str:
    """The backend for the next run of a plan.

    A program that this process runs repeatedly is compiled once its runs have taken as long as
    compiling would. The numbers are the same to the last bit.
    """
    if not plan.chosen or plan.backend != "interpreted" or plan.integrator in ADAPTIVE:
        return plan.backend
    program = plan.prepared.program
    if len(_waited) > KEPT:
        _waited.clear()
    so_far = _waited.get(program.source, 0.0)
    _waited[program.source] = so_far + _interpreting(program, plan.grid, plan.integrator)
    return "native" if so_far > _compiling(program) else "interpreted"


def _interpreting(program: Program, grid: TimeGrid, integrator: str) -> float:
    """Seconds of a run in CPython: 0.15 microseconds per number and step (measured 2026-11)."""
    stages = {"euler": 1, "rk4": 4}.get(integrator, 12)
    return 1.5e-7 * grid.steps * stages * program.layout.values


def _compiling(program: Program) -> float:
    """Seconds for compiling: 1 ms per line (measured 2026-11)."""
    return 0.25 + 1e-3 * program.source.count("\n")


def with_lookups(prepared: Prepared, changed: Changes) -> Prepared:
    """The model with changed lookups; lowered again only where there are any."""
    return lowered(changed.model(prepared.model)) if changed.lookups else prepared


def scenarios_of(name: str) -> tuple[Scenario, ...]:
    """The scenarios that a name stands for: itself or its variants; a model's is the bare one."""
    return tuple(find(one)[0] for one in _each(name))


def find(name: str) -> tuple[Scenario, Path]:
    """The scenario of that name with its model file; a model's name is its bare scenario."""
    if _is_model(name):
        path = find_model(name)
        return bare_scenario(path), path
    scenario = load_scenario(name)
    return scenario, model_path(scenario)


def file_stem(names: Sequence[str], plans: Sequence[Plan]) -> str:
    """The file name for these runs: the scenarios' names, and for variants that of their file.

    names: the argument of `plans_for`.
    """
    resolved = iter(plan.resolved.name for plan in plans)
    found = []
    for given in names:
        every = [next(resolved) for _ in _each(given)]
        found.append(every[0] if len(every) == 1 else every[0].rpartition(":")[0])
    return "+".join(found).replace(":", "-")


def _each(name: str) -> tuple[str, ...]:
    return (name,) if _is_model(name) else members(name)


def _is_model(name: str) -> bool:
    return Path(name).suffix.lower() in MODEL_SUFFIXES or (
        name in models() and name not in scenarios()
    )


def _check_choice(what: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        raise EngineError(
            Problem(what, f'there is no {what} "{value}"', f"use one of {', '.join(known)}")
        )


def _check_backend(backend: str, integrator: str, model: Model, initial: bool) -> None:
    """Raise EngineError where a backend cannot run a single scenario of this model."""
    if backend == "cuda":
        what = "a GPU runs many members side by side, and is slow for a single run"
        hint = "leave --backend out; only ensembles run with --backend cuda"
    elif backend == "pysd" and integrator != "euler":
        what = f"PySD integrates with Euler only, not with {integrator}"
        hint = "add --integrator euler"
    elif backend == "pysd" and initial:
        what = "the reference backend starts stocks from the model's initial values only"
        hint = "leave --backend out"
    elif backend == "pysd" and is_xmile(model.text):
        what = "the reference backend runs Vensim's .mdl files only, and this is XMILE"
        hint = "leave --backend out"
    else:
        _check_choice("backend", backend, [name for name in BACKENDS if name != "cuda"])
        return
    raise EngineError(Problem(f"backend {backend}", what, hint))


def _check_shape(prepared: Prepared, resolved: Resolved) -> None:
    """Refuse changes of constants that decide the structure of the program or the time grid."""
    changes = [*resolved.assumptions, *(c for p in resolved.policies for c in p.changes)]
    changes += resolved.initial
    check_free(prepared, (change.element for change in changes))
    decides = grid_constants(prepared.model)
    problems = [
        Problem(
            policy.origin,
            f'the policy "{policy.name}" changes "{change.text}", on which '
            f"{decides[change.element]} depends; a time grid does not change during a run",
            "set it for the whole run, under `assume` or with --set",
        )
        for policy in resolved.policies
        for change in policy.changes
        # the search for an end that moves follows policies
        if decides.get(change.element, "").lower() in prepared.program.constant
    ]
    if problems:
        raise ScenarioError(problems)


def check_one_grid(prepared: Prepared, elements: Iterable[str]) -> None:
    """Raise EngineError where constants, by folded name, decide a grid that runs share."""
    model = prepared.model
    decides = grid_constants(model)
    problems = [
        Problem(
            f"model {model.name}",
            f'{decides[name]} depends on "{model[name].name}", which cannot differ between runs '
            "that share one time grid",
            f"leave it out, or give the grid with {_OPTIONS[decides[name]]}",
        )
        for name in dict.fromkeys(elements)
        if name in decides
    ]
    if problems:
        raise EngineError(problems)


def check_free(prepared: Prepared, elements: Iterable[str]) -> None:
    """Raise EngineError where a constant or stock determined the program's structure.

    elements: their folded names.
    """
    model = prepared.model
    what = "the order of a delay or the action of a VECTOR SELECT depends on"
    problems = [
        Problem(
            f"model {model.name}",
            f'{what} "{model[name].name}"; it cannot be changed',
            "change it in the model file",
        )
        for name in dict.fromkeys(elements)
        if name in prepared.program.shaping
    ]
    if problems:
        raise EngineError(problems)


def _control(
    prepared: Prepared, changed: Mapping[str, float], resolved: Resolved
) -> tuple[Prepared, Mapping[str, float]]:
    """The four control values; a changed one that the model computes becomes a constant.

    Those that the model computes follow from the scenario's constants.
    """
    model = prepared.model
    computed = {
        name: value
        for name, value in changed.items()
        if not isinstance(model.by_name.get(name), Constant)
    }
    if computed:
        prepared = lowered(_with_constants(model, computed), prepared.initial)
    program = prepared.program
    slots = program.layout.slots
    vector = list(program.layout.template)
    _put(resolved, program, vector)
    for name, value in changed.items():
        vector[slots[name].offset] = value
    if any(slots[name].kind != "constant" for name in CONTROL if name in slots):
        # only where a control value is computed: binding a large program takes time
        Kernel(program).once(vector)
    control: dict[str, float] = {}
    for name in CONTROL:
        slot = slots.get(name)
        if slot is None and name == "saveper":
            control[name] = control["time step"]
            continue
        moves = name not in program.constant
        if slot is not None and moves and name in ("initial time", "final time"):
            control[name] = _at_start(prepared, vector, name)
            continue
        if slot is None or moves:
            what = f"{name.upper()} changes during the run, which is not supported"
            raise ModelError(Problem(f"model {model.name}", what))
        control[name] = vector[slot.offset]
    return prepared, control


def _at_start(prepared: Prepared, vector: list[float], name: str) -> float:
    """INITIAL TIME or FINAL TIME at the start of a run, where the model computes them."""
    program = prepared.program
    place = program.layout.slots[name].offset
    first = program.layout.slots["initial time"].offset
    if name == "final time":
        return start_value(program, vector, place, vector[first])
    time = 0.0
    # the value at the start may depend on the start itself
    for _ in range(10):
        before, time = time, start_value(program, vector, place, time)
        if time == before:
            vector[first] = time
            return time
    what = "INITIAL TIME depends on Time in such a way that there is no time to start at"
    raise ModelError(Problem(f"model {prepared.model.name}", what))


def _with_constants(model: Model, values: Mapping[str, float]) -> Model:
    """The model with some elements replaced by constants, or with constants added."""
    elements = {fold(e.name): e for e in model.elements}
    for name, value in values.items():
        old = elements.get(name, Element(name=name.upper(), equations=()))
        equation = Equation(Number(value), line=old.line)
        elements[name] = Constant(
            name=old.name,
            equations=(equation,),
            units=old.units,
            documentation=old.documentation,
            group=old.group,
        )
    return replace(model, elements=tuple(elements.values()))
