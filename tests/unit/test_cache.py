"""What is kept between processes: the values that are in use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from simdistrict.base import cache


def ages(folder: Path) -> None:
    """Make every file old, so that the next use counts."""
    for path in folder.iterdir():
        os.utime(path, (0, 0))


def test_the_values_used_last_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(cache, "KEPT", 2)
    cache.keep("first", "made first")
    cache.keep("second", "made second")
    ages(cache.folder())
    assert cache.peek(str, "first") == "made first"
    cache.keep("third", "made third")
    assert cache.peek(str, "second") is None
    assert cache.peek(str, "first") == "made first"
    assert cache.peek(str, "third") == "made third"


def test_a_value_of_another_type_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache.keep("content", 1.5)
    assert cache.peek(str, "content") is None
    assert cache.cached(float, "content", lambda: 2.5) == 1.5
