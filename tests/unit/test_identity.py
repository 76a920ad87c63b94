"""The identity of the code: content decides, and nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from simdistrict.base import identity


def tree(folder: Path, text: str) -> Path:
    """A package of two files, always with the same times."""
    (folder / "inner").mkdir(parents=True)
    for name, content in (("one.py", "x = 1\n"), ("inner/two.py", text), ("inner/no.txt", text)):
        path = folder / name
        path.write_text(content)
        os.utime(path, (1e9, 1e9))
    return folder


def sha256_of(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(identity, "PACKAGE", folder)
    return identity.sources_sha256.__wrapped__()


def test_two_trees_with_equal_times_and_sizes_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = sha256_of(tree(tmp_path / "a", "y = 1\n"), monkeypatch)
    assert sha256_of(tree(tmp_path / "b", "y = 1\n"), monkeypatch) == first
    assert sha256_of(tree(tmp_path / "c", "y = 2\n"), monkeypatch) != first


def test_a_renamed_file_is_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sha256_of(tree(tmp_path / "a", "y = 1\n"), monkeypatch)
    again = tree(tmp_path / "b", "y = 1\n")
    (again / "inner" / "two.py").rename(again / "inner" / "three.py")
    assert sha256_of(again, monkeypatch) != first


def test_ends_of_lines_are_no_other_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sha256_of(tree(tmp_path / "a", "y = 1\n"), monkeypatch)
    again = tree(tmp_path / "b", "y = 1\n")
    (again / "one.py").write_bytes(b"x = 1\r\n")
    assert sha256_of(again, monkeypatch) == first


def test_models_inside_a_wheel_are_no_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = sha256_of(tree(tmp_path / "a", "y = 1\n"), monkeypatch)
    again = tree(tmp_path / "b", "y = 1\n")
    tree(again / "models", "z = 1\n")
    assert sha256_of(again, monkeypatch) == first
    tree(again / "inner" / "models", "z = 1\n")
    assert sha256_of(again, monkeypatch) != first


def test_a_record_says_what_was_other_code() -> None:
    now = identity.code_record()
    assert identity.other_code(now) == identity.other_code({}) == ""
    changed = {**now, "code_sha256": "0123456789abcdef", "simdistrict_version": "8.7"}
    said = identity.other_code(changed)
    assert said.startswith("simdistrict 8.7 (sources 0123456789ab), not simdistrict ")
    assert "unknown" in identity.other_code({"simdistrict_version": "0.0.1"})
    said = identity.other_code({**now, "numeric_libraries": "numpy 1.0"})
    assert said == f"numpy 1.0, not {now['numeric_libraries']}"


def test_a_backend_adds_the_library_that_computes_with_it() -> None:
    pytest.importorskip("pysd")
    assert "pysd " in identity.code_record("pysd")["numeric_libraries"]
    assert "pysd " not in identity.code_record("native")["numeric_libraries"]


def test_the_versions_of_the_numeric_libraries_count() -> None:
    assert f"numpy {np.__version__}" in identity.code_identity()
