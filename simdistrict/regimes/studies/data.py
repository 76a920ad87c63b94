"""The content of a study's result by the names of its variables, and as plain JSON values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.result.dataset import Result


@dataclass(frozen=True, slots=True, eq=False)
class StudyData:
    """A result, read by name."""

    result: Result

    def __getitem__(self, variable: str) -> Any:
        if variable not in self.result.variables:
            raise _lacks(f"the variable {variable}")
        return np.asarray(self.result.variables[variable].values)

    def __contains__(self, variable: object) -> bool:
        return variable in self.result.variables

    def attr(self, name: str) -> Any:
        """A global attribute."""
        if name not in self.result.attrs:
            raise _lacks(f"the attribute {name}")
        return self.result.attrs[name]

    def long_name(self, variable: str) -> str:
        """What a variable is called."""
        found = self.result.variables.get(variable)
        return variable if found is None else str(found.attrs.get("long_name", variable))

    def coordinate(self, name: str) -> Any:
        """The values of a coordinate."""
        if name not in self.result.coords:
            raise _lacks(f"the coordinate {name}")
        return self.result.coords[name].values

    def labels(self, name: str) -> list[str]:
        """The labels of a dimension; none where the result lacks it."""
        return [str(x) for x in self.coordinate(name)] if name in self.result.coords else []

    def state(self, variable: str, k: Any) -> dict[str, Any]:
        """The stocks by name at an index of a variable."""
        return named(self.labels("stock"), self[variable][k])

    def states(self, variable: str, own: Any) -> dict[str, Any]:
        """The stocks by name at several indices."""
        return {name: self[variable][own, j] for j, name in enumerate(self.labels("stock"))}

    def outputs(self, variable: str, k: Any) -> dict[str, Any]:
        """The outputs by name at an index; none where the result has no outputs."""
        if variable not in self:
            return {}
        values = self[variable][k]
        return {name: values[..., j] for j, name in enumerate(self.labels("output"))}

    def at(self, k: Any, prefix: str = "") -> dict[str, Any]:
        """The state and the outputs at an index."""
        return {
            "state": self.state(f"{prefix}state", k),
            "outputs": self.outputs(f"{prefix}value", k),
        }

    def share(self, variable: str, k: Any) -> dict[str, Any]:
        """A share with its interval."""
        ends = [self[f"{variable}_{end}"][k] for end in ("low", "high")]
        found = {"share": self[variable][k], "interval_95": ends}
        error = f"{variable}_mcse"
        return {**found, "mcse": self[error][k]} if error in self else found


def _lacks(what: str) -> ExchangeError:
    return ExchangeError(Problem("result of a study", f"it lacks {what}", "write the file again"))


def named(names: Sequence[str], values: Any) -> dict[str, Any]:
    """Values by name."""
    return dict(zip(names, values, strict=True))


def json_value(value: Any) -> Any:
    """Numbers and lists as JSON has them; null for what is not finite."""
    if isinstance(value, dict):
        return {key: json_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    if isinstance(value, np.generic | np.ndarray):
        return json_value(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
