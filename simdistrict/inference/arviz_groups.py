"""A posterior for ArviZ. The only door to it; it is imported when somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simdistrict.base.errors import EngineError, Problem
from simdistrict.result.dataset import Result, to_datatree, to_xarray


def to_arviz(groups: Mapping[str, Result]) -> Any:
    """Groups as ArviZ takes them: its InferenceData, or the DataTree of newer versions.

    Raises EngineError where ArviZ is not installed.
    """
    try:
        import arviz
    except ImportError:
        hint = "pip install 'simdistrict[infer]'"
        raise EngineError(Problem("to_arviz", "ArviZ is not installed", hint)) from None
    # in the versions from 1 on, a name of the older ones is found, with a warning
    if "InferenceData" not in vars(arviz):
        return to_datatree(groups)
    return arviz.InferenceData(**{name: to_xarray(result) for name, result in groups.items()})
