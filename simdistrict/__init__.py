"""simdistrict: value-chain regime shifts as stock-and-flow models.

The public names; each is imported when it is first used, so that the command line starts fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simdistrict import version

if TYPE_CHECKING:
    from simdistrict.behaviour import check_behaviour as check_behaviour
    from simdistrict.behaviour import read_statements as read_statements
    from simdistrict.calibration import assess as assess
    from simdistrict.calibration import calibrate as calibrate
    from simdistrict.checks import check_model as check_model
    from simdistrict.errors import EngineError as EngineError
    from simdistrict.errors import ExchangeError as ExchangeError
    from simdistrict.errors import ModelError as ModelError
    from simdistrict.errors import ScenarioError as ScenarioError
    from simdistrict.errors import SimdistrictError as SimdistrictError
    from simdistrict.exchange.document import Document as Document
    from simdistrict.exchange.revision import write_model as write_model
    from simdistrict.library import find_model as find_model
    from simdistrict.library import find_scenario as find_scenario
    from simdistrict.model import Model as Model
    from simdistrict.run import read_model as read_model
    from simdistrict.run import simulate as simulate
    from simdistrict.scenario import Scenario as Scenario
    from simdistrict.scenario import load_scenario as load_scenario

_HOMES = {
    "check_behaviour": "behaviour",
    "read_statements": "behaviour",
    "assess": "calibration",
    "calibrate": "calibration",
    "check_model": "checks",
    "EngineError": "errors",
    "ExchangeError": "errors",
    "ModelError": "errors",
    "ScenarioError": "errors",
    "SimdistrictError": "errors",
    "Document": "exchange.document",
    "write_model": "exchange.revision",
    "find_model": "library",
    "find_scenario": "library",
    "Model": "model",
    "read_model": "run",
    "simulate": "run",
    "Scenario": "scenario",
    "load_scenario": "scenario",
}

__version__ = version.VERSION
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'simdistrict' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"simdistrict.{_HOMES[name]}"), name)
