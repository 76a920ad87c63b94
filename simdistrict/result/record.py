"""The schema of what a result file records: checked when a file of ours is read, before any use.

A file may come from anywhere, or be damaged. Attributes that the schema does not know are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, Json, ValidationError
from pydantic_core import ErrorDetails

from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.result.dataset import Result, Variable

# attributes of several variables at most
MAX_PROBLEMS = 10
_Line = Annotated[str, Field(max_length=10_000)]
_Name = Annotated[str, Field(min_length=1, max_length=10_000)]
_Text = Annotated[str, Field(min_length=1, max_length=60_000_000)]
# a number as a text file writes it, such as 007
_Written = Annotated[list[_Line], Field(min_length=1, max_length=1)]
_Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
_Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Strict(BaseModel):
    model_config = ConfigDict(
        strict=True,
        extra="allow",
        hide_input_in_errors=True,
        # pydantic before 2.10 keeps all names with `model_` for itself
        protected_namespaces=(),
    )


class _Sheet(_Strict):
    file: _Line
    tab: _Line
    cells: dict[_Line, FiniteFloat | str | _Written]
    names: dict[_Line, _Line] = {}


class _Series(_Strict):
    times: list[FiniteFloat]
    values: list[FiniteFloat]
    constant: bool = False


class _External(_Strict):
    """The numbers from other files, as in `External.record`."""

    sheets: list[_Sheet] = []
    series: dict[str, _Series] = {}


class _Record(_Strict):
    """What any result records."""

    model_name: _Name | None = None
    model_sha256: _Sha256 | None = None
    model_text: _Text | None = None
    scenario_name: _Line | None = None
    scenario_yaml: _Text | None = None
    scenario_sha256: _Text | None = None
    simdistrict_version: _Line
    code_sha256: _Sha256 | None = None
    numeric_libraries: _Line | None = None
    backend: Literal["auto", "interpreted", "native", "cuda", "pysd"] | None = None
    integrator: Literal["euler", "rk4", "adaptive", "stiff", "bdf", "radau"] | None = None
    time_step: _Positive | None = None
    save_step: _Positive | None = None
    rtol: _Positive | None = None
    atol: _Positive | None = None
    seed: Annotated[int, Field(ge=0)] | _Line | None = None
    saved: _Text | None = None
    saved_times: FiniteFloat | Annotated[list[FiniteFloat], Field(min_length=1)] | None = None
    lookup_changes: _Text | None = None
    external_data: Json[_External] | None = None
    external_files: Json[dict[_Line, _Sha256]] | None = None
    regimes_request: Json[dict[str, Any]] | None = None


class _Members(_Record):
    """What an ensemble records."""

    members: Annotated[int, Field(ge=1, le=10**9)]
    method: Literal["lhs", "sobol", "random", "saltelli", "morris", "given"] | None = None
    seed: Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern="^([0-9]{1,400}|none.*)$")] = 0
    order: Literal[1, 2] = 1
    levels: Annotated[int, Field(ge=2, le=1_000_000)] = 4
    blocks: Annotated[int, Field(ge=1)] | None = None
    prior: _Text | None = None
    design_sha256: _Sha256 | None = None
    design_file: _Line | None = None
    design_file_sha256: _Sha256 | None = None
    design_draws: Annotated[int, Field(ge=1)] | None = None
    design_kind: _Line = ""
    design_rest: _Line = ""
    design_converged: Literal[0, 1] | None = None
    design_ess: _Positive | None = None
    not_drawn: _Text | None = None
    reductions: _Line = ""
    powers: Literal["fast", "exact"] | None = None


class _Described(_Strict):
    """The attributes of a variable."""

    long_name: _Line = ""
    units: _Line = ""
    vensim_name: _Name | None = None
    vensim_units: _Line = ""
    kind: _Line = ""
    element: _Name | None = None
    reduction: _Line = ""
    comment: Annotated[str, Field(max_length=1_000_000)] = ""


def checked(result: Result, where: str) -> Result:
    """The result of a file that simdistrict wrote, if what it records fits the schema.

    Raises ExchangeError with what does not.
    """
    attrs = result.attrs
    schema = _Members if "members" in attrs and "regimes_request" not in attrs else _Record
    problems = _problems(schema, attrs, where, "")
    for name, variable in {**result.coords, **result.variables}.items():
        problems += _problems(_Described, variable.attrs, where, f"{name}.")
    faults = [(f"the variable {n}", _fault(n, v, result)) for n, v in result.variables.items()]
    faults += [(f"the coordinate {n}", _axis_fault(n, v)) for n, v in result.coords.items()]
    problems += [Problem(where, f"{name} {what}", _AGAIN) for name, what in faults if what]
    if problems:
        raise ExchangeError(problems[:MAX_PROBLEMS])
    return result


# variables that hold numbers, and attributes of such variables
_NUMBERS = ("design", "outcome", "outcome_time")
_NUMERIC = frozenset({"vensim_name", "reduction"})
_AGAIN = "the file is damaged: write it again"


def _problems(
    schema: type[BaseModel], attrs: Mapping[str, object], where: str, prefix: str
) -> list[Problem]:
    try:
        schema.model_validate({key: _plain(value) for key, value in attrs.items()})
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        # a union reports each of its kinds
        first = {str(e["loc"][0]): e for e in reversed(found)}
        return [_problem(e, where, prefix) for e in reversed(list(first.values()))]
    return []


def _problem(error: ErrorDetails, where: str, prefix: str) -> Problem:
    name = f"{prefix}{error['loc'][0]}"
    if error["type"] == "missing":
        return Problem(where, f"it does not record {name}", _AGAIN)
    return Problem(where, f"the attribute {name} is damaged ({error['msg']})", _AGAIN)


def _plain(value: object) -> object:
    """An attribute as Python's own types."""
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _fault(name: str, variable: Variable, result: Result) -> str:
    """What is wrong with a variable; empty if nothing is."""
    values = variable.values  # not read: those of a large store are read when they are used
    numeric = name in _NUMBERS or not _NUMERIC.isdisjoint(variable.attrs)
    if numeric and values.dtype.kind not in "if":
        return "holds no numbers"
    lengths = [
        np.size(result.coords[dim].values) if dim in result.coords else size
        for dim, size in zip(variable.dims, values.shape, strict=False)
    ]
    fits = lengths == list(values.shape) and len(variable.dims) == values.ndim
    return "" if fits else "does not fit its dimensions"


def _axis_fault(name: str, variable: Variable) -> str:
    """What is wrong with a coordinate; empty if nothing is."""
    values = np.asarray(variable.values)
    if values.ndim != 1:
        return "is no list"
    if name == "time":
        if values.dtype.kind not in "if":
            return "holds no numbers"
        if not (np.isfinite(values).all() and (np.diff(values) > 0).all()):
            return "does not ascend"
    elif values.dtype.kind in "OU" and len({str(v) for v in values}) < len(values):
        return "has a label twice"
    return ""
