"""Runs as one labelled result: names, dimensions, attributes and provenance.

Plain numpy values; only `to_xarray` imports xarray, `netcdf` writes files.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.counts import counted
from simdistrict.base.errors import Problem, ScenarioError
from simdistrict.engine.outcome import Ending, Outcome
from simdistrict.engine.over_time import REDUCTIONS
from simdistrict.model.expr import fold
from simdistrict.model.model import Element, Lookup, Model
from simdistrict.result.naming import names_of
from simdistrict.result.selection import Selection
from simdistrict.result.udunits import udunits

if TYPE_CHECKING:
    import xarray as xr

CONVENTIONS = "CF-1.11, ACDD-1.3"
KEYWORDS = "system dynamics, simulation, stock-and-flow model, regime shift"


# whether to read a variable that is no coordinate, by name and attributes
Wanted = Callable[[str, Mapping[str, object]], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Variable:
    """Numbers or labels with their dimensions.

    values: float64, int8 or, for labels and text, object (str); its shape has one length per
    dimension of dims. attrs: text, numbers or 1-D number arrays.
    """

    dims: tuple[str, ...]
    values: NDArray[Any]
    attrs: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The content of a result file.

    coords: variables named like their only dimension (`time`, `scenario`, those of the model).
    """

    coords: Mapping[str, Variable]
    variables: Mapping[str, Variable]
    attrs: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Grown:
    """A variable written in parts: its dimensions, numpy type and attributes."""

    dims: tuple[str, ...]
    dtype: str
    attrs: Mapping[str, object]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One simulated run.

    time: (points,), in the model's time unit. values: folded element name -> array of shape
    (points, *element shape), or (*element shape) where it is constant in time; NaN after the
    time at which the run ended early.
    """

    name: str
    title: str
    time: NDArray[np.float64]
    values: Mapping[str, NDArray[Any]]
    ending: Ending


def build_result(
    model: Model,
    runs: Sequence[Run],
    provenance: Mapping[str, object],
    selection: Selection | None = None,
) -> Result:
    """One result from runs of one model, along the dimension `scenario` when there are several.

    Variables keep the order of the model and carry its documentation. An element that varies in
    time in any run has the dimension `time`; it is NaN in runs that lack it; lookups, and elements
    that all runs lack, are omitted. provenance: global attributes, which override those set here
    (`title`, `summary`, ...).
    Raises ScenarioError where two runs differ in time grid or share a name, ValueError for
    values of an unknown element or of a wrong shape.
    """
    _check(model, runs)
    names = names_of(model)
    several = len(runs) > 1
    head = ("scenario",) if several else ()
    coords = {"time": Variable(("time",), np.asarray(runs[0].time, float), time_attrs(model))}
    if several:
        labels = text([run.name for run in runs])
        coords = {"scenario": Variable(("scenario",), labels, {"long_name": "scenario"}), **coords}
    variables = _run_variables(model, runs, head)
    for key, element in model.by_name.items():
        if isinstance(element, Lookup) or not any(key in run.values for run in runs):
            continue
        if selection is not None and key not in selection.names:
            continue
        dims, values = _stacked(model, element, key, runs)
        own = names.dims_of(element)
        for axis, (dim, name) in enumerate(zip(own, element.dims, strict=True)):
            kept = None if selection is None else selection.labels.get(fold(name))
            if dim not in coords:
                coords[dim] = dimension_labels(model, name, dim, kept)
            if kept is not None:
                values = values.take(kept, axis=1 + len(dims) + axis)
        values = values if several else values[0]
        variables[names.elements[key]] = Variable(head + dims + own, values, element_attrs(element))
    summary = (
        f"Simulated time series of all saved elements of the stock-and-flow model "
        f"{model.name}; {_grid(runs[0])}; {_endings(runs)}."
    )
    titles = [(run.name, run.title) for run in runs]
    return Result(coords, variables, global_attrs(model, titles, summary, provenance))


def element_attrs(element: Element) -> dict[str, object]:
    """The attributes of an element's variable.

    At most six, because netCDF adds two and HDF5 stores nine or more in a heap, at a cost of a
    kilobyte and a tenth of a millisecond per variable.
    """
    attrs: dict[str, object] = {
        "long_name": " ".join(element.name.split()),
        "units": udunits(element.units),
        "vensim_name": element.name,
        "vensim_units": element.units,
        "kind": element.kind,
        "comment": " ".join(element.documentation.split()),
    }
    return {key: plain(value) for key, value in attrs.items() if value or key == "vensim_units"}


def reduced_attrs(model: Model, element: Element, reduction: str) -> dict[str, object]:
    """The attributes of a reduction of an element over time, see `over_time.REDUCTIONS`.

    It is not an element of the model, so it has no `vensim_name`.
    """
    about = REDUCTIONS[reduction]
    units = time_units(model) if about.is_time else element.units
    attrs: dict[str, object] = {
        "long_name": f"{' '.join(element.name.split())}: {about.words}",
        "units": udunits(units),
        "vensim_units": units,
        "element": element.name,
        "reduction": reduction,
        "cell_methods": f"time: {about.cell_method}" if about.cell_method else "",
    }
    return {key: plain(value) for key, value in attrs.items() if value or key == "vensim_units"}


def outcome_attrs() -> dict[str, object]:
    """The attributes that make an int8 variable a CF flag variable of outcomes."""
    return {
        "long_name": "how the run ended",
        "flag_values": np.array([int(o) for o in Outcome], np.int8),
        "flag_meanings": " ".join(o.name for o in Outcome),
    }


def outcome_time_attrs(model: Model) -> dict[str, object]:
    """The attributes of the last computed time."""
    units = time_units(model)
    return {
        "long_name": "last computed time",
        "units": udunits(units),
        "vensim_units": plain(units),
    }


def text(values: Iterable[str]) -> NDArray[Any]:
    """Strings as xarray holds them: an object array of shape (n,)."""
    listed = [str(plain(value)) for value in values]
    array = np.empty(len(listed), object)
    array[:] = listed
    return array


def finite(value: float) -> float | None:
    """A number for a JSON document: None where it is not finite."""
    return float(value) if math.isfinite(value) else None


def plain(value: object) -> Any:
    """A value for an attribute: text without NUL, a number or a number array."""
    if isinstance(value, str):
        value = value.replace("\0", "")
        # a lone surrogate cannot be encoded
        return value if value.isascii() else value.encode("utf-8", "replace").decode()
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, int | float | np.ndarray | np.number):
        # as NetCDF files hold it
        return value.item() if isinstance(value, np.ndarray) and value.shape == (1,) else value
    return plain(str(value))


def to_xarray(result: Result) -> xr.Dataset:
    """The result as an xarray.Dataset, identical to what `xr.open_dataset` reads."""
    import xarray as xr

    def parts(variable: Variable) -> tuple[tuple[str, ...], NDArray[Any], dict[str, object]]:
        return variable.dims, variable.values, dict(variable.attrs)

    return xr.Dataset(
        {name: parts(variable) for name, variable in result.variables.items()},
        {name: parts(variable) for name, variable in result.coords.items()},
        dict(result.attrs),
    )


def to_datatree(groups: Mapping[str, Result]) -> xr.DataTree:
    """Several results as groups of one xarray.DataTree."""
    import xarray as xr

    return xr.DataTree.from_dict({name: to_xarray(result) for name, result in groups.items()})


def from_xarray(data: xr.Dataset, wanted: Wanted | None = None) -> Result:
    """The result that a Dataset holds; the opposite of `to_xarray`.

    wanted: which variables, default all; reads those that are opened lazily. Coordinates that do
    not label the dimension of the same name become variables.
    """

    def parts(array: xr.DataArray) -> Variable:
        values = array.values
        if values.dtype.kind in "UT":  # texts of fixed or any width
            values = text(values.ravel().tolist()).reshape(values.shape)
        return Variable(tuple(map(str, array.dims)), values, dict(array.attrs))

    coords: dict[str, Variable] = {}
    variables: dict[str, Variable] = {}
    for name, array in {**data.coords, **data.data_vars}.items():
        if wanted and name in data.data_vars and not wanted(str(name), array.attrs):
            continue
        found = parts(array)
        (coords if found.dims == (str(name),) else variables)[str(name)] = found
    return Result(coords, variables, {str(key): value for key, value in data.attrs.items()})


def to_array(model: Model, element: Element, values: NDArray[Any]) -> xr.DataArray:
    """Numbers of an element with its labels and attributes; values: of its shape."""
    import xarray as xr

    dims = names_of(model).dims_of(element)
    labels = zip(dims, model.labels(element), strict=True)
    coords = {dim: text(found) for dim, found in labels}
    return xr.DataArray(values, coords, dims, element.name, element_attrs(element))


def _check(model: Model, runs: Sequence[Run]) -> None:
    if not runs:
        raise ValueError("a result needs at least one run")
    first, problems = runs[0], []
    for other in runs[1:]:
        if not np.array_equal(first.time, other.time):
            problems.append(
                Problem(
                    f"scenarios {first.name} and {other.name}",
                    f"their saved times differ ({_grid(first)} against {_grid(other)}), and one "
                    "file has one time axis",
                    "give both the same times and save step, or write two files",
                )
            )
    names = [run.name for run in runs]
    for name in dict.fromkeys(n for n in names if names.count(n) > 1):
        problems.append(
            Problem(
                f"scenario {name}",
                f"{names.count(name)} scenarios have this name, which labels them in the file",
                "rename one of them",
            )
        )
    if problems:
        raise ScenarioError(problems)
    for run in runs:
        for key in run.values:
            if key not in model.by_name:
                raise ValueError(f'run {run.name} has values of "{key}", which the model lacks')


def _grid(run: Run) -> str:
    time = run.time
    return (
        f"{time[0]:g} to {time[-1]:g} in {counted(len(time), 'point')}"
        if len(time)
        else "no points"
    )


def _stacked(
    model: Model, element: Element, key: str, runs: Sequence[Run]
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """("time",) or (), and the values of all runs: (runs, [points,] *element shape)."""
    shape = model.shape(element)
    points = len(runs[0].time)
    blocks: list[NDArray[np.float64] | None] = []
    for run in runs:
        block = run.values.get(key)
        if block is not None and np.shape(block) not in (shape, (points, *shape)):
            raise ValueError(
                f'"{element.name}" in run {run.name} has the shape {np.shape(block)}, '
                f"expected {shape} or {(points, *shape)}"
            )
        blocks.append(None if block is None else np.asarray(block, float))
    varies = any(block is not None and block.ndim > len(shape) for block in blocks)
    full = (points, *shape) if varies else shape
    values = np.full((len(runs), *full), np.nan)
    for i, block in enumerate(blocks):
        if block is not None:
            values[i] = block
    return (("time",) if varies else ()), values


def dimension_labels(
    model: Model, dimension: str, name: str, kept: Sequence[int] | None = None
) -> Variable:
    """The coordinate variable `name` of one of the model's dimensions.

    kept: the positions of its labels in the result, default all.
    """
    found = model.dims_by_name[fold(dimension)]
    attrs = {"long_name": plain(" ".join(found.name.split())), "vensim_name": plain(found.name)}
    labels = found.labels if kept is None else [found.labels[k] for k in kept]
    return Variable((name,), text(labels), attrs)


def time_units(model: Model) -> str:
    """The unit of time that a model states; empty where it states none."""
    stated = (model.by_name[n].units for n in ("initial time", "time step") if n in model.by_name)
    return next((units for units in stated if units), "")


def time_attrs(model: Model) -> dict[str, object]:
    """The attributes of the time axis."""
    # no `units`: UDUNITS' year is 365.242198781 days, not a calendar year, and CF (section 4.4)
    # advises against it; model time is a plain number, never "days since"
    return {"long_name": "model time", "vensim_units": plain(time_units(model))}


def _run_variables(model: Model, runs: Sequence[Run], dims: tuple[str, ...]) -> dict[str, Variable]:
    """How each run ended; scalars when there is one run."""

    def along(values: NDArray[Any]) -> NDArray[Any]:
        return values if dims else values.reshape(-1)[0:1].reshape(())

    endings = [run.ending for run in runs]
    variables = {
        "outcome": Variable(
            dims, along(np.array([int(e.outcome) for e in endings], np.int8)), outcome_attrs()
        ),
        "outcome_time": Variable(
            dims,
            along(np.array([e.time for e in endings], float)),
            outcome_time_attrs(model),
        ),
        "outcome_message": Variable(
            dims,
            along(text([e.message for e in endings])),
            {"long_name": "why the run ended there, empty when it completed"},
        ),
    }
    if dims:
        variables["scenario_title"] = Variable(
            dims, text([run.title for run in runs]), {"long_name": "title of the scenario"}
        )
    return variables


def global_attrs(
    model: Model,
    scenarios: Sequence[tuple[str, str]],
    summary: str,
    provenance: Mapping[str, object],
) -> dict[str, object]:
    """The global attributes of a result. scenarios: (name, title) of each."""
    version = provenance.get("simdistrict_version", "of unknown version")
    how = ", ".join(
        f"{key} {provenance[key]}" for key in ("integrator", "backend") if provenance.get(key)
    )
    names = ", ".join(name for name, _ in scenarios)
    titles = [title or name for name, title in scenarios]
    title = titles[0] if len(titles) == 1 else f"{len(titles)} scenarios: {', '.join(titles)}"
    attrs: dict[str, object] = {
        "Conventions": CONVENTIONS,
        "title": f"{title} (model {model.name})",
        "summary": summary,
        "keywords": KEYWORDS,
        "source": f"simdistrict {version}, model {model.name}@{model.sha256[:12]}",
        "history": f"simdistrict {version}: ran {names}" + (f" with {how}" if how else ""),
    }
    if len(scenarios) == 1:
        attrs["scenario_name"] = scenarios[0][0]
    attrs |= {
        "model_name": model.name,
        "model_sha256": model.sha256,
        "model_text": model.text,
    }
    attrs |= {key: value for key, value in provenance.items() if value is not None}
    return {
        key: plain(value)
        for key, value in attrs.items()
        if not (isinstance(value, str) and not value)
    }


def _endings(runs: Sequence[Run]) -> str:
    endings = [run.ending.outcome for run in runs]
    counts = {o: endings.count(o) for o in Outcome if o in endings}
    return ", ".join(f"{n} {'run' if n == 1 else 'runs'} {o.name}" for o, n in counts.items())
