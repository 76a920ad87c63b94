"""A result file as a Dataset: read at once where it is small, else opened and read as needed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.exchange.vensim.series import SeriesFile
from simdistrict.result.dataset import Result, Variable, Wanted, to_xarray
from simdistrict.result.netcdf import MARK, groups_of, read_netcdf
from simdistrict.result.series_file import load
from simdistrict.result.zarr_store import StoredArray, is_store, read_zarr

if TYPE_CHECKING:
    import xarray as xr

# exceptions that xarray and netCDF4 raise for a damaged file
_FAULTS = (OSError, RuntimeError, ValueError, LookupError, TypeError, AttributeError)
# bytes of a file that is read at once
AT_ONCE = 200_000_000
# the group of a posterior with its draws
_GROUP = "posterior"


def read_result(path: Path, wanted: Wanted | None = None) -> Result:
    """The content of a NetCDF file or Zarr store. wanted: as in `read_netcdf`.

    Raises ExchangeError as their readers do.
    """
    return (read_zarr if is_store(path) else read_netcdf)(path, wanted)


def opened(path: Path, at_once: int = AT_ONCE) -> xr.Dataset:
    """The Dataset of a NetCDF file or Zarr store that simdistrict wrote, or of a file of series.

    Of a posterior it is the group with the draws.
    A file of more than `at_once` bytes stays open, and its numbers are read when they are used.
    Raises ExchangeError where the file is missing, damaged or another program's.
    """
    if path.suffix.lower() == ".zarr":
        return _zarr(path, at_once)
    if path.is_dir():
        what = "this is a folder"
        raise ExchangeError(Problem(str(path), what, "give a .nc, .zarr, .csv, .tab or .dat file"))
    if path.suffix.lower() != ".nc":
        return _series(load(path))
    # the draws of a posterior stand in a group
    group = _GROUP if _GROUP in groups_of(path) else None
    # coordinates and attributes, checked
    head = read_netcdf(path, _no_variable, group=group)
    if MARK not in head.attrs:
        what = "it is a NetCDF file that simdistrict did not write"
        raise ExchangeError(Problem(str(path), what, "open it with xarray.open_dataset"))
    if path.stat().st_size <= at_once:
        return to_xarray(read_netcdf(path, group=group))
    import xarray as xr

    try:
        # the engine is named, so that xarray tries no other reader on the file
        how: dict[str, Any] = {"engine": "netcdf4", "decode_times": False, "cache": False}
        return xr.open_dataset(path, group=group, **how).assign_attrs(head.attrs)
    except _FAULTS as error:
        what = f"the file is damaged or incomplete ({error})"
        raise ExchangeError(Problem(str(path), what, "write it again")) from None


def _no_variable(name: str, attrs: Mapping[str, object]) -> bool:
    return False


def _zarr(path: Path, at_once: int) -> xr.Dataset:
    size = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    return to_xarray(read_zarr(path, read=None if size <= at_once else _as_needed))


def _as_needed(array: StoredArray) -> Any:
    """The values of a small array or of texts; others are read when they are used."""
    large = array.dtype.kind in "iuf" and math.prod(array.shape) > 1000
    return _lazy(array) if large else array.whole()


def _lazy(array: StoredArray) -> Any:
    """An array whose chunks are read when they are used."""
    from xarray.backends import BackendArray
    from xarray.core import indexing

    class Chunks(BackendArray):
        """The chunks of one array of a store."""

        def __init__(self) -> None:
            self.shape, self.dtype = array.shape, array.dtype

        def __getitem__(self, key: Any) -> Any:
            outer = indexing.IndexingSupport.OUTER
            return indexing.explicit_indexing_adapter(key, self.shape, outer, self.part)

        def part(self, key: Any) -> Any:
            try:
                return array.part(key)
            except ValueError as error:
                what = f"a chunk of {array.folder.name} is damaged ({error})"
                where = str(array.folder.parent)
                raise ExchangeError(Problem(where, what, "write it again")) from None

    return indexing.LazilyIndexedArray(Chunks())


def _series(found: SeriesFile) -> xr.Dataset:
    """The series of another program's file along one time axis.

    NaN at times that an element does not have.
    """
    records = {**found.records, **found.extra}
    axes = [record.time for record in records.values() if not record.constant]
    time = np.unique(np.concatenate(axes)) if axes else np.zeros(0)
    variables = {}
    for record in records.values():
        attrs = {"units": record.units} if record.units else {}
        if record.constant:
            variables[record.title] = Variable((), np.asarray(record.values[0]), attrs)
            continue
        values = np.full(len(time), np.nan)
        values[np.searchsorted(time, record.time)] = record.values
        variables[record.title] = Variable(("time",), values, attrs)
    return to_xarray(Result({"time": Variable(("time",), time)}, variables, dict(found.attrs)))
