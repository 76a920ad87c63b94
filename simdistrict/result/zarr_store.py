"""Results of ensembles as Zarr stores: folders of small files, with members in chunks.

Version 2 of the format, uncompressed, which every Zarr reader supports; needs no library. The
folder appears under its final name when it is complete.
"""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simdistrict.base import inputs
from simdistrict.base.atomic import make_writable, refused
from simdistrict.base.errors import ExchangeError, Problem
from simdistrict.result.dataset import Result, Variable, plain
from simdistrict.result.netcdf import MARK, Grown, Wanted

# the description of a store or an array, and one chunk of its numbers
ABOUT = inputs.InputKind("a description in a Zarr store", 50_000_000)
CHUNK = inputs.InputKind("a chunk of a Zarr store", 2**32)


def check_zarr_target(path: Path, *, force: bool = False) -> None:
    """Raise ExchangeError where no store can be written; call it before computing."""
    if path.exists() and not force and not is_ours(path):
        hint = "choose another name, or replace it with --force"
        what = "it exists and was not written by simdistrict"
        raise ExchangeError(Problem(str(path), what, hint))
    make_writable(path.parent, str(path))


def is_ours(path: Path) -> bool:
    """Whether simdistrict wrote this store."""
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
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        try:
            _Store(folder, head).write(grown, parts, chunk)
            folder.chmod(0o755)
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                path.unlink()
            folder.rename(path)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    except OSError as error:
        raise refused(str(path), error) from None
    return path


def read_zarr(path: Path, wanted: Wanted | None = None) -> Result:
    """Read a store that this module wrote. wanted: as in `read_netcdf`.

    Raises ExchangeError for anything else.
    """
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
            if dims == (name,) or wanted is None or wanted(name, own):
                about = json.loads(inputs.content(described, ABOUT))
                found = Variable(dims, _array(folder, about), own)
                (coords if dims == (name,) else variables)[name] = found
    except (ExchangeError, OSError, ValueError, KeyError, TypeError) as error:
        why = error.problems[0] if isinstance(error, ExchangeError) else error
        what = f"this is no Zarr store of simdistrict, or it is damaged ({why})"
        raise ExchangeError(Problem(str(path), what, "write it again")) from None
    return Result(coords, variables, attrs)


def _array(folder: Path, about: Mapping[str, Any]) -> NDArray[Any]:
    """The numbers or labels of an array, from all its chunks."""
    shape, chunks, dtype = about["shape"], about["chunks"], np.dtype(about["dtype"])
    whole = np.empty(shape, dtype)
    counts = [-(-n // size) for n, size in zip(shape, chunks, strict=True)]
    for position in np.ndindex(*counts):
        file = folder / (".".join(map(str, position)) or "0")
        values = np.frombuffer(inputs.content(file, CHUNK), dtype).reshape(chunks)
        places = zip(position, chunks, shape, strict=True)
        place = tuple(slice(p * size, min((p + 1) * size, n)) for p, size, n in places)
        whole[place] = values[tuple(slice(s.stop - s.start) for s in place)]
    return whole.astype(object) if dtype.kind == "U" else whole


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
        text = json.dumps({"metadata": self.meta, "zarr_consolidated_format": 1}, indent=1)
        (self.folder / ".zmetadata").write_text(text + "\n", encoding="utf-8")

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
