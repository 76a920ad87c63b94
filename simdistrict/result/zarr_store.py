"""Results of ensembles as Zarr stores: folders of small files, with members in chunks.

Version 2 of the format, uncompressed, which every Zarr reader supports; needs no library. The
folder appears under its final name when it is complete.
"""

from __future__ import annotations

import json
import math
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base import inputs
from simdistrict.base.atomic import make_writable, replacing_folder
from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.base.renames import complete
from simdistrict.result.dataset import Grown, Result, Variable, Wanted, plain
from simdistrict.result.netcdf import MARK

# exceptions for a damaged or foreign store
_FAULTS = (
    ExchangeError,
    OSError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    RecursionError,
)
# the description of a store or an array, and one chunk of its numbers
ABOUT = inputs.InputKind("a description in a Zarr store", 50_000_000)
CHUNK = inputs.InputKind("a chunk of a Zarr store", 2**32)
_CHUNK_NAME = re.compile(r"\d+(\.\d+)*")


def check_zarr_target(path: Path, *, force: bool = False) -> None:
    """Raise ExchangeError where no store can be written; call it before computing."""
    if not force:
        complete(path.parent)
        _keep_foreign(path, str(path))
    make_writable(Path(os.path.realpath(path)).parent, str(path))


def _keep_foreign(path: Path, where: str) -> None:
    """Raise ExchangeError where there is a store or a file that simdistrict did not write."""
    hint = "choose another name, or replace it with --force (force=True in Python)"
    if not os.path.lexists(path):
        return
    if not is_ours(path):
        what = "it exists and was not written by simdistrict"
        raise ExchangeError(Problem(where, what, hint))
    foreign = _foreign(path)
    if foreign:
        names = ", ".join(foreign[:3]) + (", ..." if len(foreign) > 3 else "")
        what = f"it also holds what simdistrict did not write: {names}"
        raise ExchangeError(Problem(where, what, hint))


def _foreign(path: Path) -> list[str]:
    """The files and folders in a store of ours that another program has put there."""
    try:
        text = inputs.text(path / ".zmetadata", ABOUT)
        stored = json.loads(text)
        # another program that adds an array writes the consolidated metadata in its own way
        described = set(stored["metadata"]) if _metadata(stored["metadata"]) == text else set()
    except (ExchangeError, ValueError, KeyError, TypeError):
        described = set()
    ours = {".zmetadata", *described}
    arrays = {name.rpartition("/")[0] for name in described} - {""}
    found = []
    for file in sorted(path.rglob("*")):
        name = file.relative_to(path).as_posix()
        folder, _, own = name.rpartition("/")
        chunk = folder in arrays and _CHUNK_NAME.fullmatch(own)
        if file.is_symlink() or not (name in arrays if file.is_dir() else name in ours or chunk):
            found.append(name)
    return found


def is_ours(path: Path) -> bool:
    """Whether simdistrict wrote this store."""
    complete(path.parent)
    try:
        return MARK in json.loads(inputs.content(path / ".zattrs", ABOUT))
    except (ExchangeError, ValueError):
        return False


def write_zarr_parts(
    head: Result,
    grown: Mapping[str, Grown],
    parts: Iterable[tuple[int, int, Mapping[str, NDArray[Any]]]],
    path: Path,
    *,
    chunk: int,
    force: bool = False,
) -> Path:
    """Write a result with some variables in parts along the dimension `member`.

    head: everything else, with all coordinates; parts: (first member, one past the last, values
    of every grown variable), each of `chunk` members but the last.
    """
    check_zarr_target(path, force=force)

    def check(target: Path) -> None:
        if not force:
            _keep_foreign(target, str(path))

    with replacing_folder(path, check) as folder:
        _Store(folder, head).write(grown, parts, chunk)
    return path


def is_store(path: Path) -> bool:
    """Whether a path is read as a store: by its name, because an interrupted one has no folder."""
    return path.suffix.lower() == ".zarr" or path.is_dir()


def read_zarr(
    path: Path,
    wanted: Wanted | None = None,
    read: Callable[[StoredArray], Any] | None = None,
) -> Result:
    """Read a store that this module wrote. wanted: as in `read_netcdf`.

    read: gives the values of an array that is no coordinate, default all of them at once. Raises
    ExchangeError for anything else.
    """
    complete(path.parent)
    try:
        attrs = json.loads(inputs.content(path / ".zattrs", ABOUT))
        if MARK not in attrs:
            raise ValueError("simdistrict did not write it")
        coords: dict[str, Variable] = {}
        variables: dict[str, Variable] = {}
        for described in sorted(path.glob("*/.zarray")):
            folder = described.parent
            own = json.loads(inputs.content(folder / ".zattrs", ABOUT))
            dims = tuple(own.pop("_ARRAY_DIMENSIONS"))
            name = folder.name
            if dims == (name,):
                coords[name] = Variable(dims, StoredArray.of(folder).whole(), own)
            elif wanted is None or wanted(name, own):
                array = StoredArray.of(folder)
                values = array.whole() if read is None else read(array)
                variables[name] = Variable(dims, values, own)
    except _FAULTS as error:
        why = error.problems[0] if isinstance(error, ExchangeError) else error
        what = f"this is no Zarr store of simdistrict, or it is damaged ({why})"
        raise ExchangeError(Problem(str(path), what, "write it again")) from None
    # imported here: pydantic takes 70 ms
    from simdistrict.result.record import checked

    return checked(Result(coords, variables, attrs), str(path))


@dataclass(frozen=True, slots=True, eq=False)
class StoredArray:
    """An array of a store: its folder, and what its description says."""

    folder: Path
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dtype: np.dtype[Any]

    @classmethod
    def of(cls, folder: Path) -> StoredArray:
        """The array in a folder. Raises ValueError where its chunks are not there."""
        about = json.loads(inputs.content(folder / ".zarray", ABOUT))
        shape, chunks, dtype = about["shape"], about["chunks"], np.dtype(about["dtype"])
        if not all(isinstance(n, int) and n >= 0 for n in shape) or not all(
            isinstance(n, int) and n > 0 for n in chunks
        ):
            raise ValueError(f"{folder.name} has no shape")
        counts = [-(-n // size) for n, size in zip(shape, chunks, strict=True)]
        # before memory is taken for what a damaged description says
        with os.scandir(folder) as entries:
            sizes = [entry.stat().st_size for entry in entries]
        if math.prod(counts) > len(sizes) or math.prod(shape) * dtype.itemsize > sum(sizes):
            raise ValueError(f"chunks of {folder.name} are missing")
        return cls(folder, tuple(shape), tuple(chunks), dtype)

    def whole(self) -> NDArray[Any]:
        """The numbers or labels, from all chunks."""
        whole = np.empty(self.shape, self.dtype)
        counts = [-(-n // size) for n, size in zip(self.shape, self.chunks, strict=True)]
        for position in np.ndindex(*counts):
            places = zip(position, self.chunks, self.shape, strict=True)
            place = tuple(slice(p * size, min((p + 1) * size, n)) for p, size, n in places)
            values = self._chunk(position)
            whole[place] = values[tuple(slice(s.stop - s.start) for s in place)]
        return _texts(whole, self.folder.name) if self.dtype.kind == "U" else whole

    def part(self, key: Sequence[int | slice | NDArray[np.intp]]) -> NDArray[Any]:
        """Part of the numbers: an index, a slice or indices for each dimension.

        Reads the chunks that it touches.
        """
        axes = [np.atleast_1d(np.arange(n)[own]) for n, own in zip(self.shape, key, strict=True)]
        found = np.empty([len(axis) for axis in axes], self.dtype)
        numbers = [axis // size for axis, size in zip(axes, self.chunks, strict=True)]
        for position in product(*(np.unique(own).tolist() for own in numbers)):
            here = [np.flatnonzero(own == p) for own, p in zip(numbers, position, strict=True)]
            inside = [
                axis[k] - p * size
                for axis, k, p, size in zip(axes, here, position, self.chunks, strict=True)
            ]
            found[np.ix_(*here)] = self._chunk(position)[np.ix_(*inside)]
        return found[tuple(0 if isinstance(own, int | np.integer) else slice(None) for own in key)]

    def _chunk(self, position: tuple[int, ...]) -> NDArray[Any]:
        file = self.folder / (".".join(map(str, position)) or "0")
        return np.frombuffer(inputs.content(file, CHUNK), self.dtype).reshape(self.chunks)


def _texts(whole: NDArray[Any], name: str) -> NDArray[Any]:
    """Texts as objects; numpy would make Python strings of numbers that are no letters."""
    letters = np.frombuffer(whole.tobytes(), f"{whole.dtype.str[0]}u4")
    if ((letters > sys.maxunicode) | ((letters >= 0xD800) & (letters <= 0xDFFF))).any():
        raise ValueError(f"the texts of {name} are damaged")
    return whole.astype(object)


class _Store:
    """Writes the files of a store. meta: the consolidated metadata for `.zmetadata`."""

    def __init__(self, folder: Path, head: Result) -> None:
        self.folder = folder
        self.head = head
        self.lengths = {name: len(variable.values) for name, variable in head.coords.items()}
        self.meta: dict[str, object] = {}

    def write(
        self,
        grown: Mapping[str, Grown],
        parts: Iterable[tuple[int, int, Mapping[str, NDArray[Any]]]],
        chunk: int,
    ) -> None:
        self.describe(".zgroup", {"zarr_format": 2})
        self.describe(".zattrs", _attrs(self.head.attrs))
        for name, variable in {**self.head.coords, **self.head.variables}.items():
            self.whole(name, variable)
        for name, kind in grown.items():
            shape = tuple(self.lengths[dim] for dim in kind.dims)
            chunks = tuple(
                min(chunk, n) if dim == "member" else n
                for dim, n in zip(kind.dims, shape, strict=True)
            )
            self.array(name, kind.dims, shape, chunks, np.dtype(kind.dtype), kind.attrs)
        for first, _, arrays in parts:
            for name, kind in grown.items():
                self.part(name, kind, arrays[name], first // chunk, chunk)
        (self.folder / ".zmetadata").write_text(_metadata(self.meta), encoding="utf-8")

    def whole(self, name: str, variable: Variable) -> None:
        """A variable in one chunk; text has a fixed width."""
        values = variable.values
        if values.dtype.kind == "O":
            values = np.array([str(x) for x in values.reshape(-1)]).reshape(values.shape)
        values = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
        self.array(name, variable.dims, values.shape, values.shape, values.dtype, variable.attrs)
        self.chunk(name, (0,) * values.ndim, values)

    def part(self, name: str, kind: Grown, values: NDArray[Any], number: int, chunk: int) -> None:
        """The values of some members; pads the last chunk, as the format requires."""
        axis = kind.dims.index("member")
        lacking = min(chunk, self.lengths["member"]) - values.shape[axis]
        if lacking:
            width = [(0, lacking if k == axis else 0) for k in range(values.ndim)]
            values = np.pad(values, width)
        position = tuple(number if dim == "member" else 0 for dim in kind.dims)
        self.chunk(name, position, np.ascontiguousarray(values, kind.dtype))

    def array(
        self,
        name: str,
        dims: tuple[str, ...],
        shape: tuple[int, ...],
        chunks: tuple[int, ...],
        dtype: np.dtype[Any],
        attrs: Mapping[str, object],
    ) -> None:
        """The description of an array."""
        (self.folder / name).mkdir()
        self.describe(
            f"{name}/.zarray",
            {
                "zarr_format": 2,
                "shape": list(shape),
                "chunks": [max(n, 1) for n in chunks],
                "dtype": dtype.newbyteorder("<").str,
                "compressor": None,
                "fill_value": None,
                "order": "C",
                "filters": None,
            },
        )
        self.describe(f"{name}/.zattrs", {**_attrs(attrs), "_ARRAY_DIMENSIONS": list(dims)})

    def chunk(self, name: str, position: tuple[int, ...], values: NDArray[Any]) -> None:
        file = ".".join(map(str, position)) or "0"
        (self.folder / name / file).write_bytes(values.tobytes())

    def describe(self, name: str, content: Mapping[str, object]) -> None:
        self.meta[name] = content
        text = json.dumps(content, indent=1) + "\n"
        (self.folder / name).write_text(text, encoding="utf-8")


def _metadata(described: Mapping[str, object]) -> str:
    """The text of `.zmetadata`."""
    whole = {"metadata": described, "zarr_consolidated_format": 1}
    return json.dumps(whole, indent=1) + "\n"


def _attrs(attrs: Mapping[str, object]) -> dict[str, object]:
    """Attributes as JSON values."""
    found: dict[str, object] = {}
    for key, value in attrs.items():
        value = plain(value)
        if isinstance(value, np.ndarray | np.generic):
            value = value.tolist()
        if isinstance(value, float) and not math.isfinite(value):
            value = str(value)
        found[key] = value
    return found
