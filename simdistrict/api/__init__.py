"""The Python library: its public names, each imported when it is first used.

Computes nothing. `import simdistrict as sd` offers the same names.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simdistrict.base.errors import EngineError as EngineError
    from simdistrict.base.errors import ExchangeError as ExchangeError
    from simdistrict.base.errors import ModelError as ModelError
    from simdistrict.base.errors import ScenarioError as ScenarioError
    from simdistrict.base.errors import SimdistrictError as SimdistrictError
    from simdistrict.base.library import find_model as find_model
    from simdistrict.base.library import find_scenario as find_scenario
    from simdistrict.behaviour import check_behaviour as check_behaviour
    from simdistrict.behaviour import read_statements as read_statements
    from simdistrict.behaviour.checks import check_model as check_model
    from simdistrict.calibration import assess as assess
    from simdistrict.calibration import calibrate as calibrate
    from simdistrict.exchange.mdl.document import Document as Document
    from simdistrict.exchange.models import write_model as write_model
    from simdistrict.model.model import Model as Model
    from simdistrict.run.simulate import read_model as read_model
    from simdistrict.run.simulate import simulate as simulate
    from simdistrict.scenario import Scenario as Scenario
    from simdistrict.scenario import load_scenario as load_scenario

_MODULES = {
    "base.errors": "EngineError ExchangeError ModelError ScenarioError SimdistrictError",
    "base.library": "find_model find_scenario",
    "behaviour": "check_behaviour read_statements",
    "behaviour.checks": "check_model",
    "calibration": "assess calibrate",
    "exchange.mdl.document": "Document",
    "exchange.models": "write_model",
    "model.model": "Model",
    "run.simulate": "read_model simulate",
    "scenario": "Scenario load_scenario",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'simdistrict' has no attribute {name!r}")
    return getattr(importlib.import_module(f"simdistrict.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted(_HOME)
