"""A Zarr store is replaced as one, and what others have put into it is kept."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base.errors import ExchangeError
from simdistrict.result.dataset import Result, Variable
from simdistrict.result.netcdf import MARK, Grown
from simdistrict.result.zarr_store import check_zarr_target, read_zarr, write_zarr_parts

GROWN = {"x": Grown(("member",), "f8", {"units": "1"})}


def write(path: Path, number: float, members: int = 10, *, force: bool = False) -> None:
    """A store with one array, in chunks of four members."""
    coords = {"member": Variable(("member",), np.arange(members), {})}
    parts = [
        (first, min(first + 4, members), {"x": np.full(min(4, members - first), number)})
        for first in range(0, members, 4)
    ]
    write_zarr_parts(Result(coords, {}, {MARK: "1"}), GROWN, parts, path, chunk=4, force=force)


def numbers(path: Path) -> list[float]:
    return list(read_zarr(path).variables["x"].values)


def test_a_store_of_ours_is_replaced_by_a_smaller_one(tmp_path: Path) -> None:
    write(tmp_path / "s.zarr", 1.0)
    write(tmp_path / "s.zarr", 2.0, 5)
    assert numbers(tmp_path / "s.zarr") == [2.0] * 5
    assert sorted(os.listdir(tmp_path / "s.zarr" / "x")) == [".zarray", ".zattrs", "0", "1"]
    assert os.listdir(tmp_path) == ["s.zarr"]


def notes(store: Path) -> None:
    (store / "notes.txt").write_text("mine")


def folder(store: Path) -> None:
    (store / "figures").mkdir()


def inside_an_array(store: Path) -> None:
    (store / "x" / "0.bak").write_text("mine")


def link(store: Path) -> None:
    (store / "x" / "7").symlink_to("/etc/hostname")


def own_array(store: Path) -> None:
    """As a program adds an array of its own, which it also describes in the whole."""
    (store / "mine").mkdir()
    for name, about in {".zarray": {"shape": [1]}, ".zattrs": {}}.items():
        (store / "mine" / name).write_text(json.dumps(about))
    (store / "mine" / "0").write_bytes(b"12345678")
    whole = json.loads((store / ".zmetadata").read_text())
    whole["metadata"] |= {"mine/.zarray": {"shape": [1]}, "mine/.zattrs": {}}
    (store / ".zmetadata").write_text(json.dumps(whole, indent=4, sort_keys=True))


@pytest.mark.parametrize("add", [notes, folder, inside_an_array, link, own_array])
def test_what_others_put_into_a_store_is_deleted_only_by_force(
    tmp_path: Path, add: Callable[[Path], None]
) -> None:
    store = tmp_path / "s.zarr"
    write(store, 1.0)
    add(store)
    before = sorted(store.rglob("*"))
    with pytest.raises(ExchangeError, match="did not write") as caught:
        check_zarr_target(store)
    assert "--force" in str(caught.value)
    with pytest.raises(ExchangeError):
        write(store, 2.0)
    assert sorted(store.rglob("*")) == before
    assert os.listdir(tmp_path) == ["s.zarr"]
    write(store, 2.0, force=True)
    assert numbers(store) == [2.0] * 10
    assert not (store / "notes.txt").exists()


def test_what_others_put_there_while_an_ensemble_runs_is_kept(tmp_path: Path) -> None:
    store = tmp_path / "s.zarr"
    write(store, 1.0)
    coords = {"member": Variable(("member",), np.arange(4), {})}

    def parts() -> object:
        notes(store)
        yield 0, 4, {"x": np.zeros(4)}

    with pytest.raises(ExchangeError, match=r"notes\.txt"):
        write_zarr_parts(Result(coords, {}, {MARK: "1"}), GROWN, parts(), store, chunk=4)  # type: ignore[arg-type]
    assert numbers(store) == [1.0] * 10
    assert (store / "notes.txt").read_text() == "mine"


def test_a_failure_while_a_store_is_written_leaves_the_old_one(tmp_path: Path) -> None:
    store = tmp_path / "s.zarr"
    write(store, 1.0)
    coords = {"member": Variable(("member",), np.arange(4), {})}

    def parts() -> object:
        yield 0, 4, {"x": np.zeros(4)}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_zarr_parts(Result(coords, {}, {MARK: "1"}), GROWN, parts(), store, chunk=4)  # type: ignore[arg-type]
    assert numbers(store) == [1.0] * 10
    assert os.listdir(tmp_path) == ["s.zarr"]
