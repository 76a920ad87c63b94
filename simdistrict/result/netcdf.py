"""Results as NetCDF-4 files. The only door to netCDF4.

A file holds the result and nothing else: no clock, host, user or path, so that equal results
have equal bytes.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
from numpy.typing import NDArray

from simdistrict.base import inputs
from simdistrict.base.atomic import refused, replacing, writable_target
from simdistrict.base.budget import memory_bytes, size_in_words
from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.result.dataset import Grown, Result, Variable, Wanted, plain, text

MARK = "simdistrict_version"
KIND = inputs.InputKind("a NetCDF file", 2**40)
_MAGIC = (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05")
# numbers that are always read, and how many times its own size a larger file may hold
_LITTLE, _PACKED = 200_000_000, 200
# exceptions that netCDF4 raises for a damaged file or a full disk
_FAULTS = (OSError, RuntimeError, ValueError, KeyError, IndexError, AttributeError, MemoryError)
# attributes on how numbers are stored; applied and dropped while reading
_STORAGE = frozenset({"_FillValue", "_Encoding", "missing_value", "scale_factor", "add_offset"})

# `made[...] = values` looks for scale factors and missing values, which these files lack; the
# write below it takes 7 ms for 300 variables instead of 68 (netCDF4 1.7.5, measured 2026-11)
_HAS_PUT = hasattr(netCDF4.Variable, "_put")

log = logging.getLogger(__name__)


def write_netcdf(
    result: Result, path: str | Path, *, force: bool = False, packed: bool = False
) -> Path:
    """Write a result, creating its folder; returns the path of the file.

    The file appears when it is complete; after a failure an older file is unchanged. packed:
    compress the variables without loss. Raises
    ExchangeError where the target cannot be written, or where it is a file that simdistrict did
    not write and `force` is not set.
    """
    with replacing(path, ours=is_ours, force=force) as part:
        try:
            _write(result, part, packed=packed)
        except RuntimeError as error:
            raise _reason(part, str(path), error) from None
    return Path(path)


def write_netcdf_groups(
    groups: Mapping[str, Result],
    attrs: Mapping[str, object],
    path: str | Path,
    *,
    force: bool = False,
    packed: bool = True,
) -> Path:
    """Write several results as groups of one file, as ArviZ has them.

    groups: by name, each with its own dimensions, coordinates and attributes; attrs: of the
    whole file. Otherwise as `write_netcdf`.
    """
    with replacing(path, ours=is_ours, force=force) as part:
        try:
            file = netCDF4.Dataset(part, "w", format="NETCDF4")
            with _closing(file):
                file.set_fill_off()
                file.setncatts({key: _stored(value) for key, value in attrs.items()})
                for name, result in groups.items():
                    _describe(_define(file.createGroup(name), result, packed=packed))
        except RuntimeError as error:
            raise _reason(part, str(path), error) from None
    return Path(path)


def write_netcdf_parts(
    head: Result,
    grown: Mapping[str, Grown],
    parts: Iterable[tuple[int, int, Mapping[str, NDArray[Any]]]],
    path: str | Path,
    *,
    force: bool = False,
) -> Path:
    """Write a result with some variables in parts along the dimension `member`.

    head: everything else, with all coordinates; parts: (first member, one past the last, values
    of every grown variable). Otherwise as `write_netcdf`.
    """
    with replacing(path, ours=is_ours, force=force) as part:
        try:
            _write(head, part, grown, parts)
        except RuntimeError as error:
            raise _reason(part, str(path), error) from None
    return Path(path)


def check_netcdf_target(path: str | Path, *, force: bool = False) -> None:
    """Raise what `write_netcdf` would raise for this target; call it before computing."""
    writable_target(path, ours=is_ours, force=force)


def is_ours(path: Path) -> bool:
    """Whether this is a NetCDF file that simdistrict wrote."""
    if not is_netcdf(path):
        return False
    try:
        # HDF5 stores attribute names verbatim; opening the file with the library would take a
        # tenth of a second for some hundred variables
        with (
            inputs.opened(path, KIND) as file,
            mmap(file.fileno(), 0, access=ACCESS_READ) as content,
        ):
            return content.find(MARK.encode()) >= 0
    except (ExchangeError, OSError, ValueError):
        return False


def read_netcdf(
    path: str | Path, wanted: Wanted | None = None, *, group: str | None = None
) -> Result:
    """Read a result file, or the numbers and texts of any other NetCDF file.

    wanted: see `dataset.Wanted`; default: everything. group: read this group, where the file has
    it, with the attributes of the file and its own.
    Missing values become NaN, character arrays strings; other groups and user-defined types are
    ignored. Raises ExchangeError where the file is missing or damaged.
    """
    path = Path(path)
    where = str(path)
    inputs.check(path, KIND)
    if not is_netcdf(path):
        hint = "its first bytes are of another kind"
        raise ExchangeError(Problem(where, "this is not a NetCDF file", hint))
    try:
        with netCDF4.Dataset(path) as file:
            own = file.groups.get(group, file) if group else file
            _check_size(own, path, wanted)
            found = _read(own, wanted, ours=MARK in file.ncattrs())
            if own is not file:
                found = replace(found, attrs={**_attrs(file), **found.attrs})
    except _FAULTS as error:
        raise ExchangeError(
            Problem(where, f"the file is damaged or incomplete ({error})", "write it again")
        ) from None
    if MARK not in found.attrs:
        return found
    # imported here: pydantic takes 70 ms
    from simdistrict.result.record import checked

    return checked(found, where)


def groups_of(path: str | Path) -> tuple[str, ...]:
    """The names of the groups of a NetCDF file; none where it is no such file."""
    if not is_netcdf(Path(path)):
        return ()
    try:
        with netCDF4.Dataset(path) as file:
            return tuple(file.groups)
    except _FAULTS:
        return ()


def _check_size(file: netCDF4.Dataset, path: Path, wanted: Wanted | None) -> None:
    """Raise ExchangeError where the wanted numbers would not fit into memory.

    A packed file, or one with variables that were never written, may be small.
    """
    held = sum(
        8 * math.prod(variable.shape)
        for name, variable in file.variables.items()
        if wanted is None or name in file.dimensions or wanted(name, _attrs(variable))
    )
    packed = held > _LITTLE and held > _PACKED * path.stat().st_size
    if packed or held > memory_bytes() / 2:
        what = f"a file of {size_in_words(path.stat().st_size)} that holds {size_in_words(held)}"
        hint = "read a part of it with xarray, or save fewer elements and times"
        raise ExchangeError(Problem(str(path), f"{what} of numbers is not read", hint))


def is_netcdf(path: Path) -> bool:
    """Whether the first bytes are those of a NetCDF file."""
    # checked before the library opens a file, because it is slow to reject some junk
    return inputs.head(path, 8).startswith(_MAGIC)


def _write(
    result: Result,
    part: Path,
    grown: Mapping[str, Grown] | None = None,
    parts: Iterable[tuple[int, int, Mapping[str, NDArray[Any]]]] = (),
    *,
    packed: bool = False,
) -> None:
    """Define everything, then describe it, then fill it.

    The order is for speed: netCDF4 leaves define mode once, not once per variable, which halves
    the time for some hundred variables.
    """
    file = netCDF4.Dataset(part, "w", format="NETCDF4")
    with _closing(file):
        # every number is written, so no fill is needed; CF forbids _FillValue in coordinates
        file.set_fill_off()
        filled = _define(file, result, packed=packed)
        growing = {
            name: file.createVariable(name, kind.dtype, kind.dims, contiguous=True)
            for name, kind in (grown or {}).items()
        }
        for name, kind in (grown or {}).items():
            growing[name].setncatts({key: _stored(value) for key, value in kind.attrs.items()})
        _describe(filled)
        for first, last, arrays in parts:
            for name, made in growing.items():
                before = (slice(None),) * made.dimensions.index("member")
                made[(*before, slice(first, last))] = arrays[name]


@contextmanager
def _closing(file: netCDF4.Dataset) -> Iterator[None]:
    """Close a file at the end; after a failure without a second one."""
    try:
        yield
    except BaseException:
        with suppress(RuntimeError):  # closing fails too
            file.close()
        raise
    file.close()


# variables of a file with their values and attributes
_Filled = list[tuple[Any, NDArray[Any], Mapping[str, object]]]


def _define(holder: Any, result: Result, *, packed: bool) -> _Filled:
    """Define dimensions, attributes and variables in a file or a group."""
    variables = {**result.coords, **result.variables}
    for name, length in _lengths(variables).items():
        holder.createDimension(name, length)
    holder.setncatts({key: _stored(value) for key, value in result.attrs.items()})
    filled: _Filled = []
    for name, variable in variables.items():
        values, dims = _as_stored(variable)
        if dims != variable.dims and dims[-1] not in holder.dimensions:
            holder.createDimension(dims[-1], values.shape[-1])
        # this format makes a dimension of length 0 unlimited, and such variables chunked
        whole = 0 not in values.shape
        if packed and whole and values.ndim:
            made = holder.createVariable(
                name, values.dtype, dims, zlib=True, complevel=6, chunksizes=values.shape
            )
        else:
            made = holder.createVariable(name, values.dtype, dims, contiguous=whole)
        filled.append((made, values, variable.attrs))
    return filled


def _describe(filled: _Filled) -> None:
    """Write the attributes of variables, then their values."""
    for made, values, attrs in filled:
        made.setncatts({key: _stored(value) for key, value in attrs.items()})
        if values.dtype.kind == "S":
            made.setncattr("_Encoding", "utf-8")
            made.set_auto_chartostring(False)
    for made, values, _ in filled:
        _fill(made, values)


def _fill(made: Any, values: NDArray[Any]) -> None:
    """Write all values of a variable."""
    if not _HAS_PUT:
        made[...] = values
    elif values.size:
        ones = [1] * values.ndim
        made._put(np.asarray(values, order="C"), [0] * values.ndim, list(values.shape), ones)


def _lengths(variables: Mapping[str, Variable]) -> dict[str, int]:
    lengths: dict[str, int] = {}
    for name, variable in variables.items():
        for dim, length in zip(variable.dims, variable.values.shape, strict=True):
            if lengths.setdefault(dim, length) != length:
                raise ValueError(
                    f'"{name}" has {length} values along {dim}, others have {lengths[dim]}'
                )
    return lengths


def _as_stored(variable: Variable) -> tuple[NDArray[Any], tuple[str, ...]]:
    """The array on disk and its dimensions.

    Text becomes characters along an extra dimension (CF section 2.2): xarray and netCDF4 read
    them as strings, and the CF checker accepts them; it rejects coordinates of the string type
    (6.1.0, read 2026-11).
    """
    values = variable.values
    if values.dtype.kind not in "OU":
        return values.astype(values.dtype.newbyteorder("="), copy=False), variable.dims
    encoded = [str(plain(label)).encode() for label in values.reshape(-1)]
    width = max(1, *map(len, encoded)) if encoded else 1
    letters = np.array(encoded, f"S{width}").view("S1").reshape(*values.shape, width)
    return letters, (*variable.dims, f"string{width}")


def _stored(value: object) -> Any:
    """An attribute in the smallest type that fits: CF has 64-bit integers only since 1.9."""
    value = plain(value)
    if isinstance(value, int):
        if -(2**31) <= value < 2**31:
            return np.int32(value)
        return np.int64(value) if -(2**63) <= value < 2**63 else str(value)
    return value


def _reason(part: Path, where: str, error: RuntimeError) -> ExchangeError:
    """The system's error for writing more bytes; netCDF4 itself only reports "HDF error"."""
    try:
        with part.open("ab") as file:
            file.write(bytes(1 << 20))
    except OSError as cause:
        return refused(where, cause)
    return ExchangeError(Problem(where, f"the file cannot be written: {error}"))


def _read(file: netCDF4.Dataset, wanted: Wanted | None, *, ours: bool) -> Result:
    coords: dict[str, Variable] = {}
    variables: dict[str, Variable] = {}
    for name, variable in file.variables.items():
        if wanted and name not in file.dimensions and not wanted(name, _attrs(variable)):
            continue
        if ours:  # no number of ours stands for a missing value, not even 9.96e36
            variable.set_auto_mask(False)
        found = _variable(variable)
        if found is None:
            log.info("%s: left out, it is neither numbers nor text", name)
            continue
        (coords if found.dims == (name,) else variables)[name] = found
    return Result(coords, variables, _attrs(file))


def _variable(variable: Any) -> Variable | None:
    dims = tuple(variable.dimensions)
    if variable.dtype is str:
        values = np.asarray(variable[...], object)
        return Variable(dims, text(values.reshape(-1)).reshape(values.shape), _attrs(variable))
    if not isinstance(variable.dtype, np.dtype) or variable.dtype.kind not in "iufS":
        return None
    if variable.dtype.kind == "S":
        variable.set_auto_chartostring(False)
        letters = np.ma.filled(variable[...], b"\0")
        width = letters.shape[-1] if letters.ndim else 1
        rows = np.ascontiguousarray(letters).reshape(-1, width) if width else letters[..., :0]
        labels = [row.tobytes().rstrip(b"\0 ").decode("utf-8", "replace") for row in rows]
        dims = dims[:-1] if letters.ndim else dims
        return Variable(dims, text(labels).reshape(letters.shape[:-1]), _attrs(variable))
    values = variable[...]
    if np.ma.isMaskedArray(values):
        gaps = np.ma.is_masked(values)
        values = np.ma.filled(values.astype(float), np.nan) if gaps else values.data
    return Variable(dims, np.asarray(values), _attrs(variable))


def _attrs(holder: Any) -> dict[str, object]:
    return {key: holder.getncattr(key) for key in holder.ncattrs() if key not in _STORAGE}
