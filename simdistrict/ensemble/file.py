"""Writes an ensemble to a NetCDF file or Zarr store in chunks; an interruption loses one at most.

Finished chunks are kept in the folder `FILE.parts` (see `parts`); the file is assembled at the
end and appears when it is complete. Equal ensembles have equal bytes.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simdistrict.base.budget import HINT, is_allowed, size_in_words
from simdistrict.base.errors import ExchangeError, Problem, ScenarioError
from simdistrict.base.library import shown
from simdistrict.base.progress import Tick
from simdistrict.engine.outcome import Outcome
from simdistrict.ensemble.content import Runner, grown_of, head_of
from simdistrict.ensemble.given import SHA256
from simdistrict.ensemble.members import Ensemble
from simdistrict.ensemble.parts import Parts
from simdistrict.result.dataset import Result, plain
from simdistrict.result.netcdf import (
    check_netcdf_target,
    is_ours,
    write_netcdf_parts,
)
from simdistrict.result.opening import read_result
from simdistrict.result.zarr_store import check_zarr_target, write_zarr_parts
from simdistrict.result.zarr_store import is_ours as zarr_is_ours


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
    size, free = ensemble.bytes, shutil.disk_usage(path.parent).free
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
    tick: Tick | None = None,
    runner: Runner | None = None,
) -> Written:
    """Run an ensemble into a NetCDF file, or a Zarr store where the name ends in .zarr.

    resume: keep the chunks that an interrupted call has finished, and a complete file unchanged;
    workers: local cores to use; tick: called at the start and after each chunk with (done,
    members); runner: runs the chunks in place of this machine.
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
        if tick is not None:
            tick(count, members)
        todo = [chunk for chunk in range(ensemble.chunks) if chunk not in done]
        here = ((chunk, ensemble.run_chunk(chunk, workers)) for chunk in todo)
        for chunk, values in here if runner is None else runner(todo):
            parts.store(chunk, values)
            first, last = ensemble.bounds(chunk)
            count += last - first
            if tick is not None:
                tick(count, members)
        outcomes = [dict.fromkeys(Outcome, 0) for _ in ensemble.plans]
        head, grown, made = head_of(ensemble), grown_of(ensemble), parts.all(outcomes)
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
    SHA256: "given design",
    "saved": "saved elements",
    "saved_times": "saved times",
    "reductions": "reductions",
    "powers": "powers (--fast)",
    "code_sha256": "code of simdistrict",
    "numeric_libraries": "numeric libraries",
}


def finished(ensemble: Ensemble, path: Path) -> Written:
    """The outcomes in a complete file. Raises ScenarioError where it is another ensemble."""
    stored = read_result(path, lambda name, _: name == "outcome")
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
    wanted = head_of(ensemble)
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
