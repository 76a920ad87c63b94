"""Repeats a result from its own record and compares the numbers to the last bit."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.inputs import digest
from simdistrict.base.outside import is_outside
from simdistrict.base.progress import Tick
from simdistrict.ensemble.blocks import Shape
from simdistrict.ensemble.content import variables_of
from simdistrict.ensemble.given import CHAINS, METHOD, GivenDesign, Origin, given_design
from simdistrict.ensemble.members import Ensemble, ensemble_of, ensemble_over
from simdistrict.ensemble.prior import recorded_prior
from simdistrict.result.dataset import Result, Variable
from simdistrict.run.plan import Plan, Prepared, plan_run, prepare_text, with_lookups
from simdistrict.run.simulate import result_of
from simdistrict.scenario import resolve, scenario_from_text
from simdistrict.scenario.changes import recorded_changes

_PYSD = "it records that PySD computed it, and PySD makes Python code of a model's texts"


@dataclass(frozen=True, slots=True)
class Repetition:
    """The comparison of a repeated run with its record.

    variables: number compared; gaps: of those that differ in any bit, by name, the largest
    relative difference; 0 for texts, infinite where the other lacks the variable.
    """

    variables: int
    gaps: Mapping[str, float]

    @property
    def differing(self) -> tuple[str, ...]:
        """The names of the variables that differ."""
        return tuple(self.gaps)

    @property
    def largest(self) -> float:
        """The largest relative difference, 0 where all are equal."""
        return max(self.gaps.values(), default=0.0)

    @property
    def same(self) -> bool:
        """Whether every number is the same to the last bit."""
        return not self.gaps


def sentence(found: Repetition, where: str) -> str:
    """A repetition as a sentence; where: what it calls the result."""
    if found.same:
        return f"{where}: the same numbers to the last bit in {found.variables} variables"
    return (
        f"{where}: {len(found.differing)} of {found.variables} variables differ "
        f"(largest relative difference {found.largest:.3g}): {', '.join(found.differing[:10])}"
    )


def repeat(
    recorded: Result, where: str, backend: str | None = None, tick: Tick | None = None
) -> Repetition:
    """Repeat the runs that a result records, and compare.

    backend: for single runs, as in `recorded_plans`; tick: called with (done, members) as the
    members of an ensemble proceed. Raises ExchangeError where the record is
    incomplete, and the errors of a run.
    """
    if "members" in recorded.attrs:
        return _repeat_members(recorded, where, tick)
    if stepped := str(recorded.attrs.get("stepped", "")):
        what = f"it comes from a run that a program stepped ({stepped}), which no record repeats"
        raise ExchangeError(Problem(where, what, "run the program again"))
    save = str(recorded.attrs.get("saved", "all"))
    saved: Any = recorded.attrs.get("saved_times", [])
    times = ",".join(repr(float(time)) for time in np.atleast_1d(saved))
    plans = recorded_plans(recorded, where, backend)
    return compare_results(recorded, result_of(plans, save, times or "all"))


def changed_files(recorded: Result) -> tuple[str, ...]:
    """The data files of a model, and the file of its draws, that have changed since the run.

    Files that are not in this folder are left out.
    """
    files: dict[str, str] = json.loads(str(recorded.attrs.get("external_files", "{}")))
    if origin := Origin.recorded(recorded.attrs):
        files[origin.file] = origin.sha256
    # a file from elsewhere may name any path: only this folder is looked at
    now = {name: "" if is_outside(name, Path()) else digest(Path(name)) for name in files}
    return tuple(path for path, known in files.items() if now[path] and now[path] != known)


def recorded_plans(recorded: Result, where: str, backend: str | None = None) -> list[Plan]:
    """The plans of the runs that a result records; backend: overrides the recorded one.

    Raises ExchangeError where the record is incomplete, and where it alone says that PySD is to
    run: PySD makes Python code of the model's texts, and a file may come from anywhere.
    """
    attrs = recorded.attrs
    _require(attrs, ("model_text", "model_name", "scenario_yaml", "backend"), where)
    if backend is None and attrs["backend"] == "pysd":
        hint = "name it by --backend: native, or pysd where you trust the file"
        raise ExchangeError(Problem(where, _PYSD, hint))
    external = str(attrs.get("external_data", ""))
    prepared = prepare_text(str(attrs["model_text"]), str(attrs["model_name"]), external)
    lookups = str(attrs.get("lookup_changes", ""))
    if lookups:
        prepared = with_lookups(prepared, recorded_changes(lookups, prepared.model, where))
    texts = str(attrs["scenario_yaml"]).split("---\n")
    return [
        plan_run(
            prepared,
            resolve(scenario_from_text(text, where), prepared.model),
            backend or str(attrs["backend"]),
        )
        for text in texts
    ]


def _require(attrs: Mapping[str, object], keys: Sequence[str], where: str) -> None:
    """Raise ExchangeError for attributes that are missing."""
    hint = "was it written by simdistrict run or ensemble?"
    gone = [Problem(where, f"it does not record {key}", hint) for key in keys if key not in attrs]
    if gone:
        raise ExchangeError(gone)


def _repeat_members(recorded: Result, where: str, tick: Tick | None) -> Repetition:
    """Run every member again, chunk by chunk."""
    ensemble = recorded_ensemble(recorded, where)
    parts = []
    for chunk in range(ensemble.chunks):
        first, last = ensemble.bounds(chunk)
        variables = {}
        for name, values in variables_of(ensemble, ensemble.run_chunk(chunk)).items():
            old = recorded.variables.get(name)
            if old is None or "member" not in old.dims:
                raise ExchangeError(Problem(where, f"it lacks {name}, which its record names"))
            before = (slice(None),) * old.dims.index("member")
            part = np.asarray(old.values)[(*before, slice(first, last))]
            variables[name] = Variable(old.dims, part), Variable(old.dims, values)
        attrs = recorded.attrs
        olds = Result({}, {name: pair[0] for name, pair in variables.items()}, attrs)
        news = Result({}, {name: pair[1] for name, pair in variables.items()}, attrs)
        parts.append(compare_results(olds, news))
        if tick is not None:
            tick(last, ensemble.design.members)
    gaps: dict[str, float] = {}
    for compared in parts:
        for name, gap in compared.gaps.items():
            gaps[name] = max(gap, gaps.get(name, 0.0))
    return Repetition(parts[0].variables, gaps)


def recorded_ensemble(recorded: Result, where: str) -> Ensemble:
    """The ensemble that a result file records."""
    attrs = recorded.attrs
    _require(attrs, ("saved_times", "members", "method", "saved", "powers"), where)
    plans = recorded_plans(recorded, where, "native")
    times = np.atleast_1d(np.asarray(attrs["saved_times"], float))
    how: dict[str, Any] = {
        "save": str(attrs["saved"]),
        "times": ",".join(repr(float(t)) for t in times),
        "fast": attrs["powers"] == "fast",
        "reduce": str(attrs.get("reductions", "")),
        "backend": str(attrs["backend"]),
    }
    prepared = plans[0].prepared
    if attrs["method"] == METHOD:
        return ensemble_over(plans, recorded_design(recorded, where, prepared), **how)
    _require(attrs, ("prior", "seed"), where)
    text = str(attrs["prior"])
    priors = recorded_prior(text, f"{where} (prior)", prepared.model, prepared.program)
    return ensemble_of(
        plans,
        priors,
        text,
        int(str(attrs["members"])),
        seed=int(str(attrs["seed"])),
        method=str(attrs["method"]),
        shape=Shape.recorded(attrs),
        **how,
    )


def recorded_design(recorded: Result, where: str, prepared: Prepared) -> GivenDesign:
    """The design of a result over one that was drawn elsewhere."""
    if "sampled" not in recorded.coords or "design" not in recorded.variables:
        raise ExchangeError(Problem(where, "it lacks its design", "write it again"))
    names = [str(name) for name in recorded.coords["sampled"].values]
    numbers = np.asarray(recorded.variables["design"].values, float)
    found = given_design(names, numbers, prepared.model, prepared.program, f"{where} (design)")
    chain = recorded.variables.get(CHAINS)
    known = None if chain is None else np.asarray(chain.values, np.int64)
    return replace(found, chain=known, origin=Origin.recorded(recorded.attrs))


def compare_results(recorded: Result, again: Result) -> Repetition:
    """The comparison of two results to the last bit."""
    gaps: dict[str, float] = {}
    for name, variable in recorded.variables.items():
        other = again.variables.get(name)
        if other is None or np.shape(other.values) != np.shape(variable.values):
            gaps[name] = math.inf
            continue
        old, new = np.asarray(variable.values), np.asarray(other.values)
        numbers = old.dtype.kind == "f"
        # NaN equals NaN, whatever its bits
        if np.array_equal(old, new, equal_nan=numbers):
            continue
        gaps[name] = 0.0
        if numbers:
            with np.errstate(all="ignore"):
                gap = np.abs(new - old) / np.maximum(np.abs(old), np.abs(new))
            gaps[name] = float(gap[~np.isnan(gap)].max(initial=0.0))
    return Repetition(len(recorded.variables), gaps)
