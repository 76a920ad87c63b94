"""The Python library: its public names, each imported when it is first used.

`import simdistrict as sd` offers the same names. The room converts between what users give (names,
numbers, arrays, Series, DataArrays) and the values of the rooms below; it computes nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simdistrict.api.builder import ScenarioBuilder as ScenarioBuilder
    from simdistrict.api.files import Comparison as Comparison
    from simdistrict.api.files import compare as compare
    from simdistrict.api.files import open as open
    from simdistrict.api.files import rerun as rerun
    from simdistrict.api.loaded import LoadedModel as LoadedModel
    from simdistrict.api.loading import load as load
    from simdistrict.api.loading import models as models
    from simdistrict.api.loading import scenarios as scenarios
    from simdistrict.api.mapping import plot_map as plot_map
    from simdistrict.api.pictures import plot_causes as plot_causes
    from simdistrict.api.pictures import plot_differences as plot_differences
    from simdistrict.api.pictures import plot_fan as plot_fan
    from simdistrict.api.pictures import plot_phase as plot_phase
    from simdistrict.api.pictures import plot_ranking as plot_ranking
    from simdistrict.api.pictures import plot_regimes as plot_regimes
    from simdistrict.api.pictures import plot_series as plot_series
    from simdistrict.api.pictures import plot_tornado as plot_tornado
    from simdistrict.api.posterior_pictures import plot_posterior as plot_posterior
    from simdistrict.api.simulator import Simulator as Simulator
    from simdistrict.api.simulator import SimulatorBatch as SimulatorBatch
    from simdistrict.base.errors import EngineError as EngineError
    from simdistrict.base.errors import ExchangeError as ExchangeError
    from simdistrict.base.errors import ModelError as ModelError
    from simdistrict.base.errors import ScenarioError as ScenarioError
    from simdistrict.base.errors import SimdistrictError as SimdistrictError
    from simdistrict.plot import Picture as Picture

# one line per module, so that parts of the library change different lines
_MODULES = {
    "api.builder": "ScenarioBuilder",
    "api.files": "Comparison compare open rerun",
    "api.loaded": "LoadedModel",
    "api.loading": "load models scenarios",
    "api.mapping": "plot_map",
    "api.pictures": (
        "plot_causes plot_differences plot_fan plot_phase plot_ranking plot_regimes plot_series "
        "plot_tornado"
    ),
    "api.posterior_pictures": "plot_posterior",
    "api.simulator": "Simulator SimulatorBatch",
    "base.errors": "EngineError ExchangeError ModelError ScenarioError SimdistrictError",
    "plot": "Picture",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}


if not TYPE_CHECKING:  # which would believe every name

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module 'simdistrict' has no attribute {name!r}")
        return getattr(importlib.import_module(f"simdistrict.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOME)
