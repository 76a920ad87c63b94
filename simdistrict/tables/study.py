"""The runs that tables share: each is simulated once, when a table first asks for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.calibration import Assessment, Calibration, assess, calibrate
from simdistrict.calibration.settings import Settings, settings_beside
from simdistrict.errors import Problem, ScenarioError
from simdistrict.library import find_model
from simdistrict.model import Model
from simdistrict.run import read_model, simulate
from simdistrict.scenario import Scenario, load_scenario, scenario_from_text
from simdistrict.tables.files import Stamp

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Simulated:
    """One run, read by the names of the model: element, year, labels."""

    data: xr.Dataset
    _indices: dict[str, dict[str, int]] = field(default_factory=dict, repr=False)

    @property
    def years(self) -> Array:
        """The times of the saved points."""
        return np.asarray(self.data["time"].values, dtype=float)

    def labels(self, dimension: str) -> list[str]:
        """The labels of a dimension, in the model's order."""
        return [str(label) for label in self.data[_key(dimension)].values]

    def series(self, element: str, **labels: str) -> Array:
        """An element over the years; dimensions without a label stay, in the model's order."""
        variable = self.data.variables[_key(element)]
        places = tuple(
            self._index(str(d))[labels[str(d)]] if str(d) in labels else slice(None)
            for d in variable.dims
        )
        values = np.asarray(variable.values[places], dtype=float)
        return (
            values
            if "time" in variable.dims
            else np.broadcast_to(values, (len(self.years), *values.shape))
        )

    def at(self, element: str, year: float, **labels: str) -> float:
        """One number: an element in one year at one place of each of its dimensions."""
        (places,) = np.nonzero(self.years == year)
        return float(self.series(element, **labels)[places[0]])

    def ratio(self, element: str, year: float, to: float, **labels: str) -> float:
        """The value in a year over that of another year."""
        return self.at(element, year, **labels) / self.at(element, to, **labels)

    def _index(self, dimension: str) -> dict[str, int]:
        if dimension not in self._indices:
            self._indices[dimension] = {n: k for k, n in enumerate(self.labels(dimension))}
        return self._indices[dimension]


class Study:
    """A model, its runs and its record, for the tables of one call.

    workers: processes of a fit, where a table needs one.
    """

    def __init__(self, model: str = "district", workers: int = 1) -> None:
        self.path: Path = find_model(model)
        self.model: Model = read_model(self.path)
        self.workers = workers
        self._runs: dict[tuple[str, tuple[str, ...]], Simulated] = {}
        self._assessment: Assessment | None = None

    def run(self, scenario: str, *sets: str) -> Simulated:
        """A shipped scenario, with constants set on top: `"NAME=VALUE"`."""
        return self._simulated(scenario, load_scenario(scenario), sets)

    def run_text(self, name: str, text: str, *sets: str) -> Simulated:
        """A scenario written in YAML."""
        return self._simulated(name, scenario_from_text(text, name), sets)

    def _simulated(self, name: str, scenario: Scenario, sets: tuple[str, ...]) -> Simulated:
        key = (name, sets)
        if key not in self._runs:
            data = simulate(self.model, scenario, sets=sets)
            if int(data["outcome"]) != 0:
                where = f"scenario {name} {' '.join(sets)}".rstrip()
                what = "the run did not complete, so no table can be made of it"
                raise ScenarioError(Problem(where, what, "run it alone to see why"))
            self._runs[key] = Simulated(data)
        return self._runs[key]

    @property
    def settings(self) -> Settings:
        """What the calibration file beside the model says."""
        found = settings_beside(self.path)
        if found is None:
            raise ScenarioError(Problem(str(self.path), "no calibration.yaml lies beside it"))
        return found

    @property
    def assessment(self) -> Assessment:
        """The model beside its record, as it is."""
        if self._assessment is None:
            settings = self.settings
            assert settings.data is not None
            self._assessment = assess(self.model, settings.data, until=settings.until)
        return self._assessment

    def fit(self) -> Calibration:
        """The fit that the calibration file asks for; takes minutes."""
        s = self.settings
        assert s.data is not None
        efforts = {"starts": s.starts, "evaluations": s.evaluations, "seed": s.seed}
        given: dict[str, Any] = {n: value for n, value in efforts.items() if value is not None}
        return calibrate(self.model, s.data, s.free, until=s.until, workers=self.workers, **given)

    @property
    def stamp(self) -> Stamp:
        """The model and the record, by content."""
        found = self.assessment
        return Stamp(self.model.name, self.model.sha256, found.data, found.data_sha256)


def _key(name: str) -> str:
    return name.replace(" ", "_")
