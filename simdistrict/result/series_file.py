"""Time series from a result or data file: .nc, .zarr, .csv, .tab, .dat.

Reads only; knows no model.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base.arrays import Reals
from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.kinds import FOREIGN
from simdistrict.exchange.vensim.series import ElementSeries, SeriesFile, element_key, read_series
from simdistrict.model.expr import fold
from simdistrict.result.dataset import Result, Variable
from simdistrict.result.netcdf import MARK, read_netcdf
from simdistrict.result.zarr_store import read_zarr

SUFFIXES = (".nc", ".zarr", ".csv", ".tab", ".dat")


def load(path: str | Path) -> SeriesFile:
    """The series of a result or data file, by suffix. Raises ExchangeError where it has none."""
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        what, hint = _other(path)
        raise ExchangeError(Problem(str(path), what, hint))
    if path.suffix.lower() == ".nc":
        return series_of(read_netcdf(path), str(path))
    if path.suffix.lower() == ".zarr":
        return series_of(read_zarr(path), str(path))
    return read_series(path)


def _other(path: Path) -> tuple[str, str]:
    """What a file of another kind is, and what to do."""
    told = FOREIGN.get(path.suffix.lower())
    if told is not None and path.suffix.lower() in (".vdf", ".vdfx"):
        return f"this is {told[0]}", told[1]
    hint = f"give a {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]} file"
    return f'series are not read from files of the kind "{path.suffix}"', hint


def series_of(result: Result, where: str) -> SeriesFile:
    """The series of a NetCDF file: one per label of a variable's other dimensions.

    Keys are the model's names where the file has them, prefixed with the scenario or member where
    there are several. Raises ExchangeError where nothing in the file varies in time.
    """
    axis = _time_axis(result)
    if axis is None:
        raise ExchangeError(
            Problem(where, "nothing in this file varies in time", "expected a dimension `time`")
        )
    time = result.coords[axis].values.astype(float)
    order = np.argsort(time, kind="stable")
    records: dict[str, ElementSeries] = {}
    extra: dict[str, ElementSeries] = {}
    others: dict[str, NDArray[Any]] = {}
    for name, variable in result.variables.items():
        named = variable.attrs.get("vensim_name")
        own = named is not None or MARK not in result.attrs
        if variable.values.dtype.kind not in "iuf" or name.startswith("outcome") > own:
            others[name] = variable.values
            continue
        kind = records if own else extra
        kind.update(_records(result, variable, str(named or name), axis, time, order))
    if not records:
        raise ExchangeError(Problem(where, "there are no time series in this file"))
    return SeriesFile(where, records, result.attrs, extra, others)


def _time_axis(result: Result) -> str | None:
    for name, coord in result.coords.items():
        if coord.values.dtype.kind in "iuf" and (
            name.lower() == "time"
            or coord.attrs.get("standard_name") == "time"
            or coord.attrs.get("axis") == "T"
        ):
            return name
    return None


def _records(
    result: Result,
    variable: Variable,
    name: str,
    axis: str,
    time: Reals,
    order: NDArray[np.intp],
) -> Iterator[tuple[str, ElementSeries]]:
    values = variable.values.astype(float)
    varies = axis in variable.dims
    if varies:
        values = np.moveaxis(values, variable.dims.index(axis), -1)[..., order]
    others = [dim for dim in variable.dims if dim != axis]
    labels = [_labels(result, dim, n) for dim, n in zip(others, values.shape, strict=False)]
    units = str(variable.attrs.get("vensim_units", variable.attrs.get("units", "")))
    sorted_time = time if (order[:-1] < order[1:]).all() else time[order]
    for place in np.ndindex(*(len(found) for found in labels)):
        run: dict[str, str] = {}
        subscripts: list[str] = []
        for dim, found, i in zip(others, labels, place, strict=True):
            if dim in ("scenario", "member"):
                run[dim] = found[i]
            else:
                subscripts.append(found[i])
        full = f"{name}[{','.join(subscripts)}]" if subscripts else name
        key, spelled = element_key(full)
        # brackets at the end of a name of a model belong to it; in other files they are labels
        element = fold(name) if "model_text" in result.attrs else spelled
        own, numbers = (sorted_time, values[place]) if varies else (time[:1], values[place][None])
        record = ElementSeries(full, element, own, numbers, not varies, units=units, **run)
        yield (f"{record.run}: {key}" if run else key), record


def _labels(result: Result, dim: str, length: int) -> list[str]:
    coord = result.coords.get(dim)
    labels = range(length) if coord is None else coord.values.tolist()
    return [f"member {label}" if dim == "member" else str(label) for label in labels]
