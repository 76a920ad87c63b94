"""simdistrict: value-chain regime shifts as stock-and-flow models.

The public names; each is imported when it is first used, so that the command line starts fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simdistrict.base import version

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
    from simdistrict.exchange.mdl.revision import write_model as write_model
    from simdistrict.model.model import Model as Model
    from simdistrict.run.simulate import read_model as read_model
    from simdistrict.run.simulate import simulate as simulate
    from simdistrict.scenario import Scenario as Scenario
    from simdistrict.scenario import load_scenario as load_scenario

_HOMES = {
    "check_behaviour": "behaviour",
    "read_statements": "behaviour",
    "assess": "calibration",
    "calibrate": "calibration",
    "check_model": "behaviour.checks",
    "EngineError": "base.errors",
    "ExchangeError": "base.errors",
    "ModelError": "base.errors",
    "ScenarioError": "base.errors",
    "SimdistrictError": "base.errors",
    "Document": "exchange.mdl.document",
    "write_model": "exchange.mdl.revision",
    "find_model": "base.library",
    "find_scenario": "base.library",
    "Model": "model.model",
    "read_model": "run.simulate",
    "simulate": "run.simulate",
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
