"""The runs that tables share, each simulated once, when a table first needs it.

Records the inputs of each table.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from simdistrict.base import inputs
from simdistrict.base.arrays import Reals
from simdistrict.base.errors import Problem, ScenarioError, SimdistrictError, did_you_mean
from simdistrict.base.library import find_model, find_study, shown
from simdistrict.calibration import Assessment, Calibration, assess, calibrate
from simdistrict.calibration.settings import Settings, settings_beside
from simdistrict.ensemble.drawing import DrawsRequest, design_from_file
from simdistrict.ensemble.effective import Effective, effective_of
from simdistrict.ensemble.given import GivenDesign
from simdistrict.ensemble.members import Ensemble
from simdistrict.ensemble.prior import (
    Prior,
    PriorTable,
    prior_beside,
    read_prior,
    read_prior_file,
)
from simdistrict.model.expr import fold
from simdistrict.model.model import Model
from simdistrict.result.naming import Names, names_of
from simdistrict.run.plan import Plan, plan_run, prepare
from simdistrict.run.simulate import simulate
from simdistrict.scenario import Scenario, load_scenario, resolve, scenario_from_text
from simdistrict.scenario.places import unknown
from simdistrict.tables.definition import StudyDefinition
from simdistrict.tables.files import Stamp
from simdistrict.tables.find import check_against, read_definition
from simdistrict.tables.members import Kept, Sampling, Variant
from simdistrict.tables.reduced import all_members, ensemble_for, member_chunks, some_members

if TYPE_CHECKING:
    import xarray as xr

# called after each chunk of an ensemble: scenario, members done, members in all
Progress = Callable[[str, int, int], None]
AS_STATED = Sampling()
T = TypeVar("T")
# kinds of inputs that a table over the prior has, and those that only one over a posterior has
_OF_PRIOR, _NOT_OF_PRIOR = ("prior", "design"), ("posterior", "table")


@dataclass(frozen=True)
class Simulated:
    """One run, read by the names of the model: element, year, labels.

    names: of the variables and dimensions of its data.
    """

    model: Model
    data: xr.Dataset
    names: Names
    _indices: dict[str, dict[str, int]] = field(default_factory=dict, repr=False)

    @property
    def years(self) -> Reals:
        """The times of the saved points."""
        return np.asarray(self.data["time"].values, dtype=float)

    def labels(self, dimension: str) -> list[str]:
        """The labels of a dimension, in the model's order."""
        return [str(label) for label in self.data[self.names.dims[fold(dimension), 0]].values]

    def series(self, element: str, **labels: str) -> Reals:
        """An element over the years; dimensions without a label stay, in the model's order.

        Raises ScenarioError for an element or a label that does not exist.
        """
        if fold(element) not in self.names.elements:
            raise ScenarioError(unknown(self.model, element, ""))
        variable = self.data.variables[self.names.elements[fold(element)]]
        places = tuple(
            self._place(str(d), labels[str(d)]) if str(d) in labels else slice(None)
            for d in variable.dims
        )
        values = np.asarray(variable.values[places], dtype=float)
        return (
            values
            if "time" in variable.dims
            else np.broadcast_to(values, (len(self.years), *values.shape))
        )

    def at(self, element: str, year: float, **labels: str) -> float:
        """One number: an element at one time, with a label for each of its dimensions."""
        return float(self.series(element, **labels)[self.point(year)])

    def point(self, time: float, where: str = "") -> int:
        """Index of the saved point of a time. Raises ScenarioError if there is none.

        where: the entry of the study file that states the time.
        """
        (found,) = np.nonzero(self.years == time)
        if not len(found):
            hint = f"runs are saved from {self.years[0]:g} to {self.years[-1]:g}"
            raise ScenarioError(Problem(where, f"no point of the run is saved at {time:g}", hint))
        return int(found[0])

    def ratio(self, element: str, year: float, to: float, **labels: str) -> float:
        """The value in a year over that of another year."""
        return self.at(element, year, **labels) / self.at(element, to, **labels)

    def _place(self, dimension: str, label: str) -> int:
        if dimension not in self._indices:
            found = self.data[dimension].values
            self._indices[dimension] = {str(label): k for k, label in enumerate(found)}
        known = self._indices[dimension]
        if label not in known:
            what = f'"{dimension}" has no label "{label}"'
            raise ScenarioError(Problem("", what, did_you_mean(label, known)))
        return known[label]


class Study:
    """A model with its study file, runs, ensembles and record, for the tables of one call.

    model: a shipped model's name or a path, or the definition of a study, which names its model;
    workers: processes of a fit, threads of an ensemble; sampling: of the ensembles; posterior:
    draws in place of those that the study file states; committed: the folder of its tables.
    """

    def __init__(
        self,
        model: str | StudyDefinition,
        workers: int = 1,
        sampling: Sampling = AS_STATED,
        progress: Progress | None = None,
        posterior: DrawsRequest | None = None,
        committed: Path | None = None,
    ) -> None:
        named = None if isinstance(model, str) else model
        self.path: Path = find_model(model) if isinstance(model, str) else model.model
        self.prepared = prepare(self.path)
        self.workers = workers
        self.sampling = sampling
        self.progress = progress
        self.committed = committed
        self.other_posterior = posterior
        self._given: GivenDesign | None = None
        self._inputs: dict[str, str] = {}
        self._runs: dict[tuple[str, tuple[str, ...]], Simulated] = {}
        self._plans: dict[Variant, Plan] = {}
        self._assessment: Assessment | None = None
        self._kept: dict[str, Any] = {}
        self._named = named

    @cached_property
    def definition(self) -> StudyDefinition:
        """The study file of the model. Raises ScenarioError if it is not valid."""
        found = self._named or read_definition(find_study(str(self.path)))
        if found.model.resolve() != self.path.resolve():
            what = f"the study is of another model, {shown(found.model)}"
            raise ScenarioError(Problem(found.place("model"), what))
        check_against(found, self.model)
        return found

    @cached_property
    def names(self) -> Names:
        """Of variables and dimensions of its runs."""
        return names_of(self.model)

    @property
    def last_time(self) -> float:
        """The end of the baseline."""
        return self.plan(Variant(self.definition.file.baseline)).grid.stop

    @property
    def model(self) -> Model:
        """The unchanged model."""
        return self.prepared.model

    # ------------------------------------------------------------------ single runs

    def run(self, scenario: str, *sets: str) -> Simulated:
        """A scenario, with constants set on top: `"NAME=VALUE"`."""
        self._note("scenario", scenario, *sets)
        return self._simulated(scenario, self._scenario(scenario), sets)

    def run_text(self, name: str, text: str, *sets: str) -> Simulated:
        """A scenario written in YAML."""
        return self._simulated(name, scenario_from_text(text, name), sets)

    def _scenario(self, name: str) -> Scenario:
        """A scenario; the folder `scenarios` next to the model is searched first."""
        folder = self.path.parent / "scenarios"
        return load_scenario(name, folder if folder.is_dir() else None)

    def _simulated(self, name: str, scenario: Scenario, sets: tuple[str, ...]) -> Simulated:
        key = (name, sets)
        if key not in self._runs:
            data = simulate(self.model, scenario, sets=sets)
            if int(data["outcome"]) != 0:
                where = f"scenario {name} {' '.join(sets)}".rstrip()
                what = "the run did not complete, so no table can be made of it"
                raise ScenarioError(Problem(where, what, "run it alone to see why"))
            self._runs[key] = Simulated(self.model, data, self.names)
        return self._runs[key]

    def plan(self, variant: Variant) -> Plan:
        """The plan of a scenario."""
        if variant not in self._plans:
            resolved = resolve(self._scenario(variant.scenario), self.model, variant.sets)
            self._plans[variant] = plan_run(self.prepared, resolved, "native")
        return self._plans[variant]

    def course(self, scenario: str) -> Plan:
        """The plan of a scenario, recorded as an input."""
        self._note("scenario", scenario)
        return self.plan(Variant(scenario))

    def kept(self, name: str, make: Callable[[], T]) -> T:
        """Make a value that several tables or figures share, once."""
        if name not in self._kept:
            self._kept[name] = make()
        found: T = self._kept[name]
        return found

    # ------------------------------------------------------------------ ensembles

    def members(self, variant: Variant, kept: Kept, *wanted: str) -> dict[str, Reals]:
        """Saved numbers of all members of a scenario, see `reduced.all_members`."""
        ensemble = self.ensemble(variant, kept)
        return all_members(ensemble, kept, wanted, self.workers, self._progress_of(variant))

    def chunks(self, variant: Variant, kept: Kept, *wanted: str) -> Iterator[dict[str, Reals]]:
        """The same chunk by chunk, see `reduced.member_chunks`."""
        ensemble = self.ensemble(variant, kept)
        tell = self._progress_of(variant)
        return member_chunks(ensemble, kept, wanted, self.workers, tell)

    def _progress_of(self, variant: Variant) -> Callable[[int, int], None] | None:
        progress = self.progress
        return None if progress is None else lambda done, of: progress(str(variant), done, of)

    def some(self, variant: Variant, kept: Kept, members: Sequence[int]) -> dict[str, Reals]:
        """The same for a few members, run now."""
        return some_members(self.ensemble(variant, kept), kept, members)

    def ensemble(self, variant: Variant, kept: Kept) -> Ensemble:
        """The ensemble of a scenario; all scenarios share the draws of a member."""
        self._note("scenario", variant.scenario, *variant.sets)
        plan, sampling = self.plan(variant), self.sampling
        if self._given is not None:
            self._note("posterior")
            return ensemble_for(plan, (), "", kept, sampling, self._given)
        self._note("prior")
        self._note("design")
        return ensemble_for(plan, self.priors, self._prior_text, kept, sampling)

    # ------------------------------------------------------------------ posterior

    @property
    def posterior_request(self) -> DrawsRequest | None:
        """The draws of the posterior that the study is asked over, if any."""
        stated = self.definition.file.posterior
        if self.other_posterior is not None or stated is None:
            return self.other_posterior
        path = self.definition.posterior
        assert path is not None
        return DrawsRequest(path, rest=stated.rest, seed=self.sampling.seed)

    @cached_property
    def posterior(self) -> GivenDesign:
        """The draws of the posterior, at most as many as the prior has.

        Raises ScenarioError where the study has none.
        """
        asked = self.posterior_request
        if asked is None:
            hint = "state it under `posterior:` in the study file, or give --design FILE"
            raise ScenarioError(Problem(self.definition.where, "the study has no posterior", hint))
        found = design_from_file(
            asked, self.prepared, lambda: PriorTable(self._prior_text, str(prior_beside(self.path)))
        )
        return found.thinned(self.sampling.members)

    def over_posterior(self) -> Study:
        """The same study with the draws of the posterior in place of those of the prior.

        It shares the runs and the recorded inputs of this one: make it where it is used.
        """
        found = copy.copy(self)
        found._given, found._kept = self.posterior, {}
        found.sampling = replace(self.sampling, members=self.posterior.members)
        return found

    @property
    def worth(self) -> Effective:
        """What the draws of its ensembles are worth."""
        given = self._given
        return Effective(self.sampling.members) if given is None else effective_of(given)

    def prior_stamp(self) -> Stamp:
        """The stamp that a table over the prior has which reads the same scenarios."""
        kept = {k: v for k, v in self._inputs.items() if json.loads(k)[0] not in _NOT_OF_PRIOR}
        more = {json.dumps([name]): self.input_sha256(json.dumps([name])) for name in _OF_PRIOR}
        return self.stamp({**kept, **more})

    def note_posterior(self) -> None:
        """Record the draws of the posterior, and the prior, as inputs."""
        self._note("posterior")
        self._note("prior")

    def note_table(self, path: Path) -> None:
        """Record a committed table as an input."""
        self._note("table", str(path))

    @cached_property
    def _prior_text(self) -> str:
        return read_prior_file(prior_beside(self.path))

    @cached_property
    def priors(self) -> tuple[Prior, ...]:
        """The prior table next to the model."""
        where = str(prior_beside(self.path))
        return read_prior(self._prior_text, where, self.model, self.prepared.program)

    # ------------------------------------------------------------------ record and fit

    @property
    def settings(self) -> Settings:
        """The calibration file next to the model."""
        found = settings_beside(self.path)
        if found is None:
            raise ScenarioError(Problem(str(self.path), "no calibration.yaml lies beside it"))
        return found

    @property
    def assessment(self) -> Assessment:
        """The unchanged model compared with its record."""
        self._note("record")
        if self._assessment is None:
            settings = self.settings
            assert settings.data is not None
            self._assessment = assess(self.model, settings.data, until=settings.until)
        return self._assessment

    def fit(self) -> Calibration:
        """Run the fit of the calibration file; takes minutes."""
        self._note("record")
        self._note("calibration")
        s = self.settings
        assert s.data is not None
        efforts = {"starts": s.starts, "evaluations": s.evaluations, "seed": s.seed}
        given: dict[str, Any] = {n: value for n, value in efforts.items() if value is not None}
        return calibrate(self.model, s.data, s.free, until=s.until, workers=self.workers, **given)

    # ------------------------------------------------------------------ inputs

    @contextmanager
    def recording(self) -> Iterator[dict[str, str]]:
        """Yields the inputs that the block reads, each with its hash."""
        outer, self._inputs = self._inputs, {}
        self._note("model")
        try:
            yield self._inputs
        finally:
            self._inputs = outer

    def _note(self, *name: str) -> None:
        key = json.dumps(name)
        if key not in self._inputs:
            self._inputs[key] = self.input_sha256(key)

    def input_sha256(self, key: str) -> str:
        """The present hash of an input; empty if the input is gone."""
        kind, *rest = json.loads(key)
        try:
            if kind == "scenario":
                return self.plan(Variant(rest[0], tuple(rest[1:]))).resolved.sha256
            if kind == "model":
                return self.model.sha256
            if kind == "design":
                return _sha256(repr(self.sampling).encode())
            if kind == "posterior":
                return self.posterior.sha256
            if kind == "table":
                return inputs.digest(Path(rest[0]))
            paths = {"prior": self._prior, "calibration": self._calibration, "record": self._record}
            return inputs.digest(paths[kind]())
        except (SimdistrictError, OSError):
            return ""

    def _prior(self) -> Path:
        return prior_beside(self.path)

    def _calibration(self) -> Path:
        return self.path.parent / "calibration.yaml"

    def _record(self) -> Path:
        data = self.settings.data
        assert data is not None
        return data

    def stamp(self, inputs: Mapping[str, str]) -> Stamp:
        """The stamp of a table, from the inputs that it read."""
        by_kind: dict[str, list[str]] = {}
        for key, sha in sorted(inputs.items()):
            by_kind.setdefault(json.loads(key)[0], []).append(sha)
        parts = [(f"model {self.model.name}", self.model.sha256)]
        if "record" in by_kind:
            parts.append((f"record {self._record().name}", by_kind["record"][0]))
        if "scenario" in by_kind:
            several = by_kind["scenario"]
            name = f"{len(several)} scenario" + "s" * (len(several) > 1)
            parts.append((name, _sha256(" ".join(several).encode())))
        if "design" in by_kind:
            parts.append((f"prior, {self.sampling}", by_kind["prior"][0]))
        if "posterior" in by_kind:
            given = self.posterior
            name = Path(given.origin.file).name if given.origin else "given"
            parts.append((f"posterior {name}, {given.members} draws", by_kind["posterior"][0]))
        return Stamp(tuple(parts))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
