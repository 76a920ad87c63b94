"""Ensembles that save a few numbers per member, on disk, chunk by chunk.

A chunk lies in a folder named by the hash of everything that determines its numbers: model,
scenario, prior, design, saved numbers, and code. So only what changed is run again, and an
interrupted call continues.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.base.cache import own_folder, read_own, write_own
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.ensemble.blocks import Shape
from simdistrict.ensemble.given import GivenDesign
from simdistrict.ensemble.members import Ensemble, drawn, ensemble_of, ensemble_over
from simdistrict.ensemble.prior import Prior
from simdistrict.run.plan import Plan
from simdistrict.tables.members import Kept, MemberRun, Sampling
from simdistrict.tables.sources import code_sha256

# members done, members in all, after each chunk
ChunkProgress = Callable[[int, int], None]
CHUNK = 200  # a whole number of lanes
ROOM = 8 << 30  # bytes of all folders together; the least recently used are removed


def ensemble_for(
    plan: Plan,
    priors: Sequence[Prior],
    prior_text: str,
    kept: Kept,
    sampling: Sampling,
    given: GivenDesign | None = None,
) -> Ensemble:
    """The ensemble of one scenario that `kept` reads; given: draws in place of those of a prior.

    Raises ScenarioError where a method needs draws of its own.
    """
    method = kept.method
    read: dict[str, Any] = {
        "save": ",".join(kept.elements),
        "times": ",".join(f"{year:g}" for year in kept.years),
    }
    if given is not None:
        if method != "lhs":
            what = f"a design of the method {method} cannot be made of draws of a posterior"
            raise ScenarioError(Problem(f"scenario {plan.resolved.name}", what))
        return ensemble_over([plan], given, fast=True, **read)
    # a Saltelli design has blocks, whose size depends on how many numbers are drawn
    block = Shape().block(method, len(drawn([plan], priors)))
    return ensemble_of(
        [plan],
        priors,
        prior_text,
        sampling.members if method == "lhs" else sampling.blocks * block,
        seed=sampling.seed,
        method=method,
        fast=True,
        **read,
    )


def some_members(ensemble: Ensemble, kept: Kept, members: Sequence[int]) -> dict[str, Reals]:
    """The saved numbers of these members, run now; stores nothing."""
    return _reduce(ensemble, kept, _exchanged(ensemble, kept, members), None)


def all_members(
    ensemble: Ensemble,
    kept: Kept,
    wanted: Sequence[str],
    workers: int | None = None,
    progress: ChunkProgress | None = None,
) -> dict[str, Reals]:
    """The wanted arrays of all members; runs the members that are not stored yet."""
    found: dict[str, list[Reals]] = {name: [] for name in wanted}
    for arrays in member_chunks(ensemble, kept, wanted, workers, progress):
        for name in wanted:
            found[name].append(arrays[name])
    return {name: np.concatenate(parts) for name, parts in found.items()}


def member_chunks(
    ensemble: Ensemble,
    kept: Kept,
    wanted: Sequence[str],
    workers: int | None = None,
    progress: ChunkProgress | None = None,
) -> Iterator[dict[str, Reals]]:
    """The same in chunks of `CHUNK` members, the same members in every ensemble."""
    place = own_folder("members", key_of(ensemble, kept)[:32])
    if place is not None:
        os.utime(place)
    members = ensemble.design.members
    for first in range(0, members, CHUNK):
        path = place and place / f"{first:08}.npz"
        arrays = _load(path, wanted) if path else None
        if arrays is None:
            last = min(first + CHUNK, members)
            rows = (
                _exchanged(ensemble, kept, range(first, last))
                if kept.exchanged
                else ensemble.design.rows(first, last)
            )
            made: dict[str, Any] = dict(_reduce(ensemble, kept, rows, workers))
            if path:
                file = io.BytesIO()
                np.savez(file, **made)
                write_own(path, file.getvalue())
            arrays = {name: made[name] for name in wanted}
            if progress is not None:
                progress(last, members)
        yield arrays


def key_of(ensemble: Ensemble, kept: Kept) -> str:
    """Equal for two ensembles only if they save the same numbers of the same members."""
    plan, design = ensemble.plans[0], ensemble.design
    parts = (
        plan.prepared.model.sha256,
        plan.resolved.sha256,
        plan.grid,
        plan.integrator,
        (plan.rtol, plan.atol),
        (design.priors, design.members, design.seed, design.method, design.streams),
        design.sha256 if isinstance(design, GivenDesign) else "",
        ensemble.saved,
        ensemble.points,
        (CHUNK, kept.tells, kept.exchanged),
        code_sha256("simdistrict.ensemble.members", "simdistrict.tables.reduced", *kept.code),
    )
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def tidy(room: int = ROOM) -> None:
    """Remove the least recently used folders until the rest fits."""
    place = own_folder("members")
    if place is None:
        return
    left = room
    for entry in sorted(place.iterdir(), key=lambda e: e.stat().st_mtime, reverse=True):
        left -= sum(file.stat().st_size for file in entry.glob("*"))
        if left < 0:
            shutil.rmtree(entry, ignore_errors=True)


def _exchanged(ensemble: Ensemble, kept: Kept, members: Sequence[int]) -> NDArray[np.float64]:
    """Constants of some members, those in `kept.exchanged` taken from the next member."""
    design = ensemble.design
    rows = design.rows_of(members)
    if kept.exchanged:
        places = [
            k for k, p in enumerate(design.priors) if p.name.partition("[")[0] in kept.exchanged
        ]
        rows[:, places] = design.rows_of([(m + 1) % design.members for m in members])[:, places]
    return rows


def _reduce(
    ensemble: Ensemble, kept: Kept, rows: NDArray[np.float64], workers: int | None
) -> dict[str, Reals]:
    chunk = ensemble.run_rows(rows, workers)
    values = {name: np.asarray(chunk[name][0], float) for name in ensemble.saved}
    years = np.array([ensemble.grid.at(point) for point in ensemble.points])
    # a member that ended early is NaN, and so are its numbers
    with np.errstate(invalid="ignore", divide="ignore"):
        return kept.reduce(MemberRun(ensemble.plans[0].prepared.model, years, values))


def _load(path: Path, wanted: Sequence[str]) -> dict[str, Reals] | None:
    """The wanted arrays of a chunk; None if it is missing or damaged."""
    data = read_own(path)
    try:
        with np.load(io.BytesIO(data or b""), allow_pickle=False) as file:
            found = {name: file[name] for name in wanted}
    # numpy and zipfile raise many errors for damaged files
    except Exception:  # noqa: BLE001
        return None
    return found if all(array.dtype == float for array in found.values()) else None
