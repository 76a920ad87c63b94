"""Result files with one attribute or variable damaged, for tests of everything that reads them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import netCDF4
import numpy as np

Damage = Callable[[netCDF4.Dataset], None]
# what a stranger, a program or a disk may leave in place of an attribute
VALUES: dict[str, object] = {
    "empty": "",
    "junk": "junk",
    "list": "[1]",
    "null": "null",
    "number": 7,
    "negative": -1,
    "zero": 0,
    "fraction": 0.5,
    "huge": 1e300,
    "not a number": float("nan"),
    "infinite": float("inf"),
    "numbers": np.array([1.0, np.nan, -3.0]),
    "long": "9" * 5000,
    "nested": "[" * 100_000,
    "nested object": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "foreign letters": "\u0661\u0662 \ufeff\u202e",
    "traversal": "../../../../etc/passwd",
}


def _attribute(name: str, value: object) -> Damage:
    return lambda data: data.setncattr(name, value)


def _without(name: str) -> Damage:
    return lambda data: data.delncattr(name)


def _of_variable(name: str, key: str, value: object) -> Damage:
    return lambda data: data[name].setncattr(key, value)


def _filled(name: str, value: float) -> Damage:
    def fill(data: netCDF4.Dataset) -> None:
        if data[name].dtype.kind in "fi":
            data[name][...] = value

    return fill


def _reversed(name: str) -> Damage:
    def reverse(data: netCDF4.Dataset) -> None:
        data.set_auto_mask(False)
        data[name][...] = data[name][...][::-1]

    return reverse


def _repeated(name: str) -> Damage:
    def repeat(data: netCDF4.Dataset) -> None:
        data.set_auto_mask(False)
        data[name][...] = np.resize(data[name][...][:1], data[name].shape)

    return repeat


def _grouped(name: str) -> Damage:
    def group(data: netCDF4.Dataset) -> None:
        data.renameVariable(name, f"{name}_before")
        data.createGroup(name)

    return group


def _other_type(name: str, kind: object) -> Damage:
    def retype(data: netCDF4.Dataset) -> None:
        dims = data[name].dimensions
        kept = {k: data[name].getncattr(k) for k in data[name].ncattrs() if not k.startswith("_")}
        data.renameVariable(name, f"{name}_before")
        made = data.createVariable(name, kind, dims)
        made.setncatts(kept)

    return retype


def damages(path: Path) -> Iterator[tuple[str, Damage]]:
    """Every damage of one attribute or variable of a file, with its name."""
    with netCDF4.Dataset(path) as data:
        attributes, variables = data.ncattrs(), list(data.variables)
        dims = {name: data[name].dimensions for name in variables}
        own = {name: data[name].ncattrs() for name in variables}
    for name in attributes:
        yield f"without {name}", _without(name)
        for kind, value in VALUES.items():
            yield f"{name} {kind}", _attribute(name, value)
    for name in variables:
        for key in own[name]:
            if not key.startswith("_"):
                for kind in ("junk", "number", "numbers"):
                    yield f"{name}.{key} {kind}", _of_variable(name, key, VALUES[kind])
        for value in (np.nan, np.inf, -1e300, 9.969209968386869e36, 100.0):
            yield f"{name} all {value}", _filled(name, value)
        if dims[name]:
            yield f"{name} reversed", _reversed(name)
            yield f"{name} repeated", _repeated(name)
        yield f"{name} a group", _grouped(name)
        for kind in ("i1", "S1", str, "i8"):
            yield f"{name} of type {kind}", _other_type(name, kind)


def damaged(source: Path, target: Path, damage: Damage) -> bool:
    """Write a damaged copy; whether the library let the damage be done.

    Another process does it, because a failure leaves the library in disorder.
    """
    shutil.copy(source, target)
    child = os.fork()
    if child == 0:
        done = False
        with suppress(Exception), netCDF4.Dataset(target, "a") as data:
            damage(data)
            done = True
        os._exit(0 if done else 1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def cut(source: Path, target: Path, part: float) -> None:
    """Write the first part of a file."""
    content = source.read_bytes()
    target.write_bytes(content[: int(len(content) * part)])
