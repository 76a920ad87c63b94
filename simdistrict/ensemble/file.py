"""Writes an ensemble to a NetCDF file or Zarr store in chunks; an interruption loses one at most.

Finished chunks are kept in the folder `FILE.parts` (see `parts`); the file is assembled at the
end and appears when it is complete. Equal ensembles have equal bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simdistrict.base.budget import HINT, is_allowed, size_in_words
from simdistrict.base.errors import ExchangeError, Problem, ScenarioError
from simdistrict.base.library import shown
from simdistrict.engine.outcome import Outcome
from simdistrict.ensemble.members import Chunk, Ensemble
from simdistrict.ensemble.parts import Parts
from simdistrict.model.expr import fold
from simdistrict.result.dataset import (
    Result,
    Variable,
    dimension_labels,
    element_attrs,
    global_attrs,
    outcome_attrs,
    outcome_time_attrs,
    plain,
    reduced_attrs,
    text,
    time_attrs,
)
from simdistrict.result.naming import names_of
from simdistrict.result.netcdf import (
    Grown,
    check_netcdf_target,
    is_ours,
    read_netcdf,
    write_netcdf_parts,
)
from simdistrict.result.zarr_store import check_zarr_target, read_zarr, write_zarr_parts
from simdistrict.result.zarr_store import is_ours as zarr_is_ours

# called after each chunk: members done, members in all, members of this session
EnsembleProgress = Callable[[int, int, int], None]
# runs the chunks with these numbers, locally or elsewhere; yields each when done, in any order
Runner = Callable[[Sequence[int]], Iterable[tuple[int, Chunk]]]


@dataclass(frozen=True)
class Written:
    """The result of `write_ensemble`.

    outcomes: per scenario the number of members per outcome; resumed: members that an earlier
    call had finished; complete: the earlier call had written the file.
    """

    outcomes: tuple[Mapping[Outcome, int], ...]
    resumed: int
    complete: bool = False


def _check_disk(ensemble: Ensemble, path: Path) -> None:
    """Raise ExchangeError where the file, and its chunks until it is complete, do not fit."""
    # the design; outcomes with their times are 9 bytes
    row = 8 * (ensemble.numbers + len(ensemble.design.priors)) + 9 * len(ensemble.plans)
    size, free = row * ensemble.design.members, shutil.disk_usage(path.parent).free
    if 2 * size > free and not is_allowed():
        what = f"the ensemble needs {size_in_words(2 * size)} (the file has {size_in_words(size)}, "
        what += f"and its chunks as much), and {size_in_words(free)} are free"
        hint = f"use fewer members, elements (--save) or times (--times); or {HINT}"
        raise ExchangeError(Problem(str(path), what, hint))


def write_ensemble(
    ensemble: Ensemble,
    path: Path,
    *,
    resume: bool = False,
    force: bool = False,
    workers: int | None = None,
    progress: EnsembleProgress | None = None,
    runner: Runner | None = None,
) -> Written:
    """Run an ensemble into a NetCDF file, or a Zarr store where the name ends in .zarr.

    resume: keep the chunks that an interrupted call has finished, and a complete file unchanged;
    workers: local cores to use; runner: runs the chunks in place of this machine.
    Raises ExchangeError where the file cannot be written or another process is writing it,
    ScenarioError where the chunks to resume belong to another ensemble, EngineError where this
    machine lacks a requirement of the backend.
    """
    zarr = path.suffix == ".zarr"
    (check_zarr_target if zarr else check_netcdf_target)(path, force=force)
    parts = Parts(path.with_name(f"{path.name}.parts"), ensemble)
    if resume and not parts.folder.exists() and (zarr_is_ours if zarr else is_ours)(path):
        return finished(ensemble, path)
    _check_disk(ensemble, path)
    if runner is None:
        ensemble.check()
    with parts.open(resume=resume):
        done = parts.finished()
        members = ensemble.design.members
        resumed = sum(last - first for first, last in map(ensemble.bounds, done))
        count = resumed
        todo = [chunk for chunk in range(ensemble.chunks) if chunk not in done]
        here = ((chunk, ensemble.run_chunk(chunk, workers)) for chunk in todo)
        for chunk, values in here if runner is None else runner(todo):
            parts.store(chunk, values)
            first, last = ensemble.bounds(chunk)
            count += last - first
            if progress is not None:
                progress(count, members, count - resumed)
        outcomes = [dict.fromkeys(Outcome, 0) for _ in ensemble.plans]
        head, grown, made = _head(ensemble), _grown(ensemble), parts.all(outcomes)
        if zarr:
            write_zarr_parts(head, grown, made, path, chunk=ensemble.chunk_size, force=force)
        else:
            write_netcdf_parts(head, grown, made, path, force=force)
        parts.remove()
    return Written(tuple({o: n for o, n in c.items() if n} for c in outcomes), resumed)


# attributes that determine the numbers of a file, with their names in messages
_DECIDING = {
    "model_name": "model",
    "model_sha256": "text of the model",
    "scenario_sha256": "scenarios",
    "scenario_yaml": "scenarios",
    "lookup_changes": "points of lookups",
    "backend": "backend",
    "integrator": "integrator",
    "rtol": "rtol",
    "atol": "atol",
    "time_step": "time step",
    "save_step": "save step",
    "members": "members",
    "method": "method",
    "seed": "seed",
    "order": "order",
    "levels": "levels",
    "prior": "prior table",
    "saved": "saved elements",
    "saved_times": "saved times",
    "reductions": "reductions",
    "powers": "powers (--fast)",
    "code_sha256": "code of simdistrict",
    "numeric_libraries": "numeric libraries",
}


def finished(ensemble: Ensemble, path: Path) -> Written:
    """The outcomes in a complete file. Raises ScenarioError where it is another ensemble."""
    read = read_zarr if path.suffix == ".zarr" else read_netcdf
    stored = read(path, lambda name, _: name == "outcome")
    hint = "write to another file, or leave --resume out to replace this one"
    if "members" not in stored.attrs or "outcome" not in stored.variables:
        raise ScenarioError(Problem(shown(path), "it exists and is no ensemble", hint))
    differing = _differing(stored, ensemble)
    if differing:
        what = f"it holds another ensemble, which differs in: {', '.join(differing)}"
        raise ScenarioError(Problem(shown(path), what, hint))
    ends = np.atleast_2d(np.asarray(stored.variables["outcome"].values))
    outcomes = [{o: int((own == o).sum()) for o in Outcome if (own == o).any()} for own in ends]
    return Written(tuple(outcomes), ensemble.design.members, complete=True)


def _differing(stored: Result, ensemble: Ensemble) -> list[str]:
    """The settings in which a file differs from this ensemble, with their values where short."""
    wanted = _head(ensemble)
    found: dict[str, str] = {}
    for key, words in _DECIDING.items():
        old, new = (_comparable(result.attrs.get(key)) for result in (stored, wanted))
        if old != new:
            short = max(len(old), len(new)) < 30 and "sha256" not in key
            found.setdefault(words, f"{words} ({old}, not {new})" if short else words)
    labels = [[str(n) for n in r.coords["sampled"].values] for r in (stored, wanted)]
    if labels[0] != labels[1]:
        found["drawn"] = "what is drawn"
    return list(found.values())


def _comparable(value: object) -> str:
    """An attribute as text, independent of the file format it was read from."""
    if value is None:
        return "none"
    if isinstance(value, str):
        return str(plain(value))
    return ", ".join(f"{float(x):.17g}" for x in np.ravel(np.asarray(value)))


def _head(ensemble: Ensemble) -> Result:
    """Everything in the file except the numbers of the members."""
    model = ensemble.plans[0].prepared.model
    names = names_of(model)
    plans = ensemble.plans
    coords: dict[str, Variable] = {}
    variables: dict[str, Variable] = {}
    if len(plans) > 1:
        labels = text([plan.resolved.name for plan in plans])
        coords["scenario"] = Variable(("scenario",), labels, {"long_name": "scenario"})
        titles = text([plan.resolved.title for plan in plans])
        attrs = {"long_name": "title of the scenario"}
        variables["scenario_title"] = Variable(("scenario",), titles, attrs)
    numbers = np.arange(ensemble.design.members, dtype=np.int32)
    coords["member"] = Variable(("member",), numbers, {"long_name": "number of the member"})
    times = np.array([ensemble.grid.at(i) for i in ensemble.points])
    coords["time"] = Variable(("time",), times, time_attrs(model))
    sampled = text([prior.name for prior in ensemble.design.priors])
    attrs = {"long_name": "what differs from member to member"}
    coords["sampled"] = Variable(("sampled",), sampled, attrs)
    for name in ensemble.saved:
        element = model[name]
        for dim, label in zip(names.dims_of(element), element.dims, strict=True):
            kept = ensemble.selection.labels.get(fold(label))
            coords.setdefault(dim, dimension_labels(model, label, dim, kept))
    what = (
        f"An ensemble of {ensemble.design.members} members of the stock-and-flow model "
        f"{model.name}: numbers of saved elements for each, from sampled constants."
    )
    titles_of = [(plan.resolved.name, plan.resolved.title) for plan in plans]
    return Result(coords, variables, global_attrs(model, titles_of, what, ensemble.record()))


def _grown(ensemble: Ensemble) -> Mapping[str, Grown]:
    """The variables with a value per member."""
    model = ensemble.plans[0].prepared.model
    names = names_of(model)
    head = ("scenario", "member") if len(ensemble.plans) > 1 else ("member",)
    grown = {
        "design": Grown(
            ("member", "sampled"), "f8", {"long_name": "the sampled numbers, in their own units"}
        ),
        "outcome": Grown(head, "i1", outcome_attrs()),
        "outcome_time": Grown(head, "f8", outcome_time_attrs(model)),
    }
    for name in ensemble.saved:
        element = model[name]
        dims = (*head, "time", *names.dims_of(element))
        grown[names.elements[name]] = Grown(dims, "f8", element_attrs(element))
    for (name, reduction), variable in ensemble.reduced_names.items():
        dims = (*head, *names.dims_of(model[name]))
        grown[variable] = Grown(dims, "f8", reduced_attrs(model, model[name], reduction))
    return grown
