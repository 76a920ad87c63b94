"""Broken files of every kind are read or refused with a message: no crash, no hang."""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.faults.fuzz import watch
from tests.faults.fuzz.readers import READERS
from tests.faults.fuzz.watch import one, smaller, tried

# readers whose seeds take seconds to make
EXPENSIVE = ("netcdf", "zarr", "cache", "names", "study")


def counted(name: str, numbers: Iterable[int], seed: int) -> Counter[str]:
    """How inputs of a reader end; fails with the first fault."""
    reader = READERS[name]
    inputs = reader.inputs(name, seed)
    counts: Counter[str] = Counter()
    for found in tried(reader.attempt, inputs, iter(numbers), time.monotonic() + 600):
        assert not found.found, f"{name}, seed {seed}, number {found.number}: {found.what}"
        counts[found.end] += 1
    return counts


@pytest.mark.parametrize("name", [name for name in READERS if name not in EXPENSIVE])
def test_a_valid_file_is_read_and_broken_ones_are_read_or_refused(name: str) -> None:
    assert counted(name, (0, 1, 2, 200, 201), seed=1)["accepted"]


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
def test_many_broken_files_are_read_or_refused(name: str) -> None:
    counts = counted(name, range(300), seed=2)
    assert counts["accepted"]
    assert counts["refused"]


# ------------------------------------------------------------------ the watch itself


def only(attempt: watch.Attempt) -> watch.Tried:
    (found,) = tried(attempt, lambda _: b"abc", iter([0]), time.monotonic() + 60)
    return found


def test_the_watch_finds_an_exception_of_another_kind() -> None:
    def wrong(content: bytes, folder: Path) -> None:
        raise KeyError("gone")

    found = only(wrong)
    assert found.end == "crash"
    assert "KeyError" in found.what


def test_the_watch_finds_a_process_that_dies() -> None:
    found = only(lambda content, folder: os._exit(3))
    assert found.end == "crash"
    assert "died with status 3" in found.what


@pytest.mark.parametrize("idle", [True, False])
def test_the_watch_finds_a_hang(monkeypatch: pytest.MonkeyPatch, idle: bool) -> None:
    monkeypatch.setattr(watch, "HANG", 0.2)

    def forever(content: bytes, folder: Path) -> None:
        while True:
            if idle:
                time.sleep(10)

    assert only(forever).end == "hang"


def test_the_watch_finds_too_much_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "MEMORY", 100_000_000)
    found = only(lambda content, folder: bytearray(200_000_000))
    assert found.end == "crash"
    assert "MemoryError" in found.what


def test_a_fault_does_not_end_the_inputs() -> None:
    def third(content: bytes, folder: Path) -> None:
        if content == b"3":
            os._exit(1)

    ends = [
        found.end
        for found in tried(
            third, lambda k: str(k).encode(), itertools.islice(itertools.count(), 6), 1e18
        )
    ]
    assert ends == ["accepted", "accepted", "accepted", "crash", "accepted", "accepted"]


def test_a_failing_input_becomes_small(tmp_path: Path) -> None:
    def wrong(content: bytes, folder: Path) -> None:
        assert b"!" not in content

    content = b"a" * 4 + b"!" + b"b" * 3
    _, what, _ = one(wrong, content, tmp_path)
    assert smaller(wrong, content, what, 20) == b"!"
